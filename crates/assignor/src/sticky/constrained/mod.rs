//! The algorithm for equal subscriptions (`ConstrainedAssignmentBuilder`).
//!
//! Everybody gets P div N partitions or one more. Members keep what they own up to that, in member order; the rest is
//! dealt to those with room, first within racks where racks matter (`rack_pass`), then one by one.

mod keep;
mod rack_pass;

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use super::claims::Claims;
use crate::error::AssignError;
use crate::group::Group;
use crate::lists::{self, Lists};
use crate::order::sorted_positions;
use crate::racks::{NO_RACK, Racks};

/// Assigns. With `withhold`, partitions that somebody else may still hold are left out of the lists (cooperative
/// rebalancing).
pub(super) fn assign(
    group: &Group<'_>,
    claims: &Claims,
    racks: Option<&Racks>,
    withhold: bool,
) -> Result<Lists, AssignError> {
    if group.members.is_empty() {
        return Ok(Lists::new());
    }
    if claims.are_none() && racks.is_none() {
        return Ok(lists::deal(group, &group.member_id_order()));
    }
    // Racks that make no difference still decide in which order partitions are handed out.
    let matter = racks.filter(|racks| racks.matter(racks.members.iter().copied(), 0..group.partitions));
    let mut building = Building::new(group, claims, matter, withhold);
    building.keep();
    building.sort_unfilled();
    let mut free = building.free();
    if let Some(racks) = racks {
        let mut members_in = vec![0u32; racks.count];
        racks.members.iter().filter(|&&rack| rack != NO_RACK).for_each(|&rack| members_in[rack as usize] += 1);
        let popularity: Vec<u32> =
            racks.sets.iter().map(|set| set.iter().map(|&rack| members_in[rack as usize]).sum()).collect();
        free.sort_by_key(|&(_, partition)| popularity[racks.partitions[partition as usize] as usize]);
    }
    if let Some(racks) = matter {
        free = rack_pass::run(&mut building, racks, free);
    }
    building.plain_pass(free)?;
    Ok(building.lists)
}

/// A topic and the number, among all partitions, of a partition of it.
type Free = (u32, u32);

struct Building<'a> {
    group: &'a Group<'a>,
    claims: &'a Claims,
    /// Racks, if they matter.
    racks: Option<&'a Racks>,
    withhold: bool,
    /// What everybody gets at least, and at most.
    least: u32,
    most: u32,
    /// Members that may get more than the least, and that do so far.
    extra: u32,
    over: u32,
    /// Members with fewer than the least.
    under: Vec<u32>,
    /// Members with exactly the least that may get one more.
    exact: VecDeque<u32>,
    /// Per member how many it was given, withheld ones included.
    sizes: Vec<u32>,
    lists: Lists,
    /// Per partition whether its holder keeps it.
    kept: Vec<bool>,
    /// From this partition on everything counts as free, kept or not.
    forgotten_from: u32,
}

impl<'a> Building<'a> {
    fn new(group: &'a Group<'a>, claims: &'a Claims, racks: Option<&'a Racks>, withhold: bool) -> Self {
        let count = u32::try_from(group.members.len()).expect("no more members than numbers");
        let (least, extra) = (group.partitions / count, group.partitions % count);
        let most = least + u32::from(extra > 0);
        Self {
            group,
            claims,
            racks,
            withhold,
            least,
            most,
            extra,
            over: 0,
            under: Vec::new(),
            exact: VecDeque::new(),
            sizes: vec![0; group.members.len()],
            lists: (0..count).map(|_| Vec::with_capacity(most as usize)).collect(),
            kept: vec![false; (group.partitions as usize).max(claims.holder.len())],
            forgotten_from: u32::MAX,
        }
    }

    fn sort_unfilled(&mut self) {
        let sort = |members: &[u32]| -> Vec<u32> {
            let ids: Vec<&str> =
                members.iter().map(|&member| self.group.members[member as usize].id.as_str()).collect();
            sorted_positions(&ids).into_iter().map(|position| members[position as usize]).collect()
        };
        let under = sort(&self.under);
        let exact = sort(self.exact.make_contiguous());
        self.under = under;
        self.exact = exact.into();
    }

    /// What nobody keeps, by topic and number.
    fn free(&self) -> Vec<Free> {
        let mut free = Vec::new();
        for (topic, live) in (0u32..).zip(&self.group.topics) {
            let partitions = live.range();
            let is_free = |partition: &u32| !self.kept[*partition as usize] || *partition >= self.forgotten_from;
            free.extend(partitions.filter(is_free).map(|partition| (topic, partition)));
        }
        free
    }

    fn give(&mut self, (topic, partition): Free, member: u32) -> u32 {
        let size = &mut self.sizes[member as usize];
        *size += 1;
        let size = *size;
        if !(self.withhold && self.is_transferring(partition, member)) {
            let topic = &self.group.topics[topic as usize];
            self.lists[member as usize].push(topic.partition(partition - topic.start));
        }
        size
    }

    /// Whether somebody else may still hold what this member is given.
    fn is_transferring(&self, partition: u32, member: u32) -> bool {
        let held_by = || self.claims.holder(partition).filter(|_| !self.kept[partition as usize]);
        self.claims.disputed.contains(&partition) || held_by().is_some_and(|holder| holder != member)
    }

    /// One by one to the members under the least in turn; when all have it, one each to members at the least.
    fn plain_pass(&mut self, free: Vec<Free>) -> Result<(), AssignError> {
        let mut under: VecDeque<u32> = core::mem::take(&mut self.under).into();
        for partition in free {
            let Some(member) = under.pop_front().or_else(|| self.exact.pop_front()) else {
                return Err(AssignError::IllegalState);
            };
            let size = self.give(partition, member);
            if size < self.least {
                under.push_back(member);
            } else if size == self.least {
                self.exact.push_back(member);
            }
        }
        if under.is_empty() { Ok(()) } else { Err(AssignError::IllegalState) }
    }
}
