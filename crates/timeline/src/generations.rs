//! Which generations came to be, when, with how many members and why.
//!
//! Contract: a generation counts once, at its first sighting, whoever tells of it first (the simulator, or a line of
//! the broker's log). Counts are exact; of the list, the first [`MAX_LISTED`] of the start-up and the first
//! [`MAX_LISTED`] after it are kept. A group that was deleted and begins again has all its numbers once more: that it
//! does is seen by a rebalance of generation 0, by an epoch below the newest, or by generation 1 after a later one.

use std::collections::BTreeSet;

use protocol::{Generation, SimTime};
use serde::{Deserialize, Serialize};

use crate::serial;

/// How many generations are listed, for the start-up and for the time after it each.
pub const MAX_LISTED: usize = 1_000;

/// The first generation of a group.
const FIRST: Generation = Generation(1);
/// The first epoch of a group is this one at the latest.
const FIRST_EPOCH_MAX: Generation = Generation(2);

/// Reasons are cut to this many bytes.
const MAX_REASON: usize = 300;

/// One generation (classic) or target assignment (consumer protocol).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationRecord {
    /// When it came to be.
    #[serde(rename = "at_ns", with = "serial::time")]
    pub at: SimTime,
    /// Its number.
    #[serde(with = "serial::generation")]
    pub generation: Generation,
    /// How many members it has, if that was said.
    pub members: Option<u64>,
    /// Why the rebalance that led to it began, if that was said (at most 300 bytes).
    pub reason: Option<String>,
}

/// The generations of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Generations {
    from: SimTime,
    seen: BTreeSet<Generation>,
    newest: Generation,
    newest_epoch: Generation,
    reason: Option<String>,
    pub(crate) start_up: Vec<GenerationRecord>,
    pub(crate) start_up_total: u64,
    pub(crate) later: Vec<GenerationRecord>,
    pub(crate) later_total: u64,
}

impl Generations {
    pub(crate) fn new(from: SimTime) -> Self {
        Self { from, ..Self::default() }
    }

    /// A rebalance begins. The first reason stays until the rebalance ends.
    fn rebalancing(&mut self, reason: &str) {
        if self.reason.is_none() {
            self.reason = Some(reason[..reason.floor_char_boundary(MAX_REASON)].to_owned());
        }
    }

    /// A classic group prepares a rebalance while it is in this generation; one that never had any is new.
    pub(crate) fn preparing(&mut self, old: Generation, reason: &str) {
        if old == Generation(0) {
            self.seen.clear();
        }
        self.rebalancing(reason);
    }

    /// A consumer group has a new epoch; one that falls is that of a new group.
    pub(crate) fn bumped(&mut self, epoch: Generation) {
        if epoch <= FIRST_EPOCH_MAX && epoch < self.newest_epoch {
            self.seen.clear();
        }
        self.newest_epoch = epoch;
    }

    /// A generation was sighted.
    pub(crate) fn sighted(&mut self, at: SimTime, generation: Generation, members: Option<usize>) {
        if generation == FIRST && self.newest > FIRST {
            self.seen.clear();
        }
        if !self.seen.insert(generation) {
            return;
        }
        self.newest = generation;
        let (list, total) = match at < self.from {
            true => (&mut self.start_up, &mut self.start_up_total),
            false => (&mut self.later, &mut self.later_total),
        };
        *total += 1;
        let reason = self.reason.take();
        if list.len() < MAX_LISTED {
            list.push(GenerationRecord { at, generation, members: members.map(|members| members as u64), reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_counts_once_at_its_first_sighting() {
        let mut generations = Generations::new(SimTime::from_secs(10));
        generations.sighted(SimTime::from_secs(9), Generation(1), Some(3));
        generations.sighted(SimTime::from_secs(11), Generation(1), Some(3));
        generations.sighted(SimTime::from_secs(12), Generation(2), None);
        assert_eq!((generations.start_up_total, generations.later_total), (1, 1));
        assert_eq!(generations.later[0].members, None);
    }

    #[test]
    fn a_group_that_begins_again_has_its_numbers_once_more() {
        let mut generations = Generations::new(SimTime::from_secs(10));
        generations.sighted(SimTime::from_secs(1), Generation(1), Some(1));
        generations.preparing(Generation(0), "a member joined");
        generations.sighted(SimTime::from_secs(11), Generation(1), Some(1));
        generations.sighted(SimTime::from_secs(12), Generation(2), Some(2));
        generations.sighted(SimTime::from_secs(13), Generation(1), Some(1));
        generations.sighted(SimTime::from_secs(14), Generation(2), Some(2));
        assert_eq!((generations.start_up_total, generations.later_total), (1, 4));
        for epoch in [2, 3, 2] {
            generations.bumped(Generation(epoch));
            generations.sighted(SimTime::from_secs(20), Generation(epoch), Some(1));
        }
        assert_eq!(generations.later_total, 6, "2 has been counted, and counts again after 3");
    }

    #[test]
    fn the_first_reason_of_a_rebalance_is_kept_and_cut_where_it_is_long() {
        let mut generations = Generations::new(SimTime::ZERO);
        generations.rebalancing(&"ü".repeat(1_000));
        generations.rebalancing("another member joined meanwhile");
        generations.sighted(SimTime::ZERO, Generation(1), Some(1));
        generations.sighted(SimTime::ZERO, Generation(2), Some(1));
        assert_eq!(generations.later[0].reason.as_deref(), Some(&*"ü".repeat(MAX_REASON / 2)));
        assert_eq!(generations.later[1].reason, None);
    }

    #[test]
    fn the_list_is_bounded_while_the_count_goes_on() {
        let mut generations = Generations::new(SimTime::from_secs(1));
        for number in 0..3_000 {
            generations.sighted(SimTime::from_secs(u64::from(number >= 1_500)), Generation(number), Some(1));
        }
        assert_eq!((generations.start_up.len(), generations.start_up_total), (MAX_LISTED, 1_500));
        assert_eq!((generations.later.len(), generations.later_total), (MAX_LISTED, 1_500));
        assert_eq!(generations.later[0].generation, Generation(1_500));
    }
}
