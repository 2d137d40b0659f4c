//! Many durations in little memory: how many of each length, their sum, the longest, and order statistics.
//!
//! Contract: integers only, and a pure function of the sequence of calls. Exact as long as there are at most
//! [`MAX_DISTINCT`] different lengths; beyond that, order statistics (not sum, count or longest) are rounded down to a
//! power of two of nanoseconds, the smallest that keeps the number of different lengths below the bound. For twenty
//! million different pauses of up to ten seconds that is about 30 microseconds.

use protocol::SimDuration;

/// The most different lengths that are kept apart.
pub const MAX_DISTINCT: usize = 1 << 20;

/// So many runs (a megabyte of them) are kept before they are merged for the first time.
const UNMERGED: usize = 1 << 16;

/// A run of equal durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    nanos: u64,
    count: u64,
}

/// A collection of durations.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    /// Run lengths in the order of arrival; sorted and merged whenever they have doubled.
    runs: Vec<Run>,
    /// How many of `runs` there were after they were last merged.
    merged: usize,
    /// Lengths are kept without their lowest `shift` bits.
    shift: u32,
    count: u64,
    total_nanos: u128,
    longest: SimDuration,
}

impl Durations {
    /// Adds `count` durations of this length.
    pub fn add(&mut self, duration: SimDuration, count: u64) {
        if count == 0 {
            return;
        }
        self.count += count;
        self.total_nanos += u128::from(duration.as_nanos()) * u128::from(count);
        self.longest = self.longest.max(duration);
        let nanos = duration.as_nanos() >> self.shift;
        if let Some(last) = self.runs.last_mut()
            && last.nanos == nanos
        {
            last.count += count;
            return;
        }
        self.runs.push(Run { nanos, count });
        if self.runs.len() >= (self.merged * 2).max(UNMERGED) {
            self.merge();
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum; saturates at the longest length there is (584 years).
    pub fn total(&self) -> SimDuration {
        SimDuration::from_nanos(u64::try_from(self.total_nanos).unwrap_or(u64::MAX))
    }

    /// Their sum spread over `parts`, rounded down; over one part if there are none.
    pub fn total_over(&self, parts: u64) -> SimDuration {
        SimDuration::from_nanos(u64::try_from(self.total_nanos / u128::from(parts.max(1))).unwrap_or(u64::MAX))
    }

    /// The longest, or none at all: zero.
    pub fn longest(&self) -> SimDuration {
        self.longest
    }

    /// The middle one, or the mean of the two in the middle; zero if there are none.
    pub fn median(&self) -> SimDuration {
        let (low, high) = (self.ranked(self.count.div_ceil(2)), self.ranked(self.count / 2 + 1));
        low + high.saturating_sub(low) / 2
    }

    /// The smallest that at least `percent` of 100 do not exceed (nearest rank); zero if there are none.
    pub fn percentile(&self, percent: u64) -> SimDuration {
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100);
        self.ranked(u64::try_from(rank).unwrap_or(u64::MAX))
    }

    /// Sorts what there is, which makes order statistics cheap until more is added.
    pub(crate) fn seal(&mut self) {
        self.merge();
    }

    /// The `rank`-th smallest, counted from one.
    fn ranked(&self, rank: u64) -> SimDuration {
        if self.merged != self.runs.len() {
            let mut sealed = self.clone();
            sealed.merge();
            return sealed.ranked(rank);
        }
        let mut seen = 0;
        for run in &self.runs {
            seen += run.count;
            if seen >= rank {
                return SimDuration::from_nanos(run.nanos << self.shift);
            }
        }
        self.longest
    }

    fn merge(&mut self) {
        if self.merged == self.runs.len() {
            return;
        }
        self.sort_and_merge();
        while self.runs.len() > MAX_DISTINCT {
            self.shift += 1;
            for run in &mut self.runs {
                run.nanos >>= 1;
            }
            self.sort_and_merge();
        }
        self.merged = self.runs.len();
    }

    fn sort_and_merge(&mut self) {
        self.runs.sort_unstable_by_key(|run| run.nanos);
        self.runs.dedup_by(|later, kept| {
            let same = later.nanos == kept.nanos;
            if same {
                kept.count += later.count;
            }
            same
        });
    }
}

#[cfg(test)]
#[path = "durations_test.rs"]
mod tests;
