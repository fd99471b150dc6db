//! The part of a run's time that a picture shows.

use super::query::Query;
use crate::engine::Call;

/// A part of a run's time, in microseconds since its first call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// A shorter time than this is not shown by itself.
const SHORTEST: u64 = 100;
/// A longer time than this (a hundred years) is nobody's run; sums of such times stay in a `u64`.
const LONGEST: u64 = 100 * 366 * 24 * 3600 * 1_000_000;
/// The axis has about so many marks.
const TICKS: u64 = 6;

impl Window {
    /// All of `calls`, the first of which came at `origin`.
    pub(super) fn whole<'a>(calls: impl IntoIterator<Item = &'a Call>, origin: u64) -> Self {
        let ends = calls.into_iter().map(|call| call.at.saturating_sub(origin).saturating_add(call.took));
        Self::between(0, ends.max().unwrap_or_default())
    }

    /// From `from` to `to`, made longer where that is too short to be shown.
    pub(super) fn between(from: u64, to: u64) -> Self {
        let from = from.min(LONGEST);
        Self { from, to: to.min(LONGEST).max(from + SHORTEST) }
    }

    /// What the parameters `from` and `to` ask for, in milliseconds; what they do not say is as in `whole`.
    pub(super) fn parse(query: &Query, whole: Self) -> Self {
        let given = |name| query.get(name).and_then(|text| text.trim().parse::<f64>().ok());
        let micros = |milliseconds: f64| (milliseconds.clamp(0.0, LONGEST as f64 / 1e3) * 1e3).round() as u64;
        let bound = |name| given(name).filter(|time| time.is_finite()).map(micros);
        let (from, to) = (bound("from").unwrap_or(whole.from), bound("to").unwrap_or(whole.to));
        if from < to { Self::between(from, to) } else { whole }
    }

    /// `query` with this window as its parameters.
    pub(super) fn write(self, query: &Query) -> Query {
        query.with("from", Some(&milliseconds(self.from))).with("to", Some(&milliseconds(self.to)))
    }

    pub(super) const fn length(self) -> u64 {
        self.to - self.from
    }

    /// Half as long, around the same middle.
    pub(super) fn zoomed_in(self) -> Self {
        let quarter = self.length() / 4;
        Self::between(self.from + quarter, self.to - quarter)
    }

    /// Twice as long, around the same middle.
    pub(super) fn zoomed_out(self) -> Self {
        let half = self.length() / 2;
        Self::between(self.from.saturating_sub(half), self.to + half)
    }

    /// As long, half of it earlier.
    pub(super) fn earlier(self) -> Self {
        let step = (self.length() / 2).min(self.from);
        Self::between(self.from - step, self.to - step)
    }

    /// As long, half of it later.
    pub(super) fn later(self) -> Self {
        let step = self.length() / 2;
        Self::between(self.from + step, self.to + step)
    }

    /// Whether something from `from` to `to` is in it.
    pub(super) const fn shows(self, from: u64, to: u64) -> bool {
        from <= self.to && to >= self.from
    }

    /// Where `at` is in it: from 0 at its beginning to 1 at its end.
    pub(super) fn share(self, at: u64) -> f64 {
        at.clamp(self.from, self.to).abs_diff(self.from) as f64 / self.length() as f64
    }

    /// The times that the axis names, and how they read.
    pub(super) fn ticks(self) -> Vec<(u64, String)> {
        let step = round_up(self.length() / TICKS);
        let first = self.from.div_ceil(step) * step;
        (0..).map(|tick| first + tick * step).take_while(|at| *at <= self.to).map(|at| (at, label(at, step))).collect()
    }
}

/// The next 1, 2 or 5 with zeros behind it.
fn round_up(length: u64) -> u64 {
    let mut power = 1_u64;
    while power.saturating_mul(10) <= length {
        power *= 10;
    }
    [1, 2, 5].into_iter().map(|digit| digit * power).find(|step| *step >= length).unwrap_or(power * 10)
}

/// A time on an axis with a mark every `step`.
fn label(at: u64, step: u64) -> String {
    if step >= 1_000_000 { format!("{} s", at / 1_000_000) } else { format!("{} ms", milliseconds(at)) }
}

/// A number of milliseconds, exactly and without needless digits.
pub(super) fn milliseconds(microseconds: u64) -> String {
    let text = format!("{}.{:03}", microseconds / 1000, microseconds % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Window = Window { from: 0, to: 1_000_000 };

    #[test]
    fn parameters_are_milliseconds() {
        let parse = |text: &str| Window::parse(&Query::parse(text), SECOND);
        assert_eq!(parse("from=1.5&to=20"), Window { from: 1_500, to: 20_000 });
        assert_eq!(parse("to=20"), Window { from: 0, to: 20_000 });
        assert_eq!(parse("from=0&to=1e300"), Window { from: 0, to: LONGEST });
        for nonsense in ["", "from=20&to=10", "from=NaN&to=inf", "from=-5", "from=a&to=b", "from=1e300"] {
            assert_eq!(parse(nonsense), SECOND, "{nonsense}");
        }
        let window = Window { from: 1_001, to: 2_500 };
        assert_eq!(Window::parse(&window.write(&Query::default()), SECOND), window);
    }

    #[test]
    fn there_is_always_something_to_see() {
        let mut window = SECOND;
        for _ in 0..100 {
            window = window.zoomed_in();
        }
        assert!(window.length() >= SHORTEST, "{window:?}");
        for _ in 0..100 {
            window = window.zoomed_out().later();
        }
        assert!(window.from <= LONGEST && window.to <= LONGEST + SHORTEST, "{window:?}");
        assert_eq!(SECOND.earlier(), SECOND);
        assert_eq!(SECOND.later().earlier(), SECOND);
        assert!(!Window::between(u64::MAX, u64::MAX).ticks().is_empty());
    }

    #[test]
    fn the_axis_has_round_numbers() {
        let labels = |from, to| Window { from, to }.ticks().into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(labels(0, 1_000_000), ["0 ms", "200 ms", "400 ms", "600 ms", "800 ms", "1000 ms"]);
        assert_eq!(labels(1_050, 2_100), ["1.2 ms", "1.4 ms", "1.6 ms", "1.8 ms", "2 ms"]);
        assert_eq!(labels(0, 65_000_000), ["0 s", "20 s", "40 s", "60 s"]);
    }
}
