//! A hand on a consumer: a clock moved by the test, answers spoken by the test.

use std::sync::Arc;

use assignor::ClientAssignorKind;
use member::classic::MemberState;
use member::{
    Action, ClientConfig, ClientFamily, Consumer, Context, Destination, Identity, Observation, Step, Surroundings,
};
use protocol::message::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, FetchedOffset, FindCoordinatorResponse,
    HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, JoinedMember, LeaveGroupResponse, MetadataResponse,
    OffsetCommitResponse, OffsetFetchResponse, OffsetToCommit, OffsetsToCommit, Request, Response, SyncGroupResponse,
    TopicMetadata, TopicPartitions,
};
use protocol::{
    AssignmentBytes, BrokerId, ClientHost, ClientId, ErrorCode, Generation, GroupId, MemberEpoch, MemberId,
    MetadataBytes, Offset, PartitionIndex, Partitions, ProtocolName, ProtocolType, RequestToken, SimDuration, SimTime,
    Subscription, TopicId, TopicName, TopicPartition,
};

/// Fixed durations: callbacks as set, everything else takes no time.
#[derive(Default)]
pub(crate) struct Durations {
    pub(crate) revoke: SimDuration,
    pub(crate) assign: SimDuration,
    pub(crate) slip: SimDuration,
    /// How late repeating timers are.
    pub(crate) lateness: SimDuration,
    /// From one thread of a client to another.
    pub(crate) wake_up: SimDuration,
    /// How long an application waits in `poll` before it passes through again, if it waits anew each time.
    pub(crate) pass: SimDuration,
    /// How long a call of `poll` takes, if it waits no longer than that.
    pub(crate) call: SimDuration,
    /// How late an answer is seen that `poll` does not block for.
    pub(crate) turn: SimDuration,
    /// How long the fetch that is pending waits.
    pub(crate) fetch: SimDuration,
    /// How long heartbeats wait for their answers.
    pub(crate) round_trip: SimDuration,
    /// How much further than offset 7 everything has been read.
    pub(crate) read_on: i64,
}

impl Surroundings for Durations {
    fn duration(&mut self, step: Step) -> SimDuration {
        match step {
            Step::RevokeCallback { .. } => self.revoke,
            Step::AssignCallback { .. } => self.assign,
            Step::HeartbeatSlip => self.slip,
            Step::Backoff(length) => length,
            Step::TimerLateness { .. } => self.lateness,
            Step::ThreadWakeUp => self.wake_up,
            Step::RoundTrip => self.round_trip,
            Step::PollCallOver { .. } if self.call.is_zero() => self.pass,
            Step::PollCallOver { since } => {
                SimDuration::from_nanos(self.call.as_nanos() - since.as_nanos() % self.call.as_nanos())
            }
            Step::PollTurnaround => self.turn,
            Step::PendingFetch { max_wait, .. } => self.fetch.min(max_wait),
            Step::FalseAlarm => SimDuration::MAX,
            Step::HeartbeatThreadPass | Step::Assignor { .. } | Step::CloseConnections => SimDuration::ZERO,
            Step::Between { .. } | Step::PollTurn { .. } => panic!("only members with slots ask for {step:?}"),
        }
    }

    fn positions(&mut self, owned: &Partitions) -> OffsetsToCommit {
        owned
            .iter()
            .map(|partition| OffsetToCommit {
                partition: partition.clone(),
                offset: Offset(7 + self.read_on),
                metadata: None,
            })
            .collect()
    }

    fn member_id(&mut self) -> MemberId {
        MemberId::new("m")
    }
}

/// The id of the topic `t`.
pub(crate) const T: TopicId = TopicId { high: 0, low: 1 };

/// A consumer and everything it has done so far that nobody looked at.
pub(crate) struct Hand {
    pub(crate) member: Consumer,
    pub(crate) durations: Durations,
    pub(crate) now: SimTime,
    unanswered: Vec<(RequestToken, Request)>,
    /// Where requests went, by Kafka's names of their APIs.
    pub(crate) went: Vec<(&'static str, Destination)>,
    observed: Vec<Observation>,
}

pub(crate) fn ms(millis: u64) -> SimDuration {
    SimDuration::from_millis(millis)
}

/// A callback took these partitions away.
pub(crate) fn revoked(numbers: &[i32], generation: i32) -> Observation {
    Observation::Revoked { partitions: partitions(numbers).into(), generation: Generation(generation) }
}

/// A callback added these partitions, and this many are held now.
pub(crate) fn assigned(numbers: &[i32], generation: i32, total: usize) -> Observation {
    Observation::Assigned { partitions: partitions(numbers).into(), generation: Generation(generation), total }
}

pub(crate) fn partitions(numbers: &[i32]) -> Vec<TopicPartition> {
    numbers.iter().map(|&number| TopicPartition::new(TopicName::new("t"), number)).collect()
}

pub(crate) fn eager() -> ClientConfig {
    ClientConfig { assignors: vec![ClientAssignorKind::Range], ..ClientConfig::default() }
}

pub(crate) fn cooperative() -> ClientConfig {
    ClientConfig { assignors: vec![ClientAssignorKind::CooperativeSticky], ..ClientConfig::default() }
}

impl Hand {
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self::of(ClientFamily::Java, config)
    }

    pub(crate) fn of(family: ClientFamily, config: ClientConfig) -> Self {
        let identity = Identity {
            group: GroupId::new("g"),
            client_id: ClientId::new("c"),
            client_host: ClientHost::new("/127.0.0.1"),
            topics: Arc::from([TopicName::new("t")]),
            pattern: None,
        };
        Self {
            member: Consumer::new(family, Arc::new(config), identity),
            durations: Durations::default(),
            now: SimTime::ZERO,
            unanswered: Vec::new(),
            went: Vec::new(),
            observed: Vec::new(),
        }
    }

    pub(crate) fn act(&mut self, input: impl FnOnce(&mut Consumer, &mut Context<'_>)) {
        let mut out = Vec::new();
        input(&mut self.member, &mut Context { now: self.now, surroundings: &mut self.durations, out: &mut out });
        for action in out {
            match action {
                Action::Send { to, token, request } => {
                    self.went.push((api(&request), to));
                    self.unanswered.push((token, request));
                }
                Action::Observe(observation) => self.observed.push(observation),
                Action::Disconnect { .. } => {}
                Action::ZooKeeper(action) => panic!("only members with slots do {action:?}"),
            }
        }
    }

    /// The Java consumer's own view of its place in the group.
    pub(crate) fn state(&self) -> MemberState {
        match &self.member {
            Consumer::Java(member) => member.state(),
            other => panic!("only the Java consumer has such states: {other:?}"),
        }
    }

    /// Lets time pass, with every deadline on the way.
    pub(crate) fn wait(&mut self, length: SimDuration) {
        let until = self.now + length;
        let mut steps = 0;
        while self.member.next_deadline() <= until {
            steps += 1;
            assert!(steps < 10_000, "it does not get on: {:?}", self.member);
            self.now = self.member.next_deadline().max(self.now);
            self.act(Consumer::on_deadline);
        }
        self.now = until;
    }

    /// The oldest request without an answer, by Kafka's name of its API.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        self.unanswered.iter().map(|(_, request)| api(request)).collect()
    }

    pub(crate) fn seen(&mut self) -> Vec<Observation> {
        std::mem::take(&mut self.observed)
    }

    /// Answers the oldest request of this API; gives the request.
    pub(crate) fn answer(&mut self, name: &str, response: Response) -> Request {
        let place = self.unanswered.iter().position(|(_, request)| api(request) == name);
        let place = place.unwrap_or_else(|| panic!("no {name} under way, only {:?}", self.asked()));
        let (token, request) = self.unanswered.remove(place);
        self.act(|member, cx| member.on_response(token, response, cx));
        request
    }

    /// The consumer object is made, and used at once.
    pub(crate) fn create(&mut self) {
        let created = self.now;
        self.act(|member, cx| member.start(created, cx));
        if matches!(self.member, Consumer::Librdkafka(_)) {
            self.answer_metadata(4);
            self.wait(ms(51));
        }
    }

    pub(crate) fn start(&mut self) {
        self.create();
        self.answer_metadata(4);
        self.found();
    }

    pub(crate) fn found(&mut self) {
        let found = FindCoordinatorResponse { error: ErrorCode::None, coordinator: BrokerId(1) };
        self.answer("FindCoordinator", Response::from(found));
    }

    pub(crate) fn answer_metadata(&mut self, count: i32) {
        self.answer_metadata_with(&[("t", T, count)]);
    }

    pub(crate) fn answer_metadata_with(&mut self, topics: &[(&str, TopicId, i32)]) {
        let topics = topics
            .iter()
            .map(|&(name, topic_id, partitions)| TopicMetadata { topic_id, name: TopicName::new(name), partitions })
            .collect();
        self.answer("Metadata", Response::from(MetadataResponse { topics }));
    }

    pub(crate) fn refuse_join(&mut self, error: ErrorCode, id: &str) -> JoinGroupRequest {
        let answer = JoinGroupResponse::refusal(error, MemberId::new(id));
        join_request(self.answer("JoinGroup", Response::from(answer)))
    }

    /// JoinGroup succeeds for the follower `id`.
    pub(crate) fn joined(&mut self, id: &str, generation: i32) -> JoinGroupRequest {
        let request = self.answer("JoinGroup", Response::from(self.join_answer(id, "other", generation)));
        join_request(request)
    }

    pub(crate) fn join_answer(&self, id: &str, leader: &str, generation: i32) -> JoinGroupResponse {
        let name = self.member.config().assignors[0].name();
        let metadata = MetadataBytes::Subscription(Arc::new(Subscription {
            topics: [TopicName::new("t")].into(),
            generation: Generation::NONE,
            ..Subscription::default()
        }));
        let member =
            |id: &str| JoinedMember { member_id: MemberId::new(id), instance_id: None, metadata: metadata.clone() };
        JoinGroupResponse {
            error: ErrorCode::None,
            generation: Generation(generation),
            protocol_type: Some(ProtocolType::new("consumer")),
            protocol_name: Some(ProtocolName::new(name)),
            leader: MemberId::new(leader),
            skip_assignment: false,
            member_id: MemberId::new(id),
            members: if id == leader { vec![member(id), member("z")] } else { Vec::new() },
        }
    }

    pub(crate) fn synced(&mut self, numbers: &[i32]) {
        let assignment = AssignmentBytes::Partitions(partitions(numbers).into());
        let assignment = if numbers.is_empty() { AssignmentBytes::Empty } else { assignment };
        let answer = SyncGroupResponse { assignment, ..SyncGroupResponse::refusal(ErrorCode::None) };
        self.answer("SyncGroup", Response::from(answer));
    }

    pub(crate) fn heartbeat(&mut self, error: ErrorCode) {
        self.answer("Heartbeat", Response::from(HeartbeatResponse { error }));
    }

    pub(crate) fn committed(&mut self, error: ErrorCode) {
        self.commit(error);
    }

    /// The oldest commit under way is answered; gives its offsets.
    pub(crate) fn commit(&mut self, error: ErrorCode) -> OffsetsToCommit {
        match self.answer("OffsetCommit", Response::from(OffsetCommitResponse::all(error))) {
            Request::OffsetCommit(request) => request.offsets,
            other => unreachable!("asked for by its name: {other:?}"),
        }
    }

    /// A heartbeat of the consumer protocol is answered: the member is at `epoch` and has these from now on.
    pub(crate) fn beat(&mut self, epoch: i32, numbers: Option<&[i32]>) -> ConsumerGroupHeartbeatRequest {
        let answer = ConsumerGroupHeartbeatResponse {
            error: ErrorCode::None,
            member_id: Some(MemberId::new("m")),
            member_epoch: MemberEpoch(epoch),
            heartbeat_interval_ms: if epoch < 0 { 0 } else { 5_000 },
            assignment: numbers.map(by_id),
        };
        self.answer_beat(answer)
    }

    /// The last heartbeat is answered.
    pub(crate) fn answer_leave(&mut self) -> ConsumerGroupHeartbeatRequest {
        self.beat(-1, None)
    }

    /// The same, whatever the topics.
    pub(crate) fn give(&mut self, epoch: i32, assignment: Arc<[TopicPartitions]>) {
        let answer = ConsumerGroupHeartbeatResponse {
            member_epoch: MemberEpoch(epoch),
            heartbeat_interval_ms: 5_000,
            assignment: Some(assignment),
            ..ConsumerGroupHeartbeatResponse::refusal(ErrorCode::None)
        };
        self.answer_beat(answer);
    }

    /// It is refused.
    pub(crate) fn refuse_beat(&mut self, error: ErrorCode) -> ConsumerGroupHeartbeatRequest {
        self.answer_beat(ConsumerGroupHeartbeatResponse::refusal(error))
    }

    fn answer_beat(&mut self, answer: ConsumerGroupHeartbeatResponse) -> ConsumerGroupHeartbeatRequest {
        match self.answer("ConsumerGroupHeartbeat", Response::from(answer)) {
            Request::ConsumerGroupHeartbeat(request) => *request,
            other => unreachable!("asked for by its name: {other:?}"),
        }
    }

    pub(crate) fn left(&mut self) {
        let answer = LeaveGroupResponse { error: ErrorCode::None, members: Vec::new() };
        self.answer("LeaveGroup", Response::from(answer));
    }

    pub(crate) fn offsets(&mut self, numbers: &[i32]) {
        let offset = |partition| FetchedOffset { partition, offset: Offset(0), metadata: None, error: ErrorCode::None };
        let answer: OffsetFetchResponse = partitions(numbers).into_iter().map(offset).collect();
        self.answer("OffsetFetch", Response::from(answer));
    }

    /// A member with these partitions in generation 1, nothing under way, nothing unseen.
    pub(crate) fn stable(config: ClientConfig, numbers: &[i32]) -> Self {
        Self::stable_of(ClientFamily::Java, Durations::default(), config, numbers)
    }

    /// The same, of any client and with these durations.
    pub(crate) fn stable_of(family: ClientFamily, durations: Durations, config: ClientConfig, numbers: &[i32]) -> Self {
        let mut hand = Self::of(family, config);
        hand.durations = durations;
        hand.start();
        if !hand.member.config().is_static() {
            hand.refuse_join(ErrorCode::MemberIdRequired, "m");
        }
        hand.joined("m", 1);
        hand.synced(numbers);
        if !numbers.is_empty() {
            hand.offsets(numbers);
        }
        if hand.asked() == ["Heartbeat"] {
            hand.heartbeat(ErrorCode::None);
        }
        assert!(hand.member.is_ready());
        hand.seen();
        hand
    }
}

/// Partitions of the topic `t` as the consumer protocol names them.
pub(crate) fn by_id(numbers: &[i32]) -> Arc<[TopicPartitions]> {
    let partitions = numbers.iter().map(|&number| PartitionIndex(number)).collect();
    let topic = TopicPartitions { topic_id: T, partitions };
    if numbers.is_empty() { Arc::from([]) } else { Arc::from([topic]) }
}

fn join_request(request: Request) -> JoinGroupRequest {
    match request {
        Request::JoinGroup(request) => *request,
        other => panic!("a JoinGroup was expected: {other:?}"),
    }
}

fn api(request: &Request) -> &'static str {
    match request {
        Request::FindCoordinator(_) => "FindCoordinator",
        Request::Metadata(_) => "Metadata",
        Request::JoinGroup(_) => "JoinGroup",
        Request::SyncGroup(_) => "SyncGroup",
        Request::Heartbeat(_) => "Heartbeat",
        Request::LeaveGroup(_) => "LeaveGroup",
        Request::OffsetCommit(_) => "OffsetCommit",
        Request::OffsetFetch(_) => "OffsetFetch",
        Request::ConsumerGroupHeartbeat(_) => "ConsumerGroupHeartbeat",
        other => panic!("a consumer does not send {other:?}"),
    }
}
