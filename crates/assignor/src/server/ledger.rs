//! Who holds which partition while target assignments change, and the records that come of it.
//!
//! Kafka copies a member's `HashMap` of topic ids to `HashSet`s of partitions when it first changes, and changes the
//! copy. Here it is enough to know per partition its owner and when it came to it, and per changed member which
//! topics its table holds and how large each set has grown: the iteration order of table and sets, which is the order
//! of the record, follows from that.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use protocol::java::{LONG_CHAIN, LONG_CHAINS_FROM};

use super::draft::{set_copy, topic_order};
use super::group::SpecGroup;
use super::target::{TargetAssignment, Writer};
use crate::order::{chain_key, grown_buckets_from, number_buckets, number_order, place_in_chain};

/// Nobody.
pub(super) const NOBODY: u32 = u32::MAX;

/// All partitions and the tables of changed members.
pub(super) struct Ledger<'a> {
    group: &'a SpecGroup<'a>,
    /// Per partition its owner.
    owners: Vec<u32>,
    /// Per partition when it came to its owner.
    since: Vec<u32>,
    clock: u32,
    /// Members that hold a partition without being its owner, and since when: it is in two target assignments.
    also: BTreeMap<(u32, u32), u32>,
    /// Per member its table, if anything changes.
    tables: Vec<Option<Table>>,
}

/// A `HashMap` of topics.
#[derive(Clone, Default)]
struct Table {
    sets: Vec<Set>,
    buckets: usize,
    /// Topics in the table.
    count: usize,
    /// Where each topic is among the sets, once they are many.
    places: BTreeMap<u32, usize>,
}

/// A `HashSet` of partitions of one topic.
#[derive(Clone)]
struct Set {
    topic: u32,
    count: u32,
    buckets: u32,
    /// Whether it came by `computeIfAbsent`, which puts it at the head of its bucket, rather than with the copy.
    is_computed: bool,
    is_present: bool,
    /// What is in it, in any sequence, as long as a chain of it may become too long.
    numbers: Vec<i32>,
}

impl<'a> Ledger<'a> {
    /// Nothing held yet.
    pub(super) fn new(group: &'a SpecGroup<'a>) -> Self {
        Self {
            group,
            owners: vec![NOBODY; group.partitions as usize],
            since: vec![0; group.partitions as usize],
            clock: 0,
            also: BTreeMap::new(),
            tables: vec![None; group.members.len()],
        }
    }

    /// Who owns the partition.
    pub(super) fn owner(&self, partition: u32) -> u32 {
        self.owners[partition as usize]
    }

    /// The member holds the partition from now on; whoever held it goes on holding it too.
    pub(super) fn hold(&mut self, partition: u32, member: u32) -> bool {
        let index = partition as usize;
        let owner = self.owners[index];
        if owner == member {
            return false;
        }
        let held_since = if self.also.is_empty() { None } else { self.also.remove(&(member, partition)) };
        if owner != NOBODY {
            self.also.insert((owner, partition), self.since[index]);
        }
        self.owners[index] = member;
        self.since[index] = held_since.unwrap_or(self.clock);
        self.clock += 1;
        held_since.is_none()
    }

    /// Begins a member's table: a copy of what is stored, less the topics that it does not subscribe to. `topics` has
    /// the subscribed ones in the order of the record.
    pub(super) fn change(&mut self, member: u32, topics: &[Option<u32>]) {
        let target = self.group.members[member as usize].target;
        let copied = target.topics();
        let buckets = grown_buckets_from(copied.next_power_of_two(), copied);
        // Most likely the member gets something of each of its topics.
        let sets = Vec::with_capacity(copied.max(self.group.list(member).topics.len().min(Table::FEW)));
        let mut table = Table { buckets, sets, ..Table::default() };
        if copied > 0 {
            let stored: Vec<&[i32]> = target.iter().map(|(_, partitions)| partitions).collect();
            for position in topic_order(target) {
                if let Some(topic) = topics[position as usize] {
                    let partitions = stored[position as usize];
                    let (sequence, buckets) = set_copy(partitions);
                    let limit = self.group.topics[topic as usize].partitions;
                    table.push(Set::copied(topic, &sequence, buckets, limit));
                }
            }
        }
        self.tables[member as usize] = Some(table);
    }

    /// Whether the member's table was begun.
    pub(super) fn is_changed(&self, member: u32) -> bool {
        self.tables[member as usize].is_some()
    }

    /// Adds a partition to a member whose table was begun; a new set starts with so many buckets.
    pub(super) fn add(&mut self, topic: u32, partition: u32, member: u32, buckets: usize) {
        let is_new = self.hold(partition, member);
        let live = &self.group.topics[topic as usize];
        let table = self.tables[member as usize].as_mut().expect("the member's table was begun");
        let place = table.compute(topic, buckets);
        if is_new {
            table.sets[place].put((partition - live.start).cast_signed(), live.partitions);
        }
    }

    /// Takes a partition from a member that holds it, owner or not, and whose table was begun; an empty
    /// topic leaves the table.
    pub(super) fn revoke(&mut self, topic: u32, partition: u32, member: u32) {
        if self.owners[partition as usize] == member {
            self.owners[partition as usize] = NOBODY;
        } else {
            self.also.remove(&(member, partition));
        }
        let number = (partition - self.group.topics[topic as usize].start).cast_signed();
        let table = self.tables[member as usize].as_mut().expect("the member's table was begun");
        if let Some(place) = table.find(topic) {
            table.sets[place].remove(number);
            if table.sets[place].count == 0 {
                table.sets[place].is_present = false;
                table.count -= 1;
            }
        }
    }

    /// Everybody's target assignment; whose partitions are the same as before keeps the record it had.
    pub(super) fn finish(&self) -> Vec<TargetAssignment> {
        let (mut held, ends) = self.held();
        let mut scratch = Scratch::default();
        let mut start = 0;
        let targets = self.group.members.iter().zip(&self.tables).zip(ends).map(|((member, table), end)| {
            let entries = &mut held[core::mem::replace(&mut start, end)..end];
            let Some(table) = table else { return member.target.clone() };
            table.write(self.group, entries, &mut scratch);
            scratch.writer.finish_after(member.target)
        });
        targets.collect()
    }

    /// What changed members hold, those of a member together, and where each member's end.
    fn held(&self) -> (Vec<Entry>, Vec<usize>) {
        let is_changed = |&member: &u32| member != NOBODY && self.is_changed(member);
        let owners = || self.owners.iter().copied().filter(is_changed);
        let also = || self.also.iter().filter(|&((member, _), _)| is_changed(member));
        let mut ends = vec![0usize; self.tables.len()];
        owners().for_each(|owner| ends[owner as usize] += 1);
        also().for_each(|((member, _), _)| ends[*member as usize] += 1);
        let mut sum = 0;
        for end in &mut ends {
            // Where the member's first goes; it ends up behind the last.
            sum += core::mem::replace(end, sum);
        }
        let mut held = vec![Entry::default(); sum];
        let mut put = |member: u32, entry: Entry| {
            let next = &mut ends[member as usize];
            held[*next] = entry;
            *next += 1;
        };
        for (topic, live) in (0u32..).zip(&self.group.topics) {
            for partition in live.range().filter(|&partition| is_changed(&self.owners[partition as usize])) {
                let (since, number) = (self.since[partition as usize], (partition - live.start).cast_signed());
                put(self.owners[partition as usize], Entry { topic, since, number });
            }
        }
        for (&(member, partition), &since) in also() {
            let (topic, number) = self.name(partition);
            put(member, Entry { topic, since, number });
        }
        (held, ends)
    }

    /// The topic and number of a partition.
    fn name(&self, partition: u32) -> (u32, i32) {
        let topic = self.group.topics.partition_point(|topic| topic.start <= partition) - 1;
        let number = partition - self.group.topics[topic].start;
        (u32::try_from(topic).expect("fewer topics than numbers"), number.cast_signed())
    }
}

/// Memory used again for each member.
#[derive(Default)]
struct Scratch {
    writer: Writer,
    places: Vec<u64>,
    keys: Vec<u64>,
}

/// A partition that a member holds.
#[derive(Clone, Copy, Default)]
struct Entry {
    topic: u32,
    since: u32,
    number: i32,
}

/// A size in the width in which many of them are kept.
fn narrow(size: usize) -> u32 {
    u32::try_from(size).expect("no more than all partitions")
}

impl Set {
    /// A copy with these numbers below `limit`.
    fn copied(topic: u32, numbers: &[i32], buckets: usize, limit: u32) -> Self {
        let kept = if may_chain_long(buckets, limit) { numbers } else { &[] };
        let (count, buckets) = (narrow(numbers.len()), narrow(buckets));
        Self { topic, count, buckets, is_computed: false, is_present: true, numbers: kept.to_vec() }
    }

    /// A new one.
    fn computed(topic: u32, buckets: usize) -> Self {
        Self { topic, count: 0, buckets: narrow(buckets), is_computed: true, is_present: true, numbers: Vec::new() }
    }

    /// Puts in a number below `limit` that is not there.
    fn put(&mut self, number: i32, limit: u32) {
        self.count += 1;
        let buckets = self.buckets as usize;
        if !may_chain_long(buckets, limit) {
            self.buckets = narrow(grown_buckets_from(buckets, self.count as usize));
            return;
        }
        self.numbers.push(number);
        let buckets = number_buckets(buckets, self.numbers.len() - 1, &self.numbers);
        if !may_chain_long(buckets, limit) {
            self.numbers = Vec::new();
        }
        self.buckets = narrow(buckets);
    }

    /// Takes out a number that is there; the buckets stay.
    fn remove(&mut self, number: i32) {
        self.count -= 1;
        if let Some(index) = self.numbers.iter().position(|&held| held == number) {
            self.numbers.swap_remove(index);
        }
    }
}

/// Whether a set in so many buckets may yet double because of a long chain. When it holds enough numbers for one, it
/// has 16 buckets or more; and all numbers below a small `limit` spread too evenly for one.
fn may_chain_long(buckets: usize, limit: u32) -> bool {
    buckets < LONG_CHAINS_FROM && limit as usize > LONG_CHAIN * buckets.max(16)
}

impl Table {
    /// More topics than this are looked up in a map.
    const FEW: usize = 64;

    fn push(&mut self, set: Set) {
        self.count += 1;
        if self.sets.len() == Self::FEW {
            self.places = self.sets.iter().enumerate().map(|(place, set)| (set.topic, place)).collect();
        }
        if self.sets.len() >= Self::FEW {
            self.places.insert(set.topic, self.sets.len());
        }
        self.sets.push(set);
    }

    fn find(&self, topic: u32) -> Option<usize> {
        let is_it = |set: &Set| set.topic == topic && set.is_present;
        if self.sets.len() <= Self::FEW {
            return self.sets.iter().rposition(is_it);
        }
        if self.sets.last().is_some_and(is_it) {
            return Some(self.sets.len() - 1);
        }
        self.places.get(&topic).copied().filter(|&place| self.sets[place].is_present)
    }

    /// `computeIfAbsent`: the table may double first, even if the topic is there.
    fn compute(&mut self, topic: u32, buckets: usize) -> usize {
        if self.count > self.buckets * 3 / 4 {
            self.buckets *= 2;
        }
        self.find(topic).unwrap_or_else(|| {
            self.push(Set::computed(topic, buckets));
            self.sets.len() - 1
        })
    }

    /// Writes the record of a member that holds these partitions.
    fn write(&self, group: &SpecGroup<'_>, entries: &mut [Entry], scratch: &mut Scratch) {
        if !entries.is_sorted_by_key(|entry| (entry.topic, entry.since)) {
            entries.sort_unstable_by_key(|entry| (entry.topic, entry.since));
        }
        let entries = &*entries;
        let Scratch { writer, places, keys } = scratch;
        places.clear();
        for (place, set) in self.sets.iter().enumerate().filter(|(_, set)| set.is_present) {
            places.push(chain_key(group.topics[set.topic as usize].hash, self.buckets, place, set.is_computed));
        }
        places.sort_unstable();
        for &place in &*places {
            let set = &self.sets[place_in_chain(place)];
            let start = entries.partition_point(|entry| entry.topic < set.topic);
            let run = &entries[start..start + set.count as usize];
            let id = group.topics[set.topic as usize].id;
            if let [entry] = run {
                writer.push(id, 1, core::iter::once(entry.number));
                continue;
            }
            number_order(run.iter().map(|entry| entry.number), set.buckets as usize, keys);
            writer.push(id, run.len(), keys.iter().map(|&key| run[key as u32 as usize].number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::java::JavaHashMap;

    #[test]
    fn a_set_doubles_as_the_table_it_stands_for_whatever_left_it() {
        for limit in [20i32, 100, 128, 129, 256, 257, 400, 2_000, 140_000] {
            for (start, step) in [(1, 1), (2, 16), (8, 16), (16, 7), (16, 16), (16, 32), (32, 32), (32, 65_536 + 32)] {
                let mut table = JavaHashMap::with_buckets(start);
                let mut set = Set::computed(0, start);
                for turn in 0..300 {
                    let number = (turn * step + turn * step / limit) % limit;
                    let taken = table.keys().nth(turn as usize % 5).copied().filter(|_| turn % 4 == 3);
                    if let Some(taken) = taken {
                        table.remove(&taken);
                        set.remove(taken);
                    } else if table.get(&number).is_none() {
                        table.put(number, ());
                        set.put(number, limit.cast_unsigned());
                    }
                    assert_eq!(set.count as usize, table.len(), "{limit} {start} {step} {turn}");
                    assert_eq!(set.buckets as usize, table.buckets(), "{limit} {start} {step} {turn}");
                    assert!(set.numbers.len() <= LONG_CHAINS_FROM * 3 / 4);
                }
            }
        }
    }
}
