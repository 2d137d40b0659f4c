//! What the command does, one file a command.

mod assign;
mod check;
mod conform;
mod describe;
mod distribution;
mod explain;
mod list;
mod log;
mod manual;
mod metrics;
mod new;
mod replay;
mod run;
mod schema;
mod serve;
mod trace;
mod validate;
mod why;

use anyhow::Result;

use crate::Exit;
use crate::arguments::{Arguments, Command};

/// Does what is asked.
///
/// # Errors
/// What was asked for cannot be done, for a reason other than mistakes in a scenario, which are printed.
pub fn run(arguments: &Arguments) -> Result<Exit> {
    match &arguments.command {
        None => run::run(&arguments.compare, None),
        Some(Command::Compare(runs)) => run::run(runs, Some(run::View::SideBySide)),
        Some(Command::Run(runs)) => run::run(runs, Some(run::View::OneByOne)),
        Some(Command::Assign(assign)) => assign::run(assign),
        Some(Command::Check(checked)) => check::run(checked),
        Some(Command::Explain(asked)) => why::run(asked),
        Some(Command::Describe(asked)) => describe::run(asked),
        Some(Command::Log(asked)) => log::run(asked),
        Some(Command::Metrics(asked)) => metrics::run(asked),
        Some(Command::Trace(asked)) => trace::run(asked),
        Some(Command::Serve(asked)) => serve::run(asked),
        Some(Command::ExplainPlan(explained)) => explain::run(explained),
        Some(Command::Schema(schema)) => schema::run(schema),
        Some(Command::List(arguments)) => list::run(arguments),
        Some(Command::New(new)) => new::run(new),
        Some(Command::Conform(conform)) => conform::run(conform),
        Some(Command::Validate(validate)) => validate::run(validate),
        Some(Command::Replay(replay)) => replay::run(replay),
        Some(Command::Completions(completions)) => manual::completions(completions.shell),
        Some(Command::Man) => manual::page(),
    }
}
