//! Two ways to the same life.

use coordinator::Action;

use crate::clients::{Life, Way, live};

const PLAIN: Way = Way { spare_heartbeats: false, wake_early: false };

fn same(seed: u64, plain: &Life, other: &Life) {
    for (at, (expected, got)) in plain.iter().zip(other).enumerate() {
        assert_eq!(expected, got, "seed {seed}, action {at}");
    }
    assert_eq!(plain.len(), other.len(), "seed {seed}");
}

#[test]
fn sparing_the_heartbeats_of_a_group_at_rest_changes_nothing_else() {
    let mut rebalances = 0;
    for seed in 0..150 {
        let plain = live(seed, PLAIN);
        same(seed, &plain, &live(seed, Way { spare_heartbeats: true, ..PLAIN }));
        rebalances += plain.iter().filter(|(_, action)| is_expiry(action)).count();
    }
    assert!(rebalances > 50, "only {rebalances} sessions expired, which is what this is about");
}

fn is_expiry(action: &Action) -> bool {
    let Action::Observe { event, .. } = action else { return false };
    matches!(**event, coordinator::GroupEvent::MemberExpired { .. })
}

#[test]
fn waking_when_nothing_is_due_changes_nothing() {
    for seed in 0..100 {
        same(seed, &live(seed, PLAIN), &live(seed, Way { wake_early: true, ..PLAIN }));
    }
}
