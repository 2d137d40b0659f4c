//! Values by partition: a large group's offsets are read and written by the thousand at each rebalance.
//!
//! Contract: an ordered map, and nothing else. Partitions of a topic are numbered from 0 upwards, so a value is found
//! by its number, in a stretch of [`STRETCH`] places; any number will do, but one by itself takes as much memory as a
//! stretch.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::iter;

use protocol::{TopicName, TopicPartition};

/// So many partitions stand side by side.
const STRETCH: usize = 32;

type Places<T> = Vec<Option<(TopicPartition, T)>>;

/// Values by partition.
#[derive(Debug)]
pub(crate) struct ByPartition<T> {
    topics: BTreeMap<TopicName, BTreeMap<i32, Places<T>>>,
    len: usize,
}

impl<T> Default for ByPartition<T> {
    fn default() -> Self {
        Self { topics: BTreeMap::new(), len: 0 }
    }
}

/// The stretch of a partition, and its place there.
fn place_of(partition: &TopicPartition) -> (i32, usize) {
    let (number, width) = (partition.partition.0, STRETCH as i32);
    (number.div_euclid(width), number.rem_euclid(width) as usize)
}

impl<T> ByPartition<T> {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of a partition.
    pub(crate) fn get(&self, partition: &TopicPartition) -> Option<&T> {
        let (stretch, place) = place_of(partition);
        let (_, value) = self.topics.get(&partition.topic)?.get(&stretch)?[place].as_ref()?;
        Some(value)
    }

    /// The value of a partition, to change.
    pub(crate) fn get_mut(&mut self, partition: &TopicPartition) -> Option<&mut T> {
        let (stretch, place) = place_of(partition);
        let (_, value) = self.topics.get_mut(&partition.topic)?.get_mut(&stretch)?[place].as_mut()?;
        Some(value)
    }

    /// Puts a value; gives the former one.
    pub(crate) fn insert(&mut self, partition: &TopicPartition, value: T) -> Option<T> {
        if let Some(present) = self.get_mut(partition) {
            return Some(core::mem::replace(present, value));
        }
        let (stretch, place) = place_of(partition);
        let stretches = self.topics.entry(partition.topic.clone()).or_default();
        let places = stretches.entry(stretch).or_insert_with(|| iter::repeat_with(|| None).take(STRETCH).collect());
        places[place] = Some((partition.clone(), value));
        self.len += 1;
        None
    }

    /// Takes a value out.
    pub(crate) fn remove(&mut self, partition: &TopicPartition) -> Option<T> {
        let (stretch, place) = place_of(partition);
        let (_, value) = self.topics.get_mut(&partition.topic)?.get_mut(&stretch)?[place].take()?;
        self.len -= 1;
        Some(value)
    }

    /// All of them, in the order of partitions.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&TopicPartition, &T)> {
        let places = self.topics.values().flat_map(BTreeMap::values).flatten().flatten();
        places.map(|(partition, value)| (partition, value))
    }

    /// All of them, in the order of partitions, to keep.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = (TopicPartition, T)> {
        self.topics.into_values().flat_map(BTreeMap::into_values).flatten().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_an_ordered_map_whatever_the_numbers() {
        let mut map = ByPartition::default();
        let mut model = BTreeMap::new();
        let names = [TopicName::new("b"), TopicName::new("a"), TopicName::new("b")];
        let numbers = [0, 1, 31, 32, 33, 1_000, -1, -32, -33, i32::MAX, i32::MIN, 31, 5];
        let partitions =
            names.iter().flat_map(|name| numbers.iter().map(|number| TopicPartition::new(name.clone(), *number)));
        for (value, partition) in partitions.enumerate() {
            assert_eq!(map.insert(&partition, value), model.insert(partition.clone(), value), "{partition}");
            if value % 3 == 0 {
                let gone = TopicPartition::new(partition.topic, numbers[value % 7]);
                assert_eq!(map.remove(&gone), model.remove(&gone), "{gone}");
                assert_eq!(map.get(&gone), None);
            }
            assert!(map.iter().eq(model.iter()), "{map:?}");
            assert_eq!(map.is_empty(), model.is_empty());
        }
        for (partition, value) in &model {
            assert_eq!(map.get(partition), Some(value));
            assert_eq!(map.get_mut(partition).copied(), Some(*value));
        }
        assert!(map.into_iter().eq(model));
    }
}
