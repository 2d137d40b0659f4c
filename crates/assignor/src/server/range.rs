//! `RangeAssignor` of the coordinator: the client's range without racks, as ranges of target assignments.
//!
//! The present assignment is ignored.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::group::SpecGroup;
use super::target::TargetAssignment;
use crate::order::copied_map_buckets;
use crate::range::Share;

/// Assigns.
pub(super) fn assign(group: &SpecGroup<'_>) -> Vec<Arc<TargetAssignment>> {
    // The answer's table is sized by the number of topics; for unequal subscriptions by that of names.
    let tables = group.lists.iter().map(|list| {
        let sized_for = if group.is_homogeneous { list.topics.len() } else { list.names };
        group.topic_table(&list.topics, copied_map_buckets(sized_for))
    });
    let tables: Vec<Vec<u32>> = tables.collect();
    let table_of = |member: u32| &tables[group.members[member as usize].list as usize];
    let order = group.member_info_order();
    let mut subscribers = vec![0u32; group.topics.len()];
    order.iter().flat_map(|&member| table_of(member)).for_each(|&topic| subscribers[topic as usize] += 1);
    let shares = group.topics.iter().zip(&subscribers);
    let mut shares: Vec<Share> = shares.map(|(topic, &count)| Share::new(topic.partitions, count)).collect();
    let mut targets: Vec<Arc<TargetAssignment>> =
        group.members.iter().map(|member| Arc::clone(member.target)).collect();
    for member in order {
        let table = table_of(member);
        let mut target = TargetAssignment::with_capacity(table.len(), table.len());
        for &topic in table {
            let run = shares[topic as usize].take();
            if !run.is_empty() {
                target.push(group.topics[topic as usize].id, run.map(u32::cast_signed));
            }
        }
        let before = &mut targets[member as usize];
        if !target.same_partitions(before) {
            *before = Arc::new(target);
        }
    }
    targets
}
