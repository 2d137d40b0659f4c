//! Finding the coordinator, and losing it.
//!
//! Source: `AbstractCoordinator.ensureCoordinatorReady`, `markCoordinatorUnknown`. Failed look-ups are retried after
//! `retry.backoff.ms`, ±20 %. Only within one call does that double each time up to `retry.backoff.max.ms` (KIP-580): a
//! close is one call, but a call of `poll` is over before a second failure counts. Left out: that the end of a call of
//! `poll` cuts the backoff short, the wait for metadata after it, look-ups of the heartbeat thread's own.

use protocol::ErrorCode;
use protocol::message::FindCoordinatorResponse;

use super::ClassicMember;
use super::pending::Purpose;
use crate::action::{Action, Destination, Disconnection};
use crate::common::Coordinator;
use crate::surroundings::{Context, Step};

impl ClassicMember {
    /// Asks for the coordinator unless it is known, asked for, or not yet to be asked for again.
    pub(super) fn find_coordinator(&mut self, cx: &mut Context<'_>) {
        if self.coordinator.should_ask(cx.now) {
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
                self.resume_heartbeats(cx);
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress => self.retry_discovery(cx),
            fatal => self.fatal = Some(fatal),
        }
    }

    pub(super) fn retry_discovery(&mut self, cx: &mut Context<'_>) {
        let backoff = self.config.exponential_backoff(self.discovery_failures);
        if self.closing {
            self.discovery_failures += 1;
        }
        self.coordinator = Coordinator::Backoff(cx.after(Step::Backoff(backoff)));
    }

    /// The coordinator does not answer or is another one now: membership is kept, the connection dropped.
    pub(super) fn coordinator_lost(&mut self, why: Disconnection, cx: &mut Context<'_>) {
        if let Coordinator::Known(node) = self.coordinator {
            self.coordinator = Coordinator::Unknown;
            cx.out.push(Action::Disconnect { to: Destination::Coordinator(node), why });
            self.on_disconnect(Destination::Coordinator(node), cx);
            self.find_coordinator(cx);
        }
    }

    /// Asks for the partitions of the topics this member reads.
    pub(super) fn refresh_metadata(&mut self, cx: &mut Context<'_>) {
        self.refreshes.asked(cx.now);
        let request = self.membership.metadata_of(self.planning.asked_topics.clone());
        self.send(cx, Destination::Bootstrap, request, Purpose::Metadata);
    }
}
