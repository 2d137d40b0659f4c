//! What a consumer group (KIP-848) costs its coordinator: no network, no clients, no log behind it.
//!
//! - `heartbeats`: a stable group of N members, heard of in turn every 5 s; what each costs, timers included.
//! - `spared`: the same group while its sessions are held: the question whether a heartbeat would change anything.
//! - `growth`: the topic has one partition more, or less, and two rounds of heartbeats bring everybody what it is meant
//!   to have; per member.
//!
//! The number of answers that carry an assignment is printed beside the time.

use coordinator::{Action, Actions, BrokerVersion, Coordinator, GroupConfig, TopicImage};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use protocol::message::{ConsumerGroupHeartbeatRequest, Request, Response, TopicPartitions};
use protocol::{GroupId, MemberEpoch, MemberId, RequestToken, SimDuration, SimTime, TopicId};

const MEMBERS: [usize; 3] = [10, 1_000, 10_000];
const HEARTBEAT_INTERVAL: SimDuration = SimDuration::from_secs(5);

/// What a member knows.
struct Member {
    id: MemberId,
    epoch: MemberEpoch,
    /// An assignment that it has not acknowledged.
    told: Option<std::sync::Arc<[TopicPartitions]>>,
}

struct Group {
    coordinator: Coordinator,
    id: GroupId,
    members: Vec<Member>,
    partitions: i32,
    now: SimTime,
    assignments: usize,
    out: Actions,
}

impl Group {
    fn stable(members: usize) -> Self {
        let mut out = Actions::new();
        let mut coordinator =
            Coordinator::started(GroupConfig::default(), BrokerVersion::V4_3, SimTime::ZERO, &mut out);
        coordinator.set_commits_on_append(true);
        coordinator.set_keeps_log(false);
        let ids = (0..members).map(|n| format!("3f2504e0-4f89-41d3-9a0c-{n:012}").as_str().into());
        let members: Vec<Member> = ids.map(|id| Member { id, epoch: MemberEpoch::JOIN, told: None }).collect();
        let partitions = 2 * members.len() as i32;
        let (id, now) = ("orders".into(), SimTime::ZERO);
        let mut group = Self { coordinator, id, members, partitions, now, assignments: 0, out };
        group.tell_topics();
        (0..6).for_each(|_| group.round());
        group
    }

    fn tell_topics(&mut self) {
        let topic = TopicImage { id: TopicId { high: 1, low: 2 }, partitions: self.partitions, initialized: None };
        let image = [("events".into(), topic)].into_iter().collect();
        self.coordinator.topics_changed(image, self.now, &mut self.out);
    }

    fn heartbeat(&mut self, which: usize) {
        let member = &mut self.members[which];
        let joins = member.epoch == MemberEpoch::JOIN;
        let request = ConsumerGroupHeartbeatRequest {
            version: 1,
            group: self.id.clone(),
            client_id: "c".into(),
            client_host: "/127.0.0.1".into(),
            member_id: member.id.clone(),
            member_epoch: member.epoch,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: if joins { 300_000 } else { -1 },
            subscribed_topic_names: joins.then(|| ["events".into()].into()),
            subscribed_topic_regex: None,
            server_assignor: None,
            topic_partitions: if joins { Some([].into()) } else { member.told.take() },
        };
        let mut ids = |prefix: &str| prefix.into();
        let request = Request::from(request);
        self.coordinator.handle(request, RequestToken(which as u64), self.now, &mut ids, &mut self.out);
        for action in self.out.drain(..) {
            if let Action::Respond { response: Response::ConsumerGroupHeartbeat(answer), .. } = action {
                assert!(answer.error.is_none(), "members that behave are not refused");
                self.assignments += usize::from(answer.assignment.is_some());
                self.members[which].epoch = answer.member_epoch;
                self.members[which].told = answer.assignment;
            }
        }
    }

    /// Every member is heard of once, evenly over the interval, and the coordinator is woken when it wants to be.
    fn round(&mut self) {
        let step = HEARTBEAT_INTERVAL / self.members.len() as u64;
        for member in 0..self.members.len() {
            self.now += step;
            if self.coordinator.next_deadline().is_some_and(|at| at <= self.now) {
                self.coordinator.on_deadline(self.now, &mut self.out);
                self.out.clear();
            }
            self.heartbeat(member);
        }
    }

    fn grow(&mut self) {
        self.partitions ^= 1;
        self.tell_topics();
        self.round();
        self.round();
    }
}

fn consumer_group(criterion: &mut Criterion) {
    let mut benches = criterion.benchmark_group("consumer_group");
    for members in MEMBERS {
        benches.throughput(Throughput::Elements(members as u64));
        let mut group = Group::stable(members);
        println!("consumer_group/{members}: {} assignments until stable", group.assignments);
        benches.bench_function(BenchmarkId::new("heartbeats", members), |bench| bench.iter(|| group.round()));
        let is_quiet = |group: &Group, member: &Member| {
            group.coordinator.accepts_consumer_heartbeat(&group.id, &member.id, member.epoch, group.now)
        };
        benches.bench_function(BenchmarkId::new("spared", members), |bench| {
            bench.iter(|| group.members.iter().filter(|member| is_quiet(&group, member)).count());
        });
        benches.bench_function(BenchmarkId::new("growth", members), |bench| bench.iter(|| group.grow()));
    }
    benches.finish();
}

criterion_group!(benches, consumer_group);
criterion_main!(benches);
