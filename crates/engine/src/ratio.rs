//! A probability as two integers.
//!
//! Contract: exact as written by the user (3 in 1000 stays 3 in 1000), no float anywhere. One draw takes one 64-bit
//! number whatever the ratio, even for never and always, so that changing a probability moves no other draw of the
//! stream.

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

    /// This share of `whole`, rounded down.
    pub const fn of(self, whole: u64) -> u64 {
        (whole as u128 * self.numerator as u128 / self.denominator as u128) as u64
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

/// A number in `0..bound` (`bound` > 0): the high half of a 64-bit number times the bound. Exactly one number is
/// drawn; the price is that some values are likelier than others by one part in 2^64 / `bound`.
pub(crate) fn below(rng: &mut impl Rng, bound: u64) -> u64 {
    ((u128::from(rng.next_u64()) * u128::from(bound)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Streams;

    #[test]
    fn a_ratio_happens_as_often_as_it_says() {
        let mut stream = Streams::new(1).stream("ratio");
        for (numerator, denominator) in [(0, 1), (0, 7), (1, 1000), (1, 3), (1, 2), (999, 1000), (7, 7)] {
            let ratio = Ratio::new(numerator, denominator).unwrap();
            let happened = (0..100_000).filter(|_| ratio.draw(&mut stream)).count() as i64;
            let expected = i64::from(numerator) * 100_000 / i64::from(denominator);
            // Four deviations of the widest binomial; never and always are exact.
            let tolerance = if numerator == 0 || numerator == denominator { 0 } else { 650 };
            assert!((happened - expected).abs() <= tolerance, "{ratio:?} happened {happened} times in 100000");
        }
    }

    #[test]
    fn every_draw_takes_one_number_whatever_the_ratio() {
        let mut plain = Streams::new(1).stream("ratio");
        let mut drawn = plain.clone();
        for ratio in [Ratio::NEVER, Ratio::ALWAYS, Ratio::new(1, 3).unwrap()] {
            plain.next_u64();
            ratio.draw(&mut drawn);
        }
        assert_eq!(plain.next_u64(), drawn.next_u64());
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert_eq!(Ratio::new(1, 0), Err(RatioError::ZeroDenominator { numerator: 1 }));
        assert_eq!(Ratio::new(3, 2), Err(RatioError::MoreThanOne { numerator: 3, denominator: 2 }));
        assert_eq!(alloc::format!("{}", Ratio::new(3, 2).unwrap_err()), "3 in 2 is more than always");
    }

    #[test]
    fn a_share_of_a_whole_is_exact_at_the_ends() {
        assert_eq!(Ratio::ALWAYS.of(u64::MAX), u64::MAX);
        assert_eq!(Ratio::NEVER.of(u64::MAX), 0);
        assert_eq!(Ratio::new(1, 3).unwrap().of(10), 3);
    }
}
