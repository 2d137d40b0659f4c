//! OffsetFetch.

use alloc::vec::Vec;
use protocol::message::{FetchedOffset, OffsetFetchRequest, OffsetFetchResponse};
use protocol::{ErrorCode, Offset, TopicPartition};

use crate::classic::ClassicGroupState;
use crate::groups::Groups;
use crate::offsets::Offsets;
use crate::record::CommittedOffset;

/// "There is no offset."
const INVALID_OFFSET: Offset = Offset(-1);

/// The offsets asked for: as they are, open transactions being errors, if they shall be stable; else as of the committed
/// offset. A missing group has none.
pub(crate) fn fetch(groups: &Groups, offsets: &Offsets, request: &OffsetFetchRequest) -> OffsetFetchResponse {
    let stable = request.require_stable;
    let group = &request.group;
    let key = if stable { groups.find(group) } else { groups.find_committed(group) };
    let exists = key.and_then(|key| groups.classic(key)).is_some_and(|group| group.state() != ClassicGroupState::Dead);
    let one = |partition: &TopicPartition, value: Option<&CommittedOffset>| {
        if stable && offsets.has_open_transaction(group, partition) {
            no_offset(partition, ErrorCode::UnstableOffsetCommit)
        } else {
            value.map_or_else(|| no_offset(partition, ErrorCode::None), |value| found(partition, value))
        }
    };
    let fetched: Vec<FetchedOffset> = match &request.partitions {
        Some(partitions) => partitions
            .iter()
            .map(|partition| {
                let value = match (exists, stable) {
                    (false, _) => None,
                    (true, true) => offsets.get(group, partition),
                    (true, false) => offsets.get_committed(group, partition),
                };
                one(partition, value)
            })
            .collect(),
        None if !exists => Vec::new(),
        None if stable => offsets
            .of_group(group)
            .into_iter()
            .flatten()
            .map(|(partition, value)| one(partition, Some(value)))
            .collect(),
        None => offsets.of_group_committed(group).map(|(partition, value)| one(partition, Some(value))).collect(),
    };
    OffsetFetchResponse { error: ErrorCode::None, offsets: fetched }
}

fn found(partition: &TopicPartition, value: &CommittedOffset) -> FetchedOffset {
    FetchedOffset {
        partition: partition.clone(),
        offset: value.offset,
        metadata: value.metadata.clone(),
        error: ErrorCode::None,
    }
}

fn no_offset(partition: &TopicPartition, error: ErrorCode) -> FetchedOffset {
    FetchedOffset { partition: partition.clone(), offset: INVALID_OFFSET, metadata: None, error }
}
