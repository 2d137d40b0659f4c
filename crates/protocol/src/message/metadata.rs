//! Metadata (API key 3), as far as groups need it: how many partitions a topic has.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::id::{TopicId, TopicName};

/// How many partitions do these topics have?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataRequest {
    /// The topics; none: all.
    pub topics: Option<Arc<[TopicName]>>,
}

/// What the broker knows of each topic it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataResponse {
    /// Topics that exist, in the order of their names.
    pub topics: Vec<TopicMetadata>,
}

/// One topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicMetadata {
    /// Its id: a topic that is deleted and created again has another one.
    pub topic_id: TopicId,
    /// Its name.
    pub name: TopicName,
    /// Number of its partitions.
    pub partitions: i32,
}
