//! What the numbers mean, in words.
//!
//! Contract: every clause is computed from the figures of the variants, and nothing is said that they do not say. The
//! first sentence compares the best variant with the worst, by how long a partition is unread on average, and gives the
//! reason, which is arithmetic: that time is the number of pauses times their length, and one of the two differs more.
//! The second sentence says what the first one hides: the other variants, and rows in which another variant is better.
//! A variant that has lost members is not the best, whatever the rest makes of it.
//! Cautions follow where a run did not end as a user would expect.

use protocol::SimDuration;
use timeline::{Better, MEASURES, Measure, Prominence};

use crate::comparison::Comparison;
use crate::figures::Figures;
use crate::text::{self, duration, things};

/// The measure by which variants are ranked.
pub(crate) const KEY: &str = "unowned-mean";
/// Differences of less than one part in so many are called none: repeats of a real measurement differ as much.
const SIGNIFICANT_PART: u64 = 20;
/// Nor are times told apart that differ by less than this.
const SIGNIFICANT_TIME: SimDuration = SimDuration::from_millis(10);
/// How many variants or rows are named before the rest is summed up.
const MOST_NAMED: usize = 4;

/// A few sentences. `name` makes a variant's name, or any other word from outside, fit to be shown.
pub(crate) fn conclusion(comparison: &Comparison, name: &dyn Fn(&str) -> String) -> Vec<String> {
    let all = Figures::all(comparison, name);
    let complete = all.iter().filter(|one| lacks(one, &all).is_none());
    let least = complete.map(|one| one.mean).min().unwrap_or_default();
    let (mut ranked, lacking): (Vec<&Figures>, Vec<&Figures>) = all.iter().partition(|one| one.mean >= least);
    ranked.sort_by_key(|figures| (figures.mean, lacks(figures, &all)));
    let mut sentences = match ranked[..] {
        [] => vec!["There is nothing to compare: no variant was measured.".to_owned()],
        [only] => vec![alone(only)],
        [best, .., worst] if differ(best.mean, worst.mean) => {
            let mut sentences = vec![compare(best, worst)];
            sentences.extend(others(&ranked[1..ranked.len() - 1]));
            sentences.extend(trade_offs(comparison, best, &ranked, name));
            sentences
        }
        [best, .., worst] => no_difference(comparison, best, worst, &ranked, name),
    };
    sentences.extend(left_out(&lacking, &all));
    sentences.extend(crate::flow::sentences(comparison, name));
    sentences.extend(cautions(&all, name));
    let unmeasured = comparison.variants.iter().filter(|outcome| !measured(outcome)).map(|outcome| name(&outcome.name));
    let unmeasured: Vec<String> = unmeasured.collect();
    if !unmeasured.is_empty() {
        sentences.push(format!("Not measured: {}.", list(unmeasured)));
    }
    sentences
}

/// The place of the best variant; none if there is no other, or none that differs from it.
pub(crate) fn best(comparison: &Comparison) -> Option<usize> {
    let all = Figures::all(comparison, &str::to_owned);
    let known = all.iter().map(|one| (one.mean.as_nanos(), one.place));
    let least =
        all.iter().filter(|one| lacks(one, &all).is_none()).map(|one| (one.mean.as_nanos(), one.place)).min()?;
    let most = known.max()?;
    differ(SimDuration::from_nanos(least.0), SimDuration::from_nanos(most.0)).then_some(least.1)
}

/// How many members are missing at the end of a variant that others of as many members still have; none if it never was
/// a group of Kafka's.
fn lacks(figures: &Figures, all: &[Figures]) -> Option<u64> {
    let own = figures.final_members.filter(|_| figures.was_a_group)?;
    let alike = all.iter().filter(|other| other.members == figures.members);
    let most = alike.filter_map(|other| other.final_members).max()?;
    (own < most).then(|| most - own)
}

/// Those that are held against nobody.
fn left_out(lacking: &[&Figures], all: &[Figures]) -> Option<String> {
    let named = lacking.iter().map(|one| {
        let mean = duration(one.mean);
        format!("{} ({} fewer at the end, {mean})", one.name, text::count(lacks(one, all).unwrap_or_default()))
    });
    (!lacking.is_empty()).then(|| format!("Not ranked, because members are missing: {}.", list(named.collect())))
}

fn measured(outcome: &timeline::Outcome) -> bool {
    outcome.value(KEY).amount().is_some()
}

fn alone(only: &Figures) -> String {
    let mut sentence = format!(
        "{} {}; each partition is unread for {} on average, never for more than {} at a stretch",
        only.name,
        deed(only),
        duration(only.mean),
        duration(only.longest),
    );
    if !only.standstill.is_zero() {
        sentence += &format!(", the whole group stands still for {}", duration(only.standstill));
    }
    sentence += &match only.affected {
        0 => ", and no member is interrupted while nothing is done to it.".to_owned(),
        1 => ", and 1 member is interrupted while nothing is done to it.".to_owned(),
        some => format!(", and {} members are interrupted while nothing is done to them.", text::count(some)),
    };
    sentence
}

/// What happened in a variant, and how many rebalances it took.
fn deed(figures: &Figures) -> String {
    let of_all = |some: u64| match (some, figures.members) {
        (1, 1) => "its only member".to_owned(),
        (some, all) if some == all => format!("all {} members", text::count(all)),
        (some, all) => format!("{} of {} members", text::count(some), text::count(all)),
    };
    let deed = match (figures.restarted, figures.disturbed) {
        (0, 0) => "gets through".to_owned(),
        (0, disturbed) => format!("gets over the absence of {}", of_all(disturbed)),
        (restarted, _) => format!("restarts {}", of_all(restarted)),
    };
    format!("{deed} {}", with_rebalances(figures.rebalances))
}

fn with_rebalances(rebalances: u64) -> String {
    match rebalances {
        0 => "without a single rebalance".to_owned(),
        some => format!("with {}", things(some, "rebalance", "rebalances")),
    }
}

fn compare(best: &Figures, worst: &Figures) -> String {
    let unread = match best.mean.is_zero() {
        true => "no partition is unread at any time".to_owned(),
        false => format!("each partition is unread for {} on average", duration(best.mean)),
    };
    let ratio = ratio(best.mean, worst.mean).map(|ratio| format!(" ({ratio})")).unwrap_or_default();
    let because = because(best, worst).map(|because| format!(", because {because}")).unwrap_or_default();
    format!(
        "{} {}; {unread}, against {} with {}{ratio}{because}.",
        best.name,
        deed(best),
        duration(worst.mean),
        worst.name
    )
}

/// How much longer the worst is, as people say it; none if the best is zero.
fn ratio(best: SimDuration, worst: SimDuration) -> Option<String> {
    let percent = tenths(worst.as_nanos(), best.as_nanos())?;
    Some(match percent {
        ..15 => format!("{} % longer", per_hundred(worst.as_nanos(), best.as_nanos())?.saturating_sub(100)),
        15..100 => format!("{}.{} times as long", percent / 10, percent % 10),
        _ => format!("{} times as long", text::count(percent / 10)),
    })
}

/// `a / b` in tenths, rounded down; none if `b` is zero.
fn tenths(a: u64, b: u64) -> Option<u64> {
    times(a, b, 10)
}

fn per_hundred(a: u64, b: u64) -> Option<u64> {
    times(a, b, 100)
}

fn times(a: u64, b: u64, parts: u128) -> Option<u64> {
    u64::try_from((u128::from(a) * parts).checked_div(u128::from(b))?).ok()
}

/// Which of the two factors of the time without an owner differs more: how many pauses there are, or how long they are.
fn because(best: &Figures, worst: &Figures) -> Option<String> {
    let longer = per_hundred(worst.mean_pause().as_nanos(), best.mean_pause().as_nanos());
    let more = per_hundred(worst.pauses, best.pauses);
    if more >= longer && more.is_none_or(|more| more > 100) && worst.pauses > best.pauses {
        let seldom = if best.pauses == 0 { "never".to_owned() } else { text::count(best.pauses) };
        let mut because = format!("there partitions stop {} instead of {seldom}", often(worst.pauses));
        if worst.interruptions > best.interruptions {
            because += &format!(
                ": members are interrupted {} while nothing is done to them ({}: {})",
                often(worst.interruptions),
                best.name,
                often(best.interruptions),
            );
        }
        return Some(because);
    }
    (longer? > 100).then(|| {
        let (wait, short) = (duration(worst.mean_pause()), duration(best.mean_pause()));
        format!("there a partition that stops waits {wait} for its next owner instead of {short}, on average")
    })
}

fn often(number: u64) -> String {
    match number {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        many => format!("{} times", text::count(many)),
    }
}

/// Those that are neither the best nor the worst, from the best on.
fn others(others: &[&Figures]) -> Option<String> {
    let named = others.iter().map(|figures| format!("{} with {}", duration(figures.mean), figures.name));
    let head = if others.len() == 1 { "The third" } else { "The others" };
    (!others.is_empty()).then(|| format!("{head}: {}.", list(named.collect())))
}

/// Up to [`MOST_NAMED`] of them, and how many more.
fn list(mut names: Vec<String>) -> String {
    if names.len() > MOST_NAMED + 1 {
        let more = names.len() - MOST_NAMED;
        names.truncate(MOST_NAMED);
        names.push(format!("{more} more"));
    }
    match &names[..] {
        [] => String::new(),
        [only] => only.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// The headline rows in which a variant other than `best` is clearly better.
fn trade_offs(
    comparison: &Comparison,
    best: &Figures,
    among: &[&Figures],
    name: &dyn Fn(&str) -> String,
) -> Option<String> {
    let rows = judged().filter_map(|measure| {
        let spread = spread(comparison, among, measure)?;
        let best = &comparison.variants[best.place];
        let own = best.value(measure.id);
        let is_best = own.amount()? == spread.good || crate::flow::hides_unread(best, measure);
        if is_best || !significant(measure, spread.good, own.amount()?) {
            return None;
        }
        let other = &comparison.variants[spread.good_place];
        let (value, own) = (text::value(other.value(measure.id)), text::value(own));
        Some(format!("“{}” ({value} with {}, {own} here)", measure.title, name(&other.name)))
    });
    let rows: Vec<String> = rows.collect();
    (!rows.is_empty()).then(|| format!("It is not the best in every row: see {}.", list(rows)))
}

/// The headlines that can be better or worse.
fn judged() -> impl Iterator<Item = &'static Measure> {
    MEASURES.iter().filter(|measure| {
        measure.better != Better::Neither && measure.prominence == Prominence::Headline && measure.id != KEY
    })
}

/// The best and the worst of a row.
struct Spread {
    good: u64,
    good_place: usize,
    bad: u64,
    bad_place: usize,
}

fn spread(comparison: &Comparison, among: &[&Figures], measure: &Measure) -> Option<Spread> {
    let variants = among.iter().map(|figures| (figures.place, &comparison.variants[figures.place]));
    let amounts = variants.filter_map(|(place, outcome)| Some((outcome.value(measure.id).amount()?, place)));
    let mut amounts: Vec<(u64, usize)> = amounts.collect();
    amounts.sort_unstable();
    if measure.better == Better::Higher {
        amounts.reverse();
    }
    let hides = |place: usize| crate::flow::hides_unread(&comparison.variants[place], measure);
    let &(good, good_place) = amounts.iter().find(|(_, place)| !hides(*place))?;
    let &(bad, bad_place) = amounts.last()?;
    Some(Spread { good, good_place, bad, bad_place })
}

fn no_difference(
    comparison: &Comparison,
    best: &Figures,
    worst: &Figures,
    among: &[&Figures],
    name: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let variants = among.len();
    let all = comparison.variants.iter().filter(|outcome| measured(outcome)).count();
    let kept = if variants < all { " that keep their members" } else { "" };
    let both = if variants == 2 { format!("both variants{kept}") } else { format!("all {variants} variants{kept}") };
    let rows: Vec<String> = judged()
        .filter_map(|measure| {
            let spread = spread(comparison, among, measure)?;
            let (good, bad) = (&comparison.variants[spread.good_place], &comparison.variants[spread.bad_place]);
            significant(measure, spread.good, spread.bad).then(|| {
                let value = |outcome: &timeline::Outcome| text::value(outcome.value(measure.id));
                let (good_name, bad_name) = (name(&good.name), name(&bad.name));
                format!("“{}” ({} with {good_name}, {} with {bad_name})", measure.title, value(good), value(bad))
            })
        })
        .collect();
    let unread = match duration(best.mean) == duration(worst.mean) {
        true => format!("each partition is unread for {} on average", duration(best.mean)),
        false => format!("each partition is unread for {} to {} on average", duration(best.mean), duration(worst.mean)),
    };
    if !rows.is_empty() {
        let first = format!("How long partitions are unread hardly differs: with {both}, {unread}.");
        return vec![first, format!("What differs: {}.", list(rows))];
    }
    let how = if best.rebalances == worst.rebalances {
        with_rebalances(best.rebalances)
    } else {
        "with about as many rebalances".to_owned()
    };
    vec![format!("It makes no difference: with {both}, {unread}, {how}.")]
}

fn differ(a: SimDuration, b: SimDuration) -> bool {
    let (less, more) = (a.min(b), a.max(b));
    let difference = more.saturating_sub(less);
    difference >= SIGNIFICANT_TIME && difference.as_nanos() > more.as_nanos() / SIGNIFICANT_PART
}

/// Whether two values of a measure differ by more than chance.
fn significant(measure: &Measure, a: u64, b: u64) -> bool {
    match measure.unit {
        timeline::Unit::Duration | timeline::Unit::PartitionTime => {
            differ(SimDuration::from_nanos(a), SimDuration::from_nanos(b))
        }
        timeline::Unit::Count(_) | timeline::Unit::Share | timeline::Unit::Word => {
            a.abs_diff(b) > a.max(b) / SIGNIFICANT_PART
        }
    }
}

/// What did not end as a user would expect.
fn cautions(all: &[Figures], name: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut cautions = Vec::new();
    let mut caution = |what: &dyn Fn(&Figures) -> Option<String>, text: &str| {
        let named = all.iter().filter_map(|figures| Some(format!("{} ({})", figures.name, what(figures)?)));
        let named: Vec<String> = named.collect();
        if !named.is_empty() {
            cautions.push(format!("Careful: {text} {}.", list(named)));
        }
    };
    caution(
        &|figures| (figures.unowned_at_end > 0).then(|| things(figures.unowned_at_end, "partition", "partitions")),
        "partitions are still unread at the end with",
    );
    caution(
        &|figures| (figures.double_owned > 0).then(|| often(figures.double_owned)),
        "partitions were given to a second member while the first one still held them with",
    );
    caution(
        &|figures| (figures.failures > 0).then(|| things(figures.failures, "consumer", "consumers")),
        "consumers ended with an error with",
    );
    let settled = |state: &str| matches!(state, "Stable" | "Empty");
    caution(
        &|figures| figures.final_state.clone().filter(|state| !settled(state)).map(|state| name(&state)),
        "the group has not settled when it is looked at last with",
    );
    let differ = all.windows(2).any(|pair| pair[0].final_members != pair[1].final_members);
    let alike = all.windows(2).all(|pair| pair[0].members == pair[1].members);
    if differ && alike {
        caution(
            &|figures| figures.final_members.map(|members| things(members, "member", "members")),
            "groups end with different numbers of members:",
        );
    }
    cautions
}
