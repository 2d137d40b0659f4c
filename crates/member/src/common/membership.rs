//! Who a member is in its group, and the requests that say so.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::message::{
    FindCoordinatorRequest, HeartbeatRequest, JoinGroupProtocol, JoinGroupRequest, LeaveGroupRequest, LeavingMember,
    MetadataRequest, OffsetCommitRequest, OffsetFetchRequest, OffsetsToCommit, Request, SyncGroupRequest,
};
use protocol::{
    AssignmentBytes, Generation, GroupId, InstanceId, MemberEpoch, MemberId, Partitions, ProtocolName, ProtocolType,
    SimDuration, Text, TopicName,
};

use crate::identity::Identity;

/// The versions of the APIs that a client speaks, where the coordinator makes a difference between them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Versions {
    /// JoinGroup; a reason is sent from 8 on (KIP-800).
    pub(crate) join_group: i16,
    /// SyncGroup; protocol type and name are sent from 5 on (KIP-559).
    pub(crate) sync_group: i16,
    /// LeaveGroup; a reason is sent from 5 on (KIP-800).
    pub(crate) leave_group: i16,
    /// OffsetCommit.
    pub(crate) offset_commit: i16,
}

const JOIN_GROUP_WITH_REASON: i16 = 8;
const SYNC_GROUP_WITH_PROTOCOL: i16 = 5;
const LEAVE_GROUP_WITH_REASON: i16 = 5;

/// A member's place in its group; first what every request says.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Membership {
    pub(super) group: GroupId,
    /// Empty before the coordinator has given one.
    pub(crate) member_id: MemberId,
    /// −1 if there is none.
    pub(crate) generation: Generation,
    versions: Versions,
    pub(super) instance_id: Option<InstanceId>,
    /// Who it is outside of the group; apart, because only who joins says it.
    pub(crate) identity: Box<Identity>,
    /// The assignor that the group has chosen.
    pub(crate) protocol: Option<ProtocolName>,
}

impl Membership {
    /// A consumer that is in no group yet.
    pub(crate) fn new(identity: Identity, instance_id: Option<InstanceId>, versions: Versions) -> Self {
        Self {
            group: identity.group.clone(),
            identity: Box::new(identity),
            instance_id,
            versions,
            member_id: MemberId::default(),
            generation: Generation::NONE,
            protocol: None,
        }
    }

    /// Asks for the coordinator.
    pub(crate) fn find_coordinator(&self) -> Request {
        Request::from(FindCoordinatorRequest { group: self.group.clone() })
    }

    /// Asks for the partitions of the topics this member reads.
    pub(crate) fn metadata(&self) -> Request {
        self.metadata_of(self.identity.topics.clone())
    }

    /// Asks for the partitions of these topics.
    pub(crate) fn metadata_of(&self, topics: Arc<[TopicName]>) -> Request {
        Request::from(MetadataRequest { topics: Some(topics) })
    }

    /// Asks for a place in the next generation.
    pub(crate) fn join_group(
        &self,
        session_timeout: SimDuration,
        rebalance_timeout: SimDuration,
        protocols: Arc<[JoinGroupProtocol]>,
        reason: &'static str,
    ) -> Request {
        let version = self.versions.join_group;
        Request::from(JoinGroupRequest {
            version,
            group: self.group.clone(),
            client_id: self.identity.client_id.clone(),
            client_host: self.identity.client_host.clone(),
            member_id: self.member_id.clone(),
            instance_id: self.instance_id.clone(),
            session_timeout_ms: millis(session_timeout),
            rebalance_timeout_ms: millis(rebalance_timeout),
            protocol_type: ProtocolType::CONSUMER,
            protocols,
            reason: (version >= JOIN_GROUP_WITH_REASON).then_some(Text::Known(reason)),
        })
    }

    /// Asks for the assignment, and brings everybody's if this member leads.
    pub(crate) fn sync_group(&self, assignments: Vec<(MemberId, AssignmentBytes)>) -> Request {
        let version = self.versions.sync_group;
        let says_protocol = version >= SYNC_GROUP_WITH_PROTOCOL;
        Request::from(SyncGroupRequest {
            version,
            group: self.group.clone(),
            generation: self.generation,
            member_id: self.member_id.clone(),
            instance_id: self.instance_id.clone(),
            protocol_type: says_protocol.then_some(ProtocolType::CONSUMER),
            protocol_name: if says_protocol { self.protocol.clone() } else { None },
            assignments,
        })
    }

    /// Says that the member is alive.
    pub(crate) fn heartbeat(&self) -> Request {
        Request::from(HeartbeatRequest {
            group: self.group.clone(),
            generation: self.generation,
            member_id: self.member_id.clone(),
            instance_id: self.instance_id.clone(),
        })
    }

    /// Says that the member goes.
    pub(crate) fn leave_group(&self, reason: &'static str) -> Request {
        let version = self.versions.leave_group;
        Request::from(LeaveGroupRequest {
            version,
            group: self.group.clone(),
            members: alloc::vec![LeavingMember {
                member_id: self.member_id.clone(),
                instance_id: None,
                reason: (version >= LEAVE_GROUP_WITH_REASON).then_some(Text::Known(reason)),
            }],
        })
    }

    /// Records positions.
    pub(crate) fn offset_commit(&self, offsets: OffsetsToCommit) -> Request {
        Request::from(OffsetCommitRequest {
            version: self.versions.offset_commit,
            group: self.group.clone(),
            generation: self.generation,
            member_id: self.member_id.clone(),
            instance_id: self.instance_id.clone(),
            offsets,
        })
    }

    /// Asks where reading goes on; offsets of open transactions are waited for.
    pub(crate) fn offset_fetch(&self, partitions: Partitions) -> Request {
        Request::from(OffsetFetchRequest {
            group: self.group.clone(),
            member_id: None,
            member_epoch: MemberEpoch::NONE,
            partitions: Some(partitions),
            require_stable: true,
        })
    }
}

/// A length as it goes on the wire.
pub(super) fn millis(length: SimDuration) -> i32 {
    i32::try_from(length.as_millis()).unwrap_or(i32::MAX)
}
