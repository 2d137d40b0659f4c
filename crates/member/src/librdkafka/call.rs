//! The application's rebalance callback.
//!
//! Source: `rd_kafka_rebalance_op`, `rd_kafka_rebalance_op_incr`, `rd_kafka_cgrp_handle_assign_op`. The callback is
//! queued and all partitions are paused; the application sees it in `poll`, does its work and calls `assign` or
//! `unassign`, which wakes the main thread. Only then the member goes on. Heartbeats do not wait for it.

use protocol::Partitions;

use super::LibrdkafkaMember;
use super::state::{Call, CallStage, JoinState};
use crate::action::{Action, Observation};
use crate::common::partitions::{difference, union};
use crate::surroundings::{Context, Step};

impl LibrdkafkaMember {
    /// The application is to take `partitions` over, everything it gets or what is added.
    pub(super) fn queue_assign(&mut self, partitions: Partitions, incremental: bool, cx: &mut Context<'_>) {
        self.given = Some(match &self.given {
            Some(given) if incremental => union(given, &partitions).into(),
            _ => partitions.clone(),
        });
        self.join = JoinState::WaitAssignCall(Self::queued(partitions, incremental, cx));
    }

    /// The application is to give `partitions` up, everything it has or a part.
    pub(super) fn queue_unassign(&mut self, partitions: Partitions, incremental: bool, cx: &mut Context<'_>) {
        self.given = match &self.given {
            Some(given) if incremental => Some(difference(given, &partitions)).filter(|left| !left.is_empty()),
            _ => None,
        }
        .map(Into::into);
        self.join = JoinState::WaitUnassignCall(Self::queued(partitions, incremental, cx));
    }

    fn queued(partitions: Partitions, incremental: bool, cx: &mut Context<'_>) -> Call {
        Call { partitions, incremental, stage: CallStage::Queued { seen: cx.after(Step::ThreadWakeUp) } }
    }

    /// The callback is called.
    pub(super) fn begin_call(&mut self, cx: &mut Context<'_>) {
        let assigns = matches!(self.join, JoinState::WaitAssignCall(_));
        let Some(call) = self.join.call_mut() else { return };
        let partitions = call.partitions.clone();
        let (count, generation) = (partitions.len(), self.membership.generation);
        let step = if assigns {
            Step::AssignCallback { partitions: count }
        } else {
            Step::RevokeCallback { partitions: count }
        };
        let work = if count == 0 { cx.now } else { cx.after(step) };
        call.stage = CallStage::Running { until: work + cx.duration(Step::ThreadWakeUp) };
        let observation = if assigns {
            let total = self.given.as_ref().map_or(0, |given| given.len());
            Observation::Assigned { partitions, generation, total }
        } else if count == 0 {
            return;
        } else if self.lost {
            Observation::Lost { partitions, generation }
        } else {
            Observation::Revoked { partitions, generation }
        };
        cx.out.push(Action::Observe(observation));
    }

    /// The application has called `assign` or `unassign`, and the main thread has heard of it.
    pub(super) fn finish_call(&mut self, cx: &mut Context<'_>) {
        let Some(call) = self.join.call().cloned() else { return };
        let assigns = matches!(self.join, JoinState::WaitAssignCall(_)) && !self.terminating;
        self.lost = false;
        if assigns {
            self.join = JoinState::Steady;
            self.commits_until = self.commits_until.max(cx.now);
            self.timers.start_poll_check(cx);
            self.aim_heartbeat();
            self.assignment.add(&call.partitions);
        } else if call.incremental && !self.terminating {
            self.join = JoinState::WaitUnassign { incremental: true };
            self.give_up(&call.partitions, cx);
        } else {
            self.to_assign = None;
            self.join = JoinState::WaitUnassign { incremental: false };
            self.give_up_all(cx);
        }
    }
}
