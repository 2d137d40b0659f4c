//! The bytes that the sticky assignors put into subscriptions.
//!
//! `sticky`: array of {topic, array of partitions}, then the generation; `cooperative-sticky`: the generation alone. Big-endian,
//! 16-bit lengths of strings, 32-bit lengths of arrays.

use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::java::JavaHashMap;
use protocol::{Generation, TopicName, TopicPartition};

/// `CooperativeStickyAssignor.subscriptionUserData`.
pub(crate) fn encode_generation(generation: Generation) -> Arc<[u8]> {
    Arc::from(generation.0.to_be_bytes())
}

/// `StickyAssignor.serializeTopicPartitionAssignment`: topics in the order of the `HashMap` that groups them.
pub(crate) fn encode_assignment(partitions: &[TopicPartition], generation: Generation) -> Arc<[u8]> {
    let mut topics: JavaHashMap<TopicName, Vec<i32>> = JavaHashMap::new();
    for run in partitions.chunk_by(|a, b| a.topic == b.topic) {
        for partition in run {
            topics.compute_if_absent(partition.topic.clone(), Vec::new).push(partition.partition.0);
        }
    }
    let mut bytes = Vec::new();
    bytes.extend(length(topics.len()).to_be_bytes());
    for (topic, numbers) in topics.iter() {
        let text = topic.as_str().as_bytes();
        bytes.extend(i16::try_from(text.len()).unwrap_or(i16::MAX).to_be_bytes());
        bytes.extend(&text[..text.len().min(i16::MAX as usize)]);
        bytes.extend(length(numbers.len()).to_be_bytes());
        numbers.iter().for_each(|number| bytes.extend(number.to_be_bytes()));
    }
    bytes.extend(generation.0.to_be_bytes());
    Arc::from(bytes)
}

fn length(items: usize) -> i32 {
    i32::try_from(items).expect("fewer than 2^31 items")
}
