//! Does a simulation fit what really happened? Recorded runs and simulated ones, measure by measure.
//!
//! A measure fits when the span of the real repeats and the central 95 % of the simulated seeds meet, a tolerance
//! allowed for, and the simulation does not get there by saying anything at all: its own spread over seeds is bounded
//! too. Real races (who of several simultaneous starts came first) are distributions on both sides.
//!
//! Contract: integers only; what counts and how much it may be off stands in one table, [`RULES`]. Left out on
//! purpose: running or reading anything.

use crate::{Outcome, Unit, measure};

/// How one measure is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The measure's id.
    pub measure: &'static str,
    /// How far simulation and reality may be apart, in thousandths of the larger one …
    pub tolerance_permille: u64,
    /// … or at least this far, in the measure's unit (durations: nanoseconds). Ten times as far in a start-up, which
    /// is mostly the start of processes.
    pub tolerance_least: u64,
    /// How far simulated seeds may spread, in thousandths of their median …
    pub spread_permille: u64,
    /// … or at least this far, or as far as reality does.
    pub spread_least: u64,
}

const MILLI: u64 = 1_000_000;

/// Records consumed in each stretch of time: no measure of a run, but what a recording and the simulated seeds have in
/// common.
const CONSUMPTION: &str = "consumption-off";

/// Records consumed in all.
const CONSUMED: &str = "consumed";

/// What counts.
pub const RULES: &[Rule] = &[
    Rule { measure: "rebalances", tolerance_permille: 0, tolerance_least: 0, spread_permille: 250, spread_least: 2 },
    Rule {
        measure: "unowned-mean",
        tolerance_permille: 100,
        tolerance_least: 40 * MILLI,
        spread_permille: 400,
        spread_least: 200 * MILLI,
    },
    Rule {
        measure: "pause-longest",
        tolerance_permille: 100,
        tolerance_least: 250 * MILLI,
        spread_permille: 600,
        spread_least: 3_000 * MILLI,
    },
    Rule {
        measure: "latency-max",
        tolerance_permille: 150,
        tolerance_least: 400 * MILLI,
        spread_permille: 600,
        spread_least: 3_000 * MILLI,
    },
    // All that was consumed, what was consumed again included. Producers of recordings write a hundredth less or more
    // than they were told; what is consumed again after a kill is anything from nothing to a member's commit interval.
    Rule { measure: CONSUMED, tolerance_permille: 20, tolerance_least: 100, spread_permille: 50, spread_least: 500 },
    // Of 100 stretches of time, those in which consumption is off by more than a fifth of its mean.
    Rule { measure: CONSUMPTION, tolerance_permille: 200, tolerance_least: 10, spread_permille: 0, spread_least: 0 },
    Rule { measure: "final-members", tolerance_permille: 0, tolerance_least: 0, spread_permille: 0, spread_least: 0 },
];

/// The span of some values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The least.
    pub least: u64,
    /// The middle one.
    pub median: u64,
    /// The largest.
    pub most: u64,
}

/// How one measure came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// By which rule.
    pub rule: &'static Rule,
    /// The unit of its values.
    pub unit: Unit,
    /// The real repeats.
    pub real: Span,
    /// The central 95 % of the simulated seeds; none if the simulation does not measure it.
    pub simulated: Option<Span>,
    /// Whether the two meet within the tolerance.
    pub meets: bool,
    /// Whether the simulated spread is within its bound.
    pub is_tame: bool,
    /// How far the nearer ends are apart; zero if the spans overlap.
    pub apart: u64,
}

impl Judgement {
    /// Whether the simulation fits.
    pub fn fits(&self) -> bool {
        self.meets && self.is_tame
    }
}

/// Judges simulated runs by real ones of the same scenario. Measures that were not taken in reality are not judged.
pub fn judge(real: &[Outcome], simulated: &[Outcome]) -> Vec<Judgement> {
    let start_up = real.first().is_some_and(|outcome| outcome.cast.from == protocol::SimTime::ZERO);
    let judge_by = |rule: &'static Rule| match rule.measure {
        CONSUMPTION => judge_consumption(rule, real, simulated),
        _ => judge_one(rule, real, simulated, start_up),
    };
    RULES.iter().filter_map(judge_by).collect()
}

fn judge_one(rule: &'static Rule, real: &[Outcome], simulated: &[Outcome], start_up: bool) -> Option<Judgement> {
    // Nobody counted, if nothing was consumed.
    let real = span(&values(rule, real), 0).filter(|real| rule.measure != CONSUMED || real.most > 0)?;
    let unit = measure::find(rule.measure).expect("rules name measures").unit;
    let values = values(rule, simulated);
    let Some(simulated) = span(&values, values.len() * 25 / 1_000) else {
        return Some(Judgement { rule, unit, real, simulated: None, meets: false, is_tame: false, apart: 0 });
    };
    let least = rule.tolerance_least * if start_up { 10 } else { 1 };
    let tolerance = |most: u64| permille(most, rule.tolerance_permille).max(least);
    let apart = real.least.saturating_sub(simulated.most).max(simulated.least.saturating_sub(real.most));
    let meets = simulated.least <= real.most.saturating_add(tolerance(real.most))
        && real.least <= simulated.most.saturating_add(tolerance(real.most));
    let bound = permille(simulated.median, rule.spread_permille).max(rule.spread_least).max(real.most - real.least);
    let is_tame = simulated.most - simulated.least <= bound;
    Some(Judgement { rule, unit, real, simulated: Some(simulated), meets, is_tame, apart })
}

/// Whether as many records were consumed in each stretch of time as are in simulated ones: no fewer than in the seed
/// with the fewest, no more than in the one with the most, one stretch sooner or later, a tolerance of what is consumed
/// on average allowed for. What is judged is in how many of 100 stretches after the first disturbance it is not so.
fn judge_consumption(rule: &'static Rule, real: &[Outcome], simulated: &[Outcome]) -> Option<Judgement> {
    let first = real.first()?;
    let bucket = first.throughput.bucket;
    let stretches = first.throughput.consumed.len();
    // The first and the last stretch are not whole.
    let from = usize::try_from(first.cast.from.as_nanos() / bucket.as_nanos().max(1)).ok()? + 1;
    let judged = from..stretches.saturating_sub(1);
    let all = first.throughput.consumed.get(judged.clone())?.iter().fold(0_u64, |all, one| all.saturating_add(*one));
    if all == 0 {
        return None;
    }
    let alike =
        |outcome: &&Outcome| outcome.throughput.bucket == bucket && outcome.throughput.consumed.len() == stretches;
    let tolerance = permille(all / judged.len() as u64, rule.tolerance_permille);
    let around = |stretch: usize| {
        let near =
            simulated.iter().filter(alike).flat_map(move |run| &run.throughput.consumed[stretch - 1..=stretch + 1]);
        (near.clone().min().copied().unwrap_or(u64::MAX), near.max().copied().unwrap_or(0))
    };
    let bounds: Vec<(u64, u64)> = judged.clone().map(around).collect();
    let off = |run: &Outcome| {
        let consumed = &run.throughput.consumed[judged.clone()];
        let is_off = |(found, bound): &(&u64, &(u64, u64))| {
            found.saturating_add(tolerance) < bound.0 || **found > bound.1.saturating_add(tolerance)
        };
        (consumed.iter().zip(&bounds).filter(is_off).count() * 100 / bounds.len()) as u64
    };
    let mut shares: Vec<u64> = real.iter().filter(alike).map(off).collect();
    shares.sort_unstable();
    let simulated = span(&shares, 0)?;
    let meets = simulated.median <= rule.tolerance_least;
    let (unit, real) = (Unit::Share, Span { least: 0, median: 0, most: 0 });
    let apart = simulated.median;
    Some(Judgement { rule, unit, real, simulated: Some(simulated), meets, is_tame: true, apart })
}

/// So many thousandths of `value`: of small counts as well as of nanoseconds.
fn permille(value: u64, permille: u64) -> u64 {
    let part = u128::from(value) * u128::from(permille) / 1_000;
    u64::try_from(part).unwrap_or(u64::MAX)
}

fn values(rule: &Rule, outcomes: &[Outcome]) -> Vec<u64> {
    let mut values: Vec<u64> = outcomes.iter().filter_map(|outcome| outcome.value(rule.measure).amount()).collect();
    values.sort_unstable();
    values
}

/// The span of sorted values without `cut` of them at each end.
fn span(values: &[u64], cut: usize) -> Option<Span> {
    let kept = values.get(cut..values.len() - cut)?;
    Some(Span { least: *kept.first()?, median: values[values.len() / 2], most: *kept.last()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cast, Value};
    use protocol::{SimDuration, SimTime};

    fn outcome(rebalances: u64, mean_ms: u64) -> Outcome {
        let cast = Cast { from: SimTime::from_secs(10), ..Cast::default() };
        let mut outcome = Outcome { cast, ..Outcome::default() };
        outcome.values.insert("rebalances".into(), Value::Count(rebalances));
        outcome.values.insert("unowned-mean".into(), Value::Duration(SimDuration::from_millis(mean_ms)));
        outcome
    }

    #[test]
    fn what_nobody_can_have_measured_is_judged_without_harm() {
        let (real, simulated) = ([outcome(u64::MAX, 5), outcome(0, 5)], [outcome(3, 5)]);
        let judged = judge(&real, &simulated);
        assert!(judged.iter().any(|one| one.rule.measure == "rebalances" && one.meets));
    }

    #[test]
    fn consumption_is_off_where_no_seed_consumes_as_much_or_as_little() {
        let run = |consumed: &[u64]| {
            let mut outcome = outcome(1, 1);
            outcome.cast.from = SimTime::ZERO;
            outcome.throughput.bucket = SimDuration::from_secs(1);
            outcome.throughput.consumed = consumed.to_vec();
            outcome
        };
        let seeds = [run(&[0, 100, 0, 200, 100, 100, 100]), run(&[0, 100, 100, 0, 200, 100, 100])];
        let off = |consumed: &[u64]| {
            let judged = judge(&[run(consumed)], &seeds);
            let judged = judged.iter().find(|judged| judged.rule.measure == CONSUMPTION).unwrap().clone();
            (judged.simulated.unwrap().median, judged.fits())
        };
        assert_eq!(off(&[0, 100, 100, 0, 200, 100, 100]), (0, true));
        assert_eq!(off(&[0, 100, 0, 0, 300, 100, 100]), (20, false), "nobody catches up so fast");
        assert_eq!(off(&[0, 118, 0, 185, 100, 82, 100]), (0, true), "a fifth is allowed for");
        assert_eq!(off(&[0, 100, 0, 200, 100, 50, 100]), (20, false), "one stretch of five");
    }

    fn verdicts(real: &[Outcome], simulated: &[Outcome]) -> Vec<(&'static str, bool)> {
        judge(real, simulated).iter().map(|judgement| (judgement.rule.measure, judgement.fits())).collect()
    }

    #[test]
    fn counts_must_meet_and_durations_may_be_a_tenth_off() {
        let real = [outcome(14, 2_000)];
        assert_eq!(verdicts(&real, &[outcome(14, 2_200)]), [("rebalances", true), ("unowned-mean", true)]);
        assert_eq!(verdicts(&real, &[outcome(13, 2_201)]), [("rebalances", false), ("unowned-mean", false)]);
        assert_eq!(verdicts(&[outcome(1, 100)], &[outcome(1, 140)])[1], ("unowned-mean", true));
        assert_eq!(verdicts(&[outcome(1, 100)], &[outcome(1, 141)])[1], ("unowned-mean", false));
    }

    #[test]
    fn a_simulation_that_says_anything_at_all_does_not_fit() {
        let simulated: Vec<Outcome> = (0..40).map(|seed| outcome(seed, 2_000)).collect();
        let judgements = judge(&[outcome(14, 2_000)], &simulated);
        assert!(judgements[0].meets && !judgements[0].is_tame);
        assert_eq!(judgements[0].simulated.unwrap().least, 1, "one seed in forty is left out at each end");
    }

    #[test]
    fn what_is_consumed_in_all_may_be_a_fiftieth_off() {
        let run = |consumed: u64| {
            let mut outcome = outcome(1, 1);
            outcome.values.insert(CONSUMED.into(), Value::Count(consumed));
            outcome
        };
        let judged = |real: u64, simulated: u64| {
            let judgements = judge(&[run(real)], &[run(simulated)]);
            judgements.iter().find(|judged| judged.rule.measure == CONSUMED).map(Judgement::fits)
        };
        assert_eq!((judged(100_000, 98_000), judged(100_000, 102_001)), (Some(true), Some(false)));
        assert_eq!((judged(1_000, 1_100), judged(1_000, 899)), (Some(true), Some(false)), "a hundred at least");
        assert_eq!(judged(0, 1_000), None, "nobody counted");
    }

    #[test]
    fn the_bound_of_a_count_grows_with_it() {
        let simulated: Vec<Outcome> = (28..=34).map(|count| outcome(count, 2_000)).collect();
        let judgements = judge(&[outcome(31, 2_000)], &simulated);
        assert!(judgements[0].fits(), "a quarter of 31 is more than 6");
    }

    #[test]
    fn repeats_widen_what_is_real() {
        let real = [outcome(14, 1_000), outcome(18, 2_000)];
        let simulated: Vec<Outcome> = (13..=17).map(|count| outcome(count, 1_500)).collect();
        assert!(judge(&real, &simulated)[0].fits());
    }

    #[test]
    fn a_measure_that_is_not_simulated_does_not_fit() {
        let mut real = outcome(1, 1);
        real.values.insert("latency-max".into(), Value::Duration(SimDuration::from_millis(9)));
        let judgements = judge(&[real], &[outcome(1, 1)]);
        assert_eq!(
            (judgements[2].rule.measure, judgements[2].simulated, judgements[2].fits()),
            ("latency-max", None, false)
        );
    }
}
