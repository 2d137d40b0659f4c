//! The event queue: one-shot events and timers in one order, and the clock that follows them.

use alloc::vec::Vec;
use core::mem;

use crate::order::{Entry, EntryId, Kind, Order};
use crate::timer::{Timer, TimerId};

/// Later than everything that happens: arming a timer for it is disarming it, and an event scheduled for it is
/// forgotten.
pub const NEVER: u64 = u64::MAX;

/// What happens: a popped entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fired<E> {
    /// A one-shot event, with its payload.
    Event(E),
    /// A timer reached its deadline and is now disarmed.
    Timer(TimerId),
}

/// The refusal to schedule or arm something for a time that has passed. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot happen at {at}, it is already {now}: {what:?}")]
pub struct InPast<W> {
    /// What was to happen: the event handed back, or the timer.
    pub what: W,
    /// When it was to happen.
    pub at: u64,
    /// The time at which that was asked.
    pub now: u64,
}

/// The queue of all that will happen, and the clock. The rules are on the [crate's first page](crate).
///
/// What it costs: an insertion and a pop together move an entry a handful of times, nearly independent of how many
/// wait. Moving a timer later, for the same time, or disarming it changes its slot only, not the queue: each timer
/// has at most one entry, which is put right when it surfaces. Moving a timer earlier takes its entry out and puts it
/// in again.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    now: u64,
    /// The next insertion number.
    number: u64,
    /// How many events and armed timers wait.
    len: usize,
    order: Order,
    timers: Vec<Timer>,
    free_timers: Vec<u32>,
    events: Vec<Option<E>>,
    free_events: Vec<u32>,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Queue<E> {
    /// An empty queue at time zero.
    pub fn new() -> Self {
        Self {
            now: 0,
            number: 0,
            len: 0,
            order: Order::new(),
            timers: Vec::new(),
            free_timers: Vec::new(),
            events: Vec::new(),
            free_events: Vec::new(),
        }
    }

    /// The time of what was popped last; zero before that.
    #[inline]
    pub fn now(&self) -> u64 {
        self.now
    }

    /// How many events and armed timers wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Lets `event` happen once, at `at`.
    ///
    /// # Errors
    /// [`InPast`], with the event handed back, if `at` is before [`now`](Self::now).
    #[inline]
    pub fn schedule(&mut self, at: u64, event: E) -> Result<(), InPast<E>> {
        if at < self.now {
            return Err(InPast { what: event, at, now: self.now });
        }
        if at != NEVER {
            let index = self.add(at);
            fill(&mut self.events[index], event);
        }
        Ok(())
    }

    /// The same with an event that is made where it waits, as moving it there takes longer than all else. It is not
    /// made at all if it would be refused or forgotten.
    ///
    /// # Errors
    /// [`InPast`] if `at` is before [`now`](Self::now).
    #[inline]
    pub fn schedule_with(&mut self, at: u64, event: impl FnOnce() -> E) -> Result<(), InPast<()>> {
        if at < self.now {
            return Err(InPast { what: (), at, now: self.now });
        }
        if at != NEVER {
            let index = self.add(at);
            fill(&mut self.events[index], event());
        }
        Ok(())
    }

    /// Something will happen at `at`; where it is kept.
    #[inline]
    fn add(&mut self, at: u64) -> usize {
        let index = self.free_events.pop().unwrap_or_else(|| {
            assert!(self.events.len() < EntryId::LIMIT, "too many events wait");
            self.events.push(None);
            self.events.len() as u32 - 1
        });
        self.len += 1;
        let entry = Entry::new(at, self.next_number(), EntryId::event(index));
        self.order.insert(&mut self.timers, entry);
        index as usize
    }

    /// A new timer, disarmed.
    pub fn new_timer(&mut self) -> TimerId {
        if let Some(index) = self.free_timers.pop() {
            return TimerId { index, generation: self.timers[index as usize].generation };
        }
        assert!(self.timers.len() < EntryId::LIMIT, "too many timers");
        let index = self.timers.len() as u32;
        self.timers.push(Timer::new());
        TimerId { index, generation: 0 }
    }

    /// Forgets the timer, armed or not. Its name is invalid from now on.
    ///
    /// # Panics
    /// If the timer was removed before.
    pub fn remove_timer(&mut self, timer: TimerId) {
        self.disarm(timer);
        let slot = &mut self.timers[timer.index()];
        slot.generation = slot.generation.wrapping_add(1);
        if slot.queued != Timer::NOT_QUEUED {
            self.order.remove(&mut self.timers, timer.index());
        }
        self.free_timers.push(timer.index);
    }

    /// Sets the timer's one deadline, replacing any it had; [`NEVER`] disarms.
    ///
    /// # Errors
    /// [`InPast`] if `at` is before [`now`](Self::now).
    ///
    /// # Panics
    /// If the timer was removed.
    #[inline]
    pub fn arm(&mut self, timer: TimerId, at: u64) -> Result<(), InPast<TimerId>> {
        if at < self.now {
            return Err(InPast { what: timer, at, now: self.now });
        }
        if at == NEVER {
            self.disarm(timer);
            return Ok(());
        }
        let number = self.next_number();
        let slot = self.slot(timer);
        let newly_armed = slot.deadline == NEVER;
        let queued = slot.queued;
        slot.deadline = at;
        slot.number = number;
        self.len += usize::from(newly_armed);
        if at < queued {
            if queued != Timer::NOT_QUEUED {
                self.order.remove(&mut self.timers, timer.index());
            }
            self.timers[timer.index()].queued = at;
            self.order.insert(&mut self.timers, Entry::new(at, number, EntryId::timer(timer.index)));
        }
        Ok(())
    }

    /// Takes the timer's deadline away; nothing happens if it has none.
    ///
    /// # Panics
    /// If the timer was removed.
    #[inline]
    pub fn disarm(&mut self, timer: TimerId) {
        let slot = self.slot(timer);
        let was_armed = slot.deadline != NEVER;
        slot.disarm();
        self.len -= usize::from(was_armed);
    }

    /// When the timer will fire, if it is armed.
    ///
    /// # Panics
    /// If the timer was removed.
    #[inline]
    pub fn deadline(&self, timer: TimerId) -> Option<u64> {
        let slot = &self.timers[timer.index()];
        assert!(slot.generation == timer.generation, "{timer:?} was removed");
        (slot.deadline != NEVER).then_some(slot.deadline)
    }

    /// The time of what comes next. (It takes `&mut self` because it may sort; nothing changes that can be seen.)
    #[inline]
    pub fn peek_time(&mut self) -> Option<u64> {
        self.order.peek(&mut self.timers).map(|entry| entry.time)
    }

    /// Takes out what comes next and moves the clock there.
    #[inline]
    pub fn pop(&mut self) -> Option<(u64, Fired<E>)> {
        self.pop_until(NEVER)
    }

    /// [`pop`](Self::pop), unless what comes next is later than `limit`: then nothing changes, not even the clock.
    #[inline]
    pub fn pop_until(&mut self, limit: u64) -> Option<(u64, Fired<E>)> {
        let entry = self.order.peek(&mut self.timers)?;
        if entry.time > limit {
            return None;
        }
        self.order.pop_peeked();
        self.now = entry.time;
        self.len -= 1;
        let fired = match entry.id().kind() {
            Kind::Timer(index) => {
                let slot = &mut self.timers[index];
                slot.disarm();
                slot.queued = Timer::NOT_QUEUED;
                Fired::Timer(TimerId { index: index as u32, generation: slot.generation })
            }
            Kind::Event(index) => {
                self.free_events.push(index as u32);
                Fired::Event(self.events[index].take().expect("an event in the order has its payload"))
            }
        };
        Some((entry.time, fired))
    }

    #[inline]
    fn next_number(&mut self) -> u64 {
        let number = self.number;
        assert!(number < Entry::NUMBERS, "too many insertions");
        self.number += 1;
        number
    }

    #[inline]
    fn slot(&mut self, timer: TimerId) -> &mut Timer {
        let slot = &mut self.timers[timer.index()];
        assert!(slot.generation == timer.generation, "{timer:?} was removed");
        slot
    }
    /// Panics unless the parts agree.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        let events = self.events.iter().flatten().count();
        assert_eq!(self.events.len(), events + self.free_events.len());
        assert_eq!(self.len, events + self.timers.iter().filter(|timer| timer.deadline != NEVER).count());
        self.order.check(&self.timers, events);
    }
}

/// Puts an event into an empty place. Nothing that was there is dropped: the event would have to be at an address then,
/// made elsewhere first and moved.
#[inline]
fn fill<E>(place: &mut Option<E>, event: E) {
    let empty = place.replace(event);
    debug_assert!(empty.is_none(), "a free place is empty");
    mem::forget(empty);
}
