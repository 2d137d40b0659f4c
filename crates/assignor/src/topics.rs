//! What the one who assigns knows of topics.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::message::TopicMetadata;
use protocol::{RackId, TopicName};

/// One topic as the assignors see it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Topic {
    /// Number of partitions; none or fewer: the topic counts as unknown.
    pub partitions: i32,
    /// Per partition the racks of all its replicas, offline ones included and replicas without a rack left out.
    /// Shorter than the number of partitions: the rest has no racks.
    pub racks: Option<Arc<[Vec<RackId>]>>,
}

/// Topics by name: the metadata that the leader assigns with. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Topics(Arc<BTreeMap<TopicName, Topic>>);

impl Topics {
    /// No topics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a topic without racks.
    pub fn insert(&mut self, name: TopicName, partitions: i32) {
        self.insert_topic(name, Topic { partitions, racks: None });
    }

    /// Adds or replaces a topic.
    pub fn insert_topic(&mut self, name: TopicName, topic: Topic) {
        Arc::make_mut(&mut self.0).insert(name, topic);
    }

    /// What is known of `name`.
    pub fn get(&self, name: &TopicName) -> Option<&Topic> {
        self.0.get(name)
    }

    /// The topic's own name and what is known of it: the name is shared with whoever built the table.
    pub(crate) fn get_key_value(&self, name: &TopicName) -> Option<(&TopicName, &Topic)> {
        self.0.get_key_value(name)
    }

    /// Names and topics, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&TopicName, &Topic)> {
        self.0.iter()
    }
}

impl FromIterator<(TopicName, Topic)> for Topics {
    fn from_iter<I: IntoIterator<Item = (TopicName, Topic)>>(topics: I) -> Self {
        Self(Arc::new(topics.into_iter().collect()))
    }
}

impl FromIterator<(TopicName, i32)> for Topics {
    fn from_iter<I: IntoIterator<Item = (TopicName, i32)>>(topics: I) -> Self {
        topics.into_iter().map(|(name, partitions)| (name, Topic { partitions, racks: None })).collect()
    }
}

impl From<&[TopicMetadata]> for Topics {
    fn from(topics: &[TopicMetadata]) -> Self {
        topics.iter().map(|topic| (topic.name.clone(), topic.partitions)).collect()
    }
}
