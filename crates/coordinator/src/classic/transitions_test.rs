//! Walks the table of transitions: every event in every situation.

use protocol::message::{DeleteGroupsRequest, JoinGroupRequest, Request};

use crate::classic::ClassicGroupState;
use crate::classic::transitions::{Event, Leads, SITUATIONS, Situation, TRANSITIONS};
use crate::rig::{REBALANCE_MS, Rig, SESSION_MS, protocols};
use crate::{BrokerVersion, GroupConfig};

/// The initial delay of the situation of that name, ms: longer than newcomers may wait.
const DELAY_MS: i32 = 400_000;

/// Static member `i-1` leads, `a-2` and the static `j-3` follow; `p-4` only has an id.
struct Scene {
    rig: Rig,
    now: u64,
}

fn is_about_assignment(event: Event) -> bool {
    matches!(event, Event::AssignmentCommitted | Event::AssignmentNotCommitted)
}

fn named(instance: &str, member: &str) -> JoinGroupRequest {
    let mut request = Rig::join_request("c", member);
    request.instance_id = Some(instance.into());
    request.rebalance_timeout_ms = 2 * DELAY_MS;
    request
}

impl Scene {
    fn new(situation: Situation, event: Event) -> Self {
        let delay = match (situation, event) {
            (Situation::InitialDelay, Event::InitialDelayEnds | Event::InitialDelayExtends) => 3_000,
            (Situation::InitialDelay, _) => DELAY_MS,
            _ => 0,
        };
        let retention_check_interval_ms = if event == Event::RetentionTick { 1_000 } else { 3_600_000 };
        let config =
            GroupConfig { initial_rebalance_delay_ms: delay, retention_check_interval_ms, ..GroupConfig::default() };
        let mut scene = Self { rig: Rig::with(config, BrokerVersion::V4_3), now: 0 };
        scene.assemble(situation, event);
        assert_eq!(scene.rig.state(), Some(situation.state()), "the scene of {event:?} in {situation:?}");
        scene
    }

    /// Three members come together, one after the other; then the group is led to the situation.
    fn assemble(&mut self, situation: Situation, event: Event) {
        let two_assignors = event == Event::StaticMemberReturnsWithAnotherVote;
        let offer = |mut request: JoinGroupRequest, names: &[&str]| {
            if two_assignors {
                request.protocols = protocols(names, &["t"]);
            }
            Request::from(request)
        };
        self.rig.send(offer(named("i", ""), &["range", "sticky"]));
        self.rig.join("a", "");
        self.rig.send(offer(Rig::join_request("a", "a-2"), &["sticky", "range"]));
        if event == Event::MemberExpires && situation == Situation::InitialDelay {
            self.wait(10);
        }
        self.rig.send(offer(named("j", ""), &["range", "sticky"]));
        if situation == Situation::InitialDelay {
            return self.ask_for_id();
        }
        self.rig.at(0);
        if situation == Situation::Syncing {
            if event == Event::SyncPhaseTimesOut {
                self.rig.sync("a-2", 1, &[]);
            }
            return self.ask_for_id();
        }
        if situation == Situation::Joining && is_about_assignment(event) {
            self.rig.commit_by_hand();
            self.rig.sync("i-1", 1, &[]);
            return self.rejoin_changed("a-2");
        }
        self.sync_all(event != Event::SyncPhaseTimesOut);
        match situation {
            Situation::Empty => {
                self.rig.leave(&["i-1", "a-2", "j-3"]);
            }
            Situation::Joining if event == Event::JoinPhaseTimesOutUnused => {
                self.rig.leave(&["a-2"]);
            }
            Situation::Joining => {
                self.rejoin_changed("a-2");
            }
            _ => {}
        }
        self.ask_for_id();
    }

    /// `p-4`; not where it would stand in the way of what is tested.
    fn ask_for_id(&mut self) {
        self.rig.join("p", "");
    }

    fn sync_all(&mut self, followers: bool) {
        let generation = self.rig.generation();
        self.rig.sync("i-1", generation, &[]);
        if followers {
            self.rig.sync("a-2", generation, &[]);
            self.rig.sync("j-3", generation, &[]);
        }
    }

    fn rejoin_changed(&mut self, member: &str) {
        let mut request = Rig::join_request("a", member);
        request.protocols = protocols(&["range"], &["t", "u"]);
        self.rig.send(Request::from(request));
    }

    fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.rig.at(self.now);
    }

    /// Waits, and these members are heard of.
    fn wait_with(&mut self, ms: u64, members: &[&str]) {
        let end = self.now + ms;
        while self.now < end {
            let generation = self.rig.generation();
            for member in members {
                self.rig.heartbeat(member, generation);
            }
            self.wait(1_000.min(end - self.now));
        }
    }

    fn drop_pending(&mut self) {
        self.wait_with(SESSION_MS as u64, &["i-1", "a-2", "j-3"]);
    }

    fn happen(&mut self, event: Event, situation: Situation) {
        match event {
            Event::NewcomerAsksForId
            | Event::NewMemberJoins
            | Event::LeaderRejoins
            | Event::FollowerRejoinsUnchanged
            | Event::FollowerRejoinsChanged
            | Event::LastMemberRejoins
            | Event::StaticMemberReturns
            | Event::StaticMemberReturnsWithAnotherVote => self.join(event),
            Event::FollowerSyncs => {
                self.rig.sync("a-2", self.rig.generation(), &[]);
            }
            Event::AssignmentCommitted | Event::AssignmentNotCommitted => self.assignment(event, situation),
            Event::Heartbeat => {
                self.rig.heartbeat("a-2", self.rig.generation());
            }
            Event::MemberLeaves => {
                self.rig.leave(&["a-2"]);
            }
            Event::EverybodyLeaves => {
                self.rig.leave(&["i-1", "a-2", "j-3", "p-4"]);
            }
            Event::PendingMemberLeaves => {
                self.rig.leave(&["p-4"]);
            }
            Event::OffsetCommit if situation == Situation::Empty => {
                self.rig.commit_offset("", -1, 5);
            }
            Event::OffsetCommit => {
                self.rig.commit_offset("a-2", self.rig.generation(), 5);
            }
            Event::Deletion => {
                self.rig.send(Request::from(DeleteGroupsRequest { group: "g".into() }));
            }
            Event::Unload => {
                self.rig.unload();
            }
            _ => self.time_passes(event, situation),
        }
    }

    fn join(&mut self, event: Event) {
        match event {
            Event::NewcomerAsksForId => {
                self.rig.join("q", "");
            }
            Event::NewMemberJoins => {
                self.rig.send(Request::from(named("k", "")));
            }
            Event::LeaderRejoins => {
                self.rig.send(Request::from(named("i", "i-1")));
            }
            Event::FollowerRejoinsUnchanged => {
                self.rig.join("a", "a-2");
            }
            Event::FollowerRejoinsChanged => self.rejoin_changed("a-2"),
            Event::LastMemberRejoins => {
                self.rig.leave(&["p-4"]);
                self.rig.send(Request::from(named("i", "i-1")));
                self.rig.send(Request::from(named("j", "j-3")));
            }
            Event::StaticMemberReturns => {
                self.rig.send(Request::from(named("j", "")));
            }
            _ => {
                let mut other = named("j", "");
                other.protocols = protocols(&["sticky", "range"], &["t"]);
                self.rig.send(Request::from(other));
            }
        }
    }

    /// The leader's assignment is on its way to the log when the group is where it shall be.
    fn assignment(&mut self, event: Event, situation: Situation) {
        if situation == Situation::Stable {
            // A second one, of a leader that sends its SyncGroup again; the first makes the group stable.
            self.rig.leave(&["p-4"]);
            self.rejoin_changed("a-2");
            self.rig.send(Request::from(named("i", "i-1")));
            self.rig.send(Request::from(named("j", "j-3")));
            self.rig.commit_by_hand();
            self.rig.sync("i-1", 2, &[]);
            let first = self.rig.end;
            self.rig.sync("i-1", 2, &[]);
            self.rig.commit_up_to(first);
            assert_eq!(self.rig.state(), Some(ClassicGroupState::Stable));
        } else if situation == Situation::Syncing {
            self.rig.commit_by_hand();
            self.rig.sync("i-1", 1, &[]);
        }
        match event {
            Event::AssignmentCommitted => {
                self.rig.commit();
            }
            _ => self.wait(5_000),
        }
    }

    fn time_passes(&mut self, event: Event, situation: Situation) {
        match event {
            Event::MemberExpires if situation == Situation::InitialDelay => {
                self.rig.leave(&["p-4"]);
                self.wait(299_990);
            }
            Event::MemberExpires => self.wait_with(SESSION_MS as u64, &["i-1", "a-2"]),
            Event::PendingMemberExpires => self.drop_pending(),
            Event::InitialDelayExtends => self.wait(3_000),
            Event::InitialDelayEnds => self.wait(6_000),
            Event::JoinPhaseTimesOut | Event::JoinPhaseTimesOutUnused | Event::SyncPhaseTimesOut => {
                self.wait_with(2 * DELAY_MS as u64, &["i-1", "a-2", "j-3"]);
            }
            _ => self.wait(1_000),
        }
    }
}

#[test]
fn the_table_has_one_row_for_each_event_and_leads_only_where_states_may_follow() {
    for (at, (event, row)) in TRANSITIONS.iter().enumerate() {
        assert!(TRANSITIONS[..at].iter().all(|(other, _)| other != event), "{event:?} stands twice");
        for (situation, leads) in SITUATIONS.iter().zip(row) {
            if let Leads::To(state) = leads {
                let from = situation.state();
                let through = ClassicGroupState::PreparingRebalance;
                let direct = state.valid_previous_states().contains(&from);
                let in_two =
                    through.valid_previous_states().contains(&from) && state.valid_previous_states().contains(&through);
                assert!(direct || in_two, "{event:?} from {situation:?} to {state}");
            }
        }
    }
}

#[test]
fn every_event_leads_from_every_situation_where_the_table_says() {
    for (event, row) in TRANSITIONS {
        for (&situation, leads) in SITUATIONS.iter().zip(row) {
            if matches!(leads, Leads::Impossible(_)) {
                continue;
            }
            let mut scene = Scene::new(situation, *event);
            scene.happen(*event, situation);
            let expected = match leads {
                Leads::To(state) => Some(*state),
                Leads::Nowhere => Some(situation.state()),
                Leads::Away | Leads::Impossible(_) => None,
            };
            assert_eq!(scene.rig.state(), expected, "{event:?} in {situation:?}");
        }
    }
}

#[test]
fn a_dead_group_cannot_be_asked_for_anything() {
    let mut scene = Scene::new(Situation::Stable, Event::Unload);
    scene.happen(Event::Unload, Situation::Stable);
    assert_eq!(scene.rig.heartbeat("i-1", 1), ["#9 heartbeat NOT_COORDINATOR"]);
    assert_eq!(scene.rig.at(u64::from(REBALANCE_MS.unsigned_abs()) * 100), [""; 0], "and no timer is left");
}
