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
pub use offset_commit::{OffsetCommitRequest, OffsetCommitResponse, OffsetToCommit, OffsetsToCommit};
pub use offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse};
pub use offset_fetch::{FetchedOffset, OffsetFetchRequest, OffsetFetchResponse, OffsetRemark};
pub use sync_group::{SyncGroupRequest, SyncGroupResponse};
pub use txn_offset_commit::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};
pub use write_txn_markers::{WriteTxnMarkersRequest, WriteTxnMarkersResponse};

/// Messages of one direction: each in a box, and made into one of them by `from`.
macro_rules! messages {
    ($($(#[$doc:meta])* pub enum $enum:ident { $($(#[$of:meta])* $name:ident($type:ident),)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $enum {
            $($(#[$of])* $name(Box<$type>),)*
        }

        $(impl From<$type> for $enum {
            fn from(message: $type) -> Self {
                Self::$name(Box::new(message))
            }
        })*
    )*};
}

messages! {
    /// A request to a broker about groups. Each is in a box: two words are handed on in registers, however much it
    /// says.
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
        /// Remember, once my transaction commits, that the group has read up to here.
        TxnOffsetCommit(TxnOffsetCommitRequest),
        /// This producer's transaction has ended.
        WriteTxnMarkers(WriteTxnMarkersRequest),
        /// Forget these offsets.
        OffsetDelete(OffsetDeleteRequest),
        /// Forget this group.
        DeleteGroups(DeleteGroupsRequest),
        /// Which groups are there?
        ListGroups(ListGroupsRequest),
        /// I join, am alive, have changed, or leave (consumer protocol).
        ConsumerGroupHeartbeat(ConsumerGroupHeartbeatRequest),
        /// What does the consumer group look like?
        ConsumerGroupDescribe(ConsumerGroupDescribeRequest),
    }

    /// A broker's answer; the variant is that of the request. Each is in a box, for the same reason.
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
        /// To [`Request::TxnOffsetCommit`].
        TxnOffsetCommit(TxnOffsetCommitResponse),
        /// To [`Request::WriteTxnMarkers`].
        WriteTxnMarkers(WriteTxnMarkersResponse),
        /// To [`Request::OffsetDelete`].
        OffsetDelete(OffsetDeleteResponse),
        /// To [`Request::DeleteGroups`].
        DeleteGroups(DeleteGroupsResponse),
        /// To [`Request::ListGroups`].
        ListGroups(ListGroupsResponse),
        /// To [`Request::ConsumerGroupHeartbeat`].
        ConsumerGroupHeartbeat(ConsumerGroupHeartbeatResponse),
        /// To [`Request::ConsumerGroupDescribe`].
        ConsumerGroupDescribe(ConsumerGroupDescribeResponse),
    }
}
