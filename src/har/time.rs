//! Parses and formats ISO 8601 times, which order the entries of a file.

use time::format_description::StaticFormatDescription;
use time::format_description::well_known::Iso8601;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const WRITTEN: StaticFormatDescription = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].000Z");

/// Microseconds since 1970 of `YYYY-MM-DDThh:mm[:ss[.fraction]][Z|±hh[:]mm]`; `None` for anything else. Without a zone it is
/// taken for UTC.
pub(super) fn parse_microseconds(text: &str) -> Option<i64> {
    let (date, clock) = text.trim().split_once(['T', ' '])?;
    let mut text = format!("{date}T{clock}");
    // In a zone some leave out the colon that the rest of the time has.
    if let Some(zone) = clock.rfind(['+', '-']).and_then(|at| clock.get(at + 1..))
        && zone.len() == 4
        && zone.is_ascii()
    {
        text.insert(text.len() - 2, ':');
    }
    let with_zone = OffsetDateTime::parse(&text, &Iso8601::PARSING).ok();
    let time = with_zone.or_else(|| Some(PrimitiveDateTime::parse(&text, &Iso8601::PARSING).ok()?.assume_utc()))?;
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1000)).ok()
}

/// The time `second` seconds after the beginning of 1970.
pub(super) fn format_second(second: u64) -> String {
    let second = i64::try_from(second).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(second).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(WRITTEN).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_zones_are_one_count() {
        for (text, count) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-11-22T05:41:17.123456+00:00", 1_795_326_077_123_456),
            ("2026-11-22T06:41:17.123456+01:00", 1_795_326_077_123_456),
            ("2026-11-22T00:11:17.123-0530", 1_795_326_077_123_000),
            ("2026-11-22 05:41:17", 1_795_326_077_000_000),
            ("2000-02-29T00:00Z", 951_782_400_000_000),
            ("1969-12-31T23:59:59.5Z", -500_000),
        ] {
            assert_eq!(parse_microseconds(text), Some(count), "{text}");
        }
        for bad in ["", "x", "2026-13-01T00:00:00Z", "2026-11-22", "2026-11-22Tx:00:00Z", "1795326077"] {
            assert_eq!(parse_microseconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_ordered() {
        let times: Vec<_> =
            (0..4_000_000).step_by(1997).map(|second| parse_microseconds(&format_second(second))).collect();
        assert!(times.iter().all(Option::is_some) && times.is_sorted_by(|a, b| a < b));
        assert_eq!(format_second(61), "1970-01-01T00:01:01.000Z");
    }
}
