//! `UniformAssignor` where subscriptions differ (`UniformHeterogeneousAssignmentBuilder`).
//!
//! Members keep what they still subscribe to; topic by topic what is free goes to the least loaded subscribers; then topic by topic
//! the most loaded subscribers give up partitions to the least loaded, for at most sixteen rounds.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::balancer::Balancer;
use super::draft::Draft;
use super::group::SpecGroup;
use super::target::TargetAssignment;
use crate::error::AssignError;

/// `MAX_ITERATION_COUNT`.
const ROUNDS_MAX: u32 = 16;

/// Nobody.
const NOBODY: u32 = u32::MAX;

/// Assigns.
pub(super) fn assign(group: &SpecGroup<'_>) -> Result<Vec<Arc<TargetAssignment>>, AssignError> {
    if group.topics.is_empty() {
        let nothing = Arc::new(TargetAssignment::new());
        let emptied = |before: &Arc<TargetAssignment>| {
            if before.topics() == 0 { Arc::clone(before) } else { Arc::clone(&nothing) }
        };
        return Ok(group.members.iter().map(|member| emptied(member.target)).collect());
    }
    let mut building = Building::new(group);
    building.keep()?;
    let order = building.topic_order();
    building.fill(&order);
    building.balance(&order);
    let targets = building.drafts.iter().zip(&group.members).map(|(draft, member)| match draft {
        Some(draft) => draft.finish(member.target),
        None => Arc::clone(member.target),
    });
    Ok(targets.collect())
}

struct Building<'a> {
    group: &'a SpecGroup<'a>,
    /// Per topic its subscribers, ascending.
    subscribers: Vec<Vec<u32>>,
    /// Per partition its owner.
    owners: Vec<u32>,
    /// Per member how many partitions it has.
    loads: Vec<u32>,
    /// Per member its draft, if anything changes.
    drafts: Vec<Option<Draft>>,
    /// Whether some partition is in two target assignments.
    doubled: bool,
}

impl<'a> Building<'a> {
    fn new(group: &'a SpecGroup<'a>) -> Self {
        let mut subscribers = vec![Vec::new(); group.topics.len()];
        for member in 0..group.count() {
            group.list(member).topics.iter().for_each(|&topic| subscribers[topic as usize].push(member));
        }
        Self {
            group,
            subscribers,
            owners: vec![NOBODY; group.partitions as usize],
            loads: vec![0; group.members.len()],
            drafts: vec![None; group.members.len()],
            doubled: false,
        }
    }

    /// Members keep what they still subscribe to.
    fn keep(&mut self) -> Result<(), AssignError> {
        let mut ids = self.group.id_finder();
        for (member, spec) in (0u32..).zip(&self.group.members) {
            for (id, partitions) in spec.target.iter() {
                let subscribed = |topic: &u32| self.subscribers[*topic as usize].binary_search(&member).is_ok();
                let Some(topic) = ids.find(id).filter(subscribed) else {
                    draft(&mut self.drafts, self.group, member).remove_topic(id);
                    continue;
                };
                let topic = &self.group.topics[topic as usize];
                for &number in partitions {
                    let partition = topic.partition(number).ok_or(AssignError::IndexOutOfBounds)?;
                    let before = core::mem::replace(&mut self.owners[partition as usize], member);
                    self.doubled |= before != NOBODY;
                    self.loads[member as usize] += 1;
                }
            }
        }
        Ok(())
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
            let free: Vec<u32> = range.filter(|&partition| self.owners[partition as usize] == NOBODY).collect();
            if free.is_empty() {
                continue;
            }
            let (mut balancer, _) = Balancer::new(&self.subscribers[topic as usize], &self.loads);
            for partition in free {
                let member = balancer.least(&self.loads);
                self.give(topic, partition, member);
            }
        }
    }

    fn give(&mut self, topic: u32, partition: u32, member: u32) {
        let live = &self.group.topics[topic as usize];
        let count = u32::try_from(self.subscribers[topic as usize].len()).expect("no more subscribers than members");
        // A new set is made for an even share.
        let share = live.partitions.div_ceil(count) as usize;
        let number = (partition - live.start).cast_signed();
        let buckets = (share * 4 / 3 + 1).next_power_of_two();
        let draft = draft(&mut self.drafts, self.group, member);
        if self.doubled {
            draft.add_again(live.id, number, buckets);
        } else {
            draft.add(live.id, &[number], buckets);
        }
        self.owners[partition as usize] = member;
        self.loads[member as usize] += 1;
    }

    fn take(&mut self, topic: u32, partition: u32) {
        let live = &self.group.topics[topic as usize];
        let owner = self.owners[partition as usize];
        let draft = draft(&mut self.drafts, self.group, owner);
        draft.remove(live.id, (partition - live.start).cast_signed());
        draft.remove_if_empty(live.id);
        self.loads[owner as usize] -= 1;
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
        let (mut balancer, difference) = Balancer::new(&self.subscribers[topic as usize], &self.loads);
        if difference <= 1 {
            return false;
        }
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
        let mut partitions: Vec<u32> = self.group.topics[topic as usize].range().collect();
        partitions.sort_by_key(|&partition| self.owners[partition as usize]);
        let owners = partitions.iter().map(|&partition| self.owners[partition as usize]);
        let mut runs: Vec<(u32, usize, usize)> = Vec::new();
        for (index, owner) in owners.enumerate() {
            match runs.last_mut() {
                Some(run) if run.0 == owner => run.2 = index + 1,
                _ => runs.push((owner, index, index + 1)),
            }
        }
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

/// The member's draft, begun as a copy of what is stored.
fn draft<'d>(drafts: &'d mut [Option<Draft>], group: &SpecGroup<'_>, member: u32) -> &'d mut Draft {
    drafts[member as usize].get_or_insert_with(|| Draft::copy_of(group.members[member as usize].target))
}
