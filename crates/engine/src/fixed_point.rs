//! Logarithm, exponential and the normal distribution in integers, for the tables of the distributions.
//!
//! `ln` and `exp` of floats differ between platforms in the last bits, and a simulation amplifies a bit. Here are
//! power series in fixed point instead: a number x stands as x · 2^56. All are exact to about 2^-50, and `const`:
//! tables are computed by the compiler. Left out: speed. Nothing here runs when a value is drawn.

/// Bits after the point.
pub(crate) const POINT: u32 = 56;
/// One.
pub(crate) const ONE: u64 = 1 << POINT;
/// The natural logarithm of two.
pub(crate) const LN_2: u64 = log_1_2(1, 1);

/// The natural logarithm of (`denominator` + `numerator`) / `denominator`, for results up to 2: the series
/// ln(1 + x) = 2 (t + t³/3 + t⁵/5 + …) with t = x / (2 + x), which is at most 1/3.
const fn log_1_2(numerator: u64, denominator: u64) -> u64 {
    let t = ((numerator as u128) << POINT) / (2 * denominator as u128 + numerator as u128);
    let square = (t * t) >> POINT;
    let (mut sum, mut power, mut odd) = (0, t, 1);
    while power > 0 {
        sum += power / odd;
        power = (power * square) >> POINT;
        odd += 2;
    }
    2 * sum as u64
}

/// The natural logarithm of `n`, which must not be zero.
pub(crate) const fn ln(n: u64) -> u64 {
    let exponent = n.ilog2();
    let power = 1 << exponent;
    exponent as u64 * LN_2 + log_1_2(n - power, power)
}

/// `value` · e^(±`exponent`), rounded; the greatest number if it is too large for 64 bits. With e^x = 2^k · e^f,
/// where f is between 0 and ln 2, the series 1 + f + f²/2! + … serves for e^f.
pub(crate) const fn scale_exp(value: u64, exponent: u64, negative: bool) -> u64 {
    let (mut halvings, mut rest) = ((exponent / LN_2) as i64, exponent % LN_2);
    halvings = if negative { halvings } else { -halvings };
    if negative && rest > 0 {
        halvings += 1;
        rest = LN_2 - rest;
    }
    let (mut sum, mut term, mut n) = (0_u128, ONE as u128, 0);
    while term > 0 {
        sum += term;
        n += 1;
        term = ((term * rest as u128) >> POINT) / n;
    }
    let product = value as u128 * sum;
    let shift = POINT as i64 + halvings;
    if shift >= 128 {
        0
    } else if shift > 0 {
        let rounded = ((product >> (shift - 1)) + 1) >> 1;
        if rounded > u64::MAX as u128 { u64::MAX } else { rounded as u64 }
    } else if product == 0 {
        0
    } else if shift < -7 {
        u64::MAX
    } else {
        // Below 2^64 · 2^57, then shifted by seven at most.
        let grown = product << -shift;
        if grown > u64::MAX as u128 { u64::MAX } else { grown as u64 }
    }
}

/// How much of the standard normal distribution lies between its middle and `z` deviations above it, times 2^64; `z`
/// up to 6. The series φ(z) (z + z³/3 + z⁵/(3·5) + z⁷/(3·5·7) + …), all of whose terms are positive, so nothing
/// cancels.
pub(crate) const fn normal_share(z: u64) -> u64 {
    // 1 / √(2π), times 2^63: the density is tiny where the sum is large, and needs the digits.
    const DENSITY_AT_ZERO: u64 = 3_679_593_073_373_651_226;
    let square = (z as u128 * z as u128) >> POINT;
    let (mut sum, mut term, mut odd) = (0_u128, z as u128, 1);
    while term > 0 {
        sum += term;
        odd += 2;
        // Eight bits less of the square, for room: the terms reach 2^68.
        term = ((term * (square >> 8)) >> (POINT - 8)) / odd;
    }
    let density = scale_exp(DENSITY_AT_ZERO, (square / 2) as u64, true);
    ((sum * density as u128) >> (63 + POINT - 64)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `actual` is `expected` to about twelve digits.
    fn close(actual: u64, expected: f64, unit: f64) -> bool {
        let actual = actual as f64 / unit;
        (actual - expected).abs() <= 1e-12 * expected.abs().max(1.0)
    }

    #[test]
    fn logarithms_agree_with_those_of_floats() {
        let numbers =
            (0..64).flat_map(|bit| [1, (1_u64 << bit) | 1, u64::MAX >> bit, 12_345_678_901_234_567 >> (bit / 2)]);
        for n in numbers.chain(1..300) {
            assert!(close(ln(n), std::primitive::f64::ln(n as f64), ONE as f64), "ln {n} is {}", ln(n));
        }
        assert_eq!(ln(1), 0);
    }

    #[test]
    fn exponentials_agree_with_those_of_floats_and_saturate() {
        for tenths in 0..300_u64 {
            let x = ONE / 10 * tenths;
            let expected = (x as f64 / ONE as f64).exp();
            let up = scale_exp(1_000_000, x, false);
            assert!(
                (up as f64 - 1e6 * expected).abs() <= 0.5 + 1e-11 * 1e6 * expected,
                "{tenths}: {up} for {expected}"
            );
            let down = scale_exp(1_000_000_000_000, x, true);
            assert!((down as f64 - 1e12 / expected).abs() <= 0.501, "{tenths}: {down} for {expected}");
        }
        assert_eq!(scale_exp(u64::MAX, 0, false), u64::MAX);
        assert_eq!(scale_exp(1, 100 * ONE, false), u64::MAX);
        assert_eq!(scale_exp(0, 200 * ONE, false), 0);
        assert_eq!(scale_exp(u64::MAX, 200 * ONE, true), 0);
    }

    #[test]
    fn the_normal_distribution_has_its_known_shares() {
        for (z, share) in [
            (0.0, 0.0),
            (0.125, 0.049_738_224_830_112_89),
            (1.0, 0.341_344_746_068_542_9),
            (2.0, 0.477_249_868_051_820_8),
            (3.0, 0.498_650_101_968_369_9),
            (5.0, 0.499_999_713_348_428_1),
        ] {
            let actual = normal_share((z * ONE as f64) as u64);
            assert!(close(actual, share, 18_446_744_073_709_551_616.0), "{z}: {actual}");
        }
    }
}
