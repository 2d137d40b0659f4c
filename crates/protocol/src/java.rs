//! The order of Java's hash tables.
//!
//! Some of Kafka's answers depend on the iteration order of a `java.util.HashMap`: who leads after a leader is lost,
//! how a tied vote ends, in which order answers leave, who keeps an extra partition. That order is a function of the
//! keys' hash codes, of the sequence of insertions and of the largest size the table ever had; [`JavaHashMap`]
//! reproduces it.
//!
//! The rules (`java.util.HashMap`, JDK 17):
//! - the table has a power-of-two number of buckets, 16 at first, and never shrinks, not on removal or `clear` either;
//! - a key goes to bucket `(h ^ (h >>> 16)) & (buckets − 1)`; iteration takes buckets upwards, each chain from its
//!   head;
//! - `put` appends a new key to the *tail* of its chain and doubles the table *after* the size exceeds ¾ of the
//!   buckets;
//! - `computeIfAbsent` (and `compute`, `merge`) puts a new key at the *head*, and doubles *before* looking, on any call
//!   that finds the size above ¾ of the buckets;
//! - doubling keeps the relative order inside each new chain.
//!
//! Left out on purpose: chains of nine and more, which Java turns into trees. No realistic set of ids gets there.

use alloc::vec;
use alloc::vec::Vec;

/// What Java's `hashCode()` gives for the value.
pub trait JavaHash {
    /// The 32-bit hash code, in Java's wrapping arithmetic.
    fn java_hash(&self) -> i32;
}

/// `java.lang.String.hashCode`: over UTF-16 units.
pub fn string_hash(text: &str) -> i32 {
    if text.is_ascii() {
        return ascii_hash(text.as_bytes());
    }
    text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The hash eight bytes at a time: the multiplications inside a chunk do not wait for each other.
fn ascii_hash(bytes: &[u8]) -> i32 {
    const POWERS: [i32; 9] = {
        let mut powers = [1i32; 9];
        let mut exponent = 1;
        while exponent < 9 {
            powers[exponent] = powers[exponent - 1].wrapping_mul(31);
            exponent += 1;
        }
        powers
    };
    let (chunks, rest) = bytes.as_chunks::<8>();
    let hash = chunks.iter().fold(0i32, |hash, chunk| {
        let terms =
            chunk.iter().zip(POWERS[..8].iter().rev()).map(|(&byte, power)| i32::from(byte).wrapping_mul(*power));
        hash.wrapping_mul(POWERS[8]).wrapping_add(terms.fold(0, i32::wrapping_add))
    });
    rest.iter().fold(hash, |hash, &byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)))
}

/// `java.lang.String.compareTo`: by UTF-16 units, then length. Equals byte order for ASCII.
pub fn string_order(left: &str, right: &str) -> core::cmp::Ordering {
    if left.is_ascii() && right.is_ascii() { left.cmp(right) } else { left.encode_utf16().cmp(right.encode_utf16()) }
}

impl JavaHash for str {
    fn java_hash(&self) -> i32 {
        string_hash(self)
    }
}

impl JavaHash for i32 {
    fn java_hash(&self) -> i32 {
        *self
    }
}

const NONE: u32 = u32::MAX;
const DEFAULT_BUCKETS: usize = 16;
/// Keys of one bucket that stay a chain (`HashMap.TREEIFY_THRESHOLD`).
pub const LONG_CHAIN: usize = 8;
/// A table of fewer buckets doubles when a chain grows longer (`HashMap.MIN_TREEIFY_CAPACITY`).
pub const LONG_CHAINS_FROM: usize = 64;

/// `HashMap.hash`: the high half folded into the low one.
const fn spread(hash: i32) -> u32 {
    let bits = hash as u32;
    bits ^ (bits >> 16)
}

#[derive(Clone, Debug)]
struct Entry<K, V> {
    hash: u32,
    next: u32,
    key: K,
    value: V,
}

/// Where a key stands in a [`JavaHashMap`], until it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u32);

impl Place {
    /// A small number that no other key of the same table has at the same time.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A `java.util.HashMap`: same iteration order, constant-time look-up.
#[derive(Clone, Debug)]
pub struct JavaHashMap<K, V> {
    /// First entry of each bucket's chain, an index into `entries`.
    buckets: Vec<u32>,
    entries: Vec<Option<Entry<K, V>>>,
    free: Vec<u32>,
    len: usize,
}

impl<K, V> Default for JavaHashMap<K, V> {
    fn default() -> Self {
        Self::with_buckets(DEFAULT_BUCKETS)
    }
}

impl<K, V> JavaHashMap<K, V> {
    /// `new HashMap<>()`: 16 buckets.
    pub fn new() -> Self {
        Self::default()
    }

    /// A table of exactly `buckets` buckets (a power of two).
    pub fn with_buckets(buckets: usize) -> Self {
        debug_assert!(buckets.is_power_of_two());
        Self { buckets: vec![NONE; buckets], entries: Vec::new(), free: Vec::new(), len: 0 }
    }

    /// `new HashMap<>(capacity)`: the next power of two.
    pub fn with_capacity(capacity: usize) -> Self {
        Self::with_buckets(capacity.max(1).next_power_of_two())
    }

    /// The empty table that `new HashSet<>(collection of n)` starts from under JDK 17.
    pub fn sized_for_copy_of(n: usize) -> Self {
        Self::with_capacity((n * 4 / 3 + 1).max(DEFAULT_BUCKETS))
    }

    /// The empty table that `new HashMap<>()` has become by holding `n` keys at a time, put there one by one.
    pub fn grown_to(n: usize) -> Self {
        let mut buckets = DEFAULT_BUCKETS;
        while n > buckets / 4 * 3 {
            buckets *= 2;
        }
        Self::with_buckets(buckets)
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Present number of buckets.
    pub fn buckets(&self) -> usize {
        self.buckets.len()
    }

    /// The key and the value at `place`.
    ///
    /// # Panics
    /// If there is none.
    pub fn at(&self, place: Place) -> (&K, &V) {
        let entry = self.entry(place.0);
        (&entry.key, &entry.value)
    }

    /// The key and the value at `place`, to change.
    ///
    /// # Panics
    /// If there is none.
    pub fn at_mut(&mut self, place: Place) -> (&K, &mut V) {
        let entry = self.entries[place.index()].as_mut().expect("whoever keeps a place has not removed its key");
        (&entry.key, &mut entry.value)
    }

    /// Where each key stands, in Java's order.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.slots().map(Place)
    }

    /// Keys and values in Java's order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.slots().map(|slot| {
            let entry = self.entry(slot);
            (&entry.key, &entry.value)
        })
    }

    /// Keys in Java's order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// Values in Java's order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Calls `change` with each key and value in Java's order.
    pub fn for_each_mut(&mut self, mut change: impl FnMut(&K, &mut V)) {
        for bucket in 0..self.buckets.len() {
            let mut slot = self.buckets[bucket];
            while slot != NONE {
                let entry = self.entries[slot as usize].as_mut().expect("a chained slot holds an entry");
                change(&entry.key, &mut entry.value);
                slot = entry.next;
            }
        }
    }

    /// Removes every key and keeps the number of buckets, as Java does.
    pub fn clear(&mut self) {
        self.buckets.fill(NONE);
        self.entries.clear();
        self.free.clear();
        self.len = 0;
    }

    /// One chain after the other. Written out: whole groups are gone through several times a rebalance.
    fn slots(&self) -> impl Iterator<Item = u32> {
        let mut heads = self.buckets.iter();
        let mut next = NONE;
        core::iter::from_fn(move || {
            while next == NONE {
                next = *heads.next()?;
            }
            let slot = next;
            next = self.entry(slot).next;
            Some(slot)
        })
    }

    fn entry(&self, slot: u32) -> &Entry<K, V> {
        self.entries[slot as usize].as_ref().expect("a chained slot holds an entry")
    }

    fn bucket_of(&self, hash: u32) -> usize {
        hash as usize & (self.buckets.len() - 1)
    }

    fn is_over_threshold(&self) -> bool {
        self.len > self.buckets.len() / 4 * 3 + self.buckets.len() % 4 * 3 / 4
    }

    fn double(&mut self) {
        let old = core::mem::take(&mut self.buckets);
        self.buckets = vec![NONE; old.len() * 2];
        for head in old {
            let mut tails: [Option<u32>; 2] = [None, None];
            let mut slot = head;
            while slot != NONE {
                let (hash, next) = {
                    let entry = self.entries[slot as usize].as_mut().expect("a chained slot holds an entry");
                    let next = core::mem::replace(&mut entry.next, NONE);
                    (entry.hash, next)
                };
                let bucket = self.bucket_of(hash);
                let half = usize::from(bucket * 2 >= self.buckets.len());
                match tails[half].replace(slot) {
                    None => self.buckets[bucket] = slot,
                    Some(tail) => {
                        self.entries[tail as usize].as_mut().expect("a chained slot holds an entry").next = slot;
                    }
                }
                slot = next;
            }
        }
    }

    fn store(&mut self, hash: u32, next: u32, key: K, value: V) -> u32 {
        let entry = Some(Entry { hash, next, key, value });
        self.len += 1;
        if let Some(slot) = self.free.pop() {
            self.entries[slot as usize] = entry;
            slot
        } else {
            self.entries.push(entry);
            u32::try_from(self.entries.len() - 1).expect("fewer than 2^32 keys")
        }
    }
}

impl<K: JavaHash + Eq, V> JavaHashMap<K, V> {
    /// The value of `key`.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.find(key).map(|slot| &self.entry(slot).value)
    }

    /// The value of `key`, to change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let slot = self.find(key)?;
        self.entries[slot as usize].as_mut().map(|entry| &mut entry.value)
    }

    /// Whether `key` is present.
    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_some()
    }

    /// Where `key` stands, if it is present.
    pub fn place(&self, key: &K) -> Option<Place> {
        self.find(key).map(Place)
    }

    /// `put`: a new key goes to the tail of its chain; a present one keeps its place. Gives the former value.
    pub fn put(&mut self, key: K, value: V) -> Option<V> {
        let hash = spread(key.java_hash());
        let bucket = self.bucket_of(hash);
        let (mut tail, mut slot) = (NONE, self.buckets[bucket]);
        let mut chain = 0;
        while slot != NONE {
            let entry = self.entries[slot as usize].as_mut().expect("a chained slot holds an entry");
            if entry.hash == hash && entry.key == key {
                return Some(core::mem::replace(&mut entry.value, value));
            }
            (tail, slot) = (slot, entry.next);
            chain += 1;
        }
        let new = self.store(hash, NONE, key, value);
        if tail == NONE {
            self.buckets[bucket] = new;
        } else {
            self.entries[tail as usize].as_mut().expect("a chained slot holds an entry").next = new;
        }
        if chain >= LONG_CHAIN && self.buckets.len() < LONG_CHAINS_FROM {
            self.double();
        }
        if self.is_over_threshold() {
            self.double();
        }
        None
    }

    /// `computeIfAbsent`: a new key goes to the head of its chain, after a possible doubling that even a present key
    /// can cause.
    pub fn compute_if_absent(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if self.is_over_threshold() {
            self.double();
        }
        let slot = match self.find(&key) {
            Some(slot) => slot,
            None => {
                let hash = spread(key.java_hash());
                let bucket = self.bucket_of(hash);
                let head = self.buckets[bucket];
                let present = |slot: u32| (slot != NONE).then_some(slot);
                let chain = core::iter::successors(present(head), |&slot| present(self.entry(slot).next));
                let chain = chain.take(LONG_CHAIN).count();
                let new = self.store(hash, head, key, make());
                self.buckets[bucket] = new;
                // One sooner than `put`: the new key is counted too.
                if chain + 1 >= LONG_CHAIN && self.buckets.len() < LONG_CHAINS_FROM {
                    self.double();
                }
                new
            }
        };
        &mut self.entries[slot as usize].as_mut().expect("a found slot holds an entry").value
    }

    /// `remove`: gives the value that was there.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let hash = spread(key.java_hash());
        let bucket = self.bucket_of(hash);
        let mut before = NONE;
        let mut slot = self.buckets[bucket];
        while slot != NONE {
            let entry = self.entry(slot);
            if entry.hash == hash && entry.key == *key {
                break;
            }
            (before, slot) = (slot, entry.next);
        }
        if slot == NONE {
            return None;
        }
        let entry = self.entries[slot as usize].take()?;
        if before == NONE {
            self.buckets[bucket] = entry.next;
        } else {
            self.entries[before as usize].as_mut().expect("a chained slot holds an entry").next = entry.next;
        }
        self.free.push(slot);
        self.len -= 1;
        Some(entry.value)
    }

    #[inline(always)]
    fn find(&self, key: &K) -> Option<u32> {
        let hash = spread(key.java_hash());
        let mut slot = self.buckets[self.bucket_of(hash)];
        while slot != NONE {
            let entry = self.entry(slot);
            if entry.hash == hash && entry.key == *key {
                return Some(slot);
            }
            slot = entry.next;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MemberId;
    use alloc::format;
    use alloc::string::String;

    fn id(n: usize) -> MemberId {
        MemberId::from(format!("app-00000000-0000-4000-8000-{n:012}"))
    }

    fn order(map: &JavaHashMap<MemberId, usize>) -> Vec<usize> {
        map.values().copied().collect()
    }

    #[test]
    fn hashes_are_those_of_a_real_jvm() {
        let ids = [
            ("c1-3f2504e0-4f89-41d3-9a0c-0305e82c3301", 1_401_387_439),
            ("c2-9b2d7f10-0c1e-4c59-8f3e-5a1b2c3d4e5f", 696_304_148),
            ("c3-c0ffee00-1234-4abc-8def-001122334455", -661_634_071),
            ("c6-7d444840-9dc0-4a11-b245-5ffdce74fad2", 34_756_450),
        ];
        for (text, hash) in ids {
            assert_eq!(string_hash(text), hash, "{text}");
        }
        let letters = "abcdefghijklmnopqrstuvwxyz";
        for length in 0..letters.len() {
            let one_by_one =
                letters[..length].bytes().fold(0i32, |hash, b| hash.wrapping_mul(31).wrapping_add(b.into()));
            assert_eq!(string_hash(&letters[..length]), one_by_one);
        }
        assert_eq!(string_hash("\u{1F600}"), 31 * 0xD83D + 0xDE00);
    }

    #[test]
    fn iteration_follows_buckets_growth_and_reinsertion_as_in_java() {
        let mut map = JavaHashMap::new();
        for n in 0..12 {
            map.put(id(n), n);
        }
        assert_eq!(order(&map), [9, 8, 10, 3, 2, 1, 0, 11, 7, 6, 5, 4]);
        map.put(id(12), 12);
        assert_eq!(order(&map), [9, 8, 3, 2, 1, 12, 0, 11, 7, 6, 5, 4, 10]);
        map.put(id(13), 13);
        assert_eq!(order(&map), [9, 8, 3, 2, 13, 1, 12, 0, 11, 7, 6, 5, 4, 10]);
        for n in 0..8 {
            map.remove(&id(n));
        }
        assert_eq!(order(&map), [9, 8, 13, 12, 11, 10], "the table never shrinks");
        let mut fresh = JavaHashMap::new();
        for n in 8..14 {
            fresh.put(id(n), n);
        }
        assert_eq!(order(&fresh), [9, 8, 10, 13, 12, 11]);
    }

    #[test]
    fn equal_buckets_keep_insertion_order_with_put_and_reverse_it_with_compute() {
        let names: Vec<String> = ["c3-c0ffee00-1234-4abc-8def-001122334455", "c5-deadbeef-0000-4000-8000-000000000001"]
            .map(String::from)
            .into();
        let mut put = JavaHashMap::new();
        let mut computed = JavaHashMap::new();
        for name in &names {
            put.put(MemberId::from(name.as_str()), 0);
            computed.compute_if_absent(MemberId::from(name.as_str()), || 0);
        }
        assert_eq!(put.keys().map(MemberId::as_str).collect::<Vec<_>>(), [&names[0], &names[1]]);
        assert_eq!(computed.keys().map(MemberId::as_str).collect::<Vec<_>>(), [&names[1], &names[0]]);
    }

    #[test]
    fn thirteen_keys_fit_sixteen_buckets_until_the_next_computation() {
        let mut map = JavaHashMap::new();
        for n in 0..13 {
            map.compute_if_absent(n, || ());
        }
        assert_eq!(map.buckets(), 16);
        map.compute_if_absent(0, || ());
        assert_eq!(map.buckets(), 32);
    }

    #[test]
    fn nine_keys_of_one_bucket_double_a_small_table_and_eight_computed_ones() {
        let orders = |count: i32| {
            let (mut put, mut computed) = (JavaHashMap::new(), JavaHashMap::new());
            for n in 0..count {
                put.put(16 * n, ());
                computed.compute_if_absent(16 * n, || ());
            }
            [put, computed].map(|map| map.keys().map(|key| key / 16).collect::<Vec<_>>())
        };
        assert_eq!(orders(8), [vec![0, 1, 2, 3, 4, 5, 6, 7], vec![6, 4, 2, 0, 7, 5, 3, 1]]);
        assert_eq!(orders(9), [vec![0, 2, 4, 6, 8, 1, 3, 5, 7], vec![8, 6, 4, 2, 0, 7, 5, 3, 1]]);
    }

    #[test]
    fn a_copy_starts_with_the_capacity_of_jdk_17() {
        for (n, buckets) in [(0, 16), (11, 16), (12, 32), (23, 32), (24, 64)] {
            assert_eq!(JavaHashMap::<i32, ()>::sized_for_copy_of(n).buckets(), buckets, "{n}");
        }
    }
}
