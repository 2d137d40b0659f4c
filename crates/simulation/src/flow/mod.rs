//! The flow of records through a run: who reads what, from where, since when.
//!
//! | module | what lives there |
//! |---|---|
//! | this one | [`Flows`]: the logs of all partitions, and what was read of them |
//! | [`reading`] | [`Reading`]: one process as a reader |
//! | [`standing`] | [`Standing`]: how far the group has read each partition |
//! | [`commits`] | commits that applications make by themselves, transactions included |
//! | [`hooks`] | what events of the group mean for reading |
//! | [`lengths`] | how long applications work |
//! | [`monitor`] | what a monitor sees of it |
//! | [`outages`] | partitions that are out of service because a broker has gone |
//! | [`turn`] | how long a turn of polling takes |
//! | [`transactions`] | ends of transactions that are sent, and what the coordinator answers |
//! | [`told`] | what observers are told, and when |
//!
//! Contract: records are formulas (crate `records`); nothing is scheduled for them. A reading is brought up to date
//! when something happens to its process, at the moments that observers ask for, and at the end.

mod commits;
mod hooks;
mod lengths;
mod monitor;
mod outages;
mod reading;
mod standing;
mod told;
mod transactions;
mod turn;

use std::collections::BTreeMap;

use engine::Streams;
use protocol::{SimTime, TopicName, TopicPartition};
use records::{Known, Ledger, LogIndex, PartitionLog};
use timeline::AgeLine;

use crate::cluster::{Cluster, Stoppage};
use crate::plan::{Plan, PlannedAction, PlannedEvent};
use crate::process::Slot;
use crate::producer::Growth;
pub(crate) use hooks::is_ever_busy;
use lengths::Lengths;
use monitor::Monitor;
pub(crate) use reading::{Positions, Reading};
use standing::Standing;
pub(crate) use transactions::Call;

/// All that is known of records.
pub(crate) struct Flows {
    /// Each topic that somebody reads: the index of its first partition, and how many it ever has.
    topics: BTreeMap<TopicName, (u32, u32)>,
    pub(crate) logs: Vec<PartitionLog>,
    /// What each log is of.
    names: Vec<TopicPartition>,
    ledgers: Vec<Ledger>,
    standings: Vec<Standing>,
    /// Most replicas of a topic: where topics differ, records of all are as long on their way as those with the most.
    replicas: u16,
    /// When partitions are out of service, of those that ever are.
    stoppages: BTreeMap<LogIndex, Vec<Stoppage>>,
    /// What is lost in the run.
    losses: outages::Losses,
    /// How long applications work, and how old records are then.
    lengths: Lengths,
    known: Known,
    /// By slot; none without a process.
    readings: Vec<Option<Reading>>,
    /// A monitor, if there is one.
    monitor: Option<Monitor>,
    /// How many records observers know to be written.
    produced_told: u64,
    /// What is being told of them.
    lines: Vec<AgeLine>,
    /// How many were handed over in all, again and again included.
    delivered: u64,
    /// And how many of those not for the first time.
    again: u64,
    /// Whether somebody has stopped reading since anybody looked at what waits.
    has_stopped: bool,
}

fn count(partitions: i32) -> u64 {
    u64::try_from(partitions).unwrap_or(0)
}

/// When topics grow, and to how many partitions.
fn growths(plan: &Plan) -> Vec<Growth> {
    let growth = |event: &PlannedEvent| match &event.action {
        PlannedAction::AddPartitions { topic, count: new } => Some((event.at, topic.clone(), count(*new))),
        _ => None,
    };
    plan.events.iter().filter_map(growth).collect()
}

impl Flows {
    /// What the plan's producers write; nothing if there are none.
    pub(crate) fn new(plan: &Plan, streams: Streams, cluster: Option<&Cluster>) -> Option<Self> {
        if plan.producers.is_empty() {
            return None;
        }
        let growths = growths(plan);
        let there = plan.topics.iter().filter(|topic| topic.partitions > 0);
        let at_first = there.map(|topic| (topic.name.clone(), count(topic.partitions))).collect();
        let mut topics = BTreeMap::new();
        let mut names = Vec::new();
        let mut total = 0;
        let is_read = |topic: &TopicName| plan.members_ever().any(|member| member.topics.contains(topic));
        for topic in plan.topics.iter().filter(|topic| is_read(&topic.name)) {
            let grown = growths.iter().filter(|(_, name, _)| *name == topic.name).map(|(_, _, count)| *count);
            let most = grown.chain([count(topic.partitions)]).max().unwrap_or(0);
            let most = u32::try_from(most).expect("partitions are counted in 31 bits");
            topics.insert(topic.name.clone(), (total, most));
            names.extend((0..most).map(|number| TopicPartition::new(topic.name.clone(), number.cast_signed())));
            total += most;
        }
        let stoppages = stoppages(&names, cluster);
        let mut logs = vec![PartitionLog::empty(); total as usize];
        let mut losses = Vec::new();
        for producer in &plan.producers {
            producer.write(&at_first, &growths, &mut |topic, partition, stream| {
                if let Some((first, _)) = topics.get(topic) {
                    let place = *first as usize + partition as usize;
                    let index = LogIndex(u32::try_from(place).expect("partitions are counted in 31 bits"));
                    let stream = match stoppages.get(&index) {
                        Some(stoppages) => {
                            outages::without_losses(producer, &stream, stoppages, plan.end, |lost, why| {
                                losses.push((index, lost, why));
                            })
                        }
                        None => stream,
                    };
                    let log = &mut logs[place];
                    log.add(stream);
                    log.add_size(producer.record_bytes);
                }
            });
        }
        for (index, stoppages) in &stoppages {
            outages::hold(&mut logs[index.index()], stoppages);
        }
        Some(Self {
            topics,
            names,
            ledgers: vec![Ledger::default(); logs.len()],
            standings: vec![Standing::default(); logs.len()],
            logs,
            replicas: plan.topics.iter().map(|topic| topic.replicas).max().unwrap_or(1),
            stoppages,
            losses,
            lengths: Lengths::new(streams),
            known: Known::default(),
            readings: Vec::new(),
            monitor: plan.monitor.map(Monitor::new),
            produced_told: 0,
            lines: Vec::new(),
            delivered: 0,
            again: 0,
            has_stopped: false,
        })
    }

    /// How many records have been written into a partition by then; none into one that nobody should read.
    pub(crate) fn end_of(&self, partition: &TopicPartition, at: SimTime) -> u64 {
        index_of(&self.topics, partition).map_or(0, |index| self.logs[index.index()].appended(at))
    }

    /// The reading of a process, if there is one.
    pub(crate) fn reading(&mut self, slot: Slot) -> Option<(&mut Reading, &[PartitionLog])> {
        Some((self.readings.get_mut(slot.index())?.as_mut()?, &self.logs))
    }

    /// What a process needs to say where it stands.
    pub(crate) fn positions(&mut self, slot: Slot) -> Option<Positions<'_>> {
        let reading = self.readings.get_mut(slot.index())?.as_mut()?;
        Some(Positions { reading, logs: &self.logs, topics: &self.topics })
    }

    /// How many records there are at `at` in all topics that are read.
    fn written(&self, at: SimTime) -> u64 {
        self.logs.iter().map(|log| log.appended(at)).sum()
    }
}

/// When partitions are out of service, of those that ever are.
fn stoppages(names: &[TopicPartition], cluster: Option<&Cluster>) -> BTreeMap<LogIndex, Vec<Stoppage>> {
    let Some(cluster) = cluster else { return BTreeMap::new() };
    let of = |(index, name): (u32, &TopicPartition)| {
        let stoppages = cluster.stoppages(name);
        (!stoppages.is_empty()).then(|| (LogIndex(index), stoppages.to_vec()))
    };
    (0..).zip(names).filter_map(of).collect()
}

fn index_of(topics: &BTreeMap<TopicName, (u32, u32)>, partition: &TopicPartition) -> Option<LogIndex> {
    index_in(*topics.get(&partition.topic)?, partition)
}

/// The same of many, most of which are of the topic of the one before.
fn indexes_of<'a>(
    topics: &'a BTreeMap<TopicName, (u32, u32)>,
    partitions: &'a [TopicPartition],
) -> impl Iterator<Item = Option<LogIndex>> + 'a {
    let mut found: Option<(&TopicName, _)> = None;
    partitions.iter().map(move |partition| {
        let topic = match found {
            Some((name, topic)) if *name == partition.topic => topic,
            _ => found.insert((&partition.topic, topics.get(&partition.topic))).1,
        };
        index_in(*topic?, partition)
    })
}

fn index_in((first, count): (u32, u32), partition: &TopicPartition) -> Option<LogIndex> {
    let number = u32::try_from(partition.partition.0).ok().filter(|number| *number < count)?;
    Some(LogIndex(first + number))
}
