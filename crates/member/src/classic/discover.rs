//! Finding the coordinator, and losing it.
//!
//! Source: `AbstractCoordinator.ensureCoordinatorReady`, `markCoordinatorUnknown`. Failed look-ups are retried after
//! `retry.backoff.ms`, doubled each time up to `retry.backoff.max.ms`, ±20 % (KIP-580).

use protocol::message::{FindCoordinatorRequest, FindCoordinatorResponse, MetadataRequest, Request};
use protocol::{BrokerId, ErrorCode, SimDuration, SimTime};

use super::ClassicMember;
use super::pending::Purpose;
use crate::action::{Action, Destination};
use crate::surroundings::{Context, Step};

/// What the member knows of its coordinator.
#[derive(Clone, Debug)]
pub(super) enum Coordinator {
    /// Nobody asked yet, or the one known is gone.
    Unknown,
    /// FindCoordinator is under way.
    Asked,
    /// To be asked again then.
    Backoff(SimTime),
    /// It is this broker.
    Known(BrokerId),
}

impl Coordinator {
    pub(super) fn node(&self) -> Option<BrokerId> {
        match self {
            Self::Known(node) => Some(*node),
            Self::Unknown | Self::Asked | Self::Backoff(_) => None,
        }
    }

    pub(super) fn next_deadline(&self) -> SimTime {
        match self {
            Self::Backoff(until) => *until,
            Self::Unknown | Self::Asked | Self::Known(_) => SimTime::NEVER,
        }
    }
}

impl ClassicMember {
    /// Asks for the coordinator unless it is known, asked for, or not yet to be asked for again.
    pub(super) fn find_coordinator(&mut self, cx: &mut Context<'_>) {
        let ask = match self.coordinator {
            Coordinator::Unknown => true,
            Coordinator::Backoff(until) => until <= cx.now,
            Coordinator::Asked | Coordinator::Known(_) => false,
        };
        if ask {
            self.coordinator = Coordinator::Asked;
            let request = Request::FindCoordinator(FindCoordinatorRequest { group: self.group.clone() });
            self.send(cx, Destination::Bootstrap, request, Purpose::FindCoordinator);
        }
    }

    pub(super) fn on_find_coordinator(&mut self, answer: &FindCoordinatorResponse, cx: &mut Context<'_>) {
        match answer.error {
            ErrorCode::None => {
                self.coordinator = Coordinator::Known(answer.coordinator);
                self.discovery_failures = 0;
                if self.heartbeat.enabled {
                    self.heartbeat.session_deadline = cx.now + self.config.session_timeout;
                }
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress => self.retry_discovery(cx),
            fatal => self.fatal = Some(fatal),
        }
    }

    pub(super) fn retry_discovery(&mut self, cx: &mut Context<'_>) {
        let backoff = self.exponential_backoff(self.discovery_failures);
        self.discovery_failures += 1;
        self.coordinator = Coordinator::Backoff(cx.after(Step::Backoff(backoff)));
    }

    /// `retry.backoff.ms` · 2ⁿ, at most `retry.backoff.max.ms`.
    pub(super) fn exponential_backoff(&self, attempts: u32) -> SimDuration {
        (self.config.retry_backoff * (1u64 << attempts.min(20))).min(self.config.retry_backoff_max)
    }

    /// The coordinator does not answer or is another one now: membership is kept, the connection dropped.
    pub(super) fn coordinator_lost(&mut self, cx: &mut Context<'_>) {
        if let Coordinator::Known(node) = self.coordinator {
            self.coordinator = Coordinator::Unknown;
            cx.out.push(Action::Disconnect(Destination::Coordinator(node)));
            self.on_disconnect(Destination::Coordinator(node), cx);
            self.find_coordinator(cx);
        }
    }

    /// Asks for the partitions of the topics this member reads.
    pub(super) fn refresh_metadata(&mut self, cx: &mut Context<'_>) {
        self.metadata.refreshed = cx.now;
        self.metadata.stale = false;
        let request = Request::Metadata(MetadataRequest { topics: Some(self.metadata.topics.clone()) });
        self.send(cx, Destination::Bootstrap, request, Purpose::Metadata);
    }
}
