//! A loop of polls that goes on and on in the same way: seen often enough, it need not be gone through any more.
//!
//! While nothing changes (rates, partitions, the way to the broker), rounds resemble each other. [`Watch`] looks at
//! their ages; once those of as many rounds as before have the same mean as those of the rounds before, the loop is
//! [`Settled`]: from then on each record is handed over that mean after it was written, and its age is said to be one
//! of those that were seen, all of them equally often. What was seen counts for a while ([`TRUST`]); then more rounds
//! are looked at, and more again, until they were so many that they count for good.
//!
//! Contract: while settled, positions are off by what some polls return at most, and ages are a sample. When a loop
//! settles depends on its own steps alone, never on who looks when.

use alloc::vec::Vec;

use protocol::{SimDuration, SimTime};

use crate::delivery::{Deliveries, Delivery};
use crate::log::PartitionLog;
use crate::reading::{Reading, part};

/// Rounds after which ages are compared for the first time: the second half of them with the first. Then after twice as
/// many, and so on.
const FIRST_LOOK: u64 = 8;
/// What was seen counts for so many times as long as it was looked at …
const TRUST: u64 = 64;
/// … the next time so many times as many rounds are looked at …
const MORE: u64 = 4;
/// … and so many count for good. A loop that has not settled after them begins anew, so that it costs no memory.
const ENOUGH: u64 = 512;
/// Means agree if they differ by less than this part of themselves …
const AGREE: u128 = 10;
/// … or by less than this.
const AGREE_NANOS: u128 = 50_000;
/// The youngest quarter of ages is looked at by itself, and so on.
const QUARTERS: u64 = 4;
/// To know what an application has in hand, so many rounds before are gone through.
const LOOK_BACK: u64 = 4;
/// A line of ages counts as this many ages.
const PER_LINE: u64 = 4;

/// Looks at rounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Watch {
    rounds: u64,
    /// How many rounds it looks at before it compares.
    first_look: u64,
    look_at: u64,
    /// The mean age of those before.
    before: Option<u128>,
    now: Seen,
}

/// What was seen between two looks.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Seen {
    since: SimTime,
    records: u64,
    sum: u128,
    work: u128,
    oldest: u64,
    /// Ages, and of how many records.
    ages: Vec<(u64, u64)>,
}

impl Seen {
    fn new(since: SimTime) -> Self {
        Self { since, records: 0, sum: 0, work: 0, oldest: 0, ages: Vec::new() }
    }

    /// Begins anew, in the memory that it has.
    fn restart(&mut self, since: SimTime) {
        self.ages.clear();
        let ages = core::mem::take(&mut self.ages);
        *self = Self { ages, ..Self::new(since) };
    }

    fn mean(&self) -> u128 {
        self.sum / u128::from(self.records.max(1))
    }
}

impl Watch {
    /// Nothing has been seen at `at`.
    pub(crate) fn new(at: SimTime) -> Self {
        Self { rounds: 0, first_look: FIRST_LOOK, look_at: FIRST_LOOK / 2, before: None, now: Seen::new(at) }
    }

    /// Nothing has been seen at `at`, again.
    pub(crate) fn restart(&mut self, at: SimTime) {
        self.restart_with(FIRST_LOOK, at);
    }

    /// The same, for a look at so many rounds.
    fn restart_with(&mut self, first_look: u64, at: SimTime) {
        (self.rounds, self.first_look, self.look_at, self.before) = (0, first_look, first_look / 2, None);
        self.now.restart(at);
    }

    /// What was seen in so many rounds has counted long enough: more is to be seen.
    pub(crate) fn see_more_than(&mut self, rounds: u64, at: SimTime) {
        self.restart_with((rounds * MORE).min(ENOUGH), at);
    }

    /// Polls handed this over.
    pub(crate) fn see(&mut self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            let (one, other) = delivery.latencies;
            self.now.records += delivery.records;
            self.now.sum += delivery.latency_sum;
            self.now.work += u128::from(delivery.work);
            self.now.oldest = self.now.oldest.max(delivery.latency_max);
            if delivery.records == 1 {
                self.now.ages.push((one, 1));
                continue;
            }
            let (points, between) = (delivery.records.min(PER_LINE), one.abs_diff(other));
            for point in 0..points {
                let way = match (points, between.checked_mul(2 * point + 1)) {
                    // A shift is quicker than a division.
                    (2, Some(product)) => product / 4,
                    (4, Some(product)) => product / 8,
                    _ => part(between, 2 * point + 1, 2 * points),
                };
                let records = part(delivery.records, point + 1, points) - part(delivery.records, point, points);
                self.now.ages.push((one.min(other) + way, records));
            }
        }
    }

    /// A round has ended at `at`. What settles, if anything does.
    pub(crate) fn end_of_round(&mut self, at: SimTime) -> Option<Ages> {
        self.rounds += 1;
        if self.rounds < self.look_at {
            return None;
        }
        if let Some(one) = self.before {
            let other = self.now.mean();
            if one.abs_diff(other) <= (one.min(other) / AGREE).max(AGREE_NANOS) {
                return Some(self.now.ages(at, self.rounds));
            }
        }
        if self.look_at >= ENOUGH {
            self.restart_with(self.first_look, at);
        } else {
            self.before = Some(self.now.mean());
            self.now.restart(at);
            self.look_at *= 2;
        }
        None
    }
}

impl Seen {
    fn ages(&mut self, at: SimTime, rounds: u64) -> Ages {
        self.ages.sort_unstable();
        let mut quarters = Vec::new();
        let mut ages = self.ages.iter().copied();
        let (mut age, mut left) = ages.next().unwrap_or_default();
        for quarter in 0..QUARTERS {
            let mut wanted = part(self.records, quarter + 1, QUARTERS) - part(self.records, quarter, QUARTERS);
            let (all, mut sum, mut youngest) = (wanted, 0, None);
            while wanted > 0 {
                if left == 0 {
                    let Some(next) = ages.next() else { break };
                    (age, left) = next;
                }
                let some = left.min(wanted);
                (left, wanted) = (left - some, wanted - some);
                sum += u128::from(age) * u128::from(some);
                youngest.get_or_insert(age);
            }
            let mean = u64::try_from(sum / u128::from(all.max(1))).unwrap_or(u64::MAX);
            quarters.push(Class { quarters: (quarter, quarter + 1), mean, ends: (youngest.unwrap_or(age), age) });
        }
        let mean = u64::try_from(self.mean()).unwrap_or(u64::MAX);
        let work = u64::try_from(self.work / u128::from(self.records.max(1))).unwrap_or(u64::MAX);
        // These are the later half of the rounds.
        let each = (at - self.since) / (rounds / 2).max(1);
        let counts_for = if rounds >= ENOUGH { SimDuration::MAX } else { each * rounds * TRUST };
        let (mean, span) = (SimDuration::from_nanos(mean), each * LOOK_BACK);
        Ages { mean, oldest: self.oldest, classes: merged(&quarters), work, span, rounds, counts_for }
    }
}

/// As few classes as tell the same: neighbours whose ages lie on one straight line are one.
fn merged(classes: &[Class]) -> Vec<Class> {
    let [first, .., last] = classes else { return classes.to_vec() };
    let (halves, count) = (classes.split_at(classes.len() / 2), classes.len() as u64);
    let (lo, hi) = (first.ends.0, last.ends.1);
    let mean = classes.iter().map(|class| class.mean).sum::<u64>() / count;
    let (middle, edge) = (lo + (hi - lo) / 2, halves.0.last().map_or(lo, |class| class.ends.1));
    if mean.abs_diff(middle).max(edge.abs_diff(middle)) * 8 <= hi - lo || hi - lo <= lo / 50 {
        return alloc::vec![Class { quarters: (first.quarters.0, last.quarters.1), mean, ends: (lo, hi) }];
    }
    [merged(halves.0), merged(halves.1)].concat()
}

/// How old records are when they are handed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ages {
    mean: SimDuration,
    oldest: u64,
    classes: Vec<Class>,
    /// What an application spends on a record.
    work: u64,
    /// How long some rounds take.
    pub(crate) span: SimDuration,
    /// In how many rounds that was seen.
    pub(crate) rounds: u64,
    /// How long it counts.
    pub(crate) counts_for: SimDuration,
}

/// One or more quarters of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Class {
    /// From the first of these below the second.
    quarters: (u64, u64),
    mean: u64,
    ends: (u64, u64),
}

/// A loop that has settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Settled {
    pub(crate) ages: Ages,
    /// Nothing changes before that, and what was seen counts until then.
    pub(crate) until: SimTime,
    /// When what was seen has counted long enough.
    pub(crate) over_at: SimTime,
}

impl Settled {
    /// What was written until `to`, the mean age before, is handed over.
    pub(crate) fn hand_until(
        &self,
        to: SimTime,
        readings: &mut [Reading],
        logs: &[PartitionLog],
        out: &mut Deliveries,
    ) {
        for reading in readings {
            let end = logs[reading.partition.index()].count(to - self.ages.mean);
            self.ages.hand(end.saturating_sub(reading.position), reading, out);
        }
    }
}

impl Ages {
    /// The next `records` of a partition are handed over: every so-manieth has the age of a class.
    pub(crate) fn hand(&self, records: u64, reading: &mut Reading, out: &mut Deliveries) {
        if records == 0 {
            return;
        }
        let (from, to) = (reading.position, reading.position + records);
        let oldest = self.classes.len().saturating_sub(1);
        for (number, class) in self.classes.iter().enumerate() {
            // Offsets belong to the quarters in turn. How many of those below the end belong to these:
            let (first, behind) = class.quarters;
            let below = |end: u64| {
                let rest = (end % QUARTERS).clamp(first, behind) - first;
                end / QUARTERS * (behind - first) + rest
            };
            let count = below(to) - below(from);
            if count == 0 {
                continue;
            }
            out.push(Delivery {
                partition: reading.partition,
                first: reading.position,
                records: count,
                latency_sum: u128::from(class.mean) * u128::from(count),
                latencies: class.ends,
                latency_max: if number == oldest { self.oldest } else { class.ends.1 },
                work: self.work.saturating_mul(count),
            });
            reading.position += count;
        }
        reading.before = reading.position;
    }
}

#[cfg(test)]
#[path = "settled_test.rs"]
mod tests;
