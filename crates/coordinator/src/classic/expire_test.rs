//! Timers of a classic group, action by action.

use crate::classic::ClassicGroupState;
use crate::rig::{Rig, SESSION_MS};
use crate::{BrokerVersion, GroupConfig};

const SESSION: u64 = SESSION_MS as u64;

#[test]
fn a_silent_member_is_removed_after_exactly_its_session_timeout() {
    let mut rig = Rig::new();
    rig.stable(&["a", "b"]);
    rig.at(4_000);
    rig.heartbeat("b-2", 1);
    assert_eq!(rig.at(SESSION - 1), [""; 0]);
    assert_eq!(rig.at(SESSION), ["prepare: removing member a-1 on heartbeat expiration"]);
    assert_eq!(rig.members(), ["b-2"]);
    assert_eq!(rig.at(4_000 + SESSION), ["append group 2 []"]);
}

#[test]
fn whoever_waits_for_the_group_outlives_its_session_and_is_watched_again_afterwards() {
    let mut rig = Rig::new();
    rig.stable(&["a", "b"]);
    rig.join("a", "a-1");
    for time in [5_000, 14_000, 23_000] {
        rig.at(time);
        rig.heartbeat("b-2", 1);
    }
    assert_eq!(rig.members(), ["a-1", "b-2"], "a is silent since 0, but its JoinGroup is parked");
    rig.join("b", "b-2");
    assert_eq!(rig.generation(), 2);
    assert_eq!(
        rig.at(23_000 + SESSION),
        ["prepare: removing member a-1 on heartbeat expiration", "append group 3 []"],
        "both are silent after that, and a was armed first"
    );
}

#[test]
fn a_newcomer_waits_five_minutes_at_most() {
    let mut rig = Rig::new();
    let patient = |instance: &str| {
        let mut request = Rig::join_request("c", "");
        (request.instance_id, request.rebalance_timeout_ms) = (Some(instance.into()), 600_000);
        protocol::message::Request::from(request)
    };
    rig.send(patient("i"));
    rig.at(0);
    rig.send(patient("j"));
    for second in (5..300).step_by(5) {
        rig.at(second * 1_000);
        rig.heartbeat("i-1", 1);
    }
    assert_eq!(rig.at(299_999), [""; 0]);
    assert_eq!(rig.at(300_000), ["#2 join UNKNOWN_MEMBER_ID"], "although it waits for the group");
}

#[test]
fn a_pending_id_that_is_not_used_is_taken_back_and_may_complete_the_join_phase() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    rig.join("b", "");
    rig.join("a", "a-1");
    assert_eq!(rig.state(), Some(ClassicGroupState::PreparingRebalance));
    assert_eq!(
        rig.at(SESSION),
        ["Stabilized group g generation 2 with 1 members.", "#5 join a-1 of 2 led by a-1 [a-1]"]
    );
}

#[test]
fn an_expiry_can_end_an_initial_delay_since_four_and_could_not_before() {
    for (version, ends_at) in [(BrokerVersion::V4_3, 6_000), (BrokerVersion::V3_9, 30_000)] {
        let config = GroupConfig { initial_rebalance_delay_ms: 30_000, ..GroupConfig::default() };
        let mut rig = Rig::with(config, version);
        let mut request = Rig::join_request("b", "");
        request.session_timeout_ms = 6_000;
        rig.send(protocol::message::Request::from(request));
        rig.join_static("i");
        rig.at(ends_at - 1);
        assert_eq!(rig.state(), Some(ClassicGroupState::PreparingRebalance), "{version}");
        rig.at(ends_at);
        assert_eq!(rig.state(), Some(ClassicGroupState::CompletingRebalance), "{version}");
    }
}

#[test]
fn a_join_phase_that_times_out_keeps_static_members_and_removes_dynamic_ones() {
    let mut rig = Rig::new();
    rig.join_static("i");
    rig.join("a", "");
    rig.join("a", "a-2");
    rig.at(0);
    rig.join("b", "");
    rig.join("b", "b-3");
    for second in (5..60).step_by(5) {
        rig.at(second * 1_000);
        rig.heartbeat("i-1", 1);
        rig.heartbeat("a-2", 1);
    }
    rig.at(60_000);
    let mut members = rig.members();
    members.sort();
    assert_eq!(members, ["b-3", "i-1"]);
}

#[test]
fn a_static_member_without_a_rebalance_timeout_is_waited_for_until_its_session_ends() {
    let mut rig = Rig::new();
    rig.join_static("i");
    rig.at(0);
    rig.sync("i-1", 1, &[("i-1", "x")]);
    let mut request = Rig::join_request("c", "");
    (request.instance_id, request.rebalance_timeout_ms) = (Some("i".into()), 0);
    rig.send(protocol::message::Request::from(request));
    assert_eq!(rig.state(), Some(ClassicGroupState::Stable), "it comes back to what it had");
    rig.join("b", "");
    rig.leave(&["b-3"]);
    assert_eq!(rig.state(), Some(ClassicGroupState::PreparingRebalance));
    rig.at(SESSION - 1);
    assert_eq!(rig.members(), ["i-2"]);
    rig.at(SESSION);
    assert_eq!(rig.state(), Some(ClassicGroupState::Empty));
}
