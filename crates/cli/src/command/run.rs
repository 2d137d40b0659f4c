//! `rehearsal FILE…`, `rehearsal compare FILE…` and `rehearsal run FILE…`.

use std::collections::BTreeSet;
use std::io::Write;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use anyhow::{Result, bail};
use clap::CommandFactory;
use report::{Detail, TerminalOptions};
use scenario::{Comparison, Diagnostics};
use timeline::Outcome;

use super::distribution::Distribution;
use super::{log, trace};
use crate::advice::{Trial, advise, tell};
use crate::arguments::{Arguments, Runs};
use crate::compared::{compared, stem};
use crate::disk::{Disk, ReportFiles, Whole};
use crate::runs::{self, Batch, Failure, Rehearsal};
use crate::{Exit, console};

/// How outcomes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// All variants in one table.
    SideBySide,
    /// Each variant by itself, with every measure.
    OneByOne,
}

/// A file that is good, and where its report goes.
struct Job<'a> {
    file: &'a str,
    comparison: Comparison,
    report: Option<ReportFiles>,
    log: Option<Whole>,
    trace: Option<Whole>,
}

/// Runs every file. Nothing is run unless all of them are good. No view is asked for where the command was left out.
pub(super) fn run(arguments: &Runs, asked: Option<View>) -> Result<Exit> {
    let seeds: Vec<Option<u64>> = match &arguments.seeds {
        Some(seeds) => seeds.0.clone().map(Some).collect(),
        None => vec![arguments.seed],
    };
    let from_input = arguments.files.iter().filter(|file| *file == "-").count();
    if from_input > 0 && arguments.advice {
        bail!("advice reads the scenario again; write it to a file");
    }
    if from_input > 1 || (from_input == 1 && seeds.len() > 1) {
        bail!("standard input can be read only once; write the scenario to a file");
    }
    let mut jobs = Vec::new();
    let mut good = true;
    for file in &arguments.files {
        match scenario::load(file, &Disk, seeds[0]) {
            Ok(mut comparison) => {
                console::complain_of(&comparison.warnings);
                if let Err(error) = runs::check_names(&comparison, &arguments.variant, file) {
                    console::complain_that(&error);
                    good = false;
                    continue;
                }
                runs::choose(&mut comparison, &arguments.variant);
                jobs.push(Job { file, comparison, report: None, log: None, trace: None });
            }
            Err(mistakes) => {
                console::complain_of(&mistakes);
                if asked.is_none()
                    && let Some(command) = command_like(file)
                {
                    console::complain(&format!("  = did you mean the command `{command}`?\n"));
                }
                good = false;
            }
        }
    }
    if !good {
        return Ok(Exit::BadInput);
    }
    open_reports(&mut jobs, arguments)?;
    open_logs(&mut jobs, arguments)?;
    let mut exit = Exit::Good;
    for job in jobs {
        exit = exit.max(run_file(job, seeds.clone(), arguments, asked.unwrap_or(View::SideBySide))?);
    }
    Ok(exit)
}

/// Opens the reports, before anything takes time.
fn open_reports(jobs: &mut [Job<'_>], arguments: &Runs) -> Result<()> {
    let Some(directory) = &arguments.report else { return Ok(()) };
    let mut names = BTreeSet::new();
    for job in jobs.iter() {
        let name = stem(job.file);
        if !names.insert(name.clone()) {
            bail!("two of the reports would be called `{name}.html`");
        }
    }
    for job in jobs {
        job.report = Some(ReportFiles::create(directory, &stem(job.file))?);
    }
    Ok(())
}

/// Opens the files for a log and a trace, before anything takes time.
fn open_logs(jobs: &mut [Job<'_>], arguments: &Runs) -> Result<()> {
    if arguments.log.is_none() && arguments.trace.is_none() {
        return Ok(());
    }
    let [job] = jobs else { bail!("a log and a trace are of one scenario; name one file") };
    if arguments.trace.is_some() {
        trace::the_one(&job.comparison)?;
    }
    job.log = arguments.log.as_deref().map(Whole::create).transpose()?;
    job.trace = arguments.trace.as_deref().map(Whole::create).transpose()?;
    Ok(())
}

/// Writes them. Variants are run for it once more: logs are not kept while they are compared.
fn write_logs(job: &mut Job<'_>) -> Result<()> {
    if let Some(mut file) = job.log.take() {
        log::write(&job.comparison.variants, log::EVERYTHING, &mut file)?;
        file.finish()?;
    }
    if let Some(mut file) = job.trace.take() {
        file.write_all(trace::traced(job.file, trace::the_one(&job.comparison)?)?.as_bytes())?;
        file.finish()?;
    }
    Ok(())
}

/// What came out of a file.
struct Results<'a> {
    file: &'a str,
    command: String,
    detail: Detail,
    view: View,
    arguments: &'a Runs,
    /// What is not as expected.
    failed: Diagnostics,
    /// The outcomes of many seeds.
    many: Option<Distribution>,
    /// The report in Markdown so far.
    markdown: String,
    /// The page and the other files of the report: those of the first seed.
    page: Option<(String, Vec<report::File>)>,
}

/// The command that somebody may have meant by the name of a file that is not there.
fn command_like(file: &str) -> Option<String> {
    let all = Arguments::command();
    let names = all.get_subcommands().map(clap::Command::get_name);
    scenario::nearest(file, names).filter(|_| !Path::new(file).exists()).map(str::to_owned)
}

/// Runs one file, prints what came out, and holds it to what is expected.
fn run_file(mut job: Job<'_>, seeds: Vec<Option<u64>>, arguments: &Runs, view: View) -> Result<Exit> {
    write_logs(&mut job)?;
    let Job { file, comparison, report, .. } = job;
    let detail = if arguments.all || view == View::OneByOne { Detail::Everything } else { Detail::Headlines };
    let many = (seeds.len() > 1).then(|| Distribution::new(comparison.question.as_deref(), detail));
    let failed = Diagnostics { list: Vec::new(), sources: comparison.warnings.sources.clone() };
    let command = command_line(file, arguments);
    let mut results =
        Results { file, command, detail, view, arguments, failed, many, markdown: String::new(), page: None };
    let (threads, quiet) = (runs::threads(arguments.threads), arguments.quiet);
    let told = report.is_some();
    let batch = Batch { file, first: comparison, seeds, variants: &arguments.variant, threads, quiet, told };
    match batch.run(|rehearsal| results.take(rehearsal, report.is_some())) {
        Ok(()) => {}
        Err(Failure::Mistakes(mistakes)) => {
            console::complain_of(&mistakes);
            return Ok(Exit::BadInput);
        }
        Err(Failure::Broken(error)) => return Err(error),
    }
    results.finish(report)
}

impl Results<'_> {
    /// Takes the outcomes of one seed.
    fn take(&mut self, rehearsal: Rehearsal, reported: bool) -> Result<()> {
        self.failed.list.extend(rehearsal.comparison.check(&rehearsal.outcomes).list);
        if let Some(many) = &mut self.many {
            many.take(&rehearsal.outcomes);
        }
        let advice = if self.arguments.advice { self.advice(&rehearsal)? } else { Vec::new() };
        let files = if self.arguments.report.is_some() { stem(self.file) } else { String::new() };
        let mut compared = compared(self.file, rehearsal, &self.command, files);
        compared.advice = advice;
        if reported {
            self.markdown.push_str(&report::markdown(&compared, Detail::Everything));
            let threads = runs::threads(self.arguments.threads);
            self.page.get_or_insert_with(|| page_and_files(&compared, threads));
        }
        // Stories are for pages.
        compared.stories.clear();
        match (self.arguments.quiet, self.arguments.json, &self.many) {
            (true, ..) | (false, false, Some(_)) => Ok(()),
            (false, true, _) => console::say(&format!("{}\n", report::json(&compared).trim_end())),
            (false, false, None) => console::say(&self.shown(&compared)),
        }
    }

    /// What would have been better, variant by variant.
    fn advice(&self, rehearsal: &Rehearsal) -> Result<Vec<report::Advice>> {
        let (seed, threads) = (self.arguments.seed, runs::threads(self.arguments.threads));
        let trial = Trial { file: self.file, files: &Disk, seed, threads };
        let variants = rehearsal.comparison.variants.iter().zip(&rehearsal.outcomes);
        variants
            .map(|(variant, outcome)| {
                let (_, story) = tell(&variant.plan)?;
                advise(trial, variant, outcome, &story)
            })
            .collect()
    }

    /// The outcomes of one seed, as text.
    fn shown(&self, comparison: &report::Comparison) -> String {
        let options = TerminalOptions { width: console::width(), color: console::colour(), detail: self.detail };
        if self.view == View::SideBySide {
            return report::terminal(comparison, options);
        }
        let alone = |variant: &Outcome| {
            let advice = comparison.advice.iter().filter(|advice| advice.variant == variant.name);
            let (variants, advice) = (vec![variant.clone()], advice.cloned().collect());
            report::Comparison { variants, advice, ..comparison.clone() }
        };
        comparison.variants.iter().map(|variant| format!("{}\n", report::terminal(&alone(variant), options))).collect()
    }

    /// Prints what is about all seeds, and writes the report.
    fn finish(self, report: Option<ReportFiles>) -> Result<Exit> {
        let talkative = !self.arguments.quiet && !self.arguments.json;
        if let Some(many) = self.many.filter(|_| talkative) {
            console::say(&many.show())?;
        }
        if let (Some(report), Some((page, files))) = (report, self.page) {
            let path = report.write(&self.markdown, &page, &files)?;
            if talkative {
                console::say(&format!("\nreport: {}\n", path.display()))?;
            }
        }
        console::complain_of(&self.failed);
        Ok(if self.failed.has_errors() { Exit::Unexpected } else { Exit::Good })
    }
}

/// The page and the other files of a report; both at the same time if there are several threads.
fn page_and_files(compared: &report::Comparison, threads: usize) -> (String, Vec<report::File>) {
    if threads == 1 {
        return (report::page(compared), report::files(compared));
    }
    thread::scope(|scope| {
        let page = scope.spawn(|| report::page(compared));
        let files = report::files(compared);
        (page.join().unwrap_or_else(|panic| resume_unwind(panic)), files)
    })
}

/// A command that does the same again.
fn command_line(file: &str, arguments: &Runs) -> String {
    let mut command = format!("rehearsal {file}");
    if let Some(seed) = arguments.seed {
        command.push_str(&format!(" --seed {seed}"));
    }
    if let Some(seeds) = &arguments.seeds {
        command.push_str(&format!(" --seeds {}..{}", seeds.0.start(), seeds.0.end()));
    }
    if arguments.advice {
        command.push_str(" --advice");
    }
    for variant in &arguments.variant {
        command.push_str(&format!(" --variant {variant:?}"));
    }
    command
}
