//! The log of one partition: the streams of all its producers in one order.
//!
//! Contract: what [`Stream`] says of one producer, [`PartitionLog`] says of all of them together:
//! [`PartitionLog::count`], [`PartitionLog::time_of`] and [`PartitionLog::sum_of_times`] are exact. Records that are
//! written at the same moment stand in the order of their producers. The *flow* is the same without regard to batches
//! and ticks, a line that is straight between changes of rates; the log is never more than one batch of each
//! producer, and a tick, behind it.
//!
//! A record's time is that at which its producer sends it, its timestamp (`CreateTime`). While a partition has nobody
//! who could append it ([`PartitionLog::hold`]), producers keep what they have for it and try again: it is in the log
//! when that is over, all at once ([`PartitionLog::appended`]). Readers need not know: they are away from the
//! partition for at least as long ([`crate::Reader::suspend`]), and ages are reckoned from timestamps anyway.

use alloc::vec::Vec;

use protocol::{SimDuration, SimTime};

use crate::line::{Beat, Last};
use crate::stream::{MICRO, Stream};

/// Longer than any run, and so short that a length of time can be added to it: where the search for a moment ends.
const END_OF_TIME: u64 = 1 << 62;

/// What is written into a partition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PartitionLog {
    streams: Vec<Stream>,
    /// What the only producer writes from its last change of rate on: asked for most, and so at hand.
    last: Option<Last>,
    /// No rate changes from then on.
    steady_since: SimTime,
    /// How large its largest records are.
    record_bytes: u64,
    /// Stretches in which nothing is appended, apart from each other and in order.
    held: Vec<(SimTime, SimTime)>,
}

impl PartitionLog {
    /// A log into which nobody writes.
    pub const fn empty() -> Self {
        Self { streams: Vec::new(), last: None, steady_since: SimTime::ZERO, record_bytes: 0, held: Vec::new() }
    }

    /// One more producer writes into it.
    pub fn add(&mut self, stream: Stream) {
        self.steady_since = self.steady_since.max(stream.last_change());
        self.streams.push(stream.in_lines());
        self.last = match self.streams.as_slice() {
            [only] => only.last(),
            _ => None,
        };
    }

    /// Records of this size are written into it.
    pub fn add_size(&mut self, bytes: u64) {
        self.record_bytes = self.record_bytes.max(bytes);
    }

    /// How large a record is: where producers write records of several sizes, the largest of them.
    pub fn record_bytes(&self) -> u64 {
        self.record_bytes.max(1)
    }

    /// Nothing is appended from `from` on before `until`: what is sent then is appended at `until`. Stretches come in
    /// the order in which they begin.
    pub fn hold(&mut self, from: SimTime, until: SimTime) {
        match self.held.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => self.held.push((from, until)),
        }
    }

    /// How many records are in the log at `at`: those that were sent, without what producers still have to keep.
    pub fn appended(&self, at: SimTime) -> u64 {
        let begun = self.held.partition_point(|(from, _)| *from <= at);
        match self.held[..begun].last() {
            Some((SimTime::ZERO, until)) if at < *until => 0,
            Some((from, until)) if at < *until => self.count(*from - SimDuration::from_nanos(1)),
            Some(_) | None => self.count(at),
        }
    }

    /// How many records there are at `at`, sent or appended; their offsets are the numbers below.
    #[inline]
    pub fn count(&self, at: SimTime) -> u64 {
        if let Some(count) = self.last.as_ref().and_then(|last| last.count(at)) {
            return count;
        }
        match self.streams.as_slice() {
            [only] => only.count(at),
            streams => streams.iter().map(|stream| stream.count(at)).fold(0, u64::saturating_add),
        }
    }

    /// When the record with this offset is written; never, if it is not.
    #[inline]
    pub fn time_of(&self, offset: u64) -> SimTime {
        if let Some(time) = self.last.as_ref().and_then(|last| last.time_of(offset)) {
            return time;
        }
        match self.streams.as_slice() {
            [] => SimTime::NEVER,
            [only] => only.time_of(offset),
            _ => first_time(|at| self.count(at) > offset),
        }
    }

    /// The times at which the records from `from` below `to` are written, added up, in nanoseconds. All of them are
    /// written some time.
    pub fn sum_of_times(&self, from: u64, to: u64) -> u128 {
        if from >= to {
            return 0;
        }
        if let [only] = self.streams.as_slice() {
            return only.sum_of_times(from, to);
        }
        let (first, last) = (self.time_of(from), self.time_of(to - 1));
        let just_before = |at: SimTime| at - SimDuration::from_nanos(1);
        let (head, tail) = (just_before(first), just_before(last));
        let between: u128 =
            self.streams.iter().map(|stream| stream.sum_of_times(stream.count(head), stream.count(tail))).sum();
        let times = |records: u64, at: SimTime| u128::from(records) * u128::from(at.as_nanos());
        let before = times(from - self.count(head), first);
        between + times(to - self.count(tail), last) - before
    }

    /// How much has flowed at `at`, in millionths of a record.
    pub(crate) fn flow(&self, at: SimTime) -> u128 {
        self.streams.iter().map(|stream| stream.flow(at)).sum()
    }

    /// When so many records have flowed; never, if they do not.
    pub(crate) fn time_of_flow(&self, records: u64) -> SimTime {
        let micros = u128::from(records) * MICRO;
        match self.streams.as_slice() {
            [only] => only.time_of_flow(micros),
            _ => first_time(|at| self.flow(at) >= micros),
        }
    }

    /// Whether the rate changes no more once the record with this offset begins to flow. It may also be said of none
    /// although it is true.
    pub(crate) fn is_steady_from(&self, offset: u64) -> bool {
        matches!(self.streams.as_slice(), [only] if only.is_steady_from(offset))
    }

    /// How many whole records have flowed at `at`.
    #[cfg(test)]
    pub(crate) fn flowed(&self, at: SimTime) -> u64 {
        u64::try_from(self.flow(at) / MICRO).unwrap_or(u64::MAX)
    }

    /// How many records the log may be behind its flow, besides a tick.
    #[cfg(test)]
    pub(crate) fn slack(&self) -> u64 {
        self.streams.iter().map(Stream::batch).sum::<u64>().saturating_sub(1)
    }

    /// How long the log may be behind its flow, besides some records.
    #[cfg(test)]
    pub(crate) fn tick(&self) -> SimDuration {
        self.streams.iter().map(Stream::tick).max().unwrap_or(SimDuration::ZERO)
    }

    /// How each of its producers writes at `at`, of those that do.
    pub(crate) fn beats(&self, at: SimTime, mut each: impl FnMut(Beat)) {
        match self.last.as_ref().and_then(|last| last.beat(at)) {
            Some(beat) => each(beat),
            None => self.streams.iter().filter_map(|stream| stream.beat(at)).for_each(each),
        }
    }

    /// The next change of its rate after `at`.
    #[inline]
    pub(crate) fn next_change(&self, at: SimTime) -> SimTime {
        if at >= self.steady_since {
            return SimTime::NEVER;
        }
        self.streams.iter().map(|stream| stream.next_change(at)).min().unwrap_or(SimTime::NEVER)
    }
}

/// The first time of which `holds` is true; it stays true from then on.
fn first_time(holds: impl Fn(SimTime) -> bool) -> SimTime {
    let (mut below, mut above) = (0, END_OF_TIME);
    if !holds(SimTime::from_nanos(above)) {
        return SimTime::NEVER;
    }
    while below < above {
        let middle = below + (above - below) / 2;
        if holds(SimTime::from_nanos(middle)) {
            above = middle;
        } else {
            below = middle + 1;
        }
    }
    SimTime::from_nanos(above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Rate, RateCurve};
    use crate::stream::Share;

    fn log() -> PartitionLog {
        let curve = |rate| RateCurve::new(&[(SimTime::from_millis(50), Rate::per_second(rate))]);
        let mut log = PartitionLog::empty();
        let (third, grown) = (Share::new(1, 3), SimTime::from_secs(1));
        log.add(Stream::new(curve(100), third, 2, 1, SimDuration::from_millis(20)).ending(grown));
        log.add(Stream::new(curve(100), Share::new(1, 4), 0, 1, SimDuration::from_millis(20)).starting(grown));
        log.add(Stream::new(curve(70), third, 0, 5, SimDuration::ZERO));
        log
    }

    #[test]
    fn records_of_several_producers_stand_in_one_order() {
        let log = log();
        let end = log.count(SimTime::from_secs(3));
        let mut sum = 0;
        for offset in 0..end {
            let at = log.time_of(offset);
            assert!(log.count(at) > offset && log.count(at - SimDuration::from_nanos(1)) <= offset, "{offset}");
            sum += u128::from(at.as_nanos());
            assert_eq!(log.sum_of_times(0, offset + 1), sum, "{offset}");
        }
        let tail: u128 = (7..end).map(|offset| u128::from(log.time_of(offset).as_nanos())).sum();
        assert_eq!(log.sum_of_times(7, end), tail);
    }

    #[test]
    fn the_flow_is_at_most_the_slack_and_a_tick_ahead() {
        let log = log();
        for millis in 0..3_000 {
            let at = SimTime::from_millis(millis);
            assert!(log.flowed(at) >= log.count(at), "{millis}");
            assert!(log.flowed(at - log.tick()) <= log.count(at) + log.slack(), "{millis}");
        }
    }

    #[test]
    fn what_is_held_is_appended_when_that_is_over() {
        let (mut log, at) = (log(), SimTime::from_millis);
        let before = log.clone();
        log.hold(at(500), at(900));
        log.hold(at(800), at(1_000));
        log.hold(at(2_000), SimTime::NEVER);
        let just_before = |at: SimTime| at - SimDuration::from_nanos(1);
        for (millis, as_of) in [(499, at(499)), (500, just_before(at(500))), (999, just_before(at(500)))] {
            assert_eq!(log.appended(at(millis)), before.count(as_of), "{millis}");
        }
        assert_eq!(log.appended(at(1_000)), before.count(at(1_000)));
        assert_eq!(log.appended(at(9_000)), before.count(just_before(at(2_000))));
        assert_eq!(log.time_of(40), before.time_of(40), "a record's time is its timestamp");
    }

    #[test]
    fn into_an_empty_log_nothing_is_ever_written() {
        let log = PartitionLog::empty();
        assert_eq!((log.count(SimTime::from_secs(9)), log.time_of(0)), (0, SimTime::NEVER));
    }
}
