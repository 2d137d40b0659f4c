//! Committing positions: by interval, before a round, on close.
//!
//! Source: `CommitRequestManager`. A commit does not renew the session under this protocol, and none of its errors
//! changes the membership: the next heartbeat finds out. An application that works on a batch looks at the interval
//! when it is done; here it commits on time, but not a long batch in hand (the driver's business).

use protocol::{ErrorCode, SimTime};

use super::ConsumerProtocolMember;
use super::pending::{CommitReason, Purpose};
use crate::action::Disconnection;
use crate::common::partitions::without;
use crate::surroundings::{Context, Step};

impl ConsumerProtocolMember {
    /// The interval begins anew (`resetAutoCommitTimer`).
    pub(super) fn restart_commit_interval(&mut self, cx: &Context<'_>) {
        self.next_commit =
            if self.config.auto_commit { cx.now + self.config.auto_commit_interval } else { SimTime::NEVER };
    }

    fn send_commit(&mut self, why: CommitReason, cx: &mut Context<'_>) {
        let read = without(&self.owned, &self.without_position);
        let request = self.membership.offset_commit(cx.surroundings.positions(&read));
        self.commits += 1;
        self.send_to_coordinator(cx, request, Purpose::Commit(why));
    }

    /// Whether this member commits by itself and has anything to commit.
    pub(super) fn has_something_to_record(&self) -> bool {
        let is_member = self.membership.generation.0 > 0;
        self.config.auto_commit && is_member && self.owned.len() > self.without_position.len()
    }

    /// Commits what was read before it is given up. Tells whether there was anything to commit.
    pub(super) fn send_final_commit(&mut self, why: CommitReason, cx: &mut Context<'_>) -> bool {
        let commits = self.has_something_to_record() && self.coordinator.node().is_some();
        if commits {
            self.send_commit(why, cx);
        }
        commits
    }

    /// The interval has passed. Passes of `poll` look at this (`ApplicationEventProcessor.process(AsyncPollEvent)`), so
    /// nothing is committed by an application that hangs.
    pub(super) fn commit_if_due(&mut self, cx: &mut Context<'_>) {
        if self.next_commit > cx.now || self.is_away() {
            return;
        }
        self.next_commit = cx.now + self.config.auto_commit_interval;
        let commit_under_way = self.pending.any(|purpose| matches!(purpose, Purpose::Commit(_)));
        if commit_under_way || !self.has_something_to_record() {
            return;
        }
        if self.coordinator.node().is_some() {
            self.send_commit(CommitReason::Interval, cx);
        } else {
            self.commit_waits = true;
        }
    }

    /// The coordinator is found: an interval commit that fell due without one leaves (`CommitRequestManager.poll`).
    pub(super) fn send_commit_that_waits(&mut self, cx: &mut Context<'_>) {
        if core::mem::take(&mut self.commit_waits) && self.has_something_to_record() && !self.closing {
            self.send_commit(CommitReason::Interval, cx);
        }
    }

    pub(super) fn on_commit(&mut self, why: CommitReason, error: ErrorCode, cx: &mut Context<'_>) {
        if matches!(error, ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable) {
            self.coordinator_lost(Disconnection::Refused(error), cx);
        }
        if why == CommitReason::Interval {
            return;
        }
        match error {
            ErrorCode::NotCoordinator
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::RequestTimedOut => self.commit_got_no_answer(why, cx),
            // With the epoch of the newest answer it may succeed.
            ErrorCode::StaleMemberEpoch if self.membership.generation.0 > 0 => self.commit_got_no_answer(why, cx),
            _ if why == CommitReason::Round => self.round_committed(),
            _ => {}
        }
    }

    /// A commit was lost, or failed in a way that may pass: a round and a close wait for it.
    pub(super) fn commit_got_no_answer(&mut self, why: CommitReason, cx: &mut Context<'_>) {
        if why == CommitReason::Close {
            self.retry_close_commit(cx);
        }
        if let (CommitReason::Round, Some(round)) = (why, &self.round) {
            let backoff = self.config.exponential_backoff(round.commit_failures);
            let retry = cx.after(Step::Backoff(backoff));
            self.retry_round_commit(retry, cx);
        }
    }
}
