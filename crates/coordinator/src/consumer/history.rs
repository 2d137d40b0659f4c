//! A consumer group as of the committed offset: what administrators are shown, and what OffsetFetch is checked against.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use assignor::server::target::TargetAssignment;
use protocol::MemberId;

use crate::consumer::member::ConsumerMember;
use crate::consumer::state::ConsumerGroupState;
use crate::timeline::{CommittedView, TimelineTable};

/// A group's epochs and state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) state: ConsumerGroupState,
    pub(crate) epoch: i32,
    pub(crate) assignment_epoch: i32,
}

/// What is committed, and what is on its way.
#[derive(Debug, Default)]
pub(crate) struct History {
    members: CommittedView<MemberId, ConsumerMember>,
    targets: CommittedView<MemberId, TargetAssignment>,
    summary: CommittedView<(), Summary>,
    /// The summary that was noted last.
    last: Option<Summary>,
}

impl History {
    pub(crate) fn note_member(&mut self, id: &MemberId, member: Option<ConsumerMember>) {
        self.members.note(id.clone(), member);
    }

    pub(crate) fn note_target(&mut self, id: &MemberId, target: Option<TargetAssignment>) {
        self.targets.note(id.clone(), target);
    }

    pub(crate) fn note_summary(&mut self, summary: Summary) {
        if self.last.replace(summary) != Some(summary) {
            self.summary.note((), Some(summary));
        }
    }

    pub(crate) fn seal(&mut self, end: i64) {
        self.members.seal(end);
        self.targets.seal(end);
        self.summary.seal(end);
    }

    /// Whether something is still on its way afterwards.
    pub(crate) fn advance(&mut self, end: i64) -> bool {
        self.members.advance(end);
        self.targets.advance(end);
        self.summary.advance(end);
        self.members.has_changes() || self.targets.has_changes() || self.summary.has_changes()
    }

    pub(crate) fn summary(&self) -> Option<Summary> {
        self.summary.get(&()).copied()
    }

    pub(crate) fn member(&self, id: &MemberId) -> Option<&ConsumerMember> {
        self.members.get(id)
    }

    pub(crate) fn target(&self, id: &MemberId) -> TargetAssignment {
        self.targets.get(id).cloned().unwrap_or_default()
    }

    /// The members in Kafka's order: that of the table as it is now, but in each slot those that have changed since
    /// come after the others (that is, as slots are read from their end, before them), in the order of their first
    /// change (`SnapshottableHashTable.HistoricalIterator`).
    pub(crate) fn members_in_order<T>(&self, live: &TimelineTable<MemberId, T>) -> Vec<&ConsumerMember> {
        let mut changed = Vec::new();
        let mut seen = BTreeSet::new();
        for id in self.members.changed_keys() {
            if seen.insert(id)
                && let Some(member) = self.members.get(id)
            {
                changed.push(member);
            }
        }
        let mut slots: BTreeMap<usize, Vec<&ConsumerMember>> = BTreeMap::new();
        let unchanged = live.iter_slots().filter(|(_, id)| !seen.contains(id));
        for (slot, id) in unchanged {
            slots.entry(slot).or_default().extend(self.members.get(id));
        }
        for member in changed {
            slots.entry(live.slot(&member.id)).or_default().push(member);
        }
        slots.into_values().flat_map(|slot| slot.into_iter().rev()).collect()
    }
}
