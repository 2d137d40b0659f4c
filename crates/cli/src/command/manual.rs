//! `rehearsal completions SHELL` and `rehearsal man`: what shells and manual readers want to know of the arguments.

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::{Exit, console};

/// Prints a completion script.
pub(super) fn completions(shell: Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "rehearsal", &mut script);
    console::say(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Good)
}

/// Prints the manual page.
pub(super) fn page() -> Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
    console::say(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Good)
}
