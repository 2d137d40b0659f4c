//! A clean stop: `rd_kafka_consumer_close`.
//!
//! Source: `rd_kafka_cgrp_terminate0`, `rd_kafka_cgrp_unsubscribe`, `rd_kafka_cgrp_try_terminate`. The subscription
//! goes, the callback gives everything up (`close` itself serves it), fetchers stop, positions are committed,
//! LeaveGroup is sent once, if there is a coordinator, and waited for at most five seconds. Behind a JoinGroup that
//! waits, the broker reads it only after that one's answer. There are no heartbeats from the beginning of the close on.
//! A cooperative member to which nothing is assigned closes without LeaveGroup: the library sends it only behind a
//! revocation. (Under the consumer protocol it does say goodbye.) Left out: a close that comes while a callback is
//! queued serves that callback before it begins.

use super::LibrdkafkaMember;
use super::pending::Purpose;
use super::state::JoinState;
use crate::action::{Action, Observation};
use crate::surroundings::Context;

impl LibrdkafkaMember {
    /// The application closes the consumer: at once, or when the callback that runs has returned.
    pub fn close(&mut self, cx: &mut Context<'_>) {
        self.closing = true;
        self.away_since = None;
        self.settle(cx);
    }

    /// Whether a close has begun.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Begins a close that is wanted, ends one that is over.
    pub(super) fn advance_close(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.closing || self.join.waits_for_call() {
            return false;
        }
        if !self.terminating {
            self.terminate(cx);
            return true;
        }
        if self.modern.is_some() && self.assignment.owned.is_empty() && self.assignment.is_settled() {
            self.leave_if_wanted(cx);
        }
        let left = !self.pending.any(|purpose| purpose == Purpose::LeaveGroup);
        let over = left && self.assignment.owned.is_empty() && self.assignment.is_settled();
        if over {
            self.ended = true;
            cx.out.push(Action::Observe(Observation::Closed));
        }
        over
    }

    fn terminate(&mut self, cx: &mut Context<'_>) {
        self.terminating = true;
        self.timers.poll_check = None;
        self.leader.resign();
        self.leaves = !self.membership.member_id.is_empty();
        if !self.lost {
            self.revoke_all_and_rejoin(false, cx);
        }
        if !self.join.waits_for_call() && !matches!(self.join, JoinState::WaitUnassign { .. }) {
            self.give_up_all(cx);
        }
    }

    /// Leaves the group if that was wanted. A static member that is being closed goes without a word (KIP-345).
    pub(super) fn leave_if_wanted(&mut self, cx: &mut Context<'_>) {
        let leaves = core::mem::take(&mut self.leaves);
        if leaves && self.modern.is_some() {
            self.leave_modern(cx);
        } else if leaves && !(self.config.is_static() && self.terminating) {
            self.leave_group(cx);
        }
    }

    /// Sends LeaveGroup, and forgets the member id, which is void from now on.
    pub(super) fn leave_group(&mut self, cx: &mut Context<'_>) {
        let request = self.membership.leave_group("");
        self.forget_member_id();
        let under_way = self.pending.any(|purpose| purpose == Purpose::LeaveGroup);
        if self.coordinator.node().is_some() && !under_way {
            self.send_to_coordinator(cx, request, Purpose::LeaveGroup);
        }
    }
}
