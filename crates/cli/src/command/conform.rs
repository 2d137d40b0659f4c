//! `rehearsal conform FILE…`.

use anyhow::Result;

use crate::arguments::Conform;
use crate::{Exit, conform, console};

/// Plays the recordings and prints where they differ. A file that cannot be played is named, and hides no other.
pub(super) fn run(arguments: &Conform) -> Result<Exit> {
    let mut exit = Exit::Good;
    for played in conform::conform(&arguments.files) {
        match played {
            Ok((story, tally)) => {
                console::say(&story)?;
                exit = exit.max(if tally.all_agree() { Exit::Good } else { Exit::Unexpected });
            }
            Err(error) => {
                console::complain_that(&error);
                exit = Exit::BadInput;
            }
        }
    }
    Ok(exit)
}
