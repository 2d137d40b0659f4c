//! OffsetFetch.

use alloc::vec::Vec;
use protocol::message::{FetchedOffset, OffsetFetchRequest, OffsetFetchResponse};
use protocol::{ErrorCode, Offset, TopicPartition};

use crate::classic::ClassicGroupState;
use crate::context::Refusal;
use crate::groups::{Group, Groups};
use crate::offsets::Offsets;
use crate::record::CommittedOffset;

/// "There is no offset."
const INVALID_OFFSET: Offset = Offset(-1);

/// The offsets asked for. A missing group has none; of a consumer group only members and nobody may ask.
///
/// If they shall be stable: as they are, the answer being held back until that is committed (`waits`), open
/// transactions being errors; else as of the committed offset. A coordinator that holds no answers back gives what is
/// committed, and an error where something else is on its way.
pub(crate) fn fetch(
    groups: &Groups,
    offsets: &Offsets,
    request: &OffsetFetchRequest,
    waits: bool,
) -> Result<OffsetFetchResponse, Refusal> {
    let group = &request.group;
    let stable = request.require_stable;
    let live = stable && waits;
    let key = if live || !waits { groups.find(group) } else { groups.find_committed(group) };
    let exists = match key.and_then(|key| groups.get(key)) {
        None => false,
        Some(Group::Classic(group)) => group.state() != ClassicGroupState::Dead,
        Some(Group::Consumer(group)) => {
            group.validate_fetch(request.member_id.as_ref(), request.member_epoch, live)?;
            true
        }
    };
    let one = |partition: &TopicPartition| {
        let committed = || offsets.get_committed(group, partition);
        let value = if live { offsets.get(group, partition) } else { committed() };
        let on_its_way = !waits && offsets.get(group, partition) != committed();
        if stable && (offsets.has_open_transaction(group, partition) || on_its_way) {
            return no_offset(partition, ErrorCode::UnstableOffsetCommit);
        }
        let value = value.filter(|_| exists);
        value.map_or_else(|| no_offset(partition, ErrorCode::None), |value| found(partition, value))
    };
    let fetched: Vec<FetchedOffset> = match &request.partitions {
        Some(partitions) => partitions.iter().map(one).collect(),
        None if !exists => Vec::new(),
        None if live => offsets.of_group(group).into_iter().flatten().map(|(partition, _)| one(partition)).collect(),
        None => offsets.of_group_committed(group).map(|(partition, _)| one(partition)).collect(),
    };
    Ok(OffsetFetchResponse { error: ErrorCode::None, offsets: fetched })
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
