//! Walks the table of transitions: every event in every situation.

use alloc::string::String;
use alloc::vec::Vec;

use protocol::message::{DeleteGroupsRequest, OffsetCommitRequest, OffsetToCommit, Request};
use protocol::{Generation, Offset, TopicPartition};

use crate::consumer::rig::{REBALANCE_MS, as_static, beat, join, owning};
use crate::consumer::transitions::{Event, Leads, SITUATIONS, Situation, TRANSITIONS};
use crate::rig::Rig;
use crate::{BrokerVersion, ConsumerGroupState, GroupConfig};

/// The session timeout by default, ms.
const SESSION_MS: u64 = 45_000;
/// When `a` was last heard of in any scene, ms.
const LAST_HEARD_OF_A: u64 = 2_000;

/// Dynamic member `a` and static member `s`; topic `t` of four partitions.
struct Scene {
    rig: Rig,
    now: u64,
}

impl Scene {
    fn new(situation: Situation, event: Event) -> Self {
        let retention_check_interval_ms = if event == Event::RetentionTick { 20_000 } else { 3_600_000 };
        let config = GroupConfig { retention_check_interval_ms, ..GroupConfig::default() };
        let mut scene = Self { rig: Rig::with(config, BrokerVersion::V4_3), now: 0 };
        scene.rig.topics(&[("t", 4), ("u", 2)]);
        scene.assemble(situation);
        assert_eq!(scene.rig.consumer_state(), Some(situation.state()), "the scene of {event:?} in {situation:?}");
        scene
    }

    fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.rig.at(self.now);
    }

    fn assemble(&mut self, situation: Situation) {
        self.rig.hear(join("a", &["t"]));
        if situation == Situation::Assigning {
            self.rig.hear(as_static(join("s", &["t"]), "i"));
            return self.wait(2_000);
        }
        self.wait(2_000);
        self.rig.hear(as_static(join("s", &["t"]), "i"));
        self.rig.hear(beat("a", 2));
        if situation == Situation::Revoking {
            return self.wait(2_000);
        }
        self.rig.hear(owning("a", 2, &[0, 1]));
        self.rig.hear(as_static(beat("s", 3), "i"));
        match situation {
            Situation::Empty => {
                self.rig.hear(beat("a", -1));
                self.rig.hear(as_static(beat("s", -1), "i"));
            }
            Situation::Away => {
                self.wait(1_000);
                self.rig.hear(as_static(beat("s", 3), "i"));
                self.rig.hear(as_static(beat("s", -2), "i"));
            }
            Situation::Assigning | Situation::Revoking | Situation::Stable => {}
        }
        self.wait(2_000);
    }

    fn epoch_of(&self, member: &str) -> i32 {
        let view = self.rig.coordinator.consumer_group(&"g".into());
        let found = view.and_then(|view| view.members.into_iter().find(|it| it.id.as_str() == member));
        found.map_or(0, |member| member.current.epoch)
    }

    /// The static member is heard of, if it is there.
    fn keep_static(&mut self) {
        let epoch = self.epoch_of("s");
        if epoch > 0 {
            self.rig.hear(as_static(beat("s", epoch), "i"));
        }
    }

    fn play(&mut self, event: Event) -> Vec<String> {
        let (a, s) = (self.epoch_of("a"), self.epoch_of("s"));
        match event {
            Event::NewMemberJoins => self.rig.hear(join("n", &["t"])),
            Event::NewMemberJoinsEarly => {
                // Whoever has just come has caused an assignment, which puts off the next one.
                self.rig.hear(join("m", &["t"]));
                self.rig.hear(join("n", &["t"]))
            }
            Event::NewMemberJoinsIdle => self.rig.hear(join("n", &[])),
            Event::Heartbeat => self.rig.hear(beat("a", a)),
            Event::Acknowledgement => self.rig.hear(owning("a", a, &[0, 1])),
            Event::SubscriptionChanges => {
                let names = Some(["t".into(), "u".into()].into());
                let mut request = beat("a", a);
                request.subscribed_topic_names = names;
                self.rig.hear(request)
            }
            Event::MemberRejoins => self.rig.hear(join("a", &["t"])),
            Event::StaticMemberLeavesForAWhile => self.rig.hear(as_static(beat("s", -2), "i")),
            Event::StaticMemberReturns => self.rig.hear(as_static(join("s2", &["t"]), "i")),
            Event::MemberLeaves => self.rig.hear(beat("a", -1)),
            Event::EverybodyLeaves => {
                self.rig.hear(beat("a", -1));
                self.rig.hear(as_static(beat("s", -1), "i"))
            }
            Event::SessionExpires => {
                // Only the static member is heard of again.
                self.wait(1);
                self.keep_static();
                self.rig.at(LAST_HEARD_OF_A + SESSION_MS)
            }
            Event::RebalanceTimesOut => self.rig.at(self.now + REBALANCE_MS as u64 - 1),
            Event::TopicGrows => self.rig.topics(&[("t", 6), ("u", 2)]),
            Event::HeartbeatSeesGrowth => {
                self.rig.topics(&[("t", 6), ("u", 2)]);
                match s {
                    -2 => self.rig.hear(beat("a", a)),
                    s => self.rig.hear(as_static(beat("s", s), "i")),
                }
            }
            Event::OffsetCommit => self.commit(a),
            Event::Deletion => self.rig.send(Request::from(DeleteGroupsRequest { group: "g".into() })),
            Event::RetentionTick => self.rig.at(20_000),
            Event::Unload => self.rig.unload(),
        }
    }

    fn commit(&mut self, epoch: i32) -> Vec<String> {
        let nobody = epoch == 0;
        let partition = TopicPartition::new("t".into(), 0);
        self.rig.send(Request::from(OffsetCommitRequest {
            version: 9,
            group: "g".into(),
            generation: Generation(if nobody { -1 } else { epoch }),
            member_id: if nobody { "" } else { "a" }.into(),
            instance_id: None,
            offsets: [OffsetToCommit { partition, offset: Offset(7), metadata: None }].into(),
        }))
    }
}

/// Where the event leads, as the table says it.
fn outcome(scene: &Scene, before: ConsumerGroupState) -> Leads<ConsumerGroupState> {
    match scene.rig.consumer_state() {
        None => Leads::Away,
        Some(after) if after == before => Leads::Nowhere,
        Some(after) => Leads::To(after),
    }
}

#[test]
fn every_event_leads_from_every_situation_where_the_table_says() {
    let mut wrong = Vec::new();
    for (event, leads) in TRANSITIONS {
        for (situation, expected) in SITUATIONS.into_iter().zip(leads) {
            if matches!(expected, Leads::Impossible(_)) {
                continue;
            }
            let mut scene = Scene::new(situation, *event);
            let lines = scene.play(*event);
            let got = outcome(&scene, situation.state());
            if got != *expected {
                wrong.push(alloc::format!("{event:?} in {situation:?}: {expected:?}, but {got:?} {lines:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
