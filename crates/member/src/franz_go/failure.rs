//! A membership that is over: void, or given up by a close.
//!
//! Source: `groupConsumer.manageFailWait`, `leave`, `Client.close`. If it is void, everything is lost, and after a
//! backoff the member joins under its old id (which costs three JoinGroups if that is gone). A close waits for a join
//! and sync under way to end, calls the revoked callback, leaves, and ends fetch sessions. A static member goes without
//! a word, unless it has given partitions up and not rejoined since: nobody else would get them. LeaveGroup waits for
//! the coordinator and is repeated, as the last commit is.

use alloc::vec::Vec;

use protocol::{ErrorCode, Partitions, SimDuration, SimTime};

use super::attempts::{Attempts, RETRY_TIMEOUT};
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
        let speaks = (!self.config.is_static() || self.rejoin_owed) && !self.membership.member_id.is_empty();
        let attempts = Attempts::since(cx.now);
        if speaks {
            self.find_coordinator(cx);
        }
        self.stage = Stage::Leaving { attempts, retry_at: if speaks { cx.now } else { SimTime::NEVER } };
    }

    /// Sends it once the coordinator is known, and ends when it is answered or has been tried for long enough.
    pub(super) fn go_on_leaving(&mut self, attempts: Attempts, retry_at: SimTime, cx: &mut Context<'_>) -> bool {
        self.stage = Stage::Leaving { attempts, retry_at };
        if self.is_pending(Purpose::LeaveGroup) {
            return false;
        }
        let is_known = self.coordinator.node().is_some();
        if retry_at == SimTime::NEVER || (!is_known && attempts.give_up(self.leave_timeout()) <= cx.now) {
            self.end_connections(cx);
            return true;
        }
        if !is_known || retry_at > cx.now {
            return false;
        }
        self.stage = Stage::Leaving { attempts, retry_at: SimTime::NEVER };
        if self.next_gen.is_some() {
            self.leave_next_gen(cx);
        } else {
            let request = self.membership.leave_group("client leaving group per normal operation");
            self.send_to_coordinator(cx, request, Purpose::LeaveGroup);
        }
        true
    }

    /// When a member that leaves goes on by itself.
    pub(super) fn leaving_deadline(&self, attempts: Attempts, retry_at: SimTime) -> SimTime {
        match retry_at {
            SimTime::NEVER => SimTime::NEVER,
            _ if self.coordinator.node().is_some() => retry_at,
            _ => attempts.give_up(self.leave_timeout()),
        }
    }

    /// How long LeaveGroup is repeated; the last heartbeat of the consumer protocol as other heartbeats.
    fn leave_timeout(&self) -> SimDuration {
        if self.next_gen.is_some() { self.config.session_timeout } else { RETRY_TIMEOUT }
    }

    /// LeaveGroup is answered: by another coordinator than the group's, it is sent again.
    pub(super) fn on_left(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        if matches!(
            error,
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress
        ) {
            self.retry_leave(cx);
            self.coordinator_lost(cx);
        }
    }

    /// LeaveGroup has come to nothing: it is sent again after a backoff.
    pub(super) fn retry_leave(&mut self, cx: &mut Context<'_>) {
        if let Stage::Leaving { mut attempts, .. } = self.stage {
            let next = self.next_attempt(&mut attempts, self.leave_timeout(), cx);
            self.stage = Stage::Leaving { attempts, retry_at: next.unwrap_or(SimTime::NEVER) };
        }
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
