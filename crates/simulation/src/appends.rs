//! What the coordinator appends to its log, until the high watermark has passed it.
//!
//! Contract: the high watermark rises in the order of the log. What would be replicated before something earlier is
//! passes together with it, by one event. What is under way when the coordinator goes is lost. Left out: the append
//! itself (a write to the page cache), which is part of handling the request.

use std::collections::VecDeque;

use engine::{Draws, Streams};
use protocol::message::Request;
use protocol::{Offset, SimTime};
use timeline::Observer;

use crate::process::{Slot, draw};
use crate::transport::Routine;
use crate::world::{Event, World};

/// Appends under way.
pub(crate) struct Appends {
    /// How long those take that no routine message causes, by the moment they are made.
    latencies: Draws,
    /// The routine message that is being handled, and whose it is.
    cause: Option<(Slot, Routine)>,
    /// When the high watermark will rise, and to where; soonest first.
    rises: VecDeque<(SimTime, Offset)>,
    /// It does not rise before.
    earliest: SimTime,
}

impl Appends {
    pub(crate) fn new(streams: &Streams) -> Self {
        Self { latencies: streams.draws("log appends"), cause: None, rises: VecDeque::new(), earliest: SimTime::ZERO }
    }

    /// What is appended from now on waits until then at least.
    pub(crate) fn wait_until(&mut self, at: SimTime) {
        self.earliest = self.earliest.max(at);
    }
}

impl<O: Observer> World<'_, O> {
    /// A request of this process is about to be handled: what is appended now is its, or that of a request which waited
    /// behind it on the connection.
    pub(crate) fn note_cause(&mut self, slot: Slot, request: &Request) {
        // Others that are routine append nothing.
        if !matches!(request, Request::OffsetCommit(_) | Request::ConsumerGroupHeartbeat(_)) {
            return;
        }
        let consumer = self.processes[slot.index()].consumer.as_ref();
        self.appends.cause = consumer.and_then(|consumer| Some((slot, Routine::of(request, consumer)?)));
    }

    /// It has been handled.
    pub(crate) fn forget_cause(&mut self) {
        self.appends.cause = None;
    }

    /// The coordinator appends what ends before `through`. How long that takes is drawn by the routine message that
    /// causes it, otherwise by the moment: leaving some out does not change the others.
    pub(crate) fn append(&mut self, through: Offset) {
        let (now, environment) = (self.now(), &self.plan.environment);
        let latency = match self.appends.cause {
            Some((slot, routine)) => routine.append_latency(&mut self.processes[slot.index()], environment),
            None => draw(&environment.log_append, &mut self.appends.latencies.at(now.as_nanos())),
        };
        let at = (now + latency).max(self.appends.earliest);
        self.appends.earliest = at;
        match self.appends.rises.back_mut() {
            Some((last, end)) if *last == at => *end = through,
            _ => {
                self.appends.rises.push_back((at, through));
                let moves = self.moves;
                self.schedule_with(at, || Event::Committed { moves });
            }
        }
    }

    /// The high watermark rises, as it was to do now.
    pub(crate) fn high_watermark_rises(&mut self) {
        let now = self.now();
        let (_, through) = self.appends.rises.pop_front().expect("an event for each time it rises");
        self.broker.committed(through, now, &mut self.ids, &mut self.broker_actions);
        self.after_broker();
    }

    /// The coordinator goes from its broker: what was under way is lost.
    pub(crate) fn coordinator_goes(&mut self) {
        self.moves += 1;
        self.appends.rises.clear();
    }
}
