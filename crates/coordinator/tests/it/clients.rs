//! A group of simple clients around one coordinator, to run the same life twice in two ways and compare.
//!
//! Times are microseconds. Clients join, sync, heartbeat, commit, fall silent, leave and come back at random. Ways:
//! heartbeats of a group at rest may be spared by holding sessions; the coordinator may be woken at moments when
//! nothing is due.

use std::collections::BTreeMap;

use coordinator::{Action, Actions, BrokerVersion, Coordinator, GroupConfig, GroupEvent, MemberIds, RebalanceReason};
use protocol::message::{
    HeartbeatRequest, JoinGroupProtocol, JoinGroupRequest, LeaveGroupRequest, LeavingMember, OffsetCommitRequest,
    OffsetToCommit, Request, Response, SyncGroupRequest,
};
use protocol::{
    AssignmentBytes, ErrorCode, Generation, GroupId, InstanceId, MemberId, MetadataBytes, Offset, RequestToken,
    SimTime, Subscription, TopicPartition,
};

use crate::random::Random;

/// How a life is lived.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) spare_heartbeats: bool,
    pub(crate) wake_early: bool,
}

/// Everything the coordinator did but the answers to heartbeats, with the time.
pub(crate) type Life = Vec<(u64, Action)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Heartbeat { client: usize, session: u64 },
    Silence(usize),
    Leave(usize),
    Start(usize),
    Commit(usize),
    Committed(i64),
}

#[derive(Default)]
struct Client {
    instance: Option<InstanceId>,
    member: MemberId,
    generation: i32,
    /// Counts starts, so that heartbeats of an earlier life are recognised.
    session: u64,
    alive: bool,
    /// Whether it waits for a JoinGroup or SyncGroup answer: then it sends nothing.
    waiting: bool,
    /// Time of its last accepted heartbeat, real or spared, since it was held.
    contact: u64,
    held: bool,
}

struct World {
    way: Way,
    coordinator: Coordinator,
    clients: Vec<Client>,
    events: BTreeMap<(u64, u64), Event>,
    numbers: u64,
    now: u64,
    tokens: BTreeMap<u64, usize>,
    ids: u64,
    life: Life,
    end_of_log: i64,
}

const GROUP: &str = "g";
const MILLI: u64 = 1_000;
const HEARTBEAT: u64 = 3_000 * MILLI;
const SESSION_MS: i32 = 10_000;
/// What sets the heartbeats of clients apart, so that no two deadlines are equal.
const APART: u64 = 13;

struct Ids<'a>(&'a mut u64);

impl MemberIds for Ids<'_> {
    fn member_id(&mut self, prefix: &str) -> MemberId {
        *self.0 += 1;
        MemberId::from(format!("{prefix}-{:032x}", Random::new(*self.0).next()))
    }
}

/// Lives the life of this seed.
pub(crate) fn live(seed: u64, way: Way) -> Life {
    let mut random = Random::new(seed);
    let config = GroupConfig { initial_rebalance_delay_ms: 500, ..GroupConfig::default() };
    let mut actions = Actions::new();
    let coordinator = Coordinator::started(config, BrokerVersion::V4_3, SimTime::ZERO, &mut actions);
    let clients = (0..6)
        .map(|n| Client { instance: random.one_in(3).then(|| InstanceId::from(format!("i{n}"))), ..Client::default() });
    let mut world = World {
        way,
        coordinator,
        clients: clients.collect(),
        events: BTreeMap::new(),
        numbers: 0,
        now: 0,
        tokens: BTreeMap::new(),
        ids: seed << 20,
        life: Life::new(),
        end_of_log: 0,
    };
    for client in 0..world.clients.len() {
        world.plan(random.below(400 * MILLI), Event::Start(client));
    }
    for _ in 0..30 {
        let client = random.below(6) as usize;
        let event = match random.below(5) {
            0 => Event::Silence(client),
            1 => Event::Leave(client),
            2 | 3 => Event::Commit(client),
            _ => Event::Start(client),
        };
        world.plan(random.below(300_000 * MILLI), event);
    }
    world.run(&mut Random::new(seed ^ 1), 330_000 * MILLI);
    world.life
}

impl World {
    fn plan(&mut self, at: u64, event: Event) {
        self.numbers += 1;
        self.events.insert((at, self.numbers), event);
    }

    fn run(&mut self, random: &mut Random, end: u64) {
        loop {
            let deadline = self.coordinator.next_deadline().map(|time| time.as_micros());
            let next = self.events.first_key_value().map(|((at, _), _)| *at);
            let Some(at) = deadline.into_iter().chain(next).min().filter(|at| *at <= end) else { break };
            if self.way.wake_early && at > self.now {
                self.now += random.below(at - self.now);
                self.tick();
            }
            self.now = at;
            while let Some(event) = self.events.first_entry().filter(|entry| entry.key().0 == at) {
                let event = event.remove();
                self.happen(event);
            }
            self.tick();
        }
    }

    fn time(&self) -> SimTime {
        SimTime::from_micros(self.now)
    }

    fn tick(&mut self) {
        let mut out = Actions::new();
        self.coordinator.on_deadline(self.time(), &mut out);
        self.act(out);
    }

    fn send(&mut self, client: usize, request: Request) {
        self.numbers += 1;
        self.tokens.insert(self.numbers, client);
        let mut out = Actions::new();
        let (token, now) = (RequestToken(self.numbers), self.time());
        self.coordinator.handle(request, token, now, &mut Ids(&mut self.ids), &mut out);
        self.act(out);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Committed(end) => {
                let mut out = Actions::new();
                self.coordinator.committed(Offset(end), self.time(), &mut out);
                self.act(out);
            }
            Event::Start(client) => {
                self.release(client);
                let it = &mut self.clients[client];
                it.session += 1;
                (it.alive, it.waiting, it.member, it.generation) = (true, false, MemberId::default(), -1);
                self.join(client);
            }
            Event::Silence(client) => {
                self.release(client);
                self.clients[client].alive = false;
            }
            Event::Leave(client) if self.clients[client].alive => {
                self.release(client);
                self.clients[client].alive = false;
                let member_id = self.clients[client].member.clone();
                let members = vec![LeavingMember { member_id, instance_id: None, reason: None }];
                self.send(client, Request::from(LeaveGroupRequest { version: 5, group: GROUP.into(), members }));
            }
            Event::Commit(client) if self.clients[client].alive => self.commit(client),
            Event::Heartbeat { client, session } if self.clients[client].session == session => self.heartbeat(client),
            _ => {}
        }
    }

    fn heartbeat(&mut self, client: usize) {
        let it = &mut self.clients[client];
        if !it.alive {
            return;
        }
        let session = it.session;
        if self.clients[client].held {
            self.clients[client].contact = self.now;
        } else if !self.clients[client].waiting {
            self.clients[client].contact = self.now;
            let it = &self.clients[client];
            let request = HeartbeatRequest {
                group: GROUP.into(),
                generation: Generation(it.generation),
                member_id: it.member.clone(),
                instance_id: it.instance.clone(),
            };
            self.send(client, Request::from(request));
        }
        self.plan(self.now + HEARTBEAT, Event::Heartbeat { client, session });
    }

    fn commit(&mut self, client: usize) {
        let it = &self.clients[client];
        let partition = TopicPartition::new("t".into(), client as i32);
        let request = OffsetCommitRequest {
            version: 9,
            group: GROUP.into(),
            generation: Generation(it.generation),
            member_id: it.member.clone(),
            instance_id: it.instance.clone(),
            offsets: [OffsetToCommit { partition, offset: Offset(self.now as i64), metadata: None }].into(),
        };
        self.send(client, Request::from(request));
    }

    fn join(&mut self, client: usize) {
        let it = &mut self.clients[client];
        it.waiting = true;
        let subscription = Subscription { topics: ["t".into()].into(), ..Subscription::default() };
        let protocol =
            JoinGroupProtocol { name: "range".into(), metadata: MetadataBytes::Subscription(subscription.into()) };
        let request = JoinGroupRequest {
            version: 9,
            group: GROUP.into(),
            client_id: format!("c{client}").as_str().into(),
            client_host: "/127.0.0.1".into(),
            member_id: it.member.clone(),
            instance_id: it.instance.clone(),
            session_timeout_ms: SESSION_MS,
            rebalance_timeout_ms: 20_000,
            protocol_type: "consumer".into(),
            protocols: [protocol].into(),
            reason: None,
        };
        self.send(client, Request::from(request));
    }

    fn answered(&mut self, client: usize, response: Response) {
        if !self.clients[client].alive {
            return;
        }
        match response {
            Response::JoinGroup(answer) => {
                self.clients[client].member = answer.member_id;
                match answer.error {
                    ErrorCode::None => self.sync(client, answer.generation),
                    ErrorCode::FencedInstanceId => self.clients[client].alive = false,
                    _ => self.join(client),
                }
            }
            Response::SyncGroup(answer) => match answer.error {
                ErrorCode::None => self.clients[client].waiting = false,
                ErrorCode::FencedInstanceId => self.clients[client].alive = false,
                _ => self.join(client),
            },
            Response::Heartbeat(answer) => match answer.error {
                ErrorCode::None => {}
                ErrorCode::RebalanceInProgress => self.join(client),
                ErrorCode::FencedInstanceId => self.clients[client].alive = false,
                _ => {
                    self.clients[client].member = MemberId::default();
                    self.join(client);
                }
            },
            _ => {}
        }
    }

    fn sync(&mut self, client: usize, generation: Generation) {
        let it = &mut self.clients[client];
        if it.generation == -1 {
            let (at, session) = (self.now + HEARTBEAT + APART * client as u64, it.session);
            self.numbers += 1;
            self.events.insert((at, self.numbers), Event::Heartbeat { client, session });
        }
        it.generation = generation.0;
        let request = SyncGroupRequest {
            version: 5,
            group: GROUP.into(),
            generation,
            member_id: it.member.clone(),
            instance_id: it.instance.clone(),
            protocol_type: None,
            protocol_name: None,
            assignments: vec![(it.member.clone(), AssignmentBytes::Opaque(b"mine".as_slice().into()))],
        };
        self.send(client, Request::from(request));
    }

    fn act(&mut self, actions: Actions) {
        self.coordinator.check();
        let mut answers = Vec::new();
        for action in actions {
            match &action {
                Action::Append { end, .. } => {
                    self.end_of_log = end.0;
                    self.plan(self.now + 2 * MILLI, Event::Committed(self.end_of_log));
                }
                Action::Observe { event, .. } => self.note(event),
                Action::Respond { token, response } => {
                    let client = self.tokens.remove(&token.0).expect("every answer has its request");
                    answers.push((client, response.clone()));
                }
                _ => {}
            }
            if !matches!(action, Action::Respond { response: Response::Heartbeat(_), .. }) {
                self.life.push((self.now, without_token(action)));
            }
        }
        for (client, response) in answers {
            self.answered(client, response);
        }
    }

    /// Something has happened to the group: what it means for heartbeats that are spared.
    fn note(&mut self, event: &GroupEvent) {
        match event {
            GroupEvent::PreparingRebalance { reason, .. } => {
                assert!(!matches!(reason, RebalanceReason::OverCapacity { .. }));
                self.release_all();
            }
            GroupEvent::Completed { .. } => self.hold_all(),
            GroupEvent::MemberReplaced { instance, .. } => {
                let named = self.clients.iter().position(|client| client.instance.as_ref() == Some(instance));
                self.clients[named.expect("instances are ours")].held = false;
            }
            _ => {}
        }
    }

    /// Everybody whose heartbeats would only be good is spared them.
    fn hold_all(&mut self) {
        let group = GroupId::new(GROUP);
        for client in self.clients.iter_mut().filter(|client| client.alive && self.way.spare_heartbeats) {
            let generation = Generation(client.generation);
            if self.coordinator.accepts_heartbeat(&group, &client.member, generation) {
                client.contact = 0;
                client.held = self.coordinator.hold_session(&group, &client.member);
            }
        }
    }

    fn release_all(&mut self) {
        for client in 0..self.clients.len() {
            self.release(client);
        }
    }

    fn release(&mut self, client: usize) {
        let client = &mut self.clients[client];
        if core::mem::take(&mut client.held) {
            let contact = SimTime::from_micros(client.contact);
            self.coordinator.release_session(&GroupId::new(GROUP), &client.member, contact);
        }
    }
}

/// Tokens count spared heartbeats too, and so differ.
fn without_token(action: Action) -> Action {
    match action {
        Action::Respond { response, .. } => Action::Respond { token: RequestToken(0), response },
        Action::Abandon { .. } => Action::Abandon { token: RequestToken(0) },
        other => other,
    }
}
