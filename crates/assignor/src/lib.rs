#![no_std]
//! Kafka's partition assignors: who of a group reads which partition.
//!
//! | module | what lives there |
//! |---|---|
//! | [`client`] | [`ClientAssignor`]: the assignors that a group's leader runs (`range`, `roundrobin`, `sticky`, `cooperative-sticky`) |
//! | [`topics`] | [`Topics`]: what the one who assigns knows of topics: partition counts and replica racks |
//! | [`error`] | [`AssignError`]: how Kafka's own classes fail |
//!
//! Contract: same question, same answer as the classes of Apache Kafka 4.3.0 on JDK 17, down to the order of lists, which there
//! follows the iteration order of hash tables. Nothing here knows time, randomness or the network.

extern crate alloc;

pub mod client;
pub mod error;
mod group;
mod lists;
mod names;
mod order;
mod racks;
mod range;
mod round_robin;
pub mod server;
mod sticky;
pub mod topics;

pub use client::{ClientAssignor, ClientAssignorKind, GroupAssignment, RebalanceProtocol};
pub use error::AssignError;
pub use topics::{Topic, Topics};

/// The most partitions that all subscribed topics together may have, 2²⁴: eighty times the 200,000 that one Kafka cluster was
/// built for until 2023. More is refused instead of taking memory without bound.
pub const MAX_PARTITIONS: u32 = 1 << 24;
