//! `rehearsal schema`.

use anyhow::Result;

use crate::arguments::Schema;
use crate::{Exit, console};

/// Prints the language.
pub(super) fn run(arguments: &Schema) -> Result<Exit> {
    let text = if arguments.markdown { scenario::reference::markdown() } else { scenario::json_schema::text() };
    console::say(&text)?;
    Ok(Exit::Good)
}
