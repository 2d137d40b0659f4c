//! What restarts and losses lead to, counted.

use assignor::ClientAssignorKind;
use member::ClientFamily;
use protocol::{SimDuration, SimTime};
use simulation::plan::{Pace, Plan, PlannedAction, Stop, TopicPlan};
use simulation::{run, run_observed};
use timeline::{Event, MemberIndex, Observer, Outcome};

use crate::plans::{CLOSE, amount, group, of, rolling, seconds, then};

fn over_seeds(plan: &Plan) -> Vec<Outcome> {
    (1..=10).map(|seed| run(&Plan { seed, ..plan.clone() }).expect("the plan runs")).collect()
}

#[test]
fn restarts_that_do_not_overlap_cost_two_rebalances_eagerly_and_none_with_static_members() {
    let every = Pace::Every(SimDuration::from_secs(20));
    for outcome in over_seeds(&rolling(group(6, 12, ClientAssignorKind::Range, false), CLOSE, every)) {
        // A process that is back before the others have noticed that it left costs one.
        let rebalances = amount(&outcome, "rebalances");
        assert!((6..=12).contains(&rebalances), "{rebalances}");
        assert_eq!(amount(&outcome, "final-members"), 6);
        assert_eq!(amount(&outcome, "double-owned"), 0);
    }
    for outcome in over_seeds(&rolling(group(6, 12, ClientAssignorKind::Range, true), CLOSE, every)) {
        assert_eq!(amount(&outcome, "rebalances"), 0);
        assert_eq!(amount(&outcome, "partitions-moved"), 0);
    }
}

#[test]
fn a_rolling_restart_that_waits_for_readiness_takes_everybody_in_turn() {
    let ready = Pace::WhenReady { then: SimDuration::from_secs(1) };
    for outcome in over_seeds(&rolling(group(6, 12, ClientAssignorKind::CooperativeSticky, false), CLOSE, ready)) {
        assert_eq!(amount(&outcome, "members-restarted"), 6);
        assert_eq!(amount(&outcome, "final-members"), 6);
    }
}

#[test]
fn a_killed_member_is_missed_after_its_session_static_or_not() {
    for is_static in [false, true] {
        let kill = PlannedAction::Stop { member: MemberIndex(1), stop: Stop::Kill };
        for outcome in over_seeds(&then(group(3, 3, ClientAssignorKind::Range, is_static), 100, kill)) {
            assert_eq!(amount(&outcome, "rebalances"), 1);
            assert_eq!(amount(&outcome, "final-members"), 2);
            let longest = SimDuration::from_nanos(amount(&outcome, "pause-longest"));
            // The session runs from the last contact, at most a heartbeat ago; then the others notice at their
            // heartbeats.
            assert!(longest > SimDuration::from_secs(7) && longest < SimDuration::from_millis(13_500), "{longest}");
        }
    }
}

#[test]
fn a_member_that_hangs_leaves_when_its_poll_interval_is_over_and_comes_back_when_it_polls() {
    let mut plan = group(3, 6, ClientAssignorKind::Range, false);
    for member in &mut plan.members {
        member.config.max_poll_interval = SimDuration::from_secs(8);
    }
    let hang = PlannedAction::Hang { member: MemberIndex(0), length: SimDuration::from_secs(30) };
    for outcome in over_seeds(&then(plan, 100, hang)) {
        assert_eq!(amount(&outcome, "rebalances"), 2);
        assert_eq!(amount(&outcome, "final-members"), 3);
    }
}

#[test]
fn a_member_that_hangs_for_less_than_its_poll_interval_reads_on_when_it_polls() {
    let length = SimDuration::from_secs(30);
    for family in [ClientFamily::Java, ClientFamily::Librdkafka, ClientFamily::FranzGo] {
        let plan = of(family, group(3, 6, ClientAssignorKind::CooperativeSticky, false));
        for outcome in over_seeds(&then(plan, 100, PlannedAction::Hang { member: MemberIndex(0), length })) {
            assert_eq!(amount(&outcome, "rebalances"), 0);
            assert_eq!(amount(&outcome, "pauses"), 2, "the two partitions it has");
            assert_eq!(amount(&outcome, "pause-longest"), length.as_nanos());
        }
    }
}

#[test]
fn new_partitions_are_read_after_the_leaders_next_metadata_refresh() {
    let mut plan = group(3, 3, ClientAssignorKind::Range, false);
    for member in &mut plan.members {
        member.config.metadata_max_age = SimDuration::from_secs(40);
    }
    let grow = PlannedAction::AddPartitions { topic: "t".into(), count: 9 };
    for outcome in over_seeds(&then(plan, 100, grow)) {
        assert_eq!(amount(&outcome, "rebalances"), 1);
        let longest = SimDuration::from_nanos(amount(&outcome, "pause-longest"));
        assert!(longest < SimDuration::from_secs(44), "{longest}");
    }
}

#[test]
fn a_rolling_restart_may_bring_members_back_as_static_ones() {
    let mut plan = group(4, 8, ClientAssignorKind::Range, false);
    for number in 0..4 {
        let mut to = plan.members[number as usize].clone();
        to.config.instance_id = Some(to.name.as_str().into());
        plan = then(plan, 60, PlannedAction::Change { member: MemberIndex(number), to: Box::new(to) });
    }
    let every = || Pace::Every(SimDuration::from_secs(20));
    let once = rolling(plan, CLOSE, every());
    let mut twice = once.clone();
    let again = twice.events.last().expect("the first restart").action.clone();
    twice.end = seconds(500);
    let twice = Plan { measure_from: seconds(250), ..then(twice, 250, again) };
    for (first, second) in over_seeds(&once).iter().zip(over_seeds(&twice)) {
        // The old member leaves, the new one joins.
        assert!((4..=8).contains(&amount(first, "rebalances")), "{}", amount(first, "rebalances"));
        assert_eq!(amount(&second, "rebalances"), 0);
        assert_eq!(amount(&second, "members-restarted"), 4);
        assert_eq!(amount(&second, "final-members"), 4);
    }
}

#[test]
fn a_process_that_ends_when_its_successor_is_at_work_takes_nothing_along_that_the_successor_has() {
    for is_static in [false, true] {
        let member = MemberIndex(1);
        let mut plan = group(3, 6, ClientAssignorKind::Range, is_static);
        let hang = PlannedAction::Hang { member, length: SimDuration::from_secs(100) };
        let stop = PlannedAction::Stop { member, stop: CLOSE };
        for (at, action) in [(100, hang), (101, stop), (104, PlannedAction::Start { member })] {
            plan = then(plan, at, action);
        }
        // The process that hangs is killed after 131 s.
        for outcome in over_seeds(&plan) {
            assert_eq!(amount(&outcome, "unowned-at-end"), 0);
            assert_eq!(amount(&outcome, "final-members"), 3);
        }
    }
}

#[test]
fn a_process_that_is_killed_beside_its_successor_reads_no_longer_what_the_successor_does_not_have() {
    let member = MemberIndex(1);
    let mut plan = Plan { end: seconds(400), ..group(3, 6, ClientAssignorKind::Range, false) };
    let away = PlannedAction::MoveCoordinator { load: SimDuration::from_secs(100) };
    // The close has nobody to tell and is cut off after 30 s; the successor is let in at 200 s.
    let stop = PlannedAction::Stop { member, stop: CLOSE };
    for (at, action) in [(100, away), (101, stop), (104, PlannedAction::Start { member })] {
        plan = then(plan, at, action);
    }
    for outcome in over_seeds(&plan) {
        let longest = SimDuration::from_nanos(amount(&outcome, "pause-longest"));
        assert!(longest > SimDuration::from_secs(69), "{longest}");
        assert_eq!((amount(&outcome, "unowned-at-end"), amount(&outcome, "final-members")), (0, 3));
    }
}

/// A group whose members know of a topic `u` that is created at 100 s.
fn with_a_later_topic(by_pattern: bool) -> Plan {
    let mut plan = group(6, 6, ClientAssignorKind::Range, false);
    plan.topics.push(TopicPlan { name: "u".into(), partitions: 0, replicas: 3 });
    for (number, member) in plan.members.iter_mut().enumerate() {
        member.topics.push("u".into());
        member.pattern = by_pattern.then(|| "t|u".into());
        // The first one leads; the others find the topic sooner, one after the other.
        member.config.metadata_max_age = SimDuration::from_secs(if number == 0 { 90 } else { 30 + number as u64 });
    }
    Plan { end: seconds(400), ..then(plan, 100, PlannedAction::AddPartitions { topic: "u".into(), count: 6 }) }
}

#[test]
fn a_topic_that_is_subscribed_to_by_name_is_read_once_the_leader_sees_it() {
    for outcome in over_seeds(&with_a_later_topic(false)) {
        assert_eq!(amount(&outcome, "rebalances"), 1);
        assert_eq!(amount(&outcome, "unowned-at-end"), 0);
        assert_eq!(amount(&outcome, "partitions"), 12);
    }
}

#[test]
fn a_topic_that_matches_a_pattern_is_read_once_anybody_sees_it_and_costs_no_rebalance_a_member() {
    for outcome in over_seeds(&with_a_later_topic(true)) {
        assert!(amount(&outcome, "rebalances") <= 2, "{}", amount(&outcome, "rebalances"));
        assert_eq!(amount(&outcome, "unowned-at-end"), 0);
        let longest = SimDuration::from_nanos(amount(&outcome, "pause-longest"));
        assert!(longest < SimDuration::from_secs(36 + 4), "{longest}");
    }
}

#[test]
fn members_of_every_client_ride_out_a_coordinator_that_moves() {
    for client in [ClientFamily::Java, ClientFamily::Librdkafka, ClientFamily::FranzGo] {
        for is_static in [false, true] {
            let mut plan = of(client, group(6, 12, ClientAssignorKind::Range, is_static));
            for (at, load) in [(100, 200), (130, 3_000), (160, 20_000)] {
                let load = SimDuration::from_millis(load);
                plan = then(plan, at, PlannedAction::MoveCoordinator { load });
            }
            for outcome in over_seeds(&plan) {
                assert_eq!(amount(&outcome, "rebalances"), 0, "{client:?}");
                assert_eq!(amount(&outcome, "pauses"), 0, "{client:?}");
                assert_eq!(amount(&outcome, "final-members"), 6, "{client:?}");
            }
        }
    }
}

#[test]
fn a_rebalance_that_a_move_interrupts_is_made_up_for() {
    let every = Pace::Every(SimDuration::from_secs(15));
    let mut plan = rolling(group(6, 12, ClientAssignorKind::Range, false), CLOSE, every);
    for at in [60, 77, 95] {
        plan = then(plan, at, PlannedAction::MoveCoordinator { load: SimDuration::from_millis(500) });
    }
    plan.events.sort_by_key(|event| event.at);
    for outcome in over_seeds(&plan) {
        assert_eq!(amount(&outcome, "final-members"), 6);
        assert_eq!(amount(&outcome, "unowned-at-end"), 0);
        assert_eq!(outcome.value("final-state"), &timeline::Value::Text("Stable".to_owned()));
    }
}

/// When members revoke what they have.
#[derive(Default)]
struct Revoked(Vec<SimTime>);

impl Observer for Revoked {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        if matches!(event, Event::Revoked { .. }) {
            self.0.push(at);
        }
    }
}

#[test]
fn an_application_of_librdkafka_hears_of_its_end_when_poll_returns() {
    let close = PlannedAction::Stop { member: MemberIndex(0), stop: CLOSE };
    let latest = |client| {
        let wait = |seed| {
            let plan = then(of(client, group(1, 3, ClientAssignorKind::Range, false)), 100, close.clone());
            let (_, revoked) = run_observed(&Plan { seed, ..plan }, Revoked::default()).expect("the plan runs");
            revoked.0[0] - seconds(100)
        };
        (1..=10).map(wait).max().expect("ten seeds")
    };
    let millis = SimDuration::from_millis;
    assert!((millis(50)..millis(130)).contains(&latest(ClientFamily::Librdkafka)));
    assert!(latest(ClientFamily::FranzGo) < millis(30));
    assert!(latest(ClientFamily::Java) < millis(30));
}
