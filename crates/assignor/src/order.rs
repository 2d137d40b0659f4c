//! Orders that decide answers: that of Java's hash tables, that of ids, that of members.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

use protocol::java::{string_hash, string_order};

/// `HashMap.hash`: the high half folded into the low one.
const fn spread(hash: i32) -> u32 {
    let bits = hash as u32;
    bits ^ (bits >> 16)
}

/// Buckets of a default `HashMap` that `n` keys were put into one by one.
pub(crate) fn grown_buckets(n: usize) -> usize {
    let mut buckets = 16;
    while n > buckets / 4 * 3 {
        buckets *= 2;
    }
    buckets
}

/// Positions of `hashes` in the iteration order of a `HashMap` of `buckets` buckets into which distinct keys of these hashes were
/// put in this sequence: a stable sort by bucket.
pub(crate) fn table_order(hashes: &[i32], buckets: usize) -> Vec<u32> {
    let mask = buckets - 1;
    let mut starts = vec![0u32; buckets + 1];
    for &hash in hashes {
        starts[(spread(hash) as usize & mask) + 1] += 1;
    }
    for bucket in 0..buckets {
        starts[bucket + 1] += starts[bucket];
    }
    let mut order = vec![0u32; hashes.len()];
    for (position, &hash) in (0u32..).zip(hashes) {
        let next = &mut starts[spread(hash) as usize & mask];
        order[*next as usize] = position;
        *next += 1;
    }
    order
}

/// [`table_order`] of texts in a default table; of equal texts the last one counts, at the place of the first.
pub(crate) fn name_table_order(names: &[&str]) -> Vec<u32> {
    let hashes: Vec<i32> = names.iter().map(|name| string_hash(name)).collect();
    let buckets = grown_buckets(names.len());
    let order = table_order(&hashes, buckets);
    if may_hold_equals(names, &hashes, &order, buckets) { distinct_name_table_order(names, &hashes) } else { order }
}

/// Whether a chain holds a key twice, or is so long that it had better be looked at in another way.
fn may_hold_equals(names: &[&str], hashes: &[i32], order: &[u32], buckets: usize) -> bool {
    const LONG_CHAIN: usize = 16;
    let bucket = |position: u32| spread(hashes[position as usize]) as usize & (buckets - 1);
    let same = |a: u32, b: u32| hashes[a as usize] == hashes[b as usize] && names[a as usize] == names[b as usize];
    order.chunk_by(|&a, &b| bucket(a) == bucket(b)).any(|chain| {
        chain.len() > LONG_CHAIN
            || (1..chain.len()).any(|last| chain[..last].iter().any(|&earlier| same(earlier, chain[last])))
    })
}

fn distinct_name_table_order(names: &[&str], hashes: &[i32]) -> Vec<u32> {
    let mut first: alloc::collections::BTreeMap<&str, usize> = alloc::collections::BTreeMap::new();
    let mut kept: Vec<(u32, i32)> = Vec::new();
    for (position, name) in (0u32..).zip(names) {
        match first.get(name) {
            Some(&index) => kept[index].0 = position,
            None => {
                first.insert(name, kept.len());
                kept.push((position, hashes[position as usize]));
            }
        }
    }
    let hashes: Vec<i32> = kept.iter().map(|&(_, hash)| hash).collect();
    let order = table_order(&hashes, grown_buckets(kept.len()));
    order.into_iter().map(|index| kept[index as usize].0).collect()
}

/// Positions of `texts` in Java's string order; equal ones keep their sequence.
pub(crate) fn sorted_positions(texts: &[&str]) -> Vec<u32> {
    let count = u32::try_from(texts.len()).expect("fewer than 2^32 texts");
    let mut order: Vec<u32> = (0..count).collect();
    order.sort_by(|&a, &b| string_order(texts[a as usize], texts[b as usize]));
    order
}

/// `MemberInfo.compareTo`: members with an instance id first, by it; the others by member id.
pub(crate) fn member_info_order(left: (&str, Option<&str>), right: (&str, Option<&str>)) -> Ordering {
    match (left.1, right.1) {
        (Some(left), Some(right)) => string_order(left, right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => string_order(left.0, right.0),
    }
}
