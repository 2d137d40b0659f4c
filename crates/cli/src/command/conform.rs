//! `rehearsal conform FILE…`.

use anyhow::Result;

use crate::arguments::Conform;
use crate::{Exit, conform, console};

/// Plays the recordings and prints where they differ.
pub(super) fn run(arguments: &Conform) -> Result<Exit> {
    let mut story = Vec::new();
    let tally = conform::conform(&arguments.files, &mut story)?;
    console::say(&String::from_utf8_lossy(&story))?;
    Ok(if tally.all_agree() { Exit::Good } else { Exit::Unexpected })
}
