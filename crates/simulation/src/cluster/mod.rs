//! The brokers: which of them lead which partitions, and for how long a partition is out of service when one goes.
//!
//! Contract: a function of the plan, worked out before the run begins: brokers go and come at planned times, and
//! nothing that members do changes that. Without such an event there is nothing to know.
//!
//! Source (KRaft, 4.3.0): `ClusterControlManager` and `BrokerHeartbeatManager` (a broker that is silent for
//! `broker.session.timeout.ms` is fenced; one that comes back registers anew only once its former session is over;
//! `kafka.server.ControllerServer`), `PartitionChangeBuilder` (the new leader is the first replica, in the order of
//! the assignment, that is in sync and not fenced; a fenced replica leaves the in-sync replicas unless it is the last),
//! `Partition.maybeIncrementLeaderHW` (the high watermark waits for every replica in sync). So a broker that is killed
//! holds up all partitions that it has a replica of until it is fenced: those it leads have no leader, and those that
//! it follows let no record through. A broker that shuts down hands its partitions over first
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
    /// The controller gives up a broker, for the planned event with this number.
    Fenced(BrokerId, usize),
    /// A broker registers, for the planned event with this number.
    Registered(BrokerId, usize),
}

/// Brokers and partitions while it is worked out what becomes of them.
struct Course<'p> {
    plan: &'p Plan,
    draws: Stream,
    placement: Stream,
    partitions: BTreeMap<TopicPartition, Partition>,
    alive: BTreeSet<BrokerId>,
    fenced: BTreeSet<BrokerId>,
    /// When the session of a broker that was killed is over.
    sessions: BTreeMap<BrokerId, SimTime>,
    agenda: BTreeMap<(SimTime, usize), Next>,
    found: Cluster,
}

/// How long it takes a client that has tried for so long to find out that it may go on.
pub(crate) fn finding(tried: SimDuration, draws: &mut Stream) -> SimDuration {
    let backoff = (tried + RETRY_BACKOFF).min(RETRY_BACKOFF_MAX);
    draw(&Distribution::Uniform { lo: 0, hi: backoff.as_nanos() }, draws)
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
        let mut course = Course {
            plan,
            draws: streams.stream("brokers"),
            placement: streams.stream("placement of replicas"),
            partitions: BTreeMap::new(),
            alive: (1..=i32::from(plan.broker.count)).map(BrokerId).collect(),
            fenced: BTreeSet::new(),
            sessions: BTreeMap::new(),
            agenda: BTreeMap::new(),
            found: Self { stoppages: BTreeMap::new(), settled: BTreeMap::new() },
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
            Next::Fenced(broker, number) => {
                self.fence(broker);
                self.found.settled.insert(number, settled);
            }
            Next::Registered(broker, number) => {
                self.alive.insert(broker);
                self.fenced.remove(&broker);
                self.found.settled.insert(number, settled);
            }
        }
        self.judge(at, settled);
    }

    fn planned(&mut self, at: SimTime, number: usize, settled: SimTime) {
        match &self.plan.events[number].action {
            PlannedAction::AddPartitions { topic, count } => self.grow(topic, *count),
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
                self.sessions.insert(*broker, over);
                self.agenda.insert((over, number), Next::Fenced(*broker, number));
                for partition in self.partitions.values_mut().filter(|it| it.leader == Some(*broker)) {
                    let stopped = partition.stopped.get_or_insert(Stopped::at(at));
                    stopped.killed = Some(at);
                }
            }
            PlannedAction::StartBroker { broker } => {
                let at = at.max(self.sessions.remove(broker).unwrap_or(at));
                self.agenda.insert((at, self.plan.events.len() + number), Next::Registered(*broker, number));
            }
            _ => {}
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
        for partition in self.partitions.values_mut() {
            let others = partition.in_sync.iter().any(|other| *other != broker && !self.fenced.contains(other));
            if partition.in_sync.contains(&broker) && others {
                partition.in_sync.retain(|other| *other != broker);
            }
            if partition.leader == Some(broker) {
                partition.elect(&self.fenced);
                if let Some(stopped) = partition.stopped.as_mut().filter(|_| partition.leader.is_some()) {
                    stopped.lost_leader = stopped.killed;
                }
            }
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
            if partition.leader.is_none() {
                partition.elect(fenced);
            }
            let is_led = partition.leader.is_some_and(|leader| alive.contains(&leader));
            if is_led {
                let back = partition.replicas.iter().filter(|it| alive.contains(it) && !fenced.contains(it));
                let back: Vec<BrokerId> = back.filter(|it| !partition.in_sync.contains(it)).copied().collect();
                partition.in_sync.extend(back);
            }
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
