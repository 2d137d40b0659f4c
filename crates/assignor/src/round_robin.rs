//! `RoundRobinAssignor`: all partitions of all topics are dealt to the members in turn.
//!
//! Members in the order of `MemberInfo` form a ring. Each partition goes to the next member of the ring that
//! subscribes to its topic; members passed over lose their turn. What members own and where they stand is ignored.

use alloc::vec;
use alloc::vec::Vec;

use crate::client::GroupAssignment;
use crate::group::Group;
use crate::lists::{self, Lists};

/// Assigns.
pub(crate) fn assign(group: &Group<'_>) -> GroupAssignment {
    let ring = group.member_info_order();
    let lists = if group.lists.len() == 1 { lists::deal(group, &ring) } else { deal_to_subscribers(group, &ring) };
    lists::answer_in_member_order(group, lists)
}

fn deal_to_subscribers(group: &Group<'_>, ring: &[u32]) -> Lists {
    let mut owners = vec![0; group.partitions as usize];
    let mut cursor = 0;
    for (topic, subscribers) in group.topics.iter().zip(subscribers(group, ring)) {
        let first = subscribers.partition_point(|&place| place < cursor);
        for (place, partition) in subscribers.iter().cycle().skip(first % subscribers.len()).zip(topic.range()) {
            owners[partition as usize] = ring[*place as usize];
            cursor = place + 1;
        }
    }
    lists::gather(group, &owners)
}

/// Per live topic the places in `ring` of its subscribers, ascending.
pub(crate) fn subscribers(group: &Group<'_>, ring: &[u32]) -> Vec<Vec<u32>> {
    let mut subscribers = vec![Vec::new(); group.topics.len()];
    for (place, &member) in (0u32..).zip(ring) {
        for &topic in group.topics_of(member as usize) {
            let places: &mut Vec<u32> = &mut subscribers[topic as usize];
            // A hostile subscription may name a topic twice.
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    subscribers
}
