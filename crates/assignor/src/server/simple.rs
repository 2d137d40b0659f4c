//! `SimpleAssignor` of share groups: several members may share a partition.
//!
//! Where all members subscribe to the same topics, all partitions are shared out together
//! (`SimpleHomogeneousAssignmentBuilder`); otherwise topic by topic among its subscribers
//! (`SimpleHeterogeneousAssignmentBuilder`). Nearly everything about the outcome is decided by the iteration order of
//! tables, so they are rebuilt as they are.

use alloc::vec;
use alloc::vec::Vec;

use protocol::java::{JavaHash, JavaHashMap};

use super::draft::{Draft, set_order, topic_order};
use super::group::{IdFinder, SpecGroup};
use super::target::TargetAssignment;
use crate::error::AssignError;
use crate::order::{grown_buckets, roomy_buckets, table_order};

/// Assigns.
pub(super) fn assign(group: &SpecGroup<'_>) -> Result<Vec<TargetAssignment>, AssignError> {
    let mut drafts = vec![None; group.members.len()];
    let everybody: Vec<u32> = (0..group.count()).collect();
    if group.is_homogeneous {
        // The set of names is empty, or there are no members at all.
        let Some(list) = group.lists.first().filter(|list| list.names > 0) else { return Ok(group.emptied()) };
        let mut ids = group.id_finder();
        drop_others(group, &mut ids, &mut drafts);
        let order = table_order(&numbers(&everybody), roomy_buckets(everybody.len()));
        let held = order.into_iter().flat_map(|member| held(group, member, &mut ids)).collect::<Vec<_>>();
        Sharing::new(group, &list.topics, &everybody, false).run(held, &mut drafts)?;
    } else {
        share_by_topic(group, &subscribed_topics(group), &mut drafts)?;
    }
    let targets = drafts.iter().zip(&group.members).map(|(draft, member)| match draft {
        Some(draft) => draft.finish(member.target),
        None => member.target.clone(),
    });
    Ok(targets.collect())
}

/// Topics that the member does not subscribe to leave its draft.
fn drop_others(group: &SpecGroup<'_>, ids: &mut IdFinder<'_>, drafts: &mut [Option<Draft>]) {
    for (draft, member) in drafts.iter_mut().zip(&group.members) {
        for (id, _) in member.target.iter().filter(|&(id, _)| ids.find(id).is_none()) {
            draft.get_or_insert_with(|| Draft::copy_of(member.target)).remove_topic(id);
        }
    }
}

/// What the member has of subscribed topics, in the order of its tables.
fn held(group: &SpecGroup<'_>, member: u32, ids: &mut IdFinder<'_>) -> Vec<(u32, u32, i32)> {
    let target = group.members[member as usize].target;
    let stored: Vec<_> = target.iter().collect();
    let mut held = Vec::with_capacity(target.len());
    for position in topic_order(target) {
        let (id, partitions) = stored[position as usize];
        if let Some(topic) = ids.find(id) {
            held.extend(set_order(partitions).into_iter().map(|partition| (member, topic, partition)));
        }
    }
    held
}

/// All subscribed topics in the order of the set that gathers them.
fn subscribed_topics(group: &SpecGroup<'_>) -> Vec<u32> {
    let mut met = vec![false; group.topics.len()];
    let all = group.lists.iter().flat_map(|list| &list.topics).copied();
    let sequence: Vec<u32> = all.filter(|&topic| !core::mem::replace(&mut met[topic as usize], true)).collect();
    group.topic_table(&sequence, grown_buckets(sequence.len()))
}

fn share_by_topic(group: &SpecGroup<'_>, topics: &[u32], drafts: &mut [Option<Draft>]) -> Result<(), AssignError> {
    let mut subscribers = vec![Vec::new(); group.topics.len()];
    for member in 0..group.count() {
        group.list(member).topics.iter().for_each(|&topic| subscribers[topic as usize].push(member));
    }
    let mut ids = group.id_finder();
    let everybody: Vec<u32> = (0..group.count()).collect();
    let mut held_of: Vec<Vec<(u32, u32, i32)>> = vec![Vec::new(); group.topics.len()];
    for member in table_order(&numbers(&everybody), roomy_buckets(everybody.len())) {
        for (id, partitions) in group.members[member as usize].target.iter() {
            if let Some(topic) = ids.find(id) {
                let ordered = set_order(partitions).into_iter().map(|partition| (member, topic, partition));
                held_of[topic as usize].extend(ordered);
            }
        }
    }
    for &topic in topics {
        let held = core::mem::take(&mut held_of[topic as usize]);
        Sharing::new(group, &[topic], &subscribers[topic as usize], true).run(held, drafts)?;
    }
    Ok(())
}

fn numbers(members: &[u32]) -> Vec<i32> {
    members.iter().map(|member| member.cast_signed()).collect()
}

/// A partition as a key of Java's tables.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    topic: u32,
    partition: i32,
    hash: i32,
}

impl JavaHash for Key {
    fn java_hash(&self) -> i32 {
        self.hash
    }
}

type Members = JavaHashMap<i32, ()>;

/// Sharing out some partitions among some members.
struct Sharing<'a> {
    group: &'a SpecGroup<'a>,
    members: &'a [u32],
    /// Whether partitions are keyed by their number alone.
    one_topic: bool,
    targets: Vec<Key>,
    /// How many members each partition should have.
    sharing: i32,
    /// Per member of the group how many partitions it should have.
    wants: Vec<i32>,
    by_partition: JavaHashMap<Key, Members>,
    by_member: Vec<JavaHashMap<Key, ()>>,
}

impl<'a> Sharing<'a> {
    fn new(group: &'a SpecGroup<'a>, topics: &[u32], members: &'a [u32], one_topic: bool) -> Self {
        let key = |topic: u32, partition: i32| Key {
            topic,
            partition,
            hash: if one_topic { partition } else { hash(group, topic, partition) },
        };
        let targets = topics.iter().flat_map(|&topic| {
            let live = &group.topics[topic as usize];
            let is_ready = move |number: &i32| {
                live.initialized.is_none_or(|ready| ready.get(*number as usize).copied().unwrap_or(false))
            };
            (0..live.partitions.cast_signed()).filter(is_ready).map(move |number| key(topic, number))
        });
        let targets: Vec<Key> = targets.collect();
        let (count, partitions) = (members.len() as i32, targets.len() as i32);
        let sharing = if partitions == 0 { 0 } else { count.wrapping_add(partitions - 1) / partitions };
        // Kafka's own arithmetic, rounding included.
        let share = f64::from(sharing.wrapping_mul(partitions)) / f64::from(count);
        let mut wants = vec![0; group.members.len()];
        for (position, &member) in members.iter().enumerate() {
            wants[member as usize] = ceil(share * (position + 1) as f64) - ceil(share * position as f64);
        }
        let by_partition = JavaHashMap::with_buckets(roomy_buckets(targets.len()));
        let by_member = vec![JavaHashMap::new(); group.members.len()];
        Self { group, members, one_topic, targets, sharing, wants, by_partition, by_member }
    }

    fn run(mut self, held: Vec<(u32, u32, i32)>, drafts: &mut [Option<Draft>]) -> Result<(), AssignError> {
        for (member, topic, partition) in held {
            let hash = if self.one_topic { partition } else { hash(self.group, topic, partition) };
            let key = Key { topic, partition, hash };
            self.by_partition.compute_if_absent(key, Members::new).put(member.cast_signed(), ());
            self.by_member[member as usize].put(key, ());
        }
        self.revoke_overfilled(drafts);
        self.revoke_overshared(drafts);
        for &target in &self.targets {
            self.by_partition.compute_if_absent(target, Members::new);
        }
        self.hand_out(drafts)
    }

    /// A member above its want loses the first ones of its set.
    fn revoke_overfilled(&mut self, drafts: &mut [Option<Draft>]) {
        for (member, keys) in (0u32..).zip(&mut self.by_member) {
            let want = usize::try_from(self.wants[member as usize]).unwrap_or(0);
            let excess: Vec<Key> = keys.keys().copied().take(keys.len().saturating_sub(want)).collect();
            for key in excess {
                keys.remove(&key);
                if let Some(members) = self.by_partition.get_mut(&key) {
                    members.remove(&member.cast_signed());
                }
                change(drafts, self.group, member).remove(self.group.topics[key.topic as usize].id, key.partition);
            }
        }
    }

    /// A partition with too many members loses the first ones of its set.
    fn revoke_overshared(&mut self, drafts: &mut [Option<Draft>]) {
        let (group, sharing) = (self.group, usize::try_from(self.sharing).unwrap_or(0));
        let by_member = &mut self.by_member;
        self.by_partition.for_each_mut(|key, members| {
            let excess: Vec<i32> = members.keys().copied().take(members.len().saturating_sub(sharing)).collect();
            for member in excess {
                members.remove(&member);
                by_member[member as usize].remove(key);
                let draft = change(drafts, group, member.cast_unsigned());
                draft.remove(group.topics[key.topic as usize].id, key.partition);
            }
        });
    }

    /// Partitions with too few members take them from a circular walk over those who want more.
    fn hand_out(&mut self, drafts: &mut [Option<Draft>]) -> Result<(), AssignError> {
        let has = |sharing: &Self, member: u32| sharing.by_member[member as usize].len() as i32;
        let lacking = self.members.iter().copied().filter(|&member| has(self, member) < self.wants[member as usize]);
        let lacking: Vec<u32> = lacking.collect();
        let order = table_order(&numbers(&lacking), roomy_buckets(self.group.members.len()));
        let mut unfilled: Vec<u32> = order.into_iter().map(|position| lacking[position as usize]).collect();
        let mut walk = 0;
        let mut given_on_this_walk = false;
        let by_partition = core::mem::take(&mut self.by_partition);
        for (key, members) in by_partition.iter() {
            let mut missing = self.sharing - members.len() as i32;
            while missing > 0 {
                if walk == unfilled.len() {
                    if !given_on_this_walk {
                        break;
                    }
                    if unfilled.is_empty() {
                        return Err(AssignError::NoSuchElement);
                    }
                    (walk, given_on_this_walk) = (0, false);
                }
                let member = unfilled[walk];
                walk += 1;
                // Only who had the partition before this walk is passed over: who was just given it may be given it
                // again.
                if members.contains_key(&member.cast_signed()) {
                    continue;
                }
                let id = self.group.topics[key.topic as usize].id;
                let draft = change(drafts, self.group, member);
                match self.by_member[member as usize].put(*key, ()) {
                    None => draft.add(id, key.partition),
                    Some(()) => draft.add_again(id),
                }
                missing -= 1;
                given_on_this_walk = true;
                if has(self, member) >= self.wants[member as usize] {
                    walk -= 1;
                    unfilled.remove(walk);
                }
            }
            if unfilled.is_empty() {
                break;
            }
        }
        Ok(())
    }
}

/// `TopicIdPartition.hashCode`.
fn hash(group: &SpecGroup<'_>, topic: u32, partition: i32) -> i32 {
    31i32.wrapping_mul(group.topics[topic as usize].hash).wrapping_add(partition)
}

/// `(int) Math.ceil(value)` for values that are not negative.
fn ceil(value: f64) -> i32 {
    let whole = value as i32;
    if f64::from(whole) < value { whole.saturating_add(1) } else { whole }
}

/// The member's draft, begun as a copy of what is stored.
fn change<'d>(drafts: &'d mut [Option<Draft>], group: &SpecGroup<'_>, member: u32) -> &'d mut Draft {
    drafts[member as usize].get_or_insert_with(|| Draft::copy_of(group.members[member as usize].target))
}
