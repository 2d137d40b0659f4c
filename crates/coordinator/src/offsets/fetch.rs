//! OffsetFetch.

use alloc::vec::Vec;
use protocol::message::{OffsetFetchRequest, OffsetFetchResponse, OffsetRemark};
use protocol::{ErrorCode, Offset};

use crate::classic::ClassicGroupState;
use crate::context::Refusal;
use crate::groups::{Group, Groups};
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
    let mut answer = OffsetFetchResponse::refusal(ErrorCode::None);
    answer.offsets.reserve_exact(request.partitions.as_ref().map_or(0, |partitions| partitions.len()));
    let mut add = |found: Found<'_>| {
        let on_its_way = !waits && found.seen(true) != found.seen(false);
        let is_unstable = stable && (found.is_open || on_its_way);
        let value = found.seen(live).filter(|_| exists && !is_unstable);
        let offset = value.as_ref().map_or(INVALID_OFFSET, |value| value.offset);
        let metadata = value.and_then(|value| value.metadata).map(|text| *text);
        if is_unstable || metadata.is_some() {
            let error = if is_unstable { ErrorCode::UnstableOffsetCommit } else { ErrorCode::None };
            answer.remarks.push(OffsetRemark { place: answer.offsets.len(), metadata, error });
        }
        answer.offsets.push(offset);
    };
    match &request.partitions {
        Some(partitions) => {
            offsets.for_each(group, partitions, |_, found| add(found));
            answer.partitions = partitions.clone();
        }
        None if !exists => {}
        None => {
            let mut partitions = Vec::new();
            offsets.for_each(group, &offsets.partitions_of(group), |partition, found| {
                if found.seen(live).is_some() {
                    partitions.push(partition.clone());
                    add(found);
                }
            });
            answer.partitions = partitions.into();
        }
    }
    Ok(answer)
}
