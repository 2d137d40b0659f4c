//! Kafka's partition assignors: who of a group reads which partition.
//!
//! | module | what lives there |
//! |---|---|
//! | [`client`] | [`ClientAssignor`]: the assignors that a classic group's leader runs |
//! | [`server`] | [`server::ServerAssignorKind`]: the assignors that the group coordinator runs |
//! | [`list`] | [`ASSIGNORS`]: all of them, with what each claims |
//! | [`slots`] | the assignment of groups whose members have fixed numbers, which is none of Kafka's |
//! | [`topics`] | [`Topics`]: what a leader knows of topics: partition counts and replica racks |
//! | [`error`] | [`AssignError`]: how Kafka's own classes fail |
//!
//! Contract: same question, same answer as the classes of Apache Kafka 4.3.0 on JDK 17, down to the order of lists,
//! which there follows the iteration order of hash tables; where those classes throw or never return, an
//! [`AssignError`] says so. Nothing here knows time, randomness or the network. Left out on purpose: a chain of nine
//! keys in one bucket of a table of 64 or more, which Java turns into a tree, and names made to share a bucket.
//!
//! # What it costs
//!
//! N members, T topics, P partitions; *subscriptions* is the sum of the lengths of all subscriptions, of which
//! members that share their names cost one comparison of addresses each.
//!
//! | assignor | side | time |
//! |---|---|---|
//! | `range` | client | N log N + subscriptions + P |
//! | `roundrobin` | client | N log N + subscriptions + P |
//! | `sticky` | client | N log N + subscriptions + P; unequal subscriptions: P per pass, and a row of N bits per move |
//! | `cooperative-sticky` | client | as `sticky` |
//! | `uniform` | coordinator | subscriptions + P; unequal subscriptions: up to 16 rounds of sorting each topic's subscribers |
//! | `range` | coordinator | N log N + subscriptions + P |
//! | `simple` | coordinator | subscriptions + members per partition times P |
//!
//! Memory is that of the answer, 24 bytes a partition on the client's side and 4 on the coordinator's, plus a few
//! words a partition and member while it is made. Measured figures are in `benches/README.md`.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod client;
pub mod error;
mod group;
pub mod list;
mod lists;
mod names;
mod order;
mod racks;
mod range;
mod round_robin;
pub mod server;
pub mod slots;
mod sticky;
pub mod topics;

pub use client::{ClientAssignor, ClientAssignorKind, GroupAssignment, RebalanceProtocol};
pub use error::AssignError;
pub use list::{ASSIGNORS, Assignor, Balance, Side};
pub use topics::{Topic, Topics};

/// The most partitions that all subscribed topics together may have, 2²⁴: eighty times the 200,000 that one Kafka
/// cluster was built for until 2023. More is refused instead of taking memory without bound.
pub const MAX_PARTITIONS: u32 = 1 << 24;
