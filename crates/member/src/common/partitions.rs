//! Sorted lists of partitions.

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

/// The committed offset that an answer has for each of these, −1 where it has none; both sorted.
pub(crate) fn offsets_of(partitions: &[TopicPartition], answer: &OffsetFetchResponse) -> Vec<Offset> {
    let mut answers = answer.offsets.iter().peekable();
    let offset_of = |partition: &TopicPartition| {
        while answers.next_if(|other| other.partition < *partition).is_some() {}
        answers.peek().filter(|other| other.partition == *partition).map_or(Offset(-1), |other| other.offset)
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
