//! What a coordinator's work costs by itself: no network, no clients, no log behind it.
//!
//! - `heartbeats`: a stable group of N members, heard of in turn every 3 s; what each costs, timers included.
//! - `spared`: the same group while its sessions are held: the question whether a heartbeat would be good.
//! - `rebalance`: all N members of a stable group join again and fetch their assignments; per member.
//! - `load`: a group of N members is read from its last record; per member.
//!
//! The hash of all answers is printed beside the time. Left out: many groups, whose costs add up.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::hint::black_box;

use coordinator::{Action, Actions, BrokerVersion, Coordinator, GroupConfig, Record};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use protocol::message::{HeartbeatRequest, JoinGroupProtocol, JoinGroupRequest, Request, Response, SyncGroupRequest};
use protocol::{
    AssignmentBytes, Generation, GroupId, InstanceId, MemberId, MetadataBytes, Offset, RequestToken, SimDuration,
    SimTime, Subscription,
};

const MEMBERS: [usize; 3] = [10, 1_000, 10_000];
const HEARTBEAT_INTERVAL: SimDuration = SimDuration::from_secs(3);

/// A group of static members around one coordinator.
struct Group {
    coordinator: Coordinator,
    id: GroupId,
    members: Vec<(InstanceId, MemberId)>,
    generation: Generation,
    now: SimTime,
    protocols: std::sync::Arc<[JoinGroupProtocol]>,
    log: Vec<Record>,
    answers: DefaultHasher,
    out: Actions,
}

impl Group {
    /// All members have joined and fetched their assignments.
    fn stable(members: usize) -> Self {
        let mut out = Actions::new();
        let config = GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() };
        let mut coordinator = Coordinator::started(config, BrokerVersion::V4_3, SimTime::ZERO, &mut out);
        coordinator.set_commits_on_append(true);
        let subscription = Subscription { topics: ["events".into()].into(), ..Subscription::default() };
        let protocol =
            JoinGroupProtocol { name: "range".into(), metadata: MetadataBytes::Subscription(subscription.into()) };
        let members = (0..members).map(|n| (InstanceId::from(format!("instance-{n}")), MemberId::default()));
        let mut group = Self {
            coordinator,
            id: "orders".into(),
            members: members.collect(),
            generation: Generation(0),
            now: SimTime::ZERO,
            protocols: [protocol].into(),
            log: Vec::new(),
            answers: DefaultHasher::new(),
            out,
        };
        group.rebalance();
        group
    }

    fn rebalance(&mut self) {
        for member in 0..self.members.len() {
            self.send(member, Self::join);
        }
        self.tick();
        for member in 0..self.members.len() {
            self.send(member, Self::sync);
        }
    }

    fn join(&self, member: usize) -> Request {
        let (instance, id) = self.members[member].clone();
        Request::from(JoinGroupRequest {
            version: 9,
            group: self.id.clone(),
            client_id: "client".into(),
            client_host: "/10.0.0.1".into(),
            member_id: id,
            instance_id: Some(instance),
            session_timeout_ms: 45_000,
            rebalance_timeout_ms: 300_000,
            protocol_type: "consumer".into(),
            protocols: self.protocols.clone(),
            reason: None,
        })
    }

    /// Everybody's assignment comes from whoever leads; that it is brought by all costs nothing.
    fn sync(&self, member: usize) -> Request {
        let (instance, id) = self.members[member].clone();
        let assignments = match member {
            0 => self.members.iter().map(|(_, id)| (id.clone(), AssignmentBytes::Empty)).collect(),
            _ => Vec::new(),
        };
        Request::from(SyncGroupRequest {
            version: 5,
            group: self.id.clone(),
            generation: self.generation,
            member_id: id,
            instance_id: Some(instance),
            protocol_type: None,
            protocol_name: None,
            assignments,
        })
    }

    fn heartbeat(&self, member: usize) -> Request {
        let (instance, id) = self.members[member].clone();
        Request::from(HeartbeatRequest {
            group: self.id.clone(),
            generation: self.generation,
            member_id: id,
            instance_id: Some(instance),
        })
    }

    fn send(&mut self, member: usize, request: fn(&Self, usize) -> Request) {
        let request = request(self, member);
        let mut ids = |prefix: &str| MemberId::from(format!("{prefix}-3f2504e0-4f89-41d3-9a0c-0305e82c3301"));
        self.coordinator.handle(request, RequestToken(member as u64), self.now, &mut ids, &mut self.out);
        self.act();
    }

    fn tick(&mut self) {
        self.coordinator.on_deadline(self.now, &mut self.out);
        self.act();
    }

    fn act(&mut self) {
        for action in self.out.drain(..) {
            match action {
                Action::Respond { token, response: Response::JoinGroup(answer) } => {
                    self.generation = answer.generation;
                    self.members[token.0 as usize].1 = answer.member_id;
                    answer.members.len().hash(&mut self.answers);
                }
                Action::Respond { token, response } => {
                    (token, std::mem::discriminant(&response)).hash(&mut self.answers);
                }
                Action::Append { records, .. } => self.log = records.into_iter().map(|(_, record)| record).collect(),
                Action::Abandon { .. } | Action::Observe { .. } | Action::ResolveRegexes { .. } => {}
            }
        }
    }

    /// Every member is heard of once, evenly over the interval, and the coordinator is woken when it wants to be.
    fn round(&mut self) {
        let step = HEARTBEAT_INTERVAL / self.members.len() as u64;
        for member in 0..self.members.len() {
            self.now += step;
            if self.coordinator.next_deadline().is_some_and(|at| at <= self.now) {
                self.tick();
            }
            self.send(member, Self::heartbeat);
        }
    }
}

fn coordinator(criterion: &mut Criterion) {
    let mut benches = criterion.benchmark_group("coordinator");
    for members in MEMBERS {
        benches.throughput(Throughput::Elements(members as u64));
        let mut group = Group::stable(members);
        (0..20).for_each(|_| group.round());
        println!("coordinator/{members}: answers {:016x}", group.answers.finish());
        benches.bench_function(BenchmarkId::new("heartbeats", members), |bench| bench.iter(|| group.round()));
        let is_good = |group: &Group, (_, id): &(InstanceId, MemberId)| {
            group.coordinator.accepts_heartbeat(&group.id, id, group.generation)
        };
        benches.bench_function(BenchmarkId::new("spared", members), |bench| {
            bench.iter(|| group.members.iter().filter(|member| is_good(&group, member)).count());
        });
        benches.bench_function(BenchmarkId::new("rebalance", members), |bench| bench.iter(|| group.rebalance()));
        let record = group.log.last().expect("the assignment was written").clone();
        benches.bench_function(BenchmarkId::new("load", members), |bench| {
            bench.iter(|| {
                let mut out = Actions::new();
                let mut fresh = Coordinator::new(GroupConfig::default(), BrokerVersion::V4_3);
                fresh.load();
                fresh.loaded([(Offset(0), &record)], Offset(1), Offset(1), SimTime::ZERO, &mut out);
                black_box(fresh.footprint().members)
            });
        });
    }
    benches.finish();
}

criterion_group!(benches, coordinator);
criterion_main!(benches);
