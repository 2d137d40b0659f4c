//! The processors that the brokers and all clients of an environment share, where they share any.
//!
//! Contract: pieces of work are taken up in the order in which they arrive, each by the core that is free first, and a
//! core does one at a time; so a hundred members that rejoin at once wait for each other. Work is done for requests and
//! new connections on the broker's side, for answers and starts on the client's. What one process sends is acted on in
//! the order in which it arrives, and so is what it is sent. Records keep all cores busy as they are written
//! ([`Records`]). Left out: that records wait for each other and for messages, what members do without a message, and
//! time slices: a piece that has begun is done to its end.

use engine::Distribution;
use member::ClientFamily;
use protocol::message::Request;
use protocol::{SimDuration, SimTime};
use records::{RECORD, RateCurve};
use timeline::Observer;

use crate::plan::Plan;
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
    records: Records,
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
    /// The cores of this plan's environment, if they are shared.
    pub(crate) fn new(plan: &Plan, streams: &engine::Streams) -> Option<Self> {
        let count = plan.environment.processors?;
        let cold_work = draw(&plan.environment.cold_work, &mut streams.stream("cold work"));
        let cores = Cores::new(count.get());
        let (draws, records) = (streams.stream("work"), Records::new(plan, streams));
        let interpreter = SimTime::ZERO;
        Some(Self { cores, draws, cold_work, pieces: 0, done: Vec::new(), interpreter, records })
    }

    /// Does work of these lengths, one after the other, that arrives at `now`: when it is done.
    fn work(&mut self, lengths: &[&Distribution], now: SimTime) -> SimTime {
        self.records.work_until(now, &mut self.cores);
        let cold = self.cold_work * HALF_WARM / (HALF_WARM + self.pieces);
        self.pieces += 1;
        let length: SimDuration = lengths.iter().map(|length| draw(length, &mut self.draws)).sum();
        self.cores.work(length + cold, now)
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

    /// All of them take up work that arrives at `now`, in equal parts. What is not done by `latest` is dropped.
    fn work_together(&mut self, length: SimDuration, now: SimTime, latest: SimTime) {
        let part = length / self.0.len() as u64;
        for core in &mut self.0 {
            *core = (now.max(*core) + part).min(latest).max(*core);
        }
    }
}

/// Records of producers without ticks are worked at in portions of so long.
const PORTION: SimDuration = SimDuration::from_millis(10);

/// The work at records: tick by tick, for as long as they are written, done by all cores alike, because each reader
/// has some of them. What cores do not get done until the next tick goes with the records that come then, which are
/// fetched together; so records alone never keep a message waiting for longer than a tick.
struct Records {
    writers: Vec<Writer>,
    length: Distribution,
    draws: engine::Stream,
}

/// A producer, and the end of the first tick whose records have not been worked at.
struct Writer {
    curve: RateCurve,
    tick: SimDuration,
    next: SimTime,
}

impl Records {
    fn new(plan: &Plan, streams: &engine::Streams) -> Self {
        let length = plan.environment.record_work.clone();
        let takes_time = length.max() > 0;
        let writers = plan.producers.iter().filter(|_| takes_time).map(|producer| {
            let tick = producer.tick.max(PORTION);
            Writer { curve: RateCurve::new(&producer.rates), tick, next: SimTime::ZERO + tick }
        });
        Self { writers: writers.collect(), length, draws: streams.stream("record work") }
    }

    /// Does what was written up to `now`. What was written before the last tick is done, or goes with it.
    fn work_until(&mut self, now: SimTime, cores: &mut Cores) {
        for writer in self.writers.iter_mut().filter(|writer| writer.next <= now) {
            let tick = writer.tick.as_nanos();
            let at = writer.next + writer.tick * ((now - writer.next).as_nanos() / tick);
            writer.next = at + writer.tick;
            let written = (writer.curve.written(at) - writer.curve.written(at - writer.tick)) / RECORD;
            let written = u64::try_from(written).unwrap_or(u64::MAX);
            if written > 0 {
                let each = draw(&self.length, &mut self.draws).as_nanos();
                cores.work_together(SimDuration::from_nanos(each.saturating_mul(written)), at, writer.next);
            }
        }
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
        let is_its_own = process.client != ClientFamily::Librdkafka || process.plan.slots.is_some();
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
        let (slot, side, lengths): (_, _, &[&Distribution]) = match event {
            Event::Request { slot, request, .. } => {
                let client = self.processes[slot.index()].client;
                let is_beat = matches!(request, Request::Heartbeat(_));
                match is_beat && client == ClientFamily::Java {
                    true => (*slot, Side::Broker, &[&environment.beat_work, &environment.request_work]),
                    false => (*slot, Side::Broker, &[&environment.request_work]),
                }
            }
            Event::Response { slot, .. } => (*slot, Side::Client, &[&environment.answer_work]),
            Event::FirstPoll { slot, .. } => (*slot, Side::Client, &[&environment.start_work]),
            Event::Disconnected { connection } => {
                let (slot, _) = self.connection_owners[connection.index()];
                return Some(processors.in_order(slot, Side::Broker, now));
            }
            _ => return None,
        };
        let done = processors.work(lengths, now);
        if matches!(event, Event::FirstPoll { .. }) {
            processors.interpreter = done;
        }
        Some(processors.in_order(slot, side, done))
    }

    /// A connection is set up from now on: how long that waits for its turn and is worked at.
    pub(crate) fn work_at_connection(&mut self) -> SimDuration {
        let now = self.now();
        let Some(processors) = &mut self.processors else { return SimDuration::ZERO };
        processors.work(&[&self.plan.environment.request_work], now) - now
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
    fn records_take_all_cores_until_the_next_tick_at_the_latest() {
        let mut cores = Cores::new(2);
        let millis = SimDuration::from_millis;
        assert_eq!(cores.work(millis(5), at(10)), at(15));
        cores.work_together(millis(8), at(12), at(32));
        assert_eq!(cores.0, [at(19), at(16)]);
        cores.work_together(millis(100), at(32), at(52));
        assert_eq!(cores.0, [at(52); 2]);
        assert_eq!(cores.work(millis(3), at(40)), at(55));
        cores.work_together(millis(1), at(52), at(54));
        assert_eq!(cores.0.iter().max(), Some(&at(55)), "work in hand is done to its end");
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
