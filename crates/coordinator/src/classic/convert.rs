//! A classic group that becomes a consumer group, or was one (KIP-848's migration). The other half is in
//! [`consumer`](crate::consumer).

use alloc::vec::Vec;
use protocol::message::{JoinGroupResponse, SyncGroupResponse};
use protocol::{ErrorCode, Generation, GroupId, MemberId, ProtocolName, ProtocolType};

use crate::classic::group::ClassicGroup;
use crate::classic::member::Member;
use crate::classic::state::ClassicGroupState;
use crate::context::{Context, Refusal};
use crate::groups::GroupKey;
use crate::observation::RebalanceReason;
use crate::record::Record;

impl ClassicGroup {
    /// Its members, in order.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.members.iter()
    }

    /// The assignor it uses.
    pub(crate) fn protocol_name(&self) -> Option<&ProtocolName> {
        self.protocol_name.as_ref()
    }

    /// Whoever waits for the group is told that another rebalance begins.
    pub(crate) fn send_everybody_back(&mut self, cx: &mut Context<'_>) {
        let error = ErrorCode::RebalanceInProgress;
        let ids: Vec<MemberId> = self.members.keys().cloned().collect();
        for id in &ids {
            self.complete_join(id, JoinGroupResponse::refusal(error, id.clone()), cx);
        }
        for id in &ids {
            self.complete_sync(id, SyncGroupResponse::refusal(error), cx);
        }
    }

    /// A group out of the members of a consumer group: Stable, everybody with its assignment.
    ///
    /// # Errors
    /// The members offer no assignor in common.
    pub(crate) fn converted(
        id: GroupId,
        key: GroupKey,
        generation: Generation,
        now_ms: i64,
        members: Vec<(MemberId, Member)>,
    ) -> Result<Self, Refusal> {
        let mut group = Self::new(id, key, now_ms);
        group.state = ClassicGroupState::Stable;
        group.generation = generation;
        for (id, member) in members {
            group.add(id, member, ProtocolType::CONSUMER);
        }
        group.protocol_name = Some(group.select_protocol().ok_or(Refusal(ErrorCode::UnknownServerError))?);
        group.subscribed_topics = group.compute_subscribed_topics()?;
        Ok(group)
    }

    /// Its record.
    ///
    /// # Errors
    /// A member does not offer the group's assignor.
    pub(crate) fn converted_record(&self, keeps_log: bool) -> Result<Record, Refusal> {
        self.record(None, keeps_log)
    }

    /// It is filed under this key.
    pub(crate) fn rekey(&mut self, key: GroupKey) {
        self.key = key;
    }

    /// Every member has its full session timeout.
    pub(crate) fn rearm_all(&mut self, cx: &mut Context<'_>) {
        for place in self.places() {
            self.rearm_session(place, cx);
        }
    }

    /// A rebalance begins, the assignments being old. Kafka drops what it would have to write.
    pub(crate) fn rebalance_after_conversion(&mut self, reason: RebalanceReason, cx: &mut Context<'_>) {
        let _dropped = self.prepare_rebalance(reason, cx);
    }
}
