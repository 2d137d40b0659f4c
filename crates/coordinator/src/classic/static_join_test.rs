//! The return of static members, action by action.

use protocol::message::{JoinGroupRequest, Request};

use crate::BrokerVersion;
use crate::classic::ClassicGroupState;
use crate::rig::{Rig, protocols};

fn returning(instance: &str) -> JoinGroupRequest {
    let mut request = Rig::join_request("c", "");
    request.instance_id = Some(instance.into());
    request
}

/// Members `i-1` (leader) and `j-2`, stable in generation 1.
fn two_statics(version: BrokerVersion) -> Rig {
    let mut rig = Rig::with(crate::GroupConfig { initial_rebalance_delay_ms: 0, ..Default::default() }, version);
    rig.join_static("i");
    rig.join_static("j");
    rig.at(0);
    rig.sync("i-1", 1, &[("i-1", "one"), ("j-2", "two")]);
    rig.sync("j-2", 1, &[]);
    assert_eq!(rig.state(), Some(ClassicGroupState::Stable));
    rig
}

#[test]
fn a_leader_returns_to_a_stable_group_unnoticed_and_is_told_to_skip_the_assignment_once_it_is_committed() {
    let mut rig = two_statics(BrokerVersion::V4_3);
    rig.commit_by_hand();
    assert_eq!(rig.join_static("i"), ["append group 1 [j-2 i-3]"]);
    assert_eq!(rig.commit(), ["#5 join i-3 of 1 led by i-3 skip [j-2 i-3]"]);
    assert_eq!(rig.sync("i-3", 1, &[]), ["#6 sync NONE one"]);
    assert_eq!(rig.heartbeat("i-1", 1), ["#7 heartbeat UNKNOWN_MEMBER_ID"]);
}

#[test]
fn old_clients_returning_as_leader_believe_that_they_follow() {
    let mut rig = two_statics(BrokerVersion::V4_3);
    let mut request = returning("i");
    request.version = 8;
    assert_eq!(rig.send(Request::from(request)), ["append group 1 [j-2 i-3]", "#5 join i-3 of 1 led by i-1 []"]);
}

#[test]
fn a_changed_vote_causes_a_rebalance_and_changed_topics_do_not() {
    let mut rig = two_statics(BrokerVersion::V4_3);
    let mut other_topics = returning("j");
    other_topics.protocols = protocols(&["range"], &["u"]);
    assert_eq!(rig.send(Request::from(other_topics)).len(), 2);
    for instance in ["i", "j"] {
        let mut both = returning(instance);
        both.protocols = protocols(&["range", "sticky"], &["t"]);
        rig.send(Request::from(both));
    }
    let mut other_vote = returning("j");
    other_vote.protocols = protocols(&["sticky", "range"], &["t"]);
    assert_eq!(
        rig.send(Request::from(other_vote)),
        ["prepare: Group's selectedProtocol will change because static member j-6 with instance id j joined with \
             change of protocol; client reason: not provided"],
        "one vote each for range and sticky, and sticky comes first in the table"
    );
}

#[test]
fn in_completing_rebalance_a_return_starts_over_and_fences_what_is_parked() {
    let mut rig = Rig::new();
    rig.join_static("i");
    rig.join_static("j");
    rig.at(0);
    rig.sync("j-2", 1, &[]);
    assert_eq!(
        rig.join_static("j"),
        [
            "#3 sync FENCED_INSTANCE_ID",
            "prepare: Updating metadata for static member j-3 with instance id j; client reason: not provided"
        ]
    );
    assert_eq!(rig.join_static("j"), ["#4 join FENCED_INSTANCE_ID j-3"]);
}

#[test]
fn what_cannot_be_committed_is_undone_and_the_former_id_is_good_again() {
    let mut rig = two_statics(BrokerVersion::V4_3);
    rig.commit_by_hand();
    rig.join_static("j");
    assert_eq!(rig.at(4_999), [""; 0]);
    assert_eq!(rig.at(5_000), ["#5 join COORDINATOR_NOT_AVAILABLE"]);
    assert_eq!(rig.members(), ["i-1", "j-2"]);
    assert_eq!(rig.commit(), [""; 0]);
    assert_eq!(rig.heartbeat("j-2", 1), ["#6 heartbeat NONE"]);
}

#[test]
fn undoing_the_return_of_a_member_that_has_left_meanwhile_miscounts_as_kafka_does() {
    let mut rig = Rig::new();
    for instance in ["i", "j"] {
        let mut both = returning(instance);
        both.protocols = protocols(&["range", "sticky"], &["t"]);
        rig.send(Request::from(both));
    }
    rig.at(0);
    rig.sync("i-1", 1, &[]);
    rig.commit_by_hand();
    rig.join_static("j");
    rig.leave(&["j-3"]);
    rig.at(5_000);
    rig.commit();
    let mut newcomer = Rig::join_request("d", "");
    newcomer.protocols = protocols(&["sticky"], &["t"]);
    assert_eq!(
        rig.send(Request::from(newcomer)),
        ["#6 join INCONSISTENT_GROUP_PROTOCOL"],
        "the only member offers sticky, but it is counted twice"
    );
}

#[test]
fn two_point_three_answers_a_returning_leader_at_once_with_the_former_leader_and_writes_nothing() {
    let config = crate::GroupConfig { initial_rebalance_delay_ms: 0, ..Default::default() };
    let mut rig = Rig::with(config, BrokerVersion::V2_3);
    rig.join_static("i");
    rig.at(0);
    assert_eq!(rig.members(), ["i-0"], "the second half of an id is the time of the last change of state");
    rig.sync("i-0", 1, &[]);
    rig.at(7);
    rig.join_static("j");
    rig.join("c", "i-0");
    rig.sync("i-0", 2, &[]);
    rig.at(9);
    assert_eq!(rig.join_static("i"), ["#6 join i-7 of 2 led by i-0 []"]);
}
