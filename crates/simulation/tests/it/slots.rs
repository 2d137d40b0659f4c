//! Groups whose members take slots in ZooKeeper, in whole runs.

use assignor::ClientAssignorKind;
use engine::Distribution;
use member::slots::Defect;
use member::{ClientFamily, Repairs, SlotSettings};
use protocol::{SimDuration, SimTime, TopicName};
use records::Rate;
use simulation::plan::{KeysPlan, Plan, PlannedAction, PlannedEvent, ProducerPlan, Stop};
use simulation::run;
use timeline::{MemberIndex, Outcome};

use crate::plans::{CLOSE, group, of, seconds, then};

/// A group of as many slots as members over `partitions`, 300 records a second.
fn slots(members: u32, partitions: i32, repaired: Repairs) -> Plan {
    let mut plan = of(ClientFamily::Librdkafka, group(members, partitions, ClientAssignorKind::Range, false));
    plan.environment = simulation::environment::preset("loopback").expect("it exists").environment();
    for member in &mut plan.members {
        let settings = SlotSettings { max_group_size: members, config_version: 1, repaired, ..SlotSettings::default() };
        member.slots = Some(settings);
    }
    plan.producers.push(ProducerPlan {
        name: "producer".to_owned(),
        topics: vec![TopicName::new("t")],
        rates: vec![(SimTime::from_secs(10), Rate::per_second(300))],
        tick: SimDuration::ZERO,
        keys: KeysPlan::InTurn { batch: 1 },
    });
    plan
}

fn restart_all(mut plan: Plan, stop: Stop) -> Plan {
    for member in 0..u32::try_from(plan.members.len()).expect("a small group") {
        let action = PlannedAction::Restart { member: MemberIndex(member), stop, down: SimDuration::from_millis(500) };
        plan.events.push(PlannedEvent { at: seconds(60), action });
    }
    plan
}

fn amount(outcome: &Outcome, id: &str) -> u64 {
    outcome.value(id).amount().unwrap_or_else(|| panic!("{id} is not measured"))
}

/// But for what is under way at the end.
fn all_is_read_once(outcome: &Outcome) {
    let (consumed, produced) = (amount(outcome, "consumed"), amount(outcome, "produced"));
    assert!((produced - produced / 1_000..=produced).contains(&consumed), "{consumed} of {produced}");
}

fn over_seeds(plan: &Plan, look: impl Fn(&Outcome)) {
    for seed in 1..=20 {
        look(&run(&Plan { seed, ..plan.clone() }).expect("runs end"));
    }
}

#[test]
fn a_clean_restart_costs_a_process_restart_and_reads_nothing_twice() {
    over_seeds(&restart_all(slots(3, 12, Repairs::NONE), CLOSE), |outcome| {
        all_is_read_once(outcome);
        let age = amount(outcome, "latency-max");
        assert!((1_000_000_000..4_500_000_000).contains(&age), "{age}");
        assert_eq!((amount(outcome, "unowned-at-end"), amount(outcome, "rebalances")), (0, 0));
    });
}

/// 6.7 to 12 s until the slots are free, a second between tries, and what was not committed.
#[test]
fn a_kill_costs_the_session_and_reads_again_what_was_not_committed() {
    over_seeds(&restart_all(slots(3, 12, Repairs::NONE), Stop::Kill), |outcome| {
        let (consumed, produced) = (amount(outcome, "consumed"), amount(outcome, "produced"));
        assert!((0..=1_500).contains(&(consumed - produced)), "{consumed} of {produced}");
        let age = amount(outcome, "latency-max") / 1_000_000;
        assert!((6_700..18_500).contains(&age), "{age}");
    });
}

#[test]
fn an_outage_is_survived_by_repaired_members() {
    let outage = PlannedAction::ZooKeeperOutage { length: SimDuration::from_secs(45) };
    over_seeds(&then(slots(6, 12, Repairs::NONE), 60, outage.clone()), |outcome| {
        assert!(amount(outcome, "unowned-at-end") > 0);
    });
    over_seeds(&then(slots(6, 12, Repairs::ALL), 60, outage), |outcome| {
        assert_eq!((amount(outcome, "unowned-at-end"), amount(outcome, "double-owned")), (0, 0));
    });
}

#[test]
fn a_member_that_is_cut_off_shares_its_partitions_with_a_spare_unless_that_is_repaired() {
    let cut = PlannedAction::ZooKeeperCut { member: MemberIndex(0), length: SimDuration::from_secs(25) };
    for (repaired, twice) in [(Repairs::NONE, true), (Repairs::NONE.and(Defect::SuspensionIgnored), false)] {
        let mut plan = slots(2, 12, repaired);
        for member in &mut plan.members {
            member.slots.as_mut().expect("all have slots").max_group_size = 1;
        }
        plan.members[1].application.start_up = Distribution::Fixed(5_000_000_000);
        over_seeds(&then(plan, 60, cut.clone()), |outcome| {
            assert_eq!(amount(outcome, "double-owned") > 0, twice);
            assert_eq!(amount(outcome, "consumed") > amount(outcome, "produced") + 1_000, twice);
        });
    }
}

#[test]
fn production_runs_in_no_time() {
    let mut plan = restart_all(slots(64, 1_024, Repairs::NONE), CLOSE);
    plan.producers[0].rates = vec![(SimTime::from_secs(10), Rate::per_second(60_000))];
    let outcome = run(&plan).expect("runs end");
    assert_eq!((amount(&outcome, "unowned-at-end"), amount(&outcome, "rebalances")), (0, 0));
    all_is_read_once(&outcome);
}
