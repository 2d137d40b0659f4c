//! One pass of the main thread: everything that may be due is looked at.
//!
//! Source: `rd_kafka_cgrp_serve`, `rd_kafka_cgrp_join_state_serve`. A pass follows everything that is handed to the
//! main thread and every tick of its timers. Left out: while nothing but routine goes on, a heartbeat waits for its
//! own tick and is not sent earlier by an interval commit or an answer that happens to wake the thread in between
//! (which saves milliseconds, once in several minutes); so the routine of a quiet member is one grid.

use protocol::{SimDuration, SimTime};

use super::LibrdkafkaMember;
use super::pending::Purpose;
use super::state::{CallStage, JoinState};
use crate::surroundings::Context;

/// Least time from one attempt to join to the next.
const JOIN_INTERVAL: SimDuration = SimDuration::from_millis(1_000);

impl LibrdkafkaMember {
    /// Does one thing that is due; tells whether there was one.
    pub(super) fn pass(&mut self, cx: &mut Context<'_>) -> bool {
        if self.advance_call(cx) || self.serve_given_up(cx) || self.advance_assignment(cx) || self.advance_close(cx) {
            return true;
        }
        if self.subscribed_counts.is_some() && self.coordinator.should_ask(cx.now) {
            self.find_coordinator(cx);
            return true;
        }
        if self.session_check() <= cx.now {
            self.session_timed_out(cx);
            return true;
        }
        if self.modern.is_some() {
            return self.serve_modern(cx);
        }
        match &self.join {
            JoinState::Init if self.may_join() && is_past(self.join_due, cx.now) => self.send_join_group(cx),
            state if state.has_heartbeats() && self.may_heartbeat() && self.is_heartbeat_due(cx.now) => {
                self.beat(cx);
            }
            _ => return false,
        }
        true
    }

    /// Whether nothing but time stands between the member and its JoinGroup.
    pub(super) fn may_join(&self) -> bool {
        self.is_subscribed()
            && self.fatal.is_none()
            && self.coordinator.node().is_some()
            && !self.topics.counts.is_empty()
            && !(self.max_poll_exceeded && self.away_since.is_some())
            && !self.pending.any(|purpose| matches!(purpose, Purpose::JoinGroup | Purpose::SyncGroup))
    }

    /// Another attempt to join counts from now on.
    pub(super) fn note_join(&mut self, now: SimTime) {
        self.last_join = now;
        self.join_due = now + JOIN_INTERVAL;
    }

    /// After an error the next attempt waits twice as long.
    pub(super) fn back_off_join(&mut self) {
        self.join_due = self.last_join + JOIN_INTERVAL * 2;
    }

    /// Whether the application's callback can be called now: it polls or closes.
    pub(super) fn serves_calls(&self) -> bool {
        self.inside_poll || self.closing
    }

    /// Goes on with the application's callback.
    fn advance_call(&mut self, cx: &mut Context<'_>) -> bool {
        match self.join.call().map(|call| call.stage) {
            Some(CallStage::Queued { seen }) if seen <= cx.now && self.serves_calls() => self.begin_call(cx),
            Some(CallStage::Running { until }) if until <= cx.now => self.finish_call(cx),
            _ => return false,
        }
        true
    }
}

/// Whether an interval that ends at `due` is over (`rd_interval`); zero: at once.
pub(super) fn is_past(due: SimTime, now: SimTime) -> bool {
    due == SimTime::ZERO || now > due
}
