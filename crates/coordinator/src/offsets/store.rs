//! The offsets themselves, and which transactions are open on them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use protocol::{GroupId, ProducerId, TopicPartition};

use super::by_partition::ByPartition;
use crate::record::CommittedOffset;
use crate::timeline::{CommittedView, Values};

/// A committed offset and the position of its record, which decides between a plain commit and one of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) record_offset: i64,
    pub(crate) value: CommittedOffset,
}

type ByGroup<T> = BTreeMap<GroupId, ByPartition<T>>;

/// All offsets of a coordinator.
#[derive(Debug, Default)]
pub(crate) struct Offsets {
    live: ByGroup<Stored>,
    committed: CommittedView<(GroupId, TopicPartition), CommittedOffset, ByGroup<CommittedOffset>>,
    /// Offsets that wait for the end of their transaction.
    pending: BTreeMap<ProducerId, ByGroup<Stored>>,
    /// Producers with a transaction open on a partition.
    open: ByGroup<BTreeSet<ProducerId>>,
}

/// Removes the entry of a partition, and the group's when it is the last.
fn remove<T>(map: &mut ByGroup<T>, group: &GroupId, partition: &TopicPartition) -> Option<T> {
    let partitions = map.get_mut(group)?;
    let value = partitions.remove(partition);
    if partitions.is_empty() {
        map.remove(group);
    }
    value
}

impl<T> Values<(GroupId, TopicPartition), T> for ByGroup<T> {
    fn put(&mut self, (group, partition): (GroupId, TopicPartition), value: T) -> Option<T> {
        self.entry(group).or_default().insert(&partition, value)
    }

    fn take(&mut self, (group, partition): &(GroupId, TopicPartition)) -> Option<T> {
        remove(self, group, partition)
    }
}

impl Offsets {
    /// The offset of a partition as it is now.
    pub(crate) fn get(&self, group: &GroupId, partition: &TopicPartition) -> Option<&CommittedOffset> {
        Some(&self.live.get(group)?.get(partition)?.value)
    }

    /// All offsets of a group as they are now; none if there are none.
    pub(crate) fn of_group(
        &self,
        group: &GroupId,
    ) -> Option<impl Iterator<Item = (&TopicPartition, &CommittedOffset)>> {
        Some(self.live.get(group)?.iter().map(|(partition, stored)| (partition, &stored.value)))
    }

    /// The offset of a partition as of the committed offset.
    pub(crate) fn get_committed(&self, group: &GroupId, partition: &TopicPartition) -> Option<&CommittedOffset> {
        self.committed.values().get(group)?.get(partition)
    }

    /// All offsets of a group as of the committed offset.
    pub(crate) fn of_group_committed(
        &self,
        group: &GroupId,
    ) -> impl Iterator<Item = (&TopicPartition, &CommittedOffset)> {
        self.committed.values().get(group).into_iter().flat_map(ByPartition::iter)
    }

    /// Whether a transaction is open on the partition.
    pub(crate) fn has_open_transaction(&self, group: &GroupId, partition: &TopicPartition) -> bool {
        self.open.get(group).is_some_and(|partitions| partitions.get(partition).is_some())
    }

    /// Partitions of the group on which transactions are open.
    pub(crate) fn open_partitions(&self, group: &GroupId) -> impl Iterator<Item = &TopicPartition> {
        self.open.get(group).into_iter().flat_map(ByPartition::iter).map(|(partition, _)| partition)
    }

    /// Every group and partition with an offset, committed or waiting for its transaction.
    pub(crate) fn all_partitions(&self) -> Vec<(GroupId, TopicPartition)> {
        let waiting = self.pending.values().flatten();
        self.live
            .iter()
            .chain(waiting)
            .flat_map(|(group, partitions)| {
                partitions.iter().map(move |(partition, _)| (group.clone(), partition.clone()))
            })
            .collect()
    }

    /// A commit outside of transactions takes effect.
    pub(crate) fn put(&mut self, group: &GroupId, partition: &TopicPartition, stored: Stored) {
        self.committed.note((group.clone(), partition.clone()), Some(stored.value.clone()));
        match self.live.get_mut(group) {
            Some(partitions) => partitions.insert(partition, stored),
            None => self.live.entry(group.clone()).or_default().insert(partition, stored),
        };
    }

    /// A commit waits for the end of its producer's transaction.
    pub(crate) fn put_pending(
        &mut self,
        producer: ProducerId,
        group: &GroupId,
        partition: &TopicPartition,
        stored: Stored,
    ) {
        let pending = self.pending.entry(producer).or_default();
        pending.entry(group.clone()).or_default().insert(partition, stored);
        let open = self.open.entry(group.clone()).or_default();
        match open.get_mut(partition) {
            Some(producers) => _ = producers.insert(producer),
            None => _ = open.insert(partition, BTreeSet::from([producer])),
        }
    }

    /// The offset of a partition is forgotten, and whatever waits for a transaction with it.
    pub(crate) fn forget(&mut self, group: &GroupId, partition: &TopicPartition) {
        if remove(&mut self.live, group, partition).is_some() {
            self.committed.note((group.clone(), partition.clone()), None);
        }
        for producer in remove(&mut self.open, group, partition).unwrap_or_default() {
            if let Some(pending) = self.pending.get_mut(&producer) {
                remove(pending, group, partition);
            }
        }
    }

    /// A producer's transaction ends: its offsets take effect or are dropped. An offset that was committed after one of
    /// them stays.
    pub(crate) fn end_transaction(&mut self, producer: ProducerId, commit: bool) {
        for (group, partitions) in self.pending.remove(&producer).unwrap_or_default() {
            for (partition, stored) in partitions.into_iter() {
                self.close(producer, &group, &partition);
                let present = self.live.get(&group).and_then(|offsets| offsets.get(&partition));
                if commit && present.is_none_or(|present| stored.record_offset > present.record_offset) {
                    self.put(&group, &partition, stored);
                }
            }
        }
    }

    fn close(&mut self, producer: ProducerId, group: &GroupId, partition: &TopicPartition) {
        let Some(producers) = self.open.get_mut(group).and_then(|partitions| partitions.get_mut(partition)) else {
            return;
        };
        producers.remove(&producer);
        if producers.is_empty() {
            remove(&mut self.open, group, partition);
        }
    }

    /// What has changed so far was written; the log ends at `end`.
    pub(crate) fn seal(&mut self, end: i64) {
        self.committed.seal(end);
    }

    /// Everything before `end` is committed.
    pub(crate) fn advance(&mut self, end: i64) {
        self.committed.advance_and(end, drop);
    }
}
