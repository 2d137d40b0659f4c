//! Brokers go and come: how long partitions are out of service, what waits, what is lost, and that the group stays as
//! it is.

use assignor::ClientAssignorKind;
use member::OffsetReset;
use protocol::{BrokerId, SimDuration, SimTime, TopicName};
use records::Rate;
use simulation::plan::{Acks, KeysPlan, Plan, PlannedAction, PlannedEvent, ProducerPlan};
use simulation::run;
use timeline::{MemberIndex, Outcome};

use crate::plans::{CLOSE, amount, group, moments, then, under_the_consumer_protocol};

/// Four members and twelve partitions with so many replicas on three brokers, and 1,200 records a second from the
/// beginning of the measured time on.
fn with_replicas(replicas: u16, acks: Acks) -> Plan {
    let mut plan = group(4, 12, ClientAssignorKind::CooperativeSticky, false);
    plan.topics[0].replicas = replicas;
    plan.producers.push(ProducerPlan {
        name: "producer".to_owned(),
        topics: vec![TopicName::new("t")],
        rates: vec![(SimTime::from_secs(60), Rate::per_second(1_200))],
        tick: SimDuration::from_millis(5),
        keys: KeysPlan::InTurn { batch: 1 },
        record_bytes: 100,
        acks,
        delivery_timeout: SimDuration::from_secs(120),
    });
    for member in &mut plan.members {
        member.config.offset_reset = OffsetReset::Earliest;
    }
    plan
}

fn stop(broker: i32, is_clean: bool) -> PlannedAction {
    PlannedAction::StopBroker { broker: BrokerId(broker), is_clean }
}

fn start(broker: i32) -> PlannedAction {
    PlannedAction::StartBroker { broker: BrokerId(broker) }
}

fn over_seeds(plan: &Plan) -> Vec<Outcome> {
    (1..=10).map(|seed| run(&Plan { seed, ..plan.clone() }).expect("runs end")).collect()
}

const SECOND: u64 = 1_000_000_000;
/// 1,200 records a second for 240 seconds.
const ALL: u64 = 288_000;

#[test]
fn a_killed_broker_holds_up_all_it_has_a_replica_of_until_it_is_given_up() {
    let plan = then(with_replicas(3, Acks::All), 100, stop(2, false));
    for outcome in over_seeds(&plan) {
        assert_eq!(amount(&outcome, "partitions-out-of-service"), 12, "every partition has a replica on each broker");
        let longest = amount(&outcome, "out-of-service-longest");
        assert!((7 * SECOND..=11 * SECOND).contains(&longest), "{longest}");
        let latency = amount(&outcome, "latency-max");
        assert!((longest..longest + 2 * SECOND).contains(&latency), "{latency} after {longest}");
        assert_eq!((amount(&outcome, "lost-with-leader"), amount(&outcome, "expired-in-producer")), (0, 0));
        assert_eq!(amount(&outcome, "produced"), ALL, "it is written when others have taken over");
        assert_eq!(amount(&outcome, "rebalances"), 0);
        let waiting = amount(&outcome, "lag-max");
        assert!((5_000..15_000).contains(&waiting), "{waiting}: some seconds of all records");
    }
}

#[test]
fn silent_brokers_are_looked_for_eight_times_a_session() {
    let mut plan = then(with_replicas(3, Acks::All), 100, stop(2, false));
    (plan.broker.session_timeout, plan.broker.heartbeat_interval) = (SimDuration::from_secs(40), SimDuration::ZERO);
    let longest = (1..=40).map(|seed| run(&Plan { seed, ..plan.clone() }).expect("runs end"));
    let mut longest: Vec<u64> = longest.map(|outcome| amount(&outcome, "out-of-service-longest")).collect();
    longest.sort_unstable();
    // Its last heartbeat was heard just now: up to five seconds after its session, and what the controller needs.
    assert!(longest.iter().all(|longest| (40 * SECOND..=46 * SECOND).contains(longest)), "{longest:?}");
    assert!(longest[4] < 42 * SECOND && longest[35] > 43 * SECOND, "{longest:?}");
}

#[test]
fn a_killed_broker_that_is_back_at_once_is_refused_until_its_session_is_over() {
    let mut plan = then(then(with_replicas(3, Acks::All), 100, stop(2, false)), 101, start(2));
    plan.broker.heartbeat_interval = SimDuration::from_secs(4);
    for outcome in over_seeds(&plan) {
        // Silent for nine seconds from its last heartbeat on, tries at 101, 105, 109 s; or given up before.
        let longest = amount(&outcome, "out-of-service-longest");
        assert!((5 * SECOND..9_500_000_000).contains(&longest), "{longest}");
        assert_eq!((amount(&outcome, "produced"), amount(&outcome, "rebalances")), (ALL, 0));
    }
    // Killed again before it could register: as if it had not come back.
    let again = then(plan, 103, stop(2, false));
    for outcome in over_seeds(&again) {
        let longest = amount(&outcome, "out-of-service-longest");
        assert!((5 * SECOND..11 * SECOND).contains(&longest), "{longest}");
        assert_eq!(amount(&outcome, "produced"), ALL);
        assert!(amount(&outcome, "lag-end") < 100);
    }
}

/// For how long partitions were out of service each time a broker went.
struct OutOfService(Vec<SimDuration>);

impl timeline::Observer for OutOfService {
    fn observe(&mut self, _at: SimTime, event: timeline::Event<'_>) {
        if let timeline::Event::BrokerGone(gone) = event {
            self.0.push(gone.longest);
        }
    }
}

#[test]
fn a_broker_that_is_killed_again_as_soon_as_it_is_back_has_another_whole_session() {
    let mut plan = then(then(with_replicas(3, Acks::All), 100, stop(2, false)), 101, start(2));
    // It has tried to register every two seconds; its first session is over after seven to nine.
    plan.events.push(PlannedEvent { at: SimTime::from_millis(109_050), action: stop(2, false) });
    for seed in 1..=20 {
        let plan = Plan { seed, ..plan.clone() };
        let (_, times) = simulation::run_observed(&plan, OutOfService(Vec::new())).expect("the run ends");
        let least = SimDuration::from_secs(7);
        assert!(times.0.len() == 2 && times.0.iter().all(|time| *time >= least), "{:?}", times.0);
    }
}

#[test]
fn with_two_replicas_a_third_of_the_partitions_goes_on() {
    let plan = then(with_replicas(2, Acks::All), 100, stop(2, false));
    for outcome in over_seeds(&plan) {
        assert_eq!(amount(&outcome, "partitions-out-of-service"), 8, "four that it leads, four that it follows");
    }
}

#[test]
fn a_broker_that_shuts_down_hands_over_first() {
    let plan = then(then(with_replicas(3, Acks::All), 100, stop(2, true)), 130, start(2));
    for outcome in over_seeds(&plan) {
        assert_eq!(amount(&outcome, "partitions-out-of-service"), 4, "those that it led");
        let (longest, latency) = (amount(&outcome, "out-of-service-longest"), amount(&outcome, "latency-max"));
        assert!(longest < SECOND / 2, "{longest}");
        assert!((longest..SECOND).contains(&latency), "{latency} after {longest}");
        assert_eq!(amount(&outcome, "produced"), ALL);
    }
}

#[test]
fn who_waits_for_the_leader_alone_loses_what_its_followers_had_not_fetched() {
    let lost = |replicas: u16, acks: Acks| -> Vec<u64> {
        let plan = then(then(with_replicas(replicas, acks), 100, stop(2, false)), 120, start(2));
        let of = |outcome: &Outcome| {
            let lost = amount(outcome, "lost-with-leader");
            assert_eq!(amount(outcome, "produced") + lost, ALL, "each record is written or lost");
            lost
        };
        over_seeds(&plan).iter().map(of).collect()
    };
    // The broker leads a third of the partitions: 400 records a second. Followers have them after some milliseconds.
    assert!(lost(3, Acks::Leader).iter().all(|lost| *lost < 20));
    assert!(lost(3, Acks::Leader).iter().sum::<u64>() > 0);
    assert!(lost(3, Acks::None).iter().sum::<u64>() >= lost(3, Acks::Leader).iter().sum::<u64>());
    assert_eq!(lost(3, Acks::All).iter().sum::<u64>(), 0);
    assert_eq!(lost(1, Acks::Leader).iter().sum::<u64>(), 0, "its disk survives it");
}

#[test]
fn without_other_replicas_records_wait_for_the_broker_or_are_given_up() {
    let mut plan = then(then(with_replicas(1, Acks::All), 100, stop(2, false)), 160, start(2));
    for outcome in over_seeds(&plan) {
        assert_eq!(amount(&outcome, "partitions-out-of-service"), 4);
        let longest = amount(&outcome, "out-of-service-longest");
        assert!((60 * SECOND..61 * SECOND).contains(&longest), "{longest}");
        assert_eq!((amount(&outcome, "expired-in-producer"), amount(&outcome, "produced")), (0, ALL));
    }
    plan.producers[0].delivery_timeout = SimDuration::from_secs(20);
    for outcome in over_seeds(&plan) {
        let expired = amount(&outcome, "expired-in-producer");
        // 400 records a second for 40 seconds and until the producer finds the broker.
        assert!((16_000..16_800).contains(&expired), "{expired}");
        assert_eq!(amount(&outcome, "produced") + expired, ALL);
    }
}

#[test]
fn what_waits_in_producers_at_the_end_is_not_written() {
    let plan = then(with_replicas(1, Acks::All), 250, stop(2, false));
    for outcome in over_seeds(&plan) {
        // A record of each partition may be sent just when its broker goes.
        let produced = amount(&outcome, "produced");
        assert!((ALL - 400 * 50 - 4..=ALL - 400 * 50).contains(&produced), "{produced}");
        assert!(amount(&outcome, "lag-end") < 50, "what is in the log and can be read is read");
    }
}

#[test]
fn the_coordinator_goes_with_its_broker_and_the_group_stays_as_it_is() {
    for plan in [with_replicas(3, Acks::All), under_the_consumer_protocol(with_replicas(3, Acks::All))] {
        for (is_clean, least) in [(true, 0), (false, 7 * SECOND)] {
            let plan = then(then(plan.clone(), 100, stop(1, is_clean)), 130, start(1));
            for outcome in over_seeds(&plan) {
                assert_eq!(amount(&outcome, "rebalances"), 0);
                assert_eq!(amount(&outcome, "final-members"), 4);
                assert!(amount(&outcome, "out-of-service-longest") >= least);
                assert_eq!(amount(&outcome, "produced"), ALL);
                assert!(amount(&outcome, "lag-end") < 100);
            }
        }
    }
}

#[test]
fn brokers_restarted_one_after_the_other_cost_moments_and_no_record() {
    let mut plan = with_replicas(3, Acks::All);
    for (at, broker) in [(80, 1), (120, 2), (160, 3)] {
        plan = then(then(plan, at, stop(broker, true)), at + 20, start(broker));
    }
    for outcome in over_seeds(&plan) {
        assert!(amount(&outcome, "out-of-service-longest") < SECOND / 2);
        assert_eq!((amount(&outcome, "rebalances"), amount(&outcome, "produced")), (0, ALL));
        assert!(amount(&outcome, "latency-max") < SECOND);
    }
}

#[test]
fn all_brokers_of_one_are_gone_until_it_is_back() {
    let mut plan = with_replicas(1, Acks::All);
    plan.broker.count = 1;
    let plan = then(then(plan, 100, stop(1, true)), 115, start(1));
    for outcome in over_seeds(&plan) {
        assert_eq!(amount(&outcome, "partitions-out-of-service"), 12);
        assert_eq!(amount(&outcome, "produced"), ALL);
        assert_eq!(amount(&outcome, "final-members"), 4);
        assert!(amount(&outcome, "lag-end") < 100);
    }
}

/// When the group came to a generation.
fn generations(plan: &Plan) -> Vec<SimTime> {
    moments(plan, |event| matches!(event, timeline::Event::Generation { .. }))
}

#[test]
fn after_all_brokers_were_killed_the_one_that_was_last_in_sync_must_be_back() {
    let mut plan = with_replicas(3, Acks::All);
    for (at, broker) in [(100, 1), (103, 2), (106, 3)] {
        plan = then(plan, at, stop(broker, false));
    }
    let restart = PlannedAction::Restart {
        member: MemberIndex(0),
        stop: CLOSE,
        down: SimDuration::from_secs(2),
        start_after: SimDuration::ZERO,
    };
    let plan = then(then(then(plan, 150, start(1)), 160, restart), 200, start(3));
    for outcome in over_seeds(&plan) {
        let longest = amount(&outcome, "out-of-service-longest");
        assert!((100 * SECOND..=101 * SECOND).contains(&longest), "{longest}");
    }
    for seed in 1..=10 {
        let plan = Plan { seed, ..plan.clone() };
        let generations = generations(&plan);
        let after = generations.into_iter().find(|at| *at > SimTime::from_secs(106)).expect("members come back");
        assert!(after > SimTime::from_secs(200), "the coordinator's partition is like others: {after:?}");
    }
}

#[test]
fn a_coordinator_whose_successor_is_killed_as_well_waits_for_both_to_be_given_up() {
    let plan = then(then(with_replicas(3, Acks::All), 100, stop(1, false)), 104, stop(2, false));
    let kill = PlannedAction::Stop { member: MemberIndex(0), stop: simulation::plan::Stop::Kill };
    for seed in 1..=10 {
        let plan = Plan { seed, ..then(plan.clone(), 95, kill.clone()) };
        let generations = generations(&plan);
        let after = generations.into_iter().find(|at| *at > SimTime::from_secs(100)).expect("it goes on");
        // The second one is fenced seven seconds after it was killed at the earliest, and sessions of ten begin anew.
        assert!(after > SimTime::from_secs(121), "{after:?}");
    }
}

#[test]
fn a_follower_that_was_killed_holds_nothing_up_for_ever_wherever_the_coordinator_goes() {
    let load = SimDuration::from_secs(1);
    let moves = || PlannedAction::MoveCoordinator { load };
    let plan = then(then(with_replicas(3, Acks::All), 100, stop(2, false)), 101, moves());
    let plan = then(then(plan, 120, start(2)), 130, stop(1, false));
    let plan = then(then(then(plan, 131, start(1)), 150, moves()), 151, stop(3, false));
    let stop = PlannedAction::Stop { member: MemberIndex(0), stop: CLOSE };
    for at in [105, 135, 155, 170] {
        for seed in 1..=5 {
            let plan = Plan { seed, ..then(plan.clone(), at, stop.clone()) };
            let generations = generations(&plan);
            let last = generations.last().copied().expect("there are some");
            let at = SimTime::from_secs(at);
            assert!(last > at && last < at + SimDuration::from_secs(40), "{at:?}: {last:?}");
        }
    }
}

#[test]
fn members_that_are_closed_while_their_coordinator_is_away_end() {
    for commits in [false, true] {
        let mut plan = with_replicas(3, Acks::All);
        for member in &mut plan.members {
            member.config.auto_commit = commits;
            member.application.revoke_callback = engine::Distribution::Fixed(SECOND / 2);
        }
        let close = PlannedAction::Stop { member: timeline::MemberIndex(1), stop: crate::plans::CLOSE };
        // For a while, and for longer than a close looks for it.
        for plan in [plan.clone(), then(then(plan, 101, stop(2, false)), 102, stop(3, false))] {
            let plan = then(then(plan, 100, stop(1, false)), 104, close.clone());
            for plan in [under_the_consumer_protocol(plan.clone()), plan] {
                for outcome in over_seeds(&plan) {
                    assert!(amount(&outcome, "members-disturbed") > 0);
                }
            }
        }
    }
}
