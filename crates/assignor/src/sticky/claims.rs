//! What members say they hold, and whose word counts when two say the same.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use protocol::Generation;

use crate::group::{Group, GroupMember};

/// Nobody.
pub(crate) const NOBODY: u32 = u32::MAX;

/// The outcome of all claims.
pub(crate) struct Claims {
    /// Per partition the member that keeps it before balancing (`consumerToOwnedPartitions`).
    pub(crate) holder: Vec<u32>,
    /// Partitions that two members of the same generation claimed (`partitionsWithMultiplePreviousOwners`).
    pub(crate) disputed: BTreeSet<u32>,
    /// Whether nobody claimed anything.
    pub(crate) none: bool,
}

impl Claims {
    /// Hears the members in member order.
    pub(crate) fn collect(group: &Group<'_>, cooperative: bool, max_generation: &mut Generation) -> Self {
        let mut claims =
            Self { holder: vec![NOBODY; group.partitions as usize], disputed: BTreeSet::new(), none: true };
        // Owners of partitions that are in nobody's list any more.
        let mut owners_without: BTreeMap<u32, u32> = BTreeMap::new();
        let mut finder = group.topic_finder();
        for (member, info) in (0u32..).zip(&group.members) {
            let generation = generation_of(info, cooperative);
            *max_generation = (*max_generation).max(generation);
            for owned in &info.subscription.owned {
                let Some(topic) = finder.find(&owned.topic) else { continue };
                let topic = &group.topics[topic as usize];
                let number = owned.partition.0.cast_unsigned();
                if number < topic.partitions {
                    claims.claim(group, &mut owners_without, topic.start + number, member, generation);
                }
            }
        }
        claims
    }

    fn claim(
        &mut self,
        group: &Group<'_>,
        owners_without: &mut BTreeMap<u32, u32>,
        partition: u32,
        member: u32,
        generation: Generation,
    ) {
        self.none = false;
        let holder = self.holder[partition as usize];
        let owner = if holder == NOBODY { owners_without.get(&partition).copied() } else { Some(holder) };
        let Some(owner) = owner else {
            self.holder[partition as usize] = member;
            return;
        };
        let owners = group.members[owner as usize].subscription.generation.max(Generation::NONE);
        if generation == owners {
            self.disputed.insert(partition);
            self.holder[partition as usize] = NOBODY;
            owners_without.insert(partition, member);
        } else if generation > owners {
            self.holder[partition as usize] = member;
        }
    }
}

fn generation_of(member: &GroupMember<'_>, cooperative: bool) -> Generation {
    if cooperative { member.subscription.generation.max(Generation::NONE) } else { Generation::NONE }
}
