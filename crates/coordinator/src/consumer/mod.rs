//! The consumer protocol (KIP-848): groups whose members are each told by the coordinator, in the answers to their own
//! heartbeats, what to give up and what they may use.
//!
//! Three epochs run after one another. The *group's* moves on when members or topics change; the *target assignment's*
//! follows when somebody's heartbeat computes it for all members; each *member's* follows when it has given up what it
//! has to. Nobody waits for all the others.
//!
//! ```text
//!   member:   Stable ──target moves, has to give up──► UnrevokedPartitions ──says that it did──┐
//!               ▲ │                                                                            │
//!               │ └──target moves, some of it is others'──► UnreleasedPartitions ◄─────────────┤
//!               │                                                    │                         │
//!               └────────────────────────────────── all is free ─────┴─────────────────────────┘
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`state`] | the states of groups and members |
//! | [`transitions`] | which event leads where from which state |
//! | [`record`], [`partitions`] | what a group is made of: it changes by its records alone |
//! | `group`, `member` | a group and a member, and the steps that keep their counts right |
//! | `heartbeat` | one heartbeat in its order; the others are its parts |
//! | `identify` | who sends it |
//! | `subscribe`, `regex` | what members subscribe to, and when that makes a new epoch |
//! | [`target`] | the target assignment |
//! | `reconcile` | a member's next step towards it |
//! | `taken` | which partitions somebody has |
//! | `leave`, `expire`, `timers` | who goes, and who is given up |
//! | `classic`, `join` | members that speak the classic protocol |
//! | `upgrade`, `downgrade` | from a classic group and back |
//! | `commit`, `describe` | what the group has to say to offset requests and administrators |
//! | `history` | the group as of the committed offset |
//! | `load` | how records make a group |
//! | [`event`] | what happens, as data and as lines of the broker's log |
//! | [`view`] | the group as it stands, for tests |
//! | `check` | what must always be true |
//!
//! Source: `GroupMetadataManager` (its consumer half), `ConsumerGroup`, `ConsumerGroupMember`,
//! `CurrentAssignmentBuilder`, `TargetAssignmentBuilder`, Kafka 4.3.0. Left out on purpose: settings of single groups
//! (`consumer.session.timeout.ms` and the like of a group's own configuration), authorization.

mod check;
mod classic;
mod commit;
mod describe;
mod downgrade;
pub mod event;
mod expire;
mod group;
mod heartbeat;
#[cfg(test)]
mod heartbeat_test;
mod history;
mod identify;
mod join;
mod leave;
mod load;
mod member;
pub mod partitions;
mod reconcile;
pub mod record;
mod regex;
#[cfg(test)]
mod rig;
pub mod state;
mod subscribe;
mod taken;
pub mod target;
mod timers;
pub mod transitions;
#[cfg(test)]
mod transitions_test;
mod upgrade;
pub mod view;

pub use event::{ConsumerEvent, FenceReason, Protocol};
pub use partitions::{AssignedPartition, AssignedPartitions};
pub use record::{ConsumerRecord, CurrentAssignment};
pub use state::{ConsumerGroupState, MemberState};
pub use target::ConsumerAssignors;
pub use view::{ConsumerGroupView, ConsumerMemberView};

pub(crate) use classic::{AfterConsumerAppend, leave};
pub(crate) use commit::MayCommit;
pub(crate) use expire::{expired, expires_again};
pub(crate) use group::ConsumerGroup;
pub(crate) use heartbeat::{heartbeat, refusal_of_form};
pub(crate) use join::join;
pub(crate) use load::{replay, tell_state};
pub(crate) use regex::{RegexJobs, resolved};
pub(crate) use timers::{LooseTimers, MemberTimer};
