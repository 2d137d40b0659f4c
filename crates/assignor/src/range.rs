//! `RangeAssignor`: topic by topic, each subscriber gets a run of neighbouring partitions.

use alloc::vec::Vec;

use protocol::MemberAssignment;

use crate::client::GroupAssignment;
use crate::group::Group;
use crate::order::member_info_order;

/// Assigns.
pub(crate) fn assign(group: &Group<'_>) -> GroupAssignment {
    let members: Vec<(&str, Option<&str>)> =
        group.members.iter().map(|member| (member.id.as_str(), member.instance.map(|id| id.as_str()))).collect();
    let mut sorted: Vec<usize> = (0..members.len()).collect();
    sorted.sort_by(|&a, &b| member_info_order(members[a], members[b]));
    let mut subscribers: Vec<Vec<usize>> = alloc::vec![Vec::new(); group.topics.len()];
    for &member in &sorted {
        for &topic in group.topics_of(member) {
            let list = &mut subscribers[topic as usize];
            if list.last() != Some(&member) {
                list.push(member);
            }
        }
    }
    let mut lists = alloc::vec![Vec::new(); members.len()];
    for topic in group.topic_table() {
        let live = &group.topics[topic as usize];
        let takers = &subscribers[topic as usize];
        let count = u32::try_from(takers.len()).expect("no more subscribers than members");
        let (quota, extra) = (live.partitions / count, live.partitions % count);
        let mut next = 0;
        for (position, &member) in (0u32..).zip(takers) {
            let end = next + quota + u32::from(position < extra);
            lists[member].extend((next..end).map(|number| live.partition(number)));
            next = end;
        }
    }
    let members = group.members.iter().zip(lists);
    GroupAssignment {
        members: members
            .map(|(member, partitions)| (member.id.clone(), MemberAssignment { partitions, user_data: None }))
            .collect(),
    }
}
