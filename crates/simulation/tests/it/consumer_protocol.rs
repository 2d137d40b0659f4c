//! Whole groups under the consumer protocol.

use assignor::ClientAssignorKind;
use member::{ClientFamily, GroupMembershipOperation};
use protocol::{SimDuration, SimTime};
use simulation::plan::{Pace, Plan, PlannedAction, Stop, TopicPlan};
use timeline::{Cast, Event, Measurer, Measures, MemberIndex, Observer};

use crate::plans::{CLOSE, group, of, rolling, then, under_the_consumer_protocol};

const FAMILIES: [ClientFamily; 3] = [ClientFamily::Java, ClientFamily::Librdkafka, ClientFamily::FranzGo];

fn small(is_static: bool) -> Plan {
    under_the_consumer_protocol(group(3, 12, ClientAssignorKind::CooperativeSticky, is_static))
}

fn measured(plan: &Plan) -> Measures {
    let cast: Cast = simulation::world::cast(plan);
    simulation::run_observed(plan, Measurer::new(&cast)).expect("the plan runs").1.finish()
}

fn state(measures: &Measures) -> (&str, u64) {
    let seen = measures.last_seen.as_ref().expect("every run ends with a look at the group");
    (&seen.state, seen.members)
}

fn stop(stop: Stop) -> PlannedAction {
    PlannedAction::Stop { member: MemberIndex(1), stop }
}

#[test]
fn a_group_forms_and_settles() {
    for family in FAMILIES {
        for seed in 1..=20 {
            let measures = measured(&Plan { seed, ..of(family, small(false)) });
            assert_eq!(state(&measures), ("Stable", 3), "{family:?}, seed {seed}");
            assert_eq!((measures.rebalances, measures.double_owned, measures.unowned_at_end), (0, 0, 0));
            assert!((2..=3).contains(&measures.rebalances_start_up), "{}", measures.rebalances_start_up);
        }
    }
}

#[test]
fn a_member_that_leaves_is_replaced_within_a_heartbeat_and_one_that_dies_when_its_session_ends() {
    for family in FAMILIES {
        let left = measured(&then(of(family, small(false)), 60, stop(CLOSE)));
        assert_eq!((state(&left), left.rebalances, left.group_epochs), (("Stable", 2), 1, 1), "{family:?}");
        assert!(left.pauses.longest() < SimDuration::from_secs(6), "{family:?}: {}", left.pauses.longest());
        let dead = measured(&then(of(family, small(false)), 60, stop(Stop::Kill)));
        assert_eq!((state(&dead), dead.rebalances), (("Stable", 2), 1), "{family:?}");
        let pause = dead.pauses.longest();
        assert!(pause > SimDuration::from_secs(5) && pause < SimDuration::from_secs(16), "{family:?}: {pause}");
    }
}

#[test]
fn a_static_member_that_comes_back_costs_nobody_else_anything() {
    for family in [ClientFamily::Java, ClientFamily::Librdkafka] {
        let every = Pace::Every(SimDuration::from_secs(20));
        let measures = measured(&rolling(of(family, small(true)), CLOSE, every));
        assert_eq!((measures.rebalances, measures.group_epochs, measures.moved), (0, 0, 0), "{family:?}");
        assert_eq!((state(&measures), measures.failures), (("Stable", 3), 0));
    }
}

#[test]
fn a_static_member_that_was_killed_is_refused_when_it_comes_back_too_early() {
    let every = Pace::Every(SimDuration::from_secs(60));
    let java = measured(&rolling(small(true), Stop::Kill, every));
    assert_eq!(java.failures, 3, "each comes back after 2 s, is refused and gives up");
    // Unless it was closed to remain in the group: then it has said that it will be back.
    let remain = Stop::Close { grace: SimDuration::from_secs(30), membership: GroupMembershipOperation::RemainInGroup };
    let back = measured(&rolling(small(true), remain, every));
    assert_eq!((state(&back), back.failures, back.rebalances), (("Stable", 3), 0, 0));
    // A dynamic one leaves all the same.
    let [remaining, leaving] = [remain, CLOSE].map(|how| measured(&then(small(false), 60, stop(how))));
    assert_eq!((state(&remaining), remaining.rebalances), (("Stable", 2), 1));
    assert_eq!(remaining.pauses.longest(), leaving.pauses.longest());
    // franz-go says nothing even when it is stopped cleanly, and keeps asking.
    let franz_go = measured(&rolling(of(ClientFamily::FranzGo, small(true)), CLOSE, every));
    assert_eq!((state(&franz_go), franz_go.failures), (("Stable", 3), 0));
    assert!(franz_go.pauses.longest() > SimDuration::from_secs(5), "{}", franz_go.pauses.longest());
}

#[test]
fn partitions_that_are_added_are_handed_out_by_the_next_heartbeat() {
    for family in FAMILIES {
        let topic = protocol::TopicName::new("t");
        let grown = then(of(family, small(false)), 60, PlannedAction::AddPartitions { topic, count: 15 });
        let measures = measured(&grown);
        assert_eq!((measures.rebalances, measures.interruptions, measures.unowned_at_end), (1, 0, 0), "{family:?}");
        assert!(measures.pauses.longest() < SimDuration::from_secs(11), "{family:?}: {}", measures.pauses.longest());
    }
}

#[test]
fn a_topic_that_matches_is_found_by_the_coordinator_however_old_the_members_metadata_are() {
    for by_pattern in [false, true] {
        let mut plan = small(false);
        plan.topics.push(TopicPlan { name: "u".into(), partitions: 0, replicas: 3 });
        for member in &mut plan.members {
            member.topics.push("u".into());
            member.pattern = by_pattern.then(|| "t|u".into());
            member.config.metadata_max_age = SimDuration::from_secs(3_600);
        }
        let grown = then(plan, 60, PlannedAction::AddPartitions { topic: "u".into(), count: 6 });
        let measures = measured(&grown);
        assert_eq!((state(&measures), measures.rebalances), (("Stable", 3), 1), "by pattern: {by_pattern}");
        assert_eq!((measures.partitions, measures.unowned_at_end), (18, 0), "by pattern: {by_pattern}");
        assert!(measures.pauses.longest() < SimDuration::from_secs(11), "{}", measures.pauses.longest());
    }
}

/// Counts what observers are told in a quiet time.
#[derive(Default)]
struct Told(u64);

impl Observer for Told {
    fn observe(&mut self, at: SimTime, _event: Event<'_>) {
        self.0 += u64::from(at > SimTime::from_secs(120));
    }
}

#[test]
fn a_quiet_day_of_many_members_is_over_in_no_time() {
    let mut plan = under_the_consumer_protocol(group(2_000, 4_000, ClientAssignorKind::Range, false));
    plan.end = SimTime::from_secs(24 * 3_600);
    // One by one, 34 million heartbeats would take minutes.
    let (_, told) = simulation::run_observed(&plan, Told::default()).expect("the plan runs");
    assert_eq!(told.0, 1, "the look at the end");
}
