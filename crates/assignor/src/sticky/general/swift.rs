//! The general algorithm for ordinary groups, without asking whether the group is balanced.
//!
//! Why that question need not be asked: in an ordinary group every partition is held by a subscriber of its topic and would move
//! to one. A group counts as unbalanced just if some partition's holder has two more than another subscriber of its topic,
//! and that is also what makes a partition move. So a pass over the partitions of a balanced group moves nothing, whether it is
//! broken off or not.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::super::claims::NOBODY;
use super::loads::Loads;
use super::movements::Movements;
use super::recurrence::Recurrence;
use super::{Outcome, Question, score};
use crate::error::AssignError;
use crate::racks::NO_RACK;

/// Answers.
pub(super) fn solve(question: &Question<'_>) -> Result<Outcome, AssignError> {
    let mut solving = Solving::new(question);
    let initializing = solving.loads.all().iter().all(|&load| load == 0);
    let free = solving.free();
    solving.fill(&free);
    let fixed = solving.fixed();
    let before =
        (!initializing).then(|| (solving.holder.clone(), solving.joined.clone(), solving.sizes_without(&fixed)));
    let all =
        solving.stretches(question.topic_order.iter().flat_map(|&topic| question.group.topics[topic as usize].range()));
    if !question.revocation {
        let free = solving.stretches(free.into_iter());
        solving.rebalance(&free)?;
    }
    let changed = solving.rebalance(&all)?;
    if let Some((holder, joined, sizes)) = before
        && changed
        && score(solving.sizes_without(&fixed)) >= score(sizes)
    {
        (solving.holder, solving.joined) = (holder, joined);
    }
    Ok(solving.outcome(&fixed))
}

/// Partitions in the order in which they are looked at, and the runs of one topic in them.
struct Stretches {
    partitions: Vec<u32>,
    topics: Vec<(u32, Range<usize>)>,
}

struct Solving<'a> {
    question: &'a Question<'a>,
    /// Members by rank, and ranks by member.
    members: Vec<u32>,
    /// Per partition the rank of its holder.
    holder: Vec<u32>,
    /// Per partition when it joined its holder's list.
    joined: Vec<u32>,
    clock: u32,
    loads: Loads,
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
        let topics = question.candidates.iter().map(|candidates| candidates.iter().map(rank).collect()).collect();
        let mut joined = question.claims.joined.clone();
        joined.resize(holder.len(), 0);
        Self {
            question,
            clock: joined.iter().copied().max().unwrap_or(0),
            previous: question.previous.iter().map(rank).collect(),
            members,
            holder,
            joined,
            loads: Loads::new(loads, topics),
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
        for &partition in rest {
            let rank = self.loads.least(self.question.topic_of[partition as usize]);
            self.give(partition, rank);
        }
    }

    fn fill_near(&mut self, partition: u32) -> bool {
        let Some(racks) = self.question.racks else { return false };
        let near = |rank: &u32| {
            let rack = racks.members[self.members[*rank as usize] as usize];
            rack == NO_RACK || racks.has_replica(partition, rack)
        };
        let allowed = self.loads.row((0u32..).take(self.members.len()).filter(near));
        let found = self.loads.least_among(self.question.topic_of[partition as usize], &allowed);
        if let Some(rank) = found {
            self.give(partition, rank);
        }
        found.is_some()
    }

    fn give(&mut self, partition: u32, rank: u32) {
        self.loads.raise(rank);
        self.clock += 1;
        self.joined[partition as usize] = self.clock;
        self.holder[partition as usize] = rank;
    }

    /// Per member whether it holds all it can and shares none of it (`canConsumerParticipateInReassignment`).
    fn fixed(&self) -> Vec<bool> {
        let mut fixed = vec![false; self.members.len()];
        for (&member, &load) in self.members.iter().zip(self.loads.all()) {
            fixed[member as usize] = load >= self.question.limits[member as usize];
        }
        for (topic, live) in (0u32..).zip(&self.question.group.topics).filter(|&(t, _)| self.question.is_shared(t)) {
            debug_assert_eq!(self.question.topic_of[live.start as usize], topic);
            for partition in live.range() {
                fixed[self.members[self.holder[partition as usize] as usize] as usize] = false;
            }
        }
        fixed
    }

    fn sizes_without(&self, fixed: &[bool]) -> Vec<u32> {
        let members = self.members.iter().zip(self.loads.all());
        members.filter(|&(&member, _)| !fixed[member as usize]).map(|(_, &load)| load).collect()
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
            let mut least = self.loads.least(*topic);
            for index in run.clone() {
                let partition = list.partitions[index];
                let load = self.loads.load(self.holder[partition as usize]);
                if load <= self.loads.load(least) + 1 {
                    continue;
                }
                let previous = self.previous.get(partition as usize).copied().filter(|&rank| rank != NOBODY);
                let back = previous.filter(|&rank| load > self.loads.load(rank) + 1);
                self.reassign(*topic, partition, back.unwrap_or(least));
                modified = true;
                least = self.loads.least(*topic);
            }
        }
        modified
    }

    fn reassign(&mut self, topic: u32, partition: u32, to: u32) {
        let partition = self.movements.instead_of(topic, partition, self.holder[partition as usize], to);
        let from = self.holder[partition as usize];
        self.movements.record(topic, partition, self.question.hash(partition), from, to);
        self.loads.lower(from);
        self.give(partition, to);
    }

    fn outcome(&self, fixed: &[bool]) -> Outcome {
        let mut lists = vec![Vec::new(); self.members.len()];
        for (partition, &rank) in (0u32..).zip(&self.holder) {
            let list: &mut Vec<u32> = &mut lists[self.members[rank as usize] as usize];
            list.push(partition);
        }
        lists.iter_mut().for_each(|list| list.sort_unstable_by_key(|&partition| self.joined[partition as usize]));
        Outcome { lists, fixed: fixed.to_vec() }
    }
}
