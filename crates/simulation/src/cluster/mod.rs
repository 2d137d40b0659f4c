//! The brokers: which of them lead which partitions, and for how long a partition is out of service when one goes.
//!
//! Contract: a function of the plan, worked out before the run begins: brokers go and come at planned times, and
//! nothing that members do changes that. Without such an event there is nothing to know.
//!
//! Source (KRaft, 4.3.0): `QuorumController.maybeFenceStaleBrokerPeriodNs` (a broker that has been silent for
//! `broker.session.timeout.ms` is fenced by a task that looks eight times in that time, so up to an eighth of it
//! later), `ClusterControlManager.registerBroker` (a broker that comes back is refused while its former session lasts;
//! when it registers, its former self is fenced if it is not yet), `BrokerLifecycleManager` (it tries again every
//! `broker.heartbeat.interval.ms`), `PartitionChangeBuilder` (a leader that is in sync and not fenced stays; else the
//! first such replica, in the order of the assignment, leads; the last of the in-sync replicas can lead again when it
//! is back), `Partition.maybeIncrementLeaderHW` (the high watermark waits for every replica in sync). So a broker that
//! is killed holds up all partitions that it has a replica of until it is fenced: those it leads have no leader, and
//! those that it follows let no record through. A broker that shuts down hands its partitions over first
//! (`controlled.shutdown.enable`).
//!
//! Left out: the election of preferred leaders every five minutes, the time a broker needs to catch up before it is in
//! sync again, `min.insync.replicas` above 1, unclean elections, readers that are behind (which could go on below the
//! high watermark while a follower is gone), and brokers with ZooKeeper: these find out as KRaft's do.

mod placement;

use std::collections::{BTreeMap, BTreeSet};

use engine::{Distribution, Rng, Stream, Streams};
use protocol::{BrokerId, SimDuration, SimTime, TopicName, TopicPartition};

use crate::environment::until_visible;
use crate::plan::{Plan, PlannedAction};
use crate::process::draw;
use placement::Placer;

/// The coordinator's broker at the beginning.
pub(crate) const FIRST_COORDINATOR: BrokerId = BrokerId(1);
/// `offsets.topic.replication.factor`.
const OFFSETS_REPLICAS: u16 = 3;
/// The controller looks so often for silent brokers while one session lasts
/// (`QuorumController.maybeFenceStaleBrokerPeriodNs`).
const LOOKS_A_SESSION: u64 = 8;
/// Clients try again after `retry.backoff.ms` …
const RETRY_BACKOFF: SimDuration = SimDuration::from_millis(100);
/// … doubled each time up to `retry.backoff.max.ms` (KIP-580).
const RETRY_BACKOFF_MAX: SimDuration = SimDuration::from_millis(1_000);

/// A time in which nothing can be appended to a partition, or nothing of what is appended can be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stoppage {
    pub(crate) from: SimTime,
    /// When brokers serve it again; never, if they do not.
    pub(crate) until: SimTime,
    /// When producers know and what they kept is appended.
    pub(crate) resumed: SimTime,
    /// Whether clients have to find another leader, or find theirs again.
    pub(crate) is_leaderless: bool,
    /// When its leader was killed and another one came.
    pub(crate) lost_leader: Option<SimTime>,
    /// What the leader that was killed had and its followers had not: records of so long a time.
    pub(crate) unreplicated: SimDuration,
    /// And what was on its way to it.
    pub(crate) in_flight: SimDuration,
}

/// What becomes of the brokers in a run.
pub(crate) struct Cluster {
    stoppages: BTreeMap<TopicPartition, Vec<Stoppage>>,
    /// By the number of the event: when the controller has acted on it, and everybody can know.
    settled: BTreeMap<usize, SimTime>,
    /// Who leads the partition of `__consumer_offsets` from when on, if somebody does.
    coordinators: BTreeMap<SimTime, Option<BrokerId>>,
}

/// A replicated partition.
struct Partition {
    replicas: Vec<BrokerId>,
    in_sync: Vec<BrokerId>,
    leader: Option<BrokerId>,
    /// The leader before the step that is being taken.
    former: Option<BrokerId>,
    stopped: Option<Stopped>,
}

impl Partition {
    /// The first of its replicas, in the order of the assignment, that is in sync and not fenced leads it.
    fn elect(&mut self, fenced: &BTreeSet<BrokerId>) {
        let is_fit = |broker: &&BrokerId| self.in_sync.contains(broker) && !fenced.contains(broker);
        self.leader = self.replicas.iter().find(is_fit).copied();
    }

    /// It is led if it can be, and then whoever is there is in sync; whether it is.
    fn is_led(&mut self, alive: &BTreeSet<BrokerId>, fenced: &BTreeSet<BrokerId>) -> bool {
        if self.leader.is_none() {
            self.elect(fenced);
        }
        let is_led = self.leader.is_some_and(|leader| alive.contains(&leader));
        if is_led {
            let back = self.replicas.iter().filter(|it| alive.contains(it) && !fenced.contains(it));
            let back: Vec<BrokerId> = back.filter(|it| !self.in_sync.contains(it)).copied().collect();
            self.in_sync.extend(back);
        }
        is_led
    }

    /// The controller takes a broker out of the in-sync replicas, unless it is the last, and out of the lead.
    fn fence(&mut self, broker: BrokerId, fenced: &BTreeSet<BrokerId>) {
        let others = self.in_sync.iter().any(|other| *other != broker && !fenced.contains(other));
        if self.in_sync.contains(&broker) && others {
            self.in_sync.retain(|other| *other != broker);
        }
        if self.leader == Some(broker) {
            self.elect(fenced);
            if let Some(stopped) = self.stopped.as_mut().filter(|_| self.leader.is_some()) {
                stopped.lost_leader = stopped.killed;
            }
        }
    }

    /// An administrator has the next of its replicas lead that can, in the order of the assignment.
    fn hand_on(&mut self, alive: &BTreeSet<BrokerId>) {
        let Some(place) = self.replicas.iter().position(|it| Some(*it) == self.leader) else { return };
        let (before, after) = self.replicas.split_at(place);
        let is_fit = |it: &&BrokerId| self.in_sync.contains(it) && alive.contains(it);
        if alive.contains(&after[0]) {
            self.leader = after[1..].iter().chain(before).find(is_fit).copied().or(self.leader);
        }
    }
}

/// Since when it is out of service, and why.
#[derive(Clone, Copy)]
struct Stopped {
    from: SimTime,
    is_leaderless: bool,
    /// When its leader was killed.
    killed: Option<SimTime>,
    lost_leader: Option<SimTime>,
}

impl Stopped {
    const fn at(from: SimTime) -> Self {
        Self { from, is_leaderless: false, killed: None, lost_leader: None }
    }

    const fn over(
        self,
        until: SimTime,
        resumed: SimTime,
        unreplicated: SimDuration,
        in_flight: SimDuration,
    ) -> Stoppage {
        let Self { from, is_leaderless, lost_leader, killed: _ } = self;
        Stoppage { from, until, resumed, is_leaderless, lost_leader, unreplicated, in_flight }
    }
}

/// What happens next to the brokers.
#[derive(Clone, Copy)]
enum Next {
    /// The planned event with this number.
    Planned(usize),
    /// The controller looks, and a broker has been silent for too long.
    Fenced(BrokerId),
    /// A broker registers, for the planned event with this number.
    Registered(BrokerId, usize),
}

/// Brokers and partitions while it is worked out what becomes of them.
struct Course<'p> {
    plan: &'p Plan,
    draws: Stream,
    placement: Stream,
    partitions: BTreeMap<TopicPartition, Partition>,
    /// The partition of `__consumer_offsets` whose leader is the coordinator.
    offsets: Partition,
    alive: BTreeSet<BrokerId>,
    fenced: BTreeSet<BrokerId>,
    /// When the controller first looks for brokers that have been silent; then again and again.
    first_look: SimDuration,
    /// When the session of a broker that was killed is over, and the number of the planned event that killed it.
    sessions: BTreeMap<BrokerId, (SimTime, usize)>,
    agenda: BTreeMap<(SimTime, usize), Next>,
    found: Cluster,
}

/// How long it takes a client that has tried for so long to find out that it may go on.
pub(crate) fn finding(tried: SimDuration, draws: &mut Stream) -> SimDuration {
    let backoff = (tried + RETRY_BACKOFF).min(RETRY_BACKOFF_MAX);
    draw(&Distribution::Uniform { lo: 0, hi: backoff.as_nanos() }, draws)
}

/// How often the controller looks for brokers that have been silent for too long.
fn period_of_looks(plan: &Plan) -> SimDuration {
    (plan.broker.session_timeout / LOOKS_A_SESSION).max(SimDuration::from_millis(1))
}

/// The replicas of the partition of `__consumer_offsets`: the first coordinator's broker and those after it.
pub(crate) fn offsets_replicas(plan: &Plan) -> impl Iterator<Item = BrokerId> {
    let count = plan.broker.count.clamp(1, OFFSETS_REPLICAS);
    (FIRST_COORDINATOR.0..).take(usize::from(count)).map(BrokerId)
}

/// That partition, all replicas in sync.
fn offsets(plan: &Plan) -> Partition {
    let replicas: Vec<BrokerId> = offsets_replicas(plan).collect();
    let leader = Some(FIRST_COORDINATOR);
    Partition { in_sync: replicas.clone(), replicas, leader, former: leader, stopped: None }
}

/// Whether anything happens to brokers.
pub(crate) fn is_eventful(plan: &Plan) -> bool {
    plan.events.iter().any(|event| matches!(event.action, PlannedAction::StopBroker { .. }))
}

impl Cluster {
    /// What becomes of them; nothing, if nothing happens to any.
    pub(crate) fn new(plan: &Plan, streams: &Streams) -> Option<Self> {
        if !is_eventful(plan) {
            return None;
        }
        let period = Distribution::Uniform { lo: 0, hi: period_of_looks(plan).as_nanos() };
        let mut course = Course {
            plan,
            first_look: draw(&period, &mut streams.stream("looks for silent brokers")),
            draws: streams.stream("brokers"),
            placement: streams.stream("placement of replicas"),
            partitions: BTreeMap::new(),
            offsets: offsets(plan),
            alive: (1..=i32::from(plan.broker.count)).map(BrokerId).collect(),
            fenced: BTreeSet::new(),
            sessions: BTreeMap::new(),
            agenda: BTreeMap::new(),
            found: Self { stoppages: BTreeMap::new(), settled: BTreeMap::new(), coordinators: BTreeMap::new() },
        };
        for topic in &plan.topics {
            course.grow(&topic.name, topic.partitions);
        }
        for (number, event) in plan.events.iter().enumerate() {
            course.agenda.insert((event.at, number), Next::Planned(number));
        }
        while let Some(((at, _), next)) = course.agenda.pop_first() {
            course.step(at, next);
        }
        course.finish();
        Some(course.found)
    }

    /// When a partition is out of service.
    pub(crate) fn stoppages(&self, partition: &TopicPartition) -> &[Stoppage] {
        self.stoppages.get(partition).map_or(&[], Vec::as_slice)
    }

    /// When the controller has acted on the planned event with this number, and everybody can know.
    pub(crate) fn settled(&self, number: usize) -> SimTime {
        self.settled.get(&number).copied().unwrap_or(SimTime::NEVER)
    }

    /// Who leads the partition of `__consumer_offsets`, if somebody does.
    pub(crate) fn coordinator(&self, at: SimTime) -> Option<BrokerId> {
        self.coordinators.range(..=at).next_back().map_or(Some(FIRST_COORDINATOR), |(_, leader)| *leader)
    }

    /// How many partitions are out of service from this moment on, and for how long at the longest, until `end`.
    pub(crate) fn stopped_at(&self, at: SimTime, end: SimTime) -> (u64, SimDuration) {
        let begun = self.stoppages.values().flatten().filter(|stoppage| stoppage.from == at);
        begun.fold((0, SimDuration::ZERO), |(count, longest), stoppage| {
            (count + 1, longest.max(stoppage.until.min(end).since(at)))
        })
    }
}

impl Course<'_> {
    fn step(&mut self, at: SimTime, next: Next) {
        for partition in self.partitions.values_mut() {
            partition.former = partition.leader;
        }
        let settled = at + draw(&self.plan.environment.admin_call, &mut self.draws);
        match next {
            Next::Planned(number) => self.planned(at, number, settled),
            // One that has come back and gone again has another session.
            Next::Fenced(broker) if self.sessions.get(&broker).is_none_or(|(over, _)| *over > at) => {}
            Next::Fenced(broker) => self.end_session(broker, settled),
            Next::Registered(broker, number) => {
                self.end_session(broker, settled);
                self.alive.insert(broker);
                self.fenced.remove(&broker);
                self.found.settled.insert(number, settled);
            }
        }
        self.judge(at, settled);
        let is_led = self.offsets.is_led(&self.alive, &self.fenced);
        self.found.coordinators.insert(at, self.offsets.leader.filter(|_| is_led));
    }

    fn planned(&mut self, at: SimTime, number: usize, settled: SimTime) {
        match &self.plan.events[number].action {
            PlannedAction::AddPartitions { topic, count } => self.grow(topic, *count),
            PlannedAction::MoveCoordinator { .. } => self.offsets.hand_on(&self.alive),
            PlannedAction::StopBroker { broker, .. } if !self.alive.contains(broker) => {
                // It had not registered yet, so nobody knew that it was back.
                self.agenda.retain(|_, next| !matches!(next, Next::Registered(other, _) if other == broker));
                self.found.settled.insert(number, settled);
            }
            PlannedAction::StopBroker { broker, is_clean: true } => {
                self.alive.remove(broker);
                self.fence(*broker);
                self.found.settled.insert(number, settled);
            }
            PlannedAction::StopBroker { broker, is_clean: false } => {
                self.alive.remove(broker);
                // The last heartbeat was heard some time ago.
                let ago = Distribution::Uniform { lo: 0, hi: self.plan.broker.heartbeat_interval.as_nanos() };
                let over = at + self.plan.broker.session_timeout.saturating_sub(draw(&ago, &mut self.draws));
                self.sessions.insert(*broker, (over, number));
                self.agenda.insert((self.look_after(over), number), Next::Fenced(*broker));
                for partition in self.partitions.values_mut().filter(|it| it.leader == Some(*broker)) {
                    let stopped = partition.stopped.get_or_insert(Stopped::at(at));
                    stopped.killed = Some(at);
                }
            }
            PlannedAction::StartBroker { broker } => {
                let wait = self.sessions.get(broker).map_or(SimDuration::ZERO, |(over, _)| over.since(at));
                let every = self.plan.broker.heartbeat_interval.max(SimDuration::from_millis(1));
                let at = at + every * wait.as_nanos().div_ceil(every.as_nanos());
                self.agenda.insert((at, self.plan.events.len() + number), Next::Registered(*broker, number));
            }
            _ => {}
        }
    }

    /// When the controller looks for silent brokers after this moment.
    fn look_after(&self, at: SimTime) -> SimTime {
        let (period, first) = (period_of_looks(self.plan), SimTime::ZERO + self.first_look);
        first + period * at.since(first).as_nanos().div_ceil(period.as_nanos())
    }

    /// The session of a broker that was killed counts as over, unless it did before.
    fn end_session(&mut self, broker: BrokerId, settled: SimTime) {
        if let Some((_, number)) = self.sessions.remove(&broker) {
            self.fence(broker);
            self.found.settled.insert(number, settled);
        }
    }

    /// A topic has so many partitions from now on.
    fn grow(&mut self, topic: &TopicName, count: i32) {
        let planned = self.plan.topics.iter().find(|planned| planned.name == *topic);
        let replicas = planned.map_or(1, |topic| topic.replicas);
        let name = |number: i32| TopicPartition::new(topic.clone(), number);
        let there = (0..).take_while(|number| self.partitions.contains_key(&name(*number))).count();
        let there = i32::try_from(there).expect("partitions are counted in 31 bits");
        let brokers = self.plan.broker.count;
        let last = self.partitions.get(&name(there - 1)).map(|partition| partition.replicas[0]);
        let mut placer = match last {
            Some(leader) => Placer::after(brokers, leader),
            None => Placer::new(brokers, &mut self.placement),
        };
        for number in there..count {
            let replicas = placer.place(replicas, &mut self.placement);
            let mut in_sync = replicas.clone();
            in_sync.retain(|broker| !self.fenced.contains(broker));
            let leader = in_sync.first().copied();
            let partition = Partition { replicas, in_sync, leader, former: leader, stopped: None };
            self.partitions.insert(name(number), partition);
        }
    }

    /// The controller takes a broker out of all in-sync replicas, and gives what it leads to others.
    fn fence(&mut self, broker: BrokerId) {
        self.fenced.insert(broker);
        for partition in self.partitions.values_mut().chain([&mut self.offsets]) {
            partition.fence(broker, &self.fenced);
        }
    }

    /// Who is in service and who is not, after a step at `at` that everybody can know of at `settled`.
    fn judge(&mut self, at: SimTime, settled: SimTime) {
        let environment = &self.plan.environment;
        let unreplicated = until_visible(environment, 2, &mut self.draws);
        let in_flight = draw(&environment.one_way, &mut self.draws);
        let (alive, fenced) = (&self.alive, &self.fenced);
        let mut chance = self.draws.clone();
        for (name, partition) in &mut self.partitions {
            let is_led = partition.is_led(alive, fenced);
            let serves = is_led && partition.in_sync.iter().all(|broker| alive.contains(broker));
            let has_moved = partition.former != partition.leader;
            if !serves || has_moved {
                partition.stopped.get_or_insert(Stopped::at(at)).is_leaderless |= has_moved || !is_led;
            }
            if let Some(stopped) = partition.stopped.take_if(|_| serves) {
                let found = match stopped.is_leaderless {
                    true => finding(settled.since(stopped.from), &mut chance.clone()),
                    false => SimDuration::ZERO,
                };
                let stoppage = stopped.over(settled, settled + found, unreplicated, in_flight);
                self.found.stoppages.entry(name.clone()).or_default().push(stoppage);
            }
        }
        // One number for all: a producer finds all leaders of a broker's partitions at once.
        chance.next_u64();
        self.draws = chance;
    }

    /// What is out of service stays so.
    fn finish(&mut self) {
        for (name, partition) in &self.partitions {
            let Some(stopped) = partition.stopped else { continue };
            let never = SimTime::NEVER;
            let stoppage = stopped.over(never, never, SimDuration::ZERO, SimDuration::ZERO);
            self.found.stoppages.entry(name.clone()).or_default().push(stoppage);
        }
    }
}
