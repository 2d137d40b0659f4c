//! `RangeAssignor`: topic by topic, each subscriber gets a run of neighbouring partitions.
//!
//! Of n partitions and m subscribers, the first n mod m subscribers in the order of `MemberInfo` get one more than
//! the others. Where racks matter, a pass that only gives partitions to members of a replica's rack comes first
//! (`racks`).

mod racks;

use alloc::vec::Vec;
use core::ops::Range;

use protocol::Partitions;

use crate::client::GroupAssignment;
use crate::group::Group;
use crate::lists;
use crate::racks::Racks;

/// Assigns.
pub(crate) fn assign(group: &Group<'_>) -> GroupAssignment {
    let order = group.member_info_order();
    if let Some(racks) = Racks::of(group)
        && let Some(lists) = racks::assign(group, &racks, &order)
    {
        return lists::answer_in_member_order(group, lists);
    }
    let ids = group.members.iter().map(|member| member.id.clone());
    GroupAssignment { members: ids.zip(assign_runs(group, &order)).collect() }
}

/// What there is of one topic for each of its subscribers, and how many of them had theirs.
pub(crate) struct Share {
    quota: u32,
    extra: u32,
    served: u32,
}

impl Share {
    pub(crate) fn new(partitions: u32, subscribers: u32) -> Self {
        // Nobody takes anything of a topic without subscribers.
        let subscribers = subscribers.max(1);
        Self { quota: partitions / subscribers, extra: partitions % subscribers, served: 0 }
    }

    /// The run of partition numbers of the next subscriber.
    pub(crate) fn take(&mut self) -> Range<u32> {
        let start = self.served * self.quota + self.served.min(self.extra);
        let end = start + self.quota + u32::from(self.served < self.extra);
        self.served += 1;
        start..end
    }

    /// How many subscribers from the next one on take as much as that one; nothing: all the others.
    pub(crate) fn alike(&self) -> Option<u32> {
        self.extra.checked_sub(self.served).filter(|&left| left > 0)
    }

    /// Passes over so many subscribers.
    pub(crate) fn pass(&mut self, subscribers: u32) {
        self.served += subscribers;
    }
}

/// The partitions of runs, one after the other; each is of a topic.
fn partitions_of(group: &Group<'_>, runs: &[(u32, Range<u32>)]) -> Partitions {
    let of_run = |(topic, run): &(u32, Range<u32>)| {
        let topic = &group.topics[*topic as usize];
        run.clone().map(|number| topic.partition(number))
    };
    match runs {
        [run] => of_run(run).collect(),
        _ => {
            let mut list = Vec::with_capacity(runs.iter().map(|(_, run)| run.len()).sum());
            runs.iter().for_each(|run| list.extend(of_run(run)));
            list.into()
        }
    }
}

/// Without racks: one member after the other takes its run of each of its topics, in the order of the topic table.
fn assign_runs(group: &Group<'_>, order: &[u32]) -> Vec<Partitions> {
    let mut ranks = alloc::vec![0; group.topics.len()];
    (0u32..).zip(group.topic_table()).for_each(|(rank, topic)| ranks[topic as usize] = rank);
    let tables = group.lists.iter().map(|list| {
        let mut table = list.live.clone();
        table.sort_unstable_by_key(|&topic| ranks[topic as usize]);
        table.dedup();
        table
    });
    let tables: Vec<Vec<u32>> = tables.collect();
    let mut members_of = alloc::vec![0u32; group.lists.len()];
    group.members.iter().for_each(|member| members_of[member.list as usize] += 1);
    let mut subscribers = alloc::vec![0u32; group.topics.len()];
    for (table, members) in tables.iter().zip(members_of) {
        table.iter().for_each(|&topic| subscribers[topic as usize] += members);
    }
    let shares =
        group.topics.iter().zip(&subscribers).map(|(topic, &subscribers)| Share::new(topic.partitions, subscribers));
    let mut shares: Vec<Share> = shares.collect();
    let mut lists = alloc::vec![Partitions::default(); group.members.len()];
    let mut runs = Vec::new();
    for &member in order {
        let table = &tables[group.members[member as usize].list as usize];
        let taken = table.iter().map(|&topic| (topic, shares[topic as usize].take()));
        runs.extend(taken.filter(|(_, run)| !run.is_empty()));
        lists[member as usize] = partitions_of(group, &runs);
        runs.clear();
    }
    lists
}
