//! The Java consumer under the consumer protocol (KIP-848): `AsyncKafkaConsumer`, `ConsumerMembershipManager`,
//! `ConsumerHeartbeatRequestManager`, `CommitRequestManager`.
//!
//! ```text
//!   Unsubscribed ──► Joining ──► Reconciling ──► Acknowledging ──► Stable        (heartbeats: heartbeat.rs)
//!        ▲              ▲            ▲  │              └──────────────┘
//!        │              │            └──┴─ a round: commit, revoke, assign        (reconcile.rs)
//!     Leaving        Fenced, Stale: what it held is lost first
//! ```
//!
//! Two threads share a member. The *network thread* goes on by itself: it finds the coordinator, sends heartbeats and
//! takes their answers. The *application thread* runs callbacks and starts rounds, and only when it passes through
//! `poll` ([`application`]): nothing wakes it for the group, so every step of a round waits for the next pass.
//! [`ConsumerProtocolMember::poll`] says that the application has entered `poll`; it stays inside for as long as
//! nothing can be delivered, or for good if records are scarce.
//!
//! Left out on purpose: subscriptions that change, regular expressions that the client matches itself
//! (`subscribe(Pattern)`), manual commits (the driver's business), callbacks that throw, that `poll` throws when
//! OffsetFetch finds the member gone (its next heartbeat finds the same and repairs it).

mod application;
mod close;
mod commit;
mod discover;
mod heartbeat;
mod offsets;
mod pending;
mod reconcile;
mod routine;
mod state;

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::message::{Response, TopicPartitions};
use protocol::{ErrorCode, Generation, MemberId, Partitions, RequestToken, SimTime, TopicPartition};

use crate::closing::GroupMembershipOperation;
use crate::common::{Coordinator, KnownTopics, Membership, Pending, Refreshes, Versions};
use crate::config::ClientConfig;
use crate::identity::Identity;
use crate::phase::Phase;
use crate::surroundings::Context;
use application::{AppStep, BackgroundEvent, Callback};
use heartbeat::Heartbeats;
use offsets::Located;
use pending::Purpose;
use reconcile::Round;

pub use state::MembershipState;

/// What the Java client 4.3 speaks; of the classic protocol's requests only OffsetCommit is left.
const VERSIONS: Versions = Versions { join_group: 9, sync_group: 5, leave_group: 5, offset_commit: 9 };

/// An assignment and the member's own number for it: the same partitions given anew are another one
/// (`AbstractMembershipManager.LocalAssignment`).
#[derive(Clone, Debug, PartialEq, Eq)]
struct LocalAssignment {
    number: u64,
    partitions: Arc<[TopicPartitions]>,
}

/// One consumer process.
#[derive(Clone, Debug)]
pub struct ConsumerProtocolMember {
    config: ClientConfig,
    /// The generation is the member's epoch.
    membership: Membership,

    state: MembershipState,
    /// What it was given last.
    target: Option<LocalAssignment>,
    /// What it has done everything for.
    current: Option<LocalAssignment>,
    round: Option<Round>,
    /// A round could begin, but only inside `poll`.
    round_awaits_poll: bool,
    heartbeat: Heartbeats,
    /// The last heartbeat is on its way, and `close` waits for its answer.
    leave_under_way: bool,

    step: AppStep,
    inside_poll: bool,
    /// Whether records are always waiting, so that `poll` returns at once.
    backlogged: bool,
    closing: bool,
    closing_as: GroupMembershipOperation,
    /// Until then a close waits for anything but a callback.
    close_deadline: SimTime,
    /// Whether it has polled at all: the first poll joins.
    has_polled: bool,
    /// When the application last went through `poll`'s loop, and when it does next if something waits for it.
    last_pass: SimTime,
    next_pass: SimTime,
    /// When its present call of `poll` began, as far as passes tell, and whether the next pass is in another.
    call_began: SimTime,
    call_ends: bool,
    /// Whether the last pass found nothing new to fetch.
    found_nothing: bool,
    /// When the network thread gives the application up: set while the application is away from `poll`, never else.
    poll_deadline: SimTime,
    /// What the network thread wants from the application, and what of it the present pass has taken up.
    events: VecDeque<BackgroundEvent>,
    taken: VecDeque<BackgroundEvent>,
    failing: Option<ErrorCode>,
    /// A callback for lost partitions is outstanding.
    release_pending: bool,
    /// Stale, and polled again: it joins when that callback has returned.
    rejoins_when_released: bool,

    coordinator: Coordinator,
    discovery_failures: u32,
    pending: Pending<Purpose>,
    topics: KnownTopics,
    /// When it asks for its topics, and when it does again because an assignment names one it does not know.
    refreshes: Refreshes,
    metadata_retry: SimTime,
    next_commit: SimTime,
    /// An interval commit waits for the coordinator.
    commit_waits: bool,
    commits: u64,

    /// What it holds, sorted.
    owned: Partitions,
    /// Held, but where to read on is not known yet. Sorted.
    without_position: Vec<TopicPartition>,
    offset_fetch_failures: u32,
    offset_retry: SimTime,
    /// Positions that are told and not fetched from yet.
    located: Vec<Located>,
    /// The driver vouches for routine heartbeats and commits, see [`routine`].
    held: bool,
}

impl ConsumerProtocolMember {
    /// A consumer that has not polled yet.
    pub fn new(config: ClientConfig, identity: Identity) -> Self {
        let mut membership = Membership::new(identity, config.instance_id.clone(), VERSIONS);
        membership.generation = Generation(0);
        Self {
            config,
            membership,
            state: MembershipState::Unsubscribed,
            target: None,
            current: None,
            round: None,
            round_awaits_poll: false,
            heartbeat: Heartbeats::new(),
            leave_under_way: false,
            step: AppStep::Free,
            inside_poll: false,
            backlogged: false,
            closing: false,
            closing_as: GroupMembershipOperation::Default,
            close_deadline: SimTime::NEVER,
            has_polled: false,
            last_pass: SimTime::ZERO,
            next_pass: SimTime::NEVER,
            call_began: SimTime::ZERO,
            call_ends: false,
            found_nothing: false,
            poll_deadline: SimTime::NEVER,
            events: VecDeque::new(),
            taken: VecDeque::new(),
            failing: None,
            release_pending: false,
            rejoins_when_released: false,
            coordinator: Coordinator::Unknown,
            discovery_failures: 0,
            pending: Pending::default(),
            topics: KnownTopics::default(),
            refreshes: Refreshes::new(),
            metadata_retry: SimTime::NEVER,
            next_commit: SimTime::NEVER,
            commit_waits: false,
            commits: 0,
            owned: Partitions::default(),
            without_position: Vec::new(),
            offset_fetch_failures: 0,
            offset_retry: SimTime::NEVER,
            located: Vec::new(),
            held: false,
        }
    }

    /// The first `poll` of the process.
    pub fn start(&mut self, cx: &mut Context<'_>) {
        self.membership.member_id = cx.surroundings.member_id();
        self.refresh_metadata(cx);
        self.poll(cx);
    }

    /// The application enters `poll`.
    pub fn poll(&mut self, cx: &mut Context<'_>) {
        if !self.inside_poll {
            self.inside_poll = true;
            self.next_pass = cx.now;
            self.call_ends = true;
        }
        self.settle(cx);
    }

    /// The application is away from `poll` until told otherwise (it hangs, or a batch takes long).
    pub fn away(&mut self, cx: &mut Context<'_>) {
        self.inside_poll = false;
        self.next_pass = SimTime::NEVER;
        self.poll_deadline = cx.now + self.config.max_poll_interval;
    }

    /// Whether the application is away from `poll`, where it is not because of a batch in hand.
    fn is_away(&self) -> bool {
        self.poll_deadline != SimTime::NEVER
    }

    /// Whether records are always waiting for this member, so that it leaves `poll` with a batch at once.
    pub fn set_backlogged(&mut self, backlogged: bool) {
        self.backlogged = backlogged;
    }

    /// An answer has arrived.
    pub fn on_response(&mut self, token: RequestToken, response: Response, cx: &mut Context<'_>) {
        let Some(purpose) = self.pending.take(token) else { return };
        match (purpose, response) {
            (Purpose::FindCoordinator, Response::FindCoordinator(answer)) => self.on_find_coordinator(&answer, cx),
            (Purpose::Metadata, Response::Metadata(answer)) => self.on_metadata(&answer, cx.now),
            (Purpose::Heartbeat, Response::ConsumerGroupHeartbeat(answer)) => self.on_heartbeat(&answer, cx),
            (Purpose::LeaveHeartbeat, Response::ConsumerGroupHeartbeat(_)) => {}
            (Purpose::Commit(why), Response::OffsetCommit(answer)) => self.on_commit(why, answer.error, cx),
            (Purpose::OffsetFetch, Response::OffsetFetch(answer)) => self.on_offset_fetch(*answer, cx),
            (purpose, response) => unreachable!("{purpose:?} answered with {response:?}"),
        }
        self.settle(cx);
    }

    /// When the member wants to be woken next: [`SimTime::NEVER`] if only an input can move it.
    pub fn next_deadline(&self) -> SimTime {
        if self.is_ended() {
            return SimTime::NEVER;
        }
        let commit = if self.held || self.is_away() { SimTime::NEVER } else { self.next_commit };
        let look_up = if self.looks_no_more() { SimTime::NEVER } else { self.coordinator.next_deadline() };
        self.application_deadline()
            .min(self.network_deadline())
            .min(commit)
            .min(look_up)
            .min(self.pending.next_deadline())
            .min(self.refreshes.next())
    }

    /// Does what is due; nothing if nothing is.
    pub fn on_deadline(&mut self, cx: &mut Context<'_>) {
        self.time_out_requests(cx);
        if self.refreshes.next() <= cx.now {
            self.refresh_metadata(cx);
        }
        if !self.held {
            self.commit_if_due(cx);
        }
        self.settle(cx);
    }

    /// The cluster's topics have changed: this member will see it at its next refresh. Refreshes
    /// `metadata.max.age.ms` apart that had nothing to find are made up for here, not one by one.
    pub fn topics_changed(&mut self, cx: &mut Context<'_>) {
        self.refreshes.topics_changed(&self.config, cx);
    }

    /// Whether the consumer is closed or has failed.
    pub fn is_ended(&self) -> bool {
        matches!(self.step, AppStep::Ended)
    }

    /// Whether records can reach the application now: something is held, its position is known, no callback runs.
    pub fn is_delivering(&self) -> bool {
        matches!(self.step, AppStep::Free) && !self.closing && self.owned.len() > self.without_position.len()
    }

    /// Whether it has an assignment and nothing left to do for it.
    pub fn is_ready(&self) -> bool {
        self.state == MembershipState::Stable && matches!(self.step, AppStep::Free)
    }

    /// What it is doing for its group.
    pub fn phase(&self) -> Phase {
        match &self.step {
            _ if self.closing => Phase::Leaving,
            AppStep::Callback { kind: Callback::Assigned, .. } => Phase::Assigning,
            AppStep::Callback { kind: Callback::Revoked | Callback::Lost, .. } => Phase::Revoking,
            AppStep::Free => self.phase_of_membership(),
            _ => Phase::Leaving,
        }
    }

    /// What it is doing while no callback runs. A round that has committed waits for the application to pass through
    /// `poll`.
    fn phase_of_membership(&self) -> Phase {
        match self.state {
            MembershipState::Unsubscribed | MembershipState::Joining => Phase::Joining,
            MembershipState::Fenced | MembershipState::Stale if self.owned.is_empty() => Phase::Joining,
            MembershipState::Fenced | MembershipState::Stale => Phase::Draining,
            MembershipState::Reconciling => match &self.round {
                None if self.round_awaits_poll => Phase::Draining,
                None => Phase::Syncing,
                Some(_) if self.is_to_assign() => Phase::Assigning,
                Some(_) => Phase::Draining,
            },
            MembershipState::Acknowledging | MembershipState::Stable if self.without_position.is_empty() => {
                Phase::Settled
            }
            MembershipState::Acknowledging | MembershipState::Stable => Phase::FetchingOffsets,
            MembershipState::Leaving | MembershipState::Fatal => Phase::Leaving,
        }
    }

    /// Whether the application is to hear of an assignment.
    fn is_to_assign(&self) -> bool {
        let mut events = self.events.iter().chain(&self.taken);
        events.any(|event| matches!(event, BackgroundEvent::Assigned(_)))
    }

    /// The client's view of its place in the group.
    pub fn state(&self) -> MembershipState {
        self.state
    }

    /// The member's id, which it made itself; empty before its first poll.
    pub fn member_id(&self) -> &MemberId {
        &self.membership.member_id
    }

    /// The epoch it is at.
    pub fn generation(&self) -> Generation {
        self.membership.generation
    }

    /// The partitions it holds, sorted.
    pub fn owned(&self) -> &Partitions {
        &self.owned
    }

    /// The consumer's settings.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Lets both threads go as far as they can, and the application leave `poll` with a batch if there is one.
    fn settle(&mut self, cx: &mut Context<'_>) {
        if self.is_ended() {
            return;
        }
        while self.network_step(cx) || self.application_step(cx) {}
        if self.inside_poll && self.backlogged && self.is_delivering() {
            self.inside_poll = false;
            self.next_pass = SimTime::NEVER;
        }
        self.plan_pass(cx);
    }

    /// One step of the network thread; tells whether it made one.
    fn network_step(&mut self, cx: &mut Context<'_>) -> bool {
        if self.is_ended() {
            return false;
        }
        self.find_coordinator(cx);
        self.repeat_what_is_due(cx);
        self.maybe_reconcile(false, cx) || self.heartbeat_step(cx)
    }

    /// When the network thread wants to act next.
    fn network_deadline(&self) -> SimTime {
        self.heartbeat_deadline().min(self.offset_retry).min(self.metadata_retry).min(self.round_deadline())
    }
}
