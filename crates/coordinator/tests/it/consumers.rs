//! Members of the consumer protocol that do what the protocol asks, at random moments, some of which die, hang, lose
//! answers or come back: no two of them may ever use one partition, epochs never go back, and once they are left alone
//! everybody has what it is meant to have.

use std::collections::BTreeMap;

use coordinator::consumer::ConsumerEvent;
use coordinator::{
    Action, Actions, BrokerVersion, ConsumerGroupState, Coordinator, GroupConfig, GroupEvent, MetadataImage, TopicImage,
};
use protocol::message::{ConsumerGroupHeartbeatRequest, Request, Response, TopicPartitions};
use protocol::{ErrorCode, GroupId, InstanceId, MemberEpoch, MemberId, RequestToken, SimTime, TopicId, TopicName};

use crate::random::Random;

/// How often a member is heard of, ms.
const INTERVAL_MS: u64 = 5_000;
const REBALANCE_MS: i32 = 20_000;

type Place = (TopicId, i32);

/// A process with a consumer.
#[derive(Clone, Debug)]
struct Client {
    member: MemberId,
    instance: Option<InstanceId>,
    topics: Vec<TopicName>,
    /// None: it has not joined.
    epoch: Option<i32>,
    /// What it uses.
    holds: Vec<Place>,
    /// What it was told it may use, if it has not said yet that it follows.
    told: Option<Vec<Place>>,
    /// Its last heartbeat was not answered: it says everything again.
    lost: bool,
    next: u64,
    /// It does nothing until then.
    hangs_until: u64,
}

struct World {
    coordinator: Coordinator,
    random: Random,
    now: u64,
    clients: Vec<Client>,
    partitions: BTreeMap<TopicName, i32>,
    tokens: u64,
    made: u64,
    epoch: i32,
    assignment_epoch: i32,
    member_epochs: BTreeMap<MemberId, i32>,
    /// Target assignments, members given up, static members that returned.
    happened: [usize; 3],
}

fn group() -> GroupId {
    "g".into()
}

impl World {
    fn new(seed: u64, version: BrokerVersion) -> Self {
        let config = GroupConfig { consumer_session_timeout_ms: 15_000, ..GroupConfig::default() };
        let mut out = Actions::new();
        let mut coordinator = Coordinator::started(config, version, SimTime::ZERO, &mut out);
        coordinator.set_commits_on_append(true);
        let partitions = BTreeMap::from([("t".into(), 6), ("u".into(), 3)]);
        let mut world = Self {
            coordinator,
            random: Random::new(seed),
            now: 0,
            clients: Vec::new(),
            partitions,
            tokens: 0,
            made: 0,
            epoch: 0,
            assignment_epoch: 0,
            member_epochs: BTreeMap::new(),
            happened: [0; 3],
        };
        world.tell_topics();
        world
    }

    fn time(&self) -> SimTime {
        SimTime::from_millis(self.now)
    }

    fn tell_topics(&mut self) {
        let topics = (1..).zip(&self.partitions).map(|(low, (name, &partitions))| {
            (name.clone(), TopicImage { id: TopicId { high: 0, low }, partitions, initialized: None })
        });
        let image: MetadataImage = topics.collect();
        self.coordinator.topics_changed(image, self.time(), &mut Actions::new());
    }

    fn start(&mut self) {
        self.made += 1;
        let instance = self.random.one_in(3).then(|| format!("i{}", self.random.below(4)).as_str().into());
        let topics = if self.random.one_in(3) { vec!["t".into(), "u".into()] } else { vec!["t".into()] };
        self.clients.push(Client {
            member: format!("member-{}", self.made).as_str().into(),
            instance,
            topics,
            epoch: None,
            holds: Vec::new(),
            told: None,
            lost: false,
            next: self.now,
            hangs_until: 0,
        });
    }

    /// Something happens that nobody asked for.
    fn disturb(&mut self) {
        let count = self.clients.len() as u64;
        match self.random.below(10) {
            0..=2 if count < 8 => self.start(),
            3 if count > 0 => {
                let _killed = self.clients.swap_remove(self.random.below(count) as usize);
            }
            4 if count > 0 => {
                let gone = self.clients.swap_remove(self.random.below(count) as usize);
                let for_a_while = gone.instance.is_some() && self.random.one_in(2);
                let epoch = if for_a_while { MemberEpoch::LEAVE_STATIC } else { MemberEpoch::LEAVE };
                self.ask(&gone, epoch, false, None);
                if for_a_while && self.random.one_in(2) {
                    self.start();
                    if let Some(back) = self.clients.last_mut() {
                        back.instance = gone.instance;
                        back.next += 2_000;
                    }
                }
            }
            5 if count > 0 => {
                let hangs = *self.random.pick(&[3_000, 12_000, 40_000]);
                let which = self.random.below(count) as usize;
                self.clients[which].hangs_until = self.now + hangs;
            }
            6 => {
                *self.partitions.get_mut(&TopicName::new("t")).expect("there is a topic t") += 1;
                self.tell_topics();
            }
            7 if count > 0 => {
                let which = self.random.below(count) as usize;
                let both = vec!["t".into(), "u".into()];
                self.clients[which].topics = if self.random.one_in(2) { both } else { vec!["u".into()] };
                self.beat(which, true, false);
            }
            _ => {}
        }
    }

    /// Sends a heartbeat and gives the answer; `owns`: what to say of what it holds.
    fn ask(
        &mut self,
        client: &Client,
        epoch: MemberEpoch,
        full: bool,
        owns: Option<&[Place]>,
    ) -> (ErrorCode, i32, Option<Vec<Place>>) {
        let owned = owns.map(|places| {
            let one = |&(topic_id, number): &Place| TopicPartitions {
                topic_id,
                partitions: vec![protocol::PartitionIndex(number)],
            };
            places.iter().map(one).collect()
        });
        let request = ConsumerGroupHeartbeatRequest {
            version: 1,
            group: group(),
            client_id: "c".into(),
            client_host: "/127.0.0.1".into(),
            member_id: client.member.clone(),
            member_epoch: epoch,
            instance_id: client.instance.clone(),
            rack_id: None,
            rebalance_timeout_ms: if full { REBALANCE_MS } else { -1 },
            subscribed_topic_names: full.then(|| client.topics.clone().into()),
            subscribed_topic_regex: None,
            server_assignor: None,
            topic_partitions: owned,
        };
        self.tokens += 1;
        let mut out = Actions::new();
        let mut none = |_: &str| MemberId::default();
        let request = Request::from(request);
        self.coordinator.handle(request, RequestToken(self.tokens), self.time(), &mut none, &mut out);
        self.note(&out);
        let answer = out.into_iter().find_map(|action| match action {
            Action::Respond { response: Response::ConsumerGroupHeartbeat(answer), .. } => Some(answer),
            _ => None,
        });
        let answer = answer.expect("an answer waits for nothing if appends commit at once");
        let assignment = answer.assignment.map(|topics| {
            topics.iter().flat_map(|of| of.partitions.iter().map(|number| (of.topic_id, number.0))).collect()
        });
        (answer.error, answer.member_epoch.0, assignment)
    }

    fn note(&mut self, actions: &[Action]) {
        for action in actions {
            let Action::Observe { event, .. } = action else { continue };
            let GroupEvent::Consumer(event) = &**event else { continue };
            match event {
                ConsumerEvent::AssignmentComputed { .. } => self.happened[0] += 1,
                ConsumerEvent::Fenced { .. } => self.happened[1] += 1,
                ConsumerEvent::Replaced { .. } => self.happened[2] += 1,
                _ => {}
            }
        }
    }

    /// One client's turn.
    fn beat(&mut self, which: usize, full: bool, loses_answer: bool) {
        let mut client = self.clients[which].clone();
        client.next = self.now + INTERVAL_MS;
        let epoch = client.epoch.unwrap_or(0);
        let full = full || client.epoch.is_none() || core::mem::take(&mut client.lost);
        let acknowledges = client.told.take();
        let owns = match (&client.epoch, &acknowledges) {
            (None, _) => Some(Vec::new()),
            (Some(_), Some(told)) => Some(told.clone()),
            (Some(_), None) => None,
        };
        if let Some(told) = acknowledges {
            client.holds = told;
        }
        self.clients[which] = client.clone();
        let (error, epoch, assignment) = self.ask(&client, MemberEpoch(epoch), full, owns.as_deref());
        if loses_answer {
            self.clients[which].told = Some(client.holds.clone()).filter(|_| client.epoch.is_some());
            self.clients[which].lost = true;
            self.clients[which].next = self.now + 100;
            return;
        }
        match error {
            ErrorCode::None => {
                client.epoch = Some(epoch);
                client.told = assignment;
                if client.told.is_some() {
                    client.next = self.now + 1 + self.random.below(3_000);
                }
            }
            ErrorCode::UnreleasedInstanceId => client.next = self.now + INTERVAL_MS,
            ErrorCode::FencedInstanceId => {
                client.instance = None;
                client.epoch = None;
                client.holds.clear();
                self.made += 1;
                client.member = format!("member-{}", self.made).as_str().into();
            }
            ErrorCode::FencedMemberEpoch | ErrorCode::UnknownMemberId => {
                client.epoch = None;
                client.holds.clear();
                client.told = None;
                client.next = self.now + 10;
            }
            other => panic!("{} is told {other}", client.member),
        }
        self.clients[which] = client;
    }

    /// Time goes on by a second: who is due is heard of.
    fn second(&mut self, is_quiet: bool) {
        self.now += 1_000;
        let mut out = Actions::new();
        self.coordinator.on_deadline(self.time(), &mut out);
        self.note(&out);
        for which in 0..self.clients.len() {
            if self.clients[which].next <= self.now && self.clients[which].hangs_until <= self.now {
                let loses_answer = !is_quiet && self.random.one_in(20);
                self.beat(which, false, loses_answer);
                self.check();
            }
        }
        self.check();
    }

    fn check(&mut self) {
        self.coordinator.check();
        let Some(view) = self.coordinator.consumer_group(&group()) else { return };
        assert!(view.epoch >= self.epoch && view.assignment_epoch >= self.assignment_epoch, "epochs never go back");
        (self.epoch, self.assignment_epoch) = (view.epoch, view.assignment_epoch);
        let mut users: BTreeMap<Place, MemberId> = BTreeMap::new();
        for member in &view.members {
            let epoch = member.current.epoch;
            let before = self.member_epochs.insert(member.id.clone(), epoch).unwrap_or(i32::MIN);
            assert!(epoch >= before || epoch == -2, "{} goes back from {before} to {epoch}", member.id);
            let process = self.clients.iter().find(|client| client.member == member.id);
            for &place in process.iter().flat_map(|client| &client.holds) {
                let other = users.insert(place, member.id.clone());
                assert_eq!(other, None, "{place:?} is used by two members that are in the group");
            }
        }
        self.member_epochs.retain(|id, _| view.members.iter().any(|member| member.id == *id));
    }

    /// Nothing more happens; after a while everybody has everything.
    fn settle(&mut self) {
        for client in &mut self.clients {
            client.hangs_until = 0;
        }
        for _ in 0..120 {
            self.second(true);
        }
        let Some(view) = self.coordinator.consumer_group(&group()) else { return };
        if self.clients.is_empty() {
            return assert_eq!(view.state, ConsumerGroupState::Empty);
        }
        assert_eq!(view.state, ConsumerGroupState::Stable);
        let mut read = 0;
        for member in &view.members {
            let target = member.target.as_ref().expect("everybody is meant to have something, or nothing");
            let mut target: Vec<Place> =
                target.iter().flat_map(|(topic, numbers)| numbers.iter().map(move |&number| (topic, number))).collect();
            target.sort_unstable();
            let process = self.clients.iter().find(|client| client.member == member.id);
            let mut holds = process.expect("who is dead is out of the group by now").holds.clone();
            holds.sort_unstable();
            assert_eq!(holds, target, "{} uses what it is meant to have", member.id);
            read += holds.len();
        }
        let subscribed = |topic: &TopicName| {
            self.clients.iter().any(|client| client.epoch.is_some() && client.topics.contains(topic))
        };
        let all: i32 = self.partitions.iter().filter(|(topic, _)| subscribed(topic)).map(|(_, &count)| count).sum();
        assert_eq!(read, all as usize, "every partition that anybody subscribes to is read");
    }
}

#[test]
fn no_partition_is_used_twice_epochs_never_go_back_and_whoever_is_left_alone_gets_its_share() {
    let versions = [BrokerVersion::V4_0, BrokerVersion::V4_1, BrokerVersion::V4_2, BrokerVersion::V4_3];
    let mut happened = [0; 3];
    for seed in 0..200 {
        let mut world = World::new(seed, versions[seed as usize % versions.len()]);
        for _ in 0..150 {
            if world.random.one_in(6) {
                world.disturb();
            }
            world.second(false);
        }
        world.settle();
        happened.iter_mut().zip(world.happened).for_each(|(all, one)| *all += one);
    }
    let [assignments, fenced, replaced] = happened;
    assert!(assignments > 1_500 && fenced > 300 && replaced > 20, "it is not only fair weather: {happened:?}");
}
