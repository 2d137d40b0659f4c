//! Before and during the exchange: `onJoinPrepare`, JoinGroup, SyncGroup.
//!
//! Source: `ConsumerCoordinator.onJoinPrepare`, `AbstractCoordinator.joinGroupIfNeeded`, its response handlers.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use protocol::message::{JoinGroupResponse, SyncGroupResponse};
use protocol::{AssignmentBytes, ErrorCode, Generation, MemberId, Partitions, SimTime, TopicName};

use super::commit::FinalCommit;
use super::pending::{CommitReason, Purpose};
use super::{AppStep, ClassicMember, Exchange, MemberState, RejoinReason};
use crate::action::{Action, Disconnection, Observation};
use crate::common::Leader;
use crate::surroundings::{Context, Step};

impl ClassicMember {
    /// A rejoin is needed: prepare for it, unless a former preparation still holds.
    pub(super) fn begin_rejoin(&mut self, cx: &mut Context<'_>) {
        if !self.needs_prepare {
            self.begin_exchange(cx);
            return;
        }
        self.needs_prepare = false;
        self.next_commit = SimTime::NEVER;
        self.prepare_deadline = cx.now + self.config.max_poll_interval;
        if self.is_eager && self.config.auto_commit && !self.owned.is_empty() {
            self.delivery_paused = true;
            cx.act(|| Action::Observe(Observation::DeliveryPaused));
        }
        self.commit_before_revocation(cx);
    }

    /// Sends the final commit of `onJoinPrepare`, or goes on without one.
    pub(super) fn commit_before_revocation(&mut self, cx: &mut Context<'_>) {
        let commits = self.config.auto_commit && !self.owned.is_empty() && cx.now < self.prepare_deadline;
        if commits && self.may_commit() {
            self.send_commit(cx, CommitReason::Prepare);
            self.step = AppStep::PrepareCommit(FinalCommit::Sent { seen: SimTime::ZERO });
        } else {
            self.begin_prepare_callback(cx);
        }
    }

    pub(super) fn prepare_commit_pending(&self) -> bool {
        self.pending.any(|purpose| matches!(purpose, Purpose::Commit { why: CommitReason::Prepare, .. }))
    }

    /// Whether the application is inside `poll`, and has yet to see the answer to its final commit.
    pub(super) fn awaits_turn(&self) -> bool {
        self.inside_poll && !self.prepare_commit_pending()
    }

    /// Positions are committed; the application gives up what it must, still before JoinGroup.
    pub(super) fn begin_prepare_callback(&mut self, cx: &mut Context<'_>) {
        let is_void = self.membership.generation == Generation::NONE || self.membership.member_id.is_empty();
        let gives_up = (is_void || self.is_eager) && !self.owned.is_empty();
        let mut until = cx.now;
        if gives_up {
            let partitions = core::mem::take(&mut self.owned);
            until = cx.after(Step::RevokeCallback { partitions: partitions.len() });
            let generation = self.membership.generation;
            cx.act(|| {
                Action::Observe(match is_void {
                    true => Observation::Lost { partitions, generation },
                    false => Observation::Revoked { partitions, generation },
                })
            });
            self.without_position = Partitions::default();
            self.delivery_paused = false;
        }
        self.watch_callback(until, cx);
        self.step = AppStep::PrepareCallback { until };
    }

    /// A callback keeps the application from polling: the heartbeat thread gives it up if it takes too long.
    pub(super) fn watch_callback(&mut self, until: SimTime, cx: &mut Context<'_>) {
        if until - cx.now > self.config.max_poll_interval {
            let pass = cx.duration(Step::HeartbeatThreadPass);
            self.heartbeat.poll_deadline = cx.now + self.config.max_poll_interval + pass;
        }
    }

    /// Sends JoinGroup, if the coordinator is known.
    pub(super) fn begin_exchange(&mut self, cx: &mut Context<'_>) {
        self.heartbeat.poll_deadline = SimTime::NEVER;
        if self.coordinator.node().is_none() {
            self.find_coordinator(cx);
            self.step = AppStep::Exchanging(Exchange::ToJoin);
            return;
        }
        let reason = self.rejoin.unwrap_or(RejoinReason::ExchangeFailed);
        self.planning.leader.resign();
        self.planning.ask_for(&self.membership.identity.topics);
        self.planning.subscribed.join();
        self.state = MemberState::PreparingRebalance;
        self.heartbeat.disable();
        let topics = self.planning.subscribed.topics();
        let protocols = self.planning.leader.offer(&self.config, topics, &self.owned, self.membership.generation);
        let (session, rebalance) = (self.config.session_timeout, self.config.max_poll_interval);
        let request = self.membership.join_group(session, rebalance, protocols, reason.text());
        self.send_to_coordinator(cx, request, Purpose::JoinGroup);
        self.step = AppStep::Exchanging(Exchange::JoinSent);
    }

    /// The answer is here; the application thread reads it in `poll`.
    pub(super) fn on_join_group(&mut self, answer: Box<JoinGroupResponse>) {
        if matches!(self.step, AppStep::Exchanging(Exchange::JoinSent)) {
            self.step = AppStep::Exchanging(Exchange::JoinAnswered(answer));
        }
    }

    /// The application thread reads the answer to JoinGroup.
    pub(super) fn handle_join_group(&mut self, cx: &mut Context<'_>) {
        let step = core::mem::replace(&mut self.step, AppStep::Idle);
        let AppStep::Exchanging(Exchange::JoinAnswered(answer)) = step else { unreachable!("JoinGroup is answered") };
        match answer.error {
            ErrorCode::None => self.joined(answer, cx),
            ErrorCode::MemberIdRequired => {
                self.membership.member_id = answer.member_id;
                self.join_again(RejoinReason::MemberIdRequired);
            }
            ErrorCode::UnknownMemberId => {
                self.reset_generation(false);
                self.request_rejoin(RejoinReason::GenerationReset);
                self.step = AppStep::Idle;
            }
            ErrorCode::RebalanceInProgress | ErrorCode::CoordinatorLoadInProgress => {
                self.join_again(RejoinReason::ExchangeFailed);
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                self.join_again(RejoinReason::ExchangeFailed);
                self.coordinator_lost(Disconnection::Refused(answer.error), cx);
            }
            fatal => {
                self.state = MemberState::Unjoined;
                self.fatal = Some(fatal);
            }
        }
    }

    /// The exchange starts over: same id, no new preparation.
    fn join_again(&mut self, reason: RejoinReason) {
        self.state = MemberState::Unjoined;
        self.heartbeat.disable();
        self.request_rejoin(reason);
        self.step = AppStep::Exchanging(Exchange::ToJoin);
    }

    /// JoinGroup or SyncGroup was lost with its connection.
    pub(super) fn exchange_failed(&mut self) {
        if matches!(self.step, AppStep::Exchanging(_)) {
            self.join_again(RejoinReason::ExchangeFailed);
        }
    }

    fn joined(&mut self, answer: Box<JoinGroupResponse>, cx: &mut Context<'_>) {
        self.state = MemberState::CompletingRebalance;
        self.membership.generation = answer.generation;
        if answer.member_id != self.membership.member_id {
            self.membership.member_id = answer.member_id.clone();
        }
        // Without a name there is no assignor, even if there was one before.
        if answer.protocol_name.is_none() || answer.protocol_name != self.membership.protocol {
            self.membership.protocol = answer.protocol_name.clone();
            self.has_memory = self.planning.leader.choose(self.membership.protocol.as_ref());
        }
        self.enable_heartbeats(cx);
        if answer.leader != self.membership.member_id {
            self.send_sync_group(cx, Vec::new());
        } else if answer.skip_assignment {
            self.planning
                .leader
                .appoint_without_assignment(&self.planning.topics.counts, self.planning.subscribed.topics());
            self.send_sync_group(cx, Vec::new());
        } else {
            self.lead(answer, cx);
        }
    }

    /// Plans for the group, once the partitions of all its topics are known: a leader knows only those it reads itself.
    fn lead(&mut self, answer: Box<JoinGroupResponse>, cx: &mut Context<'_>) {
        let topics = Leader::topics_of(&answer);
        if topics.iter().all(|topic| self.planning.asked_topics.binary_search(topic).is_ok()) {
            self.assign_as_leader(&answer, topics, cx);
            return;
        }
        self.planning.asked_topics =
            self.planning.asked_topics.iter().cloned().chain(topics).collect::<BTreeSet<_>>().into_iter().collect();
        self.refresh_metadata(cx);
        self.step = AppStep::Exchanging(Exchange::AwaitingTopics(answer));
    }

    pub(super) fn assign_as_leader(
        &mut self,
        answer: &JoinGroupResponse,
        topics: BTreeSet<TopicName>,
        cx: &mut Context<'_>,
    ) {
        let size = self.planning.leader.assign(answer, topics, &self.planning.topics.counts);
        let until = cx.after(Step::Assignor { members: size.members, partitions: size.partitions });
        self.step = AppStep::Exchanging(Exchange::Assigning { until });
    }

    /// The leader's assignor has finished.
    pub(super) fn send_assignments(&mut self, cx: &mut Context<'_>) {
        let assignments = self.planning.leader.take_assignments();
        self.send_sync_group(cx, assignments);
    }

    fn send_sync_group(&mut self, cx: &mut Context<'_>, assignments: Vec<(MemberId, AssignmentBytes)>) {
        self.step = AppStep::Exchanging(Exchange::SyncSent);
        if self.coordinator.node().is_none() {
            self.exchange_failed();
            return;
        }
        let request = self.membership.sync_group(assignments);
        self.send_to_coordinator(cx, request, Purpose::SyncGroup);
    }

    /// Read by whichever thread polls the network first; only the completion waits for the application.
    pub(super) fn on_sync_group(&mut self, answer: SyncGroupResponse, cx: &mut Context<'_>) {
        if !matches!(self.step, AppStep::Exchanging(Exchange::SyncSent)) {
            return;
        }
        match answer.error {
            ErrorCode::None => {
                self.state = MemberState::Stable;
                self.rejoin = None;
                if self.has_memory {
                    self.planning.leader.remember(&answer.assignment, self.membership.generation);
                }
                self.step = AppStep::Exchanging(Exchange::SyncAnswered(answer.assignment.into_sorted()));
            }
            ErrorCode::RebalanceInProgress => self.join_again(RejoinReason::GroupIsRebalancing),
            ErrorCode::IllegalGeneration => {
                self.reset_generation(true);
                self.request_rejoin(RejoinReason::GenerationReset);
            }
            ErrorCode::UnknownMemberId => {
                self.reset_generation(false);
                self.request_rejoin(RejoinReason::GenerationReset);
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                self.join_again(RejoinReason::ExchangeFailed);
                self.coordinator_lost(Disconnection::Refused(answer.error), cx);
            }
            fatal => {
                self.state = MemberState::Unjoined;
                self.fatal = Some(fatal);
            }
        }
    }
}
