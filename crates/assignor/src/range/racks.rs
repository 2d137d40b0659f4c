//! Range assignment where racks matter.
//!
//! First a pass that gives partitions only to members of a rack with a replica, then the plain pass over what is
//! left. Topics with the same subscribers and the same number of partitions are co-partitioned: they are handled
//! together, and a member gets the same numbers of all of them.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use crate::group::Group;
use crate::lists::{self, Lists};
use crate::racks::{NO_RACK, Racks};
use crate::round_robin::subscribers;

/// Nobody.
const NOBODY: u32 = u32::MAX;

/// How far the members of one topic are served (`TopicAssignmentState`).
struct Progress<'t> {
    /// Subscribers in order, as members.
    subscribers: &'t [u32],
    quota: u32,
    /// Subscribers that may still get one above the quota.
    extra_left: u32,
    got: Vec<u32>,
}

impl<'t> Progress<'t> {
    fn new(subscribers: &'t [u32], partitions: u32) -> Self {
        let count = u32::try_from(subscribers.len()).expect("no more subscribers than members");
        let got = vec![0; subscribers.len()];
        Self { subscribers, quota: partitions / count, extra_left: partitions % count, got }
    }

    fn room(&self, place: usize) -> u32 {
        (self.quota + u32::from(self.extra_left > 0)).saturating_sub(self.got[place])
    }

    /// A member gets a batch; above the quota it costs one extra, once a batch.
    fn give(&mut self, place: usize, count: u32) {
        if count > 0 {
            self.got[place] += count;
            if self.got[place] > self.quota {
                self.extra_left -= 1;
            }
        }
    }
}

/// Assigns; nothing if no topic needs racks, as the plain pass then answers alone.
pub(super) fn assign(group: &Group<'_>, racks: &Racks, order: &[u32]) -> Option<Lists> {
    let members_of = |places: Vec<u32>| -> Vec<u32> { places.into_iter().map(|place| order[place as usize]).collect() };
    let subscribers: Vec<Vec<u32>> = subscribers(group, order).into_iter().map(members_of).collect();
    let racks_of =
        |members: &'_ [u32]| members.iter().map(|&member| racks.members[member as usize]).collect::<Vec<_>>();
    let needing = group
        .topics
        .iter()
        .zip(&subscribers)
        .map(|(topic, subscribers)| racks.matter(racks_of(subscribers).into_iter(), topic.range()));
    let needing: Vec<bool> = needing.collect();
    if !needing.contains(&true) {
        return None;
    }
    let mut owners = vec![NOBODY; group.partitions as usize];
    let mut groups: BTreeMap<(&[u32], u32), Vec<u32>> = BTreeMap::new();
    for ((index, topic), subscribers) in (0u32..).zip(&group.topics).zip(&subscribers) {
        let named = subscribers.iter().any(|&member| racks.members[member as usize] != NO_RACK);
        groups.entry((subscribers, if named { topic.partitions } else { 0 })).or_default().push(index);
    }
    for ((subscribers, partitions), topics) in groups {
        let starts: Vec<u32> = topics.iter().map(|&topic| group.topics[topic as usize].start).collect();
        if topics.len() > 1 && partitions > 0 {
            let mut progress = Progress::new(subscribers, partitions);
            match_together(racks, &mut progress, &starts, partitions, &mut owners);
            for &topic in &topics {
                fill(&progress, group.topics[topic as usize].range(), &mut owners);
            }
        } else {
            for &topic in &topics {
                let live = &group.topics[topic as usize];
                let mut progress = Progress::new(subscribers, live.partitions);
                if topics.len() == 1 && needing[topic as usize] {
                    match_alone(racks, &mut progress, live.range(), &mut owners);
                }
                fill(&progress, live.range(), &mut owners);
            }
        }
    }
    Some(lists::gather(group, &owners))
}

/// Number by number, the first subscriber with room that has a replica of it near in every topic gets it in every
/// topic.
fn match_together(racks: &Racks, progress: &mut Progress<'_>, starts: &[u32], partitions: u32, owners: &mut [u32]) {
    let mut candidates: Vec<usize> = (0..progress.subscribers.len()).collect();
    for number in 0..partitions {
        let fits = |&place: &usize| {
            let rack = racks.members[progress.subscribers[place] as usize];
            let near = || starts.iter().all(|start| racks.has_replica(start + number, rack));
            progress.room(place) > 0 && (rack == NO_RACK || near())
        };
        let Some(index) = candidates.iter().position(fits) else { continue };
        let place = candidates[index];
        for start in starts {
            owners[(start + number) as usize] = progress.subscribers[place];
        }
        progress.give(place, 1);
        if progress.room(place) == 0 {
            candidates.remove(index);
            if candidates.is_empty() {
                break;
            }
        }
    }
}

/// Each subscriber in order takes the first partitions that have a replica near it, as many as it has room for.
fn match_alone(racks: &Racks, progress: &mut Progress<'_>, topic: core::ops::Range<u32>, owners: &mut [u32]) {
    // Per rack the first partition that may still be free and near; what was passed over is taken or far for good.
    let mut cursors: BTreeMap<u32, u32> = BTreeMap::new();
    for place in 0..progress.subscribers.len() {
        let member = progress.subscribers[place];
        let rack = racks.members[member as usize];
        let cursor = cursors.entry(rack).or_insert(topic.start);
        let room = progress.room(place);
        let mut count = 0;
        while count < room && *cursor < topic.end {
            let near = rack == NO_RACK || racks.has_replica(*cursor, rack);
            if near && owners[*cursor as usize] == NOBODY {
                owners[*cursor as usize] = member;
                count += 1;
            }
            *cursor += 1;
        }
        progress.give(place, count);
    }
}

/// The plain pass over what is left of a topic.
fn fill(progress: &Progress<'_>, topic: core::ops::Range<u32>, owners: &mut [u32]) {
    let mut progress = Progress { got: progress.got.clone(), ..*progress };
    let mut free = topic.filter(|&partition| owners[partition as usize] == NOBODY).collect::<Vec<_>>().into_iter();
    for place in 0..progress.subscribers.len() {
        let room = progress.room(place);
        let mut count = 0;
        for partition in free.by_ref().take(room as usize) {
            owners[partition as usize] = progress.subscribers[place];
            count += 1;
        }
        progress.give(place, count);
    }
}
