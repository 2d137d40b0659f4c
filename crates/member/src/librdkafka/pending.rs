//! Requests under way: what each was for, and what becomes of it without an answer.

use protocol::SimDuration;
use protocol::message::Request;

use super::state::JoinState;
use super::{LibrdkafkaMember, SPARSE_CONNECT_INTERVAL};
use crate::action::{Action, Destination, Disconnection};
use crate::surroundings::Context;

/// How much longer than the rebalance timeout JoinGroup is waited for, and SyncGroup than the session
/// (`rd_kafka_JoinGroupRequest`, `rd_kafka_SyncGroupRequest`).
const GROUP_REQUEST_GRACE: SimDuration = SimDuration::from_millis(3_000);
/// How long LeaveGroup is waited for (`rd_kafka_LeaveGroupRequest`).
const LEAVE_GROUP_TIMEOUT: SimDuration = SimDuration::from_millis(5_000);

/// What a request was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// To know of brokers, from a bootstrap server.
    Brokers,
    /// To know the coordinator.
    FindCoordinator,
    /// To know the topics' partitions.
    Metadata,
    /// To know the partitions of the group's topics, for the plan of the leader.
    PlanMetadata,
    /// To get into the next generation.
    JoinGroup,
    /// To get the assignment.
    SyncGroup,
    /// To stay in the group.
    Heartbeat,
    /// To leave it.
    LeaveGroup,
    /// To record positions: of what was given up, by the number of the commit, or because `auto.commit.interval.ms`
    /// has passed.
    Commit { given_up: Option<u64> },
    /// To learn positions.
    OffsetFetch,
}

impl Purpose {
    /// Whether a member to which nothing happens sends this, too.
    pub(super) fn is_routine(self) -> bool {
        matches!(self, Self::Heartbeat | Self::Commit { given_up: None })
    }
}

impl LibrdkafkaMember {
    /// Sends `request` to the coordinator, which must be known. It has a connection of its own
    /// (`rd_kafka_broker_add_logical`).
    pub(super) fn send_to_coordinator(&mut self, cx: &mut Context<'_>, request: Request, purpose: Purpose) {
        let node = self.coordinator.node().expect("callers have looked whether the coordinator is known");
        self.send(cx, Destination::Coordinator(node), request, purpose);
    }

    pub(super) fn send_anywhere(&mut self, cx: &mut Context<'_>, request: Request, purpose: Purpose) {
        self.send(cx, Destination::Bootstrap, request, purpose);
    }

    fn send(&mut self, cx: &mut Context<'_>, to: Destination, request: Request, purpose: Purpose) {
        let timeout = match purpose {
            Purpose::JoinGroup => self.config.max_poll_interval + GROUP_REQUEST_GRACE,
            Purpose::SyncGroup => self.config.session_timeout + GROUP_REQUEST_GRACE,
            Purpose::Heartbeat => self.config.session_timeout,
            Purpose::LeaveGroup => LEAVE_GROUP_TIMEOUT,
            _ => self.config.request_timeout,
        };
        self.pending.send(cx, to, request, purpose, timeout);
    }

    /// Drops the connection of a request that waited too long.
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
                // Whoever loses a broker asks the next one (`rd_kafka_broker_fail`).
                Purpose::Brokers | Purpose::Metadata => self.connects_at = cx.now + SPARSE_CONNECT_INTERVAL,
                Purpose::JoinGroup => self.join_failed(cx),
                Purpose::SyncGroup | Purpose::PlanMetadata => {
                    if matches!(self.join, JoinState::WaitSync | JoinState::WaitMetadata(_)) {
                        self.rejoin(cx);
                    }
                }
                Purpose::Heartbeat => self.modern_heartbeat_failed(cx),
                Purpose::LeaveGroup => {}
                Purpose::Commit { given_up } => self.commit_is_answered(given_up, false, cx),
                Purpose::OffsetFetch => self.retry_offset_fetch(cx),
            }
        }
        if matches!(from, Destination::Coordinator(node) if self.coordinator.node() == Some(node)) {
            self.coordinator_lost(cx);
        }
        self.settle(cx);
    }
}
