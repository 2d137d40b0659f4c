//! The topics that the coordinator knows: Kafka's metadata image, as far as groups look at it
//! (`CoordinatorMetadataImage`).
//!
//! Left out on purpose: the racks of replicas, which only make the hash of a group's topics change.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use assignor::server::{MetadataImage, TopicImage};
use protocol::{TopicId, TopicName};

/// Topics by name and by id, and how many images there were.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    image: MetadataImage,
    names: BTreeMap<TopicId, TopicName>,
    /// Running number of the image.
    version: i64,
    /// The version of the last image with a topic that the one before did not have; −1 before the first image since the
    /// partition was taken over.
    with_new_topics: i64,
}

/// What a new image changes.
#[derive(Debug, Default)]
pub(crate) struct TopicsDelta {
    /// Names of topics that are new, gone, or otherwise unlike before.
    pub(crate) touched: Vec<TopicName>,
    /// Names whose topic is gone, even if there is another one of the same name.
    pub(crate) deleted: Vec<TopicName>,
}

impl Topics {
    /// The image.
    pub(crate) fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Its version.
    pub(crate) fn version(&self) -> i64 {
        self.version
    }

    /// The version of the last image that brought a topic.
    pub(crate) fn with_new_topics(&self) -> i64 {
        self.with_new_topics
    }

    /// What is known of a topic; nothing if it does not exist.
    pub(crate) fn get(&self, name: &TopicName) -> Option<&TopicImage> {
        self.image.get(name)
    }

    /// The name of a topic that exists.
    pub(crate) fn name(&self, id: TopicId) -> Option<&TopicName> {
        self.names.get(&id)
    }

    /// The partition is taken over: from now on it counts which images bring topics.
    pub(crate) fn taken_over(&mut self) {
        self.with_new_topics = self.version;
    }

    /// A new image.
    pub(crate) fn replace(&mut self, image: MetadataImage) -> TopicsDelta {
        let mut delta = TopicsDelta::default();
        let mut is_new = false;
        self.version += 1;
        for (name, topic) in image.iter() {
            let old = self.image.get(name);
            is_new |= old.is_none_or(|old| old.id != topic.id);
            if old != Some(topic) {
                delta.touched.push(name.clone());
            }
        }
        for (name, topic) in self.image.iter() {
            match image.get(name) {
                None => delta.touched.push(name.clone()),
                Some(new) if new.id == topic.id => continue,
                Some(_) => {}
            }
            delta.deleted.push(name.clone());
        }
        if is_new {
            self.with_new_topics = self.version;
        }
        self.names = image.iter().map(|(name, topic)| (topic.id, name.clone())).collect();
        self.image = image;
        delta
    }
}
