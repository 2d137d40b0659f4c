//! Which part of a producer's records goes to which partition.
//!
//! Contract: keys land where Kafka's default partitioner puts them (`BuiltInPartitioner.partitionForKey`): murmur2 of
//! the key's bytes, its sign bit dropped, modulo the number of partitions. Integers only; no key is drawn, each gets
//! its weight.

use alloc::vec;
use alloc::vec::Vec;

use crate::stream::Share;

/// What of a producer's records goes to one partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Portion {
    /// Which part of them.
    pub share: Share,
    /// How far the partition is ahead of its last turn at the start, so that partitions are not written in step.
    pub ahead: u64,
}

/// Records without keys: partitions take turns, each time with `batch` records.
pub fn in_turn(partitions: u64, batch: u64) -> impl Iterator<Item = Portion> {
    let share = move || Share::new(1, partitions);
    (0..partitions).map(move |partition| Portion { share: share(), ahead: (partitions - 1 - partition) * batch.max(1) })
}

/// Records with keys, each key with a weight.
pub fn by_key<K: AsRef<[u8]>>(partitions: u64, keys: impl IntoIterator<Item = (K, u64)>) -> Vec<Portion> {
    let mut weights = vec![0_u128; usize::try_from(partitions).expect("partitions fit into memory")];
    for (key, weight) in keys {
        weights[partition_of(key.as_ref(), partitions)] += u128::from(weight);
    }
    let spread = |(partition, share): (usize, Share)| Portion {
        share,
        ahead: share.of() * (partitions - 1 - partition as u64) / partitions,
    };
    shares(&weights).into_iter().enumerate().map(spread).collect()
}

/// The partition of a key.
pub fn partition_of(key: &[u8], partitions: u64) -> usize {
    let positive = u64::from(murmur2(key) & 0x7fff_ffff);
    usize::try_from(positive % partitions.max(1)).expect("partitions fit into memory")
}

/// `org.apache.kafka.common.utils.Utils.murmur2`: MurmurHash2 of 32 bits with Kafka's seed.
pub fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;
    let mut hash = SEED ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k ^= k >> R;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    for (place, byte) in rest.iter().enumerate() {
        hash ^= u32::from(*byte) << (8 * place);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

/// Weights as shares of one whole that add up to it: exact if it has no more than [`Share::PARTS_MAX`] parts,
/// otherwise rounded, the largest remainders up.
fn shares(weights: &[u128]) -> Vec<Share> {
    let total: u128 = weights.iter().sum();
    let whole = total.clamp(1, u128::from(Share::PARTS_MAX));
    let small = |parts: u128| u64::try_from(parts).expect("a part is no larger than the whole");
    let mut parts: Vec<u64> = weights.iter().map(|weight| small(weight * whole / total.max(1))).collect();
    let rounded: u64 = parts.iter().sum();
    let missing = usize::try_from(small(whole) - rounded).expect("a remainder for each partition at most");
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|place| core::cmp::Reverse((weights[*place] * whole) % total.max(1)));
    if total > 0 {
        order.iter().take(missing).for_each(|place| parts[*place] += 1);
    }
    parts.into_iter().map(|parts| Share::new(parts, small(whole))).collect()
}

/// Weights of `count` keys of which the *n*-th is wanted `n^-s` times as often as the first, `s` in hundredths.
pub fn zipf(count: u64, hundredths: u64) -> impl Iterator<Item = u64> {
    /// The weight of the first key.
    const FIRST: u64 = 1 << 40;
    let powers = Powers::new();
    (1..=count).map(move |n| match hundredths {
        100 => FIRST / n,
        _ => powers.divide(FIRST, u128::from(log2(n)) * u128::from(hundredths) / 100),
    })
}

/// Bits behind the point of logarithms.
const POINT: u32 = 32;

/// The binary logarithm, by squaring.
fn log2(n: u64) -> u64 {
    let whole = n.ilog2();
    let mut result = u64::from(whole);
    // Between 1 and 2, with 62 bits behind the point.
    let mut x = u128::from(n) << (62 - whole);
    for _ in 0..POINT {
        x = (x * x) >> 62;
        result <<= 1;
        if x >> 63 != 0 {
            x >>= 1;
            result |= 1;
        }
    }
    result
}

/// The square root of two, its square root, and so on.
struct Powers([u64; POINT as usize]);

impl Powers {
    fn new() -> Self {
        let mut roots = [0; POINT as usize];
        let mut x: u128 = 2 << 62;
        for root in &mut roots {
            x = (x << 62).isqrt();
            *root = u64::try_from(x).expect("roots of two are below two");
        }
        Self(roots)
    }

    /// `value / 2^exponent`, the exponent with [`POINT`] bits behind the point.
    fn divide(&self, value: u64, exponent: u128) -> u64 {
        let mut divisor: u128 = 1 << 62;
        for (place, root) in self.0.iter().enumerate() {
            if exponent >> (POINT as usize - 1 - place) & 1 == 1 {
                divisor = (divisor * u128::from(*root)) >> 62;
            }
        }
        let whole = u32::try_from(exponent >> POINT).unwrap_or(u32::MAX);
        let quotient = (u128::from(value) << 62) / divisor;
        u64::try_from(quotient.checked_shr(whole).unwrap_or(0)).expect("a quotient is not above its value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn hashes_are_those_of_kafkas_own_tests() {
        // `UtilsTest.testMurmur2`
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()) as i32, hash, "{key}");
        }
    }

    #[test]
    fn all_records_go_somewhere() {
        for partitions in [1, 7, 128] {
            let shared: u64 = in_turn(partitions, 3).map(|portion| portion.share.parts()).sum();
            assert_eq!(shared, partitions);
            for keys in [1, 10, 1_000] {
                let portions = by_key(partitions, (0..keys).map(|key| (format!("key-{key}"), 1)));
                assert_eq!(portions.iter().map(|portion| portion.share.parts()).sum::<u64>(), keys);
                let skewed = by_key(partitions, zipf(keys, 120).enumerate().map(|(n, w)| (format!("key-{n}"), w)));
                let of = skewed[0].share.of();
                assert_eq!(skewed.iter().map(|portion| portion.share.parts()).sum::<u64>(), of);
                assert!(skewed.iter().all(|portion| portion.ahead < of));
            }
        }
    }

    #[test]
    fn a_hot_key_is_where_its_hash_says() {
        let portions = by_key(12, [("customer-42", 900_000), ("a", 50_000), ("b", 50_000)]);
        let hot = partition_of(b"customer-42", 12);
        assert!(portions[hot].share.parts() >= 900_000, "{portions:?}");
    }

    #[test]
    fn the_weights_of_keys_fall_with_the_power_that_is_asked_for() {
        let ratios: Vec<u64> = zipf(16, 200).map(|weight| (1 << 40) / weight).collect();
        for (place, ratio) in ratios.iter().enumerate() {
            let n = place as u64 + 1;
            assert!(ratio.abs_diff(n * n) <= 1, "{n}: {ratio}");
        }
        assert!(zipf(9, 0).all(|weight| weight == 1 << 40));
        let half: Vec<u64> = zipf(4, 50).collect();
        assert!((half[3] * 2).abs_diff(half[0]) < 1_000, "{half:?}");
        assert_eq!(zipf(3, 100).collect::<Vec<u64>>(), [1 << 40, 1 << 39, (1 << 40) / 3]);
        assert!(zipf(1_000, 100_000).skip(1).all(|weight| weight == 0));
    }
}
