//! LeaveGroup, action by action.

use protocol::message::{LeaveGroupRequest, LeavingMember, Request};

use crate::classic::ClassicGroupState;
use crate::rig::Rig;
use crate::{BrokerVersion, GroupConfig};

#[test]
fn a_batch_removes_everybody_first_and_then_causes_one_rebalance() {
    let mut rig = Rig::new();
    let ids = rig.stable(&["a", "b", "c"]);
    assert_eq!(
        rig.leave(&[&ids[0], "nobody", "=no-such", &ids[1]]),
        [
            "prepare: explicit `LeaveGroup` request for (a-1, b-2) members",
            "#10 leave NONE [NONE UNKNOWN_MEMBER_ID UNKNOWN_MEMBER_ID NONE]"
        ]
    );
}

#[test]
fn the_last_to_leave_empties_the_group_and_its_answer_waits_for_that_record() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    rig.commit_by_hand();
    assert_eq!(rig.leave(&["a-1"]), ["prepare: explicit `LeaveGroup` request for (a-1) members", "append group 2 []"]);
    assert_eq!((rig.state(), rig.generation()), (Some(ClassicGroupState::Empty), 2));
    assert_eq!(rig.commit(), ["#4 leave NONE [NONE]"]);
}

#[test]
fn who_only_has_an_id_leaves_a_stable_group_with_a_rebalance_since_four_and_without_before() {
    for (version, state) in
        [(BrokerVersion::V4_3, ClassicGroupState::PreparingRebalance), (BrokerVersion::V3_9, ClassicGroupState::Stable)]
    {
        let config = GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() };
        let mut rig = Rig::with(config, version);
        rig.stable(&["a"]);
        rig.join("b", "");
        rig.leave(&["b-2"]);
        assert_eq!(rig.state(), Some(state), "{version}");
    }
}

#[test]
fn a_parked_join_group_of_the_leaver_is_told_that_its_id_is_gone() {
    let mut rig = Rig::new();
    rig.stable(&["a", "b"]);
    rig.join("b", "b-2");
    rig.join("a", "a-1");
    assert_eq!(rig.state(), Some(ClassicGroupState::PreparingRebalance));
    assert_eq!(rig.leave(&["a-1"])[0], "#8 join UNKNOWN_MEMBER_ID");
}

#[test]
fn an_administrator_removes_static_members_by_name_and_a_wrong_pair_is_fenced() {
    let mut rig = Rig::new();
    rig.join_static("i");
    rig.join_static("j");
    rig.at(0);
    let pair = LeavingMember { member_id: "i-1".into(), instance_id: Some("j".into()), reason: None };
    let request = LeaveGroupRequest { version: 5, group: "g".into(), members: [pair].into() };
    assert_eq!(rig.send(Request::from(request)), ["#3 leave NONE [FENCED_INSTANCE_ID]"]);
    assert_eq!(rig.leave(&["=i"]).last().map(|line| line.as_str()), Some("#4 leave NONE [NONE]"));
    assert_eq!(rig.members(), ["j-2"]);
}

#[test]
fn of_a_group_that_is_not_there_everybody_is_unknown_and_the_request_is_no_error() {
    assert_eq!(Rig::new().leave(&["a", "b"]), ["#1 leave NONE [UNKNOWN_MEMBER_ID UNKNOWN_MEMBER_ID]"]);
}

#[test]
fn in_an_initial_delay_the_last_to_leave_does_not_end_it() {
    let config = GroupConfig { initial_rebalance_delay_ms: 3_000, ..GroupConfig::default() };
    let mut rig = Rig::with(config, BrokerVersion::V4_3);
    rig.join_static("i");
    rig.leave(&["=i"]);
    assert_eq!(rig.state(), Some(ClassicGroupState::PreparingRebalance));
    assert_eq!(rig.at(3_000), ["append group 1 []"]);
}
