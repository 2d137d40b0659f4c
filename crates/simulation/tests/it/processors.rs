//! Processors that everybody shares: who waits for whom.

use std::num::NonZeroU32;

use assignor::ClientAssignorKind;
use engine::Distribution;
use member::ClientFamily;
use protocol::{SimDuration, SimTime};
use records::Rate;
use simulation::plan::{Acks, KeysPlan, Pace, Plan, PlannedAction, ProducerPlan, Stop};
use timeline::MemberIndex;

use crate::plans::{self, CLOSE, events, group, of, rolling, then};

const CLIENTS: [ClientFamily; 3] = [ClientFamily::Java, ClientFamily::Librdkafka, ClientFamily::FranzGo];

fn amount(plan: &Plan, id: &str) -> u64 {
    plans::amount(&simulation::run(plan).expect("the plan runs"), id)
}

/// The same with so many cores, at which requests and answers are worked for half a millisecond.
fn with_cores(count: Option<u32>, mut plan: Plan) -> Plan {
    plan.environment.processors = count.and_then(NonZeroU32::new);
    plan.environment.request_work = Distribution::Fixed(500_000);
    plan.environment.answer_work = Distribution::Fixed(500_000);
    plan.environment.start_work = Distribution::Fixed(5_000_000);
    plan
}

/// A group that one member leaves.
fn left(members: u32) -> Plan {
    let stop = PlannedAction::Stop { member: MemberIndex(1), stop: CLOSE };
    then(group(members, 200, ClientAssignorKind::Range, false), 60, stop)
}

#[test]
fn work_takes_no_time_where_processors_are_not_shared() {
    for client in CLIENTS {
        let every = Pace::Every(SimDuration::from_secs(17));
        let plan = of(client, rolling(group(5, 12, ClientAssignorKind::Range, false), CLOSE, every));
        assert_eq!(events(&with_cores(None, plan.clone())), events(&plan), "{client:?}");
    }
}

#[test]
fn a_hundred_members_that_rejoin_at_once_wait_for_two_cores() {
    let mean =
        |cores, members| SimDuration::from_nanos(amount(&with_cores(Some(cores), left(members)), "unowned-mean"));
    // A rejoin of everybody is at least four requests and answers of half a millisecond a member.
    let (few, many) = (mean(2, 100), mean(100, 100));
    assert!(few > many + SimDuration::from_millis(40), "{few} on two cores, {many} on a hundred");
    let (few, many) = (mean(2, 3), mean(100, 3));
    assert!(few < many + SimDuration::from_millis(40), "three members: {few} on two cores, {many} on a hundred");
}

#[test]
fn beats_of_java_members_take_their_time() {
    // Heartbeats of a hundred members tell them that one has left; then they rejoin.
    let rejoined = |plan: &Plan| {
        let last = events(plan).into_iter().rfind(|event| event.contains("Generation {")).expect("somebody joins");
        let nanos = last.split(' ').next().and_then(|at| at.parse().ok()).expect("events begin with their time");
        SimTime::from_nanos(nanos)
    };
    for client in CLIENTS {
        let with = |work| {
            let mut plan = with_cores(Some(2), of(client, left(100)));
            plan.environment.beat_work = Distribution::Fixed(work);
            rejoined(&plan)
        };
        // A hundred times twenty milliseconds are a second of two cores.
        let (none, twenty) = (with(0), with(20_000_000));
        match client {
            ClientFamily::Java => assert!(twenty > none + SimDuration::from_millis(200), "{twenty}, {none} without"),
            ClientFamily::Librdkafka | ClientFamily::FranzGo => assert_eq!(twenty, none, "{client:?}"),
        }
    }
}

#[test]
fn records_keep_a_group_waiting_that_shares_its_processors() {
    let mean = |work, cores| {
        let mut plan = with_cores(cores, left(10));
        plan.producers.push(ProducerPlan {
            name: "producer".to_owned(),
            topics: vec![plan.topics[0].name.clone()],
            rates: vec![(SimTime::ZERO, Rate::per_second(2_000))],
            tick: SimDuration::from_millis(20),
            keys: KeysPlan::InTurn { batch: 1 },
            record_bytes: 100,
            acks: Acks::All,
            delivery_timeout: SimDuration::from_secs(120),
        });
        plan.environment.record_work = Distribution::Fixed(work);
        SimDuration::from_nanos(amount(&plan, "unowned-mean"))
    };
    // Two thousand records of nine tenths of a millisecond take nine tenths of two cores.
    let (none, busy) = (mean(0, Some(2)), mean(900_000, Some(2)));
    assert!(busy > none + SimDuration::from_millis(20), "{busy}, {none} without");
    assert_eq!(mean(900_000, None), mean(0, None), "on processors of one's own");
}

#[test]
fn whoever_leaves_is_heard_before_its_connection_ends() {
    for client in CLIENTS {
        let mut plan = with_cores(Some(1), of(client, left(3)));
        // Longer than the way of whatever tells of the connection.
        plan.environment.request_work = Distribution::Fixed(100_000_000);
        plan.end = SimTime::from_secs(68);
        assert_eq!(amount(&plan, "final-members"), 2, "{client:?}");
    }
}

#[test]
fn members_that_are_killed_amid_their_work_are_missed_like_others() {
    let every = Pace::Every(SimDuration::from_secs(30));
    for client in CLIENTS {
        let plan = of(client, rolling(group(5, 12, ClientAssignorKind::CooperativeSticky, false), Stop::Kill, every));
        for seed in 1..=10 {
            let plan = with_cores(Some(1), Plan { seed, ..plan.clone() });
            assert_eq!(amount(&plan, "final-members"), 5, "{client:?}, seed {seed}");
        }
    }
}

#[test]
fn consumers_of_librdkafka_are_made_one_after_the_other() {
    let complete = |client, cores| {
        let mut plan = with_cores(cores, of(client, group(5, 10, ClientAssignorKind::Range, false)));
        for member in &mut plan.members {
            member.application.start_up = Distribution::Fixed(0);
        }
        plan.environment.start_work = Distribution::Fixed(10_000_000_000);
        let events = events(&plan);
        let all = events.iter().find(|event| event.contains(" Generation {") && event.contains("members: 5"));
        let at = all.and_then(|event| event.split(' ').next()).and_then(|at| at.parse::<u64>().ok());
        SimTime::from_nanos(at.expect("the group completes"))
    };
    for client in [ClientFamily::Java, ClientFamily::FranzGo] {
        assert!(complete(client, Some(5)) < SimTime::from_secs(30), "{client:?}");
    }
    assert!(complete(ClientFamily::Librdkafka, Some(5)) > SimTime::from_secs(50));
    assert!(complete(ClientFamily::Librdkafka, None) < SimTime::from_secs(20));
}
