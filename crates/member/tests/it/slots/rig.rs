//! A slot group in a nutshell: members, an ensemble and a broker that answers; every message takes a millisecond.

use std::collections::BTreeMap;
use std::sync::Arc;

use member::slots::{SlotMember, SlotState};
use member::{
    Action, ClientConfig, Context, Identity, Observation, Repairs, SlotSettings, Step, Surroundings, ZooKeeperAction,
    ZooKeeperInput,
};
use protocol::message::{
    FetchedOffset, FindCoordinatorResponse, MetadataResponse, OffsetCommitResponse, OffsetFetchResponse,
    OffsetToCommit, OffsetsToCommit, Request, Response, TopicMetadata,
};
use protocol::zookeeper::{Xid, ZooKeeperRequest};
use protocol::{
    BrokerId, ClientHost, ClientId, ErrorCode, GroupId, MemberId, Offset, Partitions, RequestToken, SimDuration,
    SimTime, TopicId, TopicName, TopicPartition,
};
use zookeeper::{ConnectionId, Ensemble, EnsembleAction, EnsembleConfig};

/// Every message's way.
const WAY: SimDuration = SimDuration::from_millis(1);

pub(crate) fn secs(seconds: u64) -> SimDuration {
    SimDuration::from_secs(seconds)
}

pub(crate) fn ms(millis: u64) -> SimDuration {
    SimDuration::from_millis(millis)
}

/// One message under way, or one thing to come.
enum Due {
    ToEnsemble(usize, ConnectionId, Xid, ZooKeeperRequest),
    ToMember(usize, Option<ConnectionId>, ZooKeeperInput),
    Kafka(usize, RequestToken, Request),
    KafkaAnswer(usize, RequestToken, Response),
}

/// One process and what it did.
pub(crate) struct Process {
    pub(crate) member: SlotMember,
    connection: Option<ConnectionId>,
    is_dead: bool,
    /// Cut off from ZooKeeper: what is sent gets lost.
    is_cut: bool,
    /// Whether something was lost on its connection.
    has_lost: bool,
    pub(crate) seen: Vec<(SimTime, Observation)>,
    /// Where it stands: an offset grows by one each second that it reads.
    began: SimTime,
    /// How many turns it has polled.
    pub(crate) turns: u64,
}

/// The world.
pub(crate) struct Rig {
    pub(crate) now: SimTime,
    pub(crate) ensemble: Ensemble,
    pub(crate) processes: Vec<Process>,
    pub(crate) counts: BTreeMap<TopicName, i32>,
    pub(crate) committed: BTreeMap<TopicPartition, Offset>,
    /// Whether the broker answers.
    pub(crate) broker_is_up: bool,
    pub(crate) poll_time: SimDuration,
    due: BTreeMap<(SimTime, u64), Due>,
    last: u64,
}

struct Answers {
    poll_time: SimDuration,
    position: Offset,
    turns: u64,
}

impl Surroundings for Answers {
    fn duration(&mut self, step: Step) -> SimDuration {
        match step {
            Step::PollTurn { .. } => {
                self.turns += 1;
                self.poll_time
            }
            Step::Between { least, most } => (least + most) / 2,
            Step::Backoff(length) => length,
            Step::CloseConnections => ms(50),
            other => panic!("no slot member asks for {other:?}"),
        }
    }

    fn positions(&mut self, owned: &Partitions) -> OffsetsToCommit {
        let offset = self.position;
        owned.iter().map(|p| OffsetToCommit { partition: p.clone(), offset, metadata: None }).collect()
    }

    fn member_id(&mut self) -> MemberId {
        panic!("Kafka knows no member")
    }
}

/// Slots, release, repairs.
pub(crate) fn settings(slots: u32, release: i64, repaired: Repairs) -> SlotSettings {
    SlotSettings { max_group_size: slots, config_version: release, repaired, ..SlotSettings::default() }
}

impl Rig {
    /// Nobody yet; topic `t` with so many partitions.
    pub(crate) fn new(partitions: i32) -> Self {
        Self {
            now: SimTime::from_secs(1),
            ensemble: Ensemble::new(EnsembleConfig::default()),
            processes: Vec::new(),
            counts: BTreeMap::from([(TopicName::new("t"), partitions)]),
            committed: BTreeMap::new(),
            broker_is_up: true,
            poll_time: secs(5),
            due: BTreeMap::new(),
            last: 0,
        }
    }

    /// A group of so many members and slots that all consume, and a while later.
    pub(crate) fn running(partitions: i32, members: usize, repaired: Repairs) -> Self {
        let mut rig = Self::new(partitions);
        for _ in 0..members {
            rig.start(settings(u32::try_from(members).expect("a few"), 1, repaired));
            rig.wait(ms(100));
        }
        rig.wait(secs(11));
        assert!(rig.states().iter().all(|state| *state == SlotState::Consuming), "{:?}", rig.states());
        rig
    }

    /// Starts one more process; its number.
    pub(crate) fn start(&mut self, settings: SlotSettings) -> usize {
        let number = self.processes.len();
        let identity = Identity {
            group: GroupId::new("g"),
            client_id: ClientId::new(&format!("p{number}")),
            client_host: ClientHost::new("/127.0.0.1"),
            topics: self.counts.keys().cloned().collect(),
            pattern: None,
        };
        self.processes.push(Process {
            member: SlotMember::new(settings, ClientConfig::default(), identity),
            connection: None,
            is_dead: false,
            is_cut: false,
            has_lost: false,
            seen: Vec::new(),
            began: self.now,
            turns: 0,
        });
        self.act(number, SlotMember::start);
        number
    }

    pub(crate) fn term(&mut self, number: usize) {
        self.act(number, SlotMember::close);
    }

    /// The process is gone; its connection ends.
    pub(crate) fn kill(&mut self, number: usize) {
        let process = &mut self.processes[number];
        process.is_dead = true;
        if let Some(connection) = process.connection.take() {
            self.ensemble.disconnect(connection);
        }
    }

    /// Whatever it exchanges with ZooKeeper gets lost from now on, or no longer. A connection on which something was
    /// lost is reset when the cut is over.
    pub(crate) fn cut(&mut self, number: usize, is_cut: bool) {
        let process = &mut self.processes[number];
        process.is_cut = is_cut;
        if !is_cut
            && std::mem::take(&mut process.has_lost)
            && let Some(connection) = process.connection
        {
            self.ensemble.disconnect(connection);
            self.later(Due::ToMember(number, Some(connection), ZooKeeperInput::Gone));
        }
    }

    pub(crate) fn outage(&mut self, length: SimDuration) {
        let mut out = Vec::new();
        self.ensemble.go_down(&mut out);
        self.carry_out(out);
        self.wait(length);
        self.ensemble.come_up(self.now);
    }

    pub(crate) fn states(&self) -> Vec<SlotState> {
        self.processes.iter().map(|process| process.member.state()).collect()
    }

    pub(crate) fn slots(&self) -> Vec<Option<u32>> {
        self.processes.iter().map(|process| process.member.slot()).collect()
    }

    /// The numbers of the partitions that a process reads now.
    pub(crate) fn reads(&self, number: usize) -> Vec<i32> {
        let process = &self.processes[number];
        if process.is_dead || !process.member.is_delivering() {
            return Vec::new();
        }
        process.member.owned().iter().map(|partition| partition.partition.0).collect()
    }

    /// Whether ZooKeeper has a node for this slot.
    pub(crate) fn is_taken(&self, slot: u32) -> bool {
        self.ensemble.data(&format!("/static_assignment/g/members/{slot}")).is_some()
    }

    /// Whether the node of the slot that a process goes by is its own session's.
    pub(crate) fn holds_its_slot(&self, number: usize) -> bool {
        let Some(slot) = self.slots()[number] else { return false };
        let node = self.ensemble.data(&format!("/static_assignment/g/members/{slot}"));
        node.is_some_and(|node| node.contains(&format!("\"hostId\":\"p{number}\"")))
    }

    /// An administrator removes the node of a slot.
    pub(crate) fn remove_node(&mut self, slot: u32) {
        self.administer(ZooKeeperRequest::Delete { path: format!("/static_assignment/g/members/{slot}").into() });
    }

    /// An administrator writes the plan's node as it is.
    pub(crate) fn rewrite_plan(&mut self) {
        let path: Arc<str> = "/static_assignment/g/assignment".into();
        let data = self.ensemble.data(&path).expect("there is a plan");
        self.administer(ZooKeeperRequest::Set { path, data, version: None });
    }

    fn administer(&mut self, request: ZooKeeperRequest) {
        let connection = self.ensemble.connect().expect("it is up");
        let open = ZooKeeperRequest::Connect { session: None, timeout: secs(10) };
        let requests = [open, request, ZooKeeperRequest::Close];
        for (number, request) in (1..).zip(requests) {
            self.ensemble.handle(connection, Xid(number), request, self.now, SimDuration::ZERO);
        }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, length: SimDuration) {
        let until = self.now + length;
        self.run(until, |_| false);
        self.now = until;
    }

    /// Lets time pass until something holds; how long it took.
    pub(crate) fn wait_for(&mut self, holds: impl Fn(&Self) -> bool) -> SimDuration {
        let from = self.now;
        self.run(from + secs(600), &holds);
        assert!(holds(self), "not within ten minutes: {:?}", self.states());
        self.now - from
    }

    fn run(&mut self, until: SimTime, ends: impl Fn(&Self) -> bool) {
        for turn in 0.. {
            assert!(turn < 1_000_000, "it does not get on");
            if ends(self) {
                return;
            }
            let message = self.due.first_key_value().map_or(SimTime::NEVER, |((at, _), _)| *at);
            let alive = self.processes.iter().filter(|process| !process.is_dead);
            let member = alive.map(|process| process.member.next_deadline()).min().unwrap_or(SimTime::NEVER);
            let next = message.min(member).min(self.ensemble.next_deadline());
            if next > until {
                return;
            }
            self.now = self.now.max(next);
            if message <= self.now {
                let (_, due) = self.due.pop_first().expect("it is due");
                self.deliver(due);
            } else if self.ensemble.next_deadline() <= self.now {
                let mut out = Vec::new();
                self.ensemble.on_deadline(self.now, &mut out);
                self.ensemble.check();
                self.carry_out(out);
            } else {
                let due = |process: &Process| !process.is_dead && process.member.next_deadline() <= self.now;
                let number = self.processes.iter().position(due).expect("somebody is due");
                self.act(number, SlotMember::on_deadline);
            }
        }
    }

    fn later(&mut self, due: Due) {
        self.last += 1;
        self.due.insert((self.now + WAY, self.last), due);
    }

    fn carry_out(&mut self, out: Vec<EnsembleAction>) {
        for action in out {
            let (connection, input) = match action {
                EnsembleAction::Reply { connection, xid, response } => {
                    (connection, ZooKeeperInput::Answer { xid, response })
                }
                EnsembleAction::Notify { connection, event } => (connection, ZooKeeperInput::Notice(event)),
                EnsembleAction::HangUp { connection } => (connection, ZooKeeperInput::Gone),
            };
            if let Some(number) = self.processes.iter().position(|process| process.connection == Some(connection)) {
                self.later(Due::ToMember(number, Some(connection), input));
            }
        }
    }

    fn deliver(&mut self, due: Due) {
        match due {
            Due::ToEnsemble(number, connection, xid, request) => {
                if self.processes[number].is_cut {
                    self.processes[number].has_lost |= self.processes[number].connection == Some(connection);
                } else {
                    self.ensemble.handle(connection, xid, request, self.now, SimDuration::ZERO);
                }
            }
            Due::ToMember(number, connection, input) => {
                let process = &self.processes[number];
                let stands = process.connection == connection || connection.is_none();
                self.processes[number].has_lost |= stands && self.processes[number].is_cut;
                let process = &self.processes[number];
                if stands && !process.is_cut && !process.is_dead {
                    if input == ZooKeeperInput::Gone {
                        self.processes[number].connection = None;
                    }
                    self.act(number, |member, cx| member.on_zookeeper(input, cx));
                }
            }
            Due::Kafka(number, token, request) => {
                if self.broker_is_up {
                    let response = self.answer(request);
                    self.later(Due::KafkaAnswer(number, token, response));
                }
            }
            Due::KafkaAnswer(number, token, response) => {
                if !self.processes[number].is_dead {
                    self.act(number, |member, cx| member.on_response(token, response, cx));
                }
            }
        }
    }

    fn answer(&mut self, request: Request) -> Response {
        match request {
            Request::FindCoordinator(_) => {
                let found = FindCoordinatorResponse { error: ErrorCode::None, coordinator: BrokerId(1) };
                Response::from(found)
            }
            Request::Metadata(request) => {
                let topics = request.topics.expect("it names them");
                let of = |name: &TopicName| TopicMetadata {
                    name: name.clone(),
                    topic_id: TopicId::default(),
                    partitions: self.counts[name],
                };
                Response::from(MetadataResponse { topics: topics.iter().map(of).collect() })
            }
            Request::OffsetCommit(request) => {
                assert_eq!((request.generation.0, request.member_id.is_empty()), (-1, true));
                for offset in request.offsets.iter() {
                    self.committed.insert(offset.partition, offset.offset);
                }
                Response::from(OffsetCommitResponse::all(ErrorCode::None))
            }
            Request::OffsetFetch(request) => {
                let asked = request.partitions.expect("it names them");
                let fetched = |partition: &TopicPartition| FetchedOffset {
                    partition: partition.clone(),
                    offset: self.committed.get(partition).copied().unwrap_or(Offset(-1)),
                    metadata: None,
                    error: ErrorCode::None,
                };
                Response::from(asked.iter().map(fetched).collect::<OffsetFetchResponse>())
            }
            other => panic!("a slot member does not send {other:?}"),
        }
    }

    pub(crate) fn act(&mut self, number: usize, input: impl FnOnce(&mut SlotMember, &mut Context<'_>)) {
        let mut out = Vec::new();
        let process = &mut self.processes[number];
        let position = Offset(i64::try_from((self.now - process.began).as_millis() / 1_000).expect("not that late"));
        let mut answers = Answers { poll_time: self.poll_time, position, turns: 0 };
        input(&mut process.member, &mut Context { now: self.now, surroundings: &mut answers, out: &mut out });
        self.processes[number].turns += answers.turns;
        for action in out {
            match action {
                Action::Send { token, request, .. } => self.later(Due::Kafka(number, token, request)),
                Action::Observe(observation) => self.processes[number].seen.push((self.now, observation)),
                Action::Disconnect { .. } => {}
                Action::ZooKeeper(ZooKeeperAction::Connect) if self.processes[number].is_cut => {}
                Action::ZooKeeper(ZooKeeperAction::Connect) => {
                    let connection = self.ensemble.connect();
                    self.processes[number].connection = connection;
                    let input = if connection.is_some() { ZooKeeperInput::Opened } else { ZooKeeperInput::Gone };
                    self.later(Due::ToMember(number, connection, input));
                }
                Action::ZooKeeper(ZooKeeperAction::Send { xid, request }) => {
                    let connection = self.processes[number].connection.expect("it sends on a connection");
                    self.later(Due::ToEnsemble(number, connection, xid, request));
                }
                Action::ZooKeeper(ZooKeeperAction::Disconnect) => {
                    let process = &mut self.processes[number];
                    // The end of a connection that is cut is not heard of either.
                    if let Some(connection) = process.connection.take().filter(|_| !process.is_cut) {
                        self.ensemble.disconnect(connection);
                    }
                }
            }
        }
    }
}
