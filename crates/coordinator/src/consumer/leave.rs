//! Who leaves: for good, for a while, or because the coordinator gives up on it (`consumerGroupLeave`,
//! `consumerGroupFenceMembers`).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::message::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, Response};
use protocol::{ErrorCode, GroupId, MemberEpoch, MemberId};

use crate::consumer::downgrade::{Downgrade, downgrade};
use crate::consumer::event::{ConsumerEvent, FenceReason};
use crate::consumer::group::{ConsumerGroup, change};
use crate::consumer::member::ConsumerMember;
use crate::consumer::record::ConsumerRecord;
use crate::consumer::subscribe::metadata_hash;
use crate::context::{Context, Outcome, Refusal};
use crate::groups::Groups;

/// Handles a heartbeat that says goodbye. The epoch the member was at is not looked at.
pub(super) fn leave(
    groups: &mut Groups,
    request: &ConsumerGroupHeartbeatRequest,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    let group = groups.find(&request.group).and_then(|key| groups.consumer(key));
    let group = group.ok_or(Refusal(ErrorCode::GroupIdNotFound))?;
    let id = &request.member_id;
    let member = match &request.instance_id {
        None => group.member(id).ok_or(Refusal(ErrorCode::UnknownMemberId))?.clone(),
        Some(instance) => group.holder(id, instance, cx)?.clone(),
    };
    let instance = request.instance_id.clone();
    let returns = instance.is_some() && request.member_epoch == MemberEpoch::LEAVE_STATIC;
    cx.observe_consumer(&group.id, ConsumerEvent::Left { member: id.clone(), instance, returns });
    let mut outcome = if returns {
        let mut records = Vec::new();
        let (id, value) = (member.id.clone(), Some(member.gone_for_a_while()));
        group.write(ConsumerRecord::Current { member: id, value }, &mut records);
        Outcome { records, replay: true, ..Outcome::default() }
    } else {
        fence(groups, &request.group, &[member], cx)?
    };
    outcome.response = Some(Response::from(ConsumerGroupHeartbeatResponse {
        error: ErrorCode::None,
        member_id: Some(id.clone()),
        member_epoch: request.member_epoch,
        heartbeat_interval_ms: 0,
        assignment: None,
    }));
    Ok(outcome)
}

/// Members go. If only members remain that speak the classic protocol, the group becomes a classic one, if it may; else
/// a new epoch begins. Nothing is assigned now.
pub(super) fn fence(
    groups: &mut Groups,
    id: &GroupId,
    members: &[ConsumerMember],
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    let key = groups.find(id).ok_or(Refusal(ErrorCode::GroupIdNotFound))?;
    let group = groups.consumer_mut(key).ok_or(Refusal(ErrorCode::GroupIdNotFound))?;
    if group.may_downgrade_without(members, cx) {
        let way = Downgrade { leaving: members, joining: None, stale: true };
        return downgrade(groups, key, &way, Vec::new(), cx);
    }
    Ok(group.fence(members, cx))
}

/// The coordinator gives up on a member, if it still is one.
pub(super) fn give_up_on(
    groups: &mut Groups,
    id: &GroupId,
    member: &MemberId,
    reason: FenceReason,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    let group = groups.find(id).and_then(|key| groups.consumer(key));
    let Some(found) = group.and_then(|group| group.member(member)).cloned() else { return Ok(Outcome::default()) };
    cx.observe_consumer(id, ConsumerEvent::Fenced { member: member.clone(), reason });
    fence(groups, id, &[found], cx)
}

impl ConsumerGroup {
    /// Members go, and a new epoch begins, whatever they subscribed to.
    fn fence(&mut self, members: &[ConsumerMember], cx: &mut Context<'_>) -> Outcome {
        let mut records = Vec::new();
        for member in members {
            self.write_removal(&member.id, &mut records);
        }
        let mut topics = self.topics.clone();
        let mut regexes: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        for member in members {
            member.told.topics.iter().for_each(|topic| change(&mut topics, topic, |it| it.by_name -= 1));
            if let Some(regex) = member.regex() {
                *regexes.entry(regex).or_default() += 1;
            }
        }
        for (regex, count) in regexes {
            if self.subscribers_of(regex) != count {
                continue;
            }
            self.write(ConsumerRecord::Regex { regex: Arc::clone(regex), value: None }, &mut records);
            if let Some(resolved) = self.resolved.get(regex) {
                resolved.topics.iter().for_each(|topic| change(&mut topics, topic, |it| it.by_regex -= 1));
            }
        }
        self.bump_epoch(metadata_hash(topics.keys(), cx.topics), &mut records, cx);
        for member in members {
            self.disarm_all(&member.id, cx);
        }
        Outcome { records, replay: true, ..Outcome::default() }
    }
}
