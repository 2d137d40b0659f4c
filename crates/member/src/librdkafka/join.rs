//! JoinGroup and SyncGroup.
//!
//! Source: `rd_kafka_cgrp_join`, `rd_kafka_cgrp_handle_JoinGroup`, `rd_kafka_cgrp_handle_SyncGroup`. Attempts to join
//! are a second apart, two after an error; the limit is lifted when the member has just given partitions up and by
//! every Metadata answer, of which a leader gets one for each plan. So followers whose SyncGroup is refused wait, and
//! the leader does not. The plan itself takes a fraction of a millisecond in C and is not accounted for.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use protocol::message::{JoinGroupResponse, MetadataResponse, SyncGroupResponse};
use protocol::{AssignmentBytes, ErrorCode, Generation, MemberId, SimTime, TopicName};

use super::LibrdkafkaMember;
use super::pending::Purpose;
use super::state::JoinState;
use crate::common::Leader;
use crate::common::topics::counts;
use crate::surroundings::Context;

impl LibrdkafkaMember {
    /// Tries to join.
    pub(super) fn send_join_group(&mut self, cx: &mut Context<'_>) {
        self.note_join(cx.now);
        self.max_poll_exceeded = false;
        // The metadata of eager assignors never names a generation, that of the cooperative one the last it was told
        // of.
        let generation = if self.is_eager() { Generation::NONE } else { self.assigned_generation };
        let owned = self.given.clone().unwrap_or_default();
        let protocols = self.leader.offer(&self.config, &self.membership.identity.topics, &owned, generation);
        let (session, rebalance) = (self.config.session_timeout, self.config.rebalance_timeout());
        let request = self.membership.join_group(session, rebalance, protocols, "");
        self.join = JoinState::WaitJoin;
        self.send_to_coordinator(cx, request, Purpose::JoinGroup);
    }

    pub(super) fn on_join_group(&mut self, answer: Box<JoinGroupResponse>, cx: &mut Context<'_>) {
        if !matches!(self.join, JoinState::WaitJoin) {
            return;
        }
        if !answer.error.is_none() {
            self.back_off_join();
            self.refused(answer.error, Some(answer.member_id), cx);
            return;
        }
        self.membership.generation = answer.generation;
        self.membership.member_id = answer.member_id.clone();
        self.membership.protocol = answer.protocol_name.clone();
        self.leader.choose(self.membership.protocol.as_ref());
        self.leader.resign();
        if answer.leader == self.membership.member_id {
            let request = self.membership.metadata_of(Leader::topics_of(&answer).into_iter().collect());
            self.join = JoinState::WaitMetadata(answer);
            self.send_to_coordinator(cx, request, Purpose::PlanMetadata);
        } else {
            self.send_sync_group(Vec::new(), cx);
        }
    }

    /// The leader knows the partitions of the group's topics: it plans.
    pub(super) fn on_plan_metadata(&mut self, answer: &MetadataResponse, cx: &mut Context<'_>) {
        self.join_due = SimTime::ZERO;
        if let JoinState::WaitMetadata(joined) = &self.join {
            let known: BTreeMap<TopicName, i32> = counts(answer);
            self.leader.assign(joined, Leader::topics_of(joined), &known);
            let assignments = self.leader.take_assignments();
            self.send_sync_group(assignments, cx);
        }
    }

    fn send_sync_group(&mut self, assignments: Vec<(MemberId, AssignmentBytes)>, cx: &mut Context<'_>) {
        if self.coordinator.node().is_none() {
            self.rejoin(cx);
            return;
        }
        self.join = JoinState::WaitSync;
        let request = self.membership.sync_group(assignments);
        self.send_to_coordinator(cx, request, Purpose::SyncGroup);
    }

    pub(super) fn on_sync_group(&mut self, answer: SyncGroupResponse, cx: &mut Context<'_>) {
        if !matches!(self.join, JoinState::WaitSync) {
            return;
        }
        if self.terminating {
            self.rejoin(cx);
            return;
        }
        if !answer.error.is_none() {
            self.refused(answer.error, None, cx);
            return;
        }
        self.session_deadline = Some(cx.now + self.config.session_timeout);
        self.assigned_generation = self.membership.generation;
        self.leader.remember(&answer.assignment, self.membership.generation);
        self.take_assignment(answer.assignment.into_sorted(), cx);
    }

    /// JoinGroup (with the id that came with the refusal) or SyncGroup was refused: join again, as whom that still
    /// makes sense.
    fn refused(&mut self, error: ErrorCode, member_id: Option<MemberId>, cx: &mut Context<'_>) {
        let mut voids = false;
        match error {
            ErrorCode::FencedInstanceId => {
                self.fail(error, cx);
                return;
            }
            ErrorCode::MemberIdRequired => {
                self.membership.member_id = member_id.unwrap_or_default();
                self.join_due = SimTime::ZERO;
                voids = true;
            }
            ErrorCode::UnknownMemberId => {
                self.forget_member_id();
                voids = member_id.is_none();
            }
            ErrorCode::IllegalGeneration => {
                self.forget_generation();
                voids = true;
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => self.find_coordinator(cx),
            _ => {}
        }
        if voids && !self.is_eager() {
            self.revoke_all_and_rejoin(true, cx);
        } else {
            self.rejoin(cx);
        }
    }

    /// JoinGroup was lost with its connection.
    pub(super) fn join_failed(&mut self, cx: &mut Context<'_>) {
        if matches!(self.join, JoinState::WaitJoin) {
            self.back_off_join();
            self.rejoin(cx);
        }
    }
}
