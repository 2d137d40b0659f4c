//! Who is running when, as far as the plan says: events are checked against it.
//!
//! Left out on purpose: processes that end by themselves (a killed closer, a consumer that fails), which only a run can
//! tell.

/// Who is running at one time of the plan.
pub(super) struct Presence {
    running: Vec<bool>,
}

impl Presence {
    /// Nobody is running.
    pub(super) fn nobody(members: usize) -> Self {
        Self { running: vec![false; members] }
    }

    /// Notes that a member's process starts or ends.
    pub(super) fn set(&mut self, member: usize, running: bool) {
        self.running[member] = running;
    }

    /// Those that are running, or not; or all.
    pub(super) fn those(&self, running: Option<bool>) -> Vec<usize> {
        let is_meant = |member: &usize| running.is_none_or(|running| self.running[*member] == running);
        (0..self.running.len()).filter(is_meant).collect()
    }

    /// Those of a range that are running, or not.
    pub(super) fn those_in(&self, range: std::ops::Range<usize>, running: bool) -> Vec<usize> {
        range.filter(|member| self.running[*member] == running).collect()
    }
}
