//! A member's new target assignment while it is written: a `HashMap` of topic ids to `HashSet`s of partitions, whose
//! iteration order becomes the order of the record.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use protocol::TopicId;
use protocol::java::{JavaHash, JavaHashMap};

use super::target::{TargetAssignment, Writer};
use crate::order::{copied_set_buckets, grown_buckets, number_buckets, table_order};

/// A topic id as a key of a table, with its hash.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    id: TopicId,
    hash: i32,
}

impl JavaHash for Key {
    fn java_hash(&self) -> i32 {
        self.hash
    }
}

/// A set of partitions: what went in and stayed, in that sequence, and the room of its table.
#[derive(Clone)]
struct Partitions {
    sequence: Vec<i32>,
    buckets: usize,
}

impl Partitions {
    fn add(&mut self, partition: i32) {
        self.sequence.push(partition);
        self.buckets = number_buckets(self.buckets, self.sequence.len() - 1, &self.sequence);
    }
}

/// The order in which a stored list of partitions comes out of the set that is read from it.
pub(super) fn set_order(partitions: &[i32]) -> Vec<i32> {
    in_table_order(partitions, number_buckets(copied_set_buckets(partitions.len()), 0, partitions))
}

/// A copy of the set that is read from a stored list of partitions: the sequence in which they went into it, and its
/// buckets.
pub(super) fn set_copy(partitions: &[i32]) -> (Cow<'_, [i32]>, usize) {
    let buckets = copied_set_buckets(partitions.len());
    if number_buckets(buckets, 0, partitions) == buckets {
        // As many as the set itself has: what shares a bucket keeps its sequence.
        return (Cow::Borrowed(partitions), buckets);
    }
    let sequence = set_order(partitions);
    let buckets = number_buckets(buckets, 0, &sequence);
    (Cow::Owned(sequence), buckets)
}

/// Numbers put into a table of so many buckets in this sequence, in iteration order.
fn in_table_order(sequence: &[i32], buckets: usize) -> Vec<i32> {
    table_order(sequence, buckets).into_iter().map(|position| sequence[position as usize]).collect()
}

/// The stored topics in the order of the table that is read from the record: positions in the record.
pub(super) fn topic_order(target: &TargetAssignment) -> Vec<u32> {
    let hashes: Vec<i32> = target.iter().map(|(topic, _)| topic.java_hash()).collect();
    table_order(&hashes, grown_buckets(hashes.len()))
}

/// A target assignment that can be changed (`AssignorHelpers.deepCopyAssignment`).
#[derive(Clone)]
pub(super) struct Draft {
    topics: JavaHashMap<Key, Partitions>,
}

impl Draft {
    /// A copy of what is stored.
    pub(super) fn copy_of(target: &TargetAssignment) -> Self {
        let mut topics = JavaHashMap::with_capacity(target.topics());
        let stored: Vec<_> = target.iter().collect();
        for position in topic_order(target) {
            let (id, partitions) = stored[position as usize];
            let (sequence, buckets) = set_copy(partitions);
            let key = Key { id, hash: id.java_hash() };
            topics.put(key, Partitions { sequence: sequence.into_owned(), buckets });
        }
        Self { topics }
    }

    /// Removes a topic.
    pub(super) fn remove_topic(&mut self, id: TopicId) {
        self.topics.remove(&Key { id, hash: id.java_hash() });
    }

    /// Removes a partition; its topic stays, even if empty. Says whether it was there.
    pub(super) fn remove(&mut self, id: TopicId, partition: i32) -> bool {
        let Some(partitions) = self.topics.get_mut(&Key { id, hash: id.java_hash() }) else { return false };
        let found = partitions.sequence.iter().rposition(|&held| held == partition);
        if let Some(index) = found {
            partitions.sequence.remove(index);
        }
        found.is_some()
    }

    /// Adds a partition that is not there yet.
    pub(super) fn add(&mut self, id: TopicId, partition: i32) {
        let new = || Partitions { sequence: Vec::new(), buckets: grown_buckets(0) };
        self.topics.compute_if_absent(Key { id, hash: id.java_hash() }, new).add(partition);
    }

    /// Adds a partition that is there already: the table of topics may double all the same.
    pub(super) fn add_again(&mut self, id: TopicId) {
        let new = || Partitions { sequence: Vec::new(), buckets: grown_buckets(0) };
        self.topics.compute_if_absent(Key { id, hash: id.java_hash() }, new);
    }

    /// What is written is stored; if it is the same as before, the former record stays.
    pub(super) fn finish(&self, before: &TargetAssignment) -> TargetAssignment {
        let mut writer = Writer::default();
        for (key, partitions) in self.topics.iter() {
            let order = in_table_order(&partitions.sequence, partitions.buckets);
            writer.push(key.id, order.len(), order.into_iter());
        }
        writer.finish_after(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_come_out_in_the_order_of_the_table_they_stand_for() {
        for (start, count) in [(0, 5), (14, 7), (60, 48), (65_530, 12), (-3, 6), (7, 0)] {
            let numbers: Vec<i32> = (start..start + count).collect();
            let mut table = JavaHashMap::new();
            for &number in &numbers {
                table.put(number, ());
            }
            let order: Vec<i32> = table.keys().copied().collect();
            assert_eq!(in_table_order(&numbers, grown_buckets(numbers.len())), order, "{start} {count}");
        }
    }

    #[test]
    fn a_set_of_far_apart_numbers_and_its_copy_come_out_as_the_tables_they_stand_for() {
        for (step, count, rest) in [(16, 9, 3), (32, 9, 0), (32, 10, 5), (48, 20, 7), (16, 8, 4), (65_536, 9, 2)] {
            let rest = (0..rest).map(|number| number * 7 + 1);
            let numbers: Vec<i32> = (0..count).map(|number| number * step).chain(rest).collect();
            let copy = |numbers: &[i32]| -> Vec<i32> {
                let mut table = JavaHashMap::sized_for_copy_of(numbers.len());
                for &number in numbers {
                    table.put(number, ());
                }
                table.keys().copied().collect()
            };
            let (sequence, buckets) = set_copy(&numbers);
            assert_eq!(set_order(&numbers), copy(&numbers), "{step} {count}");
            assert_eq!(in_table_order(&sequence, buckets), copy(&copy(&numbers)), "{step} {count}");
        }
    }

    #[test]
    fn an_unchanged_draft_gives_the_former_record_back() {
        let topic = |low| TopicId { high: 7, low };
        let stored: TargetAssignment =
            [(topic(1), alloc::vec![3, 1]), (topic(2), alloc::vec![20, 4])].into_iter().collect();
        let mut draft = Draft::copy_of(&stored);
        assert!(draft.finish(&stored).is_same_record(&stored));
        assert!(draft.remove(topic(1), 3));
        assert!(!draft.remove(topic(1), 3));
        draft.add(topic(3), 18);
        draft.add(topic(3), 2);
        let changed: TargetAssignment =
            [(topic(1), alloc::vec![1]), (topic(2), alloc::vec![4, 20]), (topic(3), alloc::vec![18, 2])]
                .into_iter()
                .collect();
        assert!(draft.finish(&stored).same_partitions(&changed));
    }
}
