//! The Java consumer under the consumer protocol: joining, rounds, leaving, polls that do not come.

use member::consumer_protocol::MembershipState as State;
use member::{ClientConfig, ClientFamily, Consumer, GroupProtocol, Observation, Routine as _};
use protocol::message::ConsumerGroupHeartbeatRequest;
use protocol::{ErrorCode, Generation};

use crate::hand::{Durations, Hand, assigned, by_id, ms, partitions, revoked};

const BEAT: &str = "ConsumerGroupHeartbeat";
/// How often the application passes through `poll` in these tests.
const PASS: u64 = 20;

pub(crate) fn config() -> ClientConfig {
    ClientConfig { group_protocol: GroupProtocol::Consumer, ..ClientConfig::default() }
}

fn fixed(config: ClientConfig) -> Hand {
    started(ClientFamily::Java, Durations { pass: ms(PASS), ..Durations::default() }, config)
}

pub(crate) fn started(family: ClientFamily, durations: Durations, config: ClientConfig) -> Hand {
    let mut hand = Hand::of(family, config);
    hand.durations = durations;
    hand.start();
    hand
}

/// A member of any client with these partitions at epoch 2 to which nothing happens.
pub(crate) fn settled(family: ClientFamily, durations: Durations, auto_commit: bool, numbers: &[i32]) -> Hand {
    let mut hand = started(family, durations, ClientConfig { auto_commit, ..config() });
    hand.beat(2, Some(numbers));
    while !hand.member.is_quiet() {
        hand.wait(ms(1));
        match hand.asked()[..] {
            ["ConsumerGroupHeartbeat", ..] => drop(hand.beat(2, None)),
            ["OffsetFetch", ..] => hand.offsets(numbers),
            ["OffsetCommit", ..] => hand.committed(ErrorCode::None),
            _ => {}
        }
    }
    hand
}

/// A stable member with these partitions at epoch 2; its next heartbeat is due in 5 s.
pub(crate) fn stable(config: ClientConfig, numbers: &[i32]) -> Hand {
    let mut hand = fixed(config);
    hand.beat(2, Some(numbers));
    hand.wait(ms(PASS));
    hand.beat(2, None);
    if !numbers.is_empty() {
        hand.offsets(numbers);
        hand.wait(ms(2 * PASS));
    }
    assert_eq!((state(&hand), hand.asked()), (State::Stable, vec![]));
    assert!(hand.member.is_quiet());
    hand.seen();
    hand
}

fn state(hand: &Hand) -> State {
    match &hand.member {
        Consumer::JavaConsumerProtocol(member) => member.state(),
        other => panic!("another client: {other:?}"),
    }
}

fn lost(numbers: &[i32], epoch: i32) -> Observation {
    Observation::Lost { partitions: partitions(numbers).into(), generation: Generation(epoch) }
}

fn stopped(numbers: &[i32]) -> Observation {
    Observation::FetchingStopped { partitions: partitions(numbers).into(), lost: false }
}

fn stopped_for_good(numbers: &[i32]) -> Observation {
    Observation::FetchingStopped { partitions: partitions(numbers).into(), lost: true }
}

/// Which fields a heartbeat carries.
fn says(request: &ConsumerGroupHeartbeatRequest) -> Vec<&'static str> {
    let fields = [
        ("topics", request.subscribed_topic_names.is_some()),
        ("rebalance timeout", request.rebalance_timeout_ms >= 0),
        ("assignor", request.server_assignor.is_some()),
        ("owned", request.topic_partitions.is_some()),
    ];
    fields.into_iter().filter(|(_, said)| *said).map(|(name, _)| name).collect()
}

#[test]
fn a_member_joins_is_assigned_in_poll_and_acknowledges_at_once() {
    let mut hand = fixed(ClientConfig { remote_assignor: Some("range".into()), ..config() });
    let join = hand.beat(2, Some(&[0, 1]));
    assert_eq!((join.member_id.as_str(), join.member_epoch.0, join.rebalance_timeout_ms), ("m", 0, 300_000));
    assert_eq!(says(&join), ["topics", "rebalance timeout", "assignor", "owned"]);
    assert_eq!(join.topic_partitions.as_deref(), Some(&[][..]), "who joins owns nothing");
    hand.wait(ms(0));
    assert_eq!((state(&hand), hand.seen()), (State::Reconciling, vec![]), "the next pass sees what this one began");
    hand.wait(ms(PASS - 1));
    assert_eq!(hand.seen(), []);
    hand.wait(ms(1));
    assert_eq!(hand.seen(), [assigned(&[0, 1], 2, 2)]);
    assert_eq!((state(&hand), hand.asked()), (State::Stable, vec![BEAT, "OffsetFetch"]));
    let acknowledgement = hand.beat(2, None);
    assert_eq!(says(&acknowledgement), ["owned"]);
    assert_eq!(acknowledgement.topic_partitions.as_deref(), Some(&*by_id(&[0, 1])));
    hand.offsets(&[0, 1]);
    hand.wait(ms(2 * PASS - 1));
    assert_eq!(hand.seen(), [], "one pass validates, the next one fetches");
    hand.wait(ms(1));
    assert!(matches!(hand.seen()[..], [Observation::Fetching { .. }]));
    hand.wait(ms(5_000 - 2 * PASS - 1));
    assert_eq!(hand.asked(), Vec::<&str>::new());
    hand.wait(ms(1));
    assert_eq!(says(&hand.beat(2, None)), Vec::<&str>::new(), "5 s after the acknowledgement, and nothing has changed");
}

#[test]
fn a_pass_within_a_call_of_poll_does_not_make_it_longer() {
    let mut hand = fixed(config());
    hand.durations.call = ms(100);
    hand.wait(ms(30));
    hand.beat(2, Some(&[0]));
    hand.wait(ms(69));
    assert_eq!(hand.seen(), [], "the answer was acted on in the call that began with the first poll");
    hand.wait(ms(1));
    assert_eq!(hand.seen(), [assigned(&[0], 2, 1)]);
}

#[test]
fn an_empty_first_assignment_is_acknowledged_too() {
    let mut hand = fixed(config());
    hand.beat(2, Some(&[]));
    hand.wait(ms(PASS));
    assert_eq!(hand.seen(), [assigned(&[], 2, 0)]);
    assert_eq!(hand.beat(2, None).topic_partitions.as_deref(), Some(&[][..]));
}

#[test]
fn a_round_commits_then_revokes_then_assigns() {
    let mut hand = stable(config(), &[0, 1, 2]);
    hand.wait(ms(5_000));
    hand.committed(ErrorCode::None);
    hand.beat(2, Some(&[0]));
    hand.wait(ms(PASS));
    assert_eq!((hand.asked(), hand.seen()), (vec!["OffsetCommit"], vec![stopped(&[1, 2])]));
    hand.wait(ms(10 * PASS));
    assert_eq!(hand.seen(), [], "the answer to the commit is waited for");
    hand.committed(ErrorCode::None);
    hand.durations.revoke = ms(10);
    hand.wait(ms(PASS));
    assert_eq!(hand.seen(), [revoked(&[1, 2], 2)]);
    assert_eq!(hand.asked(), Vec::<&str>::new(), "nothing is acknowledged yet");
    hand.wait(ms(10));
    assert_eq!(hand.seen(), [assigned(&[], 2, 1)], "the pass after a callback comes at once");
    assert_eq!(hand.beat(3, None).topic_partitions.as_deref(), Some(&*by_id(&[0])));
    assert_eq!((state(&hand), hand.member.generation()), (State::Stable, Generation(3)));
}

#[test]
fn heartbeats_go_on_during_a_callback_and_say_nothing_of_partitions() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0, 1]);
    hand.durations.revoke = ms(12_000);
    hand.wait(ms(5_000));
    hand.beat(2, Some(&[0]));
    hand.wait(ms(5_000));
    assert_eq!(says(&hand.beat(2, None)), Vec::<&str>::new());
    hand.wait(ms(5_000));
    assert_eq!(says(&hand.beat(2, None)), Vec::<&str>::new());
    assert_eq!(state(&hand), State::Reconciling);
    hand.wait(ms(3_000));
    assert_eq!(says(&hand.beat(3, None)), ["owned"]);
}

#[test]
fn what_is_given_during_a_round_is_reconciled_in_the_next() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0]);
    hand.durations.assign = ms(7_000);
    hand.wait(ms(5_000));
    hand.beat(3, Some(&[0, 1]));
    hand.wait(ms(5_000));
    hand.beat(4, Some(&[0, 1, 2]));
    assert_eq!(hand.seen(), [assigned(&[1], 3, 2)]);
    hand.wait(ms(7_000));
    let acknowledgement = hand.beat(4, None);
    assert_eq!(acknowledgement.topic_partitions.as_deref(), Some(&*by_id(&[0, 1])));
    assert_eq!(state(&hand), State::Reconciling);
    hand.wait(ms(8_000));
    assert!(hand.seen().contains(&assigned(&[2], 4, 3)));
}

#[test]
fn without_auto_commit_additions_need_no_poll_to_begin_and_one_to_be_told() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0]);
    hand.wait(ms(5_000));
    hand.beat(3, Some(&[0, 1]));
    hand.wait(ms(PASS));
    assert_eq!(hand.seen(), [assigned(&[1], 3, 2)]);
}

#[test]
fn an_application_that_is_away_delays_the_round_not_the_heartbeats() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0, 1]);
    hand.act(Consumer::away);
    hand.wait(ms(5_000));
    hand.beat(2, Some(&[0]));
    hand.wait(ms(4_000));
    assert!(hand.member.wants_poll());
    assert_eq!(hand.seen(), []);
    hand.act(Consumer::poll);
    hand.wait(ms(PASS));
    assert_eq!(hand.seen(), [stopped(&[1]), revoked(&[1], 2), assigned(&[], 2, 1)]);
}

#[test]
fn nothing_is_committed_by_an_application_that_hangs() {
    let mut hand = stable(config(), &[0]);
    hand.wait(ms(5_000));
    hand.beat(2, None);
    hand.committed(ErrorCode::None);
    hand.act(Consumer::away);
    hand.wait(ms(10_000));
    assert_eq!(hand.asked(), [BEAT]);
    hand.act(Consumer::poll);
    hand.wait(ms(PASS));
    assert_eq!(hand.asked(), [BEAT, "OffsetCommit"]);
}

#[test]
fn a_fenced_member_loses_everything_and_joins_under_its_id() {
    for error in [ErrorCode::FencedMemberEpoch, ErrorCode::UnknownMemberId] {
        let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0, 1]);
        hand.wait(ms(5_000));
        hand.refuse_beat(error);
        assert_eq!((state(&hand), hand.asked()), (State::Fenced, vec![]), "no heartbeats");
        hand.wait(ms(PASS));
        assert_eq!(hand.seen(), [stopped_for_good(&[0, 1]), lost(&[0, 1], 0)]);
        assert_eq!(state(&hand), State::Joining);
        let join = hand.beat(5, Some(&[0]));
        assert_eq!((join.member_id.as_str(), join.member_epoch.0), ("m", 0));
        assert_eq!(join.topic_partitions.as_deref(), Some(&[][..]));
    }
}

#[test]
fn a_round_ends_where_it_stands_when_the_member_is_fenced() {
    let mut hand = stable(config(), &[0, 1]);
    hand.wait(ms(5_000));
    hand.committed(ErrorCode::None);
    hand.beat(2, Some(&[0]));
    hand.wait(ms(5_000));
    assert_eq!(hand.asked(), ["OffsetCommit", BEAT]);
    hand.refuse_beat(ErrorCode::UnknownMemberId);
    hand.committed(ErrorCode::UnknownMemberId);
    hand.wait(ms(PASS));
    assert_eq!(hand.seen(), [stopped(&[1]), stopped_for_good(&[0, 1]), lost(&[0, 1], 0)]);
    hand.beat(4, Some(&[0]));
    hand.wait(ms(2 * PASS));
    assert_eq!(hand.seen(), [assigned(&[0], 4, 1)]);
}

#[test]
fn a_commit_before_a_round_is_tried_again_if_that_may_help() {
    let mut hand = stable(config(), &[0, 1]);
    hand.wait(ms(5_000));
    hand.committed(ErrorCode::None);
    hand.beat(2, Some(&[0]));
    hand.wait(ms(PASS));
    for (error, backoff) in [(ErrorCode::CoordinatorLoadInProgress, 100), (ErrorCode::StaleMemberEpoch, 200)] {
        hand.committed(error);
        hand.wait(ms(backoff - 1));
        assert_eq!(hand.asked(), Vec::<&str>::new());
        hand.wait(ms(1));
        assert_eq!(hand.asked(), ["OffsetCommit"]);
    }
    hand.seen();
    hand.committed(ErrorCode::OffsetMetadataTooLarge);
    hand.wait(ms(PASS));
    assert_eq!(hand.seen(), [revoked(&[1], 2), assigned(&[], 2, 1)], "goes on without");
}

#[test]
fn a_member_that_does_not_poll_leaves_and_joins_again_with_the_next_poll() {
    for (instance_id, epoch) in [(None, -1), (Some("i".into()), -2)] {
        let config = ClientConfig { instance_id, max_poll_interval: ms(12_000), auto_commit: false, ..config() };
        let mut hand = stable(config, &[0]);
        hand.act(Consumer::away);
        for _ in 0..2 {
            hand.wait(ms(5_000));
            hand.beat(2, None);
        }
        hand.wait(ms(2_500));
        assert_eq!(state(&hand), State::Stable, "nothing wakes the network thread before the next heartbeat");
        hand.wait(ms(2_500));
        assert_eq!(state(&hand), State::Stale);
        assert_eq!(hand.beat(epoch, None).member_epoch.0, epoch);
        hand.wait(ms(60_000));
        assert_eq!(hand.asked(), Vec::<&str>::new(), "no heartbeats any more");
        assert_eq!(hand.seen(), [stopped_for_good(&[0])], "the application learns of it when it polls");
        hand.act(Consumer::poll);
        assert_eq!((hand.seen(), state(&hand)), (vec![lost(&[0], epoch)], State::Joining));
        assert_eq!(hand.beat(3, Some(&[])).member_epoch.0, 0);
    }
}

#[test]
fn an_application_with_records_waiting_works_on_a_batch_between_the_steps_of_a_round() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0, 1]);
    hand.member.set_backlogged(true);
    hand.wait(ms(5_000));
    hand.beat(2, Some(&[0]));
    for step in [vec![stopped(&[1])], vec![revoked(&[1], 2)], vec![assigned(&[], 2, 1)]] {
        assert!(hand.member.wants_poll());
        assert_eq!(hand.asked(), Vec::<&str>::new(), "nothing is acknowledged before the last");
        hand.act(Consumer::poll);
        hand.wait(ms(1));
        assert_eq!(hand.seen(), step);
    }
    assert_eq!((hand.member.wants_poll(), hand.asked()), (false, vec![BEAT]));
}

#[test]
fn a_callback_that_takes_too_long_costs_the_membership() {
    let config = ClientConfig { max_poll_interval: ms(8_000), auto_commit: false, ..config() };
    let mut hand = stable(config, &[0, 1]);
    hand.durations.revoke = ms(20_000);
    hand.wait(ms(5_000));
    hand.beat(2, Some(&[0]));
    hand.wait(ms(5_000));
    hand.beat(2, None);
    hand.wait(ms(5_000));
    assert_eq!((hand.beat(-1, None).member_epoch.0, state(&hand)), (-1, State::Stale));
    hand.durations.revoke = ms(0);
    hand.wait(ms(20_000));
    assert_eq!(hand.seen(), [stopped(&[1]), revoked(&[1], 2), stopped_for_good(&[0]), lost(&[0], -1)]);
    assert_eq!((state(&hand), hand.asked()), (State::Joining, vec![BEAT]));
}

#[test]
fn a_topic_the_client_does_not_know_waits_for_its_metadata_and_the_rest_goes_ahead() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0]);
    hand.wait(ms(5_000));
    let stranger = protocol::TopicId { high: 7, low: 7 };
    let mut both = by_id(&[0, 1]).to_vec();
    both.push(protocol::message::TopicPartitions { topic_id: stranger, partitions: vec![protocol::PartitionIndex(0)] });
    hand.give(3, both.into());
    assert_eq!(hand.asked(), ["Metadata"]);
    hand.wait(ms(PASS));
    assert_eq!(hand.seen(), [assigned(&[1], 3, 2)]);
    assert_eq!(hand.beat(3, None).topic_partitions.as_deref(), Some(&*by_id(&[0, 1])), "it says what it has");
    // As long as a name is missing, what it has is acknowledged over and over, as fast as it is answered.
    assert_eq!((state(&hand), hand.asked()), (State::Acknowledging, vec!["Metadata", "OffsetFetch", BEAT]));
    hand.beat(3, None);
    assert_eq!((state(&hand), hand.asked()), (State::Acknowledging, vec!["Metadata", "OffsetFetch", BEAT]));
    hand.answer_metadata_with(&[("t", crate::hand::T, 4), ("u", stranger, 1)]);
    hand.beat(3, None);
    hand.wait(ms(PASS));
    assert!(matches!(&hand.seen()[..], [Observation::Assigned { total: 3, .. }]));
}

#[test]
fn partitions_newer_than_the_metadata_are_read_once_it_has_been_refreshed() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0]);
    hand.wait(ms(5_000));
    hand.beat(3, Some(&[0, 6]));
    hand.wait(ms(PASS));
    assert_eq!(hand.seen(), [assigned(&[6], 3, 2)], "told at once");
    assert_eq!(hand.asked(), ["Metadata", BEAT]);
    hand.beat(3, None);
    hand.answer_metadata(8);
    hand.wait(ms(PASS));
    hand.offsets(&[6]);
    hand.wait(ms(2 * PASS));
    assert!(matches!(hand.seen()[..], [Observation::Fetching { .. }]));
}
