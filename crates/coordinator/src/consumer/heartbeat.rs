//! ConsumerGroupHeartbeat: a member joins, is alive, tells what it owns, and learns what it may use
//! (`consumerGroupHeartbeat`).
//!
//! Nothing is decided anywhere else: no timer computes an assignment, nobody is told anything but in the answer to its
//! own heartbeat.

use alloc::vec::Vec;
use protocol::message::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, Response};
use protocol::{ErrorCode, MemberEpoch, MemberId};

use crate::consumer::event::{ConsumerEvent, Protocol};
use crate::consumer::group::ConsumerGroup;
use crate::consumer::leave::leave;
use crate::consumer::member::ConsumerMember;
use crate::consumer::record::ConsumerRecord;
use crate::consumer::target::{Change, ConsumerAssignors};
use crate::consumer::timers::MemberTimer;
use crate::consumer::upgrade::upgrade;
use crate::context::{Context, Outcome, Refusal};
use crate::groups::{Group, Groups};
use crate::ids::MemberIds;
use crate::record::Record;

/// From this version of ConsumerGroupHeartbeat on, members make their ids themselves.
const VERSION_WITH_OWN_MEMBER_ID: i16 = 1;

/// What is wrong with the form of a heartbeat, whatever the group (`throwIfConsumerGroupHeartbeatRequestIsInvalid`).
pub(crate) fn refusal_of_form(
    request: &ConsumerGroupHeartbeatRequest,
    assignors: ConsumerAssignors,
) -> Option<ErrorCode> {
    let must_have_id = request.version >= VERSION_WITH_OWN_MEMBER_ID
        || request.member_epoch > MemberEpoch::JOIN
        || request.member_epoch == MemberEpoch::LEAVE;
    let is_empty = must_have_id && request.member_id.is_empty()
        || request.group.is_empty()
        || request.instance_id.as_ref().is_some_and(|id| id.is_empty())
        || request.rack_id.as_ref().is_some_and(|id| id.is_empty());
    let owns_nothing = request.topic_partitions.as_ref().is_some_and(|owned| owned.is_empty());
    let is_subscribed = request.subscribed_topic_names.is_some() || request.subscribed_topic_regex.is_some();
    let is_wrong = match request.member_epoch {
        MemberEpoch::JOIN => request.rebalance_timeout_ms == -1 || !owns_nothing || !is_subscribed,
        MemberEpoch::LEAVE_STATIC => request.instance_id.is_none(),
        epoch => epoch < MemberEpoch::LEAVE_STATIC,
    };
    if is_empty || is_wrong {
        return Some(ErrorCode::InvalidRequest);
    }
    let is_unknown = request.server_assignor.as_ref().is_some_and(|name| assignors.by_name(name).is_none());
    is_unknown.then_some(ErrorCode::UnsupportedAssignor)
}

/// Handles a ConsumerGroupHeartbeat whose form has been checked.
pub(crate) fn heartbeat(
    groups: &mut Groups,
    request: &mut ConsumerGroupHeartbeatRequest,
    ids: &mut dyn MemberIds,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    if request.member_epoch < MemberEpoch::JOIN {
        return leave(groups, request, cx);
    }
    let joins = request.member_epoch == MemberEpoch::JOIN;
    let mut records = Vec::new();
    let found = groups.find(&request.group).and_then(|key| groups.get_mut(key));
    let mut draft = match found {
        Some(Group::Consumer(group)) => return group.heartbeat(request, records, ids, cx),
        Some(Group::Classic(group)) if joins && group.is_empty() => {
            records.push(Record::GroupMetadata { group: request.group.clone(), value: None });
            let event = ConsumerEvent::Converted { to: Protocol::Consumer, was_empty: true };
            cx.observe_consumer(&request.group, event);
            ConsumerGroup::new(request.group.clone(), cx.behaviour)
        }
        Some(Group::Classic(group)) if joins => upgrade(group, &mut records, cx)?,
        None if joins => ConsumerGroup::new(request.group.clone(), cx.behaviour),
        Some(Group::Classic(_)) | None => return Err(Refusal(ErrorCode::GroupIdNotFound)),
    };
    // The group comes to be when its records are applied.
    let outcome = draft.heartbeat(request, records, ids, cx);
    draft.shed_timers(cx);
    outcome
}

impl ConsumerGroup {
    fn heartbeat(
        &mut self,
        request: &mut ConsumerGroupHeartbeatRequest,
        mut records: Vec<Record>,
        ids: &mut dyn MemberIds,
        cx: &mut Context<'_>,
    ) -> Result<Outcome, Refusal> {
        self.refuse_if_full(&request.member_id, cx)?;
        if request.member_id.is_empty() {
            request.member_id = ids.member_id("");
        }
        let member = self.find_or_join(request, &mut records, cx)?;
        let updated = member.told_by(request);
        let names_change = self.write_member(&member, &updated, &mut records);
        let regex = self.update_regexes(&member, &updated, &mut records, cx)?;
        let is_first = self.epoch == 0 && !cx.behaviour.starts_at_epoch_one;
        let bump = names_change || regex.is_resolved() || is_first;
        let mut change = Change::new(self, &member, &updated);
        change.names = request.subscribed_topic_names.as_deref();
        if bump || self.is_refresh_due(cx) {
            self.look_at_topics(bump, &mut change, &mut records, cx);
        }
        let (target_epoch, target) = self.maybe_assign(&change, &mut records, cx)?;
        let owned = request.topic_partitions.as_deref();
        let changes = names_change || regex.is_updated();
        let reconciled = self.reconcile(&updated, target_epoch, &target, changes, owned, &mut records, cx);
        self.arm(&request.member_id, MemberTimer::Session, cx.config.consumer_session_timeout(), cx);
        let is_full = request.rebalance_timeout_ms != -1
            && (request.subscribed_topic_names.is_some() || request.subscribed_topic_regex.is_some())
            && owned.is_some();
        let is_news = request.member_epoch == MemberEpoch::JOIN
            || is_full
            || member.current.assigned != reconciled.current.assigned;
        let response = ConsumerGroupHeartbeatResponse {
            error: ErrorCode::None,
            member_id: Some(reconciled.id.clone()),
            member_epoch: MemberEpoch(reconciled.epoch()),
            heartbeat_interval_ms: cx.config.consumer_heartbeat_interval_ms,
            assignment: is_news.then(|| reconciled.current.assigned.by_topic()),
        };
        let response = Some(Response::from(response));
        Ok(Outcome { records, replay: true, response, ..Outcome::default() })
    }

    /// `throwIfConsumerGroupIsFull`: a full group knows only its members, by their ids.
    pub(super) fn refuse_if_full(&self, id: &MemberId, cx: &Context<'_>) -> Result<(), Refusal> {
        let max = usize::try_from(cx.config.consumer_max_size).unwrap_or(0);
        let is_full = self.members.len() >= max && self.member(id).is_none();
        if is_full { Err(Refusal(ErrorCode::GroupMaxSizeReached)) } else { Ok(()) }
    }

    /// Writes what the member told, if that is new; whether it subscribes to other names.
    pub(super) fn write_member(
        &self,
        member: &ConsumerMember,
        updated: &ConsumerMember,
        records: &mut Vec<Record>,
    ) -> bool {
        if member.told == updated.told && member.id == updated.id {
            return false;
        }
        let value = Some(updated.told.clone());
        self.write(ConsumerRecord::Member { member: updated.id.clone(), value }, records);
        member.told.topics != updated.told.topics
    }

    pub(super) fn write(&self, record: ConsumerRecord, records: &mut Vec<Record>) {
        records.push(Record::Consumer { group: self.id.clone(), record });
    }

    /// Whether a heartbeat of this member at this epoch that says nothing new would change nothing, now and as long as
    /// nothing else happens to the group or its topics. Groups with regular expressions look these up from time to
    /// time, which takes a heartbeat.
    pub(crate) fn accepts_heartbeat(&self, id: &MemberId, epoch: MemberEpoch, now_ms: i64) -> bool {
        let is_settled = self
            .member(id)
            .is_some_and(|member| member.epoch() == epoch.0 && member.is_reconciled_to(self.assignment_epoch));
        is_settled
            && self.epoch <= self.assignment_epoch
            && self.regexes.is_empty()
            && now_ms < self.refresh.0
            && self.epoch >= self.refresh.1
    }
}
