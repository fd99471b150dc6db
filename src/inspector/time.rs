//! Times and durations, for people.

use time::OffsetDateTime;

/// The time of day of `microseconds` since 1970, in UTC, to the millisecond.
pub(super) fn clock(microseconds: u64) -> String {
    let nanoseconds = i128::from(microseconds) * 1000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).map_or_else(
        |_| String::new(),
        |at| format!("{:02}:{:02}:{:02}.{:03}", at.hour(), at.minute(), at.second(), at.millisecond()),
    )
}

/// The day of `microseconds` since 1970, in UTC.
pub(super) fn date(microseconds: u64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1000);
    at.map_or_else(|_| String::new(), |at| at.date().to_string())
}

/// A duration of `microseconds`, to three digits or so.
pub(super) fn duration(microseconds: u64) -> String {
    match microseconds {
        0..1_000 => format!("{microseconds} µs"),
        1_000..10_000 => format!("{:.1} ms", microseconds as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", microseconds / 1_000),
        _ => format!("{:.1} s", microseconds as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        assert_eq!(clock(1_732_246_998_007_000), "03:43:18.007");
        let shown = [7, 1_500, 12_345, 2_500_000].map(duration);
        assert_eq!(shown, ["7 µs", "1.5 ms", "12 ms", "2.5 s"]);
    }
}
