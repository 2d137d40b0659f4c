//! The offsets themselves, and which transactions are open on them.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use protocol::message::OffsetsToCommit;
use protocol::{GroupId, ProducerId, TopicPartition};

use super::by_partition::ByPartition;
use super::held::{Changes, CommittedOffset, Held, Stored};

type ByGroup<T> = BTreeMap<GroupId, ByPartition<T>>;

/// The offsets of one group.
#[derive(Debug, Default)]
struct GroupOffsets {
    held: ByPartition<Held>,
    /// How many partitions have an offset now.
    live: usize,
    /// The change that took the last one.
    emptied: u64,
}

/// All offsets of a coordinator.
#[derive(Debug, Default)]
pub(crate) struct Offsets {
    groups: BTreeMap<GroupId, GroupOffsets>,
    changes: Changes,
    /// Those that were written before the log ended there, the last one of each time.
    sealed: VecDeque<(u64, i64)>,
    /// Groups that have no offset now.
    empty: Vec<GroupId>,
    /// Offsets that wait for the end of their transaction.
    pending: BTreeMap<ProducerId, ByGroup<Stored>>,
    /// Producers with a transaction open on a partition.
    open: ByGroup<BTreeSet<ProducerId>>,
}

/// What there is of one partition.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    held: Option<&'a Held>,
    changes: &'a Changes,
    /// Whether a transaction is open on it.
    pub(crate) is_open: bool,
}

impl Found<'_> {
    /// The offset as it is now (`live`), or as of the committed offset.
    pub(crate) fn seen(self, live: bool) -> Option<CommittedOffset> {
        if live { Some(self.held?.live()?.value.clone()) } else { self.changes.committed(self.held?) }
    }
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

fn stored(offsets: &OffsetsToCommit, place: usize, record_offset: i64, commit_timestamp_ms: i64) -> Stored {
    let metadata = offsets.metadata(place).cloned().map(Box::new);
    let value = CommittedOffset { offset: offsets.offset(place), metadata, commit_timestamp_ms };
    Stored { record_offset, value }
}

impl Offsets {
    fn held(&self, group: &GroupId, partition: &TopicPartition) -> Option<&Held> {
        self.groups.get(group)?.held.get(partition)
    }

    /// The offset of a partition as it is now.
    pub(crate) fn get(&self, group: &GroupId, partition: &TopicPartition) -> Option<&CommittedOffset> {
        Some(&self.held(group, partition)?.live()?.value)
    }

    /// Shows what there is of each of these partitions.
    pub(crate) fn for_each(
        &self,
        group: &GroupId,
        partitions: &[TopicPartition],
        mut see: impl FnMut(&TopicPartition, Found<'_>),
    ) {
        let open = self.open.get(group);
        let mut found = |partition: &TopicPartition, held: Option<&Held>| {
            let is_open = open.is_some_and(|open| open.get(partition).is_some());
            see(partition, Found { held, changes: &self.changes, is_open });
        };
        match self.groups.get(group) {
            Some(group) => group.held.for_each(partitions, found),
            None => partitions.iter().for_each(|partition| found(partition, None)),
        }
    }

    /// All partitions of a group that have an offset, or had one when the high watermark last moved.
    pub(crate) fn partitions_of(&self, group: &GroupId) -> Vec<TopicPartition> {
        let held = self.groups.get(group).into_iter().flat_map(|group| group.held.iter());
        held.map(|(partition, _)| partition).collect()
    }

    /// All offsets of a group as they are now; none if there are none.
    pub(crate) fn of_group(&self, group: &GroupId) -> Option<impl Iterator<Item = (TopicPartition, &CommittedOffset)>> {
        let group = self.groups.get(group).filter(|group| group.live > 0)?;
        Some(group.held.iter().filter_map(|(partition, held)| Some((partition, &held.live()?.value))))
    }

    /// Whether a transaction is open on the partition.
    pub(crate) fn has_open_transaction(&self, group: &GroupId, partition: &TopicPartition) -> bool {
        self.open.get(group).is_some_and(|partitions| partitions.get(partition).is_some())
    }

    /// Partitions of the group on which transactions are open.
    pub(crate) fn open_partitions(&self, group: &GroupId) -> impl Iterator<Item = TopicPartition> {
        self.open.get(group).into_iter().flat_map(ByPartition::iter).map(|(partition, _)| partition)
    }

    /// Every group and partition with an offset, committed or waiting for its transaction.
    pub(crate) fn all_partitions(&self) -> Vec<(GroupId, TopicPartition)> {
        let live = self.groups.iter().flat_map(|(id, group)| group.held.iter().map(move |it| (id, it)));
        let live = live.filter(|(_, (_, held))| held.live().is_some()).map(|(id, (partition, _))| (id, partition));
        let waiting = self.pending.values().flatten();
        let waiting = waiting.flat_map(|(id, partitions)| partitions.iter().map(move |(partition, _)| (id, partition)));
        live.chain(waiting).map(|(id, partition)| (id.clone(), partition)).collect()
    }

    /// Commits outside of transactions take effect; `record_offset` has the place of each one's record in the log.
    pub(crate) fn put(
        &mut self,
        group: &GroupId,
        offsets: &OffsetsToCommit,
        record_offset: impl Fn(usize) -> i64,
        commit_timestamp_ms: i64,
    ) {
        self.put_each(group, offsets.partitions(), |place| {
            stored(offsets, place, record_offset(place), commit_timestamp_ms)
        });
    }

    /// Each of these partitions has an offset now: what `stored` gives for its place.
    fn put_each(&mut self, group: &GroupId, partitions: &[TopicPartition], stored: impl Fn(usize) -> Stored) {
        let Self { groups, changes, .. } = self;
        if !groups.contains_key(group) {
            groups.insert(group.clone(), GroupOffsets::default());
        }
        let Some(GroupOffsets { held, live, .. }) = groups.get_mut(group) else { return };
        held.for_each_mut(partitions, |place, held| {
            *live += usize::from(held.live().is_none());
            changes.make(held, Some(stored(place)));
        });
    }

    /// Commits wait for the end of their producer's transaction.
    pub(crate) fn put_pending(
        &mut self,
        producer: ProducerId,
        group: &GroupId,
        offsets: &OffsetsToCommit,
        record_offset: impl Fn(usize) -> i64,
        commit_timestamp_ms: i64,
    ) {
        let pending = self.pending.entry(producer).or_default().entry(group.clone()).or_default();
        let open = self.open.entry(group.clone()).or_default();
        for (place, partition) in offsets.partitions().iter().enumerate() {
            pending.insert(partition, stored(offsets, place, record_offset(place), commit_timestamp_ms));
            match open.get_mut(partition) {
                Some(producers) => _ = producers.insert(producer),
                None => _ = open.insert(partition, BTreeSet::from([producer])),
            }
        }
    }

    /// The offset of a partition is forgotten, and whatever waits for a transaction with it.
    pub(crate) fn forget(&mut self, group: &GroupId, partition: &TopicPartition) {
        if let Some(GroupOffsets { held, live, emptied }) = self.groups.get_mut(group)
            && let Some(held) = held.get_mut(partition).filter(|held| held.live().is_some())
        {
            self.changes.make(held, None);
            *live -= 1;
            if *live == 0 {
                *emptied = self.changes.last();
                self.empty.push(group.clone());
            }
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
                let present = self.held(&group, &partition).and_then(Held::live);
                if commit && present.is_none_or(|present| stored.record_offset > present.record_offset) {
                    self.put_each(&group, &[partition], |_| stored.clone());
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
        let last = self.changes.last();
        if self.sealed.back().map_or(self.changes.settled(), |(last, _)| *last) < last {
            self.sealed.push_back((last, end));
        }
    }

    /// Everything before `end` is committed.
    pub(crate) fn advance(&mut self, end: i64) {
        while let Some((last, _)) = self.sealed.pop_front_if(|(_, at)| *at <= end) {
            self.changes.settle(last);
        }
        let Self { empty, groups, changes, .. } = self;
        empty.retain(|id| {
            let Some(group) = groups.get(id).filter(|group| group.live == 0) else { return false };
            let is_seen = group.emptied > changes.settled();
            if !is_seen {
                groups.remove(id);
            }
            is_seen
        });
    }
}
