//! Values by partition: a large group's offsets are read and written by the thousand at each rebalance.
//!
//! Contract: an ordered map, and nothing else. Values stand in [stretches](crate::stretch).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::iter;

use protocol::{TopicName, TopicPartition};

use crate::stretch::{self, STRETCH};

type Places<T> = Vec<Option<T>>;
type Stretches<T> = BTreeMap<i32, Places<T>>;

/// Values by partition.
#[derive(Debug)]
pub(crate) struct ByPartition<T> {
    topics: BTreeMap<TopicName, Stretches<T>>,
    len: usize,
}

impl<T> Default for ByPartition<T> {
    fn default() -> Self {
        Self { topics: BTreeMap::new(), len: 0 }
    }
}

/// The stretch of a partition, and its place there.
fn place_of(partition: &TopicPartition) -> (i32, usize) {
    stretch::place_of(partition.partition.0)
}

/// The partitions of a stretch.
fn partitions_of(topic: TopicName, stretch: i32) -> impl Iterator<Item = TopicPartition> {
    (0..STRETCH as i32).map(move |place| TopicPartition::new(topic.clone(), stretch * STRETCH as i32 + place))
}

/// The stretches of a topic.
fn stretches_mut<'a, T>(topics: &'a mut BTreeMap<TopicName, Stretches<T>>, topic: &TopicName) -> &'a mut Stretches<T> {
    if !topics.contains_key(topic) {
        topics.insert(topic.clone(), BTreeMap::new());
    }
    topics.get_mut(topic).expect("it is there or has just been put in")
}

/// A stretch of a topic.
fn places_mut<T>(stretches: &mut Stretches<T>, number: i32) -> &mut Places<T> {
    stretches.entry(number).or_insert_with(|| iter::repeat_with(|| None).take(STRETCH).collect())
}

impl<T> ByPartition<T> {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of a partition.
    pub(crate) fn get(&self, partition: &TopicPartition) -> Option<&T> {
        let (stretch, place) = place_of(partition);
        self.topics.get(&partition.topic)?.get(&stretch)?[place].as_ref()
    }

    /// The value of a partition, to change.
    pub(crate) fn get_mut(&mut self, partition: &TopicPartition) -> Option<&mut T> {
        let (stretch, place) = place_of(partition);
        self.topics.get_mut(&partition.topic)?.get_mut(&stretch)?[place].as_mut()
    }

    /// Puts a value; gives the former one.
    pub(crate) fn insert(&mut self, partition: &TopicPartition, value: T) -> Option<T> {
        if let Some(present) = self.get_mut(partition) {
            return Some(core::mem::replace(present, value));
        }
        let (stretch, place) = place_of(partition);
        places_mut(stretches_mut(&mut self.topics, &partition.topic), stretch)[place] = Some(value);
        self.len += 1;
        None
    }

    /// Does something to the value of each of these partitions, of which it is told the place in the list; a value that
    /// was not there is the default one. Neighbours are found together.
    pub(crate) fn for_each_mut(&mut self, partitions: &[TopicPartition], mut act: impl FnMut(usize, &mut T))
    where
        T: Default,
    {
        let Self { topics, len } = self;
        let mut number = 0;
        for of_topic in partitions.chunk_by(|one, other| one.topic == other.topic) {
            let stretches = stretches_mut(topics, &of_topic[0].topic);
            for run in of_topic.chunk_by(|one, other| place_of(one).0 == place_of(other).0) {
                let places = places_mut(stretches, place_of(&run[0]).0);
                for partition in run {
                    let place = &mut places[place_of(partition).1];
                    *len += usize::from(place.is_none());
                    act(number, place.get_or_insert_default());
                    number += 1;
                }
            }
        }
    }

    /// Shows each of these partitions with its value. Neighbours are found together.
    pub(crate) fn for_each<'a>(
        &'a self,
        partitions: &[TopicPartition],
        mut see: impl FnMut(&TopicPartition, Option<&'a T>),
    ) {
        for partitions in partitions.chunk_by(|one, other| one.topic == other.topic) {
            let stretches = self.topics.get(&partitions[0].topic);
            let mut latest: Option<(i32, Option<&Places<T>>)> = None;
            for partition in partitions {
                let (stretch, place) = place_of(partition);
                let places = match latest {
                    Some((number, places)) if number == stretch => places,
                    _ => stretches.and_then(|stretches| stretches.get(&stretch)),
                };
                latest = Some((stretch, places));
                see(partition, places.and_then(|places| places[place].as_ref()));
            }
        }
    }

    /// Takes a value out.
    pub(crate) fn remove(&mut self, partition: &TopicPartition) -> Option<T> {
        let (stretch, place) = place_of(partition);
        let value = self.topics.get_mut(&partition.topic)?.get_mut(&stretch)?[place].take()?;
        self.len -= 1;
        Some(value)
    }

    /// All of them, in the order of partitions.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TopicPartition, &T)> {
        let stretches =
            self.topics.iter().flat_map(|(topic, all)| all.iter().map(move |(number, it)| (topic, *number, it)));
        stretches.flat_map(|(topic, number, places)| {
            let numbered = partitions_of(topic.clone(), number).zip(places);
            numbered.filter_map(|(partition, value)| Some((partition, value.as_ref()?)))
        })
    }

    /// All of them, in the order of partitions, to keep.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = (TopicPartition, T)> {
        self.topics.into_iter().flat_map(|(topic, stretches)| {
            stretches.into_iter().flat_map(move |(number, places)| {
                let numbered = partitions_of(topic.clone(), number).zip(places);
                numbered.filter_map(|(partition, value)| Some((partition, value?)))
            })
        })
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
            assert!(map.iter().eq(model.iter().map(|(partition, value)| (partition.clone(), value))), "{map:?}");
            assert_eq!(map.is_empty(), model.is_empty());
        }
        for (partition, value) in &model {
            assert_eq!(map.get(partition), Some(value));
            assert_eq!(map.get_mut(partition).copied(), Some(*value));
        }
        assert!(map.into_iter().eq(model));
    }
}
