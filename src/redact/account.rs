//! Finds account numbers in texts, and makes their pseudonyms.
//!
//! An account number is 12 digits, and so are other things. None of these is taken for one: a part of a longer run of
//! digits or of hexadecimal digits, the last group of a UUID, the fraction of a number, and a minute written as
//! `YYYYMMDDhhmm` inside a longer text where no ARN would have it.

use std::ops::Range;

/// What every pseudonym begins with: their own range, which the mapping leaves alone.
const OWN: &str = "9999";
const LENGTH: usize = 12;

/// Whether `digits` is a pseudonym.
pub(super) fn is_pseudonym(digits: &str) -> bool {
    is_account(digits) && digits.starts_with(OWN)
}

/// Whether `text` is 12 digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a member of this name holds an account number, even as a number.
pub(super) fn is_account_member(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    ["accountid", "account", "accountnumber", "principal", "principals", "accounts"]
        .iter()
        .any(|end| plain.ends_with(end))
}

/// The pseudonym that a hash chooses, 12 digits.
pub(super) fn pseudonym(hash: u64) -> String {
    format!("{OWN}{:08}", hash % 100_000_000)
}

/// Whether there is any run of 12 digits: the first thing to ask.
pub(super) fn may_hold(text: &[u8]) -> bool {
    let mut run = 0;
    text.iter().any(|byte| {
        run = if byte.is_ascii_digit() || (*byte == b'-' && run > 0) { run + 1 } else { 0 };
        run >= LENGTH
    })
}

/// Where the account numbers of `text` are: 12 digits in a row, or in three groups of four with dashes.
pub(super) fn find_accounts(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = position(bytes, at, u8::is_ascii_digit) {
        let end = position(bytes, start, |byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
        let dashed = start..start + LENGTH + 2;
        if end - start == LENGTH && stands_alone(text, start..end) {
            found.push(start..end);
            at = end;
        } else if end - start == 4 && is_dashed(bytes, &dashed) {
            at = dashed.end;
            found.push(dashed);
        } else {
            at = end;
        }
    }
    found
}

fn position(bytes: &[u8], from: usize, scanner: impl Fn(&u8) -> bool) -> Option<usize> {
    Some(from + bytes.get(from..)?.iter().position(scanner)?)
}

/// Whether the 12 digits at `run` stand for themselves.
fn stands_alone(text: &str, run: Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let before = |back: usize| run.start.checked_sub(back).and_then(|at| bytes.get(at)).copied();
    let after = |on: usize| bytes.get(run.end + on).copied();
    let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
    let fraction = before(1) == Some(b'.') && is_digit(before(2)) || after(0) == Some(b'.') && is_digit(after(1));
    if fraction || ends_uuid(bytes, run.start) || in_hexadecimal(bytes, &run) {
        return false;
    }
    let whole = run.len() == text.len();
    let in_arn = before(1) == Some(b':') && after(0) == Some(b':');
    whole || in_arn || !text.get(run).is_some_and(is_minute)
}

/// Whether what stands before `at` is a UUID up to its last group.
fn ends_uuid(bytes: &[u8], at: usize) -> bool {
    const GROUPS: [usize; 4] = [8, 13, 18, 23];
    let Some(head) = at.checked_sub(24).and_then(|start| bytes.get(start..at)) else { return false };
    head.iter()
        .enumerate()
        .all(|(at, byte)| if GROUPS.contains(&at) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// Whether the digits are part of a longer word that is hexadecimal.
fn in_hexadecimal(bytes: &[u8], run: &Range<usize>) -> bool {
    let before = bytes.get(..run.start).unwrap_or_default();
    let left = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let left = if ends_escape(before, left) { 0 } else { left };
    let right = bytes.iter().skip(run.end).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let word = bytes.get(run.start - left..run.end + right).unwrap_or_default();
    word.len() > run.len() && word.iter().all(u8::is_ascii_hexdigit)
}

/// Whether the last `word` bytes of `before` are what follows the `%` of an escape, of one that is itself escaped too, as in
/// `%253A`.
fn ends_escape(before: &[u8], word: usize) -> bool {
    let (rest, word) = before.split_at(before.len() - word);
    let escaped = word.len().checked_sub(2).and_then(|end| word.get(..end));
    rest.ends_with(b"%") && escaped.is_some_and(|escaped| escaped.chunks(2).all(|pair| pair == b"25"))
}

/// Whether the digits are a minute of this age, `YYYYMMDDhhmm`.
fn is_minute(digits: &str) -> bool {
    let part = |range: Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok()).unwrap_or(u32::MAX);
    (1970..2100).contains(&part(0..4))
        && (1..=12).contains(&part(4..6))
        && (1..=31).contains(&part(6..8))
        && part(8..10) < 24
        && part(10..12) < 60
}

/// Whether `place` holds `dddd-dddd-dddd`, and no longer such thing.
fn is_dashed(bytes: &[u8], place: &Range<usize>) -> bool {
    let goes_on = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    if goes_on(place.start.checked_sub(1).and_then(|at| bytes.get(at))) || goes_on(bytes.get(place.end)) {
        return false;
    }
    bytes.get(place.clone()).is_some_and(|group| {
        let dash = |at: usize| at == 4 || at == 9;
        group.iter().enumerate().all(|(at, byte)| if dash(at) { *byte == b'-' } else { byte.is_ascii_digit() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find_accounts(text).into_iter().filter_map(|place| text.get(place)).collect()
    }

    #[test]
    fn accounts_stand_wherever_aws_and_people_write_them() {
        for text in [
            "123456789012",
            "arn:aws:ram:us-east-1:123456789012:resource-share/13e9e990-7445-4e1c-a3b9-61b62e2df75d",
            "https://sqs.us-east-1.amazonaws.com/123456789012/queue",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com",
            "cdk-assets-123456789012-eu-west-1",
            "arn%3Aaws%3Aram%3Aus-east-1%3A123456789012%3Ax",
            "arn%253Aaws%253Aram%253Aus-east-1%253A123456789012%253Ax",
            "logs123456789012",
            "logs_123456789012_x",
            "User: arn:aws:iam::123456789012:user/x is not authorized.",
            "account 123456789012, or (123456789012).",
            "é123456789012é",
        ] {
            assert!(found(text).iter().all(|found| *found == "123456789012") && !found(text).is_empty(), "{text}");
            assert!(may_hold(text.as_bytes()));
        }
        assert_eq!(found("111122223333:444455556666"), ["111122223333", "444455556666"]);
        assert_eq!(found("is 1234-5678-9012."), ["1234-5678-9012"]);
        assert!(may_hold(b"1234-5678-9012"));
        assert_eq!(found("arn:aws:ram::202611220056:x"), ["202611220056"]);
    }

    #[test]
    fn other_digits_are_none() {
        for text in [
            "12345678901",
            "1234567890123",
            "1632342984382",
            "1632342984.382000123456",
            "382000123456.1632342984",
            "13e9e990-7445-4e1c-a3b9-616262211175",
            "resource-share/13e9e990-7445-4e1c-a3b9-616262211175 and more",
            "vpc-0a123456789012b",
            "deadbeef123456789012",
            "25253A123456789012",
            "since 202611220056 or so",
            "1234-5678-9012-3456",
            "a1234-5678-9012",
            "",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn pseudonyms_are_accounts_of_their_own_range() {
        for hash in [0, 7, 99_999_999, 100_000_000, u64::MAX] {
            assert!(is_pseudonym(&pseudonym(hash)), "{hash}");
        }
        assert!(!is_pseudonym("123499990000") && !is_pseudonym("9999"));
    }
}
