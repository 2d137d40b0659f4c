//! The `rehearsal` command: everything that touches files, arguments and the terminal.
//!
//! | module | what lives there |
//! |---|---|
//! | [`advice`] | what would have been better, found out by running it |
//! | [`arguments`] | what can be asked, with help |
//! | [`command`] | what is done about it, one file a command |
//! | `assign` | asks every assignor the same question |
//! | `compared` | what came out, as reports want it |
//! | [`conform`] | plays recordings of Kafka's coordinator against ours |
//! | [`console`] | standard output: pipes that close, colours, width |
//! | [`disk`] | scenario files from the file system |
//! | [`moment`] | moments of a run on the command line |
//! | [`recordings`] | recordings of real groups, and the plans that follow from them |
//! | [`runs`] | plans to outcomes, over seeds and threads, with progress |
//! | `serve` | the command as a page in a browser |
//! | [`shipped`] | the scenarios that come with the command |
//!
//! Contract: standard output carries the answer and nothing else; mistakes, warnings and progress go to standard error.
//! Exit codes are [`Exit`]. Nothing is written before the input is known to be good, and files appear whole or not at
//! all.

pub mod advice;
pub mod arguments;
mod assign;
pub mod command;
mod compared;
pub mod conform;
pub mod console;
pub mod disk;
pub mod moment;
pub mod recordings;
pub mod runs;
mod serve;
pub mod shipped;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

/// What the command ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything is as asked, and as expected.
    Good,
    /// A run did not come out as its scenario expects, or a recording differs.
    Unexpected,
    /// What was asked for cannot be done: arguments, files or scenarios are wrong.
    BadInput,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Good => Self::SUCCESS,
            Exit::Unexpected => Self::from(1),
            Exit::BadInput => Self::from(2),
        }
    }
}

/// Does what the process's arguments ask for.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match command::run(&arguments) {
        Ok(exit) => exit.into(),
        // Whoever reads has seen enough.
        Err(error) if console::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            console::complain_that(&error);
            Exit::BadInput.into()
        }
    }
}
