//! Leaving out the routine of quiet members changes nothing: every event at the same nanosecond. (But for one thing:
//! a routine commit that is being appended can hold up the answer to another request for the rest of its append.)

use assignor::ClientAssignorKind;
use engine::Distribution;
use member::ClientFamily;
use protocol::SimDuration;
use simulation::plan::{Pace, Plan, PlannedAction, Stop};
use timeline::MemberIndex;

use crate::plans::{CLOSE, events, group, of, rolling, then, under_the_consumer_protocol};

fn the_routine_of_this_client_can_be_left_out(client: ClientFamily) {
    of_these(client, troubles());
}

fn troubles() -> Vec<Plan> {
    let every = || Pace::Every(SimDuration::from_secs(17));
    let mut plans = Vec::new();
    for is_static in [false, true] {
        for assignor in [ClientAssignorKind::Range, ClientAssignorKind::CooperativeSticky] {
            plans.push(rolling(group(5, 12, assignor, is_static), CLOSE, every()));
            plans.push(rolling(group(5, 12, assignor, is_static), Stop::Kill, every()));
            let kill = PlannedAction::Stop { member: MemberIndex(1), stop: Stop::Kill };
            plans.push(then(group(3, 3, assignor, is_static), 61, kill));
            plans.extend(faults_of_the_network(&group(3, 3, assignor, is_static)));
        }
    }
    plans
}

fn faults_of_the_network(plan: &Plan) -> Vec<Plan> {
    let (member, length) = (MemberIndex(1), SimDuration::from_secs);
    let slow = PlannedAction::NetworkSlow { member, length: length(70), delay: Distribution::Fixed(300_000_000) };
    let cuts = [7, 20, 40, 70].map(|seconds| PlannedAction::NetworkCut { member, length: length(seconds) });
    let several = [61, 66, 90, 200].into_iter().zip(&cuts);
    let several = several.fold(plan.clone(), |plan, (at, fault)| then(plan, at, fault.clone()));
    let restart = rolling(then(plan.clone(), 64, cuts[1].clone()), CLOSE, Pace::Every(length(5)));
    let each = cuts.into_iter().chain([slow]).map(|fault| then(plan.clone(), 61, fault));
    each.chain([several, restart]).collect()
}

fn of_these(client: ClientFamily, plans: Vec<Plan>) {
    for (number, mut plan) in plans.into_iter().enumerate() {
        // Appends of equal length do not overtake each other: else a routine commit could hold up another answer.
        plan.environment.log_append = Distribution::Fixed(3_000_000);
        for seed in 1..=20 {
            let left_out = of(client, Plan { seed, ..plan.clone() });
            let sent = Plan { sends_routine: true, ..left_out.clone() };
            let (left_out, sent) = (events(&left_out), events(&sent));
            let first = left_out.iter().zip(&sent).position(|(left, right)| left != right);
            if let Some(place) = first {
                panic!("{client:?}, plan {number}, seed {seed}: {}\nwith routine: {}", left_out[place], sent[place]);
            }
            assert_eq!(left_out.len(), sent.len(), "plan {number}, seed {seed}");
        }
    }
}

#[test]
fn every_event_is_at_the_same_nanosecond_with_and_without_the_routine() {
    the_routine_of_this_client_can_be_left_out(ClientFamily::Java);
}

#[test]
fn every_event_of_librdkafka_is_at_the_same_nanosecond_with_and_without_the_routine() {
    the_routine_of_this_client_can_be_left_out(ClientFamily::Librdkafka);
}

#[test]
fn every_event_of_franz_go_is_at_the_same_nanosecond_with_and_without_the_routine() {
    the_routine_of_this_client_can_be_left_out(ClientFamily::FranzGo);
}

#[test]
fn the_same_holds_under_the_consumer_protocol() {
    // Heartbeats and commits are both 5 s apart: of the two of a member, one would often wait for the other's append.
    let without_commits = |mut plan: Plan| {
        plan.members.iter_mut().for_each(|member| member.config.auto_commit = false);
        under_the_consumer_protocol(plan)
    };
    for client in [ClientFamily::Java, ClientFamily::Librdkafka, ClientFamily::FranzGo] {
        of_these(client, troubles().into_iter().map(without_commits).collect());
    }
}

#[test]
fn sessions_that_end_before_the_next_heartbeat_comes_end_though_nobody_looks() {
    for client in [ClientFamily::Java, ClientFamily::Librdkafka, ClientFamily::FranzGo] {
        let mut plan = group(2, 4, ClientAssignorKind::Range, false);
        for member in &mut plan.members {
            (member.config.session_timeout, member.config.auto_commit) = (SimDuration::from_secs(6), false);
            member.config.heartbeat_interval = SimDuration::from_millis(5_999);
        }
        of_these(client, vec![plan]);
    }
}
