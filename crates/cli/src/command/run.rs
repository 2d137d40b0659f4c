//! `rehearsal FILE…`, `rehearsal compare FILE…` and `rehearsal run FILE…`.

use std::path::Path;

use anyhow::{Result, bail};
use report::{Detail, TerminalOptions};
use scenario::{Comparison, Diagnostics};

use super::distribution;
use crate::arguments::Runs;
use crate::disk::ReportFile;
use crate::runs::{self, Rehearsal};
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
    comparisons: Vec<Comparison>,
    report: Option<ReportFile>,
}

/// Runs every file. Nothing is run unless all of them are good.
pub(super) fn run(arguments: &Runs, view: View) -> Result<Exit> {
    let seeds: Vec<Option<u64>> = match &arguments.seeds {
        Some(seeds) => seeds.0.clone().map(Some).collect(),
        None => vec![arguments.seed],
    };
    let mut jobs = Vec::new();
    let mut good = true;
    for file in &arguments.files {
        match runs::load(file, &seeds) {
            Ok(mut comparisons) => {
                if let Some(first) = comparisons.first() {
                    console::complain(&first.warnings.to_string());
                }
                comparisons.iter_mut().try_for_each(|comparison| choose(comparison, &arguments.variant, file))?;
                jobs.push(Job { file, comparisons, report: None });
            }
            Err(mistakes) => {
                console::complain(&mistakes.to_string());
                good = false;
            }
        }
    }
    if !good {
        return Ok(Exit::BadInput);
    }
    if let Some(directory) = &arguments.report {
        for job in &mut jobs {
            job.report = Some(ReportFile::create(directory, &format!("{}.md", stem(job.file)))?);
        }
    }
    let mut exit = Exit::Good;
    for job in jobs {
        exit = exit.max(run_file(job, arguments, view)?);
    }
    Ok(exit)
}

/// Leaves only the variants that are asked for.
fn choose(comparison: &mut Comparison, names: &[String], file: &str) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let known: Vec<String> = comparison.variants.iter().map(|variant| format!("`{}`", variant.plan.name)).collect();
    for name in names {
        if !comparison.variants.iter().any(|variant| variant.plan.name == *name) {
            bail!("{file} has no variant `{name}`; there are {}", known.join(", "));
        }
    }
    comparison.variants.retain(|variant| names.contains(&variant.plan.name));
    Ok(())
}

/// Runs one file, prints what came out, and holds it to what is expected.
fn run_file(job: Job<'_>, arguments: &Runs, view: View) -> Result<Exit> {
    let Job { file, comparisons, report } = job;
    let rehearsals = runs::run_all(comparisons, arguments.threads, arguments.quiet)?;
    let command = command_line(file, arguments);
    let detail = if arguments.all || view == View::OneByOne { Detail::Everything } else { Detail::Headlines };
    if !arguments.quiet {
        console::say(&shown(file, &rehearsals, &command, detail, view, arguments))?;
    }
    if let Some(report) = report {
        let text: Vec<String> = rehearsals
            .iter()
            .map(|rehearsal| report::markdown(&compared(file, rehearsal, &command), Detail::Everything))
            .collect();
        let path = report.write(&text.join("\n"))?;
        if !arguments.quiet && !arguments.json {
            console::say(&format!("\nreport: {}\n", path.display()))?;
        }
    }
    let failed = failures(&rehearsals);
    console::complain(&failed.to_string());
    Ok(if failed.has_errors() { Exit::Unexpected } else { Exit::Good })
}

/// Everything that is not as expected.
fn failures(rehearsals: &[Rehearsal]) -> Diagnostics {
    let mut all = Diagnostics { list: Vec::new(), sources: scenario::Sources::default() };
    for rehearsal in rehearsals {
        let checked = rehearsal.comparison.check(&rehearsal.outcomes);
        all.list.extend(checked.list);
        all.sources = checked.sources;
    }
    all
}

/// What came out, as text.
fn shown(file: &str, rehearsals: &[Rehearsal], command: &str, detail: Detail, view: View, arguments: &Runs) -> String {
    let comparisons = rehearsals.iter().map(|rehearsal| compared(file, rehearsal, command));
    if arguments.json {
        return comparisons.map(|comparison| format!("{}\n", report::json(&comparison).trim_end())).collect();
    }
    if rehearsals.len() > 1 {
        return distribution::show(rehearsals, detail);
    }
    let options = TerminalOptions { width: console::width(), color: console::colour(), detail };
    let mut text = String::new();
    for comparison in comparisons {
        match view {
            View::SideBySide => text.push_str(&report::terminal(&comparison, options)),
            View::OneByOne => {
                for variant in &comparison.variants {
                    let alone = report::Comparison { variants: vec![variant.clone()], ..comparison.clone() };
                    text.push_str(&report::terminal(&alone, options));
                    text.push('\n');
                }
            }
        }
    }
    text
}

/// The outcomes as a report wants them.
fn compared(file: &str, rehearsal: &Rehearsal, command: &str) -> report::Comparison {
    let comparison = &rehearsal.comparison;
    report::Comparison {
        title: stem(file),
        question: comparison.question.clone().unwrap_or_default(),
        story: comparison.story.clone().unwrap_or_default(),
        seed: rehearsal.outcomes.first().map_or(0, |outcome| outcome.seed),
        command: command.to_owned(),
        variants: rehearsal.outcomes.clone(),
    }
}

/// The file's name without its directory and ending.
fn stem(file: &str) -> String {
    match Path::new(file).file_stem() {
        Some(stem) if file != "-" => stem.to_string_lossy().into_owned(),
        _ => "scenario".to_owned(),
    }
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
    for variant in &arguments.variant {
        command.push_str(&format!(" --variant {variant:?}"));
    }
    command
}
