//! Noticing that balancing goes round in circles.

/// Rounds after which states are remembered: healthy groups are done before.
const PATIENCE: u64 = 16;
/// Rounds after which nobody would wait any longer.
const ROUNDS_MAX: u64 = 1 << 20;

/// Notices that a state has come back, which proves that it will come back for ever (Brent's way: compare with one
/// remembered state, and remember a new one whenever twice as many have been seen).
pub(super) struct Recurrence<S> {
    remembered: Option<S>,
    seen: u64,
    renew_at: u64,
}

impl<S> Default for Recurrence<S> {
    fn default() -> Self {
        Self { remembered: None, seen: 0, renew_at: PATIENCE }
    }
}

impl<S: PartialEq> Recurrence<S> {
    /// Whether the present state is the remembered one, or it has been going on for far too long.
    pub(super) fn is_seen(&mut self, state: impl FnOnce() -> S) -> bool {
        self.seen += 1;
        if self.seen < PATIENCE {
            return false;
        }
        let state = state();
        if self.remembered.as_ref() == Some(&state) || self.seen > ROUNDS_MAX {
            return true;
        }
        if self.seen >= self.renew_at {
            self.renew_at *= 2;
            self.remembered = Some(state);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_noticed_whatever_leads_into_it_and_a_path_is_not() {
        for (lead, circle) in [(0, 1), (5, 3), (100, 7), (33, 1_000)] {
            let state = |step: u64| if step < lead { step } else { lead + (step - lead) % circle };
            let mut recurrence = Recurrence::default();
            let noticed = (0..).find(|&step| recurrence.is_seen(|| state(step)));
            assert!(noticed.is_some_and(|step| step < 8 * (PATIENCE + lead + circle)), "{lead} {circle}");
        }
        let mut recurrence = Recurrence::default();
        assert!((0..10_000u64).all(|step| !recurrence.is_seen(|| step)));
    }
}
