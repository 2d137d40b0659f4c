//! `rehearsal schema`.

use anyhow::Result;

use scenario::json_schema;

use crate::arguments::{FileKind, Schema};
use crate::{Exit, console};

/// Prints the language.
pub(super) fn run(arguments: &Schema) -> Result<Exit> {
    let text = match (arguments.markdown, arguments.of) {
        _ if arguments.summary => scenario::reference::summary(),
        (true, _) => scenario::reference::markdown(),
        (false, FileKind::Scenario) => json_schema::text(&json_schema::schema()),
        (false, FileKind::Assignment) => json_schema::text(&json_schema::assignment()),
    };
    console::say(&text)?;
    Ok(Exit::Good)
}
