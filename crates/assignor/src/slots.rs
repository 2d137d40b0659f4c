//! The assignment of a group whose members have fixed numbers: no members, no memory, only how many there are.
//!
//! Source: jhollandus/static-group, `assignments.py`. All partitions in one list, breadth first (partition 0 of every
//! topic in the order of names, then partition 1 of every topic that has one, and so on), cut into runs of equal
//! length, the first ones one longer. It is not in [`ASSIGNORS`](crate::ASSIGNORS): it is none of Kafka's, and there is
//! nobody whose subscription it could look at.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use protocol::{TopicName, TopicPartition};

/// The partitions of each of `slots` slots, sorted; no slots: no list. Topics with less than one partition have none.
pub fn assign(topics: &BTreeMap<TopicName, i32>, slots: usize) -> Vec<Vec<TopicPartition>> {
    let longest = topics.values().copied().max().unwrap_or(0);
    let breadth_first = (0..longest).flat_map(|number| {
        let has_one = move |topic: &(&TopicName, &i32)| number < *topic.1;
        topics.iter().filter(has_one).map(move |(topic, _)| TopicPartition::new(topic.clone(), number))
    });
    let all: Vec<TopicPartition> = breadth_first.collect();
    let (mut rest, mut runs) = (all.as_slice(), Vec::with_capacity(slots));
    for slot in 0..slots {
        let (run, after) = rest.split_at(all.len() / slots + usize::from(slot < all.len() % slots));
        let mut run = run.to_vec();
        run.sort_unstable();
        runs.push(run);
        rest = after;
    }
    runs
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::string::String;

    use proptest::prelude::*;

    use super::*;

    fn topics(counts: &[(&str, i32)]) -> BTreeMap<TopicName, i32> {
        counts.iter().map(|(name, count)| (TopicName::new(name), *count)).collect()
    }

    fn said(topics: &[(&str, i32)], slots: usize) -> Vec<String> {
        let list = |run: Vec<TopicPartition>| {
            let names: Vec<String> = run.iter().map(|partition| alloc::format!("{partition}")).collect();
            names.join(" ")
        };
        assign(&self::topics(topics), slots).into_iter().map(list).collect()
    }

    /// What the published code gives.
    #[test]
    fn known_assignments() {
        assert_eq!(said(&[("l", 8)], 3), ["l-0 l-1 l-2", "l-3 l-4 l-5", "l-6 l-7"]);
        assert_eq!(said(&[("a", 10)], 4), ["a-0 a-1 a-2", "a-3 a-4 a-5", "a-6 a-7", "a-8 a-9"]);
        assert_eq!(said(&[("a", 3)], 5), ["a-0", "a-1", "a-2", "", ""]);
        assert_eq!(said(&[("t1", 2), ("t2", 3), ("t3", 1)], 2), ["t1-0 t2-0 t3-0", "t1-1 t2-1 t2-2"]);
        let mixed = ["c-0 c-1 o-0 o-1", "c-2 o-2 o-3", "o-4 o-5 o-6"];
        assert_eq!(said(&[("o", 7), ("c", 3)], 3), mixed);
        let deep = ["l-0 l-1 u-0 u-1", "l-2 l-3 u-2 u-3", "l-4 l-5 l-6 l-7", "l-8 l-9 l-10 l-11"];
        assert_eq!(said(&[("u", 4), ("l", 12)], 4), deep);
        let runs = assign(&topics(&[("location", 128)]), 8);
        assert_eq!((runs[0].len(), runs[7][0].partition.0, runs[7][15].partition.0), (16, 112, 127));
        assert!(assign(&topics(&[("a", 3)]), 0).is_empty() && assign(&topics(&[]), 1) == [[]]);
    }

    /// How many partitions change their slot.
    #[test]
    fn another_number_of_slots_moves_much() {
        let of = |partitions, slots| {
            let mut slot_of = BTreeMap::new();
            for (slot, run) in assign(&topics(&[("t", partitions)]), slots).into_iter().enumerate() {
                slot_of.extend(run.into_iter().map(|partition| (partition, slot)));
            }
            slot_of
        };
        let moved = |before: (i32, usize), after: (i32, usize)| {
            let (before, after) = (of(before.0, before.1), of(after.0, after.1));
            before.iter().filter(|(partition, slot)| after.get(partition) != Some(slot)).count()
        };
        assert_eq!(moved((128, 8), (128, 9)), 57);
        assert_eq!(moved((128, 8), (128, 7)), 69);
        assert_eq!(moved((128, 8), (128, 16)), 120);
        assert_eq!(moved((1024, 64), (1024, 63)), 888);
        assert_eq!(moved((1024, 64), (1024, 65)), 120);
        assert_eq!(moved((128, 8), (129, 8)), 7);
    }

    proptest! {
        #[test]
        fn every_partition_has_one_slot_and_runs_differ_by_one_at_most(
            counts in proptest::collection::vec(0..40_i32, 0..6),
            slots in 1..50_usize,
        ) {
            let topics: BTreeMap<TopicName, i32> =
                counts.iter().enumerate().map(|(n, count)| (TopicName::new(&alloc::format!("t{n}")), *count)).collect();
            let runs = assign(&topics, slots);
            let all: BTreeSet<&TopicPartition> = runs.iter().flatten().collect();
            let sizes = runs.iter().map(Vec::len);
            prop_assert_eq!(runs.len(), slots);
            prop_assert_eq!(all.len(), counts.iter().sum::<i32>() as usize);
            prop_assert_eq!(sizes.clone().sum::<usize>(), all.len());
            prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
        }
    }
}
