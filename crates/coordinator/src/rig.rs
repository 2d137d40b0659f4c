//! A coordinator driven by hand, with short words for requests and a line of text for each action, so that a test can
//! compare the exact list of what a step did.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::message::{
    HeartbeatRequest, JoinGroupProtocol, JoinGroupRequest, LeaveGroupRequest, LeavingMember, OffsetCommitRequest,
    OffsetFetchRequest, OffsetToCommit, Request, Response, SyncGroupRequest, TopicPartitions,
};
use protocol::{
    AssignmentBytes, Generation, InstanceId, MemberEpoch, MemberId, MetadataBytes, Offset, RequestToken, SimTime,
    Subscription, TopicId, TopicPartition,
};

use crate::consumer::ConsumerRecord;
use crate::{
    Action, Actions, BrokerVersion, ClassicGroupState, ConsumerGroupState, Coordinator, GroupConfig, GroupEvent,
    LogLine, Record, TopicImage,
};

pub(crate) struct Rig {
    pub(crate) coordinator: Coordinator,
    pub(crate) log: Vec<(Offset, Record)>,
    /// Where it ends.
    pub(crate) end: Offset,
    now: SimTime,
    out: Actions,
    sent: u64,
    ids: u32,
}

/// Session and rebalance timeout of everybody, ms, unless a test says otherwise.
pub(crate) const SESSION_MS: i32 = 10_000;
pub(crate) const REBALANCE_MS: i32 = 60_000;

impl Rig {
    /// Group `g` is not there yet; no initial delay; every append commits at once.
    pub(crate) fn new() -> Self {
        Self::with(GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() }, BrokerVersion::V4_3)
    }

    pub(crate) fn with(config: GroupConfig, version: BrokerVersion) -> Self {
        let mut out = Actions::new();
        let mut coordinator = Coordinator::started(config, version, SimTime::ZERO, &mut out);
        coordinator.set_commits_on_append(true);
        Self { coordinator, log: Vec::new(), end: Offset(0), now: SimTime::ZERO, out, sent: 0, ids: 0 }
    }

    /// From now on appends commit when [`Rig::commit`] says so.
    pub(crate) fn commit_by_hand(&mut self) {
        self.coordinator.set_commits_on_append(false);
    }

    /// Everything appended is committed.
    pub(crate) fn commit(&mut self) -> Vec<String> {
        self.commit_up_to(self.end)
    }

    /// Everything before this offset is committed.
    pub(crate) fn commit_up_to(&mut self, end: Offset) -> Vec<String> {
        self.coordinator.committed(end, self.now, &mut self.out);
        self.lines()
    }

    /// Time goes on to `ms`; what is due by then happens at its own time.
    pub(crate) fn at(&mut self, ms: u64) -> Vec<String> {
        let end = SimTime::from_millis(ms);
        while let Some(next) = self.coordinator.next_deadline().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.coordinator.on_deadline(self.now, &mut self.out);
        }
        self.now = end;
        self.lines()
    }

    pub(crate) fn send(&mut self, request: Request) -> Vec<String> {
        self.sent += 1;
        let made = &mut self.ids;
        let mut ids = |prefix: &str| {
            *made += 1;
            MemberId::from(format!("{prefix}-{made}"))
        };
        self.coordinator.handle(request, RequestToken(self.sent), self.now, &mut ids, &mut self.out);
        self.lines()
    }

    pub(crate) fn state(&self) -> Option<ClassicGroupState> {
        self.coordinator.group_state(&"g".into())
    }

    pub(crate) fn generation(&self) -> i32 {
        self.coordinator.group_generation(&"g".into()).map_or(-1, |generation| generation.0)
    }

    pub(crate) fn members(&self) -> Vec<String> {
        let view = self.coordinator.classic_group(&"g".into());
        view.map(|view| view.members.iter().map(MemberId::to_string).collect()).unwrap_or_default()
    }

    /// From now on these are the topics; the n-th has the id n.
    pub(crate) fn topics(&mut self, topics: &[(&str, i32)]) -> Vec<String> {
        let numbered = (1..).zip(topics);
        let image = numbered.map(|(low, &(name, partitions))| {
            (name.into(), TopicImage { id: TopicId { high: 0, low }, partitions, initialized: None })
        });
        self.coordinator.topics_changed(image.collect(), self.now, &mut self.out);
        self.lines()
    }

    pub(crate) fn consumer_state(&self) -> Option<ConsumerGroupState> {
        self.coordinator.consumer_group_state(&"g".into())
    }

    pub(crate) fn delete_topic(&mut self, topic: &str) -> Vec<String> {
        self.coordinator.topics_deleted(&[topic.into()], self.now, &mut self.out);
        self.lines()
    }

    pub(crate) fn unload(&mut self) -> Vec<String> {
        self.coordinator.unload(self.now, &mut self.out);
        self.lines()
    }

    pub(crate) fn load(&mut self) -> Vec<String> {
        self.coordinator.load();
        let records = self.log.iter().map(|(at, record)| (*at, record));
        self.coordinator.loaded(records, self.end, self.end, self.now, &mut self.out);
        self.lines()
    }

    /// A JoinGroup of client `client`, to be changed before it is sent.
    pub(crate) fn join_request(client: &str, member: &str) -> JoinGroupRequest {
        JoinGroupRequest {
            version: 9,
            group: "g".into(),
            client_id: client.into(),
            client_host: "/127.0.0.1".into(),
            member_id: member.into(),
            instance_id: None,
            session_timeout_ms: SESSION_MS,
            rebalance_timeout_ms: REBALANCE_MS,
            protocol_type: "consumer".into(),
            protocols: protocols(&["range"], &["t"]),
            reason: None,
        }
    }

    pub(crate) fn join(&mut self, client: &str, member: &str) -> Vec<String> {
        self.send(Request::from(Self::join_request(client, member)))
    }

    pub(crate) fn join_static(&mut self, instance: &str) -> Vec<String> {
        let mut request = Self::join_request("c", "");
        request.instance_id = Some(instance.into());
        self.send(Request::from(request))
    }

    pub(crate) fn sync(&mut self, member: &str, generation: i32, assignments: &[(&str, &str)]) -> Vec<String> {
        let assignments = assignments
            .iter()
            .map(|(member, bytes)| (MemberId::new(member), AssignmentBytes::Opaque(bytes.as_bytes().into())));
        self.send(Request::from(SyncGroupRequest {
            version: 5,
            group: "g".into(),
            generation: Generation(generation),
            member_id: member.into(),
            instance_id: None,
            protocol_type: None,
            protocol_name: None,
            assignments: assignments.collect(),
        }))
    }

    pub(crate) fn heartbeat(&mut self, member: &str, generation: i32) -> Vec<String> {
        self.send(Request::from(HeartbeatRequest {
            group: "g".into(),
            generation: Generation(generation),
            member_id: member.into(),
            instance_id: None,
        }))
    }

    /// Members by id, or by `=instance`.
    pub(crate) fn leave(&mut self, members: &[&str]) -> Vec<String> {
        let members = members.iter().map(|name| LeavingMember {
            member_id: if name.starts_with('=') { MemberId::default() } else { (*name).into() },
            instance_id: name.strip_prefix('=').map(InstanceId::new),
            reason: None,
        });
        self.send(Request::from(LeaveGroupRequest { version: 5, group: "g".into(), members: members.collect() }))
    }

    pub(crate) fn commit_offset(&mut self, member: &str, generation: i32, offset: i64) -> Vec<String> {
        let partition = TopicPartition::new("t".into(), 0);
        self.send(Request::from(OffsetCommitRequest {
            version: 9,
            group: "g".into(),
            generation: Generation(generation),
            member_id: member.into(),
            instance_id: None,
            offsets: [OffsetToCommit { partition, offset: Offset(offset), metadata: None }].into(),
        }))
    }

    pub(crate) fn fetch_offset(&mut self, require_stable: bool) -> Vec<String> {
        let partitions = Some([TopicPartition::new("t".into(), 0)].into());
        self.send(Request::from(OffsetFetchRequest {
            group: "g".into(),
            member_id: None,
            member_epoch: MemberEpoch::NONE,
            partitions,
            require_stable,
        }))
    }

    /// Clients come together, each with an id; all are in generation 1, assigned their own names, and stable.
    pub(crate) fn stable(&mut self, clients: &[&str]) -> Vec<String> {
        for client in clients {
            self.join(client, "");
        }
        let first = self.ids - clients.len() as u32 + 1;
        let ids: Vec<String> = clients.iter().zip(first..).map(|(client, n)| format!("{client}-{n}")).collect();
        for (client, id) in clients.iter().zip(&ids) {
            self.join(client, id);
        }
        let now = self.now.as_millis();
        self.at(now);
        let generation = self.generation();
        let assignments: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), id.as_str())).collect();
        for id in &ids {
            self.sync(id, generation, &assignments);
        }
        assert_eq!(self.state(), Some(ClassicGroupState::Stable), "the group is ready for the test");
        ids
    }

    /// A line for each action since last time, and everything is checked.
    fn lines(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for action in core::mem::take(&mut self.out) {
            lines.extend(line(&action));
            if let Action::Append { records, end } = action {
                assert_eq!(records[0].0, self.end, "appends follow one another");
                self.log.extend(records);
                self.end = end;
            }
        }
        self.coordinator.check();
        lines
    }
}

/// The same subscription for each assignor.
pub(crate) fn protocols(names: &[&str], topics: &[&str]) -> Arc<[JoinGroupProtocol]> {
    let topics = topics.iter().map(|topic| (*topic).into()).collect();
    let subscription = Arc::new(Subscription { topics, generation: Generation::NONE, ..Subscription::default() });
    names
        .iter()
        .map(|name| JoinGroupProtocol {
            name: (*name).into(),
            metadata: MetadataBytes::Subscription(Arc::clone(&subscription)),
        })
        .collect()
}

fn line(action: &Action) -> Option<String> {
    Some(match action {
        Action::Respond { token, response } => format!("#{token} {}", answer(response)),
        Action::Abandon { token } => format!("#{token} abandoned"),
        Action::Append { records, .. } => {
            let records: Vec<String> = records.iter().map(|(_, it)| record(it)).collect();
            format!("append {}", records.join(", "))
        }
        Action::ResolveRegexes { job, .. } => format!("resolve {job}"),
        Action::Observe { group, event } => match (&**event, (LogLine { group, event }).to_string()) {
            (GroupEvent::Completed { generation }, _) => format!("completed {generation}"),
            (GroupEvent::Deleted, _) => "deleted".to_string(),
            (GroupEvent::OffsetsExpired { partitions }, _) => format!("expired {partitions:?}"),
            (_, line) if line.starts_with("Preparing to rebalance") => format!("prepare: {}", between(&line)),
            (_, line) if line.starts_with("Stabilized") => line,
            _ => return None,
        },
    })
}

/// What stands in the last pair of brackets: the reason.
fn between(line: &str) -> &str {
    let start = line.find("(reason: ").map_or(0, |at| at + "(reason: ".len());
    line[start..].trim_end_matches('.').trim_end_matches(')').trim_end_matches('.')
}

fn record(record: &Record) -> String {
    match record {
        Record::GroupMetadata { value: None, .. } => "group gone".to_string(),
        Record::GroupMetadata { value: Some(value), .. } => {
            let members: Vec<&str> = value.members.iter().map(|member| member.member_id.as_str()).collect();
            format!("group {} [{}]", value.generation, members.join(" "))
        }
        Record::OffsetCommit { offsets, .. } => {
            let one = |it: OffsetToCommit| format!("{}={}", it.partition, it.offset);
            offsets.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Record::OffsetTombstone { partition, .. } => format!("{partition} gone"),
        Record::Consumer { record, .. } => consumer_record(record),
        Record::TransactionMarker { commit, .. } => format!("marker {commit}"),
    }
}

fn consumer_record(record: &ConsumerRecord) -> String {
    let gone = |is_gone: bool| if is_gone { " gone" } else { "" };
    match record {
        ConsumerRecord::Member { member, value } => format!("member {member}{}", gone(value.is_none())),
        ConsumerRecord::Target { member, value } => format!("target {member}{}", gone(value.is_none())),
        ConsumerRecord::Current { member, value: None } => format!("current {member} gone"),
        ConsumerRecord::Current { member, value: Some(value) } => {
            format!("current {member} {} {}", value.epoch, value.state)
        }
        ConsumerRecord::Group { value: None } => "group gone".to_string(),
        ConsumerRecord::Group { value: Some(value) } => format!("group {}", value.epoch),
        ConsumerRecord::Assignment { value: None } => "assignment gone".to_string(),
        ConsumerRecord::Assignment { value: Some(value) } => format!("assignment {}", value.epoch),
        ConsumerRecord::Regex { regex, value } => format!("regex {regex}{}", gone(value.is_none())),
    }
}

fn answer(response: &Response) -> String {
    match response {
        Response::ConsumerGroupHeartbeat(it) if it.error.is_none() => {
            let numbers = |topics: &Arc<[TopicPartitions]>| -> Vec<String> {
                topics.iter().flat_map(|of| of.partitions.iter().map(ToString::to_string)).collect()
            };
            let assignment = it.assignment.as_ref().map(|topics| format!(" [{}]", numbers(topics).join(" ")));
            let member = it.member_id.clone().unwrap_or_default();
            format!("beat {member} {}{}", it.member_epoch, assignment.unwrap_or_default())
        }
        Response::ConsumerGroupHeartbeat(it) => format!("beat {}", it.error),
        Response::JoinGroup(it) if it.error.is_none() => {
            let members: Vec<&str> = it.members.iter().map(|member| member.member_id.as_str()).collect();
            let skip = if it.skip_assignment { " skip" } else { "" };
            format!("join {} of {} led by {}{skip} [{}]", it.member_id, it.generation, it.leader, members.join(" "))
        }
        Response::JoinGroup(it) => format!("join {} {}", it.error, it.member_id).trim_end().to_string(),
        Response::SyncGroup(it) => match &it.assignment {
            AssignmentBytes::Opaque(bytes) => format!("sync {} {}", it.error, String::from_utf8_lossy(bytes)),
            _ => format!("sync {}", it.error),
        },
        Response::Heartbeat(it) => format!("heartbeat {}", it.error),
        Response::LeaveGroup(it) => {
            let members: Vec<String> = it.members.iter().map(|member| member.error.to_string()).collect();
            format!("leave {} [{}]", it.error, members.join(" "))
        }
        Response::OffsetCommit(it) => format!("commit {}", it.error),
        Response::OffsetFetch(it) => {
            let offsets: Vec<String> = it.offsets.iter().map(ToString::to_string).collect();
            format!("fetch {} [{}]", it.error, offsets.join(" "))
        }
        other => format!("{other:?}"),
    }
}
