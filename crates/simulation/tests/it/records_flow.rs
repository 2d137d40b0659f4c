//! Records through restarts and losses: how many are read, how often, how old.

use assignor::ClientAssignorKind;
use engine::Distribution;
use member::{GroupMembershipOperation, OffsetReset};
use protocol::{SimDuration, SimTime, TopicName};
use records::Rate;
use simulation::plan::{KeysPlan, ManualCommit, Pace, Plan, PlannedAction, ProducerPlan, Stop};
use simulation::run;
use timeline::{Handover, MemberIndex, Outcome};

use crate::plans::{CLOSE, amount, group, moments, rolling, then, under_the_consumer_protocol};

/// The same with a producer of so many records a second, and members that begin at the beginning.
pub(crate) fn with_records(mut plan: Plan, per_second: u64) -> Plan {
    plan.producers.push(ProducerPlan {
        name: "producer".to_owned(),
        topics: vec![TopicName::new("t")],
        rates: vec![(SimTime::ZERO, Rate::per_second(per_second))],
        tick: SimDuration::from_millis(20),
        keys: KeysPlan::InTurn { batch: 1 },
        record_bytes: 100,
        acks: simulation::plan::Acks::All,
        delivery_timeout: SimDuration::from_secs(120),
    });
    for member in &mut plan.members {
        member.config.offset_reset = OffsetReset::Earliest;
    }
    plan
}

fn over_seeds(plan: &Plan) -> Vec<Outcome> {
    (1..=10).map(|seed| run(&Plan { seed, ..plan.clone() }).expect("runs end")).collect()
}

#[test]
fn clean_restarts_keep_records_waiting_for_the_longest_pause_and_read_them_once_if_they_are_eager() {
    for assignor in [ClientAssignorKind::Range, ClientAssignorKind::CooperativeSticky] {
        let plan = rolling(group(4, 12, assignor, false), CLOSE, Pace::Every(SimDuration::from_secs(30)));
        for outcome in over_seeds(&with_records(plan, 1_000)) {
            let (produced, consumed) = (amount(&outcome, "produced"), amount(&outcome, "consumed"));
            assert_eq!(produced, 300_000);
            // A cooperative member reads on between its commit and the revocation, and who takes over begins at the
            // commit: real groups read a few records of each partition that moves twice, too.
            let twice = if assignor == ClientAssignorKind::CooperativeSticky { 100 } else { 0 };
            assert!((produced - 200..=produced + twice).contains(&consumed), "{consumed} of {produced}");
            let (pause, latency) = (amount(&outcome, "pause-longest"), amount(&outcome, "latency-max"));
            assert!(latency.abs_diff(pause) < 250_000_000, "a pause of {pause} ns, a latency of {latency} ns");
        }
    }
}

/// Whoever fetches takes 600 ms there and back, and a record waits for the next fetch for as long as that. Recorded
/// with these delays: 900 ms at most, once 977.
#[test]
fn records_wait_for_the_next_fetch_where_the_network_is_slow() {
    let slow = PlannedAction::NetworkSlow {
        member: MemberIndex(0),
        length: SimDuration::from_secs(200),
        delay: Distribution::Fixed(300_000_000),
    };
    let mut plan = with_records(then(group(1, 6, ClientAssignorKind::Range, false), 70, slow), 200);
    plan.measure_from = SimTime::from_secs(80);
    plan.end = SimTime::from_secs(260);
    for outcome in over_seeds(&plan) {
        let [max, mean] = ["latency-max", "latency-mean"].map(|id| amount(&outcome, id) / 1_000_000);
        assert!((870..990).contains(&max) && (580..660).contains(&mean), "{mean} ms, {max} ms at most");
        assert_eq!(amount(&outcome, "pauses"), 0);
    }
}

#[test]
fn who_subscribes_by_a_pattern_looks_at_the_topics_within_a_poll_and_joins_however_long_its_batches_take() {
    for assignor in [ClientAssignorKind::Range, ClientAssignorKind::CooperativeSticky] {
        let plan = rolling(group(3, 6, assignor, false), CLOSE, Pace::Every(SimDuration::from_secs(60)));
        let mut plan = Plan { end: SimTime::from_secs(400), ..with_records(plan, 60) };
        for member in &mut plan.members {
            member.pattern = Some("t".into());
            member.application.batch_processing = Distribution::Fixed(2_000_000_000);
            member.application.record_processing = Distribution::Fixed(100_000);
        }
        for outcome in over_seeds(&plan) {
            assert_eq!(amount(&outcome, "final-members"), 3);
            assert!(amount(&outcome, "pause-longest") < 20_000_000_000, "{}", amount(&outcome, "pause-longest"));
        }
    }
}

#[test]
fn what_a_killed_member_had_not_committed_is_read_again() {
    let kill = PlannedAction::Stop { member: MemberIndex(1), stop: Stop::Kill };
    let plan = with_records(then(group(3, 3, ClientAssignorKind::Range, false), 100, kill), 300);
    let mut repeated = Vec::new();
    for outcome in over_seeds(&plan) {
        let (produced, consumed) = (amount(&outcome, "produced"), amount(&outcome, "consumed"));
        // 100 records a second since the last commit, which is made every five seconds.
        assert!(consumed > produced - 100 && consumed < produced + 500, "{consumed} of {produced}");
        repeated.push(consumed.saturating_sub(produced));
    }
    let most = repeated.iter().max().copied().unwrap_or(0);
    assert!(most > 250, "{repeated:?}");
}

#[test]
fn what_quiet_members_have_committed_is_known_to_who_looks_and_to_the_next_coordinator() {
    let moves = PlannedAction::MoveCoordinator { load: SimDuration::from_secs(10) };
    let classic = with_records(then(group(3, 6, ClientAssignorKind::Range, false), 100, moves), 300);
    for plan in [under_the_consumer_protocol(classic.clone()), classic] {
        let sent = Plan { sends_routine: true, ..plan.clone() };
        // Shortly before the coordinator moves, and when the next one has loaded what the first one had.
        for at in [99_900, 111_000].map(SimTime::from_millis) {
            let committed = |plan| simulation::look::look(plan, at, ()).expect("runs end").0.committed;
            let (left_out, sent) = (committed(&plan), committed(&sent));
            assert!(left_out.len() == 6 && left_out.values().all(|offset| *offset > 4_000), "{left_out:?}");
            assert_eq!(left_out, sent, "at {at}");
        }
    }
}

/// Three members with more than enough to do, for whom a batch takes so long.
fn with_batches_of(seconds: u64) -> Plan {
    let mut plan = with_records(group(3, 6, ClientAssignorKind::Range, false), 300);
    for member in &mut plan.members {
        member.config.max_poll_interval = SimDuration::from_secs(20);
        member.application.batch_processing = Distribution::Fixed(seconds * 1_000_000_000);
    }
    plan
}

#[test]
fn batches_longer_than_the_poll_interval_are_read_again_and_again() {
    for outcome in over_seeds(&with_batches_of(19)) {
        assert_eq!((amount(&outcome, "rebalances"), amount(&outcome, "read-twice")), (0, 0));
    }
    for plan in [with_batches_of(30), under_the_consumer_protocol(with_batches_of(30))] {
        for outcome in over_seeds(&plan) {
            assert!(amount(&outcome, "rebalances") > 2 && amount(&outcome, "read-twice") > 1_000);
        }
    }
}

/// When the applications of one member stopped to poll, and when they went on.
struct Absences(MemberIndex, Vec<(SimTime, bool)>);

impl timeline::Observer for Absences {
    fn observe(&mut self, at: SimTime, event: timeline::Event<'_>) {
        match event {
            timeline::Event::Hung { member } if member == self.0 => self.1.push((at, true)),
            timeline::Event::HangOver { member } if member == self.0 => self.1.push((at, false)),
            _ => {}
        }
    }
}

#[test]
fn an_application_that_hangs_during_a_batch_that_takes_too_long_has_that_batch_in_hand_for_longer() {
    let (member, length) = (MemberIndex(1), SimDuration::from_secs(60));
    let absences =
        |plan: &Plan| simulation::run_observed(plan, Absences(member, Vec::new())).expect("the run ends").1.1;
    let plan = with_batches_of(30);
    let without = absences(&plan);
    let [(stopped, true), (over, false), ..] = without[..] else { panic!("{without:?}") };
    let seconds = SimDuration::from_secs;
    assert_eq!(over - stopped, seconds(10));
    // Before and after its client has given it up, which happens at the same time.
    for (at, seen) in [(stopped - seconds(5), stopped - seconds(5)), (stopped + seconds(5), stopped)] {
        let mut plan = plan.clone();
        let action = PlannedAction::Hang { member, length };
        plan.events.push(simulation::plan::PlannedEvent { at, action });
        assert_eq!(absences(&plan)[..2], [(seen, true), (over + length, false)], "{at:?}");
    }
}

#[test]
fn an_application_that_is_told_to_hang_while_it_does_is_back_when_both_are_over() {
    let member = MemberIndex(1);
    for (second, over) in [(30, 160), (60, 180)] {
        let hang = |length| PlannedAction::Hang { member, length: SimDuration::from_secs(length) };
        let plan = then(group(3, 3, ClientAssignorKind::Range, false), 100, hang(60));
        let plan = then(plan, 120, hang(second));
        let (_, Absences(_, seen)) = simulation::run_observed(&plan, Absences(member, Vec::new())).expect("it ends");
        assert_eq!(seen, [(SimTime::from_secs(100), true), (SimTime::from_secs(over), false)]);
    }
}

#[test]
fn a_batch_in_hand_is_not_committed_however_long_it_takes() {
    let kill = PlannedAction::Stop { member: MemberIndex(1), stop: Stop::Kill };
    for outcome in over_seeds(&then(with_batches_of(12), 100, kill)) {
        assert_eq!(amount(&outcome, "rewound-after-kill"), 500);
    }
}

#[test]
fn what_a_hanging_member_had_not_committed_is_read_again_by_others() {
    let hang = PlannedAction::Hang { member: MemberIndex(1), length: SimDuration::from_secs(60) };
    let mut plan = with_records(then(group(3, 3, ClientAssignorKind::Range, false), 103, hang), 300);
    for member in &mut plan.members {
        member.config.max_poll_interval = SimDuration::from_secs(20);
    }
    let mut repeated = Vec::new();
    for outcome in over_seeds(&plan) {
        let (produced, consumed) = (amount(&outcome, "produced"), amount(&outcome, "consumed"));
        assert!(consumed > produced - 100 && consumed < produced + 500, "{consumed} of {produced}");
        repeated.push(consumed.saturating_sub(produced));
    }
    // Only `poll` commits by interval, and nobody polls: 100 records a second since the last one, up to five seconds.
    assert!(repeated.iter().all(|records| *records > 50), "{repeated:?}");
}

/// Applications that commit by themselves.
fn committing(mut plan: Plan, commits: ManualCommit) -> Plan {
    for member in &mut plan.members {
        member.config.auto_commit = false;
        member.application.commits = commits;
    }
    plan
}

#[test]
fn a_killed_member_loses_what_its_way_of_committing_leaves_uncommitted() {
    let kill = PlannedAction::Stop { member: MemberIndex(1), stop: Stop::Kill };
    let plan = with_records(then(group(3, 3, ClientAssignorKind::Range, false), 100, kill), 300);
    let length = SimDuration::from_secs(2);
    // 100 records a second and member: a few milliseconds, a transaction at most, or all of a hundred seconds.
    for (commits, least, most) in [
        (ManualCommit::Sync, 0, 10),
        (ManualCommit::Async, 0, 10),
        (ManualCommit::Transactions { length }, 0, 210),
        (ManualCommit::None, 20_000, 40_000),
    ] {
        for outcome in over_seeds(&committing(plan.clone(), commits)) {
            let (again, lag) = (amount(&outcome, "read-twice"), amount(&outcome, "lag-end"));
            assert!((least..=most).contains(&again), "{commits:?}: {again} are read again");
            assert!(lag < 100, "{commits:?}: {lag} wait");
            let aborted = u64::from(matches!(commits, ManualCommit::Transactions { .. }) && again > 0);
            assert_eq!(amount(&outcome, "transactions-aborted"), aborted, "{commits:?}");
        }
    }
}

#[test]
fn a_transaction_is_aborted_if_the_group_goes_on_without_its_member_and_ended_if_not() {
    for (seconds, expelled) in [(60, true), (5, false)] {
        let hang = PlannedAction::Hang { member: MemberIndex(1), length: SimDuration::from_secs(seconds) };
        let mut plan = with_records(then(group(3, 3, ClientAssignorKind::Range, false), 103, hang), 300);
        for member in &mut plan.members {
            member.config.max_poll_interval = SimDuration::from_secs(20);
        }
        let commits = ManualCommit::Transactions { length: SimDuration::from_secs(7) };
        for outcome in over_seeds(&committing(plan, commits)) {
            let (again, aborted) = (amount(&outcome, "read-twice"), amount(&outcome, "transactions-aborted"));
            assert_eq!((again > 0, aborted), (expelled, u64::from(expelled)), "{again} after {seconds} s");
            assert_eq!(amount(&outcome, "rewound-after-expulsion"), again);
        }
    }
}

#[test]
fn who_was_expelled_while_it_hung_learns_from_the_coordinators_refusal() {
    let hang = PlannedAction::Hang { member: MemberIndex(1), length: SimDuration::from_secs(60) };
    let mut plan = with_records(then(group(3, 3, ClientAssignorKind::Range, false), 103, hang), 300);
    for member in &mut plan.members {
        member.config.max_poll_interval = SimDuration::from_secs(20);
    }
    let plan = committing(plan, ManualCommit::Transactions { length: SimDuration::from_secs(7) });
    for plan in [plan.clone(), under_the_consumer_protocol(plan)] {
        let aborted = moments(&plan, |event| matches!(event, timeline::Event::TransactionAborted { .. }));
        // Others have its partitions at 123 s; it goes on at 163 s, and a request and its answer take some time.
        let after = SimTime::from_secs(163);
        assert!(matches!(*aborted, [at] if at > after && at < after + SimDuration::from_secs(1)), "{aborted:?}");
    }
}

#[test]
fn transactions_that_end_before_partitions_are_given_up_lose_and_repeat_nothing() {
    for assignor in [ClientAssignorKind::Range, ClientAssignorKind::CooperativeSticky] {
        let plan = rolling(group(4, 12, assignor, false), CLOSE, Pace::Every(SimDuration::from_secs(30)));
        let plan =
            committing(with_records(plan, 1_000), ManualCommit::Transactions { length: SimDuration::from_millis(700) });
        for outcome in over_seeds(&plan) {
            assert_eq!(amount(&outcome, "transactions-aborted"), 0);
            assert_eq!((amount(&outcome, "read-twice"), amount(&outcome, "skipped")), (0, 0), "{assignor:?}");
        }
    }
}

/// How many records were read again, by how their former readers had stopped.
fn read_again(plan: &Plan) -> Vec<(Handover, u64)> {
    over_seeds(plan)
        .iter()
        .flat_map(|outcome| outcome.records.clone().expect("records flow").sums.twice_after)
        .collect()
}

#[test]
fn offsets_that_were_never_committed_have_not_expired() {
    let (down, start_after) = (SimDuration::from_secs(20), SimDuration::ZERO);
    let restart = PlannedAction::Restart { member: MemberIndex(0), stop: CLOSE, down, start_after };
    let plan = with_records(then(group(1, 3, ClientAssignorKind::Range, false), 100, restart), 300);
    // One who does not commit, but will from its next start on.
    let mut commits_later = committing(plan.clone(), ManualCommit::None);
    let to = Box::new(plan.members[0].clone());
    commits_later = then(commits_later, 90, PlannedAction::Change { member: MemberIndex(0), to });
    // One who would commit at the end, but there is no coordinator.
    let mut finds_nobody = then(plan, 99, PlannedAction::MoveCoordinator { load: SimDuration::from_secs(60) });
    finds_nobody.members[0].config.auto_commit_interval = SimDuration::from_secs(3_600);
    for plan in [commits_later, finds_nobody] {
        let again = read_again(&plan);
        assert!(!again.is_empty() && again.iter().all(|(why, _)| *why == Handover::Revoked), "{again:?}");
    }
}

#[test]
fn who_begins_at_the_latest_skips_what_came_while_nobody_read() {
    let (down, start_after) = (SimDuration::from_secs(20), SimDuration::ZERO);
    let restart = PlannedAction::Restart { member: MemberIndex(0), stop: Stop::Kill, down, start_after };
    let mut plan = with_records(then(group(1, 3, ClientAssignorKind::Range, false), 100, restart), 300);
    plan = committing(plan, ManualCommit::None);
    plan.members[0].config.offset_reset = OffsetReset::Latest;
    for outcome in over_seeds(&plan) {
        let (produced, consumed, skipped) =
            (amount(&outcome, "produced"), amount(&outcome, "consumed"), amount(&outcome, "skipped"));
        assert!(skipped > 20 * 300, "{skipped}");
        assert_eq!(produced, consumed + skipped + amount(&outcome, "lag-end"));
    }
}

#[test]
fn leaving_out_the_routine_of_quiet_members_changes_nothing_about_records() {
    let mut plans = Vec::new();
    for is_static in [false, true] {
        for stop in [CLOSE, Stop::Kill] {
            let plan = group(5, 12, ClientAssignorKind::CooperativeSticky, is_static);
            plans.push(with_records(rolling(plan, stop, Pace::Every(SimDuration::from_secs(17))), 1_234));
        }
    }
    for mut plan in plans {
        plan.environment.log_append = Distribution::Fixed(3_000_000);
        for seed in 1..=5 {
            let left_out = Plan { seed, ..plan.clone() };
            let sent = Plan { sends_routine: true, ..left_out.clone() };
            assert_eq!(run(&left_out).unwrap().values, run(&sent).unwrap().values, "seed {seed}");
        }
    }
}

#[test]
fn a_member_that_cannot_keep_up_falls_behind_and_holds_up_rebalances_for_a_batch() {
    let mut plan = with_records(group(2, 2, ClientAssignorKind::Range, false), 100);
    // 20 ms a record for 50 records a second: just enough for one, not for two.
    for member in &mut plan.members {
        member.application.record_processing = Distribution::Fixed(21_000_000);
        member.config.max_poll_records = 100;
    }
    let (down, start_after) = (SimDuration::from_secs(20), SimDuration::ZERO);
    let join = PlannedAction::Restart { member: MemberIndex(1), stop: CLOSE, down, start_after };
    for outcome in over_seeds(&then(plan, 100, join)) {
        let (produced, consumed) = (amount(&outcome, "produced"), amount(&outcome, "consumed"));
        assert!(consumed < produced * 19 / 20, "{consumed} of {produced}");
        // The other one has a batch of 2.1 s in hand when it is told to give up its partitions.
        let longest = SimDuration::from_nanos(amount(&outcome, "latency-max"));
        assert!(longest > SimDuration::from_secs(10), "{longest}");
    }
}

#[test]
fn who_is_told_to_end_in_a_batch_that_takes_too_long_is_expelled_all_the_same() {
    let stop = Stop::Close { grace: SimDuration::from_secs(60), membership: GroupMembershipOperation::Default };
    let close = PlannedAction::Stop { member: MemberIndex(1), stop };
    let mut plan = with_batches_of(30);
    for (number, member) in plan.members.iter_mut().enumerate() {
        if number != 1 {
            member.application.batch_processing = Distribution::Fixed(0);
        }
    }
    // In its first batch.
    for outcome in over_seeds(&then(plan, 12, close)) {
        assert!(amount(&outcome, "read-twice") > 0);
    }
}
