//! librdkafka: passes, limits on joins, callbacks that the application is wanted for, closes.

use assignor::ClientAssignorKind;
use member::{ClientConfig, ClientFamily, Consumer, Destination, Observation};
use protocol::message::{Request, Response, SyncGroupResponse};
use protocol::{BrokerId, ErrorCode, SimTime};

use crate::hand::{Durations, Hand, assigned, cooperative, eager, ms, revoked};

/// Timers that fire a millisecond late, everything else at once.
fn late() -> Durations {
    Durations { lateness: ms(1), ..Durations::default() }
}

fn newcomer(config: ClientConfig) -> Hand {
    let mut hand = Hand::of(ClientFamily::Librdkafka, config);
    hand.durations = late();
    hand.start();
    hand
}

/// In generation 1 with these partitions since 0 ms, when its first heartbeat left, too.
fn stable(config: ClientConfig, numbers: &[i32]) -> Hand {
    Hand::stable_of(ClientFamily::Librdkafka, late(), ClientConfig { auto_commit: false, ..config }, numbers)
}

fn refuse_sync(hand: &mut Hand, error: ErrorCode) {
    hand.answer("SyncGroup", Response::from(SyncGroupResponse::refusal(error)));
}

#[test]
fn a_newcomer_learns_of_topics_then_of_the_coordinator_and_joins_twice() {
    let mut hand = Hand::of(ClientFamily::Librdkafka, eager());
    hand.create();
    assert_eq!(hand.asked(), ["Metadata"]);
    hand.answer_metadata(4);
    assert_eq!(hand.asked(), ["FindCoordinator"]);
    hand.found();
    assert!(hand.refuse_join(ErrorCode::MemberIdRequired, "m").member_id.is_empty());
    let request = hand.joined("m", 1);
    assert_eq!((request.version, request.reason), (5, None));
    assert_eq!(hand.asked(), ["SyncGroup"]);
}

#[test]
fn the_first_heartbeat_leaves_with_the_assignment_and_the_next_with_the_first_tick_after_its_interval() {
    let mut hand = newcomer(eager());
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    hand.joined("m", 1);
    hand.wait(ms(100));
    hand.synced(&[]);
    assert_eq!(hand.asked(), ["Heartbeat"]);
    hand.heartbeat(ErrorCode::None);
    // Due after 3,151 ms; the poll check ticks every 501 ms from 151 on, housekeeping every 1,001 from 0 on.
    hand.wait(ms(3_005));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!((hand.asked(), hand.now.as_millis()), (vec!["Heartbeat"], 3_157));
    hand.heartbeat(ErrorCode::None);
    hand.wait(ms(3_005));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["Heartbeat"]);
}

#[test]
fn a_join_does_not_move_the_phase_of_heartbeats() {
    let mut hand = stable(eager(), &[]);
    hand.wait(ms(3_006));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert_eq!(hand.asked(), ["JoinGroup"]);
    hand.wait(ms(1_000));
    hand.joined("m", 2);
    hand.synced(&[]);
    assert!(hand.asked().is_empty(), "the last one left a second ago");
    // It left with the poll check at 3,057, so the next is due after 6,057: the poll check, which the assignment at
    // 4,057 has started anew, ticks at 6,061, housekeeping at 6,006 and 7,007.
    hand.wait(ms(2_003));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["Heartbeat"]);
}

#[test]
fn a_heartbeat_that_fell_due_during_a_long_join_leaves_at_once_after_it() {
    let mut hand = stable(eager(), &[]);
    hand.wait(ms(3_006));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.wait(ms(5_000));
    assert_eq!(hand.asked(), ["JoinGroup"], "none while JoinGroup is under way");
    hand.joined("m", 2);
    hand.synced(&[]);
    assert_eq!(hand.asked(), ["Heartbeat"]);
}

#[test]
fn an_eager_member_waits_for_its_application_to_revoke_but_heartbeats_on() {
    let mut hand = stable(ClientConfig { assignors: vec![ClientAssignorKind::Range], ..eager() }, &[0, 1]);
    hand.member.set_backlogged(true);
    hand.act(Consumer::poll);
    hand.wait(ms(3_006));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert!(hand.member.wants_poll() && !hand.member.is_delivering());
    hand.wait(ms(3_006));
    assert_eq!((hand.asked(), hand.seen()), (vec!["Heartbeat"], vec![]));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.durations.revoke = ms(400);
    hand.act(Consumer::poll);
    assert_eq!(hand.seen(), [revoked(&[0, 1], 1)]);
    hand.wait(ms(399));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["JoinGroup"]);
}

#[test]
fn positions_of_revoked_partitions_are_committed_before_the_join() {
    let mut hand = Hand::stable_of(ClientFamily::Librdkafka, late(), eager(), &[0]);
    hand.wait(ms(3_006));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert_eq!((hand.asked(), hand.seen()), (vec!["OffsetCommit"], vec![revoked(&[0], 1)]));
    hand.committed(ErrorCode::None);
    assert_eq!(hand.asked(), ["JoinGroup"]);
}

#[test]
fn a_follower_whose_sync_is_refused_waits_for_a_second_since_its_last_join() {
    let mut hand = newcomer(eager());
    hand.wait(ms(300));
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    hand.joined("m", 1);
    refuse_sync(&mut hand, ErrorCode::RebalanceInProgress);
    // The limit is over at 1,351; before the first assignment only housekeeping ticks, at 1,001 and 2,002.
    hand.wait(ms(1_650));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["JoinGroup"]);
}

#[test]
fn a_leader_asks_for_topics_before_it_plans_and_may_rejoin_at_once() {
    let mut hand = newcomer(eager());
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    let answer = hand.join_answer("m", "m", 1);
    hand.answer("JoinGroup", Response::from(answer));
    assert_eq!(hand.asked(), ["Metadata"]);
    hand.answer_metadata(4);
    match hand.answer("SyncGroup", Response::from(SyncGroupResponse::refusal(ErrorCode::RebalanceInProgress))) {
        Request::SyncGroup(request) => assert_eq!(request.assignments.len(), 2),
        other => panic!("{other:?}"),
    }
    assert_eq!(hand.asked(), ["JoinGroup"]);
}

#[test]
fn a_refused_join_is_repeated_after_two_seconds() {
    let mut hand = stable(eager(), &[]);
    hand.wait(ms(3_006));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert_eq!(hand.refuse_join(ErrorCode::UnknownMemberId, "").member_id.as_str(), "m");
    hand.wait(ms(2_000));
    assert!(hand.asked().is_empty());
    hand.wait(ms(501));
    assert!(hand.refuse_join(ErrorCode::MemberIdRequired, "n").member_id.is_empty());
    assert_eq!(hand.asked(), ["JoinGroup"], "an id is no refusal");
}

#[test]
fn a_cooperative_member_revokes_assigns_learns_positions_and_only_then_rejoins() {
    let mut hand = stable(cooperative(), &[0, 1]);
    hand.wait(ms(3_006));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert!(hand.seen().is_empty() && hand.member.is_delivering());
    hand.joined("m", 2);
    hand.synced(&[0, 2]);
    assert_eq!(hand.seen(), [revoked(&[1], 2), assigned(&[2], 2, 2)]);
    assert_eq!(hand.asked(), ["OffsetFetch"]);
    hand.offsets(&[2]);
    assert_eq!(hand.asked(), ["JoinGroup"]);
    assert!(hand.member.is_delivering());
    hand.joined("m", 3);
    hand.synced(&[0, 2]);
    assert!(hand.seen().contains(&assigned(&[], 3, 2)));
}

#[test]
fn a_cooperative_member_does_not_rejoin_within_a_second_for_others() {
    let mut hand = stable(cooperative(), &[0]);
    hand.wait(ms(3_006));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.joined("m", 2);
    refuse_sync(&mut hand, ErrorCode::RebalanceInProgress);
    hand.wait(ms(1_000));
    assert!(hand.asked().is_empty());
    hand.wait(ms(503));
    assert_eq!(hand.asked(), ["JoinGroup"]);
}

#[test]
fn every_member_rejoins_when_a_topic_has_grown() {
    for (config, seen) in [(eager(), vec![revoked(&[0], 1)]), (cooperative(), vec![])] {
        let mut hand = stable(ClientConfig { metadata_max_age: ms(4_000), ..config }, &[0]);
        hand.wait(ms(2_000));
        hand.act(Consumer::topics_changed);
        hand.wait(ms(1_949));
        hand.heartbeat(ErrorCode::None);
        assert!(hand.asked().is_empty());
        hand.wait(ms(1));
        assert_eq!((hand.asked(), hand.now.as_millis()), (vec!["Metadata"], 4_001));
        hand.answer_metadata(9);
        assert_eq!((hand.seen(), hand.asked()), (seen, vec!["JoinGroup"]));
    }
}

#[test]
fn a_member_that_does_not_poll_leaves_and_joins_as_a_newcomer_when_it_polls_again() {
    for (instance_id, goodbye) in [(None, vec!["LeaveGroup"]), (Some("i".into()), vec![])] {
        let config = ClientConfig { instance_id, max_poll_interval: ms(7_000), ..eager() };
        let mut hand = stable(config, &[0]);
        hand.act(Consumer::away);
        for _ in 0..2 {
            hand.wait(ms(3_006));
            hand.heartbeat(ErrorCode::None);
        }
        hand.wait(ms(1_500));
        assert_eq!(hand.asked(), goodbye);
        if !goodbye.is_empty() {
            hand.left();
        }
        hand.wait(ms(20_000));
        assert!(hand.asked().is_empty() && hand.seen().is_empty(), "it neither heartbeats nor joins");
        hand.act(Consumer::poll);
        assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]));
        assert!(hand.refuse_join(ErrorCode::MemberIdRequired, "n").member_id.is_empty());
    }
}

#[test]
fn an_unknown_member_loses_everything_and_joins_as_a_newcomer() {
    for config in [eager(), cooperative()] {
        let mut hand = stable(config, &[0]);
        hand.wait(ms(3_006));
        hand.heartbeat(ErrorCode::UnknownMemberId);
        assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]));
        assert!(hand.refuse_join(ErrorCode::MemberIdRequired, "n").member_id.is_empty());
    }
}

#[test]
fn a_close_revokes_commits_and_leaves_once() {
    let mut hand = Hand::stable_of(ClientFamily::Librdkafka, late(), eager(), &[0]);
    hand.act(Consumer::close);
    assert_eq!((hand.seen(), hand.asked()), (vec![revoked(&[0], 1)], vec!["OffsetCommit"]));
    hand.committed(ErrorCode::None);
    assert_eq!(hand.asked(), ["LeaveGroup"]);
    hand.wait(ms(4_999));
    assert!(!hand.member.is_ended());
    hand.wait(ms(1));
    assert_eq!((hand.seen(), hand.member.is_ended()), (vec![Observation::Closed], true));
}

#[test]
fn a_close_waits_for_a_coordinator_that_takes_its_commit_as_long_as_its_session_and_then_leaves() {
    for error in [ErrorCode::NotCoordinator, ErrorCode::CoordinatorNotAvailable] {
        let mut hand = Hand::stable_of(ClientFamily::Librdkafka, late(), eager(), &[0]);
        hand.act(Consumer::close);
        hand.committed(error);
        hand.wait(ms(2_000));
        assert_eq!(hand.asked(), ["FindCoordinator"]);
        hand.found();
        assert_eq!(hand.asked(), ["OffsetCommit"]);
        hand.committed(ErrorCode::None);
        assert_eq!(hand.asked(), ["LeaveGroup"]);
    }
    let config = ClientConfig { session_timeout: ms(10_000), ..eager() };
    let mut hand = Hand::stable_of(ClientFamily::Librdkafka, late(), config, &[0]);
    hand.wait(ms(3_006));
    hand.act(|member, cx| member.on_disconnect(Destination::Coordinator(BrokerId(1)), cx));
    hand.act(Consumer::close);
    hand.wait(ms(9_999));
    assert!(!hand.member.is_ended());
    hand.wait(ms(2));
    assert!(hand.member.is_ended() && !hand.went.iter().any(|(api, _)| *api == "LeaveGroup"), "{:?}", hand.went);
}

#[test]
fn a_close_without_anything_to_commit_does_not_wait_for_a_coordinator() {
    let mut hand = stable(eager(), &[0]);
    hand.act(|member, cx| member.on_disconnect(Destination::Coordinator(BrokerId(1)), cx));
    hand.act(Consumer::close);
    hand.wait(ms(0));
    assert!(hand.member.is_ended() && !hand.went.iter().any(|(api, _)| *api == "LeaveGroup"), "it leaves a ghost");
}

#[test]
fn a_static_member_closes_without_a_word_and_so_does_a_cooperative_one_without_partitions() {
    let fixed = ClientConfig { instance_id: Some("i".into()), ..eager() };
    for (config, numbers) in [(fixed, &[0][..]), (cooperative(), &[])] {
        let mut hand = stable(config, numbers);
        hand.act(Consumer::close);
        assert!(hand.asked().is_empty() && hand.member.is_ended());
    }
}

#[test]
fn a_close_during_a_join_leaves_behind_it() {
    let mut hand = stable(cooperative(), &[0]);
    hand.wait(ms(3_006));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.act(Consumer::close);
    assert_eq!((hand.seen(), hand.asked()), (vec![revoked(&[0], 1)], vec!["JoinGroup", "LeaveGroup"]));
    hand.joined("m", 2);
    assert_eq!(hand.asked(), ["LeaveGroup"], "the answer to the join is dropped");
    hand.left();
    assert!(hand.member.is_ended());
}

#[test]
fn a_bootstrap_server_that_answers_late_costs_another_interval() {
    let asks = |answered, asked| {
        let mut hand = Hand::of(ClientFamily::Librdkafka, eager());
        hand.act(|member, cx| member.start(SimTime::ZERO, cx));
        hand.wait(ms(answered));
        hand.answer_metadata(4);
        if answered < asked {
            assert!(hand.asked().is_empty(), "answered at {answered} ms");
            assert_eq!(hand.member.next_deadline().as_millis(), asked);
            hand.wait(ms(asked - answered));
        }
        assert_eq!(hand.asked(), ["Metadata"], "answered at {answered} ms");
    };
    // The second attempt is made 51 ms after the first if the first has come to a connection by then.
    asks(20, 51);
    asks(51, 51);
    asks(52, 102);
    asks(130, 130);
}

#[test]
fn timers_run_from_the_creation_of_the_consumer() {
    let config = ClientConfig { metadata_max_age: ms(4_000), ..eager() };
    let mut hand = Hand::of(ClientFamily::Librdkafka, config);
    hand.wait(ms(200));
    hand.act(|member, cx| member.start(SimTime::ZERO, cx));
    hand.answer_metadata(4);
    hand.answer_metadata(4);
    hand.found();
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    hand.act(Consumer::topics_changed);
    assert_eq!(hand.member.next_deadline().as_millis(), 4_000);
}
