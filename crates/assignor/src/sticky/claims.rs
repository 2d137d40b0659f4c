//! What members say they hold, and whose word counts when two say the same (`allSubscriptionsEqual`, its second half).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use protocol::Generation;

use super::user_data::{Previous, decode_generation};
use crate::client::ClientAssignorKind;
use crate::group::{Group, GroupMember};
use crate::names::TopicFinder;

/// Nobody.
pub(crate) const NOBODY: u32 = u32::MAX;

/// The outcome of all claims.
pub(crate) struct Claims {
    /// Per partition the member that keeps it before balancing (`consumerToOwnedPartitions`). Empty if nobody claimed
    /// anything. Partitions that their topic does not have (any more) follow after the group's.
    pub(crate) holder: Vec<u32>,
    /// Per partition, when it joined its holder's list; kept only if asked for.
    pub(crate) joined: Vec<u32>,
    /// Partitions that two members of the same generation claimed (`partitionsWithMultiplePreviousOwners`).
    pub(crate) disputed: BTreeSet<u32>,
    /// Claimed partitions that their topic does not have: topic and number.
    pub(crate) unknown: Vec<(u32, i32)>,
    /// Per member its generation; −1 for none.
    pub(crate) generations: Vec<Generation>,
    /// What members said, one after the other in their order; kept only if asked for.
    said: Vec<u32>,
    /// Where in it each member's part ends.
    said_ends: Vec<usize>,
    in_detail: bool,
    /// Claims accepted so far.
    clock: u32,
    /// Last claimants of partitions that are in nobody's list (`allPreviousPartitionsToOwner` where it says more than
    /// `holder`).
    unheld: BTreeMap<u32, u32>,
    unknown_numbers: BTreeMap<(u32, i32), u32>,
}

impl Claims {
    /// Hears the members in member order. `in_detail` keeps what only the general algorithm asks for.
    pub(crate) fn collect(
        group: &Group<'_>,
        kind: ClientAssignorKind,
        max_generation: &mut Generation,
        in_detail: bool,
    ) -> Self {
        let mut claims = Self {
            holder: Vec::new(),
            joined: Vec::new(),
            disputed: BTreeSet::new(),
            unknown: Vec::new(),
            generations: Vec::with_capacity(group.members.len()),
            said: Vec::new(),
            said_ends: Vec::with_capacity(if in_detail { group.members.len() } else { 0 }),
            in_detail,
            clock: 0,
            unheld: BTreeMap::new(),
            unknown_numbers: BTreeMap::new(),
        };
        let mut finder = group.topic_finder();
        for (member, info) in (0u32..).zip(&group.members) {
            let mut claim = |claims: &mut Self, topic: u32, number: i32, generation: Generation| {
                let partition = claims.number(group, topic, number);
                claims.claim(group, partition, member, generation);
            };
            let generation = if kind == ClientAssignorKind::Sticky {
                claims.hear_user_data(info, &mut finder, &mut claim)
            } else {
                claims.hear_owned(info, &mut finder, &mut claim)
            };
            *max_generation = (*max_generation).max(generation);
            claims.generations.push(generation);
            if in_detail {
                claims.said_ends.push(claims.said.len());
            }
        }
        claims
    }

    /// What the member said it owns, in its order.
    pub(crate) fn said(&self, member: u32) -> &[u32] {
        let start = (member as usize).checked_sub(1).map_or(0, |before| self.said_ends[before]);
        &self.said[start..self.said_ends[member as usize]]
    }

    /// Whether nobody claimed anything.
    pub(crate) fn are_none(&self) -> bool {
        self.holder.is_empty()
    }

    /// Who keeps the partition before balancing.
    pub(crate) fn holder(&self, partition: u32) -> Option<u32> {
        self.holder.get(partition as usize).copied().filter(|&holder| holder != NOBODY)
    }

    fn hear_user_data(
        &mut self,
        info: &GroupMember<'_>,
        finder: &mut TopicFinder<'_>,
        claim: &mut impl FnMut(&mut Self, u32, i32, Generation),
    ) -> Generation {
        let previous = Previous::read(info.subscription.user_data.as_deref());
        let generation = previous.generation;
        for (name, numbers) in previous.topics() {
            if let Some(topic) = finder.find_text(name) {
                numbers.for_each(|number| claim(self, topic, number, generation));
            }
        }
        generation
    }

    fn hear_owned(
        &mut self,
        info: &GroupMember<'_>,
        finder: &mut TopicFinder<'_>,
        claim: &mut impl FnMut(&mut Self, u32, i32, Generation),
    ) -> Generation {
        let generation = match (join_generation(info), &info.subscription.user_data) {
            (Generation::NONE, Some(bytes)) => decode_generation(bytes),
            (joined, _) => joined,
        };
        for run in info.subscription.owned.chunk_by(|one, other| one.topic == other.topic) {
            if let Some(topic) = finder.find(&run[0].topic) {
                run.iter().for_each(|owned| claim(self, topic, owned.partition.0, generation));
            }
        }
        generation
    }

    /// The number of a partition among all partitions.
    fn number(&mut self, group: &Group<'_>, topic: u32, number: i32) -> u32 {
        let live = &group.topics[topic as usize];
        if number.cast_unsigned() < live.partitions {
            return live.start + number.cast_unsigned();
        }
        let next = group.partitions + u32::try_from(self.unknown.len()).expect("fewer claims than numbers");
        let unknown = *self.unknown_numbers.entry((topic, number)).or_insert(next);
        if unknown == next {
            self.unknown.push((topic, number));
        }
        unknown
    }

    fn claim(&mut self, group: &Group<'_>, partition: u32, member: u32, generation: Generation) {
        if self.in_detail {
            self.said.push(partition);
        }
        let index = partition as usize;
        if index >= self.holder.len() {
            let length = (group.partitions as usize).max(index + 1);
            self.holder.resize(length, NOBODY);
            self.joined.resize(if self.in_detail { length } else { 0 }, 0);
        }
        let holder = self.holder[index];
        let unheld = || if self.unheld.is_empty() { None } else { self.unheld.get(&partition).copied() };
        let owner = if holder == NOBODY { unheld() } else { Some(holder) };
        if let Some(owner) = owner {
            let owners = join_generation(&group.members[owner as usize]);
            if generation < owners {
                return;
            }
            if generation == owners {
                self.disputed.insert(partition);
                self.holder[index] = NOBODY;
                self.unheld.insert(partition, member);
                return;
            }
            if owner == member && holder == NOBODY {
                // Kafka adds it to the member's list and then takes it from the same list.
                return;
            }
        }
        self.holder[index] = member;
        if self.in_detail {
            self.clock += 1;
            self.joined[index] = self.clock;
        }
    }
}

/// The generation in the subscription's own field; −1 if there is none.
fn join_generation(member: &GroupMember<'_>) -> Generation {
    member.subscription.generation.max(Generation::NONE)
}
