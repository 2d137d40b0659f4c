//! Deadlines of a coordinator, earliest first; equal ones in the order in which they were armed.
//!
//! A session timer is armed anew by every heartbeat, and almost never runs out. So arming anew costs O(1): the timer
//! notes its new deadline, and its place in the heap, which now says too early a time, is corrected when it surfaces.
//! There is exactly one entry a timer: nothing piles up. The price: [`Timers::next`] may be earlier than any real
//! deadline, never later; whoever wakes then finds nothing due and gets a better answer.
//!
//! A held timer does not run: it remembers when it was last armed, and stands there again once it is released.
//!
//! Those that all have one length and end in the order in which they began need no place of their own: they stand in
//! line.
//!
//! Left out on purpose: Kafka's timing wheel, whose 1 ms resolution and whose hand-over between threads can swap
//! timers of the same millisecond.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;
use core::num::NonZeroU64;

use protocol::{SimDuration, SimTime};

use crate::arena::{Arena, Key};

/// What orders timers: deadline, then when they were armed, then the running number of that arming.
type Rank = (SimTime, SimTime, NonZeroU64);

/// One armed timer.
#[derive(Debug)]
pub(crate) struct Timer {
    armed_at: SimTime,
    length: SimDuration,
    number: NonZeroU64,
}

impl Timer {
    fn deadline(&self) -> SimTime {
        self.armed_at + self.length
    }

    fn rank(&self) -> Rank {
        (self.deadline(), self.armed_at, self.number)
    }
}

/// Names a timer as long as it is armed.
pub(crate) type TimerKey = Key<Timer>;

/// Not in the heap.
const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Not later than the timer's own rank.
    rank: Rank,
    key: TimerKey,
}

/// All timers of one coordinator.
#[derive(Debug)]
pub(crate) struct Timers<O> {
    timers: Arena<Timer>,
    /// Whom each timer belongs to, by the timer's index. Kept by itself: only who runs out is asked for.
    owners: Vec<Option<O>>,
    heap: Vec<Entry>,
    /// Where the heap entry of each timer is, by the timer's index; [`NOWHERE`] while it is held. Kept by itself: of
    /// timers that only move in the heap nothing is read.
    places: Vec<u32>,
    /// Who stands in line, the first to run out first; who they are knows whoever lets them line up.
    line: VecDeque<Rank>,
    armed: NonZeroU64,
}

/// What has run out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due<O> {
    /// The timer of this owner.
    Timer(O),
    /// The first one in line.
    FirstInLine,
}

impl<O> Default for Timers<O> {
    fn default() -> Self {
        Self {
            timers: Arena::default(),
            owners: Vec::new(),
            heap: Vec::new(),
            places: Vec::new(),
            line: VecDeque::new(),
            armed: NonZeroU64::MIN,
        }
    }
}

impl<O> Timers<O> {
    /// Arms a timer that runs out `length` after `now`.
    pub(crate) fn arm(&mut self, owner: O, now: SimTime, length: SimDuration) -> TimerKey {
        let number = self.count();
        let key = self.timers.insert(Timer { armed_at: now, length, number });
        if self.places.len() <= key.index() {
            self.places.resize(key.index() + 1, NOWHERE);
            self.owners.resize_with(key.index() + 1, || None);
        }
        self.owners[key.index()] = Some(owner);
        self.enter(key);
        key
    }

    /// The same for one that stands in line: its `length` is that of the others.
    pub(crate) fn line_up(&mut self, now: SimTime, length: SimDuration) {
        let number = self.count();
        self.line.push_back((now + length, now, number));
    }

    /// How many stand in line.
    pub(crate) fn in_line(&self) -> usize {
        self.line.len()
    }

    /// The first one in line ends without effect.
    pub(crate) fn leave_line(&mut self) {
        let first = self.line.pop_front();
        debug_assert!(first.is_some(), "who leaves has stood in line");
    }

    /// Arms the timer anew: as if it were cancelled and another armed. A held one stays held.
    pub(crate) fn rearm(&mut self, key: TimerKey, now: SimTime, length: SimDuration) {
        let number = self.count();
        let timer = self.timers.get_mut(key).expect("whoever keeps a timer's key has not cancelled it");
        let former = timer.deadline();
        (timer.armed_at, timer.length, timer.number) = (now, length, number);
        // Otherwise the entry is not later than the timer, and is put right when it surfaces.
        if timer.deadline() <= former {
            self.correct(key);
        }
    }

    /// Ends the timer without effect.
    pub(crate) fn cancel(&mut self, key: TimerKey) {
        self.leave(key);
        if self.timers.remove(key).is_some() {
            self.owners[key.index()] = None;
        }
    }

    /// Stops the timer until [`Timers::release`].
    pub(crate) fn hold(&mut self, key: TimerKey) {
        self.leave(key);
    }

    /// Lets a held timer run again, from the later of its last arming and `since` (then with `length`). A timer that is
    /// not held is treated as if it had been armed anew at `since`, if that is later than its last arming.
    pub(crate) fn release(&mut self, key: TimerKey, since: SimTime, length: SimDuration) {
        let number = self.count();
        let Some(timer) = self.timers.get_mut(key) else { return };
        if since >= timer.armed_at {
            (timer.armed_at, timer.length, timer.number) = (since, length, number);
        }
        if self.places[key.index()] == NOWHERE { self.enter(key) } else { self.correct(key) }
    }

    /// Whether the timer is held.
    pub(crate) fn is_held(&self, key: TimerKey) -> bool {
        self.timers.get(key).is_some() && self.places[key.index()] == NOWHERE
    }

    /// Whether the timer is armed, held or not.
    pub(crate) fn is_armed(&self, key: TimerKey) -> bool {
        self.timers.get(key).is_some()
    }

    /// When to look again: no timer runs out before; one may run out then.
    pub(crate) fn next(&self) -> Option<SimTime> {
        let first = self.heap.first().map(|entry| entry.rank.0);
        match (first, self.line.front()) {
            (Some(first), Some(in_line)) => Some(first.min(in_line.0)),
            (first, in_line) => first.or(in_line.map(|rank| rank.0)),
        }
    }

    /// The first timer that has run out by `now`; it is armed no longer.
    pub(crate) fn pop_due(&mut self, now: SimTime) -> Option<Due<O>> {
        loop {
            let in_line = self.line.front().filter(|rank| rank.0 <= now);
            let first = self.heap.first().filter(|first| first.rank.0 <= now);
            let Some(first) = first.filter(|first| in_line.is_none_or(|rank| first.rank < *rank)) else {
                return self.line.pop_front_if(|rank| rank.0 <= now).map(|_| Due::FirstInLine);
            };
            let (key, noted) = (first.key, first.rank);
            let rank = self.timers.get(key).expect("a heap entry has a timer").rank();
            if rank == noted {
                self.leave(key);
                self.timers.remove(key);
                return self.owners[key.index()].take().map(Due::Timer);
            }
            self.heap[0].rank = rank;
            self.sift_down(0);
        }
    }

    /// Number of armed timers, held ones and those in line included.
    pub(crate) fn len(&self) -> usize {
        self.timers.len() + self.line.len()
    }

    /// Ends all timers without effect.
    pub(crate) fn clear(&mut self) {
        self.timers = Arena::default();
        self.owners.clear();
        self.heap.clear();
        self.places.clear();
        self.line.clear();
    }

    /// Panics if the heap is not one, or does not hold exactly the timers that run.
    pub(crate) fn check(&self) {
        for (at, entry) in self.heap.iter().enumerate() {
            let timer = self.timers.get(entry.key).expect("a heap entry has a timer");
            assert_eq!(self.places[entry.key.index()], at as u32, "a timer's place in the heap is known");
            assert!(entry.rank <= timer.rank(), "a heap entry is never later than its timer");
            assert!(at == 0 || self.heap[(at - 1) / 2].rank <= entry.rank, "the heap is ordered");
        }
        assert!(self.line.iter().is_sorted(), "who stands in line runs out in that order");
        let running = self.places.iter().filter(|place| **place != NOWHERE).count();
        assert_eq!(running, self.heap.len(), "every running timer has one heap entry");
    }

    fn count(&mut self) -> NonZeroU64 {
        self.armed = self.armed.saturating_add(1);
        self.armed
    }

    /// After a change of rank: an earlier one moves the heap entry, a later one is left for when the entry surfaces.
    fn correct(&mut self, key: TimerKey) {
        let rank = self.timers.get(key).expect("a corrected timer is armed").rank();
        let place = self.places[key.index()] as usize;
        if self.heap.get(place).is_some_and(|entry| rank < entry.rank) {
            self.rise(place, Entry { rank, key });
        }
    }

    fn enter(&mut self, key: TimerKey) {
        let rank = self.timers.get(key).expect("an entering timer is armed").rank();
        let entry = Entry { rank, key };
        self.heap.push(entry);
        self.rise(self.heap.len() - 1, entry);
    }

    fn leave(&mut self, key: TimerKey) {
        if self.timers.get(key).is_none() {
            return;
        }
        let place = mem::replace(&mut self.places[key.index()], NOWHERE) as usize;
        if place == NOWHERE as usize {
            return;
        }
        self.heap.swap_remove(place);
        if place < self.heap.len() {
            let entry = self.heap[place];
            self.rise(place, entry);
            self.sift_down(place);
        }
    }

    fn note_place(&mut self, at: usize) {
        self.places[self.heap[at].key.index()] = at as u32;
    }

    /// Puts the entry that belongs at `at`, or further up, where it belongs.
    #[inline]
    fn rise(&mut self, mut at: usize, entry: Entry) {
        while at > 0 && entry.rank < self.heap[(at - 1) / 2].rank {
            self.heap[at] = self.heap[(at - 1) / 2];
            self.note_place(at);
            at = (at - 1) / 2;
        }
        self.heap[at] = entry;
        self.note_place(at);
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.heap[child].rank < self.heap[least].rank {
                    least = child;
                }
            }
            if least == at {
                break;
            }
            self.heap.swap(at, least);
            self.note_place(at);
            at = least;
        }
        self.note_place(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> SimTime {
        SimTime::from_millis(millis)
    }

    const fn ms(millis: u64) -> SimDuration {
        SimDuration::from_millis(millis)
    }

    fn drain(timers: &mut Timers<u32>, now: SimTime) -> Vec<u32> {
        let due = || timers.pop_due(now);
        core::iter::from_fn(due)
            .map(|due| match due {
                Due::Timer(owner) => owner,
                Due::FirstInLine => IN_LINE,
            })
            .collect()
    }

    /// Stands for all who stand in line.
    const IN_LINE: u32 = u32::MAX;

    #[test]
    fn equal_deadlines_run_out_in_the_order_of_their_last_arming() {
        let mut timers = Timers::default();
        let first = timers.arm(1, at(0), ms(10));
        timers.arm(2, at(0), ms(10));
        timers.arm(3, at(5), ms(5));
        timers.rearm(first, at(0), ms(10));
        assert_eq!(drain(&mut timers, at(10)), [2, 1, 3]);
    }

    #[test]
    fn arming_anew_leaves_one_entry_and_looking_too_early_finds_nothing() {
        let mut timers = Timers::default();
        let key = timers.arm(1, at(0), ms(10));
        for now in 1..1000 {
            timers.rearm(key, at(now), ms(10));
        }
        assert_eq!(timers.next(), Some(at(10)), "a stale entry says too early a time");
        assert_eq!(timers.pop_due(at(10)), None);
        assert_eq!(timers.next(), Some(at(1009)));
        assert_eq!(timers.pop_due(at(1009)), Some(Due::Timer(1)));
        assert_eq!((timers.next(), timers.len()), (None, 0));
    }

    #[test]
    fn an_earlier_deadline_takes_effect_at_once() {
        let mut timers = Timers::default();
        let slow = timers.arm(1, at(0), ms(300));
        timers.arm(2, at(0), ms(50));
        timers.rearm(slow, at(1), ms(10));
        assert_eq!(timers.next(), Some(at(11)));
        assert_eq!(drain(&mut timers, at(60)), [1, 2]);
    }

    #[test]
    fn a_held_timer_stands_where_its_last_arming_put_it() {
        let mut timers = Timers::default();
        let (early, late) = (timers.arm(1, at(0), ms(10)), timers.arm(2, at(0), ms(10)));
        timers.hold(early);
        timers.hold(late);
        assert_eq!(timers.next(), None);
        timers.rearm(late, at(20), ms(10));
        timers.release(late, at(15), ms(10));
        timers.release(early, at(15), ms(10));
        assert_eq!(timers.pop_due(at(24)), None);
        assert_eq!(drain(&mut timers, at(30)), [1, 2]);
    }

    /// Compares with a plain list of deadlines under random use.
    #[test]
    fn random_use_agrees_with_a_sorted_list() {
        let mut random = 7u64;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut timers = Timers::default();
        // Whoever stands in line has no key and no owner.
        type Owned = Option<(TimerKey, u32)>;
        let mut plain: Vec<(SimTime, u64, Owned)> = Vec::new();
        let mut now = 0;
        for step in 0..20_000u64 {
            now += next(3);
            let length = next(40);
            match next(5) {
                0 => {
                    timers.line_up(at(now), ms(17));
                    plain.push((at(now + 17), step, None));
                }
                1 => {
                    let key = timers.arm(step as u32, at(now), ms(length));
                    plain.push((at(now + length), step, Some((key, step as u32))));
                }
                2 if !plain.is_empty() => {
                    let which = next(plain.len() as u64) as usize;
                    let Some((key, _)) = plain[which].2 else { continue };
                    timers.rearm(key, at(now), ms(length));
                    (plain[which].0, plain[which].1) = (at(now + length), step);
                }
                3 if !plain.is_empty() => {
                    let mut which = next(plain.len() as u64) as usize;
                    match plain[which].2 {
                        Some((key, _)) => timers.cancel(key),
                        None => {
                            let in_line = plain.iter().enumerate().filter(|(_, timer)| timer.2.is_none());
                            which = in_line.min_by_key(|(_, timer)| timer.1).expect("this one is").0;
                            timers.leave_line();
                        }
                    }
                    plain.swap_remove(which);
                }
                _ => {
                    plain.sort_by_key(|timer| (timer.0, timer.1));
                    let due = plain.iter().take_while(|timer| timer.0 <= at(now)).count();
                    let owner = |timer: Owned| timer.map_or(IN_LINE, |(_, owner)| owner);
                    let expected: Vec<u32> = plain.drain(..due).map(|timer| owner(timer.2)).collect();
                    assert_eq!(drain(&mut timers, at(now)), expected);
                }
            }
            timers.check();
        }
    }
}
