//! Small groups, restarted on a rig: each of its figures within fifteen of a hundred.
//!
//! The rig tells one run of each. A kill leaves behind what was not committed, up to five seconds of it, and the oldest
//! record is as much older: of the simulated runs those count that read about as much twice.

use std::sync::OnceLock;

use super::{MILLI, Ran, Spread, runs, variant};

const SEEDS: u64 = 200;
/// Written each second.
const RATE: u64 = 300;
/// How far apart two runs may be in what they read twice.
const NEAR: u64 = 600 * MILLI;

fn all() -> &'static [(String, Vec<Ran>)] {
    static ALL: OnceLock<Vec<(String, Vec<Ran>)>> = OnceLock::new();
    ALL.get_or_init(|| runs("static-group-on-a-rig", SEEDS))
}

/// A row of the rig's table.
pub(super) struct Row {
    pub(super) variant: &'static str,
    /// Largest latency.
    pub(super) oldest: u64,
    /// How much of the stream was read twice, in time.
    pub(super) twice: u64,
}

pub(super) const ROWS: [Row; 6] = [
    Row { variant: "as published", oldest: 11_100 * MILLI, twice: 700 * MILLI },
    Row { variant: "as published with a late one", oldest: 12_700 * MILLI, twice: 4_900 * MILLI },
    Row { variant: "as published with eight", oldest: 12_200 * MILLI, twice: 1_300 * MILLI },
    Row { variant: "closed", oldest: 2_400 * MILLI, twice: 0 },
    Row { variant: "closed with static ids", oldest: 3_100 * MILLI, twice: 0 },
    // Two runs: 2.0 and 2.25 s.
    Row { variant: "slots", oldest: 2_125 * MILLI, twice: 0 },
];

impl Row {
    /// The largest latencies of the runs that are like it.
    pub(super) fn spread(&self) -> Spread {
        let twice = |ran: &Ran| ran.amount("read-twice") * 1_000 * MILLI / RATE;
        let like = variant(all(), self.variant).iter().filter(|ran| twice(ran).abs_diff(self.twice) < NEAR);
        Spread::of(like, "latency-max")
    }
}

#[test]
fn small_groups_restart_as_they_do_on_a_rig() {
    for row in &ROWS {
        let spread = row.spread();
        assert!(spread.len() >= 15, "{}: {} runs are like it", row.variant, spread.len());
        let median = spread.at(50);
        assert!(median.abs_diff(row.oldest) * 100 <= row.oldest * 15, "{}: {median}, not {}", row.variant, row.oldest);
    }
}

#[test]
fn nothing_is_read_twice_after_a_clean_stop() {
    for name in ["closed", "closed with static ids", "slots"] {
        assert!(variant(all(), name).iter().all(|ran| ran.amount("read-twice") == 0), "{name}");
    }
}
