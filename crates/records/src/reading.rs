//! How one partition is read: waiting to begin, behind, or followed.
//!
//! ```text
//!             little is waiting
//!   Starting ───────────────────► Following ◄──────────┐
//!      │                              │ needs more      │ caught up
//!      │ much is waiting              │ than it gets    │
//!      └──────────────► Behind ◄──────┘─────────────────┘
//! ```
//!
//! Contract: exact counts and sums of ages, as if every record had been handed over by itself.

use protocol::{SimDuration, SimTime};

use crate::delivery::{Deliveries, Delivery, LogIndex};
use crate::floor_sum::ceil_sum;
use crate::log::PartitionLog;

/// How fast an application is and how far away its records are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pace {
    /// Processing time of a record, in nanoseconds.
    pub(crate) record: u64,
    /// From the writing of a record until it can be handed over.
    pub(crate) delay: SimDuration,
}

/// One partition of a reader.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    pub(crate) partition: LogIndex,
    /// The offset of the next record.
    pub(crate) position: u64,
    pub(crate) state: State,
}

/// How it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Reading begins then.
    Starting { at: SimTime },
    /// Each record is handed over one delay after it was written.
    Following,
    /// Records are handed over as the application gets round to them. From `from` on work is done; `work` of it, in
    /// nanoseconds times [`crate::divide::WHOLE`], is done for the next record.
    Behind { from: SimTime, work: u128 },
}

/// When records of a partition that is behind get their turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    from: SimTime,
    work: u128,
    /// The part of the application's time that the partition gets.
    share: u64,
    /// What one record takes.
    cost: u128,
}

impl Turns {
    /// When the `k`-th record from now gets its turn, from 0.
    pub(crate) fn turn(&self, k: u64) -> SimTime {
        let work = (u128::from(k) + 1) * self.cost - self.work;
        let nanos = work.div_ceil(u128::from(self.share));
        self.from + SimDuration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many have had their turn at `at`.
    fn by(&self, at: SimTime) -> u64 {
        u64::try_from(self.done(at) / self.cost).unwrap_or(u64::MAX)
    }

    fn done(&self, at: SimTime) -> u128 {
        self.work + u128::from((at - self.from).as_nanos()) * u128::from(self.share)
    }

    /// The turns of the first `records`, added up.
    fn sum(&self, records: u64) -> u128 {
        let terms = u128::from(records);
        terms * u128::from(self.from.as_nanos())
            + ceil_sum(terms, u128::from(self.share), self.cost, self.cost - self.work)
    }
}

impl Reading {
    /// When a record that is `k` after the next one can be counted on to be there, and so new that its partition is
    /// followed if its turn is before that.
    fn fresh_until(&self, k: u64, log: &PartitionLog, pace: Pace) -> SimTime {
        let records = self.position.saturating_add(k).saturating_add(1).saturating_add(log.slack());
        log.time_of_flow(records) + log.tick() + pace.delay
    }

    /// Reading begins: the partition is followed if all that waits is new.
    pub(crate) fn start(&mut self, at: SimTime, log: &PartitionLog, pace: Pace, out: &mut Deliveries) {
        if pace.record == 0 || at < self.fresh_until(0, log, pace) {
            self.catch_up(at, log, pace, out);
            return;
        }
        let latency = (at - log.time_of(self.position)).as_nanos();
        self.deliver(1, u128::from(latency), (latency, latency), latency, out);
        self.state = State::Behind { from: at, work: 0 };
    }

    /// All that is there is handed over at once, and the partition is followed from here on.
    pub(crate) fn catch_up(&mut self, at: SimTime, log: &PartitionLog, pace: Pace, out: &mut Deliveries) {
        let end = log.count(at - pace.delay);
        let age = |offset: u64| (at - log.time_of(offset)).as_nanos();
        while self.position < end {
            let to = self.end_of_stretch(log).min(end);
            let records = to - self.position;
            let sum = u128::from(records) * u128::from(at.as_nanos()) - log.sum_of_times(self.position, to);
            let oldest = age(self.position);
            self.deliver(records, sum, (oldest, age(to - 1)), oldest, out);
        }
        self.state = State::Following;
    }

    /// What is written until `to`, a delay before, is handed over.
    pub(crate) fn follow(&mut self, to: SimTime, log: &PartitionLog, pace: Pace, out: &mut Deliveries) {
        let records = log.count(to - pace.delay).saturating_sub(self.position);
        let age = pace.delay.as_nanos();
        self.deliver(records, u128::from(records) * u128::from(age), (age, age), age, out);
    }

    /// The application does not get round to all records any more.
    pub(crate) fn fall_behind(&mut self, log: &PartitionLog, pace: Pace) {
        self.state = State::Behind { from: self.fresh_until(0, log, pace), work: 0 };
    }

    /// The turns from `at` on, if the partition is behind and gets `share` of the application's time.
    pub(crate) fn turns(&self, at: SimTime, share: u64, pace: Pace) -> Option<Turns> {
        let State::Behind { from, work } = self.state else { return None };
        let cost = u128::from(pace.record) * u128::from(crate::divide::WHOLE);
        Some(Turns { from: from.max(at), work, share, cost })
    }

    /// The first record, counted from the next one, whose turn comes while it is new, if that happens until `limit`:
    /// the partition is caught up with.
    pub(crate) fn caught_up(&self, turns: Turns, limit: SimTime, log: &PartitionLog, pace: Pace) -> Option<u64> {
        let end = turns.by(limit);
        let is_new = |k: u64| turns.turn(k) < self.fresh_until(k, log, pace);
        let mut k = 0;
        while k < end {
            if is_new(k) {
                return Some(k);
            }
            // Between two changes of the rate both sides are straight lines.
            let behind = self.position + k + log.slack() + 1;
            let bend = log.next_change(log.time_of_flow(behind));
            let last = match bend {
                SimTime::NEVER => end - 1,
                bend => (k + log.flowed(bend).saturating_sub(behind)).min(end - 1),
            };
            if is_new(last) {
                let (mut old, mut new) = (k, last);
                while new - old > 1 {
                    let middle = old + (new - old) / 2;
                    if is_new(middle) { new = middle } else { old = middle }
                }
                return Some(new);
            }
            k = last + 1;
        }
        None
    }

    /// Records are handed over in their turn until `to`.
    pub(crate) fn work_until(&mut self, to: SimTime, turns: Turns, log: &PartitionLog, out: &mut Deliveries) {
        let records = turns.by(to);
        self.take_turns(records, turns, log, out);
        let State::Behind { from, .. } = self.state else { return };
        self.state = State::Behind { from, work: turns.done(to) - u128::from(records) * turns.cost };
    }

    /// The next records are handed over in their turn.
    pub(crate) fn take_turns(&mut self, records: u64, turns: Turns, log: &PartitionLog, out: &mut Deliveries) {
        let begin = self.position;
        let end = begin + records;
        let age = |offset: u64| (turns.turn(offset - begin) - log.time_of(offset)).as_nanos();
        while self.position < end {
            let first = self.position;
            let to = self.end_of_stretch(log).min(end);
            let sum = turns.sum(to - begin) - turns.sum(first - begin) - log.sum_of_times(first, to);
            let (oldest, newest) = (age(first), age(to - 1));
            // Among records that were written together, the last one has waited longest.
            let first_burst = log.count(log.time_of(first)).clamp(first + 1, to) - 1;
            let burst_before_last =
                log.count(log.time_of(to - 1) - SimDuration::from_nanos(1)).clamp(first + 1, to) - 1;
            let max = oldest.max(newest).max(age(first_burst)).max(age(burst_before_last));
            self.deliver(to - first, sum, (oldest, newest), max, out);
        }
    }

    /// The offset before which records were written at the rate at which the next one was.
    fn end_of_stretch(&self, log: &PartitionLog) -> u64 {
        match log.next_change(log.time_of_flow(self.position + 1)) {
            SimTime::NEVER => u64::MAX,
            bend => log.flowed(bend).max(self.position + 1),
        }
    }

    fn deliver(&mut self, records: u64, sum: u128, latencies: (u64, u64), max: u64, out: &mut Deliveries) {
        if records > 0 {
            out.push(Delivery {
                partition: self.partition,
                first: self.position,
                records,
                latency_sum: sum,
                latencies,
                latency_max: max,
            });
            self.position += records;
        }
    }
}
