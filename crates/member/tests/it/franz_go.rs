//! franz-go: one goroutine that never waits for the application.

use member::{ClientConfig, ClientFamily, Consumer, Destination, Observation};
use protocol::message::{LeaveGroupResponse, Response, SyncGroupResponse};
use protocol::{BrokerId, ErrorCode, Generation, SimTime};

use crate::hand::{Durations, Hand, assigned, cooperative, eager, ms, partitions, revoked};

fn defaults(config: ClientConfig) -> ClientConfig {
    ClientConfig { assignors: config.assignors, auto_commit: false, ..ClientFamily::FranzGo.profile().config() }
}

fn stable(config: ClientConfig, numbers: &[i32]) -> Hand {
    Hand::stable_of(ClientFamily::FranzGo, Durations::default(), defaults(config), numbers)
}

fn committing(config: ClientConfig, numbers: &[i32]) -> Hand {
    let config = ClientConfig { auto_commit: true, ..defaults(config) };
    Hand::stable_of(ClientFamily::FranzGo, Durations::default(), config, numbers)
}

#[test]
fn join_and_sync_have_a_connection_of_their_own() {
    let hand = stable(eager(), &[0]);
    let to = |name| hand.went.iter().find(|(api, _)| *api == name).map(|(_, to)| *to);
    assert_eq!(to("JoinGroup"), Some(Destination::CoordinatorWaiting(BrokerId(1))));
    assert_eq!(to("SyncGroup"), Some(Destination::CoordinatorWaiting(BrokerId(1))));
    assert_eq!(to("OffsetFetch"), Some(Destination::Coordinator(BrokerId(1))));
}

#[test]
fn the_rebalance_timeout_is_a_minute_whatever_the_poll_interval() {
    let mut hand = Hand::of(ClientFamily::FranzGo, defaults(eager()));
    hand.start();
    let request = hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    assert_eq!((request.rebalance_timeout_ms, request.session_timeout_ms), (60_000, 45_000));
    assert_eq!(hand.asked(), ["JoinGroup"]);
}

#[test]
fn heartbeats_leave_an_interval_after_the_answer_to_the_one_before() {
    let mut hand = stable(eager(), &[]);
    hand.wait(ms(2_999));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["Heartbeat"]);
    hand.wait(ms(5_000));
    assert_eq!(hand.asked(), ["Heartbeat"], "the loop waits for the answer");
    hand.heartbeat(ErrorCode::None);
    hand.wait(ms(2_999));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["Heartbeat"]);
}

#[test]
fn a_cooperative_member_looks_for_the_second_join_after_half_a_second() {
    let mut hand = stable(cooperative(), &[0]);
    for length in [500, 3_000, 3_000] {
        hand.wait(ms(length - 1));
        assert!(hand.asked().is_empty());
        hand.wait(ms(1));
        assert_eq!(hand.asked(), ["Heartbeat"]);
        hand.heartbeat(ErrorCode::None);
    }
}

#[test]
fn an_eager_member_revokes_commits_and_joins_whatever_its_application_does() {
    let mut hand = committing(eager(), &[0, 1]);
    hand.act(Consumer::away);
    hand.durations.revoke = ms(700);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert_eq!(hand.seen(), [revoked(&[0, 1], 1)]);
    assert!(!hand.member.wants_poll() && !hand.member.is_delivering());
    hand.wait(ms(699));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["OffsetCommit"]);
    hand.committed(ErrorCode::None);
    assert_eq!(hand.joined("m", 2).member_id.as_str(), "m");
    hand.synced(&[1]);
    assert_eq!(hand.seen(), [assigned(&[1], 2, 1)]);
}

#[test]
fn heartbeats_go_on_beside_a_slow_revoked_callback() {
    let mut hand = stable(eager(), &[0]);
    hand.durations.revoke = ms(10_000);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.wait(ms(3_000));
    assert_eq!(hand.asked(), ["Heartbeat"]);
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.wait(ms(7_000));
    assert!(hand.asked().contains(&"JoinGroup"));
}

#[test]
fn a_cooperative_member_reads_on_through_a_rebalance_that_takes_nothing() {
    let mut hand = committing(cooperative(), &[0]);
    hand.wait(ms(500));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert_eq!((hand.seen(), hand.asked()), (vec![], vec!["OffsetCommit"]), "the callback is called with nothing");
    hand.committed(ErrorCode::None);
    assert!(hand.member.is_delivering());
    hand.joined("m", 2);
    hand.synced(&[0]);
    assert_eq!((hand.seen(), hand.asked()), (vec![assigned(&[], 2, 1)], vec![]));
    assert!(hand.member.is_delivering());
}

#[test]
fn a_cooperative_member_rejoins_at_once_after_it_has_lost_something() {
    let mut hand = stable(cooperative(), &[0, 1]);
    hand.durations.revoke = ms(50);
    hand.durations.assign = ms(30);
    hand.wait(ms(500));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.joined("m", 2);
    hand.synced(&[0, 2]);
    assert_eq!(hand.seen(), [revoked(&[1], 2)]);
    hand.wait(ms(50));
    assert_eq!(hand.seen(), [assigned(&[2], 2, 2)]);
    hand.wait(ms(29));
    assert!(hand.asked().is_empty(), "not before the assigned callback has returned");
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["JoinGroup"], "offsets can wait");
    hand.joined("m", 3);
    hand.synced(&[0, 2]);
    hand.wait(ms(0));
    hand.offsets(&[2]);
    assert!(hand.member.is_ready());
}

#[test]
fn a_sync_that_comes_too_late_is_followed_by_a_join_at_once() {
    let mut hand = stable(eager(), &[]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.joined("m", 2);
    hand.answer("SyncGroup", Response::from(SyncGroupResponse::refusal(ErrorCode::RebalanceInProgress)));
    assert_eq!(hand.asked(), ["JoinGroup"]);
}

#[test]
fn an_unknown_member_loses_everything_backs_off_and_needs_three_joins() {
    let mut hand = stable(cooperative(), &[0]);
    hand.wait(ms(500));
    hand.heartbeat(ErrorCode::UnknownMemberId);
    let generation = Generation(1);
    assert_eq!(hand.seen(), [Observation::Lost { partitions: partitions(&[0]).into(), generation }]);
    hand.wait(ms(249));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.refuse_join(ErrorCode::UnknownMemberId, "").member_id.as_str(), "m");
    assert!(hand.refuse_join(ErrorCode::MemberIdRequired, "n").member_id.is_empty());
    assert_eq!(hand.joined("n", 2).member_id.as_str(), "n");
}

#[test]
fn failures_in_a_row_back_off_twice_as_long_each_time() {
    let mut hand = stable(eager(), &[]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    for backoff in [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000] {
        hand.refuse_join(ErrorCode::GroupMaxSizeReached, "m");
        hand.wait(ms(backoff - 1));
        assert!(hand.asked().is_empty());
        hand.wait(ms(1));
        assert_eq!(hand.asked(), ["JoinGroup"]);
    }
}

#[test]
fn a_commit_that_falls_due_during_the_join_leaves_after_the_sync_and_keeps_the_grid() {
    let mut hand = committing(cooperative(), &[0]);
    for length in [500, 3_000] {
        hand.wait(ms(length));
        let error = if length == 500 { ErrorCode::None } else { ErrorCode::RebalanceInProgress };
        hand.heartbeat(error);
    }
    hand.committed(ErrorCode::None);
    hand.wait(ms(2_000));
    assert_eq!(hand.asked(), ["JoinGroup"], "5,000 ms have passed meanwhile");
    hand.joined("m", 2);
    hand.synced(&[0]);
    assert_eq!(hand.asked(), ["OffsetCommit"]);
    hand.committed(ErrorCode::None);
    hand.wait(ms(500));
    hand.heartbeat(ErrorCode::None);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::None);
    hand.wait(ms(1_000));
    assert_eq!((hand.asked(), hand.now.as_millis()), (vec!["OffsetCommit"], 10_000));
}

#[test]
fn the_leader_alone_rejoins_when_a_topic_has_grown() {
    for leads in [true, false] {
        let config = ClientConfig { metadata_max_age: ms(4_000), ..defaults(eager()) };
        let mut hand = Hand::of(ClientFamily::FranzGo, config);
        hand.start();
        hand.refuse_join(ErrorCode::MemberIdRequired, "m");
        let answer = hand.join_answer("m", if leads { "m" } else { "other" }, 1);
        hand.answer("JoinGroup", Response::from(answer));
        hand.synced(&[]);
        hand.act(Consumer::topics_changed);
        hand.wait(ms(3_000));
        hand.heartbeat(ErrorCode::None);
        hand.wait(ms(1_000));
        assert_eq!(hand.asked(), ["Metadata"]);
        hand.answer_metadata(9);
        assert_eq!(hand.asked().contains(&"JoinGroup"), leads);
    }
}

#[test]
fn looks_at_topics_follow_each_others_answers_if_their_interval_is_short_and_the_clients_clock_else() {
    for (age, looks_at) in [(ms(4_000), 4_300), (ms(6_000), 6_000)] {
        let config = ClientConfig { metadata_max_age: age, ..defaults(eager()) };
        let mut hand = Hand::of(ClientFamily::FranzGo, config);
        // The first request leaves 200 ms after the client was made, and is answered 100 ms later.
        hand.wait(ms(200));
        hand.act(|member, cx| member.start(SimTime::ZERO, cx));
        hand.wait(ms(100));
        hand.answer_metadata(4);
        hand.act(Consumer::topics_changed);
        assert_eq!(hand.member.next_deadline().as_millis(), looks_at);
    }
}

#[test]
fn a_close_waits_for_the_join_to_end_then_revokes_and_leaves() {
    let mut hand = stable(cooperative(), &[0]);
    hand.wait(ms(500));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.act(Consumer::close);
    assert_eq!((hand.asked(), hand.seen()), (vec!["JoinGroup"], vec![]));
    hand.joined("m", 2);
    hand.synced(&[0]);
    assert_eq!(hand.seen(), [assigned(&[], 2, 1), revoked(&[0], 2)]);
    assert_eq!(hand.asked(), ["LeaveGroup"]);
    hand.left();
    assert_eq!((hand.seen(), hand.member.is_ended()), (vec![Observation::Closed], true));
}

#[test]
fn a_close_repeats_its_last_commit_until_a_coordinator_takes_it_or_its_time_is_over() {
    for refusal in [ErrorCode::NotCoordinator, ErrorCode::CoordinatorLoadInProgress] {
        let mut hand = committing(cooperative(), &[0]);
        hand.act(Consumer::close);
        assert_eq!((hand.asked(), hand.seen()), (vec!["OffsetCommit"], vec![revoked(&[0], 1)]));
        hand.committed(refusal);
        assert_eq!(hand.asked(), ["FindCoordinator"]);
        hand.found();
        hand.wait(ms(249));
        assert!(hand.asked().is_empty());
        hand.wait(ms(1));
        assert_eq!(hand.asked(), ["OffsetCommit"]);
        hand.committed(ErrorCode::None);
        assert_eq!(hand.asked(), ["LeaveGroup"]);
    }
    // LeaveGroup has a time of its own.
    for (waits, then) in [(29_999, "OffsetCommit"), (30_000, "LeaveGroup")] {
        let mut hand = committing(cooperative(), &[0]);
        hand.act(Consumer::close);
        hand.committed(ErrorCode::NotCoordinator);
        hand.wait(ms(waits));
        while hand.asked().contains(&"FindCoordinator") {
            hand.found();
        }
        assert_eq!(hand.asked(), [then]);
    }
}

#[test]
fn a_commit_in_a_revoked_callback_is_repeated_before_the_member_joins() {
    let mut hand = committing(eager(), &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    let first = hand.commit(ErrorCode::NotCoordinator);
    hand.durations.read_on = 5;
    hand.wait(ms(1_000));
    assert!(!hand.asked().contains(&"JoinGroup"));
    hand.found();
    assert!(hand.asked().contains(&"OffsetCommit"));
    assert_eq!(hand.commit(ErrorCode::RebalanceInProgress), first, "it is the same request");
    assert!(hand.asked().contains(&"JoinGroup"), "refused for good");
}

#[test]
fn a_static_member_closes_without_a_word_unless_what_it_gave_up_would_be_nobodys() {
    let fixed = || ClientConfig { instance_id: Some("i".into()), ..defaults(cooperative()) };
    let settled = || Hand::stable_of(ClientFamily::FranzGo, Durations::default(), fixed(), &[0, 1]);
    let mut hand = settled();
    hand.act(Consumer::close);
    assert!(hand.asked().is_empty() && hand.member.is_ended());

    let mut hand = settled();
    hand.durations.assign = ms(1_000);
    hand.wait(ms(500));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.joined("m", 2);
    hand.synced(&[0, 2]);
    hand.act(Consumer::close);
    hand.wait(ms(1_000));
    assert_eq!(hand.asked(), ["LeaveGroup"]);
}

#[test]
fn a_hanging_application_costs_nothing() {
    let mut hand = stable(ClientConfig { max_poll_interval: ms(5_000), ..eager() }, &[0]);
    hand.act(Consumer::away);
    for _ in 0..20 {
        hand.wait(ms(3_000));
        hand.heartbeat(ErrorCode::None);
    }
    assert!(hand.seen().is_empty() && hand.member.is_ready());
}

#[test]
fn a_heartbeat_that_fails_for_a_session_timeout_ends_the_session() {
    let config = ClientConfig { session_timeout: ms(10_000), ..defaults(eager()) };
    let mut hand = Hand::stable_of(ClientFamily::FranzGo, Durations::default(), config, &[0]);
    hand.wait(ms(3_000));
    for backoff in [250, 500, 1_000, 2_000, 4_000] {
        hand.heartbeat(ErrorCode::CoordinatorLoadInProgress);
        hand.found();
        assert!(hand.asked().is_empty() && hand.seen().is_empty());
        hand.wait(ms(backoff));
        assert_eq!(hand.asked(), ["Heartbeat"]);
    }
    hand.heartbeat(ErrorCode::CoordinatorLoadInProgress);
    assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]), "another five seconds are too long");
}

/// A member with a session of ten seconds whose heartbeat has just been refused by who is not the coordinator.
fn refused() -> Hand {
    let config = ClientConfig { session_timeout: ms(10_000), ..defaults(eager()) };
    let mut hand = Hand::stable_of(ClientFamily::FranzGo, Durations::default(), config, &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::NotCoordinator);
    hand
}

/// A look-up is tried three times in half a minute, ten seconds each, and only its end is looked at.
#[test]
fn a_session_ends_when_a_look_up_comes_to_nothing_behind_its_timeout() {
    let mut hand = refused();
    hand.wait(ms(10_000 + 250 + 10_000 + 500 + 9_999));
    assert!(hand.seen().is_empty());
    hand.wait(ms(1));
    assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]));
}

#[test]
fn a_session_outlives_a_look_up_that_takes_longer_than_its_timeout() {
    let mut hand = refused();
    hand.wait(ms(20_000));
    // The answer to the first one comes too late.
    hand.found();
    hand.found();
    hand.wait(ms(500));
    assert!(hand.seen().is_empty());
    assert_eq!(hand.asked(), ["Heartbeat"]);
}

#[test]
fn whoever_leaves_says_so_again_to_the_next_coordinator() {
    let mut hand = stable(eager(), &[0]);
    hand.act(Consumer::close);
    let refusal = LeaveGroupResponse { error: ErrorCode::NotCoordinator, members: Vec::new() };
    hand.answer("LeaveGroup", Response::from(refusal));
    assert_eq!(hand.asked(), ["FindCoordinator"]);
    hand.wait(ms(5_000));
    hand.found();
    assert_eq!(hand.asked(), ["LeaveGroup"]);
    hand.left();
    assert!(hand.member.is_ended());
}
