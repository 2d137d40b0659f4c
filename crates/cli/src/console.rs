//! Standard output and standard error, for people and for pipes.
//!
//! Contract: a pipe that closes early (`| head`) ends the command quietly instead of in a panic.

use std::io::{self, IsTerminal, Write};

use anyhow::Context;

/// Columns of a terminal that says nothing about itself.
const WIDTH: u16 = 100;

/// Writes an answer to standard output.
///
/// # Errors
/// It cannot be written; [`is_closed_pipe`] tells whether anybody is to blame.
pub fn say(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write to standard output")
}

/// Writes to standard error; if nobody listens there, nothing can be done about it.
pub fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes to standard error why something cannot be done.
pub fn complain_that(error: &anyhow::Error) {
    complain(&format!("error: {error:#}\n"));
}

/// Writes what is wrong with a file to standard error, in colours if somebody is there to see them.
pub fn complain_of(mistakes: &scenario::Diagnostics) {
    let is_coloured = io::stderr().is_terminal() && colours_are_welcome();
    complain(&if is_coloured { scenario::Coloured(mistakes).to_string() } else { mistakes.to_string() });
}

/// Whether the error is that the reader of our output has gone.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// Whether colours are welcome on standard output: a terminal, and no `NO_COLOR` (no-color.org).
pub fn colour() -> bool {
    io::stdout().is_terminal() && colours_are_welcome()
}

fn colours_are_welcome() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns of the terminal, if it says so (`COLUMNS`).
pub fn width() -> u16 {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(WIDTH)
}

/// Whether somebody watches standard error.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}
