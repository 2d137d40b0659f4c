//! Producers: what they write, and into which partitions.
//!
//! Contract: everything a producer will write is known before a run begins, its changes of rate included, so that
//! when a record will be written is a formula and not an event. Brokers that go and come are known beforehand, too:
//! what is sent meanwhile waits in its producer, and what is lost is no part of the stream ([`ProducerPlan::losses`]).
//!
//! Source: `org.apache.kafka.clients.producer.ProducerConfig`, `internals.Sender`, `internals.RecordAccumulator`
//! (4.3.0). Left out: full buffers (`buffer.memory`), records without keys that avoid partitions whose batches pile up
//! (`partitioner.adaptive.partitioning.enable`), and duplicates of producers that are not idempotent.

use std::collections::BTreeMap;

use protocol::{SimDuration, SimTime, TopicName};
use records::partitioner::{self, Portion};
use records::{Rate, RateCurve, Stream};
use timeline::Loss;

use crate::cluster::Stoppage;
use crate::environment::{Environment, mean_until_visible};

/// Who writes records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerPlan {
    /// What it is called.
    pub name: String,
    /// The topics it writes into, each from the time on when it is there.
    pub topics: Vec<TopicName>,
    /// Its rates, over all its topics, each from its time on; nothing is written before the first.
    pub rates: Vec<(SimTime, Rate)>,
    /// Records go out at multiples of this length only; zero: whenever they are there.
    pub tick: SimDuration,
    /// Which keys its records have.
    pub keys: KeysPlan,
    /// How large a record is, in bytes.
    pub record_bytes: u64,
    /// Who has to have a record before its producer is told that it is written.
    pub acks: Acks,
    /// How long it tries to send a record (`delivery.timeout.ms`).
    pub delivery_timeout: SimDuration,
}

/// Who has to have a record before its producer is told that it is written (`acks`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Acks {
    /// `0`: nobody; it is not told anything.
    None,
    /// `1`: the leader.
    Leader,
    /// `all`: all replicas in sync.
    #[default]
    All,
}

impl Acks {
    /// How long it takes on average from the sending of a record until its producer hears that it is written, into a
    /// topic with so many replicas; none, if it does not hear of it.
    pub fn heard_after(self, environment: &Environment, replicas: u16) -> Option<SimDuration> {
        let mean = |length: &engine::Distribution| SimDuration::from_nanos(length.mean());
        let there = mean(&environment.one_way) + mean(&environment.request_handling);
        let back = mean(&environment.one_way) + mean(&environment.client_wake_up);
        match self {
            Self::None => None,
            Self::Leader => Some(there + back),
            Self::All => Some(there + mean_until_visible(environment, replicas) + back),
        }
    }
}

/// Records that are lost: those that are sent from a time on before another one, and why.
pub(crate) type Lost = ((SimTime, SimTime), Loss);

/// Which keys records have, hence which partitions they go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysPlan {
    /// None: the partitions of all its topics take turns, each time with this many records.
    InTurn {
        /// How many go to one partition before it is the next one's turn; at least 1.
        batch: u64,
    },
    /// `key-0`, `key-1` and so on, each as often as the others.
    Uniform {
        /// How many.
        count: u64,
    },
    /// `key-0`, `key-1` and so on, the *n*-th `n^-exponent` times as often as the first (Zipf's law).
    Zipf {
        /// How many.
        count: u64,
        /// The exponent, in hundredths.
        exponent_hundredths: u64,
    },
    /// These, each with its weight.
    Listed(Vec<(String, u64)>),
}

/// A change of the number of partitions: when, which topic, how many it has from then on.
pub(crate) type Growth = (SimTime, TopicName, u64);

/// A topic's partitions at some time.
type Counts = BTreeMap<TopicName, u64>;

impl ProducerPlan {
    /// What this producer writes into each partition: `add` is told topic, partition and stream.
    pub(crate) fn write(&self, topics: &Counts, growths: &[Growth], add: &mut dyn FnMut(&TopicName, u64, Stream)) {
        // Of those that are there already; the others grow out of nothing.
        let mut counts: Counts =
            self.topics.iter().filter_map(|name| Some((name.clone(), *topics.get(name)?))).collect();
        let mut from = None;
        for (at, topic, count) in growths {
            if self.topics.contains(topic) {
                self.write_between(&counts, from, Some(*at), add);
                counts.insert(topic.clone(), *count);
                from = Some(*at);
            }
        }
        self.write_between(&counts, from, None, add);
    }

    fn write_between(
        &self,
        counts: &Counts,
        from: Option<SimTime>,
        until: Option<SimTime>,
        add: &mut dyn FnMut(&TopicName, u64, Stream),
    ) {
        let batch = if let KeysPlan::InTurn { batch } = self.keys { batch.max(1) } else { 1 };
        for (topic, portions, curve) in self.portions(counts) {
            for (partition, portion) in portions.into_iter().enumerate() {
                if portion.share.parts() == 0 {
                    continue;
                }
                let mut stream = Stream::new(curve.clone(), portion.share, portion.ahead, batch, self.tick);
                if let Some(from) = from {
                    stream = stream.starting(from);
                }
                if let Some(until) = until {
                    stream = stream.ending(until);
                }
                add(&topic, partition as u64, stream);
            }
        }
    }

    /// What it loses of a partition while that is out of service, in a run that ends at `end`.
    ///
    /// What waits for longer than `delivery.timeout.ms` is given up. What only a leader had that was killed is gone
    /// unless its producer waited for the followers, and what was on its way to it if its producer waits for nobody.
    pub(crate) fn losses(&self, stoppage: &Stoppage, end: SimTime) -> Vec<Lost> {
        let mut losses = Vec::new();
        let unreplicated = match (self.acks, stoppage.lost_leader) {
            (Acks::All, _) | (_, None) => None,
            (Acks::Leader, Some(killed)) => Some((killed, stoppage.unreplicated)),
            (Acks::None, Some(killed)) => Some((killed, stoppage.unreplicated + stoppage.in_flight)),
        };
        if let Some((killed, length)) = unreplicated {
            losses.push(((killed - length, killed), Loss::Unreplicated));
        }
        let too_old = stoppage.resumed.min(end) - self.delivery_timeout;
        if too_old > stoppage.from {
            losses.push(((self.flows_from(stoppage.from), self.flows_from(too_old)), Loss::Expired));
        }
        losses
    }

    /// Since when what flows goes out at `at` or later: it waits for the next tick.
    fn flows_from(&self, at: SimTime) -> SimTime {
        let (before, tick) = (at.as_nanos().saturating_sub(1), self.tick.as_nanos().max(1));
        SimTime::from_nanos(before / tick * tick + 1)
    }

    /// Each topic's portions, and the curve that they are portions of.
    fn portions(&self, counts: &Counts) -> Vec<(TopicName, Vec<Portion>, RateCurve)> {
        if let KeysPlan::InTurn { batch } = self.keys {
            let mut turns = partitioner::in_turn(counts.values().sum(), batch);
            let curve = RateCurve::new(&self.rates);
            let mut take = |count: u64| turns.by_ref().take(usize::try_from(count).unwrap_or(usize::MAX)).collect();
            return counts.iter().map(|(topic, count)| (topic.clone(), take(*count), curve.clone())).collect();
        }
        // Each topic gets an equal part of the records.
        let topics = counts.len().max(1) as u64;
        let share = |rate: Rate| Rate::from_micros(rate.as_micros() / topics);
        let rates: Vec<(SimTime, Rate)> = self.rates.iter().map(|(at, rate)| (*at, share(*rate))).collect();
        let curve = RateCurve::new(&rates);
        counts.iter().map(|(topic, count)| (topic.clone(), self.by_key(*count), curve.clone())).collect()
    }

    fn by_key(&self, partitions: u64) -> Vec<Portion> {
        let name = |n: u64| format!("key-{n}");
        match &self.keys {
            KeysPlan::InTurn { batch } => partitioner::in_turn(partitions, *batch).collect(),
            KeysPlan::Uniform { count } => partitioner::by_key(partitions, (0..*count).map(|n| (name(n), 1))),
            KeysPlan::Zipf { count, exponent_hundredths } => {
                let weights = partitioner::zipf(*count, *exponent_hundredths);
                partitioner::by_key(partitions, (0..).map(name).zip(weights))
            }
            KeysPlan::Listed(keys) => partitioner::by_key(partitions, keys.iter().map(|(key, weight)| (key, *weight))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use records::PartitionLog;

    /// How many records each of at most eight partitions of one topic has at `at`.
    fn written(keys: KeysPlan, growths: &[Growth], at: SimTime) -> Vec<u64> {
        let topics = Counts::from([(TopicName::new("t"), 4)]);
        let mut logs = vec![PartitionLog::empty(); 8];
        producer(keys).write(&topics, growths, &mut |_, partition, stream| logs[partition as usize].add(stream));
        logs.iter().map(|log| log.count(at)).collect()
    }

    fn producer(keys: KeysPlan) -> ProducerPlan {
        ProducerPlan {
            name: "p".to_owned(),
            topics: vec![TopicName::new("t")],
            rates: vec![(SimTime::ZERO, Rate::per_second(100))],
            tick: SimDuration::ZERO,
            keys,
            record_bytes: 100,
            acks: Acks::All,
            delivery_timeout: SimDuration::from_secs(120),
        }
    }

    #[test]
    fn new_partitions_get_their_part_from_the_moment_they_are_there() {
        let grown = [(SimTime::from_secs(4), TopicName::new("t"), 8)];
        let at = SimTime::from_secs(8);
        assert_eq!(written(KeysPlan::InTurn { batch: 1 }, &[], at), [200, 200, 200, 200, 0, 0, 0, 0]);
        assert_eq!(written(KeysPlan::InTurn { batch: 1 }, &grown, at), [150, 150, 150, 150, 50, 50, 50, 50]);
        let keyed = written(KeysPlan::Uniform { count: 1_000 }, &grown, at);
        assert_eq!(keyed.iter().sum::<u64>().abs_diff(800) / 8, 0, "{keyed:?}");
        assert!(keyed[4..].iter().all(|count| (30..70).contains(count)), "{keyed:?}");
    }

    #[test]
    fn a_topic_that_comes_later_is_written_into_from_then_on() {
        let comes = [(SimTime::from_secs(4), TopicName::new("t"), 5)];
        for keys in [KeysPlan::InTurn { batch: 1 }, KeysPlan::Uniform { count: 1_000 }] {
            let mut logs = vec![PartitionLog::empty(); 5];
            producer(keys).write(&Counts::new(), &comes, &mut |_, place, stream| logs[place as usize].add(stream));
            let written = |at| logs.iter().map(|log| log.count(SimTime::from_secs(at))).sum::<u64>();
            assert_eq!((written(4), written(8).abs_diff(400) / 5), (0, 0));
        }
    }

    #[test]
    fn one_key_is_one_partition() {
        let keys = KeysPlan::Listed(vec![("customer-42".to_owned(), 1)]);
        let counts = written(keys, &[], SimTime::from_secs(1));
        assert_eq!(counts[partitioner::partition_of(b"customer-42", 4)], 100);
        assert_eq!(counts.iter().sum::<u64>(), 100);
    }
}
