//! What boto3 made of an answer: JSON, with times as objects.

use serde_json::{Map, Number, Value};
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// The member that says which Python class an object was of.
const CLASS: &str = "__class__";

/// A value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Time(OffsetDateTime),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Data {
    /// Reads `value`, which stands `at` that JSON pointer.
    ///
    /// # Errors
    /// An object of a Python class other than `datetime`, and what is no time: told for people.
    pub(super) fn read(value: Value, at: &str) -> Result<Self, String> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(truth),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                Self::List(
                    items.map(|(index, item)| Self::read(item, &format!("{at}/{index}"))).collect::<Result<_, _>>()?,
                )
            }
            Value::Object(members) => match members.get(CLASS) {
                Some(class) if class == "datetime" => {
                    let time = read_time(&members);
                    Self::Time(time.ok_or_else(|| format!("{at} is a datetime that is no time"))?)
                }
                Some(class) => {
                    let class = class.as_str().map_or_else(|| class.to_string(), str::to_owned);
                    return Err(format!(
                        "{at} is an object of the Python class {class}, and of classes only datetime is read"
                    ));
                }
                None => Self::read_object(members, at)?,
            },
        })
    }

    fn read_object(members: Map<String, Value>, at: &str) -> Result<Self, String> {
        let read = |(name, value): (String, Value)| {
            let value = Self::read(value, &format!("{at}/{name}"))?;
            Ok((name, value))
        };
        members.into_iter().map(read).collect::<Result<_, String>>().map(Self::Object)
    }

    /// The value as the JSON protocols write it: times are seconds since 1970.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::Time(time) => Value::Number(seconds(*time)),
            Self::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Object(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.clone(), value.to_json())).collect())
            }
        }
    }

    /// The value with `change` applied to the times in members that `is_meant` picks by name.
    pub(super) fn with_times(
        self,
        is_meant: &dyn Fn(&str) -> bool,
        change: &dyn Fn(OffsetDateTime) -> OffsetDateTime,
    ) -> Self {
        match self {
            Self::List(items) => Self::List(items.into_iter().map(|item| item.with_times(is_meant, change)).collect()),
            Self::Object(members) => {
                let changed = |(name, value): (String, Self)| match value {
                    Self::Time(time) if is_meant(&name) => (name, Self::Time(change(time))),
                    value => (name, value.with_times(is_meant, change)),
                };
                Self::Object(members.into_iter().map(changed).collect())
            }
            other => other,
        }
    }
}

/// A time as the XML protocols write it (ISO 8601).
pub(super) fn iso(time: OffsetDateTime) -> String {
    let written = if time.microsecond() == 0 {
        time.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z"))
    } else if time.microsecond().is_multiple_of(1000) {
        time.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"))
    } else {
        time.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z"))
    };
    // These parts are in every time, so that it can always be written.
    written.unwrap_or_default()
}

/// Whole seconds where they are whole, as most services have them.
fn seconds(time: OffsetDateTime) -> Number {
    let whole = time.unix_timestamp();
    if time.microsecond() == 0 {
        return whole.into();
    }
    let micros = time.unix_timestamp_nanos() / 1000;
    Number::from_f64(micros as f64 / 1e6).unwrap_or_else(|| whole.into())
}

/// The time in a tagged object. placebo writes no time zone, and takes it for UTC when it reads.
fn read_time(members: &Map<String, Value>) -> Option<OffsetDateTime> {
    let part = |name: &str| members.get(name).map_or(Some(0), Value::as_i64);
    let small = |name: &str| part(name).and_then(|number| u8::try_from(number).ok());
    let year = i32::try_from(part("year")?).ok()?;
    let date = Date::from_calendar_date(year, Month::try_from(small("month")?).ok()?, small("day")?).ok()?;
    let micros = u32::try_from(part("microsecond")?).ok()?;
    let time = Time::from_hms_micro(small("hour")?, small("minute")?, small("second")?, micros).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use serde_json::json;

    fn datetime(microsecond: u32) -> Value {
        json!({"__class__": "datetime", "year": 2024, "month": 2, "day": 29, "hour": 12, "minute": 30, "second": 5,
            "microsecond": microsecond})
    }

    #[test]
    fn times_are_seconds_in_json_and_iso_elsewhere() {
        for (microsecond, json, iso_8601) in [
            (0, "1709209805", "2024-02-29T12:30:05Z"),
            (281_000, "1709209805.281", "2024-02-29T12:30:05.281Z"),
            (281_007, "1709209805.281007", "2024-02-29T12:30:05.281007Z"),
        ] {
            let read = Data::read(datetime(microsecond), "data").unwrap();
            assert_eq!(read.to_json().to_string(), json);
            let Data::Time(time) = read else { unreachable!() };
            assert_eq!(iso(time), iso_8601);
        }
        let day_alone = json!({"__class__": "datetime", "year": 2024, "month": 2, "day": 29});
        assert_eq!(Data::read(day_alone, "").unwrap().to_json(), 1_709_164_800);
    }

    #[test]
    fn what_is_not_read_is_told_with_its_place() {
        let told = |value: Value| Data::read(json!({"a": [1, value]}), "data").unwrap_err();
        let text = told(json!({"__class__": "StreamingBody", "body": "x"}));
        assert!(text.contains("data/a/1") && text.contains("StreamingBody"), "{text}");
        for wrong in
            [json!({"__class__": "datetime"}), json!({"__class__": "datetime", "year": 2023, "month": 2, "day": 29})]
        {
            assert!(told(wrong).contains("data/a/1 is a datetime that is no time"));
        }
    }

    #[test]
    fn values_stay_what_they_are() {
        let value = json!({"b": [1, 1.5, null, true, "é"], "a": {}});
        assert_eq!(Data::read(value.clone(), "").unwrap().to_json(), value);
    }
}
