//! What holds if nothing is said.

use coordinator::{BrokerVersion, GroupConfig};
use engine::Distribution;
use member::ClientConfig;
use protocol::{SimDuration, SimTime};
use scenario::Origin;
use simulation::environment::Environment;

use crate::{THREE, load, plan};

#[test]
fn the_shortest_scenario_is_a_world_of_defaults() {
    let plan = plan("topics: {orders: 6}\nmembers: {}\n");
    assert_eq!((plan.name.as_str(), plan.seed, plan.group.as_str()), ("scenario", 1, "group"));
    assert_eq!(plan.environment, Environment::default());
    assert_eq!(plan.broker.version, BrokerVersion::default());
    assert_eq!(plan.broker.group, GroupConfig::default());
    let [member] = plan.members.as_slice() else { panic!("one member") };
    assert_eq!(member.name, "member-{n}".replace("{n}", "0"));
    assert_eq!(member.config, ClientConfig::default());
    assert_eq!(member.topics.len(), 1);
    assert_eq!(member.application.start_up, Distribution::Fixed(0));
}

#[test]
fn a_run_ends_a_minute_and_a_session_after_the_last_event_has_run_its_course() {
    let end = |text: &str| plan(&format!("{THREE}{text}")).end;
    assert_eq!(end(""), SimTime::from_secs(45 + 60));
    assert_eq!(end("events: [{at: 10m, kill: web-0}]\n"), SimTime::from_secs(600 + 45 + 60));
    assert_eq!(end("events: [{at: 10m, hang: {members: web-0, for: 5m}}]\n"), SimTime::from_secs(900 + 45 + 60));
    let rolling = "events: [{at: 10m, rolling-restart: {every: 20s, down: 7s}}]\n";
    assert_eq!(end(rolling), SimTime::from_secs(600 + 2 * 20 + 7 + 45 + 60));
    assert_eq!(end("until: 7m\n"), SimTime::from_secs(420));
}

#[test]
fn measuring_begins_with_the_first_event() {
    let from = |text: &str| plan(&format!("{THREE}{text}")).measure_from;
    assert_eq!(from(""), SimTime::ZERO);
    assert_eq!(from("events: [{at: 3m, kill: web-0}, {at: 2m, kill: web-1}]\n"), SimTime::from_secs(120));
    assert_eq!(from("measure-from: 5s\n"), SimTime::from_secs(5));
}

#[test]
fn every_value_says_where_it_comes_from() {
    let text = format!("environment: {{preset: loopback, one-way: 1ms}}\n{THREE}broker: {{group.max.size: 9}}\n");
    let comparison = load(&text);
    let line = |path: &str| {
        let lines = &comparison.variants[0].explained;
        lines.iter().find(|line| line.path == path).unwrap_or_else(|| panic!("{path} is not explained")).clone()
    };
    let place = |path: &str| match line(path).origin {
        Origin::Written(at) => comparison.warnings.sources.locate(at),
        other => panic!("{path} comes from {other:?}"),
    };
    assert_eq!(place("members.count"), "test:3:18");
    assert_eq!(place("environment.one-way"), "test:1:42");
    assert_eq!(place("broker.group.max.size"), "test:4:26");
    assert_eq!(line("environment.log-append").origin, Origin::Environment("loopback"));
    assert_eq!(line("members.session.timeout.ms").origin, Origin::Kafka);
    assert_eq!(line("members.session.timeout.ms").value, "45000");
    assert_eq!(line("seed").origin, Origin::Default);
    assert!(matches!(line("until").origin, Origin::Depends(_)));
}

#[test]
fn a_client_with_a_default_of_its_own_is_named() {
    let comparison = load("topics: {a: 1}\nmembers: {client: librdkafka}\n");
    let lines = &comparison.variants[0].explained;
    let most = lines.iter().find(|line| line.path == "members.max.poll.records").expect("it is explained");
    assert_eq!((most.value.as_str(), &most.origin), ("1", &Origin::Client("librdkafka")));
}

#[test]
fn a_seed_from_outside_overrules_the_one_that_is_written() {
    let text = format!("seed: 5\n{THREE}");
    assert_eq!(plan(&text).seed, 5);
    let comparison = scenario::load_text("test", &text, Some(9)).unwrap();
    assert_eq!(comparison.variants[0].plan.seed, 9);
    assert!(comparison.variants[0].explained.iter().any(|line| line.origin == Origin::CommandLine));
}

#[test]
fn lengths_may_be_fixed_or_drawn() {
    let start_up = |text: &str| {
        let text = format!("topics: {{a: 1}}\nmembers: {{application: {{start-up: {text}}}}}\n");
        plan(&text).members[0].application.start_up.clone()
    };
    let seconds = |seconds: u64| SimDuration::from_secs(seconds).as_nanos();
    assert_eq!(start_up("1m30s"), Distribution::Fixed(seconds(90)));
    assert_eq!(start_up("{uniform: [1s, 3s]}"), Distribution::Uniform { lo: seconds(1), hi: seconds(3) });
    assert_eq!(start_up("{exponential: 2s}"), Distribution::Exponential { mean: seconds(2) });
    let skewed = engine::Quantiles::skewed(seconds(1), seconds(2), seconds(9)).unwrap();
    assert_eq!(start_up("{skewed: [1s, 2s, 9s]}"), Distribution::Quantiles(skewed));
}

#[test]
fn a_groups_own_configs_overrule_the_brokers() {
    let text = "topics: {t: 1}\nbroker: {version: 4.1, group.consumer.heartbeat.interval.ms: 6000}\nmembers: {count: 1}\n\
                group: {name: payments, consumer.session.timeout.ms: 50000, consumer.assignment.interval.ms: 0}\nuntil: 1m\n";
    let plan = &crate::load(text).variants[0].plan;
    let group = &plan.broker.group;
    assert_eq!((plan.group.as_str(), plan.broker.version.name()), ("payments", "4.1"));
    assert_eq!((group.consumer_session_timeout_ms, group.consumer_heartbeat_interval_ms), (50_000, 6_000));
    assert_eq!(group.consumer_assignment_interval_ms, 0);
}

#[test]
fn every_version_of_the_broker_has_a_word() {
    for version in coordinator::BrokerVersion::ALL {
        let text = format!("topics: {{t: 1}}\nbroker: {{version: {version}}}\nmembers: {{count: 1}}\nuntil: 1m\n");
        assert_eq!(crate::load(&text).variants[0].plan.broker.version, *version);
    }
}
