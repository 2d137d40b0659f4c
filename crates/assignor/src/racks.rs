//! Racks as small numbers, and the sets of racks that partitions have replicas in.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use protocol::RackId;

use crate::group::Group;

/// No rack.
pub(crate) const NO_RACK: u32 = u32::MAX;

/// Racks of members and partitions.
pub(crate) struct Racks {
    /// Per member its rack, or [`NO_RACK`].
    pub(crate) members: Vec<u32>,
    /// Per partition the number of its set of replica racks.
    pub(crate) partitions: Vec<u32>,
    /// The sets, each ascending and without repetition.
    pub(crate) sets: Vec<Vec<u32>>,
    /// How many racks there are.
    pub(crate) count: usize,
}

impl Racks {
    /// The racks of the group; none if no member names one, as then nothing depends on racks.
    pub(crate) fn of(group: &Group<'_>) -> Option<Self> {
        if group.members.iter().all(|member| member.rack().is_none()) {
            return None;
        }
        let mut names: BTreeMap<&RackId, u32> = BTreeMap::new();
        let members = group.members.iter().map(|member| member.rack().map_or(NO_RACK, |rack| number(&mut names, rack)));
        let members = members.collect();
        let mut sets: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let mut partitions = Vec::with_capacity(group.partitions as usize);
        for topic in &group.topics {
            let racks = topic.racks.unwrap_or_default();
            for index in 0..topic.partitions as usize {
                let named = racks.get(index).map_or(&[][..], Vec::as_slice);
                let mut set: Vec<u32> = named.iter().map(|rack| number(&mut names, rack)).collect();
                sort_and_dedup(&mut set);
                partitions.push(number(&mut sets, set));
            }
        }
        let mut ordered: Vec<(Vec<u32>, u32)> = sets.into_iter().collect();
        ordered.sort_unstable_by_key(|&(_, number)| number);
        let sets = ordered.into_iter().map(|(set, _)| set).collect();
        Some(Self { members, partitions, sets, count: names.len() })
    }

    /// The racks of a partition's replicas.
    pub(crate) fn of_partition(&self, partition: u32) -> &[u32] {
        &self.sets[self.partitions[partition as usize] as usize]
    }

    /// Whether the partition has a replica in this rack.
    pub(crate) fn has_replica(&self, partition: u32, rack: u32) -> bool {
        self.of_partition(partition).binary_search(&rack).is_ok()
    }

    /// Whether racks make a difference (`useRackAwareAssignment`): some of these members' racks holds a replica of
    /// these partitions, and not every one of the partitions has replicas in all the racks that any of them has.
    pub(crate) fn matter(&self, members: impl Iterator<Item = u32>, partitions: core::ops::Range<u32>) -> bool {
        let mut named: Vec<u32> = members.filter(|&rack| rack != NO_RACK).collect();
        sort_and_dedup(&mut named);
        let mut sets: Vec<u32> = partitions.map(|partition| self.partitions[partition as usize]).collect();
        sort_and_dedup(&mut sets);
        let sets = || sets.iter().map(|&set| &self.sets[set as usize]);
        let mut union: Vec<u32> = sets().flatten().copied().collect();
        sort_and_dedup(&mut union);
        union.iter().any(|rack| named.binary_search(rack).is_ok()) && sets().any(|set| set.len() != union.len())
    }
}

fn sort_and_dedup(numbers: &mut Vec<u32>) {
    numbers.sort_unstable();
    numbers.dedup();
}

fn number<K: Ord>(numbers: &mut BTreeMap<K, u32>, key: K) -> u32 {
    let next = u32::try_from(numbers.len()).expect("fewer racks than numbers");
    *numbers.entry(key).or_insert(next)
}
