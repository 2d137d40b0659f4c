//! What members keep of what they own (`assignOwnedPartitions`).

use alloc::vec;
use alloc::vec::Vec;

use super::super::claims::NOBODY;
use super::Building;
use crate::racks::NO_RACK;

impl Building<'_> {
    /// Every member, in member order, keeps up to its quota of what it owns, the lowest numbers first; also says who
    /// has room.
    pub(super) fn keep(&mut self) {
        let mut owned = vec![0u32; self.group.members.len()];
        for (partition, &holder) in (0u32..).zip(&self.claims.holder) {
            if self.may_stay(partition, holder) {
                owned[holder as usize] += 1;
            }
        }
        let quotas: Vec<u32> = (0u32..).zip(owned).map(|(member, owned)| self.quota(member, owned)).collect();
        if self.claims.unknown.is_empty() {
            self.keep_known(&quotas);
        } else {
            self.keep_also_unknown(&quotas);
        }
    }

    /// How much a member that owns so much keeps.
    fn quota(&mut self, member: u32, owned: u32) -> u32 {
        if owned < self.least {
            self.under.push(member);
            owned
        } else if owned >= self.most && self.over < self.extra {
            self.over += 1;
            if self.over == self.extra {
                self.exact.clear();
            }
            self.most
        } else {
            if self.over < self.extra {
                self.exact.push_back(member);
            }
            self.least
        }
    }

    /// Whether the holder's claim is undisputed and its rack no hindrance.
    fn may_stay(&self, partition: u32, holder: u32) -> bool {
        let mismatch = || {
            self.racks.is_some_and(|racks| {
                let rack = racks.members[holder as usize];
                let unknown = partition >= self.group.partitions;
                rack != NO_RACK && (unknown || !racks.has_replica(partition, rack))
            })
        };
        holder != NOBODY
            && (self.claims.disputed.is_empty() || !self.claims.disputed.contains(&partition))
            && !mismatch()
    }

    /// Numbers ascending, each of all topics that have it: so every member's list comes out sorted by (number, topic).
    fn keep_known(&mut self, quotas: &[u32]) {
        if self.claims.holder.is_empty() {
            return;
        }
        let mut topics: Vec<_> = self.group.topics.iter().collect();
        let mut number = 0;
        while let Some(shortest) = topics.iter().map(|topic| topic.partitions).min() {
            while number < shortest {
                for topic in &topics {
                    let partition = topic.start + number;
                    let holder = self.claims.holder[partition as usize];
                    if self.may_stay(partition, holder) && self.sizes[holder as usize] < quotas[holder as usize] {
                        self.sizes[holder as usize] += 1;
                        self.kept[partition as usize] = true;
                        self.lists[holder as usize].push(topic.partition(number));
                    }
                }
                number += 1;
            }
            topics.retain(|topic| topic.partitions > number);
        }
    }

    /// The same when members own partitions that their topics do not have: these are kept like any other. Kafka then
    /// finds the free ones by walking the list of all beside the sorted list of the kept, and stops at the first kept
    /// one that is not among all: everything after it counts as free.
    fn keep_also_unknown(&mut self, quotas: &[u32]) {
        let known = (0u32..).zip(&self.group.topics).flat_map(|(topic, live)| {
            live.range().map(move |partition| ((partition - live.start).cast_signed(), topic, partition))
        });
        let unknown = (self.group.partitions..).zip(&self.claims.unknown);
        let mut all: Vec<(i32, u32, u32)> =
            known.chain(unknown.map(|(partition, &(topic, number))| (number, topic, partition))).collect();
        all.sort_unstable();
        for (number, topic, partition) in all {
            let holder = self.claims.holder[partition as usize];
            if !self.may_stay(partition, holder) || self.sizes[holder as usize] >= quotas[holder as usize] {
                continue;
            }
            self.sizes[holder as usize] += 1;
            self.kept[partition as usize] = true;
            let topic = &self.group.topics[topic as usize];
            self.lists[holder as usize].push(topic.partition(number.cast_unsigned()));
            if partition >= self.group.partitions {
                let next = if number < 0 { topic.start } else { topic.range().end };
                self.forgotten_from = self.forgotten_from.min(next);
            }
        }
    }
}
