//! What became of members: who went away by itself, and who was made to stop reading by others.
//!
//! Contract: a member is *itself disturbed* from the moment it closes, dies, hangs or fails until it is given an
//! assignment again; what it loses meanwhile is its own affair. A call of `onPartitionsRevoked` or `onPartitionsLost`
//! with partitions at any other time is an interruption that others caused.

use crate::MemberIndex;

/// The most members that are tracked; what lies beyond is ignored.
pub const MAX_MEMBERS: usize = 1_000_000;

#[derive(Clone, Copy, Debug, Default)]
struct State {
    disturbed: bool,
    ever_disturbed: bool,
    ever_restarted: bool,
    ever_interrupted: bool,
}

/// All members.
#[derive(Debug, Default)]
pub(crate) struct Members {
    states: Vec<State>,
    interruptions: u64,
}

impl Members {
    /// It closes, dies, hangs or fails; `counts`: after the first disturbance.
    pub(crate) fn disturb(&mut self, member: MemberIndex, counts: bool) {
        if let Some(state) = self.state(member) {
            state.disturbed = true;
            state.ever_disturbed |= counts;
        }
    }

    /// A process starts: anew, if something was done to the one before.
    pub(crate) fn start(&mut self, member: MemberIndex) {
        if let Some(state) = self.state(member) {
            state.ever_restarted |= state.ever_disturbed;
        }
    }

    /// It was given an assignment, be it empty.
    pub(crate) fn settle(&mut self, member: MemberIndex) {
        if let Some(state) = self.state(member) {
            state.disturbed = false;
        }
    }

    /// It had to stop reading at least one partition.
    pub(crate) fn interrupt(&mut self, member: MemberIndex) {
        if let Some(state) = self.state(member)
            && !state.disturbed
        {
            state.ever_interrupted = true;
            self.interruptions += 1;
        }
    }

    /// How many members were disturbed themselves.
    pub(crate) fn disturbed(&self) -> u64 {
        self.states.iter().filter(|state| state.ever_disturbed).count() as u64
    }

    /// How many of those were started again.
    pub(crate) fn restarted(&self) -> u64 {
        self.states.iter().filter(|state| state.ever_restarted).count() as u64
    }

    /// How many members were interrupted by others.
    pub(crate) fn affected(&self) -> u64 {
        self.states.iter().filter(|state| state.ever_interrupted).count() as u64
    }

    /// How many interruptions that were.
    pub(crate) fn interruptions(&self) -> u64 {
        self.interruptions
    }

    fn state(&mut self, member: MemberIndex) -> Option<&mut State> {
        let place = member.0 as usize;
        if place >= self.states.len() {
            if place >= MAX_MEMBERS {
                return None;
            }
            self.states.resize(place + 1, State::default());
        }
        self.states.get_mut(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: MemberIndex = MemberIndex(3);

    #[test]
    fn what_a_member_gives_up_while_it_closes_is_its_own_affair() {
        let mut members = Members::default();
        members.disturb(MEMBER, true);
        members.interrupt(MEMBER);
        assert_eq!((members.disturbed(), members.affected(), members.interruptions()), (1, 0, 0));
    }

    #[test]
    fn a_restarted_member_is_a_bystander_again_once_it_was_given_an_assignment() {
        let mut members = Members::default();
        members.start(MEMBER);
        assert_eq!(members.restarted(), 0, "its first start");
        members.disturb(MEMBER, true);
        members.start(MEMBER);
        members.settle(MEMBER);
        members.interrupt(MEMBER);
        members.interrupt(MEMBER);
        assert_eq!((members.disturbed(), members.restarted()), (1, 1));
        assert_eq!((members.affected(), members.interruptions()), (1, 2));
    }

    #[test]
    fn disturbances_of_the_start_up_do_not_count() {
        let mut members = Members::default();
        members.disturb(MEMBER, false);
        members.start(MEMBER);
        assert_eq!((members.disturbed(), members.restarted()), (0, 0));
    }

    #[test]
    fn members_beyond_the_bound_cost_no_memory() {
        let mut members = Members::default();
        members.interrupt(MemberIndex(u32::MAX));
        assert_eq!((members.affected(), members.states.len()), (0, 0));
    }
}
