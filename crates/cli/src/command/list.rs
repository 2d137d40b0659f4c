//! `rehearsal list`.

use std::fmt::Write as _;

use anyhow::Result;

use crate::shipped::{ASSIGNMENTS, SHIPPED};
use crate::{Exit, console};

/// Prints the scenarios and assignments that come with the command, with their questions.
pub(super) fn run() -> Result<Exit> {
    let width = SHIPPED.iter().chain(ASSIGNMENTS).map(|shipped| shipped.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for shipped in SHIPPED {
        let question =
            scenario::load_text(shipped.name, shipped.text, None).ok().and_then(|comparison| comparison.question);
        writeln!(text, "{:width$}  {}", shipped.name, question.unwrap_or_default())?;
    }
    for shipped in ASSIGNMENTS {
        let question = scenario::assignment::load_text(shipped.name, shipped.text).ok();
        let question = question.and_then(|assignment| assignment.question).unwrap_or_default();
        writeln!(text, "{:width$}  {question}", shipped.name)?;
    }
    console::say(&text)?;
    console::complain("\n`rehearsal new NAME --from SCENARIO` writes one of them to NAME.yaml.\n");
    Ok(Exit::Good)
}
