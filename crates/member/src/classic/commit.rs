//! Committing positions: by interval, before revocation, on close.
//!
//! Source: `ConsumerCoordinator.maybeAutoCommitOffsetsAsync`, `OffsetCommitResponseHandler`. Every accepted commit
//! renews the session at the coordinator. An application that works on a batch looks at the interval when it is done;
//! here it commits on time, but not a long batch in hand (the driver's business).

use protocol::{ErrorCode, Generation, SimTime};

use super::pending::{CommitReason, Purpose};
use super::{AppStep, ClassicMember, MemberState, RejoinReason};
use crate::surroundings::{Context, Step};

impl ClassicMember {
    pub(super) fn send_commit(&mut self, cx: &mut Context<'_>, why: CommitReason) {
        let request = self.membership.offset_commit(cx.surroundings.positions(&self.owned));
        self.commits += 1;
        self.send_to_coordinator(cx, request, Purpose::Commit { why, generation: self.membership.generation });
    }

    /// The interval has passed. `poll` looks at this, so nothing is committed by an application that hangs, and only
    /// while no rebalance runs. Without a coordinator `poll` looks for one first: the commit leaves when it is found.
    pub(super) fn commit_if_due(&mut self, cx: &mut Context<'_>) {
        if self.next_commit > cx.now || self.is_away() || self.coordinator.node().is_none() {
            return;
        }
        self.next_commit = cx.now + self.config.auto_commit_interval;
        let quiet = matches!(self.step, AppStep::Idle) && self.rejoin.is_none();
        if quiet && self.may_commit() && !self.owned.is_empty() {
            self.send_commit(cx, CommitReason::Interval);
        }
    }

    pub(super) fn on_commit(
        &mut self,
        why: CommitReason,
        generation: Generation,
        error: ErrorCode,
        cx: &mut Context<'_>,
    ) {
        let is_current = generation == self.membership.generation && self.state == MemberState::Stable;
        match error {
            ErrorCode::None => {}
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable | ErrorCode::RequestTimedOut => {
                self.commit_may_succeed_later(why, cx);
                self.coordinator_lost(cx);
                self.retry_commit(cx);
            }
            ErrorCode::CoordinatorLoadInProgress | ErrorCode::UnknownTopicOrPartition => {
                self.commit_may_succeed_later(why, cx);
                self.retry_commit(cx);
            }
            ErrorCode::RebalanceInProgress if is_current => self.request_rejoin(RejoinReason::GroupIsRebalancing),
            ErrorCode::IllegalGeneration if is_current => {
                self.reset_generation(true);
                self.request_rejoin(RejoinReason::GenerationReset);
            }
            ErrorCode::UnknownMemberId if is_current => {
                self.reset_generation(false);
                self.request_rejoin(RejoinReason::GenerationReset);
            }
            ErrorCode::FencedInstanceId if is_current => {
                self.reset_generation(false);
                self.fatal = Some(error);
            }
            _ => {}
        }
        self.come_back_to_commit(cx);
    }

    /// An application inside `poll` does not block for its final commit: it sees the answer at its next turn.
    fn come_back_to_commit(&mut self, cx: &mut Context<'_>) {
        let is_over = self.awaits_turn();
        if let AppStep::PrepareCommit { retry_at: SimTime::NEVER, seen } = &mut self.step
            && is_over
        {
            *seen = cx.after(Step::PollTurnaround);
        }
    }

    /// A final commit that may succeed later is sent again after `retry.backoff.ms`.
    fn retry_commit(&mut self, cx: &Context<'_>) {
        if let AppStep::PrepareCommit { retry_at, .. } = &mut self.step {
            *retry_at = cx.now + self.config.retry_backoff;
        }
    }

    /// A commit has failed in a way that may pass: the last one is sent again, a routine one leaves after
    /// `retry.backoff.ms` instead of an interval.
    fn commit_may_succeed_later(&mut self, why: CommitReason, cx: &mut Context<'_>) {
        match why {
            CommitReason::Close => self.retry_close_commit(cx),
            CommitReason::Interval if self.next_commit != SimTime::NEVER => {
                self.next_commit = cx.now + self.config.retry_backoff;
            }
            CommitReason::Interval | CommitReason::Prepare => {}
        }
    }

    /// A commit was lost with its connection.
    pub(super) fn commit_failed(&mut self, why: CommitReason, cx: &mut Context<'_>) {
        self.commit_may_succeed_later(why, cx);
        if why == CommitReason::Prepare
            && let AppStep::PrepareCommit { retry_at, .. } = &mut self.step
            && *retry_at == SimTime::NEVER
        {
            *retry_at = SimTime::ZERO;
        }
    }
}
