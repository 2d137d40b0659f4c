//! Offsets that are forgotten on purpose: OffsetDelete, DeleteGroups, deleted topics.

use alloc::vec::Vec;
use protocol::message::{DeleteGroupsResponse, OffsetDeleteRequest, OffsetDeleteResponse, Response};
use protocol::{ErrorCode, GroupId, TopicName, TopicPartition};

use crate::classic::ClassicGroupState;
use crate::context::{Outcome, Refusal};
use crate::groups::{Group, Groups};
use crate::offsets::Offsets;
use crate::record::Record;

/// Handles an OffsetDelete: offsets of topics that the group does not read are forgotten.
pub(crate) fn delete_offsets(
    groups: &Groups,
    offsets: &Offsets,
    request: &OffsetDeleteRequest,
) -> Result<Outcome, Refusal> {
    let group = groups.find(&request.group).and_then(|key| groups.get(key));
    let group = group.ok_or(Refusal(ErrorCode::GroupIdNotFound))?;
    if let Group::Classic(group) = group {
        match group.state() {
            ClassicGroupState::Dead => return Err(Refusal(ErrorCode::GroupIdNotFound)),
            ClassicGroupState::Empty => {}
            _ if !group.uses_consumer_protocol() => return Err(Refusal(ErrorCode::NonEmptyGroup)),
            _ => {}
        }
    }
    let mut records = Vec::new();
    let mut partitions = Vec::with_capacity(request.partitions.len());
    for partition in request.partitions.iter() {
        let subscribed = group.is_subscribed_to(&partition.topic);
        let error = if subscribed { ErrorCode::GroupSubscribedToTopic } else { ErrorCode::None };
        partitions.push((partition.clone(), error));
        let is_known =
            offsets.get(&request.group, partition).is_some() || offsets.has_open_transaction(&request.group, partition);
        if !subscribed && is_known {
            records.push(tombstone(&request.group, partition));
        }
    }
    let response = Some(Response::from(OffsetDeleteResponse { error: ErrorCode::None, partitions }));
    Ok(Outcome { records, replay: true, response, ..Outcome::default() })
}

/// Handles the second half of DeleteGroups: a group without members goes, and its offsets with it.
pub(crate) fn delete_group(groups: &Groups, offsets: &Offsets, id: &GroupId) -> Outcome {
    let group = groups.find(id).and_then(|key| groups.get(key));
    let error = match group {
        None => ErrorCode::GroupIdNotFound,
        Some(Group::Classic(group)) if group.state() == ClassicGroupState::Dead => ErrorCode::GroupIdNotFound,
        Some(group) if group.is_empty() => ErrorCode::None,
        Some(_) => ErrorCode::NonEmptyGroup,
    };
    let mut records = Vec::new();
    if error.is_none() {
        records.extend(offsets.of_group(id).into_iter().flatten().map(|(partition, _)| tombstone(id, &partition)));
        let open = offsets.open_partitions(id).filter(|partition| offsets.get(id, partition).is_none());
        records.extend(open.map(|partition| tombstone(id, &partition)));
        records.extend(group.map(Group::tombstones).unwrap_or_default());
    }
    let response = Some(Response::from(DeleteGroupsResponse { error }));
    Outcome { records, replay: true, response, ..Outcome::default() }
}

/// Topics are gone, and all offsets in them.
pub(crate) fn delete_topics(offsets: &Offsets, topics: &[TopicName]) -> Outcome {
    let mut all = offsets.all_partitions();
    all.retain(|(_, partition)| topics.contains(&partition.topic));
    let records = all.iter().map(|(group, partition)| tombstone(group, partition)).collect();
    Outcome { records, replay: true, ..Outcome::default() }
}

/// "The offset of this partition is forgotten."
pub(super) fn tombstone(group: &GroupId, partition: &TopicPartition) -> Record {
    Record::OffsetTombstone { group: group.clone(), partition: partition.clone() }
}
