//! A member's process: the consumer inside it, its connections, and how busy its application is.
//!
//! Contract: state and draws only; [`crate::world`] moves it. One process stands for one name across restarts; what
//! belongs to an earlier life is recognised by its [`Life`] number and dropped.

use broker::ConnectionId;
use engine::{RecentDraws, Rng, Stream, Streams, TimerId};
use member::{ClientFamily, Consumer, Destination, GroupMembershipOperation, Step, Surroundings};
use protocol::message::OffsetsToCommit;
use protocol::{MemberId, Offset, Partitions, SimDuration, SimTime};
use smallvec::SmallVec;
use timeline::MemberIndex;

use crate::environment::{Environment, is_cold};
use crate::flow::Positions;
use crate::plan::{ApplicationPlan, MemberPlan};
use crate::zookeeper::EnsembleLink;

/// Which life of a process something belongs to; the first start makes 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Life(pub(crate) u32);

/// A process's place in [`crate::world::World`]: one for each member, and one more for each process that started
/// while its predecessor was still being closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Slot(pub(crate) u32);

impl Slot {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a process is doing, seen from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    /// There is no process.
    Down,
    /// It has started; its consumer has not polled yet.
    Starting,
    /// Its consumer is at work.
    Running,
    /// Its consumer is at work, its application does not poll.
    Hung,
    /// Its consumer is being closed.
    Closing,
}

/// Why an application does not poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Absence {
    /// It stands still.
    Hang,
    /// It works on a batch for longer than its client lets it.
    Batch,
}

/// One connection of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) to: Destination,
    pub(crate) id: ConnectionId,
    /// When it is established; never, if its client will give it up before.
    pub(crate) ready: SimTime,
    /// When the last request sent on it arrives, and the last answer: messages of one connection do not overtake.
    pub(crate) last_request: SimTime,
    pub(crate) last_response: SimTime,
}

/// A process. What every event looks at comes first, side by side.
#[repr(C)]
pub(crate) struct Process<'p> {
    pub(crate) member: MemberIndex,
    pub(crate) life: Life,
    pub(crate) status: Status,
    /// An entry into `poll` is scheduled.
    pub(crate) poll_scheduled: bool,
    /// It has hung or been cut off, and has handed no records over since.
    pub(crate) has_hung: bool,
    /// Whether it was told to end: a scheduler lets it be then.
    pub(crate) is_told_to_end: bool,
    /// What its consumer does about its membership when it is closed.
    pub(crate) closing_as: GroupMembershipOperation,
    /// What the plan says of its present life: the client …
    pub(crate) client: ClientFamily,
    pub(crate) timer: TimerId,
    /// … the application (of equal ones the first, so that a group looks at one) …
    pub(crate) application: &'p ApplicationPlan,
    /// … and all of it.
    pub(crate) plan: &'p MemberPlan,
    /// The batch in hand is processed then, if that is known.
    pub(crate) busy_until: SimTime,
    /// Since when, if no records flow and that matters.
    pub(crate) busy_since: SimTime,
    /// Its application does not poll before; what that is about, if it is away now.
    pub(crate) away_until: SimTime,
    pub(crate) away_for: Absence,
    pub(crate) links: SmallVec<[Link; 2]>,
    pub(crate) consumer: Option<Consumer>,
    pub(crate) draws: MemberDraws,
    /// When its consumer object was made.
    pub(crate) created: SimTime,
    /// When the next life shall start, once this one has ended, and how long after that at least.
    pub(crate) restart: Option<(SimTime, SimDuration)>,
    /// Its connection to ZooKeeper, and how many it has had: what belongs to an earlier one is dropped.
    pub(crate) ensemble_link: Option<EnsembleLink>,
    pub(crate) ensemble_calls: u32,
    /// Until when it is cut off from ZooKeeper.
    pub(crate) cut_until: SimTime,
    /// Until then ZooKeeper refuses its connections.
    pub(crate) refused_until: SimTime,
}

/// A process's random streams, each for one purpose, so that a new drawer disturbs none of the others.
pub(crate) struct MemberDraws {
    pub(crate) network: Stream,
    pub(crate) steps: Stream,
    pub(crate) application: Stream,
    /// How long records and fetches are under way.
    pub(crate) records: Stream,
    /// When an application passes through `poll`.
    pub(crate) passes: Stream,
    /// Member ids that clients make.
    pub(crate) ids: Stream,
    /// How long messages to and from ZooKeeper are under way.
    pub(crate) zookeeper: Stream,
    /// Latencies of heartbeats and commits, and of what they append, by their number.
    pub(crate) heartbeats: RecentDraws,
    pub(crate) commits: RecentDraws,
}

impl MemberDraws {
    /// The streams of the process with this number.
    pub(crate) fn new(streams: &Streams, number: u64) -> Self {
        Self {
            network: streams.indexed("network", number),
            steps: streams.indexed("client steps", number),
            application: streams.indexed("application", number),
            records: streams.indexed("records", number),
            passes: streams.indexed("passes through poll", number),
            ids: streams.indexed("client-made member ids", number),
            zookeeper: streams.indexed("zookeeper", number),
            heartbeats: streams.indexed_draws("heartbeats", number).recent(),
            commits: streams.indexed_draws("commits", number).recent(),
        }
    }
}

impl<'p> Process<'p> {
    /// A process that has not started.
    pub(crate) fn new(member: MemberIndex, plan: &'p MemberPlan, timer: TimerId, draws: MemberDraws) -> Self {
        Self {
            member,
            client: plan.client,
            application: &plan.application,
            plan,
            life: Life(0),
            status: Status::Down,
            consumer: None,
            timer,
            created: SimTime::ZERO,
            links: SmallVec::new(),
            draws,
            poll_scheduled: false,
            has_hung: false,
            busy_until: SimTime::ZERO,
            busy_since: SimTime::ZERO,
            away_until: SimTime::ZERO,
            away_for: Absence::Hang,
            restart: None,
            is_told_to_end: false,
            closing_as: GroupMembershipOperation::Default,
            ensemble_link: None,
            ensemble_calls: 0,
            cut_until: SimTime::ZERO,
            refused_until: SimTime::ZERO,
        }
    }

    /// The life that events of now belong to, if there is one.
    pub(crate) fn is_alive(&self, life: Life) -> bool {
        self.life == life && self.status != Status::Down
    }
}

/// A length drawn from `distribution`.
#[inline(always)]
pub(crate) fn draw(distribution: &engine::Distribution, stream: &mut impl Rng) -> SimDuration {
    SimDuration::from_nanos(distribution.sample(stream))
}

/// What a consumer asks of its surroundings, answered from a process's streams.
pub(crate) struct ProcessSurroundings<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) application: &'a ApplicationPlan,
    pub(crate) draws: &'a mut MemberDraws,
    /// Where it stands, if records flow, and the time it is asked at.
    pub(crate) positions: Option<Positions<'a>>,
    pub(crate) at: SimTime,
}

/// The longest time between two passes of an idle heartbeat thread: `retry.backoff.ms`, which it waits for (100 ms).
const HEARTBEAT_THREAD_PASS_NANOS: u64 = 100_000_000;

/// The timeout that applications give to `poll`: customary, and what recorders of real groups do. It ends the wait for
/// records, and so does `retry.backoff.ms` (100 ms as well) while nothing is assigned.
pub(crate) const POLL_TIMEOUT: SimDuration = SimDuration::from_millis(100);

/// From the end of one call of `poll` until the next begins: fifty calls that nothing ended early took 5.012 to
/// 5.031 s.
const POLL_CALL_OVERHEAD: SimDuration = SimDuration::from_micros(400);

/// How often a pass through `poll` that finds nothing new to fetch brings the next one about at once: a race between
/// two threads of the Java client, won in two of five first assignments of recorded consumers (100 members restarted
/// one by one: 40 % had their assignment within 30 ms of their start, 60 % one `poll` timeout later). Cold code loses
/// the race: none of 21 first assignments came at once where broker and clients had just been started.
const FALSE_ALARMS_PERCENT: u64 = 40;

/// How many ticks of a timer its drawn lateness is the average of.
const TICKS_AVERAGED: u64 = 8;
/// Timers are waited for in whole milliseconds, rounded up (librdkafka's `rd_kafka_thread_main`).
const TIMER_RESOLUTION_NANOS: u64 = 1_000_000;

impl ProcessSurroundings<'_> {
    /// A thread that sleeps until a timer wakes up when the millisecond is full and a core is free.
    fn timer_lateness(&mut self, one_in: u32) -> SimDuration {
        let late = |tick| {
            let is_rounded = tick % u64::from(one_in) == 0;
            let rounding = SimDuration::from_nanos(self.draws.steps.next_u64() % TIMER_RESOLUTION_NANOS);
            let rounding = if is_rounded { rounding } else { SimDuration::ZERO };
            rounding + draw(&self.environment.client_wake_up, &mut self.draws.steps)
        };
        (0..TICKS_AVERAGED).map(late).sum::<SimDuration>() / TICKS_AVERAGED
    }
}

impl ProcessSurroundings<'_> {
    /// What a round trip that a timer begins takes in addition where processors are shared: the timer is late, and both
    /// sides work.
    fn wait_for_processors(&mut self) -> SimDuration {
        let environment = self.environment;
        if environment.processors.is_none() {
            return SimDuration::ZERO;
        }
        let parts = [&environment.heartbeat_slip, &environment.request_work, &environment.answer_work];
        parts.into_iter().map(|part| draw(part, &mut self.draws.steps)).sum()
    }

    /// A pass that finds nothing to fetch may bring the next one about at once.
    fn false_alarm(&mut self) -> SimDuration {
        let environment = self.environment;
        let is_slow = environment.cold_request.max() > 0 && is_cold(self.at);
        if is_slow || self.draws.passes.next_u64() % 100 >= FALSE_ALARMS_PERCENT {
            return SimDuration::MAX;
        }
        draw(&environment.client_wake_up, &mut self.draws.passes)
    }

    /// A call of `poll` is over when records arrive or its time is. Where nothing is read, one call follows the other;
    /// otherwise records have ended those that nobody followed, and the rest of the present one is drawn.
    fn poll_call_over(&mut self, since: SimDuration) -> SimDuration {
        let at = self.at;
        let records = self.positions.as_mut().map_or(SimTime::NEVER, |positions| positions.next_records(at));
        let (call, since) = ((POLL_TIMEOUT + POLL_CALL_OVERHEAD).as_nanos(), since.as_nanos());
        let rest = match call.checked_sub(since) {
            Some(rest) => rest,
            None if records == SimTime::NEVER => call - since % call,
            None => self.draws.passes.next_u64() % call,
        };
        SimDuration::from_nanos(rest).min(records - at)
    }
}

impl Surroundings for ProcessSurroundings<'_> {
    fn duration(&mut self, step: Step) -> SimDuration {
        let (environment, application) = (self.environment, self.application);
        match step {
            Step::HeartbeatSlip => draw(&environment.heartbeat_slip, &mut self.draws.steps),
            Step::PendingFetch { at, max_wait } => {
                self.positions.as_ref().map_or(SimDuration::ZERO, |positions| positions.pending_fetch(at).min(max_wait))
            }
            Step::HeartbeatThreadPass => {
                SimDuration::from_nanos(self.draws.steps.next_u64() % HEARTBEAT_THREAD_PASS_NANOS)
            }
            Step::RevokeCallback { .. } => draw(&application.revoke_callback, &mut self.draws.application),
            Step::AssignCallback { .. } => draw(&application.assign_callback, &mut self.draws.application),
            Step::Assignor { .. } => draw(&environment.assignor, &mut self.draws.steps),
            Step::TimerLateness { one_in } => self.timer_lateness(one_in),
            Step::ThreadWakeUp => draw(&environment.client_wake_up, &mut self.draws.steps),
            Step::RoundTrip => {
                let there = draw(&environment.one_way, &mut self.draws.steps)
                    + draw(&environment.request_handling, &mut self.draws.steps);
                let back = draw(&environment.one_way, &mut self.draws.steps)
                    + draw(&environment.client_wake_up, &mut self.draws.steps);
                there + back + self.wait_for_processors()
            }
            Step::PollTurnaround => draw(&environment.poll_turn, &mut self.draws.passes),
            Step::FalseAlarm => self.false_alarm(),
            Step::PollCallOver { since } => self.poll_call_over(since),
            Step::CloseConnections => draw(&environment.close_connections, &mut self.draws.steps),
            Step::Between { least, most } => {
                let range = engine::Distribution::Uniform { lo: least.as_nanos(), hi: most.as_nanos() };
                draw(&range, &mut self.draws.steps)
            }
            Step::PollTurn { time, records } => {
                let at = self.at;
                self.positions.as_mut().map_or(time, |positions| positions.turn(at, time, records))
            }
            Step::Backoff(length) => {
                let per_mille = 800 + self.draws.steps.next_u64() % 401;
                SimDuration::from_nanos(length.as_nanos() / 1_000 * per_mille)
            }
        }
    }

    fn positions(&mut self, owned: &Partitions) -> OffsetsToCommit {
        match &mut self.positions {
            Some(positions) => positions.at(self.at, owned),
            None => OffsetsToCommit::new(owned.clone(), owned.iter().map(|_| Offset(0)).collect()),
        }
    }

    fn member_id(&mut self) -> MemberId {
        crate::ids::client_made(&mut self.draws.ids)
    }
}
