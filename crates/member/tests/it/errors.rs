//! What a member does when it is told that it is not what it thinks.

use member::classic::MemberState;
use member::{ClientConfig, Consumer, Observation};
use protocol::message::{FindCoordinatorResponse, Response};
use protocol::{BrokerId, ErrorCode, Generation};

use crate::hand::{Hand, cooperative, eager, ms, partitions};

#[test]
fn an_unknown_member_loses_everything_and_joins_as_a_newcomer() {
    let mut hand = Hand::stable(cooperative(), &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::UnknownMemberId);
    let lost = Observation::Lost { partitions: partitions(&[0]).into(), generation: Generation::NONE };
    assert_eq!(hand.seen(), [lost]);
    assert!(hand.refuse_join(ErrorCode::MemberIdRequired, "n").member_id.is_empty());
}

#[test]
fn an_illegal_generation_keeps_the_member_id() {
    let mut hand = Hand::stable(eager(), &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::IllegalGeneration);
    assert_eq!(hand.joined("m", 5).member_id.as_str(), "m");
}

#[test]
fn a_fenced_instance_fails_for_good() {
    let mut hand = Hand::stable(ClientConfig { instance_id: Some("i".into()), ..eager() }, &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::FencedInstanceId);
    assert!(matches!(
        hand.seen()[..],
        [Observation::Lost { .. }, Observation::Failed { error: ErrorCode::FencedInstanceId }]
    ));
    assert!(hand.member.is_ended());
}

#[test]
fn a_member_that_does_not_poll_leaves_and_a_static_one_falls_silent() {
    for (instance_id, goodbye) in [(None, vec!["LeaveGroup"]), (Some("i".into()), vec![])] {
        let config = ClientConfig { instance_id, max_poll_interval: ms(10_000), auto_commit: false, ..eager() };
        let mut hand = Hand::stable(config, &[0]);
        hand.act(Consumer::away);
        for _ in 0..3 {
            hand.wait(ms(3_000));
            hand.heartbeat(ErrorCode::None);
        }
        hand.wait(ms(1_000));
        assert_eq!(hand.asked(), goodbye);
        hand.wait(ms(20_000));
        assert_eq!(hand.asked(), goodbye, "no heartbeats any more");
        assert!(hand.seen().is_empty(), "the application learns of it when it polls");
        hand.act(Consumer::poll);
        assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]));
    }
}

#[test]
fn a_new_coordinator_is_looked_for_and_membership_goes_on() {
    let mut hand = Hand::stable(eager(), &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::NotCoordinator);
    assert_eq!(hand.asked(), ["FindCoordinator"]);
    assert_eq!((hand.state(), hand.member.generation()), (MemberState::Stable, Generation(1)));
    assert!(hand.seen().is_empty());
}

#[test]
fn a_lost_join_is_sent_again_to_the_next_coordinator() {
    let mut hand = Hand::stable(eager(), &[]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert_eq!(hand.asked(), ["JoinGroup"]);
    hand.refuse_join(ErrorCode::NotCoordinator, "m");
    assert_eq!(hand.asked(), ["FindCoordinator"]);
}

#[test]
fn a_refused_heartbeat_is_sent_again_after_a_backoff_and_the_beat_goes_on_from_there() {
    let mut hand = Hand::stable(ClientConfig { auto_commit: false, ..eager() }, &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::NotCoordinator);
    hand.found();
    hand.wait(ms(99));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["Heartbeat"]);
    hand.heartbeat(ErrorCode::None);
    hand.wait(ms(2_999));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["Heartbeat"]);
}

#[test]
fn a_heartbeat_that_falls_due_without_a_coordinator_leaves_when_one_is_found() {
    let mut hand = Hand::stable(ClientConfig { auto_commit: false, ..eager() }, &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::NotCoordinator);
    hand.wait(ms(500));
    assert_eq!(hand.asked(), ["FindCoordinator"]);
    hand.found();
    hand.wait(ms(0));
    assert_eq!(hand.asked(), ["Heartbeat"]);
}

#[test]
fn an_interval_commit_that_may_succeed_later_is_sent_again_after_a_backoff() {
    let mut hand = Hand::stable(ClientConfig { auto_commit_interval: ms(1_000), ..eager() }, &[0]);
    hand.wait(ms(1_000));
    hand.committed(ErrorCode::CoordinatorLoadInProgress);
    hand.wait(ms(99));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    hand.committed(ErrorCode::None);
    hand.wait(ms(999));
    assert!(hand.asked().is_empty(), "a whole interval later again");
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["OffsetCommit"]);
}

#[test]
fn an_interval_commit_that_falls_due_without_a_coordinator_leaves_when_one_is_found() {
    let mut hand = Hand::stable(ClientConfig { auto_commit_interval: ms(4_000), ..eager() }, &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::NotCoordinator);
    hand.wait(ms(5_500));
    assert_eq!(hand.asked(), ["FindCoordinator"]);
    hand.found();
    hand.wait(ms(0));
    assert_eq!(hand.asked(), ["OffsetCommit", "Heartbeat"]);
}

#[test]
fn look_ups_of_a_member_that_polls_are_a_backoff_apart_however_many_failed() {
    let mut hand = Hand::stable(eager(), &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::NotCoordinator);
    for _ in 0..5 {
        let answer = FindCoordinatorResponse { error: ErrorCode::CoordinatorNotAvailable, coordinator: BrokerId(0) };
        hand.answer("FindCoordinator", Response::from(answer));
        assert!(hand.asked().is_empty());
        hand.wait(ms(100));
        assert_eq!(hand.asked(), ["FindCoordinator"]);
    }
}
