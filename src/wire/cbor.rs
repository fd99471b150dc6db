//! CBOR bodies, as rpcv2Cbor has them (RFC 8949).

use super::leaf::Leaf;
use super::value::{MAX_DEPTH, Members, Value};
use data_encoding::BASE64;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Display;

const TIMES: u64 = 1;
const POSITIVE: u64 = 2;
const NEGATIVE: u64 = 3;
const DECIMAL: u64 = 4;

/// The longest big number that is read, in bytes: to spell it takes the square of its length.
const LONGEST_NUMBER: usize = 512;

/// What is in a CBOR body: its value, and all its texts.
pub(super) struct CborBody<'a> {
    pub(super) value: Value,
    pub(super) leaves: Vec<Leaf<'a>>,
}

/// The members of the map that `body` is; none of no body. `None` where it is none, or has no like in JSON.
pub(super) fn read_members(body: &[u8]) -> Option<Members> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    match read(body)?.value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Reads `body`; `None` where it is not one whole CBOR item, has no like in JSON, or nests too deep.
pub(super) fn read(body: &[u8]) -> Option<CborBody<'_>> {
    let mut reader = Reader { decoder: Decoder::new(body), depth: 0, path: Vec::new(), leaves: Vec::new() };
    let value = reader.read(false)?;
    (reader.decoder.position() == body.len()).then_some(CborBody { value, leaves: reader.leaves })
}

struct Reader<'a> {
    decoder: Decoder<'a>,
    depth: usize,
    path: Vec<Cow<'a, str>>,
    leaves: Vec<Leaf<'a>>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, in_list: bool) -> Option<Value> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let value = self.read_item(in_list);
        self.depth -= 1;
        value
    }

    fn read_item(&mut self, in_list: bool) -> Option<Value> {
        let decoder = &mut self.decoder;
        Some(match decoder.datatype().ok()? {
            Type::Bool => Value::Json(decoder.bool().ok()?.to_string()),
            Type::Null => decoder.null().ok().map(|()| Value::Json("null".to_owned()))?,
            Type::Undefined => decoder.undefined().ok().map(|()| Value::Json("null".to_owned()))?,
            Type::F16 => {
                let start = decoder.position();
                let &[high, low] = decoder.input().get(start + 1..start + 3)? else { return None };
                decoder.set_position(start + 3);
                number(half(u16::from_be_bytes([high, low])))
            }
            Type::F32 => number(decoder.f32().ok()?),
            Type::F64 => number(decoder.f64().ok()?),
            Type::Bytes | Type::BytesIndef => Value::Text(BASE64.encode(&self.read_bytes()?)),
            Type::String | Type::StringIndef => {
                let start = decoder.position();
                let text = self.read_text()?;
                let range = start..self.decoder.position();
                let value = Value::Text(text.clone().into_owned());
                self.leaves.push(Leaf { range, text, path: self.path.clone(), in_list });
                value
            }
            Type::Array | Type::ArrayIndef => self.read_list()?,
            Type::Map | Type::MapIndef => self.read_map()?,
            Type::Tag => {
                let tag = decoder.tag().ok()?.as_u64();
                self.read_tagged(tag, in_list)?
            }
            Type::Break | Type::Simple | Type::Unknown(_) => return None,
            _ => Value::Json(i128::from(decoder.int().ok()?).to_string()),
        })
    }

    fn read_bytes(&mut self) -> Option<Vec<u8>> {
        let chunks: Vec<&[u8]> = self.decoder.bytes_iter().ok()?.collect::<Result<_, _>>().ok()?;
        Some(chunks.concat())
    }

    fn read_text(&mut self) -> Option<Cow<'a, str>> {
        let chunks: Vec<&str> = self.decoder.str_iter().ok()?.collect::<Result<_, _>>().ok()?;
        Some(match chunks.as_slice() {
            [only] => Cow::Borrowed(*only),
            chunks => Cow::Owned(chunks.concat()),
        })
    }

    /// Whether one more item comes, of `left` that are left; where nobody said how many come, an end is read.
    fn has_next(&mut self, left: &mut Option<u64>) -> Option<bool> {
        match left {
            Some(0) => Some(false),
            Some(left) => {
                *left -= 1;
                Some(true)
            }
            None if self.decoder.datatype().ok()? == Type::Break => {
                self.decoder.set_position(self.decoder.position() + 1);
                Some(false)
            }
            None => Some(true),
        }
    }

    fn read_list(&mut self) -> Option<Value> {
        let mut left = self.decoder.array().ok()?;
        let mut items = Vec::new();
        while self.has_next(&mut left)? {
            self.path.push(items.len().to_string().into());
            let item = self.read(true)?;
            self.path.pop();
            items.push(item);
        }
        Some(Value::List(items))
    }

    fn read_map(&mut self) -> Option<Value> {
        let mut left = self.decoder.map().ok()?;
        let mut names = HashSet::new();
        let mut members = Vec::new();
        while self.has_next(&mut left)? {
            let name = self.read_text()?;
            if !names.insert(name.clone()) {
                return None;
            }
            self.path.push(name.clone());
            let value = self.read(false)?;
            self.path.pop();
            members.push((name.into_owned(), value));
        }
        Some(Value::Object(members))
    }

    /// What has a tag. Times are numbers, as in JSON; a tag that says nothing of a value's meaning to a service is passed over.
    fn read_tagged(&mut self, tag: u64, in_list: bool) -> Option<Value> {
        match tag {
            POSITIVE | NEGATIVE => self.read_big_number(tag == NEGATIVE).map(Value::Json),
            DECIMAL => match self.read(in_list)? {
                Value::List(parts) => match parts.as_slice() {
                    [Value::Json(exponent), Value::Json(mantissa)] => {
                        let is_whole =
                            |text: &str| text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
                        let is_number = exponent.len() <= 18 && is_whole(exponent) && is_whole(mantissa);
                        is_number.then(|| Value::Json(format!("{mantissa}e{exponent}")))
                    }
                    _ => None,
                },
                _ => None,
            },
            TIMES => self.read(in_list).filter(|value| !matches!(value, Value::List(_) | Value::Object(_))),
            _ => self.read(in_list),
        }
    }

    fn read_big_number(&mut self, is_negative: bool) -> Option<String> {
        let mut digits = self.read_bytes().filter(|bytes| bytes.len() <= LONGEST_NUMBER)?;
        if is_negative {
            // The bytes are of -1 - n.
            digits.insert(0, 0);
            for digit in digits.iter_mut().rev() {
                *digit = digit.wrapping_add(1);
                if *digit != 0 {
                    break;
                }
            }
        }
        let spelled: String = change_base(&digits, 256, 10).into_iter().map(|digit| char::from(b'0' + digit)).collect();
        Some(match (is_negative, spelled.is_empty()) {
            (_, true) => "0".to_owned(),
            (true, _) => format!("-{spelled}"),
            (false, _) => spelled,
        })
    }
}

/// The digits of a number, most significant first, in another base; none of zero. Bases are at most 256.
fn change_base(digits: &[u8], from: u32, to: u32) -> Vec<u8> {
    let mut least_first: Vec<u8> = Vec::new();
    for digit in digits {
        let mut carry = u32::from(*digit);
        for place in &mut least_first {
            carry += u32::from(*place) * from;
            *place = (carry % to).try_into().unwrap_or_default();
            carry /= to;
        }
        while carry > 0 {
            least_first.push((carry % to).try_into().unwrap_or_default());
            carry /= to;
        }
    }
    least_first.reverse();
    least_first
}

/// A number without `.0`; what is none as the text that awsJson has for it.
fn number<F: Display + Into<f64> + Copy>(float: F) -> Value {
    let wide: f64 = float.into();
    if wide.is_nan() {
        return Value::Text("NaN".to_owned());
    }
    if wide.is_infinite() {
        return Value::Text(if wide > 0.0 { "Infinity" } else { "-Infinity" }.to_owned());
    }
    // Rust writes every digit and no exponent, and as few digits as tell the number from its neighbours.
    Value::Json(float.to_string())
}

/// The number in half precision (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2_f32.powi(-24),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        _ => (fraction + 1024.0) * 2_f32.powi(exponent - 25),
    }
}

/// Writes CBOR. Every call succeeds, since it is written into memory.
pub(super) struct Writer(Encoder<Vec<u8>>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(Encoder::new(Vec::new()))
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_writer()
    }

    pub(super) fn text(&mut self, text: &str) {
        let _ = self.0.str(text);
    }

    pub(super) fn map(&mut self, length: usize) {
        let _ = self.0.map(length as u64);
    }

    pub(super) fn list(&mut self, length: usize) {
        let _ = self.0.array(length as u64);
    }

    pub(super) fn null(&mut self) {
        let _ = self.0.null();
    }

    pub(super) fn bool(&mut self, value: bool) {
        let _ = self.0.bool(value);
    }

    /// The number that the JSON `raw` spells, exactly: an integer, a float where that is it, else a decimal fraction.
    pub(super) fn number(&mut self, raw: &str) {
        if let Some(integer) = raw.parse::<i128>().ok().and_then(|integer| minicbor::data::Int::try_from(integer).ok())
        {
            let _ = self.0.int(integer);
            return;
        }
        let decimal = Decimal::read(raw);
        if let Ok(float) = raw.parse::<f64>()
            && float.is_finite()
            && decimal.is_some()
            && Decimal::read(&float.to_string()) == decimal
        {
            let _ = self.0.f64(float);
            return;
        }
        match decimal {
            Some(decimal) => self.decimal(&decimal),
            None => self.text(raw),
        }
    }

    fn decimal(&mut self, decimal: &Decimal) {
        let Decimal { is_negative, digits, exponent } = decimal;
        if *exponent != 0 {
            let _ = self.0.tag(minicbor::data::Tag::new(DECIMAL)).and_then(|encoder| encoder.array(2)?.i64(*exponent));
        }
        let mut bytes = change_base(digits, 10, 256);
        if *is_negative {
            // The bytes are of -1 - n.
            for byte in bytes.iter_mut().rev() {
                *byte = byte.wrapping_sub(1);
                if *byte != 0xff {
                    break;
                }
            }
        }
        let tag = minicbor::data::Tag::new(if *is_negative { NEGATIVE } else { POSITIVE });
        let _ = self.0.tag(tag).and_then(|encoder| encoder.bytes(&bytes));
    }
}

/// A decimal number, in the one form without zeros to spare.
#[derive(PartialEq)]
struct Decimal {
    is_negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads a JSON number; `None` where its exponent is out of all range.
    fn read(raw: &str) -> Option<Self> {
        let unsigned = raw.trim_start_matches('-');
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let kept = all.trim_end_matches('0');
        let moved = i64::try_from(all.len() - kept.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        let digits: Vec<u8> = kept.trim_start_matches('0').bytes().map(|digit| digit - b'0').collect();
        if digits.is_empty() {
            return Some(Self { is_negative: false, digits, exponent: 0 });
        }
        let exponent = exponent.parse::<i64>().ok()?.checked_add(moved)?;
        Some(Self { is_negative: raw.starts_with('-'), digits, exponent })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn json(body: &[u8]) -> Option<String> {
        read(body).map(|read| read.value.to_json())
    }

    /// Examples of RFC 8949, appendix A.
    #[test]
    fn values_have_their_like_in_json() {
        for (body, value) in [
            (&b"\x18\x64"[..], "100"),
            (b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
            (b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "-18446744073709551616"),
            (b"\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00", "18446744073709551616"),
            (b"\xc3\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00", "-18446744073709551617"),
            (b"\xc3\x41\xff", "-256"),
            (b"\xc2\x40", "0"),
            (b"\xc4\x82\x21\x19\x6a\xb3", "27315e-2"),
            (b"\xf9\x3c\x00", "1"),
            (b"\xf9\x3e\x00", "1.5"),
            (b"\xf9\x7b\xff", "65504"),
            (b"\xf9\x00\x01", "0.000000059604645"),
            (b"\xf9\xc4\x00", "-4"),
            (b"\xfa\x3d\xcc\xcc\xcd", "0.1"),
            (b"\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a", "1.1"),
            (b"\xf9\x7e\x00", r#""NaN""#),
            (b"\xf9\xfc\x00", r#""-Infinity""#),
            (b"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00", r#""Infinity""#),
            (b"\xf4", "false"),
            (b"\xf6", "null"),
            (b"\xf7", "null"),
            (b"\xc1\x1a\x51\x4b\x67\xb0", "1363896240"),
            (b"\xc1\xfb\x41\xd4\x52\xd9\xec\x20\x00\x00", "1363896240.5"),
            (b"\x44\x01\x02\x03\x04", r#""AQIDBA==""#),
            (b"\x5f\x42\x01\x02\x43\x03\x04\x05\xff", r#""AQIDBAU=""#),
            (b"\x7f\x65strea\x64ming\xff", r#""streaming""#),
            (b"\x9f\x01\x82\x02\x03\xff", "[1,[2,3]]"),
            (b"\xbf\x61a\x01\x61b\x9f\x02\xff\xff", r#"{"a":1,"b":[2]}"#),
        ] {
            assert_eq!(json(body).as_deref(), Some(value), "{body:?}");
        }
    }

    #[test]
    fn what_has_no_like_is_refused() {
        let deep = vec![0x81; 100_000];
        let long = [&b"\xc2\x59\x02\x01"[..], &[1; 513]].concat();
        for body in [
            &b""[..],
            b"\xa1\x01\x02",
            b"\xa2\x61a\x01\x61a\x02",
            b"\x01\x01",
            b"\xf0",
            b"\xff",
            b"\x61\xff",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xc4\x82\x01\x61a",
            &deep,
            &long,
        ] {
            assert_eq!(json(body), None, "{body:?}");
        }
    }

    #[test]
    fn numbers_are_written_exactly() {
        for raw in
            ["0", "-1", "18446744073709551615", "18446744073709551616", "-340282366920938463463374607431768211457"]
        {
            let mut writer = Writer::new();
            writer.number(raw);
            assert_eq!(json(&writer.into_bytes()).unwrap(), raw);
        }
        for (raw, body) in
            [("1.1", &b"\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"[..]), ("1.5e400", b"\xc4\x82\x19\x01\x8f\xc2\x41\x0f")]
        {
            let mut writer = Writer::new();
            writer.number(raw);
            assert_eq!(writer.into_bytes(), body, "{raw}");
        }
    }

    #[test]
    fn leaves_are_whole_items() {
        let body = b"\xa2\x61a\x62bc\x61l\x82\x01\x7f\x61d\x61e\xff";
        let leaves = read(body).unwrap().leaves;
        let seen: Vec<_> = leaves
            .iter()
            .map(|leaf| (&body[leaf.range.clone()], &*leaf.text, leaf.path.join("/"), leaf.in_list))
            .collect();
        assert_eq!(
            seen,
            [(&b"\x62bc"[..], "bc", "a".to_owned(), false), (b"\x7f\x61d\x61e\xff", "de", "l/1".to_owned(), true)]
        );
    }
}
