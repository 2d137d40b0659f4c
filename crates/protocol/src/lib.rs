//! What is said on the wire between members and brokers, and the words to say it with.
//!
//! | module | what lives there |
//! |---|---|
//! | [`id`] | names and numbers as their own types: [`GroupId`], [`MemberId`], [`Generation`], [`TopicPartition`] … |
//! | [`time`] | [`SimTime`] and [`SimDuration`]: virtual time, integer nanoseconds |
//! | [`error`] | [`ErrorCode`]: Kafka's codes and names |
//! | [`metadata`] | what members tell assignors and what assignors answer: [`Subscription`], [`AssignmentBytes`] |
//! | [`partitions`] | [`Partitions`]: a list of them that is shared |
//! | [`text`] | [`Text`]: what is said in words |
//! | [`message`] | requests and responses, one file an API |
//! | [`zookeeper`] | what clients of ZooKeeper say, for groups that number their members there |
//! | [`java`] | the iteration order of Java's hash tables, which decides some of Kafka's answers |
//!
//! Contract: plain data, no behaviour beyond parsing, comparing and printing. Nothing here knows a clock, a socket or a
//! simulator. Left out on purpose: the byte encoding (a wire front-end brings its own codec), topic ids in classic
//! messages (the Java consumer still names topics there), throttling.

#![no_std]

extern crate alloc;

pub mod error;
pub mod id;
pub mod java;
mod kept;
pub mod message;
pub mod metadata;
pub mod partitions;
pub mod text;
pub mod time;
pub mod zookeeper;

pub use error::ErrorCode;
pub use id::{
    AssignorName, BrokerId, ClientHost, ClientId, Generation, GroupId, InstanceId, MemberEpoch, MemberId, Offset,
    PartitionIndex, ProducerId, ProtocolName, ProtocolType, RackId, RequestToken, TopicId, TopicName, TopicPartition,
};
pub use metadata::{AssignmentBytes, MemberAssignment, MetadataBytes, Subscription, UserData};
pub use partitions::Partitions;
pub use text::Text;
pub use time::{SimDuration, SimTime};
