//! The groups of a coordinator: which exist now, and which existed as of the committed offset.
//!
//! A group's own state is always current; only *whether there is such a group* has two answers (Kafka:
//! `GroupMetadataManager.groups`, a timeline map of live objects).

use alloc::boxed::Box;
use alloc::vec::Vec;
use protocol::message::ListedGroup;
use protocol::{GroupId, TopicName};

use crate::arena::{Arena, Key};
use crate::classic::ClassicGroup;
use crate::consumer::ConsumerGroup;
use crate::record::Record;
use crate::timeline::{CommittedView, TimelineTable};

/// A group of some protocol.
#[derive(Debug)]
pub(crate) enum Group {
    /// A group of the classic protocol.
    Classic(Box<ClassicGroup>),
    /// A group of the consumer protocol.
    Consumer(Box<ConsumerGroup>),
}

impl Group {
    /// Its id.
    pub(crate) fn id(&self) -> &GroupId {
        match self {
            Self::Classic(group) => group.id(),
            Self::Consumer(group) => &group.id,
        }
    }

    /// Whether it has no members and nothing goes on in it.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Classic(group) => group.is_empty(),
            Self::Consumer(group) => group.is_empty(),
        }
    }

    /// Whether its members read this topic.
    pub(crate) fn is_subscribed_to(&self, topic: &TopicName) -> bool {
        match self {
            Self::Classic(group) => group.is_subscribed_to(topic),
            Self::Consumer(group) => group.is_subscribed_to(topic),
        }
    }

    /// The group in a list.
    pub(crate) fn listed(&self) -> ListedGroup {
        match self {
            Self::Classic(group) => group.listed(),
            Self::Consumer(group) => group.listed(),
        }
    }

    /// The records that take it away; it has no members.
    pub(crate) fn tombstones(&self) -> Vec<Record> {
        match self {
            Self::Classic(group) => [Record::GroupMetadata { group: group.id().clone(), value: None }].into(),
            Self::Consumer(group) => group.tombstones(),
        }
    }
}

/// Names one life of a group: a group that is deleted and created again is another one.
pub(crate) type GroupKey = Key<Group>;

/// All groups.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    live: TimelineTable<GroupId, GroupKey>,
    committed: CommittedView<GroupId, GroupKey>,
    groups: Arena<Group>,
    /// Consumer groups with changes that are not committed.
    unsettled: Vec<GroupKey>,
}

impl Groups {
    /// The group that has this id now.
    pub(crate) fn find(&self, id: &GroupId) -> Option<GroupKey> {
        self.live.get(id).copied()
    }

    /// The group that had this id as of the committed offset.
    pub(crate) fn find_committed(&self, id: &GroupId) -> Option<GroupKey> {
        self.committed.get(id).copied()
    }

    /// A group.
    pub(crate) fn get(&self, key: GroupKey) -> Option<&Group> {
        self.groups.get(key)
    }

    /// A group, to change.
    pub(crate) fn get_mut(&mut self, key: GroupKey) -> Option<&mut Group> {
        self.groups.get_mut(key)
    }

    /// A classic group.
    pub(crate) fn classic(&self, key: GroupKey) -> Option<&ClassicGroup> {
        match self.groups.get(key)? {
            Group::Classic(group) => Some(group),
            Group::Consumer(_) => None,
        }
    }

    /// A classic group, to change.
    pub(crate) fn classic_mut(&mut self, key: GroupKey) -> Option<&mut ClassicGroup> {
        match self.groups.get_mut(key)? {
            Group::Classic(group) => Some(group),
            Group::Consumer(_) => None,
        }
    }

    /// A classic group that is still there.
    pub(crate) fn live_classic_mut(&mut self, key: GroupKey) -> Option<&mut ClassicGroup> {
        let Self { live, groups, .. } = self;
        match groups.get_mut(key)? {
            Group::Classic(group) if live.get(group.id()) == Some(&key) => Some(group),
            Group::Classic(_) | Group::Consumer(_) => None,
        }
    }

    /// A consumer group.
    pub(crate) fn consumer(&self, key: GroupKey) -> Option<&ConsumerGroup> {
        match self.groups.get(key)? {
            Group::Consumer(group) => Some(group),
            Group::Classic(_) => None,
        }
    }

    /// A consumer group, to change by its records.
    pub(crate) fn consumer_mut(&mut self, key: GroupKey) -> Option<&mut ConsumerGroup> {
        match self.groups.get_mut(key)? {
            Group::Consumer(group) => Some(group),
            Group::Classic(_) => None,
        }
    }

    /// A record of this consumer group is applied.
    pub(crate) fn is_changing(&mut self, key: GroupKey) {
        if !self.unsettled.contains(&key) {
            self.unsettled.push(key);
        }
    }

    /// Puts a group in the place of the one with the same id, if there is one.
    pub(crate) fn put(&mut self, id: GroupId, make: impl FnOnce(GroupKey) -> Group) -> GroupKey {
        let key = self.groups.insert_with(make);
        self.live.put(id.clone(), key);
        self.committed.note(id, Some(key));
        key
    }

    /// The group is there no longer; whoever reads as of the committed offset still sees it.
    pub(crate) fn remove(&mut self, id: &GroupId) -> Option<GroupKey> {
        let key = self.live.remove(id)?;
        self.committed.note(id.clone(), None);
        Some(key)
    }

    /// What has changed so far was written; the log ends at `end`.
    pub(crate) fn seal(&mut self, end: i64) {
        self.committed.seal(end);
        for key in &self.unsettled {
            if let Some(Group::Consumer(group)) = self.groups.get_mut(*key) {
                group.history.seal(end);
            }
        }
    }

    /// Everything before `end` is committed.
    pub(crate) fn advance(&mut self, end: i64) {
        let Self { unsettled, groups, .. } = self;
        unsettled.retain(|key| match groups.get_mut(*key) {
            Some(Group::Consumer(group)) => group.history.advance(end),
            Some(Group::Classic(_)) | None => false,
        });
        for key in self.committed.advance(end) {
            let is_live = self.groups.get(key).is_none_or(|group| self.live.get(group.id()) == Some(&key));
            if !is_live {
                self.groups.remove(key);
            }
        }
    }

    /// The groups that exist now, in Kafka's order.
    pub(crate) fn keys(&self) -> Vec<GroupKey> {
        self.live.iter().map(|(_, key)| *key).collect()
    }

    /// The groups that existed as of the committed offset, in the order of those that still exist, then the others.
    pub(crate) fn committed_keys(&self) -> Vec<GroupKey> {
        let mut keys: Vec<GroupKey> =
            self.live.iter().filter(|(id, key)| self.committed.get(id) == Some(key)).map(|(_, key)| *key).collect();
        keys.extend(self.committed.iter().filter(|(id, key)| self.live.get(id) != Some(key)).map(|(_, key)| *key));
        keys
    }

    /// Number of groups that exist now.
    pub(crate) fn len(&self) -> usize {
        self.live.len()
    }

    /// Panics if a group that exists cannot be found by its key.
    pub(crate) fn check(&self) {
        for (id, key) in self.live.iter() {
            let group = self.get(*key).expect("a live group is in the arena");
            assert_eq!(group.id(), id, "a group is filed under its own id");
        }
    }
}
