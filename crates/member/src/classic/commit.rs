//! Committing positions: by interval, before revocation, on close.
//!
//! Source: `ConsumerCoordinator.maybeAutoCommitOffsetsAsync`, `OffsetCommitResponseHandler`. Every accepted commit
//! renews the session at the coordinator. An application that works on a batch looks at the interval when it is done;
//! here it commits on time, but not a long batch in hand (the driver's business).

use protocol::{ErrorCode, Generation, SimTime};

use super::pending::{CommitReason, Purpose};
use super::{AppStep, ClassicMember, MemberState, RejoinReason};
use crate::action::Disconnection;
use crate::surroundings::{Context, Step};

/// The commit of `onJoinPrepare`. `poll` does not block for it; while it fails in ways that may pass, nothing is
/// revoked (`joinPrepareTimer` is the limit), and it is sent again to whichever coordinator is found.
#[derive(Clone, Copy, Debug)]
pub(super) enum FinalCommit {
    /// Under way, or answered: that is seen when the loop comes back.
    Sent { seen: SimTime },
    /// It has failed while the application is away, which has not read it.
    Refused,
    /// It is sent again when `poll` comes to it: the failure has set the timer of routine commits to
    /// `retry.backoff.ms`, which ends the wait for records; a call of `poll` that begins earlier does it, too.
    Again { at: SimTime },
}

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
                self.coordinator_lost(Disconnection::Refused(error), cx);
            }
            ErrorCode::CoordinatorLoadInProgress | ErrorCode::UnknownTopicOrPartition => {
                self.commit_may_succeed_later(why, cx);
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
        if let AppStep::PrepareCommit(FinalCommit::Sent { seen }) = &mut self.step
            && is_over
        {
            *seen = cx.after(Step::PollTurnaround);
        }
    }

    /// The application enters `poll`: it reads that its final commit has failed; in the call after that it repeats it.
    pub(super) fn look_at_final_commit(&mut self, now: SimTime) {
        if let AppStep::PrepareCommit(commit) = &mut self.step {
            *commit = match *commit {
                FinalCommit::Refused => FinalCommit::Again { at: now + self.config.retry_backoff },
                FinalCommit::Again { .. } => FinalCommit::Again { at: now },
                sent @ FinalCommit::Sent { .. } => sent,
            };
        }
    }

    /// Whether `poll` would get on with the final commit.
    pub(super) fn final_commit_wants_poll(&self, commit: FinalCommit) -> bool {
        match commit {
            FinalCommit::Sent { .. } => !self.prepare_commit_pending(),
            FinalCommit::Refused | FinalCommit::Again { .. } => self.coordinator.node().is_some(),
        }
    }

    /// When an application inside `poll` goes on with its final commit: not before there is a coordinator.
    pub(super) fn final_commit_deadline(&self, commit: FinalCommit) -> SimTime {
        match commit {
            FinalCommit::Sent { seen } if self.awaits_turn() => seen,
            FinalCommit::Again { at } if self.inside_poll && self.coordinator.node().is_some() => at,
            FinalCommit::Sent { .. } | FinalCommit::Refused | FinalCommit::Again { .. } => SimTime::NEVER,
        }
    }

    /// The final commit has failed in a way that may pass.
    fn retry_final_commit(&mut self, cx: &Context<'_>) {
        if let AppStep::PrepareCommit(commit @ FinalCommit::Sent { .. }) = &mut self.step {
            let at = cx.now + self.config.retry_backoff;
            *commit = if self.inside_poll { FinalCommit::Again { at } } else { FinalCommit::Refused };
        }
    }

    /// A commit has failed in a way that may pass (it was lost with its connection, for one): the last one is sent
    /// again, a routine one leaves after `retry.backoff.ms` instead of an interval.
    pub(super) fn commit_may_succeed_later(&mut self, why: CommitReason, cx: &mut Context<'_>) {
        match why {
            CommitReason::Close => self.retry_close_commit(cx),
            CommitReason::Interval if self.next_commit != SimTime::NEVER => {
                self.next_commit = cx.now + self.config.retry_backoff;
            }
            CommitReason::Prepare => self.retry_final_commit(cx),
            CommitReason::Interval => {}
        }
    }
}
