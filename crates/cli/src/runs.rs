//! From scenarios to outcomes: over variants, seeds and threads, with progress for who waits.
//!
//! Contract: outcomes come in the order seed by seed, variant by variant, whatever the number of threads.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use scenario::{Comparison, Diagnostics};
use simulation::Plan;
use timeline::Outcome;

use crate::console;
use crate::disk::Disk;

/// How long a wait may be before somebody wants to know how long it will be.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often progress is shown.
const REFRESH: Duration = Duration::from_millis(200);

/// One scenario with one seed.
pub struct Rehearsal {
    /// The scenario.
    pub comparison: Comparison,
    /// Its outcomes, variant by variant.
    pub outcomes: Vec<Outcome>,
}

/// Loads `file` once for each seed; once with its own if there is none.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(file: &str, seeds: &[Option<u64>]) -> Result<Vec<Comparison>, Diagnostics> {
    seeds.iter().map(|seed| scenario::load(file, &Disk, *seed)).collect()
}

/// Runs everything on as many threads.
///
/// # Errors
/// A run was broken off.
pub fn run_all(comparisons: Vec<Comparison>, threads: Option<NonZeroUsize>, quiet: bool) -> Result<Vec<Rehearsal>> {
    let plans: Vec<Plan> = comparisons
        .iter()
        .flat_map(|comparison| comparison.variants.iter())
        .map(|variant| variant.plan.clone())
        .collect();
    let threads = threads.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let mut progress = Progress::new(plans.len(), quiet);
    let results = simulation::run_all(&plans, threads, |finished| progress.show(finished));
    progress.clear();
    let mut results = results.into_iter().zip(&plans);
    let mut rehearsals = Vec::new();
    for comparison in comparisons {
        let mut outcomes = Vec::new();
        for (result, plan) in results.by_ref().take(comparison.variants.len()) {
            outcomes.push(result.with_context(|| format!("`{}`, seed {}, was broken off", plan.name, plan.seed))?);
        }
        rehearsals.push(Rehearsal { comparison, outcomes });
    }
    Ok(rehearsals)
}

/// Tells how far the runs are, on a terminal, from the first second on.
struct Progress {
    total: usize,
    begun: Instant,
    shown: Option<Instant>,
    wanted: bool,
}

impl Progress {
    fn new(total: usize, quiet: bool) -> Self {
        Self { total, begun: Instant::now(), shown: None, wanted: !quiet && console::is_watched() }
    }

    fn show(&mut self, finished: usize) {
        let now = Instant::now();
        let due =
            self.shown.map_or(now.duration_since(self.begun) >= PATIENCE, |last| now.duration_since(last) >= REFRESH);
        if self.wanted && due {
            const COLUMNS: usize = 30;
            let full = COLUMNS * finished / self.total.max(1);
            console::complain(&format!(
                "\r[{:=<full$}{:width$}] {finished} of {} runs",
                "",
                "",
                self.total,
                width = COLUMNS - full
            ));
            self.shown = Some(now);
        }
    }

    fn clear(&self) {
        if self.shown.is_some() {
            console::complain("\r\u{1b}[2K");
        }
    }
}
