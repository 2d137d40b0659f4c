//! Finding brokers and the coordinator, and losing it.
//!
//! Source: `rd_kafka_connect_any`, `rd_kafka_metadata_decommission_unavailable_brokers`, `rd_kafka_cgrp_coord_query`,
//! `rd_kafka_cgrp_serve`. The first connection, to a bootstrap server, brings the list of brokers and is given up for
//! them. A failed look-up is repeated half a second (±20 %)
//! after the last one, at the next pass. A coordinator that says it is none is kept until another one is found, unless
//! it says so of a commit.

use protocol::message::FindCoordinatorResponse;
use protocol::{ErrorCode, SimDuration};

use super::pending::Purpose;
use super::{LibrdkafkaMember, SPARSE_CONNECT_INTERVAL};
use crate::action::{Action, Destination, Disconnection};
use crate::common::Coordinator;
use crate::surroundings::{Context, Step};

/// Time from one look-up to the next.
const QUERY_INTERVAL: SimDuration = SimDuration::from_millis(500);

impl LibrdkafkaMember {
    /// A bootstrap server has told of the brokers, and its connection is given up. The next attempt to connect comes an
    /// interval after the first, or at once if it is over; but an interval that ends before the first connection is set
    /// up has begun anew then, for nothing.
    pub(super) fn on_brokers(&mut self, cx: &mut Context<'_>) {
        cx.out.push(Action::Disconnect { to: Destination::Bootstrap, why: Disconnection::Unused });
        let interval = SPARSE_CONNECT_INTERVAL + cx.duration(Step::ThreadWakeUp);
        let second = self.created + interval;
        let asked = cx.now - cx.duration(Step::RoundTrip);
        self.connects_at = if asked > second { second + interval } else { second }.max(cx.now);
        if self.connects_at == cx.now {
            self.refresh_metadata(cx);
        }
    }

    /// Asks for the coordinator, unless somebody has.
    pub(super) fn find_coordinator(&mut self, cx: &mut Context<'_>) {
        if !self.pending.any(|purpose| purpose == Purpose::FindCoordinator) {
            let request = self.membership.find_coordinator();
            self.send_anywhere(cx, request, Purpose::FindCoordinator);
        }
        if self.coordinator.node().is_none() {
            self.coordinator = Coordinator::Asked;
        }
    }

    pub(super) fn on_find_coordinator(&mut self, answer: &FindCoordinatorResponse, cx: &mut Context<'_>) {
        match answer.error {
            ErrorCode::None => {
                let found = answer.coordinator;
                if let Some(former) = self.coordinator.node().filter(|former| *former != found) {
                    self.coordinator_lost(cx);
                    self.pending.forget(|purpose| purpose == Purpose::FindCoordinator);
                    let to = Destination::Coordinator(former);
                    cx.out.push(Action::Disconnect { to, why: Disconnection::Unused });
                }
                self.coordinator = Coordinator::Known(found);
            }
            _ => self.retry_discovery(cx),
        }
    }

    pub(super) fn retry_discovery(&mut self, cx: &mut Context<'_>) {
        if self.coordinator.node().is_none() {
            let at = cx.after(Step::Backoff(QUERY_INTERVAL));
            self.coordinator = Coordinator::Backoff(self.timers.tick_after(at).0);
        }
    }

    /// The coordinator has refused a commit because it is none: it is not waited what others say of it
    /// (`rd_kafka_cgrp_coord_dead`).
    pub(super) fn coordinator_is_dead(&mut self, cx: &mut Context<'_>) {
        if let Some(node) = self.coordinator.node() {
            let (to, why) = (Destination::Coordinator(node), Disconnection::Refused(ErrorCode::NotCoordinator));
            cx.out.push(Action::Disconnect { to, why });
            self.on_disconnect(Destination::Coordinator(node), cx);
        }
    }

    /// The connection to the coordinator is gone: membership is kept.
    pub(super) fn coordinator_lost(&mut self, cx: &mut Context<'_>) {
        self.coordinator = Coordinator::Unknown;
        self.find_coordinator(cx);
    }
}
