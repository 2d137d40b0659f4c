//! `rehearsal explain FILE`: why a group rebalanced, what that cost, and what would have been better.

use anyhow::{Result, bail};
use report::{Shown, rebalance_at, why_json, why_terminal};
use scenario::Variant;
use timeline::story::{Rebalance, Story};

use crate::advice::{Trial, advise, tell};
use crate::arguments::Why;
use crate::disk::{Disk, Remembered};
use crate::{Exit, console, runs};

/// Version of the JSON, counted as that of comparisons.
const SCHEMA_VERSION: u32 = 1;

/// Runs the variants and explains each.
pub(super) fn run(arguments: &Why) -> Result<Exit> {
    let files = Remembered::new(Disk);
    let comparison = match runs::load(&arguments.file, &files, arguments.seed, &arguments.variant)? {
        Some(comparison) => comparison,
        None => return Ok(Exit::BadInput),
    };
    let picks = arguments.rebalance.is_some() || arguments.at.is_some();
    if let ([_, _, ..], true) = (&comparison.variants[..], picks) {
        let names = runs::names(&comparison);
        bail!("which variant is it about? Say --variant with one of {names}");
    }
    let trial =
        Trial { file: &arguments.file, files: &files, seed: arguments.seed, threads: runs::threads(arguments.threads) };
    let mut variants = Vec::new();
    for (place, variant) in comparison.variants.iter().enumerate() {
        let (outcome, story) = tell(&variant.plan)?;
        let shown = shown(arguments, variant, &story)?;
        let wanted = !arguments.no_advice && !matches!(shown, Shown::One(_) | Shown::Every);
        let advice = if wanted { Some(advise(trial, variant, &outcome, &story)?) } else { None };
        if arguments.json {
            let chosen: Vec<&Rebalance> = match shown {
                Shown::One(number) => story.rebalances.iter().filter(|one| one.number == number).collect(),
                Shown::Summary | Shown::Every => story.rebalances.iter().collect(),
            };
            variants.push(why_json(&variant.plan.name, &story, &chosen, advice.as_ref()));
        } else {
            let gap = if place > 0 { "\n\n" } else { "" };
            let text = why_terminal(&variant.plan.name, &story, advice.as_ref(), shown, console::width());
            console::say(&format!("{gap}{text}"))?;
        }
    }
    if arguments.json {
        let document = serde_json::json!({ "schema_version": SCHEMA_VERSION, "variants": variants });
        console::say(&format!("{document:#}\n"))?;
    }
    Ok(Exit::Good)
}

/// What to show of it.
fn shown(arguments: &Why, variant: &Variant, story: &Story) -> Result<Shown> {
    let name = &variant.plan.name;
    match (arguments.rebalance, arguments.at) {
        (Some(number), _) if story.rebalances.iter().any(|one| one.number == number) => Ok(Shown::One(number)),
        (Some(number), _) if story.rebalances.is_empty() => {
            bail!("there is no rebalance {number}: the group of `{name}` never rebalanced")
        }
        (Some(number), _) => {
            bail!("there is no rebalance {number}: those of `{name}` are 1 to {}", story.rebalances.len())
        }
        (None, Some(at)) if at.0 > story.end => {
            bail!("{} is after the end of the run, which is at {}", at.0, story.end)
        }
        (None, Some(at)) => match rebalance_at(story, at.0) {
            Some(number) => Ok(Shown::One(number)),
            None => bail!("no rebalance had begun by {} in `{name}`", at.0),
        },
        (None, None) if arguments.all => Ok(Shown::Every),
        (None, None) => Ok(Shown::Summary),
    }
}
