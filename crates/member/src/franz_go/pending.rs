//! Requests under way: on which connection each goes, and what becomes of it without an answer.
//!
//! Source: `broker.loadConnection`, `Client.retryable`. JoinGroup and SyncGroup have a connection of their own, so
//! that nothing waits behind them. A connection that was idle for half a minute is not used again; that is looked at
//! when it is used.

use protocol::message::Request;
use protocol::{BrokerId, ErrorCode, SimDuration, SimTime};

use super::{FranzGoMember, Stage};
use crate::action::{Action, Destination, Disconnection};
use crate::surroundings::Context;

/// How much longer than the rebalance timeout JoinGroup is waited for (`RequestTimeoutOverhead`).
const JOIN_TIMEOUT_OVERHEAD: SimDuration = SimDuration::from_millis(10_000);
/// `ConnIdleTimeout`.
const IDLE_MAX: SimDuration = SimDuration::from_millis(30_000);

/// What a request was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// To know the coordinator.
    FindCoordinator,
    /// To know the topics' partitions.
    Metadata,
    /// To know the partitions of topics that only others read, for the plan of the leader.
    PlanMetadata,
    /// To get into the next generation.
    JoinGroup,
    /// To get the assignment.
    SyncGroup,
    /// To stay in the group.
    Heartbeat,
    /// To leave it.
    LeaveGroup,
    /// To record positions; `interval`: because `AutoCommitInterval` has passed.
    Commit { interval: bool },
    /// To learn positions.
    OffsetFetch,
}

impl Purpose {
    /// Whether a member to which nothing happens sends this, too.
    pub(super) fn is_routine(self) -> bool {
        matches!(self, Self::Heartbeat | Self::Commit { interval: true })
    }
}

impl FranzGoMember {
    /// The coordinator, which must be known.
    fn node(&self) -> BrokerId {
        self.coordinator.node().expect("callers have looked whether the coordinator is known")
    }

    /// Sends `request` to the coordinator, which must be known.
    pub(super) fn send_to_coordinator(&mut self, cx: &mut Context<'_>, request: Request, purpose: Purpose) {
        self.send(cx, Destination::Coordinator(self.node()), request, purpose);
    }

    /// Sends a request that waits at the coordinator, which must be known.
    pub(super) fn send_waiting(&mut self, cx: &mut Context<'_>, request: Request, purpose: Purpose) {
        let to = Destination::CoordinatorWaiting(self.node());
        let idle_since = core::mem::replace(&mut self.waiting_used, cx.now);
        if idle_since != SimTime::ZERO && cx.now - idle_since > IDLE_MAX {
            cx.out.push(Action::Disconnect { to, why: Disconnection::Unused });
        }
        self.send(cx, to, request, purpose);
    }

    pub(super) fn send_anywhere(&mut self, cx: &mut Context<'_>, request: Request, purpose: Purpose) {
        self.send(cx, Destination::Bootstrap, request, purpose);
    }

    fn send(&mut self, cx: &mut Context<'_>, to: Destination, request: Request, purpose: Purpose) {
        let timeout = match purpose {
            Purpose::JoinGroup => self.config.rebalance_timeout() + JOIN_TIMEOUT_OVERHEAD,
            Purpose::SyncGroup => self.config.rebalance_timeout(),
            _ => self.config.request_timeout,
        };
        self.pending.send(cx, to, request, purpose, timeout);
    }

    pub(super) fn is_pending(&self, wanted: Purpose) -> bool {
        self.pending.any(|purpose| purpose == wanted)
    }

    /// Drops the connection of a request that waited too long.
    pub(super) fn time_out_requests(&mut self, cx: &mut Context<'_>) {
        while let Some(to) = self.pending.overdue(cx.now) {
            cx.out.push(Action::Disconnect { to, why: Disconnection::RequestTimedOut });
            self.on_disconnect(to, cx);
        }
    }

    /// The connection is gone, and with it whatever was under way on it. The client tries again by itself; membership
    /// is kept.
    pub fn on_disconnect(&mut self, from: Destination, cx: &mut Context<'_>) {
        for purpose in self.pending.take_all(from) {
            match purpose {
                Purpose::FindCoordinator => self.retry_discovery(cx),
                Purpose::Metadata => self.refresh_failed(cx),
                Purpose::JoinGroup | Purpose::SyncGroup | Purpose::PlanMetadata => {
                    if matches!(self.stage, Stage::JoinSent | Stage::SyncSent | Stage::Planning(_)) {
                        self.stage = Stage::ToJoin;
                    }
                }
                Purpose::Heartbeat => self.retry_heartbeat(ErrorCode::CoordinatorNotAvailable, cx),
                Purpose::OffsetFetch => self.retry_offset_fetch(cx),
                Purpose::LeaveGroup => self.retry_leave(cx),
                Purpose::Commit { interval: false } => self.retry_commit(cx),
                Purpose::Commit { interval: true } => {}
            }
        }
        let lost = match from {
            Destination::Bootstrap => None,
            Destination::Coordinator(node) | Destination::CoordinatorWaiting(node) => Some(node),
        };
        if lost.is_some() && lost == self.coordinator.node() {
            self.coordinator_lost(cx);
        }
        self.settle(cx);
    }
}
