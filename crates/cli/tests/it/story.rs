//! The story of every shipped scenario: true to the measures, without holes, and telling it changes nothing.

use protocol::{SimDuration, SimTime};
use simulation::world::cast;
use timeline::story::{Phase, Story, Teller};
use timeline::{Measurer, Measures};

use crate::{files_in, root};

/// Every variant of every shipped scenario, with its story.
fn each(mut check: impl FnMut(&str, &Measures, &Story)) {
    for path in files_in(&root().join("scenarios"), "yaml") {
        let comparison = scenario::load(path.to_str().unwrap(), &cli::disk::Disk, None).unwrap();
        for variant in &comparison.variants {
            let name = format!("{}, {}", path.file_stem().unwrap().to_string_lossy(), variant.plan.name);
            let cast = cast(&variant.plan);
            let observers = (Measurer::new(&cast), Teller::new(&cast));
            let (_, (measurer, teller)) = simulation::run_observed(&variant.plan, observers).unwrap();
            check(&name, &measurer.finish(), &teller.finish());
        }
    }
}

#[test]
fn stories_have_no_holes_and_their_sums_are_right() {
    each(|name, measures, story| {
        assert!(!story.cut, "{name}");
        for member in &story.members {
            let mut at = SimTime::ZERO;
            for span in &member.spans {
                assert!(span.from == at && span.to > at, "{name}, {}: {span:?} after {at}", member.name);
                at = span.to;
            }
            assert_eq!(at, story.end, "{name}, {}", member.name);
        }
        let gaps = |from: SimTime| {
            let partitions = story.partitions.iter();
            let gaps = partitions.flat_map(|partition| partition.gaps(story.end));
            gaps.map(|(since, to)| to.since(since.max(from))).sum::<SimDuration>()
        };
        assert_eq!(gaps(story.from), measures.unowned.total(), "{name}");
        let later = story.rebalances.iter().filter(|it| it.generation.is_some() && it.decided >= story.from);
        assert_eq!(later.count() as u64, measures.rebalances, "{name}");
        for (place, rebalance) in story.rebalances.iter().enumerate() {
            assert_eq!(rebalance.split.sum(), rebalance.length(), "{name}: {rebalance:?}");
            assert!(
                rebalance.began <= rebalance.decided && rebalance.decided <= rebalance.ended,
                "{name}: {rebalance:?}"
            );
            let next = story.rebalances.get(place + 1);
            assert!(next.is_none_or(|next| rebalance.ended <= next.began), "{name}: {rebalance:?}");
            assert!(!rebalance.trigger.is_empty(), "{name}: nobody said why: {rebalance:?}");
        }
        let unread: SimDuration = story.rebalances.iter().map(|rebalance| rebalance.unread).sum();
        assert!(unread <= gaps(SimTime::ZERO), "{name}");
    });
}

#[test]
fn telling_the_story_changes_nothing() {
    for name in ["kill-one-of-three", "migrate-to-consumer-protocol", "slow-revoke", "static-group-killed"] {
        let path = root().join(format!("scenarios/{name}.yaml"));
        let comparison = scenario::load(path.to_str().unwrap(), &cli::disk::Disk, None).unwrap();
        for variant in &comparison.variants {
            let teller = Teller::new(&cast(&variant.plan));
            let (told, _) = simulation::run_observed(&variant.plan, teller).unwrap();
            assert_eq!(told, simulation::run(&variant.plan).unwrap(), "{name}, {}", variant.plan.name);
        }
    }
}

/// One member of three leaves and comes back, with callbacks that take their time; with every client there is.
const CLIENTS: &str = r#"
topics: {orders: 6}
members:
  count: 3
  application: {onPartitionsRevoked: 50ms, onPartitionsAssigned: 50ms, start-up: 2s}
events:
  - at: 1m
    restart: {members: member-2, stop: close, down: 10s}
until: 2m
compare:
  java, eager: {members: {partition.assignment.strategy: range}}
  java, cooperative: {members: {partition.assignment.strategy: cooperative-sticky}}
  java, consumer protocol: {members: {group.protocol: consumer}}
  librdkafka, eager: {members: {client: librdkafka, partition.assignment.strategy: range}}
  librdkafka, cooperative: {members: {client: librdkafka, partition.assignment.strategy: cooperative-sticky}}
  librdkafka, consumer protocol: {members: {client: librdkafka, group.protocol: consumer}}
  franz-go, eager: {members: {client: franz-go, partition.assignment.strategy: range}}
  franz-go, cooperative: {members: {client: franz-go, partition.assignment.strategy: cooperative-sticky}}
  franz-go, consumer protocol: {members: {client: franz-go, group.protocol: consumer}}
"#;

#[test]
fn every_client_goes_through_its_phases_in_order() {
    let comparison = scenario::load_text("clients.yaml", CLIENTS, None).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let mut shown = String::new();
    for variant in &comparison.variants {
        let teller = Teller::new(&cast(&variant.plan));
        let (_, teller) = simulation::run_observed(&variant.plan, teller).unwrap();
        shown += &format!("{}\n", variant.plan.name);
        for member in &teller.finish().members {
            let late = member.spans.iter().filter(|span| span.to > SimTime::from_secs(59));
            let phases: Vec<&str> = late.map(|span| span.phase.name()).collect();
            shown += &format!("  {}: {}\n", member.name, phases.join(" > "));
            assert_eq!(phases.last(), Some(&Phase::Consuming.name()), "{shown}");
        }
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/explain" }, {
        insta::assert_snapshot!("phases", shown);
    });
}
