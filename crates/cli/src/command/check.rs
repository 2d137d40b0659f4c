//! `rehearsal check FILE…`.

use anyhow::Result;

use crate::arguments::Checked;
use crate::disk::Disk;
use crate::{Exit, console};

/// Looks for mistakes in every file.
pub(super) fn run(arguments: &Checked) -> Result<Exit> {
    let mut exit = Exit::Good;
    for file in &arguments.files {
        match scenario::load(file, &Disk, None) {
            Ok(comparison) => {
                console::complain_of(&comparison.warnings);
                if !arguments.quiet {
                    let variants = comparison.variants.len();
                    console::say(&format!(
                        "{file}: good, {variants} variant{}\n",
                        if variants == 1 { "" } else { "s" }
                    ))?;
                }
            }
            Err(mistakes) => {
                console::complain_of(&mistakes);
                exit = Exit::BadInput;
            }
        }
    }
    Ok(exit)
}
