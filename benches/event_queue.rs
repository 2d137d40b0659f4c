//! The engine's queue beside a bare `BinaryHeap` with the same order (time, insertion number), on the loads of a
//! simulation.
//!
//! - `timers`: N actors, each with a timer. The next one fires and is armed again up to 6 s ahead.
//! - `messages`: the same with one-shot events of 64 bytes.
//! - `sessions`: N session timers of 45 s. Each step a heartbeat moves a random one; what expires is armed again. The
//!   heap cannot
//!   move an entry, so it deletes lazily: it pushes a new one and drops the old one when it surfaces.
//!
//! Every load is a fixed sequence of random numbers, and the hash of all pops is printed beside the time: it must be
//! the same
//! for both, or the benchmark stops. Left out: what handlers cost, which is the benchmark of a whole run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use engine::{Fired, Queue, TimerId};

const SECOND: u64 = 1_000_000_000;
const AHEAD: u64 = 6 * SECOND;
const SESSION_TIMEOUT: u64 = 45 * SECOND;
/// How often a member is heard of on average; some are not for a whole session timeout.
const HEARTBEAT_INTERVAL: u64 = 6 * SECOND;
/// Steps measured at a time.
const STEPS: u64 = 10_000;
/// Steps before the measurement, whose outcome is hashed: this many, and so many for each actor. Sessions expire
/// after the first 45 s only, and only then does a heap begin to pay for what it did not delete.
const WARM_UP: (u64, u64) = (300_000, 20);

/// What both queues must do: hold one deadline per actor.
trait Deadlines {
    fn new(actors: usize) -> Self;
    fn arm(&mut self, actor: u32, at: u64);
    fn pop_until(&mut self, limit: u64) -> Option<(u64, u32)>;
}

/// The engine, a timer per actor.
struct Timers {
    queue: Queue<()>,
    timers: Vec<TimerId>,
}

impl Deadlines for Timers {
    fn new(actors: usize) -> Self {
        let mut queue = Queue::new();
        let timers = (0..actors).map(|_| queue.new_timer()).collect();
        Self { queue, timers }
    }

    fn arm(&mut self, actor: u32, at: u64) {
        self.queue.arm(self.timers[actor as usize], at).expect("not in the past");
    }

    fn pop_until(&mut self, limit: u64) -> Option<(u64, u32)> {
        match self.queue.pop_until(limit)? {
            (at, Fired::Timer(timer)) => Some((at, timer.index() as u32)),
            (_, Fired::Event(())) => unreachable!("only timers are armed"),
        }
    }
}

/// The payload of a one-shot event: an actor and what a message may weigh.
struct Message {
    actor: u32,
    _body: [u32; 15],
}

impl Message {
    fn to(actor: u32) -> Self {
        Self { actor, _body: [actor; 15] }
    }
}

/// The engine, a one-shot event per actor.
struct Messages(Queue<Message>);

impl Deadlines for Messages {
    fn new(_: usize) -> Self {
        Self(Queue::new())
    }

    fn arm(&mut self, actor: u32, at: u64) {
        if self.0.schedule(at, Message::to(actor)).is_err() {
            unreachable!("not in the past");
        }
    }

    fn pop_until(&mut self, limit: u64) -> Option<(u64, u32)> {
        match self.0.pop_until(limit)? {
            (at, Fired::Event(message)) => Some((at, black_box(message).actor)),
            (_, Fired::Timer(_)) => unreachable!("there are no timers"),
        }
    }
}

/// An entry of the heaps: greater is sooner.
struct Entry<P> {
    key: Reverse<(u64, u64)>,
    payload: P,
}

impl<P> PartialEq for Entry<P> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<P> Eq for Entry<P> {}

impl<P> PartialOrd for Entry<P> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<P> Ord for Entry<P> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// The heap that everyone would write first.
struct Heap<P> {
    heap: BinaryHeap<Entry<P>>,
    number: u64,
}

impl<P> Heap<P> {
    fn with_capacity(capacity: usize) -> Self {
        Self { heap: BinaryHeap::with_capacity(capacity), number: 0 }
    }

    fn push(&mut self, at: u64, payload: P) {
        self.heap.push(Entry { key: Reverse((at, self.number)), payload });
        self.number += 1;
    }

    fn pop_until(&mut self, limit: u64) -> Option<(u64, u64, P)> {
        if self.heap.peek()?.key.0.0 > limit {
            return None;
        }
        let Entry { key: Reverse((at, number)), payload } = self.heap.pop()?;
        Some((at, number, payload))
    }
}

impl Deadlines for Heap<u32> {
    fn new(actors: usize) -> Self {
        Self::with_capacity(actors)
    }

    fn arm(&mut self, actor: u32, at: u64) {
        self.push(at, actor);
    }

    fn pop_until(&mut self, limit: u64) -> Option<(u64, u32)> {
        self.pop_until(limit).map(|(at, _, actor)| (at, actor))
    }
}

impl Deadlines for Heap<Message> {
    fn new(actors: usize) -> Self {
        Self::with_capacity(actors)
    }

    fn arm(&mut self, actor: u32, at: u64) {
        self.push(at, Message::to(actor));
    }

    fn pop_until(&mut self, limit: u64) -> Option<(u64, u32)> {
        self.pop_until(limit).map(|(at, _, message)| (at, black_box(message).actor))
    }
}

/// The heap with lazy deletion: an entry counts if its number is that of its actor's last arming.
struct LazyHeap {
    heap: Heap<u32>,
    last: Vec<u64>,
}

impl Deadlines for LazyHeap {
    fn new(actors: usize) -> Self {
        Self { heap: Heap::with_capacity(actors), last: vec![u64::MAX; actors] }
    }

    fn arm(&mut self, actor: u32, at: u64) {
        self.last[actor as usize] = self.heap.number;
        self.heap.push(at, actor);
    }

    fn pop_until(&mut self, limit: u64) -> Option<(u64, u32)> {
        loop {
            let (at, number, actor) = self.heap.pop_until(limit)?;
            if self.last[actor as usize] == number {
                return Some((at, actor));
            }
        }
    }
}

/// Cheap random numbers (SplitMix64), so that the queues are what is measured.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(mixed ^ (mixed >> 31)) * u128::from(bound)) >> 64) as u64
    }
}

/// A load on a queue, which goes on and on.
struct Load<Q> {
    queue: Q,
    numbers: Numbers,
    actors: u32,
    now: u64,
    hash: u64,
}

impl<Q: Deadlines> Load<Q> {
    /// All actors wait for a time up to `spread` after `from`.
    fn new(actors: u32, from: u64, spread: u64) -> Self {
        let mut load = Self { queue: Q::new(actors as usize), numbers: Numbers(42), actors, now: 0, hash: 0 };
        for actor in 0..actors {
            let at = from + load.numbers.below(spread);
            load.queue.arm(actor, at);
        }
        load
    }

    fn note(&mut self, at: u64, actor: u32) {
        self.hash = (self.hash.rotate_left(5) ^ at ^ u64::from(actor)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    /// The next actor fires and waits again for up to 6 s.
    fn fire(&mut self, steps: u64) -> u64 {
        for _ in 0..steps {
            let (at, actor) = self.queue.pop_until(u64::MAX).expect("everyone waits");
            self.note(at, actor);
            let again = at + self.numbers.below(AHEAD);
            self.queue.arm(actor, again);
        }
        self.hash
    }

    /// A heartbeat arrives from anyone; sessions that expire meanwhile begin anew.
    fn heartbeat(&mut self, steps: u64) -> u64 {
        for _ in 0..steps {
            self.now += HEARTBEAT_INTERVAL / u64::from(self.actors);
            while let Some((at, actor)) = self.queue.pop_until(self.now) {
                self.note(at, actor);
                self.queue.arm(actor, self.now + SESSION_TIMEOUT);
            }
            let actor = self.numbers.below(u64::from(self.actors)) as u32;
            self.queue.arm(actor, self.now + SESSION_TIMEOUT);
        }
        self.hash
    }
}

type Step<Q> = fn(&mut Load<Q>, u64) -> u64;

/// Measures both queues under one load, after having shown that they do the same.
fn compare<A: Deadlines, B: Deadlines>(
    criterion: &mut Criterion,
    name: &str,
    (from, spread): (u64, u64),
    engine: Step<A>,
    heap: Step<B>,
) {
    let mut group = criterion.benchmark_group(format!("event_queue/{name}"));
    group.throughput(Throughput::Elements(STEPS));
    for actors in [100, 1_000, 10_000, 100_000] {
        let warm_up = WARM_UP.0 + WARM_UP.1 * u64::from(actors);
        let (mut ours, mut theirs) = (Load::<A>::new(actors, from, spread), Load::<B>::new(actors, from, spread));
        let outcome = engine(&mut ours, warm_up);
        assert_eq!(outcome, heap(&mut theirs, warm_up), "{name}: the outcomes differ");
        println!("event_queue/{name}/{actors}: outcome {outcome:016x}, the same for both");
        group.bench_function(BenchmarkId::new("engine", actors), |bencher| bencher.iter(|| engine(&mut ours, STEPS)));
        group.bench_function(BenchmarkId::new("binary_heap", actors), |bencher| {
            bencher.iter(|| heap(&mut theirs, STEPS));
        });
    }
    group.finish();
}

fn timers(criterion: &mut Criterion) {
    compare::<Timers, Heap<u32>>(criterion, "timers", (0, AHEAD), Load::fire, Load::fire);
}

fn messages(criterion: &mut Criterion) {
    compare::<Messages, Heap<Message>>(criterion, "messages", (0, AHEAD), Load::fire, Load::fire);
}

fn sessions(criterion: &mut Criterion) {
    let spread = HEARTBEAT_INTERVAL;
    compare::<Timers, LazyHeap>(criterion, "sessions", (SESSION_TIMEOUT, spread), Load::heartbeat, Load::heartbeat);
}

criterion_group!(benches, timers, messages, sessions);
criterion_main!(benches);
