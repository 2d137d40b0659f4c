//! The wiring of a run: what happens next, and who is told.
//!
//! ```text
//!   plan ──► Planned ──► processes ──Send──► transport ──Request──► broker ──► coordinator
//!                            ▲                                         │
//!                            └────────── Response ◄── transport ◄──────┘
//! ```
//!
//! Contract: every change comes from one event of the queue or one deadline of a machine; whatever a machine wants
//! done is carried out at once, in order. Members and coordinator meet only in messages.

use ::zookeeper::ConnectionId as EnsembleConnection;
use broker::{Broker, BrokerAction, ConnectionId};
use coordinator::GroupEvent;
use coordinator::consumer::ConsumerEvent;
use engine::{Fired, InstantGuard, Queue, Streams, TimerId};
use member::{Action, ClientConfig, Consumer, ZooKeeperInput};
use protocol::message::{Request, Response};
use protocol::zookeeper::{Xid, ZooKeeperRequest};
use protocol::{ErrorCode, Generation, InstanceId, RequestToken, SimDuration, SimTime};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use timeline::{Cast, Measurer, MemberIndex, Observer, Outcome};

use crate::appends::Appends;
use crate::cluster::{self, Cluster, FIRST_COORDINATOR};
use crate::environment::is_cold;
use crate::flow::{Call, Flows};
use crate::follow::Following;
use crate::ids::DrawnIds;
use crate::network::Network;
use crate::plan::{ApplicationPlan, MemberPlan, Plan, PlannedAction, PlannedEvent};
use crate::process::{Life, MemberDraws, Process, Slot, draw};
use crate::processors::Processors;
use crate::quiet::Quiet;
use crate::rolling::Rolling;
use crate::rollout::RolloutState;
use crate::zookeeper::ZooKeeper;

/// More events than this at one instant are taken for an endless loop.
const EVENTS_AT_ONE_INSTANT_MAX: u64 = 50_000_000;

/// Why a run was broken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// Too much happened without time passing.
    EndlessInstant {
        /// When.
        at: SimTime,
    },
    /// The observer has left ([`Observer::has_left`]).
    Abandoned,
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::EndlessInstant { at } => {
                write!(f, "at {at} more than {EVENTS_AT_ONE_INSTANT_MAX} events happened without time passing")
            }
            Self::Abandoned => f.write_str("nobody waited for its end"),
        }
    }
}

impl std::error::Error for RunError {}

/// What the queue holds.
pub(crate) enum Event {
    /// The plan's event with this number is due.
    Planned(usize),
    /// An administrator's request, the plan's event with this number, is done.
    Administered(usize),
    /// A process starts.
    Launch { member: MemberIndex },
    /// Its consumer polls for the first time.
    FirstPoll { slot: Slot, life: Life },
    /// Its application enters `poll`.
    EnterPoll { slot: Slot, life: Life },
    /// Does its batch in hand take longer than it may?
    BatchLookedAt { slot: Slot, life: Life },
    /// Its application polls again after a hang.
    HangOver { slot: Slot, life: Life },
    /// The time given for a clean stop is over.
    GraceOver { slot: Slot, life: Life },
    /// A request reaches the coordinator.
    Request { slot: Slot, life: Life, connection: ConnectionId, token: RequestToken, request: Request },
    /// An answer is acted on by its client.
    Response { slot: Slot, life: Life, token: RequestToken, response: Response },
    /// The high watermark of the coordinator's log rises.
    Committed { moves: u32 },
    /// The coordinator has read its partition after so many moves.
    CoordinatorLoaded { moves: u32 },
    /// What has happened to a broker is known; if the coordinator is gone, another one may take its place.
    CoordinatorElected,
    /// What a producer asks for reaches the coordinator.
    ProducerCalls { call: Call },
    /// A producer acts on the coordinator's answer.
    ProducerHears { call: Call, error: ErrorCode },
    /// A connection's end reaches the broker.
    Disconnected { connection: ConnectionId },
    /// A process stops waiting for a connection, or for what it has asked for on it.
    ConnectionGivenUp { slot: Slot, life: Life, connection: ConnectionId },
    /// A process whose network was cut is given records again.
    FetchesAgain { slot: Slot, life: Life },
    /// A member's network will fail soon.
    FaultAhead { member: MemberIndex },
    /// A member's network is no longer slow.
    NetworkAsBefore { member: MemberIndex },
    /// A process asks ZooKeeper for a connection.
    EnsembleCalled { slot: Slot, life: Life },
    /// A request reaches ZooKeeper.
    EnsembleAsked { connection: EnsembleConnection, xid: Xid, request: Box<ZooKeeperRequest> },
    /// A connection's end reaches ZooKeeper.
    EnsembleLeft { connection: EnsembleConnection },
    /// Something from ZooKeeper reaches its client, on its connection number `call`.
    EnsembleSays { slot: Slot, life: Life, call: u32, input: Box<ZooKeeperInput> },
    /// ZooKeeper answers again.
    EnsembleBack,
    /// ZooKeeper goes on after a pause.
    EnsembleGoesOn,
    /// All readers are looked at; again and again, or once.
    Sample { again: bool },
    /// A new process of a rollout counts as ready.
    CountsAsReady { rollout: usize, member: MemberIndex },
    /// A consumer's report to the monitor leaves.
    MonitorReport { slot: Slot, life: Life },
    /// Somebody looks now: the clock is to be there.
    LookedAt,
    /// The next step of a rolling restart.
    RollingStep { rolling: usize },
    /// A core has done what there was to do for this.
    Worked { event: Box<Event> },
}

/// A run under way.
pub struct World<'p, O> {
    pub(crate) plan: &'p Plan,
    pub(crate) queue: Queue<Event>,
    streams: Streams,
    pub(crate) broker: Broker,
    broker_timer: TimerId,
    /// What the broker's timer is armed for, as long as it is: armed for the same again, it would only change its turn.
    broker_due: Option<SimTime>,
    pub(crate) ids: DrawnIds,
    pub(crate) appends: Appends,
    /// How late the coordinator's timers are while everything is cold, by the moment they are due.
    cold_timers: engine::Draws,
    /// What starts wait for in addition while everything is cold.
    pub(crate) cold_start: SimDuration,
    /// How long administrators' requests take.
    admin_calls: engine::Stream,
    /// How often the coordinator has moved.
    pub(crate) moves: u32,
    /// What becomes of the brokers, if anything does.
    pub(crate) cluster: Option<Cluster>,
    pub(crate) processes: Vec<Process<'p>>,
    /// What each member is from its next start on.
    pub(crate) next_lives: Vec<&'p MemberPlan>,
    /// The newest process of each member.
    pub(crate) current: Vec<Slot>,
    /// Which process each timer belongs to, by the timer's index.
    timer_owners: Vec<Option<Slot>>,
    /// Which process each connection belongs to, by the connection's index.
    pub(crate) connection_owners: Vec<(Slot, Life)>,
    /// What producers have asked the coordinator for, by connection.
    pub(crate) producer_calls: BTreeMap<ConnectionId, Call>,
    pub(crate) instances: BTreeMap<InstanceId, BTreeSet<Slot>>,
    /// The settings of the consumer that was made last, and what its application does.
    pub(crate) latest_config: Option<Arc<ClientConfig>>,
    pub(crate) latest_application: Option<&'p ApplicationPlan>,
    pub(crate) rollings: Vec<Rolling>,
    pub(crate) rollouts: Vec<RolloutState<'p>>,
    /// What processes that start at the same moment need alike, by that moment.
    pub(crate) starts_together: engine::Draws,
    pub(crate) quiet: Quiet,
    /// The cores that everybody shares, if they do.
    pub(crate) processors: Option<Processors>,
    /// What is wrong with the network, if anything is.
    pub(crate) network: Option<Network<'p>>,
    /// ZooKeeper, if anybody takes a slot.
    pub(crate) zookeeper: Option<ZooKeeper>,
    /// The records, if any flow.
    pub(crate) flows: Option<Flows>,
    pub(crate) observer: O,
    /// What the observer was told of every step, if it wants to be.
    pub(crate) following: Option<Following>,
    /// Whether it reads logs.
    pub(crate) reads_logs: bool,
    pub(crate) broker_actions: Vec<BrokerAction>,
    pub(crate) member_actions: Vec<Action>,
}

/// Runs `plan` and measures it. At the end it is seen how the group stands.
///
/// # Errors
/// The run does not get on: see [`RunError`].
pub fn run(plan: &Plan) -> Result<Outcome, RunError> {
    run_observed(plan, ()).map(|(outcome, ())| outcome)
}

/// Runs `plan`, measures it, and tells `observer` everything that happens; gives the observer back.
///
/// # Errors
/// The run does not get on: see [`RunError`].
pub fn run_observed<O: Observer>(plan: &Plan, observer: O) -> Result<(Outcome, O), RunError> {
    let cast = cast(plan);
    let mut world = World::new(plan, (Measurer::new(&cast), observer));
    world.run()?;
    let (measurer, observer) = world.observer;
    Ok((Outcome::new(&plan.name, plan.seed, cast, &measurer.finish()), observer))
}

/// Who and what a plan is about.
pub fn cast(plan: &Plan) -> Cast {
    let read = |topic: &&crate::plan::TopicPlan| plan.members_ever().any(|member| member.topics.contains(&topic.name));
    Cast {
        members: plan.members.iter().map(|member| member.name.clone()).collect(),
        topics: plan.topics.iter().filter(read).map(|topic| (topic.name.clone(), topic.partitions)).collect(),
        from: plan.measure_from,
        end: plan.end,
    }
}

impl<'p, O: Observer> World<'p, O> {
    pub(crate) fn new(plan: &'p Plan, observer: O) -> Self {
        let mut queue = Queue::new();
        let streams = Streams::new(plan.seed);
        let there = plan.topics.iter().filter(|topic| topic.partitions > 0);
        let topics = there.map(|topic| (topic.name.clone(), topic.partitions));
        let mut broker = Broker::new(FIRST_COORDINATOR, plan.broker.version, plan.broker.group, topics, SimTime::ZERO);
        let moves = |event: &PlannedEvent| matches!(event.action, PlannedAction::MoveCoordinator { .. });
        if plan.events.iter().any(moves) || cluster::is_eventful(plan) {
            broker.keep_log();
        }
        let cluster = Cluster::new(plan, &streams);
        let broker_timer = queue.new_timer();
        let zookeeper = ZooKeeper::new(plan, &streams, &mut queue);
        let mut world = Self {
            plan,
            queue,
            streams,
            broker,
            broker_timer,
            broker_due: None,
            ids: DrawnIds(streams.stream("member ids")),
            appends: Appends::new(&streams),
            cold_timers: streams.draws("cold timers"),
            cold_start: draw(&plan.environment.cold_start, &mut streams.stream("cold start")),
            admin_calls: streams.stream("admin calls"),
            moves: 0,
            processes: Vec::with_capacity(plan.members.len()),
            next_lives: plan.members.iter().collect(),
            current: Vec::with_capacity(plan.members.len()),
            timer_owners: vec![None],
            connection_owners: Vec::new(),
            producer_calls: BTreeMap::new(),
            instances: BTreeMap::new(),
            latest_config: None,
            latest_application: None,
            rollings: Vec::new(),
            rollouts: Vec::new(),
            starts_together: streams.draws("starts at the same moment"),
            quiet: Quiet::default(),
            processors: Processors::new(plan, &streams),
            network: Network::new(plan, &streams),
            zookeeper,
            flows: Flows::new(plan, streams, cluster.as_ref()),
            cluster,
            reads_logs: observer.reads_logs(),
            following: observer.follows().then(Following::default),
            observer,
            broker_actions: Vec::new(),
            member_actions: Vec::new(),
        };
        for number in 0..plan.members.len() {
            let slot = world.add_process(MemberIndex(u32::try_from(number).expect("fewer than 2^32 members")));
            world.current.push(slot);
        }
        world.plan_samples();
        world.plan_faults();
        for (number, event) in plan.events.iter().enumerate() {
            world.schedule(event.at, Event::Planned(number));
        }
        world
    }

    /// A place for one more process of this member.
    pub(crate) fn add_process(&mut self, member: MemberIndex) -> Slot {
        let slot = Slot(u32::try_from(self.processes.len()).expect("fewer than 2^32 processes"));
        let timer = self.queue.new_timer();
        if self.timer_owners.len() <= timer.index() {
            self.timer_owners.resize(timer.index() + 1, None);
        }
        self.timer_owners[timer.index()] = Some(slot);
        let draws = MemberDraws::new(&self.streams, u64::from(slot.0));
        let plan = self.next_lives[member.0 as usize];
        self.processes.push(Process::new(member, plan, timer, draws));
        self.quiet.add_slot();
        slot
    }

    /// Lets happen what happens until then.
    pub(crate) fn run_until(&mut self, end: SimTime) -> Result<(), RunError> {
        let end = end.as_nanos();
        let mut guard = InstantGuard::new(EVENTS_AT_ONE_INSTANT_MAX);
        while let Some((at, fired)) = self.queue.pop_until(end) {
            if self.observer.has_left() {
                return Err(RunError::Abandoned);
            }
            if !guard.admit(at) {
                return Err(RunError::EndlessInstant { at: SimTime::from_nanos(at) });
            }
            match fired {
                Fired::Event(event) => self.arrive(event),
                Fired::Timer(timer) => match self.timer_owners[timer.index()] {
                    Some(slot) => self.with_consumer(slot, Consumer::on_deadline),
                    None if self.zookeeper.as_ref().is_some_and(|zookeeper| zookeeper.timer == timer) => {
                        self.wake_ensemble();
                    }
                    None => {
                        self.broker_due = None;
                        let now = self.now();
                        self.broker.on_deadline(now, &mut self.ids, &mut self.broker_actions);
                        self.after_broker();
                    }
                },
            }
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), RunError> {
        self.run_until(self.plan.end)?;
        self.show_chart();
        self.finish_flows();
        let end = self.plan.end;
        let seen = self.described(end);
        let seen = seen.as_ref().map(|(state, members)| (*state, members.len()));
        self.observer.observe(end, timeline::Event::Ended { seen });
        Ok(())
    }

    /// Whom an administrator asks, and where ids would come from.
    pub(crate) fn broker_and_ids(&mut self) -> (&mut Broker, &mut DrawnIds) {
        (&mut self.broker, &mut self.ids)
    }

    pub(crate) fn now(&self) -> SimTime {
        SimTime::from_nanos(self.queue.now())
    }

    pub(crate) fn schedule(&mut self, at: SimTime, event: Event) {
        self.schedule_with(at, || event);
    }

    /// The same with an event that is made where it waits.
    #[inline]
    pub(crate) fn schedule_with(&mut self, at: SimTime, event: impl FnOnce() -> Event) {
        if self.queue.schedule_with(at.as_nanos(), event).is_err() {
            self.refuse_past(at);
        }
    }

    #[cold]
    fn refuse_past(&self, at: SimTime) -> ! {
        panic!("something was scheduled for {at}, before {}", self.now());
    }

    /// Every process there ever was.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + use<O> {
        (0..u32::try_from(self.processes.len()).expect("fewer than 2^32 processes")).map(Slot)
    }

    pub(crate) fn observe(&mut self, event: timeline::Event<'_>) {
        let now = self.now();
        self.observer.observe(now, event);
    }

    pub(crate) fn on_event(&mut self, event: Event) {
        match event {
            Event::Planned(number) => self.on_planned(number),
            Event::Administered(number) => self.on_administered(number),
            Event::Launch { member } => self.launch(member),
            Event::FirstPoll { slot, life } => self.first_poll(slot, life),
            Event::EnterPoll { slot, life } => self.enter_poll(slot, life),
            Event::BatchLookedAt { slot, life } => self.look_at_batch(slot, life),
            Event::HangOver { slot, life } => self.hang_over(slot, life),
            Event::GraceOver { slot, life } => {
                if self.processes[slot.index()].is_alive(life) {
                    self.kill(slot);
                }
            }
            Event::Request { slot, life, connection, token, request } => {
                if self.connection_owners[connection.index()] == (slot, life) {
                    if self.following.is_some() {
                        self.tell_request(slot, &request);
                    }
                    self.note_cause(slot, &request);
                    let now = self.now();
                    self.broker.handle(connection, token, request, now, &mut self.ids, &mut self.broker_actions);
                    self.after_broker();
                    self.forget_cause();
                }
            }
            Event::Response { slot, life, token, response } => {
                if self.processes[slot.index()].is_alive(life) {
                    if !matches!(response, Response::Heartbeat(_) | Response::OffsetCommit(_)) {
                        self.release(slot);
                    }
                    if self.reads_logs {
                        self.log_response(slot, &response);
                    }
                    self.with_consumer(slot, |consumer, cx| consumer.on_response(token, response, cx));
                }
            }
            // What was under way when the coordinator moved is lost.
            Event::Committed { moves, .. } if moves != self.moves => {}
            Event::CoordinatorLoaded { moves } if moves != self.moves => {}
            Event::CoordinatorElected => self.elect_coordinator(),
            Event::CoordinatorLoaded { .. } => {
                let now = self.now();
                self.broker.loaded(now, &mut self.ids, &mut self.broker_actions);
                self.after_broker();
            }
            Event::Committed { .. } => self.high_watermark_rises(),
            Event::ProducerCalls { call } => self.call_coordinator(call),
            Event::ProducerHears { call, error } => self.producer_hears(call, error),
            Event::Disconnected { connection } => self.broker.disconnect(connection),
            Event::ConnectionGivenUp { slot, life, connection } => self.connection_given_up(slot, life, connection),
            Event::FetchesAgain { slot, life } => self.fetches_again(slot, life),
            Event::FaultAhead { member } => self.release(self.current[member.0 as usize]),
            Event::NetworkAsBefore { member } => self.fetches_change_pace(self.current[member.0 as usize]),
            Event::EnsembleCalled { slot, life } => self.ensemble_called(slot, life),
            Event::EnsembleAsked { connection, xid, request } => self.ensemble_asked(connection, xid, *request),
            Event::EnsembleLeft { connection } => self.ensemble_left(connection),
            Event::EnsembleSays { slot, life, call, input } => self.ensemble_says(slot, life, call, *input),
            Event::EnsembleBack => self.ensemble_back(),
            Event::EnsembleGoesOn => self.ensemble_goes_on(),
            Event::Sample { again } => self.sample(again),
            Event::CountsAsReady { rollout, member } => self.counts_as_ready(rollout, member),
            Event::MonitorReport { slot, life } => self.monitor_report(slot, life),
            Event::LookedAt => {}
            Event::RollingStep { rolling } => self.rolling_step(rolling),
            Event::Worked { event } => self.on_event(*event),
        }
    }

    fn on_planned(&mut self, number: usize) {
        match &self.plan.events[number].action {
            PlannedAction::Start { member } => self.launch(*member),
            PlannedAction::Stop { member, stop } => self.stop(*member, *stop),
            PlannedAction::Hang { member, length } => self.hang(*member, *length),
            PlannedAction::Restart { member, stop, down, start_after } => {
                self.restart(*member, *stop, *down, *start_after);
            }
            PlannedAction::RollingRestart(rolling) => self.begin_rolling(rolling),
            PlannedAction::Rollout(rollout) => self.begin_rollout(rollout),
            PlannedAction::Change { member, to } => self.next_lives[member.0 as usize] = to,
            PlannedAction::MoveCoordinator { load } => self.move_coordinator(*load),
            PlannedAction::StopBroker { broker, is_clean } => self.stop_broker(number, *broker, *is_clean),
            PlannedAction::StartBroker { .. } => self.start_broker(number),
            PlannedAction::AddPartitions { .. } => {
                let at = self.now() + draw(&self.plan.environment.admin_call, &mut self.admin_calls);
                self.schedule(at, Event::Administered(number));
            }
            PlannedAction::ZooKeeperOutage { length } => self.zookeeper_outage(*length),
            PlannedAction::ZooKeeperPause { length } => self.zookeeper_pause(*length),
            PlannedAction::ZooKeeperReset { member, length } => self.reset_zookeeper(*member, *length),
            PlannedAction::ZooKeeperCut { member, length } => self.cut_from_zookeeper(*member, *length),
            PlannedAction::NetworkCut { member, .. } => self.network_is_cut(*member),
            PlannedAction::NetworkSlow { member, length, .. } => self.network_is_slow(*member, *length),
            PlannedAction::Describe => self.describe(),
        }
    }

    /// What the plan's event with this number asked for is done.
    fn on_administered(&mut self, number: usize) {
        if let PlannedAction::AddPartitions { topic, count } = &self.plan.events[number].action {
            // The next heartbeat of any member of a consumer group finds it.
            self.release_all();
            let now = self.now();
            self.broker.set_partitions(topic.clone(), *count, now);
            self.observe(timeline::Event::PartitionsAdded { topic, count: *count });
            for slot in self.slots() {
                self.topics_changed(slot);
            }
        }
    }

    /// What a coordinator's timer has to do waits its turn like a request: late, while everything is cold. So a first
    /// rebalance without a delay (`group.initial.rebalance.delay.ms`) takes in who joins within milliseconds.
    pub(crate) fn arm_broker(&mut self) {
        let due = self.broker.next_deadline();
        if self.broker_due.replace(due) == Some(due) {
            return;
        }
        let deadline = match is_cold(due) {
            true => due + draw(&self.plan.environment.cold_request, &mut self.cold_timers.at(due.as_nanos())),
            false => due,
        };
        let deadline = deadline.max(self.now()).as_nanos();
        self.queue.arm(self.broker_timer, deadline).expect("deadlines are not in the past");
    }

    /// Carries out what the broker wants.
    pub(crate) fn after_broker(&mut self) {
        let mut actions = std::mem::take(&mut self.broker_actions);
        for action in actions.drain(..) {
            match action {
                BrokerAction::Respond { connection, token, response } => self.respond(connection, token, response),
                BrokerAction::Append { through } => self.append(through),
                BrokerAction::Observe { event, .. } => self.on_group_event(&event),
            }
        }
        self.broker_actions = actions;
        self.arm_broker();
    }

    fn respond(&mut self, connection: ConnectionId, token: RequestToken, response: Response) {
        if self.producer_is_answered(connection, &response) {
            return;
        }
        let (slot, life) = self.connection_owners[connection.index()];
        let process = &mut self.processes[slot.index()];
        if !process.is_alive(life) {
            return;
        }
        let Some(place) = process.links.iter().position(|link| link.id == connection) else { return };
        let arrival = self.response_arrival(slot, place, &response);
        self.schedule_with(arrival, || Event::Response { slot, life, token, response });
    }

    /// Once a rebalance, in builds for tests: what must always be true of the coordinator is.
    fn check_coordinator(&self) {
        if cfg!(debug_assertions) {
            self.broker.coordinator().check();
        }
    }

    /// A new epoch makes everybody's next heartbeat count; a new target assignment is what a generation is to a classic
    /// group.
    fn on_consumer_group_event(&mut self, event: &ConsumerEvent) {
        match event {
            ConsumerEvent::EpochBumped { epoch, .. } => {
                self.release_all();
                self.observe(timeline::Event::GroupEpoch { epoch: Generation(*epoch) });
            }
            ConsumerEvent::AssignmentComputed { epoch, members, .. } => {
                self.check_coordinator();
                self.observe(timeline::Event::Generation { generation: Generation(*epoch), members: *members });
            }
            ConsumerEvent::Replaced { instance, .. } => self.release_namesakes(instance),
            ConsumerEvent::Converted { .. } => self.release_all(),
            _ => {}
        }
    }

    fn on_group_event(&mut self, event: &GroupEvent) {
        self.log_group_event(event);
        self.tell_group_event(event);
        match event {
            GroupEvent::PreparingRebalance { old_generation, reason } => {
                self.release_all();
                let reason = crate::reason::words(reason);
                self.observe(timeline::Event::Rebalancing { generation: *old_generation, reason: &reason });
            }
            GroupEvent::Stabilized { generation, members, .. } => {
                self.observe(timeline::Event::Generation { generation: *generation, members: *members });
            }
            GroupEvent::Completed { .. } => self.check_coordinator(),
            GroupEvent::OffsetsExpired { partitions } => self.offsets_expired(partitions),
            GroupEvent::MemberReplaced { instance, .. } => self.release_namesakes(instance),
            GroupEvent::Consumer(event) => self.on_consumer_group_event(event),
            _ => {}
        }
    }
}
