//! The sentences under the table: true for any number of variants, and honest where there is no difference.

use insta::assert_snapshot;
use proptest::prelude::*;
use report::{Comparison, json};
use timeline::{Outcome, Value};

use crate::outcomes::{comparison, dynamic_cooperative, dynamic_eager, outcome, static_range};

/// The sentences, one a line.
fn conclusion(variants: Vec<Outcome>) -> String {
    sentences(&comparison(variants)).join("\n")
}

fn sentences(comparison: &Comparison) -> Vec<String> {
    let document: serde_json::Value = serde_json::from_str(&json(comparison)).unwrap();
    document["conclusion"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

fn renamed(mut outcome: Outcome, name: &str) -> Outcome {
    outcome.name = name.to_owned();
    outcome
}

fn with(mut outcome: Outcome, id: &str, value: Value) -> Outcome {
    outcome.values.insert(id.to_owned(), value);
    outcome
}

#[test]
fn one_variant_is_described() {
    assert_snapshot!(conclusion(vec![static_range()]), @"static restarts all 120 members without a single rebalance; each partition is unread for 6.20 s on average, never for more than 6.51 s at a stretch, and no member is interrupted while nothing is done to it.");
    assert_snapshot!(conclusion(vec![dynamic_eager()]), @"dynamic eager restarts all 120 members with 237 rebalances; each partition is unread for 41.9 s on average, never for more than 3.12 s at a stretch, the whole group stands still for 31.4 s, and 120 members are interrupted while nothing is done to them.");
}

#[test]
fn the_best_is_held_against_the_worst_and_what_that_hides_is_said() {
    assert_snapshot!(conclusion(vec![dynamic_eager(), static_range()]), @r"
    static restarts all 120 members without a single rebalance; each partition is unread for 6.20 s on average, against 41.9 s with dynamic eager (6.7 times as long), because there partitions stop 56,880 times instead of 240: members are interrupted 28,203 times while nothing is done to them (static: never).
    It is not the best in every row: see “Longest single pause” (3.12 s with dynamic eager, 6.51 s here).
    ");
    assert_snapshot!(conclusion(vec![dynamic_cooperative(), dynamic_eager(), static_range()]), @r"
    static restarts all 120 members without a single rebalance; each partition is unread for 6.20 s on average, against 41.9 s with dynamic eager (6.7 times as long), because there partitions stop 56,880 times instead of 240: members are interrupted 28,203 times while nothing is done to them (static: never).
    The third: 9.87 s with dynamic cooperative.
    It is not the best in every row: see “Longest single pause” (3.12 s with dynamic eager, 6.51 s here).
    ");
}

#[test]
fn many_variants_are_summed_up() {
    let mut variants = vec![static_range(), dynamic_eager(), dynamic_cooperative()];
    variants.extend((0..9).map(|number| renamed(dynamic_cooperative(), &format!("variant {number}"))));
    assert_snapshot!(conclusion(variants), @r"
    static restarts all 120 members without a single rebalance; each partition is unread for 6.20 s on average, against 41.9 s with dynamic eager (6.7 times as long), because there partitions stop 56,880 times instead of 240: members are interrupted 28,203 times while nothing is done to them (static: never).
    The others: 9.87 s with dynamic cooperative, 9.87 s with variant 0, 9.87 s with variant 1, 9.87 s with variant 2 and 6 more.
    It is not the best in every row: see “Longest single pause” (3.12 s with dynamic eager, 6.51 s here).
    ");
}

#[test]
fn equal_variants_make_no_difference() {
    assert_snapshot!(conclusion(vec![static_range(), renamed(static_range(), "twin")]), @"It makes no difference: with both variants, each partition is unread for 6.20 s on average, without a single rebalance.");
    let triplets = ["a", "b", "c"].map(|name| renamed(dynamic_eager(), name));
    assert_snapshot!(conclusion(triplets.into()), @"It makes no difference: with all 3 variants, each partition is unread for 41.9 s on average, with 237 rebalances.");
}

#[test]
fn nearly_equal_means_are_not_ranked_but_other_differences_are_named() {
    let counts = [("rebalances", 18), ("members-affected", 9), ("pauses", 240)];
    let times = [("unowned-mean", 6_100), ("unowned-total", 1_464_000), ("pause-longest", 6_400)];
    assert_snapshot!(conclusion(vec![static_range(), outcome("consumer", 120, &counts, &times)]), @r"
    How long partitions are unread hardly differs: with both variants, each partition is unread for 6.10 s to 6.20 s on average.
    What differs: “Rebalances” (0 with static, 18 with consumer) and “Bystanders interrupted” (0 with static, 9 with consumer).
    ");
}

#[test]
fn longer_pauses_are_the_reason_where_their_number_is_not() {
    let counts =
        [("rebalances", 1), ("members-disturbed", 1), ("pauses", 3), ("members-affected", 2), ("interruptions", 2)];
    let short = [("unowned-mean", 3_100), ("unowned-total", 9_300), ("pause-longest", 9_050)];
    let long = [("unowned-mean", 9_700), ("unowned-total", 29_100), ("pause-longest", 28_800)];
    let variants = vec![outcome("session 10 s", 3, &counts, &short), outcome("session 30 s", 3, &counts, &long)];
    assert_snapshot!(conclusion(variants), @"session 10 s gets over the absence of 1 of 3 members with 1 rebalance; each partition is unread for 3.10 s on average, against 9.70 s with session 30 s (3.1 times as long), because there a partition that stops waits 9.70 s for its next owner instead of 3.10 s, on average.");
}

#[test]
fn a_variant_in_which_nothing_stops_has_no_ratio() {
    let times = [("unowned-mean", 0), ("unowned-total", 0), ("pause-longest", 0)];
    let nothing = outcome("nothing stops", 120, &[("rebalances", 1), ("pauses", 0)], &times);
    assert_snapshot!(conclusion(vec![nothing, dynamic_cooperative()]), @"nothing stops gets through with 1 rebalance; no partition is unread at any time, against 9.87 s with dynamic cooperative, because there partitions stop 1,120 times instead of never: members are interrupted 412 times while nothing is done to them (nothing stops: never).");
}

#[test]
fn small_differences_are_given_in_percent() {
    let times = [("unowned-mean", 6_800), ("unowned-total", 1_632_000), ("pause-longest", 6_512)];
    let slower = outcome("slower", 120, &[("pauses", 240), ("members-restarted", 120)], &times);
    assert_snapshot!(conclusion(vec![static_range(), slower]), @"static restarts all 120 members without a single rebalance; each partition is unread for 6.20 s on average, against 6.80 s with slower (9 % longer), because there a partition that stops waits 6.80 s for its next owner instead of 6.20 s, on average.");
}

#[test]
fn whoever_did_not_end_well_is_named() {
    let mut stuck = with(static_range(), "final-state", Value::Text("PreparingRebalance".to_owned()));
    stuck = with(stuck, "final-members", Value::Count(97));
    stuck = with(stuck, "unowned-at-end", Value::Count(1));
    stuck = with(stuck, "double-owned", Value::Count(2));
    stuck = with(stuck, "failures", Value::Count(3));
    assert_snapshot!(conclusion(vec![dynamic_eager(), stuck]), @r"
    dynamic eager restarts all 120 members with 237 rebalances; each partition is unread for 41.9 s on average, never for more than 3.12 s at a stretch, the whole group stands still for 31.4 s, and 120 members are interrupted while nothing is done to them.
    Not ranked, because members are missing: static (23 fewer at the end, 6.20 s).
    Careful: partitions are still unread at the end with static (1 partition).
    Careful: partitions were given to a second member while the first one still held them with static (twice).
    Careful: consumers ended with an error with static (3 consumers).
    Careful: the group has not settled when it is looked at last with static (PreparingRebalance).
    Careful: groups end with different numbers of members: dynamic eager (120 members) and static (97 members).
    ");
}

#[test]
fn whoever_has_lost_members_is_not_the_best() {
    let less = with(static_range(), "final-members", Value::Count(30));
    assert_snapshot!(conclusion(vec![dynamic_eager(), dynamic_cooperative(), less.clone()]), @r"
    dynamic cooperative restarts all 120 members with 470 rebalances; each partition is unread for 9.87 s on average, against 41.9 s with dynamic eager (4.2 times as long), because there partitions stop 56,880 times instead of 1,120: members are interrupted 28,203 times while nothing is done to them (dynamic cooperative: 412 times).
    It is not the best in every row: see “Rebalances” (237 with dynamic eager, 470 here) and “Longest single pause” (3.12 s with dynamic eager, 4.41 s here).
    Not ranked, because members are missing: static (90 fewer at the end, 6.20 s).
    Careful: groups end with different numbers of members: dynamic eager (120 members), dynamic cooperative (120 members) and static (30 members).
    ");
    let first = |variants| sentences(&comparison(variants)).swap_remove(0);
    let equal = first(vec![dynamic_eager(), renamed(dynamic_eager(), "twin"), less.clone()]);
    assert!(equal.starts_with("It makes no difference: with both variants that keep their members, "), "{equal}");
    // Whoever is the worst anyway is held against the others.
    let worst = first(vec![static_range(), with(dynamic_eager(), "final-members", Value::Count(30))]);
    assert!(worst.starts_with("static restarts") && worst.contains("41.9 s with dynamic eager"), "{worst}");
    // Who never was a group of Kafka's has no members to lose.
    let slots = with(with(less, "final-members", Value::Count(0)), "rebalances-start-up", Value::Count(0));
    let slots = first(vec![dynamic_eager(), slots]);
    assert!(slots.starts_with("static restarts"), "{slots}");
}

#[test]
fn what_was_not_measured_is_not_compared() {
    assert_snapshot!(conclusion(vec![]), @"There is nothing to compare: no variant was measured.");
    assert_snapshot!(conclusion(vec![Outcome::default()]), @r"
    There is nothing to compare: no variant was measured.
    Not measured: (no name).
    ");
    assert_snapshot!(conclusion(vec![Outcome::default(), static_range()]), @r"
    static restarts all 120 members without a single rebalance; each partition is unread for 6.20 s on average, never for more than 6.51 s at a stretch, and no member is interrupted while nothing is done to it.
    Not measured: (no name).
    ");
}

proptest! {
    #[test]
    fn the_first_name_is_that_of_the_variant_that_is_unread_shortest(
        runs in prop::collection::vec((0..100_000u64, 0..300u64, 0..5_000u64, 0..9_000u64), 2..8),
    ) {
        let variants: Vec<Outcome> = runs.iter().enumerate().map(|(place, (mean, rebalances, pauses, interruptions))| {
            let counts = [("rebalances", *rebalances), ("pauses", *pauses), ("interruptions", *interruptions)];
            outcome(&format!("v{place}"), 5, &counts, &[("unowned-mean", *mean), ("unowned-total", mean * 6)])
        }).collect();
        let sentences = sentences(&comparison(variants));
        prop_assert!(sentences.iter().all(|sentence| sentence.ends_with('.')), "{sentences:?}");
        let (least, most) = (runs.iter().map(|run| run.0).min().unwrap(), runs.iter().map(|run| run.0).max().unwrap());
        let best = runs.iter().position(|run| run.0 == least).unwrap();
        let ranked = sentences[0].starts_with(&format!("v{best} "));
        let different = most - least >= 10 && most - least > most / 20;
        prop_assert_eq!(ranked, different, "{:?}", sentences);
    }
}
