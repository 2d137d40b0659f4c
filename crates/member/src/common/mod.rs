//! What all clients have in common: who a member is, what it waits for, what it knows.
//!
//! | module | what lives there |
//! |---|---|
//! | [`membership`] | [`Membership`]: id, generation, and the requests that carry them |
//! | [`pending`] | [`Pending`]: requests under way |
//! | [`coordinator`] | [`Coordinator`]: whether it is known |
//! | [`last_commit`] | [`LastCommit`]: where the close of a Java client stands with it |
//! | [`leader`] | [`Leader`]: the member's assignors, and the plan when it leads |
//! | [`topics`] | [`KnownTopics`]: partition counts; [`Refreshes`]: when Java's clients look at them again |
//! | [`consumer_group`] | the heartbeat of the consumer protocol, and its assignments by topic id |
//! | [`partitions`] | sorted lists of partitions |
//! | [`routine`] | [`Routine`]: what a member sends when nothing happens |
//!
//! Contract: nothing here decides anything. When a client acts, and on what, is each client's own.

pub(crate) mod consumer_group;
pub(crate) mod coordinator;
pub(crate) mod last_commit;
pub(crate) mod leader;
pub(crate) mod membership;
pub(crate) mod partitions;
pub(crate) mod pending;
pub(crate) mod routine;
pub(crate) mod topics;

pub(crate) use coordinator::Coordinator;
pub(crate) use last_commit::LastCommit;
pub(crate) use leader::Leader;
pub(crate) use membership::{Membership, Versions};
pub(crate) use pending::Pending;
pub use routine::{Routine, RoutineSends, Series};
pub(crate) use topics::{KnownTopics, Refreshes};
