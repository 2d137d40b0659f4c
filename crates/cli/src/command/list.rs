//! `rehearsal list`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, bail};

use crate::arguments::List;
use crate::shipped::{ASSIGNMENTS, SHIPPED, Shipped};
use crate::{Exit, console};

/// The head of what reproduces nothing.
const OTHERS: &str = "others";
/// The head of files for `rehearsal assign`.
const FOR_ASSIGN: &str = "for `rehearsal assign`";

/// A scenario: its name, and what of a document it reproduces, or its question.
type Line = (&'static str, String);

/// Prints what comes with the command: documents, and under each what reproduces them; then the others.
pub(super) fn run(arguments: &List) -> Result<Exit> {
    let wanted = plain(&arguments.words.join(" "));
    let is_wanted = |head: &str, name: &str| plain(head).contains(&wanted) || plain(name).contains(&wanted);
    let mut sections: Vec<(String, Vec<Line>)> = documents().into_iter().collect();
    sections.push((OTHERS.to_owned(), others()));
    sections.push((FOR_ASSIGN.to_owned(), ASSIGNMENTS.iter().map(assignment).collect()));
    for (head, lines) in &mut sections {
        lines.retain(|(name, _)| is_wanted(head, name));
    }
    sections.retain(|(_, lines)| !lines.is_empty());
    if sections.is_empty() {
        bail!("nothing is called or reproduces `{}`; `rehearsal list` shows what there is", arguments.words.join(" "));
    }
    let width = sections.iter().flat_map(|(_, lines)| lines).map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (place, (head, lines)) in sections.iter().enumerate() {
        writeln!(text, "{}{head}", if place == 0 { "" } else { "\n" })?;
        for (name, what) in lines {
            writeln!(text, "  {name:width$}  {what}")?;
        }
    }
    console::say(&text)?;
    console::complain("\n`rehearsal new NAME --from SCENARIO` writes one of them to NAME.yaml.\n");
    Ok(Exit::Good)
}

/// Letters that are the same for who looks for something.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['-', '_'], " ")
}

fn load(shipped: &Shipped) -> Option<scenario::Comparison> {
    scenario::load_text(shipped.name, shipped.text, None).ok()
}

fn documents() -> BTreeMap<String, Vec<Line>> {
    let mut documents: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for shipped in SHIPPED {
        for (document, what) in load(shipped).map(|comparison| comparison.reproduces).unwrap_or_default() {
            documents.entry(document).or_default().push((shipped.name, what));
        }
    }
    documents
}

fn others() -> Vec<Line> {
    let loaded = SHIPPED.iter().filter_map(|shipped| Some((shipped.name, load(shipped)?)));
    let rest = loaded.filter(|(_, comparison)| comparison.reproduces.is_empty());
    rest.map(|(name, comparison)| (name, comparison.question.unwrap_or_default())).collect()
}

fn assignment(shipped: &Shipped) -> Line {
    let question = scenario::assignment::load_text(shipped.name, shipped.text).ok();
    (shipped.name, question.and_then(|assignment| assignment.question).unwrap_or_default())
}
