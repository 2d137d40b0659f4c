//! How one partition is read: from where, since when, and what is handed over of it.
//!
//! Contract: exact counts and sums of ages, as if every record had been handed over by itself.

use protocol::{SimDuration, SimTime};

use crate::delivery::{Deliveries, Delivery, LogIndex};
use crate::log::PartitionLog;

/// Up to so many records are looked at one by one, which is quicker than a formula.
const FEW: u64 = 8;

/// One partition of a reader.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    pub(crate) partition: LogIndex,
    /// The offset of the next record.
    pub(crate) position: u64,
    /// Where it stood before the poll that the application is busy with.
    pub(crate) before: u64,
    /// Up to which offset it has been said what was handed over.
    pub(crate) said: u64,
    /// Fetches name it from then on.
    pub(crate) since: SimTime,
    /// Whether all that waited when reading began has been handed over.
    pub(crate) is_caught_up: bool,
    /// A record that somebody has asked for, and when it is written: the next one, unless it has been handed over.
    asked: (u64, SimTime),
}

/// When records get their turn: `most` at once, `length` apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    /// The turn of the first ones.
    pub(crate) at: SimTime,
    pub(crate) most: u64,
    pub(crate) length: u64,
}

impl Turns {
    /// All at once.
    pub(crate) fn at_once(at: SimTime) -> Self {
        Self { at, most: u64::MAX, length: 0 }
    }

    /// The turn of the `k`-th record, from 0.
    pub(crate) fn turn(&self, k: u64) -> SimTime {
        if self.length == 0 {
            return self.at;
        }
        SimTime::from_nanos(self.at.as_nanos().saturating_add((k / self.most).saturating_mul(self.length)))
    }

    /// The turns of the records from the `from`-th below the `to`-th, added up.
    fn sum(&self, from: u64, to: u64) -> u128 {
        let all_at_first = u128::from(to - from) * u128::from(self.at.as_nanos());
        if self.length == 0 {
            return all_at_first;
        }
        let most = u128::from(self.most);
        // Σ ⌊k / most⌋ over k from 0 below n.
        let before = |n: u64| {
            let (whole, rest) = (u128::from(n) / most, u128::from(n) % most);
            whole.saturating_sub(1) * whole / 2 * most + whole * rest
        };
        all_at_first + (before(to) - before(from)) * u128::from(self.length)
    }
}

impl Reading {
    /// A partition that is read from `position` on, by fetches that leave at `since` or later.
    pub(crate) fn new(partition: LogIndex, position: u64, since: SimTime) -> Self {
        let (before, said, asked) = (position, position, (u64::MAX, SimTime::NEVER));
        Self { partition, position, before, said, since, is_caught_up: false, asked }
    }

    /// When the next record is written. A fetch that has records of one partition leaves the next ones of all others.
    #[inline]
    pub(crate) fn next(&mut self, log: &PartitionLog) -> SimTime {
        if self.asked.0 != self.position {
            self.asked = (self.position, log.time_of(self.position));
        }
        self.asked.1
    }

    /// The same partition has been read up to here by somebody who may have asked.
    pub(crate) fn learn(&mut self, other: &Self) {
        self.asked = other.asked;
    }

    /// How many records there are from the next one on at `at`.
    #[inline]
    pub(crate) fn waiting(&self, at: SimTime, log: &PartitionLog) -> u64 {
        if self.asked.0 == self.position && at < self.asked.1 {
            return 0;
        }
        log.count(at).saturating_sub(self.position)
    }

    /// The next `records` are handed over in these turns, the first of them in the `nth`. `work` is what the
    /// application spends on them.
    pub(crate) fn hand(
        &mut self,
        records: u64,
        (turns, nth): (Turns, u64),
        work: u64,
        log: &PartitionLog,
        out: &mut Deliveries,
    ) {
        let end = self.position + records;
        let (mut turn, mut done) = (nth, 0);
        while self.position < end {
            let first = self.position;
            let to = if records <= FEW { end } else { self.end_of_stretch(log).min(end) };
            let count = to - first;
            let age = |k: u64| (turns.turn(turn + k) - log.time_of(first + k)).as_nanos();
            let oldest = (turns.turn(turn) - self.next(log)).as_nanos();
            let ages = (oldest, if count == 1 { oldest } else { age(count - 1) });
            let (sum, most) = if ages.0 == ages.1 && (count == 1 || turns.length == 0) {
                // They were written together.
                (u128::from(ages.0) * u128::from(count), ages.0)
            } else if count <= FEW {
                let ages = (1..count - 1).map(age).chain([ages.0, ages.1]);
                ages.fold((0, 0), |(sum, most), age| (sum + u128::from(age), most.max(age)))
            } else {
                let sum = turns.sum(turn, turn + count) - log.sum_of_times(first, to);
                (sum, self.oldest(turn, count, turns, log))
            };
            let until = part(work, done + count, records);
            let worked = if done == 0 { 0 } else { part(work, done, records) };
            out.push(Delivery {
                partition: self.partition,
                first,
                records: count,
                latency_sum: sum,
                latencies: ages,
                latency_max: most,
                work: until - worked,
            });
            (turn, done) = (turn + count, done + count);
            self.position = to;
        }
        self.said = self.position;
    }

    /// The age of the oldest of the next `count` records, the first of which has the `turn`-th turn. In a poll the
    /// first is the oldest, of records that were written together the last one; while the rate is even, one of those
    /// at either end.
    fn oldest(&self, turn: u64, count: u64, turns: Turns, log: &PartitionLog) -> u64 {
        let (first, last) = (self.position, self.position + count - 1);
        if turns.turn(turn) == turns.turn(turn + count - 1) {
            return (turns.turn(turn) - log.time_of(first)).as_nanos();
        }
        let age = |offset: u64| (turns.turn(turn + (offset - first)) - log.time_of(offset)).as_nanos();
        let moment = SimDuration::from_nanos(1);
        let second_poll = first.saturating_add(turns.most - turn % turns.most);
        let last_poll = (first + (turn + count - 1) / turns.most * turns.most).saturating_sub(turn);
        let end_of_burst = log.count(log.time_of(first)).max(first + 1) - 1;
        let burst_before = log.count(log.time_of(last) - moment).max(first + 1) - 1;
        let candidates = [first, second_poll, last_poll, end_of_burst, burst_before, last];
        candidates.into_iter().map(|offset| age(offset.clamp(first, last))).max().unwrap_or(0)
    }

    /// What is written until `to`, a way before, is handed over, each record as soon as it can be.
    pub(crate) fn follow(&mut self, to: SimTime, delay: SimDuration, log: &PartitionLog, out: &mut Deliveries) {
        let records = self.waiting(to - delay, log);
        if records > 0 {
            let age = delay.as_nanos();
            out.push(Delivery {
                partition: self.partition,
                first: self.position,
                records,
                latency_sum: u128::from(records) * u128::from(age),
                latencies: (age, age),
                latency_max: age,
                work: 0,
            });
            self.position += records;
            self.said = self.position;
        }
    }

    /// The offset before which records were written at the rate at which the next one was. What flows before a bend and
    /// is written after it, because a batch was not full, is told by itself.
    fn end_of_stretch(&mut self, log: &PartitionLog) -> u64 {
        if log.is_steady_from(self.position) {
            return u64::MAX;
        }
        let written = self.next(log);
        match log.next_change(log.time_of_flow(self.position + 1).max(written)) {
            SimTime::NEVER => u64::MAX,
            bend => log.count(bend).max(self.position + 1),
        }
    }
}

/// `whole` × `some` / `all`, rounded down.
#[inline]
pub(crate) fn part(whole: u64, some: u64, all: u64) -> u64 {
    if some == all && all > 0 {
        return whole;
    }
    if let Some(product) = whole.checked_mul(some) {
        return product / all.max(1);
    }
    let part = u128::from(whole) * u128::from(some) / u128::from(all.max(1));
    u64::try_from(part).unwrap_or(u64::MAX)
}
