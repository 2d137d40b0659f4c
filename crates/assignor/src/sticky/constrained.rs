//! The algorithm for equal subscriptions (`ConstrainedAssignmentBuilder`).

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use protocol::TopicPartition;

use super::claims::{Claims, NOBODY};
use crate::error::AssignError;
use crate::group::Group;
use crate::order::sorted_positions;

/// Assigns: a list a member, in member order. With `withhold` partitions that somebody may still hold are left out.
pub(crate) fn assign(
    group: &Group<'_>,
    claims: &Claims,
    withhold: bool,
) -> Result<Vec<Vec<TopicPartition>>, AssignError> {
    let count = group.members.len() as u32;
    if count == 0 {
        return Ok(Vec::new());
    }
    let (lo, extra) = (group.partitions / count, group.partitions % count);
    let hi = lo + u32::from(extra > 0);
    let mut owned = vec![0u32; group.members.len()];
    for (partition, &holder) in (0u32..).zip(&claims.holder) {
        if holder != NOBODY && !claims.disputed.contains(&partition) {
            owned[holder as usize] += 1;
        }
    }
    let (mut over, mut under, mut exact) = (0, Vec::new(), Vec::new());
    let mut keep = Vec::with_capacity(owned.len());
    for (member, &owned) in (0u32..).zip(&owned) {
        keep.push(if owned < lo {
            under.push(member);
            owned
        } else if owned >= hi && over < extra {
            over += 1;
            if over == extra {
                exact.clear();
            }
            hi
        } else {
            if over < extra {
                exact.push(member);
            }
            lo
        });
    }
    let mut lists: Vec<Vec<TopicPartition>> = (0..count).map(|_| Vec::with_capacity(hi as usize)).collect();
    let mut taken = vec![0u32; owned.len()];
    let mut kept = vec![false; group.partitions as usize];
    let most = group.topics.iter().map(|topic| topic.partitions).max().unwrap_or(0);
    for number in 0..most {
        for topic in group.topics.iter().filter(|topic| topic.partitions > number) {
            let partition = topic.start + number;
            let holder = claims.holder[partition as usize];
            if holder != NOBODY
                && !claims.disputed.contains(&partition)
                && taken[holder as usize] < keep[holder as usize]
            {
                taken[holder as usize] += 1;
                kept[partition as usize] = true;
                lists[holder as usize].push(topic.partition(number));
            }
        }
    }
    let ids: Vec<&str> = group.members.iter().map(|member| member.id.as_str()).collect();
    let sort = |members: Vec<u32>| -> VecDeque<u32> {
        let names: Vec<&str> = members.iter().map(|&member| ids[member as usize]).collect();
        sorted_positions(&names).into_iter().map(|position| members[position as usize]).collect()
    };
    let (mut under, mut exact) = (sort(under), sort(exact));
    for topic in &group.topics {
        for number in 0..topic.partitions {
            let partition = topic.start + number;
            if kept[partition as usize] {
                continue;
            }
            let member = under.pop_front().or_else(|| exact.pop_front()).ok_or(AssignError::IllegalState)?;
            taken[member as usize] += 1;
            if taken[member as usize] == lo {
                exact.push_back(member);
            } else if taken[member as usize] < lo {
                under.push_back(member);
            }
            let before = claims.holder[partition as usize];
            let transferring = claims.disputed.contains(&partition) || (before != NOBODY && before != member);
            if !(withhold && transferring) {
                lists[member as usize].push(topic.partition(number));
            }
        }
    }
    if under.is_empty() { Ok(lists) } else { Err(AssignError::IllegalState) }
}
