//! Requests and responses, one file an API.
//!
//! Field names are Kafka's. Timeouts stay in milliseconds as on the wire, because a hostile client can send any number there
//! and the answer depends on it. [`Request`] and [`Response`] are what a coordinator takes and gives.

mod describe_groups;
mod find_coordinator;
mod heartbeat;
mod join_group;
mod leave_group;
mod metadata;
mod offset_commit;
mod offset_fetch;
mod sync_group;

pub use describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse, DescribedMember};
pub use find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse};
pub use heartbeat::{HeartbeatRequest, HeartbeatResponse};
pub use join_group::{JoinGroupProtocol, JoinGroupRequest, JoinGroupResponse, JoinedMember};
pub use leave_group::{LeaveGroupRequest, LeaveGroupResponse, LeavingMember, MemberLeft};
pub use metadata::{MetadataRequest, MetadataResponse, TopicMetadata};
pub use offset_commit::{OffsetCommitRequest, OffsetCommitResponse, OffsetToCommit};
pub use offset_fetch::{FetchedOffset, OffsetFetchRequest, OffsetFetchResponse};
pub use sync_group::{SyncGroupRequest, SyncGroupResponse};

/// A request to a broker about groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Which broker coordinates this group?
    FindCoordinator(FindCoordinatorRequest),
    /// How many partitions do these topics have?
    Metadata(MetadataRequest),
    /// Let me into the next generation.
    JoinGroup(JoinGroupRequest),
    /// Give me my assignment; the leader brings everybody's.
    SyncGroup(SyncGroupRequest),
    /// I am alive.
    Heartbeat(HeartbeatRequest),
    /// I, or these members, leave.
    LeaveGroup(LeaveGroupRequest),
    /// Remember that the group has read up to here.
    OffsetCommit(OffsetCommitRequest),
    /// Up to where has the group read?
    OffsetFetch(OffsetFetchRequest),
    /// What does the group look like?
    DescribeGroups(DescribeGroupsRequest),
}

/// A broker's answer; the variant is that of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// To [`Request::FindCoordinator`].
    FindCoordinator(FindCoordinatorResponse),
    /// To [`Request::Metadata`].
    Metadata(MetadataResponse),
    /// To [`Request::JoinGroup`].
    JoinGroup(JoinGroupResponse),
    /// To [`Request::SyncGroup`].
    SyncGroup(SyncGroupResponse),
    /// To [`Request::Heartbeat`].
    Heartbeat(HeartbeatResponse),
    /// To [`Request::LeaveGroup`].
    LeaveGroup(LeaveGroupResponse),
    /// To [`Request::OffsetCommit`].
    OffsetCommit(OffsetCommitResponse),
    /// To [`Request::OffsetFetch`].
    OffsetFetch(OffsetFetchResponse),
    /// To [`Request::DescribeGroups`].
    DescribeGroups(DescribeGroupsResponse),
}
