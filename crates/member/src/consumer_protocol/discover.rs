//! Finding the coordinator, and losing it; the topics' names and ids.
//!
//! Source: `CoordinatorRequestManager`. Failed look-ups are retried after `retry.backoff.ms`, doubled each time up to
//! `retry.backoff.max.ms`, ±20 % (KIP-580).

use protocol::message::{FindCoordinatorResponse, MetadataResponse};
use protocol::{ErrorCode, SimTime, TopicId};

use super::ConsumerProtocolMember;
use super::application::BackgroundEvent;
use super::pending::Purpose;
use crate::action::{Action, Destination, Disconnection};
use crate::common::Coordinator;
use crate::surroundings::{Context, Step};

impl ConsumerProtocolMember {
    /// Asks for the coordinator unless it is known, asked for, or not yet to be asked for again, or of no use.
    pub(super) fn find_coordinator(&mut self, cx: &mut Context<'_>) {
        if self.coordinator.should_ask(cx.now) && !self.looks_no_more() {
            self.coordinator = Coordinator::Asked;
            let request = self.membership.find_coordinator();
            self.send(cx, Destination::Bootstrap, request, Purpose::FindCoordinator);
        }
    }

    pub(super) fn on_find_coordinator(&mut self, answer: &FindCoordinatorResponse, cx: &mut Context<'_>) {
        match answer.error {
            ErrorCode::None => {
                self.coordinator = Coordinator::Known(answer.coordinator);
                self.discovery_failures = 0;
                self.send_commit_that_waits(cx);
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress => self.retry_discovery(cx),
            fatal => self.events.push_back(BackgroundEvent::Error(fatal)),
        }
    }

    pub(super) fn retry_discovery(&mut self, cx: &mut Context<'_>) {
        let backoff = self.config.exponential_backoff(self.discovery_failures);
        self.discovery_failures += 1;
        self.coordinator = Coordinator::Backoff(cx.after(Step::Backoff(backoff)));
    }

    /// The coordinator does not answer or is another one now: membership is kept, the connection dropped.
    pub(super) fn coordinator_lost(&mut self, why: Disconnection, cx: &mut Context<'_>) {
        if let Coordinator::Known(node) = self.coordinator {
            self.coordinator = Coordinator::Unknown;
            cx.out.push(Action::Disconnect { to: Destination::Coordinator(node), why });
            self.lose_connection(Destination::Coordinator(node), cx);
        }
    }

    /// Asks for the partitions and ids of the topics this member reads.
    pub(super) fn refresh_metadata(&mut self, cx: &mut Context<'_>) {
        self.refreshes.asked(cx.now);
        let request = self.membership.metadata();
        self.send(cx, Destination::Bootstrap, request, Purpose::Metadata);
    }

    /// A member that subscribes by a regular expression asks for the topics that it was assigned, by their ids
    /// (`ConsumerMetadata.newMetadataRequestBuilder`): of others it learns nothing.
    pub(super) fn on_metadata(&mut self, answer: &MetadataResponse, now: SimTime) {
        self.refreshes.answered(now);
        if self.membership.identity.pattern.is_none() {
            return self.topics.learn(answer);
        }
        let given = self.target.as_ref().map(|target| target.partitions.clone()).unwrap_or_default();
        let is_given = |id: TopicId| given.iter().any(|topic| topic.topic_id == id);
        let topics = answer.topics.iter().filter(|topic| is_given(topic.topic_id)).cloned().collect();
        self.topics.learn(&MetadataResponse { topics });
    }

    /// Something needs topics or partitions that the last answer did not have.
    pub(super) fn request_metadata(&mut self, cx: &mut Context<'_>) {
        let due = self.refreshes.seen() + self.config.retry_backoff;
        if self.pending.any(|purpose| purpose == Purpose::Metadata) {
            return;
        }
        if due <= cx.now {
            self.refresh_metadata(cx);
        } else {
            self.metadata_retry = due;
        }
    }

    /// Requests whose backoff is over.
    pub(super) fn repeat_what_is_due(&mut self, cx: &mut Context<'_>) {
        if self.metadata_retry <= cx.now {
            self.metadata_retry = SimTime::NEVER;
            self.request_metadata(cx);
        }
        if self.offset_retry <= cx.now {
            self.offset_retry = SimTime::NEVER;
            self.fetch_offsets(cx);
        }
        self.repeat_round_commit(cx);
    }
}
