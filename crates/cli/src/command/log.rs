//! `rehearsal log FILE`: what the broker and its clients would log, with times since the start of the run.

use anyhow::Result;
use protocol::SimTime;
use report::log_line;
use simulation::world::cast;
use timeline::{Event, Observer, Step};

use crate::arguments::Log;
use crate::disk::Disk;
use crate::{Exit, console, runs};

/// So much is gathered before it is written.
const AT_ONCE: usize = 64 * 1024;

/// Runs every chosen variant and prints what is logged.
pub(super) fn run(arguments: &Log) -> Result<Exit> {
    let Some(comparison) = runs::load(&arguments.file, &Disk, arguments.seed, &arguments.variant)? else {
        return Ok(Exit::BadInput);
    };
    for variant in &comparison.variants {
        if comparison.variants.len() > 1 {
            console::say(&format!("\n# {}\n", variant.plan.name))?;
        }
        let names = cast(&variant.plan).members;
        let reader = Reader { arguments, names, text: String::new(), written: Ok(()) };
        let (_, mut reader) = simulation::run_observed(&variant.plan, reader)?;
        reader.write();
        reader.written?;
    }
    Ok(Exit::Good)
}

/// Prints lines as they come.
struct Reader<'a> {
    arguments: &'a Log,
    names: Vec<String>,
    text: String,
    written: Result<()>,
}

impl Reader<'_> {
    fn write(&mut self) {
        if self.written.is_ok() {
            self.written = console::say(&self.text);
        }
        self.text.clear();
    }
}

impl Observer for Reader<'_> {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        let Event::Step(Step::Logged { member, line }) = event else { return };
        let from = self.arguments.from.map_or(SimTime::ZERO, |from| from.0);
        let to = self.arguments.to.map_or(SimTime::NEVER, |to| to.0);
        if at < from || at > to || (self.arguments.broker && member.is_some()) {
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
}
