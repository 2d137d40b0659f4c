//! franz-go under the consumer protocol.

use member::{ClientConfig, ClientFamily, Consumer, Observation};
use protocol::ErrorCode;

use crate::consumer_protocol::{self, config};
use crate::hand::{Durations, Hand, assigned, by_id, ms, revoked};

const BEAT: &str = "ConsumerGroupHeartbeat";

fn started(config: ClientConfig) -> Hand {
    consumer_protocol::started(ClientFamily::FranzGo, Durations::default(), config)
}

/// A member with these partitions at epoch 2 whose next heartbeat is due in 5 s.
fn settled(config: ClientConfig, numbers: &[i32]) -> Hand {
    let mut hand = started(config);
    hand.beat(2, Some(numbers));
    hand.wait(ms(0));
    hand.beat(2, None);
    if !numbers.is_empty() {
        hand.offsets(numbers);
    }
    assert_eq!(hand.asked(), Vec::<&str>::new());
    hand.seen();
    hand
}

fn quiet() -> ClientConfig {
    ClientConfig { auto_commit: false, retry_backoff: ms(250), retry_backoff_max: ms(5_000), ..config() }
}

#[test]
fn a_session_begins_with_a_heartbeat_that_says_what_it_has() {
    let mut hand = started(quiet());
    let join = hand.beat(2, Some(&[0, 1]));
    assert_eq!((join.member_epoch.0, join.topic_partitions.as_deref()), (0, Some(&[][..])));
    assert_eq!(join.server_assignor.as_ref().map(|name| name.as_str()), Some("range"));
    assert_eq!(hand.seen(), [assigned(&[0, 1], 2, 2)]);
    hand.wait(ms(0));
    assert_eq!(hand.asked(), ["OffsetFetch", BEAT]);
    assert_eq!(hand.beat(2, None).topic_partitions.as_deref(), Some(&*by_id(&[0, 1])));
    hand.wait(ms(5_000));
    let routine = hand.beat(2, None);
    assert_eq!((routine.topic_partitions, routine.subscribed_topic_names), (None, None));
}

#[test]
fn what_is_lost_is_revoked_and_committed_before_the_coordinator_hears_of_it() {
    let mut hand = settled(ClientConfig { auto_commit: true, ..quiet() }, &[0, 1, 2]);
    while hand.asked() != [BEAT] {
        hand.wait(ms(1));
        if hand.asked().contains(&"OffsetCommit") {
            hand.committed(ErrorCode::None);
        }
    }
    hand.beat(2, Some(&[0]));
    hand.committed(ErrorCode::None);
    assert_eq!(hand.seen(), [revoked(&[1, 2], 2)]);
    assert_eq!(hand.asked(), ["OffsetCommit"], "while it is under way nothing is said");
    hand.committed(ErrorCode::None);
    assert_eq!(hand.seen(), [assigned(&[], 2, 1)]);
    hand.wait(ms(0));
    assert_eq!(hand.beat(3, Some(&[0, 3])).topic_partitions.as_deref(), Some(&*by_id(&[0])));
    assert_eq!(hand.asked(), ["OffsetCommit"], "the callback that ends the session commits");
    hand.committed(ErrorCode::None);
    assert_eq!(hand.seen(), [assigned(&[3], 3, 2)]);
}

#[test]
fn a_member_without_partitions_says_so_every_time() {
    let mut hand = settled(quiet(), &[]);
    for _ in 0..3 {
        hand.wait(ms(5_000));
        assert_eq!(hand.beat(2, None).topic_partitions.as_deref(), Some(&[][..]));
    }
}

#[test]
fn a_void_membership_is_begun_anew_at_once_under_another_id_only_if_the_old_one_is_unknown() {
    for (error, id) in [(ErrorCode::UnknownMemberId, "m"), (ErrorCode::FencedMemberEpoch, "m")] {
        let mut hand = settled(quiet(), &[0]);
        hand.wait(ms(5_000));
        hand.refuse_beat(error);
        assert!(matches!(hand.seen()[..], [Observation::Lost { .. }]));
        let join = hand.beat(5, Some(&[0]));
        assert_eq!((join.member_id.as_str(), join.member_epoch.0), (id, 0));
    }
}

#[test]
fn a_static_member_goes_without_a_word_and_is_refused_until_its_session_ends() {
    let config = ClientConfig { instance_id: Some("i".into()), ..quiet() };
    let mut hand = settled(config.clone(), &[0]);
    hand.act(Consumer::close);
    assert_eq!(hand.asked(), Vec::<&str>::new());
    assert!(hand.member.is_ended());
    let mut again = started(config);
    for backoff in [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000] {
        again.refuse_beat(ErrorCode::UnreleasedInstanceId);
        again.wait(ms(backoff - 1));
        assert_eq!(again.asked(), Vec::<&str>::new());
        again.wait(ms(1));
        assert_eq!(again.asked(), [BEAT]);
    }
    again.beat(9, Some(&[0]));
    assert_eq!(again.seen(), [assigned(&[0], 9, 1)]);
}

#[test]
fn a_dynamic_member_says_goodbye() {
    let mut hand = settled(quiet(), &[0]);
    hand.act(Consumer::close);
    assert_eq!(hand.beat(-1, None).member_epoch.0, -1);
    assert!(hand.member.is_ended());
}
