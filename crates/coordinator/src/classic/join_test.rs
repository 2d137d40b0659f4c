//! JoinGroup, action by action.

use alloc::format;
use alloc::string::String;

use protocol::message::Request;

use crate::classic::ClassicGroupState;
use crate::rig::{Rig, SESSION_MS, protocols};
use crate::{BrokerVersion, GroupConfig};

#[test]
fn a_dynamic_newcomer_is_given_an_id_and_a_new_group_is_written_behind_that_answer() {
    let mut rig = Rig::new();
    assert_eq!(rig.join("a", ""), ["#1 join MEMBER_ID_REQUIRED a-1", "append group 0 []"]);
    assert_eq!(rig.join("b", ""), ["#2 join MEMBER_ID_REQUIRED b-2"]);
    assert_eq!(rig.state(), Some(ClassicGroupState::Empty));
}

#[test]
fn without_an_initial_delay_the_first_to_join_is_alone_in_generation_one() {
    let mut rig = Rig::new();
    rig.join("a", "");
    rig.join("b", "");
    let begins = "prepare: Adding new member a-1 with group instance id null; client reason: not provided";
    assert_eq!(rig.join("a", "a-1"), [begins]);
    assert_eq!(rig.at(0), ["Stabilized group g generation 1 with 1 members.", "#3 join a-1 of 1 led by a-1 [a-1]"]);
}

#[test]
fn old_clients_and_static_members_enter_with_their_first_request() {
    let mut rig = Rig::new();
    let mut request = Rig::join_request("a", "");
    request.version = 3;
    rig.send(Request::from(request));
    rig.join_static("i");
    assert_eq!(rig.members().len(), 2);
}

#[test]
fn strangers_and_foreign_protocols_are_refused_in_kafkas_order() {
    let mut rig = Rig::new();
    assert_eq!(rig.join("a", "nobody"), ["#1 join UNKNOWN_MEMBER_ID nobody"]);
    rig.stable(&["a"]);
    let mut request = Rig::join_request("b", "nobody");
    request.protocols = protocols(&["sticky"], &["t"]);
    let refused = rig.send(Request::from(request));
    assert_eq!(refused.last().map(String::as_str), Some("#5 join INCONSISTENT_GROUP_PROTOCOL nobody"));
    assert_eq!(rig.join("b", "nobody"), ["#6 join UNKNOWN_MEMBER_ID nobody"]);
}

#[test]
fn in_a_stable_group_a_leader_always_causes_a_rebalance_and_a_follower_only_with_other_metadata() {
    let mut rig = Rig::new();
    let ids = rig.stable(&["a", "b"]);
    let (leader, follower) = (&ids[0], &ids[1]);
    assert_eq!(rig.join("x", follower), ["#7 join b-2 of 1 led by a-1 []"]);
    let mut other = Rig::join_request("x", follower);
    other.protocols = protocols(&["range"], &["t", "u"]);
    let changed = rig.send(Request::from(other));
    assert_eq!(changed, ["prepare: Updating metadata for member b-2 during Stable; client reason: not provided"]);
    let done = rig.join("x", leader);
    assert_eq!(done.len(), 3, "everybody has joined: {done:?}");
    rig.sync(leader, rig.generation(), &[]);
    rig.sync(follower, rig.generation(), &[]);
    let again = rig.join("x", leader);
    assert_eq!(
        again,
        [format!("prepare: Leader {leader} re-joining group during Stable; client reason: not provided")]
    );
}

#[test]
fn a_second_join_group_takes_the_place_of_the_first_which_is_never_answered() {
    let mut rig = Rig::new();
    let ids = rig.stable(&["a", "b"]);
    rig.join("x", &ids[0]);
    assert_eq!(rig.join("x", &ids[0]), ["#7 abandoned"]);
}

#[test]
fn a_pending_id_with_an_instance_id_is_an_illegal_state() {
    let mut rig = Rig::new();
    rig.join("a", "");
    let mut request = Rig::join_request("a", "a-1");
    request.instance_id = Some("i".into());
    assert_eq!(rig.send(Request::from(request)), ["#2 join UNKNOWN_SERVER_ERROR"]);
}

#[test]
fn newcomers_extend_the_initial_delay_up_to_the_first_members_rebalance_timeout() {
    let config = GroupConfig { initial_rebalance_delay_ms: 3_000, ..GroupConfig::default() };
    let mut rig = Rig::with(config, BrokerVersion::V4_3);
    let join = |rig: &mut Rig, instance: &str| {
        let mut request = Rig::join_request("c", "");
        request.instance_id = Some(instance.into());
        request.rebalance_timeout_ms = 7_000;
        rig.send(Request::from(request))
    };
    join(&mut rig, "i");
    for (time, name) in [(2_000, "j"), (4_000, "k"), (6_500, "l")] {
        assert_eq!(rig.at(time), [""; 0], "at {time}");
        join(&mut rig, name);
    }
    assert_eq!(rig.at(6_999), [""; 0]);
    assert_eq!(rig.at(7_000).len(), 5, "all four join at the cap");
    assert_eq!((rig.generation(), rig.members().len()), (1, 4));
}

#[test]
fn a_full_group_turns_away_and_forgets_even_a_member_that_comes_last() {
    let config = GroupConfig { initial_rebalance_delay_ms: 0, max_size: 2, ..GroupConfig::default() };
    let mut rig = Rig::with(config, BrokerVersion::V4_3);
    let ids = rig.stable(&["a", "b"]);
    let refused = rig.join("c", "");
    assert!(refused.last().is_some_and(|line| line.ends_with("join GROUP_MAX_SIZE_REACHED")), "{refused:?}");
    rig.join("x", &ids[0]);
    rig.join("c", "");
    rig.join("c", "c-3");
    let kicked = rig.join("x", &ids[1]);
    assert!(kicked.last().is_some_and(|line| line.ends_with("join GROUP_MAX_SIZE_REACHED")), "{kicked:?}");
    assert_eq!(rig.state(), Some(ClassicGroupState::PreparingRebalance), "and nobody notices that all have joined");
}

#[test]
fn a_request_of_the_first_version_has_one_timeout_for_both() {
    let mut rig = Rig::new();
    let join = |rig: &mut Rig, client: &str| {
        let mut request = Rig::join_request(client, "");
        (request.version, request.rebalance_timeout_ms) = (0, -1);
        rig.send(Request::from(request))
    };
    join(&mut rig, "a");
    rig.at(5_000);
    join(&mut rig, "b");
    rig.at(6_000);
    assert_eq!(rig.heartbeat("a-1", 1), ["#3 heartbeat REBALANCE_IN_PROGRESS"]);
    let end = 5_000 + SESSION_MS as u64;
    assert_eq!(rig.at(end - 1), [""; 0]);
    assert_eq!(rig.at(end).last().map(String::as_str), Some("#2 join b-2 of 2 led by b-2 [b-2]"));
}
