//! OffsetFetch.

use alloc::vec::Vec;
use protocol::message::{FetchedOffset, OffsetFetchRequest, OffsetFetchResponse};
use protocol::{ErrorCode, Offset, TopicPartition};

use crate::classic::ClassicGroupState;
use crate::context::Refusal;
use crate::groups::{Group, Groups};
use crate::offsets::CommittedOffset;
use crate::offsets::store::{Found, Offsets};

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
    let one = |partition: &TopicPartition, found: Found<'_>| {
        let on_its_way = !waits && found.seen(true) != found.seen(false);
        if stable && (found.is_open || on_its_way) {
            return no_offset(partition, ErrorCode::UnstableOffsetCommit);
        }
        let value = found.seen(live).filter(|_| exists);
        value.map_or_else(|| no_offset(partition, ErrorCode::None), |value| has_offset(partition, value))
    };
    let mut fetched = Vec::new();
    match &request.partitions {
        Some(partitions) => {
            fetched.reserve_exact(partitions.len());
            offsets.for_each(group, partitions, |partition, found| fetched.push(one(partition, found)));
        }
        None if !exists => {}
        None => offsets.for_each(group, &offsets.partitions_of(group), |partition, found| {
            if found.seen(live).is_some() {
                fetched.push(one(partition, found));
            }
        }),
    }
    Ok(OffsetFetchResponse { error: ErrorCode::None, offsets: fetched })
}

fn has_offset(partition: &TopicPartition, value: CommittedOffset) -> FetchedOffset {
    let CommittedOffset { offset, metadata, .. } = value;
    let metadata = metadata.map(|text| *text);
    FetchedOffset { partition: partition.clone(), offset, metadata, error: ErrorCode::None }
}

fn no_offset(partition: &TopicPartition, error: ErrorCode) -> FetchedOffset {
    FetchedOffset { partition: partition.clone(), offset: INVALID_OFFSET, metadata: None, error }
}
