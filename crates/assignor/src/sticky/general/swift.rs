//! The general algorithm for ordinary groups, without asking whether the group is balanced.
//!
//! Why that question need not be asked: in an ordinary group every partition is held by a subscriber of its topic and
//! would move to one. A group counts as unbalanced just if some partition's holder has two more than another
//! subscriber of its topic, and that is also what makes a partition move. So a pass over the partitions of a balanced
//! group moves nothing, whether it is broken off or not.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::super::claims::NOBODY;
use super::levels;
use super::loads::{ByLoad, least_of};
use super::movements::Movements;
use super::recurrence::Recurrence;
use super::{Outcome, Question, score};
use crate::error::AssignError;
use crate::racks::NO_RACK;

/// Answers.
pub(super) fn solve(question: &Question<'_>) -> Result<Outcome, AssignError> {
    let mut solving = Solving::new(question);
    let initializing = solving.loads.iter().all(|&load| load == 0);
    let free = solving.free();
    solving.fill(&free);
    let fixed = solving.fixed();
    let before = (!initializing).then(|| (solving.holder.clone(), solving.joined.clone(), solving.loads.clone()));
    let topics = question.topic_order.iter().map(|&topic| question.group.topics[topic as usize].range());
    let all = solving.stretches(topics.flatten());
    if !question.revocation {
        let free = solving.stretches(free.into_iter());
        solving.rebalance(&free)?;
    }
    let changed = solving.rebalance(&all)?;
    if let Some((holder, joined, loads)) = before
        && changed
        && solving.score(&solving.loads, &fixed) >= solving.score(&loads, &fixed)
    {
        (solving.holder, solving.joined, solving.loads) = (holder, joined, loads);
    }
    Ok(solving.outcome(fixed))
}

/// Partitions in the order in which they are looked at, and the runs of one topic in them.
struct Stretches {
    partitions: Vec<u32>,
    topics: Vec<(u32, Range<usize>)>,
}

struct Solving<'a> {
    question: &'a Question<'a>,
    /// Members by rank.
    members: Vec<u32>,
    /// Per topic the ranks of its subscribers, ascending.
    subscribers: Vec<Vec<u32>>,
    /// Per partition the rank of its holder.
    holder: Vec<u32>,
    /// Per partition when it joined its holder's list.
    joined: Vec<u32>,
    clock: u32,
    /// Per rank how many partitions it holds.
    loads: Vec<u32>,
    /// Members by load, once it is needed.
    by_load: Option<ByLoad>,
    /// Per partition the rank of its previous holder; empty if there are none.
    previous: Vec<u32>,
    movements: Movements,
}

impl<'a> Solving<'a> {
    fn new(question: &'a Question<'a>) -> Self {
        let members = question.group.member_id_order();
        let mut ranks = vec![0; members.len()];
        (0u32..).zip(&members).for_each(|(rank, &member)| ranks[member as usize] = rank);
        let rank = |&member: &u32| if member == NOBODY { NOBODY } else { ranks[member as usize] };
        let holder: Vec<u32> = question.holder.iter().map(rank).collect();
        let mut loads = vec![0; members.len()];
        holder.iter().filter(|&&rank| rank != NOBODY).for_each(|&rank| loads[rank as usize] += 1);
        let subscribers = question.candidates.iter().map(|candidates| {
            let mut ranks: Vec<u32> = candidates.iter().map(rank).collect();
            ranks.sort_unstable();
            ranks.dedup();
            ranks
        });
        let subscribers = subscribers.collect();
        let mut joined = question.claims.joined.clone();
        joined.resize(holder.len(), 0);
        Self {
            question,
            clock: joined.iter().copied().max().unwrap_or(0),
            previous: question.previous.iter().map(rank).collect(),
            members,
            subscribers,
            holder,
            joined,
            loads,
            by_load: None,
            movements: Movements::default(),
        }
    }

    /// Partitions nobody holds, in order.
    fn free(&self) -> Vec<u32> {
        let topics = self.question.topic_order.iter().map(|&topic| self.question.group.topics[topic as usize].range());
        topics.flatten().filter(|&partition| self.holder[partition as usize] == NOBODY).collect()
    }

    /// Each free partition goes to the least loaded subscriber; where racks matter, first to those it is near to.
    fn fill(&mut self, free: &[u32]) {
        let mut rest = Vec::new();
        let rest = if self.question.racks.is_some() {
            rest.extend(free.iter().copied().filter(|&partition| !self.fill_near(partition)));
            &rest
        } else {
            free
        };
        // From here on members by load are out of date; they are made anew when something moves.
        self.by_load = None;
        let topic_of = |partition: u32| self.question.topic_of[partition as usize];
        for run in rest.chunk_by(|&a, &b| topic_of(a) == topic_of(b)) {
            let (holder, joined, clock) = (&mut self.holder, &mut self.joined, &mut self.clock);
            levels::deal(run, &self.subscribers[topic_of(run[0]) as usize], &mut self.loads, |partition, rank| {
                *clock += 1;
                joined[partition as usize] = *clock;
                holder[partition as usize] = rank;
            });
        }
    }

    fn fill_near(&mut self, partition: u32) -> bool {
        let Some(racks) = self.question.racks else { return false };
        let near = |rank: &u32| {
            let rack = racks.members[self.members[*rank as usize] as usize];
            rack == NO_RACK || racks.has_replica(partition, rack)
        };
        let by_load = self.by_load.get_or_insert_with(|| ByLoad::new(&self.loads, &self.subscribers));
        let allowed = by_load.row((0u32..).take(self.members.len()).filter(near));
        let topic = self.question.topic_of[partition as usize];
        let found = by_load.least_among(topic, &allowed, &self.loads);
        if let Some(rank) = found {
            self.give(partition, rank);
        }
        found.is_some()
    }

    fn give(&mut self, partition: u32, rank: u32) {
        let load = &mut self.loads[rank as usize];
        *load += 1;
        if let Some(by_load) = &mut self.by_load {
            by_load.change(rank, *load - 1, *load);
        }
        self.clock += 1;
        self.joined[partition as usize] = self.clock;
        self.holder[partition as usize] = rank;
    }

    /// Per member whether it holds all it can and shares none of it (`canConsumerParticipateInReassignment`).
    fn fixed(&self) -> Vec<bool> {
        let mut fixed = vec![false; self.members.len()];
        for (&member, &load) in self.members.iter().zip(&self.loads) {
            fixed[member as usize] = load >= self.question.limits[member as usize];
        }
        for (_, live) in (0u32..).zip(&self.question.group.topics).filter(|&(t, _)| self.question.is_shared(t)) {
            for partition in live.range() {
                fixed[self.members[self.holder[partition as usize] as usize] as usize] = false;
            }
        }
        fixed
    }

    fn score(&self, loads: &[u32], fixed: &[bool]) -> i32 {
        let members = self.members.iter().zip(loads);
        score(members.filter(|&(&member, _)| !fixed[member as usize]).map(|(_, &load)| load).collect())
    }

    /// Those of the partitions whose topics are shared, by topic.
    fn stretches(&self, partitions: impl Iterator<Item = u32>) -> Stretches {
        let topic_of = |&partition: &u32| self.question.topic_of[partition as usize];
        let partitions: Vec<u32> =
            partitions.filter(|partition| self.question.is_shared(topic_of(partition))).collect();
        let mut topics = Vec::new();
        let mut start = 0;
        for run in partitions.chunk_by(|a, b| topic_of(a) == topic_of(b)) {
            topics.push((topic_of(&run[0]), start..start + run.len()));
            start += run.len();
        }
        Stretches { partitions, topics }
    }

    /// Passes over the partitions until one changes nothing (`performReassignments`).
    fn rebalance(&mut self, list: &Stretches) -> Result<bool, AssignError> {
        let mut changed = false;
        let mut recurrence = Recurrence::default();
        while self.pass(list) {
            changed = true;
            if recurrence.is_seen(|| (self.holder.clone(), self.movements.clone())) {
                return Err(AssignError::EndlessLoop);
            }
        }
        Ok(changed)
    }

    fn pass(&mut self, list: &Stretches) -> bool {
        let mut modified = false;
        for (topic, run) in &list.topics {
            let mut least = self.least(*topic);
            for index in run.clone() {
                let partition = list.partitions[index];
                let load = self.loads[self.holder[partition as usize] as usize];
                if load <= self.loads[least as usize] + 1 {
                    continue;
                }
                let previous = self.previous.get(partition as usize).copied().filter(|&rank| rank != NOBODY);
                let back = previous.filter(|&rank| load > self.loads[rank as usize] + 1);
                self.reassign(*topic, partition, back.unwrap_or(least));
                modified = true;
                least = self.least(*topic);
            }
        }
        modified
    }

    fn least(&mut self, topic: u32) -> u32 {
        match &mut self.by_load {
            Some(by_load) => by_load.least(topic, &self.loads),
            None => least_of(&self.subscribers[topic as usize], &self.loads),
        }
    }

    fn reassign(&mut self, topic: u32, partition: u32, to: u32) {
        let by_load = self.by_load.get_or_insert_with(|| ByLoad::new(&self.loads, &self.subscribers));
        let partition = self.movements.instead_of(topic, partition, self.holder[partition as usize], to);
        let from = self.holder[partition as usize];
        self.movements.record(topic, partition, self.question.hash(partition), from, to);
        let load = &mut self.loads[from as usize];
        *load -= 1;
        by_load.change(from, *load + 1, *load);
        self.give(partition, to);
    }

    /// Everybody's list: what joined first comes first.
    fn outcome(&self, fixed: Vec<bool>) -> Outcome {
        let mut by_time = vec![NOBODY; self.clock as usize + 1];
        for (partition, &time) in (0u32..).zip(&self.joined) {
            by_time[time as usize] = partition;
        }
        let mut lists = vec![Vec::new(); self.members.len()];
        for (&member, &load) in self.members.iter().zip(&self.loads) {
            lists[member as usize] = Vec::with_capacity(load as usize);
        }
        for partition in by_time.into_iter().filter(|&partition| partition != NOBODY) {
            lists[self.members[self.holder[partition as usize] as usize] as usize].push(partition);
        }
        Outcome { lists, fixed }
    }
}
