//! The event queue: one-shot events and timers in one order.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

/// Later than everything that happens: arming a timer for it is disarming it.
pub const NEVER: u64 = u64::MAX;

/// The name of a timer of one [`Queue`]; never equal to the name of a timer that was removed before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId {
    index: u32,
    generation: u32,
}

impl TimerId {
    /// A small number of its own among the timers that exist at one moment: an index for a table of owners. The numbers of
    /// removed timers are given out again.
    pub fn index(self) -> usize {
        self.index as usize
    }
}

impl fmt::Debug for TimerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timer {}", self.index)?;
        if self.generation == 0 { Ok(()) } else { write!(f, " (reuse {})", self.generation) }
    }
}

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

struct Slot {
    generation: u32,
    entry: Option<(u64, u64)>,
}

/// The queue of all that will happen, and the clock.
pub struct Queue<E> {
    now: u64,
    inserted: u64,
    order: BTreeMap<(u64, u64), Fired<E>>,
    slots: Vec<Slot>,
    free: Vec<u32>,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Queue<E> {
    /// An empty queue at time zero.
    pub fn new() -> Self {
        Self { now: 0, inserted: 0, order: BTreeMap::new(), slots: Vec::new(), free: Vec::new() }
    }

    /// The time of what was popped last; zero before that.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// How many events and armed timers wait.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Lets `event` happen once, at `at`.
    ///
    /// # Errors
    /// [`InPast`], with the event handed back, if `at` is before [`now`](Self::now).
    pub fn schedule(&mut self, at: u64, event: E) -> Result<(), InPast<E>> {
        if at < self.now {
            return Err(InPast { what: event, at, now: self.now });
        }
        self.order.insert((at, self.inserted), Fired::Event(event));
        self.inserted += 1;
        Ok(())
    }

    /// A new timer, disarmed.
    pub fn new_timer(&mut self) -> TimerId {
        if let Some(index) = self.free.pop() {
            return TimerId { index, generation: self.slots[index as usize].generation };
        }
        let index = u32::try_from(self.slots.len()).expect("fewer than 2^32 timers");
        self.slots.push(Slot { generation: 0, entry: None });
        TimerId { index, generation: 0 }
    }

    /// Forgets the timer, armed or not. Its name is invalid from now on.
    ///
    /// # Panics
    /// If the timer was removed before.
    pub fn remove_timer(&mut self, timer: TimerId) {
        self.disarm(timer);
        self.slot(timer).generation += 1;
        self.free.push(timer.index);
    }

    /// Sets the timer's one deadline, replacing any it had; [`NEVER`] disarms.
    ///
    /// # Errors
    /// [`InPast`] if `at` is before [`now`](Self::now).
    ///
    /// # Panics
    /// If the timer was removed.
    pub fn arm(&mut self, timer: TimerId, at: u64) -> Result<(), InPast<TimerId>> {
        if at < self.now {
            return Err(InPast { what: timer, at, now: self.now });
        }
        self.disarm(timer);
        if at != NEVER {
            let key = (at, self.inserted);
            self.inserted += 1;
            self.slot(timer).entry = Some(key);
            self.order.insert(key, Fired::Timer(timer));
        }
        Ok(())
    }

    /// Takes the timer's deadline away; nothing happens if it has none.
    ///
    /// # Panics
    /// If the timer was removed.
    pub fn disarm(&mut self, timer: TimerId) {
        if let Some(key) = self.slot(timer).entry.take() {
            self.order.remove(&key);
        }
    }

    /// When the timer will fire, if it is armed.
    ///
    /// # Panics
    /// If the timer was removed.
    pub fn deadline(&self, timer: TimerId) -> Option<u64> {
        let slot = &self.slots[timer.index()];
        assert!(slot.generation == timer.generation, "{timer:?} was removed");
        slot.entry.map(|(at, _)| at)
    }

    /// The time of what comes next. (It takes `&mut self` because it may tidy up; nothing changes that can be seen.)
    pub fn peek_time(&mut self) -> Option<u64> {
        self.order.keys().next().map(|&(at, _)| at)
    }

    /// Takes out what comes next and moves the clock there.
    pub fn pop(&mut self) -> Option<(u64, Fired<E>)> {
        self.pop_until(NEVER)
    }

    /// [`pop`](Self::pop), unless what comes next is later than `limit`: then nothing changes, not even the clock.
    pub fn pop_until(&mut self, limit: u64) -> Option<(u64, Fired<E>)> {
        if self.peek_time()? > limit {
            return None;
        }
        let ((at, _), fired) = self.order.pop_first()?;
        self.now = at;
        if let Fired::Timer(timer) = fired {
            self.slot(timer).entry = None;
        }
        Some((at, fired))
    }

    fn slot(&mut self, timer: TimerId) -> &mut Slot {
        let slot = &mut self.slots[timer.index()];
        assert!(slot.generation == timer.generation, "{timer:?} was removed");
        slot
    }
}
