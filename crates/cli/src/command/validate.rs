//! `rehearsal validate RECORDING…`: does the simulation fit what was recorded?

use anyhow::{Result, bail};
use report::{Fitted, story_timeline};
use timeline::fit::judge;

use crate::advice::tell;
use crate::arguments::Validate;
use crate::recordings::{self, Recorded};
use crate::{Exit, console};

/// Simulates each recorded scenario over its seeds and judges.
pub(super) fn run(arguments: &Validate) -> Result<Exit> {
    if arguments.timeline {
        return timelines(arguments);
    }
    let mut fitted = Vec::new();
    for recorded in recordings::find(&arguments.recordings)? {
        fitted.push(fit(&recorded, arguments)?);
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
    Ok(if good { Exit::Good } else { Exit::Unexpected })
}

/// The first repeat of the one recorded scenario, and below it one run of it, over the same time.
fn timelines(arguments: &Validate) -> Result<Exit> {
    let found = recordings::find(&arguments.recordings)?;
    let [recorded] = &found[..] else {
        bail!("--timeline shows one recorded scenario, and these are {}; name one recording", found.len());
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

/// One scenario: its real repeats, and as many simulated seeds.
fn fit(recorded: &Recorded, arguments: &Validate) -> Result<Fitted> {
    let seeds = arguments.seeds.as_ref().map_or(1..=40, |seeds| seeds.0.clone());
    let mut fitted = Fitted {
        name: recorded.name.clone(),
        repeats: recorded.files.len(),
        seeds: 0,
        skipped: None,
        judgements: Vec::new(),
    };
    let path = &recorded.files[0];
    let head = recordings::head(path)?;
    let plans: Result<Vec<_>, _> = seeds.map(|seed| recordings::plan(path, &head, seed)).collect();
    match plans {
        Err(reason) => fitted.skipped = Some(reason),
        Ok(plans) => {
            let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
            let simulated: Result<Vec<_>, _> = simulation::run_all(&plans, threads, |_| {}).into_iter().collect();
            let real: Result<Vec<_>> = recorded.files.iter().map(|file| recordings::outcome(file)).collect();
            fitted.seeds = plans.len();
            fitted.judgements = judge(&real?, &simulated?);
        }
    }
    Ok(fitted)
}
