//! What a member knows of its topics.

use alloc::collections::BTreeMap;

use protocol::message::MetadataResponse;
use protocol::{TopicId, TopicName};

/// Partition counts, as of the last Metadata answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownTopics {
    /// How many partitions each topic has; topics that do not exist are missing.
    pub(crate) counts: BTreeMap<TopicName, i32>,
    /// Their names by their ids.
    pub(crate) names: BTreeMap<TopicId, TopicName>,
    /// Whether the cluster has changed since, so that the next refresh will find something. Refreshes that find nothing
    /// are left out.
    pub(crate) stale: bool,
}

impl KnownTopics {
    /// Takes an answer over.
    pub(crate) fn learn(&mut self, answer: &MetadataResponse) {
        self.counts = counts(answer);
        self.names = answer.topics.iter().map(|topic| (topic.topic_id, topic.name.clone())).collect();
    }
}

/// The partition counts in an answer.
pub(crate) fn counts(answer: &MetadataResponse) -> BTreeMap<TopicName, i32> {
    answer.topics.iter().map(|topic| (topic.name.clone(), topic.partitions)).collect()
}
