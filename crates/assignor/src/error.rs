//! How an assignment can fail, where Kafka's own classes throw or never return.
//!
//! Left out on purpose: failures of memory. A question that would need more than [`crate::MAX_PARTITIONS`] is refused
//! before any table is made for it.

use protocol::MemberId;

/// Why there is no assignment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssignError {
    /// A member's metadata are not a consumer's subscription. Kafka's leader fails with a `SchemaException`.
    #[error("the subscription of member {member} cannot be read")]
    UnreadableSubscription {
        /// Whose metadata.
        member: MemberId,
    },
    /// The sticky assignor counted its members' room wrongly, which happens when a member owns a partition that its
    /// topic no longer has. Kafka's leader fails with an `IllegalStateException`.
    #[error("no members are left with room, but partitions are (IllegalStateException in AbstractStickyAssignor)")]
    IllegalState,
    /// The sticky assignor looked up a member that it had set aside. Kafka's leader fails with a
    /// `NullPointerException`.
    #[error("a partition goes back to a member that takes no part (NullPointerException in AbstractStickyAssignor)")]
    NullPointer,
    /// An assignor took the next element where there was none. Kafka fails with a `NoSuchElementException`.
    #[error("nobody is left to choose from (NoSuchElementException)")]
    NoSuchElement,
    /// A target assignment holds a partition that its topic does not have. Kafka's coordinator fails with an
    /// `ArrayIndexOutOfBoundsException`.
    #[error("a target assignment holds a partition that does not exist (ArrayIndexOutOfBoundsException)")]
    IndexOutOfBounds,
    /// Members have no room for all partitions, which happens when target assignments hold a partition twice or one
    /// that does not exist. Kafka's coordinator fails with a `PartitionAssignorException`.
    #[error("partitions were left unassigned (PartitionAssignorException)")]
    PartitionsLeft,
    /// The sticky assignor moves the same partitions for ever. Kafka's leader never returns: it stops polling and
    /// falls out of the group after `max.poll.interval.ms`.
    #[error("partitions are moved around in a circle, for ever (AbstractStickyAssignor.performReassignments)")]
    EndlessLoop,
    /// The topics together have more partitions than the assignors are made for.
    #[error("{partitions} partitions are more than the {limit} that one group can be assigned")]
    TooManyPartitions {
        /// Partitions of all subscribed topics.
        partitions: u64,
        /// The most that is accepted.
        limit: u32,
    },
}
