//! A coordinator that moves: what is kept, lost, restarted.

use crate::classic::ClassicGroupState;
use crate::rig::{Rig, SESSION_MS};
use crate::{BrokerVersion, GroupConfig};

#[test]
fn a_coordinator_without_its_partition_knows_nobody() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    assert_eq!(rig.unload(), [""; 0], "nobody waits");
    assert_eq!(rig.heartbeat("a-1", 1), ["#4 heartbeat NOT_COORDINATOR"]);
    assert_eq!(rig.join("a", "a-1"), ["#5 join NOT_COORDINATOR"]);
    assert_eq!(rig.commit_offset("a-1", 1, 5), ["#6 commit NOT_COORDINATOR"]);
}

#[test]
fn parked_join_and_sync_requests_are_answered_in_the_order_of_the_members() {
    let mut rig = Rig::new();
    rig.stable(&["a", "b"]);
    rig.join("a", "a-1");
    assert_eq!(rig.unload(), ["#7 join NOT_COORDINATOR a-1"]);
    rig.load();
    rig.join("a", "a-1");
    rig.join("b", "b-2");
    rig.sync("b-2", 2, &[]);
    assert_eq!(rig.unload(), ["#10 sync NOT_COORDINATOR"]);
}

#[test]
fn an_assignment_that_is_on_its_way_fails_and_the_members_rejoin_in_vain() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    rig.join("a", "a-1");
    rig.commit_by_hand();
    rig.sync("a-1", 2, &[]);
    assert_eq!(
        rig.unload(),
        [
            "#5 sync NOT_COORDINATOR",
            "prepare: Error NOT_COORDINATOR when storing group assignmentduring SyncGroup (member: a-1)"
        ]
    );
}

#[test]
fn a_loaded_group_is_stable_in_its_last_written_generation_and_everybody_has_a_full_session() {
    let mut rig = Rig::new();
    rig.stable(&["a", "b"]);
    rig.at(5_000);
    rig.join("c", "");
    rig.join("c", "c-3");
    rig.unload();
    rig.load();
    assert_eq!((rig.state(), rig.generation()), (Some(ClassicGroupState::Stable), 1));
    assert_eq!(rig.members(), ["a-1", "b-2"]);
    assert_eq!(rig.join("c", "c-3"), ["#9 join UNKNOWN_MEMBER_ID c-3"]);
    assert_eq!(rig.at(5_000 + SESSION_MS as u64 - 1), [""; 0]);
    assert_eq!(rig.at(5_000 + SESSION_MS as u64).len(), 2);
}

#[test]
fn a_clean_leave_that_left_members_behind_is_undone() {
    let mut rig = Rig::new();
    rig.stable(&["a", "b"]);
    rig.leave(&["b-2"]);
    rig.unload();
    rig.load();
    assert_eq!(rig.members(), ["a-1", "b-2"]);
}

#[test]
fn a_group_that_is_too_large_for_its_new_coordinator_rebalances_at_once() {
    let mut rig = Rig::new();
    rig.stable(&["a", "b"]);
    let config = GroupConfig { max_size: 1, ..GroupConfig::default() };
    let mut small = Rig::with(config, BrokerVersion::V4_3);
    small.unload();
    (small.log, small.end) = (rig.log, rig.end);
    assert_eq!(
        small.load(),
        ["prepare: Freshly-loaded group (size 2) is over capacity 1. Rebalancing in order to give a chance for \
             consumers to commit offsets"]
    );
}

#[test]
fn while_loading_heartbeats_are_good_and_nearly_everything_else_must_wait() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    rig.unload();
    rig.coordinator.load();
    assert_eq!(rig.heartbeat("a-1", 1), ["#4 heartbeat NONE"]);
    assert_eq!(rig.join("a", "a-1"), ["#5 join COORDINATOR_LOAD_IN_PROGRESS"]);
    assert_eq!(rig.sync("a-1", 1, &[]), ["#6 sync COORDINATOR_LOAD_IN_PROGRESS"]);
    assert_eq!(rig.leave(&["a-1"]), ["#7 leave COORDINATOR_LOAD_IN_PROGRESS []"]);
    assert_eq!(rig.fetch_offset(false), ["#8 fetch COORDINATOR_LOAD_IN_PROGRESS []"]);
}
