//! Advice: what stands out in a run, and what would have been better, each candidate run and measured.
//!
//! | module | what lives there |
//! |---|---|
//! | this one | from a story to advice |
//! | `candidates` | what could be changed, given what stands out |
//!
//! Contract: nothing is advised that was not run with the same seed and found better; what gets worse is said as well.

mod candidates;

use anyhow::Result;
use report::{Advice, Improvement, pattern_words};
use scenario::{Files, Overlay, Variant};
use simulation::Plan;
use simulation::world::cast;
use timeline::Outcome;
use timeline::story::{Story, Teller, patterns};

use candidates::{Candidate, Way, candidates};

/// A scenario to try other settings in: where it is, and what overrules its seed.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    /// The scenario's file.
    pub file: &'a str,
    /// Where files come from.
    pub files: &'a dyn Files,
    /// The seed, if it is not the scenario's.
    pub seed: Option<u64>,
    /// How many runs at the same time.
    pub threads: usize,
}

/// Runs a plan and tells its story.
///
/// # Errors
/// The run was broken off.
pub fn tell(plan: &Plan) -> Result<(Outcome, Story)> {
    let (outcome, teller) = simulation::run_observed(plan, Teller::new(&cast(plan)))?;
    Ok((outcome, teller.finish()))
}

/// Advice about a variant that has been run.
///
/// # Errors
/// A run was broken off.
pub fn advise(trial: Trial<'_>, variant: &Variant, outcome: &Outcome, story: &Story) -> Result<Advice> {
    let patterns = patterns(story);
    let mut advice = Advice {
        variant: variant.plan.name.clone(),
        findings: patterns.iter().map(|pattern| pattern_words(story, pattern)).collect(),
        ..Advice::default()
    };
    let candidates = candidates(&variant.plan, story, &patterns);
    let plans = plans(trial, &variant.plan.name, &candidates);
    let possible: Vec<(&Candidate, Plan)> =
        candidates.iter().zip(plans).filter_map(|(one, plan)| Some((one, plan?))).collect();
    let to_run: Vec<Plan> = possible.iter().map(|(_, plan)| plan.clone()).collect();
    for ((candidate, _), after) in possible.iter().zip(simulation::run_all(&to_run, trial.threads, |_| {})) {
        advice.tried.push(candidate.what.clone());
        let overlay = match &candidate.way {
            Way::Overlay(overlay) => overlay.clone(),
            Way::Edit(_) => String::new(),
        };
        let mut improvement = Improvement {
            what: candidate.what.clone(),
            overlay,
            costs: candidate.costs.clone(),
            ..Improvement::default()
        };
        let after = after?;
        improvement.compare(outcome, &after);
        if helps(&improvement, outcome, &after) {
            advice.improvements.push(improvement);
        }
    }
    let figure = |one: &Improvement, measure: &str| {
        let value = one.change(measure).map_or_else(|| outcome.value(measure), |change| &change.after);
        value.amount().unwrap_or(0)
    };
    advice.improvements.sort_by_key(|one| ["unowned-mean", "pause-longest", "rebalances"].map(|it| figure(one, it)));
    Ok(advice)
}

/// The plan of each candidate; none if it cannot be.
fn plans(trial: Trial<'_>, variant: &str, candidates: &[Candidate]) -> Vec<Option<Plan>> {
    let overlay = |one: &Candidate| match &one.way {
        Way::Overlay(text) => Some(Overlay { name: variant.to_owned(), text: text.clone() }),
        Way::Edit(_) => None,
    };
    let overlays: Vec<Overlay> = candidates.iter().filter_map(overlay).collect();
    let mut laid =
        scenario::what_if(trial.file, trial.files, trial.seed, variant, &overlays).unwrap_or_default().into_iter();
    let plan = |one: &Candidate| match &one.way {
        Way::Overlay(_) => laid.next().flatten().map(|variant| variant.plan),
        Way::Edit(plan) => Some((**plan).clone()),
    };
    candidates.iter().map(plan).collect()
}

/// Whether it is better on the whole: less time without a reader; or shorter pauses or far fewer rebalances, and no
/// more of that time.
fn helps(one: &Improvement, before: &Outcome, after: &Outcome) -> bool {
    let amount = |outcome: &Outcome, measure| outcome.value(measure).amount().unwrap_or(0);
    let is_better = |measure: &str| one.better.iter().any(|change| change.measure == measure);
    let is_worse = |measure: &str| one.worse.iter().any(|change| change.measure == measure);
    let loses = ["unowned-at-end", "failures", "double-owned", "skipped"];
    let halved = amount(after, "rebalances") * 2 <= amount(before, "rebalances");
    !loses.iter().any(|measure| amount(after, measure) > amount(before, measure))
        && (is_better("unowned-mean")
            || !is_worse("unowned-mean") && (is_better("pause-longest") || (is_better("rebalances") && halved)))
}
