//! `rehearsal log FILE`, and `--log` of comparisons: what the broker and its clients would log, with times since the
//! start of the run.

use std::io::{self, Write};

use anyhow::{Result, bail};
use protocol::SimTime;
use report::log_line;
use scenario::Variant;
use simulation::world::cast;
use timeline::{Event, Observer, Step};

use crate::arguments::Log;
use crate::disk::Disk;
use crate::{Exit, runs};

/// So much is gathered before it is written.
const AT_ONCE: usize = 64 * 1024;

/// Runs every chosen variant and prints what is logged.
pub(super) fn run(arguments: &Log) -> Result<Exit> {
    let of = &arguments.of;
    let Some(comparison) = runs::load(&of.file, &Disk, of.seed, &of.variant)? else {
        return Ok(Exit::BadInput);
    };
    let (from, to) = (arguments.from.map(|from| from.0), arguments.to.map(|to| to.0));
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        bail!("--from {from} is after --to {to}");
    }
    runs::check_moment(&comparison, from.unwrap_or(SimTime::ZERO))?;
    let wanted = Wanted {
        from: from.unwrap_or(SimTime::ZERO),
        to: to.unwrap_or(SimTime::NEVER),
        is_broker_only: arguments.broker,
    };
    write(&comparison.variants, wanted, &mut io::stdout().lock())?;
    Ok(Exit::Good)
}

/// Which lines.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    from: SimTime,
    to: SimTime,
    is_broker_only: bool,
}

/// All of them.
pub(super) const EVERYTHING: Wanted = Wanted { from: SimTime::ZERO, to: SimTime::NEVER, is_broker_only: false };

/// Runs the variants and writes what is logged; above each of several stands its name.
pub(super) fn write(variants: &[Variant], wanted: Wanted, to: &mut dyn Write) -> Result<()> {
    for variant in variants {
        if variants.len() > 1 {
            writeln!(to, "\n# {}", variant.plan.name)?;
        }
        let names = cast(&variant.plan).members;
        let reader = Reader { wanted, names, text: String::new(), to: &mut *to, written: Ok(()) };
        let (_, mut reader) = simulation::run_observed(&variant.plan, reader)?;
        reader.write();
        reader.written?;
    }
    to.flush()?;
    Ok(())
}

/// Writes lines as they come.
struct Reader<'a> {
    wanted: Wanted,
    names: Vec<String>,
    text: String,
    to: &'a mut dyn Write,
    written: io::Result<()>,
}

impl Reader<'_> {
    fn write(&mut self) {
        if self.written.is_ok() {
            self.written = self.to.write_all(self.text.as_bytes());
        }
        self.text.clear();
    }
}

impl Observer for Reader<'_> {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        let Event::Step(Step::Logged { member, line }) = event else { return };
        let Wanted { from, to, is_broker_only } = self.wanted;
        if at < from || at > to || (is_broker_only && member.is_some()) {
            return;
        }
        let who = member.and_then(|member| self.names.get(member.0 as usize)).map(String::as_str);
        self.text.push_str(&log_line(at, who.unwrap_or("broker"), line));
        if self.text.len() >= AT_ONCE {
            self.write();
        }
    }

    fn reads_logs(&self) -> bool {
        true
    }

    fn has_left(&self) -> bool {
        self.written.is_err()
    }
}
