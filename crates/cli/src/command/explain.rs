//! `rehearsal explain-plan FILE`: every value of a plan, and where it comes from.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::Result;
use scenario::{Comparison, Explained, Origin};

use crate::arguments;
use crate::disk::Disk;
use crate::{Exit, console};

/// Prints it: first what all variants have in common, then what is each one's own.
pub(super) fn run(arguments: &arguments::Explained) -> Result<Exit> {
    match scenario::load(&arguments.file, &Disk, arguments.seed) {
        Ok(comparison) => {
            console::complain_of(&comparison.warnings);
            console::say(&explain(&comparison))?;
            Ok(Exit::Good)
        }
        Err(mistakes) => {
            console::complain_of(&mistakes);
            Ok(Exit::BadInput)
        }
    }
}

fn explain(comparison: &Comparison) -> String {
    let Some((first, others)) = comparison.variants.split_first() else { return String::new() };
    let sets: Vec<BTreeSet<&Explained>> = others.iter().map(|variant| variant.explained.iter().collect()).collect();
    let common: Vec<&Explained> =
        first.explained.iter().filter(|line| sets.iter().all(|set| set.contains(line))).collect();
    let shared: BTreeSet<&Explained> = common.iter().copied().collect();
    let mut text = String::new();
    table(&mut text, &common, comparison);
    for variant in &comparison.variants {
        let own: Vec<&Explained> = variant.explained.iter().filter(|line| !shared.contains(line)).collect();
        if !own.is_empty() {
            writeln!(text, "\nvariant `{}`", variant.plan.name).expect("writing to a string cannot fail");
            table(&mut text, &own, comparison);
        }
    }
    text
}

fn table(text: &mut String, lines: &[&Explained], comparison: &Comparison) {
    const WIDEST: usize = 60;
    let width = |part: fn(&Explained) -> &str| {
        lines.iter().map(|line| part(line).chars().count()).max().unwrap_or(0).min(WIDEST)
    };
    let (path, value) = (width(|line| &line.path), width(|line| &line.value));
    for line in lines {
        let origin = origin(line, comparison);
        writeln!(text, "{:path$}  {:value$}  {origin}", line.path, line.value)
            .expect("writing to a string cannot fail");
    }
}

fn origin(line: &Explained, comparison: &Comparison) -> String {
    match &line.origin {
        Origin::Written(at) => comparison.warnings.sources.locate(*at),
        Origin::Default => "default".to_owned(),
        Origin::Kafka => "Kafka's default".to_owned(),
        Origin::Client(name) => format!("{name}'s default"),
        Origin::Depends(how) => format!("default: {how}"),
        Origin::Environment(preset) => format!("environment `{preset}`"),
        Origin::CommandLine => "command line".to_owned(),
    }
}
