//! `rehearsal replay RECORDING… --out DIR`: simulates what was recorded and writes it down in the same format.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use simulation::Plan;
use timeline::recording::{Head, RecordingWriter};

use crate::arguments::Replay;
use crate::{Exit, console, recordings};

/// Writes one file for each scenario and seed.
pub(super) fn run(arguments: &Replay) -> Result<Exit> {
    let seeds = arguments.seeds.as_ref().map_or(1..=40, |seeds| seeds.0.clone());
    let (mut written, mut skipped) = (0, 0);
    for recorded in recordings::find(&arguments.recordings)? {
        let path = &recorded.files[0];
        let head = recordings::head(path)?;
        if let Err(reason) = recordings::plan(path, &head, *seeds.start()) {
            console::complain(&format!("{}: not simulated: {reason}\n", recorded.name));
            skipped += 1;
            continue;
        }
        for seed in seeds.clone() {
            let plan = recordings::plan(path, &head, seed).map_err(anyhow::Error::msg)?;
            let target = arguments.out.join(format!("{}.s{seed}.jsonl.gz", recorded.name));
            write(&plan, &head, &target)?;
            written += 1;
        }
    }
    let out = arguments.out.display();
    console::say(&format!("{written} simulated recordings are in {out}; {skipped} scenarios were skipped.\n"))?;
    Ok(Exit::Good)
}

fn write(plan: &Plan, head: &Head, target: &Path) -> Result<()> {
    let place = || format!("cannot write `{}`", target.display());
    if let Some(directory) = target.parent() {
        fs::create_dir_all(directory).with_context(place)?;
    }
    let packed = GzEncoder::new(BufWriter::new(File::create(target).with_context(place)?), Compression::fast());
    let cast = simulation::world::cast(plan);
    let writer = RecordingWriter::new(packed, head, &cast).with_context(place)?;
    let (_, writer) = simulation::run_observed(plan, writer)?;
    let mut file = writer.finish().and_then(GzEncoder::finish).with_context(place)?;
    file.flush().with_context(place)
}
