//! ISO 8601 times, as far as they order the entries of one file.

/// Microseconds since 1970 of `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`; `None` for anything else. Without a zone it is
/// taken for UTC.
pub(super) fn microseconds(text: &str) -> Option<i64> {
    let (date, rest) = text.trim().split_once(['T', ' '])?;
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(at);
    let mut parts = clock.splitn(3, ':');
    let (hour, minute) = (parts.next()?.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?);
    let (second, fraction) = parts.next().map_or(("0", ""), |second| second.split_once('.').unwrap_or((second, "")));
    let second: i64 = second.parse().ok()?;
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let fraction: i64 = digits.parse().ok()?;
    let seconds = days(year, month, day)? * 86_400 + (hour * 60 + minute) * 60 + second - offset(zone)?;
    Some(seconds * 1_000_000 + fraction)
}

/// Seconds by which a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.chars().next() {
        None | Some('Z') => return Some(0),
        Some('-') => -1,
        Some(_) => 1,
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes: i64 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    Some(sign * (hours.parse::<i64>().ok()? * 60 + minutes) * 60)
}

/// Days from 1970-01-01 in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let sound = (0..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    // Years that begin in March have the leap day at their end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    sound.then_some(year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

/// The time of second `second` after 1970-01-01, of its first day or later.
pub(super) fn spelled(second: u64) -> String {
    let (days, rest) = (second / 86_400, second % 86_400);
    // A day more than any month has is no concern: what is written is the order, a second an entry.
    let (month, day) = (days / 28 % 12 + 1, days % 28 + 1);
    let year = 1970 + days / 28 / 12;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.000Z", rest / 3600, rest / 60 % 60, rest % 60)
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
            assert_eq!(microseconds(text), Some(count), "{text}");
        }
        for bad in ["", "x", "2026-13-01T00:00:00Z", "2026-11-22", "2026-11-22Tx:00:00Z", "1795326077"] {
            assert_eq!(microseconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_spelled_is_ordered() {
        let times: Vec<_> = (0..2_000_000).step_by(997).map(|second| microseconds(&spelled(second))).collect();
        assert!(times.iter().all(Option::is_some) && times.is_sorted_by(|a, b| a < b));
        assert_eq!(spelled(61), "1970-01-01T00:01:01.000Z");
    }
}
