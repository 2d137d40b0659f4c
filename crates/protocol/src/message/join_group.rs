//! JoinGroup (API key 11).

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{ClientHost, ClientId, Generation, GroupId, InstanceId, MemberId, ProtocolName, ProtocolType};
use crate::metadata::MetadataBytes;
use crate::text::Text;

/// A member asks for a place in the next generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroupRequest {
    /// Version of the API: from 4 on dynamic newcomers need two requests (KIP-394), from 9 on a leader can be told to
    /// skip the assignment (KIP-814). The Java client 4.3 sends 9.
    pub version: i16,
    /// The group.
    pub group: GroupId,
    /// `client.id`, of the request's header.
    pub client_id: ClientId,
    /// Where the connection comes from.
    pub client_host: ClientHost,
    /// Empty for who has none yet.
    pub member_id: MemberId,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<InstanceId>,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i32,
    /// How long the coordinator waits for this member to rejoin; `max.poll.interval.ms` in the Java client.
    pub rebalance_timeout_ms: i32,
    /// `consumer` for consumers.
    pub protocol_type: ProtocolType,
    /// Assignors offered, in order of preference.
    pub protocols: Arc<[JoinGroupProtocol]>,
    /// Why the client joins, for the broker's log.
    pub reason: Option<Text>,
}

/// One assignor that a member offers, with what it tells that assignor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroupProtocol {
    /// The assignor's name.
    pub name: ProtocolName,
    /// The subscription.
    pub metadata: MetadataBytes,
}

/// The place in the new generation, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroupResponse {
    /// NONE, MEMBER_ID_REQUIRED, or the reason of refusal.
    pub error: ErrorCode,
    /// The new generation; −1 with an error.
    pub generation: Generation,
    /// The group's protocol type.
    pub protocol_type: Option<ProtocolType>,
    /// The assignor voted for.
    pub protocol_name: Option<ProtocolName>,
    /// The leader's member id; empty with an error.
    pub leader: MemberId,
    /// Whether the leader must not compute an assignment (KIP-814).
    pub skip_assignment: bool,
    /// The id to use from now on.
    pub member_id: MemberId,
    /// Everybody and what they told the chosen assignor, in the coordinator's order; empty for followers.
    pub members: Vec<JoinedMember>,
}

/// A member as the leader is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedMember {
    /// Its id.
    pub member_id: MemberId,
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
    /// Its subscription for the chosen assignor.
    pub metadata: MetadataBytes,
}

impl JoinGroupResponse {
    /// An answer that refuses: no generation, no leader, no members.
    pub fn refusal(error: ErrorCode, member_id: MemberId) -> Self {
        Self {
            error,
            generation: Generation::NONE,
            protocol_type: None,
            protocol_name: None,
            leader: MemberId::default(),
            skip_assignment: false,
            member_id,
            members: Vec::new(),
        }
    }
}
