//! What broker versions do differently, seen from outside.

use protocol::message::{DeleteGroupsRequest, Request};

use crate::classic::ClassicGroupState;
use crate::rig::{Rig, SESSION_MS};
use crate::{BrokerVersion, GroupConfig};

fn rig(version: BrokerVersion) -> Rig {
    Rig::with(GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() }, version)
}

/// The last line of what a step did, without the number of the request.
fn answer(lines: &[alloc::string::String]) -> &str {
    let line = lines.last().map_or("", |line| line.as_str());
    line.split_once(' ').map_or(line, |(_, answer)| answer)
}

#[test]
fn a_heartbeat_before_the_assignment_was_told_to_rejoin_once() {
    for (version, expected) in [
        (BrokerVersion::V2_3, "heartbeat REBALANCE_IN_PROGRESS"),
        (BrokerVersion::V2_8, "heartbeat NONE"),
        (BrokerVersion::V4_3, "heartbeat NONE"),
    ] {
        let mut rig = rig(version);
        rig.join("a", "");
        rig.join("a", "a-1");
        rig.at(0);
        assert_eq!(answer(&rig.heartbeat("a-1", 1)), expected, "{version}");
        assert_eq!(
            rig.coordinator.accepts_heartbeat(&"g".into(), &"a-1".into(), protocol::Generation(1)),
            version > BrokerVersion::V2_3
        );
    }
}

#[test]
fn a_sync_group_kept_the_session_until_four() {
    for (version, state) in
        [(BrokerVersion::V3_9, ClassicGroupState::Stable), (BrokerVersion::V4_3, ClassicGroupState::Empty)]
    {
        let mut rig = rig(version);
        rig.stable(&["a"]);
        rig.at(SESSION_MS as u64 - 1);
        rig.sync("a-1", 1, &[]);
        rig.at(SESSION_MS as u64);
        assert_eq!(rig.state(), Some(state), "{version}");
    }
}

#[test]
fn only_since_four_a_new_group_is_written_at_once_and_a_leave_waits_for_the_log() {
    for (version, written) in [(BrokerVersion::V3_9, 0), (BrokerVersion::V4_3, 1)] {
        let mut rig = rig(version);
        rig.join("a", "");
        assert_eq!(rig.log.len(), written, "{version}");
        rig.stable(&["b"]);
        rig.commit_by_hand();
        let left = rig.leave(&["b-2", "a-1"]);
        assert_eq!(left.iter().any(|line| line.contains("leave NONE")), version == BrokerVersion::V3_9, "{version}");
    }
}

#[test]
fn only_since_three_members_that_do_not_sync_are_removed() {
    for (version, members) in [(BrokerVersion::V2_8, 2), (BrokerVersion::V3_0, 1)] {
        let mut rig = rig(version);
        for (client, id) in [("a", ""), ("b", ""), ("a", "a-1"), ("b", "b-2")] {
            rig.join(client, id);
        }
        rig.at(0);
        rig.sync("a-1", 1, &[]);
        for second in (5..=60).step_by(5) {
            rig.heartbeat("a-1", 1);
            rig.heartbeat("b-2", 1);
            rig.at(second * 1_000);
        }
        assert_eq!(rig.members().len(), members, "{version}");
    }
}

#[test]
fn two_point_three_turns_away_newcomers_to_a_full_group_by_its_members() {
    let config = GroupConfig { initial_rebalance_delay_ms: 0, max_size: 1, ..GroupConfig::default() };
    let mut rig = Rig::with(config, BrokerVersion::V2_3);
    rig.stable(&["a"]);
    assert_eq!(answer(&rig.join("b", "")), "join GROUP_MAX_SIZE_REACHED");
    assert!(rig.join("a", "a-1").last().is_some_and(|line| line.contains("join a-1 of 2")));
}

#[test]
fn before_four_an_offset_on_its_way_is_unstable_instead_of_waited_for_and_deletions_do_not_wait() {
    let mut rig = rig(BrokerVersion::V3_9);
    rig.commit_offset("", -1, 5);
    rig.commit_by_hand();
    rig.commit_offset("", -1, 6);
    assert_eq!(answer(&rig.fetch_offset(true)), "fetch NONE [-1]");
    assert_eq!(answer(&rig.fetch_offset(false)), "fetch NONE [5]");
    assert_eq!(rig.commit(), ["#2 commit NONE"]);
    assert_eq!(answer(&rig.fetch_offset(true)), "fetch NONE [6]");
    let deleted = rig.send(Request::from(DeleteGroupsRequest { group: "g".into() }));
    assert!(deleted.iter().any(|line| line.contains("DeleteGroupsResponse")), "{deleted:?}");
}
