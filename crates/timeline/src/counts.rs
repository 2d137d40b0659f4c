//! What clients and brokers count: the five counts that are all called rebalances, and how long each took.
//!
//! | count | of what | where users see it |
//! |---|---|---|
//! | [`Counts::generation`] | generations, or epochs of target assignments: its number now | the broker's log, `describe` |
//! | [`Counts::completed`] | classic: assignments of leaders that were stored | broker, `group-completed-rebalance-count` |
//! | [`Counts::bumps`] | consumer protocol: epochs of the group | broker, `consumer-group-rebalance-count` |
//! | [`MemberCounts::rebalances`] | rebalances that a member went through | Java, `rebalance-total` |
//! | [`MemberCounts::callbacks`] | assigns and revokes | librdkafka, `rebalance_cnt` |
//!
//! Contract: an observer that follows; a member's counts are those of its process and begin anew with each start.
//! Lengths follow from phases ([`crate::story::Phase`]): a classic rebalance is from JoinGroup to the answer to
//! SyncGroup, one of the consumer protocol from the moment a round could begin to the end of its last callback.

use protocol::{Generation, SimDuration, SimTime};

use crate::event::{Event, MemberIndex};
use crate::members::MAX_MEMBERS;
use crate::story::Phase;
use crate::{Observer, Step};

/// How often something happened, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// How long in all.
    pub total: SimDuration,
    /// How long at most.
    pub longest: SimDuration,
}

impl Tally {
    fn add(&mut self, length: SimDuration) {
        self.count += 1;
        self.total += length;
        self.longest = self.longest.max(length);
    }

    /// How long on average; none if it never happened.
    pub fn mean(&self) -> Option<SimDuration> {
        (self.count > 0).then(|| self.total / self.count)
    }
}

/// What one process counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MemberCounts {
    /// Whether there is a process.
    pub is_up: bool,
    /// Rebalances it went through.
    pub rebalances: Tally,
    /// When the last one ended.
    pub last_rebalance: Option<SimTime>,
    /// Joins, the wait for the others included.
    pub joins: Tally,
    /// Syncs.
    pub syncs: Tally,
    /// Calls of `onPartitionsAssigned` that took time.
    pub assigning: Tally,
    /// Calls of `onPartitionsRevoked`, likewise.
    pub revoking: Tally,
    /// Calls of `onPartitionsLost`, likewise.
    pub losing: Tally,
    /// Times that partitions were assigned to it or taken from it.
    pub callbacks: u64,
    /// Partitions it has now.
    pub partitions: u64,
    phase: Phase,
    since: SimTime,
    rebalancing_since: Option<SimTime>,
    is_losing: bool,
}

/// What everybody counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The newest generation, or target assignment.
    pub generation: Option<Generation>,
    /// Classic rebalances whose assignment was stored.
    pub completed: u64,
    /// Epochs of the group.
    pub bumps: u64,
    /// By member.
    pub members: Vec<MemberCounts>,
}

impl Counts {
    fn member(&mut self, member: MemberIndex) -> Option<&mut MemberCounts> {
        let place = member.0 as usize;
        if place >= self.members.len() {
            if place >= MAX_MEMBERS {
                return None;
            }
            self.members.resize(place + 1, MemberCounts::default());
        }
        self.members.get_mut(place)
    }
}

impl MemberCounts {
    fn enter(&mut self, at: SimTime, phase: Phase) {
        let length = at.since(self.since);
        match self.phase {
            Phase::Joining if phase == Phase::Syncing => self.joins.add(length),
            Phase::Syncing if !matches!(phase, Phase::Joining | Phase::Down | Phase::Leaving) => self.syncs.add(length),
            Phase::Assigning => self.assigning.add(length),
            Phase::Revoking if self.is_losing => self.losing.add(length),
            Phase::Revoking => self.revoking.add(length),
            _ => {}
        }
        if matches!(phase, Phase::Joining | Phase::Draining) {
            self.rebalancing_since.get_or_insert(at);
        }
        self.phase = phase;
        self.since = at;
    }

    /// It has its assignment.
    fn assigned(&mut self, at: SimTime) {
        let since = self.rebalancing_since.take().unwrap_or(at);
        self.rebalances.add(at.since(since));
        self.last_rebalance = Some(at);
    }
}

impl Observer for Counts {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        match event {
            Event::Started { member } => {
                if let Some(counts) = self.member(member) {
                    *counts = MemberCounts { is_up: true, since: at, ..MemberCounts::default() };
                }
            }
            Event::Closed { member } | Event::Killed { member } => {
                if let Some(counts) = self.member(member) {
                    *counts = MemberCounts::default();
                }
            }
            Event::Assigned { member, partitions, total, .. } => {
                if let Some(counts) = self.member(member) {
                    counts.assigned(at);
                    counts.callbacks += u64::from(!partitions.is_empty());
                    counts.partitions = total as u64;
                }
            }
            Event::Revoked { member, partitions, .. } | Event::Lost { member, partitions, .. } => {
                if let Some(counts) = self.member(member) {
                    counts.callbacks += 1;
                    counts.partitions = counts.partitions.saturating_sub(partitions.len() as u64);
                    counts.is_losing = matches!(event, Event::Lost { .. });
                }
            }
            Event::Generation { generation, .. } => self.generation = Some(generation),
            Event::GroupEpoch { .. } => self.bumps += 1,
            Event::Step(Step::Completed) => self.completed += 1,
            Event::Step(Step::Entered { member, phase }) => {
                if let Some(counts) = self.member(member) {
                    counts.enter(at, phase);
                }
            }
            _ => {}
        }
    }

    fn follows(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: MemberIndex = MemberIndex(0);

    fn run(events: &[(u64, Event<'_>)]) -> Counts {
        let mut counts = Counts::default();
        for (second, event) in events {
            counts.observe(SimTime::from_secs(*second), *event);
        }
        counts
    }

    fn enter(phase: Phase) -> Event<'static> {
        Event::Step(Step::Entered { member: MEMBER, phase })
    }

    fn assigned(total: usize) -> Event<'static> {
        Event::Assigned { member: MEMBER, partitions: &[], generation: Generation(1), total }
    }

    #[test]
    fn a_rebalance_is_counted_with_its_parts() {
        let member = MEMBER;
        let counts = run(&[
            (1, Event::Started { member }),
            (2, enter(Phase::Joining)),
            (6, enter(Phase::Syncing)),
            (7, assigned(4)),
            (7, enter(Phase::Assigning)),
            (9, enter(Phase::Consuming)),
            (9, Event::Step(Step::Completed)),
        ]);
        let seconds = |tally: Tally| (tally.count, tally.total.as_millis() / 1_000);
        let one = counts.members[0];
        assert_eq!((seconds(one.joins), seconds(one.syncs), seconds(one.assigning)), ((1, 4), (1, 1), (1, 2)));
        assert_eq!((seconds(one.rebalances), one.partitions), ((1, 5), 4));
        assert_eq!((counts.completed, counts.bumps), (1, 0));
    }

    #[test]
    fn a_new_process_counts_anew() {
        let member = MEMBER;
        let counts = run(&[
            (1, Event::Started { member }),
            (2, assigned(4)),
            (3, Event::Killed { member }),
            (9, Event::Started { member }),
        ]);
        assert_eq!((counts.members[0].rebalances.count, counts.members[0].is_up), (0, true));
    }
}
