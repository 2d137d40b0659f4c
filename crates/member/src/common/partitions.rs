//! Sorted lists of partitions.

use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::message::OffsetFetchResponse;
use protocol::{Offset, TopicPartition};

/// What is in `left` and not in `right`; both sorted, so is the result.
pub(crate) fn difference(left: &[TopicPartition], right: &[TopicPartition]) -> Vec<TopicPartition> {
    let mut others = right.iter().peekable();
    left.iter()
        .filter(|partition| {
            while others.next_if(|other| other < partition).is_some() {}
            others.peek() != Some(partition)
        })
        .cloned()
        .collect()
}

/// The same of shared lists: where nothing is taken away, the list itself.
pub(crate) fn without(left: &Arc<[TopicPartition]>, right: &[TopicPartition]) -> Arc<[TopicPartition]> {
    if right.is_empty() { left.clone() } else { difference(left, right).into() }
}

/// What is in one of two sorted lists that have nothing in common, sorted: where one is empty, the other itself.
pub(crate) fn joined(left: &Arc<[TopicPartition]>, right: &Arc<[TopicPartition]>) -> Arc<[TopicPartition]> {
    match (left.is_empty(), right.is_empty()) {
        (true, _) => right.clone(),
        (false, true) => left.clone(),
        (false, false) => union(left, right).into(),
    }
}

/// The committed offset that an answer has for each of these, −1 where it has none; both sorted.
pub(crate) fn offsets_of(partitions: &[TopicPartition], answer: &OffsetFetchResponse) -> Vec<Offset> {
    let mut answers = answer.offsets.iter().peekable();
    let offset_of = |partition: &TopicPartition| {
        // Usually the answer has just these.
        let mut found = answers.next_if(|other| other.partition == *partition);
        if found.is_none() {
            while answers.next_if(|other| other.partition < *partition).is_some() {}
            found = answers.next_if(|other| other.partition == *partition);
        }
        found.map_or(Offset(-1), |found| found.offset)
    };
    partitions.iter().map(offset_of).collect()
}

/// Everything that is in one of two sorted lists; sorted, each once.
pub(crate) fn union(left: &[TopicPartition], right: &[TopicPartition]) -> Vec<TopicPartition> {
    let mut all: Vec<TopicPartition> = left.iter().chain(right).cloned().collect();
    all.sort_unstable();
    all.dedup();
    all
}
