//! A membership that is over: void, or given up by a close.
//!
//! Source: `groupConsumer.manageFailWait`, `leave`, `Client.close`. If it is void, everything is lost, and after a
//! backoff the member joins under its old id (which costs three JoinGroups if that is gone). A close waits for a join
//! and sync under way to end, calls the revoked callback, leaves, and ends fetch sessions. A static member goes
//! without a word, unless it has given partitions up and not rejoined since: nobody else would get them.

use alloc::vec::Vec;

use protocol::{ErrorCode, Partitions};

use super::pending::Purpose;
use super::session::Callback;
use super::{FranzGoMember, Stage};
use crate::action::{Action, Observation};
use crate::common::Pending;
use crate::surroundings::{Context, Step};

impl FranzGoMember {
    /// The application closes the client.
    pub fn close(&mut self, cx: &mut Context<'_>) {
        self.closing = true;
        self.settle(cx);
    }

    /// Whether a close has begun.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// The coordinator has refused this member for good, as far as it can tell.
    pub(super) fn membership_failed(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        self.next_gen_failed(error);
        self.stop_heartbeats();
        self.failures += 1;
        self.leads = false;
        self.external.clear();
        self.join_reason = "rejoining after we previously errored and backed off";
        self.begin_last_callback(false, cx);
    }

    /// Everything goes: revoked when leaving, lost else.
    pub(super) fn begin_last_callback(&mut self, leaving: bool, cx: &mut Context<'_>) {
        let callback = if leaving {
            let all = self.owned.clone();
            self.begin_revoke(all, cx)
        } else {
            let partitions = core::mem::take(&mut self.owned);
            let mut until = cx.now;
            if !partitions.is_empty() {
                until = cx.after(Step::RevokeCallback { partitions: partitions.len() });
                let generation = self.membership.generation;
                cx.out.push(Action::Observe(Observation::Lost { partitions, generation }));
            }
            Callback::Running { until, commits: Vec::new() }
        };
        self.last_assigned = Partitions::default();
        self.without_position.clear();
        self.commit_owed = false;
        self.stage = Stage::LastCallback { callback, leaving };
    }

    pub(super) fn advance_last_callback(&mut self, callback: Callback, leaving: bool, cx: &mut Context<'_>) -> bool {
        match self.advance_callback(callback, cx) {
            Some(callback) => {
                self.stage = Stage::LastCallback { callback, leaving };
                false
            }
            None if leaving || self.closing => {
                self.leave(cx);
                true
            }
            None if self.next_gen.as_ref().is_some_and(|next_gen| next_gen.joins_at_once) => {
                self.failures = 0;
                self.stage = Stage::ToJoin;
                true
            }
            None => {
                let until = self.after_backoff(self.failures, cx);
                self.refresh_metadata_soon(cx);
                self.stage = Stage::Backoff { until };
                true
            }
        }
    }

    /// The last word to the coordinator.
    pub(super) fn leave(&mut self, cx: &mut Context<'_>) {
        let speaks = (!self.config.is_static() || self.rejoin_owed)
            && !self.membership.member_id.is_empty()
            && self.coordinator.node().is_some();
        if speaks && self.next_gen.is_some() {
            self.leave_next_gen(cx);
        } else if speaks {
            let request = self.membership.leave_group("client leaving group per normal operation");
            self.send_to_coordinator(cx, request, Purpose::LeaveGroup);
        }
        self.stage = Stage::Leaving;
    }

    pub(super) fn end_connections(&mut self, cx: &mut Context<'_>) {
        self.pending = Pending::default();
        self.stage = Stage::Disconnecting { until: cx.after(Step::CloseConnections) };
    }

    pub(super) fn finish_close(&mut self, cx: &mut Context<'_>) {
        self.stage = Stage::Ended;
        cx.out.push(Action::Observe(Observation::Closed));
    }
}
