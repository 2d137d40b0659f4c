//! From scenarios to outcomes: over variants, seeds and threads, with progress for who waits.
//!
//! Contract: outcomes come in the order seed by seed, variant by variant, whatever the number of threads.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use protocol::SimTime;
use scenario::{Comparison, Diagnostics, Files};
use simulation::{Plan, RunError};
use timeline::{Event, Observer, Outcome, Story, Teller};

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
    /// The story of each, if it was to be told.
    pub stories: Vec<Story>,
}

/// How many plans are in memory at the same time, if each has few members.
const PLANS_AT_ONCE: usize = 256;
/// How many members are, if plans have many.
const MEMBERS_AT_ONCE: usize = 100_000;
/// Of how many variants stories are told; each may take dozens of megabytes.
pub const MOST_TOLD: usize = 12;

/// Why there are no outcomes.
#[derive(Debug)]
pub enum Failure {
    /// The scenario is wrong; with some seeds at least.
    Mistakes(Diagnostics),
    /// A run was broken off.
    Broken(anyhow::Error),
}

impl From<Diagnostics> for Failure {
    fn from(mistakes: Diagnostics) -> Self {
        Self::Mistakes(mistakes)
    }
}

/// A scenario, the seeds to run it with, and on how many threads.
pub struct Batch<'a> {
    /// The scenario's file.
    pub file: &'a str,
    /// The scenario as it is with the first seed.
    pub first: Comparison,
    /// The seeds; none stands for the scenario's own.
    pub seeds: Vec<Option<u64>>,
    /// The variants to run; all if there are no names.
    pub variants: &'a [String],
    /// How many threads.
    pub threads: usize,
    /// Whether nobody wants to know how far it is.
    pub quiet: bool,
    /// Whether the stories of the first seed are to be told, those of the first [`MOST_TOLD`] variants.
    pub told: bool,
}

/// As many threads as are asked for, or as there are processors.
pub fn threads(wanted: Option<NonZeroUsize>) -> usize {
    wanted.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get)
}

/// Leaves only the variants with these names; all if there are none.
pub fn choose(comparison: &mut Comparison, names: &[String]) {
    comparison.variants.retain(|variant| names.is_empty() || names.contains(&variant.plan.name));
}

/// Whether there are variants of these names.
///
/// # Errors
/// There are not.
pub fn check_names(comparison: &Comparison, wanted: &[String], file: &str) -> Result<()> {
    let known = || comparison.variants.iter().map(|variant| variant.plan.name.as_str());
    let wrong: Vec<&str> = wanted.iter().map(String::as_str).filter(|name| !known().any(|one| one == *name)).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let (what, meant) = (if wrong.len() == 1 { "variant" } else { "variants" }, meant(&wrong, known));
    let quoted: Vec<String> = wrong.iter().map(|name| format!("`{name}`")).collect();
    bail!("{file} has no {what} {}; there are {}{meant}", quoted.join(", "), names(comparison))
}

/// What may have been meant by these names that nothing has, as the end of a message; empty if nothing is near.
pub fn meant<'a, I: Iterator<Item = &'a str>>(wrong: &[&str], known: impl Fn() -> I) -> String {
    let mut near: Vec<&str> = wrong.iter().filter_map(|name| scenario::nearest(name, known())).collect();
    near.dedup();
    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" and ")) }
}

/// Whether every run goes on until then.
///
/// # Errors
/// One has ended by then.
pub fn check_moment(comparison: &Comparison, at: SimTime) -> Result<()> {
    for plan in comparison.variants.iter().map(|variant| &variant.plan) {
        if at > plan.end {
            bail!("{at} is after the end of the run of `{}`, which is at {}", plan.name, plan.end);
        }
    }
    Ok(())
}

/// The names of all variants, as a message lists them.
pub fn names(comparison: &Comparison) -> String {
    let names = comparison.variants.iter().map(|variant| format!("`{}`", variant.plan.name));
    names.collect::<Vec<String>>().join(", ")
}

/// Loads a scenario and leaves the variants with these names. Mistakes are printed; there is nothing then.
///
/// # Errors
/// There are no variants of these names.
pub fn load(file: &str, files: &dyn Files, seed: Option<u64>, wanted: &[String]) -> Result<Option<Comparison>> {
    match scenario::load(file, files, seed) {
        Ok(mut comparison) => {
            console::complain_of(&comparison.warnings);
            check_names(&comparison, wanted, file)?;
            choose(&mut comparison, wanted);
            Ok(Some(comparison))
        }
        Err(mistakes) => {
            console::complain_of(&mistakes);
            Ok(None)
        }
    }
}

impl Batch<'_> {
    /// Runs everything, some seeds at a time, so that memory does not grow with their number; `done` takes each seed's
    /// outcomes.
    ///
    /// # Errors
    /// Some seed's plan is wrong, a run was broken off, or `done` fails.
    pub fn run(self, mut done: impl FnMut(Rehearsal) -> Result<()>) -> Result<(), Failure> {
        let members: usize = self.first.variants.iter().map(|variant| variant.plan.members.len()).sum();
        let plans = self.first.variants.len().max(1);
        let at_once = (PLANS_AT_ONCE / plans).min(MEMBERS_AT_ONCE / members.max(1)).max(1);
        let mut progress = Progress::new(plans * self.seeds.len(), self.quiet);
        let mut told = if self.told { plans.min(MOST_TOLD) } else { 0 };
        // Standard input can be read only once.
        let mut ready = Some(self.first);
        for seeds in self.seeds.chunks(at_once) {
            let mut comparisons = Vec::new();
            for seed in seeds {
                comparisons.push(match ready.take() {
                    Some(first) => first,
                    None => {
                        let mut comparison = scenario::load(self.file, &Disk, *seed)?;
                        choose(&mut comparison, self.variants);
                        comparison
                    }
                });
            }
            let rehearsals = run_all(comparisons, std::mem::take(&mut told), self.threads, &mut progress);
            let rehearsals = rehearsals.map_err(Failure::Broken)?;
            rehearsals.into_iter().try_for_each(&mut done).map_err(Failure::Broken)?;
        }
        Ok(())
    }
}

/// Runs all of these at once; the first `told` plans tell their stories.
fn run_all(
    comparisons: Vec<Comparison>,
    told: usize,
    threads: usize,
    progress: &mut Progress,
) -> Result<Vec<Rehearsal>> {
    let variants = comparisons.iter().flat_map(|comparison| comparison.variants.iter());
    let plans: Vec<Plan> = variants.map(|variant| variant.plan.clone()).collect();
    let before = progress.finished;
    let run = |place: usize, plan: &Plan| match place < told {
        true => run_watched(plan, true, None),
        false => simulation::run(plan).map(|outcome| (outcome, None)),
    };
    let results = simulation::run_all_by(&plans, threads, run, |finished| progress.show(before + finished));
    progress.clear();
    let mut results = results.into_iter().zip(&plans);
    let mut rehearsals = Vec::new();
    for comparison in comparisons {
        let (mut outcomes, mut stories) = (Vec::new(), Vec::new());
        for (result, plan) in results.by_ref().take(comparison.variants.len()) {
            let (outcome, story) =
                result.with_context(|| format!("`{}`, seed {}, was broken off", plan.name, plan.seed))?;
            outcomes.push(outcome);
            stories.extend(story);
        }
        rehearsals.push(Rehearsal { comparison, outcomes, stories });
    }
    Ok(rehearsals)
}

/// When somebody stops waiting for a run: at a moment, or as soon as it is asked to stop.
#[derive(Debug)]
pub struct Stop {
    /// Whether it is.
    pub asked: AtomicBool,
    /// The moment.
    pub at: Instant,
}

impl Stop {
    /// Whether nobody waits any more.
    pub fn is_due(&self) -> bool {
        self.asked.load(Ordering::Relaxed) || Instant::now() >= self.at
    }
}

impl Observer for &Stop {
    fn observe(&mut self, _: SimTime, _: Event<'_>) {}

    fn has_left(&self) -> bool {
        self.is_due()
    }
}

/// Runs a plan, tells its story if it is wanted, and gives up when nobody waits any more.
fn run_watched(plan: &Plan, told: bool, stop: Option<&Stop>) -> Result<(Outcome, Option<Story>), RunError> {
    let teller = told.then(|| Teller::new(&simulation::cast(plan)));
    let (outcome, (teller, _)) = simulation::run_observed(plan, (teller, stop))?;
    Ok((outcome, teller.map(Teller::finish)))
}

/// Runs the variants of a scenario and tells the stories of the first [`MOST_TOLD`], unless it takes too long.
///
/// # Errors
/// A run was broken off, or nobody waits any more ([`RunError::Abandoned`]).
pub fn rehearse(comparison: Comparison, threads: usize, stop: &Stop) -> Result<Rehearsal, RunError> {
    let plans: Vec<Plan> = comparison.variants.iter().map(|variant| variant.plan.clone()).collect();
    let run = |place: usize, plan: &Plan| run_watched(plan, place < MOST_TOLD, Some(stop));
    let (mut outcomes, mut stories) = (Vec::new(), Vec::new());
    for result in simulation::run_all_by(&plans, threads, run, |_| {}) {
        let (outcome, story) = result?;
        outcomes.push(outcome);
        stories.extend(story);
    }
    Ok(Rehearsal { comparison, outcomes, stories })
}

/// Tells how far the runs are, on a terminal, from the first second on.
struct Progress {
    total: usize,
    finished: usize,
    begun: Instant,
    shown: Option<Instant>,
    wanted: bool,
}

impl Progress {
    fn new(total: usize, quiet: bool) -> Self {
        Self { total, finished: 0, begun: Instant::now(), shown: None, wanted: !quiet && console::is_watched() }
    }

    fn show(&mut self, finished: usize) {
        self.finished = finished;
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

    fn clear(&mut self) {
        if self.shown.take().is_some() {
            console::complain("\r\u{1b}[2K");
        }
    }
}
