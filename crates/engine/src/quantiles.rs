//! Distributions by their quantiles: what is known of latencies is rarely more than a median and a 99th percentile.
//!
//! A table of (probability, value) stands for the inverse of the distribution function, with straight lines between
//! the points. Drawing is one look-up and one interpolation in integers: no float, no logarithm, the same on every
//! platform.
//!
//! Left out on purpose: fitting to samples (pass their quantiles), tails without end (the last point is the greatest
//! value).

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::fixed_point::{ONE, ln, normal_share, scale_exp};
use crate::{DistributionError, Ratio};

/// A distribution given by quantiles, with straight lines between them. Clones share the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantiles {
    lines: Arc<[Line]>,
    /// For each 256th of all probabilities: on which line it begins, if it meets no other but the next; otherwise
    /// [`CROWDED`].
    parts: Arc<[u16; PARTS]>,
    max: u64,
}

/// A point of the table, and the straight line from there to the next: a share of `probability` / 2^64 of the values is
/// at most `value`, and with `width` more at most `rise` more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    probability: u64,
    value: u64,
    width: u64,
    rise: u64,
    /// By how much the line would rise for a probability of one, rounded down; [`TOO_STEEP`] where that, or what is
    /// reckoned with it, does not fit into 64 bits.
    slope: u64,
}

const TOO_STEEP: u64 = u64::MAX;

/// Says of a part that lines have to be searched: several begin in it, or it is on the last one.
const CROWDED: u16 = u16::MAX;

impl Line {
    fn new((probability, value): (u64, u64), (next_probability, next_value): (u64, u64)) -> Self {
        let (width, rise) = (next_probability - probability, next_value - value);
        let slope = (u128::from(rise) << 64) / u128::from(width);
        let slope = u64::try_from(slope).ok().filter(|_| width < 1 << 60).unwrap_or(TOO_STEEP);
        Self { probability, value, width, rise, slope }
    }

    /// The value at `position`, which is on this line, rounded.
    #[inline]
    fn value_at(&self, position: u64) -> u64 {
        let &Self { width, rise, .. } = self;
        let along = position - self.probability;
        if self.slope == TOO_STEEP {
            let risen = u128::from(rise) * u128::from(along) + u128::from(width / 2);
            return self.value + (risen / u128::from(width)) as u64;
        }
        // The same without a division, and without a branch that nobody can foresee. Rounding down takes less than a
        // sixteenth for the slope and one for the product, rounding to the nearest adds a half: so this is short of it
        // by one at most. What is left is then less than 2^64, and its upper half need not be known.
        let quotient = ((u128::from(self.slope) * u128::from(along)) >> 64) as u64;
        let risen = rise.wrapping_mul(along).wrapping_add(width / 2);
        let rest = risen.wrapping_sub(quotient.wrapping_mul(width));
        self.value + quotient + u64::from(rest >= width)
    }
}

/// The line at `position`.
fn line_at(lines: &[Line], position: u64) -> usize {
    lines.partition_point(|line| line.probability <= position) - 1
}

/// All probabilities are divided into so many parts of equal length …
const PARTS: usize = 256;
/// … by their upper bits.
const PART_BITS: u32 = u64::BITS - PARTS.ilog2();

/// Stands for probability one, which is 2^64 / 2^64.
const CERTAIN: u64 = u64::MAX;

/// The deviations of a normal distribution at its 99th percentile, times 2^56.
const Z_99: u64 = 167_631_030_698_631_641;
/// The skewed table reaches this many deviations to each side: beyond is one value in 3.5 million.
const REACH: u64 = 5;
/// Points of the skewed table per deviation. Eight keep the mean within 0.3 % for a 99th percentile of ten times the
/// median.
const STEPS: u64 = 8;
const SIDE: usize = (REACH * STEPS) as usize;

/// A point of the normal distribution above its middle.
#[derive(Clone, Copy)]
struct Deviation {
    z: u64,
    /// What lies between the middle and here, times 2^64.
    share: u64,
}

/// The normal distribution from its middle upwards: every eighth of a deviation, and the 99th percentile itself.
static NORMAL: [Deviation; SIDE + 2] = {
    let mut table = [Deviation { z: 0, share: 0 }; SIDE + 2];
    let (mut place, mut step) = (0, 0);
    while place < table.len() {
        let regular = step * (ONE / STEPS);
        let between = place > 0 && table[place - 1].z < Z_99 && Z_99 < regular;
        let z = if between { Z_99 } else { regular };
        step += if between { 0 } else { 1 };
        table[place] = Deviation { z, share: normal_share(z) };
        place += 1;
    }
    table
};

impl Quantiles {
    /// From quantiles as measured: "a share of this probability of the values is at most this". The first probability
    /// must be 0 (its value is the least), the last 1 (the greatest); probabilities rise, values do not fall.
    ///
    /// # Errors
    /// [`DistributionError`], naming the pair that is out of order.
    pub fn new(quantiles: &[(Ratio, u64)]) -> Result<Self, DistributionError> {
        let [(first, _), .., (last, _)] = quantiles else {
            return Err(DistributionError::Incomplete);
        };
        if first.numerator() != 0 || last.numerator() != last.denominator() {
            return Err(DistributionError::Incomplete);
        }
        for pair in quantiles.windows(2) {
            let ((probability, value), (next_probability, next_value)) = (pair[0], pair[1]);
            if probability.of(CERTAIN) >= next_probability.of(CERTAIN) {
                return Err(DistributionError::ProbabilityNotRising { probability, next: next_probability });
            }
            if value > next_value {
                return Err(DistributionError::Falling { low: value, high: next_value });
            }
        }
        let points: Vec<_> = quantiles.iter().map(|&(probability, value)| (probability.of(CERTAIN), value)).collect();
        Ok(Self::of(&points))
    }

    /// From points (probability, value) in order.
    fn of(points: &[(u64, u64)]) -> Self {
        let lines: Arc<[Line]> = points.windows(2).map(|ends| Line::new(ends[0], ends[1])).collect();
        let part = |part: usize| {
            let first = (part as u64) << PART_BITS;
            let (line, end) = (line_at(&lines, first), line_at(&lines, first | u64::MAX >> PARTS.ilog2()));
            // Where there is no next line, it cannot be looked at.
            let is_crowded = end > line + 1 || line + 1 == lines.len();
            u16::try_from(line).ok().filter(|_| !is_crowded).unwrap_or(CROWDED)
        };
        let parts = Arc::new(core::array::from_fn(part));
        Self { lines, parts, max: points[points.len() - 1].1 }
    }

    /// A skewed distribution, like those of latencies: never below `min`, half of the values up to `median`, 99 in
    /// 100 up to `p99`.
    ///
    /// It is log-normal above `min`: min + (median − min) · r^(z / z₉₉), where r = (p99 − min) / (median − min), z is
    /// normal and z₉₉ = 2.326 its 99th percentile. The table has a point every eighth of a deviation up to five, so
    /// the greatest value is the one in 3.5 million, min + (median − min) · r^2.15.
    ///
    /// # Errors [`DistributionError::Falling`] if they fall, [`DistributionError::NoSpread`] if only the median is
    /// the minimum: nothing log-normal is like that.
    pub fn skewed(min: u64, median: u64, p99: u64) -> Result<Self, DistributionError> {
        for (low, high) in [(min, median), (median, p99)] {
            if low > high {
                return Err(DistributionError::Falling { low, high });
            }
        }
        if min == median && median < p99 {
            return Err(DistributionError::NoSpread { median, p99 });
        }
        let middle = median - min;
        let spread = if middle == 0 { 0 } else { ln(p99 - min) - ln(middle) };
        let exponent = |z: u64| ((u128::from(spread) * u128::from(z)) / u128::from(Z_99)) as u64;
        let value = |z, negative| min.saturating_add(scale_exp(middle, exponent(z), negative));
        const HALF: u64 = 1 << 63;
        let mut points = Vec::with_capacity(2 * NORMAL.len());
        points.push((0, min));
        let [below @ .., _] = &NORMAL;
        points.extend(below.iter().skip(1).rev().map(|at| (HALF - at.share, value(at.z, true))));
        let above = |at: &Deviation| if at.z == Z_99 { p99 } else { value(at.z, false) };
        points.extend(below.iter().map(|at| (HALF + at.share, above(at))));
        points.push((CERTAIN, value(REACH * ONE, false)));
        Ok(Self::of(&points))
    }

    /// The value below which a share of `position` / 2^64 of the values lies.
    #[inline(always)]
    pub(crate) fn at(&self, position: u64) -> u64 {
        let line = match self.parts[(position >> PART_BITS) as usize] {
            CROWDED => line_at(&self.lines, position),
            // Nearly always, and nobody can foresee which of the two.
            line => usize::from(line) + usize::from(self.lines[usize::from(line) + 1].probability <= position),
        };
        self.lines[line].value_at(position)
    }

    /// The mean, rounded.
    pub(crate) fn mean(&self) -> u64 {
        // Each stretch weighs its width times the middle of its ends. The widths add up to less than 2^64, so nothing
        // overflows.
        let stretches = self.lines.iter().map(|line| {
            let width = u128::from(line.width);
            width * u128::from(line.value) + width * u128::from(line.rise) / 2
        });
        // The weights add up to 2^64 − 1.
        ((stretches.sum::<u128>() + u128::from(CERTAIN / 2)) / u128::from(CERTAIN)) as u64
    }

    /// The least value.
    pub(crate) fn min(&self) -> u64 {
        self.lines[0].value
    }

    /// The greatest value.
    pub(crate) fn max(&self) -> u64 {
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Of all magnitudes.
        #[test]
        fn a_line_is_followed_without_a_division_as_with_one(
            (from, width, value, rise, along) in (any::<[u64; 5]>(), any::<[u8; 5]>())
                .prop_map(|(numbers, shifts)| {
                    let [from, width, value, rise, along] =
                        core::array::from_fn(|place| numbers[place] >> (shifts[place] % 64));
                    (from / 2, width / 2 + 1, value / 2, rise / 2, along)
                })
        ) {
            let along = along % width;
            let line = Line::new((from, value), (from + width, value + rise));
            let exact = (u128::from(rise) * u128::from(along) + u128::from(width / 2)) / u128::from(width);
            prop_assert_eq!(u128::from(line.value_at(from + along)), u128::from(value) + exact);
        }
    }
}
