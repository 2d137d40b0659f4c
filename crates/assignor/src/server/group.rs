//! A group as the coordinator's assignors see it, with small numbers in place of names and ids.
//!
//! Members are numbered in the iteration order of the member table, subscribed live topics by their ids, and
//! partitions by (topic, number).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use protocol::java::{JavaHash, string_hash};
use protocol::{InstanceId, MemberId, TopicId, TopicName};

use super::target::TargetAssignment;
use super::{MemberSpec, MetadataImage, TopicImage};
use crate::MAX_PARTITIONS;
use crate::error::AssignError;
use crate::names::{self, AddressCache};
use crate::order::{self, copied_set_buckets, grown_buckets_from, table_order};

/// The group.
pub(super) struct SpecGroup<'a> {
    pub(super) members: Vec<SpecMember<'a>>,
    /// Topics that somebody subscribes to and that exist, by id.
    pub(super) topics: Vec<SpecTopic<'a>>,
    /// Subscriptions; members that follow each other with the same names share one.
    pub(super) lists: Vec<SpecList>,
    /// Number of partitions of all these topics.
    pub(super) partitions: u32,
    /// Whether every name subscribed to, existing or not, is subscribed to by all members.
    pub(super) is_homogeneous: bool,
    /// What counts as assigned although no member comes with it.
    pub(super) withheld: TargetAssignment,
}

/// One member.
pub(super) struct SpecMember<'a> {
    pub(super) id: &'a MemberId,
    pub(super) instance: Option<&'a InstanceId>,
    pub(super) target: &'a TargetAssignment,
    /// Index into [`SpecGroup::lists`].
    pub(super) list: u32,
}

/// One topic.
pub(super) struct SpecTopic<'a> {
    pub(super) id: TopicId,
    pub(super) hash: i32,
    /// The number that its partition 0 has among all partitions.
    pub(super) start: u32,
    pub(super) partitions: u32,
    pub(super) initialized: Option<&'a [bool]>,
}

/// One subscription.
pub(super) struct SpecList {
    /// Existing topics in the iteration order of the set of names.
    pub(super) topics: Vec<u32>,
    /// Number of names, existing or not.
    pub(super) names: usize,
}

impl SpecTopic<'_> {
    /// The numbers of its partitions among all partitions.
    pub(super) fn range(&self) -> Range<u32> {
        self.start..self.start + self.partitions
    }

    /// The number, among all partitions, of its partition `number`, if it has one.
    pub(super) fn partition(&self, number: i32) -> Option<u32> {
        let number = number.cast_unsigned();
        (number < self.partitions).then(|| self.start + number)
    }
}

impl<'a> SpecGroup<'a> {
    /// Numbers members, topics and partitions. The member table has `held` members at some time.
    pub(super) fn new(specs: &'a [MemberSpec], held: usize, image: &'a MetadataImage) -> Result<Self, AssignError> {
        let ids: Vec<_> = specs.iter().map(|spec| &spec.id).collect();
        let mut interner = Interner::new(image);
        let mut members = Vec::with_capacity(specs.len());
        for position in order::held_name_table_order(&ids, held) {
            let spec = &specs[position as usize];
            members.push(SpecMember {
                id: &spec.id,
                instance: spec.instance_id.as_ref(),
                target: &spec.target,
                list: interner.list(&spec.subscribed),
            });
        }
        let is_homogeneous = interner.is_homogeneous();
        let (topics, numbers, partitions) = interner.live_topics()?;
        let list = |names: Vec<u32>| SpecList {
            names: names.len(),
            topics: names.into_iter().filter_map(|name| numbers[name as usize]).collect(),
        };
        let lists = interner.lists.into_iter().map(list).collect();
        Ok(Self { members, topics, lists, partitions, is_homogeneous, withheld: TargetAssignment::new() })
    }

    /// Number of members.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.members.len()).expect("no more members than numbers")
    }

    /// The member's subscription.
    pub(super) fn list(&self, member: u32) -> &SpecList {
        &self.lists[self.members[member as usize].list as usize]
    }

    /// The target assignments of an answer that names no members: everybody's become empty.
    pub(super) fn emptied(&self) -> Vec<TargetAssignment> {
        vec![TargetAssignment::new(); self.members.len()]
    }

    /// A finder of topics by id.
    pub(super) fn id_finder(&self) -> IdFinder<'_> {
        IdFinder { topics: &self.topics, slots: vec![0; (self.topics.len() * 4).next_power_of_two()] }
    }

    /// Members in the order of `MemberInfo`.
    pub(super) fn member_info_order(&self) -> Vec<u32> {
        let info = |member: &SpecMember<'a>| (member.id.as_str(), member.instance.map(InstanceId::as_str));
        let infos: Vec<_> = self.members.iter().map(info).collect();
        order::member_info_order(&infos)
    }

    /// The hashes of topics.
    pub(super) fn hashes(&self, topics: &[u32]) -> Vec<i32> {
        topics.iter().map(|&topic| self.topics[topic as usize].hash).collect()
    }

    /// The topics in the order of a table of so many buckets into which they were put in this sequence.
    pub(super) fn topic_table(&self, sequence: &[u32], buckets: usize) -> Vec<u32> {
        let order = table_order(&self.hashes(sequence), buckets.max(grown_buckets_from(buckets, sequence.len())));
        order.into_iter().map(|position| sequence[position as usize]).collect()
    }
}

/// Finds topics by id.
pub(super) struct IdFinder<'g> {
    topics: &'g [SpecTopic<'g>],
    /// Topics by a hash of the id; a slot that holds another one is no answer.
    slots: Vec<u32>,
}

impl IdFinder<'_> {
    /// The topic of this id, if it exists and somebody subscribes to it.
    pub(super) fn find(&mut self, id: TopicId) -> Option<u32> {
        let slot = (id.high ^ id.low) as usize & (self.slots.len() - 1);
        let held = self.slots[slot];
        if self.topics.get(held as usize).is_some_and(|topic| topic.id == id) {
            return Some(held);
        }
        let found = self.topics.binary_search_by(|topic| topic.id.cmp(&id)).ok()?;
        self.slots[slot] = u32::try_from(found).expect("fewer topics than numbers");
        Some(self.slots[slot])
    }
}

/// The topics by id, each name's topic, the number of all partitions.
type LiveTopics<'a> = (Vec<SpecTopic<'a>>, Vec<Option<u32>>, u32);

/// Gives every name met a number and every run of equal subscriptions one list.
struct Interner<'a> {
    image: &'a MetadataImage,
    names: Vec<&'a TopicName>,
    by_name: BTreeMap<&'a TopicName, u32>,
    addresses: AddressCache,
    hashes: Vec<i32>,
    /// Per name the list it was met in last.
    met_in: Vec<u32>,
    /// Names in the order of their set.
    lists: Vec<Vec<u32>>,
    last: Option<&'a Arc<[TopicName]>>,
}

impl<'a> Interner<'a> {
    fn new(image: &'a MetadataImage) -> Self {
        Self {
            image,
            names: Vec::new(),
            by_name: BTreeMap::new(),
            addresses: AddressCache::default(),
            hashes: Vec::new(),
            met_in: Vec::new(),
            lists: Vec::new(),
            last: None,
        }
    }

    fn list(&mut self, subscribed: &'a Arc<[TopicName]>) -> u32 {
        if !self.last.is_some_and(|last| Arc::ptr_eq(last, subscribed) || names::are_same(last, subscribed)) {
            self.last = Some(subscribed);
            let this = u32::try_from(self.lists.len()).expect("no more lists than members");
            let mut names: Vec<u32> = Vec::with_capacity(subscribed.len());
            for name in subscribed.iter() {
                let number = self.name(name);
                if core::mem::replace(&mut self.met_in[number as usize], this) != this {
                    names.push(number);
                }
            }
            let hashes: Vec<i32> = names.iter().map(|&name| self.hashes[name as usize]).collect();
            let order = table_order(&hashes, copied_set_buckets(subscribed.len()));
            self.lists.push(order.into_iter().map(|position| names[position as usize]).collect());
        }
        u32::try_from(self.lists.len() - 1).expect("no more lists than members")
    }

    fn name(&mut self, name: &'a TopicName) -> u32 {
        if let Some(number) = self.addresses.get(name) {
            return number;
        }
        let next = u32::try_from(self.names.len()).expect("fewer than 2^32 names");
        let number = *self.by_name.entry(name).or_insert(next);
        if number == next {
            self.names.push(name);
            self.hashes.push(string_hash(name.as_str()));
            self.met_in.push(u32::MAX);
            self.addresses.make_room_for(self.names.len());
        }
        self.addresses.insert(name, number);
        number
    }

    fn is_homogeneous(&self) -> bool {
        let sorted = |list: &Vec<u32>| {
            let mut list = list.clone();
            list.sort_unstable();
            list
        };
        let mut lists = self.lists.iter().map(sorted);
        let Some(first) = lists.next() else { return true };
        lists.all(|list| list == first)
    }

    /// Looks the names up.
    fn live_topics(&self) -> Result<LiveTopics<'a>, AssignError> {
        let names = (0u32..).zip(&self.names).filter_map(|(index, name)| Some((index, self.image.get(name)?)));
        let mut found: Vec<(u32, &TopicImage)> = names.filter(|(_, topic)| topic.partitions > 0).collect();
        found.sort_by_key(|(_, topic)| topic.id);
        let partitions: u64 = found.iter().map(|(_, topic)| u64::from(topic.partitions.cast_unsigned())).sum();
        if partitions > u64::from(MAX_PARTITIONS) {
            return Err(AssignError::TooManyPartitions { partitions, limit: MAX_PARTITIONS });
        }
        let mut numbers = vec![None; self.names.len()];
        let mut topics = Vec::with_capacity(found.len());
        let mut start = 0;
        for (number, (name, topic)) in (0u32..).zip(found) {
            numbers[name as usize] = Some(number);
            let partitions = topic.partitions.cast_unsigned();
            let (id, hash) = (topic.id, topic.id.java_hash());
            topics.push(SpecTopic { id, hash, start, partitions, initialized: topic.initialized.as_deref() });
            start += partitions;
        }
        Ok((topics, numbers, start))
    }
}
