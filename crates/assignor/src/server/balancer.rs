//! Who of some members gets the next partition and who gives one up (`MemberAssignmentBalancer`).
//!
//! The members stand in order of load. From the left a range of the least loaded grows as it is filled level by
//! level; from the right a range of the most loaded grows as it is emptied. Loads are looked up at the moment of
//! asking, so they must be kept up to date by whoever asks.

use alloc::vec::Vec;

/// Some members in order of load, and how far from both ends they have been served.
pub(super) struct Balancer {
    members: Vec<u32>,
    /// The load of the least loaded range, its end, and whose turn it is.
    low_level: i64,
    low_end: usize,
    low_next: usize,
    /// The load of the most loaded range, its start and end, and one above whose turn it is.
    high_level: i64,
    high_start: usize,
    high_end: usize,
    high_next: usize,
}

impl Balancer {
    /// Balances these members, which are at least one.
    pub(super) fn new(members: &[u32], loads: &[u32]) -> Self {
        let key = |&member: &u32| u64::from(loads[member as usize]) << 32 | u64::from(member);
        let mut keys: Vec<u64> = members.iter().map(key).collect();
        keys.sort_unstable();
        let (first, last) = (keys[0] >> 32, keys[keys.len() - 1] >> 32);
        Self {
            members: keys.into_iter().map(|key| key as u32).collect(),
            low_level: first.cast_signed() - 1,
            low_end: 0,
            low_next: 0,
            high_level: last.cast_signed() + 1,
            high_start: members.len(),
            high_end: members.len(),
            high_next: members.len(),
        }
    }

    /// Whether the two ranges differ by one at most.
    pub(super) fn is_balanced(&self) -> bool {
        self.high_level - self.low_level <= 1
    }

    /// Who gets the next partition.
    pub(super) fn least(&mut self, loads: &[u32]) -> u32 {
        let load = |member: u32| i64::from(loads[member as usize]);
        if self.low_next >= self.low_end {
            self.low_level += 1;
            while self.members.get(self.low_end).is_some_and(|&member| load(member) == self.low_level) {
                self.low_end += 1;
            }
            self.low_next = 0;
        }
        self.low_next += 1;
        self.members[self.low_next - 1]
    }

    /// Who gives up a partition, if anybody is left.
    pub(super) fn most(&mut self, loads: &[u32]) -> Option<u32> {
        let load = |member: u32| i64::from(loads[member as usize]);
        if self.high_next <= self.high_start {
            if self.high_end <= self.high_start && self.high_start > 0 {
                // All of the range was excluded: go on from the next one's level.
                self.high_level = load(self.members[self.high_start - 1]);
            } else {
                self.high_level -= 1;
            }
            while self.high_start > 0 && load(self.members[self.high_start - 1]) == self.high_level {
                self.high_start -= 1;
            }
            self.high_next = self.high_end;
        }
        self.high_next = self.high_next.checked_sub(1)?;
        Some(self.members[self.high_next])
    }

    /// Leaves out the member that [`Self::most`] gave last.
    pub(super) fn exclude(&mut self) {
        self.members.swap(self.high_next, self.high_end - 1);
        self.high_end -= 1;
    }
}
