//! The table of states and events: one row a state, one column an event, the published code.

use member::Repairs;
use member::slots::SlotState;

use super::rig::{Rig, secs, settings};

/// What can happen to a member, each followed by the time of some turns.
#[derive(Clone, Copy, Debug)]
enum Event {
    Nothing,
    NewerPlan,
    SamePlanAgain,
    PlanWithoutItsSlot,
    Reconnected,
    SessionLost,
    SlotNodeRemoved,
    Hangs,
    Term,
}

use Event::{
    Hangs, NewerPlan, Nothing, PlanWithoutItsSlot, Reconnected, SamePlanAgain, SessionLost, SlotNodeRemoved, Term,
};
use SlotState::{Assigned, Consuming, Joined, Left, New, Stopped, Stopping};

const EVENTS: [Event; 9] =
    [Nothing, NewerPlan, SamePlanAgain, PlanWithoutItsSlot, Reconnected, SessionLost, SlotNodeRemoved, Hangs, Term];

/// Where a member is that nothing happens to, and where each event leads. `Assigned` and `Left` are below.
const TABLE: [(SlotState, [SlotState; 9]); 5] = [
    // A spare: all slots are taken; a newer plan has room for it.
    (New, [New, Consuming, New, New, New, New, New, New, Stopped]),
    // It has a slot and the plan that it used before: only a newer one brings it on.
    (Joined, [Joined, Consuming, Joined, New, Joined, New, Joined, Joined, Stopped]),
    // A session that is lost takes the plan along; a node that somebody removes is not noticed, until it is freed; who
    // hangs is where it was.
    (Consuming, [Consuming, Consuming, Consuming, New, Consuming, New, Consuming, Consuming, Stopped]),
    // Its turn goes on until its end, and nothing turns it back; a slot that is gone cannot be freed, unless the
    // session is gone with it.
    (Stopping, [Stopped, Stopped, Stopped, Stopped, Stopped, Stopped, Stopping, Stopping, Stopped]),
    (Stopped, [Stopped; 9]),
];

/// A group whose member `1` is in this state.
fn situation(state: SlotState) -> Rig {
    let repaired = Repairs::NONE;
    let mut rig = Rig::running(4, 2, repaired);
    match state {
        New => {
            rig.kill(1);
            rig.start(settings(2, 1, repaired));
            rig.processes.swap(1, 2);
            let newcomer = rig.start(settings(2, 1, repaired));
            rig.wait(secs(20));
            assert_eq!(newcomer, 3);
            if rig.states()[1] != New {
                rig.processes.swap(1, 3);
            }
        }
        Joined => {
            rig.cut(1, true);
            rig.wait(secs(25));
            rig.cut(1, false);
            rig.wait(secs(60));
            rig.rewrite_plan();
            rig.wait(secs(2));
        }
        // In the midst of a turn.
        Stopping => rig.term(1),
        Stopped => {
            rig.term(1);
            rig.wait(secs(10));
        }
        Consuming | Assigned | Left => {}
    }
    assert_eq!(rig.states()[1], state);
    rig
}

fn happen(rig: &mut Rig, event: Event) {
    match event {
        Nothing => {}
        NewerPlan => drop(rig.start(settings(6, 2, Repairs::NONE))),
        SamePlanAgain => rig.rewrite_plan(),
        Reconnected => {
            rig.cut(1, true);
            rig.wait(secs(4));
            rig.cut(1, false);
        }
        Hangs => rig.act(1, |member, cx| member.away(cx)),
        PlanWithoutItsSlot => {
            let slots = rig.slots()[1].unwrap_or(1);
            rig.start(settings(slots, 2, Repairs::NONE));
        }
        SessionLost => {
            rig.cut(1, true);
            rig.wait(secs(25));
            rig.cut(1, false);
        }
        SlotNodeRemoved => {
            if let Some(slot) = rig.slots()[1] {
                rig.remove_node(slot);
            }
        }
        Term => rig.term(1),
    }
    rig.wait(secs(25));
}

#[test]
fn every_event_leads_from_every_state_where_the_table_says() {
    for (state, row) in TABLE {
        for (event, expected) in EVENTS.into_iter().zip(row) {
            let mut rig = situation(state);
            happen(&mut rig, event);
            assert_eq!(rig.states()[1], expected, "{state:?} {event:?}");
        }
    }
}

#[test]
fn a_member_whose_node_was_removed_never_ends() {
    let mut rig = situation(Consuming);
    happen(&mut rig, SlotNodeRemoved);
    rig.term(1);
    rig.wait(secs(600));
    assert_eq!(rig.states()[1], Stopping);
}

/// `Assigned` lasts no turn, `Left` only while the last commit and the session's end are under way.
#[test]
fn two_states_last_no_longer_than_what_they_wait_for() {
    let mut rig = Rig::new(4);
    rig.start(settings(2, 1, Repairs::NONE));
    let mut left = 0;
    for step in 0..30_000 {
        if step == 20_000 {
            rig.term(0);
        }
        rig.wait(super::rig::ms(1));
        assert_ne!(rig.states()[0], Assigned, "after {step} ms");
        left += u64::from(rig.states()[0] == Left);
    }
    assert_eq!(rig.states()[0], Stopped);
    assert!((1..50).contains(&left), "{left} ms");
}
