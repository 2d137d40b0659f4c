//! `rehearsal metrics FILE --at TIME`: what monitoring would show at that moment.
//!
//! Which metrics there are, and how true they are, is in `docs/why.md`.

use anyhow::Result;
use protocol::{SimDuration, SimTime};
use report::{Metric, MetricHead, MetricKind, metrics_json, prometheus};
use simulation::Plan;
use simulation::look::{Look, look};
use simulation::plan::{ClientFamily, MemberPlan};
use simulation::world::cast;
use timeline::counts::{Counts, MemberCounts, Tally};
use timeline::{Cast, Measurer, Measures};

use crate::arguments::Metrics;
use crate::disk::Disk;
use crate::{Exit, console, runs};

/// Runs every chosen variant up to the moment and prints its metrics.
pub(super) fn run(arguments: &Metrics) -> Result<Exit> {
    let Some(comparison) = runs::load(&arguments.of.file, &Disk, arguments.of.seed, &arguments.of.variant)? else {
        return Ok(Exit::BadInput);
    };
    let at = arguments.at.0;
    runs::check_moment(&comparison, at)?;
    let mut all = Vec::new();
    for variant in &comparison.variants {
        let plan = &variant.plan;
        let until = Cast { end: at, ..cast(plan) };
        let (look, (measurer, counts)) = look(plan, at, (Measurer::new(&until), Counts::default()))?;
        let mut gathered = Gathered { at, variant: &plan.name, metrics: Vec::new() };
        gathered.clients(plan, &counts);
        gathered.broker(&look, &counts);
        gathered.exporter(&look);
        gathered.own(&measurer.finish());
        all.extend(gathered.metrics);
    }
    if arguments.json {
        console::say(&format!("{:#}\n", metrics_json(&all)))?;
    } else {
        console::say(&prometheus(&all))?;
    }
    Ok(Exit::Good)
}

const fn counter(name: &'static str, source: &'static str, help: &'static str) -> MetricHead {
    MetricHead { name, source, kind: MetricKind::Counter, help }
}

const fn gauge(name: &'static str, source: &'static str, help: &'static str) -> MetricHead {
    MetricHead { name, source, kind: MetricKind::Gauge, help }
}

macro_rules! java {
    ($kind:ident, $name:literal, $own:literal, $help:literal) => {
        $kind(
            concat!("kafka_consumer_consumer_coordinator_metrics_", $name),
            concat!("kafka.consumer:type=consumer-coordinator-metrics, ", $own),
            $help,
        )
    };
}

/// A value at a moment; none if it cannot be told yet.
type Value = fn(&MemberCounts, SimTime) -> Option<f64>;

/// What Java's consumer counts, and how it follows from a process's counts.
const JAVA: &[(MetricHead, Value)] = &[
    (java!(counter, "rebalance_total", "rebalance-total", "Rebalances this member went through."), |it, _| {
        Some(it.rebalances.count as f64)
    }),
    (java!(counter, "rebalance_latency_total", "rebalance-latency-total", "Time in them, ms."), |it, _| {
        Some(millis(it.rebalances.total))
    }),
    (java!(gauge, "rebalance_latency_avg", "rebalance-latency-avg", "Their mean, ms."), |it, _| mean(it.rebalances)),
    (java!(gauge, "rebalance_latency_max", "rebalance-latency-max", "The longest, ms."), |it, _| {
        longest(it.rebalances)
    }),
    (
        java!(gauge, "last_rebalance_seconds_ago", "last-rebalance-seconds-ago", "Since the last one; -1: none yet."),
        |it, at| Some(it.last_rebalance.map_or(-1.0, |last| (at.since(last).as_millis() / 1_000) as f64)),
    ),
    (java!(counter, "join_total", "join-total", "Joins."), |it, _| Some(it.joins.count as f64)),
    (java!(gauge, "join_time_avg", "join-time-avg", "Their mean length, ms."), |it, _| mean(it.joins)),
    (java!(gauge, "join_time_max", "join-time-max", "The longest, ms."), |it, _| longest(it.joins)),
    (java!(counter, "sync_total", "sync-total", "Syncs."), |it, _| Some(it.syncs.count as f64)),
    (java!(gauge, "sync_time_avg", "sync-time-avg", "Their mean length, ms."), |it, _| mean(it.syncs)),
    (java!(gauge, "sync_time_max", "sync-time-max", "The longest, ms."), |it, _| longest(it.syncs)),
    (
        java!(
            gauge,
            "partition_assigned_latency_max",
            "partition-assigned-latency-max",
            "Longest assigned callback, ms."
        ),
        |it, _| longest(it.assigning),
    ),
    (
        java!(gauge, "partition_revoked_latency_max", "partition-revoked-latency-max", "Longest revoked callback, ms."),
        |it, _| longest(it.revoking),
    ),
    (
        java!(gauge, "partition_lost_latency_max", "partition-lost-latency-max", "Longest lost callback, ms."),
        |it, _| longest(it.losing),
    ),
    (java!(gauge, "assigned_partitions", "assigned-partitions", "Partitions it has."), |it, _| {
        Some(it.partitions as f64)
    }),
];

const REBALANCE_CNT: MetricHead =
    counter("librdkafka_cgrp_rebalance_cnt", "librdkafka statistics, cgrp.rebalance_cnt", "Assigns and revokes.");
const ASSIGNMENT_SIZE: MetricHead =
    gauge("librdkafka_cgrp_assignment_size", "librdkafka statistics, cgrp.assignment_size", "Partitions it has.");
const COMPLETED: MetricHead = counter(
    "kafka_server_group_coordinator_metrics_group_completed_rebalance_count",
    "kafka.server:type=group-coordinator-metrics, group-completed-rebalance-count",
    "Classic: assignments that were stored.",
);
const BUMPS: MetricHead = counter(
    "kafka_server_group_coordinator_metrics_consumer_group_rebalance_count",
    "kafka.server:type=group-coordinator-metrics, consumer-group-rebalance-count",
    "Consumer protocol: epochs of the group.",
);
const GENERATION: MetricHead =
    gauge("rehearsal_generation", "the broker's log", "The newest generation, or epoch of a target assignment.");
const LAG: MetricHead = gauge("kafka_consumergroup_lag", "kafka_exporter", "Records behind the committed offset.");
const OFFSET: MetricHead = gauge("kafka_consumergroup_current_offset", "kafka_exporter", "The committed offset.");
const MEMBERS: MetricHead = gauge("kafka_consumergroup_members", "kafka_exporter", "Members of the group.");
const UNREAD: MetricHead = counter(
    "rehearsal_partition_unread_seconds_total",
    "none of Kafka's",
    "Time without a reader since the first disturbance, added up over partitions.",
);
const LONGEST: MetricHead =
    gauge("rehearsal_partition_unread_longest_seconds", "none of Kafka's", "The longest single pause so far.");

fn millis(length: SimDuration) -> f64 {
    length.as_nanos() as f64 / 1e6
}

fn mean(tally: Tally) -> Option<f64> {
    tally.mean().map(millis)
}

fn longest(tally: Tally) -> Option<f64> {
    (tally.count > 0).then(|| millis(tally.longest))
}

struct Gathered<'a> {
    at: SimTime,
    variant: &'a str,
    metrics: Vec<Metric>,
}

impl Gathered<'_> {
    fn add(&mut self, head: MetricHead, labels: &[(&'static str, &str)], value: f64) {
        let variant = [("variant", self.variant)];
        let labels = variant.iter().chain(labels).map(|(key, value)| (*key, (*value).to_owned())).collect();
        self.metrics.push(Metric { head, labels, value });
    }

    /// What running processes count.
    fn clients(&mut self, plan: &Plan, counts: &Counts) {
        let up = || plan.members.iter().zip(&counts.members).filter(|(plan, it)| it.is_up && plan.slots.is_none());
        let is = |family: ClientFamily| move |plan: &MemberPlan| plan.client == family;
        for (head, value) in JAVA {
            for (plan, it) in up().filter(|(plan, _)| is(ClientFamily::Java)(plan)) {
                if let Some(value) = value(it, self.at) {
                    self.add(*head, &[("client_id", &plan.name)], value);
                }
            }
        }
        for (plan, it) in up().filter(|(plan, _)| is(ClientFamily::Librdkafka)(plan)) {
            self.add(REBALANCE_CNT, &[("client_id", &plan.name)], it.callbacks as f64);
            self.add(ASSIGNMENT_SIZE, &[("client_id", &plan.name)], it.partitions as f64);
        }
    }

    fn broker(&mut self, look: &Look, counts: &Counts) {
        let broker = look.coordinator.0.to_string();
        self.add(COMPLETED, &[("broker", &broker)], counts.completed as f64);
        self.add(BUMPS, &[("broker", &broker)], counts.bumps as f64);
        if let Some(generation) = counts.generation {
            self.add(GENERATION, &[("group", &look.group.to_string())], f64::from(generation.0));
        }
    }

    /// Nothing while no coordinator answers: then an exporter has no figures either.
    fn exporter(&mut self, look: &Look) {
        if !look.is_there {
            return;
        }
        let group = look.group.to_string();
        let members = match (&look.consumer, &look.classic) {
            (Some(consumer), _) => consumer.members.len(),
            (None, Some(classic)) => classic.members.len(),
            (None, None) => 0,
        };
        self.add(MEMBERS, &[("consumergroup", &group)], members as f64);
        for (head, value) in [(OFFSET, (|offset, _| offset) as fn(i64, i64) -> i64), (LAG, |offset, end| end - offset)]
        {
            for (partition, offset) in &look.committed {
                let end = look.ends.get(partition).copied().unwrap_or(*offset);
                let (topic, number) = (partition.topic.as_str(), partition.partition.0.to_string());
                let labels = [("consumergroup", &*group), ("topic", topic), ("partition", &*number)];
                self.add(head, &labels, value(*offset, end) as f64);
            }
        }
    }

    fn own(&mut self, measures: &Measures) {
        self.add(UNREAD, &[], millis(measures.unowned.total()) / 1_000.0);
        self.add(LONGEST, &[], millis(measures.pauses.longest()) / 1_000.0);
    }
}
