//! SyncGroup, action by action.

use crate::classic::ClassicGroupState;
use crate::rig::Rig;

/// Members `a-1` (leader) and `b-2` in generation 1, which nobody has synced yet; commits by hand from here on.
fn completing() -> Rig {
    let mut rig = Rig::new();
    for (client, id) in [("a", ""), ("b", ""), ("a", "a-1"), ("b", "b-2")] {
        rig.join(client, id);
    }
    rig.at(0);
    assert_eq!(rig.state(), Some(ClassicGroupState::CompletingRebalance));
    rig.commit_by_hand();
    rig
}

#[test]
fn followers_wait_for_the_leader_and_all_for_the_commit() {
    let mut rig = completing();
    assert_eq!(rig.sync("b-2", 1, &[]), [""; 0]);
    assert_eq!(rig.sync("a-1", 1, &[("a-1", "x"), ("nobody", "y")]), ["append group 1 [a-1 b-2]"]);
    assert_eq!(rig.state(), Some(ClassicGroupState::CompletingRebalance));
    assert_eq!(rig.commit(), ["#6 sync NONE x", "#5 sync NONE", "completed 1"]);
    assert_eq!(
        rig.sync("b-2", 1, &[("b-2", "z")]),
        ["#7 sync NONE"],
        "what members bring to a stable group is ignored"
    );
}

#[test]
fn a_rebalance_interrupts_who_waits_and_the_late_commit_changes_nothing() {
    let mut rig = completing();
    rig.sync("a-1", 1, &[("a-1", "x")]);
    rig.join_static("i");
    assert_eq!(rig.state(), Some(ClassicGroupState::PreparingRebalance));
    assert_eq!(rig.commit(), [""; 0]);
    assert_eq!(rig.sync("a-1", 1, &[]), ["#7 sync REBALANCE_IN_PROGRESS"]);
}

#[test]
fn an_assignment_that_is_not_committed_in_time_is_refused_and_everybody_rejoins() {
    let mut rig = completing();
    rig.sync("b-2", 1, &[]);
    rig.sync("a-1", 1, &[("a-1", "x")]);
    assert_eq!(
        rig.at(5_000),
        [
            "#6 sync COORDINATOR_NOT_AVAILABLE",
            "#5 sync COORDINATOR_NOT_AVAILABLE",
            "prepare: Error COORDINATOR_NOT_AVAILABLE when storing group assignmentduring SyncGroup (member: a-1)"
        ]
    );
}

#[test]
fn the_parked_request_of_a_member_that_leaves_is_never_answered() {
    let mut rig = completing();
    rig.sync("b-2", 1, &[]);
    let left = rig.leave(&["b-2"]);
    assert_eq!(left[0], "#5 abandoned");
    assert_eq!(left.last().map(|line| line.as_str()), Some("#6 leave NONE [NONE]"));
}

#[test]
fn generation_member_and_group_are_checked_in_this_order() {
    let mut rig = Rig::new();
    assert_eq!(rig.sync("a-1", 1, &[]), ["#1 sync UNKNOWN_MEMBER_ID"]);
    rig.join("a", "");
    assert_eq!(rig.sync("a-1", 1, &[]), ["#3 sync UNKNOWN_MEMBER_ID"], "pending is not a member");
    rig.stable(&["b"]);
    assert_eq!(rig.sync("b-2", 7, &[]).last().map(|line| line.as_str()), Some("#7 sync ILLEGAL_GENERATION"));
    assert_eq!(rig.sync("nobody", 7, &[]), ["#8 sync UNKNOWN_MEMBER_ID"]);
}

#[test]
fn who_does_not_sync_within_the_rebalance_timeout_is_removed() {
    let mut rig = completing();
    rig.coordinator.set_commits_on_append(true);
    rig.sync("a-1", 1, &[]);
    for second in (5..60).step_by(5) {
        rig.at(second * 1_000);
        rig.heartbeat("a-1", 1);
        rig.heartbeat("b-2", 1);
    }
    assert_eq!(rig.at(59_999), [""; 0]);
    assert_eq!(rig.at(60_000), ["prepare: Removing [b-2] on pending sync request expiration"]);
    assert_eq!(rig.members(), ["a-1"]);
}
