//! Handing out free partitions to members of a replica's rack (`assignRackAwareRoundRobin`).

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use super::{Building, Free};
use crate::racks::{NO_RACK, Racks};

/// Gives what can be given within racks; what is left over comes back in order.
pub(super) fn run(building: &mut Building<'_>, racks: &Racks, free: Vec<Free>) -> Vec<Free> {
    let mut under = Ring::new(&building.under, racks);
    let mut exact = Queues::new(racks.count);
    building.exact.iter().for_each(|&member| exact.push(member, racks.members[member as usize]));
    let mut left = Vec::new();
    for partition in free {
        let near = racks.of_partition(partition.1);
        if let Some(place) = under.next(near) {
            let member = under.members[place as usize];
            let size = building.give(partition, member);
            if size >= building.least {
                under.remove(place, racks.members[member as usize]);
                if size < building.most && building.over < building.extra {
                    exact.push(member, racks.members[member as usize]);
                }
            }
        } else if let Some(member) = exact.first(near) {
            if building.give(partition, member) == building.most {
                exact.remove(racks.members[member as usize]);
                building.over += 1;
                if building.over == building.extra {
                    exact = Queues::new(racks.count);
                }
            }
        } else {
            left.push(partition);
        }
    }
    building.under = under.remaining();
    building.exact = exact.remaining();
    left
}

/// The members under the least, in a circle, with a cursor that stands after the one served last.
struct Ring {
    members: Vec<u32>,
    present: Vec<bool>,
    /// Per rack the places of its members, ascending.
    places: Vec<Vec<u32>>,
    /// Per rack and index into its places: an index not behind it from which to look for one that is present.
    onwards: Vec<Vec<u32>>,
    cursor: u32,
}

impl Ring {
    fn new(members: &[u32], racks: &Racks) -> Self {
        let mut places = vec![Vec::new(); racks.count];
        for (place, &member) in (0u32..).zip(members) {
            if let Some(places) = places.get_mut(racks.members[member as usize] as usize) {
                places.push(place);
            }
        }
        let onwards = places.iter().map(|places| (0u32..).take(places.len() + 1).collect()).collect();
        Self { members: members.to_vec(), present: vec![true; members.len()], places, onwards, cursor: 0 }
    }

    /// The next place, from the cursor on, of a member in one of these racks; the cursor moves behind it.
    fn next(&mut self, racks: &[u32]) -> Option<u32> {
        let count = u32::try_from(self.members.len()).expect("no more members than numbers");
        let cursor = self.cursor;
        let distance = |place: u32| if place >= cursor { place - cursor } else { place + count - cursor };
        let found = racks.iter().filter_map(|&rack| self.next_in(rack)).min_by_key(|&place| distance(place))?;
        self.cursor = found + 1;
        Some(found)
    }

    fn next_in(&mut self, rack: u32) -> Option<u32> {
        let from = self.places[rack as usize].partition_point(|&place| place < self.cursor);
        self.present_from(rack, from).or_else(|| self.present_from(rack, 0))
    }

    /// The first present place of the rack's, from this index on. Shortens the way for later searches.
    fn present_from(&mut self, rack: u32, index: usize) -> Option<u32> {
        let onwards = &mut self.onwards[rack as usize];
        let mut end = index;
        while onwards[end] as usize != end {
            end = onwards[end] as usize;
        }
        let mut step = index;
        while step != end {
            step = core::mem::replace(&mut onwards[step], u32::try_from(end).expect("an index of a place")) as usize;
        }
        self.places[rack as usize].get(end).copied()
    }

    fn remove(&mut self, place: u32, rack: u32) {
        self.present[place as usize] = false;
        let index = self.places[rack as usize].partition_point(|&other| other < place);
        self.onwards[rack as usize][index] += 1;
    }

    fn remaining(self) -> Vec<u32> {
        self.members.into_iter().zip(self.present).filter_map(|(member, present)| present.then_some(member)).collect()
    }
}

/// The members at the least, a queue a rack, with what they were in one list.
struct Queues {
    /// Members and whether they are still waiting.
    list: Vec<(u32, bool)>,
    /// Per rack indexes into the list.
    racks: Vec<VecDeque<usize>>,
}

impl Queues {
    fn new(racks: usize) -> Self {
        Self { list: Vec::new(), racks: vec![VecDeque::new(); racks] }
    }

    fn push(&mut self, member: u32, rack: u32) {
        if rack != NO_RACK {
            self.racks[rack as usize].push_back(self.list.len());
        }
        self.list.push((member, true));
    }

    /// The first member in one of these racks.
    fn first(&self, racks: &[u32]) -> Option<u32> {
        let index = racks.iter().filter_map(|&rack| self.racks[rack as usize].front()).min()?;
        Some(self.list[*index].0)
    }

    /// Takes out the first member of this rack.
    fn remove(&mut self, rack: u32) {
        if let Some(index) = self.racks[rack as usize].pop_front() {
            self.list[index].1 = false;
        }
    }

    fn remaining(self) -> VecDeque<u32> {
        self.list.into_iter().filter_map(|(member, waits)| waits.then_some(member)).collect()
    }
}
