//! What travels inside JoinGroup and SyncGroup as opaque bytes: subscriptions and assignments of consumers.
//!
//! The coordinator compares these and otherwise passes them on; only members and assignors look inside. They are kept
//! as typed values behind a shared pointer instead of bytes, so that a generation of 10,000 members costs 10,000
//! counters. Equality is that of the bytes they stand for. Source: `ConsumerProtocolSubscription`,
//! `ConsumerProtocolAssignment` (schema version 3).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use crate::id::{Generation, RackId, TopicName, TopicPartition};
use crate::partitions::Partitions;

/// A consumer's subscription as its JoinGroup carries it, once per offered assignor.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Subscription {
    /// Subscribed topics, sorted by name.
    pub topics: Arc<[TopicName]>,
    /// What the assignor wants to remember, opaque (the sticky assignor's previous assignment).
    pub user_data: Option<UserData>,
    /// Partitions that the member still holds, sorted by topic and number; empty for eager members, which have revoked.
    pub owned: Partitions,
    /// The generation that the owned partitions come from; −1 if none.
    pub generation: Generation,
    /// `client.rack`.
    pub rack: Option<RackId>,
}

/// What an assignor adds to a subscription, opaque.
#[derive(Clone)]
pub enum UserData {
    /// Four bytes: a cooperative member's generation, a new one in each rebalance. They stand where they are.
    Four([u8; 4]),
    /// More, or fewer.
    Shared(Arc<[u8]>),
}

/// One member's assignment, if an assignor has added something to it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MemberAssignment {
    /// The partitions, grouped by topic as the schema does.
    pub partitions: Partitions,
    /// What the assignor adds, opaque.
    pub user_data: Arc<[u8]>,
}

/// The `metadata` bytes of a protocol in JoinGroup.
#[derive(Clone, Debug)]
pub enum MetadataBytes {
    /// A consumer's subscription.
    Subscription(Arc<Subscription>),
    /// Bytes that are not a consumer's subscription; possibly empty.
    Opaque(Arc<[u8]>),
}

/// The `assignment` bytes of a member in SyncGroup; empty bytes are [`AssignmentBytes::Empty`].
#[derive(Clone, Debug, Default)]
pub enum AssignmentBytes {
    /// No bytes at all: the member was given nothing yet.
    #[default]
    Empty,
    /// A consumer's assignment: partitions, grouped by topic as the schema does, and nothing else.
    Partitions(Partitions),
    /// A consumer's assignment to which the assignor has added something; none of Kafka's own does.
    WithUserData(Arc<MemberAssignment>),
    /// Bytes that are not a consumer's assignment, not empty.
    Opaque(Arc<[u8]>),
}

impl Deref for UserData {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Four(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl From<&[u8]> for UserData {
    fn from(bytes: &[u8]) -> Self {
        bytes.try_into().map_or_else(|_| Self::Shared(bytes.into()), Self::Four)
    }
}

impl From<Vec<u8>> for UserData {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(&*bytes)
    }
}

impl PartialEq for UserData {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for UserData {}

impl fmt::Debug for UserData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for MetadataBytes {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Subscription(a), Self::Subscription(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Opaque(a), Self::Opaque(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Eq for MetadataBytes {}

impl PartialEq for AssignmentBytes {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Empty, Self::Empty) => true,
            (Self::Partitions(a), Self::Partitions(b)) => a == b,
            (Self::WithUserData(a), Self::WithUserData(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Opaque(a), Self::Opaque(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Eq for AssignmentBytes {}

impl MetadataBytes {
    /// The subscription, if the bytes are one.
    pub fn subscription(&self) -> Option<&Subscription> {
        match self {
            Self::Subscription(subscription) => Some(subscription),
            Self::Opaque(_) => None,
        }
    }
}

impl AssignmentBytes {
    /// The partitions assigned: none if the bytes are empty or not a consumer's.
    pub fn partitions(&self) -> &[TopicPartition] {
        match self {
            Self::Partitions(partitions) => partitions,
            Self::WithUserData(assignment) => &assignment.partitions,
            Self::Empty | Self::Opaque(_) => &[],
        }
    }

    /// The same, sorted by topic and number, to keep.
    pub fn into_sorted(self) -> Partitions {
        match self {
            Self::Partitions(partitions) => partitions.into_sorted(),
            Self::WithUserData(assignment) => assignment.partitions.clone().into_sorted(),
            Self::Empty | Self::Opaque(_) => Partitions::default(),
        }
    }
}
