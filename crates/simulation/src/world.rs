//! The wiring of a run: what happens next, and who is told.
//!
//! ```text
//!   plan ──► Planned ──► processes ──Send──► transport ──Request──► broker ──► coordinator
//!                            ▲                                         │
//!                            └────────── Response ◄── transport ◄──────┘
//! ```
//!
//! Contract: every change comes from one event of the queue or one deadline of a machine; whatever a machine wants done is
//! carried out at once, in order. Members and coordinator meet only in messages.

use std::sync::Arc;

use broker::{Broker, BrokerAction, ConnectionId};
use coordinator::GroupEvent;
use engine::{Fired, InstantGuard, Queue, Streams, TimerId};
use member::classic::Identity;
use member::{Action, ClassicMember, Context, Observation};
use protocol::message::{Request, Response};
use protocol::{BrokerId, ClientHost, ClientId, InstanceId, Offset, RequestToken, SimTime};
use std::collections::BTreeMap;
use timeline::{Cast, MemberIndex, Measurer, Observer, Outcome};

use crate::ids::DrawnIds;
use crate::plan::{Plan, PlannedAction, Stop};
use crate::process::{Life, MemberDraws, Process, ProcessSurroundings, Status, draw};
use crate::quiet::Quiet;
use crate::rolling::Rolling;

/// More events than this at one instant are taken for an endless loop.
const EVENTS_AT_ONE_INSTANT_MAX: u64 = 50_000_000;
/// The one broker's node id.
const BROKER: BrokerId = BrokerId(1);

/// Why a run was broken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// Too much happened without time passing.
    EndlessInstant {
        /// When.
        at: SimTime,
    },
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::EndlessInstant { at } => {
                write!(f, "at {at} more than {EVENTS_AT_ONE_INSTANT_MAX} events happened without time passing")
            }
        }
    }
}

impl std::error::Error for RunError {}

/// What the queue holds.
pub(crate) enum Event {
    /// The plan's event with this number is due.
    Planned(usize),
    /// A process starts.
    Launch { member: u32 },
    /// Its consumer polls for the first time.
    FirstPoll { member: u32, life: Life },
    /// Its application enters `poll`.
    EnterPoll { member: u32, life: Life },
    /// Its application polls again after a hang.
    HangOver { member: u32, life: Life },
    /// The time given for a clean stop is over.
    GraceOver { member: u32, life: Life },
    /// A request reaches the coordinator.
    Request { member: u32, life: Life, connection: ConnectionId, token: RequestToken, request: Box<Request> },
    /// An answer is acted on by its client.
    Response { member: u32, life: Life, token: RequestToken, response: Box<Response> },
    /// The high watermark of the coordinator's log passes this offset.
    Committed { through: Offset },
    /// The next step of a rolling restart.
    RollingStep { rolling: usize },
}

/// A run under way.
pub struct World<'p, O> {
    pub(crate) plan: &'p Plan,
    pub(crate) queue: Queue<Event>,
    streams: Streams,
    pub(crate) broker: Broker,
    broker_timer: TimerId,
    ids: DrawnIds,
    log_appends: engine::Stream,
    last_commit: SimTime,
    pub(crate) processes: Vec<Process>,
    /// Which process each timer belongs to, by the timer's index.
    timer_owners: Vec<Option<u32>>,
    /// Which process each connection belongs to, by the connection's index.
    pub(crate) connection_owners: Vec<(u32, Life)>,
    pub(crate) instances: BTreeMap<InstanceId, Vec<u32>>,
    pub(crate) rollings: Vec<Rolling>,
    pub(crate) quiet: Quiet,
    pub(crate) observer: O,
    broker_actions: Vec<BrokerAction>,
    member_actions: Vec<Action>,
}

/// Runs `plan` and measures it.
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
    Ok((Outcome::new(&plan.name, plan.seed, &cast, &measurer.finish()), observer))
}

/// Who and what a plan is about.
pub fn cast(plan: &Plan) -> Cast {
    let read = |topic: &&crate::plan::TopicPlan| plan.members.iter().any(|member| member.topics.contains(&topic.name));
    Cast {
        members: plan.members.iter().map(|member| member.name.clone()).collect(),
        topics: plan.topics.iter().filter(read).map(|topic| (topic.name.clone(), topic.partitions)).collect(),
        from: plan.measure_from,
        end: plan.end,
    }
}

impl<'p, O: Observer> World<'p, O> {
    fn new(plan: &'p Plan, observer: O) -> Self {
        let mut queue = Queue::new();
        let streams = Streams::new(plan.seed);
        let topics = plan.topics.iter().map(|topic| (topic.name.clone(), topic.partitions));
        let broker = Broker::new(BROKER, plan.broker.version, plan.broker.group, topics, SimTime::ZERO);
        let broker_timer = queue.new_timer();
        let mut world = Self {
            plan,
            queue,
            streams,
            broker,
            broker_timer,
            ids: DrawnIds(streams.stream("member ids")),
            log_appends: streams.stream("log appends"),
            last_commit: SimTime::ZERO,
            processes: Vec::with_capacity(plan.members.len()),
            timer_owners: vec![None],
            connection_owners: Vec::new(),
            instances: BTreeMap::new(),
            rollings: Vec::new(),
            quiet: Quiet::new(plan.members.len()),
            observer,
            broker_actions: Vec::new(),
            member_actions: Vec::new(),
        };
        for number in 0..plan.members.len() {
            world.add_process(number);
        }
        for (number, event) in plan.events.iter().enumerate() {
            world.schedule(event.at, Event::Planned(number));
        }
        world
    }

    fn add_process(&mut self, number: usize) {
        let member = u32::try_from(number).expect("fewer than 2^32 members");
        let label = u64::from(member);
        let timer = self.queue.new_timer();
        if self.timer_owners.len() <= timer.index() {
            self.timer_owners.resize(timer.index() + 1, None);
        }
        self.timer_owners[timer.index()] = Some(member);
        if let Some(instance) = &self.plan.members[number].config.instance_id {
            self.instances.entry(instance.clone()).or_default().push(member);
        }
        self.processes.push(Process {
            life: Life(0),
            status: Status::Down,
            consumer: None,
            timer,
            links: Vec::new(),
            draws: MemberDraws {
                network: self.streams.indexed("network", label),
                steps: self.streams.indexed("client steps", label),
                application: self.streams.indexed("application", label),
                heartbeats: self.streams.indexed_draws("heartbeats", label),
                commits: self.streams.indexed_draws("commits", label),
            },
            poll_scheduled: false,
            busy_until: SimTime::ZERO,
            restart_at: None,
        });
    }

    fn run(&mut self) -> Result<(), RunError> {
        let end = self.plan.end.as_nanos();
        let mut guard = InstantGuard::new(EVENTS_AT_ONE_INSTANT_MAX);
        while let Some((at, fired)) = self.queue.pop_until(end) {
            if !guard.admit(at) {
                return Err(RunError::EndlessInstant { at: SimTime::from_nanos(at) });
            }
            match fired {
                Fired::Event(event) => self.on_event(event),
                Fired::Timer(timer) => match self.timer_owners[timer.index()] {
                    Some(member) => self.with_consumer(member, ClassicMember::on_deadline),
                    None => {
                        let now = self.now();
                        self.broker.on_deadline(now, &mut self.ids, &mut self.broker_actions);
                        self.after_broker();
                    }
                },
            }
        }
        Ok(())
    }

    pub(crate) fn now(&self) -> SimTime {
        SimTime::from_nanos(self.queue.now())
    }

    pub(crate) fn schedule(&mut self, at: SimTime, event: Event) {
        if self.queue.schedule(at.as_nanos(), event).is_err() {
            panic!("something was scheduled for {at}, before {}", self.now());
        }
    }

    pub(crate) fn observe(&mut self, event: timeline::Event<'_>) {
        let now = self.now();
        self.observer.observe(now, event);
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Planned(number) => self.on_planned(number),
            Event::Launch { member } => self.launch(member),
            Event::FirstPoll { member, life } => {
                if self.processes[member as usize].is_alive(life) {
                    self.processes[member as usize].status = Status::Running;
                    self.with_consumer(member, ClassicMember::start);
                }
            }
            Event::EnterPoll { member, life } => self.enter_poll(member, life),
            Event::HangOver { member, life } => self.hang_over(member, life),
            Event::GraceOver { member, life } => {
                if self.processes[member as usize].is_alive(life) {
                    self.kill(member);
                }
            }
            Event::Request { member, life, connection, token, request } => {
                let process = &mut self.processes[member as usize];
                if process.life == life || self.connection_owners[connection.index()] == (member, life) {
                    let now = self.now();
                    self.broker.handle(connection, token, *request, now, &mut self.ids, &mut self.broker_actions);
                    self.after_broker();
                }
            }
            Event::Response { member, life, token, response } => {
                if self.processes[member as usize].is_alive(life) {
                    self.with_consumer(member, |consumer, cx| consumer.on_response(token, *response, cx));
                }
            }
            Event::Committed { through } => {
                let now = self.now();
                self.broker.committed(through, now, &mut self.ids, &mut self.broker_actions);
                self.after_broker();
            }
            Event::RollingStep { rolling } => self.rolling_step(rolling),
        }
    }

    fn on_planned(&mut self, number: usize) {
        match &self.plan.events[number].action {
            PlannedAction::Start { member } => self.launch(member.0),
            PlannedAction::Stop { member, stop } => self.stop(member.0, *stop),
            PlannedAction::Hang { member, length } => self.hang(member.0, *length),
            PlannedAction::Restart { member, stop, down } => self.restart(member.0, *stop, *down),
            PlannedAction::RollingRestart(rolling) => self.begin_rolling(rolling),
            PlannedAction::AddPartitions { topic, count } => {
                self.broker.set_partitions(topic.clone(), *count);
                self.observe(timeline::Event::PartitionsAdded { topic, count: *count });
                for member in 0..self.processes.len() {
                    self.topics_changed(u32::try_from(member).expect("fewer than 2^32 members"));
                }
            }
            PlannedAction::Describe => {
                let (state, members) = self.broker.coordinator().summary(&self.plan.group);
                self.observe(timeline::Event::Described { state, members });
            }
        }
    }

    /// A process starts, unless one of that name is alive.
    pub(crate) fn launch(&mut self, member: u32) {
        let plan = &self.plan.members[member as usize];
        let process = &mut self.processes[member as usize];
        if process.status != Status::Down {
            return;
        }
        process.life = Life(process.life.0 + 1);
        process.status = Status::Starting;
        process.restart_at = None;
        process.busy_until = SimTime::ZERO;
        let life = process.life;
        let start = draw(&plan.application.start_up, &mut process.draws.application)
            + draw(&self.plan.environment.client_start, &mut process.draws.steps);
        let mut consumer = ClassicMember::new(
            plan.config.clone(),
            Identity {
                group: self.plan.group.clone(),
                client_id: ClientId::new(&plan.name),
                client_host: ClientHost::new("/127.0.0.1"),
                topics: Arc::from(plan.topics.as_slice()),
            },
        );
        consumer.set_backlogged(plan.application.batch_processing.max() > 0);
        process.consumer = Some(consumer);
        self.observe(timeline::Event::Started { member: MemberIndex(member) });
        let first_poll = self.now() + start;
        self.schedule(first_poll, Event::FirstPoll { member, life });
    }

    /// A process is told to end.
    pub(crate) fn stop(&mut self, member: u32, stop: Stop) {
        let status = self.processes[member as usize].status;
        match stop {
            Stop::Kill if status != Status::Down => self.kill(member),
            Stop::Close { .. } if status == Status::Starting => self.end_process(member),
            Stop::Close { grace } if matches!(status, Status::Running | Status::Hung) => {
                let life = self.processes[member as usize].life;
                self.observe(timeline::Event::Closing { member: MemberIndex(member) });
                let was_hung = status == Status::Hung;
                self.processes[member as usize].status = Status::Closing;
                let over = self.now() + grace;
                self.schedule(over, Event::GraceOver { member, life });
                let busy_until = self.next_poll_entry(member);
                if was_hung {
                    return;
                }
                if busy_until > self.now() {
                    self.schedule_poll(member, busy_until);
                } else {
                    self.with_consumer(member, ClassicMember::close);
                }
            }
            Stop::Kill | Stop::Close { .. } => {}
        }
    }

    /// The process is gone without a word.
    fn kill(&mut self, member: u32) {
        self.release(member);
        self.observe(timeline::Event::Killed { member: MemberIndex(member) });
        self.end_process(member);
    }

    /// The process has ended, one way or another; its next life may be waiting.
    fn end_process(&mut self, member: u32) {
        let now = self.now();
        let process = &mut self.processes[member as usize];
        process.status = Status::Down;
        process.consumer = None;
        process.poll_scheduled = false;
        self.queue.disarm(process.timer);
        let links = std::mem::take(&mut process.links);
        let restart = process.restart_at.take();
        for link in links {
            self.broker.disconnect(link.id);
        }
        if let Some(at) = restart {
            self.schedule(at.max(now), Event::Launch { member });
        }
    }

    fn hang(&mut self, member: u32, length: protocol::SimDuration) {
        if self.processes[member as usize].status != Status::Running {
            return;
        }
        self.release(member);
        self.processes[member as usize].status = Status::Hung;
        let life = self.processes[member as usize].life;
        self.observe(timeline::Event::Hung { member: MemberIndex(member) });
        self.with_consumer(member, ClassicMember::away);
        let over = self.now() + length;
        self.schedule(over, Event::HangOver { member, life });
    }

    fn hang_over(&mut self, member: u32, life: Life) {
        let process = &mut self.processes[member as usize];
        if !process.is_alive(life) {
            return;
        }
        match process.status {
            Status::Hung => {
                process.status = Status::Running;
                self.observe(timeline::Event::HangOver { member: MemberIndex(member) });
                self.with_consumer(member, ClassicMember::poll);
            }
            Status::Closing => self.with_consumer(member, ClassicMember::close),
            Status::Down | Status::Starting | Status::Running => {}
        }
    }

    fn enter_poll(&mut self, member: u32, life: Life) {
        let process = &mut self.processes[member as usize];
        if !process.is_alive(life) {
            return;
        }
        process.poll_scheduled = false;
        match process.status {
            Status::Running => self.with_consumer(member, ClassicMember::poll),
            Status::Closing => self.with_consumer(member, ClassicMember::close),
            Status::Down | Status::Starting | Status::Hung => {}
        }
    }

    fn topics_changed(&mut self, member: u32) {
        let now = self.now();
        if let Some(consumer) = &mut self.processes[member as usize].consumer {
            consumer.topics_changed(now);
            self.arm_consumer(member);
        }
    }

    /// Calls a member's consumer, then carries out what it wants.
    pub(crate) fn with_consumer(&mut self, member: u32, input: impl FnOnce(&mut ClassicMember, &mut Context<'_>)) {
        let now = self.now();
        self.with_consumer_at(member, now, input);
    }

    /// The same at a time that may be past: messages then leave at that time.
    pub(crate) fn with_consumer_at(
        &mut self,
        member: u32,
        at: SimTime,
        input: impl FnOnce(&mut ClassicMember, &mut Context<'_>),
    ) {
        let plan = self.plan;
        let process = &mut self.processes[member as usize];
        let Some(consumer) = &mut process.consumer else { return };
        let mut actions = std::mem::take(&mut self.member_actions);
        let mut surroundings = ProcessSurroundings {
            environment: &plan.environment,
            application: &plan.members[member as usize].application,
            draws: &mut process.draws,
        };
        input(consumer, &mut Context { now: at, surroundings: &mut surroundings, out: &mut actions });
        for action in actions.drain(..) {
            match action {
                Action::Send { to, token, request } => self.send(member, to, token, request, at),
                Action::Disconnect(to) => self.disconnect(member, to),
                Action::Observe(observation) => self.on_observation(member, observation),
            }
        }
        self.member_actions = actions;
        self.arm_consumer(member);
        self.look_after(member);
    }

    fn disconnect(&mut self, member: u32, to: member::Destination) {
        let links = &mut self.processes[member as usize].links;
        if let Some(place) = links.iter().position(|link| link.to == to) {
            let link = links.remove(place);
            self.broker.disconnect(link.id);
        }
    }

    fn on_observation(&mut self, member: u32, observation: Observation) {
        let index = MemberIndex(member);
        match observation {
            Observation::Assigned { partitions, generation, total } => {
                self.observe(timeline::Event::Assigned { member: index, partitions: &partitions, generation, total });
            }
            Observation::Revoked { partitions, generation } => {
                self.observe(timeline::Event::Revoked { member: index, partitions: &partitions, generation });
            }
            Observation::Lost { partitions, generation } => {
                self.observe(timeline::Event::Lost { member: index, partitions: &partitions, generation });
            }
            Observation::Failed { error } => {
                self.observe(timeline::Event::Failed { member: index, error: error.name() });
            }
            Observation::Closed => self.observe(timeline::Event::Closed { member: index }),
            Observation::DeliveryPaused | Observation::Fetching { .. } => {}
        }
    }

    /// After a consumer has acted: does it need its application, is it ready, quiet, or gone?
    fn look_after(&mut self, member: u32) {
        let process = &self.processes[member as usize];
        let Some(consumer) = &process.consumer else { return };
        if consumer.is_ended() {
            let failed = !consumer.is_closing();
            if failed {
                self.observe(timeline::Event::Closed { member: MemberIndex(member) });
            }
            self.end_process(member);
            return;
        }
        if consumer.wants_poll() && process.status == Status::Running && !process.poll_scheduled {
            let at = self.next_poll_entry(member);
            self.schedule_poll(member, at);
        }
        if consumer_is_ready(&self.processes[member as usize]) {
            self.member_is_ready(member);
        }
        self.hold_if_quiet(member);
    }

    /// When the application next enters `poll`: the batch in hand ends at a moment nobody followed, so it is drawn.
    fn next_poll_entry(&mut self, member: u32) -> SimTime {
        let now = self.now();
        let batch = &self.plan.members[member as usize].application.batch_processing;
        let process = &mut self.processes[member as usize];
        let delivering = process.consumer.as_ref().is_some_and(ClassicMember::is_delivering);
        if batch.max() == 0 || !delivering {
            return now;
        }
        if process.busy_until <= now {
            let length = draw(batch, &mut process.draws.application);
            let rest = engine::Distribution::Uniform { lo: 0, hi: length.as_nanos() };
            process.busy_until = now + draw(&rest, &mut process.draws.application);
        }
        process.busy_until
    }

    fn schedule_poll(&mut self, member: u32, at: SimTime) {
        let process = &mut self.processes[member as usize];
        process.poll_scheduled = true;
        let life = process.life;
        self.schedule(at, Event::EnterPoll { member, life });
    }

    pub(crate) fn arm_consumer(&mut self, member: u32) {
        let now = self.now();
        let process = &self.processes[member as usize];
        let Some(consumer) = &process.consumer else { return };
        let deadline = consumer.next_deadline();
        let deadline = if deadline == SimTime::NEVER { engine::NEVER } else { deadline.max(now).as_nanos() };
        self.queue.arm(process.timer, deadline).expect("deadlines are not in the past");
    }

    fn arm_broker(&mut self) {
        let deadline = self.broker.next_deadline().max(self.now()).as_nanos();
        self.queue.arm(self.broker_timer, deadline).expect("deadlines are not in the past");
    }

    /// Carries out what the broker wants.
    pub(crate) fn after_broker(&mut self) {
        let mut actions = std::mem::take(&mut self.broker_actions);
        for action in actions.drain(..) {
            match action {
                BrokerAction::Respond { connection, token, response } => self.respond(connection, token, response),
                BrokerAction::Append { through } => {
                    let delay = draw(&self.plan.environment.log_append, &mut self.log_appends);
                    self.last_commit = (self.now() + delay).max(self.last_commit);
                    self.schedule(self.last_commit, Event::Committed { through });
                }
                BrokerAction::Observe { event, .. } => self.on_group_event(&event),
            }
        }
        self.broker_actions = actions;
        self.arm_broker();
    }

    fn respond(&mut self, connection: ConnectionId, token: RequestToken, response: Response) {
        let (member, life) = self.connection_owners[connection.index()];
        let process = &mut self.processes[member as usize];
        if !process.is_alive(life) {
            return;
        }
        let Some(place) = process.links.iter().position(|link| link.id == connection) else { return };
        let arrival = self.response_arrival(member, place, &response);
        self.schedule(arrival, Event::Response { member, life, token, response: Box::new(response) });
    }

    fn on_group_event(&mut self, event: &GroupEvent) {
        match event {
            GroupEvent::PreparingRebalance { old_generation, reason } => {
                self.release_all();
                let reason = reason.to_string();
                self.observe(timeline::Event::Rebalancing { generation: *old_generation, reason: &reason });
            }
            GroupEvent::Stabilized { generation, members, .. } => {
                self.observe(timeline::Event::Generation { generation: *generation, members: *members });
            }
            GroupEvent::MemberReplaced { instance, .. } => self.release_namesakes(instance),
            _ => {}
        }
    }
}

/// Whether a running member has its assignment and nothing left to do for it.
fn consumer_is_ready(process: &Process) -> bool {
    process.status == Status::Running && process.consumer.as_ref().is_some_and(ClassicMember::is_ready)
}
