//! `UniformAssignor` where all members subscribe to the same topics (`UniformHomogeneousAssignmentBuilder`).
//!
//! Members keep what they have up to their quota, in table order; the others' rest and what nobody had is handed to
//! those with room in one piece each. So a fresh group is filled in contiguous chunks, not one by one.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::assembly::Assembly;
use super::draft::{set_copy, set_order, topic_order};
use super::group::{IdFinder, SpecGroup};
use super::target::TargetAssignment;
use crate::error::AssignError;
use crate::order::copied_set_buckets;

/// Assigns.
pub(super) fn assign(group: &SpecGroup<'_>) -> Result<Vec<TargetAssignment>, AssignError> {
    let mut building = Building {
        group,
        ids: group.id_finder(),
        free: Vec::new(),
        shares: Vec::with_capacity(group.members.len()),
        doubled: false,
    };
    building.gather_free();
    building.keep();
    building.hand_out()
}

/// What is decided about a member before anything is handed out.
struct Share {
    /// How much it may keep.
    quota: u32,
    /// How much it is to be handed.
    room: u32,
    /// Whether it has to give something up.
    loses: bool,
}

struct Building<'a> {
    group: &'a SpecGroup<'a>,
    ids: IdFinder<'a>,
    /// Partitions to hand out: topics with runs of numbers, in order.
    free: Vec<(u32, Range<i32>)>,
    shares: Vec<Share>,
    /// Whether some partition may be in two target assignments.
    doubled: bool,
}

impl Building<'_> {
    /// What nobody has, topics in the order of their set.
    fn gather_free(&mut self) {
        let mut taken = vec![false; self.group.partitions as usize];
        for member in &self.group.members {
            for (id, partitions) in member.target.iter() {
                let Some(topic) = self.ids.find(id) else { continue };
                let topic = &self.group.topics[topic as usize];
                for &number in partitions {
                    // What does not exist is not looked for a second time either.
                    let mark = |partition: u32| core::mem::replace(&mut taken[partition as usize], true);
                    self.doubled |= topic.partition(number).is_none_or(mark);
                }
            }
        }
        for (id, partitions) in self.group.withheld.iter() {
            let Some(topic) = self.ids.find(id) else { continue };
            let topic = &self.group.topics[topic as usize];
            partitions.iter().filter_map(|&number| topic.partition(number)).for_each(|at| taken[at as usize] = true);
        }
        let list = &self.group.lists[0];
        for topic in self.group.topic_table(&list.topics, copied_set_buckets(list.names)) {
            let live = &self.group.topics[topic as usize];
            let mut number = 0;
            for run in taken[live.start as usize..live.range().end as usize].chunk_by(|a, b| a == b) {
                let end = number + i32::try_from(run.len()).expect("a topic's partitions have numbers");
                if !run[0] {
                    self.free.push((topic, number..end));
                }
                number = end;
            }
        }
    }

    /// Members in table order keep up to their quota.
    fn keep(&mut self) {
        let count = self.group.count();
        let least = self.group.partitions / count;
        let mut extra = self.group.partitions % count;
        for member in 0..count {
            let mut bonus = extra > 0;
            let quota = least + u32::from(bonus);
            let (mut room, loses) = self.give_up(member, quota);
            if room > 0 && bonus && count - member > extra {
                // Enough members follow who can take the extra partition.
                room -= 1;
                bonus = false;
            }
            extra -= u32::from(bonus);
            self.shares.push(Share { quota, room, loses });
        }
    }

    /// What the member has above its quota becomes free. Gives the room that is left, and whether anything has to go.
    fn give_up(&mut self, member: u32, quota: u32) -> (u32, bool) {
        let target = self.group.members[member as usize].target;
        let held = u32::try_from(target.len()).expect("no more partitions than numbers");
        if held <= quota && target.iter().all(|(id, _)| self.ids.find(id).is_some()) {
            return (quota - held, false);
        }
        let mut room = quota;
        let stored: Vec<_> = target.iter().collect();
        for position in topic_order(target) {
            let (id, partitions) = stored[position as usize];
            let Some(topic) = self.ids.find(id) else { continue };
            let kept = (room as usize).min(partitions.len());
            if kept < partitions.len() {
                let lost = set_order(partitions).into_iter().skip(kept);
                self.free.extend(lost.map(|number| (topic, number..number.saturating_add(1))));
            }
            room -= u32::try_from(kept).expect("no more than the quota");
        }
        (room, true)
    }

    /// Members with room take it in one piece from what is free.
    fn hand_out(mut self) -> Result<Vec<TargetAssignment>, AssignError> {
        let shares = core::mem::take(&mut self.shares);
        let mut free = core::mem::take(&mut self.free).into_iter();
        let mut begun: Option<(u32, Range<i32>)> = None;
        let mut assembly = Assembly::new(self.group);
        let mut targets = Vec::with_capacity(shares.len());
        for (member, share) in (0u32..).zip(shares) {
            let target = self.group.members[member as usize].target;
            if !share.loses && share.room == 0 {
                targets.push(target.clone());
                continue;
            }
            self.copy(member, share.quota, &mut assembly);
            let mut room = i32::try_from(share.room).expect("no more than all partitions");
            while room > 0 {
                let Some((topic, run)) = begun.take().or_else(|| free.next()) else { break };
                let end = run.end.min(run.start.saturating_add(room));
                room -= end - run.start;
                if end < run.end {
                    begun = Some((topic, end..run.end));
                }
                assembly.add(topic, run.start..end, self.doubled);
            }
            targets.push(assembly.write(target));
        }
        if begun.is_none() && free.next().is_none() { Ok(targets) } else { Err(AssignError::PartitionsLeft) }
    }

    /// Begins the member's target assignment with what it keeps.
    fn copy(&mut self, member: u32, quota: u32, assembly: &mut Assembly<'_>) {
        let target = self.group.members[member as usize].target;
        assembly.begin(member, target.topics());
        if target.topics() == 0 {
            return;
        }
        let mut room = quota as usize;
        let stored: Vec<_> = target.iter().collect();
        for position in topic_order(target) {
            let (id, partitions) = stored[position as usize];
            let Some(topic) = self.ids.find(id) else { continue };
            let (sequence, buckets) = set_copy(partitions);
            if partitions.len() <= room {
                assembly.copy(topic, buckets, sequence.iter().copied());
                room -= partitions.len();
            } else if room > 0 {
                assembly.copy(topic, buckets, set_order(partitions).into_iter().take(room));
                room = 0;
            }
        }
    }
}
