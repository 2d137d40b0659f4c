//! Orders that decide answers: that of Java's hash tables, that of ids, that of members.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use protocol::java::{JavaHash, LONG_CHAIN, LONG_CHAINS_FROM, string_order};

/// `HashMap.hash`: the high half folded into the low one.
const fn spread(hash: i32) -> u32 {
    let bits = hash as u32;
    bits ^ (bits >> 16)
}

/// Buckets of a table that started with so many (a power of two) once `n` keys were put into it.
pub(crate) const fn grown_buckets_from(buckets: usize, n: usize) -> usize {
    let mut buckets = buckets;
    // Three quarters of 1 and 2 buckets are cut to 0 and 1.
    while n > buckets * 3 / 4 {
        buckets *= 2;
    }
    buckets
}

/// Buckets of a default `HashMap` that `n` keys were put into one by one.
pub(crate) const fn grown_buckets(n: usize) -> usize {
    grown_buckets_from(16, n)
}

/// Buckets of `AssignorHelpers.newHashMap(n)` and `newHashSet(n)`.
pub(crate) const fn roomy_buckets(n: usize) -> usize {
    ((n + 1) * 4 / 3 + 1).next_power_of_two()
}

/// Buckets of `new HashMap<>(map of n)` under JDK 17, which has no lower bound.
pub(crate) const fn copied_map_buckets(n: usize) -> usize {
    (n * 4 / 3 + 1).next_power_of_two()
}

/// Buckets of `new HashSet<>(collection of n)` under JDK 17.
pub(crate) const fn copied_set_buckets(n: usize) -> usize {
    let buckets = copied_map_buckets(n);
    if buckets < 16 { 16 } else { buckets }
}

/// Buckets of a table of numbers that had so many with the first `held` of them, once the others were put into it one
/// by one.
pub(crate) fn number_buckets(buckets: usize, held: usize, numbers: &[i32]) -> usize {
    if buckets >= LONG_CHAINS_FROM || numbers.len() <= LONG_CHAIN || !has_long_chain(buckets, numbers) {
        return grown_buckets_from(buckets, numbers.len());
    }
    let mut buckets = buckets;
    for count in held..numbers.len() {
        let place = bucket(numbers[count], buckets);
        let chain = || numbers[..count].iter().filter(|&&number| bucket(number, buckets) == place).count();
        if buckets < LONG_CHAINS_FROM && count >= LONG_CHAIN && chain() >= LONG_CHAIN {
            buckets *= 2;
        }
        buckets = grown_buckets_from(buckets, count + 1);
    }
    buckets
}

/// Whether so few buckets would have more of the numbers in one of them than a chain holds.
fn has_long_chain(buckets: usize, numbers: &[i32]) -> bool {
    let mut lengths = [0usize; LONG_CHAINS_FROM];
    numbers.iter().for_each(|&number| lengths[bucket(number, buckets)] += 1);
    lengths.iter().any(|&length| length > LONG_CHAIN)
}

/// The bucket, of so many, in which a key of this hash lies.
pub(crate) const fn bucket(hash: i32, buckets: usize) -> usize {
    spread(hash) as usize & (buckets - 1)
}

/// Positions of `hashes` in the iteration order of a `HashMap` of `buckets` buckets into which distinct keys of these
/// hashes were put in this sequence: a stable sort by bucket.
pub(crate) fn table_order(hashes: &[i32], buckets: usize) -> Vec<u32> {
    let mut starts = vec![0u32; buckets + 1];
    for &hash in hashes {
        starts[bucket(hash, buckets) + 1] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut order = vec![0u32; hashes.len()];
    for (position, &hash) in (0u32..).zip(hashes) {
        let next = &mut starts[bucket(hash, buckets)];
        order[*next as usize] = position;
        *next += 1;
    }
    order
}

/// The order of numbers in a `HashSet` of so many buckets into which they were put in this sequence: `order` becomes
/// a key each, with the position in its lower half.
pub(crate) fn number_order(numbers: impl Iterator<Item = i32>, buckets: usize, order: &mut Vec<u64>) {
    order.clear();
    let keys = (0u64..).zip(numbers).map(|(position, number)| (bucket(number, buckets) as u64) << 32 | position);
    order.extend(keys);
    if !order.is_sorted() {
        order.sort_unstable();
    }
}

/// A key of an entry, by which entries of a `HashMap` sort into iteration order: its bucket; in a bucket what
/// `computeIfAbsent` put there, the last first, then what `put` did, the first first. `place` counts the entries in
/// their sequence.
pub(crate) const fn chain_key(hash: i32, buckets: usize, place: usize, is_computed: bool) -> u64 {
    let turn = if is_computed { PUT - 1 - place as u64 } else { PUT + place as u64 };
    (bucket(hash, buckets) as u64) << 32 | turn
}

/// The place that a [`chain_key`] was made of.
pub(crate) const fn place_in_chain(key: u64) -> usize {
    let turn = key & 0xFFFF_FFFF;
    if turn < PUT { (PUT - 1 - turn) as usize } else { (turn - PUT) as usize }
}

/// Half of the turns in a bucket.
const PUT: u64 = 1 << 31;

/// [`table_order`] of names in a default table; of equal texts the last one counts, at the place of the first.
pub(crate) fn name_table_order<N: JavaHash + Ord + ?Sized>(names: &[&N]) -> Vec<u32> {
    held_name_table_order(names, 0)
}

/// [`name_table_order`] of what remains in a table that held that many names at some time.
pub(crate) fn held_name_table_order<N: JavaHash + Ord + ?Sized>(names: &[&N], held: usize) -> Vec<u32> {
    let hashes: Vec<i32> = names.iter().map(|name| name.java_hash()).collect();
    let buckets = grown_buckets(names.len().max(held));
    let order = table_order(&hashes, buckets);
    if may_hold_equals(names, &hashes, &order, buckets) {
        distinct_name_table_order(names, &hashes, held)
    } else {
        order
    }
}

/// Whether a chain holds a key twice, or is so long that it had better be looked at in another way.
fn may_hold_equals<N: Eq + ?Sized>(names: &[&N], hashes: &[i32], order: &[u32], buckets: usize) -> bool {
    const SEARCHED: usize = 16;
    let bucket = |position: u32| bucket(hashes[position as usize], buckets);
    let same = |a: u32, b: u32| hashes[a as usize] == hashes[b as usize] && names[a as usize] == names[b as usize];
    order.chunk_by(|&a, &b| bucket(a) == bucket(b)).any(|chain| {
        chain.len() > SEARCHED
            || (1..chain.len()).any(|last| chain[..last].iter().any(|&earlier| same(earlier, chain[last])))
    })
}

fn distinct_name_table_order<N: Ord + ?Sized>(names: &[&N], hashes: &[i32], held: usize) -> Vec<u32> {
    let mut first: BTreeMap<&N, usize> = BTreeMap::new();
    let mut kept: Vec<(u32, i32)> = Vec::new();
    for ((position, name), &hash) in (0u32..).zip(names).zip(hashes) {
        match first.get(name) {
            Some(&index) => kept[index].0 = position,
            None => {
                first.insert(name, kept.len());
                kept.push((position, hash));
            }
        }
    }
    let hashes: Vec<i32> = kept.iter().map(|&(_, hash)| hash).collect();
    let order = table_order(&hashes, grown_buckets(kept.len().max(held)));
    order.into_iter().map(|index| kept[index as usize].0).collect()
}

/// Positions of `texts` in Java's string order; equal ones keep their sequence.
///
/// Sorted by the eight bytes after what all texts begin with: one comparison of integers in place of one of texts,
/// which decides nearly always.
pub(crate) fn sorted_positions(texts: &[&str]) -> Vec<u32> {
    /// UTF-8 and UTF-16 order the same up to here; a surrogate pair meets U+E000–U+FFFF only above it.
    const FIRST_UNLIKE: u8 = 0xEE;
    let Some(&first) = texts.first() else { return Vec::new() };
    if texts.iter().any(|text| !text.is_ascii() && text.bytes().any(|byte| byte >= FIRST_UNLIKE)) {
        let mut order: Vec<u32> = (0u32..).zip(texts).map(|(position, _)| position).collect();
        order.sort_by(|&a, &b| string_order(texts[a as usize], texts[b as usize]));
        return order;
    }
    let shared =
        texts.iter().fold(first.len(), |shared, text| shared_prefix(&first.as_bytes()[..shared], text.as_bytes()));
    let key = |text: &str| {
        let rest = &text.as_bytes()[shared..];
        let mut bytes = [0; 8];
        let length = rest.len().min(8);
        bytes[..length].copy_from_slice(&rest[..length]);
        u64::from_be_bytes(bytes)
    };
    let mut keyed: Vec<(u64, u32)> = (0u32..).zip(texts).map(|(position, text)| (key(text), position)).collect();
    keyed.sort_unstable_by(|(key_a, a), (key_b, b)| {
        let texts = || texts[*a as usize].as_bytes().cmp(texts[*b as usize].as_bytes());
        key_a.cmp(key_b).then_with(texts).then(a.cmp(b))
    });
    keyed.into_iter().map(|(_, position)| position).collect()
}

/// The number of bytes in which both begin alike.
fn shared_prefix(a: &[u8], b: &[u8]) -> usize {
    let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    let alike = 8 * words.take_while(|(a, b)| a == b).count();
    alike + a[alike..].iter().zip(&b[alike..]).take_while(|(a, b)| a == b).count()
}

/// Positions of members, given as id and instance id, in the order of `MemberInfo`: static members first, by instance
/// id, then the others by member id.
pub(crate) fn member_info_order(members: &[(&str, Option<&str>)]) -> Vec<u32> {
    let others: Vec<&str> = members.iter().filter(|(_, instance)| instance.is_none()).map(|&(id, _)| id).collect();
    if others.len() == members.len() {
        return sorted_positions(&others);
    }
    let is_static = |is_static: bool| {
        let positions = (0u32..).zip(members).filter(move |(_, (_, instance))| instance.is_some() == is_static);
        positions.map(|(position, _)| position).collect::<Vec<_>>()
    };
    let instances: Vec<&str> = members.iter().filter_map(|&(_, instance)| instance).collect();
    let (first, then) = (is_static(true), is_static(false));
    let first = sorted_positions(&instances).into_iter().map(|index| first[index as usize]);
    first.chain(sorted_positions(&others).into_iter().map(|index| then[index as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;
    use protocol::MemberId;
    use protocol::java::JavaHashMap;

    #[test]
    fn the_order_of_a_table_is_that_of_the_table_it_stands_for() {
        for count in 0..200usize {
            let ids: Vec<String> = (0..count).map(|n| format!("consumer-{}-{}", n % 7, n * n)).collect();
            let mut table = JavaHashMap::new();
            for (position, id) in (0u32..).zip(&ids) {
                table.put(MemberId::from(id.as_str()), position);
            }
            let texts: Vec<&str> = ids.iter().map(String::as_str).collect();
            assert_eq!(name_table_order(&texts), table.values().copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_long_chain_doubles_a_table_of_numbers_as_the_table_it_stands_for() {
        for step in [1, 4, 16, 32, 48, 65_536 + 16] {
            let numbers: Vec<i32> = (0..80).map(|number| number * step + number % 3).collect();
            for start in [1, 8, 16, 32] {
                let mut table = JavaHashMap::with_buckets(start);
                let mut buckets = start;
                for (count, &number) in numbers.iter().enumerate().take_while(|(count, _)| *count < 40) {
                    table.put(number, ());
                    buckets = number_buckets(buckets, count, &numbers[..=count]);
                    assert_eq!(buckets, table.buckets(), "{step} {start} {count}");
                    assert_eq!(number_buckets(start, 0, &numbers[..=count]), buckets, "{step} {start} {count}");
                }
            }
        }
    }

    #[test]
    fn of_two_equal_keys_the_later_takes_the_place_of_the_earlier() {
        assert_eq!(name_table_order(&["b", "a", "b"]), [1, 2]);
        assert_eq!(name_table_order(&["a"; 40]), [39]);
    }

    #[test]
    fn texts_sort_by_utf_16_units() {
        let texts = ["x\u{FF5E}", "x\u{1F980}", "x", "xa", "x\u{E9}", "xa"];
        assert_eq!(sorted_positions(&texts), [2, 3, 5, 4, 1, 0]);
        let long = ["consumer-0123456789abcdef-2", "consumer-0123456789abcdef-10", "consumer-0123456789abcdef-1"];
        assert_eq!(sorted_positions(&long), [2, 1, 0]);
        assert_eq!(sorted_positions(&[]), []);
    }

    #[test]
    fn static_members_come_first_by_instance_id() {
        let members = [("a", None), ("c", Some("2")), ("b", Some("10")), ("A", None)];
        assert_eq!(member_info_order(&members), [2, 1, 3, 0]);
    }
}
