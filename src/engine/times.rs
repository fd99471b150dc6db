//! Times in answers that tell when something expires: read, and written as far ahead as they were.

use crate::json;
use crate::model::{Freshness, Notation, TimeForm};
use crate::wire;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// Numbers beyond this many seconds, the year 5138, are milliseconds.
const MOST_SECONDS: f64 = 1e11;

/// The time that `text` names, and how it is written; `None` where it names none.
pub(super) fn parse_time(text: &str) -> Option<(SystemTime, TimeForm)> {
    if let Ok(number) = text.parse::<f64>() {
        // What is before 1990 is no time of today's, but a count.
        let (seconds, form) = match number {
            number if number > MOST_SECONDS => (number / 1000.0, TimeForm::Milliseconds),
            number if number > 631_152_000.0 => (number, TimeForm::Seconds),
            _ => return None,
        };
        return Some((SystemTime::UNIX_EPOCH + Duration::try_from_secs_f64(seconds).ok()?, form));
    }
    if let Ok(parsed) = OffsetDateTime::parse(text, &Rfc3339) {
        let form = if text.contains('.') { TimeForm::IsoMillis } else { TimeForm::Iso };
        return Some((parsed.into(), form));
    }
    Some((httpdate::parse_http_date(text).ok()?, TimeForm::Http))
}

/// A time as far after `now` as `freshness` says, as it stands in a body of this notation.
pub(super) fn write_time(freshness: Freshness, now: SystemTime, notation: Notation) -> Vec<u8> {
    let time = now + Duration::from_secs(freshness.seconds);
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let date = OffsetDateTime::from(time);
    let text = match freshness.form {
        TimeForm::Seconds => return number(since.as_secs().to_string(), notation),
        TimeForm::Milliseconds => return number(since.as_millis().to_string(), notation),
        TimeForm::Iso => date.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z")),
        TimeForm::IsoMillis => {
            date.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"))
        }
        TimeForm::Http => Ok(httpdate::fmt_http_date(time)),
    };
    match notation {
        Notation::Json => json::quote(&text.unwrap_or_default()).into_bytes(),
        Notation::Xml | Notation::Cbor | Notation::Other => wire::encode_text(notation, &text.unwrap_or_default()),
    }
}

fn number(digits: String, notation: Notation) -> Vec<u8> {
    match notation {
        Notation::Cbor => wire::encode_text(notation, &digits),
        Notation::Json | Notation::Xml | Notation::Other => digits.into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn each_form_is_read_and_written_alike() {
        for (text, form) in [
            ("2026-11-30T16:00:00Z", TimeForm::Iso),
            ("2026-11-30T16:00:00.000Z", TimeForm::IsoMillis),
            ("1796054400", TimeForm::Seconds),
            ("1796054400000", TimeForm::Milliseconds),
            ("Mon, 30 Nov 2026 16:00:00 GMT", TimeForm::Http),
        ] {
            let (time, read) = parse_time(text).unwrap();
            assert_eq!((read, time), (form, SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_054_400)), "{text}");
            let earlier = time - Duration::from_secs(900);
            let written = write_time(Freshness { seconds: 900, form }, earlier, Notation::Xml);
            assert_eq!(String::from_utf8(written).unwrap(), text);
        }
        let json = write_time(Freshness { seconds: 0, form: TimeForm::Iso }, SystemTime::UNIX_EPOCH, Notation::Json);
        assert_eq!(json, b"\"1970-01-01T00:00:00Z\"");
        for text in ["", "never", "3600", "2026-11-30", "true"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
