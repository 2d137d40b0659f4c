//! A classic group's coming and going with its coordinator: read from the log, given away (`replay`, `onLoaded`,
//! `onUnloaded`).

use alloc::vec::Vec;
use protocol::java::JavaHashMap;
use protocol::message::{JoinGroupProtocol, JoinGroupResponse, SyncGroupResponse};
use protocol::{ErrorCode, GroupId, ProtocolName, ProtocolType};

use crate::classic::group::ClassicGroup;
use crate::classic::member::Member;
use crate::classic::rebalance::Written;
use crate::classic::state::ClassicGroupState;
use crate::context::{Context, CoordinatorTimer};
use crate::groups::GroupKey;
use crate::observation::{GroupEvent, RebalanceReason};
use crate::record::{GroupMetadata, MemberMetadata};

impl ClassicGroup {
    /// The group as its last record tells it: Stable if it has members, else Empty. Of each member's protocols only the
    /// chosen one is left; nothing is parked, nobody is new, nobody owes a SyncGroup.
    pub(crate) fn from_record(id: GroupId, key: GroupKey, value: &GroupMetadata) -> Self {
        let mut group = Self::new(id, key, value.state_timestamp_ms);
        if !value.members.is_empty() {
            group.state = ClassicGroupState::Stable;
        }
        group.generation = value.generation;
        group.protocol_type = value.protocol_type.clone().filter(|kind| !kind.is_empty());
        group.protocol_name.clone_from(&value.protocol);
        group.leader.clone_from(&value.leader);
        group.members = JavaHashMap::new();
        let kind = value.protocol_type.clone().unwrap_or_else(|| ProtocolType::new(""));
        let name = value.protocol.clone().unwrap_or_else(|| ProtocolName::new(""));
        for member in &value.members {
            group.add(member.member_id.clone(), loaded(member, &name), kind.clone());
        }
        let topics = group.compute_subscribed_topics();
        group.subscribed_topics = topics.expect("a loaded member offers the group's assignor");
        group
    }

    /// Everything is read: every member has its full session timeout again; a group that is too large rebalances.
    pub(crate) fn loaded(&mut self, cx: &mut Context<'_>) -> Written {
        let size = self.members.len();
        cx.observe(&self.id, GroupEvent::Loaded { generation: self.generation, members: size });
        for place in self.places() {
            self.rearm_session(place, cx);
        }
        let capacity = cx.config.max_size;
        if size > usize::try_from(capacity).unwrap_or(0) {
            return self.prepare_rebalance(RebalanceReason::OverCapacity { size, capacity }, cx);
        }
        Ok(None)
    }

    /// The group is removed, being empty or a consumer group from now on. Nobody will ask for its members and pending
    /// ids any more, though the group as it is may still be described. (Kafka lets their timers run out and finds
    /// nothing.)
    pub(crate) fn deleted(&mut self, cx: &mut Context<'_>) {
        cx.observe(&self.id, GroupEvent::Deleted);
        let pending = core::mem::take(&mut self.pending_join);
        let mut timers: Vec<CoordinatorTimer> = pending.into_values().chain(self.sync_timer.take()).collect();
        self.members.for_each_mut(|_, member| timers.extend(member.session.take()));
        timers.into_iter().for_each(|timer| cx.timers.cancel(timer));
    }

    /// The coordinator gives the group away: what is parked is told so.
    pub(crate) fn unload(&mut self, cx: &mut Context<'_>) {
        cx.observe(&self.id, GroupEvent::Unloaded { generation: self.generation });
        self.transition_to(ClassicGroupState::Dead, cx);
        let error = ErrorCode::NotCoordinator;
        for place in self.places() {
            let id = self.members.at(place).0.clone();
            match self.previous_state {
                ClassicGroupState::PreparingRebalance => {
                    self.complete_join(&id, JoinGroupResponse::refusal(error, id.clone()), cx);
                }
                ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable => {
                    self.complete_sync(&id, SyncGroupResponse::refusal(error), cx);
                }
                ClassicGroupState::Empty | ClassicGroupState::Dead => {}
            }
        }
        self.members.for_each_mut(|_, member| {
            for reply in member.parked_join.take().into_iter().chain(member.parked_sync.take()) {
                cx.release(reply);
            }
        });
        self.awaiting_join = 0;
    }
}

fn loaded(member: &MemberMetadata, protocol: &ProtocolName) -> Member {
    let rebalance_timeout_ms = match member.rebalance_timeout_ms {
        -1 => member.session_timeout_ms,
        timeout => timeout,
    };
    Member {
        instance_id: member.instance_id.clone(),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        rebalance_timeout_ms,
        session_timeout_ms: member.session_timeout_ms,
        protocols: [JoinGroupProtocol { name: protocol.clone(), metadata: member.subscription.clone() }].into(),
        assignment: member.assignment.clone(),
        parked_join: None,
        parked_sync: None,
        is_new: false,
        sync_debt: None,
        session: None,
    }
}
