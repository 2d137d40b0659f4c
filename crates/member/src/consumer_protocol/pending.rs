//! Requests under way: what each was for, and until when its answer counts.

use protocol::message::Request;

use super::ConsumerProtocolMember;
use crate::action::{Action, Destination, Disconnection};
use crate::surroundings::{Context, Step};

/// What a request was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// To know the coordinator.
    FindCoordinator,
    /// To know the topics' partitions and ids.
    Metadata,
    /// To join, stay, acknowledge or leave.
    Heartbeat,
    /// To leave because the application does not poll: nobody reads the answer.
    LeaveHeartbeat,
    /// To record positions.
    Commit(CommitReason),
    /// To learn positions.
    OffsetFetch,
}

/// Why positions are committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CommitReason {
    /// `auto.commit.interval.ms` has passed.
    Interval,
    /// A round begins.
    Round,
    /// The consumer is being closed.
    Close,
}

impl Purpose {
    /// Whether a member to which nothing happens has this under way, too. Not so a heartbeat: any answer may bring an
    /// assignment.
    pub(super) fn is_routine(self) -> bool {
        matches!(self, Self::Commit(CommitReason::Interval))
    }
}

impl ConsumerProtocolMember {
    /// Sends `request` to the coordinator, which must be known.
    pub(super) fn send_to_coordinator(&mut self, cx: &mut Context<'_>, request: Request, purpose: Purpose) {
        let node = self.coordinator.node().expect("callers have looked whether the coordinator is known");
        self.send(cx, Destination::Coordinator(node), request, purpose);
    }

    pub(super) fn send(&mut self, cx: &mut Context<'_>, to: Destination, request: Request, purpose: Purpose) {
        self.pending.send(cx, to, request, purpose, self.config.request_timeout);
    }

    /// Drops the connection of a request that waited too long, as the client does.
    pub(super) fn time_out_requests(&mut self, cx: &mut Context<'_>) {
        while let Some(to) = self.pending.overdue(cx.now) {
            cx.out.push(Action::Disconnect { to, why: Disconnection::RequestTimedOut });
            self.lose_connection(to, cx);
        }
    }

    /// The connection is gone, and with it whatever was under way on it.
    pub fn on_disconnect(&mut self, from: Destination, cx: &mut Context<'_>) {
        self.lose_connection(from, cx);
        self.settle(cx);
    }

    pub(super) fn lose_connection(&mut self, from: Destination, cx: &mut Context<'_>) {
        if matches!(from, Destination::Coordinator(node) if self.coordinator.node() == Some(node)) {
            self.coordinator_lost(Disconnection::Lost, cx);
        }
        for purpose in self.pending.take_all(from) {
            match purpose {
                Purpose::FindCoordinator => self.retry_discovery(cx),
                Purpose::Metadata => self.metadata_retry = cx.after(Step::Backoff(self.config.retry_backoff)),
                Purpose::LeaveHeartbeat => {}
                Purpose::Heartbeat => self.heartbeat_got_no_answer(cx),
                Purpose::Commit(why) => self.commit_got_no_answer(why, cx),
                Purpose::OffsetFetch => self.retry_offset_fetch(cx),
            }
        }
    }
}
