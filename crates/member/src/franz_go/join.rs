//! Join and sync, one after the other.
//!
//! Source: `groupConsumer.joinAndSync`, `handleJoinResp`, `handleSyncResp`. No commit is sent meanwhile, and a join
//! waits for commits under way. MEMBER_ID_REQUIRED, UNKNOWN_MEMBER_ID and a SyncGroup that comes too late start over
//! at once; other refusals end the membership ([`super::failure`]). The plan itself takes about a millisecond in Go
//! and is not accounted for.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use protocol::message::{JoinGroupResponse, MetadataResponse, SyncGroupResponse};
use protocol::{AssignmentBytes, ErrorCode, MemberId, TopicName};

use super::pending::Purpose;
use super::{FranzGoMember, Stage};
use crate::common::Leader;
use crate::surroundings::Context;

impl FranzGoMember {
    /// Sends JoinGroup as soon as nothing is in the way; tells whether it did.
    pub(super) fn try_to_join(&mut self, cx: &mut Context<'_>) -> bool {
        if self.coordinator.node().is_none() {
            self.find_coordinator(cx);
            return false;
        }
        if self.next_gen.is_some() {
            self.join_next_gen(cx);
            return true;
        }
        if self.pending.any(|purpose| matches!(purpose, Purpose::Commit { .. })) {
            return false;
        }
        self.leads = false;
        let why = core::mem::take(&mut self.join_reason);
        self.rejoin = None;
        let (topics, generation) = (&self.membership.identity.topics, self.membership.generation);
        let protocols = self.leader.offer(&self.config, topics, &self.last_assigned, generation);
        let (session, rebalance) = (self.config.session_timeout, self.config.rebalance_timeout());
        let request = self.membership.join_group(session, rebalance, protocols, why);
        self.stage = Stage::JoinSent;
        self.send_waiting(cx, request, Purpose::JoinGroup);
        true
    }

    pub(super) fn on_join_group(&mut self, answer: Box<JoinGroupResponse>, cx: &mut Context<'_>) {
        if !matches!(self.stage, Stage::JoinSent) {
            return;
        }
        self.waiting_used = cx.now;
        match answer.error {
            ErrorCode::None => self.joined(answer, cx),
            ErrorCode::MemberIdRequired => {
                self.membership.member_id = answer.member_id;
                self.stage = Stage::ToJoin;
            }
            ErrorCode::UnknownMemberId => {
                self.membership.member_id = MemberId::default();
                self.stage = Stage::ToJoin;
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress => {
                self.stage = Stage::ToJoin;
                self.retry_discovery(cx);
            }
            error => self.membership_failed(error, cx),
        }
    }

    fn joined(&mut self, answer: Box<JoinGroupResponse>, cx: &mut Context<'_>) {
        self.membership.member_id = answer.member_id.clone();
        self.membership.generation = answer.generation;
        self.membership.protocol = answer.protocol_name.clone();
        self.leader.choose(self.membership.protocol.as_ref());
        self.leads = answer.leader == self.membership.member_id;
        if !self.leads {
            self.external.clear();
            self.send_sync_group(Vec::new(), cx);
            return;
        }
        let topics = Leader::topics_of(&answer);
        let known = |topic: &TopicName| self.topics.counts.contains_key(topic) || self.external.contains_key(topic);
        if topics.iter().all(known) {
            self.plan(&answer, cx);
        } else {
            let request = self.membership.metadata_of(topics.into_iter().collect());
            self.stage = Stage::Planning(answer);
            self.send_anywhere(cx, request, Purpose::PlanMetadata);
        }
    }

    /// The leader knows the partitions of the group's topics.
    pub(super) fn on_plan_metadata(&mut self, answer: &MetadataResponse, cx: &mut Context<'_>) {
        self.learn_external(answer);
        if let Stage::Planning(joined) = core::mem::replace(&mut self.stage, Stage::ToJoin) {
            self.plan(&joined, cx);
        }
    }

    /// A leader that comes back as a static member must not send a plan (KIP-814); it makes one all the same, to see
    /// whether what it is given is out of date.
    fn plan(&mut self, answer: &JoinGroupResponse, cx: &mut Context<'_>) {
        let mut known: BTreeMap<TopicName, i32> = self.topics.counts.clone();
        known.extend(self.external.iter().map(|(topic, count)| (topic.clone(), *count)));
        self.leader.assign(answer, Leader::topics_of(answer), &known);
        let assignments = self.leader.take_assignments();
        if answer.skip_assignment {
            let own = assignments.iter().find(|(id, _)| *id == self.membership.member_id);
            self.expected = own.map(|(_, assignment)| assignment.clone().into_sorted());
            self.send_sync_group(Vec::new(), cx);
        } else {
            self.send_sync_group(assignments, cx);
        }
    }

    fn send_sync_group(&mut self, assignments: Vec<(MemberId, AssignmentBytes)>, cx: &mut Context<'_>) {
        if self.coordinator.node().is_none() {
            self.stage = Stage::ToJoin;
            return;
        }
        self.stage = Stage::SyncSent;
        let request = self.membership.sync_group(assignments);
        self.send_waiting(cx, request, Purpose::SyncGroup);
    }

    pub(super) fn on_sync_group(&mut self, answer: SyncGroupResponse, cx: &mut Context<'_>) {
        if !matches!(self.stage, Stage::SyncSent) {
            return;
        }
        self.waiting_used = cx.now;
        match answer.error {
            ErrorCode::None => {
                self.leader.remember(&answer.assignment, self.membership.generation);
                let assigned = answer.assignment.into_sorted();
                if self.expected.take().is_some_and(|expected| expected != assigned) {
                    self.rejoin = Some("instance group leader restarted and was reassigned old plan");
                }
                self.begin_session(assigned, cx);
            }
            ErrorCode::RebalanceInProgress => self.stage = Stage::ToJoin,
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress => {
                self.stage = Stage::ToJoin;
                self.retry_discovery(cx);
            }
            error => self.membership_failed(error, cx),
        }
    }
}
