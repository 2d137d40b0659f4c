//! librdkafka under the consumer protocol.

use member::{ClientConfig, ClientFamily, Consumer, Observation};
use protocol::ErrorCode;

use crate::consumer_protocol::{self, config};
use crate::hand::{Durations, Hand, assigned, by_id, ms, revoked};

const BEAT: &str = "ConsumerGroupHeartbeat";

fn started(config: ClientConfig) -> Hand {
    consumer_protocol::started(ClientFamily::Librdkafka, Durations::default(), config)
}

/// A member with these partitions at epoch 2 whose next heartbeat is due in 5 s.
fn settled(config: ClientConfig, numbers: &[i32]) -> Hand {
    let mut hand = started(config);
    hand.beat(2, Some(numbers));
    hand.wait(ms(0));
    hand.offsets(numbers);
    hand.beat(2, None);
    assert_eq!(hand.asked(), Vec::<&str>::new());
    hand.seen();
    hand
}

fn quiet() -> ClientConfig {
    ClientConfig { auto_commit: false, ..config() }
}

#[test]
fn an_assignment_is_acknowledged_when_its_offsets_are_known() {
    let mut hand = started(quiet());
    let join = hand.beat(2, Some(&[0, 1]));
    assert_eq!((join.member_epoch.0, join.topic_partitions.as_deref()), (0, Some(&[][..])));
    hand.wait(ms(0));
    assert_eq!((hand.seen(), hand.asked()), (vec![assigned(&[0, 1], 2, 2)], vec!["OffsetFetch"]));
    hand.offsets(&[0, 1]);
    let acknowledgement = hand.beat(2, None);
    assert_eq!(acknowledgement.topic_partitions.as_deref(), Some(&*by_id(&[0, 1])));
    assert_eq!(acknowledgement.subscribed_topic_names, None);
    hand.wait(ms(5_000));
    assert_eq!(hand.beat(2, None).topic_partitions, None, "routine");
}

#[test]
fn a_member_that_was_given_nothing_describes_itself_every_time() {
    let mut hand = started(quiet());
    hand.beat(2, Some(&[]));
    assert_eq!(
        (hand.seen(), hand.asked()),
        (vec![], vec![]),
        "nothing to tell the application, nothing to acknowledge"
    );
    for _ in 0..2 {
        hand.wait(ms(5_000));
        let beat = hand.beat(2, Some(&[]));
        assert_eq!((beat.member_epoch.0, beat.topic_partitions.as_deref()), (2, Some(&[][..])));
        assert!(beat.subscribed_topic_names.is_some());
    }
}

#[test]
fn what_is_taken_is_revoked_and_committed_first() {
    let mut hand = settled(ClientConfig { auto_commit: true, ..quiet() }, &[0, 1]);
    while hand.asked() != [BEAT] {
        hand.wait(ms(1));
        if hand.asked().contains(&"OffsetCommit") {
            hand.committed(ErrorCode::None);
        }
    }
    hand.beat(2, Some(&[0]));
    hand.wait(ms(0));
    assert_eq!((hand.seen(), hand.asked()), (vec![revoked(&[1], 2)], vec!["OffsetCommit"]));
    hand.committed(ErrorCode::None);
    hand.wait(ms(0));
    assert_eq!(hand.seen(), [assigned(&[], 2, 1)]);
    assert_eq!(hand.beat(3, Some(&[0, 3])).topic_partitions.as_deref(), Some(&*by_id(&[0])));
    hand.wait(ms(0));
    assert_eq!(hand.seen(), [assigned(&[3], 3, 2)]);
}

#[test]
fn heartbeats_go_on_while_the_application_is_waited_for_and_what_comes_meanwhile_waits() {
    let mut hand = settled(quiet(), &[0, 1]);
    hand.durations.revoke = ms(7_000);
    hand.wait(ms(5_000));
    hand.beat(2, Some(&[0]));
    hand.wait(ms(5_000));
    assert_eq!(hand.beat(2, Some(&[])).topic_partitions, None);
    hand.wait(ms(2_000));
    assert_eq!(hand.seen(), [revoked(&[1], 2), assigned(&[], 2, 1)]);
    assert_eq!(hand.beat(3, None).topic_partitions.as_deref(), Some(&*by_id(&[0])));
    hand.wait(ms(0));
    assert_eq!(hand.seen(), [revoked(&[0], 3)], "taken up when the first one has been acknowledged");
}

#[test]
fn a_void_membership_is_lost_and_begun_anew_under_the_same_id() {
    for error in [ErrorCode::UnknownMemberId, ErrorCode::FencedMemberEpoch] {
        let mut hand = settled(quiet(), &[0]);
        hand.wait(ms(5_000));
        hand.refuse_beat(error);
        hand.wait(ms(1));
        assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]));
        let join = hand.beat(5, Some(&[0]));
        assert_eq!((join.member_id.as_str(), join.member_epoch.0), ("m", 0));
        assert_eq!(join.topic_partitions.as_deref(), Some(&[][..]));
    }
}

#[test]
fn a_member_whose_application_does_not_poll_falls_silent_and_leaves_when_it_polls() {
    let mut hand = settled(ClientConfig { max_poll_interval: ms(7_000), ..quiet() }, &[0]);
    hand.act(Consumer::away);
    hand.wait(ms(5_000));
    hand.beat(2, None);
    hand.wait(ms(60_000));
    assert_eq!((hand.seen(), hand.asked()), (vec![], vec![]));
    hand.act(Consumer::poll);
    hand.wait(ms(1));
    assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]));
    assert_eq!(hand.answer_leave().member_epoch.0, -1);
    hand.wait(ms(0));
    assert_eq!(hand.beat(4, Some(&[0])).member_epoch.0, 0);
}

#[test]
fn a_close_says_goodbye_for_good_or_for_a_while_with_or_without_partitions() {
    for (instance_id, epoch) in [(None, -1), (Some("i".into()), -2)] {
        for numbers in [&[0][..], &[]] {
            let config = ClientConfig { instance_id: instance_id.clone(), ..quiet() };
            let mut hand = started(config);
            hand.beat(2, Some(numbers));
            hand.wait(ms(0));
            if !numbers.is_empty() {
                hand.offsets(numbers);
                hand.beat(2, None);
            }
            hand.act(Consumer::close);
            hand.wait(ms(0));
            assert_eq!(hand.answer_leave().member_epoch.0, epoch);
            assert!(hand.member.is_ended());
        }
    }
}
