//! JoinGroup of a member that speaks the classic protocol to a consumer group: answered at once, with the member's
//! epoch for a generation (`classicGroupJoinToConsumerGroup`).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::message::{JoinGroupRequest, JoinGroupResponse, Response, TopicPartitions};
use protocol::{
    ErrorCode, Generation, MemberId, PartitionIndex, ProtocolType, SimDuration, Subscription, TopicPartition,
};

use crate::consumer::classic::{AfterConsumerAppend, Answered};
use crate::consumer::downgrade::{Downgrade, downgrade};
use crate::consumer::event::{ConsumerEvent, Protocol};
use crate::consumer::group::ConsumerGroup;
use crate::consumer::member::{ConsumerMember, sorted_set};
use crate::consumer::record::{ClassicMemberMetadata, MemberSubscription};
use crate::consumer::target::Change;
use crate::context::{AfterAppend, Context, Outcome, Refusal};
use crate::groups::{GroupKey, Groups};
use crate::ids::MemberIds;
use crate::record::Record;
use crate::replies::ReplyKey;
use crate::topics::Topics;

/// From this version of JoinGroup on, dynamic newcomers are given an id first and join with it (KIP-394).
const VERSION_WITH_MEMBER_ID_REQUIRED: i16 = 4;

/// Handles a JoinGroup to a consumer group that has members.
pub(crate) fn join(
    groups: &mut Groups,
    key: GroupKey,
    request: &JoinGroupRequest,
    reply: ReplyKey,
    ids: &mut dyn MemberIds,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    let group = groups.consumer_mut(key).ok_or(Refusal(ErrorCode::UnknownMemberId))?;
    let is_new = request.member_id.is_empty();
    let id = if is_new { ids.member_id("") } else { request.member_id.clone() };
    group.refuse_if_full(&id, cx)?;
    if !group.supports(request) {
        return Err(Refusal(ErrorCode::InconsistentGroupProtocol));
    }
    if is_new && request.instance_id.is_none() && request.version >= VERSION_WITH_MEMBER_ID_REQUIRED {
        cx.observe_consumer(&group.id, ConsumerEvent::MemberIdRequired { member: id.clone() });
        cx.answer(reply, Response::from(JoinGroupResponse::refusal(ErrorCode::MemberIdRequired, id)));
        return Ok(Outcome::default());
    }
    let mut records = Vec::new();
    let member = group.classic_member_that_joins(request, &id, &mut records, cx)?;
    let holder = request.instance_id.as_ref().map(|instance| group.static_member(instance)).transpose()?.flatten();
    let goes_classic = holder.is_some_and(|holder| group.may_downgrade_by_replacing(holder, cx));
    let offered = request.protocols.first();
    let subscription = offered.and_then(|offered| offered.metadata.subscription());
    let subscription = subscription.ok_or(Refusal(ErrorCode::UnknownServerError))?;
    let updated = told_by(&member, request, subscription, cx);
    let names_change = group.write_member(&member, &updated, &mut records);
    let regex = group.update_regexes(&member, &updated, &mut records, cx)?;
    let bump = names_change || regex.is_updated();
    let mut change = Change::new(group, &member, &updated);
    change.names = Some(&subscription.topics);
    if bump || group.is_refresh_due(cx) {
        group.look_at_topics(bump, &mut change, &mut records, cx);
    }
    let owned = by_topic(&subscription.owned, cx.topics);
    let is_stale = group.assignment_epoch < change.epoch;
    let answer = |member: &ConsumerMember| Answer { request, reply, group: member.id.clone() };
    if goes_classic {
        let joined = if is_stale {
            updated
        } else {
            let (epoch, target) = (group.assignment_epoch, group.target_of(&updated));
            group.reconcile(&updated, epoch, &target, bump, Some(&owned), &mut records, cx)
        };
        let way = Downgrade { leaving: &[], joining: Some(&joined), stale: is_stale };
        let outcome = downgrade(groups, key, &way, records, cx)?;
        return Ok(answer(&joined).after(&joined, None, outcome, cx));
    }
    let (epoch, target) = group.maybe_assign(&change, &mut records, cx)?;
    let joined = group.reconcile(&updated, epoch, &target, bump, Some(&owned), &mut records, cx);
    let sync = SimDuration::from_config_millis(i64::from(request.rebalance_timeout_ms));
    let outcome = Outcome { records, replay: true, ..Outcome::default() };
    Ok(answer(&joined).after(&joined, Some(sync), outcome, cx))
}

/// Whom to answer.
struct Answer<'a> {
    request: &'a JoinGroupRequest,
    reply: ReplyKey,
    group: MemberId,
}

impl Answer<'_> {
    /// The answer leaves once the records are committed.
    fn after(
        self,
        member: &ConsumerMember,
        sync: Option<SimDuration>,
        outcome: Outcome,
        cx: &mut Context<'_>,
    ) -> Outcome {
        let protocol_name = self.request.protocols.first().map(|offered| offered.name.clone());
        let response = Response::from(JoinGroupResponse {
            error: ErrorCode::None,
            generation: Generation(member.epoch()),
            protocol_type: Some(ProtocolType::CONSUMER),
            protocol_name,
            leader: MemberId::default(),
            skip_assignment: false,
            member_id: self.group,
            members: Vec::new(),
        });
        cx.replies.hold(self.reply);
        let after = AfterConsumerAppend {
            group: self.request.group.clone(),
            member: member.id.clone(),
            reply: self.reply,
            session: SimDuration::from_config_millis(i64::from(self.request.session_timeout_ms)),
            answered: Answered::Join { sync, response },
        };
        Outcome { after: Some(Box::new(AfterAppend::Consumer(after))), ..outcome }
    }
}

impl ConsumerGroup {
    /// Whether somebody with this protocol type and these assignors fits in (`supportsClassicProtocols`): consumers do
    /// that offer an assignor which all others of the classic protocol offer too.
    fn supports(&self, request: &JoinGroupRequest) -> bool {
        request.protocol_type == ProtocolType::CONSUMER
            && request
                .protocols
                .iter()
                .any(|offered| self.classic_protocols.get(&offered.name).copied().unwrap_or(0) == self.classic_members)
    }

    fn classic_member_that_joins(
        &self,
        request: &JoinGroupRequest,
        id: &MemberId,
        records: &mut Vec<Record>,
        cx: &mut Context<'_>,
    ) -> Result<ConsumerMember, Refusal> {
        match &request.instance_id {
            None => {
                self.tell_joined(id, None, Protocol::Classic, cx);
                Ok(self.member(id).cloned().unwrap_or_else(|| ConsumerMember::new(id.clone())))
            }
            Some(instance) if request.member_id.is_empty() => {
                self.join_static(id, instance, Protocol::Classic, records, cx)
            }
            Some(instance) => self.holder(id, instance, cx).cloned(),
        }
    }
}

/// The member after what its JoinGroup tells; of its assignors the first one's subscription counts.
fn told_by(
    member: &ConsumerMember,
    request: &JoinGroupRequest,
    subscription: &Subscription,
    cx: &Context<'_>,
) -> ConsumerMember {
    let old = &member.told;
    let told = MemberSubscription {
        instance_id: request.instance_id.clone().or_else(|| old.instance_id.clone()),
        rack_id: subscription.rack.clone().or_else(|| old.rack_id.clone()),
        client_id: request.client_id.clone(),
        client_host: request.client_host.clone(),
        rebalance_timeout_ms: match request.rebalance_timeout_ms {
            -1 => old.rebalance_timeout_ms,
            timeout => timeout,
        },
        topics: sorted_set(&subscription.topics),
        regex: old.regex.clone().filter(|_| !cx.behaviour.regex_removal_counts),
        assignor: old.assignor.clone(),
        classic: Some(ClassicMemberMetadata {
            session_timeout_ms: request.session_timeout_ms,
            protocols: Arc::clone(&request.protocols),
        }),
    };
    let told = if told == **old { Arc::clone(old) } else { Arc::new(told) };
    ConsumerMember { told, ..member.clone() }
}

/// Partitions by the ids of their topics; those of topics that do not exist are left out.
fn by_topic(partitions: &[TopicPartition], topics: &Topics) -> Vec<TopicPartitions> {
    let known = partitions.iter().filter_map(|at| Some((topics.get(&at.topic)?.id, at.partition)));
    known
        .map(|(topic_id, partition)| TopicPartitions { topic_id, partitions: [PartitionIndex(partition.0)].into() })
        .collect()
}
