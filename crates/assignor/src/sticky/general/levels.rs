//! Dealing out partitions so that always the least loaded gets the next one, without asking each time who that is.

use alloc::vec::Vec;

/// Gives `free` one by one to the least loaded of `ranks` (ascending), the lowest rank first among equals. All
/// members of the lowest load get one each, which lifts them to the next level, where others may already be.
pub(super) fn deal(free: &[u32], ranks: &[u32], loads: &mut [u32], mut give: impl FnMut(u32, u32)) {
    let mut waiting: Vec<(u32, u32)> = ranks.iter().map(|&rank| (loads[rank as usize], rank)).collect();
    waiting.sort_unstable();
    let mut waiting = waiting.into_iter().peekable();
    let Some(&(mut level, _)) = waiting.peek() else { return };
    let mut lowest: Vec<u32> = Vec::with_capacity(ranks.len());
    let mut free = free.iter().copied();
    loop {
        let before = lowest.len();
        while let Some((_, rank)) = waiting.next_if(|&(load, _)| load == level) {
            lowest.push(rank);
        }
        if before > 0 && lowest.len() > before {
            lowest.sort_unstable();
        }
        for &rank in &lowest {
            let Some(partition) = free.next() else { return };
            loads[rank as usize] += 1;
            give(partition, rank);
        }
        level += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn the_least_loaded_always_gets_the_next() {
        let mut loads = vec![5, 0, 2, 0, 9, 2, 3];
        let ranks = [0, 1, 2, 3, 5, 6];
        let free: Vec<u32> = (100..130).collect();
        let mut one_by_one = loads.clone();
        let mut expected = Vec::new();
        for &partition in &free {
            let least = ranks.iter().copied().min_by_key(|&rank| one_by_one[rank as usize]).unwrap();
            one_by_one[least as usize] += 1;
            expected.push((partition, least));
        }
        let mut given = Vec::new();
        deal(&free, &ranks, &mut loads, |partition, rank| given.push((partition, rank)));
        assert_eq!(given, expected);
        assert_eq!(loads, one_by_one);
    }
}
