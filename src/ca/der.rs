//! Reads validity and name constraints back from a certificate that ramtape made.
//!
//! ramtape wrote these bytes and keeps them where nobody else can write: this reads what it wrote, and nothing else. By hand
//! because x509-parser, which rcgen's feature of that name brings, comes with twelve more crates for these two fields.

use std::time::SystemTime;
use time::{Date, Month, PrimitiveDateTime, Time};

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `dNSName` of a `GeneralName`: context-specific, 2.
const DNS_NAME: u8 = 0x82;

/// When a certificate begins to hold and when it ends.
pub(super) fn validity(certificate: &[u8]) -> Option<(SystemTime, SystemTime)> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    // version, serial number, algorithm, issuer; then the validity. All but the version are there in every certificate.
    for _ in 0..4 {
        fields = element(fields)?.2;
    }
    let (SEQUENCE, times, _) = element(fields)? else { return None };
    let (tag, from, rest) = element(times)?;
    let (until_tag, until, _) = element(rest)?;
    Some((instant(tag, from)?, instant(until_tag, until)?))
}

/// Whether `name` itself is among the names that the certificate's constraints allow.
pub(super) fn names(certificate: &[u8], name: &str) -> bool {
    let Ok(length) = u8::try_from(name.len()) else { return false };
    let Some(spelled) =
        Some(length).filter(|length| *length < 0x80).map(|length| [&[DNS_NAME, length], name.as_bytes()].concat())
    else {
        return false;
    };
    certificate.windows(spelled.len()).any(|window| window == spelled)
}

/// The first element's tag and content, and what follows it.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ` (RFC 5280, section 4.1.2.5).
fn instant(tag: u8, text: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let mut parts = [0_u8; 5];
    let mut rest = rest;
    for part in &mut parts {
        let (digits, after) = rest.split_at_checked(2)?;
        *part = digits.parse().ok()?;
        rest = after;
    }
    let [month, day, hour, minute, second] = parts;
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let time = Time::from_hms(hour, minute, second).ok()?;
    rest.is_empty().then(|| PrimitiveDateTime::new(date, time).assume_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn both_forms_of_time() {
        let moment = Some(UNIX_EPOCH + Duration::from_secs(1_795_325_696));
        assert_eq!(instant(UTC_TIME, b"261122053456Z"), moment);
        assert_eq!(instant(GENERALIZED_TIME, b"20261122053456Z"), moment);
        assert_eq!(instant(UTC_TIME, b"700101000000Z"), Some(UNIX_EPOCH));
        for bad in ["", "Z", "261122053456", "261322053456Z", "2611220534566Z", "26112205345\u{fc}Z"] {
            assert_eq!(instant(UTC_TIME, bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn nothing_that_is_no_certificate_is_read() {
        for bad in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x85\0\0\0\0\0", b"\x30\x02\x30\x00"] {
            assert_eq!(validity(bad), None);
        }
    }
}
