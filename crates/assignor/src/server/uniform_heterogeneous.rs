//! `UniformAssignor` where subscriptions differ (`UniformHeterogeneousAssignmentBuilder`).
//!
//! Members keep what they still subscribe to; topic by topic what is free goes to the least loaded subscribers; then
//! topic by topic the most loaded subscribers give up partitions to the least loaded, for at most sixteen rounds.

use alloc::vec;
use alloc::vec::Vec;

use super::balancer::Balancer;
use super::draft::set_copy;
use super::group::{IdFinder, SpecGroup};
use super::ledger::{Ledger, NOBODY};
use super::target::TargetAssignment;
use crate::error::AssignError;
use crate::order::copied_map_buckets;

/// `MAX_ITERATION_COUNT`.
const ROUNDS_MAX: u32 = 16;

/// Assigns.
pub(super) fn assign(group: &SpecGroup<'_>) -> Result<Vec<TargetAssignment>, AssignError> {
    let mut building = Building::new(group);
    building.keep()?;
    let order = building.topic_order();
    building.fill(&order);
    building.balance(&order);
    Ok(building.ledger.finish())
}

struct Building<'a> {
    group: &'a SpecGroup<'a>,
    /// Per topic its subscribers, ascending.
    subscribers: Vec<Vec<u32>>,
    ids: IdFinder<'a>,
    /// Per topic the last member that subscribes to it and was asked about.
    asked_of: Vec<u32>,
    ledger: Ledger<'a>,
    /// Per member how many partitions it has.
    loads: Vec<u32>,
}

impl<'a> Building<'a> {
    fn new(group: &'a SpecGroup<'a>) -> Self {
        let mut subscribers = vec![Vec::new(); group.topics.len()];
        for member in 0..group.count() {
            group.list(member).topics.iter().for_each(|&topic| subscribers[topic as usize].push(member));
        }
        let (ids, ledger) = (group.id_finder(), Ledger::new(group));
        let asked_of = vec![NOBODY; group.topics.len()];
        Self { group, subscribers, ids, asked_of, ledger, loads: vec![0; group.members.len()] }
    }

    /// Members keep what they still subscribe to.
    fn keep(&mut self) -> Result<(), AssignError> {
        for (member, spec) in (0u32..).zip(&self.group.members) {
            let topics = self.subscribed(member);
            if topics.contains(&None) {
                self.ledger.change(member, &topics);
            }
            for (topic, (_, partitions)) in topics.into_iter().zip(spec.target.iter()) {
                let Some(topic) = topic else { continue };
                let live = &self.group.topics[topic as usize];
                for &number in &*set_copy(partitions).0 {
                    let partition = live.partition(number).ok_or(AssignError::IndexOutOfBounds)?;
                    self.ledger.hold(partition, member);
                    self.loads[member as usize] += 1;
                }
            }
        }
        Ok(())
    }

    /// Which topics of its target assignment the member subscribes to, in the order of the record.
    fn subscribed(&mut self, member: u32) -> Vec<Option<u32>> {
        let target = self.group.members[member as usize].target;
        let mut topics = Vec::with_capacity(target.topics());
        if target.topics() > 0 {
            let list = &self.group.list(member).topics;
            list.iter().for_each(|&topic| self.asked_of[topic as usize] = member);
            let subscribed = |&topic: &u32| self.asked_of[topic as usize] == member;
            topics.extend(target.iter().map(|(id, _)| self.ids.find(id).filter(subscribed)));
        }
        topics
    }

    /// Topics by partitions per subscriber, descending, then number of subscribers, then id.
    fn topic_order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0u32..).zip(&self.group.topics).map(|(topic, _)| topic).collect();
        let partitions = |topic: u32| u64::from(self.group.topics[topic as usize].partitions);
        let subscribers = |topic: u32| self.subscribers[topic as usize].len() as u64;
        // Kafka divides in floating point, which tells apart all fractions that counts of this size can make.
        order.sort_by(|&a, &b| {
            let ratios = (partitions(b) * subscribers(a)).cmp(&(partitions(a) * subscribers(b)));
            ratios.then(subscribers(a).cmp(&subscribers(b))).then(a.cmp(&b))
        });
        order
    }

    fn fill(&mut self, order: &[u32]) {
        for &topic in order {
            let range = self.group.topics[topic as usize].range();
            let free: Vec<u32> = range.filter(|&partition| self.ledger.owner(partition) == NOBODY).collect();
            if free.is_empty() {
                continue;
            }
            let mut balancer = Balancer::new(&self.subscribers[topic as usize], &self.loads);
            for partition in free {
                let member = balancer.least(&self.loads);
                self.give(topic, partition, member);
            }
        }
    }

    fn give(&mut self, topic: u32, partition: u32, member: u32) {
        self.begin(member);
        let count = u32::try_from(self.subscribers[topic as usize].len()).expect("no more subscribers than members");
        // A new set is made for an even share.
        let share = self.group.topics[topic as usize].partitions.div_ceil(count) as usize;
        self.ledger.add(topic, partition, member, copied_map_buckets(share));
        self.loads[member as usize] += 1;
    }

    fn take(&mut self, topic: u32, partition: u32) {
        let owner = self.ledger.owner(partition);
        self.begin(owner);
        self.ledger.revoke(topic, partition, owner);
        self.loads[owner as usize] -= 1;
    }

    /// Begins the member's table if anything is changed for the first time.
    fn begin(&mut self, member: u32) {
        if !self.ledger.is_changed(member) {
            let topics = self.subscribed(member);
            self.ledger.change(member, &topics);
        }
    }

    /// Rounds over the shared topics until none of a whole round changed.
    fn balance(&mut self, order: &[u32]) {
        let shared = order.iter().copied().filter(|&topic| self.subscribers[topic as usize].len() >= 2);
        let shared: Vec<u32> = shared.collect();
        let mut last_changed = None;
        for _ in 0..ROUNDS_MAX {
            for &topic in &shared {
                if last_changed == Some(topic) {
                    return;
                }
                if self.balance_topic(topic) || last_changed.is_none() {
                    last_changed = Some(topic);
                }
            }
        }
    }

    /// Moves partitions of one topic from the most to the least loaded of its subscribers. Says whether any moved.
    fn balance_topic(&mut self, topic: u32) -> bool {
        let subscribers = &self.subscribers[topic as usize];
        let loads = || subscribers.iter().map(|&member| self.loads[member as usize]);
        if loads().max() <= loads().min().map(|least| least + 1) {
            return false;
        }
        let mut balancer = Balancer::new(subscribers, &self.loads);
        let mut owned = self.owned_by(topic);
        let mut moved = false;
        while !balancer.is_balanced() {
            let Some(from) = balancer.most(&self.loads) else { break };
            let Some(partition) = owned.pop_last_of(from) else {
                balancer.exclude();
                continue;
            };
            let to = balancer.least(&self.loads);
            if balancer.is_balanced() {
                break;
            }
            self.take(topic, partition);
            self.give(topic, partition, to);
            moved = true;
        }
        moved
    }

    /// The topic's partitions by owner, as they are now.
    fn owned_by(&self, topic: u32) -> OwnedBy {
        let range = self.group.topics[topic as usize].range();
        let mut keys: Vec<u64> = range.map(|p| u64::from(self.ledger.owner(p)) << 32 | u64::from(p)).collect();
        keys.sort_unstable();
        let mut runs = Vec::new();
        let mut start = 0;
        for run in keys.chunk_by(|a, b| a >> 32 == b >> 32) {
            runs.push(((run[0] >> 32) as u32, start, start + run.len()));
            start += run.len();
        }
        let partitions = keys.into_iter().map(|key| key as u32).collect();
        OwnedBy { partitions, runs }
    }
}

/// Partitions of one topic, those of an owner together, and per owner which of them are left.
struct OwnedBy {
    partitions: Vec<u32>,
    runs: Vec<(u32, usize, usize)>,
}

impl OwnedBy {
    fn pop_last_of(&mut self, owner: u32) -> Option<u32> {
        let run = self.runs.binary_search_by_key(&owner, |run| run.0).ok()?;
        let (_, start, end) = &mut self.runs[run];
        if start == end {
            return None;
        }
        *end -= 1;
        Some(self.partitions[*end])
    }
}
