//! What a member shall have.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use protocol::TopicId;

/// Partitions by topic id, in the order of the record that stores them. The order matters: the assignors of the coordinator fill
/// Java's tables from it.
///
/// No topic is named twice and no partition of a topic either. A topic may come with no partitions (share groups leave
/// such).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct TargetAssignment {
    /// Topics, and where their partitions end among all.
    topics: Vec<(TopicId, u32)>,
    partitions: Vec<i32>,
}

impl TargetAssignment {
    /// Nothing.
    pub const fn new() -> Self {
        Self { topics: Vec::new(), partitions: Vec::new() }
    }

    /// Nothing yet, with room for so much.
    pub fn with_capacity(topics: usize, partitions: usize) -> Self {
        Self { topics: Vec::with_capacity(topics), partitions: Vec::with_capacity(partitions) }
    }

    /// Adds a topic that is not there yet, with its partitions.
    pub fn push(&mut self, topic: TopicId, partitions: impl IntoIterator<Item = i32>) {
        self.partitions.extend(partitions);
        let end = u32::try_from(self.partitions.len()).expect("fewer partitions than numbers");
        self.topics.push((topic, end));
    }

    /// Topics with their partitions, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (TopicId, &[i32])> {
        self.topics.iter().enumerate().map(|(index, &(topic, end))| {
            let start = if index == 0 { 0 } else { self.topics[index - 1].1 };
            (topic, &self.partitions[start as usize..end as usize])
        })
    }

    /// Number of topics.
    pub fn topics(&self) -> usize {
        self.topics.len()
    }

    /// Number of partitions.
    pub fn len(&self) -> usize {
        self.partitions.len()
    }

    /// Whether there are no partitions.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// Whether both say the same, order aside (`Assignment.equals`).
    pub fn same_partitions(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        if self.topics.len() != other.topics.len() || self.partitions.len() != other.partitions.len() {
            return false;
        }
        let sorted = |target: &Self| -> BTreeMap<TopicId, Vec<i32>> {
            let topics = target.iter().map(|(topic, partitions)| {
                let mut partitions = partitions.to_vec();
                partitions.sort_unstable();
                (topic, partitions)
            });
            topics.collect()
        };
        sorted(self) == sorted(other)
    }
}

impl FromIterator<(TopicId, Vec<i32>)> for TargetAssignment {
    fn from_iter<I: IntoIterator<Item = (TopicId, Vec<i32>)>>(topics: I) -> Self {
        let mut target = Self::new();
        topics.into_iter().for_each(|(topic, partitions)| target.push(topic, partitions));
        target
    }
}

impl fmt::Debug for TargetAssignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
