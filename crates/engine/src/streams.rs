//! Named random streams: each drawer its own generator, derived from the run's seed and the drawer's label, nothing
//! else.
//!
//! Contract: the same numbers on every platform and in every version; whoever draws more, less, or is new, disturbs
//! nobody. Every stream is a ChaCha generator of eight rounds. Its key of 32 bytes is
//!
//! ```text
//! bytes  0.. 8   the seed, little-endian
//! bytes  8..24   the 128-bit FNV-1a hash of the label's UTF-8, little-endian; of a family: of the label and a byte ff, which no
//!                text in UTF-8 contains, so a family and a single stream of one label differ
//! bytes 24..32   the number in the family, little-endian; zero for a single stream
//! ```
//!
//! and its nonce zero. ChaCha is made for keys that differ in a bit only, so seeds 1 and 2, or members 1 and 2, have
//! nothing in common.
//!
//! ChaCha's output is addressed by block, 64 bytes each, so any part of it can be had without what comes before: draw
//! `k` of [`Draws`] is block `k`.
//!
//! Left out on purpose: generators from the machine's entropy, and one generator passed around.

use core::convert::Infallible;
use core::slice;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng, TryRng};

/// A random generator: the same numbers on every platform. Draw from it through [`Rng`].
pub type Stream = ChaCha8Rng;

/// The source of all randomness of a run: its seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
}

/// Random numbers by their number: the k-th draw in constant time, without the draws before it, in 32 bytes of memory.
///
/// A draw costs four blocks of ChaCha, as the generator makes four at a time; who draws one after the other is better
/// served by a [`Stream`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    key: [u8; 32],
}

/// [`Draws`] that keep what was made for the draw that was asked for last: four draws. Whoever asks for it again (as a
/// message does for its way back), or for one of the others, is spared the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentDraws {
    draws: Draws,
    /// The first of the draws at hand; none before anybody has asked.
    first: Option<u64>,
    at_hand: [[u8; DRAW_BYTES]; DRAWS_AT_HAND],
}

/// The eight numbers of one draw of [`Draws`]. Draw from it through [`Rng`]; asking for a ninth is a mistake, and
/// panics.
#[derive(Clone, Debug)]
pub struct Draw<'a> {
    numbers: slice::Iter<'a, [u8; NUMBER_BYTES]>,
}

/// 32-bit words in a block of ChaCha.
const BLOCK_WORDS: u128 = 16;
/// Bytes in one, which is a draw, and in a number.
const DRAW_BYTES: usize = 64;
const NUMBER_BYTES: usize = 8;
/// Blocks that the generator makes at a time.
const DRAWS_AT_HAND: usize = 4;

impl Streams {
    /// The streams of the run with this seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The seed.
    pub const fn seed(self) -> u64 {
        self.seed
    }

    /// The stream of the drawer with this label.
    pub fn stream(self, label: &str) -> Stream {
        self.draws(label).at(0)
    }

    /// The `n`-th stream of the family with this label; all differ from [`stream`](Self::stream) of the same label.
    pub fn indexed(self, label: &str, n: u64) -> Stream {
        self.indexed_draws(label, n).at(0)
    }

    /// The numbered draws of the drawer with this label. They are cut from its [`stream`](Self::stream): use one or
    /// the other.
    pub fn draws(self, label: &str) -> Draws {
        Draws::new(self.seed, fnv1a(FNV_OFFSET, label.as_bytes()), 0)
    }

    /// The numbered draws of the `n`-th of the family with this label, cut from [`indexed`](Self::indexed).
    pub fn indexed_draws(self, label: &str, n: u64) -> Draws {
        Draws::new(self.seed, fnv1a(fnv1a(FNV_OFFSET, label.as_bytes()), &[0xff]), n)
    }
}

impl Draws {
    fn new(seed: u64, label: u128, n: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..24].copy_from_slice(&label.to_le_bytes());
        key[24..].copy_from_slice(&n.to_le_bytes());
        Self { key }
    }

    /// The generator for draw `k`. Eight 64-bit numbers belong to each draw; the ninth is the first of the next draw.
    pub fn at(&self, k: u64) -> Stream {
        let mut stream = ChaCha8Rng::from_seed(self.key);
        if k > 0 {
            stream.set_word_pos(u128::from(k) * BLOCK_WORDS);
        }
        stream
    }

    /// The first 64-bit number of draw `k`: all that one sample of a [`Distribution`](crate::Distribution) takes.
    pub fn number(&self, k: u64) -> u64 {
        self.at(k).next_u64()
    }

    /// The same draws, those asked for last at hand.
    pub fn recent(self) -> RecentDraws {
        RecentDraws { draws: self, first: None, at_hand: [[0; DRAW_BYTES]; DRAWS_AT_HAND] }
    }
}

impl RecentDraws {
    /// The numbers of draw `k`, from the first on: those of [`Draws::at`].
    pub fn at(&mut self, k: u64) -> Draw<'_> {
        let place = k % DRAWS_AT_HAND as u64;
        let first = k - place;
        if self.first != Some(first) {
            self.first = Some(first);
            self.draws.at(first).fill_bytes(self.at_hand.as_flattened_mut());
        }
        Draw { numbers: self.at_hand[place as usize].as_chunks().0.iter() }
    }
}

impl Draw<'_> {
    /// The same without its first `count` numbers, which somebody else has drawn.
    ///
    /// # Panics
    /// There are not so many left.
    #[must_use]
    pub fn without(mut self, count: usize) -> Self {
        self.numbers = self.numbers.as_slice()[count..].iter();
        self
    }
}

impl TryRng for Draw<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| number as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(*self.numbers.next().expect("a draw has eight numbers")))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(NUMBER_BYTES) {
            part.copy_from_slice(&self.next_u64().to_le_bytes()[..part.len()]);
        }
        Ok(())
    }
}

/// The start of a 128-bit FNV-1a hash (draft-eastlake-fnv).
const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

fn fnv1a(hash: u128, bytes: &[u8]) -> u128 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(FNV_PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(mut stream: Stream) -> [u64; 2] {
        [stream.next_u64(), stream.next_u64()]
    }

    /// The numbers were computed from the derivation above by a ChaCha written for that alone.
    #[test]
    fn the_derivation_is_as_documented() {
        let streams = Streams::new(42);
        assert_eq!(two(streams.stream("network")), [0x3685_b3e2_ce55_702f, 0x35fe_e9d8_b94f_8b6e]);
        assert_eq!(two(streams.indexed("network", 0)), [0xe2f3_81cf_d45a_d4aa, 0x1b35_4998_4d26_b73c]);
        assert_eq!(two(streams.indexed("network", 7)), [0xe819_c52c_aff3_b83b, 0x9ff9_4ffe_a8b3_55cd]);
        assert_eq!(two(streams.draws("network").at(1_000_000)), [0xbda3_564b_f534_b9fe, 0x4ddf_7369_0fe0_9d92]);
        assert_eq!(fnv1a(FNV_OFFSET, b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }

    #[test]
    fn streams_differ_by_seed_by_label_and_by_index() {
        let one = Streams::new(1);
        let streams = [
            one.stream(""),
            one.stream("a"),
            one.stream("b"),
            one.indexed("a", 0),
            one.indexed("a", 1),
            one.indexed("b", 1),
            Streams::new(2).stream("a"),
            Streams::new(1 << 63).stream("a"),
        ];
        for (place, left) in streams.iter().enumerate() {
            for right in &streams[place + 1..] {
                assert_ne!(two(left.clone()), two(right.clone()));
            }
        }
    }

    #[test]
    fn a_stream_depends_on_no_other_drawer() {
        let streams = Streams::new(9);
        let undisturbed = two(streams.stream("network"));
        let mut newcomer = streams.stream("a new drawer");
        newcomer.next_u64();
        assert_eq!(two(streams.stream("network")), undisturbed);
    }

    #[test]
    fn the_draw_at_hand_is_the_one_asked_for() {
        let draws = Streams::new(3).indexed_draws("heartbeat", 5);
        let mut recent = draws.recent();
        for k in [0, 0, 7, 7, 8, 6, 0, 3, 4, u64::MAX, u64::MAX - 4] {
            let (mut draw, mut stream) = (recent.at(k), draws.at(k));
            let mut later = draw.clone().without(5);
            let numbers: [u64; DRAW_BYTES / NUMBER_BYTES] = core::array::from_fn(|_| draw.next_u64());
            assert!(numbers.iter().all(|number| *number == stream.next_u64()));
            assert!(numbers[5..].iter().all(|number| *number == later.next_u64()));
        }
    }

    #[test]
    fn a_numbered_draw_is_a_block_of_the_stream() {
        let streams = Streams::new(3);
        let draws = streams.indexed_draws("heartbeat", 5);
        let mut stream = streams.indexed("heartbeat", 5);
        for k in 0..20 {
            let mut draw = draws.at(k);
            assert_eq!(draws.number(k), draw.clone().next_u64());
            for _ in 0..8 {
                assert_eq!(draw.next_u64(), stream.next_u64());
            }
        }
        // The last block there is.
        assert_ne!(draws.number(u64::MAX), draws.number(u64::MAX - 1));
    }
}
