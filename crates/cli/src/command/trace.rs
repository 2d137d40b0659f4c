//! `rehearsal trace FILE`: a run for Perfetto or `chrome://tracing`.

use std::fs;

use anyhow::{Context, Result, bail};
use report::trace_json;

use crate::advice::tell;
use crate::arguments::Trace;
use crate::disk::Disk;
use crate::{Exit, console, runs};

/// Runs the one chosen variant and writes its trace.
pub(super) fn run(arguments: &Trace) -> Result<Exit> {
    let wanted: Vec<String> = arguments.variant.iter().cloned().collect();
    let Some(comparison) = runs::load(&arguments.file, &Disk, arguments.seed, &wanted)? else {
        return Ok(Exit::BadInput);
    };
    let [variant] = &comparison.variants[..] else {
        bail!("a trace is of one variant: say --variant with one of {}", runs::names(&comparison));
    };
    let (_, story) = tell(&variant.plan)?;
    if story.cut {
        console::complain("warning: the run is too long for a whole trace; its beginning is written\n");
    }
    let text = trace_json(&format!("{}, {}", arguments.file, variant.plan.name), &story);
    match &arguments.out {
        None => console::say(&text)?,
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))?,
    }
    Ok(Exit::Good)
}
