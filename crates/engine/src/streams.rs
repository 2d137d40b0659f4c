//! Named random streams: each drawer its own generator, derived from the run's seed and a label.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// A random generator: the same numbers on every platform.
pub type Stream = ChaCha8Rng;

/// The source of all randomness of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
}

/// Random numbers by their number: the k-th draw in constant time, without the draws before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    key: [u8; 32],
}

const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

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
        self.draws(label).stream()
    }

    /// The `n`-th of a family of streams; all differ from [`stream`](Self::stream) of the same label.
    pub fn indexed(self, label: &str, n: u64) -> Stream {
        self.indexed_draws(label, n).stream()
    }

    /// The numbered draws of the drawer with this label. Use [`stream`](Self::stream) or this with one label, not both: they share
    /// their numbers.
    pub fn draws(self, label: &str) -> Draws {
        Draws::new(self.seed, fnv1a(FNV_OFFSET, label.as_bytes()), 0)
    }

    /// The numbered draws of the `n`-th of a family.
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

    fn stream(&self) -> Stream {
        ChaCha8Rng::from_seed(self.key)
    }

    /// The generator for draw `k`: eight 64-bit numbers belong to each draw.
    pub fn at(&self, k: u64) -> Stream {
        let mut stream = self.stream();
        stream.set_word_pos(u128::from(k) * 16);
        stream
    }
}

fn fnv1a(hash: u128, bytes: &[u8]) -> u128 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(FNV_PRIME))
}
