//! State that can be read as it is and as it was when the high watermark last moved.
//!
//! Kafka keeps such state in timeline data structures: a snapshot a written offset. Only two views are ever read, so
//! two are kept: the owner's own state, and a [`CommittedView`] that repeats each change once its record is
//! committed. A change without a record belongs to whatever is written next.
//!
//! [`TimelineTable`] is the live half for groups: the iteration order of Kafka's `TimelineHashMap`, in which groups are
//! loaded, unloaded, listed and looked over for expired offsets (`BaseHashTable`, `SnapshottableHashTable`).

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec;
use alloc::vec::Vec;
use protocol::java::JavaHash;

/// Slots of an empty `BaseHashTable`.
const MIN_SLOTS: usize = 2;
/// 2⁶⁴ divided by the golden ratio, which spreads hash codes over slots.
const FIBONACCI: i64 = -7_046_029_254_386_353_131;

/// A hash table in the order of Kafka's `TimelineHashMap`: slots upwards, each slot from its end.
#[derive(Debug)]
pub(crate) struct TimelineTable<K, V> {
    slots: Vec<Vec<(K, V)>>,
    len: usize,
}

impl<K, V> Default for TimelineTable<K, V> {
    fn default() -> Self {
        Self { slots: (0..MIN_SLOTS).map(|_| Vec::new()).collect(), len: 0 }
    }
}

fn slot_of(hash: i32, slots: usize) -> usize {
    let bits = slots.trailing_zeros();
    (i64::from(hash).wrapping_mul(FIBONACCI) as u64 >> (64 - bits)) as usize
}

impl<K: JavaHash + Eq, V> TimelineTable<K, V> {
    /// The value of `key`.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let slot = slot_of(key.java_hash(), self.slots.len());
        self.slots[slot].iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// The value of `key`, to change. Kafka's table has no such thing: its values are replaced, which can make it grow.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let slot = slot_of(key.java_hash(), self.slots.len());
        self.slots[slot].iter_mut().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// The slot that the key has or would have.
    pub(crate) fn slot(&self, key: &K) -> usize {
        slot_of(key.java_hash(), self.slots.len())
    }

    /// Keys with their slots, in the order in which they stand there.
    pub(crate) fn iter_slots(&self) -> impl Iterator<Item = (usize, &K)> {
        self.slots.iter().enumerate().flat_map(|(slot, entries)| entries.iter().map(move |(key, _)| (slot, key)))
    }

    /// Puts the value; a present key keeps its place. Gives the former value.
    pub(crate) fn put(&mut self, key: K, value: V) -> Option<V> {
        if (self.len + 1) * 3 > self.slots.len() * 4 {
            self.double();
        }
        let slot = slot_of(key.java_hash(), self.slots.len());
        if let Some((_, present)) = self.slots[slot].iter_mut().find(|(other, _)| *other == key) {
            return Some(core::mem::replace(present, value));
        }
        self.slots[slot].push((key, value));
        self.len += 1;
        None
    }

    /// Removes the key and gives its value.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let slot = slot_of(key.java_hash(), self.slots.len());
        let at = self.slots[slot].iter().position(|(other, _)| other == key)?;
        self.len -= 1;
        Some(self.slots[slot].remove(at).1)
    }

    /// Keys and values in Kafka's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.slots.iter().flat_map(|slot| slot.iter().rev().map(|(key, value)| (key, value)))
    }

    /// Number of keys.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn double(&mut self) {
        let slots = self.slots.len() * 2;
        let old = core::mem::replace(&mut self.slots, (0..slots).map(|_| Vec::new()).collect());
        for (key, value) in old.into_iter().flatten() {
            self.slots[slot_of(key.java_hash(), slots)].push((key, value));
        }
    }
}

/// One change of the live state: the key's new value, or none; and the offset that commits it, once it is known.
#[derive(Debug)]
struct Change<K, V> {
    committed_at: Option<i64>,
    key: K,
    value: Option<V>,
}

/// The state as of the committed offset.
#[derive(Debug)]
pub(crate) struct CommittedView<K, V> {
    values: BTreeMap<K, V>,
    changes: VecDeque<Change<K, V>>,
}

impl<K, V> Default for CommittedView<K, V> {
    fn default() -> Self {
        Self { values: BTreeMap::new(), changes: VecDeque::new() }
    }
}

impl<K: Ord, V> CommittedView<K, V> {
    /// The live state has changed: `key` has this value now, or none.
    pub(crate) fn note(&mut self, key: K, value: Option<V>) {
        self.changes.push_back(Change { committed_at: None, key, value });
    }

    /// Everything noted so far was written; the log ends at `end` now.
    pub(crate) fn seal(&mut self, end: i64) {
        for change in self.changes.iter_mut().rev().take_while(|change| change.committed_at.is_none()) {
            change.committed_at = Some(end);
        }
    }

    /// Everything before `end` is committed. Gives the values that this view lets go of.
    pub(crate) fn advance(&mut self, end: i64) -> Vec<V> {
        let mut gone = vec![];
        while self.changes.front().and_then(|change| change.committed_at).is_some_and(|at| at <= end) {
            let Some(change) = self.changes.pop_front() else { break };
            gone.extend(match change.value {
                Some(value) => self.values.insert(change.key, value),
                None => self.values.remove(&change.key),
            });
        }
        gone
    }

    /// Whether something is not committed yet.
    pub(crate) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The keys that have changed since the committed offset, once for each change, in order.
    pub(crate) fn changed_keys(&self) -> impl Iterator<Item = &K> {
        self.changes.iter().map(|change| &change.key)
    }

    /// The value of `key` as of the committed offset.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.values.get(key)
    }

    /// All keys, in their own order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.values.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::GroupId;

    #[test]
    fn the_order_is_that_of_the_class_itself() {
        let mut table = TimelineTable::default();
        let group = |n: i32| GroupId::from(alloc::format!("group-{n}"));
        let order = |table: &TimelineTable<GroupId, i32>| table.iter().map(|(_, n)| *n).collect::<Vec<_>>();
        let put = |table: &mut TimelineTable<GroupId, i32>, numbers: core::ops::Range<i32>| {
            for n in numbers {
                table.put(group(n), n);
            }
        };
        put(&mut table, 0..3);
        assert_eq!(order(&table), [1, 0, 2]);
        put(&mut table, 3..6);
        assert_eq!(order(&table), [1, 3, 5, 0, 2, 4]);
        put(&mut table, 6..12);
        assert_eq!(order(&table), [1, 6, 3, 8, 0, 5, 11, 2, 7, 4, 10, 9]);
        table.remove(&group(4));
        table.remove(&group(7));
        assert_eq!(order(&table), [1, 6, 3, 8, 0, 5, 11, 2, 10, 9]);
        put(&mut table, 4..5);
        put(&mut table, 0..1);
        assert_eq!(order(&table), [1, 6, 3, 8, 0, 5, 11, 2, 4, 10, 9], "a present key keeps its place");
        assert_eq!(table.len(), 11);
    }

    #[test]
    fn the_committed_view_follows_once_the_record_is_committed() {
        let mut view = CommittedView::default();
        let group = GroupId::new("g");
        view.note(group.clone(), Some(1));
        assert!(view.advance(100).is_empty(), "without a record it waits for the next one");
        assert_eq!(view.get(&group), None);
        view.seal(1);
        view.note(group.clone(), Some(2));
        view.seal(3);
        assert!(view.advance(2).is_empty());
        assert_eq!(view.get(&group), Some(&1));
        assert_eq!(view.advance(3), [1]);
        assert_eq!(view.get(&group), Some(&2));
    }
}
