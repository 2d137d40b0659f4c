//! The regular look for offsets that are too old, and for groups of which nothing is left (`cleanupGroupMetadata`).

use alloc::vec::Vec;

use crate::context::{Context, Outcome};
use crate::groups::{Group, Groups};
use crate::observation::GroupEvent;
use crate::offsets::Offsets;
use crate::offsets::delete::tombstone;
use crate::record::Record;

/// Looks at every group: expired offsets are forgotten; a group without members, offsets and open transactions goes.
pub(crate) fn expire(groups: &Groups, offsets: &Offsets, cx: &mut Context<'_>) -> Outcome {
    let mut records = Vec::new();
    for group in groups.keys().into_iter().filter_map(|key| groups.get(key)) {
        if expire_offsets(group, offsets, &mut records, cx) && group.is_empty() {
            records.extend(group.tombstones());
        }
    }
    Outcome { records, replay: true, ..Outcome::default() }
}

/// Forgets what is too old; whether then nothing is left.
fn expire_offsets(group: &Group, offsets: &Offsets, records: &mut Vec<Record>, cx: &mut Context<'_>) -> bool {
    let id = group.id();
    let nothing_open = offsets.open_partitions(id).next().is_none();
    let Some(of_group) = offsets.of_group(id) else { return nothing_open };
    let age = match group {
        Group::Classic(group) => group.offset_age(),
        Group::Consumer(_) => Some(None),
    };
    let Some(age) = age else { return false };
    let (mut all_expired, mut partitions) = (true, Vec::new());
    for (partition, value) in of_group {
        let since_ms = age.unwrap_or(value.commit_timestamp_ms);
        let is_old = cx.now_ms() - since_ms >= cx.config.retention_ms();
        let is_used = group.is_subscribed_to(&partition.topic) || offsets.has_open_transaction(id, &partition);
        if is_old && !is_used {
            records.push(tombstone(id, &partition));
            partitions.push(partition);
        } else {
            all_expired = false;
        }
    }
    if !partitions.is_empty() {
        cx.observe(id, GroupEvent::OffsetsExpired { partitions });
    }
    all_expired && nothing_open
}
