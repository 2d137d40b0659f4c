//! Members by load: who of a topic's subscribers has the fewest partitions.
//!
//! Members go by *rank*, the place of their id among all ids, so that ties go to the smaller number. All members of
//! one load are one row of bits; so are the subscribers of a topic. The least loaded subscriber is the first bit that
//! both have, looked for from the lowest load at which there can be one.

use alloc::vec;
use alloc::vec::Vec;

/// No row.
const NONE: u32 = u32::MAX;
const BITS: usize = 64;

/// The subscribers of one topic, as ranks.
enum Subscribers {
    /// So few that looking at each costs less than a row of bits.
    Few(Vec<u32>),
    /// A row of bits, and a load below which none of them is.
    Many { row: Vec<u64>, floor: usize },
}

/// All members by load. The loads themselves are kept by whoever asks.
pub(super) struct ByLoad {
    /// Words in a row.
    words: usize,
    /// Per load the row of its members, or [`NONE`].
    row_of: Vec<u32>,
    rows: Vec<Row>,
    unused: Vec<u32>,
    topics: Vec<Subscribers>,
    /// Per rank the topics of many that it subscribes to.
    topics_of: Vec<Vec<u32>>,
}

struct Row {
    bits: Vec<u64>,
    members: u32,
}

impl ByLoad {
    /// Members by rank with these loads; `topics` are the ranks of each topic's subscribers, ascending.
    pub(super) fn new(loads: &[u32], topics: &[Vec<u32>]) -> Self {
        let words = loads.len().div_ceil(BITS);
        let mut topics_of = vec![Vec::new(); loads.len()];
        let subscribers = (0u32..).zip(topics).map(|(topic, ranks)| {
            if ranks.len() <= words {
                return Subscribers::Few(ranks.clone());
            }
            ranks.iter().for_each(|&rank| topics_of[rank as usize].push(topic));
            Subscribers::Many { row: row(words, ranks.iter().copied()), floor: 0 }
        });
        let topics = subscribers.collect();
        let (row_of, rows, unused) = (Vec::new(), Vec::new(), Vec::new());
        let mut members = Self { words, row_of, rows, unused, topics, topics_of };
        loads.iter().enumerate().for_each(|(rank, &load)| members.enter(rank, load as usize));
        members
    }

    /// The member's load changes.
    pub(super) fn change(&mut self, rank: u32, before: u32, after: u32) {
        let index = self.row_of[before as usize];
        let row = &mut self.rows[index as usize];
        row.bits[rank as usize / BITS] &= !(1 << (rank as usize % BITS));
        row.members -= 1;
        if row.members == 0 {
            self.row_of[before as usize] = NONE;
            self.unused.push(index);
        }
        self.enter(rank as usize, after as usize);
        if after < before {
            for &topic in &self.topics_of[rank as usize] {
                if let Subscribers::Many { floor, .. } = &mut self.topics[topic as usize] {
                    *floor = (*floor).min(after as usize);
                }
            }
        }
    }

    /// The least loaded subscriber of a topic. Every topic has one.
    pub(super) fn least(&mut self, topic: u32, loads: &[u32]) -> u32 {
        match &mut self.topics[topic as usize] {
            Subscribers::Few(ranks) => least_of(ranks, loads),
            Subscribers::Many { row, floor } => loop {
                let members = self.row_of.get(*floor).filter(|&&index| index != NONE);
                let bits = members.map_or(&[][..], |&index| &self.rows[index as usize].bits);
                if let Some(rank) = first_in(bits.iter().zip(&*row).map(|(a, b)| a & b)) {
                    return rank;
                }
                *floor += 1;
            },
        }
    }

    /// The least loaded subscriber of a topic among those in `allowed`, a row of bits.
    pub(super) fn least_among(&self, topic: u32, allowed: &[u64], loads: &[u32]) -> Option<u32> {
        let is_allowed = |&&rank: &&u32| allowed[rank as usize / BITS] >> (rank as usize % BITS) & 1 == 1;
        match &self.topics[topic as usize] {
            Subscribers::Few(ranks) => {
                ranks.iter().filter(is_allowed).min_by_key(|&&rank| loads[rank as usize]).copied()
            }
            Subscribers::Many { row, floor } => {
                let wanted = row.iter().zip(allowed).map(|(a, b)| a & b);
                let rows = self.row_of.iter().skip(*floor).filter(|&&index| index != NONE);
                let mut rows = rows.map(|&index| self.rows[index as usize].bits.iter());
                rows.find_map(|bits| first_in(bits.zip(wanted.clone()).map(|(a, b)| a & b)))
            }
        }
    }

    /// A row of bits for [`Self::least_among`].
    pub(super) fn row(&self, ranks: impl Iterator<Item = u32>) -> Vec<u64> {
        row(self.words, ranks)
    }

    fn enter(&mut self, rank: usize, load: usize) {
        if load >= self.row_of.len() {
            self.row_of.resize(load + 1, NONE);
        }
        if self.row_of[load] == NONE {
            self.row_of[load] = self.unused.pop().unwrap_or_else(|| {
                self.rows.push(Row { bits: vec![0; self.words], members: 0 });
                u32::try_from(self.rows.len() - 1).expect("no more rows than members")
            });
        }
        let row = &mut self.rows[self.row_of[load] as usize];
        row.bits[rank / BITS] |= 1 << (rank % BITS);
        row.members += 1;
    }
}

/// The least loaded of some members (ascending, at least one).
pub(super) fn least_of(ranks: &[u32], loads: &[u32]) -> u32 {
    *ranks.iter().min_by_key(|&&rank| loads[rank as usize]).expect("a live topic has a subscriber")
}

fn row(words: usize, ranks: impl Iterator<Item = u32>) -> Vec<u64> {
    let mut row = vec![0; words];
    ranks.for_each(|rank| row[rank as usize / BITS] |= 1 << (rank as usize % BITS));
    row
}

/// The number of the first bit set.
fn first_in(words: impl Iterator<Item = u64>) -> Option<u32> {
    let (index, word) = words.enumerate().find(|&(_, word)| word != 0)?;
    u32::try_from(index * BITS + word.trailing_zeros() as usize).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_loaded_subscriber_is_the_one_a_look_at_all_finds() {
        let members = 300u32;
        let subscribers = (1..12).map(|topic| (0..members).filter(|rank| rank * 7 % topic < 2).collect());
        let subscribers: Vec<Vec<u32>> = subscribers.chain([vec![299], vec![2, 4]]).collect();
        let mut loads: Vec<u32> = (0..members).map(|rank| rank * 13 % 29).collect();
        let mut by_load = ByLoad::new(&loads, &subscribers);
        let mut state = 1u64;
        for step in 0..5_000u32 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let rank = (state >> 33) as u32 % members;
            let load = loads[rank as usize];
            loads[rank as usize] = if step % 3 == 0 { load.saturating_sub(1) } else { load + 1 };
            by_load.change(rank, load, loads[rank as usize]);
            let topic = (state >> 20) as usize % subscribers.len();
            let least = |ranks: &mut dyn Iterator<Item = u32>| ranks.min_by_key(|&rank| (loads[rank as usize], rank));
            let even = least(&mut subscribers[topic].iter().copied().filter(|rank| rank % 2 == 0));
            let row = by_load.row((0..members).filter(|rank| rank % 2 == 0));
            assert_eq!(by_load.least_among(topic as u32, &row, &loads), even);
            let expected = least(&mut subscribers[topic].iter().copied());
            assert_eq!(Some(by_load.least(topic as u32, &loads)), expected);
        }
    }
}
