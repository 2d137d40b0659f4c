//! Runs that are asked for: one at a time, of bounded size and length; the latest are kept to be looked at and
//! compared.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use scenario::Comparison;
use serde_json::{Value, json};
use simulation::RunError;
use timeline::Outcome;

use super::check::mistakes;
use super::folder::{Edited, Folder};
use super::http::Answer;
use crate::compared::compared;
use crate::runs::{self, Stop};

/// Most members of all variants together; a simulation of them takes some hundred megabytes.
const MOST_MEMBERS: usize = 20_000;
/// Most partitions of all variants together.
const MOST_PARTITIONS: usize = 200_000;
/// Most events of all variants together that are written or drawn beforehand.
const MOST_EVENTS: usize = 200_000;
/// Most variants: each has its column.
const MOST_VARIANTS: usize = 100;
/// Most scenarios that are checked at the same time.
const MOST_CHECKS: usize = 2;
/// How many runs are kept.
const KEPT: usize = 6;
/// Most changes of settings that are told.
const MOST_CHANGES: usize = 40;

/// A setting of a variant, and its value.
type Settings = BTreeMap<String, String>;

/// What is under way, and what was.
pub(super) struct Desk {
    /// The scenarios on disk.
    pub(super) folder: Folder,
    /// How long a run may take.
    most: Duration,
    checks: AtomicUsize,
    under_way: Mutex<Option<Arc<Stop>>>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    last: u64,
    runs: VecDeque<Run>,
}

/// What is kept of a run.
struct Run {
    number: u64,
    outcomes: Vec<Outcome>,
    /// Of each variant.
    settings: Vec<Settings>,
    page: String,
}

/// A scenario that was sent, checked and small enough.
struct Ready<'a> {
    name: &'a str,
    seed: Option<u64>,
    before: Option<u64>,
    comparison: Comparison,
}

const BUSY: (u16, &str) = (429, "Too Many Requests");

/// What holds after a panic as well: every change is made at once.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    pub(super) fn new(folder: Folder, most: Duration) -> Self {
        Self {
            folder,
            most,
            checks: AtomicUsize::new(0),
            under_way: Mutex::new(None),
            kept: Mutex::new(Kept::default()),
        }
    }

    /// What is wrong with a text, if anything is.
    pub(super) fn check(&self, name: &str, text: &str) -> Answer {
        match self.load(name, text, None) {
            Err(refusal) => refusal,
            Ok(Ok(comparison)) => {
                let names = comparison.variants.iter().map(|variant| variant.plan.name.as_str());
                let names = names.take(MOST_VARIANTS).collect::<Vec<&str>>();
                let mistakes = mistakes(&comparison.warnings, name);
                shown(&json!({ "good": true, "variants": names, "mistakes": mistakes }))
            }
            Ok(Err(wrong)) => shown(&json!({ "good": false, "mistakes": wrong })),
        }
    }

    /// The scenario, or what is wrong with it; or why nobody looks at it now.
    fn load(&self, name: &str, text: &str, seed: Option<u64>) -> Result<Result<Comparison, Value>, Answer> {
        struct Looked<'a>(&'a AtomicUsize);
        impl Drop for Looked<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.checks.fetch_add(1, Ordering::Relaxed);
        let _looked = Looked(&self.checks);
        if before >= MOST_CHECKS {
            return Err(Answer::refusal(BUSY, "Other scenarios are being checked; try again."));
        }
        let files = Edited { name, text, folder: &self.folder };
        Ok(scenario::load(name, &files, seed).map_err(|wrong| mistakes(&wrong, name)))
    }

    /// Runs a scenario and compares what comes out with what came out of the run `before`.
    pub(super) fn run(&self, name: &str, text: &str, seed: Option<u64>, before: Option<u64>) -> Answer {
        let comparison = match self.load(name, text, seed) {
            Err(refusal) => return refusal,
            Ok(Err(wrong)) => return shown(&json!({ "good": false, "mistakes": wrong })),
            Ok(Ok(comparison)) => comparison,
        };
        if let Err(sentence) = is_small(&comparison) {
            return Answer::refusal((422, "Unprocessable Content"), sentence);
        }
        let stop = Arc::new(Stop { asked: AtomicBool::new(false), at: Instant::now() + self.most });
        {
            let mut under_way = lock(&self.under_way);
            if under_way.is_some() {
                return Answer::refusal(BUSY, "Another run is under way; stop it, or wait for its end.");
            }
            *under_way = Some(Arc::clone(&stop));
        }
        let _ended = Ended(&self.under_way);
        self.rehearse(Ready { name, seed, before, comparison }, &stop)
    }

    fn rehearse(&self, ready: Ready<'_>, stop: &Stop) -> Answer {
        let begun = Instant::now();
        let Ready { name, seed, before, comparison } = ready;
        let (threads, warnings) = (runs::threads(None), mistakes(&comparison.warnings, name));
        let rehearsal = match runs::rehearse(comparison, threads, stop) {
            Ok(rehearsal) => rehearsal,
            Err(RunError::Abandoned) if stop.asked.load(Ordering::Relaxed) => {
                return shown(&json!({ "good": false, "stopped": true, "mistakes": [] }));
            }
            Err(RunError::Abandoned) => {
                let words = format!(
                    "The run was stopped after {} s; `rehearsal {name}` takes as long as it takes.",
                    self.most.as_secs_f64()
                );
                return Answer::refusal((422, "Unprocessable Content"), words);
            }
            Err(error) => {
                return Answer::refusal((422, "Unprocessable Content"), format!("The run was broken off: {error}."));
            }
        };
        let failed = mistakes(&rehearsal.comparison.check(&rehearsal.outcomes), name);
        let settings: Vec<Settings> = rehearsal.comparison.variants.iter().map(settings).collect();
        let seed = seed.map_or_else(String::new, |seed| format!(" --seed {seed}"));
        let compared = compared(name, rehearsal, &format!("rehearsal {name}{seed}"), String::new());
        let page = report::page(&compared);
        let run = Run { number: 0, outcomes: compared.variants, settings, page };
        let mut kept = lock(&self.kept);
        let since = kept.runs.iter().find(|run| Some(run.number) == before).map(|before| {
            json!({
                "run": before.number,
                "figures": report::since(&before.outcomes, &run.outcomes),
                "settings": changed(before, &run),
            })
        });
        kept.last += 1;
        let number = kept.last;
        kept.runs.push_back(Run { number, ..run });
        if kept.runs.len() > KEPT {
            kept.runs.pop_front();
        }
        drop(kept);
        shown(&json!({
            "good": true,
            "number": number,
            "seed": compared.seed,
            "took_ms": u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "mistakes": warnings,
            "failed": failed,
            "since": since,
        }))
    }

    /// Stops what is under way, if anything is.
    pub(super) fn stop(&self) -> Answer {
        if let Some(stop) = lock(&self.under_way).as_ref() {
            stop.asked.store(true, Ordering::Relaxed);
        }
        shown(&json!({}))
    }

    /// The page of a run, if it is kept.
    pub(super) fn page(&self, number: u64) -> Option<String> {
        lock(&self.kept).runs.iter().find(|run| run.number == number).map(|run| run.page.clone())
    }
}

/// The way is free again when this goes, however it goes.
struct Ended<'a>(&'a Mutex<Option<Arc<Stop>>>);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        *lock(self.0) = None;
    }
}

fn shown(value: &Value) -> Answer {
    Answer::good(super::http::JSON, value.to_string())
}

/// Whether a machine takes it without being asked twice.
fn is_small(comparison: &Comparison) -> Result<(), String> {
    let plans = || comparison.variants.iter().map(|variant| &variant.plan);
    let partitions = |plan: &simulation::Plan| {
        plan.topics.iter().map(|topic| usize::try_from(topic.partitions).unwrap_or(0)).sum::<usize>()
    };
    let sizes = [
        ("variants", plans().count(), MOST_VARIANTS),
        ("members in all variants", plans().map(|plan| plan.members.len()).sum(), MOST_MEMBERS),
        ("partitions in all variants", plans().map(partitions).sum(), MOST_PARTITIONS),
        ("events in all variants", plans().map(|plan| plan.events.len()).sum(), MOST_EVENTS),
    ];
    match sizes.iter().find(|(_, size, most)| size > most) {
        None => Ok(()),
        Some((what, size, most)) => {
            Err(format!("These are {size} {what}, and {most} are run from a page; `rehearsal FILE` runs more."))
        }
    }
}

fn settings(variant: &scenario::Variant) -> Settings {
    variant.explained.iter().map(|line| (line.path.clone(), line.value.clone())).collect()
}

/// A setting that is not what it was.
struct Changed<'a> {
    name: &'a str,
    then: Option<&'a String>,
    now: Option<&'a String>,
    variants: Vec<&'a str>,
}

/// The settings that are not what they were, and in which variants.
fn changed(before: &Run, now: &Run) -> Value {
    let mut changes: Vec<Changed<'_>> = Vec::new();
    for (outcome, settings) in now.outcomes.iter().zip(&now.settings) {
        let Some(place) = before.outcomes.iter().position(|earlier| earlier.name == outcome.name) else { continue };
        let earlier = &before.settings[place];
        for name in settings.keys().chain(earlier.keys().filter(|name| !settings.contains_key(*name))) {
            let (then, now) = (earlier.get(name), settings.get(name));
            if then == now {
                continue;
            }
            let known = changes.iter().position(|it| (it.name, it.then, it.now) == (name, then, now));
            match known {
                Some(place) => changes[place].variants.push(&outcome.name),
                None if changes.len() < MOST_CHANGES => {
                    changes.push(Changed { name, then, now, variants: vec![&outcome.name] });
                }
                None => {}
            }
        }
    }
    let told = changes.into_iter().map(|it| {
        // Where all have it, their names say nothing.
        let variants = if it.variants.len() == now.outcomes.len() { Vec::new() } else { it.variants };
        json!({ "name": it.name, "then": it.then, "now": it.now, "variants": variants })
    });
    told.collect()
}
