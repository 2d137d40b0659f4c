//! `rehearsal trace FILE`, and `--trace` of comparisons: a run for Perfetto or `chrome://tracing`.

use std::io::Write;

use anyhow::{Result, bail};
use report::trace_json;
use scenario::{Comparison, Variant};

use crate::advice::tell;
use crate::arguments::Trace;
use crate::disk::{Disk, Whole};
use crate::{Exit, console, runs};

/// Runs the one chosen variant and writes its trace.
pub(super) fn run(arguments: &Trace) -> Result<Exit> {
    let of = &arguments.of;
    let Some(comparison) = runs::load(&of.file, &Disk, of.seed, &of.variant)? else {
        return Ok(Exit::BadInput);
    };
    let variant = the_one(&comparison)?;
    match &arguments.out {
        None => console::say(&traced(&of.file, variant)?)?,
        Some(path) => {
            let mut file = Whole::create(path)?;
            file.write_all(traced(&of.file, variant)?.as_bytes())?;
            file.finish()?;
        }
    }
    Ok(Exit::Good)
}

/// The variant to trace.
///
/// # Errors
/// There are several.
pub(super) fn the_one(comparison: &Comparison) -> Result<&Variant> {
    match &comparison.variants[..] {
        [variant] => Ok(variant),
        _ => bail!("a trace is of one variant: say --variant with one of {}", runs::names(comparison)),
    }
}

/// Runs a variant; its trace.
pub(super) fn traced(file: &str, variant: &Variant) -> Result<String> {
    let (_, story) = tell(&variant.plan)?;
    if story.cut {
        console::complain("warning: the run is too long for a whole trace; its beginning is written\n");
    }
    Ok(trace_json(&format!("{file}, {}", variant.plan.name), &story))
}
