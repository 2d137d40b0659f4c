//! `rehearsal replay RECORDING… --out DIR`: simulates what was recorded and writes it down in the same format.

use std::fs;
use std::io::{self, BufWriter, IntoInnerError};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use simulation::{Plan, RunError};
use timeline::recording::{Head, RecordingWriter};

use crate::arguments::Replay;
use crate::disk::Whole;
use crate::{Exit, console, recordings};

/// Writes one file for each scenario and seed.
pub(super) fn run(arguments: &Replay) -> Result<Exit> {
    let seeds = arguments.seeds.as_ref().map_or(1..=40, |seeds| seeds.0.clone());
    let (mut written, mut skipped) = (0, 0);
    // Nothing is written unless all of them can be read.
    let found = recordings::find(&arguments.recordings)?;
    let (mut all, mut bad) = (Vec::new(), found.unreadable);
    for recorded in found.scenarios {
        match recordings::head(&recorded.files[0]) {
            Ok(head) => all.push((recorded, head)),
            Err(error) => bad.push(error),
        }
    }
    if !bad.is_empty() {
        bad.iter().for_each(console::complain_that);
        return Ok(Exit::BadInput);
    }
    for (recorded, head) in all {
        let path = &recorded.files[0];
        if let Err(reason) = recordings::plan(path, &head, *seeds.start()) {
            console::complain(&format!("{}: not simulated: {reason}\n", recorded.name));
            skipped += 1;
            continue;
        }
        let plan = |seed| recordings::plan(path, &head, seed).map_err(anyhow::Error::msg);
        let plans: Vec<Plan> = seeds.clone().map(plan).collect::<Result<_>>()?;
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let write = |_, plan: &Plan| {
            let target = arguments.out.join(format!("{}.s{}.jsonl.gz", recorded.name, plan.seed));
            write(plan, &head, &target)
        };
        for run in simulation::run_all_by(&plans, threads, write, |_| {}) {
            run??;
            written += 1;
        }
    }
    let out = arguments.out.display();
    console::say(&format!("{written} simulated recordings are in {out}; {skipped} scenarios were skipped.\n"))?;
    Ok(Exit::Good)
}

/// What cannot be written, or what becomes of the run.
fn write(plan: &Plan, head: &Head, target: &Path) -> Result<Result<()>, RunError> {
    let create = || -> Result<_> {
        if let Some(directory) = target.parent() {
            fs::create_dir_all(directory).with_context(|| format!("cannot write `{}`", target.display()))?;
        }
        // Each call of the packer costs as much as some hundred bytes, and a line comes in dozens of pieces.
        let packed = GzEncoder::new(Whole::create(target)?, Compression::fast());
        Ok(RecordingWriter::new(BufWriter::new(packed), head, &simulation::world::cast(plan))?)
    };
    let writer = match create() {
        Ok(writer) => writer,
        Err(error) => return Ok(Err(error)),
    };
    let (_, writer) = simulation::run_observed(plan, writer)?;
    let finish =
        || -> io::Result<Whole> { writer.finish()?.into_inner().map_err(IntoInnerError::into_error)?.finish() };
    // Errors of the file itself name it.
    Ok(finish().map_err(anyhow::Error::from).and_then(Whole::finish))
}
