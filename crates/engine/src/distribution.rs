//! How long something takes, how large something is: distributions of integers.
//!
//! Contract: no floats, so a run is the same on every platform. Every sample takes exactly one 64-bit number from its
//! generator, whatever the distribution, so that changing one moves no other draw of the stream; and it grows with
//! that number, so that two runs with different parameters and one seed stay comparable, draw by draw.
//!
//! How each turns the number u, a fraction of 2^64, into a value:
//! - `Uniform`: lo + u · (hi − lo + 1), rounded down. Some values are likelier than others by one part in 2^64 / (hi
//!   − lo + 1).
//! - `Exponential`: −mean · ln(1 − u). The logarithm is the count of leading zeros times ln 2, less the logarithm of
//!   what follows them, from a table of 256 stretches with straight lines between: at most 2 parts in a million off.
//!   The greatest value is 44.4 times the mean.
//! - `Quantiles`: straight lines between the points of a table, see [`Quantiles`].
//!
//! Left out on purpose: normal, Pareto and others; give their quantiles.

use rand_chacha::rand_core::Rng;

use crate::fixed_point::{LN_2, POINT, ln};
use crate::{Quantiles, Ratio};

/// A distribution of `u64` values; the unit is the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Always this.
    Fixed(u64),
    /// Every value from `lo` to `hi`, both included, alike.
    Uniform {
        /// The least value.
        lo: u64,
        /// The greatest value.
        hi: u64,
    },
    /// Exponential: the time between independent events.
    Exponential {
        /// The mean.
        mean: u64,
    },
    /// By its quantiles: measured ([`Quantiles::new`]) or log-normal ([`Quantiles::skewed`]).
    Quantiles(Quantiles),
}

/// What is not a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DistributionError {
    /// Bounds or quantiles that fall.
    #[error("{low} is above {high}, it should be at most that")]
    Falling {
        /// What should be lower …
        low: u64,
        /// … than this.
        high: u64,
    },
    /// Quantiles whose probabilities do not rise.
    #[error(
        "after the quantile of probability {} in {} comes one of {} in {}, which is not more likely",
        probability.numerator(), probability.denominator(), next.numerator(), next.denominator()
    )]
    ProbabilityNotRising {
        /// The probability of a quantile.
        probability: Ratio,
        /// That of the next.
        next: Ratio,
    },
    /// Too few quantiles.
    #[error("quantiles must begin at probability 0 (the least value) and end at probability 1 (the greatest)")]
    Incomplete,
    /// The median is the minimum, but the 99th percentile is above.
    #[error(
        "the median {median} is also the minimum, but the 99th percentile is {p99}: the median must be above the minimum"
    )]
    NoSpread {
        /// The median, and minimum.
        median: u64,
        /// The 99th percentile.
        p99: u64,
    },
}

/// ln(1 + i / 256) for i from 0 to 256, times 2^56.
static LOGARITHMS: [u64; 257] = {
    let mut table = [0; 257];
    let mut place = 0;
    while place < table.len() {
        table[place] = ln(256 + place as u64) - ln(256);
        place += 1;
    }
    table
};

/// −ln of (`number` / 2^64), times 2^56.
fn minus_ln(number: u64) -> u64 {
    let zeros = u64::from(number.leading_zeros());
    // 1 + a fraction of 64 bits: eight choose the stretch of the table, the next 48 the place in it.
    let fraction = number << zeros << 1;
    let stretch = (fraction >> 56) as usize;
    let place = fraction << 8 >> 16;
    let (low, high) = (LOGARITHMS[stretch], LOGARITHMS[stretch + 1]);
    let logarithm = low + ((u128::from(high - low) * u128::from(place)) >> 48) as u64;
    (zeros + 1) * LN_2 - logarithm
}

impl Distribution {
    /// Checks what `Quantiles` has checked already and the other variants cannot.
    ///
    /// # Errors
    /// If the bounds of `Uniform` fall. (If not asked: such a distribution always gives `lo`.)
    pub fn validate(&self) -> Result<(), DistributionError> {
        match *self {
            Self::Uniform { lo, hi } if lo > hi => Err(DistributionError::Falling { low: lo, high: hi }),
            _ => Ok(()),
        }
    }

    /// One value.
    #[inline(always)]
    pub fn sample(&self, rng: &mut impl Rng) -> u64 {
        let position = rng.next_u64();
        match self {
            // Nearly all that is drawn.
            Self::Quantiles(quantiles) => quantiles.at(position),
            _ => self.at(position),
        }
    }

    /// The value below which a share of `position` / 2^64 of the values lies: the inverse of the distribution function.
    pub fn at(&self, position: u64) -> u64 {
        match self {
            Self::Fixed(value) => *value,
            Self::Uniform { lo, hi } => {
                let count = u128::from(hi.saturating_sub(*lo)) + 1;
                lo + ((count * u128::from(position)) >> 64) as u64
            }
            Self::Exponential { mean } => {
                // Never ln 0; never quite 0, for the greatest number below one.
                let value = (u128::from(*mean) * u128::from(minus_ln(!position | 1)) + (1 << (POINT - 1))) >> POINT;
                u64::try_from(value).unwrap_or(u64::MAX)
            }
            Self::Quantiles(quantiles) => quantiles.at(position),
        }
    }

    /// The value that a share of `probability` of the values does not exceed, for reports.
    pub fn quantile(&self, probability: Ratio) -> u64 {
        self.at(probability.of(u64::MAX))
    }

    /// The mean, rounded.
    pub fn mean(&self) -> u64 {
        match self {
            Self::Fixed(value) => *value,
            Self::Uniform { lo, hi } => lo + hi.saturating_sub(*lo).div_ceil(2),
            Self::Exponential { mean } => *mean,
            Self::Quantiles(quantiles) => quantiles.mean(),
        }
    }

    /// The least value that a sample can have.
    #[inline]
    pub fn min(&self) -> u64 {
        match self {
            Self::Fixed(value) | Self::Uniform { lo: value, .. } => *value,
            Self::Quantiles(quantiles) => quantiles.min(),
            Self::Exponential { .. } => self.at(0),
        }
    }

    /// The greatest value that a sample can have.
    #[inline]
    pub fn max(&self) -> u64 {
        match self {
            Self::Fixed(value) => *value,
            Self::Uniform { lo, hi } => *hi.max(lo),
            Self::Quantiles(quantiles) => quantiles.max(),
            Self::Exponential { .. } => self.at(u64::MAX),
        }
    }
}
