//! The client half of a group: consumers as state machines.
//!
//! | module | what lives there |
//! |---|---|
//! | [`config`] | [`ClientConfig`]: a consumer's settings under Kafka's names |
//! | [`family`] | [`ClientFamily`], [`PROFILES`]: the clients there are, their defaults |
//! | [`action`] | [`Action`], [`Observation`]: what a member does and what its application sees |
//! | [`surroundings`] | [`Surroundings`]: how long things take and where reading stands, asked from outside |
//! | [`identity`] | [`Identity`]: who a consumer is and whom it belongs to |
//! | [`closing`] | [`GroupMembershipOperation`]: what a closing consumer does about its membership |
//! | [`phase`] | [`Phase`]: what a consumer is doing for its group |
//! | [`consumer`] | [`Consumer`]: any of the clients below, behind one set of inputs |
//! | [`classic`] | [`ClassicMember`]: the Java consumer under the classic protocol |
//! | [`consumer_protocol`] | [`ConsumerProtocolMember`]: the Java consumer under the consumer protocol (KIP-848) |
//! | [`librdkafka`] | [`LibrdkafkaMember`]: librdkafka under the classic protocol |
//! | [`franz_go`] | [`FranzGoMember`]: franz-go under the classic protocol |
//! | [`slots`] | [`SlotMember`]: numbered slots in ZooKeeper and a fixed assignment instead of a group |
//!
//! Contract: a member never reads a clock, a socket or a coordinator's memory. Its driver calls it with the time and
//! an input (an answer, a deadline, an entry of the application into `poll`, a wish to close) and carries out the
//! actions that come back, in order. Left out on purpose: reading records; the driver knows what a member may read
//! from its observations.

#![no_std]

extern crate alloc;

pub mod action;
pub mod classic;
pub mod closing;
mod common;
pub mod config;
pub mod consumer;
pub mod consumer_protocol;
pub mod family;
pub mod franz_go;
pub mod identity;
pub mod librdkafka;
pub mod phase;
pub mod slots;
pub mod surroundings;

pub use action::{Action, Destination, Disconnection, Observation, ZooKeeperAction};
pub use classic::ClassicMember;
pub use closing::GroupMembershipOperation;
pub use common::{Routine, RoutineSends, Series};
pub use config::{ClientConfig, GroupProtocol, OffsetReset};
pub use consumer::{Consumer, Standing};
pub use consumer_protocol::ConsumerProtocolMember;
pub use family::{ClientFamily, PROFILES, Profile};
pub use franz_go::FranzGoMember;
pub use identity::Identity;
pub use librdkafka::LibrdkafkaMember;
pub use phase::Phase;
pub use slots::{Repairs, SlotMember, SlotSettings, ZooKeeperInput};
pub use surroundings::{Context, Step, Surroundings};
