//! Kafka's error codes: values of responses, never a Rust `Err` (an error code is what a coordinator *says*).
//!
//! Source: `org.apache.kafka.common.protocol.Errors`, 4.3.0. Only codes that some modelled request can be answered
//! with.

use core::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal;)*) => {
        /// An error code of the Kafka protocol; prints as Kafka's name of it.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(i16)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant = $code,)*
        }

        impl ErrorCode {
            /// All codes modelled, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number on the wire.
            pub const fn code(self) -> i16 {
                self as i16
            }
            /// Kafka's name, as `Errors.name()` gives it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

codes! {
    /// Something the coordinator did not expect of itself (an illegal state).
    UnknownServerError = -1, "UNKNOWN_SERVER_ERROR";
    /// No error.
    #[default]
    None = 0, "NONE";
    /// The topic or partition is not known here.
    UnknownTopicOrPartition = 3, "UNKNOWN_TOPIC_OR_PARTITION";
    /// The request was not answered in time.
    RequestTimedOut = 7, "REQUEST_TIMED_OUT";
    /// A commit's metadata is longer than `offset.metadata.max.bytes`.
    OffsetMetadataTooLarge = 12, "OFFSET_METADATA_TOO_LARGE";
    /// The coordinator is still reading its log.
    CoordinatorLoadInProgress = 14, "COORDINATOR_LOAD_IN_PROGRESS";
    /// There is no coordinator to be had now.
    CoordinatorNotAvailable = 15, "COORDINATOR_NOT_AVAILABLE";
    /// Another broker is this group's coordinator.
    NotCoordinator = 16, "NOT_COORDINATOR";
    /// The generation is not the group's.
    IllegalGeneration = 22, "ILLEGAL_GENERATION";
    /// Protocol type or protocols do not fit the group's.
    InconsistentGroupProtocol = 23, "INCONSISTENT_GROUP_PROTOCOL";
    /// The group id is not allowed.
    InvalidGroupId = 24, "INVALID_GROUP_ID";
    /// The member id (or instance id) is not one of this group.
    UnknownMemberId = 25, "UNKNOWN_MEMBER_ID";
    /// The session timeout is outside the broker's bounds.
    InvalidSessionTimeout = 26, "INVALID_SESSION_TIMEOUT";
    /// The group is between two generations: rejoin.
    RebalanceInProgress = 27, "REBALANCE_IN_PROGRESS";
    /// This broker does not understand that request.
    UnsupportedVersion = 35, "UNSUPPORTED_VERSION";
    /// The request makes no sense.
    InvalidRequest = 42, "INVALID_REQUEST";
    /// The group still has members.
    NonEmptyGroup = 68, "NON_EMPTY_GROUP";
    /// There is no such group.
    GroupIdNotFound = 69, "GROUP_ID_NOT_FOUND";
    /// Join again with the member id of this answer (KIP-394).
    MemberIdRequired = 79, "MEMBER_ID_REQUIRED";
    /// The group holds `group.max.size` members already.
    GroupMaxSizeReached = 81, "GROUP_MAX_SIZE_REACHED";
    /// Another process has taken this instance id (KIP-345).
    FencedInstanceId = 82, "FENCED_INSTANCE_ID";
    /// The group subscribes to the topic whose offsets should go.
    GroupSubscribedToTopic = 86, "GROUP_SUBSCRIBED_TO_TOPIC";
    /// An open transaction covers the offset.
    UnstableOffsetCommit = 88, "UNSTABLE_OFFSET_COMMIT";
    /// The member's epoch is fenced (consumer protocol).
    FencedMemberEpoch = 110, "FENCED_MEMBER_EPOCH";
    /// A static member's instance id is still held by a living member (consumer protocol).
    UnreleasedInstanceId = 111, "UNRELEASED_INSTANCE_ID";
    /// The server-side assignor is not known (consumer protocol).
    UnsupportedAssignor = 112, "UNSUPPORTED_ASSIGNOR";
    /// The member's epoch is older than the group expects (consumer protocol).
    StaleMemberEpoch = 113, "STALE_MEMBER_EPOCH";
    /// The regular expression cannot be read (consumer protocol).
    InvalidRegularExpression = 128, "INVALID_REGULAR_EXPRESSION";
}

impl ErrorCode {
    /// Whether this is no error.
    pub const fn is_none(self) -> bool {
        matches!(self, Self::None)
    }

    /// The code with Kafka's name `name`, if it is modelled.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
