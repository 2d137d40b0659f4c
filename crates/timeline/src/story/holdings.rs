//! Who reads which partition. The rules are those of [`crate::measurer`].

use std::collections::{BTreeMap, BTreeSet};

use protocol::{SimTime, TopicName, TopicPartition};

use super::{MAX_SPANS, Owned, PartitionStory};
use crate::displaced::Displaced;
use crate::{MAX_PARTITIONS, MemberIndex};

/// Somebody reads a partition that nobody had read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// Which one, by its place.
    pub(super) place: usize,
    /// Since when nobody had.
    pub(super) since: SimTime,
}

#[derive(Debug)]
struct Held {
    story: PartitionStory,
    owner: Option<(MemberIndex, SimTime)>,
    /// Since when it has no owner, while it has none.
    since: SimTime,
    /// The rebalance that ended the last gap, until reading goes on.
    blamed: Option<usize>,
}

/// Everybody's partitions.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    topics: BTreeMap<TopicName, BTreeMap<i32, usize>>,
    /// Topics that the group should read.
    expected: BTreeSet<TopicName>,
    partitions: Vec<Held>,
    of_members: BTreeMap<MemberIndex, BTreeSet<usize>>,
    /// What members that hang or are cut off had, and since when they do not read it.
    suspended: BTreeMap<MemberIndex, BTreeMap<usize, SimTime>>,
    displaced: Displaced,
    spans: usize,
    pub(super) cut: bool,
}

impl Holdings {
    pub(super) fn new(topics: &[(TopicName, i32)]) -> Self {
        let mut holdings = Self::default();
        for (topic, count) in topics {
            holdings.expected.insert(topic.clone());
            holdings.grow(topic, *count, SimTime::ZERO);
        }
        holdings
    }

    /// The topic has so many partitions from `at` on.
    pub(super) fn grow(&mut self, topic: &TopicName, count: i32, at: SimTime) {
        if self.expected.contains(topic) {
            for number in 0..count {
                self.place(&TopicPartition::new(topic.clone(), number), at);
            }
        }
    }

    /// `member` reads the partition from `at` on.
    pub(super) fn take(&mut self, partition: &TopicPartition, member: MemberIndex, at: SimTime) -> Option<Gap> {
        let place = self.place(partition, at)?;
        let owner = self.partitions[place].owner;
        if owner.is_some_and(|(owner, _)| owner == member) {
            return None;
        }
        let since = self.partitions[place].since;
        if let Some((holder, _)) = owner {
            self.end_span(place, at);
            self.displaced.displace(place, holder, member);
        }
        self.begin_span(place, member, at);
        (owner.is_none() && since < at).then_some(Gap { place, since })
    }

    /// `member` reads it no longer, if it did.
    pub(super) fn release(&mut self, partition: &TopicPartition, member: MemberIndex, at: SimTime) {
        let Some(place) = self.known(partition) else { return };
        if self.partitions[place].owner.is_some_and(|(owner, _)| owner == member) {
            self.let_go(place, at);
            return;
        }
        self.displaced.let_go(place, member);
        if let Some(places) = self.suspended.get_mut(&member) {
            places.remove(&place);
        }
    }

    /// `member` reads nothing until it reads on.
    pub(super) fn suspend(&mut self, member: MemberIndex, at: SimTime) {
        let places = self.let_all_go(member, at);
        self.suspended.entry(member).or_default().extend(places.into_iter().map(|place| (place, at)));
    }

    /// `member` reads again, since `since`, what it had when it was suspended and nobody has taken.
    pub(super) fn read_on(&mut self, member: MemberIndex, since: SimTime) {
        for (place, stopped) in self.suspended.remove(&member).unwrap_or_default() {
            let held = &self.partitions[place];
            if held.owner.is_none() && held.since == stopped {
                self.begin_span(place, member, since);
            }
        }
    }

    /// `member` reads nothing any more.
    pub(super) fn release_all(&mut self, member: MemberIndex, at: SimTime) {
        self.suspended.remove(&member);
        self.let_all_go(member, at);
    }

    /// How many partitions a member reads.
    pub(super) fn count(&self, member: MemberIndex) -> usize {
        self.of_members.get(&member).map_or(0, BTreeSet::len)
    }

    /// The gap was ended by this rebalance, or by none.
    pub(super) fn blame(&mut self, place: usize, rebalance: Option<usize>) {
        self.partitions[place].blamed = rebalance;
    }

    /// Reading goes on: the rebalance to blame for that it had stopped.
    pub(super) fn resumed(&mut self, partition: &TopicPartition) -> Option<usize> {
        let place = self.known(partition)?;
        self.partitions[place].blamed.take()
    }

    /// The run is over.
    pub(super) fn finish(mut self, end: SimTime) -> (Vec<PartitionStory>, bool) {
        for place in 0..self.partitions.len() {
            self.end_span(place, end);
        }
        let mut stories: Vec<PartitionStory> = self.partitions.into_iter().map(|held| held.story).collect();
        stories.sort_by(|a, b| a.partition.cmp(&b.partition));
        (stories, self.cut)
    }

    fn known(&self, partition: &TopicPartition) -> Option<usize> {
        self.topics.get(&partition.topic)?.get(&partition.partition.0).copied()
    }

    fn place(&mut self, partition: &TopicPartition, at: SimTime) -> Option<usize> {
        if let Some(place) = self.known(partition) {
            return Some(place);
        }
        let place = self.partitions.len();
        if place >= MAX_PARTITIONS {
            self.cut = true;
            return None;
        }
        let story = PartitionStory { partition: partition.clone(), born: at, spans: Vec::new() };
        self.partitions.push(Held { story, owner: None, since: at, blamed: None });
        self.topics.entry(partition.topic.clone()).or_default().insert(partition.partition.0, place);
        Some(place)
    }

    fn let_all_go(&mut self, member: MemberIndex, at: SimTime) -> BTreeSet<usize> {
        self.displaced.let_all_go(member);
        let places = self.of_members.remove(&member).unwrap_or_default();
        for &place in &places {
            self.let_go(place, at);
        }
        places
    }

    /// Its reader reads it no longer; who had it before may still.
    fn let_go(&mut self, place: usize, at: SimTime) {
        self.end_span(place, at);
        if let Some(holder) = self.displaced.succeed(place) {
            self.begin_span(place, holder, at);
        }
    }

    fn begin_span(&mut self, place: usize, member: MemberIndex, at: SimTime) {
        self.partitions[place].owner = Some((member, at));
        self.of_members.entry(member).or_default().insert(place);
    }

    fn end_span(&mut self, place: usize, at: SimTime) {
        let held = &mut self.partitions[place];
        let Some((member, from)) = held.owner.take() else { return };
        held.since = at;
        if let Some(places) = self.of_members.get_mut(&member) {
            places.remove(&place);
        }
        if from == at {
            return;
        }
        match held.story.spans.last_mut() {
            // Given up and taken again at the same moment.
            Some(last) if last.to == from && last.member == member => last.to = at,
            _ if self.spans < MAX_SPANS => {
                self.spans += 1;
                held.story.spans.push(Owned { from, to: at, member });
            }
            _ => self.cut = true,
        }
    }
}
