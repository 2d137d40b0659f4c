//! Lists of partitions, one a member, and the answer made of them.

use alloc::vec::Vec;

use protocol::{Partitions, TopicPartition};

use crate::client::GroupAssignment;
use crate::group::{Group, GroupMember};

/// A list a member, in member order.
pub(crate) type Lists = Vec<Vec<TopicPartition>>;

/// The answer: members in `order` (of their numbers) with their lists.
pub(crate) fn answer(group: &Group<'_>, lists: Lists, order: impl Iterator<Item = u32>) -> GroupAssignment {
    let mut lists = lists;
    let members = order.map(|member| {
        let (list, member) = (core::mem::take(&mut lists[member as usize]), &group.members[member as usize]);
        (member.id.clone(), to_hand_on(member, list))
    });
    GroupAssignment { members: members.collect() }
}

/// The answer with the members in member order.
pub(crate) fn answer_in_member_order(group: &Group<'_>, lists: Lists) -> GroupAssignment {
    let members = group.members.iter().zip(lists);
    let members = members.map(|(member, list)| (member.id.clone(), to_hand_on(member, list)));
    GroupAssignment { members: members.collect() }
}

/// A member's list for the answer: the one that it said it owns, if it keeps just that.
fn to_hand_on(member: &GroupMember<'_>, list: Vec<TopicPartition>) -> Partitions {
    let owned = &member.subscription.owned;
    if **owned == *list { owned.clone() } else { list.into() }
}

/// Every partition of every live topic, by topic and number, dealt one by one to the members in turn.
pub(crate) fn deal(group: &Group<'_>, turn: &[u32]) -> Lists {
    let mut lists: Lists = Vec::new();
    lists.resize_with(group.members.len(), Vec::new);
    let step = u32::try_from(turn.len()).expect("no more members than numbers");
    for (first, &member) in (0u32..).zip(turn) {
        let mut list = Vec::with_capacity(((group.partitions + step - 1).saturating_sub(first) / step) as usize);
        let mut partition = first;
        for topic in &group.topics {
            while partition < topic.start + topic.partitions {
                list.push(topic.partition(partition - topic.start));
                partition += step;
            }
        }
        lists[member as usize] = list;
    }
    lists
}

/// Lists in the order of the partitions, from each partition's owner.
pub(crate) fn gather(group: &Group<'_>, owners: &[u32]) -> Lists {
    let mut sizes = alloc::vec![0usize; group.members.len()];
    owners.iter().for_each(|&owner| sizes[owner as usize] += 1);
    let mut lists: Lists = sizes.into_iter().map(Vec::with_capacity).collect();
    for topic in &group.topics {
        for number in 0..topic.partitions {
            lists[owners[(topic.start + number) as usize] as usize].push(topic.partition(number));
        }
    }
    lists
}
