//! The order of what waits: entries sorted by (time, insertion number), as late and as little as possible.
//!
//! A radix queue. Times are read as numbers of thirteen digits, five bits each. Beside a reference time, the *base*,
//! stand buckets: an entry lies in the bucket of the highest digit in which its time differs from the base (the
//! *level*) and of its time's value there. The levels below the lowest occupied one are empty, so the soonest entries
//! are all in one bucket, the first of the lowest level. It is taken when they are due: a large one is dealt out to
//! the level below, a small one is sorted into the *front*, from which entries are popped. Most entries are moved
//! once or twice and sorted among a few dozen; a binary heap compares each about log₂ n times, along paths that no
//! cache and no branch predictor can guess.
//!
//! Contract:
//! - The front holds all entries before `end`, the soonest last; the buckets hold the rest. The one exception is an
//!   instant of its own (a bucket of level zero): what comes to it after it was loaded has higher numbers, and waits
//!   in its bucket for the next load. So a hundred thousand entries at one time cost no more than any others.
//! - An entry of a timer may be *stale*: the timer knows better (see [`Timer`]). Then the entry is early, never late,
//!   and is put right or dropped when it is next touched.
//! - Any time may come in at any moment, even before the base: [`Order::peek`] may have moved the base past it. It
//!   then joins the front. A front that is inserted into again and again reaches too far: it goes back into buckets,
//!   around its soonest entry.
//!
//! Left out on purpose: knowing what the ids mean beyond telling a timer from an event, and the clock.

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::mem;

use crate::timer::Timer;

/// Bits of a digit. Fewer: more moves from level to level; more: more buckets, emptier ones. Five measured best.
const BITS: u32 = 5;
const DIGITS: usize = 1 << BITS;
const LEVELS: usize = 64_usize.div_ceil(BITS as usize);
/// The largest bucket that is sorted as a whole, and the bits that tell its entries apart.
const LOAD_BITS: u32 = 6;
const LOAD: usize = 1 << LOAD_BITS;
/// The bits that are left for the time in a sorting key.
const KEY_BITS: u32 = 31 - LOAD_BITS;
/// Keys that are compared at a time.
const LANES: usize = 8;
/// How many entries are inserted into a front before it goes back into buckets, as it reaches too far.
const INSERTIONS: u32 = 32;
/// Capacity, in entries, up to which an emptied bucket keeps its buffer.
const SMALL: usize = 4 * LOAD;

/// Names what an entry stands for: a timer or an event, by its index in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntryId(u32);

/// What an [`EntryId`] names.
pub(crate) enum Kind {
    Timer(usize),
    Event(usize),
}

impl EntryId {
    const BITS: u32 = 24;
    const EVENT: u32 = 1 << (Self::BITS - 1);
    /// Indices are smaller than this: eight million timers, and as many events, at a time.
    pub(crate) const LIMIT: usize = Self::EVENT as usize - 1;
    /// What is left of an entry that was taken out of the middle of the front.
    const DEAD: Self = Self(2 * Self::EVENT - 1);

    /// The timer with this index.
    #[inline]
    pub(crate) fn timer(index: u32) -> Self {
        Self(index)
    }

    /// The event with this index.
    #[inline]
    pub(crate) fn event(index: u32) -> Self {
        Self(index | Self::EVENT)
    }

    /// What it names.
    #[inline]
    pub(crate) fn kind(self) -> Kind {
        if self.0 & Self::EVENT == 0 {
            Kind::Timer(self.0 as usize)
        } else {
            Kind::Event((self.0 & !Self::EVENT) as usize)
        }
    }
}

/// Something that waits, with its place in the order. Two words, which are handed on in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) time: u64,
    /// The insertion number, and behind it what the entry stands for.
    tail: u64,
}

impl Entry {
    /// Insertion numbers are smaller than this: enough for three days at four million insertions a second.
    pub(crate) const NUMBERS: u64 = 1 << (u64::BITS - EntryId::BITS);

    /// What no entry is, to fill places with.
    const NONE: Self = Self { time: 0, tail: EntryId::DEAD.0 as u64 };

    #[inline]
    pub(crate) fn new(time: u64, number: u64, id: EntryId) -> Self {
        Self { time, tail: number << EntryId::BITS | u64::from(id.0) }
    }

    #[inline]
    pub(crate) fn id(self) -> EntryId {
        EntryId(self.tail as u32 & EntryId::DEAD.0)
    }

    #[inline]
    fn number(self) -> u64 {
        self.tail >> EntryId::BITS
    }

    fn die(&mut self) {
        self.tail |= u64::from(EntryId::DEAD.0);
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Sorted, soonest last.
    front: Vec<Entry>,
    /// Insertions into the front since it was loaded.
    insertions: u32,
    end: u64,
    base: u64,
    /// Bit `l`: level `l` has entries. Bit `d` of `digits[l]`: its bucket `d` has.
    levels: u32,
    digits: [u32; LEVELS],
    buckets: Vec<Vec<Entry>>,
    /// Buffers of emptied buckets, for the next that fill.
    spares: Vec<Vec<Entry>>,
    keys: [i32; LOAD],
}

/// The level at which times differ, given the bits in which they do; zero if they are the same.
#[inline]
fn level_of(difference: u64) -> usize {
    ((difference | 1).ilog2() / BITS) as usize
}

#[inline]
fn digit_of(time: u64, level: usize) -> usize {
    (time >> (level as u32 * BITS)) as usize % DIGITS
}

impl Order {
    pub(crate) fn new() -> Self {
        Self {
            front: Vec::new(),
            insertions: 0,
            end: 0,
            base: 0,
            levels: 0,
            digits: [0; LEVELS],
            buckets: (0..LEVELS * DIGITS).map(|_| Vec::new()).collect(),
            spares: Vec::new(),
            keys: [0; LOAD],
        }
    }

    /// Puts an entry in.
    #[inline]
    pub(crate) fn insert(&mut self, timers: &mut [Timer], entry: Entry) {
        if entry.time < self.end {
            self.insert_into_front(timers, entry);
        } else {
            self.place(timers, entry);
        }
    }

    /// The soonest entry, which is not stale.
    #[inline]
    pub(crate) fn peek(&mut self, timers: &mut [Timer]) -> Option<Entry> {
        loop {
            let Some(&entry) = self.front.last() else {
                if self.refill(timers) {
                    continue;
                }
                return None;
            };
            if is_current(timers, entry) {
                return Some(entry);
            }
            self.front.pop();
            if let Some(moved) = renewed(timers, entry) {
                self.insert(timers, moved);
            }
        }
    }

    /// Takes the soonest entry out, which [`peek`](Self::peek) has just shown.
    #[inline]
    pub(crate) fn pop_peeked(&mut self) {
        self.front.pop();
    }

    /// Takes the entry of a timer out, wherever it is.
    pub(crate) fn remove(&mut self, timers: &mut [Timer], index: usize) {
        let timer = &mut timers[index];
        let (queued, slot) = (timer.queued, timer.slot as usize);
        timer.queued = Timer::NOT_QUEUED;
        let id = EntryId(index as u32);
        // The slot is right for entries in buckets and for those of an instant of its own in the front; elsewhere in
        // the front entries shift, but there they are few.
        if self.front.get(slot).is_some_and(|entry| entry.id() == id) {
            self.front[slot].die();
        } else if queued < self.end {
            let entry = self.front.iter_mut().find(|entry| entry.id() == id);
            entry.expect("what is due before the end is in the front").die();
        } else {
            // If this empties the bucket, it stays marked until it is loaded: that costs nothing.
            let level = level_of(queued ^ self.base);
            let bucket = &mut self.buckets[level * DIGITS + digit_of(queued, level)];
            assert!(bucket[slot].id() == id, "a timer knows the place of its entry");
            bucket.swap_remove(slot);
            if let Some(Kind::Timer(other)) = bucket.get(slot).map(|moved| moved.id().kind()) {
                timers[other].slot = slot as u32;
            }
        }
    }

    #[inline(always)]
    fn insert_into_front(&mut self, timers: &mut [Timer], entry: Entry) {
        let at = self.front.partition_point(|other| *other > entry);
        self.front.insert(at, entry);
        self.insertions += 1;
        if self.insertions > INSERTIONS {
            self.unload(timers);
        }
    }

    /// Puts the front back into buckets, around the soonest entry.
    #[cold]
    fn unload(&mut self, timers: &mut [Timer]) {
        let mut front = mem::take(&mut self.front);
        if let Some(soonest) = front.last() {
            if soonest.time < self.base {
                self.gather(timers, soonest.time);
            }
            self.base = soonest.time;
            self.end = soonest.time;
        }
        for entry in front.drain(..).filter(|entry| entry.id() != EntryId::DEAD) {
            self.place(timers, entry);
        }
        self.front = front;
    }

    /// Prepares the buckets for a base at an earlier time. Seen from there, the entries of the levels below the
    /// difference are all in the bucket in which the old base lies; the others stay where they are.
    fn gather(&mut self, timers: &mut [Timer], time: u64) {
        let level = level_of(self.base ^ time);
        let digit = digit_of(self.base, level);
        for lower in 0..level {
            while self.digits[lower] != 0 {
                let from = self.digits[lower].trailing_zeros() as usize;
                let mut bucket = self.take(lower, from);
                let len = bucket.len();
                for entry in bucket.drain(..) {
                    self.place_at(timers, level, digit, entry);
                }
                self.give_back(lower * DIGITS + from, bucket, len);
            }
        }
    }

    /// Loads the soonest entries into the front; false if there are none.
    #[inline(never)]
    fn refill(&mut self, timers: &mut [Timer]) -> bool {
        while self.levels != 0 {
            let level = self.levels.trailing_zeros() as usize;
            let digit = self.digits[level].trailing_zeros() as usize;
            let bucket = self.take(level, digit);
            let width = level as u32 * BITS;
            // The base's digits above this level, this digit, zeros.
            self.base = ((self.base >> width) & !(DIGITS as u64 - 1) | digit as u64) << width;
            self.end = self.base;
            self.insertions = 0;
            let len = bucket.len();
            let bucket = if level == 0 {
                self.load_instant(timers, bucket)
            } else if len <= LOAD {
                self.load(timers, bucket, width)
            } else {
                self.deal_out(timers, bucket, level)
            };
            self.give_back(level * DIGITS + digit, bucket, len);
            if !self.front.is_empty() {
                return true;
            }
        }
        false
    }

    /// Sorts a small bucket into the empty front. The place of an entry there is the count of those that come later.
    /// The times are compared as small numbers, their offset from the base but for the last bits, then the place in
    /// the bucket: small enough for the processor to compare four at once, without a branch. That order can be wrong
    /// where entries are very close.
    fn load(&mut self, timers: &mut [Timer], mut bucket: Vec<Entry>, width: u32) -> Vec<Entry> {
        let end = self.base.saturating_add(1 << width);
        let dropped = width.saturating_sub(KEY_BITS);
        let mut count = 0;
        for (place, entry) in bucket.iter_mut().enumerate() {
            if !is_current(timers, *entry) {
                match renewed(timers, *entry) {
                    Some(moved) if moved.time < end => *entry = moved,
                    Some(moved) => {
                        self.place(timers, moved);
                        continue;
                    }
                    None => continue,
                }
            }
            self.keys[count] = (((entry.time - self.base) >> dropped) << LOAD_BITS) as i32 | place as i32;
            count += 1;
        }
        self.end = end;
        let padded = count.next_multiple_of(LANES);
        self.keys[count..padded].fill(-1);
        self.front.resize(count, Entry::NONE);
        for &key in &self.keys[..count] {
            let later = self.keys[..padded].chunks_exact(LANES).map(|lanes| count_greater(lanes, key)).sum::<i32>();
            self.front[later as usize] = bucket[key as usize % LOAD];
        }
        if self.front.windows(2).any(|pair| pair[0] < pair[1]) {
            self.front.sort_unstable_by_key(|entry| Reverse(*entry));
        }
        bucket
    }

    /// Sorts a bucket of level zero, whose entries are all due at one time, into the empty front.
    fn load_instant(&mut self, timers: &mut [Timer], bucket: Vec<Entry>) -> Vec<Entry> {
        for &entry in &bucket {
            if is_current(timers, entry) {
                self.front.push(entry);
            } else if let Some(moved) = renewed(timers, entry) {
                if moved.time == self.base {
                    self.front.push(moved);
                } else {
                    self.place(timers, moved);
                }
            }
        }
        self.front.sort_unstable_by_key(|entry| Reverse(entry.number()));
        for (slot, entry) in self.front.iter().enumerate() {
            if let Kind::Timer(index) = entry.id().kind() {
                timers[index].slot = slot as u32;
            }
        }
        bucket
    }

    /// Deals a large bucket out to the level below.
    fn deal_out(&mut self, timers: &mut [Timer], bucket: Vec<Entry>, level: usize) -> Vec<Entry> {
        let below = level - 1;
        let width = level as u32 * BITS;
        for &entry in &bucket {
            if is_current(timers, entry) {
                self.place_at(timers, below, digit_of(entry.time, below), entry);
            } else if let Some(moved) = renewed(timers, entry) {
                if moved.time >> width == self.base >> width {
                    self.place_at(timers, below, digit_of(moved.time, below), moved);
                } else {
                    self.place(timers, moved);
                }
            }
        }
        bucket
    }

    /// Puts an entry into its bucket.
    #[inline(always)] // One call fewer in every insertion: a twentieth of its time.
    fn place(&mut self, timers: &mut [Timer], entry: Entry) {
        let level = level_of(entry.time ^ self.base);
        self.place_at(timers, level, digit_of(entry.time, level), entry);
    }

    #[inline]
    fn place_at(&mut self, timers: &mut [Timer], level: usize, digit: usize, entry: Entry) {
        self.levels |= 1 << level;
        self.digits[level] |= 1 << digit;
        let bucket = &mut self.buckets[level * DIGITS + digit];
        if bucket.len() == bucket.capacity() {
            grow(bucket, &mut self.spares);
        }
        if let Kind::Timer(index) = entry.id().kind() {
            timers[index].slot = bucket.len() as u32;
        }
        bucket.push(entry);
    }

    /// Empties a bucket.
    fn take(&mut self, level: usize, digit: usize) -> Vec<Entry> {
        self.digits[level] &= !(1 << digit);
        if self.digits[level] == 0 {
            self.levels &= !(1 << level);
        }
        mem::take(&mut self.buckets[level * DIGITS + digit])
    }

    /// Keeps the buffer of an emptied bucket: a small one in its place, a large one for whichever bucket grows next,
    /// unless it is much larger than what it held. So memory follows the number of entries, not its past.
    fn give_back(&mut self, place: usize, mut bucket: Vec<Entry>, held: usize) {
        bucket.clear();
        if bucket.capacity() <= SMALL {
            self.buckets[place] = bucket;
        } else if bucket.capacity() <= 4 * held {
            self.spares.push(bucket);
        }
    }
}

/// Makes room in a full bucket.
#[cold]
fn grow(bucket: &mut Vec<Entry>, spares: &mut Vec<Vec<Entry>>) {
    if bucket.len() >= SMALL
        && let Some(mut spare) = spares.pop_if(|spare| spare.capacity() > bucket.len())
    {
        spare.append(bucket);
        *bucket = spare;
    } else {
        bucket.reserve(1);
    }
}

#[cfg(test)]
impl Order {
    /// Panics unless everything is where the module's documentation says, and every timer has the one entry that it
    /// knows of.
    pub(crate) fn check(&self, timers: &[Timer], events: usize) {
        assert!(self.front.windows(2).all(|pair| pair[0] > pair[1]), "the front is sorted, soonest last");
        let mut entries: Vec<Entry> = self.front.iter().filter(|entry| entry.id() != EntryId::DEAD).copied().collect();
        for (place, bucket) in self.buckets.iter().enumerate() {
            let (level, digit) = (place / DIGITS, place % DIGITS);
            assert!(
                bucket.is_empty() || self.levels & 1 << level != 0 && self.digits[level] & 1 << digit != 0,
                "marked"
            );
            for (slot, entry) in bucket.iter().enumerate() {
                assert!(entry.time >= self.end && self.front.iter().all(|front| front < entry), "not in the front");
                let home = level_of(entry.time ^ self.base);
                assert_eq!((home, digit_of(entry.time, home)), (level, digit), "in its bucket");
                if let Kind::Timer(index) = entry.id().kind() {
                    assert_eq!(timers[index].slot as usize, slot, "where its timer believes it");
                }
            }
            entries.extend(bucket);
        }
        let mut queued = timers.iter().filter(|timer| timer.queued != Timer::NOT_QUEUED).count();
        assert_eq!(entries.len(), events + queued, "nothing twice, nothing left behind");
        for entry in entries {
            if let Kind::Timer(index) = entry.id().kind() {
                assert_eq!(timers[index].queued, entry.time, "an entry its timer knows of");
                assert!(timers[index].deadline >= entry.time, "never later than the deadline");
                queued -= 1;
            }
        }
        assert_eq!(queued, 0);
    }
}

/// How many of `keys` are greater than `key`.
#[inline]
fn count_greater(keys: &[i32], key: i32) -> i32 {
    keys.iter().map(|&other| i32::from(other > key)).sum()
}

/// Whether the entry says what its timer says; events do not change their mind.
#[inline]
fn is_current(timers: &[Timer], entry: Entry) -> bool {
    match entry.id().kind() {
        Kind::Timer(index) => timers[index].number == entry.number(),
        Kind::Event(_) => entry.id() != EntryId::DEAD,
    }
}

/// What the timer of a stale entry says now: the entry that replaces it, or none if the timer was disarmed.
fn renewed(timers: &mut [Timer], entry: Entry) -> Option<Entry> {
    let Kind::Timer(index) = entry.id().kind() else {
        return None;
    };
    let timer = &mut timers[index];
    timer.queued = timer.deadline;
    (timer.deadline != Timer::NOT_QUEUED).then(|| Entry::new(timer.deadline, timer.number, entry.id()))
}
