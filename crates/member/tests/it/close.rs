//! Clean stops.

use member::{ClientConfig, ClientFamily, Consumer, GroupMembershipOperation, Observation};
use protocol::{ErrorCode, Generation};

use crate::consumer_protocol::settled;
use crate::hand::{Durations, Hand, cooperative, eager, ms, partitions};

#[test]
fn a_dynamic_member_commits_revokes_leaves_and_is_closed() {
    let mut hand = Hand::stable(eager(), &[0]);
    hand.act(Consumer::close);
    assert_eq!(hand.asked(), ["OffsetCommit"]);
    hand.committed(ErrorCode::None);
    assert_eq!(hand.asked(), ["LeaveGroup"]);
    hand.left();
    let generation = Generation(1);
    assert_eq!(
        hand.seen(),
        [Observation::Revoked { partitions: partitions(&[0]).into(), generation }, Observation::Closed]
    );
    assert!(hand.member.is_ended());
}

#[test]
fn a_static_member_goes_without_a_word() {
    let mut hand = Hand::stable(ClientConfig { instance_id: Some("i".into()), ..eager() }, &[0]);
    hand.act(Consumer::close);
    hand.committed(ErrorCode::None);
    assert!(hand.asked().is_empty() && hand.member.is_ended());
}

#[test]
fn the_application_says_what_becomes_of_the_membership() {
    use GroupMembershipOperation::{Default, LeaveGroup, RemainInGroup};
    for (is_static, operation, leaves) in [
        (false, Default, true),
        (false, LeaveGroup, true),
        (false, RemainInGroup, false),
        (true, Default, false),
        (true, LeaveGroup, true),
        (true, RemainInGroup, false),
    ] {
        let instance_id = is_static.then(|| "i".into());
        let mut hand = Hand::stable(ClientConfig { instance_id, ..eager() }, &[0]);
        hand.act(|member, cx| member.close_with(operation, cx));
        hand.committed(ErrorCode::None);
        let asked = hand.asked();
        assert_eq!(asked == ["LeaveGroup"], leaves, "static: {is_static}, {operation:?}: {asked:?}");
        assert_eq!(hand.member.is_ended(), !leaves, "static: {is_static}, {operation:?}");
    }
}

#[test]
fn no_heartbeat_leaves_while_the_last_callback_runs() {
    let mut hand = Hand::stable(eager(), &[0]);
    hand.durations.revoke = ms(20_000);
    hand.act(Consumer::close);
    hand.committed(ErrorCode::None);
    hand.wait(ms(19_999));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["LeaveGroup"]);
}

#[test]
fn a_close_during_a_join_loses_its_partitions_and_waits_for_both_answers() {
    let mut hand = Hand::stable(cooperative(), &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.committed(ErrorCode::None);
    hand.act(Consumer::close);
    assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]));
    assert_eq!(hand.asked(), ["JoinGroup", "LeaveGroup"]);
    hand.joined("m", 2);
    assert!(!hand.member.is_ended());
    hand.left();
    assert!(hand.member.is_ended());
}

#[test]
fn a_close_that_gets_no_answer_gives_up_after_thirty_seconds() {
    let mut hand = Hand::stable(eager(), &[]);
    hand.act(Consumer::close);
    assert_eq!(hand.asked(), ["LeaveGroup"]);
    hand.wait(ms(29_999));
    assert!(!hand.member.is_ended());
    hand.wait(ms(1));
    assert!(hand.member.is_ended());
}

#[test]
fn a_close_commits_again_while_the_coordinator_loads_and_then_leaves() {
    let mut hand = Hand::stable(eager(), &[0]);
    hand.act(Consumer::close);
    for backoff in [100, 200, 400] {
        hand.committed(ErrorCode::CoordinatorLoadInProgress);
        assert!(hand.asked().is_empty());
        hand.wait(ms(backoff));
        assert_eq!(hand.asked(), ["OffsetCommit"]);
    }
    hand.committed(ErrorCode::None);
    assert_eq!(hand.asked(), ["LeaveGroup"]);
}

#[test]
fn a_close_waits_until_the_coordinator_is_found_at_most_for_the_request_timeout() {
    for is_found in [true, false] {
        let mut hand = Hand::stable(eager(), &[0]);
        hand.act(Consumer::close);
        hand.committed(ErrorCode::NotCoordinator);
        hand.wait(ms(5_000));
        assert_eq!(hand.asked(), ["FindCoordinator"]);
        if is_found {
            hand.found();
            hand.wait(ms(0));
            assert_eq!(hand.asked(), ["OffsetCommit", "Heartbeat"]);
            hand.committed(ErrorCode::None);
            assert!(hand.asked().contains(&"LeaveGroup"));
        } else {
            hand.wait(ms(24_999));
            assert!(!hand.member.is_ended());
            hand.wait(ms(1));
            assert!(hand.member.is_ended(), "nobody is left to say goodbye to");
        }
    }
}

#[test]
fn a_close_under_the_consumer_protocol_waits_for_its_coordinator_with_the_last_commit() {
    let mut hand = settled(ClientFamily::Java, Durations::default(), true, &[0]);
    hand.act(Consumer::close);
    hand.committed(ErrorCode::CoordinatorLoadInProgress);
    assert!(hand.asked().is_empty());
    hand.wait(ms(100));
    hand.committed(ErrorCode::NotCoordinator);
    assert_eq!(hand.asked(), ["FindCoordinator"]);
    hand.wait(ms(3_000));
    hand.found();
    hand.wait(ms(0));
    assert!(hand.asked().contains(&"OffsetCommit"), "{:?}", hand.asked());
    hand.committed(ErrorCode::None);
    assert!(hand.seen().iter().any(|seen| matches!(seen, Observation::Revoked { .. })));
    assert!(hand.answer_leave().member_epoch.0 < 0);
    assert!(hand.member.is_ended());
}

#[test]
fn an_interval_commit_under_the_consumer_protocol_waits_for_the_coordinator() {
    let mut hand = settled(ClientFamily::Java, Durations::default(), true, &[0]);
    while !hand.asked().contains(&"ConsumerGroupHeartbeat") {
        hand.wait(ms(1));
        if hand.asked().contains(&"OffsetCommit") {
            hand.committed(ErrorCode::None);
        }
    }
    hand.refuse_beat(ErrorCode::NotCoordinator);
    hand.wait(ms(6_000));
    assert_eq!(hand.asked(), ["FindCoordinator"]);
    hand.found();
    assert!(hand.asked().contains(&"OffsetCommit"), "{:?}", hand.asked());
}
