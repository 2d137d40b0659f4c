//! `UniformAssignor` where all members subscribe to the same topics (`UniformHomogeneousAssignmentBuilder`).
//!
//! Members keep what they have up to their quota, in table order; the others' rest and what nobody had is handed to those with
//! room in one piece each. So a fresh group is filled in contiguous chunks, not one by one.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::draft::{Draft, set_order, topic_order};
use super::group::{IdFinder, SpecGroup};
use super::target::TargetAssignment;
use crate::error::AssignError;
use crate::order::{copied_set_buckets, grown_buckets};

/// Assigns.
pub(super) fn assign(group: &SpecGroup<'_>) -> Result<Vec<Arc<TargetAssignment>>, AssignError> {
    let Some(list) = group.lists.first() else { return Ok(Vec::new()) };
    if list.topics.is_empty() {
        let nothing = Arc::new(TargetAssignment::new());
        let emptied = |before: &Arc<TargetAssignment>| {
            if before.topics() == 0 { Arc::clone(before) } else { Arc::clone(&nothing) }
        };
        return Ok(group.members.iter().map(|member| emptied(member.target)).collect());
    }
    let mut building = Building::new(group);
    building.gather_free();
    building.keep();
    building.hand_out()
}

/// Partitions to hand out, in order.
#[derive(Default)]
struct Free {
    topics: Vec<u32>,
    partitions: Vec<i32>,
}

impl Free {
    fn push(&mut self, topic: u32, partition: i32) {
        self.topics.push(topic);
        self.partitions.push(partition);
    }
}

struct Building<'a> {
    group: &'a SpecGroup<'a>,
    ids: IdFinder<'a>,
    free: Free,
    /// Per member its draft, if anything changes.
    drafts: Vec<Option<Draft>>,
    /// Members with room, and how much.
    unfilled: Vec<(u32, u32)>,
    /// Whether some partition may be in two target assignments.
    doubled: bool,
}

impl<'a> Building<'a> {
    fn new(group: &'a SpecGroup<'a>) -> Self {
        let drafts = vec![None; group.members.len()];
        Self { group, ids: group.id_finder(), free: Free::default(), drafts, unfilled: Vec::new(), doubled: false }
    }

    /// What nobody has, topics in the order of their set.
    fn gather_free(&mut self) {
        let mut taken = vec![false; self.group.partitions as usize];
        for member in &self.group.members {
            for (id, partitions) in member.target.iter() {
                let Some(topic) = self.ids.find(id) else { continue };
                let topic = &self.group.topics[topic as usize];
                for &number in partitions {
                    // What does not exist is not looked for a second time either.
                    self.doubled |= topic
                        .partition(number)
                        .is_none_or(|partition| core::mem::replace(&mut taken[partition as usize], true));
                }
            }
        }
        let list = &self.group.lists[0];
        for topic in self.group.topic_table(&list.topics, copied_set_buckets(list.names)) {
            let live = &self.group.topics[topic as usize];
            for partition in live.range().filter(|&partition| !taken[partition as usize]) {
                self.free.push(topic, (partition - live.start).cast_signed());
            }
        }
    }

    /// Members in table order keep up to their quota.
    fn keep(&mut self) {
        let count = self.group.count();
        let quota = self.group.partitions / count;
        let mut extra = self.group.partitions % count;
        for member in 0..count {
            let mut bonus = extra > 0;
            let mut room = self.keep_of(member, quota + u32::from(bonus));
            if room > 0 && bonus && count - member > extra {
                // Enough members follow who can take the extra partition.
                room -= 1;
                bonus = false;
            }
            if room > 0 {
                self.unfilled.push((member, room));
            }
            extra -= u32::from(bonus);
        }
    }

    /// What the member keeps of its topics, in table order; gives the room that is left.
    fn keep_of(&mut self, member: u32, quota: u32) -> u32 {
        let target = self.group.members[member as usize].target;
        let held = u32::try_from(target.len()).expect("no more partitions than numbers");
        if held <= quota && target.iter().all(|(id, _)| self.ids.find(id).is_some()) {
            return quota - held;
        }
        let mut room = quota;
        let mut draft = Draft::copy_of(target);
        let stored: Vec<_> = target.iter().collect();
        for position in topic_order(target) {
            let (id, partitions) = stored[position as usize];
            let Some(topic) = self.ids.find(id) else {
                draft.remove_topic(id);
                continue;
            };
            let size = u32::try_from(partitions.len()).expect("no more partitions than numbers");
            if size <= room {
                room -= size;
                continue;
            }
            let mut order = set_order(partitions);
            let mut kept: Vec<i32> = order.drain(..room as usize).collect();
            kept.sort_unstable();
            draft.retain(id, |partition| kept.binary_search(partition).is_ok());
            order.into_iter().for_each(|partition| self.free.push(topic, partition));
            room = 0;
        }
        self.drafts[member as usize] = Some(draft);
        room
    }

    /// Members with room take it in one piece from what is free.
    fn hand_out(self) -> Result<Vec<Arc<TargetAssignment>>, AssignError> {
        let (topics, partitions) = (&self.free.topics, &self.free.partitions);
        let mut drafts = self.drafts;
        let mut next = 0;
        for (member, room) in self.unfilled {
            let end = topics.len().min(next + room as usize);
            let stored = self.group.members[member as usize].target;
            let draft = drafts[member as usize].get_or_insert_with(|| Draft::copy_of(stored));
            for run in topics[next..end].chunk_by(|a, b| a == b) {
                let topic = &self.group.topics[run[0] as usize];
                let run = &partitions[next..next + run.len()];
                if self.doubled {
                    run.iter().for_each(|&partition| draft.add_again(topic.id, partition, grown_buckets(0)));
                } else {
                    draft.add(topic.id, run, grown_buckets(0));
                }
                next += run.len();
            }
        }
        if next < topics.len() {
            return Err(AssignError::PartitionsLeft);
        }
        let targets = drafts.iter().zip(&self.group.members).map(|(draft, member)| match draft {
            Some(draft) => draft.finish(member.target),
            None => Arc::clone(member.target),
        });
        Ok(targets.collect())
    }
}
