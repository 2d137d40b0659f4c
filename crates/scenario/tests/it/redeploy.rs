//! Restarts as they happen, slots and monitors: what is written, and what the plan has of it.

use member::{ClientFamily, Repairs, SlotSettings};
use protocol::SimDuration;
use simulation::plan::{MonitorPlan, OnSigterm, PlannedAction, RestartPolicy, Stop};

use crate::{mistake, plan, told};

const GROUP: &str = "topics: {t: 6}\nmembers: {count: 4, name: \"m-{n}\"}\nuntil: 20m\n";

fn events(group: &str, events: &str) -> Vec<String> {
    told(&plan(&format!("{group}events: [{events}]\n")))
}

fn redeploy(what: &str) -> Vec<String> {
    events(GROUP, &format!("{{at: 1m, redeploy: {{{what}}}}}"))
}

#[test]
fn compose_stops_all_at_once_with_a_grace_of_ten_seconds() {
    let expected: Vec<String> =
        (0..4).map(|n| format!("60 restart m-{n} by sigterm(10) down 0 start after 500")).collect();
    assert_eq!(redeploy("by: compose"), expected);
    let slow = redeploy("by: compose, members: m-2, grace: 30s, start-after: 2s");
    assert_eq!(slow, ["60 restart m-2 by sigterm(30) down 0 start after 2000"]);
}

#[test]
fn systemd_signals_the_process_itself_whatever_wraps_it() {
    let wrapped = GROUP.replace("count: 4,", "count: 1, application: {wrapper: swallows-signals},");
    let systemd = events(&wrapped, "{at: 1m, redeploy: {by: systemd}}");
    assert_eq!(systemd, ["60 restart m-0 by close(90) down 0 start after 100"]);
    let without_hook = GROUP.replace("count: 4,", "count: 1, application: {shutdown-hook: \"no\"},");
    let systemd = events(&without_hook, "{at: 1m, redeploy: {by: systemd}}");
    assert_eq!(systemd, ["60 restart m-0 by sigterm(90) down 0 start after 100"]);
}

#[test]
fn sigkill_is_what_it_is_called() {
    let killed = redeploy("by: sigkill, members: first 1");
    assert_eq!(killed, ["60 restart m-0 by kill down 0 start after 1000"]);
}

#[test]
fn a_stateful_set_goes_from_the_last_to_the_first() {
    let rolled = redeploy("by: stateful-set");
    assert_eq!(rolled, ["60 roll m-3 m-2 m-1 m-0 at once 1 by sigterm(30) WhenReady { then: 0 ms }"]);
    let rolled = redeploy("by: stateful-set, ready-after: 20s");
    assert_eq!(rolled, ["60 roll m-3 m-2 m-1 m-0 at once 1 by sigterm(30) AfterStart(20.000 s)"]);
}

#[test]
fn a_deployment_brings_pods_under_new_names_and_can_be_made_again() {
    let first = "m-0 m-1 m-2 m-3 by m-4 m-5 m-6 m-7, 1 more, 1 fewer, Assigned, sigterm(30)";
    assert_eq!(redeploy("by: deployment"), [format!("60 {first}")]);
    let twice = events(
        GROUP,
        "{at: 1m, redeploy: {by: deployment}}, {at: 9m, redeploy: {by: deployment, max-surge: 4, max-unavailable: 0, ready-after: 30s}}",
    );
    let second = "m-4 m-5 m-6 m-7 by m-0 m-1 m-2 m-3, 4 more, 0 fewer, After(30.000 s), sigterm(30)";
    assert_eq!(twice, [format!("60 {first}"), format!("540 {second}")]);
}

#[test]
fn what_kubernetes_refuses_is_refused() {
    let text = |what: &str| format!("{GROUP}events: [{{at: 1m, redeploy: {{{what}}}}}]\n");
    let never = mistake(&text("by: deployment, max-surge: 0, max-unavailable: 0"));
    assert_eq!(never, "`max-surge` and `max-unavailable` are both 0");
    assert_eq!(mistake(&text("by: ansible")), "`by` cannot be `ansible`");
    let several =
        "topics: {t: 6}\nmembers: [{name: a}, {name: b}]\nuntil: 9m\nevents: [{at: 1m, redeploy: {by: deployment}}]\n";
    assert_eq!(mistake(several), "these members are of several kinds");
}

#[test]
fn what_becomes_of_sigterm_depends_on_wrapper_and_hook() {
    for (wrapper, hook, expected) in [
        ("none", "yes", OnSigterm::Close),
        ("passes-signals", "yes", OnSigterm::Close),
        ("none", "no", OnSigterm::Exit),
        ("swallows-signals", "yes", OnSigterm::Nothing),
        ("swallows-signals", "no", OnSigterm::Nothing),
    ] {
        let application = format!("application: {{wrapper: {wrapper}, shutdown-hook: \"{hook}\"}}");
        let plan = plan(&format!("topics: {{t: 6}}\nmembers: {{{application}}}\n"));
        assert_eq!(plan.members[0].application.on_sigterm, expected, "{wrapper} {hook}");
    }
    let restart = "{at: 1m, restart: {members: m-0, stop: sigterm, grace: 3s, down: 5s}}";
    assert_eq!(events(GROUP, restart), ["60 restart m-0 by sigterm(3) down 5000"]);
}

#[test]
fn a_scheduler_restarts_what_ends() {
    let plan =
        plan("topics: {t: 6}\nmembers: {application: {restart-policy: {when: on-failure, delay: 2s}}}\nuntil: 1m\n");
    let policy = RestartPolicy { always: false, delay: SimDuration::from_secs(2) };
    assert_eq!(plan.members[0].application.restarted, Some(policy));
}

#[test]
fn slots_are_as_published_unless_something_is_repaired() {
    let of = |slots: &str| {
        let plan = plan(&format!("topics: {{t: 6}}\nmembers: {{count: 3, slots: {slots}}}\n"));
        assert_eq!(plan.members[0].client, ClientFamily::Librdkafka);
        plan.members[2].slots.clone().expect("all take slots")
    };
    let published = SlotSettings { max_group_size: 3, config_version: 1, ..SlotSettings::default() };
    assert_eq!(of("{}"), published);
    assert_eq!(of("{repaired: all}").repaired, Repairs::ALL);
    let some = of("{max.group.size: 2, config.version: 7, max.poll.time: 1s, repaired: [Z1, Z7]}");
    assert_eq!((some.max_group_size, some.config_version), (2, 7));
    let (z1, z7) = (member::slots::Defect::PlanForgotten, member::slots::Defect::SlotFreedBeforeCommit);
    assert_eq!(some.repaired, Repairs::NONE.and(z1).and(z7));
    assert!(plan("topics: {t: 6}\nmembers: {count: 3}\n").members[0].slots.is_none());
    assert_eq!(mistake("topics: {t: 6}\nmembers: {slots: {repaired: Z11}}\n"), "there is no defect `Z11`");
    let java = mistake("topics: {t: 6}\nmembers: {client: java, slots: {}}\n");
    assert_eq!(java, "members with `slots` are librdkafka's");
}

#[test]
fn zookeeper_can_be_down_or_cut_off() {
    let told = events(GROUP, "{at: 1m, zookeeper-outage: 45s}, {at: 2m, zookeeper-cut: {members: m-1, for: 25s}}");
    assert_eq!(told, ["60 zookeeper down 45000", "120 cut m-1 from zookeeper 25000"]);
    let told =
        events(GROUP, "{at: 1m, zookeeper-pause: 8s}, {at: 2m, zookeeper-cut: {members: m-1, for: 1s, how: reset}}");
    assert_eq!(told, ["60 zookeeper pauses 8000", "120 reset m-1 from zookeeper 1000"]);
    let plan = plan("topics: {t: 6}\nmembers: {}\nzookeeper: {tickTime: 3s}\nmonitor: {bar: 30s}\n");
    assert_eq!(plan.zookeeper.tick_time, SimDuration::from_secs(3));
    let monitor = MonitorPlan { report_every: SimDuration::from_secs(15), bar: SimDuration::from_secs(30) };
    assert_eq!(plan.monitor, Some(monitor));
}

#[test]
fn the_time_of_an_event_may_be_drawn_once_a_run() {
    let at = |seed: u64| {
        let plan = plan(&format!("seed: {seed}\n{GROUP}events: [{{at: {{uniform: [1m, 2m]}}, kill: all}}]\n"));
        let kills: Vec<_> = plan
            .events
            .iter()
            .filter(|event| matches!(event.action, PlannedAction::Stop { stop: Stop::Kill, .. }))
            .map(|event| event.at)
            .collect();
        assert!(kills.len() == 4 && kills.iter().all(|at| *at == kills[0]));
        kills[0]
    };
    assert!(at(1) != at(2) && at(1) == at(1));
    assert!((1..9).all(|seed| (60_000..=120_000).contains(&at(seed).as_millis())));
}
