//! `rehearsal validate RECORDING…`: does the simulation fit what was recorded?

use anyhow::{Result, bail};
use report::{Fitted, story_timeline};
use timeline::fit::judge;

use crate::advice::tell;
use crate::arguments::Validate;
use crate::recordings::{self, Recorded};
use crate::{Exit, console};

/// Simulates each recorded scenario over its seeds and judges. Recordings that cannot be read are named, all of them,
/// and the others are judged without them.
pub(super) fn run(arguments: &Validate) -> Result<Exit> {
    if arguments.timeline {
        return timelines(arguments);
    }
    let found = recordings::find(&arguments.recordings)?;
    let (mut fitted, mut bad) = (Vec::new(), found.unreadable);
    for recorded in &found.scenarios {
        fitted.extend(fit(recorded, arguments, &mut bad)?);
    }
    bad.iter().for_each(console::complain_that);
    if fitted.is_empty() {
        return Ok(Exit::BadInput);
    }
    let text = if arguments.json {
        report::fit_json(&fitted)
    } else if arguments.markdown {
        report::fit_markdown(&fitted)
    } else {
        report::fit_terminal(&fitted, console::width())
    };
    console::say(&text)?;
    let good = fitted.iter().all(|one| one.fits() || one.skipped.is_some());
    Ok(match (bad.is_empty(), good) {
        (false, _) => Exit::BadInput,
        (true, true) => Exit::Good,
        (true, false) => Exit::Unexpected,
    })
}

/// The first repeat of the one recorded scenario, and below it one run of it, over the same time.
fn timelines(arguments: &Validate) -> Result<Exit> {
    let found = recordings::find(&arguments.recordings)?;
    if !found.unreadable.is_empty() {
        found.unreadable.iter().for_each(console::complain_that);
        return Ok(Exit::BadInput);
    }
    let [recorded] = &found.scenarios[..] else {
        let scenarios = found.scenarios.len();
        bail!("--timeline shows one recorded scenario, and these are {scenarios}; name one recording");
    };
    let path = &recorded.files[0];
    let seed = arguments.seeds.as_ref().map_or(1, |seeds| *seeds.0.start());
    let real = recordings::story(path)?;
    let plan = recordings::plan(path, &recordings::head(path)?, seed).map_err(anyhow::Error::msg)?;
    let (_, simulated) = tell(&plan)?;
    let end = real.end.max(simulated.end);
    let width = console::width();
    let real = story_timeline(&format!("{}, recorded", recorded.name), &real, end, width);
    let simulated = story_timeline(&format!("{}, simulated with seed {seed}", recorded.name), &simulated, end, width);
    console::say(&format!("{real}\n{simulated}"))?;
    Ok(Exit::Good)
}

/// One scenario: its real repeats, as far as they can be read, and as many simulated seeds. Nothing if none can;
/// `bad` gets the reasons.
fn fit(recorded: &Recorded, arguments: &Validate, bad: &mut Vec<anyhow::Error>) -> Result<Option<Fitted>> {
    let mut read = Vec::new();
    for path in &recorded.files {
        match recordings::head(path) {
            Ok(head) => read.push((path, head)),
            Err(error) => bad.push(error),
        }
    }
    let Some((path, head)) = read.first() else { return Ok(None) };
    let seeds = arguments.seeds.as_ref().map_or(1..=40, |seeds| seeds.0.clone());
    let plans: Result<Vec<_>, _> = seeds.map(|seed| recordings::plan(path, head, seed)).collect();
    let name = recorded.name.clone();
    let plans = match plans {
        Err(reason) => {
            let (repeats, skipped) = (read.len(), Some(reason));
            return Ok(Some(Fitted { name, repeats, seeds: 0, skipped, judgements: Vec::new() }));
        }
        Ok(plans) => plans,
    };
    let mut real = Vec::new();
    for (path, _) in &read {
        match recordings::outcome(path) {
            Ok(outcome) => real.push(outcome),
            Err(error) => bad.push(error),
        }
    }
    if real.is_empty() {
        return Ok(None);
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let simulated: Result<Vec<_>, _> = simulation::run_all(&plans, threads, |_| {}).into_iter().collect();
    let judgements = judge(&real, &simulated?);
    Ok(Some(Fitted { name, repeats: real.len(), seeds: plans.len(), skipped: None, judgements }))
}
