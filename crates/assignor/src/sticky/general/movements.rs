//! Which partitions moved from whom to whom (`PartitionMovements`), so that of a topic nothing moves from A to B
//! while something else has moved from B to A: that one is moved back instead.

use alloc::collections::BTreeMap;

use protocol::java::{JavaHash, JavaHashMap};

/// A moved partition with its hash, which orders it among those moved alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moved {
    partition: u32,
    hash: i32,
}

impl JavaHash for Moved {
    fn java_hash(&self) -> i32 {
        self.hash
    }
}

/// Topic, where its partitions came from, where they are.
type Pair = (u32, u32, u32);

/// All moves that are not undone.
#[derive(Clone, Default)]
pub(super) struct Movements {
    pairs: BTreeMap<Pair, JavaHashMap<Moved, ()>>,
    /// Per moved partition where it came from and where it is.
    moved: BTreeMap<u32, (u32, u32)>,
}

impl Movements {
    /// The partition to move in place of `partition` of `topic` when that should go from `holder` to `to`
    /// (`getTheActualPartitionToBeMoved`).
    pub(super) fn instead_of(&self, topic: u32, partition: u32, holder: u32, to: u32) -> u32 {
        let from = self.moved.get(&partition).map_or(holder, |&(from, _)| from);
        let back = self.pairs.get(&(topic, to, from)).and_then(|set| set.keys().next());
        back.map_or(partition, |moved| moved.partition)
    }

    /// `partition` of `topic` moves (`movePartition`).
    pub(super) fn record(&mut self, topic: u32, partition: u32, hash: i32, from: u32, to: u32) {
        let moved = Moved { partition, hash };
        let mut origin = from;
        if let Some((first, last)) = self.moved.remove(&partition) {
            let pair = (topic, first, last);
            if let Some(set) = self.pairs.get_mut(&pair) {
                set.remove(&moved);
                if set.is_empty() {
                    self.pairs.remove(&pair);
                }
            }
            if first == to {
                return;
            }
            origin = first;
        }
        self.moved.insert(partition, (origin, to));
        self.pairs.entry((topic, origin, to)).or_default().put(moved, ());
    }
}

/// Equal movements decide equally from here on: same sets, same order in each, same room in each table.
impl PartialEq for Movements {
    fn eq(&self, other: &Self) -> bool {
        let same_set = |a: &JavaHashMap<Moved, ()>, b: &JavaHashMap<Moved, ()>| {
            a.len() == b.len() && a.buckets() == b.buckets() && a.keys().eq(b.keys())
        };
        self.moved == other.moved
            && self.pairs.len() == other.pairs.len()
            && self.pairs.iter().zip(&other.pairs).all(|(a, b)| a.0 == b.0 && same_set(a.1, b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_the_other_way_is_moved_back_in_place_of_another() {
        let mut movements = Movements::default();
        movements.record(0, 7, 70, 1, 2);
        assert_eq!(movements.instead_of(0, 8, 2, 1), 7);
        assert_eq!(movements.instead_of(0, 8, 2, 3), 8, "another destination");
        assert_eq!(movements.instead_of(1, 8, 2, 1), 8, "another topic");
        movements.record(0, 7, 70, 2, 1);
        assert!(movements == Movements::default(), "a move back leaves no trace");
    }

    #[test]
    fn a_partition_that_moves_on_is_remembered_by_where_it_came_from() {
        let mut movements = Movements::default();
        movements.record(0, 7, 70, 1, 2);
        movements.record(0, 7, 70, 2, 3);
        assert_eq!(movements.instead_of(0, 8, 3, 1), 7);
        assert_eq!(movements.instead_of(0, 8, 3, 2), 8);
        assert_eq!(movements.instead_of(0, 7, 3, 1), 7);
    }

    #[test]
    fn of_several_the_first_of_the_table_goes_back() {
        let mut movements = Movements::default();
        movements.record(0, 7, 9, 1, 2);
        movements.record(0, 8, 3, 1, 2);
        assert_eq!(movements.instead_of(0, 5, 2, 1), 8);
    }
}
