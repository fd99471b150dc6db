//! Numbers as exact decimals. By hand because a decimal crate rounds at a precision of its own or computes where only zeros and the
//! point have to move, and a fingerprint must not depend on the version of either.

/// The one spelling of the decimal that the JSON number `raw` names: `1.0`, `1e0` and `10E-1` are all `1`. Nothing is
/// rounded, however long the number. `None` where the exponent is beyond what anybody can mean (more than 18 digits).
#[must_use]
pub(super) fn canonical_number(raw: &str) -> Option<String> {
    let (sign, unsigned) = raw.strip_prefix('-').map_or(("", raw), |rest| ("-", rest));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent_digits = exponent.trim_start_matches(['+', '-', '0']);
    if exponent_digits.len() > 18 {
        return None;
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some("0".to_owned());
    }
    let dropped = digits.len() - digits.trim_end_matches('0').len();
    let exponent = exponent.parse::<i64>().ok()? - i64::try_from(fraction.len()).ok()? + i64::try_from(dropped).ok()?;
    Some(format!("{sign}{}", spell(significant, exponent)))
}

/// `significant` times ten to the `exponent`: written out where that stays short, else with an exponent.
fn spell(significant: &str, exponent: i64) -> String {
    const LONGEST: usize = 40;
    let point = i64::try_from(significant.len()).map_or(i64::MAX, |length| length.saturating_add(exponent));
    match (usize::try_from(exponent), usize::try_from(point)) {
        (Ok(zeros), _) if zeros <= LONGEST => format!("{significant}{}", "0".repeat(zeros)),
        (Err(_), Ok(point)) if point > 0 => {
            let (whole, fraction) = significant.split_at_checked(point).unwrap_or((significant, ""));
            format!("{whole}.{fraction}")
        }
        (Err(_), _) if point.unsigned_abs() <= LONGEST as u64 => {
            let zeros = usize::try_from(point.unsigned_abs()).unwrap_or_default();
            format!("0.{}{significant}", "0".repeat(zeros))
        }
        _ => format!("{significant}e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical_number;

    #[test]
    fn equal_decimals_have_one_spelling() {
        for (one, spellings) in [
            ("1", &["1", "1.0", "1e0", "10E-1", "0.1e+1", "1.000"][..]),
            ("0", &["0", "-0", "0.000", "0e99", "-0E-5"]),
            ("1632342984.382", &["1632342984.382", "1.632342984382E9", "1632342984382e-3", "1632342984.3820"]),
            ("-0.001", &["-0.001", "-1e-3", "-0.1E-2"]),
            ("9007199254740993", &["9007199254740993", "9007199254740993.0", "9.007199254740993e15"]),
            ("1e400", &["1e400", "10e399", "0.1e401"]),
            ("1e-400", &["1e-400", "10e-401"]),
            ("100", &["100", "1e2", "100.0"]),
        ] {
            for spelling in spellings {
                assert_eq!(canonical_number(spelling).as_deref(), Some(one), "{spelling}");
            }
        }
        assert_ne!(canonical_number("9007199254740993"), canonical_number("9007199254740992"));
        assert_eq!(canonical_number("1e9999999999999999999"), None);
    }
}
