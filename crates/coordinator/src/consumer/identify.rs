//! Who sends a heartbeat: a member, a newcomer, a static member that returns, or somebody that is refused
//! (`getOrMaybeSubscribeDynamicConsumerGroupMember`, `getOrMaybeSubscribeStaticConsumerGroupMember`).

use alloc::vec::Vec;
use protocol::message::ConsumerGroupHeartbeatRequest;
use protocol::{ErrorCode, InstanceId, MemberEpoch, MemberId};

use crate::consumer::event::{ConsumerEvent, Protocol};
use crate::consumer::group::ConsumerGroup;
use crate::consumer::member::{ConsumerMember, Owned};
use crate::consumer::partitions::owns_only;
use crate::consumer::record::ConsumerRecord;
use crate::context::{Context, Refusal};
use crate::record::Record;

impl ConsumerGroup {
    /// The member that this heartbeat is of. One that takes the place of another writes so.
    pub(super) fn find_or_join(
        &self,
        request: &ConsumerGroupHeartbeatRequest,
        records: &mut Vec<Record>,
        cx: &mut Context<'_>,
    ) -> Result<ConsumerMember, Refusal> {
        let (id, epoch) = (&request.member_id, request.member_epoch);
        let owned = request.topic_partitions.as_deref();
        let joins = epoch == MemberEpoch::JOIN;
        match &request.instance_id {
            None => {
                let member = match self.member(id) {
                    Some(member) => member.clone(),
                    None if joins => ConsumerMember::new(id.clone()),
                    None => return Err(Refusal(ErrorCode::UnknownMemberId)),
                };
                check_epoch(&member, epoch, owned, cx)?;
                if joins {
                    self.tell_joined(id, None, Protocol::Consumer, cx);
                }
                Ok(member)
            }
            Some(instance) if joins => self.join_static(id, instance, Protocol::Consumer, records, cx),
            Some(instance) => {
                let holder = self.holder(id, instance, cx)?;
                check_epoch(holder, epoch, owned, cx)?;
                Ok(holder.clone())
            }
        }
    }

    /// A static member joins: it is new, or takes the place of the member that has its instance id, which must have
    /// left for a while, unless one of the two speaks the classic protocol.
    pub(super) fn join_static(
        &self,
        id: &MemberId,
        instance: &InstanceId,
        protocol: Protocol,
        records: &mut Vec<Record>,
        cx: &mut Context<'_>,
    ) -> Result<ConsumerMember, Refusal> {
        let Some(holder) = self.static_member(instance)? else {
            self.tell_joined(id, Some(instance), protocol, cx);
            return Ok(self.member(id).cloned().unwrap_or_else(|| ConsumerMember::new(id.clone())));
        };
        let (member, instance) = (id.clone(), instance.clone());
        let existing = holder.id.clone();
        if protocol == Protocol::Consumer && !holder.uses_classic_protocol() && !holder.is_away() {
            cx.observe_consumer(&self.id, ConsumerEvent::InstanceNotReleased { instance, member, existing });
            return Err(Refusal(ErrorCode::UnreleasedInstanceId));
        }
        let new = holder.renamed(id.clone());
        self.write_removal(&existing, records);
        self.write(ConsumerRecord::Member { member: id.clone(), value: Some(new.told.clone()) }, records);
        let target = Some(self.target(&existing));
        self.write(ConsumerRecord::Target { member: id.clone(), value: target }, records);
        self.write(ConsumerRecord::Current { member: id.clone(), value: Some(new.current.clone()) }, records);
        cx.observe_consumer(&self.id, ConsumerEvent::Replaced { instance, old: existing, new: member, protocol });
        Ok(new)
    }

    /// The member with this id and instance id.
    pub(super) fn holder(
        &self,
        id: &MemberId,
        instance: &InstanceId,
        cx: &mut Context<'_>,
    ) -> Result<&ConsumerMember, Refusal> {
        let holder = self.static_member(instance)?.ok_or(Refusal(ErrorCode::UnknownMemberId))?;
        if holder.id != *id {
            let (instance, member, existing) = (instance.clone(), id.clone(), holder.id.clone());
            cx.observe_consumer(&self.id, ConsumerEvent::InstanceFenced { instance, member, existing });
            return Err(Refusal(ErrorCode::FencedInstanceId));
        }
        Ok(holder)
    }

    pub(super) fn tell_joined(
        &self,
        id: &MemberId,
        instance: Option<&InstanceId>,
        protocol: Protocol,
        cx: &mut Context<'_>,
    ) {
        let event = ConsumerEvent::Joined { member: id.clone(), instance: instance.cloned(), protocol };
        cx.observe_consumer(&self.id, event);
    }

    /// The records that take a member out, in the order that matters.
    pub(super) fn write_removal(&self, id: &MemberId, records: &mut Vec<Record>) {
        self.write(ConsumerRecord::Current { member: id.clone(), value: None }, records);
        self.write(ConsumerRecord::Target { member: id.clone(), value: None }, records);
        self.write(ConsumerRecord::Member { member: id.clone(), value: None }, records);
    }
}

/// The epoch must be the member's, or the one before if the answer that moved it on seems lost: it lists what it
/// owns, and nothing but what it was given. Who joins is at no epoch.
fn check_epoch(member: &ConsumerMember, epoch: MemberEpoch, owned: Owned<'_>, cx: &Context<'_>) -> Result<(), Refusal> {
    let current = &member.current;
    let is_repeated =
        epoch.0 < current.epoch && epoch.0 == current.previous_epoch && owns_only(owned, &current.assigned);
    let joins = epoch == MemberEpoch::JOIN && cx.behaviour.rejoins_at_any_epoch;
    if joins || epoch.0 == current.epoch || is_repeated { Ok(()) } else { Err(Refusal(ErrorCode::FencedMemberEpoch)) }
}
