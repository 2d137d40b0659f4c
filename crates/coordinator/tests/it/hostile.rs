//! Requests that make no sense, at random: nothing panics, everything that must be true stays true, nothing piles up.

use std::sync::Arc;

use coordinator::{Action, Actions, BrokerVersion, Coordinator, GroupConfig, Record};
use protocol::message::{
    DeleteGroupsRequest, DescribeGroupsRequest, FindCoordinatorRequest, HeartbeatRequest, JoinGroupProtocol,
    JoinGroupRequest, LeaveGroupRequest, LeavingMember, ListGroupsRequest, MetadataRequest, OffsetCommitRequest,
    OffsetDeleteRequest, OffsetToCommit, OffsetsToCommit, Request, SyncGroupRequest, TxnOffsetCommitRequest,
    WriteTxnMarkersRequest,
};
use protocol::{
    AssignmentBytes, Generation, GroupId, InstanceId, MemberId, MetadataBytes, Offset, Partitions, ProducerId,
    RequestToken, SimTime, Subscription, TopicPartition,
};

use crate::random::Random;

mod consumer;

/// A coordinator in bad company.
struct Victim {
    coordinator: Coordinator,
    random: Random,
    now: u64,
    tokens: u64,
    ids: u64,
    log: Vec<(Offset, Record)>,
    end: Offset,
    /// Ids that the coordinator has made, to be used by anybody.
    known: Vec<MemberId>,
    answered: usize,
    /// Lookups of regular expressions that have not ended.
    jobs: Vec<(GroupId, u64)>,
    /// Whether most requests are of the consumer protocol.
    speaks_consumer: bool,
}

impl Victim {
    fn new(seed: u64, version: BrokerVersion) -> Self {
        let mut random = Random::new(seed);
        let config = GroupConfig {
            initial_rebalance_delay_ms: *random.pick(&[0, 50, 3_000, -1, i32::MAX]),
            min_session_timeout_ms: 1,
            max_size: *random.pick(&[1, 3, i32::MAX]),
            consumer_max_size: *random.pick(&[1, 3, i32::MAX]),
            consumer_session_timeout_ms: *random.pick(&[1, 10_000, i32::MAX]),
            consumer_assignment_interval_ms: *random.pick(&[0, 1_000, i32::MAX]),
            retention_minutes: 1,
            retention_check_interval_ms: 10_000,
            ..GroupConfig::default()
        };
        let mut out = Actions::new();
        let coordinator = Coordinator::started(config, version, SimTime::ZERO, &mut out);
        let (log, known) = (Vec::new(), vec![MemberId::default(), "nobody".into()]);
        let (jobs, speaks_consumer) = (Vec::new(), seed % 2 == 1);
        let end = Offset(0);
        Self { coordinator, random, now: 0, tokens: 0, ids: 0, log, end, known, answered: 0, jobs, speaks_consumer }
    }

    fn time(&self) -> SimTime {
        SimTime::from_millis(self.now)
    }

    fn step(&mut self) {
        let mut out = Actions::new();
        if self.random.one_in(40) {
            let image = self.image();
            self.coordinator.topics_changed(image, self.time(), &mut out);
        }
        if let Some((group, job)) = self.jobs.pop_if(|_| self.random.one_in(3)) {
            self.coordinator.regexes_resolved(&group, job, self.time(), &mut out);
        }
        match self.random.below(40) {
            0 => self.coordinator.unload(self.time(), &mut out),
            1 => self.coordinator.load(),
            2 | 3 => self.load(&mut out),
            4..=12 => {
                self.now += *self.random.pick(&[0, 1, 40, 700, 6_000, 60_000]);
                self.coordinator.on_deadline(self.time(), &mut out);
            }
            13..=18 => {
                let end = self.random.below(self.end.0 as u64 + 2) as i64;
                self.coordinator.committed(Offset(end), self.time(), &mut out);
            }
            19 => {
                let member = self.member();
                self.coordinator.hold_session(&"g".into(), &member);
            }
            20 => {
                let (member, since) = (self.member(), SimTime::from_millis(self.random.below(self.now + 1)));
                self.coordinator.release_session(&"g".into(), &member, since);
            }
            _ => {
                let request = self.request();
                self.tokens += 1;
                let (ids, known) = (&mut self.ids, &mut self.known);
                let mut made = |prefix: &str| {
                    *ids += 1;
                    let id = MemberId::from(format!("{}-{ids}", prefix.chars().take(8).collect::<String>()));
                    known.push(id.clone());
                    id
                };
                let now = SimTime::from_millis(self.now);
                self.coordinator.handle(request, RequestToken(self.tokens), now, &mut made, &mut out);
            }
        }
        for action in out {
            match action {
                Action::Append { records, end } => {
                    assert_eq!(records[0].0, self.end);
                    self.log.extend(records);
                    self.end = end;
                }
                Action::Respond { .. } | Action::Abandon { .. } => self.answered += 1,
                Action::ResolveRegexes { group, job } => self.jobs.push((group, job)),
                Action::Observe { .. } => {}
            }
        }
        self.coordinator.check();
    }

    fn load(&mut self, out: &mut Actions) {
        let records = self.log.iter().map(|(at, record)| (*at, record));
        self.coordinator.loaded(records, self.end, self.end, SimTime::from_millis(self.now), out);
    }

    fn number(&mut self) -> i32 {
        *self.random.pick(&[0, 1, 2, 3, -1, 5_000, 30_000, i32::MIN, i32::MAX, 7])
    }

    fn group(&mut self) -> GroupId {
        (*self.random.pick(&["g", "g", "g", "h", ""])).into()
    }

    fn member(&mut self) -> MemberId {
        let recent = self.known.len().saturating_sub(12);
        match self.random.below(3) {
            0 => self.known[self.random.below(2) as usize].clone(),
            _ => self.known[recent + self.random.below((self.known.len() - recent) as u64) as usize].clone(),
        }
    }

    fn instance(&mut self) -> Option<InstanceId> {
        self.random.pick(&[None, None, Some("i"), Some("j"), Some("")]).map(Into::into)
    }

    fn generation(&mut self) -> Generation {
        let present = self.coordinator.group_generation(&"g".into());
        if self.random.one_in(4) { Generation(self.number()) } else { present.unwrap_or(Generation(1)) }
    }

    fn text(&mut self) -> String {
        match self.random.below(60) {
            0 => "x".repeat(1_000_000),
            1 => "\u{1F600}\0".repeat(100),
            2 => String::new(),
            n => format!("t{}", n % 3),
        }
    }

    fn request(&mut self) -> Request {
        let (group, member_id, instance_id) = (self.group(), self.member(), self.instance());
        let generation = self.generation();
        match self.random.below(24) {
            _ if self.speaks_consumer && !self.random.one_in(3) => self.consumer_request(group, instance_id),
            0..=8 => Request::from(self.join(group, member_id, instance_id)),
            9..=11 => Request::from(SyncGroupRequest {
                version: 5,
                group,
                generation,
                member_id,
                instance_id,
                protocol_type: self.random.one_in(5).then(|| "connect".into()),
                protocol_name: self.random.one_in(5).then(|| "sticky".into()),
                assignments: (0..self.random.below(4))
                    .map(|_| (self.member(), AssignmentBytes::Opaque(self.text().as_bytes().into())))
                    .collect(),
            }),
            12..=14 => Request::from(HeartbeatRequest { group, generation, member_id, instance_id }),
            15 => {
                let many = if self.random.one_in(50) { 100_000 } else { self.random.below(4) };
                let one = |this: &mut Self| LeavingMember {
                    member_id: this.member(),
                    instance_id: this.instance(),
                    reason: Some(this.text().into()),
                };
                let members = (0..many).map(|_| one(self)).collect();
                Request::from(LeaveGroupRequest { version: 5, group, members })
            }
            16 => {
                let (version, offsets) = (*self.random.pick(&[0, 8, 9]), self.offsets());
                Request::from(OffsetCommitRequest { version, group, generation, member_id, instance_id, offsets })
            }
            17 => {
                let (producer_id, offsets) = (ProducerId(i64::from(self.number())), self.offsets());
                Request::from(TxnOffsetCommitRequest {
                    producer_id,
                    group,
                    generation,
                    member_id,
                    instance_id,
                    offsets,
                })
            }
            18 => Request::from(WriteTxnMarkersRequest {
                producer_id: ProducerId(i64::from(self.number())),
                commit: self.random.one_in(2),
            }),
            19 => self.offset_fetch(group),
            20 => Request::from(OffsetDeleteRequest { group, partitions: self.partitions() }),
            21 => Request::from(DescribeGroupsRequest { version: *self.random.pick(&[0, 6]), group }),
            22 => Request::from(DeleteGroupsRequest { group }),
            _ => match self.random.below(3) {
                0 => Request::from(ListGroupsRequest { states: vec![self.text().into()], types: Vec::new() }),
                1 => Request::from(FindCoordinatorRequest { group }),
                _ => Request::from(MetadataRequest { topics: None }),
            },
        }
    }

    fn join(&mut self, group: GroupId, member_id: MemberId, instance_id: Option<InstanceId>) -> JoinGroupRequest {
        let names = ["range", "range", "sticky", "own"];
        let protocols = (0..self.random.below(4))
            .map(|_| JoinGroupProtocol { name: (*self.random.pick(&names)).into(), metadata: self.metadata() })
            .collect();
        JoinGroupRequest {
            version: *self.random.pick(&[0, 3, 4, 8, 9, i16::MIN, i16::MAX]),
            group,
            client_id: self.text().as_str().into(),
            client_host: "".into(),
            member_id,
            instance_id,
            session_timeout_ms: *self.random.pick(&[0, 1, 6_000, 30_000, 1_800_000, i32::MAX]),
            rebalance_timeout_ms: self.number(),
            protocol_type: (*self.random.pick(&["consumer", "consumer", "consumer", "connect", ""])).into(),
            protocols,
            reason: None,
        }
    }

    fn metadata(&mut self) -> MetadataBytes {
        if self.random.one_in(4) {
            return MetadataBytes::Opaque(self.text().as_bytes().into());
        }
        let topics = [self.text().as_str().into()].into();
        MetadataBytes::Subscription(Arc::new(Subscription { topics, ..Subscription::default() }))
    }

    fn partitions(&mut self) -> Partitions {
        (0..self.random.below(4)).map(|_| TopicPartition::new(self.text().as_str().into(), self.number())).collect()
    }

    fn offsets(&mut self) -> OffsetsToCommit {
        let offset = |partition: &TopicPartition, this: &mut Self| OffsetToCommit {
            partition: partition.clone(),
            offset: Offset(i64::from(this.number())),
            metadata: this.random.one_in(2).then(|| this.text().into()),
        };
        self.partitions().iter().map(|partition| offset(partition, self)).collect()
    }
}

#[test]
fn hostile_requests_break_nothing() {
    for seed in 0..80 {
        let version = BrokerVersion::ALL[(seed / 2) as usize % BrokerVersion::ALL.len()];
        let mut victim = Victim::new(seed, version);
        for _ in 0..600 {
            victim.step();
        }
        let footprint = victim.coordinator.footprint();
        assert!(
            footprint.timers <= 4 * footprint.members + 2 * footprint.groups + footprint.waiting + footprint.loose + 1
        );
        assert!(footprint.promises <= 2 * footprint.members + footprint.waiting + footprint.groups);
        assert!(footprint.waiting <= 600 && victim.answered > 100);
    }
}

#[test]
fn the_longest_lists_and_texts_cost_no_more_than_they_hold() {
    let mut out = Actions::new();
    let mut coordinator = Coordinator::started(GroupConfig::default(), BrokerVersion::V4_3, SimTime::ZERO, &mut out);
    let long = "y".repeat(1_000_000);
    let entry =
        LeavingMember { member_id: long.as_str().into(), instance_id: Some(long.as_str().into()), reason: None };
    let members = vec![entry; 1_000_000];
    let request = Request::from(LeaveGroupRequest { version: 5, group: long.as_str().into(), members });
    coordinator.handle(request, RequestToken(1), SimTime::ZERO, &mut |_: &str| MemberId::default(), &mut out);
    let assignments = vec![(MemberId::new(&long), AssignmentBytes::Empty); 1_000_000];
    let request = Request::from(SyncGroupRequest {
        version: 5,
        group: "g".into(),
        generation: Generation(1),
        member_id: long.as_str().into(),
        instance_id: None,
        protocol_type: None,
        protocol_name: None,
        assignments,
    });
    coordinator.handle(request, RequestToken(2), SimTime::ZERO, &mut |_: &str| MemberId::default(), &mut out);
    let answers = out.iter().filter(|action| matches!(action, Action::Respond { .. })).count();
    assert_eq!((answers, coordinator.footprint().promises), (2, 0));
}

#[test]
fn a_log_that_stands_still_holds_nobody_longer_than_the_commit_timeout() {
    let mut out = Actions::new();
    let config = GroupConfig::default();
    let mut coordinator = Coordinator::started(config, BrokerVersion::V4_3, SimTime::ZERO, &mut out);
    let partition = TopicPartition::new("t".into(), 0);
    let offsets: OffsetsToCommit = [OffsetToCommit { partition, offset: Offset(1), metadata: None }].into();
    for n in 0..20_000u64 {
        let now = SimTime::from_millis(n * 10);
        coordinator.on_deadline(now, &mut out);
        let request = OffsetCommitRequest {
            version: 9,
            group: "g".into(),
            generation: Generation::NONE,
            member_id: MemberId::default(),
            instance_id: None,
            offsets: offsets.clone(),
        };
        let none = &mut |_: &str| MemberId::default();
        coordinator.handle(Request::from(request), RequestToken(n), now, none, &mut out);
        assert!(coordinator.footprint().waiting <= 501, "5 s of requests, one every 10 ms");
    }
}
