//! franz-go's consumer (`kgo`, `consumer_group.go`, 1.22).
//!
//! ```text
//!   Starting ──► ToJoin ──► JoinSent ──► SyncSent ──► Session ──► Leaving ──► Disconnecting
//!                  ▲ ▲          │            │           │   ▲
//!                  │ └──────────┴────────────┘           │   │ membership void
//!                  ├──── revoked callback ◄──────────────┤   │
//!                  └──── Backoff ◄──── lost callback ◄───┴───┘
//! ```
//!
//! One goroutine per member makes all the steps above and calls the callbacks; it never waits for the application to
//! poll, and there is no longest time between two polls: a member whose application hangs keeps its partitions. What
//! goes on between an assignment and the next join is a [`session`]. Under the consumer protocol sessions follow each
//! other without joins ([`next_gen`]).
//!
//! Left out on purpose: `BlockRebalanceOnPoll`, transactions, a group that changes from cooperative to eager,
//! subscriptions that change, patterns, manual commits, `GreedyAutoCommit` and commits of marked records.

mod attempts;
mod commit;
mod discover;
mod failure;
mod heartbeat;
mod join;
mod next_gen;
mod pending;
mod routine;
mod session;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use protocol::message::{JoinGroupResponse, Response};
use protocol::{Generation, MemberId, Partitions, RequestToken, SimDuration, SimTime, TopicName, TopicPartition};

use crate::common::{Coordinator, KnownTopics, Leader, Membership, Pending, Versions};
use crate::config::ClientConfig;
use crate::identity::Identity;
use crate::phase::Phase;
use crate::surroundings::{Context, Step};
use attempts::Attempts;
use heartbeat::Heartbeat;
use next_gen::NextGen;
use pending::Purpose;
use session::{Callback, Session};

/// What franz-go 1.22 speaks.
const VERSIONS: Versions = Versions { join_group: 9, sync_group: 5, leave_group: 5, offset_commit: 10 };

/// How far a member has come.
#[derive(Clone, Debug)]
enum Stage {
    /// No topic with partitions is known yet.
    Starting,
    /// JoinGroup is to be sent.
    ToJoin,
    /// It is under way.
    JoinSent,
    /// The leader asks for the partitions of topics that only others read.
    Planning(Box<JoinGroupResponse>),
    /// SyncGroup is under way.
    SyncSent,
    /// There is an assignment.
    Session(Session),
    /// The membership is over, its last callback runs.
    LastCallback { callback: Callback, leaving: bool },
    /// Before the next attempt.
    Backoff { until: SimTime },
    /// LeaveGroup is under way, or is sent again then.
    Leaving { attempts: Attempts, retry_at: SimTime },
    /// Connections are being ended.
    Disconnecting { until: SimTime },
    /// Closed.
    Ended,
}

/// One consumer process.
#[derive(Clone, Debug)]
pub struct FranzGoMember {
    config: ClientConfig,
    membership: Membership,
    leader: Leader,
    /// Under the consumer protocol.
    next_gen: Option<NextGen>,
    coordinator: Coordinator,
    discovery: Attempts,
    pending: Pending<Purpose>,
    /// When the connection for JoinGroup and SyncGroup was used last; zero: never.
    waiting_used: SimTime,

    topics: KnownTopics,
    /// If they are stale: since when.
    stale_since: SimTime,
    /// When they are looked at again because a look has failed; and how many have in a row.
    refreshed_again: (SimTime, u32),
    /// When the client was made, and when it was last told of its topics.
    created: SimTime,
    refreshed: SimTime,
    /// From a look until its answer.
    refresh_trip: SimDuration,
    /// Partitions of each topic it reads, as of the last look.
    using: BTreeMap<TopicName, i32>,
    /// A leader's: partitions of topics that only others read.
    external: BTreeMap<TopicName, i32>,
    leads: bool,
    /// A static leader that has come back: what its own plan would give it.
    expected: Option<Partitions>,

    stage: Stage,
    heartbeat: Heartbeat,
    /// Somebody wants the session to end in another join; the reason (`rejoinCh`).
    rejoin: Option<&'static str>,
    /// What the next JoinGroup gives as its reason.
    join_reason: &'static str,
    /// Sessions that failed in a row.
    failures: u32,
    /// The assignment of the last session, sorted.
    last_assigned: Partitions,
    /// What the application has, sorted.
    owned: Partitions,
    /// Assigned, but where to read on is not known yet, sorted.
    without_position: Vec<TopicPartition>,
    /// Whether partitions were given up that only the next join hands on.
    rejoin_owed: bool,

    /// When the interval of commits is over next.
    next_commit: SimTime,
    /// Whether that happened during join and sync.
    commit_owed: bool,
    commits: u64,
    closing: bool,
    /// Whether the heartbeat loop has noticed.
    leaving_seen: bool,
    /// The driver vouches for routine heartbeats and commits, see [`crate::Routine`].
    held: bool,
}

impl FranzGoMember {
    /// A client that has not been started.
    pub fn new(config: ClientConfig, identity: Identity) -> Self {
        let leader = Leader::new(&config);
        let next_gen = NextGen::new(&config);
        let membership = Membership::new(identity, config.instance_id.clone(), VERSIONS);
        Self {
            config,
            membership,
            leader,
            next_gen,
            coordinator: Coordinator::Unknown,
            discovery: Attempts::NONE,
            pending: Pending::default(),
            waiting_used: SimTime::ZERO,
            topics: KnownTopics::default(),
            stale_since: SimTime::ZERO,
            refreshed_again: (SimTime::NEVER, 0),
            created: SimTime::ZERO,
            refreshed: SimTime::ZERO,
            refresh_trip: SimDuration::ZERO,
            using: BTreeMap::new(),
            external: BTreeMap::new(),
            leads: false,
            expected: None,
            stage: Stage::Starting,
            heartbeat: Heartbeat::new(),
            rejoin: None,
            join_reason: "beginning to manage the group lifecycle",
            failures: 0,
            last_assigned: Partitions::default(),
            owned: Partitions::default(),
            without_position: Vec::new(),
            rejoin_owed: false,
            next_commit: SimTime::NEVER,
            commit_owed: false,
            commits: 0,
            closing: false,
            leaving_seen: false,
            held: false,
        }
    }

    /// The client, `created` then, sends its first request.
    pub fn start(&mut self, created: SimTime, cx: &mut Context<'_>) {
        self.created = created;
        self.refresh_trip = cx.duration(Step::RoundTrip);
        self.next_commit = cx.now + self.config.auto_commit_interval;
        self.refresh_metadata(cx);
    }

    /// The application enters `PollFetches`: nothing waits for that.
    pub fn poll(&mut self, cx: &mut Context<'_>) {
        self.settle(cx);
    }

    /// The application is away: nothing minds.
    pub fn away(&mut self, _cx: &mut Context<'_>) {}

    /// Whether records are always waiting for this member: it makes no difference to the group.
    pub fn set_backlogged(&mut self, _backlogged: bool) {}

    /// An answer has arrived.
    pub fn on_response(&mut self, token: RequestToken, response: Response, cx: &mut Context<'_>) {
        let Some(purpose) = self.pending.take(token) else { return };
        match (purpose, response) {
            (Purpose::FindCoordinator, Response::FindCoordinator(answer)) => self.on_find_coordinator(&answer, cx),
            (Purpose::Metadata, Response::Metadata(answer)) => self.on_metadata(&answer, cx.now),
            (Purpose::PlanMetadata, Response::Metadata(answer)) => self.on_plan_metadata(&answer, cx),
            (Purpose::JoinGroup, Response::JoinGroup(answer)) => self.on_join_group(answer, cx),
            (Purpose::SyncGroup, Response::SyncGroup(answer)) => self.on_sync_group(*answer, cx),
            (Purpose::Heartbeat, Response::Heartbeat(answer)) => self.on_heartbeat(answer.error, cx),
            (Purpose::JoinGroup, Response::ConsumerGroupHeartbeat(answer)) => self.on_next_gen_joined(&answer, cx),
            (Purpose::Heartbeat, Response::ConsumerGroupHeartbeat(answer)) => self.on_next_gen_beat(&answer, cx),
            (Purpose::LeaveGroup, Response::LeaveGroup(answer)) => self.on_left(answer.error, cx),
            (Purpose::LeaveGroup, Response::ConsumerGroupHeartbeat(answer)) => self.on_left(answer.error, cx),
            (Purpose::Commit { interval }, Response::OffsetCommit(answer)) => {
                self.on_commit(interval, answer.error, cx);
            }
            (Purpose::OffsetFetch, Response::OffsetFetch(answer)) => self.on_offset_fetch(*answer, cx),
            (purpose, response) => unreachable!("{purpose:?} answered with {response:?}"),
        }
        self.settle(cx);
    }

    /// When the member wants to be woken next: [`SimTime::NEVER`] if only an input can move it.
    pub fn next_deadline(&self) -> SimTime {
        let step = match &self.stage {
            Stage::Ended => return SimTime::NEVER,
            Stage::Session(session) => session.next_deadline(self.coordinator.node().is_some()),
            Stage::LastCallback { callback, .. } => callback.next_deadline(self.coordinator.node().is_some()),
            Stage::Backoff { until } | Stage::Disconnecting { until } => *until,
            Stage::Leaving { attempts, retry_at } => self.leaving_deadline(*attempts, *retry_at),
            _ => SimTime::NEVER,
        };
        let routine = if self.held { SimTime::NEVER } else { self.next_heartbeat().min(self.next_commit()) };
        step.min(routine)
            .min(self.next_refresh())
            .min(self.coordinator.next_deadline())
            .min(self.pending.next_deadline())
    }

    /// Does what is due; nothing if nothing is.
    pub fn on_deadline(&mut self, cx: &mut Context<'_>) {
        self.time_out_requests(cx);
        if matches!(self.coordinator, Coordinator::Backoff(until) if until <= cx.now) {
            self.find_coordinator(cx);
        }
        if self.next_refresh() <= cx.now {
            self.refresh_metadata(cx);
        }
        if !self.held {
            self.commit_if_due(cx);
            self.beat_if_due(cx);
        }
        self.settle(cx);
    }

    /// The cluster's topics have changed: this member will see it when it looks next.
    pub fn topics_changed(&mut self, now: SimTime) {
        if !self.topics.stale {
            self.topics.stale = true;
            self.stale_since = now;
        }
    }

    /// Whether the application, which is away, is wanted: never.
    pub fn wants_poll(&self) -> bool {
        false
    }

    /// Whether the client is closed.
    pub fn is_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    /// Whether records can reach the application now.
    pub fn is_delivering(&self) -> bool {
        self.owned.len() > self.without_position.len() && !self.closing
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

    /// The client's settings.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Whether it has an assignment of a generation and nothing left to do for it.
    pub fn is_ready(&self) -> bool {
        matches!(&self.stage, Stage::Session(session) if session.is_quiet())
            && self.rejoin.is_none()
            && self.without_position.is_empty()
            && !self.closing
    }

    /// What it is doing for its group.
    pub fn phase(&self) -> Phase {
        match &self.stage {
            _ if self.closing => Phase::Leaving,
            Stage::Starting | Stage::ToJoin | Stage::JoinSent | Stage::Backoff { .. } => Phase::Joining,
            Stage::Planning(_) | Stage::SyncSent => Phase::Syncing,
            Stage::Session(session) => match session.phase() {
                Phase::Settled if !self.without_position.is_empty() => Phase::FetchingOffsets,
                phase => phase,
            },
            Stage::LastCallback { .. } => Phase::Revoking,
            Stage::Leaving { .. } | Stage::Disconnecting { .. } | Stage::Ended => Phase::Leaving,
        }
    }

    /// Whether this member revokes everything before each rebalance.
    fn is_eager(&self) -> bool {
        self.next_gen.is_none() && self.leader.is_eager()
    }

    /// Lets the member go as far as it can.
    fn settle(&mut self, cx: &mut Context<'_>) {
        while self.advance(cx) {}
    }

    /// One step; tells whether it made one.
    fn advance(&mut self, cx: &mut Context<'_>) -> bool {
        match core::mem::replace(&mut self.stage, Stage::ToJoin) {
            Stage::Starting if self.closing => self.end_connections(cx),
            Stage::ToJoin => return self.try_to_join(cx),
            Stage::Session(session) => return self.advance_session(session, cx),
            Stage::LastCallback { callback, leaving } => return self.advance_last_callback(callback, leaving, cx),
            Stage::Backoff { .. } if self.closing => self.leave(cx),
            Stage::Backoff { until } if until <= cx.now => {}
            Stage::Leaving { attempts, retry_at } => return self.go_on_leaving(attempts, retry_at, cx),
            Stage::Disconnecting { until } if until <= cx.now => self.finish_close(cx),
            stage => {
                self.stage = stage;
                return false;
            }
        }
        true
    }
}
