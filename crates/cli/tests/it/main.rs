//! The command from outside: scenario files in, text and exit codes out; and the tree that it is made from.
//!
//! | module | what it holds to |
//! |---|---|
//! | `assign` | examples and mistakes of `rehearsal assign` |
//! | `scenarios` | every shipped scenario: as expected, the same twice and on any number of threads, as its snapshot |
//! | `messages` | one bad file a message |
//! | `explain` | why a group rebalanced, and advice |
//! | `forms` | tables, logs and traces as Kafka’s users read them |
//! | `hostile` | input that means harm is refused at once |
//! | `damaged` | recordings that came to harm |
//! | `recordings` | recordings of real groups: simulated, judged, written down |
//! | `refusals` | what commands refuse, and that it leaves nothing behind |
//! | `endings` | how runs end, and what is said of it |
//! | `reports` | the committed examples are fresh |
//! | `seed_000` | the published measurement comes out of its mechanisms; its page is fresh |
//! | `serve` | the page in a browser, over a socket: answers, limits, refusals |
//! | `story` | stories of runs add up, have no holes, and change nothing |
//! | `command_line` | commands, options, exit codes, files that are written |
//! | `tidy` | sizes, heads, widths, words and the direction of dependencies |

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod assign;
mod command_line;
mod damaged;
mod endings;
mod explain;
mod forms;
mod hostile;
mod messages;
mod recordings;
mod refusals;
mod reports;
mod scenarios;
mod seed_000;
mod serve;
mod story;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The command, run at the root of the repository so that paths in messages are short.
fn rehearsal(arguments: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_rehearsal")).args(arguments).current_dir(root()))
}

/// The command in another directory.
fn rehearsal_in(directory: &Path, arguments: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_rehearsal")).args(arguments).current_dir(directory))
}

fn run(command: &mut Command) -> Ran {
    let command = command.env_remove("COLUMNS").env("NO_COLOR", "1").stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// What a call of the command left behind.
struct Ran {
    /// The exit code; none if it was killed.
    code: Option<i32>,
    /// Standard output.
    out: String,
    /// Standard error.
    err: String,
}

/// A directory of its own for one test, empty at the beginning.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// The files with this ending directly in a directory, by name.
fn files_in(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    files.sort();
    files
}
