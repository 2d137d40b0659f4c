//! ChaCha with eight rounds, a block at a time.
//!
//! Source: D. J. Bernstein, "ChaCha, a variant of Salsa20": 64 bits of block number, 64 bits of nonce, which is zero
//! here. A block is 64 bytes, or eight numbers, little-endian. Libraries make four blocks at once, for who wants many
//! numbers; of numbered draws one is wanted.

/// 64-bit numbers in a block.
pub(crate) const NUMBERS: usize = 8;

/// "expand 32-byte k".
const CONSTANTS: Row = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
/// Two rounds each: columns, diagonals.
const DOUBLE_ROUNDS: usize = 4;

/// A row of the state.
type Row = [u32; 4];

/// The block with this number under this key.
pub(crate) fn block(key: &[u32; 8], number: u64) -> [u64; NUMBERS] {
    let [k0, k1, k2, k3, k4, k5, k6, k7] = *key;
    let start = [CONSTANTS, [k0, k1, k2, k3], [k4, k5, k6, k7], [number as u32, (number >> 32) as u32, 0, 0]];
    let [mut a, mut b, mut c, mut d] = start;
    for _ in 0..DOUBLE_ROUNDS {
        round(&mut a, &mut b, &mut c, &mut d);
        (b, c, d) = ([b[1], b[2], b[3], b[0]], [c[2], c[3], c[0], c[1]], [d[3], d[0], d[1], d[2]]);
        round(&mut a, &mut b, &mut c, &mut d);
        (b, c, d) = ([b[3], b[0], b[1], b[2]], [c[2], c[3], c[0], c[1]], [d[1], d[2], d[3], d[0]]);
    }
    let mut numbers = [0; NUMBERS];
    for (place, (row, start)) in [a, b, c, d].iter().zip(&start).enumerate() {
        for half in 0..2 {
            let word = |at: usize| u64::from(row[2 * half + at].wrapping_add(start[2 * half + at]));
            numbers[2 * place + half] = word(0) | word(1) << 32;
        }
    }
    numbers
}

/// A quarter round on each of the four columns.
#[inline]
fn round(a: &mut Row, b: &mut Row, c: &mut Row, d: &mut Row) {
    mix(a, b, d, 16);
    mix(c, d, b, 12);
    mix(a, b, d, 8);
    mix(c, d, b, 7);
}

#[inline]
fn mix(sum: &mut Row, more: &Row, other: &mut Row, bits: u32) {
    for place in 0..4 {
        sum[place] = sum[place].wrapping_add(more[place]);
        other[place] = (other[place] ^ sum[place]).rotate_left(bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    proptest! {
        #[test]
        fn it_is_the_one_that_everybody_has(key: [u32; 8], number: u64) {
            let mut bytes = [0; 32];
            for (bytes, word) in bytes.chunks_exact_mut(4).zip(key) {
                bytes.copy_from_slice(&word.to_le_bytes());
            }
            let mut known = ChaCha8Rng::from_seed(bytes);
            known.set_word_pos(u128::from(number) * 16);
            prop_assert_eq!(block(&key, number), core::array::from_fn(|_| known.next_u64()));
        }
    }
}
