//! Who holds which partition, since when, and for how long nobody did.
//!
//! Contract: fed in the order of time with what members' own callbacks say; every rule about when a pause begins and
//! ends lives here. Cost follows change: a callback costs the partitions it names, the death of a member the partitions
//! it held; topics are recognised by their shared text, partitions are dense numbers. Left out: consumption (a
//! partition counts as read from the moment a member was given it, whatever the member then does).

use std::collections::{BTreeMap, BTreeSet};

use protocol::{SimDuration, SimTime, TopicName, TopicPartition};

use crate::MemberIndex;
use crate::displaced::Displaced;
use crate::durations::Durations;

/// The most partitions that are tracked (state: about 50 bytes each; a whole Kafka cluster has no more); what lies
/// beyond is counted and otherwise ignored.
pub const MAX_PARTITIONS: usize = 1_000_000;

/// No slot, no member.
const NONE: u32 = u32::MAX;

/// One partition. `next` and `previous` chain the partitions of one owner.
#[derive(Clone, Debug)]
struct Slot {
    owner: u32,
    last_owner: u32,
    next: u32,
    previous: u32,
    /// Without an owner since then (while it has none); the moment of its birth before it had any.
    since: SimTime,
    unowned: SimDuration,
    /// Whether the group should read it: it exists, and its topic is in the cast.
    expected: bool,
}

/// A topic's partitions: the slot of each that is known to exist.
#[derive(Clone, Debug)]
struct Topic {
    in_cast: bool,
    slots: Vec<u32>,
}

/// What a call of `take` did to the one who held the partition before.
pub(crate) enum Taken {
    /// Nobody held it, or the taker itself.
    Free,
    /// This member still held it.
    From(MemberIndex),
}

/// Everyone's partitions.
#[derive(Debug)]
pub(crate) struct Ownership {
    from: SimTime,
    end: SimTime,
    by_name: BTreeMap<TopicName, u32>,
    topics: Vec<Topic>,
    /// The topic of the partition seen last: callbacks name partitions of one topic in a row.
    recent: Option<(TopicName, u32)>,
    slots: Vec<Slot>,
    /// Partitions that members were given before anyone said that they exist.
    strays: BTreeMap<(u32, i32), u32>,
    /// A stray's pause before its first owner: void if the partition turns out to be younger than that.
    stray_pauses: BTreeMap<u32, SimDuration>,
    /// The first partition in each member's chain.
    held: Vec<u32>,
    /// What members that hang or are cut off had, and since when they do not read it.
    suspended: BTreeMap<MemberIndex, BTreeMap<u32, SimTime>>,
    displaced: Displaced,
    expected: usize,
    expected_owned: usize,
    /// Since when no expected partition has an owner, while that is so.
    still_since: Option<SimTime>,
    standstill: SimDuration,
    pauses: Durations,
    moved: u64,
    double_owned: u64,
    ignored: u64,
}

/// What is left when the run is over.
#[derive(Debug)]
pub(crate) struct OwnershipTotals {
    /// Every pause of every partition.
    pub(crate) pauses: Durations,
    /// Time without an owner, one value an expected partition.
    pub(crate) per_partition: Durations,
    /// Partitions the group should read.
    pub(crate) partitions: u64,
    /// Time during which no expected partition had an owner.
    pub(crate) standstill: SimDuration,
    /// Expected partitions without an owner at the end.
    pub(crate) unowned_at_end: u64,
    /// Members that hold something at the end.
    pub(crate) owners: u64,
    /// Assignments to another member than the last one.
    pub(crate) moved: u64,
    /// Assignments of a partition that someone else held.
    pub(crate) double_owned: u64,
    /// Mentions of partitions beyond [`MAX_PARTITIONS`].
    pub(crate) ignored: u64,
}

impl Ownership {
    /// Nobody holds anything; pauses count between `from` and `end`.
    pub(crate) fn new(topics: &[(TopicName, i32)], from: SimTime, end: SimTime) -> Self {
        let mut ownership = Self {
            from,
            end,
            by_name: BTreeMap::new(),
            topics: Vec::new(),
            recent: None,
            slots: Vec::new(),
            strays: BTreeMap::new(),
            stray_pauses: BTreeMap::new(),
            held: Vec::new(),
            suspended: BTreeMap::new(),
            displaced: Displaced::default(),
            expected: 0,
            expected_owned: 0,
            still_since: Some(SimTime::ZERO),
            standstill: SimDuration::ZERO,
            pauses: Durations::default(),
            moved: 0,
            double_owned: 0,
            ignored: 0,
        };
        for (name, count) in topics {
            let topic = ownership.topic(name);
            ownership.topics[topic as usize].in_cast = true;
            ownership.grow(name, *count, SimTime::ZERO);
        }
        ownership
    }

    /// The topic has `count` partitions from `at` on, if it had fewer.
    pub(crate) fn grow(&mut self, name: &TopicName, count: i32, at: SimTime) {
        let topic = self.topic(name);
        let known = self.topics[topic as usize].slots.len();
        for partition in known..usize::try_from(count).unwrap_or(0) {
            let stray = if self.strays.is_empty() { None } else { self.strays.remove(&(topic, partition as i32)) };
            let slot = match stray {
                Some(slot) => {
                    self.stray_pauses.remove(&slot);
                    slot
                }
                None => match self.add_slot(at) {
                    Some(slot) => slot,
                    None => {
                        self.ignored += (count as usize - partition) as u64;
                        return;
                    }
                },
            };
            self.topics[topic as usize].slots.push(slot);
            if self.topics[topic as usize].in_cast {
                self.expect(slot, at);
            }
        }
    }

    /// `member` was given the partition. Counts moves, pauses and double ownership.
    pub(crate) fn take(&mut self, partition: &TopicPartition, member: MemberIndex, at: SimTime) -> Taken {
        let Some(slot) = self.slot_or_stray(partition) else {
            self.ignored += 1;
            return Taken::Free;
        };
        let Slot { owner, last_owner, since, .. } = self.slots[slot as usize];
        if at >= self.from && last_owner != NONE && last_owner != member.0 {
            self.moved += 1;
        }
        self.slots[slot as usize].last_owner = member.0;
        if owner == member.0 {
            return Taken::Free;
        }
        if owner != NONE {
            self.double_owned += 1;
            self.displaced.displace(slot as usize, MemberIndex(owner), member);
            self.unlink(slot);
            self.link(slot, member.0);
            return Taken::From(MemberIndex(owner));
        }
        let pause = at.since(since.max(self.from));
        if last_owner == NONE && self.is_stray(partition) {
            self.stray_pauses.insert(slot, pause);
        } else {
            self.slots[slot as usize].unowned += pause;
            self.pauses.add(pause, u64::from(!pause.is_zero()));
        }
        self.link(slot, member.0);
        if self.slots[slot as usize].expected {
            self.count_owned(at);
        }
        Taken::Free
    }

    /// `member` no longer reads the partition. Who had it before may read it still.
    pub(crate) fn release(&mut self, partition: &TopicPartition, member: MemberIndex, at: SimTime) {
        let Some(slot) = self.slot(partition) else { return };
        if self.slots[slot as usize].owner == member.0 {
            self.let_go(slot, at);
            return;
        }
        self.displaced.let_go(slot as usize, member);
        if let Some(slots) = self.suspended.get_mut(&member) {
            slots.remove(&slot);
        }
    }

    /// `member` no longer polls: whatever it holds is unread until it reads on, or somebody else does.
    pub(crate) fn suspend(&mut self, member: MemberIndex, at: SimTime) {
        let slots = self.let_all_go(member, at);
        self.suspended.entry(member).or_default().extend(slots.into_iter().map(|slot| (slot, at)));
    }

    /// `member` reads since `since` what it had when it was suspended, unless it was taken from it.
    pub(crate) fn read_on(&mut self, member: MemberIndex, since: SimTime) {
        for (slot, stopped) in self.suspended.remove(&member).unwrap_or_default() {
            let Slot { owner, last_owner, since: unread_since, expected, .. } = self.slots[slot as usize];
            if (owner, last_owner, unread_since) != (NONE, member.0, stopped) {
                continue;
            }
            let pause = since.since(stopped.max(self.from));
            self.slots[slot as usize].unowned += pause;
            self.pauses.add(pause, u64::from(!pause.is_zero()));
            self.link(slot, member.0);
            if expected {
                self.count_owned(since);
            }
        }
    }

    /// `member` is gone: whatever it held is unread from now on.
    pub(crate) fn release_all(&mut self, member: MemberIndex, at: SimTime) {
        self.suspended.remove(&member);
        self.let_all_go(member, at);
    }

    /// Closes all open pauses at the end of the run.
    pub(crate) fn finish(mut self) -> OwnershipTotals {
        for pause in std::mem::take(&mut self.stray_pauses).into_values() {
            self.pauses.add(pause, u64::from(!pause.is_zero()));
        }
        let mut per_partition = Durations::default();
        let mut unowned_at_end = 0;
        for slot in self.slots.iter().filter(|slot| slot.expected) {
            let mut unowned = slot.unowned;
            if slot.owner == NONE {
                unowned_at_end += 1;
                let pause = self.end.since(slot.since.max(self.from));
                unowned += pause;
                self.pauses.add(pause, u64::from(!pause.is_zero()));
            }
            per_partition.add(unowned, 1);
        }
        if let Some(since) = self.still_since.take()
            && self.expected > 0
        {
            self.standstill += self.end.since(since.max(self.from));
        }
        self.pauses.seal();
        per_partition.seal();
        let owners = self.held.iter().filter(|first| **first != NONE).count() as u64;
        OwnershipTotals {
            pauses: self.pauses,
            per_partition,
            partitions: self.expected as u64,
            standstill: self.standstill,
            unowned_at_end,
            owners,
            moved: self.moved,
            double_owned: self.double_owned,
            ignored: self.ignored,
        }
    }

    fn topic(&mut self, name: &TopicName) -> u32 {
        if let Some((recent, topic)) = &self.recent
            && recent == name
        {
            return *topic;
        }
        let topic = match self.by_name.get(name) {
            Some(&topic) => topic,
            None => {
                let topic = self.topics.len() as u32;
                self.topics.push(Topic { in_cast: false, slots: Vec::new() });
                self.by_name.insert(name.clone(), topic);
                topic
            }
        };
        self.recent = Some((name.clone(), topic));
        topic
    }

    fn slot(&mut self, partition: &TopicPartition) -> Option<u32> {
        let topic = self.topic(&partition.topic);
        let number = partition.partition.0;
        let known = usize::try_from(number).ok().and_then(|number| self.topics[topic as usize].slots.get(number));
        known.or_else(|| self.strays.get(&(topic, number))).copied()
    }

    fn slot_or_stray(&mut self, partition: &TopicPartition) -> Option<u32> {
        if let Some(slot) = self.slot(partition) {
            return Some(slot);
        }
        let slot = self.add_slot(SimTime::ZERO)?;
        let topic = self.topic(&partition.topic);
        self.strays.insert((topic, partition.partition.0), slot);
        Some(slot)
    }

    fn is_stray(&mut self, partition: &TopicPartition) -> bool {
        if self.strays.is_empty() {
            return false;
        }
        let topic = self.topic(&partition.topic);
        self.strays.contains_key(&(topic, partition.partition.0))
    }

    fn add_slot(&mut self, since: SimTime) -> Option<u32> {
        if self.slots.len() >= MAX_PARTITIONS {
            return None;
        }
        let unowned = SimDuration::ZERO;
        let slot = Slot { owner: NONE, last_owner: NONE, next: NONE, previous: NONE, since, unowned, expected: false };
        self.slots.push(slot);
        Some(self.slots.len() as u32 - 1)
    }

    fn expect(&mut self, slot: u32, at: SimTime) {
        self.slots[slot as usize].expected = true;
        self.expected += 1;
        if self.slots[slot as usize].owner != NONE {
            self.count_owned(at);
        }
    }

    fn count_owned(&mut self, at: SimTime) {
        self.expected_owned += 1;
        if let Some(since) = self.still_since.take() {
            self.standstill += at.min(self.end).since(since.max(self.from));
        }
    }

    fn let_all_go(&mut self, member: MemberIndex, at: SimTime) -> BTreeSet<u32> {
        self.displaced.let_all_go(member);
        let mut slots = BTreeSet::new();
        while let Some(&slot) = self.held.get(member.0 as usize)
            && slot != NONE
        {
            self.let_go(slot, at);
            slots.insert(slot);
        }
        slots
    }

    fn let_go(&mut self, slot: u32, at: SimTime) {
        self.unlink(slot);
        if let Some(holder) = self.displaced.succeed(slot as usize) {
            self.slots[slot as usize].last_owner = holder.0;
            self.link(slot, holder.0);
            return;
        }
        self.slots[slot as usize].since = at;
        if self.slots[slot as usize].expected {
            self.expected_owned -= 1;
            if self.expected_owned == 0 {
                self.still_since = Some(at);
            }
        }
    }

    fn link(&mut self, slot: u32, owner: u32) {
        let place = owner as usize;
        if place >= self.held.len() {
            self.held.resize(place + 1, NONE);
        }
        let next = std::mem::replace(&mut self.held[place], slot);
        if next != NONE {
            self.slots[next as usize].previous = slot;
        }
        let state = &mut self.slots[slot as usize];
        (state.owner, state.next, state.previous) = (owner, next, NONE);
    }

    fn unlink(&mut self, slot: u32) {
        let Slot { owner, next, previous, .. } = self.slots[slot as usize];
        if previous == NONE {
            self.held[owner as usize] = next;
        } else {
            self.slots[previous as usize].next = next;
        }
        if next != NONE {
            self.slots[next as usize].previous = previous;
        }
        let state = &mut self.slots[slot as usize];
        (state.owner, state.next, state.previous) = (NONE, NONE, NONE);
    }
}
