//! Finding the coordinator, and losing it.
//!
//! Source: `rd_kafka_cgrp_coord_query`, `rd_kafka_cgrp_serve`. A failed look-up is repeated half a second (±20 %)
//! after the last one, at the next pass. A coordinator that says it is none is kept until another one is found.

use protocol::message::FindCoordinatorResponse;
use protocol::{ErrorCode, SimDuration};

use super::LibrdkafkaMember;
use super::pending::Purpose;
use crate::action::{Action, Destination};
use crate::common::Coordinator;
use crate::surroundings::{Context, Step};

/// Time from one look-up to the next.
const QUERY_INTERVAL: SimDuration = SimDuration::from_millis(500);

impl LibrdkafkaMember {
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
                    cx.out.push(Action::Disconnect(Destination::Coordinator(former)));
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

    /// The connection to the coordinator is gone: membership is kept.
    pub(super) fn coordinator_lost(&mut self, cx: &mut Context<'_>) {
        self.coordinator = Coordinator::Unknown;
        self.find_coordinator(cx);
    }
}
