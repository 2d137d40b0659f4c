//! `rehearsal check FILE…`.

use anyhow::Result;

use crate::arguments::Checked;
use crate::disk::{Disk, Remembered};
use crate::{Exit, console};

/// Looks for mistakes in every file.
pub(super) fn run(arguments: &Checked) -> Result<Exit> {
    let mut exit = Exit::Good;
    // Standard input may be named twice.
    let files = Remembered::new(Disk);
    for file in &arguments.files {
        match scenario::load(file, &files, None) {
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
