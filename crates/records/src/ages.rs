//! How old records are when they are handed over: what was seen of it, and what is made of that.
//!
//! Contract: integers; what is made of it does not depend on the order in which it was seen.

use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::SimDuration;

use crate::delivery::{Deliveries, Delivery, Told};
use crate::reading::{Reading, part};

/// Ages are told apart by quarters of them: the youngest quarter is looked at by itself, and so on.
const QUARTERS: u64 = 4;
/// So many rounds say how a loop goes at the moment. To know what an application has in hand as many are gone through
/// at most …
const SOME_ROUNDS: u64 = 4;
/// … and one for each of so many parts of its time that it works: the sooner it waits, the less it matters what was
/// before.
const PARTS: u128 = 8;
/// A line of ages counts as this many ages.
const PER_LINE: u64 = 4;

/// What was seen of a loop in some of its rounds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Seen {
    /// How many rounds, and how long they took.
    pub(crate) rounds: u64,
    pub(crate) time: SimDuration,
    pub(crate) records: u64,
    sum: u128,
    work: u128,
    oldest: u64,
    /// Ages, and of how many records.
    ages: Vec<(u64, u64)>,
}

impl Seen {
    /// Nothing has been seen, in the memory that it has.
    pub(crate) fn clear(&mut self) {
        (self.rounds, self.time, self.records) = (0, SimDuration::ZERO, 0);
        (self.sum, self.work, self.oldest) = (0, 0, 0);
        self.ages.clear();
    }

    /// The mean age, in nanoseconds.
    pub(crate) fn mean(&self) -> u128 {
        self.sum / u128::from(self.records.max(1))
    }

    /// The mean age, and how long a round takes.
    pub(crate) fn measures(&self) -> (SimDuration, SimDuration) {
        let mean = u64::try_from(self.mean()).unwrap_or(u64::MAX);
        (SimDuration::from_nanos(mean), self.time / self.rounds.max(1))
    }

    /// Polls handed this over.
    pub(crate) fn see(&mut self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            let (one, other) = delivery.latencies;
            self.records += delivery.records;
            self.sum += delivery.latency_sum;
            self.work += u128::from(delivery.work);
            self.oldest = self.oldest.max(delivery.latency_max);
            if one == other {
                self.ages.push((one, delivery.records));
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
                self.ages.push((one.min(other) + way, records));
            }
        }
    }

    /// This was seen, too.
    pub(crate) fn add(&mut self, other: &Self) {
        self.rounds += other.rounds;
        self.time += other.time;
        self.records += other.records;
        self.sum += other.sum;
        self.work += other.work;
        self.oldest = self.oldest.max(other.oldest);
        self.ages.extend_from_slice(&other.ages);
    }

    /// The same, had all records been so much younger.
    pub(crate) fn younger(mut self, by: SimDuration) -> Self {
        let by = by.as_nanos();
        self.sum = self.sum.saturating_sub(u128::from(by) * u128::from(self.records));
        self.oldest = self.oldest.saturating_sub(by);
        for (age, _) in &mut self.ages {
            *age = age.saturating_sub(by);
        }
        self
    }

    /// What is made of it.
    pub(crate) fn ages(&mut self) -> Ages {
        self.ages.sort_unstable();
        let mut classes = Vec::new();
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
            let (quarters, ends) = ((quarter, quarter + 1), (youngest.unwrap_or(age), age));
            classes.push(Class { quarters, mean, ends, most: age });
        }
        let work = u64::try_from(self.work / u128::from(self.records.max(1))).unwrap_or(u64::MAX);
        let (mean, round) = self.measures();
        let busy = (self.work * PARTS).div_ceil(u128::from(self.time.as_nanos().max(1)));
        let rounds_back = u64::try_from(busy).unwrap_or(SOME_ROUNDS).clamp(1, SOME_ROUNDS);
        if let Some(last) = classes.last_mut() {
            last.most = self.oldest;
        }
        Ages { mean, oldest: self.oldest, classes: merged(&classes), work, round, rounds_back }
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
        return alloc::vec![Class {
            quarters: (first.quarters.0, last.quarters.1),
            mean,
            ends: (lo, hi),
            most: last.most
        }];
    }
    [merged(halves.0), merged(halves.1)].concat()
}

/// How old records are when they are handed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ages {
    mean: SimDuration,
    /// The oldest that was seen, in nanoseconds.
    oldest: u64,
    classes: Vec<Class>,
    /// What an application spends on a record, in nanoseconds.
    work: u64,
    /// How long a round takes, and how many of them are gone through to know what an application has in hand.
    round: SimDuration,
    rounds_back: u64,
}

/// One or more quarters of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Class {
    /// From the first of these below the second.
    quarters: (u64, u64),
    mean: u64,
    ends: (u64, u64),
    /// The age of the oldest that was seen.
    most: u64,
}

impl Ages {
    /// The mean age, and how long a round takes.
    pub(crate) fn measures(&self) -> (SimDuration, SimDuration) {
        (self.mean, self.round)
    }

    /// How many of the records from `from` below `to` have ages of which class: every so-manieth has those of each.
    #[inline]
    fn shares(&self, from: u64, to: u64) -> impl Iterator<Item = (&Class, u64)> {
        let whole = to / QUARTERS - from / QUARTERS;
        let share = move |class| {
            // Offsets belong to the quarters in turn.
            let &Class { quarters: (first, behind), .. } = class;
            let of_rest = |end: u64| (end % QUARTERS).clamp(first, behind);
            (class, whole * (behind - first) + of_rest(to) - of_rest(from))
        };
        self.classes.iter().map(share).filter(|(_, records)| *records > 0)
    }
}

/// How old records are of which it is known how much older they are than they must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Aged {
    pub(crate) beyond: Arc<Ages>,
    /// What no record is younger than.
    pub(crate) least: SimDuration,
}

impl Aged {
    /// The mean age.
    #[inline]
    pub(crate) fn mean(&self) -> SimDuration {
        self.beyond.mean + self.least
    }

    /// The oldest that was seen, in nanoseconds.
    pub(crate) fn oldest(&self) -> u64 {
        self.beyond.oldest + self.least.as_nanos()
    }

    /// How long the rounds take that are gone through to know what an application has in hand.
    pub(crate) fn looks_back(&self) -> SimDuration {
        self.beyond.round * self.beyond.rounds_back
    }

    /// How long as many rounds take as say how a loop goes at the moment.
    pub(crate) fn some_rounds(&self) -> SimDuration {
        self.beyond.round * SOME_ROUNDS
    }

    /// What has been handed over of each partition and not been said yet.
    pub(crate) fn say(&self, readings: &mut [Reading], out: &mut Deliveries) {
        let (ages, older) = (&*self.beyond, self.least.as_nanos());
        for reading in readings.iter_mut().filter(|reading| reading.said != reading.position) {
            let mut first = core::mem::replace(&mut reading.said, reading.position);
            for (class, records) in ages.shares(first, reading.position) {
                out.push(Delivery {
                    partition: reading.partition,
                    first,
                    records,
                    latency_sum: u128::from(class.mean + older) * u128::from(records),
                    latencies: (class.ends.0 + older, class.ends.1 + older),
                    latency_max: class.most + older,
                    work: ages.work.saturating_mul(records),
                });
                first += records;
            }
        }
    }

    /// The same of one, in sum; none if that is nothing. Each `line` is so many records and the ages of the first and
    /// the last.
    #[inline]
    pub(crate) fn tell(&self, reading: &mut Reading, mut line: impl FnMut(u64, (u64, u64))) -> Option<Told> {
        let (ages, older) = (&*self.beyond, self.least.as_nanos());
        let (first, to) = (core::mem::replace(&mut reading.said, reading.position), reading.position);
        if first == to {
            return None;
        }
        let records = to - first;
        let (mut latency_sum, mut most) = (u128::from(older) * u128::from(records), 0);
        for (class, records) in ages.shares(first, to) {
            line(records, (class.ends.0 + older, class.ends.1 + older));
            latency_sum += u128::from(class.mean) * u128::from(records);
            most = class.most.max(most);
        }
        let (partition, work) = (reading.partition, ages.work.saturating_mul(records));
        Some(Told { partition, first, records, latency_sum, latency_max: most + older, work })
    }
}
