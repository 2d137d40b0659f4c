//! The general algorithm step by step as Kafka takes it, for groups in which its oddities show.
//!
//! Members may hold a partition twice or one that does not exist, and partitions may go to members that do not
//! subscribe to their topic; where Kafka's code then throws or goes round for ever, this ends with the matching
//! error.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use super::super::claims::NOBODY;
use super::movements::Movements;
use super::recurrence::Recurrence;
use super::{Outcome, Question, score};
use crate::error::AssignError;
use crate::racks::NO_RACK;

/// Answers.
pub(super) fn solve(question: &Question<'_>) -> Result<Outcome, AssignError> {
    let mut solving = Solving::new(question);
    let initializing = solving.lists.iter().all(Vec::is_empty);
    let free = solving.free();
    solving.fill(&free);
    solving.set_fixed_aside();
    let shared = |partition: &u32| question.is_shared(question.topic_of[*partition as usize]);
    let all: Vec<u32> = all(question).filter(shared).collect();
    let before = solving.lists.clone();
    if !question.revocation {
        let free: Vec<u32> = free.into_iter().filter(shared).collect();
        solving.rebalance(&free)?;
    }
    let changed = solving.rebalance(&all)?;
    if !initializing && changed && solving.score(&solving.lists) >= solving.score(&before) {
        solving.lists = before;
    }
    Ok(Outcome { lists: solving.lists, fixed: solving.fixed })
}

/// All partitions that exist, topics with fewer subscribers first.
fn all<'a>(question: &'a Question<'a>) -> impl Iterator<Item = u32> + 'a {
    question.topic_order.iter().flat_map(|&topic| question.group.topics[topic as usize].range())
}

struct Solving<'a> {
    question: &'a Question<'a>,
    /// Per member the place of its id among all ids.
    ranks: Vec<u32>,
    /// Per member what it holds (`currentAssignment`).
    lists: Vec<Vec<u32>>,
    /// Per partition who was given it last (`currentPartitionConsumer`).
    holder: Vec<u32>,
    /// Members that take part, by size and rank (`sortedCurrentSubscriptions`).
    sorted: BTreeSet<(usize, u32, u32)>,
    fixed: Vec<bool>,
    movements: Movements,
}

impl<'a> Solving<'a> {
    fn new(question: &'a Question<'a>) -> Self {
        let mut ranks = vec![0; question.group.members.len()];
        (0u32..).zip(question.group.member_id_order()).for_each(|(rank, member)| ranks[member as usize] = rank);
        let mut lists = vec![Vec::new(); ranks.len()];
        for (partition, &holder) in (0u32..).zip(&question.holder) {
            if holder != NOBODY {
                lists[holder as usize].push(partition);
            }
        }
        for list in &mut lists {
            list.sort_unstable_by_key(|&partition| question.claims.joined[partition as usize]);
        }
        let mut solving = Self {
            question,
            ranks,
            lists,
            // What was taken away is still on record as held, until it is given to somebody.
            holder: question.claims.holder.clone(),
            sorted: BTreeSet::new(),
            fixed: vec![false; question.group.members.len()],
            movements: Movements::default(),
        };
        solving.holder.resize(question.total(), NOBODY);
        for member in 0..question.group.count() {
            solving.sorted.insert(solving.key(member));
        }
        solving
    }

    fn key(&self, member: u32) -> (usize, u32, u32) {
        (self.lists[member as usize].len(), self.ranks[member as usize], member)
    }

    /// All minus the held, found by walking both in order; a held partition that does not exist stops the walk.
    fn free(&self) -> Vec<u32> {
        let mut rank = vec![0u32; self.question.group.topics.len()];
        (0u32..).zip(&self.question.topic_order).for_each(|(place, &topic)| rank[topic as usize] = place);
        let held = self.lists.iter().flatten().map(|&partition| {
            let number = self.question.name(partition).partition.0;
            (rank[self.question.topic_of[partition as usize] as usize], number)
        });
        let mut held: Vec<(u32, i32)> = held.collect();
        held.sort_unstable();
        let mut held = held.into_iter().peekable();
        let place = |partition: u32| {
            let topic = self.question.topic_of[partition as usize];
            let number = partition - self.question.group.topics[topic as usize].start;
            (rank[topic as usize], number.cast_signed())
        };
        all(self.question).filter(|&partition| held.next_if_eq(&place(partition)).is_none()).collect()
    }

    fn fill(&mut self, free: &[u32]) {
        let mut rest = free.to_vec();
        if self.question.racks.is_some() {
            rest.retain(|&partition| !self.give_to_first(partition, true));
        }
        for partition in rest {
            self.give_to_first(partition, false);
        }
    }

    /// Gives to the first member in order that subscribes to the topic (and is near, if asked). Says whether there is
    /// one.
    fn give_to_first(&mut self, partition: u32, near: bool) -> bool {
        let Some(member) = self.first(partition, |member| !near || !self.question.mismatch(member, partition)) else {
            return false;
        };
        self.sorted.remove(&self.key(member));
        self.lists[member as usize].push(partition);
        self.holder[partition as usize] = member;
        self.sorted.insert(self.key(member));
        true
    }

    fn first(&self, partition: u32, fits: impl Fn(u32) -> bool) -> Option<u32> {
        let subscribers = &self.question.candidates[self.question.topic_of[partition as usize] as usize];
        let mut members = self.sorted.iter().map(|&(_, _, member)| member);
        members.find(|&member| subscribers.binary_search(&member).is_ok() && fits(member))
    }

    fn set_fixed_aside(&mut self) {
        for member in 0..self.question.group.count() {
            let list = &self.lists[member as usize];
            let shared = |&partition: &u32| self.question.is_shared(self.question.topic_of[partition as usize]);
            if list.len() >= self.question.limits[member as usize] as usize && !list.iter().any(shared) {
                self.sorted.remove(&self.key(member));
                self.fixed[member as usize] = true;
            }
        }
    }

    /// Passes over the list until one changes nothing (`performReassignments`).
    fn rebalance(&mut self, list: &[u32]) -> Result<bool, AssignError> {
        let mut changed = false;
        let mut recurrence = Recurrence::default();
        loop {
            if !self.pass(list)? {
                return Ok(changed);
            }
            changed = true;
            if recurrence.is_seen(|| self.state()) {
                return Err(AssignError::EndlessLoop);
            }
        }
    }

    /// Everything that decides about further moves: the order of lists does not.
    fn state(&self) -> (Vec<Vec<u32>>, Vec<u32>, Movements) {
        let mut lists = self.lists.clone();
        lists.iter_mut().for_each(|list| list.sort_unstable());
        (lists, self.holder.clone(), self.movements.clone())
    }

    fn pass(&mut self, list: &[u32]) -> Result<bool, AssignError> {
        let mut modified = false;
        let mut balanced = None;
        for &partition in list {
            let balanced_now = match balanced {
                Some(known) => known,
                None => self.is_balanced()?,
            };
            balanced = Some(balanced_now);
            if balanced_now {
                break;
            }
            if let Some(to) = self.destination(partition)? {
                self.reassign(partition, to)?;
                modified = true;
                balanced = None;
            }
        }
        Ok(modified)
    }

    /// The size of a member that takes part.
    fn size(&self, member: u32) -> Result<usize, AssignError> {
        let absent = member == NOBODY || self.fixed[member as usize];
        if absent { Err(AssignError::NullPointer) } else { Ok(self.lists[member as usize].len()) }
    }

    /// Where the partition should move, if at all.
    fn destination(&self, partition: u32) -> Result<Option<u32>, AssignError> {
        let holder = self.holder[partition as usize];
        let previous = self.question.previous.get(partition as usize).copied().filter(|&member| member != NOBODY);
        if let Some(previous) = previous
            && self.size(holder)? > self.size(previous)? + 1
        {
            return Ok(Some(previous));
        }
        let subscribers = &self.question.candidates[self.question.topic_of[partition as usize] as usize];
        // Same racks first: it changes no destination, but who is looked at before a look fails.
        let near = self.question.racks.filter(|racks| {
            let rack = racks.members[holder as usize];
            rack != NO_RACK && racks.has_replica(partition, rack)
        });
        let in_rack = |&&other: &&u32| {
            near.is_some_and(|racks| {
                let rack = racks.members[other as usize];
                rack != NO_RACK && racks.has_replica(partition, rack)
            })
        };
        for &other in subscribers.iter().filter(in_rack).chain(subscribers) {
            if self.size(holder)? > self.size(other)? + 1 {
                return self.first(partition, |_| true).map(Some).ok_or(AssignError::NullPointer);
            }
        }
        Ok(None)
    }

    fn reassign(&mut self, partition: u32, to: u32) -> Result<(), AssignError> {
        let topic = self.question.topic_of[partition as usize];
        let partition = self.movements.instead_of(topic, partition, self.holder[partition as usize], to);
        let from = self.holder[partition as usize];
        self.size(from)?;
        self.size(to)?;
        self.sorted.remove(&self.key(from));
        self.sorted.remove(&self.key(to));
        self.movements.record(topic, partition, self.question.hash(partition), from, to);
        let list = &mut self.lists[from as usize];
        if let Some(index) = list.iter().position(|&held| held == partition) {
            list.remove(index);
        }
        self.lists[to as usize].push(partition);
        self.holder[partition as usize] = to;
        self.sorted.insert(self.key(to));
        self.sorted.insert(self.key(from));
        Ok(())
    }

    /// Whether no partition could move to a member with at least two fewer (`isBalanced`).
    fn is_balanced(&self) -> Result<bool, AssignError> {
        let (Some(first), Some(last)) = (self.sorted.first(), self.sorted.last()) else {
            return Err(AssignError::NoSuchElement);
        };
        if first.0 + 1 >= last.0 {
            return Ok(true);
        }
        let mut owner = vec![NOBODY; self.question.total()];
        let mut twice: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (member, list) in (0u32..).zip(&self.lists).filter(|&(member, _)| !self.fixed[member as usize]) {
            for &partition in list {
                let before = core::mem::replace(&mut owner[partition as usize], member);
                if before != NOBODY {
                    twice.entry(partition).or_insert_with(|| vec![before]).push(member);
                }
            }
        }
        let topics = self.question.group.topics.iter();
        let largest: Vec<usize> = topics
            .map(|live| {
                live.range()
                    .map(|partition| self.size(owner[partition as usize]))
                    .try_fold(0, |most, size| size.map(|size| most.max(size)))
            })
            .map(|largest| largest.unwrap_or(usize::MAX))
            .collect();
        for &(size, _, member) in &self.sorted {
            if size == self.question.limits[member as usize] as usize {
                continue;
            }
            for &topic in self.question.group.topics_of(member as usize) {
                if largest[topic as usize] <= size + 1 {
                    continue;
                }
                for partition in self.question.group.topics[topic as usize].range() {
                    let also = |twice: &Vec<u32>| twice.contains(&member);
                    if owner[partition as usize] == member || twice.get(&partition).is_some_and(also) {
                        continue;
                    }
                    if size + 1 < self.size(owner[partition as usize])? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn score(&self, lists: &[Vec<u32>]) -> i32 {
        let members = lists.iter().zip(&self.fixed).filter(|&(_, &fixed)| !fixed);
        score(members.map(|(list, _)| u32::try_from(list.len()).expect("no more than all partitions")).collect())
    }
}
