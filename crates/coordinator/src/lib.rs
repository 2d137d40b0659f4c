//! The server half of a group: Kafka's group coordinator as a state machine that answers as Kafka's own classes do.
//!
//! One [`Coordinator`] is one shard: the leader of one partition of `__consumer_offsets` and the groups on it. It
//! takes requests, the progress of its log and the time; it gives [`Action`]s. It has no clock, no entropy, no I/O: a
//! simulator, a test or a socket drives it, and it cannot tell which.
//!
//! | module | what lives there |
//! |---|---|
//! | [`coordinator`] | the contract and the doors: start here |
//! | [`action`], [`record`], [`observation`] | what comes out: answers, records, and what happened to groups |
//! | `log_line` | what happened to groups in the words of the broker's log |
//! | [`config`], [`version`] | the broker's settings; what broker versions do differently |
//! | [`ids`] | where new member ids come from |
//! | `dispatch` | from a request to its handler |
//! | `runtime`, `log`, `replies` | events, batches, who waits for what is committed; promised answers |
//! | `groups`, `timeline` | which groups there are, now and as of the committed offset |
//! | `check` | what must always be true |
//! | `timers`, `arena` | deadlines; identities |
//! | [`classic`] | the classic protocol, a handler a file |
//! | [`consumer`] | the consumer protocol (KIP-848) |
//! | [`leads`] | where an event leads a group, in the tables of transitions of both protocols |
//! | `topics` | which topics there are |
//! | `offsets` | committed offsets and transactions on them |

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod action;
mod arena;
mod check;
pub mod classic;
pub mod config;
pub mod consumer;
mod context;
pub mod coordinator;
mod dispatch;
mod groups;
pub mod ids;
pub mod leads;
mod log;
mod log_line;
pub mod observation;
mod offsets;
pub mod record;
mod replies;
#[cfg(test)]
mod rig;
mod runtime;
#[cfg(test)]
mod runtime_test;
mod stretch;
mod timeline;
mod timers;
mod topics;
pub mod version;
#[cfg(test)]
mod version_test;

pub use action::{Action, Actions};
pub use assignor::server::{MetadataImage, TopicImage};
pub use check::Footprint;
pub use classic::{ClassicGroupState, ClassicGroupView};
pub use config::{ConfigError, GroupConfig};
pub use consumer::{ConsumerGroupState, ConsumerGroupView};
pub use coordinator::{Coordinator, Status};
pub use ids::MemberIds;
pub use observation::{GroupEvent, LogLine, RebalanceReason};
pub use record::{GroupMetadata, MemberMetadata, Record};
pub use version::BrokerVersion;
