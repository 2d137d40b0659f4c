//! What a member knows of its topics.

use alloc::collections::BTreeMap;

use protocol::message::MetadataResponse;
use protocol::{SimDuration, SimTime, TopicId, TopicName};

use crate::config::ClientConfig;
use crate::surroundings::{Context, Step};

/// No refreshes follow each other faster than this, whatever `metadata.max.age.ms` says.
const LEAST_AGE: SimDuration = SimDuration::from_millis(1);

/// Partition counts, as of the last Metadata answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownTopics {
    /// How many partitions each topic has; topics that do not exist are missing.
    pub(crate) counts: BTreeMap<TopicName, i32>,
    /// Their names by their ids.
    pub(crate) names: BTreeMap<TopicId, TopicName>,
    /// Whether the cluster has changed since, so that the next refresh will find something. Refreshes that find nothing
    /// are left out.
    pub(crate) stale: bool,
}

impl KnownTopics {
    /// Takes an answer over.
    pub(crate) fn learn(&mut self, answer: &MetadataResponse) {
        self.counts = counts(answer);
        self.names = answer.topics.iter().map(|topic| (topic.topic_id, topic.name.clone())).collect();
    }
}

/// The partition counts in an answer.
pub(crate) fn counts(answer: &MetadataResponse) -> BTreeMap<TopicName, i32> {
    answer.topics.iter().map(|topic| (topic.name.clone(), topic.partitions)).collect()
}

/// When a Java client refreshes what it knows of its topics (`Metadata.timeToNextUpdate`,
/// `NetworkClient.DefaultMetadataUpdater`). The age counts from the last answer. A refresh leaves on the connection to
/// the broker on which a fetch waits for records, and a broker reads one request of a connection after the other: so it
/// is read when the fetch is answered. Refreshes that would find nothing are left out; those that a change of the
/// cluster does find are made up for when it happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refreshes {
    /// When an answer came last, or was asked for.
    seen: SimTime,
    /// When the refresh leaves that will find something.
    next: SimTime,
}

impl Refreshes {
    /// Nothing has been asked for yet.
    pub(crate) const fn new() -> Self {
        Self { seen: SimTime::ZERO, next: SimTime::NEVER }
    }

    /// Metadata is asked for.
    pub(crate) fn asked(&mut self, now: SimTime) {
        *self = Self { seen: now, next: SimTime::NEVER };
    }

    /// The answer is here (`Metadata.lastSuccessfulRefreshMs`).
    pub(crate) fn answered(&mut self, now: SimTime) {
        self.seen = now;
    }

    /// No answer will come: metadata are asked for again at this time.
    pub(crate) fn repeat(&mut self, at: SimTime) {
        self.next = at;
    }

    /// When an answer came last, or was asked for.
    pub(crate) fn seen(&self) -> SimTime {
        self.seen
    }

    /// When metadata is asked for next because there is something new to find; never, if there is not.
    pub(crate) fn next(&self) -> SimTime {
        self.next
    }

    /// None any more.
    pub(crate) fn stop(&mut self) {
        self.next = SimTime::NEVER;
    }

    /// The cluster's topics have changed.
    pub(crate) fn topics_changed(&mut self, config: &ClientConfig, cx: &mut Context<'_>) {
        let age = config.metadata_max_age.max(LEAST_AGE);
        while self.next == SimTime::NEVER {
            let due = self.seen + age;
            let read = due + cx.duration(Step::PendingFetch { at: due, max_wait: config.fetch_max_wait });
            if read >= cx.now {
                self.next = read;
            } else {
                self.seen = read + cx.duration(Step::RoundTrip);
            }
        }
    }
}
