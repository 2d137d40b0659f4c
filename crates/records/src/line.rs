//! A stretch of a stream in which its rate is even, in numbers so small that 64 bits hold them.
//!
//! Contract: says exactly what [`Stream`](crate::Stream)'s own 128 bits say, or nothing. What is drawn in a nanosecond
//! and what a batch takes have been divided by what they have in common; the stretch ends where a sum would no longer
//! fit.

use protocol::{SimDuration, SimTime};

use crate::floor_sum::ceil_sum;

/// Streams with more stretches than this do without: they are looked through one after the other.
pub(crate) const LINES_MAX: usize = 16;

/// A stretch of time in which as much is drawn in each nanosecond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    from: u64,
    until: u64,
    /// How many batches there are when it begins, and when it ends.
    batches: (u64, u64),
    /// What has been drawn of the next one when it begins: less than a batch takes.
    begun: u64,
    /// What is drawn in a nanosecond; not zero.
    rate: u64,
    /// What a batch takes.
    per_batch: u64,
}

impl Line {
    /// The stretch with this `rate` a nanosecond, which begins with so much `drawn`; none if nothing is drawn in it,
    /// or if the numbers are too large.
    pub(crate) fn new(from: SimTime, until: SimTime, drawn: u128, rate: u64, per_batch: u128) -> Option<Self> {
        let (from, until) = (from.as_nanos(), until.as_nanos());
        if rate == 0 || from >= until {
            return None;
        }
        let first = u64::try_from(drawn / per_batch).ok()?;
        let common = common_divisor(rate, u64::try_from(per_batch % u128::from(rate)).ok()?);
        let begun = u64::try_from(drawn % per_batch / u128::from(common)).ok()?;
        let per_batch = u64::try_from(per_batch / u128::from(common)).ok()?;
        let rate = rate / common;
        let until = until.min(from.saturating_add((u64::MAX - begun) / rate));
        let last = first.checked_add((begun + (until - from) * rate) / per_batch)?;
        Some(Self { from, until, batches: (first, last), begun, rate, per_batch })
    }

    /// The line that a moment belongs to.
    #[inline]
    pub(crate) fn at(lines: &[Self], at: SimTime) -> Option<&Self> {
        let at = at.as_nanos();
        lines.iter().rev().find(|line| line.from <= at).filter(|line| at < line.until)
    }

    /// The line in which the batch with this number, from 0, becomes whole.
    #[inline]
    pub(crate) fn of(lines: &[Self], batch: u64) -> Option<&Self> {
        lines.iter().rev().find(|line| line.batches.0 <= batch).filter(|line| batch < line.batches.1)
    }

    /// How many batches are whole at a moment of it.
    #[inline]
    pub(crate) fn count(&self, at: SimTime) -> u64 {
        self.batches.0 + (self.begun + (at.as_nanos() - self.from) * self.rate) / self.per_batch
    }

    /// When one of its batches becomes whole.
    #[inline]
    pub(crate) fn time_of(&self, batch: u64) -> SimTime {
        let wanted = (batch + 1 - self.batches.0) * self.per_batch - self.begun;
        SimTime::from_nanos(self.from + if self.rate == 1 { wanted } else { wanted.div_ceil(self.rate) })
    }

    /// When it begins.
    pub(crate) fn from(&self) -> SimTime {
        SimTime::from_nanos(self.from)
    }

    /// The number of the batch after its last one.
    pub(crate) fn end(&self) -> u64 {
        self.batches.1
    }

    /// When its batches from `from` below `to` become whole, each rounded up to a `tick`, added up.
    pub(crate) fn sum_of_times(&self, from: u64, to: u64, tick: u64) -> u128 {
        let (count, next) = (u128::from(to - from), u128::from(from + 1 - self.batches.0));
        let (rate, per_batch, tick) = (u128::from(self.rate), u128::from(self.per_batch), u128::from(tick));
        let first = next * per_batch - u128::from(self.begun) + u128::from(self.from) * rate;
        if rate * tick == 1 {
            return first * count + count * (count - 1) / 2 * per_batch;
        }
        ceil_sum(count, rate * tick, per_batch, first) * tick
    }
}

/// The last line of a stream, and how its records go out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Last {
    pub(crate) line: Line,
    pub(crate) batch: u64,
    pub(crate) tick: u64,
    /// Like those of a [`Beat`]; no rate if that is too small to be said.
    pub(crate) rate: u64,
    pub(crate) period: u64,
}

/// How a stream writes at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beat {
    /// Millionths of a record a second.
    pub(crate) rate: u64,
    /// From batch to batch, in nanoseconds.
    pub(crate) period: u64,
    /// From then until the next batch.
    pub(crate) after: SimDuration,
    pub(crate) batch: u64,
    pub(crate) tick: u64,
}

impl Last {
    /// How the stream writes at a moment, if that belongs to the line.
    #[inline]
    pub(crate) fn beat(&self, at: SimTime) -> Option<Beat> {
        let &Self { rate: rate @ 1.., period, batch, tick, .. } = self else { return None };
        let after = self.time_of(self.count(at)?)? - at;
        Some(Beat { rate, period, after, batch, tick })
    }

    /// How many records there are at a moment, if it belongs to the line.
    #[inline]
    pub(crate) fn count(&self, at: SimTime) -> Option<u64> {
        let at = if self.tick == 1 { at } else { SimTime::from_nanos(at.as_nanos() / self.tick * self.tick) };
        let is_in = (self.line.from..self.line.until).contains(&at.as_nanos());
        is_in.then(|| self.line.count(at).saturating_mul(self.batch))
    }

    /// When the record with this offset is written, if it belongs to the line.
    #[inline]
    pub(crate) fn time_of(&self, record: u64) -> Option<SimTime> {
        let batch = if self.batch == 1 { record } else { record / self.batch };
        let is_in = (self.line.batches.0..self.line.batches.1).contains(&batch);
        is_in.then(|| next_tick(self.line.time_of(batch), self.tick))
    }
}

/// The first multiple of `tick` that is not before `at`.
#[inline]
pub(crate) fn next_tick(at: SimTime, tick: u64) -> SimTime {
    match tick {
        1 => at,
        tick => SimTime::from_nanos(at.as_nanos().div_ceil(tick).saturating_mul(tick)),
    }
}

/// The greatest number that divides both.
fn common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_nothing_where_sums_would_not_fit() {
        let hour = SimTime::from_secs(3_600);
        // A prime rate, as a record of which no part cancels out.
        let (rate, per_batch) = (1_000_000_007, 1_000_000_000_000_000);
        let line = Line::new(SimTime::ZERO, SimTime::NEVER, 0, rate, per_batch).expect("it begins small");
        assert_eq!(line.until, u64::MAX / rate, "18 s");
        assert_eq!(Line::at(&[line], hour), None);
        assert_eq!(Line::of(&[line], line.end()), None);
        assert!(line.time_of(line.end() - 1).as_nanos() <= line.until);
        assert_eq!(Line::new(SimTime::ZERO, hour, 0, 1, u128::MAX), None);
        assert_eq!(Line::new(hour, hour, 0, 1, 1), None);
        assert_eq!(Line::new(SimTime::ZERO, hour, 0, 0, 1), None);
    }

    #[test]
    fn what_rate_and_batch_have_in_common_cancels_out() {
        // A hundred records a second: a three hundred and sixtieth of 36,000.
        let (rate, per_batch) = (36_000_000_000, 360 * 1_000_000_000_000_000);
        let line = Line::new(SimTime::ZERO, SimTime::NEVER, 0, rate, per_batch).expect("it is small");
        assert_eq!((line.rate, line.per_batch), (1, 10_000_000));
        assert_eq!(line.time_of(99), SimTime::from_secs(1));
        assert_eq!(line.count(SimTime::from_secs(3_600)), 360_000);
    }
}
