//! The same client under the consumer protocol (KIP-848).
//!
//! Source: `rd_kafka_cgrp_consumer_serve`, `rd_kafka_cgrp_handle_ConsumerGroupHeartbeat`,
//! `rd_kafka_cgrp_consumer_handle_next_assignment`, `rd_kafka_cgrp_consumer_assignment_done`. There are no joins to
//! wait for: a heartbeat brings an assignment, the application gives up and takes over, and once offsets have been
//! fetched a heartbeat out of turn acknowledges it. An assignment that comes meanwhile waits. A member that was given
//! nothing yet stays in `Init` and describes itself in every heartbeat. The interval runs from send to send, on a timer
//! of its own. A member whose application does not poll stops its heartbeats at once, and leaves when the application
//! has given everything up.
//!
//! Left out: that COORDINATOR_LOAD_IN_PROGRESS repeats the very same request.

use alloc::sync::Arc;

use protocol::message::{ConsumerGroupHeartbeatResponse, TopicPartitions};
use protocol::{ErrorCode, Generation, MemberEpoch, SimDuration, SimTime};

use super::LibrdkafkaMember;
use super::pending::Purpose;
use super::state::JoinState;
use crate::common::consumer_group::{HeartbeatFields, resolve};
use crate::config::{ClientConfig, GroupProtocol};
use crate::surroundings::{Context, Step};

/// What a member of a consumer group remembers.
#[derive(Clone, Debug)]
pub(super) struct Modern {
    /// As the coordinator says; zero before it has said anything.
    interval: SimDuration,
    /// What it has acknowledged (`rkcg_current_assignment`).
    current: Arc<[TopicPartitions]>,
    /// What it is about to have, or has and not acknowledged (`rkcg_target_assignment`, `F_WAIT_ACK`).
    target: Option<Arc<[TopicPartitions]>>,
    /// What came meanwhile (`rkcg_next_target_assignment`).
    next: Option<Arc<[TopicPartitions]>>,
    /// The heartbeat under way acknowledges the target.
    sending_ack: bool,
    /// The next heartbeat leaves out of turn.
    expedited: bool,
    /// The next heartbeat says everything.
    full: bool,
    /// Failed heartbeats in a row.
    failures: u32,
    /// The coordinator knows this member no more: it rejoins as soon as it is not rebalancing; and it has begun to.
    wait_rejoin: bool,
    rejoining: bool,
}

impl Modern {
    /// For a client that speaks this protocol.
    pub(super) fn new(config: &ClientConfig) -> Option<Self> {
        (config.group_protocol == GroupProtocol::Consumer).then(|| Self {
            interval: SimDuration::ZERO,
            current: Arc::from([]),
            target: None,
            next: None,
            sending_ack: false,
            expedited: true,
            full: false,
            failures: 0,
            wait_rejoin: false,
            rejoining: false,
        })
    }

    /// Whether an assignment is being taken over, or another one waits.
    pub(super) fn is_reconciling(&self) -> bool {
        self.target.is_some() || self.next.is_some()
    }

    fn is_new(&self, assignment: &Arc<[TopicPartitions]>) -> bool {
        self.target.as_ref().unwrap_or(&self.current) != assignment
    }
}

impl LibrdkafkaMember {
    /// What a pass does for the group; tells whether there was anything to do.
    pub(super) fn serve_modern(&mut self, cx: &mut Context<'_>) -> bool {
        let is_rebalancing = self.is_rebalancing();
        let Some(modern) = &mut self.modern else { return false };
        if modern.wait_rejoin && !is_rebalancing {
            modern.wait_rejoin = false;
            modern.rejoining = true;
            self.revoke_all_and_rejoin(true, cx);
            return true;
        }
        if matches!(self.join, JoinState::Init) {
            modern.rejoining = false;
        }
        if self.next_modern_heartbeat() > cx.now || self.held {
            return false;
        }
        self.send_modern_heartbeat(cx);
        true
    }

    /// When the next heartbeat leaves if the member goes on as it is.
    pub(super) fn next_modern_heartbeat(&self) -> SimTime {
        let Some(modern) = &self.modern else { return SimTime::NEVER };
        let may_beat = self.is_subscribed()
            && self.fatal.is_none()
            && self.coordinator.node().is_some()
            && !self.topics.counts.is_empty()
            && !modern.rejoining
            && !(self.max_poll_exceeded && self.away_since.is_some())
            && !self.pending.any(|purpose| matches!(purpose, Purpose::Heartbeat | Purpose::LeaveGroup));
        match may_beat {
            false => SimTime::NEVER,
            true if modern.expedited => SimTime::ZERO,
            true => self.heartbeat.next,
        }
    }

    fn send_modern_heartbeat(&mut self, cx: &mut Context<'_>) {
        if self.membership.member_id.is_empty() {
            self.membership.member_id = cx.surroundings.member_id();
        }
        if self.membership.generation.0 < 0 {
            self.membership.generation = Generation(MemberEpoch::JOIN.0);
        }
        self.max_poll_exceeded = false;
        let Some(modern) = &mut self.modern else { return };
        let all = modern.full || matches!(self.join, JoinState::Init);
        modern.sending_ack = matches!(self.join, JoinState::Steady) && modern.target.is_some();
        modern.expedited = false;
        let owned = if modern.sending_ack { modern.target.clone() } else { all.then(|| modern.current.clone()) };
        let request = self.membership.consumer_group_heartbeat(HeartbeatFields {
            instance_id: all,
            rack_id: self.config.rack.clone().filter(|_| all),
            rebalance_timeout: all.then(|| self.config.rebalance_timeout()),
            topics: all,
            server_assignor: self.config.remote_assignor.clone().filter(|_| all),
            owned,
        });
        self.heartbeat.beats += 1;
        self.heartbeat.next = cx.now + self.heartbeat.period;
        self.send_to_coordinator(cx, request, Purpose::Heartbeat);
    }

    /// The answer to a heartbeat.
    pub(super) fn on_modern_heartbeat(&mut self, answer: &ConsumerGroupHeartbeatResponse, cx: &mut Context<'_>) {
        if !answer.error.is_none() {
            self.on_modern_error(answer.error, cx);
            return;
        }
        self.membership.generation = Generation(answer.member_epoch.0);
        if self.terminating {
            return;
        }
        let interval = SimDuration::from_millis(u64::try_from(answer.heartbeat_interval_ms).unwrap_or(0));
        let Some(modern) = &mut self.modern else { return };
        if !interval.is_zero() && interval != modern.interval {
            modern.interval = interval;
            // The first heartbeat left before the interval was known.
            let sent = self.heartbeat.next - self.heartbeat.period;
            self.heartbeat.period = interval + cx.duration(Step::TimerLateness { one_in: 1 });
            self.heartbeat.next = SimTime::from_nanos(sent.as_nanos()) + self.heartbeat.period;
        }
        if let Some(assignment) = &answer.assignment {
            modern.next = modern.is_new(assignment).then(|| assignment.clone());
        }
        let acknowledged = core::mem::take(&mut modern.sending_ack);
        if matches!(self.join, JoinState::Steady) && modern.target.is_some() {
            if acknowledged {
                modern.current = modern.target.take().unwrap_or_default();
            } else {
                modern.expedited = true;
            }
        }
        modern.full = false;
        modern.failures = 0;
        self.reconcile(cx);
    }

    /// Takes the assignment up that waits, unless one is being taken over.
    pub(super) fn reconcile(&mut self, cx: &mut Context<'_>) {
        let Some(modern) = &mut self.modern else { return };
        let Some(next) = &modern.next else { return };
        let resolved = resolve(next, &self.topics);
        if !resolved.is_complete {
            self.refresh_metadata(cx);
            return;
        }
        if modern.target.is_some() || !matches!(self.join, JoinState::Init | JoinState::Steady) {
            return;
        }
        let assignment = modern.next.take().unwrap_or_default();
        if modern.is_new(&assignment) {
            modern.target = Some(assignment);
            self.take_assignment(resolved.partitions, cx);
        }
    }

    /// Nothing of the assignment is under way any more: it is acknowledged. Tells whether that is new.
    pub(super) fn acknowledge(&mut self) -> bool {
        let Some(modern) = &mut self.modern else { return false };
        let acknowledges = modern.target.is_some() && !modern.sending_ack && !modern.expedited && modern.failures == 0;
        if acknowledges && matches!(self.join, JoinState::Steady) {
            modern.expedited = true;
            return !self.pending.any(|purpose| purpose == Purpose::Heartbeat);
        }
        false
    }

    fn on_modern_error(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        let is_leaving = self.terminating;
        self.modern_heartbeat_failed(cx);
        let Some(modern) = &mut self.modern else { return };
        match error {
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                modern.full = true;
                self.find_coordinator(cx);
            }
            ErrorCode::UnknownMemberId | ErrorCode::FencedMemberEpoch => modern.wait_rejoin = !is_leaving,
            ErrorCode::CoordinatorLoadInProgress => {}
            _ if is_leaving => {}
            fatal => self.fail(fatal, cx),
        }
    }

    /// A heartbeat got no good answer: the next one leaves after a backoff.
    pub(super) fn modern_heartbeat_failed(&mut self, cx: &mut Context<'_>) {
        let Some(modern) = &mut self.modern else { return };
        let backoff = self.config.retry_backoff * (1u64 << modern.failures.min(20));
        modern.failures += 1;
        modern.sending_ack = false;
        self.heartbeat.next = cx.after(Step::Backoff(backoff.min(self.config.retry_backoff_max)));
    }

    /// The next heartbeat leaves at once: a commit was refused, and it will find out why.
    pub(super) fn expedite(&mut self) {
        if let Some(modern) = &mut self.modern {
            modern.expedited = true;
        }
    }

    /// Back to the start (`rd_kafka_cgrp_consumer_rejoin`): the member keeps its id.
    pub(super) fn rejoin_modern(&mut self, cx: &mut Context<'_>) {
        if self.modern.is_none() {
            return;
        }
        self.leave_if_wanted(cx);
        self.membership.generation = Generation(MemberEpoch::JOIN.0);
        if let Some(modern) = &mut self.modern {
            modern.current = Arc::from([]);
            modern.target = None;
            modern.next = None;
            modern.sending_ack = false;
            modern.expedited = true;
        }
    }

    /// `max.poll.interval.ms` has passed without a poll: no heartbeats from here on; it leaves once the application has
    /// given everything up.
    pub(super) fn modern_poll_timeout(&mut self) {
        if let Some(modern) = &mut self.modern {
            modern.wait_rejoin = true;
            self.leaves = true;
        }
    }

    /// Says goodbye: for good, or for a while if the member is static.
    pub(super) fn leave_modern(&mut self, cx: &mut Context<'_>) {
        let epoch = if self.config.is_static() { MemberEpoch::LEAVE_STATIC } else { MemberEpoch::LEAVE };
        self.membership.generation = Generation(epoch.0);
        let fields = HeartbeatFields { instance_id: true, ..HeartbeatFields::default() };
        let request = self.membership.consumer_group_heartbeat(fields);
        let under_way = self.pending.any(|purpose| purpose == Purpose::LeaveGroup);
        if self.coordinator.node().is_some() && !under_way {
            self.send_to_coordinator(cx, request, Purpose::LeaveGroup);
        }
    }
}
