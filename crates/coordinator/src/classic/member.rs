//! One member of a classic group (`ClassicGroupMember`). Its id is the key under which the group files it.

use alloc::sync::Arc;
use protocol::message::JoinGroupProtocol;
use protocol::{AssignmentBytes, ClientHost, ClientId, InstanceId, MemberId, MetadataBytes, ProtocolName, SimDuration};

use crate::classic::owing::SyncDebt;
use crate::context::{Context, CoordinatorTimer, TimerOwner};
use crate::groups::GroupKey;
use crate::replies::ReplyKey;

/// A member.
#[derive(Debug)]
pub(crate) struct Member {
    /// `group.instance.id`, if it is static.
    pub(crate) instance_id: Option<InstanceId>,
    /// `client.id` of its first join; a returning static member does not change it.
    pub(crate) client_id: ClientId,
    /// Where its first join came from.
    pub(crate) client_host: ClientHost,
    /// How long a rebalance waits for it, ms.
    pub(crate) rebalance_timeout_ms: i32,
    /// How long it may be silent, ms.
    pub(crate) session_timeout_ms: i32,
    /// Assignors it offers, in order of preference.
    pub(crate) protocols: Arc<[JoinGroupProtocol]>,
    /// Its assignment; empty until one is published, and again when a rebalance interrupts a rebalance.
    pub(crate) assignment: AssignmentBytes,
    /// Its JoinGroup that waits for the end of the join phase.
    pub(crate) parked_join: Option<ReplyKey>,
    /// Its SyncGroup that waits for the assignment.
    pub(crate) parked_sync: Option<ReplyKey>,
    /// Whether its first join phase is not over: then silence counts even while its JoinGroup is parked.
    pub(crate) is_new: bool,
    /// The SyncGroup that it owes in this generation.
    pub(crate) sync_debt: Option<SyncDebt>,
    /// The timer that removes it.
    pub(crate) session: Option<CoordinatorTimer>,
}

impl Member {
    /// Whether its JoinGroup is parked.
    pub(crate) fn is_awaiting_join(&self) -> bool {
        self.parked_join.is_some()
    }

    /// Whether silence is excused: it waits for us, not we for it.
    pub(crate) fn has_satisfied_heartbeat(&self) -> bool {
        !self.is_new && (self.parked_join.is_some() || self.parked_sync.is_some())
    }

    /// Whether it offers exactly this: same names and bytes in the same order.
    pub(crate) fn matches(&self, protocols: &Arc<[JoinGroupProtocol]>) -> bool {
        Arc::ptr_eq(&self.protocols, protocols) || self.protocols == *protocols
    }

    /// What it tells the assignor `name`.
    pub(crate) fn metadata(&self, name: &ProtocolName) -> Option<&MetadataBytes> {
        self.protocols.iter().find(|protocol| protocol.name == *name).map(|protocol| &protocol.metadata)
    }

    /// Arms the timer that removes it, anew if it is armed already. The member is `id` of `group`.
    #[inline(always)]
    pub(crate) fn rearm(&mut self, group: GroupKey, id: &MemberId, length: SimDuration, cx: &mut Context<'_>) {
        match self.session {
            Some(timer) => cx.timers.rearm(timer, cx.now, length),
            None => {
                let owner = TimerOwner::Session { group, member: id.clone() };
                self.session = Some(cx.timers.arm(owner, cx.now, length));
            }
        }
    }

    /// How long it may be silent.
    pub(crate) fn session_timeout(&self) -> SimDuration {
        SimDuration::from_config_millis(i64::from(self.session_timeout_ms))
    }
}
