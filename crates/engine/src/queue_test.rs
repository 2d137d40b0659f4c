//! The queue against a naive model, and its rules one by one.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use crate::{Fired, InPast, NEVER, Queue, TimerId};

/// What the queue must look like from outside: every re-arm removes and reinserts.
#[derive(Default)]
struct Naive {
    now: u64,
    inserted: u64,
    order: BTreeMap<(u64, u64), Fired<u32>>,
    armed: BTreeMap<TimerId, (u64, u64)>,
}

impl Naive {
    fn insert(&mut self, at: u64, what: Fired<u32>) -> (u64, u64) {
        let key = (at, self.inserted);
        self.inserted += 1;
        self.order.insert(key, what);
        key
    }

    fn schedule(&mut self, at: u64, event: u32) -> Result<(), InPast<u32>> {
        if at < self.now {
            return Err(InPast { what: event, at, now: self.now });
        }
        if at != NEVER {
            self.insert(at, Fired::Event(event));
        }
        Ok(())
    }

    fn arm(&mut self, timer: TimerId, at: u64) -> Result<(), InPast<TimerId>> {
        if at < self.now {
            return Err(InPast { what: timer, at, now: self.now });
        }
        self.disarm(timer);
        if at != NEVER {
            let key = self.insert(at, Fired::Timer(timer));
            self.armed.insert(timer, key);
        }
        Ok(())
    }

    fn disarm(&mut self, timer: TimerId) {
        if let Some(key) = self.armed.remove(&timer) {
            self.order.remove(&key);
        }
    }

    fn peek(&self) -> Option<u64> {
        self.order.first_key_value().map(|(&(at, _), _)| at)
    }

    fn pop(&mut self) -> Option<(u64, Fired<u32>)> {
        let ((at, _), fired) = self.order.pop_first()?;
        self.now = at;
        if let Fired::Timer(timer) = fired {
            self.armed.remove(&timer);
        }
        Some((at, fired))
    }
}

/// When, as seen from now: most simulations live on a few scales at once, and ties matter.
fn offset() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0_u64..4,
        4 => 0_u64..40,
        3 => 0_u64..3_000,
        3 => 0_u64..1_000_000,
        2 => 0_u64..10_000_000_000,
        // The ends of buckets.
        2 => (0_u64..40).prop_map(|count| count << 10),
        1 => any::<u64>(),
        1 => Just(NEVER),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Schedule(u64),
    Crowd(u8, u64),
    Arm(usize, u64),
    ArmMany(u8, u64),
    ArmInPast(usize),
    Disarm(usize),
    NewTimer,
    RemoveTimer(usize),
    Peek,
    Pop(u8),
    PopUntil(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let timer = 0_usize..64;
    prop_oneof![
        6 => offset().prop_map(Step::Schedule),
        1 => (any::<u8>(), offset()).prop_map(|(count, at)| Step::Crowd(count, at)),
        12 => (timer.clone(), offset()).prop_map(|(timer, at)| Step::Arm(timer, at)),
        2 => (0_u8..64, offset()).prop_map(|(count, at)| Step::ArmMany(count, at)),
        1 => timer.clone().prop_map(Step::ArmInPast),
        3 => timer.clone().prop_map(Step::Disarm),
        4 => Just(Step::NewTimer),
        1 => timer.prop_map(Step::RemoveTimer),
        3 => Just(Step::Peek),
        6 => (1_u8..4).prop_map(Step::Pop),
        1 => any::<u8>().prop_map(Step::Pop),
        3 => offset().prop_map(Step::PopUntil),
    ]
}

struct Pair {
    queue: Queue<u32>,
    naive: Naive,
    timers: Vec<TimerId>,
    events: u32,
}

impl Pair {
    fn new(timers: usize) -> Self {
        let mut queue = Queue::new();
        let timers = (0..timers).map(|_| queue.new_timer()).collect();
        Self { queue, naive: Naive::default(), timers, events: 0 }
    }

    fn at(&self, offset: u64) -> u64 {
        self.queue.now().saturating_add(offset)
    }

    fn timer(&self, number: usize) -> Option<TimerId> {
        (!self.timers.is_empty()).then(|| self.timers[number % self.timers.len()])
    }

    fn schedule(&mut self, at: u64) {
        self.events += 1;
        assert_eq!(self.queue.schedule(at, self.events), self.naive.schedule(at, self.events));
    }

    fn arm(&mut self, number: usize, at: u64) {
        if let Some(timer) = self.timer(number) {
            assert_eq!(self.queue.arm(timer, at), self.naive.arm(timer, at));
        }
    }

    fn pop(&mut self) -> Option<(u64, Fired<u32>)> {
        let popped = self.queue.pop();
        assert_eq!(popped, self.naive.pop());
        popped
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Schedule(offset) => self.schedule(self.at(offset)),
            // A crowd around one time, not in order.
            Step::Crowd(count, offset) => {
                for place in 0..u64::from(count) {
                    self.schedule(self.at(offset.saturating_add(place * 37 % 11)));
                }
            }
            Step::Arm(number, offset) => self.arm(number, self.at(offset)),
            Step::ArmMany(count, offset) => {
                for number in 0..usize::from(count) {
                    self.arm(number * 7, self.at(offset));
                }
            }
            Step::ArmInPast(number) => {
                if let Some(before) = self.queue.now().checked_sub(1) {
                    self.arm(number, before);
                }
            }
            Step::Disarm(number) => {
                if let Some(timer) = self.timer(number) {
                    self.queue.disarm(timer);
                    self.naive.disarm(timer);
                }
            }
            Step::NewTimer => self.timers.push(self.queue.new_timer()),
            Step::RemoveTimer(number) => {
                if let Some(timer) = self.timer(number) {
                    self.queue.remove_timer(timer);
                    self.naive.disarm(timer);
                    self.timers.retain(|&other| other != timer);
                }
            }
            Step::Peek => assert_eq!(self.queue.peek_time(), self.naive.peek()),
            Step::Pop(count) => {
                for _ in 0..count {
                    self.pop();
                }
            }
            Step::PopUntil(offset) => {
                let limit = self.at(offset);
                let expected = if self.naive.peek().is_some_and(|at| at <= limit) { self.naive.pop() } else { None };
                assert_eq!(self.queue.pop_until(limit), expected);
            }
        }
        self.queue.check();
        assert_eq!(self.queue.len(), self.naive.order.len());
        assert_eq!(self.queue.now(), self.naive.now);
        for &timer in &self.timers {
            assert_eq!(self.queue.deadline(timer), self.naive.armed.get(&timer).map(|&(at, _)| at));
        }
    }

    fn drain(&mut self) {
        while self.pop().is_some() {}
        assert!(self.queue.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_cannot_be_told_from_one_that_removes_and_reinserts(
        timers in 0_usize..40,
        steps in prop::collection::vec(step(), 1..300),
    ) {
        let mut pair = Pair::new(timers);
        for step in &steps {
            pair.take(step);
        }
        pair.drain();
    }
}

/// A generator for tests that are too large for shrinking to be of use.
fn numbers(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    }
}

#[test]
fn things_at_one_time_come_in_the_order_of_their_insertion() {
    let mut pair = Pair::new(3);
    pair.schedule(7);
    pair.arm(0, 7);
    pair.schedule(7);
    pair.arm(1, 7);
    pair.arm(0, 7);
    let order: Vec<_> = core::iter::from_fn(|| pair.pop()).map(|(_, fired)| fired).collect();
    let [first, second, _] = pair.timers[..] else { panic!("three timers") };
    assert_eq!(order, vec![Fired::Event(1), Fired::Event(2), Fired::Timer(second), Fired::Timer(first)]);
}

#[test]
fn the_past_is_refused_with_the_culprit_and_nothing_changes() {
    let mut queue = Queue::new();
    let timer = queue.new_timer();
    queue.schedule(10, "first").unwrap();
    queue.pop();
    queue.arm(timer, 20).unwrap();
    assert_eq!(queue.schedule(9, "late"), Err(InPast { what: "late", at: 9, now: 10 }));
    let refused = queue.arm(timer, 9).unwrap_err();
    assert_eq!(refused, InPast { what: timer, at: 9, now: 10 });
    assert_eq!(alloc::format!("{refused}"), "cannot happen at 9, it is already 10: timer 0");
    assert_eq!(queue.deadline(timer), Some(20));
    assert_eq!(queue.schedule(10, "the present is allowed"), Ok(()));
    assert_eq!(queue.len(), 2);
}

#[test]
fn time_jumps_to_the_next_event_and_stays_when_there_is_none_before_the_limit() {
    let mut queue = Queue::new();
    queue.schedule(3_600_000_000_000, ()).unwrap();
    assert_eq!(queue.pop_until(3_599_999_999_999), None);
    assert_eq!(queue.now(), 0);
    assert_eq!(queue.pop(), Some((3_600_000_000_000, Fired::Event(()))));
    assert_eq!(queue.now(), 3_600_000_000_000);
}

#[test]
fn a_disarmed_timer_never_fires_and_a_fired_one_is_disarmed() {
    let mut queue = Queue::<()>::new();
    let (kept, disarmed) = (queue.new_timer(), queue.new_timer());
    queue.arm(kept, 5).unwrap();
    queue.arm(disarmed, 4).unwrap();
    queue.disarm(disarmed);
    assert_eq!(queue.len(), 1);
    assert_eq!(queue.pop(), Some((5, Fired::Timer(kept))));
    assert_eq!(queue.deadline(kept), None);
    queue.arm(kept, NEVER).unwrap();
    queue.schedule(NEVER, ()).unwrap();
    assert_eq!(queue.pop(), None);
    assert!(queue.is_empty());
}

#[test]
fn a_removed_timer_never_fires_and_its_index_serves_again_under_another_name() {
    let mut queue = Queue::<()>::new();
    let removed = queue.new_timer();
    queue.arm(removed, 5).unwrap();
    queue.remove_timer(removed);
    let reused = queue.new_timer();
    assert_eq!(reused.index(), removed.index());
    assert_ne!(reused, removed);
    queue.arm(reused, 9).unwrap();
    assert_eq!(queue.pop(), Some((9, Fired::Timer(reused))));
}

#[test]
#[should_panic(expected = "timer 0 was removed")]
fn using_a_removed_timer_is_a_broken_invariant_that_names_it() {
    let mut queue = Queue::<()>::new();
    let removed = queue.new_timer();
    queue.remove_timer(removed);
    let _ = queue.new_timer();
    let _ = queue.arm(removed, 1);
}

#[test]
fn many_timers_re_armed_and_moved_at_random_agree_with_the_model() {
    let mut pair = Pair::new(5_000);
    let mut number = numbers(1);
    for timer in 0..5_000 {
        pair.arm(timer, number(6_000_000_000));
    }
    for round in 0..60_000_u64 {
        let now = pair.queue.now();
        match number(10) {
            0..5 => {
                if let Some((now, Fired::Timer(timer))) = pair.pop() {
                    pair.arm(timer.index(), now + number(6_000_000_000));
                }
            }
            5..8 => pair.arm(number(5_000) as usize, now + 3_000_000_000 + number(3_000)),
            8 => pair.arm(number(5_000) as usize, now + number(1_000_000)),
            _ => pair.schedule(now + number(5_000_000)),
        }
        if round % 5_000 == 0 {
            assert_eq!(pair.queue.peek_time(), pair.naive.peek());
            pair.queue.check();
        }
    }
    pair.drain();
}

#[test]
fn a_crowd_at_one_instant_is_moved_and_fired_in_order() {
    let mut pair = Pair::new(3_000);
    let mut number = numbers(2);
    for timer in 0..3_000 {
        pair.arm(timer, 1_000_000);
    }
    assert_eq!(pair.queue.peek_time(), Some(1_000_000));
    // Moved while their instant is already sorted: earlier, later, to the same instant.
    for _ in 0..3_000 {
        let at = [999_000 + number(1_000), 1_000_000, 1_000_000 + number(1_000)][number(3) as usize];
        pair.arm(number(3_000) as usize, at);
    }
    pair.queue.check();
    for _ in 0..1_500 {
        pair.pop();
    }
    for timer in 0..3_000 {
        let now = pair.queue.now();
        pair.arm(2_999 - timer, now);
    }
    pair.drain();
}

#[test]
fn what_is_scheduled_before_a_time_already_peeked_at_comes_first() {
    let mut pair = Pair::new(0);
    let mut number = numbers(3);
    let hour = 3_600_000_000_000;
    for _ in 0..300 {
        pair.schedule(hour + number(1_000));
    }
    for peeks in 0..20 {
        assert_eq!(pair.queue.peek_time(), pair.naive.peek());
        for _ in 0..300 {
            pair.schedule(hour / (peeks + 2) + number(10_000_000));
        }
    }
    pair.drain();
}

#[test]
fn a_timer_moved_to_the_end_of_its_bucket_comes_after_what_waits_there() {
    for bits in (0..60).step_by(5) {
        let mut pair = Pair::new(1);
        let width = 1 << bits;
        pair.arm(0, width);
        pair.schedule(2 * width);
        pair.arm(0, 2 * width);
        pair.schedule(2 * width - 1);
        pair.queue.check();
        pair.drain();
    }
}
