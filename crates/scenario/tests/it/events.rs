//! What happens, when, to whom.

use crate::{events, mistake, plan, told};

#[test]
fn actions_are_named_and_members_chosen_by_name_pattern_or_number() {
    assert_eq!(events("  - {at: 1m, kill: web-1}\n"), ["60 kill web-1"]);
    assert_eq!(events("  - {at: 1m, kill: [web-2, web-0]}\n"), ["60 kill web-2", "60 kill web-0"]);
    assert_eq!(
        events("  - {at: 1m, stop: \"web-*\"}\n"),
        ["60 close(30) web-0", "60 close(30) web-1", "60 close(30) web-2"]
    );
    assert_eq!(events("  - {at: 1m, kill: first 2}\n"), ["60 kill web-0", "60 kill web-1"]);
    assert_eq!(events("  - {at: 1m, kill: last 1 of web-*}\n"), ["60 kill web-2"]);
    assert_eq!(events("  - {at: 1m, kill: {members: web-1}}\n"), ["60 kill web-1"]);
    assert_eq!(events("  - {at: 1m, kill: [web-1, first 2]}\n"), ["60 kill web-1", "60 kill web-0"]);
    assert_eq!(events("  - {at: 90s, stop: {members: web-1, grace: 5s}}\n"), ["90 close(5) web-1"]);
    assert_eq!(events("  - {at: 1s, hang: {members: web-1, for: 6m}}\n"), ["1 hang web-1 360000"]);
    assert_eq!(
        events("  - {at: 1s, restart: {members: web-1, stop: kill, down: 5s}}\n"),
        ["1 restart web-1 by kill down 5000"]
    );
    assert_eq!(events("  - at: 1s\n    describe:\n"), ["1 describe"]);
}

#[test]
fn random_members_are_drawn_from_the_seed() {
    let text = |seed: u64| {
        format!(
            "seed: {seed}\ntopics: {{a: 1}}\nmembers: {{count: 50, name: web}}\nevents: [{{at: 1m, kill: random 5}}]\n"
        )
    };
    let chosen = told(&plan(&text(1)));
    assert_eq!(chosen.len(), 5);
    assert_eq!(chosen, told(&plan(&text(1))));
    assert_ne!(chosen, told(&plan(&text(2))));
}

#[test]
fn a_member_can_only_be_stopped_while_it_runs_and_started_while_it_does_not() {
    let told = events("  - {at: 3m, start: web-1}\n  - {at: 1m, kill: web-1}\n  - {at: 2m, stop: all}\n");
    assert_eq!(told, ["60 kill web-1", "120 close(30) web-0", "120 close(30) web-2", "180 start web-1"]);
    let dead =
        "topics: {a: 1}\nmembers: {count: 2, name: web}\nevents: [{at: 1m, kill: web-1}, {at: 2m, kill: web-1}]\n";
    assert_eq!(mistake(dead), "`web-1` is not running at 02:00.000");
}

#[test]
fn a_rolling_restart_names_its_members_order_pace_and_stop() {
    let told = events("  - {at: 1m, rolling-restart: {every: 20s, down: 5s}}\n");
    assert_eq!(told, ["60 roll web-0 web-1 web-2 at once 1 by close(30) Every(20.000 s)"]);
    let told = events(
        "  - at: 1m\n    rolling-restart: {members: [web-0, web-2], order: descending, at-once: 2, every: 20s, down: 5s, stop: kill}\n",
    );
    assert_eq!(told, ["60 roll web-2 web-0 at once 2 by kill Every(20.000 s)"]);
    let text =
        format!("until: 9m\n{}events: [{{at: 1m, rolling-restart: {{when-ready: 3s, down: 5s}}}}]\n", crate::THREE);
    assert_eq!(
        crate::told(&plan(&text)),
        ["60 roll web-0 web-1 web-2 at once 1 by close(30) WhenReady { then: 3.000 s }"]
    );
}

#[test]
fn scaling_out_starts_new_members_and_scaling_in_stops_the_last_ones() {
    let told =
        events("  - {at: 1m, scale: 5}\n  - {at: 2m, scale: {to: 2, every: 1s, grace: 9s}}\n  - {at: 3m, scale: 3}\n");
    assert_eq!(
        told,
        [
            "60 start web-3",
            "60 start web-4",
            "120 close(9) web-4",
            "121 close(9) web-3",
            "122 close(9) web-2",
            "180 start web-2"
        ]
    );
}

#[test]
fn scaling_knows_kinds_of_members_apart() {
    let text = "topics: {a: 1}\nmembers:\n  - {count: 1, name: \"web-{n}\"}\n  - {count: 1, name: \"job-{n}\"}\n\
                events: [{at: 1m, scale: {members: \"job-{n}\", to: 3}}]\n";
    assert_eq!(told(&plan(text)), ["60 start job-1", "60 start job-2"]);
}

#[test]
fn a_crash_loop_is_written_out_with_pauses_that_double_up_to_a_bound() {
    let told = events("  - {at: 1m, crash-loop: {members: web-1, times: 4, alive: 20s, down: 10s, down-max: 30s}}\n");
    assert_eq!(
        told,
        [
            "60 restart web-1 by kill down 10000",
            "90 restart web-1 by kill down 20000",
            "130 restart web-1 by kill down 30000",
            "180 restart web-1 by kill down 30000",
        ]
    );
}

#[test]
fn repetitions_are_written_out_and_everything_is_in_order_of_time() {
    let told = events("  - at: 2m\n    repeat: {every: 30s, times: 3}\n    describe:\n  - {at: 150s, kill: web-0}\n");
    assert_eq!(told, ["120 describe", "150 describe", "150 kill web-0", "180 describe"]);
}

#[test]
fn topics_grow_and_do_not_shrink() {
    assert_eq!(
        events("  - {at: 1m, add-partitions: {orders: 12}}\n  - {at: 2m, add-partitions: {orders: 24}}\n").len(),
        2
    );
    let text = format!(
        "{}events: [{{at: 2m, add-partitions: {{orders: 9}}}}, {{at: 1m, add-partitions: {{orders: 12}}}}]\n",
        crate::THREE
    );
    assert_eq!(mistake(&text), "`orders` has 12 partitions already");
}

#[test]
fn changes_are_laid_over_what_members_had_one_after_the_other() {
    let told = events(
        "  - {at: 1m, change: {members: first 1, session.timeout.ms: 60000}}\n  \
         - {at: 2m, change: {members: \"web-*\", group.instance.id: \"{name}\", partition.assignment.strategy: sticky}}\n  \
         - {at: 3m, change: {members: web-0, session.timeout.ms: null}}\n",
    );
    assert_eq!(
        told,
        [
            "60 change web-0 to [] 60000 [Range, CooperativeSticky]",
            "120 change web-0 to [web-0] 60000 [Sticky]",
            "120 change web-1 to [web-1] 45000 [Sticky]",
            "120 change web-2 to [web-2] 45000 [Sticky]",
            "180 change web-0 to [web-0] 45000 [Sticky]",
        ]
    );
}

#[test]
fn restarted_members_come_back_with_what_the_restart_changes() {
    let told = events("  - {at: 1m, restart: {members: web-1, down: 5s, change: {session.timeout.ms: 30000}}}\n");
    assert_eq!(
        told,
        ["60 change web-1 to [] 30000 [Range, CooperativeSticky]", "60 restart web-1 by close(30) down 5000"]
    );
    let told = events(
        "  - at: 1m\n    repeat: {every: 10m, times: 2}\n    \
         rolling-restart: {members: last 2, every: 1m, down: 5s, change: {session.timeout.ms: 30000}}\n",
    );
    let change = |at: u32, n: u32| format!("{at} change web-{n} to [] 30000 [Range, CooperativeSticky]");
    let roll = |at: u32| format!("{at} roll web-1 web-2 at once 1 by close(30) Every(60.000 s)");
    let expected = [60, 660].map(|at| [change(at, 1), change(at, 2), roll(at)]).concat();
    assert_eq!(told, expected);
}

#[test]
fn overrides_and_changes_meet() {
    let text = "topics: {a: 1}\nmembers: {count: 2, name: web, overrides: {web-1: {session.timeout.ms: 20000}}}\n\
                events: [{at: 1m, change: {members: all, heartbeat.interval.ms: 1000}}]\n";
    let plan = plan(text);
    let sessions: Vec<u64> = plan.members_ever().map(|member| member.config.session_timeout.as_millis()).collect();
    assert_eq!(sessions, [45_000, 20_000, 45_000, 20_000]);
    assert!(plan.members_ever().skip(2).all(|member| member.config.heartbeat_interval.as_millis() == 1_000));
}

#[test]
fn topics_that_come_later_are_read_by_those_who_name_or_match_them() {
    let text = "topics: {orders-eu: 6}\nmembers:\n  - {name: any}\n  - {name: named, subscribe: [orders-eu, orders-us]}\n  \
                - {name: matched, subscribe: {pattern: \"orders-(eu|us)\"}}\n  - {name: part, subscribe: {pattern: \"rders\"}}\n\
                events: [{at: 1m, add-topic: {orders-us: 3, audit: 2}}, {at: 2m, add-partitions: {orders-us: 4}}]\n";
    let comparison = crate::load(text);
    let plan = &comparison.variants[0].plan;
    let topics = |place: usize| plan.members[place].topics.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(topics(0), ["orders-eu"]);
    assert_eq!(topics(1), ["orders-eu", "orders-us"]);
    assert_eq!(topics(2), ["orders-eu", "orders-us"]);
    assert_eq!(topics(3), Vec::<String>::new(), "a pattern has to match the whole name");
    assert_eq!(
        plan.members.iter().map(|member| member.pattern.is_some()).collect::<Vec<_>>(),
        [false, false, true, true]
    );
    let partitions = |name: &str| plan.topics.iter().find(|topic| topic.name.as_str() == name).unwrap().partitions;
    assert_eq!((partitions("orders-eu"), partitions("orders-us")), (6, 0));
    assert_eq!(told(plan), ["60 grow orders-us 3", "60 grow audit 2", "120 grow orders-us 4"]);
}

#[test]
fn the_coordinator_moves_with_or_without_saying_how_long_that_takes() {
    let told = events("  - at: 1m\n    move-coordinator:\n  - {at: 2m, move-coordinator: {load: 5s}}\n");
    assert_eq!(told, ["60 move 200", "120 move 5000"]);
}

#[test]
fn brokers_go_and_come() {
    let told = events(
        "  - {at: 1m, restart-broker: {broker: 2, down: 30s}}\n  - {at: 2m, kill-broker: 1}\n  \
         - {at: 3m, restart-broker: {broker: 3, stop: kill, down: 1s}}\n  - {at: 4m, start-broker: 1}\n",
    );
    let expected = [
        "60 close broker 2",
        "90 start broker 2",
        "120 kill broker 1",
        "180 kill broker 3",
        "181 start broker 3",
        "240 start broker 1",
    ];
    assert_eq!(told, expected);
}

#[test]
fn replicas_are_the_environments_unless_a_topic_has_its_own() {
    let replicas = |text: &str| -> Vec<u16> {
        let plan = plan(&format!("{text}\nmembers: {{count: 1}}\nuntil: 1m\n"));
        plan.topics.iter().map(|topic| topic.replicas).collect()
    };
    assert_eq!(replicas("topics: {a: 2, b: {partitions: 2, replication-factor: 1}}"), [3, 1]);
    assert_eq!(replicas("topics: {a: 2}\nenvironment: loopback"), [1]);
    assert_eq!(replicas("topics: {a: 2}\nbroker: {cluster-size: 2}"), [2]);
}
