//! Moments of a run, as people write them on a command line.

use std::str::FromStr;

use protocol::SimTime;

/// Time since the start of the run: `75s`, `1m15s`, `250ms`, or as on a clock: `01:15`, `1:02:03.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub SimTime);

/// Nanoseconds of each unit, the longer name first where one begins like another.
const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let nanos = if text.contains(':') { clock(text) } else { with_units(text) };
        let expected = "expected a time since the start, such as 75s, 1m15s or 01:15";
        nanos.map(|nanos| Self(SimTime::from_nanos(nanos))).ok_or_else(|| expected.to_owned())
    }
}

/// `1m15s`: numbers with units, each a smaller one.
fn with_units(text: &str) -> Option<u64> {
    let (mut nanos, mut rest, mut last) = (0_u64, text, u64::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
        if *unit >= last {
            return None;
        }
        nanos = nanos.checked_add(scaled(number, *unit)?)?;
        (rest, last) = (tail, *unit);
    }
    (last < u64::MAX).then_some(nanos)
}

/// `[hours:]minutes:seconds[.fraction]`.
fn clock(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [minutes, seconds] => ("0", minutes, seconds),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let whole = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    // As on a clock: only the first number goes on.
    let is_below_sixty = |text: &str| whole(text.split('.').next()?).filter(|number| *number < 60);
    is_below_sixty(seconds)?;
    if parts.len() == 3 {
        is_below_sixty(minutes)?;
    }
    let minutes = whole(hours)?.checked_mul(60)?.checked_add(whole(minutes)?)?;
    minutes.checked_mul(60_000_000_000)?.checked_add(scaled(seconds, 1_000_000_000)?)
}

/// A decimal number of units, in nanoseconds.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 9 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let parts = u128::from(unit) * fraction.parse::<u128>().unwrap_or(0) / 10_u128.pow(fraction.len() as u32);
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(u64::try_from(parts).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_units_and_as_on_a_clock() {
        let millis = |text: &str| text.parse::<Moment>().map(|moment| moment.0.as_millis());
        assert_eq!(millis("75s"), Ok(75_000));
        assert_eq!(millis("1m15s"), Ok(75_000));
        assert_eq!(millis("1.5s"), Ok(1_500));
        assert_eq!(millis("250ms"), Ok(250));
        assert_eq!(millis("01:13.25"), Ok(73_250));
        assert_eq!(millis("1:00:01"), Ok(3_601_000));
        assert_eq!(millis("90:59.5"), Ok(5_459_500));
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "",
            "75",
            "s",
            "1s1m",
            "1s2s",
            "-1s",
            "1:2:3:4",
            ":",
            "1::2",
            "01:99",
            "01:60.5",
            "1:60:00",
            "99999999999999999999s",
            "1.0000000000s",
            "1x",
        ] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }
}
