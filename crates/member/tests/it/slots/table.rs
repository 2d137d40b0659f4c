//! The table of states and events: one row a state, one column an event, the published code.

use member::Repairs;
use member::slots::SlotState;

use super::rig::{Rig, secs, settings};

/// What can happen to a member, each followed by the time of some turns.
#[derive(Clone, Copy, Debug)]
enum Event {
    Nothing,
    NewerPlan,
    PlanWithoutItsSlot,
    SessionLost,
    SlotNodeRemoved,
    Term,
}

use Event::{NewerPlan, Nothing, PlanWithoutItsSlot, SessionLost, SlotNodeRemoved, Term};
use SlotState::{Consuming, Joined, New, Stopped, Stopping};

const EVENTS: [Event; 6] = [Nothing, NewerPlan, PlanWithoutItsSlot, SessionLost, SlotNodeRemoved, Term];

/// Where a member is that nothing happens to, and where each event leads. `Assigned` and `Left` last no time.
const TABLE: [(SlotState, [SlotState; 6]); 4] = [
    // A spare: all slots are taken; a newer plan has room for it.
    (New, [New, Consuming, New, New, New, Stopped]),
    // It has a slot and the plan that it used before: only a newer one brings it on.
    (Joined, [Joined, Consuming, New, New, Joined, Stopped]),
    // A session that is lost takes the plan along; a node that somebody removes is not noticed, until it is freed.
    (Consuming, [Consuming, Consuming, New, New, Consuming, Stopped]),
    (Stopped, [Stopped, Stopped, Stopped, Stopped, Stopped, Stopped]),
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
        Stopped => {
            rig.term(1);
            rig.wait(secs(10));
        }
        _ => {}
    }
    assert_eq!(rig.states()[1], state);
    rig
}

fn happen(rig: &mut Rig, event: Event) {
    match event {
        Nothing => {}
        NewerPlan => drop(rig.start(settings(6, 2, Repairs::NONE))),
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
