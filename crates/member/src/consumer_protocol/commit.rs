//! Committing positions: by interval, before a round, on close.
//!
//! Source: `CommitRequestManager`. A commit does not renew the session under this protocol, and none of its errors
//! changes the membership: the next heartbeat finds out. An application that works on a batch looks at the interval
//! when it is done; here it commits on time, but not a long batch in hand (the driver's business).

use protocol::{ErrorCode, SimTime};

use super::ConsumerProtocolMember;
use super::pending::{CommitReason, Purpose};
use crate::common::partitions::without;
use crate::surroundings::{Context, Step};

impl ConsumerProtocolMember {
    /// The interval begins anew (`resetAutoCommitTimer`).
    pub(super) fn restart_commit_interval(&mut self, cx: &Context<'_>) {
        self.next_commit =
            if self.config.auto_commit { cx.now + self.config.auto_commit_interval } else { SimTime::NEVER };
    }

    /// Whether a commit has somebody to go to and somebody to come from.
    fn may_commit(&self) -> bool {
        self.coordinator.node().is_some() && self.membership.generation.0 > 0
    }

    fn send_commit(&mut self, why: CommitReason, cx: &mut Context<'_>) {
        let read = without(&self.owned, &self.without_position);
        let request = self.membership.offset_commit(cx.surroundings.positions(&read));
        self.commits += 1;
        self.send_to_coordinator(cx, request, Purpose::Commit(why));
    }

    /// Commits what was read before it is given up. Tells whether there was anything to commit.
    pub(super) fn send_final_commit(&mut self, why: CommitReason, cx: &mut Context<'_>) -> bool {
        let commits = self.config.auto_commit && self.may_commit() && self.owned.len() > self.without_position.len();
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
        if self.may_commit() && !commit_under_way && self.owned.len() > self.without_position.len() {
            self.send_commit(CommitReason::Interval, cx);
        }
    }

    pub(super) fn on_commit(&mut self, why: CommitReason, error: ErrorCode, cx: &mut Context<'_>) {
        if matches!(error, ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable) {
            self.coordinator_lost(cx);
        }
        if why != CommitReason::Round {
            return;
        }
        match error {
            ErrorCode::NotCoordinator
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::RequestTimedOut => self.commit_got_no_answer(why, cx),
            // With the epoch of the newest answer it may succeed.
            ErrorCode::StaleMemberEpoch if self.membership.generation.0 > 0 => self.commit_got_no_answer(why, cx),
            _ => self.round_committed(),
        }
    }

    /// A commit was lost, or failed in a way that may pass: only a round waits for it.
    pub(super) fn commit_got_no_answer(&mut self, why: CommitReason, cx: &mut Context<'_>) {
        if let (CommitReason::Round, Some(round)) = (why, &self.round) {
            let backoff = self.config.exponential_backoff(round.commit_failures);
            let retry = cx.after(Step::Backoff(backoff));
            self.retry_round_commit(retry, cx);
        }
    }
}
