//! What can be asked of the command.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::moment::Moment;

/// The arguments of a process.
#[derive(Debug, Parser)]
#[command(
    name = "rehearsal",
    version,
    about = "Rehearses what happens to a Kafka consumer group: deploys, kills, scaling, on a virtual clock",
    after_help = "Exit codes: 0 good; 1 a run is not as its scenario expects; 2 arguments, files or scenarios are wrong.",
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Without a command: compare.
    #[command(flatten)]
    pub compare: Runs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the variants of scenarios and compare them side by side (what `rehearsal FILE` does)
    Compare(Runs),
    /// Run the variants of scenarios and show every measure of each
    Run(Runs),
    /// Show who gets which partitions under every assignor, and what moves when the group changes
    Assign(Assign),
    /// Look for mistakes in scenarios without running them
    Check(Checked),
    /// Say why the group rebalanced, who was waited for, what it cost, and what would have been better
    Explain(Why),
    /// Describe the group at a moment as `kafka-consumer-groups.sh` would
    Describe(Describe),
    /// Print what the broker and Java's consumers would log, with times since the start
    Log(Log),
    /// Print what monitoring would show at a moment, as Prometheus text: five counts of rebalances told apart
    Metrics(Metrics),
    /// Write a run as a Chrome trace, for Perfetto
    Trace(Trace),
    /// Serve a page on this machine on which scenarios are edited, checked, run and compared
    Serve(Serve),
    /// Show what a scenario resolves to: every value, and where it comes from
    ExplainPlan(Explained),
    /// Print the scenario language as JSON Schema, or as a reference in Markdown
    Schema(Schema),
    /// List the scenarios that come with the command, by the documents that they reproduce
    List(List),
    /// Write a commented starter scenario
    New(New),
    /// Play recordings of Kafka's own coordinator against ours and show where they differ
    Conform(Conform),
    /// Simulate recordings of real groups and say how well the simulation fits
    Validate(Validate),
    /// Simulate recordings of real groups and write what happens in the same format
    Replay(Replay),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page (roff)
    Man,
}

/// Which scenarios to run, and how.
#[derive(Debug, Args)]
pub struct Runs {
    /// Scenario files; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Only the variants with these names
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<String>,
    /// Overrule the seed that is written in the scenario
    #[arg(long, value_name = "N", conflicts_with = "seeds", allow_negative_numbers = true, value_parser = seed)]
    pub seed: Option<u64>,
    /// Run with every seed of a range and show how outcomes are distributed: 1..200
    #[arg(long, value_name = "A..B", allow_hyphen_values = true)]
    pub seeds: Option<Seeds>,
    /// How many runs at the same time; as many as there are processors by default
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = threads)]
    pub threads: Option<NonZeroUsize>,
    /// Print outcomes as JSON
    #[arg(long)]
    pub json: bool,
    /// Show every measure, not only the headlines
    #[arg(long)]
    pub all: bool,
    /// Write a report for each file into this directory: a page, Markdown, CSV, JSON, SVG
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Also write what broker and clients would log to this file, variant by variant (as `rehearsal log` prints it)
    #[arg(long, value_name = "PATH", conflicts_with = "seeds")]
    pub log: Option<PathBuf>,
    /// Also write the one variant as a Chrome trace to this file, for Perfetto (as `rehearsal trace` does)
    #[arg(long, value_name = "PATH", conflicts_with = "seeds")]
    pub trace: Option<PathBuf>,
    /// Also say what stands out in each variant and what would have been better, found out by running it
    #[arg(long, conflicts_with = "seeds")]
    pub advice: bool,
    /// Print nothing but mistakes; the exit code tells
    #[arg(long, short)]
    pub quiet: bool,
}

/// What to share out.
#[derive(Debug, Args)]
pub struct Assign {
    /// A file with topics, members and perhaps a change, YAML or JSON; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Only the assignors with these names, on either side: range, roundrobin, sticky, cooperative-sticky, uniform
    #[arg(long, value_name = "NAME")]
    pub assignor: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which scenarios to check.
#[derive(Debug, Args)]
pub struct Checked {
    /// Scenario files; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Print nothing but mistakes; the exit code tells
    #[arg(long, short)]
    pub quiet: bool,
}

/// What to explain.
#[derive(Debug, Args)]
pub struct Why {
    /// A scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Only the variants with these names
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<String>,
    /// One rebalance at length, by its number
    #[arg(long, value_name = "N", conflicts_with_all = ["at", "all"])]
    pub rebalance: Option<u64>,
    /// The rebalance that was under way then, at length: 75s, 1m15s, 01:15
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, conflicts_with = "all")]
    pub at: Option<Moment>,
    /// Every rebalance, a line each
    #[arg(long)]
    pub all: bool,
    /// Run nothing but the scenario: no advice
    #[arg(long)]
    pub no_advice: bool,
    /// Overrule the seed that is written in the scenario
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    pub seed: Option<u64>,
    /// How many runs at the same time; as many as there are processors by default
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = threads)]
    pub threads: Option<NonZeroUsize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A scenario, and which of its runs.
#[derive(Debug, Args)]
pub struct Simulated {
    /// A scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Only the variants with these names
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<String>,
    /// Overrule the seed that is written in the scenario
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    pub seed: Option<u64>,
}

/// What to describe, and when.
#[derive(Debug, Args)]
pub struct Describe {
    /// Of which runs
    #[command(flatten)]
    pub of: Simulated,
    /// When, since the start of the run: 75s, 1m15s, 01:15
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub at: Moment,
    /// Its partitions, with offsets and owners (the default)
    #[arg(long, conflicts_with_all = ["members", "state"])]
    pub offsets: bool,
    /// Its members
    #[arg(long, conflicts_with = "state")]
    pub members: bool,
    /// Its state
    #[arg(long)]
    pub state: bool,
    /// As the tool's `--verbose`
    #[arg(long)]
    pub verbose: bool,
}

/// Whose log, and from when to when.
#[derive(Debug, Args)]
pub struct Log {
    /// Of which runs
    #[command(flatten)]
    pub of: Simulated,
    /// Nothing before this moment: 75s, 1m15s, 01:15
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub from: Option<Moment>,
    /// Nothing after this moment
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub to: Option<Moment>,
    /// Only the broker's lines
    #[arg(long)]
    pub broker: bool,
}

/// What to measure, and when.
#[derive(Debug, Args)]
pub struct Metrics {
    /// Of which runs
    #[command(flatten)]
    pub of: Simulated,
    /// When, since the start of the run: 75s, 1m15s, 01:15
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub at: Moment,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What to trace, and where to.
#[derive(Debug, Args)]
pub struct Trace {
    /// Of which runs
    #[command(flatten)]
    pub of: Simulated,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
}

/// What to serve, and where.
#[derive(Debug, Args)]
pub struct Serve {
    /// A folder whose scenarios can be opened as well; nothing is ever written to it
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// The port; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 7878)]
    pub port: u16,
    /// The address to listen on; others than this machine's own can be reached from elsewhere
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub listen: IpAddr,
    /// Stop runs that take longer than this
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, default_value = "30s")]
    pub stop_after: Moment,
}

/// Which scenario's plan to show.
#[derive(Debug, Args)]
pub struct Explained {
    /// A scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Overrule the seed that is written in the scenario
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    pub seed: Option<u64>,
}

/// In which form to print the language.
#[derive(Debug, Args)]
pub struct Schema {
    /// Of which files
    #[arg(value_name = "FILES", value_enum, default_value_t = FileKind::Scenario)]
    pub of: FileKind,
    /// As a reference for people
    #[arg(long)]
    pub markdown: bool,
    /// As a page for people: the keys of scenarios, and what they mean
    #[arg(long, conflicts_with = "markdown")]
    pub summary: bool,
}

/// The kinds of files that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileKind {
    /// Scenarios
    Scenario,
    /// Files for `rehearsal assign`
    Assignment,
}

/// Which scenarios to list.
#[derive(Debug, Args)]
pub struct List {
    /// Only those that reproduce this document or have this in their name: seed 001, static-group
    #[arg(value_name = "WORDS")]
    pub words: Vec<String>,
}

/// What to call a new scenario.
#[derive(Debug, Args)]
pub struct New {
    /// The scenario's name; it is written to NAME.yaml
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Begin with a scenario that comes with the command (see `rehearsal list`) instead of the starter
    #[arg(long, value_name = "SCENARIO")]
    pub from: Option<String>,
}

/// Which recordings to play.
#[derive(Debug, Args)]
pub struct Conform {
    /// Recordings: JSON Lines, gzipped if the name ends in `.gz`
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Which recordings to judge by.
#[derive(Debug, Args)]
pub struct Validate {
    /// Recordings of real groups, or folders of them
    #[arg(value_name = "RECORDING", required = true)]
    pub recordings: Vec<PathBuf>,
    /// Seeds to simulate; 1..40 unless given
    #[arg(long, value_name = "A..B", allow_hyphen_values = true)]
    pub seeds: Option<Seeds>,
    /// Print JSON
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print a Markdown table
    #[arg(long)]
    pub markdown: bool,
    /// Show one recording and one run of it, one above the other, over time
    #[arg(long, conflicts_with_all = ["json", "markdown"])]
    pub timeline: bool,
}

/// Which recordings to simulate.
#[derive(Debug, Args)]
pub struct Replay {
    /// Recordings of real groups, or folders of them
    #[arg(value_name = "RECORDING", required = true)]
    pub recordings: Vec<PathBuf>,
    /// Where to write the simulated ones: NAME.s1.jsonl.gz and so on, under the same relative paths
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Seeds to simulate; 1..40 unless given
    #[arg(long, value_name = "A..B", allow_hyphen_values = true)]
    pub seeds: Option<Seeds>,
}

/// Which shell to complete for.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// A range of seeds, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(pub RangeInclusive<u64>);

/// Most seeds of one call.
const MAX_SEEDS: u64 = 10_000;

/// A seed; whatever is none is answered in words.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// How many runs at the same time.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number, 1 or more".to_owned())
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected two numbers such as 1..200, and this is `{text}`");
        let (first, last) = text.split_once("..").ok_or_else(expected)?;
        let last = last.strip_prefix('=').unwrap_or(last);
        let (first, last): (u64, u64) = (first.parse().map_err(|_| expected())?, last.parse().map_err(|_| expected())?);
        if first > last {
            return Err(format!("{first} is above {last}"));
        }
        if last - first >= MAX_SEEDS {
            return Err(format!("these are more than {MAX_SEEDS} seeds"));
        }
        Ok(Self(first..=last))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn seeds_are_a_range_with_both_ends() {
        assert_eq!("1..200".parse(), Ok(Seeds(1..=200)));
        assert_eq!("7..=7".parse(), Ok(Seeds(7..=7)));
        for bad in ["", "5", "2..1", "a..b", "1..", "0..18446744073709551615"] {
            assert!(bad.parse::<Seeds>().is_err(), "{bad}");
        }
    }
}
