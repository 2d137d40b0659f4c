//! `RangeAssignor` of the coordinator: the client's range without racks, as ranges of target assignments.
//!
//! The present assignment is ignored.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use protocol::TopicId;

use super::group::SpecGroup;
use super::target::{TargetAssignment, Writer};
use crate::order::copied_map_buckets;
use crate::range::Share;

/// Assigns.
pub(super) fn assign(group: &SpecGroup<'_>) -> Vec<TargetAssignment> {
    // The answer's table is sized by the number of topics; for unequal subscriptions by that of names.
    let tables = group.lists.iter().map(|list| {
        let sized_for = if group.is_homogeneous { list.topics.len() } else { list.names };
        group.topic_table(&list.topics, copied_map_buckets(sized_for))
    });
    let tables: Vec<Vec<u32>> = tables.collect();
    let order = group.member_info_order();
    let mut members_of = vec![0u32; group.lists.len()];
    group.members.iter().for_each(|member| members_of[member.list as usize] += 1);
    let mut subscribers = vec![0u32; group.topics.len()];
    for (list, members) in group.lists.iter().zip(members_of) {
        list.topics.iter().for_each(|&topic| subscribers[topic as usize] += members);
    }
    let share = |topic: u32| Share::new(group.topics[topic as usize].partitions, subscribers[topic as usize]);
    let mut targets = vec![TargetAssignment::new(); group.members.len()];
    let mut writer = Writer::default();
    if let [table] = &tables[..] {
        // Everybody takes from every topic, so the topics in the order of the table are all there is to look at.
        let mut shares: Vec<(TopicId, Share)> =
            table.iter().map(|&topic| (group.topics[topic as usize].id, share(topic))).collect();
        for member in order {
            for (id, share) in &mut shares {
                write(&mut writer, *id, share.take());
            }
            targets[member as usize] = writer.finish_after(group.members[member as usize].target);
        }
        return targets;
    }
    let mut shares: Vec<Share> = (0u32..).zip(&group.topics).map(|(topic, _)| share(topic)).collect();
    for member in order {
        for &topic in &tables[group.members[member as usize].list as usize] {
            write(&mut writer, group.topics[topic as usize].id, shares[topic as usize].take());
        }
        targets[member as usize] = writer.finish_after(group.members[member as usize].target);
    }
    targets
}

fn write(writer: &mut Writer, id: TopicId, run: Range<u32>) {
    if !run.is_empty() {
        writer.push(id, run.len(), run.map(u32::cast_signed));
    }
}
