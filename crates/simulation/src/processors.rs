//! The processors that the brokers and all clients of an environment share, where they share any.
//!
//! Contract: pieces of work are taken up in the order in which they arrive, each by the core that is free first, and a
//! core does one at a time; so a hundred members that rejoin at once wait for each other. Work is done for requests and
//! new connections on the broker's side, for answers and starts on the client's. What one process sends is acted on in
//! the order in which it arrives, and so is what it is sent. Left out: records (reading and writing them takes its
//! time, but no core), what members do without a message, and time slices: a piece that has begun is done to its end.

use member::ClientFamily;
use protocol::{SimDuration, SimTime};
use timeline::Observer;

use crate::environment::Environment;
use crate::process::{Slot, draw};
use crate::world::{Event, World};

/// The cores, and what they have in hand.
pub(crate) struct Processors {
    cores: Cores,
    draws: engine::Stream,
    /// What the first piece of work takes in addition.
    cold_work: SimDuration,
    /// How many pieces have been taken up.
    pieces: u64,
    /// When the last piece of work for each process is done: for what it has sent, for what it was sent.
    done: Vec<[SimTime; 2]>,
    /// Until when the one interpreter makes a consumer.
    interpreter: SimTime,
}

/// After so many pieces of work, what they take in addition because code runs for the first times has halved; after
/// three times as many it is a quarter. In recordings of ten simultaneous starts the first ten JoinGroups come within
/// 40 ms and the last ten within 15 (franz-go); ten members notice a rebalance 42 ms after their heartbeats were due in
/// the first twenty seconds, and 25 ms after them later (Java; librdkafka 67 and 27, franz-go 28 and 17, medians).
const HALF_WARM: u64 = 100;

/// On whose side work is done.
#[derive(Clone, Copy)]
enum Side {
    Broker,
    Client,
}

impl Processors {
    /// The cores of this environment, if they are shared.
    pub(crate) fn new(environment: &Environment, streams: &engine::Streams) -> Option<Self> {
        let count = environment.processors?;
        let cold_work = draw(&environment.cold_work, &mut streams.stream("cold work"));
        let cores = Cores::new(count.get());
        Some(Self {
            cores,
            draws: streams.stream("work"),
            cold_work,
            pieces: 0,
            done: Vec::new(),
            interpreter: SimTime::ZERO,
        })
    }

    /// Does work that arrives at `now`: when it is done.
    fn work(&mut self, length: &engine::Distribution, now: SimTime) -> SimTime {
        let cold = self.cold_work * HALF_WARM / (HALF_WARM + self.pieces);
        self.pieces += 1;
        self.cores.work(draw(length, &mut self.draws) + cold, now)
    }

    /// Puts what is done at `at` behind what was there before.
    fn in_order(&mut self, slot: Slot, side: Side, at: SimTime) -> SimTime {
        if self.done.len() <= slot.index() {
            self.done.resize(slot.index() + 1, [SimTime::ZERO; 2]);
        }
        let last = &mut self.done[slot.index()][side as usize];
        *last = at.max(*last);
        *last
    }
}

/// Cores, by the time until which each is busy.
struct Cores(Vec<SimTime>);

impl Cores {
    fn new(count: u32) -> Self {
        Self(vec![SimTime::ZERO; count as usize])
    }

    /// Takes up a piece of work that arrives at `now`, not earlier than those before it: when it is done.
    fn work(&mut self, length: SimDuration, now: SimTime) -> SimTime {
        let core = self.0.iter_mut().min().expect("there is at least one core");
        *core = now.max(*core) + length;
        *core
    }
}

impl<O: Observer> World<'_, O> {
    /// Something is to be acted on: at once, or when a core has done what there is to do for it.
    pub(crate) fn arrive(&mut self, event: Event) {
        if let Some(free) = self.waits_for_interpreter(&event) {
            self.schedule(free, event);
            return;
        }
        match self.worked(&event) {
            Some(done) => self.schedule(done, Event::Worked { event: Box::new(event) }),
            None => self.on_event(event),
        }
    }

    /// Whether a consumer cannot be made yet, and until when. Recorded members of librdkafka are threads of one
    /// interpreter, and `rd_kafka_new` runs under its lock: recorded ones start in the order in which they are told to,
    /// 2 to 10 ms after each other, where those of other clients start at once and in any order. Members with slots are
    /// processes of their own.
    fn waits_for_interpreter(&mut self, event: &Event) -> Option<SimTime> {
        let now = self.now();
        let Event::FirstPoll { slot, .. } = event else { return None };
        let free = self.processors.as_ref()?.interpreter;
        let process = &mut self.processes[slot.index()];
        let is_its_own = process.plan.client != ClientFamily::Librdkafka || process.plan.slots.is_some();
        if is_its_own || free <= now {
            return None;
        }
        process.created += free - now;
        Some(free)
    }

    /// When the work for `event` is done, if there is any.
    fn worked(&mut self, event: &Event) -> Option<SimTime> {
        let now = self.now();
        let processors = self.processors.as_mut()?;
        let environment = &self.plan.environment;
        let (slot, side, length) = match event {
            Event::Request { slot, .. } => (*slot, Side::Broker, &environment.request_work),
            Event::Response { slot, .. } => (*slot, Side::Client, &environment.answer_work),
            Event::FirstPoll { slot, .. } => (*slot, Side::Client, &environment.start_work),
            Event::Disconnected { connection } => {
                let (slot, _) = self.connection_owners[connection.index()];
                return Some(processors.in_order(slot, Side::Broker, now));
            }
            _ => return None,
        };
        let done = processors.work(length, now);
        if matches!(event, Event::FirstPoll { .. }) {
            processors.interpreter = done;
        }
        Some(processors.in_order(slot, side, done))
    }

    /// A connection is set up from now on: how long that waits for its turn and is worked at.
    pub(crate) fn work_at_connection(&mut self) -> SimDuration {
        let now = self.now();
        let Some(processors) = &mut self.processors else { return SimDuration::ZERO };
        processors.work(&self.plan.environment.request_work, now) - now
    }
}

#[cfg(test)]
mod tests {
    use engine::{Rng, Streams};

    use super::*;

    fn at(millis: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(millis)
    }

    #[test]
    fn each_piece_is_done_by_the_core_that_is_free_first() {
        let mut cores = Cores::new(2);
        let mut work = |length, now| cores.work(SimDuration::from_millis(length), at(now));
        assert_eq!(work(5, 10), at(15));
        assert_eq!(work(2, 10), at(12));
        assert_eq!(work(1, 10), at(13));
        assert_eq!(work(4, 13), at(17));
        assert_eq!(work(1, 20), at(21));
        assert_eq!(work(0, 20), at(20));
    }

    #[test]
    fn no_piece_begins_before_it_arrives_and_none_waits_while_a_core_is_free() {
        for (seed, count) in [(1, 1), (2, 2), (3, 5)] {
            let mut draws = Streams::new(seed).stream("work");
            let mut cores = Cores::new(count);
            let mut now = SimTime::ZERO;
            let mut pieces: Vec<(SimTime, SimTime)> = Vec::new();
            for _ in 0..2_000 {
                now += SimDuration::from_nanos(draws.next_u64() % 1_000);
                let length = SimDuration::from_nanos(draws.next_u64() % (2_000 * u64::from(count)));
                let done = cores.work(length, now);
                let begun = SimTime::from_nanos(done.as_nanos() - length.as_nanos());
                assert!(begun >= now, "{begun} is before {now}");
                let busy = |time: SimTime| pieces.iter().filter(|(from, to)| *from <= time && time < *to).count();
                assert!(busy(begun) < count as usize, "more than {count} at once at {begun}");
                if begun > now {
                    assert_eq!(busy(now), count as usize, "it waits from {now} to {begun}");
                }
                pieces.push((begun, done));
            }
            assert!(pieces.iter().any(|(begun, done)| begun < done));
        }
    }
}
