//! Partitions that a member has, each with the epoch of the target assignment that gave it to the member.

use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::message::TopicPartitions;
use protocol::{PartitionIndex, TopicId};

/// One partition that a member has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssignedPartition {
    /// The topic.
    pub topic: TopicId,
    /// The partition's number.
    pub partition: i32,
    /// The epoch of the target assignment that gave it to the member; 0 after a static member has left for a while.
    pub epoch: i32,
}

impl AssignedPartition {
    pub(crate) fn place(&self) -> (TopicId, i32) {
        (self.topic, self.partition)
    }
}

/// Partitions of a member, by topic and number, each once. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AssignedPartitions(Option<Arc<[AssignedPartition]>>);

impl AssignedPartitions {
    /// None.
    pub const fn new() -> Self {
        Self(None)
    }

    /// By topic and number.
    pub fn as_slice(&self) -> &[AssignedPartition] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Number of partitions.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The partition, if the member has it.
    pub(crate) fn get(&self, topic: TopicId, partition: i32) -> Option<&AssignedPartition> {
        let all = self.as_slice();
        all.binary_search_by_key(&(topic, partition), AssignedPartition::place).ok().map(|at| &all[at])
    }

    pub(crate) fn contains(&self, topic: TopicId, partition: i32) -> bool {
        self.get(topic, partition).is_some()
    }

    pub(crate) fn has_topic(&self, topic: TopicId) -> bool {
        let all = self.as_slice();
        let at = all.partition_point(|assigned| assigned.topic < topic);
        all.get(at).is_some_and(|assigned| assigned.topic == topic)
    }

    /// These and others that the member does not have yet.
    pub(crate) fn with(&self, others: impl IntoIterator<Item = AssignedPartition>) -> Self {
        self.as_slice().iter().copied().chain(others).collect()
    }

    /// Those that are kept and those that are not.
    pub(crate) fn split(&self, keep: impl Fn(&AssignedPartition) -> bool) -> (Self, Self) {
        if self.as_slice().iter().all(&keep) {
            return (self.clone(), Self::new());
        }
        let (kept, dropped): (Vec<_>, Vec<_>) = self.as_slice().iter().partition(|assigned| keep(assigned));
        (kept.into_iter().collect(), dropped.into_iter().collect())
    }

    /// The same partitions, all given at epoch 0.
    pub(crate) fn at_epoch_zero(&self) -> Self {
        self.as_slice().iter().map(|assigned| AssignedPartition { epoch: 0, ..*assigned }).collect()
    }

    /// As answers carry them.
    pub(crate) fn by_topic(&self) -> Arc<[TopicPartitions]> {
        let topics = self.as_slice().chunk_by(|left, right| left.topic == right.topic);
        topics
            .map(|partitions| TopicPartitions {
                topic_id: partitions[0].topic,
                partitions: partitions.iter().map(|assigned| PartitionIndex(assigned.partition)).collect(),
            })
            .collect()
    }
}

/// Sorts; of several with the same place the last one counts.
impl FromIterator<AssignedPartition> for AssignedPartitions {
    fn from_iter<I: IntoIterator<Item = AssignedPartition>>(partitions: I) -> Self {
        let mut all: Vec<AssignedPartition> = partitions.into_iter().collect();
        if !all.is_sorted_by(|left, right| left.place() < right.place()) {
            all.sort_by_key(AssignedPartition::place);
            all.reverse();
            all.dedup_by_key(|assigned| assigned.place());
            all.reverse();
        }
        Self((!all.is_empty()).then(|| all.into()))
    }
}

/// Whether a member's list of what it owns names some of these. Without a list it may own all of them.
pub(crate) fn owns_some(owned: Option<&[TopicPartitions]>, of: &AssignedPartitions) -> bool {
    let Some(owned) = owned else { return true };
    owned.iter().any(|topic| topic.partitions.iter().any(|partition| of.contains(topic.topic_id, partition.0)))
}

/// Whether a member's list of what it owns names nothing but these. Without a list it does not.
pub(crate) fn owns_only(owned: Option<&[TopicPartitions]>, of: &AssignedPartitions) -> bool {
    let Some(owned) = owned else { return false };
    owned.iter().all(|topic| {
        of.has_topic(topic.topic_id)
            && topic.partitions.iter().all(|partition| of.contains(topic.topic_id, partition.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(topic: i64, partition: i32, epoch: i32) -> AssignedPartition {
        AssignedPartition { topic: TopicId { high: 0, low: topic }, partition, epoch }
    }

    #[test]
    fn partitions_are_sorted_and_the_last_of_a_place_counts() {
        let all: AssignedPartitions = [at(2, 0, 1), at(1, 5, 1), at(2, 0, 9)].into_iter().collect();
        assert_eq!(all.as_slice(), [at(1, 5, 1), at(2, 0, 9)]);
        let (kept, dropped) = all.split(|assigned| assigned.partition == 5);
        assert_eq!((kept.as_slice(), dropped.as_slice()), (&[at(1, 5, 1)][..], &[at(2, 0, 9)][..]));
    }

    #[test]
    fn no_list_may_own_everything_and_an_empty_one_owns_nothing() {
        let all: AssignedPartitions = [at(1, 0, 1)].into_iter().collect();
        assert!(owns_some(None, &all) && !owns_only(None, &all));
        assert!(!owns_some(Some(&[]), &all) && owns_only(Some(&[]), &all));
        let strange = TopicPartitions { topic_id: TopicId { high: 0, low: 2 }, partitions: Vec::new() };
        assert!(!owns_only(Some(&[strange]), &all), "a topic that the member does not have, even without partitions");
    }
}
