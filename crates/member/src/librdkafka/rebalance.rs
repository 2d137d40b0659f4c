//! Giving everything up, and joining again.
//!
//! Source: `rd_kafka_cgrp_group_is_rebalancing`, `rd_kafka_cgrp_revoke_all_rejoin`, `rd_kafka_cgrp_rejoin`. An eager
//! member has the application give everything up before it joins; a cooperative one joins at once and gives up what
//! the answer takes away, unless its membership is void.

use protocol::{ErrorCode, Generation, MemberId, Partitions, SimTime};

use super::LibrdkafkaMember;
use super::state::JoinState;
use crate::action::{Action, Observation};
use crate::common::Pending;
use crate::common::partitions::difference;
use crate::surroundings::Context;

impl LibrdkafkaMember {
    /// Whether this member gives everything up before each rebalance.
    pub(super) fn is_eager(&self) -> bool {
        self.modern.is_none() && self.leader.is_eager()
    }

    /// Whether a rebalance is going on, as far as the member knows (`RD_KAFKA_CGRP_REBALANCING`).
    pub(super) fn is_rebalancing(&self) -> bool {
        let joins = match self.join {
            JoinState::WaitJoin | JoinState::WaitMetadata(_) => !self.membership.member_id.is_empty(),
            JoinState::WaitSync | JoinState::WaitUnassign { .. } => true,
            _ => self.join.waits_for_call(),
        };
        joins || self.to_assign.is_some() || self.rejoins
    }

    /// A heartbeat has said so.
    pub(super) fn group_is_rebalancing(&mut self, cx: &mut Context<'_>) {
        if self.is_rebalancing() {
            return;
        }
        if self.is_eager() {
            self.revoke_all_and_rejoin(false, cx);
        } else {
            self.rejoin(cx);
        }
    }

    pub(super) fn revoke_all_and_rejoin_unless_rebalancing(&mut self, lost: bool, cx: &mut Context<'_>) {
        if !self.is_rebalancing() {
            self.revoke_all_and_rejoin(lost, cx);
        }
    }

    /// The application gives everything up, then the member joins again.
    pub(super) fn revoke_all_and_rejoin(&mut self, lost: bool, cx: &mut Context<'_>) {
        let given = self.given.clone();
        match given {
            Some(given) if self.is_eager() && !self.join.waits_for_call() => {
                self.lost = lost;
                self.queue_unassign(given, false, cx);
            }
            _ if self.is_eager() => {
                self.join_due = SimTime::ZERO;
                self.rejoin(cx);
            }
            Some(given) if !given.is_empty() => {
                self.lost = lost;
                self.rejoins = !self.terminating;
                self.queue_unassign(given, true, cx);
            }
            _ if self.terminating => {}
            _ => self.rejoin(cx),
        }
    }

    /// Back to the start; a member that is not subscribed any more leaves instead.
    pub(super) fn rejoin(&mut self, cx: &mut Context<'_>) {
        self.rejoin_modern(cx);
        if !self.is_subscribed() {
            self.leave_if_wanted(cx);
        }
        self.join = JoinState::Init;
    }

    /// The group has decided who gets what.
    pub(super) fn take_assignment(&mut self, assigned: Partitions, cx: &mut Context<'_>) {
        if self.is_eager() {
            self.queue_assign(assigned, false, cx);
            return;
        }
        let given = self.given.clone().unwrap_or_default();
        let added = difference(&assigned, &given).into();
        let revoked = difference(&given, &assigned);
        self.rejoins = false;
        if revoked.is_empty() {
            self.queue_assign(added, true, cx);
        } else {
            self.to_assign = Some(added);
            self.queue_unassign(revoked.into(), true, cx);
        }
    }

    /// Partitions have been added to a topic it reads: every member rejoins on its own account.
    pub(super) fn topics_have_changed(&mut self, cx: &mut Context<'_>) {
        self.leader.resign();
        match self.join {
            JoinState::Steady if self.is_eager() => self.revoke_all_and_rejoin(false, cx),
            JoinState::Steady => self.rejoin(cx),
            // Whatever is going on, the leader may have planned without them.
            JoinState::Init | JoinState::WaitJoin => {}
            _ => self.rejoins = true,
        }
    }

    /// The coordinator does not know this member any more: it joins as a newcomer.
    pub(super) fn forget_member_id(&mut self) {
        self.membership.member_id = MemberId::default();
    }

    /// The generation is void; the member id is still good.
    pub(super) fn forget_generation(&mut self) {
        self.membership.generation = Generation::NONE;
    }

    /// `rd_kafka_set_fatal_error`: the consumer is of no further use.
    pub(super) fn fail(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        let partitions = core::mem::take(&mut self.assignment).owned;
        if !partitions.is_empty() {
            let generation = self.membership.generation;
            cx.out.push(Action::Observe(Observation::Lost { partitions, generation }));
        }
        self.fatal = Some(error);
        self.pending = Pending::default();
        self.ended = true;
        cx.out.push(Action::Observe(Observation::Failed { error }));
    }
}
