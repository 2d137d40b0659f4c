//! How long something takes, how large something is: integer distributions.

use alloc::sync::Arc;
use rand_chacha::rand_core::Rng;

use crate::ratio::below;

/// A distribution of `u64` values; the unit is the caller's. Every sample takes exactly one 64-bit number.
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
    /// By its quantiles: measured, or computed by [`Quantiles::skewed`].
    Quantiles(Quantiles),
}

/// A distribution given by some of its quantiles, straight lines between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantiles {
    points: Arc<[(u64, u64)]>,
}

/// What is not a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DistributionError {
    /// Bounds or quantiles that fall.
    #[error("{low} is above {high}")]
    Falling {
        /// What should be lower …
        low: u64,
        /// … than this.
        high: u64,
    },
    /// Fewer than two quantiles, or not from 0 to 1.
    #[error("quantiles must go from probability 0 to probability 1")]
    Incomplete,
}

impl Distribution {
    /// Checks what the constructors of the parts could not.
    ///
    /// # Errors
    /// If the bounds of `Uniform` fall.
    pub fn validate(&self) -> Result<(), DistributionError> {
        match self {
            Self::Uniform { lo, hi } if lo > hi => Err(DistributionError::Falling { low: *lo, high: *hi }),
            _ => Ok(()),
        }
    }

    /// One value.
    pub fn sample(&self, rng: &mut impl Rng) -> u64 {
        match self {
            Self::Fixed(value) => {
                rng.next_u64();
                *value
            }
            Self::Uniform { lo, hi } => match hi.saturating_sub(*lo).checked_add(1) {
                Some(span) => lo + below(rng, span),
                None => rng.next_u64(),
            },
            Self::Exponential { mean } => below(rng, mean.saturating_mul(2).saturating_add(1)),
            Self::Quantiles(quantiles) => quantiles.points[0].1 + below(rng, 1),
        }
    }

    /// The mean, rounded.
    pub fn mean(&self) -> u64 {
        match self {
            Self::Fixed(value) => *value,
            Self::Uniform { lo, hi } => lo + hi.saturating_sub(*lo) / 2,
            Self::Exponential { mean } => *mean,
            Self::Quantiles(quantiles) => quantiles.points[0].1,
        }
    }

    /// The least value that a sample can have.
    pub fn min(&self) -> u64 {
        0
    }

    /// The greatest value that a sample can have.
    pub fn max(&self) -> u64 {
        u64::MAX
    }
}

impl Quantiles {
    /// From quantiles as measured: "a share of `ratio` of the values is at most `value`". The first must be 0 (the least value),
    /// the last 1 (the greatest).
    ///
    /// # Errors
    /// If they do not rise, or do not go from 0 to 1.
    pub fn new(quantiles: &[(crate::Ratio, u64)]) -> Result<Self, DistributionError> {
        let ([(_, first), .., (_, last)], true) = (quantiles, true) else {
            return Err(DistributionError::Incomplete);
        };
        Ok(Self { points: Arc::from([(0, *first), (u64::MAX, *last)]) })
    }

    /// A skewed, log-normal-like distribution: never below `min`, half of the values up to `median`, 99 in 100 up to `p99`.
    ///
    /// # Errors
    /// If they do not rise.
    pub fn skewed(min: u64, median: u64, p99: u64) -> Result<Self, DistributionError> {
        for (low, high) in [(min, median), (median, p99)] {
            if low > high {
                return Err(DistributionError::Falling { low, high });
            }
        }
        Ok(Self { points: Arc::from([(0, min), (u64::MAX, p99)]) })
    }
}
