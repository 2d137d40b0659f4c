//! A member of a group whose members take numbered slots in ZooKeeper and compute a fixed assignment.
//!
//! ```text
//!            slot         newer plan        next turn
//!    New ─────────► Joined ─────────► Assigned ─────────► Consuming ──┐ poll, 0–2 poll times
//!     ▲               │                  │  ▲                │        │
//!     └── slot lost, or not in the plan ─┴──┼────────────────┤◄───────┘
//!                                           └─ newer plan ───┘
//!    any ── SIGTERM, error ──► Stopping ── slot freed ──► Left ── consumer and session closed ──► Stopped
//! ```
//!
//! Source: jhollandus/static-group (`group.py`, `zookeeper.py`, `consumer.py`), on kazoo 2.6.1, librdkafka 1.0.1. Its
//! threads are here as they are there: the *loop* makes the turns and sees a plan or a stop when one is over; the
//! *session* lives although the loop is stuck; *commits* are made although the loop is stuck; the *signal handler* asks
//! for a stop and looks once a second whether it has come.
//!
//! | module | what lives there |
//! |---|---|
//! | [`settings`] | [`SlotSettings`]; [`DEFECTS`], each as published or repaired |
//! | [`plan`] | [`Plan`]: which slot reads what, and when that changes |
//! | [`state`] | [`SlotState`], and what the loop is doing |
//! | [`session`] | the session with ZooKeeper |
//! | [`watch`] | the newest plan, and the slot as far as the session knows |
//! | [`start`] | the start of a process, and the look at the topics every thirty seconds |
//! | [`turn`], [`join`], [`stop`] | turns of the loop: polling, taking a slot, ending |
//! | [`offsets`] | the Kafka half |
//!
//! Contract: as for every member. A poll turn is one event: its length is asked for when it begins
//! ([`Step::PollTurn`](crate::Step::PollTurn)). Turns that follow each other at full speed and change nothing are not
//! simulated one by one; [`SlotMember::is_spinning`] says so. Left out on purpose: topics that the broker does not
//! know, which the published code leaves out of its plan.

mod join;
mod offsets;
pub mod plan;
mod session;
pub mod settings;
mod start;
pub mod state;
mod stop;
mod turn;
mod watch;

use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::message::Response;
use protocol::zookeeper::{WatchEvent, Xid, ZooKeeperResponse};
use protocol::{Generation, MemberId, Partitions, RequestToken, SimDuration, SimTime};

use crate::action::Destination;
use crate::common::{Membership, Pending, Routine, Series, Versions};
use crate::config::{ClientConfig, OffsetReset};
use crate::identity::Identity;
use crate::phase::Phase;
use crate::surroundings::Context;
use offsets::{Offsets, Stage};
pub use plan::Plan;
use session::{Session, SessionEvent};
pub use settings::{DEFECTS, Defect, KnownDefect, Repairs, SlotSettings};
use state::Doing;
pub use state::SlotState;
use watch::PlanWatch;

/// What librdkafka 1.0.1 speaks; it joins no group.
const VERSIONS: Versions = Versions { join_group: 0, sync_group: 0, leave_group: 0, offset_commit: 7 };

/// What a request to ZooKeeper was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ZooKeeperAsk {
    /// To see whether a node exists, or to make it.
    Ensure,
    /// To read the plan and watch it.
    ReadPlan,
    /// To write the plan.
    WritePlan,
    /// To take a slot.
    Create,
    /// To say in the slot's node which plan is in use; nobody waits for it.
    Announce,
    /// To free the slot.
    Delete,
    /// To end the session.
    Close,
}

/// What a request to Kafka was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum KafkaAsk {
    FindCoordinator,
    Metadata,
    Commit,
    OffsetFetch,
}

/// Something that ZooKeeper's side of the network does to a member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ZooKeeperInput {
    /// The connection that was asked for stands.
    Opened,
    /// It is gone, or did not come to be.
    Gone,
    /// An answer.
    Answer {
        /// The member's number of the request.
        xid: Xid,
        /// The answer.
        response: ZooKeeperResponse,
    },
    /// A watch has fired.
    Notice(WatchEvent),
}

/// One process.
#[derive(Clone, Debug)]
pub struct SlotMember {
    settings: SlotSettings,
    config: ClientConfig,
    membership: Membership,
    session: Session<ZooKeeperAsk>,
    watch: PlanWatch,
    pending: Pending<KafkaAsk>,
    offsets: Offsets,

    state: SlotState,
    doing: Doing,
    /// The slot that the loop goes by; the session's own is in `watch`.
    slot: Option<u32>,
    /// The plan that the assignment is of.
    in_use: Option<Arc<Plan>>,
    /// The version that the slot's node says.
    announced: Option<i64>,
    last_check: SimTime,
    /// The application does not come back from handling a record.
    is_hung: bool,

    /// When SIGTERM came.
    signalled: Option<SimTime>,
    /// When the process ends, once the loop has.
    exit_at: SimTime,
    has_failed: bool,
    is_ended: bool,
}

impl SlotMember {
    /// A process whose consumer has not been made.
    pub fn new(settings: SlotSettings, mut config: ClientConfig, identity: Identity) -> Self {
        if settings.repaired.has(Defect::NewPartitionsSkipped) {
            config.offset_reset = OffsetReset::Earliest;
        }
        Self {
            session: Session::new(settings.session_timeout),
            watch: PlanWatch::new(&identity.group),
            membership: Membership::new(identity, None, VERSIONS),
            pending: Pending::default(),
            offsets: Offsets::new(),
            state: SlotState::New,
            doing: Doing::Over,
            slot: None,
            in_use: None,
            announced: None,
            last_check: SimTime::ZERO,
            is_hung: false,
            signalled: None,
            exit_at: SimTime::NEVER,
            has_failed: false,
            is_ended: false,
            settings,
            config,
        }
    }

    /// The process is ready to begin: it makes its consumer and connects.
    pub fn start(&mut self, cx: &mut Context<'_>) {
        self.start_offsets(cx);
        self.begin(cx);
        self.run(cx);
    }

    /// The application comes back from handling a record.
    pub fn poll(&mut self, cx: &mut Context<'_>) {
        self.is_hung = false;
        self.run(cx);
    }

    /// The application does not come back from handling a record until told otherwise.
    pub fn away(&mut self, _: &mut Context<'_>) {
        self.is_hung = true;
    }

    /// What it is doing for its group.
    pub fn phase(&self) -> Phase {
        match self.state {
            _ if self.is_ended => Phase::Leaving,
            SlotState::New => Phase::Joining,
            SlotState::Joined => Phase::Syncing,
            SlotState::Assigned => Phase::Assigning,
            SlotState::Consuming => match self.offsets.stage {
                Stage::Fetching => Phase::Settled,
                Stage::Nothing => Phase::Assigning,
                Stage::CommitBefore => Phase::Draining,
                Stage::Unknown { .. } | Stage::Asked => Phase::FetchingOffsets,
            },
            SlotState::Stopping | SlotState::Left | SlotState::Stopped => Phase::Leaving,
        }
    }

    /// SIGTERM arrives.
    pub fn close(&mut self, cx: &mut Context<'_>) {
        self.is_hung = false;
        self.signal(cx);
        self.run(cx);
    }

    /// Something has come from ZooKeeper.
    pub fn on_zookeeper(&mut self, input: ZooKeeperInput, cx: &mut Context<'_>) {
        if self.is_ended {
            return;
        }
        let mut events = Vec::new();
        match input {
            ZooKeeperInput::Opened => self.session.on_open(cx),
            ZooKeeperInput::Gone => self.session.on_gone(&mut events, cx),
            ZooKeeperInput::Answer { xid, response } => self.session.on_response(xid, response, &mut events, cx),
            ZooKeeperInput::Notice(event) => {
                self.session.on_notice(cx);
                self.on_notice(&event, cx);
            }
        }
        self.on_session_events(events, cx);
        self.run(cx);
    }

    /// An answer of Kafka's has arrived.
    pub fn on_response(&mut self, token: RequestToken, response: Response, cx: &mut Context<'_>) {
        let Some(ask) = self.pending.take(token) else { return };
        match (ask, response) {
            (KafkaAsk::FindCoordinator, Response::FindCoordinator(answer)) => {
                self.on_find_coordinator(answer.error.is_none().then_some(answer.coordinator), cx);
            }
            (KafkaAsk::Metadata, Response::Metadata(answer)) => self.on_counts(&answer, cx),
            (KafkaAsk::Commit, Response::OffsetCommit(answer)) => self.on_commit(Some(&answer), cx),
            (KafkaAsk::OffsetFetch, Response::OffsetFetch(answer)) => self.on_offset_fetch(Some(*answer), cx),
            (ask, response) => unreachable!("{ask:?} answered with {response:?}"),
        }
        self.run(cx);
    }

    /// A connection to Kafka is gone, and with it whatever was under way on it.
    pub fn on_disconnect(&mut self, from: Destination, cx: &mut Context<'_>) {
        for ask in self.pending.take_all(from) {
            match ask {
                KafkaAsk::FindCoordinator => self.on_find_coordinator(None, cx),
                KafkaAsk::Metadata => self.count_next(cx),
                KafkaAsk::Commit => self.on_commit(None, cx),
                KafkaAsk::OffsetFetch => self.on_offset_fetch(None, cx),
            }
        }
        self.run(cx);
    }

    /// When the member wants to be woken next: [`SimTime::NEVER`] if only an input can move it.
    pub fn next_deadline(&self) -> SimTime {
        if self.is_ended {
            return SimTime::NEVER;
        }
        let offsets = if self.state == SlotState::Stopped { SimTime::NEVER } else { self.offsets.next_deadline() };
        let kafka = offsets.min(self.pending.next_deadline());
        self.loop_deadline().min(self.session.next_deadline()).min(kafka).min(self.exit_at)
    }

    /// Does what is due; nothing if nothing is.
    pub fn on_deadline(&mut self, cx: &mut Context<'_>) {
        if self.is_ended {
            return;
        }
        if self.exit_at <= cx.now {
            self.exit(cx);
            return;
        }
        while let Some(to) = self.pending.overdue(cx.now) {
            self.time_out(to, cx);
        }
        if self.state != SlotState::Stopped {
            self.on_offsets_deadline(cx);
        }
        let mut events = Vec::new();
        self.session.on_deadline(&mut events, cx);
        self.on_session_events(events, cx);
        self.on_loop_deadline(cx);
        self.run(cx);
    }

    fn on_session_events(&mut self, events: Vec<SessionEvent<ZooKeeperAsk>>, cx: &mut Context<'_>) {
        for event in events {
            match event {
                SessionEvent::Connected { new } => {
                    self.on_connected(new, cx);
                    if matches!(self.doing, Doing::Connecting { .. }) {
                        self.ensure(state::Wanted::Plan, cx);
                    }
                    self.write_again(cx);
                }
                SessionEvent::Suspended => {}
                SessionEvent::Lost => self.on_lost(),
                SessionEvent::Answer(ask, answer) => self.on_answer(ask, answer, cx),
            }
        }
    }

    fn on_answer(&mut self, ask: ZooKeeperAsk, answer: Option<ZooKeeperResponse>, cx: &mut Context<'_>) {
        match ask {
            ZooKeeperAsk::Ensure => self.on_ensure(answer.as_ref(), cx),
            ZooKeeperAsk::ReadPlan => self.on_plan(answer, cx),
            ZooKeeperAsk::WritePlan => self.on_written(answer.as_ref(), cx),
            ZooKeeperAsk::Create => self.on_created(answer.as_ref(), cx),
            ZooKeeperAsk::Announce => {}
            ZooKeeperAsk::Delete => self.on_deleted(answer.as_ref(), cx),
            ZooKeeperAsk::Close => self.on_closed(cx),
        }
    }

    /// The cluster's topics have changed: this member counts them every thirty seconds anyway.
    pub fn topics_changed(&mut self, _: SimTime) {}

    /// Whether records are always waiting for this member; it makes no difference to one that polls in turns.
    pub fn set_backlogged(&mut self, _: bool) {}

    /// Whether the application, which is away, has something to do in `poll`: nothing waits for it.
    pub fn wants_poll(&self) -> bool {
        false
    }

    /// Its state.
    pub fn state(&self) -> SlotState {
        self.state
    }

    /// Its slot, as far as its loop knows.
    pub fn slot(&self) -> Option<u32> {
        self.slot
    }

    /// Whether turns follow each other at full speed and change nothing.
    pub fn is_spinning(&self) -> bool {
        matches!(self.doing, Doing::Spinning | Doing::Stuck)
    }

    /// What it is configured with beside its consumer.
    pub fn settings(&self) -> &SlotSettings {
        &self.settings
    }

    /// Whether SIGTERM has come.
    pub fn is_closing(&self) -> bool {
        self.signalled.is_some()
    }

    /// Whether the process has ended.
    pub fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Its exit status, once it has ended.
    pub fn exit_status(&self) -> u8 {
        u8::from(self.has_failed && self.settings.repaired.has(Defect::FailureExitsZero))
    }

    /// Whether records can reach the application now: only a turn that polls takes any.
    pub fn is_delivering(&self) -> bool {
        matches!(self.doing, Doing::Polling { .. }) && !self.is_hung && self.offsets.stage == Stage::Fetching
    }

    /// Whether it reads what the newest plan gives it.
    pub fn is_ready(&self) -> bool {
        self.state == SlotState::Consuming
            && matches!(self.offsets.stage, Stage::Fetching | Stage::Nothing)
            && self.newer_plan().is_none()
    }

    /// Empty: Kafka knows no member.
    pub fn member_id(&self) -> &MemberId {
        &self.membership.member_id
    }

    /// The version of the plan in use.
    pub fn generation(&self) -> Generation {
        let version = self.in_use.as_ref().and_then(|plan| i32::try_from(plan.version).ok());
        version.map_or(Generation::NONE, Generation)
    }

    /// The partitions it holds, sorted.
    pub fn owned(&self) -> &Partitions {
        &self.offsets.owned
    }

    /// The consumer's settings.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }
}

/// It is never quiet, and sends no heartbeats.
impl Routine for SlotMember {
    fn is_quiet(&self) -> bool {
        false
    }

    fn set_held(&mut self, _: bool) {}

    fn heartbeats(&self) -> Series {
        Series { next: SimTime::NEVER, period: SimDuration::ZERO, sent: 0 }
    }

    fn commits(&self) -> Series {
        let offsets = &self.offsets;
        Series { next: offsets.next_commit, period: self.config.auto_commit_interval, sent: offsets.commits }
    }

    fn has_something_to_commit(&self) -> bool {
        false
    }

    fn heartbeats_left(&mut self, _: SimTime, _: u64) {}

    fn commits_left(&mut self, _: SimTime, _: u64) {}
}
