//! The algorithm for unequal subscriptions (`GeneralAssignmentBuilder`).
//!
//! Everybody keeps what it owns and still subscribes to; what is free goes to the least loaded subscriber; then
//! partition after partition moves from a more loaded member to a less loaded subscriber until no move levels
//! anything. Kafka asks before every single step whether the group is balanced, by looking at every partition of
//! every member.
//!
//! `swift` gives the same answer for groups in which that question cannot change the outcome, which is nearly every
//! group. `literal` follows Kafka's steps one by one, for the others: partitions that do not exist, and stale claims
//! to topics that the claimer has left. Tests hold the two against each other.

mod levels;
mod literal;
mod loads;
mod movements;
mod recurrence;
mod swift;
mod withhold;

#[cfg(test)]
mod general_test;

use alloc::vec;
use alloc::vec::Vec;

use protocol::{Generation, TopicPartition};

use super::claims::{Claims, NOBODY};
use crate::client::GroupAssignment;
use crate::error::AssignError;
use crate::group::Group;
use crate::lists;
use crate::order::grown_buckets;
use crate::racks::{NO_RACK, Racks};

/// Assigns.
pub(super) fn assign(
    group: &Group<'_>,
    claims: &Claims,
    racks: Option<&Racks>,
    max_generation: Generation,
    withhold: bool,
) -> Result<GroupAssignment, AssignError> {
    let question = Question::new(group, claims, racks, max_generation);
    let mut outcome = if question.is_ordinary() { swift::solve(&question)? } else { literal::solve(&question)? };
    let order = question.answer_order(&outcome.fixed);
    if withhold {
        withhold::withhold(claims, &mut outcome.lists, &order, question.total());
    }
    let lists = outcome.lists.iter().map(|list| list.iter().map(|&partition| question.name(partition)).collect());
    Ok(lists::answer(group, lists.collect(), order.into_iter()))
}

/// Who got what.
pub(super) struct Outcome {
    /// Per member its partitions, in the order of Java's list.
    lists: Vec<Vec<u32>>,
    /// Per member whether it was set aside before balancing.
    fixed: Vec<bool>,
}

/// Everything the algorithm starts from.
struct Question<'a> {
    group: &'a Group<'a>,
    claims: &'a Claims,
    /// Racks, if they matter.
    racks: Option<&'a Racks>,
    /// Per topic its subscribers, in member order.
    candidates: Vec<Vec<u32>>,
    /// Topics by number of subscribers, then name.
    topic_order: Vec<u32>,
    /// Per partition its topic.
    topic_of: Vec<u32>,
    /// Per partition the member that held it last before the present generation; empty if there is no such member.
    previous: Vec<u32>,
    /// Per partition who keeps it, once what members may not keep is taken away.
    holder: Vec<u32>,
    /// Whether something was taken away (`revocationRequired`).
    revocation: bool,
    /// Per member the number of partitions of all its topics (`getMaxAssignmentSize`).
    limits: Vec<u32>,
}

impl<'a> Question<'a> {
    fn new(group: &'a Group<'a>, claims: &'a Claims, racks: Option<&'a Racks>, max_generation: Generation) -> Self {
        let racks = racks.filter(|racks| racks.matter(racks.members.iter().copied(), 0..group.partitions));
        let mut candidates = vec![Vec::new(); group.topics.len()];
        let mut limits = Vec::with_capacity(group.members.len());
        for member in 0..group.count() {
            let topics = group.topics_of(member as usize);
            topics.iter().for_each(|&topic| candidates[topic as usize].push(member));
            let partitions = topics.iter().map(|&topic| group.topics[topic as usize].partitions);
            limits.push(if topics.len() == group.topics.len() {
                group.partitions
            } else {
                partitions.fold(0, u32::wrapping_add)
            });
        }
        let mut topic_order: Vec<u32> = (0u32..).zip(&group.topics).map(|(topic, _)| topic).collect();
        topic_order.sort_by_key(|&topic| candidates[topic as usize].len());
        let topics = (0u32..).zip(&group.topics);
        let mut topic_of: Vec<u32> =
            topics.flat_map(|(topic, live)| core::iter::repeat_n(topic, live.partitions as usize)).collect();
        topic_of.extend(claims.unknown.iter().map(|&(topic, _)| topic));
        let mut question = Self {
            group,
            claims,
            racks,
            candidates,
            topic_order,
            topic_of,
            previous: previous_holders(group, claims, max_generation),
            holder: claims.holder.clone(),
            revocation: false,
            limits,
        };
        question.holder.resize(question.total(), NOBODY);
        question.clean();
        question
    }

    /// Number of partitions, those that do not exist included.
    fn total(&self) -> usize {
        self.topic_of.len()
    }

    /// Takes away what a member does not subscribe to any more, or what is in the wrong rack.
    fn clean(&mut self) {
        let mut subscribes = vec![NOBODY; self.group.members.len()];
        let unknown = (self.group.partitions..).zip(&self.claims.unknown);
        let mut unknown: Vec<(u32, u32)> = unknown.map(|(partition, &(topic, _))| (topic, partition)).collect();
        unknown.sort_unstable();
        for (topic, live) in (0u32..).zip(&self.group.topics) {
            self.candidates[topic as usize].iter().for_each(|&member| subscribes[member as usize] = topic);
            let unknown = unknown.iter().filter(|&&(of, _)| of == topic).map(|&(_, partition)| partition);
            for partition in live.range().chain(unknown) {
                let holder = self.holder[partition as usize];
                if holder == NOBODY {
                    continue;
                }
                if subscribes[holder as usize] != topic || self.mismatch(holder, partition) {
                    self.holder[partition as usize] = NOBODY;
                    self.revocation = true;
                }
            }
        }
    }

    /// Whether racks matter and the partition has no replica in the member's.
    fn mismatch(&self, member: u32, partition: u32) -> bool {
        self.racks.is_some_and(|racks| {
            let rack = racks.members[member as usize];
            rack != NO_RACK && (partition >= self.group.partitions || !racks.has_replica(partition, rack))
        })
    }

    /// Whether a topic has enough subscribers for its partitions to be moved.
    fn is_shared(&self, topic: u32) -> bool {
        self.candidates[topic as usize].len() >= 2
    }

    /// Whether every partition claimed exists and would, if moved back, go to a member that subscribes to its topic.
    fn is_ordinary(&self) -> bool {
        if !self.claims.unknown.is_empty() {
            return false;
        }
        if self.previous.is_empty() {
            return true;
        }
        let mut subscribes = vec![NOBODY; self.group.members.len()];
        (0u32..).zip(&self.group.topics).filter(|&(topic, _)| self.is_shared(topic)).all(|(topic, live)| {
            self.candidates[topic as usize].iter().for_each(|&member| subscribes[member as usize] = topic);
            let mut before = live.range().map(|partition| self.previous[partition as usize]);
            before.all(|member| member == NOBODY || subscribes[member as usize] == topic)
        })
    }

    /// Members in the order of the answer's table: those set aside are put back last.
    fn answer_order(&self, fixed: &[bool]) -> Vec<u32> {
        let count = self.group.members.len();
        if !fixed.contains(&true) {
            return (0..self.group.count()).collect();
        }
        let potential = self.group.table_order_of(0..self.group.count(), count.next_power_of_two());
        let aside: Vec<u32> = potential.into_iter().filter(|&member| fixed[member as usize]).collect();
        let buckets = grown_buckets(aside.len());
        let aside = self.group.table_order_of(aside, buckets);
        let others = (0..self.group.count()).filter(|&member| !fixed[member as usize]);
        self.group.table_order_of(others.chain(aside), grown_buckets(count))
    }

    fn name(&self, partition: u32) -> TopicPartition {
        let live = &self.group.topics[self.topic_of[partition as usize] as usize];
        match partition.checked_sub(self.group.partitions) {
            None => live.partition(partition - live.start),
            Some(unknown) => {
                let (_, number) = self.claims.unknown[unknown as usize];
                TopicPartition::new(live.name.clone(), number)
            }
        }
    }

    /// The hash that decides between partitions moved alike.
    fn hash(&self, partition: u32) -> i32 {
        protocol::java::JavaHash::java_hash(&self.name(partition))
    }
}

/// Per partition the member with the highest generation among those that lag behind and say they own it
/// (`prepopulateCurrentAssignments`).
fn previous_holders(group: &Group<'_>, claims: &Claims, max_generation: Generation) -> Vec<u32> {
    let mut previous = Vec::new();
    let mut generations = Vec::new();
    for (member, &generation) in (0u32..).zip(&claims.generations) {
        let said = claims.said(member);
        if generation >= max_generation || said.is_empty() {
            continue;
        }
        if previous.is_empty() {
            let total = group.partitions as usize + claims.unknown.len();
            previous = vec![NOBODY; total];
            generations = vec![Generation::NONE; total];
        }
        for &partition in said {
            let index = partition as usize;
            if previous[index] == NOBODY || generation > generations[index] {
                previous[index] = member;
                generations[index] = generation;
            }
        }
    }
    previous
}

/// `getBalanceScore`: the sum of all differences between two members' sizes, in Java's 32 bits.
fn score(mut sizes: Vec<u32>) -> i32 {
    sizes.sort_unstable();
    let mut before = 0u32;
    let mut score = 0u32;
    for (count, size) in (0u32..).zip(sizes) {
        score = score.wrapping_add(size.wrapping_mul(count)).wrapping_sub(before);
        before = before.wrapping_add(size);
    }
    score.cast_signed()
}
