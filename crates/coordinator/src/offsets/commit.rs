//! OffsetCommit and TxnOffsetCommit.

use alloc::vec::Vec;
use protocol::message::{
    OffsetCommitRequest, OffsetCommitResponse, OffsetToCommit, OffsetsToCommit, Response, TxnOffsetCommitRequest,
    TxnOffsetCommitResponse,
};
use protocol::{ErrorCode, Generation, GroupId, ProducerId, TopicId, TopicPartition};

use crate::classic::{self, Committer};
use crate::consumer::MayCommit;
use crate::context::{Context, Refusal};
use crate::groups::{Group, Groups};
use crate::record::Record;

/// From this version of OffsetCommit on, a missing group is called missing.
const VERSION_WITH_GROUP_ID_NOT_FOUND: i16 = 9;

/// Handles an OffsetCommit: what is written, if anything, and the answer.
pub(crate) fn commit(
    groups: &mut Groups,
    request: OffsetCommitRequest,
    cx: &mut Context<'_>,
) -> Result<(Option<Record>, Response), Refusal> {
    let names_it = request.version >= VERSION_WITH_GROUP_ID_NOT_FOUND && cx.behaviour.commit_needs_group;
    let missing = if names_it { ErrorCode::GroupIdNotFound } else { ErrorCode::IllegalGeneration };
    let by = Committer {
        member_id: &request.member_id,
        instance_id: request.instance_id.as_ref(),
        version: request.version,
        generation: request.generation,
        is_transactional: false,
    };
    let allowed = validate(groups, &request.group, by, missing, cx)?;
    let (record, too_long) = record(request.group, request.offsets, None, &allowed, cx)?;
    let error = overall(record.as_ref(), &too_long);
    let exceptions = if error.is_none() { too_long } else { Vec::new() };
    Ok((record, Response::from(OffsetCommitResponse { error, exceptions })))
}

/// Handles a TxnOffsetCommit, likewise.
pub(crate) fn commit_in_transaction(
    groups: &mut Groups,
    request: TxnOffsetCommitRequest,
    cx: &mut Context<'_>,
) -> Result<(Option<Record>, Response), Refusal> {
    let by = Committer {
        member_id: &request.member_id,
        instance_id: request.instance_id.as_ref(),
        version: i16::MAX,
        generation: request.generation,
        is_transactional: true,
    };
    let allowed = validate(groups, &request.group, by, ErrorCode::IllegalGeneration, cx)?;
    let (record, too_long) = record(request.group, request.offsets, Some(request.producer_id), &allowed, cx)?;
    let error = overall(record.as_ref(), &too_long);
    let exceptions = if error.is_none() { too_long } else { Vec::new() };
    Ok((record, Response::from(TxnOffsetCommitResponse { error, exceptions })))
}

/// A commit by nobody creates the group if need be; otherwise a missing group is refused with `missing`.
fn validate(
    groups: &mut Groups,
    id: &GroupId,
    by: Committer<'_>,
    missing: ErrorCode,
    cx: &mut Context<'_>,
) -> Result<MayCommit, Refusal> {
    let key = match groups.find(id) {
        Some(key) => key,
        None if by.generation < Generation(0) || by.is_transactional && !cx.behaviour.commit_needs_group => {
            classic::create(groups, id, cx)
        }
        None => return Err(Refusal(missing)),
    };
    match groups.get_mut(key) {
        Some(Group::Classic(group)) => group.validate_commit(by, cx).map(|()| MayCommit::All),
        Some(Group::Consumer(group)) => group.validate_commit(by, cx.behaviour.commits_of_old_epochs),
        None => Ok(MayCommit::All),
    }
}

type TooLong = Vec<(TopicPartition, ErrorCode)>;

/// What is written of a commit: all of its offsets, except where what goes with one is too long. One that may not be
/// committed fails all of them.
#[inline]
fn record(
    group: GroupId,
    offsets: OffsetsToCommit,
    producer: Option<ProducerId>,
    allowed: &MayCommit,
    cx: &Context<'_>,
) -> Result<(Option<Record>, TooLong), Refusal> {
    let max = i64::from(cx.config.metadata_max_bytes);
    let has_metadata = offsets.have_metadata();
    let is_plain = !has_metadata && matches!(allowed, MayCommit::All);
    let too_long = if is_plain { TooLong::new() } else { check(&offsets, max, producer, allowed, cx)? };
    let offsets = if has_metadata { as_written(&offsets, max) } else { offsets };
    let commit_timestamp_ms = cx.now_ms();
    let is_written = !offsets.is_empty();
    Ok((is_written.then_some(Record::OffsetCommit { group, producer, offsets, commit_timestamp_ms }), too_long))
}

/// Which offsets have metadata longer than `max`; whether the others may be committed, and those of a transaction to
/// topics that do not exist, whatever goes with them.
fn check(
    offsets: &OffsetsToCommit,
    max: i64,
    producer: Option<ProducerId>,
    allowed: &MayCommit,
    cx: &Context<'_>,
) -> Result<TooLong, Refusal> {
    let mut too_long = TooLong::new();
    // Partitions of one topic follow each other.
    let mut latest = None;
    for (place, committed) in offsets.partitions().iter().enumerate() {
        let TopicPartition { topic, partition } = committed;
        let id = match latest {
            Some((name, id)) if name == topic => id,
            _ => cx.topics.get(topic).map(|topic| topic.id).unwrap_or_default(),
        };
        latest = Some((topic, id));
        let length = offsets.metadata(place).map(|text| utf16_length(text));
        let is_too_long = length.is_some_and(|length| length > max);
        if is_too_long {
            too_long.push((committed.clone(), ErrorCode::OffsetMetadataTooLarge));
        }
        if !is_too_long || producer.is_some() && id == TopicId::default() {
            allowed.check(id, partition.0)?;
        }
    }
    Ok(too_long)
}

/// Without those whose metadata is longer than `max`; empty metadata is none.
fn as_written(offsets: &OffsetsToCommit, max: i64) -> OffsetsToCommit {
    let is_short = |offset: &OffsetToCommit| offset.metadata.as_deref().is_none_or(|text| utf16_length(text) <= max);
    let written =
        |offset: OffsetToCommit| OffsetToCommit { metadata: offset.metadata.filter(|text| !text.is_empty()), ..offset };
    offsets.iter().filter(is_short).map(written).collect()
}

/// Kafka compares the length of a Java string with a setting in bytes.
fn utf16_length(text: &str) -> i64 {
    let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    i64::try_from(units).unwrap_or(i64::MAX)
}

fn overall(record: Option<&Record>, too_long: &TooLong) -> ErrorCode {
    if record.is_none() && !too_long.is_empty() { ErrorCode::OffsetMetadataTooLarge } else { ErrorCode::None }
}
