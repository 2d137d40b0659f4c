//! Requests and responses, one file an API.
//!
//! Field names are Kafka's. Timeouts stay in milliseconds as on the wire, because a hostile client can send any
//! number there and the answer depends on it. [`Request`] and [`Response`] are what a coordinator takes and gives.

mod consumer_group_describe;
mod consumer_group_heartbeat;
mod delete_groups;
mod describe_groups;
mod find_coordinator;
mod heartbeat;
mod join_group;
mod leave_group;
mod list_groups;
mod metadata;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod sync_group;
mod txn_offset_commit;
mod write_txn_markers;

use alloc::boxed::Box;

pub use consumer_group_describe::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, DescribedConsumerMember,
};
pub use consumer_group_heartbeat::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, TopicPartitions};
pub use delete_groups::{DeleteGroupsRequest, DeleteGroupsResponse};
pub use describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse, DescribedMember};
pub use find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse};
pub use heartbeat::{HeartbeatRequest, HeartbeatResponse};
pub use join_group::{JoinGroupProtocol, JoinGroupRequest, JoinGroupResponse, JoinedMember};
pub use leave_group::{LeaveGroupRequest, LeaveGroupResponse, LeavingMember, MemberLeft};
pub use list_groups::{ListGroupsRequest, ListGroupsResponse, ListedGroup};
pub use metadata::{MetadataRequest, MetadataResponse, TopicMetadata};
pub use offset_commit::{OffsetCommitRequest, OffsetCommitResponse, OffsetToCommit};
pub use offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse};
pub use offset_fetch::{FetchedOffset, OffsetFetchRequest, OffsetFetchResponse};
pub use sync_group::{SyncGroupRequest, SyncGroupResponse};
pub use txn_offset_commit::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};
pub use write_txn_markers::{WriteTxnMarkersRequest, WriteTxnMarkersResponse};

/// A request to a broker about groups. Each is in a box: however much it says, two words are handed on in registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Which broker coordinates this group?
    FindCoordinator(Box<FindCoordinatorRequest>),
    /// How many partitions do these topics have?
    Metadata(Box<MetadataRequest>),
    /// Let me into the next generation.
    JoinGroup(Box<JoinGroupRequest>),
    /// Give me my assignment; the leader brings everybody's.
    SyncGroup(Box<SyncGroupRequest>),
    /// I am alive.
    Heartbeat(Box<HeartbeatRequest>),
    /// I, or these members, leave.
    LeaveGroup(Box<LeaveGroupRequest>),
    /// Remember that the group has read up to here.
    OffsetCommit(Box<OffsetCommitRequest>),
    /// Up to where has the group read?
    OffsetFetch(Box<OffsetFetchRequest>),
    /// What does the group look like?
    DescribeGroups(Box<DescribeGroupsRequest>),
    /// Remember, once my transaction commits, that the group has read up to here.
    TxnOffsetCommit(Box<TxnOffsetCommitRequest>),
    /// This producer's transaction has ended.
    WriteTxnMarkers(Box<WriteTxnMarkersRequest>),
    /// Forget these offsets.
    OffsetDelete(Box<OffsetDeleteRequest>),
    /// Forget this group.
    DeleteGroups(Box<DeleteGroupsRequest>),
    /// Which groups are there?
    ListGroups(Box<ListGroupsRequest>),
    /// I join, am alive, have changed, or leave (consumer protocol).
    ConsumerGroupHeartbeat(Box<ConsumerGroupHeartbeatRequest>),
    /// What does the consumer group look like?
    ConsumerGroupDescribe(Box<ConsumerGroupDescribeRequest>),
}

/// A broker's answer; the variant is that of the request. Each is in a box, for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// To [`Request::FindCoordinator`].
    FindCoordinator(Box<FindCoordinatorResponse>),
    /// To [`Request::Metadata`].
    Metadata(Box<MetadataResponse>),
    /// To [`Request::JoinGroup`].
    JoinGroup(Box<JoinGroupResponse>),
    /// To [`Request::SyncGroup`].
    SyncGroup(Box<SyncGroupResponse>),
    /// To [`Request::Heartbeat`].
    Heartbeat(Box<HeartbeatResponse>),
    /// To [`Request::LeaveGroup`].
    LeaveGroup(Box<LeaveGroupResponse>),
    /// To [`Request::OffsetCommit`].
    OffsetCommit(Box<OffsetCommitResponse>),
    /// To [`Request::OffsetFetch`].
    OffsetFetch(Box<OffsetFetchResponse>),
    /// To [`Request::DescribeGroups`].
    DescribeGroups(Box<DescribeGroupsResponse>),
    /// To [`Request::TxnOffsetCommit`].
    TxnOffsetCommit(Box<TxnOffsetCommitResponse>),
    /// To [`Request::WriteTxnMarkers`].
    WriteTxnMarkers(Box<WriteTxnMarkersResponse>),
    /// To [`Request::OffsetDelete`].
    OffsetDelete(Box<OffsetDeleteResponse>),
    /// To [`Request::DeleteGroups`].
    DeleteGroups(Box<DeleteGroupsResponse>),
    /// To [`Request::ListGroups`].
    ListGroups(Box<ListGroupsResponse>),
    /// To [`Request::ConsumerGroupHeartbeat`].
    ConsumerGroupHeartbeat(Box<ConsumerGroupHeartbeatResponse>),
    /// To [`Request::ConsumerGroupDescribe`].
    ConsumerGroupDescribe(Box<ConsumerGroupDescribeResponse>),
}

/// A message as a request or a response.
macro_rules! variants {
    ($enum:ident: $($name:ident($type:ident)),* $(,)?) => {
        $(impl From<$type> for $enum {
            fn from(message: $type) -> Self {
                Self::$name(Box::new(message))
            }
        })*
    };
}

variants!(Request: FindCoordinator(FindCoordinatorRequest), Metadata(MetadataRequest), JoinGroup(JoinGroupRequest),
    SyncGroup(SyncGroupRequest), Heartbeat(HeartbeatRequest), LeaveGroup(LeaveGroupRequest),
    OffsetCommit(OffsetCommitRequest), OffsetFetch(OffsetFetchRequest), DescribeGroups(DescribeGroupsRequest),
    TxnOffsetCommit(TxnOffsetCommitRequest), WriteTxnMarkers(WriteTxnMarkersRequest),
    OffsetDelete(OffsetDeleteRequest), DeleteGroups(DeleteGroupsRequest), ListGroups(ListGroupsRequest),
    ConsumerGroupHeartbeat(ConsumerGroupHeartbeatRequest), ConsumerGroupDescribe(ConsumerGroupDescribeRequest));

variants!(Response: FindCoordinator(FindCoordinatorResponse), Metadata(MetadataResponse),
    JoinGroup(JoinGroupResponse), SyncGroup(SyncGroupResponse), Heartbeat(HeartbeatResponse),
    LeaveGroup(LeaveGroupResponse), OffsetCommit(OffsetCommitResponse), OffsetFetch(OffsetFetchResponse),
    DescribeGroups(DescribeGroupsResponse), TxnOffsetCommit(TxnOffsetCommitResponse),
    WriteTxnMarkers(WriteTxnMarkersResponse), OffsetDelete(OffsetDeleteResponse), DeleteGroups(DeleteGroupsResponse),
    ListGroups(ListGroupsResponse), ConsumerGroupHeartbeat(ConsumerGroupHeartbeatResponse),
    ConsumerGroupDescribe(ConsumerGroupDescribeResponse));
