//! Which records of a partition were read at least once.
//!
//! Contract: exact; grows with the number of gaps between what was read, which is none as long as nothing is skipped.

use alloc::vec::Vec;

/// The offsets of a partition that were handed to an application, once or more often.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    /// From … below …, apart from each other and in order, but for the last one.
    ranges: Vec<(u64, u64)>,
    /// The last one, which nearly always goes on; empty before anything is read.
    last: (u64, u64),
}

impl Ledger {
    /// The records from `from` below `to` are read. How many of them had been read before.
    pub fn read(&mut self, from: u64, to: u64) -> u64 {
        if from >= to {
            return 0;
        }
        if from == self.last.1 {
            self.last.1 = to;
            return 0;
        }
        if self.last.0 < self.last.1 {
            self.ranges.push(self.last);
        }
        let first = self.ranges.partition_point(|range| range.1 < from);
        let behind = self.ranges.partition_point(|range| range.0 <= to);
        let mut again = 0;
        let mut merged = (from, to);
        for range in &self.ranges[first..behind] {
            again += range.1.min(to).saturating_sub(range.0.max(from));
            merged = (merged.0.min(range.0), merged.1.max(range.1));
        }
        self.ranges.splice(first..behind, [merged]);
        self.last = self.ranges.pop().unwrap_or_default();
        again
    }

    /// How many different records were read.
    pub fn once(&self) -> u64 {
        self.once_below(u64::MAX)
    }

    /// How many different records with offsets below `end` were read.
    pub fn once_below(&self, end: u64) -> u64 {
        self.ranges.iter().chain([&self.last]).map(|range| range.1.min(end).saturating_sub(range.0)).sum()
    }

    /// The offset behind the last record that was read; 0 if none was.
    pub fn end(&self) -> u64 {
        self.last.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_known_record_by_record() {
        let reads = [(0, 4), (4, 6), (2, 5), (10, 12), (8, 9), (7, 11), (0, 20), (3, 3), (25, 30), (22, 25)];
        let mut ledger = Ledger::default();
        let mut naive = [false; 40];
        for (from, to) in reads {
            let again = naive[from..to].iter().filter(|read| **read).count() as u64;
            naive[from..to].fill(true);
            assert_eq!(ledger.read(from as u64, to as u64), again, "{from}..{to}");
            assert_eq!(ledger.once(), naive.iter().filter(|read| **read).count() as u64);
            let below = naive[..8].iter().filter(|read| **read).count() as u64;
            assert_eq!(ledger.once_below(8), below);
            assert_eq!(ledger.end(), naive.iter().rposition(|read| *read).map_or(0, |last| last as u64 + 1));
        }
        assert_eq!((ledger.ranges.as_slice(), ledger.last), (&[(0, 20)][..], (22, 30)));
    }
}
