//! `rehearsal assign FILE`.

use anyhow::{Result, bail};
use assignor::Assignor;

use crate::arguments::Assign;
use crate::disk::Disk;
use crate::{Exit, assign, console, runs};

/// Shows who gets what.
pub(super) fn run(arguments: &Assign) -> Result<Exit> {
    let assignors = chosen(&arguments.assignor)?;
    let question = match scenario::assignment::load(&arguments.file, &Disk) {
        Ok(question) => question,
        Err(mistakes) => {
            console::complain_of(&mistakes);
            return Ok(Exit::BadInput);
        }
    };
    console::complain_of(&question.warnings);
    let assigned = assign::ask(&question, &assignors);
    let text = if arguments.json {
        report::assigned_json(&assigned)
    } else {
        report::assigned_terminal(&assigned, console::width())
    };
    console::say(&text)?;
    Ok(Exit::Good)
}

/// The assignors of these names, in the order of the list; all of them if none is named. A name may mean one on each
/// side.
fn chosen(names: &[String]) -> Result<Vec<&'static Assignor>> {
    let is_named = |assignor: &Assignor, name: &str| assignor.name == name || assign::title(assignor) == name;
    for name in names {
        if !assign::assignors().any(|assignor| is_named(assignor, name)) {
            let known: Vec<String> =
                assign::assignors().map(|assignor| format!("`{}`", assign::title(assignor))).collect();
            let names: Vec<&str> = assign::assignors().map(|assignor| assignor.name).collect();
            let meant = runs::meant(&[name], || names.iter().copied());
            bail!("there is no assignor `{name}`; there are {}{meant}", known.join(", "));
        }
    }
    let is_chosen = |assignor: &&Assignor| names.is_empty() || names.iter().any(|name| is_named(assignor, name));
    Ok(assign::assignors().filter(is_chosen).collect())
}
