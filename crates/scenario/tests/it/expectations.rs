//! `expect:` against outcomes.

use protocol::SimDuration;
use timeline::Outcome;
use timeline::measure::Value;

use crate::{THREE, load};

/// An outcome of the variant `name` with two measures.
fn outcome(name: &str, rebalances: u64, longest_ms: u64) -> Outcome {
    let mut outcome = Outcome { name: name.to_owned(), seed: 1, ..Outcome::default() };
    outcome.values.insert("rebalances".to_owned(), Value::Count(rebalances));
    outcome.values.insert("pause-longest".to_owned(), Value::Duration(SimDuration::from_millis(longest_ms)));
    outcome.values.insert("final-state".to_owned(), Value::Text("Stable".to_owned()));
    outcome
}

/// What is not as expected.
fn failures(expect: &str, outcomes: &[Outcome]) -> Vec<String> {
    let comparison = load(&format!("{THREE}compare: {{a: {{}}, b: {{}}}}\nexpect:\n  {expect}\n"));
    comparison.check(outcomes).list.into_iter().map(|failure| failure.message).collect()
}

#[test]
fn bounds_hold_or_are_told_with_the_value() {
    let good = outcome("a", 3, 9_000);
    for bound in [
        "rebalances: 3",
        "rebalances: \"<= 3\"",
        "rebalances: \"> 2, != 4\"",
        "pause-longest: \"< 10s\"",
        "final-state: Stable",
    ] {
        assert_eq!(failures(&format!("a: {{{bound}}}"), std::slice::from_ref(&good)), [""; 0], "{bound}");
    }
    for (bound, told) in [
        ("rebalances: 2", "`a`, seed 1: rebalances is 3"),
        ("rebalances: \">= 1, < 3\"", "`a`, seed 1: rebalances is 3"),
        ("pause-longest: \">= 9001ms\"", "`a`, seed 1: pause-longest is 9.000 s"),
        ("final-state: Dead", "`a`, seed 1: final-state is Stable"),
        ("latency-max: \"< 1h\"", "`a`, seed 1: latency-max is unknown"),
    ] {
        assert_eq!(failures(&format!("a: {{{bound}}}"), std::slice::from_ref(&good)), [told], "{bound}");
    }
}

#[test]
fn expectations_are_for_one_variant_or_for_all() {
    let outcomes = [outcome("a", 0, 0), outcome("b", 5, 0)];
    assert_eq!(failures("a: {rebalances: 0}", &outcomes), [""; 0]);
    assert_eq!(failures("all: {rebalances: 0}", &outcomes), ["`b`, seed 1: rebalances is 5"]);
}

#[test]
fn what_must_happen_has_happened_at_least_once() {
    let mut happened = outcome("a", 0, 0);
    happened.marks.insert("fenced".to_owned(), 2);
    assert_eq!(failures("a: {happens: fenced}", std::slice::from_ref(&happened)), [""; 0]);
    let told = ["`a`, seed 1: `lost` never happened"];
    assert_eq!(failures("a: {happens: [fenced, lost]}", std::slice::from_ref(&happened)), told);
}

#[test]
fn a_part_of_a_matrix_can_be_expected_of() {
    let text = format!(
        "{THREE}matrix: {{session.timeout.ms: [10000, 20000]}}\nexpect: {{session.timeout.ms=10000: {{rebalances: 0}}}}\n"
    );
    let comparison = load(&text);
    let empty: Vec<bool> = comparison.variants.iter().map(|variant| variant.expectations.is_empty()).collect();
    assert_eq!(empty, [false, true]);
}
