//! Faults of the network between members and brokers, seen from outside.

use assignor::ClientAssignorKind::{CooperativeSticky, Range};
use engine::Distribution;
use member::ClientConfig;
use member::ClientFamily::{self, FranzGo, Java, Librdkafka};
use member::GroupProtocol::{self as Protocol, Classic, Consumer};
use protocol::{SimDuration, SimTime};
use simulation::ENVIRONMENTS;
use simulation::plan::{ManualCommit, Plan, PlannedAction, PlannedEvent, Stop};
use timeline::story::Phase;
use timeline::{Event, MemberIndex, Observer, Outcome, Step};

use crate::plans::{amount, events, group, moments, of, then, under_the_consumer_protocol};
use crate::records_flow::with_records;
use Until::{Assigned, Fetched, Lost};

const FAULT_AT: u64 = 61;

fn cut(plan: Plan, member: u32, seconds: u64) -> Plan {
    let length = SimDuration::from_secs(seconds);
    then(plan, FAULT_AT, PlannedAction::NetworkCut { member: MemberIndex(member), length })
}

/// Three members of this client with its own defaults but for the assignor, over so many partitions.
fn three(client: ClientFamily, partitions: i32) -> Plan {
    let mut plan = of(client, group(3, partitions, Range, false));
    for member in &mut plan.members {
        member.config = ClientConfig { assignors: vec![Range], ..client.profile().config() };
    }
    plan
}

fn with_session(mut plan: Plan, seconds: u64) -> Plan {
    for member in &mut plan.members {
        member.config.session_timeout = SimDuration::from_secs(seconds);
    }
    plan
}

fn over_seeds(plan: &Plan, look: impl Fn(&Outcome)) {
    for seed in 1..=20 {
        look(&simulation::run(&Plan { seed, ..plan.clone() }).expect("the run ends"));
    }
}

/// Milliseconds of the longest pause.
fn longest(outcome: &Outcome) -> u64 {
    amount(outcome, "pause-longest") / 1_000_000
}

/// Between the last retransmission within the cut and the first after it.
#[test]
fn a_cut_within_a_session_makes_no_rebalance_and_reading_goes_on_with_a_retransmission() {
    for client in [Java, Librdkafka] {
        for (seconds, most) in [(5, 7_200), (10, 13_800), (20, 27_200)] {
            let plan = cut(three(client, 12), 0, seconds);
            over_seeds(&plan, |outcome| {
                assert_eq!((amount(outcome, "rebalances"), amount(outcome, "pauses")), (0, 4), "{client:?}");
                let least = seconds * 1_000;
                assert!((least..most).contains(&longest(outcome)), "{client:?}, {seconds} s: {}", longest(outcome));
            });
        }
    }
}

#[test]
fn who_is_cut_off_for_longer_than_its_session_is_expelled_and_joins_again() {
    for (client, assignor) in [(Java, Range), (Java, CooperativeSticky), (Librdkafka, Range), (FranzGo, Range)] {
        let plan = cut(of(client, group(3, 12, assignor, false)), 0, 40);
        over_seeds(&plan, |outcome| {
            let rebalances = amount(outcome, "rebalances");
            assert!((2..=3).contains(&rebalances), "{client:?}, {assignor:?}: {rebalances} rebalances");
            let standing = ["final-members", "unowned-at-end"].map(|name| amount(outcome, name));
            assert_eq!(standing, [3, 0], "{client:?}, {assignor:?}");
            // A session of ten seconds, and what the others need to notice.
            assert!((7_000..14_500).contains(&longest(outcome)), "{client:?}, {assignor:?}: {}", longest(outcome));
        });
    }
}

#[test]
fn a_static_member_keeps_its_partitions_through_a_cut_within_its_session() {
    over_seeds(&cut(with_session(group(3, 12, Range, true), 60), 0, 40), |outcome| {
        assert_eq!((amount(outcome, "rebalances"), amount(outcome, "partitions-moved")), (0, 0));
        assert!((40_000..52_500).contains(&longest(outcome)), "{}", longest(outcome));
    });
}

#[test]
fn everybody_comes_back_whatever_the_client_and_however_long_the_cut() {
    let length = [3, 12, 31, 65, 90];
    let groups = |client: ClientFamily| {
        let group = three(client, 12);
        [group.clone(), under_the_consumer_protocol(group)]
    };
    for plan in [Java, Librdkafka, FranzGo].into_iter().flat_map(groups) {
        for seconds in length {
            let all = (0..3).fold(plan.clone(), |plan, member| cut(plan, member, seconds));
            for plan in [cut(plan.clone(), 1, seconds), all] {
                over_seeds(&plan, |outcome| {
                    let standing = ["final-members", "unowned-at-end"].map(|name| amount(outcome, name));
                    let client = plan.members[0].client;
                    assert_eq!(standing, [3, 0], "{client:?}, {seconds} s, seed {}", outcome.seed);
                });
            }
        }
    }
}

#[test]
fn a_slow_network_delays_and_moves_nothing() {
    for client in [Java, Librdkafka, FranzGo] {
        let slow = PlannedAction::NetworkSlow {
            member: MemberIndex(0),
            length: SimDuration::from_secs(60),
            delay: Distribution::Uniform { lo: 100_000_000, hi: 400_000_000 },
        };
        over_seeds(&then(of(client, group(3, 12, Range, false)), FAULT_AT, slow), |outcome| {
            assert_eq!((amount(outcome, "rebalances"), amount(outcome, "pauses")), (0, 0), "{client:?}");
        });
    }
}

/// A network that is slower than sessions are long is as good as cut.
#[test]
fn who_is_heard_too_late_is_expelled() {
    let slow = PlannedAction::NetworkSlow {
        member: MemberIndex(0),
        length: SimDuration::from_secs(60),
        delay: Distribution::Fixed(15_000_000_000),
    };
    over_seeds(&then(group(3, 12, Range, false), FAULT_AT, slow), |outcome| {
        assert!(amount(outcome, "rebalances") >= 2);
        let standing = ["final-members", "unowned-at-end"].map(|name| amount(outcome, name));
        assert_eq!(standing, [3, 0]);
    });
}

/// The new process joins when its first SYN after the cut gets through.
#[test]
fn a_process_that_starts_within_a_cut_joins_after_it() {
    let plan = cut(with_session(group(3, 12, Range, false), 10), 0, 60);
    let restart = PlannedAction::Restart {
        member: MemberIndex(0),
        stop: Stop::Kill,
        down: SimDuration::from_secs(5),
        start_after: SimDuration::ZERO,
    };
    over_seeds(&then(plan, FAULT_AT + 10, restart), |outcome| {
        assert_eq!(amount(outcome, "rebalances"), 2);
        let standing = ["final-members", "unowned-at-end"].map(|name| amount(outcome, name));
        assert_eq!(standing, [3, 0]);
    });
}

/// Seconds from a cut of so many seconds until what is named: recorded between real clients and a broker (Kafka 4.3.0
/// and its consumer, librdkafka 2.16.0, franz-go 1.22.2; Linux 6.18), some several times. It hangs on the phases of
/// beats and of TCP, which were other ones in each recording, as they are in each seed: so the recorded ones have to be
/// among those of seeds, or within a twentieth.
const RECORDED: [(ClientFamily, Protocol, u64, Until, &[f64]); 18] = [
    (Java, Classic, 5, Fetched, &[6.7, 6.67]),
    (Java, Classic, 10, Fetched, &[13.26, 13.15]),
    (Java, Classic, 20, Fetched, &[26.57, 26.42, 26.6]),
    (Java, Classic, 40, Fetched, &[40.51, 41.08, 41.11]),
    (Java, Classic, 40, Lost, &[43.84, 43.45]),
    (Java, Classic, 70, Lost, &[70.85, 71.0, 70.08, 71.43]),
    (Java, Classic, 70, Assigned, &[73.17, 72.32, 70.26, 73.25]),
    (Java, Consumer, 20, Fetched, &[26.59]),
    (Java, Consumer, 70, Lost, &[71.32, 71.58]),
    (Librdkafka, Classic, 20, Fetched, &[27.15, 26.48]),
    (Librdkafka, Classic, 40, Lost, &[44.64]),
    (Librdkafka, Classic, 40, Assigned, &[56.91]),
    (Librdkafka, Classic, 70, Assigned, &[79.97]),
    (Librdkafka, Classic, 90, Lost, &[42.55]),
    (Librdkafka, Classic, 90, Assigned, &[93.59]),
    (FranzGo, Classic, 20, Fetched, &[20.41]),
    (FranzGo, Classic, 40, Fetched, &[40.57]),
    (FranzGo, Classic, 70, Lost, &[71.34, 70.52]),
];

#[derive(Clone, Copy, Debug)]
enum Until {
    /// Records are fetched again.
    Fetched,
    /// It has lost its partitions.
    Lost,
    /// It is given some again.
    Assigned,
}

fn is_it(until: Until) -> fn(&Event<'_>) -> bool {
    const CUT_OFF: MemberIndex = MemberIndex(0);
    match until {
        Until::Fetched => |event| matches!(event, Event::CutOver { member: CUT_OFF }),
        Until::Lost => |event| matches!(event, Event::Lost { member: CUT_OFF, .. }),
        Until::Assigned => |event| matches!(event, Event::Assigned { member: CUT_OFF, .. }),
    }
}

#[test]
fn members_are_back_when_recorded_ones_were() {
    for (client, protocol, seconds, until, recorded) in RECORDED {
        let mut plan = three(client, 6);
        plan.environment = ENVIRONMENTS[0].environment();
        if protocol == Consumer {
            plan = under_the_consumer_protocol(plan);
            plan.broker.group.consumer_session_timeout_ms = 45_000;
        }
        let after = |seed: u64| {
            let plan = cut(Plan { seed, ..plan.clone() }, 0, seconds);
            let at = moments(&plan, is_it(until)).into_iter().find(|at| *at > crate::plans::seconds(FAULT_AT));
            at.map(|at| at.since(crate::plans::seconds(FAULT_AT)).as_nanos() as f64 / 1e9)
        };
        let simulated: Vec<f64> = (1..=40).filter_map(after).collect();
        let least = simulated.iter().copied().fold(f64::MAX, f64::min) * 0.95;
        let most = simulated.iter().copied().fold(0.0, f64::max) * 1.05;
        for one in recorded {
            let is_among = (least..=most).contains(one);
            assert!(is_among, "{client:?}, {protocol:?}, {seconds} s, {until:?}: {one} is not in {least}…{most}");
        }
    }
}

#[test]
fn nothing_is_otherwise_before_a_fault() {
    for client in [Java, Librdkafka, FranzGo] {
        let plan = with_records(three(client, 12), 100);
        let fault = PlannedAction::NetworkCut { member: MemberIndex(0), length: SimDuration::from_millis(1) };
        let (without, with) = (then(plan.clone(), 250, PlannedAction::Describe), then(plan, 250, fault));
        let early = |plan: &Plan| -> Vec<String> {
            let at = |event: &String| event.split(' ').next().and_then(|at| at.parse::<u64>().ok()).unwrap_or(u64::MAX);
            // Whoever is looked at in between says what it was given in two parts.
            let is_meant = |event: &String| at(event) < 250_000_000_000 && !event.contains("Delivered");
            events(plan).into_iter().filter(is_meant).collect()
        };
        let (without, with) = (early(&without), early(&with));
        let first = without.iter().zip(&with).find(|(one, other)| one != other);
        assert_eq!((first, without.len()), (None, with.len()), "{client:?}");
    }
}

/// Who takes over begins where the application had committed before the cut, like after a kill.
#[test]
fn what_an_application_had_committed_by_itself_is_not_lost_with_its_network() {
    for commits in
        [ManualCommit::Sync, ManualCommit::Async, ManualCommit::Transactions { length: SimDuration::from_millis(100) }]
    {
        let mut plan = with_records(cut(three(Java, 6), 0, 70), 600);
        for member in &mut plan.members {
            member.config.auto_commit = false;
            member.application.commits = commits;
            member.application.batch_processing = Distribution::Fixed(5_000_000);
        }
        over_seeds(&plan, |outcome| {
            let (produced, again) = (amount(outcome, "produced"), amount(outcome, "read-twice"));
            assert_eq!((produced, amount(outcome, "skipped")), (180_000, 0), "{commits:?}");
            // What it reads in the seconds until it learns that it has been expelled.
            assert!(again < 15_000, "{commits:?}: {again}");
        });
    }
}

#[test]
fn who_is_cut_off_while_it_joins_reads_as_soon_as_it_is_in() {
    let mut plan = group(3, 12, Range, false);
    for member in &mut plan.members {
        member.application.start_up = Distribution::Fixed(1_000_000_000);
    }
    let length = SimDuration::from_millis(4_000);
    plan.events.push(PlannedEvent {
        at: SimTime::from_millis(2_000),
        action: PlannedAction::NetworkCut { member: MemberIndex(0), length },
    });
    for seed in 1..=20 {
        let plan = Plan { seed, ..plan.clone() };
        let over = moments(&plan, is_it(Until::Fetched));
        assert!(over.iter().all(|at| *at == SimTime::from_millis(6_000)), "{over:?}");
    }
}

/// Faults cost what happens in them, not their length, nor their number.
#[test]
fn a_cut_of_a_year_and_a_network_that_flaps_are_gone_through() {
    let mut long = cut(three(Java, 6), 0, 400 * 86_400);
    long.end = SimTime::from_secs(365 * 86_400);
    assert_eq!(amount(&simulation::run(&long).expect("the run ends"), "final-members"), 2);
    let mut flapping = three(Librdkafka, 6);
    flapping.end = SimTime::from_secs(20_000);
    for number in 0..9_000 {
        let action = PlannedAction::NetworkCut { member: MemberIndex(0), length: SimDuration::from_millis(300) };
        flapping.events.push(PlannedEvent { at: SimTime::from_secs(61 + 2 * number), action });
    }
    assert_eq!(amount(&simulation::run(&flapping).expect("the run ends"), "final-members"), 3);
}

#[test]
fn overlapping_slowness_adds_up_and_passes() {
    let slow = |millis: u64| PlannedAction::NetworkSlow {
        member: MemberIndex(0),
        length: SimDuration::from_secs(20),
        delay: Distribution::Fixed(millis * 1_000_000),
    };
    let plan = then(then(with_records(three(Java, 6), 600), 70, slow(200)), 80, slow(100));
    for (from, to, least, most) in [(71, 79, 560, 650), (81, 89, 840, 950), (91, 99, 280, 350), (101, 109, 1, 50)] {
        let plan = Plan { measure_from: SimTime::from_secs(from), end: SimTime::from_secs(to), ..plan.clone() };
        over_seeds(&plan, |outcome| {
            let oldest = amount(outcome, "latency-max") / 1_000_000;
            assert!((least..most).contains(&oldest), "{from} to {to} s: {oldest} ms");
        });
    }
}

/// When members entered the phase of being cut off, and when that was said of them.
#[derive(Default)]
struct Followed {
    entered: Vec<(SimTime, MemberIndex)>,
    said: Vec<(SimTime, MemberIndex)>,
}

impl Observer for Followed {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        match event {
            Event::CutOff { member } => self.said.push((at, member)),
            Event::Step(Step::Entered { member, phase: Phase::CutOff }) => self.entered.push((at, member)),
            _ => {}
        }
    }

    fn follows(&self) -> bool {
        true
    }
}

#[test]
fn who_is_cut_off_is_shown_so_from_that_moment_on() {
    for client in [Java, Librdkafka, FranzGo] {
        let plan = cut(cut(three(client, 6), 0, 20), 2, 1);
        let (_, followed) = simulation::run_observed(&plan, Followed::default()).expect("the run ends");
        let both = [0, 2].map(|member| (SimTime::from_secs(FAULT_AT), MemberIndex(member)));
        assert_eq!((&followed.entered[..], &followed.said[..]), (&both[..], &both[..]), "{client:?}");
    }
}
