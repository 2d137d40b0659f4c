//! A hand on a consumer: a clock moved by the test, answers spoken by the test.

use std::sync::Arc;

use assignor::ClientAssignorKind;
use member::classic::Identity;
use member::{Action, ClassicMember, ClientConfig, Context, Observation, Step, Surroundings};
use protocol::message::{
    FetchedOffset, FindCoordinatorResponse, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, JoinedMember,
    LeaveGroupResponse, MetadataResponse, OffsetCommitResponse, OffsetFetchResponse, OffsetToCommit, Request, Response,
    SyncGroupResponse, TopicMetadata,
};
use protocol::{
    AssignmentBytes, BrokerId, ClientHost, ClientId, ErrorCode, Generation, GroupId, MemberAssignment, MemberId,
    MetadataBytes, Offset, ProtocolName, ProtocolType, RequestToken, SimDuration, SimTime, Subscription, TopicName,
    TopicPartition,
};

/// Fixed durations: callbacks as set, everything else takes no time.
#[derive(Default)]
pub(crate) struct Durations {
    pub(crate) revoke: SimDuration,
    pub(crate) assign: SimDuration,
    pub(crate) slip: SimDuration,
}

impl Surroundings for Durations {
    fn duration(&mut self, step: Step) -> SimDuration {
        match step {
            Step::RevokeCallback { .. } => self.revoke,
            Step::AssignCallback { .. } => self.assign,
            Step::HeartbeatSlip => self.slip,
            Step::Backoff(length) => length,
            Step::HeartbeatThreadPass
            | Step::Assignor { .. }
            | Step::TimerLateness
            | Step::ThreadWakeUp
            | Step::HeartbeatRoundTrip
            | Step::CloseConnections => SimDuration::ZERO,
        }
    }

    fn positions(&mut self, owned: &[TopicPartition]) -> Arc<[OffsetToCommit]> {
        owned
            .iter()
            .map(|partition| OffsetToCommit { partition: partition.clone(), offset: Offset(7), metadata: None })
            .collect()
    }
}

/// A consumer and everything it has done so far that nobody looked at.
pub(crate) struct Hand {
    pub(crate) member: ClassicMember,
    pub(crate) durations: Durations,
    pub(crate) now: SimTime,
    unanswered: Vec<(RequestToken, Request)>,
    observed: Vec<Observation>,
}

pub(crate) fn ms(millis: u64) -> SimDuration {
    SimDuration::from_millis(millis)
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
        let identity = Identity {
            group: GroupId::new("g"),
            client_id: ClientId::new("c"),
            client_host: ClientHost::new("/127.0.0.1"),
            topics: Arc::from([TopicName::new("t")]),
        };
        Self {
            member: ClassicMember::new(config, identity),
            durations: Durations::default(),
            now: SimTime::ZERO,
            unanswered: Vec::new(),
            observed: Vec::new(),
        }
    }

    pub(crate) fn act(&mut self, input: impl FnOnce(&mut ClassicMember, &mut Context<'_>)) {
        let mut out = Vec::new();
        input(&mut self.member, &mut Context { now: self.now, surroundings: &mut self.durations, out: &mut out });
        for action in out {
            match action {
                Action::Send { token, request, .. } => self.unanswered.push((token, request)),
                Action::Observe(observation) => self.observed.push(observation),
                Action::Disconnect(_) => {}
            }
        }
    }

    /// Lets time pass, with every deadline on the way.
    pub(crate) fn wait(&mut self, length: SimDuration) {
        let until = self.now + length;
        while self.member.next_deadline() <= until {
            self.now = self.member.next_deadline().max(self.now);
            self.act(ClassicMember::on_deadline);
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

    pub(crate) fn start(&mut self) {
        self.act(ClassicMember::start);
        assert_eq!(self.asked(), ["Metadata", "FindCoordinator"]);
        self.answer_metadata(4);
        let found = FindCoordinatorResponse { error: ErrorCode::None, coordinator: BrokerId(1) };
        self.answer("FindCoordinator", Response::FindCoordinator(found));
    }

    pub(crate) fn answer_metadata(&mut self, count: i32) {
        let topics = vec![TopicMetadata { name: TopicName::new("t"), partitions: count }];
        self.answer("Metadata", Response::Metadata(MetadataResponse { topics }));
    }

    pub(crate) fn refuse_join(&mut self, error: ErrorCode, id: &str) -> JoinGroupRequest {
        let answer = JoinGroupResponse::refusal(error, MemberId::new(id));
        join_request(self.answer("JoinGroup", Response::JoinGroup(answer)))
    }

    /// JoinGroup succeeds for the follower `id`.
    pub(crate) fn joined(&mut self, id: &str, generation: i32) -> JoinGroupRequest {
        let request = self.answer("JoinGroup", Response::JoinGroup(self.join_answer(id, "other", generation)));
        join_request(request)
    }

    pub(crate) fn join_answer(&self, id: &str, leader: &str, generation: i32) -> JoinGroupResponse {
        let name = self.member.config().assignors[0].name();
        let metadata = MetadataBytes::Subscription(Arc::new(Subscription {
            topics: vec![TopicName::new("t")],
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
        let assignment = MemberAssignment { partitions: partitions(numbers), user_data: None };
        let assignment =
            if numbers.is_empty() { AssignmentBytes::Empty } else { AssignmentBytes::Partitions(Arc::new(assignment)) };
        let answer = SyncGroupResponse { assignment, ..SyncGroupResponse::refusal(ErrorCode::None) };
        self.answer("SyncGroup", Response::SyncGroup(answer));
    }

    pub(crate) fn heartbeat(&mut self, error: ErrorCode) {
        self.answer("Heartbeat", Response::Heartbeat(HeartbeatResponse { error }));
    }

    pub(crate) fn committed(&mut self, error: ErrorCode) {
        self.answer("OffsetCommit", Response::OffsetCommit(OffsetCommitResponse::all(error)));
    }

    pub(crate) fn left(&mut self) {
        let answer = LeaveGroupResponse { error: ErrorCode::None, members: Vec::new() };
        self.answer("LeaveGroup", Response::LeaveGroup(answer));
    }

    pub(crate) fn offsets(&mut self, numbers: &[i32]) {
        let offset = |partition| FetchedOffset { partition, offset: Offset(0), metadata: None, error: ErrorCode::None };
        let offsets = partitions(numbers).into_iter().map(offset).collect();
        let answer = OffsetFetchResponse { error: ErrorCode::None, offsets };
        self.answer("OffsetFetch", Response::OffsetFetch(answer));
    }

    /// A member with these partitions in generation 1, nothing under way, nothing unseen.
    pub(crate) fn stable(config: ClientConfig, numbers: &[i32]) -> Self {
        let mut hand = Self::new(config);
        hand.start();
        if !hand.member.config().is_static() {
            hand.refuse_join(ErrorCode::MemberIdRequired, "m");
        }
        hand.joined("m", 1);
        hand.synced(numbers);
        if !numbers.is_empty() {
            hand.offsets(numbers);
        }
        assert!(hand.member.is_ready());
        hand.seen();
        hand
    }
}

fn join_request(request: Request) -> JoinGroupRequest {
    match request {
        Request::JoinGroup(request) => request,
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
        other => panic!("a consumer does not send {other:?}"),
    }
}
