//! Pseudonyms of JSON numbers.

/// Where pseudonyms of numbers that fit 32 bits begin, and how many there are.
const SHORT: u64 = 2_147_000_000;
const SHORT_COUNT: u64 = 483_000;
/// The same for all other whole numbers: no float rounds them.
const LONG: u64 = 4_000_000_000_000_000;
const LONG_COUNT: u64 = 1_000_000_000_000;

/// Whether `text` is a pseudonym.
pub(super) fn is_pseudonym(text: &str) -> bool {
    match exact(text) {
        Exact::WholeValue(whole) => is_own(whole),
        Exact::Other(float, _) => {
            matches!(exact(&(float - 0.5).to_string()), Exact::WholeValue(whole) if is_own(whole))
        }
    }
}

/// What stands for the number `text`: whole numbers stay whole, 32 bits stay 32 bits, times stay times of this century.
pub(super) fn pseudonym(text: &str, hash: impl Fn(&str) -> u64) -> String {
    let hashed = |text: &str, start: u64, count: u64| start + hash(text) % count;
    match exact(text) {
        Exact::WholeValue(whole) if whole < 1 << 31 => hashed(&whole.to_string(), SHORT, SHORT_COUNT).to_string(),
        Exact::WholeValue(whole) => hashed(&whole.to_string(), LONG, LONG_COUNT).to_string(),
        Exact::Other(_, text) => format!("{}.5", hashed(&text, SHORT, SHORT_COUNT)),
    }
}

/// The one spelling of all that is equal to `text`.
pub(super) fn plain(text: &str) -> String {
    match exact(text) {
        Exact::WholeValue(whole) => whole.to_string(),
        Exact::Other(_, text) => text,
    }
}

/// A number as it is compared.
enum Exact {
    WholeValue(u64),
    /// As a float, and how it is written.
    Other(f64, String),
}

fn exact(text: &str) -> Exact {
    let plain = text.strip_suffix(".0").unwrap_or(text);
    if let Ok(whole) = plain.parse() {
        return Exact::WholeValue(whole);
    }
    match plain.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and in range")]
        Ok(float) if (0.0..9e15).contains(&float) && float.fract() == 0.0 => Exact::WholeValue(float as u64),
        Ok(float) if float.is_finite() => Exact::Other(float, float.to_string()),
        _ => Exact::Other(f64::INFINITY, plain.to_owned()),
    }
}

fn is_own(number: u64) -> bool {
    (SHORT..SHORT + SHORT_COUNT).contains(&number) || (LONG..LONG + LONG_COUNT).contains(&number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> u64 {
        text.bytes().fold(7, |hash, byte| hash.wrapping_mul(1_000_003) ^ u64::from(byte))
    }

    #[test]
    fn numbers_stay_numbers_however_they_are_spelled() {
        for (one, other) in [("1", "1.0"), ("1632342984.5", "1.6323429845e9"), ("100", "1e2")] {
            assert_eq!(pseudonym(one, hash), pseudonym(other, hash), "{one}");
            assert_eq!(plain(one), plain(other));
        }
        for text in ["0", "7", "-3", "1632342984", "1632342984.382", "9007199254740993", "1E400"] {
            let pseudonym = pseudonym(text, hash);
            assert!(is_pseudonym(&pseudonym) && !is_pseudonym(text), "{text}: {pseudonym}");
            assert_eq!(pseudonym.contains('.'), text.contains(['.', 'E', '-']), "{text}: {pseudonym}");
        }
        assert!(pseudonym("7", hash).parse::<i32>().is_ok());
    }
}
