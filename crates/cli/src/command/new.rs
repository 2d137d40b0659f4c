//! `rehearsal new NAME`.

use std::fs::OpenOptions;
use std::io::Write;

use anyhow::{Context, Result, bail};

use crate::arguments::New;
use crate::{Exit, console, runs, shipped};

/// The starter.
const STARTER: &str = include_str!("../starter.yaml");

/// Writes a scenario to begin with; never over a file that is there.
pub(super) fn run(arguments: &New) -> Result<Exit> {
    let name = arguments.name.strip_suffix(".yaml").unwrap_or(&arguments.name);
    if name.is_empty() || name.ends_with('/') || name.chars().any(char::is_control) {
        bail!("a scenario cannot be called {:?}; expected a name for a file, on one line", arguments.name);
    }
    let text = match &arguments.from {
        None => STARTER.replace("NAME", name),
        Some(from) => match shipped::find(from) {
            Some(shipped) => shipped.text.to_owned(),
            None => {
                let meant =
                    runs::meant(&[from], || shipped::SHIPPED.iter().chain(shipped::ASSIGNMENTS).map(|it| it.name));
                bail!("there is no scenario `{from}`; `rehearsal list` shows what there is{meant}")
            }
        },
    };
    let path = format!("{name}.yaml");
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = file.with_context(|| format!("cannot create `{path}`"))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write `{path}`"))?;
    let how = if arguments.from.as_ref().is_some_and(|from| from.starts_with("assign/")) { "assign " } else { "" };
    console::say(&format!("{path} is written; run it with: rehearsal {how}{path}\n"))?;
    Ok(Exit::Good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_is_a_good_scenario_without_warnings() {
        let comparison = scenario::load_text("starter", STARTER, None).unwrap();
        assert_eq!(comparison.warnings.list, []);
        assert_eq!(comparison.variants.len(), 3);
    }
}
