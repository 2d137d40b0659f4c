//! The classic protocol: groups whose members join, elect an assignor and a leader, and are handed what the leader
//! decides.
//!
//! ```text
//!            join                       all joined, or time is up
//!   Empty ─────────► PreparingRebalance ────────────────────────► CompletingRebalance
//!     ▲                │    ▲      ▲                                 │         │
//!     └────────────────┘    │      └──────── any change ─────────────┘         │ assignment durable
//!        nobody left        │                                                  ▼
//!                           └───────────────── any change ────────────────── Stable
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`state`] | the states, and which may follow which |
//! | [`transitions`] | which event leads where from which state |
//! | `group`, `member` | what a group and a member are, and the steps that keep their counts right |
//! | `rebalance` | the procedures all handlers share: begin, complete, announce, hand out |
//! | `owing` | who owes a SyncGroup |
//! | `vote` | which assignor is used |
//! | `join`, `static_join`, `sync`, `heartbeat`, `leave` | one request each |
//! | `expire` | one timer each |
//! | `view` | the group as it stands, for tests |
//! | `commit`, `describe` | what the group has to say to offset commits and administrators |
//! | `convert` | what it takes to become a consumer group, or to have been one |
//! | `load` | from the log and back |
//! | `check` | what must always be true |
//!
//! Source: `GroupMetadataManager` (its classic half), `ClassicGroup`, `ClassicGroupMember`, Kafka 4.3.0.

mod check;
mod commit;
mod convert;
mod describe;
mod expire;
#[cfg(test)]
mod expire_test;
mod group;
mod heartbeat;
mod join;
#[cfg(test)]
mod join_test;
mod leave;
#[cfg(test)]
mod leave_test;
mod load;
#[cfg(test)]
mod load_test;
mod member;
mod owing;
mod rebalance;
pub mod state;
mod static_join;
#[cfg(test)]
mod static_join_test;
mod sync;
#[cfg(test)]
mod sync_test;
pub mod transitions;
#[cfg(test)]
mod transitions_test;
mod view;
mod vote;

pub use state::ClassicGroupState;
pub use view::ClassicGroupView;

pub(crate) use commit::Committer;
pub(crate) use group::ClassicGroup;
pub(crate) use heartbeat::heartbeat;
pub(crate) use join::{create, join};
pub(crate) use leave::leave;
pub(crate) use member::Member;
pub(crate) use rebalance::{JoinPhase, JoinTimers};
pub(crate) use sync::sync;

use protocol::message::{JoinGroupResponse, Response};
use protocol::{ErrorCode, MemberId};

use crate::context::{Context, Outcome};
use crate::groups::Groups;
use crate::record::Record;
use crate::replies::ReplyKey;

/// What happens in a classic group once a record is committed, or turns out not to be.
#[derive(Debug)]
pub(crate) enum AfterClassicAppend {
    /// The record of a new group: if it fails, a JoinGroup that is still parked is told so.
    NewGroup {
        /// The promise to that JoinGroup; held.
        reply: ReplyKey,
    },
    /// The leader's assignment.
    Assignment(sync::PendingAssignment),
    /// The new id of a static member.
    Replacement(static_join::Replacement),
}

impl AfterClassicAppend {
    /// The record is committed, or will not be; `error` is already the one that clients are told.
    pub(crate) fn run(self, result: Result<(), ErrorCode>, groups: &mut Groups, cx: &mut Context<'_>) {
        match self {
            Self::NewGroup { reply } => {
                if let Err(error) = result {
                    cx.answer(reply, Response::from(JoinGroupResponse::refusal(error, MemberId::default())));
                }
                cx.release(reply);
            }
            Self::Assignment(pending) => {
                if let Some(group) = groups.classic_mut(pending.group) {
                    group.assignment_written(pending, result, cx);
                }
            }
            Self::Replacement(replacement) => {
                if let Some(group) = groups.classic_mut(replacement.group) {
                    group.replacement_written(&replacement, result, cx);
                }
                cx.release(replacement.reply);
            }
        }
    }
}

impl From<Option<Record>> for Outcome {
    fn from(record: Option<Record>) -> Self {
        Self { records: record.into_iter().collect(), ..Self::default() }
    }
}
