//! The Java consumer under the classic protocol (`ClassicKafkaConsumer`, `ConsumerCoordinator`, `AbstractCoordinator`).
//!
//! ```text
//!            rejoin needed            commit answered        callback over          JoinGroup, SyncGroup answered
//!   Idle ───────────────► PrepareCommit ────► PrepareCallback ────► Exchanging ───────────────► CompleteRevoke
//!    ▲                                                                   ▲    │ SyncGroup refused             │
//!    │                                                                   └────┘                               ▼
//!    └──── FetchingOffsets ◄──────────────────────────────────────────────────────────────────────── CompleteAssign
//! ```
//!
//! Two threads share a member. The *application thread* makes all the steps above, and only while it is inside
//! `poll`; the *heartbeat thread* ([`heartbeat`]) goes on by itself. [`ClassicMember::poll`] says that the
//! application has entered `poll`; it stays inside for as long as nothing can be delivered, or for good if records
//! are scarce. While it is away, answers wait and [`ClassicMember::wants_poll`] says that something needs it.
//!
//! Left out on purpose: subscriptions that the application changes, `enforceRebalance`, manual commits (the driver's
//! business).

mod close;
mod commit;
mod complete;
mod discover;
mod heartbeat;
mod join;
mod pending;
mod routine;
mod state;
mod subscription;

use alloc::boxed::Box;
use alloc::sync::Arc;

use protocol::message::{JoinGroupResponse, MetadataResponse, Response};
use protocol::{ErrorCode, Generation, MemberId, Partitions, RequestToken, SimDuration, SimTime, TopicName};

use crate::action::{Action, Observation};
use crate::closing::GroupMembershipOperation;
use crate::common::{Coordinator, KnownTopics, LastCommit, Leader, Membership, Pending, Refreshes, Versions};
use crate::config::ClientConfig;
use crate::phase::Phase;
use crate::surroundings::{Context, Step};
use commit::FinalCommit;
use heartbeat::HeartbeatThread;
use pending::Purpose;
use subscription::Subscribed;

pub use crate::identity::Identity;
pub use state::MemberState;

/// What the Java client 4.3 speaks.
const VERSIONS: Versions = Versions { join_group: 9, sync_group: 5, leave_group: 5, offset_commit: 9 };
/// How much longer than the rebalance timeout JoinGroup is waited for (`JOIN_GROUP_TIMEOUT_LAPSE`).
const JOIN_TIMEOUT_LAPSE: SimDuration = SimDuration::from_millis(5_000);

/// Why a member joins again, as it tells the broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RejoinReason {
    /// First join of a process.
    Start,
    /// MEMBER_ID_REQUIRED.
    MemberIdRequired,
    /// A heartbeat said so.
    GroupIsRebalancing,
    /// Cooperative: partitions were given up and can be handed on.
    NeedToRevoke,
    /// The generation is not valid any more.
    GenerationReset,
    /// `max.poll.interval.ms` was exceeded.
    PollTimeout,
    /// The leader saw other partition counts.
    TopicsChanged,
    /// Its pattern matches other topics than when it joined.
    SubscriptionChanged,
    /// JoinGroup or SyncGroup came to nothing.
    ExchangeFailed,
}

impl RejoinReason {
    fn text(self) -> &'static str {
        match self {
            Self::Start => "first join of this consumer",
            Self::MemberIdRequired => "need to re-join with the given member-id",
            Self::GroupIsRebalancing => "group is already rebalancing",
            Self::NeedToRevoke => "need to revoke partitions and re-join",
            Self::GenerationReset => "the generation was reset",
            Self::PollTimeout => "consumer poll timeout has expired.",
            Self::TopicsChanged => "cached metadata has changed",
            Self::SubscriptionChanged => "subscription has changed",
            Self::ExchangeFailed => "rebalance failed",
        }
    }
}

/// Where the application thread stands.
#[derive(Clone, Debug)]
enum AppStep {
    /// Nothing to do for the group.
    Idle,
    /// A member that subscribes by a pattern looks at the topics before it joins. `poll` blocks for that (for no longer
    /// than its timeout, which is left out), whatever it could hand over.
    LookingAtTopics,
    /// `onJoinPrepare`: the commit before anything is revoked.
    PrepareCommit(FinalCommit),
    /// `onJoinPrepare`: the application's callback runs.
    PrepareCallback { until: SimTime },
    /// JoinGroup and SyncGroup.
    Exchanging(Exchange),
    /// `onJoinComplete`, cooperative: the callback for partitions to give up runs.
    CompleteRevoke { until: SimTime, assigned: Partitions },
    /// `onJoinComplete`: the callback for partitions added runs.
    CompleteAssign { until: SimTime },
    /// `poll` is blocked on OffsetFetch; if it failed, it is sent again then.
    FetchingOffsets { retry_at: SimTime },
    /// `close`: a last commit is under way, or waits to be sent.
    CloseCommit(LastCommit),
    /// `close`: the application's callback runs.
    CloseCallback { until: SimTime },
    /// `close`: outstanding answers are waited for.
    CloseLeave { give_up: SimTime },
    /// `close`: connections are being ended.
    CloseConnections { until: SimTime },
    /// Closed or failed.
    Ended,
}

/// The join-and-sync exchange.
#[derive(Clone, Debug)]
enum Exchange {
    /// JoinGroup is to be sent.
    ToJoin,
    /// Sent.
    JoinSent,
    /// Answered; the application thread has not read it.
    JoinAnswered(Box<JoinGroupResponse>),
    /// The leader asks for topics that others subscribe to and it does not know.
    AwaitingTopics(Box<JoinGroupResponse>),
    /// The leader's assignor runs.
    Assigning { until: SimTime },
    /// SyncGroup sent.
    SyncSent,
    /// Answered with this assignment; `onJoinComplete` has not run.
    SyncAnswered(Partitions),
}

/// What a member reads and plans by. It is looked at once a rebalance, and stands apart: every event looks at the rest.
#[derive(Clone, Debug)]
struct Planning {
    topics: KnownTopics,
    /// The topics it asks for: its own, and while it leads the whole group's. Sorted.
    asked_topics: Arc<[TopicName]>,
    subscribed: Subscribed,
    leader: Leader,
}

impl Planning {
    /// From now on it asks for these topics.
    fn ask_for(&mut self, topics: &Arc<[TopicName]>) {
        if !Arc::ptr_eq(&self.asked_topics, topics) {
            self.asked_topics = topics.clone();
        }
    }
}

/// One consumer process.
///
/// Its fields stand in the order in which inputs look at them: the processor does not have the state of a large group
/// at hand, and most inputs do with the first half.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct ClassicMember {
    step: AppStep,

    state: MemberState,
    rejoin: Option<RejoinReason>,
    fatal: Option<ErrorCode>,
    needs_prepare: bool,
    inside_poll: bool,
    /// Whether records are always waiting, so that `poll` returns at once.
    backlogged: bool,
    closing: bool,
    closing_as: GroupMembershipOperation,
    /// Whether this member revokes everything before each rebalance.
    is_eager: bool,
    /// Whether it subscribes by a pattern: else its subscription never changes.
    has_pattern: bool,
    /// Whether the assignor that the group has chosen remembers what it gave.
    has_memory: bool,
    /// Eager members stop delivering when they begin to commit, before anything is revoked.
    delivery_paused: bool,
    /// The driver vouches for routine heartbeats and commits, see [`routine`].
    held: bool,
    /// Shared by members that are configured alike: a large group does not fit into a processor's cache.
    config: Arc<ClientConfig>,

    /// What it holds, sorted.
    owned: Partitions,
    /// Held, but where to read on is not known yet.
    without_position: Partitions,
    coordinator: Coordinator,
    refreshes: Refreshes,

    pending: Pending<Purpose>,

    heartbeat: HeartbeatThread,
    /// When positions are committed next; never while a rebalance runs.
    next_commit: SimTime,
    commits: u64,

    membership: Membership,
    planning: Box<Planning>,
    prepare_deadline: SimTime,
    /// Until then a close waits for anything but a callback.
    close_deadline: SimTime,
    /// Of the close; a call of `poll` is over before a second one counts.
    discovery_failures: u32,
}

impl ClassicMember {
    /// A consumer that has not polled yet.
    pub fn new(config: Arc<ClientConfig>, identity: Identity) -> Self {
        let planning = Planning {
            topics: KnownTopics::default(),
            asked_topics: identity.topics.clone(),
            subscribed: Subscribed::of(&identity),
            leader: Leader::new(&config),
        };
        let membership = Membership::new(identity, config.instance_id.clone(), VERSIONS);
        Self {
            config,
            membership,
            state: MemberState::Unjoined,
            rejoin: Some(RejoinReason::Start),
            needs_prepare: true,
            prepare_deadline: SimTime::NEVER,
            close_deadline: SimTime::NEVER,
            fatal: None,
            step: AppStep::Idle,
            inside_poll: false,
            backlogged: false,
            closing: false,
            closing_as: GroupMembershipOperation::Default,
            coordinator: Coordinator::Unknown,
            discovery_failures: 0,
            pending: Pending::default(),
            heartbeat: HeartbeatThread::new(),
            next_commit: SimTime::NEVER,
            commits: 0,
            refreshes: Refreshes::new(),
            is_eager: planning.leader.is_eager(),
            has_pattern: planning.subscribed.is_by_pattern(),
            has_memory: false,
            planning: Box::new(planning),
            owned: Partitions::default(),
            without_position: Partitions::default(),
            delivery_paused: false,
            held: false,
        }
    }

    /// The first `poll` of the process.
    pub fn start(&mut self, cx: &mut Context<'_>) {
        self.refresh_metadata(cx);
        self.find_coordinator(cx);
        self.poll(cx);
    }

    /// The application enters `poll`.
    pub fn poll(&mut self, cx: &mut Context<'_>) {
        self.inside_poll = true;
        self.heartbeat.poll_deadline = SimTime::NEVER;
        self.look_at_final_commit(cx.now);
        self.settle(cx);
    }

    /// The application is away from `poll` until told otherwise (it hangs, or a batch takes long).
    pub fn away(&mut self, cx: &mut Context<'_>) {
        self.inside_poll = false;
        let pass = cx.duration(Step::HeartbeatThreadPass);
        self.heartbeat.poll_deadline = cx.now + self.config.max_poll_interval + pass;
    }

    /// Whether the application is away from `poll`, where it is not because of a batch in hand.
    fn is_away(&self) -> bool {
        self.heartbeat.poll_deadline != SimTime::NEVER
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
            (Purpose::Metadata, Response::Metadata(answer)) => self.on_metadata(&answer, cx),
            (Purpose::JoinGroup, Response::JoinGroup(answer)) => self.on_join_group(answer),
            (Purpose::SyncGroup, Response::SyncGroup(answer)) => self.on_sync_group(*answer, cx),
            (Purpose::Heartbeat { generation }, Response::Heartbeat(answer)) => {
                self.on_heartbeat(generation, answer.error, cx);
            }
            (Purpose::LeaveGroup, Response::LeaveGroup(_)) => {}
            (Purpose::Commit { why, generation }, Response::OffsetCommit(answer)) => {
                self.on_commit(why, generation, answer.error, cx);
            }
            (Purpose::OffsetFetch, Response::OffsetFetch(answer)) => self.on_offset_fetch(*answer, cx),
            (purpose, response) => unreachable!("{purpose:?} answered with {response:?}"),
        }
        self.settle(cx);
    }

    /// When the member wants to be woken next: [`SimTime::NEVER`] if only an input can move it.
    #[inline(always)]
    pub fn next_deadline(&self) -> SimTime {
        let step = match &self.step {
            AppStep::PrepareCallback { until }
            | AppStep::CompleteRevoke { until, .. }
            | AppStep::CompleteAssign { until }
            | AppStep::CloseCallback { until }
            | AppStep::CloseConnections { until }
            | AppStep::Exchanging(Exchange::Assigning { until }) => *until,
            AppStep::PrepareCommit(commit) => self.final_commit_deadline(*commit),
            AppStep::FetchingOffsets { retry_at } if self.inside_poll || self.closing => *retry_at,
            AppStep::CloseCommit(last) => self.close_commit_deadline(*last),
            AppStep::CloseLeave { give_up } => *give_up,
            AppStep::Ended => return SimTime::NEVER,
            AppStep::Idle | AppStep::LookingAtTopics | AppStep::Exchanging(_) | AppStep::FetchingOffsets { .. } => {
                SimTime::NEVER
            }
        };
        let routine = !self.held;
        let commits = routine && !self.is_away() && self.coordinator.node().is_some();
        let commit = if commits { self.next_commit } else { SimTime::NEVER };
        step.min(self.heartbeat.next_deadline(routine, self.coordinator))
            .min(commit)
            .min(self.coordinator.next_deadline())
            .min(self.pending.next_deadline())
            .min(self.refreshes.next())
    }

    /// Does what is due; nothing if nothing is.
    pub fn on_deadline(&mut self, cx: &mut Context<'_>) {
        self.time_out_requests(cx);
        if matches!(self.coordinator, Coordinator::Backoff(until) if until <= cx.now) {
            self.find_coordinator(cx);
        }
        if self.refreshes.next() <= cx.now {
            self.refresh_metadata(cx);
        }
        if !self.held {
            self.commit_if_due(cx);
            self.heartbeat_thread_pass(cx);
        }
        self.settle(cx);
    }

    /// The cluster's topics have changed: this member will see it at its next refresh. Refreshes
    /// `metadata.max.age.ms` apart that had nothing to find are made up for here, not one by one.
    pub fn topics_changed(&mut self, cx: &mut Context<'_>) {
        self.refreshes.topics_changed(&self.config, cx);
    }

    /// Whether the application thread, which is away, has something to do in `poll`.
    pub fn wants_poll(&self) -> bool {
        !self.inside_poll && self.has_work()
    }

    /// Whether the consumer is closed or has failed.
    pub fn is_ended(&self) -> bool {
        matches!(self.step, AppStep::Ended)
    }

    /// Whether records can reach the application now: something is held, its position is known, nothing stops delivery.
    pub fn is_delivering(&self) -> bool {
        let deliverable = self.owned.len() > self.without_position.len() && !self.delivery_paused;
        deliverable
            && matches!(self.step, AppStep::Idle | AppStep::PrepareCommit(_) | AppStep::Exchanging(_))
            && !matches!(self.step, AppStep::Exchanging(Exchange::Assigning { .. }))
    }

    /// The client's view of its place in the group.
    pub fn state(&self) -> MemberState {
        self.state
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
        &self.owned
    }

    /// The consumer's settings.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Whether it has an assignment of a generation and nothing left to do for it.
    pub fn is_ready(&self) -> bool {
        self.state == MemberState::Stable && self.rejoin.is_none() && matches!(self.step, AppStep::Idle)
    }

    /// What it is doing for its group.
    pub fn phase(&self) -> Phase {
        match &self.step {
            _ if self.closing => Phase::Leaving,
            AppStep::Idle if self.rejoin.is_none() && self.without_position.is_empty() => Phase::Settled,
            AppStep::Idle if self.rejoin.is_none() => Phase::FetchingOffsets,
            AppStep::Idle | AppStep::LookingAtTopics if self.owned.is_empty() => Phase::Joining,
            AppStep::Idle | AppStep::LookingAtTopics | AppStep::PrepareCommit(_) => Phase::Draining,
            AppStep::PrepareCallback { .. } | AppStep::CompleteRevoke { .. } => Phase::Revoking,
            AppStep::Exchanging(Exchange::ToJoin | Exchange::JoinSent | Exchange::JoinAnswered(_)) => Phase::Joining,
            AppStep::Exchanging(_) => Phase::Syncing,
            AppStep::CompleteAssign { .. } => Phase::Assigning,
            AppStep::FetchingOffsets { .. } => Phase::FetchingOffsets,
            AppStep::CloseCommit(_)
            | AppStep::CloseCallback { .. }
            | AppStep::CloseLeave { .. }
            | AppStep::CloseConnections { .. }
            | AppStep::Ended => Phase::Leaving,
        }
    }

    fn has_work(&self) -> bool {
        match &self.step {
            AppStep::Idle => {
                self.fatal.is_some()
                    || self.closing
                    || (self.coordinator.node().is_some()
                        && (self.rejoin.is_some() || !self.without_position.is_empty()))
            }
            AppStep::PrepareCommit(commit) => self.final_commit_wants_poll(*commit),
            AppStep::Exchanging(exchange) => match exchange {
                Exchange::ToJoin => self.coordinator.node().is_some(),
                Exchange::JoinAnswered(_) | Exchange::SyncAnswered(_) => true,
                Exchange::JoinSent | Exchange::AwaitingTopics(_) | Exchange::SyncSent | Exchange::Assigning { .. } => {
                    false
                }
            },
            _ => false,
        }
    }

    /// Lets the application thread go as far as it can, if it is inside `poll` (a callback is), and leave `poll` with a
    /// batch if there is one.
    fn settle(&mut self, cx: &mut Context<'_>) {
        self.go_on(cx);
        if self.inside_poll && self.backlogged && self.is_delivering() {
            self.inside_poll = false;
        }
    }

    /// The application thread makes one step after the other.
    fn go_on(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        loop {
            match self.step {
                AppStep::PrepareCallback { until } if until <= now => self.begin_exchange(cx),
                AppStep::CompleteRevoke { until, ref mut assigned } if until <= now => {
                    let assigned = core::mem::take(assigned);
                    self.install(assigned, cx);
                }
                AppStep::CompleteAssign { until } if until <= now => self.finish_rebalance(),
                AppStep::Exchanging(Exchange::Assigning { until }) if until <= now => self.send_assignments(cx),
                AppStep::CloseCommit(_) if self.is_close_commit_over(cx.now) => self.begin_close_callback(cx),
                AppStep::CloseCommit(last) if last.due <= now && self.may_commit() => self.commit_on_close(last, cx),
                AppStep::CloseCallback { until } if until <= now => self.leave_on_close(cx),
                AppStep::CloseLeave { give_up } if give_up <= now || self.pending.is_empty() => {
                    self.end_connections(cx);
                }
                AppStep::CloseConnections { until } if until <= now => self.finish_close(cx),
                _ if !self.inside_poll && !self.closing => return,
                AppStep::Ended => return,
                _ if self.fatal.is_some() => self.fail(cx),
                AppStep::Idle
                | AppStep::LookingAtTopics
                | AppStep::PrepareCommit(_)
                | AppStep::FetchingOffsets { .. }
                | AppStep::Exchanging(_)
                    if self.closing =>
                {
                    self.begin_close(cx);
                }
                AppStep::Idle => {
                    if !self.begin_what_is_needed(cx) {
                        return;
                    }
                }
                AppStep::PrepareCommit(FinalCommit::Sent { seen }) if seen <= now && !self.prepare_commit_pending() => {
                    self.begin_prepare_callback(cx);
                }
                AppStep::PrepareCommit(FinalCommit::Again { at }) if at <= now => {
                    if self.coordinator.node().is_none() {
                        self.find_coordinator(cx);
                        return;
                    }
                    self.commit_before_revocation(cx);
                }
                AppStep::FetchingOffsets { retry_at } if retry_at <= now => self.fetch_offsets(cx),
                AppStep::FetchingOffsets { .. } if self.without_position.is_empty() => self.step = AppStep::Idle,
                AppStep::Exchanging(Exchange::ToJoin) => {
                    if self.coordinator.node().is_none() {
                        self.find_coordinator(cx);
                        return;
                    }
                    self.begin_exchange(cx);
                }
                AppStep::Exchanging(Exchange::JoinAnswered(_)) => self.handle_join_group(cx),
                AppStep::Exchanging(Exchange::SyncAnswered(ref mut assigned)) => {
                    let assigned = core::mem::take(assigned);
                    self.complete(assigned, cx);
                }
                _ => return,
            }
        }
    }

    /// Joins again or asks where to read on, if that is to be done and can be; tells whether it did.
    fn begin_what_is_needed(&mut self, cx: &mut Context<'_>) -> bool {
        let needed = self.rejoin.is_some() || !self.without_position.is_empty();
        if !needed {
            return false;
        }
        if self.coordinator.node().is_none() {
            self.find_coordinator(cx);
            return false;
        }
        if self.rejoin.is_none() {
            self.fetch_offsets(cx);
        } else if self.must_look_at_topics(cx.now) {
            self.look_at_topics(cx);
            return false;
        } else {
            self.begin_rejoin(cx);
        }
        true
    }

    fn request_rejoin(&mut self, reason: RejoinReason) {
        self.rejoin = Some(reason);
    }

    /// The membership is void: the member joins as a newcomer, or under its id if that is still good.
    fn reset_generation(&mut self, keep_member_id: bool) {
        self.state = MemberState::Unjoined;
        self.membership.generation = Generation::NONE;
        self.membership.protocol = None;
        if !keep_member_id {
            self.membership.member_id = MemberId::default();
        }
        self.needs_prepare = true;
        self.heartbeat.disable();
        self.pending.forget(|purpose| matches!(purpose, Purpose::JoinGroup | Purpose::SyncGroup));
        if matches!(self.step, AppStep::Exchanging(_)) {
            self.step = AppStep::Idle;
        }
    }

    fn on_metadata(&mut self, answer: &MetadataResponse, cx: &mut Context<'_>) {
        self.planning.topics.learn(answer);
        self.planning.subscribed.see(&self.planning.topics.counts, cx.now);
        self.refreshes.answered(cx.now);
        match core::mem::replace(&mut self.step, AppStep::Idle) {
            AppStep::Exchanging(Exchange::AwaitingTopics(joined)) => {
                self.assign_as_leader(&joined, Leader::topics_of(&joined), cx);
            }
            AppStep::LookingAtTopics => {}
            step => self.step = step,
        }
        if self.state == MemberState::Stable && self.planning.leader.sees_change(&self.planning.topics.counts) {
            self.request_rejoin(RejoinReason::TopicsChanged);
        }
        self.rejoin_if_subscription_changed();
    }

    fn fail(&mut self, cx: &mut Context<'_>) {
        let error = self.fatal.expect("only a fatal error fails a member");
        if !self.owned.is_empty() {
            let partitions = core::mem::take(&mut self.owned);
            cx.out.push(Action::Observe(Observation::Lost { partitions, generation: self.membership.generation }));
        }
        self.heartbeat.disable();
        self.pending = Pending::default();
        self.step = AppStep::Ended;
        cx.out.push(Action::Observe(Observation::Failed { error }));
    }
}
