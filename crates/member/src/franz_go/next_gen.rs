//! The same client under the consumer protocol (KIP-848): what it calls the next-gen group lifecycle.
//!
//! Source: `consumer_group_848.go` (`manage848`, `initialJoin`, `handleResp`, `mkreq`), `groupConsumer.heartbeat`,
//! `assignRevokeSession.prerevoke`. Sessions are the same as under the classic protocol, but one follows another
//! without a join: a heartbeat that brings another assignment ends the session (with a revoked callback that takes
//! nothing), and the next one begins at once, revokes what is lost, and then sends a heartbeat out of turn that says
//! so. Until it has, heartbeats say nothing of partitions. The interval runs from each answer.
//!
//! A clean stop of a static member says nothing, as recorded of 1.22: its instance stays taken until its session ends,
//! and its own return is refused until then. Left out: that an OffsetFetch refused for its epoch begins the session
//! anew.

use alloc::sync::Arc;

use assignor::ClientAssignorKind;
use protocol::message::{ConsumerGroupHeartbeatResponse, Request, TopicPartitions};
use protocol::{AssignorName, ErrorCode, Generation, MemberEpoch, MemberId, SimDuration};

use super::attempts::Attempts;
use super::pending::Purpose;
use super::session::Cause;
use super::{FranzGoMember, Stage};
use crate::common::consumer_group::{HeartbeatFields, resolve};
use crate::config::{ClientConfig, GroupProtocol};
use crate::surroundings::Context;

/// How often in a row UNRELEASED_INSTANCE_ID is put up with before the application hears of it.
const UNRELEASED_RETRIES: u32 = 3;

/// What a member remembers beside its session.
#[derive(Clone, Debug)]
pub(super) struct NextGen {
    /// The coordinator's assignor that is like its own first one.
    server_assignor: AssignorName,
    /// As the coordinator says.
    interval: SimDuration,
    /// What it was given last.
    assigned: Arc<[TopicPartitions]>,
    /// What it has told the coordinator that it has; none: everything is to be told again.
    told: Option<Arc<[TopicPartitions]>>,
    /// What the heartbeat under way tells.
    telling: Option<Arc<[TopicPartitions]>>,
    /// Refusals with UNRELEASED_INSTANCE_ID in a row.
    unreleased: u32,
    /// It joins as soon as the lost callback has returned, without a backoff.
    pub(super) joins_at_once: bool,
}

impl NextGen {
    /// For a client that speaks this protocol.
    pub(super) fn new(config: &ClientConfig) -> Option<Self> {
        let like = match config.assignors.first()? {
            ClientAssignorKind::Range => "range",
            _ => "uniform",
        };
        (config.group_protocol == GroupProtocol::Consumer).then(|| Self {
            server_assignor: AssignorName::new(like),
            interval: config.heartbeat_interval,
            assigned: Arc::from([]),
            told: None,
            telling: None,
            unreleased: 0,
            joins_at_once: false,
        })
    }
}

impl FranzGoMember {
    /// A heartbeat. `all`: it describes the member and what it has, else it only says that it is alive.
    fn next_gen_request(&mut self, all: bool) -> Request {
        let Some(next_gen) = &mut self.next_gen else { unreachable!("only of a member under this protocol") };
        next_gen.telling = all.then(|| next_gen.assigned.clone());
        self.membership.consumer_group_heartbeat(HeartbeatFields {
            instance_id: all,
            rack_id: self.config.rack.clone().filter(|_| all),
            rebalance_timeout: all.then(|| self.config.rebalance_timeout()),
            topics: all,
            server_assignor: all.then(|| next_gen.server_assignor.clone()),
            owned: next_gen.telling.clone(),
        })
    }

    /// Joins with epoch 0, under a new id if it has none.
    pub(super) fn join_next_gen(&mut self, cx: &mut Context<'_>) {
        if self.membership.member_id.is_empty() {
            self.membership.member_id = cx.surroundings.member_id();
        }
        self.membership.generation = Generation(MemberEpoch::JOIN.0);
        if let Some(next_gen) = &mut self.next_gen {
            next_gen.assigned = Arc::from([]);
            next_gen.told = None;
            next_gen.joins_at_once = false;
        }
        self.stage = Stage::JoinSent;
        self.heartbeat.beats += 1;
        let request = self.next_gen_request(true);
        self.send_to_coordinator(cx, request, Purpose::JoinGroup);
    }

    /// The answer to that.
    pub(super) fn on_next_gen_joined(&mut self, answer: &ConsumerGroupHeartbeatResponse, cx: &mut Context<'_>) {
        if !matches!(self.stage, Stage::JoinSent) {
            return;
        }
        let gives_up = match answer.error {
            ErrorCode::None => {
                self.failures = 0;
                if let Some(next_gen) = &mut self.next_gen {
                    next_gen.unreleased = 0;
                }
                self.take_next_gen_answer(answer);
                self.begin_next_session(cx);
                return;
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress => {
                self.coordinator_lost(cx);
                false
            }
            ErrorCode::UnreleasedInstanceId => {
                let Some(next_gen) = &mut self.next_gen else { unreachable!("it has joined under this protocol") };
                next_gen.unreleased += 1;
                next_gen.unreleased > UNRELEASED_RETRIES
            }
            _ => true,
        };
        if gives_up {
            self.membership_failed(answer.error, cx);
        } else {
            self.failures += 1;
            self.stage = Stage::Backoff { until: self.after_backoff(self.failures, cx) };
        }
    }

    /// Takes an answer over; tells whether it brings another assignment (`handleResp`).
    fn take_next_gen_answer(&mut self, answer: &ConsumerGroupHeartbeatResponse) -> bool {
        let Some(next_gen) = &mut self.next_gen else { return false };
        if answer.member_epoch < MemberEpoch::JOIN {
            return false;
        }
        self.membership.generation = Generation(answer.member_epoch.0);
        if let Ok(millis @ 1..) = u64::try_from(answer.heartbeat_interval_ms) {
            next_gen.interval = SimDuration::from_millis(millis);
        }
        if let Some(told) = next_gen.telling.take() {
            next_gen.told = Some(told);
        }
        match &answer.assignment {
            Some(assignment) if *assignment != next_gen.assigned => {
                next_gen.assigned = assignment.clone();
                true
            }
            _ => false,
        }
    }

    /// A session for what was given last.
    pub(super) fn begin_next_session(&mut self, cx: &mut Context<'_>) {
        let Some(next_gen) = &self.next_gen else { return };
        let resolved = resolve(&next_gen.assigned, &self.topics);
        if !resolved.is_complete {
            self.refresh_metadata(cx);
        }
        self.begin_session(resolved.partitions, cx);
    }

    /// The interval, from an answer on.
    pub(super) fn interval(&self) -> SimDuration {
        self.next_gen.as_ref().map_or(self.config.heartbeat_interval, |next_gen| next_gen.interval)
    }

    /// A heartbeat of a session. While something is being given up it says nothing of that.
    pub(super) fn next_gen_beat(&mut self, is_giving_up: bool, cx: &mut Context<'_>) {
        let Some(next_gen) = &self.next_gen else { return };
        let is_told = !next_gen.assigned.is_empty() && next_gen.told.as_ref() == Some(&next_gen.assigned);
        let request = self.next_gen_request(!is_giving_up && !is_told);
        self.heartbeat.beats += 1;
        self.send_to_coordinator(cx, request, Purpose::Heartbeat);
    }

    /// Its answer.
    pub(super) fn on_next_gen_beat(&mut self, answer: &ConsumerGroupHeartbeatResponse, cx: &mut Context<'_>) {
        if self.heartbeat.next <= cx.now {
            self.heartbeat.next = cx.now + self.interval();
        }
        if answer.error.is_none() {
            self.heartbeat.attempts = Attempts::NONE;
            if self.take_next_gen_answer(answer)
                && let Stage::Session(session) = &mut self.stage
            {
                session.end_with_revoke();
            }
            return;
        }
        if let Some(next_gen) = &mut self.next_gen {
            next_gen.told = None;
        }
        match answer.error {
            _ if self.closing => {}
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress => {
                self.coordinator_lost(cx);
                self.retry_heartbeat(answer.error, cx);
            }
            error => {
                self.heartbeat.attempts = Attempts::NONE;
                if let Stage::Session(session) = &mut self.stage {
                    session.cause = Some(Cause::Failed(error));
                }
            }
        }
    }

    /// The membership is void: what it had is lost. Unless something is wrong with the member itself, it joins as soon
    /// as the application knows; under a new id if the coordinator does not know the old one.
    pub(super) fn next_gen_failed(&mut self, error: ErrorCode) {
        let Some(next_gen) = &mut self.next_gen else { return };
        next_gen.assigned = Arc::from([]);
        next_gen.joins_at_once = matches!(
            error,
            ErrorCode::UnknownMemberId
                | ErrorCode::FencedMemberEpoch
                | ErrorCode::StaleMemberEpoch
                | ErrorCode::GroupMaxSizeReached
                | ErrorCode::UnsupportedAssignor
        ) && !matches!(self.stage, Stage::JoinSent);
        if error == ErrorCode::UnknownMemberId {
            self.membership.member_id = MemberId::default();
        }
    }

    /// The last word of a member that says one.
    pub(super) fn leave_next_gen(&mut self, cx: &mut Context<'_>) {
        self.membership.generation = Generation(MemberEpoch::LEAVE.0);
        let request = self.membership.consumer_group_heartbeat(HeartbeatFields::default());
        self.send_to_coordinator(cx, request, Purpose::LeaveGroup);
    }
}
