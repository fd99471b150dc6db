//! A time that is always as far ahead as it was when it was recorded.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeForm {
    /// `2026-11-30T16:00:00Z`.
    Iso,
    /// `2026-11-30T16:00:00.000Z`.
    IsoMillis,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// `Mon, 30 Nov 2026 16:00:00 GMT`.
    Http,
}

const FORMS: [(TimeForm, &str); 5] = [
    (TimeForm::Iso, "iso"),
    (TimeForm::IsoMillis, "iso-millis"),
    (TimeForm::Seconds, "seconds"),
    (TimeForm::Milliseconds, "milliseconds"),
    (TimeForm::Http, "http"),
];

/// How far ahead a time is, and how it is written: `3600 iso`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Freshness {
    /// How many seconds from now.
    pub seconds: u64,
    /// How it is written.
    pub form: TimeForm,
}

impl fmt::Display for Freshness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = FORMS.iter().find(|(form, _)| *form == self.form).map_or("", |(_, name)| name);
        write!(f, "{} {name}", self.seconds)
    }
}

/// What is no freshness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is written like \"3600 iso\": seconds, and iso, iso-millis, seconds, milliseconds or http")]
pub struct NotAFreshness;

impl FromStr for Freshness {
    type Err = NotAFreshness;

    fn from_str(text: &str) -> Result<Self, NotAFreshness> {
        let (seconds, name) = text.split_once(' ').ok_or(NotAFreshness)?;
        let form = FORMS.iter().find(|(_, known)| *known == name).map(|(form, _)| *form).ok_or(NotAFreshness)?;
        Ok(Self { seconds: seconds.parse().map_err(|_| NotAFreshness)?, form })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_reads_back() {
        for (form, name) in FORMS {
            let freshness = Freshness { seconds: 3600, form };
            assert_eq!(freshness.to_string(), format!("3600 {name}"));
            assert_eq!(freshness.to_string().parse(), Ok(freshness));
        }
        for text in ["", "3600", "x iso", "3600 days", "-1 iso"] {
            assert_eq!(text.parse::<Freshness>(), Err(NotAFreshness), "{text}");
        }
    }
}
