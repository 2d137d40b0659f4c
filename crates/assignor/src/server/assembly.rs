//! Writing one member's new target assignment after the other, in the order of Java's tables.
//!
//! Kafka copies a member's `HashMap` of topic ids to `HashSet`s of partitions, removes from the copy and adds to it;
//! the iteration order of what comes of it is the order of the record. Here a member's partitions come as runs of
//! neighbouring numbers, and the memory for them is used again for the next member.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use protocol::java::LONG_CHAINS_FROM;

use super::group::SpecGroup;
use super::target::{TargetAssignment, Writer};
use crate::order::{chain_key, grown_buckets, grown_buckets_from, number_buckets, number_order, place_in_chain};

/// A `HashSet` of partitions of one topic.
#[derive(Clone, Copy)]
struct Set {
    topic: u32,
    count: usize,
    buckets: usize,
    /// Whether it came by `computeIfAbsent`, which puts it at the head of its bucket, rather than with the copy.
    is_computed: bool,
    /// Its first and its last run.
    runs: (u32, u32),
}

/// One member's table, and memory for writing it down.
pub(super) struct Assembly<'a> {
    group: &'a SpecGroup<'a>,
    buckets: usize,
    sets: Vec<Set>,
    /// Numbers of a set in the sequence in which they went in, each run with the next of its set.
    runs: Vec<(Range<i32>, u32)>,
    /// Per topic the place of its set, if it is that of the present member.
    places: Vec<(u32, u32)>,
    member: u32,
    places_in_order: Vec<u64>,
    numbers: Vec<i32>,
    numbers_in_order: Vec<u64>,
    writer: Writer,
}

/// No run.
const NONE: u32 = u32::MAX;

impl<'a> Assembly<'a> {
    /// Nothing written yet.
    pub(super) fn new(group: &'a SpecGroup<'a>) -> Self {
        Self {
            group,
            buckets: 1,
            sets: Vec::new(),
            runs: Vec::new(),
            places: vec![(u32::MAX, 0); group.topics.len()],
            member: 0,
            places_in_order: Vec::new(),
            numbers: Vec::new(),
            numbers_in_order: Vec::new(),
            writer: Writer::default(),
        }
    }

    /// Begins with a copy of a target assignment of so many topics. Each member is written once.
    pub(super) fn begin(&mut self, member: u32, topics: usize) {
        self.member = member;
        self.buckets = grown_buckets_from(topics.next_power_of_two(), topics);
        self.sets.clear();
        self.runs.clear();
    }

    /// A topic of the copy, whose set came with so many buckets and keeps these partitions. Topics come in the order
    /// of the stored table.
    pub(super) fn copy(&mut self, topic: u32, buckets: usize, kept: impl Iterator<Item = i32>) {
        let place = self.place(topic, buckets, false);
        for number in kept {
            let last = self.sets[place as usize].runs.1;
            match self.runs.get_mut(last as usize) {
                Some((run, _)) if run.end == number => {
                    run.end += 1;
                    self.sets[place as usize].count += 1;
                }
                _ => self.put(place, number..number.saturating_add(1)),
            }
        }
    }

    /// More partitions of a topic. With `again`, some may be there already.
    pub(super) fn add(&mut self, topic: u32, numbers: Range<i32>, again: bool) {
        // Java computes once a partition, and a second call for a topic that is there may double the table.
        let place = self.compute(topic);
        if numbers.len() > 1 {
            self.compute(topic);
        }
        let held = self.sets[place as usize].count;
        if again {
            for number in numbers {
                if !self.runs_of(place as usize).any(|run| run.contains(&number)) {
                    self.put(place, number..number.saturating_add(1));
                }
            }
        } else {
            self.put(place, numbers);
        }
        let set = self.sets[place as usize];
        self.sets[place as usize].buckets = if set.buckets >= LONG_CHAINS_FROM || set.runs.0 == set.runs.1 {
            // Neighbours spread over all buckets.
            grown_buckets_from(set.buckets, set.count)
        } else {
            let mut sequence = core::mem::take(&mut self.numbers);
            sequence.clear();
            sequence.extend(self.runs_of(place as usize).flat_map(Range::clone));
            let buckets = number_buckets(set.buckets, held, &sequence);
            self.numbers = sequence;
            buckets
        };
    }

    fn put(&mut self, place: u32, run: Range<i32>) {
        let next = u32::try_from(self.runs.len()).expect("no more runs than partitions");
        let set = &mut self.sets[place as usize];
        set.count += run.len();
        let last = core::mem::replace(&mut set.runs.1, next);
        match self.runs.get_mut(last as usize) {
            Some((_, following)) => *following = next,
            None => set.runs.0 = next,
        }
        self.runs.push((run, NONE));
    }

    fn runs_of(&self, place: usize) -> impl Iterator<Item = &Range<i32>> {
        let first = self.runs.get(self.sets[place].runs.0 as usize);
        core::iter::successors(first, |(_, next)| self.runs.get(*next as usize)).map(|(run, _)| run)
    }

    fn compute(&mut self, topic: u32) -> u32 {
        if self.sets.len() > self.buckets * 3 / 4 {
            self.buckets *= 2;
        }
        match self.places[topic as usize] {
            (member, place) if member == self.member => place,
            _ => self.place(topic, grown_buckets(0), true),
        }
    }

    fn place(&mut self, topic: u32, buckets: usize, is_computed: bool) -> u32 {
        let place = u32::try_from(self.sets.len()).expect("no more sets than topics");
        self.places[topic as usize] = (self.member, place);
        self.sets.push(Set { topic, count: 0, buckets, is_computed, runs: (NONE, NONE) });
        place
    }

    /// The record of what is there; if it is the same as before, the former record.
    pub(super) fn write(&mut self, before: &TargetAssignment) -> TargetAssignment {
        if let [_] = self.sets[..] {
            self.write_set(0);
            return self.writer.finish_after(before);
        }
        self.places_in_order.clear();
        for (place, set) in self.sets.iter().enumerate() {
            let hash = self.group.topics[set.topic as usize].hash;
            self.places_in_order.push(chain_key(hash, self.buckets, place, set.is_computed));
        }
        self.places_in_order.sort_unstable();
        for index in 0..self.places_in_order.len() {
            self.write_set(place_in_chain(self.places_in_order[index]));
        }
        self.writer.finish_after(before)
    }

    fn write_set(&mut self, place: usize) {
        /// Below it a number is its own hash.
        const SPREAD: i32 = 1 << 16;
        let set = self.sets[place];
        let id = self.group.topics[set.topic as usize].id;
        let first = self.runs_of(place).next().cloned();
        if let Some(run) = first
            && run.len() == set.count
            && run.start >= 0
            && run.end <= SPREAD
        {
            // Neighbours fill neighbouring buckets; where these end they go on in the first.
            let until_end = set.buckets - (run.start as usize & (set.buckets - 1));
            let middle = run.start + until_end.min(run.len()) as i32;
            self.writer.push(id, run.len(), (middle..run.end).chain(run.start..middle));
            return;
        }
        let mut numbers = core::mem::take(&mut self.numbers);
        numbers.clear();
        numbers.extend(self.runs_of(place).flat_map(Range::clone));
        number_order(numbers.iter().copied(), set.buckets, &mut self.numbers_in_order);
        let order = self.numbers_in_order.iter().map(|&key| numbers[key as u32 as usize]);
        self.writer.push(id, numbers.len(), order);
        self.numbers = numbers;
    }
}
