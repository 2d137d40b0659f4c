//! How records come in the partitions of a consumer: how many, and together or apart from each other.
//!
//! A batch goes to one partition, the next to another. Where batches of two partitions come within one tick, one fetch
//! has both; where they come one tick apart, the second waits until the first has been worked on. That repeats itself
//! with every batch, for as long as no rate changes, so it makes a difference which partitions are read together.

use alloc::vec::Vec;

use protocol::{SimDuration, SimTime};

use crate::line::Beat;
use crate::log::PartitionLog;

/// Rates and periods are alike if they differ by less than this part of themselves.
const ALIKE: u64 = 100;
/// Where so many batches of each partition come in a round, it makes no difference when.
const MANY_A_ROUND: u64 = 4;

/// How records are written into some partitions, for as long as no rate changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Rhythm {
    /// Millionths of a record a second, in all of them together.
    rate: u64,
    /// The longest of their producers' ticks, in nanoseconds.
    tick: u64,
    /// The most records that are written together, and the size of the largest.
    batch: u64,
    bytes: u64,
    /// The shortest and the longest time from batch to batch in a partition, in nanoseconds.
    periods: (u64, u64),
    /// When batches come, in nanoseconds after the one that the longest pause is before.
    beats: Vec<u64>,
}

impl Rhythm {
    /// From now on it is how records are written into these partitions at `at`.
    pub(crate) fn look_again<'a>(&mut self, at: SimTime, logs: impl Iterator<Item = &'a PartitionLog>) {
        (self.rate, self.tick, self.batch, self.bytes, self.periods) = (0, 0, 0, 0, (u64::MAX, 0));
        self.beats.clear();
        for log in logs {
            log.beats(at, |Beat { rate, period, after, batch, tick }| {
                self.rate = self.rate.saturating_add(rate);
                self.tick = self.tick.max(tick);
                self.batch = self.batch.max(batch);
                self.bytes = self.bytes.max(log.record_bytes());
                self.periods = (self.periods.0.min(period), self.periods.1.max(period));
                self.beats.push(after.as_nanos());
            });
        }
        self.turn();
    }

    /// Times are said from the batch on that the longest pause is before.
    fn turn(&mut self) {
        self.beats.sort_unstable();
        let (Some(first), Some(last)) = (self.beats.first(), self.beats.last()) else { return };
        let mut longest = (self.periods.1.saturating_sub(last - first), 0);
        for place in 1..self.beats.len() {
            longest = longest.max((self.beats[place] - self.beats[place - 1], place));
        }
        for beat in &mut self.beats[..longest.1] {
            *beat = beat.saturating_add(self.periods.1);
        }
        self.beats.rotate_left(longest.1);
        let first = self.beats[0];
        for beat in &mut self.beats {
            *beat = beat.saturating_sub(first);
        }
    }

    /// Whether records are as old in either, where a round takes so long and ages within `close` are as good as equal.
    pub(crate) fn is_like(&self, other: &Self, round: SimDuration, close: SimDuration) -> bool {
        let alike = |one: u64, other: u64| one.abs_diff(other) <= one / ALIKE;
        (self.tick, self.batch, self.bytes) == (other.tick, other.batch, other.bytes)
            && self.beats.len() == other.beats.len()
            && alike(self.rate, other.rate)
            && (self.are_many(round) && other.are_many(round) || {
                let periods = [self.periods.0, self.periods.1, other.periods.0, other.periods.1];
                let apart = self.beats.iter().zip(&other.beats).map(|(one, other)| one.abs_diff(*other));
                periods.into_iter().all(|period| alike(self.periods.0, period))
                    && apart.fold(0, u64::saturating_add) <= close.as_nanos()
            })
    }

    fn are_many(&self, round: SimDuration) -> bool {
        self.periods.1.saturating_mul(MANY_A_ROUND) <= round.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Rate, RateCurve};
    use crate::stream::{Share, Stream};

    #[test]
    fn neighbours_are_alike_and_others_are_not() {
        let millis = SimDuration::from_millis;
        let curve = RateCurve::new(&[(SimTime::ZERO, Rate::per_second(36_000))]);
        // Batches of 81: one of 360 partitions gets one every 2.25 ms, and each of them every 810 ms.
        let log = |number: u64| {
            let mut log = PartitionLog::empty();
            log.add(Stream::new(curve.clone(), Share::new(1, 360), (359 - number) * 81, 81, SimDuration::ZERO));
            log
        };
        let at = |seconds: u64, numbers: [u64; 3]| {
            let (logs, mut rhythm) = (numbers.map(log), Rhythm::default());
            rhythm.look_again(SimTime::from_millis(seconds * 1_000), logs.iter());
            rhythm
        };
        let neighbours = at(9, [17, 18, 19]);
        assert_eq!(neighbours.beats, [0, 2_250_000, 4_500_000]);
        let is_like = |other: &Rhythm, round: u64| neighbours.is_like(other, millis(round), millis(2));
        for seconds in 10..20 {
            assert!(is_like(&at(seconds, [200, 201, 202]), 20), "{seconds}");
            assert!(is_like(&at(seconds, [0, 1, 359]), 20), "{seconds}");
            assert!(!is_like(&at(seconds, [17, 18, 21]), 20), "{seconds}");
            assert!(!is_like(&at(seconds, [17, 100, 300]), 20), "{seconds}");
            assert!(is_like(&at(seconds, [17, 100, 300]), 4_000), "{seconds}");
        }
    }
}
