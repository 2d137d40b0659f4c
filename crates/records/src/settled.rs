//! A loop of polls that goes on and on in the same way: seen often enough, it need not be gone through any more.
//!
//! While nothing changes (rates, partitions, the way to the broker), rounds resemble each other. [`Watch`] looks at
//! their ages; once those of as many rounds as before have the same mean as those of the rounds before, the loop is
//! [`Settled`]: from then on each record is handed over that mean after it was written, and its age is said to be one
//! of those that were seen, all of them equally often. What was seen counts for a while ([`TRUST`]); then more rounds
//! are looked at, and more again, until they were so many that they count for good. Where records are many and both
//! means nearly the same, they count for good at once: what costs is rounds, and a round of a thousand records tells
//! as much as a thousand rounds.
//!
//! What is known of loops of the same kind ([`crate::known`]) spares even that.
//!
//! Contract: while settled, positions are off by what some polls return at most, and ages are a sample. When a loop
//! settles depends on its own steps, and on what it was told was known when somebody last did something to it; never on
//! who looks when.

use protocol::{SimDuration, SimTime};

use crate::ages::{Aged, Seen};
use crate::delivery::Delivery;
use crate::habits::Pace;
use crate::log::PartitionLog;
use crate::reading::Reading;

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
/// If they differ by less than this part of themselves, and are means of so many records, and of all lengths that were
/// drawn for polls, what was seen counts for good as well.
const AGREE_CLOSELY: u128 = 100;
const MANY: u64 = 256;
/// Percent of an application's time: if it needs more in full polls, its loop does not settle.
const BELOW_LIMIT: u128 = 95;

/// Looks at rounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Watch {
    rounds: u64,
    /// How many rounds it looks at before it compares.
    first_look: u64,
    look_at: u64,
    /// The mean age of those before.
    before: Option<u128>,
    since: SimTime,
    now: Seen,
    /// The age of the oldest record of the round under way.
    oldest: u64,
}

/// What has been seen of a loop that settles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Verdict {
    pub(crate) seen: Seen,
    /// How many rounds were looked at for it, those before included.
    pub(crate) rounds: u64,
    pub(crate) counts_for_good: bool,
}

impl Verdict {
    /// How long it counts.
    pub(crate) fn counts_for(&self) -> SimDuration {
        match self.counts_for_good {
            true => SimDuration::MAX,
            // What was seen are the later half of the rounds.
            false => self.seen.time / self.seen.rounds.max(1) * self.rounds * TRUST,
        }
    }
}

impl Watch {
    /// Nothing has been seen at `at`.
    pub(crate) fn new(at: SimTime) -> Self {
        let (first_look, look_at) = (FIRST_LOOK, FIRST_LOOK / 2);
        Self { rounds: 0, first_look, look_at, before: None, since: at, now: Seen::default(), oldest: 0 }
    }

    /// Nothing has been seen at `at`, again.
    pub(crate) fn restart(&mut self, at: SimTime) {
        self.restart_with(FIRST_LOOK, at);
    }

    /// The same, for a look at so many rounds.
    fn restart_with(&mut self, first_look: u64, at: SimTime) {
        (self.rounds, self.first_look, self.look_at, self.before) = (0, first_look, first_look / 2, None);
        (self.since, self.oldest) = (at, 0);
        self.now.clear();
    }

    /// What was seen in so many rounds has counted long enough: more is to be seen.
    pub(crate) fn see_more_than(&mut self, rounds: u64, at: SimTime) {
        self.restart_with((rounds * MORE).min(ENOUGH), at);
    }

    /// Polls handed this over.
    pub(crate) fn see(&mut self, deliveries: &[Delivery]) {
        self.now.see(deliveries);
        self.oldest = self.oldest_of_round(deliveries);
    }

    /// The age of the oldest record of the round under way, in nanoseconds, if it ends with these.
    pub(crate) fn oldest_of_round(&self, last: &[Delivery]) -> u64 {
        last.iter().map(|delivery| delivery.latency_max).fold(self.oldest, u64::max)
    }

    /// A round has ended at `at`; after `drawn` of them lengths of polls come again. What settles, if anything does.
    pub(crate) fn end_of_round(&mut self, at: SimTime, drawn: u64) -> Option<Verdict> {
        self.rounds += 1;
        self.now.rounds += 1;
        self.oldest = 0;
        if self.rounds < self.look_at {
            return None;
        }
        if let Some(one) = self.before {
            let other = self.now.mean();
            let (least, apart) = (one.min(other), one.abs_diff(other));
            if apart <= (least / AGREE).max(AGREE_NANOS) {
                let is_close = apart * AGREE_CLOSELY <= least;
                let has_seen_all = self.now.records >= MANY && self.now.rounds >= drawn;
                let counts_for_good = self.rounds >= ENOUGH || is_close && has_seen_all;
                self.now.time = at - self.since;
                return Some(Verdict { seen: core::mem::take(&mut self.now), rounds: self.rounds, counts_for_good });
            }
        }
        if self.look_at >= ENOUGH {
            self.restart_with(self.first_look, at);
        } else {
            self.before = Some(self.now.mean());
            self.since = at;
            self.now.clear();
            self.look_at *= 2;
        }
        None
    }
}

/// A loop that has settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Settled {
    pub(crate) ages: Aged,
    /// In how many rounds that was seen.
    pub(crate) rounds: u64,
    /// Nothing changes before that, and what was seen counts until then.
    pub(crate) until: SimTime,
    /// When what was seen has counted long enough.
    pub(crate) over_at: SimTime,
}

impl Settled {
    /// What was written until `to`, the mean age before, is handed over. It is [said](Aged::say) later.
    pub(crate) fn hand_until(&self, to: SimTime, readings: &mut [Reading], logs: &[PartitionLog]) {
        let mean = self.ages.mean();
        for reading in readings.iter_mut().filter(|reading| reading.since < to) {
            let log = &logs[reading.partition.index()];
            match reading.waiting(to - mean, log) {
                // Somebody looks again and again: the next time it is known that there is nothing yet.
                0 => _ = reading.next(log),
                records => reading.position += records,
            }
            reading.before = reading.position;
        }
    }
}

/// Until when all rounds from `at` on are like those that were seen: until something changes, or what was seen has
/// counted long enough, `over_at`. None if the application was at its limit in `some_rounds`, where what waits grows or
/// shrinks too slowly to be seen.
pub(crate) fn settles_until(
    (some_rounds, over_at): (SimDuration, SimTime),
    at: SimTime,
    readings: &[Reading],
    logs: &[PartitionLog],
    pace: &Pace,
) -> Option<SimTime> {
    let from = at - some_rounds;
    let written = |reading: &Reading| {
        let log = &logs[reading.partition.index()];
        log.count(at) - log.count(from)
    };
    let written = u128::from(readings.iter().map(written).fold(0, u64::saturating_add));
    let (most, full) = (u128::from(pace.habits.most()), u128::from(pace.habits.full_poll()));
    let time = u128::from((at - from).as_nanos());
    if written * full * 100 > time * most * BELOW_LIMIT {
        return None;
    }
    let changes = readings.iter().map(|reading| match reading.since > at {
        true => reading.since,
        false => logs[reading.partition.index()].next_change(from),
    });
    let until = changes.min().unwrap_or(SimTime::NEVER).min(over_at);
    (until > at).then_some(until)
}

#[cfg(test)]
#[path = "settled_test.rs"]
mod tests;
