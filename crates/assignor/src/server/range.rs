//! `RangeAssignor` of the coordinator: the client's range without racks, as ranges of target assignments.
//!
//! The present assignment is ignored.

use alloc::vec;
use alloc::vec::Vec;

use protocol::TopicId;

use super::group::{SpecGroup, SpecList};
use super::target::{Row, TargetAssignment, Writer};
use crate::order::copied_map_buckets;
use crate::range::Share;

/// Assigns.
pub(super) fn assign(group: &SpecGroup<'_>) -> Vec<TargetAssignment> {
    let order = group.member_info_order();
    if let Some(&first) = order.first().filter(|_| group.is_homogeneous) {
        // The first member's topics are everybody's: others may have put the same names in another sequence.
        let topics = &group.list(first).topics;
        let table = group.topic_table(topics, copied_map_buckets(topics.len()));
        let share = |&topic: &u32| {
            let live = &group.topics[topic as usize];
            (live.id, Share::new(live.partitions, group.count()))
        };
        return assign_alike(group, &order, table.iter().map(share).collect());
    }
    // The table of a member's answer is sized by the number of names.
    let table = |list: &SpecList| group.topic_table(&list.topics, copied_map_buckets(list.names));
    let tables: Vec<Vec<u32>> = group.lists.iter().map(table).collect();
    let mut members_of = vec![0u32; group.lists.len()];
    group.members.iter().for_each(|member| members_of[member.list as usize] += 1);
    let mut subscribers = vec![0u32; group.topics.len()];
    for (list, members) in group.lists.iter().zip(members_of) {
        list.topics.iter().for_each(|&topic| subscribers[topic as usize] += members);
    }
    let share = |topic: u32| Share::new(group.topics[topic as usize].partitions, subscribers[topic as usize]);
    if let [table] = &tables[..] {
        let shares = table.iter().map(|&topic| (group.topics[topic as usize].id, share(topic))).collect();
        return assign_alike(group, &order, shares);
    }
    let mut targets = group.emptied();
    let mut writer = Writer::default();
    let mut shares: Vec<Share> = (0u32..).zip(&group.topics).map(|(topic, _)| share(topic)).collect();
    for member in order {
        for &topic in &tables[group.members[member as usize].list as usize] {
            let run = shares[topic as usize].take();
            if !run.is_empty() {
                writer.push(group.topics[topic as usize].id, run.len(), run.map(u32::cast_signed));
            }
        }
        targets[member as usize] = writer.finish_after(group.members[member as usize].target);
    }
    targets
}

/// Everybody takes from every topic, the topics in the order of the table. Neighbours in the order of members take
/// equally much nearly always, so that only the numbers differ between their records.
fn assign_alike(group: &SpecGroup<'_>, order: &[u32], mut shares: Vec<(TopicId, Share)>) -> Vec<TargetAssignment> {
    let mut targets = group.emptied();
    let mut row = Row::default();
    let mut rest = order;
    while !rest.is_empty() {
        let alike = shares.iter().filter_map(|(_, share)| share.alike()).min();
        let alike = alike.map_or(rest.len(), |alike| rest.len().min(alike as usize));
        let (now, later) = rest.split_at(alike);
        row.begin(shares.iter_mut().map(|(id, share)| (*id, share.take())));
        // Without partitions nothing is written, and nobody after these has any.
        if row.is_empty() {
            break;
        }
        for &member in now {
            targets[member as usize] = row.take_after(group.members[member as usize].target);
        }
        shares.iter_mut().for_each(|(_, share)| share.pass(alike as u32 - 1));
        rest = later;
    }
    targets
}
