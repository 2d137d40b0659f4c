//! Sorted lists of partitions.

use alloc::vec::Vec;

use protocol::message::OffsetFetchResponse;
use protocol::{Offset, Partitions, TopicPartition};

/// What is in `left` and not in `right`; both sorted, so is the result.
pub(crate) fn difference(left: &[TopicPartition], right: &[TopicPartition]) -> Vec<TopicPartition> {
    if core::ptr::eq(left, right) {
        return Vec::new();
    }
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
pub(crate) fn without(left: &Partitions, right: &[TopicPartition]) -> Partitions {
    if right.is_empty() { left.clone() } else { difference(left, right).into() }
}

/// What is in one of two sorted lists that have nothing in common, sorted: where one is empty, the other itself.
pub(crate) fn joined(left: &Partitions, right: &Partitions) -> Partitions {
    match (left.is_empty(), right.is_empty()) {
        (true, _) => right.clone(),
        (false, true) => left.clone(),
        (false, false) => union(left, right).into(),
    }
}

/// The committed offset that an answer has for each of these, −1 where it has none; both sorted.
pub(crate) fn offsets_of(partitions: &[TopicPartition], answer: OffsetFetchResponse) -> Vec<Offset> {
    // Usually the answer has just these, and even shares the list.
    if core::ptr::eq(partitions, &*answer.partitions) || *partitions == *answer.partitions {
        return answer.offsets;
    }
    let mut answers = answer.partitions.iter().zip(&answer.offsets).peekable();
    let offset_of = |partition: &TopicPartition| {
        while answers.next_if(|(other, _)| *other < partition).is_some() {}
        answers.next_if(|(other, _)| *other == partition).map_or(Offset(-1), |(_, offset)| *offset)
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
