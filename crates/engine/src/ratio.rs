//! A probability as two integers.
//!
//! Contract: exact as written by the user (3 in 1000 stays 3 in 1000), no float anywhere. One draw takes one 64-bit number
//! whatever the ratio, even for never and always, so that changing a probability moves no other draw of the stream.

use rand_chacha::rand_core::Rng;

/// A probability: `numerator` in `denominator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: u32,
    denominator: u32,
}

/// What is not a probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatioError {
    /// The denominator is zero.
    #[error("{numerator} in 0 is not a probability")]
    ZeroDenominator {
        /// The numerator asked for.
        numerator: u32,
    },
    /// More than always.
    #[error("{numerator} in {denominator} is more than always")]
    MoreThanOne {
        /// The numerator asked for.
        numerator: u32,
        /// The denominator asked for.
        denominator: u32,
    },
}

impl Ratio {
    /// Probability zero.
    pub const NEVER: Self = Self { numerator: 0, denominator: 1 };
    /// Probability one.
    pub const ALWAYS: Self = Self { numerator: 1, denominator: 1 };

    /// `numerator` in `denominator`.
    ///
    /// # Errors
    /// If the denominator is zero or smaller than the numerator.
    pub const fn new(numerator: u32, denominator: u32) -> Result<Self, RatioError> {
        if denominator == 0 {
            return Err(RatioError::ZeroDenominator { numerator });
        }
        if numerator > denominator {
            return Err(RatioError::MoreThanOne { numerator, denominator });
        }
        Ok(Self { numerator, denominator })
    }

    /// How many …
    pub const fn numerator(self) -> u32 {
        self.numerator
    }

    /// … in how many.
    pub const fn denominator(self) -> u32 {
        self.denominator
    }

    /// Whether it happens this time.
    pub fn draw(self, rng: &mut impl Rng) -> bool {
        below(rng, u64::from(self.denominator)) < u64::from(self.numerator)
    }
}

/// A number in `0..bound` (`bound` > 0): the high half of a 64-bit number times the bound. Exactly one number is drawn; the price
/// is that some values are likelier than others by one part in 2^64 / `bound`.
pub(crate) fn below(rng: &mut impl Rng, bound: u64) -> u64 {
    ((u128::from(rng.next_u64()) * u128::from(bound)) >> 64) as u64
}
