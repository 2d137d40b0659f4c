//! The topics that a broker knows: how many partitions each has, and the id it was given when it was created.
//!
//! Kafka draws ids at random. Here the n-th topic created always gets the same id, as scattered as a random one: the
//! ids decide in which order the coordinator's assignors look at topics, and the same scenario shall give the same
//! assignment.

use alloc::collections::BTreeMap;

use coordinator::{MetadataImage, TopicImage};
use protocol::message::{MetadataRequest, TopicMetadata};
use protocol::{TopicId, TopicName};

/// Topics by name.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    counts: BTreeMap<TopicName, i32>,
    image: MetadataImage,
    /// Number of topics created so far.
    created: u64,
}

impl Topics {
    /// How many partitions each topic has.
    pub(crate) fn counts(&self) -> &BTreeMap<TopicName, i32> {
        &self.counts
    }

    /// The topics as the coordinator is told of them.
    pub(crate) fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Sets a topic's number of partitions; a new name is a new topic.
    pub(crate) fn set(&mut self, name: TopicName, partitions: i32) {
        let id = match self.image.get(&name) {
            Some(topic) => topic.id,
            None => {
                self.created += 1;
                nth_id(self.created)
            }
        };
        self.image.insert(name.clone(), TopicImage { id, partitions, initialized: None });
        self.counts.insert(name, partitions);
    }

    /// The topics asked for that exist, by name.
    pub(crate) fn asked<'a>(&'a self, request: &'a MetadataRequest) -> impl Iterator<Item = TopicMetadata> + 'a {
        let wanted = |name: &TopicName| request.topics.as_ref().is_none_or(|topics| topics.contains(name));
        self.image.iter().filter(move |(name, _)| wanted(name)).map(|(name, topic)| TopicMetadata {
            topic_id: topic.id,
            name: name.clone(),
            partitions: topic.partitions,
        })
    }
}

/// The id of the n-th topic: two steps of SplitMix64.
fn nth_id(n: u64) -> TopicId {
    let mix = |step: u64| {
        let mut z = step.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)).cast_signed()
    };
    TopicId { high: mix(2 * n - 1), low: mix(2 * n) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_topic_keeps_its_id_when_it_grows_and_no_two_have_the_same() {
        let mut topics = Topics::default();
        for name in ["b", "a"] {
            topics.set(name.into(), 3);
        }
        let ids = |topics: &Topics| -> Vec<TopicId> {
            topics.asked(&MetadataRequest { topics: None }).map(|topic| topic.topic_id).collect()
        };
        let before = ids(&topics);
        topics.set("a".into(), 4);
        assert_eq!(ids(&topics), before);
        assert_ne!(before[0], before[1]);
        let request = MetadataRequest { topics: Some(["a".into()].into()) };
        let asked: Vec<TopicMetadata> = topics.asked(&request).collect();
        assert_eq!(asked, [TopicMetadata { topic_id: before[0], name: "a".into(), partitions: 4 }]);
    }
}
