//! Asking the assignors that the coordinator runs.

use std::collections::BTreeMap;

use assignor::AssignError;
use assignor::server::target::TargetAssignment;
use assignor::server::{MemberSpec, MetadataImage, ServerAssignorKind, TopicImage};
use protocol::{MemberId, TopicId, TopicName, TopicPartition};
use scenario::assignment::{Group, Member};

use super::{Outcome, Owned};

/// The answer. Members change over to it one by one, so there is no rebalance to count.
pub(super) fn ask(kind: ServerAssignorKind, group: &Group, owned: &Owned) -> Result<Outcome, AssignError> {
    let image: MetadataImage = group
        .topics
        .iter()
        .map(|topic| {
            let id = id_of(&topic.name);
            (topic.name.clone(), TopicImage { id, partitions: topic.partitions, initialized: None })
        })
        .collect();
    let names: BTreeMap<TopicId, &TopicName> =
        group.topics.iter().map(|topic| (id_of(&topic.name), &topic.name)).collect();
    let specs: Vec<MemberSpec> = group.members.iter().map(|member| spec(member, owned)).collect();
    let mut given = Owned::new();
    for (member, target) in kind.assign(&specs, &image)? {
        given.insert(member, partitions(&target, &names));
    }
    Ok(Outcome { owned: given, rebalances: None })
}

/// A topic's id. In life it is random; here it follows from the name, so that the same file has the same answer.
fn id_of(name: &TopicName) -> TopicId {
    const OFFSET: u64 = 0xCBF2_9CE4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01B3;
    let hash =
        |start: u64| name.as_str().bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    TopicId { high: hash(OFFSET).cast_signed(), low: hash(!OFFSET).cast_signed() }
}

/// A member as the coordinator describes it.
fn spec(member: &Member, owned: &Owned) -> MemberSpec {
    MemberSpec {
        id: MemberId::clone(&member.id),
        instance_id: member.instance.clone(),
        subscribed: member.topics.iter().cloned().collect(),
        target: owned.get(&member.id).map(|partitions| target(partitions)).unwrap_or_default(),
    }
}

fn target(partitions: &[TopicPartition]) -> TargetAssignment {
    let mut topics: BTreeMap<&TopicName, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(&partition.topic).or_default().push(partition.partition.0);
    }
    topics.into_iter().map(|(topic, partitions)| (id_of(topic), partitions)).collect()
}

fn partitions(target: &TargetAssignment, names: &BTreeMap<TopicId, &TopicName>) -> Vec<TopicPartition> {
    let of_topic = |(id, numbers): (TopicId, &[i32])| {
        let name = names.get(&id).copied();
        let numbered = numbers.iter().filter_map(|number| Some(TopicPartition::new(name?.clone(), *number)));
        numbered.collect::<Vec<_>>()
    };
    target.iter().flat_map(of_topic).collect()
}
