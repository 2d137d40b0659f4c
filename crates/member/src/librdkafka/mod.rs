//! librdkafka's consumer (`rdkafka_cgrp.c`, `rdkafka_assignment.c`, 2.15; the consumer protocol as of 2.16).
//!
//! ```text
//!    ┌────────────────────────────────────────────── rejoin ◄───────────────────────────────────────────────────┐
//!    ▼                                                                                                           │
//!   Init ──► WaitJoin ──► WaitMetadata (leader) ──► WaitSync ──► WaitAssignCall ──► Steady ──► WaitUnassignCall ──► WaitUnassign
//!                                                                    ▲  cooperative: revoke, then assign  │
//!                                                                    └────────────────────────────────────┘
//! ```
//!
//! Two threads share a member. The library's *main thread* makes all the steps above. It reacts to answers at once,
//! whatever the application does; what is due by time it sees when it wakes up ([`timers`]), in a *pass* ([`pass`]).
//! The *application* is wanted for its rebalance callback only, which is called from inside `poll` or `close`: until
//! it has given partitions up, the member cannot rejoin. [`LibrdkafkaMember::poll`] says that the application has
//! entered `poll`, where it stays for as long as nothing can be delivered, or for good if records are scarce. Under the
//! consumer protocol the states around the callbacks are the same, and heartbeats take the place of joins ([`modern`]).
//!
//! Left out on purpose: members without a rebalance callback (an application that registers none still behaves as if
//! it had one that takes no time and were always in `poll`), subscriptions that change, patterns, manual commits, the
//! assignment an application makes by itself, and retries of SyncGroup on a new connection.

mod assignment;
mod call;
mod close;
mod commit;
mod discover;
mod heartbeat;
mod join;
mod modern;
mod pass;
mod pending;
mod rebalance;
mod routine;
mod state;
mod timers;

use alloc::collections::BTreeMap;

use protocol::message::{MetadataResponse, Response};
use protocol::{ErrorCode, Generation, MemberId, Partitions, RequestToken, SimDuration, SimTime, TopicName};

use crate::common::{Coordinator, KnownTopics, Leader, Membership, Pending, Routine as _, Versions};
use crate::config::ClientConfig;
use crate::identity::Identity;
use crate::phase::Phase;
use crate::surroundings::Context;
use assignment::Assignment;
use heartbeat::Heartbeat;
use modern::Modern;
use pending::Purpose;
use state::{CallStage, JoinState};
use timers::Timers;

/// What librdkafka 2.15 speaks (`rdkafka_request.c`).
const VERSIONS: Versions = Versions { join_group: 5, sync_group: 3, leave_group: 1, offset_commit: 9 };

/// From one attempt to connect to any broker to the next: half of `reconnect.backoff.ms` (100 ms) and a millisecond
/// (`rd_kafka_connect_any`).
const SPARSE_CONNECT_INTERVAL: SimDuration = SimDuration::from_millis(51);

/// One consumer process.
#[derive(Clone, Debug)]
pub struct LibrdkafkaMember {
    config: ClientConfig,
    membership: Membership,
    leader: Leader,
    /// Under the consumer protocol.
    modern: Option<Modern>,
    topics: KnownTopics,
    /// Partition counts when they were last looked at for a change (`rkcg_subscribed_topics`); none before the first
    /// answer.
    subscribed_counts: Option<BTreeMap<TopicName, i32>>,
    /// If they are stale: since when.
    stale_since: SimTime,
    /// When the consumer was made.
    created: SimTime,
    /// When it can ask for them first; never, before it knows of brokers and once it has.
    connects_at: SimTime,
    coordinator: Coordinator,
    pending: Pending<Purpose>,
    timers: Timers,
    heartbeat: Heartbeat,

    join: JoinState,
    /// When it last tried to join, and until when it does not try again (`rkcg_join_intvl`); zero: at once.
    last_join: SimTime,
    join_due: SimTime,
    /// What the group has given it (`rkcg_group_assignment`), sorted; none before the first assignment and after a
    /// revocation.
    given: Option<Partitions>,
    /// Cooperative: what is to be assigned once the revocation before it is over (`rkcg_rebalance_incr_assignment`).
    to_assign: Option<Partitions>,
    /// Cooperative: whether it rejoins when its assignment is settled (`rkcg_rebalance_rejoin`).
    rejoins: bool,
    /// Whether what it has been given is somebody else's already.
    lost: bool,
    /// The generation of the assignment that its assignor saw last.
    assigned_generation: Generation,
    /// When the member itself takes its session for expired; none once it has.
    session_deadline: Option<SimTime>,
    assignment: Assignment,
    fatal: Option<ErrorCode>,

    inside_poll: bool,
    /// Since when the application has not polled, if it is known to be away.
    away_since: Option<SimTime>,
    /// `max.poll.interval.ms` was exceeded: no group work until the application polls again.
    max_poll_exceeded: bool,
    /// Whether records are always waiting, so that `poll` returns at once.
    backlogged: bool,

    /// Commit timer ticks up to this time are done with.
    commits_until: SimTime,
    commits: u64,
    /// The application wants to close; the library hears of it when the callback that runs has returned.
    closing: bool,
    /// `close` is under way in the library (`RD_KAFKA_CGRP_F_TERMINATE`).
    terminating: bool,
    /// Whether LeaveGroup is to be sent when everything has been given up.
    leaves: bool,
    ended: bool,
    /// Whether the main thread is awake for nothing but routine, see [`pass`].
    is_routine_pass: bool,
    /// The driver vouches for routine heartbeats and commits, see [`crate::Routine`].
    held: bool,
}

impl LibrdkafkaMember {
    /// A consumer that has not been started.
    pub fn new(config: ClientConfig, identity: Identity) -> Self {
        let leader = Leader::new(&config);
        let modern = Modern::new(&config);
        let membership = Membership::new(identity, config.instance_id.clone(), VERSIONS);
        Self {
            config,
            membership,
            leader,
            modern,
            topics: KnownTopics::default(),
            subscribed_counts: None,
            stale_since: SimTime::ZERO,
            created: SimTime::ZERO,
            connects_at: SimTime::NEVER,
            coordinator: Coordinator::Unknown,
            pending: Pending::default(),
            timers: Timers::none(),
            heartbeat: Heartbeat::new(),
            join: JoinState::Init,
            last_join: SimTime::ZERO,
            join_due: SimTime::ZERO,
            given: None,
            to_assign: None,
            rejoins: false,
            lost: false,
            assigned_generation: Generation::NONE,
            session_deadline: None,
            assignment: Assignment::default(),
            fatal: None,
            inside_poll: false,
            away_since: None,
            max_poll_exceeded: false,
            backlogged: false,
            commits_until: SimTime::ZERO,
            commits: 0,
            closing: false,
            terminating: false,
            leaves: false,
            ended: false,
            is_routine_pass: false,
            held: false,
        }
    }

    /// The consumer, `created` then, subscribes and polls for the first time.
    pub fn start(&mut self, created: SimTime, cx: &mut Context<'_>) {
        self.timers = Timers::start(created, self.config.auto_commit_interval, self.config.metadata_max_age, cx);
        self.created = created;
        let request = self.membership.metadata();
        self.send_anywhere(cx, request, Purpose::Brokers);
        self.poll(cx);
    }

    /// The application enters `poll`.
    pub fn poll(&mut self, cx: &mut Context<'_>) {
        self.inside_poll = true;
        self.away_since = None;
        self.settle(cx);
    }

    /// The application is away from `poll` until told otherwise (it hangs, or a batch takes long).
    pub fn away(&mut self, cx: &mut Context<'_>) {
        self.inside_poll = false;
        self.away_since = Some(cx.now);
    }

    /// Whether records are always waiting for this member, so that it leaves `poll` at once.
    pub fn set_backlogged(&mut self, backlogged: bool) {
        self.backlogged = backlogged;
    }

    /// An answer has arrived.
    pub fn on_response(&mut self, token: RequestToken, response: Response, cx: &mut Context<'_>) {
        let Some(purpose) = self.pending.take(token) else { return };
        self.is_routine_pass = purpose.is_routine() && self.is_quiet();
        match (purpose, response) {
            (Purpose::FindCoordinator, Response::FindCoordinator(answer)) => self.on_find_coordinator(&answer, cx),
            (Purpose::Brokers, Response::Metadata(_)) => self.on_brokers(cx),
            (Purpose::Metadata, Response::Metadata(answer)) => self.on_metadata(&answer, cx),
            (Purpose::PlanMetadata, Response::Metadata(answer)) => self.on_plan_metadata(&answer, cx),
            (Purpose::JoinGroup, Response::JoinGroup(answer)) => self.on_join_group(answer, cx),
            (Purpose::SyncGroup, Response::SyncGroup(answer)) => self.on_sync_group(*answer, cx),
            (Purpose::Heartbeat, Response::Heartbeat(answer)) => self.on_heartbeat(answer.error, cx),
            (Purpose::Heartbeat, Response::ConsumerGroupHeartbeat(answer)) => self.on_modern_heartbeat(&answer, cx),
            (Purpose::LeaveGroup, Response::LeaveGroup(_) | Response::ConsumerGroupHeartbeat(_)) => {}
            (Purpose::Commit { given_up }, Response::OffsetCommit(answer)) => {
                self.on_commit(given_up, answer.error, cx);
            }
            (Purpose::OffsetFetch, Response::OffsetFetch(answer)) => self.on_offset_fetch(*answer, cx),
            (purpose, response) => unreachable!("{purpose:?} answered with {response:?}"),
        }
        self.settle(cx);
    }

    /// When the member wants to be woken next: [`SimTime::NEVER`] if only an input can move it.
    pub fn next_deadline(&self) -> SimTime {
        if self.ended {
            return SimTime::NEVER;
        }
        let step = match &self.join {
            JoinState::Init if self.modern.is_none() && self.may_join() => self.timers.tick_after(self.join_due).0,
            JoinState::WaitAssignCall(call) | JoinState::WaitUnassignCall(call) => match call.stage {
                CallStage::Queued { seen } if self.serves_calls() => seen,
                CallStage::Queued { .. } => SimTime::NEVER,
                CallStage::Running { until } => until,
            },
            _ => SimTime::NEVER,
        };
        let routine = if self.held { SimTime::NEVER } else { self.next_heartbeat().min(self.next_commit()) };
        step.min(routine)
            .min(self.session_check())
            .min(self.poll_deadline())
            .min(self.next_refresh())
            .min(self.assignment.next_deadline())
            .min(self.given_up_deadline())
            .min(self.coordinator.next_deadline())
            .min(self.pending.next_deadline())
    }

    /// Does what is due; nothing if nothing is.
    pub fn on_deadline(&mut self, cx: &mut Context<'_>) {
        self.is_routine_pass = self.is_quiet();
        self.time_out_requests(cx);
        if self.next_refresh() <= cx.now {
            self.refresh_metadata(cx);
        }
        if !self.held {
            self.commit_if_due(cx);
        }
        if self.poll_deadline() <= cx.now {
            self.poll_timeout(cx);
        }
        self.settle(cx);
    }

    /// The cluster's topics have changed: this member will see it at its next refresh.
    pub fn topics_changed(&mut self, now: SimTime) {
        if !self.topics.stale {
            self.topics.stale = true;
            self.stale_since = now;
        }
    }

    /// Whether the application, which is away, is wanted for its callback.
    pub fn wants_poll(&self) -> bool {
        !self.inside_poll && self.join.call().is_some_and(|call| matches!(call.stage, CallStage::Queued { .. }))
    }

    /// Whether the consumer is closed or has failed.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Whether records can reach the application now: something is held, its position is known, and no callback is
    /// waited for (all partitions are paused then, `rd_kafka_assignment_pause`).
    pub fn is_delivering(&self) -> bool {
        self.assignment.is_reading() && !self.join.waits_for_call() && !self.terminating
    }

    /// The member's id; empty before the coordinator has given one.
    pub fn member_id(&self) -> &MemberId {
        &self.membership.member_id
    }

    /// The generation it is in.
    pub fn generation(&self) -> Generation {
        self.membership.generation
    }

    /// The partitions it holds, sorted.
    pub fn owned(&self) -> &Partitions {
        &self.assignment.owned
    }

    /// The consumer's settings.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Whether it has an assignment of a generation and nothing left to do for it.
    pub fn is_ready(&self) -> bool {
        matches!(self.join, JoinState::Steady) && !self.rejoins && self.assignment.is_settled() && !self.closing
    }

    /// What it is doing for its group.
    pub fn phase(&self) -> Phase {
        match &self.join {
            _ if self.closing || self.ended => Phase::Leaving,
            JoinState::Init | JoinState::WaitJoin => Phase::Joining,
            JoinState::WaitMetadata(_) | JoinState::WaitSync => Phase::Syncing,
            JoinState::WaitAssignCall(_) => Phase::Assigning,
            JoinState::WaitUnassignCall(call) => match call.stage {
                CallStage::Queued { .. } => Phase::Draining,
                CallStage::Running { .. } => Phase::Revoking,
            },
            JoinState::WaitUnassign { .. } => Phase::Revoking,
            JoinState::Steady if self.assignment.has_only_routine() => Phase::Settled,
            JoinState::Steady => Phase::FetchingOffsets,
        }
    }

    /// Lets both threads go as far as they can; then the application leaves `poll` if there is something for it.
    fn settle(&mut self, cx: &mut Context<'_>) {
        while !self.ended && self.pass(cx) {}
        self.is_routine_pass = false;
        if self.inside_poll && self.backlogged && self.is_delivering() {
            self.inside_poll = false;
        }
    }

    /// Topics have been read: a change of the partition counts makes every member rejoin, not only the leader
    /// (`rd_kafka_cgrp_metadata_update_check`). Any Metadata answer lifts the limit on joins.
    fn on_metadata(&mut self, answer: &MetadataResponse, cx: &mut Context<'_>) {
        self.topics.learn(answer);
        self.join_due = SimTime::ZERO;
        if self.modern.is_some() {
            self.subscribed_counts = Some(self.topics.counts.clone());
            self.reconcile(cx);
            return;
        }
        if !self.is_subscribed() {
            return;
        }
        let before = self.subscribed_counts.replace(self.topics.counts.clone());
        if before.is_some_and(|before| before != self.topics.counts) {
            self.topics_have_changed(cx);
        }
    }

    fn next_refresh(&self) -> SimTime {
        let stale = if self.topics.stale { self.timers.refresh.tick_after(self.stale_since) } else { SimTime::NEVER };
        stale.min(self.connects_at)
    }

    fn refresh_metadata(&mut self, cx: &mut Context<'_>) {
        self.topics.stale = false;
        self.connects_at = SimTime::NEVER;
        let request = self.membership.metadata();
        self.send_anywhere(cx, request, Purpose::Metadata);
    }

    /// Whether it still wants to be in the group.
    fn is_subscribed(&self) -> bool {
        !self.terminating
    }
}
