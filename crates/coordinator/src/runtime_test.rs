//! Who waits for the log, how long, and what happens then.

use protocol::message::{DeleteGroupsRequest, Request};

use crate::rig::Rig;

fn delete(rig: &mut Rig) -> alloc::vec::Vec<alloc::string::String> {
    rig.send(Request::from(DeleteGroupsRequest { group: "g".into() }))
}

#[test]
fn an_answer_without_a_record_waits_for_everybodys_records_and_a_refusal_for_none() {
    let mut rig = Rig::new();
    rig.stable(&["a", "b"]);
    rig.commit_by_hand();
    assert_eq!(rig.commit_offset("a-1", 1, 5), ["append t-0=5"]);
    assert_eq!(rig.heartbeat("b-2", 1), [""; 0]);
    assert_eq!(rig.heartbeat("b-2", 9), ["#9 heartbeat ILLEGAL_GENERATION"]);
    assert_eq!(rig.fetch_offset(true), [""; 0]);
    assert_eq!(rig.fetch_offset(false), ["#11 fetch NONE [-1]"], "as of the committed offset");
    assert_eq!(rig.commit(), ["#7 commit NONE", "#8 heartbeat NONE", "#10 fetch NONE [5]"]);
    assert_eq!(rig.heartbeat("b-2", 1), ["#12 heartbeat NONE"]);
    assert_eq!(rig.fetch_offset(false), ["#13 fetch NONE [5]"]);
}

#[test]
fn whoever_waits_five_seconds_is_told_so_and_not_told_again() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    rig.commit_by_hand();
    rig.commit_offset("a-1", 1, 5);
    rig.at(1_000);
    rig.heartbeat("a-1", 1);
    rig.fetch_offset(true);
    assert_eq!(rig.at(4_999), [""; 0]);
    assert_eq!(rig.at(5_000), ["#4 commit COORDINATOR_NOT_AVAILABLE"]);
    assert_eq!(
        rig.at(6_000),
        ["#5 heartbeat COORDINATOR_NOT_AVAILABLE", "#6 fetch NOT_COORDINATOR []"],
        "fetching has a code of its own"
    );
    assert_eq!(rig.commit(), [""; 0]);
    assert_eq!(rig.fetch_offset(false), ["#7 fetch NONE [5]"], "the offset was written all the same");
}

#[test]
fn a_parked_join_group_whose_own_event_fails_is_told_so_and_keeps_its_place() {
    let mut rig = Rig::new();
    rig.stable(&["a", "b"]);
    rig.commit_by_hand();
    rig.commit_offset("a-1", 1, 5);
    rig.join("a", "a-1");
    assert_eq!(rig.at(5_000), ["#7 commit COORDINATOR_NOT_AVAILABLE", "#8 join COORDINATOR_NOT_AVAILABLE"]);
    let completed = rig.join("b", "b-2");
    assert_eq!(completed.len(), 2, "a counts as joined, and is not answered again: {completed:?}");
    assert_eq!(rig.members().len(), 2);
}

#[test]
fn a_deletion_waits_twice_and_looks_at_the_group_only_then() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    rig.commit_by_hand();
    rig.leave(&["a-1"]);
    assert_eq!(delete(&mut rig), [""; 0]);
    let committed = rig.commit();
    assert_eq!(committed, ["#4 leave NONE [NONE]", "deleted", "append group gone"]);
    assert_eq!(rig.coordinator.group_state(&"g".into()), None);
    assert_eq!(rig.commit().len(), 1);
}

#[test]
fn two_deletions_of_one_commit_share_a_batch_and_the_second_finds_nothing() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    rig.commit_by_hand();
    rig.leave(&["a-1"]);
    delete(&mut rig);
    delete(&mut rig);
    rig.commit();
    let done = rig.commit();
    assert!(done[0].contains("NONE") && done[1].contains("GROUP_ID_NOT_FOUND"), "{done:?}");
}
