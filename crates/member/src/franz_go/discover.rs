//! Finding the coordinator, losing it, and looking at the topics.
//!
//! Source: `Client.loadCoordinator`, `updateMetadataLoop`, `groupConsumer.findNewAssignments`,
//! `consumerSession.listOrEpoch`. Topics are looked at when the client is made, every `MetadataMaxAge` from then on,
//! and when the offsets of new partitions have arrived (their leader epochs are validated, which wants fresh
//! metadata), but not within `MetadataMinAge` of the last answer. That is five seconds, or `MetadataMaxAge` if that is
//! less: then every tick of that interval finds the last answer too young, and looks follow each other's answers.

use alloc::collections::BTreeSet;

use protocol::message::{FindCoordinatorResponse, MetadataResponse};
use protocol::{ErrorCode, SimDuration, SimTime, TopicName};

use super::attempts::{Attempts, RETRY_TIMEOUT};
use super::pending::Purpose;
use super::{FranzGoMember, Stage};
use crate::common::Coordinator;
use crate::common::topics::counts;
use crate::surroundings::{Context, Step};

/// `MetadataMinAge`.
const METADATA_MIN_AGE: SimDuration = SimDuration::from_millis(5_000);

impl FranzGoMember {
    /// Asks for the coordinator unless it is known, asked for, or not yet to be asked for again.
    pub(super) fn find_coordinator(&mut self, cx: &mut Context<'_>) {
        if self.coordinator.should_ask(cx.now) {
            self.coordinator = Coordinator::Asked;
            self.discovery.begin(cx.now);
            let request = self.membership.find_coordinator();
            self.send_anywhere(cx, request, Purpose::FindCoordinator);
        }
    }

    pub(super) fn on_find_coordinator(&mut self, answer: &FindCoordinatorResponse, cx: &mut Context<'_>) {
        match answer.error {
            ErrorCode::None => {
                self.coordinator = Coordinator::Known(answer.coordinator);
                self.discovery = Attempts::NONE;
            }
            _ => self.retry_discovery(cx),
        }
    }

    /// A look-up has failed: it is repeated, or has come to nothing for whoever waits for it.
    pub(super) fn retry_discovery(&mut self, cx: &mut Context<'_>) {
        let mut attempts = self.discovery;
        let next = self.next_attempt(&mut attempts, RETRY_TIMEOUT, cx);
        self.discovery = attempts;
        if let Some(next) = next {
            self.coordinator = Coordinator::Backoff(next);
            return;
        }
        self.discovery = Attempts::NONE;
        self.coordinator = Coordinator::Backoff(self.after_backoff(1, cx));
        if self.heartbeat.attempts.is_under_way() {
            self.retry_heartbeat(ErrorCode::CoordinatorNotAvailable, cx);
        }
    }

    /// The coordinator does not answer or is another one now: membership is kept.
    pub(super) fn coordinator_lost(&mut self, cx: &mut Context<'_>) {
        self.coordinator = Coordinator::Unknown;
        self.find_coordinator(cx);
    }

    /// The end of the wait after the n-th failure in a row: 250 ms, doubled each time, ±20 %, and no more than 5 s
    /// (`RetryBackoffFn`).
    pub(super) fn after_backoff(&self, failures: u32, cx: &mut Context<'_>) -> SimTime {
        let backoff = self.config.retry_backoff * (1u64 << failures.saturating_sub(1).min(20));
        cx.after(Step::Backoff(backoff)).min(cx.now + self.config.retry_backoff_max)
    }

    /// When topics are looked at next, if there is something to find.
    pub(super) fn next_refresh(&self) -> SimTime {
        let stale = if self.topics.stale { self.refresh_tick_after(self.stale_since) } else { SimTime::NEVER };
        stale.min(self.refreshed_again.0)
    }

    /// `MetadataMinAge`, which a client does not accept above `MetadataMaxAge`.
    fn metadata_min_age(&self) -> SimDuration {
        METADATA_MIN_AGE.min(self.config.metadata_max_age)
    }

    /// The last time of the regular looks before or at `time`, and the time between two of them. Looks that find
    /// nothing new are not made.
    fn refresh_tick_before(&self, time: SimTime) -> (SimTime, SimDuration) {
        let age = self.config.metadata_max_age;
        let (base, period) =
            if age <= METADATA_MIN_AGE { (self.refreshed, age + self.refresh_trip) } else { (self.created, age) };
        (base + period * ((time - base).as_nanos() / period.as_nanos().max(1)), period)
    }

    /// The first time of the regular looks that is later than `time`.
    fn refresh_tick_after(&self, time: SimTime) -> SimTime {
        let (last, period) = self.refresh_tick_before(time);
        (last + period).max(self.refreshed + self.metadata_min_age())
    }

    pub(super) fn refresh_metadata(&mut self, cx: &mut Context<'_>) {
        self.topics.stale = false;
        self.refreshed_again.0 = SimTime::NEVER;
        let mut topics: BTreeSet<TopicName> = self.membership.identity.topics.iter().cloned().collect();
        topics.extend(self.external.keys().cloned());
        let request = self.membership.metadata_of(topics.into_iter().collect());
        self.send_anywhere(cx, request, Purpose::Metadata);
    }

    /// A look has failed: the next one follows after a backoff.
    pub(super) fn refresh_failed(&mut self, cx: &mut Context<'_>) {
        let failures = self.refreshed_again.1 + 1;
        self.refreshed_again = (self.after_backoff(failures, cx), failures);
    }

    /// Something has been assigned or has failed: topics are looked at, unless that was done just now.
    pub(super) fn refresh_metadata_soon(&mut self, cx: &mut Context<'_>) {
        let (last_tick, _) = self.refresh_tick_before(cx.now);
        let fresh = cx.now - self.refreshed.max(last_tick) < self.metadata_min_age();
        if self.topics.stale && !fresh {
            self.refresh_metadata(cx);
        }
    }

    /// Topics have been read. The first of them with partitions makes the member join; later the leader alone
    /// rejoins, and only if there are more partitions than before (or, of topics that only others read, another
    /// number).
    pub(super) fn on_metadata(&mut self, answer: &MetadataResponse, now: SimTime) {
        self.topics.learn(answer);
        self.refreshed = now;
        self.refreshed_again.1 = 0;
        let mut grown = false;
        for topic in self.membership.identity.topics.iter() {
            let count = self.topics.counts.get(topic).copied().unwrap_or(0);
            let used = self.using.entry(topic.clone()).or_insert(0);
            grown |= count > *used;
            *used = count.max(*used);
        }
        let mut changed = false;
        for (topic, count) in &mut self.external {
            let latest = self.topics.counts.get(topic).copied().unwrap_or(*count);
            changed |= latest != *count;
            *count = latest;
        }
        if matches!(self.stage, Stage::Starting) && grown {
            self.stage = Stage::ToJoin;
        } else if self.leads && (grown || changed) {
            self.rejoin = Some("rejoining because we are the leader and noticed some topics have new partitions");
        }
    }

    /// The leader has learnt of topics that only others read.
    pub(super) fn learn_external(&mut self, answer: &MetadataResponse) {
        let own: BTreeSet<&TopicName> = self.membership.identity.topics.iter().collect();
        self.external = counts(answer).into_iter().filter(|(topic, _)| !own.contains(topic)).collect();
    }
}
