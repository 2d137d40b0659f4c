//! Joining, being assigned, and giving up.

use member::classic::MemberState;
use member::{Consumer, Observation, Routine as _};
use protocol::message::{Request, Response};
use protocol::{ErrorCode, Generation, SimTime};

use crate::hand::{Hand, assigned, cooperative, eager, ms, partitions, revoked};

#[test]
fn a_dynamic_newcomer_joins_twice_and_a_static_one_once() {
    let mut dynamic = Hand::new(eager());
    dynamic.start();
    assert!(dynamic.refuse_join(ErrorCode::MemberIdRequired, "m").member_id.is_empty());
    assert_eq!(dynamic.joined("m", 1).member_id.as_str(), "m");
    assert_eq!(dynamic.asked(), ["SyncGroup"]);

    let mut fixed = Hand::new(member::ClientConfig { instance_id: Some("i".into()), ..eager() });
    fixed.start();
    let request = fixed.joined("i-1", 1);
    assert!(request.member_id.is_empty() && request.instance_id.is_some());
    assert_eq!(fixed.asked(), ["SyncGroup"]);
}

#[test]
fn the_assignment_comes_first_then_the_offsets_then_fetching() {
    let mut hand = Hand::new(eager());
    hand.start();
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    hand.joined("m", 1);
    assert_eq!(hand.state(), MemberState::CompletingRebalance);
    hand.synced(&[1, 0]);
    assert_eq!(hand.seen(), [assigned(&[0, 1], 1, 2)]);
    assert!(!hand.member.is_delivering());
    hand.offsets(&[0, 1]);
    assert_eq!(
        hand.seen(),
        [Observation::Fetching { partitions: partitions(&[0, 1]).into(), offsets: vec![protocol::Offset(0); 2] }]
    );
    assert!(hand.member.is_delivering() && hand.member.is_ready());
}

#[test]
fn an_empty_assignment_is_told_too_and_needs_no_offsets() {
    let mut hand = Hand::new(eager());
    hand.start();
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    hand.joined("m", 1);
    hand.synced(&[]);
    assert_eq!(hand.seen(), [assigned(&[], 1, 0)]);
    assert!(hand.asked().is_empty() && hand.member.is_ready());
}

#[test]
fn the_leader_sends_everybodys_assignment() {
    let mut hand = Hand::new(eager());
    hand.start();
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    let answer = hand.join_answer("m", "m", 1);
    hand.answer("JoinGroup", Response::from(answer));
    let mut members: Vec<_> = match hand.answer("SyncGroup", sync_refusal(ErrorCode::RebalanceInProgress)) {
        Request::SyncGroup(request) => {
            request.assignments.iter().map(|(id, given)| (id.to_string(), given.partitions().to_vec())).collect()
        }
        other => panic!("{other:?}"),
    };
    members.sort();
    assert_eq!(members, [("m".to_owned(), partitions(&[0, 1])), ("z".to_owned(), partitions(&[2, 3]))]);
    assert_eq!(hand.asked(), ["JoinGroup"], "whoever waits in sync is told of the next rebalance at once");
}

#[test]
fn heartbeats_leave_one_interval_and_a_slip_apart_from_the_join_answer_on() {
    let mut hand = Hand::new(eager());
    hand.durations.slip = ms(7);
    hand.start();
    hand.now = SimTime::from_millis(100);
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    hand.joined("m", 1);
    hand.now = SimTime::from_millis(900);
    hand.synced(&[]);
    hand.wait(ms(2_206));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!((hand.asked(), hand.now), (vec!["Heartbeat"], SimTime::from_millis(3_107)));
    hand.heartbeat(ErrorCode::None);
    hand.wait(ms(3_006));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["Heartbeat"]);
}

#[test]
fn an_eager_member_commits_then_revokes_then_joins() {
    let mut hand = Hand::stable(eager(), &[0, 1]);
    hand.durations.revoke = ms(500);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert_eq!(hand.asked(), ["OffsetCommit"]);
    assert_eq!(hand.seen(), [Observation::DeliveryPaused]);
    hand.committed(ErrorCode::None);
    assert_eq!(hand.seen(), [revoked(&[0, 1], 1)]);
    assert_eq!(hand.state(), MemberState::Stable, "it stays in the group through its callback");
    hand.wait(ms(499));
    assert!(hand.asked().is_empty());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["JoinGroup"]);
    hand.wait(ms(10_000));
    assert_eq!(hand.asked(), ["JoinGroup"], "no heartbeats while JoinGroup is under way");
    assert_eq!(hand.joined("m", 2).member_id.as_str(), "m");
    hand.synced(&[1]);
    assert_eq!(hand.seen(), [assigned(&[1], 2, 1)]);
}

#[test]
fn a_cooperative_member_keeps_what_it_is_given_again_and_rejoins_after_giving_up_the_rest() {
    let mut hand = Hand::stable(cooperative(), &[0, 1, 2]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert!(hand.seen().is_empty() && hand.member.is_delivering());
    hand.committed(ErrorCode::None);
    hand.joined("m", 2);
    hand.synced(&[0, 1]);
    assert_eq!(hand.seen(), [revoked(&[2], 2), assigned(&[], 2, 2)]);
    assert_eq!(hand.asked(), ["OffsetCommit"], "the next rebalance is its own wish");
    hand.committed(ErrorCode::None);
    hand.joined("m", 3);
    hand.synced(&[0, 1, 3]);
    assert_eq!(hand.seen(), [assigned(&[3], 3, 3)]);
    hand.offsets(&[3]);
    assert!(hand.member.is_ready());
}

#[test]
fn a_busy_application_acts_on_a_rebalance_at_its_next_poll_only() {
    let mut hand = Hand::stable(eager(), &[0]);
    hand.member.set_backlogged(true);
    hand.act(member::Consumer::poll);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    assert!(hand.asked().is_empty() && hand.member.wants_poll());
    hand.wait(ms(800));
    hand.act(member::Consumer::poll);
    assert_eq!(hand.asked(), ["OffsetCommit"]);
    hand.committed(ErrorCode::None);
    assert_eq!(hand.asked(), ["JoinGroup"], "nothing is delivered any more, so it waits inside poll");
}

#[test]
fn a_last_commit_that_another_coordinator_must_take_is_sent_to_that_one_before_anything_is_revoked() {
    let refusals: [fn(&mut Hand); 3] = [
        |hand| hand.committed(ErrorCode::NotCoordinator),
        |hand| hand.committed(ErrorCode::CoordinatorNotAvailable),
        // The heartbeat drops the connection, and the commit with it.
        |hand| hand.heartbeat(ErrorCode::NotCoordinator),
    ];
    for refuse in refusals {
        let mut hand = Hand::stable(eager(), &[0]);
        hand.wait(ms(3_000));
        hand.heartbeat(ErrorCode::RebalanceInProgress);
        hand.wait(ms(3_000));
        hand.seen();
        refuse(&mut hand);
        hand.wait(ms(2_000));
        assert!(hand.seen().is_empty(), "not before it is committed");
        hand.went.clear();
        hand.found();
        assert!(hand.went.iter().any(|(api, _)| *api == "OffsetCommit"), "{:?}", hand.went);
        // The last one may wait behind one by interval.
        while hand.asked().contains(&"OffsetCommit") {
            hand.committed(ErrorCode::None);
        }
        assert_eq!(hand.seen(), [revoked(&[0], 1)]);
        assert!(hand.asked().contains(&"JoinGroup"));
    }
}

#[test]
fn a_last_commit_that_is_refused_for_now_is_sent_again_after_a_backoff() {
    let mut hand = Hand::stable(eager(), &[0]);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.seen();
    hand.committed(ErrorCode::NotCoordinator);
    hand.found();
    hand.wait(ms(99));
    assert_eq!((hand.asked(), hand.seen()), (vec![], vec![]));
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["OffsetCommit"]);
    hand.committed(ErrorCode::IllegalGeneration);
    assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]));
}

#[test]
fn a_busy_application_sends_its_last_commit_again_at_the_poll_after_the_one_that_saw_it_refused() {
    let mut hand = Hand::stable(cooperative(), &[0]);
    hand.member.set_backlogged(true);
    hand.act(member::Consumer::poll);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.act(member::Consumer::poll);
    hand.committed(ErrorCode::CoordinatorLoadInProgress);
    hand.wait(ms(2_000));
    assert_eq!((hand.asked(), hand.member.wants_poll()), (vec![], true), "it works");
    hand.act(member::Consumer::poll);
    assert_eq!((hand.asked(), hand.member.wants_poll()), (vec![], true), "it has read the answer, and works");
    hand.act(member::Consumer::poll);
    assert_eq!((hand.asked(), hand.member.wants_poll()), (vec!["OffsetCommit"], false));
    hand.committed(ErrorCode::None);
    hand.act(member::Consumer::poll);
    assert_eq!(hand.asked(), ["JoinGroup"]);
}

#[test]
fn an_application_in_poll_sees_the_answer_to_its_last_commit_at_its_next_turn() {
    let mut hand = Hand::stable(eager(), &[0]);
    hand.durations.turn = ms(7);
    hand.wait(ms(3_000));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.committed(ErrorCode::None);
    hand.wait(ms(6));
    assert_eq!(hand.asked(), Vec::<&str>::new());
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["JoinGroup"]);
}

#[test]
fn a_refresh_of_metadata_ages_from_the_last_answer_and_waits_behind_a_fetch() {
    let config = member::ClientConfig { metadata_max_age: ms(4_000), ..eager() };
    let durations = crate::hand::Durations { fetch: ms(30), round_trip: ms(2), ..Default::default() };
    let mut hand = Hand::stable_of(member::ClientFamily::Java, durations, config, &[]);
    hand.member.hold();
    hand.wait(ms(9_000));
    hand.act(Consumer::topics_changed);
    hand.wait(ms(3_000 + 2 * 32 + 29));
    assert_eq!(hand.asked(), Vec::<&str>::new(), "two refreshes found nothing, the third is not read yet");
    hand.wait(ms(1));
    assert_eq!(hand.asked(), ["Metadata"]);
}

#[test]
fn the_leader_alone_rejoins_when_a_topic_has_grown_and_only_after_its_refresh() {
    let mut hand = Hand::new(eager());
    hand.start();
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    let answer = hand.join_answer("m", "m", 1);
    hand.answer("JoinGroup", Response::from(answer));
    hand.synced(&[]);
    let mut follower = Hand::stable(eager(), &[]);
    for hand in [&mut hand, &mut follower] {
        while !hand.asked().contains(&"Metadata") {
            if hand.now == SimTime::from_secs(301) {
                hand.act(Consumer::topics_changed);
            }
            hand.wait(ms(1_000));
            while hand.asked().contains(&"Heartbeat") {
                hand.heartbeat(ErrorCode::None);
            }
        }
        assert_eq!(hand.now, SimTime::from_secs(600));
        hand.answer_metadata(9);
    }
    assert!(hand.asked().contains(&"JoinGroup"));
    assert!(!follower.asked().contains(&"JoinGroup"));
}

#[test]
fn a_leader_asks_for_topics_that_only_others_read_before_it_plans() {
    let mut hand = Hand::new(eager());
    hand.start();
    hand.refuse_join(ErrorCode::MemberIdRequired, "m");
    let mut answer = hand.join_answer("m", "m", 1);
    let topics = ["t".into(), "u".into()].into();
    let subscription =
        protocol::Subscription { topics, generation: Generation::NONE, ..protocol::Subscription::default() };
    answer.members[1].metadata = protocol::MetadataBytes::Subscription(std::sync::Arc::new(subscription));
    hand.answer("JoinGroup", Response::from(answer));
    assert_eq!(hand.asked(), ["Metadata"]);
    hand.answer_metadata(4);
    assert_eq!(hand.asked(), ["SyncGroup"]);
}

fn sync_refusal(error: ErrorCode) -> Response {
    Response::from(protocol::message::SyncGroupResponse::refusal(error))
}
