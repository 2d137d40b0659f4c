//! Numbers with units, as people write them: `45s`, `1m30s`, `1.5s`, `2KiB`, `3_000`.
//!
//! Contract: exact integers; nothing passes through a float, and what does not fit is refused. Left out on purpose:
//! numbers without a unit where a unit belongs, because `30` has been seconds and milliseconds to different people.

use protocol::SimDuration;

/// The longest time that may be written: ten years. Everything longer is a slip of the finger.
pub(crate) const MAX_DURATION: SimDuration = SimDuration::from_secs(10 * 366 * 86_400);

/// Why a text is not a number with a unit; a phrase for people.
pub(crate) type Refusal = String;

/// Units of time in nanoseconds, longest spelling first where one begins like another.
const TIME_UNITS: [(&str, u128); 17] = [
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ns", 1),
    ("sec", 1_000_000_000),
    ("seconds", 1_000_000_000),
    ("second", 1_000_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("minutes", 60_000_000_000),
    ("minute", 60_000_000_000),
    ("m", 60_000_000_000),
    ("hours", 3_600_000_000_000),
    ("hour", 3_600_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Units of size in bytes.
const SIZE_UNITS: [(&str, u128); 9] = [
    ("B", 1),
    ("bytes", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// A length of time.
pub(crate) fn duration(text: &str) -> Result<SimDuration, Refusal> {
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(SimDuration::ZERO);
    }
    if rest.starts_with('-') {
        return Err("a length of time is not negative".to_owned());
    }
    let mut total: u128 = 0;
    let mut last_unit = u128::MAX;
    while !rest.is_empty() {
        let (number, after) = decimal(rest).ok_or_else(|| "expected a length of time such as `45s`".to_owned())?;
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let Some((_, nanos)) = TIME_UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(match unit {
                "" => format!("a length of time needs a unit: `{0}s`, or `{0}ms`?", number.text),
                _ => format!(
                    "`{}` is not a unit of time; there are ns, us, ms, s, m, h, d",
                    crate::diagnostic::shortened(unit)
                ),
            });
        };
        if *nanos >= last_unit {
            return Err("larger units come first: `1m30s`".to_owned());
        }
        last_unit = *nanos;
        total = number
            .times(*nanos)
            .and_then(|part| total.checked_add(part))
            .ok_or("this is finer than a nanosecond, or too long")?;
        rest = after.trim_start();
    }
    if last_unit == u128::MAX {
        return Err("expected a length of time such as `45s`".to_owned());
    }
    match u64::try_from(total) {
        Ok(nanos) if nanos <= MAX_DURATION.as_nanos() => Ok(SimDuration::from_nanos(nanos)),
        _ => Err("this is longer than ten years".to_owned()),
    }
}

/// A size in bytes.
pub(crate) fn size(text: &str) -> Result<u64, Refusal> {
    let (number, unit) = decimal(text.trim()).ok_or_else(|| "expected a size such as `2KiB`".to_owned())?;
    let unit = unit.trim_start();
    let Some((_, bytes)) = SIZE_UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err("a size needs a unit: B, KiB, MiB, GiB, kB, MB or GB".to_owned());
    };
    let total = number.times(*bytes).ok_or("this is not a whole number of bytes")?;
    u64::try_from(total).map_err(|_| "this is too large".to_owned())
}

/// So many in a length of time, in millionths a second.
pub(crate) fn rate(text: &str) -> Result<u64, Refusal> {
    let text = text.trim();
    if text == "0" {
        return Ok(0);
    }
    let (number, rest) = decimal(text).ok_or_else(|| "expected a rate such as `500/s`".to_owned())?;
    let Some(unit) = rest.trim_start().strip_prefix('/') else {
        return Err(format!("a rate says in what length of time: `{0}/s`, or `{0}/min`?", number.text));
    };
    let unit = unit.trim_start();
    let Some((_, nanos)) = TIME_UNITS.iter().find(|(name, _)| *name == unit).filter(|(_, nanos)| *nanos >= 1_000_000)
    else {
        return Err("a rate is in a second, a minute or an hour: `500/s`, `30_000/min`".to_owned());
    };
    // Millionths a second, rounded down.
    let millionths = 10_u128.pow(15).checked_mul(number.digits).ok_or("this is too large")?;
    let scale = 10_u128.checked_pow(number.behind).and_then(|scale| scale.checked_mul(*nanos));
    u64::try_from(millionths / scale.ok_or("this is too fine")?).map_err(|_| "this is too large".to_owned())
}

/// A whole number that is not negative: `120`, `3_000`.
pub(crate) fn count(text: &str) -> Result<u64, Refusal> {
    let value = integer(text)?;
    u64::try_from(value).map_err(|_| if value < 0 { "this cannot be negative" } else { "this is too large" }.to_owned())
}

/// A share in hundredths of a percent: `89 %`, `96.67%`.
pub(crate) fn share(text: &str) -> Result<u64, Refusal> {
    let percent = text.trim().strip_suffix('%').map(str::trim_end).ok_or("expected a share such as `96.67 %`")?;
    let (whole, part) = percent.split_once('.').unwrap_or((percent, "0"));
    if part.is_empty() || part.len() > 2 {
        return Err("a share has two digits behind the point at most".to_owned());
    }
    let hundredths = count(part)? * if part.len() == 1 { 10 } else { 1 };
    count(whole)?.checked_mul(100).map(|whole| whole + hundredths).ok_or_else(|| "this is too large".to_owned())
}

/// A whole number: `-1`, `45000`, `45_000`.
pub(crate) fn integer(text: &str) -> Result<i128, Refusal> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let well_formed = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '_');
    if !well_formed {
        return Err("expected a whole number".to_owned());
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    plain.parse().map_err(|_| "this is too large".to_owned())
}

/// A decimal number, exact.
struct Decimal<'a> {
    text: &'a str,
    /// All digits as one number.
    digits: u128,
    /// How many of them are behind the point.
    behind: u32,
}

impl Decimal<'_> {
    /// `self × factor`, if that is a whole number in range.
    fn times(&self, factor: u128) -> Option<u128> {
        let product = self.digits.checked_mul(factor)?;
        let scale = 10_u128.checked_pow(self.behind)?;
        (product % scale == 0).then(|| product / scale)
    }
}

/// The number that `text` begins with, and the rest.
fn decimal(text: &str) -> Option<(Decimal<'_>, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with(['.', '_']) || number.starts_with('_') || fraction.contains('.') {
        return None;
    }
    let digits: String = whole.chars().chain(fraction.chars()).filter(|c| *c != '_').collect();
    let behind = fraction.chars().filter(|c| *c != '_').count();
    let value = Decimal { text: number, digits: digits.parse().ok()?, behind: u32::try_from(behind).ok()? };
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_the_way_people_write_them() {
        for (text, millis) in [
            ("45s", 45_000),
            ("1m30s", 90_000),
            ("1.5s", 1_500),
            ("250ms", 250),
            ("2h", 7_200_000),
            ("0", 0),
            ("0s", 0),
            ("1 min 5 s", 65_000),
            ("1_000ms", 1_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(duration(text), Ok(SimDuration::from_millis(millis)), "{text}");
        }
        assert_eq!(duration("250us"), Ok(SimDuration::from_micros(250)));
    }

    #[test]
    fn what_is_not_a_duration_is_refused_with_a_reason() {
        for (text, part) in [
            ("45", "needs a unit"),
            ("-5s", "negative"),
            ("5x", "not a unit"),
            ("", "such as"),
            ("s", "such as"),
            ("30s1m", "larger units"),
            ("1e9s", "not a unit"),
            ("NaN", "such as"),
            ("99999999999d", "ten years"),
            ("0.1ns", "finer"),
            ("1..2s", "such as"),
            ("1._s", "such as"),
            (".5s", "such as"),
        ] {
            let refusal = duration(text).expect_err(text);
            assert!(refusal.contains(part), "{text}: {refusal}");
        }
        assert!(duration(&"9".repeat(1_000_000)).is_err());
    }

    #[test]
    fn rates_are_so_many_in_a_length_of_time() {
        for (text, micros) in
            [("500/s", 500_000_000), ("30_000/min", 500_000_000), ("1/h", 277), ("2.5 / s", 2_500_000), ("0", 0)]
        {
            assert_eq!(rate(text), Ok(micros), "{text}");
        }
        assert_eq!(rate("3/ms"), Ok(3_000_000_000));
        for (text, part) in [("500", "`500/s`"), ("5/x", "in a second"), ("-1/s", "such as"), ("/s", "such as")] {
            let refusal = rate(text).expect_err(text);
            assert!(refusal.contains(part), "{text}: {refusal}");
        }
        assert!(rate(&format!("{}/s", "9".repeat(60))).is_err());
    }

    #[test]
    fn sizes_and_counts_are_exact() {
        assert_eq!(size("2KiB"), Ok(2_048));
        assert_eq!(size("1.5 kB"), Ok(1_500));
        assert!(size("1").is_err());
        assert_eq!(count("3_000"), Ok(3_000));
        assert!(count("-1").is_err_and(|refusal| refusal.contains("negative")));
        assert!(count("1e9").is_err());
        assert_eq!(integer("-1"), Ok(-1));
    }
}
