//! One processor, several partitions: who gets how much of it.
//!
//! Max-min fairness: nobody gets more than he needs, and nobody's share can grow without another, smaller one
//! shrinking. Partitions that wait need as much as they can get.

/// The whole processor, in the parts in which shares are said.
pub(crate) const WHOLE: u64 = 1 << 32;

/// The share above which nobody gets anything, if `waiting` partitions take what they can get and the others need
/// what stands in `needs`. [`WHOLE`] if there is enough for all.
pub(crate) fn level(needs: &mut [u64], waiting: usize) -> u64 {
    let total: u128 = needs.iter().map(|need| u128::from(*need)).sum();
    if waiting == 0 && total <= u128::from(WHOLE) {
        return WHOLE;
    }
    needs.sort_unstable();
    let mut left = WHOLE;
    let mut sharers = (needs.len() + waiting) as u64;
    for need in needs.iter() {
        if *need > left / sharers {
            break;
        }
        left -= need;
        sharers -= 1;
    }
    // Never nothing, so that nobody waits for ever.
    (left / sharers.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_gets_an_equal_part_of_what_the_others_leave() {
        assert_eq!(level(&mut [WHOLE / 4], 3), WHOLE / 4);
        assert_eq!(level(&mut [WHOLE / 8, WHOLE / 8], 1), WHOLE / 4 * 3);
        assert_eq!(level(&mut [], 4), WHOLE / 4);
    }

    #[test]
    fn who_needs_more_than_an_equal_part_does_not_get_more() {
        assert_eq!(level(&mut [WHOLE, WHOLE / 10], 0), WHOLE - WHOLE / 10);
        assert_eq!(level(&mut [WHOLE / 2, WHOLE / 8], 2), (WHOLE - WHOLE / 8) / 3);
    }

    #[test]
    fn where_there_is_enough_nobody_is_held_back() {
        assert_eq!(level(&mut [WHOLE / 2, WHOLE / 2], 0), WHOLE);
    }
}
