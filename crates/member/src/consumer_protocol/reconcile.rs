//! Reconciliation: from the assignment a member has to the one it was given.
//!
//! Source: `AbstractMembershipManager.maybeReconcile`, `revokeAndAssign`. A round is commit (with auto-commit), revoke
//! callback, assign callback; only then the heartbeat that acknowledges it leaves. What is given meanwhile waits for
//! the next round. A member that is fenced or joins anew meanwhile abandons the round where it stands.

use alloc::sync::Arc;

use protocol::message::TopicPartitions;
use protocol::{Generation, MemberEpoch, Partitions, SimTime};

use super::application::BackgroundEvent;
use super::pending::CommitReason;
use super::{ConsumerProtocolMember, LocalAssignment, MembershipState};
use crate::action::{Action, Observation};
use crate::common::consumer_group::resolve;
use crate::common::partitions::difference;
use crate::surroundings::Context;

/// A round under way.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// What the member will have when it is over.
    goal: LocalAssignment,
    assigned: Partitions,
    revoked: Partitions,
    /// The member has joined anew since it began.
    rejoined: bool,
    /// Until when the commit is tried (`max.poll.interval.ms` from the beginning).
    commit_deadline: SimTime,
    /// When the commit is sent again, if it failed.
    commit_retry: SimTime,
    pub(super) commit_failures: u32,
}

impl ConsumerProtocolMember {
    /// An answer has brought an assignment (`processAssignmentReceived`).
    pub(super) fn take_assignment(&mut self, partitions: &Arc<[TopicPartitions]>) {
        match &self.target {
            Some(target) if target.partitions == *partitions => {}
            known => {
                let number = known.as_ref().map_or(0, |target| target.number + 1);
                self.target = Some(LocalAssignment { number, partitions: partitions.clone() });
            }
        }
        if self.current != self.target {
            self.state = MembershipState::Reconciling;
        } else if matches!(self.state, MembershipState::Reconciling | MembershipState::Joining) {
            self.state = MembershipState::Stable;
        }
    }

    /// Begins a round if there is something to reconcile; tells whether anything changed. A round that commits or
    /// revokes begins only in `poll`, so that nothing is read on meanwhile.
    pub(super) fn maybe_reconcile(&mut self, inside_poll: bool, cx: &mut Context<'_>) -> bool {
        self.round_awaits_poll = false;
        let Some(target) = &self.target else { return false };
        if self.state != MembershipState::Reconciling || self.current == self.target || self.round.is_some() {
            return false;
        }
        let resolved = resolve(&target.partitions, &self.topics);
        let goal = LocalAssignment { number: target.number, partitions: resolved.known };
        if !resolved.is_complete {
            self.request_metadata(cx);
        }
        if self.current.as_ref().is_some_and(|current| current.partitions == goal.partitions) {
            self.current = Some(goal);
            self.state = MembershipState::Acknowledging;
            return true;
        }
        let revoked: Partitions = difference(&self.owned, &resolved.partitions).into();
        if !inside_poll && (self.config.auto_commit || !revoked.is_empty()) {
            self.round_awaits_poll = true;
            return false;
        }
        self.round = Some(Round {
            goal,
            assigned: resolved.partitions,
            revoked: revoked.clone(),
            rejoined: false,
            commit_deadline: cx.now + self.config.max_poll_interval,
            commit_retry: SimTime::NEVER,
            commit_failures: 0,
        });
        if !self.send_final_commit(CommitReason::Round, cx) {
            self.revoke();
        }
        if !revoked.is_empty() {
            cx.out.push(Action::Observe(Observation::FetchingStopped { partitions: revoked, lost: false }));
        }
        true
    }

    /// Whether the round under way is void; it is dropped then (`maybeAbortReconciliation`).
    fn abandons_round(&mut self) -> bool {
        let goes_on = self.state == MembershipState::Reconciling && self.round.as_ref().is_some_and(|r| !r.rejoined);
        if !goes_on {
            self.round = None;
        }
        !goes_on
    }

    /// The commit is over, one way or another.
    pub(super) fn round_committed(&mut self) {
        if self.round.is_some() && !self.abandons_round() {
            self.revoke();
        }
    }

    fn revoke(&mut self) {
        let round = self.round.as_ref().expect("a round has begun");
        if round.revoked.is_empty() {
            self.assign();
        } else {
            self.events.push_back(BackgroundEvent::Revoked(round.revoked.clone()));
        }
    }

    /// The application has given up what was taken.
    pub(super) fn round_revoked(&mut self) {
        if !self.abandons_round() {
            self.assign();
        }
    }

    /// The application is told, also if nothing is added.
    fn assign(&mut self) {
        let round = self.round.as_ref().expect("a round has begun");
        self.events.push_back(BackgroundEvent::Assigned(round.assigned.clone()));
    }

    /// The application has what was added: the next heartbeat says so.
    pub(super) fn round_assigned(&mut self, cx: &Context<'_>) {
        if self.abandons_round() {
            return;
        }
        let round = self.round.take().expect("it goes on");
        self.current = Some(round.goal);
        self.restart_commit_interval(cx);
        self.state = MembershipState::Acknowledging;
    }

    /// The commit has failed in a way that may pass: it is sent again after `backoff`, unless it has been tried for too
    /// long.
    pub(super) fn retry_round_commit(&mut self, retry: SimTime, cx: &Context<'_>) {
        let Some(round) = &mut self.round else { return };
        if round.commit_deadline <= cx.now {
            self.round_committed();
        } else {
            round.commit_failures += 1;
            round.commit_retry = retry;
        }
    }

    pub(super) fn repeat_round_commit(&mut self, cx: &mut Context<'_>) {
        let Some(round) = &mut self.round else { return };
        if round.commit_retry <= cx.now {
            round.commit_retry = SimTime::NEVER;
            if !self.send_final_commit(CommitReason::Round, cx) {
                self.round_committed();
            }
        }
    }

    pub(super) fn round_deadline(&self) -> SimTime {
        self.round.as_ref().map_or(SimTime::NEVER, |round| round.commit_retry)
    }

    /// Everything held is somebody else's already. If something is held, the application hears of it when it polls.
    pub(super) fn lose_everything(&mut self, cx: &mut Context<'_>) {
        if self.owned.is_empty() {
            self.release_pending = false;
            self.everything_lost();
            return;
        }
        self.release_pending = true;
        self.events.push_back(BackgroundEvent::Lost);
        cx.out.push(Action::Observe(Observation::FetchingStopped { partitions: self.owned.clone(), lost: true }));
    }

    /// Nothing is held any more: a fenced member joins anew, a stale one once it has been polled.
    pub(super) fn everything_lost(&mut self) {
        self.forget_assignments();
        let joins = match self.state {
            MembershipState::Fenced => true,
            MembershipState::Stale => self.rejoins_when_released,
            _ => false,
        };
        if joins {
            self.join();
        }
    }

    pub(super) fn forget_assignments(&mut self) {
        self.owned = Partitions::default();
        self.without_position.clear();
        self.located.clear();
        self.current = None;
        self.target = None;
    }

    /// `transitionToJoining`: heartbeats with epoch 0 from now on.
    pub(super) fn join(&mut self) {
        if let Some(round) = &mut self.round {
            round.rejoined = true;
        }
        self.membership.generation = Generation(MemberEpoch::JOIN.0);
        self.state = MembershipState::Joining;
        self.target = None;
    }
}
