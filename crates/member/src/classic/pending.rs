//! Requests under way: what each was for, and until when its answer counts.

use protocol::message::Request;
use protocol::{Generation, SimDuration};

use super::{ClassicMember, JOIN_TIMEOUT_LAPSE, MemberState};
use crate::action::{Action, Destination, Disconnection};
use crate::surroundings::Context;

/// What a request was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// To know the coordinator.
    FindCoordinator,
    /// To know the topics' partitions.
    Metadata,
    /// To get into the next generation.
    JoinGroup,
    /// To get the assignment.
    SyncGroup,
    /// To stay in the group.
    Heartbeat {
        /// The generation when it was sent; the answer counts only in the same one.
        generation: Generation,
    },
    /// To leave it.
    LeaveGroup,
    /// To record positions.
    Commit {
        /// Why now.
        why: CommitReason,
        /// The generation when it was sent.
        generation: Generation,
    },
    /// To learn positions.
    OffsetFetch,
}

/// Why positions are committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CommitReason {
    /// `auto.commit.interval.ms` has passed.
    Interval,
    /// A rebalance is about to take partitions away.
    Prepare,
    /// The consumer is being closed.
    Close,
}

impl Purpose {
    /// Whether a member to which nothing happens sends this, too.
    pub(super) fn is_routine(self) -> bool {
        matches!(self, Self::Heartbeat { .. } | Self::Commit { why: CommitReason::Interval, .. })
    }
}

impl ClassicMember {
    /// Sends `request` to the coordinator, which must be known.
    pub(super) fn send_to_coordinator(&mut self, cx: &mut Context<'_>, request: Request, purpose: Purpose) {
        let node = self.coordinator.node().expect("callers have looked whether the coordinator is known");
        self.send(cx, Destination::Coordinator(node), request, purpose);
    }

    #[inline(always)]
    pub(super) fn send(&mut self, cx: &mut Context<'_>, to: Destination, request: Request, purpose: Purpose) {
        let timeout = self.timeout_of(purpose);
        self.pending.send(cx, to, request, purpose, timeout);
    }

    /// JoinGroup may wait as long as the rebalance may last (`AbstractCoordinator.sendJoinGroupRequest`).
    fn timeout_of(&self, purpose: Purpose) -> SimDuration {
        match purpose {
            Purpose::JoinGroup => self.config.request_timeout.max(self.config.max_poll_interval + JOIN_TIMEOUT_LAPSE),
            _ => self.config.request_timeout,
        }
    }

    /// Drops the connection of a request that waited too long, as the client does.
    pub(super) fn time_out_requests(&mut self, cx: &mut Context<'_>) {
        while let Some(to) = self.pending.overdue(cx.now) {
            cx.out.push(Action::Disconnect { to, why: Disconnection::RequestTimedOut });
            self.on_disconnect(to, cx);
        }
    }

    /// The connection is gone, and with it whatever was under way on it.
    pub fn on_disconnect(&mut self, from: Destination, cx: &mut Context<'_>) {
        for purpose in self.pending.take_all(from) {
            match purpose {
                Purpose::FindCoordinator => self.retry_discovery(cx),
                Purpose::Metadata => self.metadata_lost(cx),
                Purpose::LeaveGroup => {}
                Purpose::JoinGroup | Purpose::SyncGroup => self.exchange_failed(),
                Purpose::Heartbeat { generation } if generation == self.membership.generation => {
                    self.heartbeat_failed(cx);
                }
                Purpose::Heartbeat { .. } => {}
                Purpose::Commit { why, .. } => self.commit_may_succeed_later(why, cx),
                Purpose::OffsetFetch => self.retry_offset_fetch(),
            }
        }
        if matches!(from, Destination::Coordinator(node) if self.coordinator.node() == Some(node)) {
            self.coordinator_lost(Disconnection::Lost, cx);
        }
        self.settle(cx);
    }

    /// Whether commits are possible now: only a member in state STABLE sends them.
    pub(super) fn may_commit(&self) -> bool {
        self.state == MemberState::Stable && self.coordinator.node().is_some()
    }
}
