//! librdkafka: the commit of what was given up, refused for now, and beside another.

use member::{ClientFamily, Consumer};
use protocol::ErrorCode;

use crate::hand::{Durations, Hand, cooperative, eager, ms, partitions, revoked};

const REFUSED_FOR_NOW: [ErrorCode; 3] =
    [ErrorCode::CoordinatorLoadInProgress, ErrorCode::UnknownTopicOrPartition, ErrorCode::RequestTimedOut];

fn stable(numbers: &[i32]) -> Hand {
    let durations = Durations { lateness: ms(1), ..Durations::default() };
    let config = if numbers.len() > 1 { cooperative() } else { eager() };
    Hand::stable_of(ClientFamily::Librdkafka, durations, config, numbers)
}

#[test]
fn a_commit_that_is_refused_for_now_is_sent_twice_more_to_the_same_coordinator() {
    for error in REFUSED_FOR_NOW {
        let mut hand = stable(&[0]);
        hand.act(Consumer::close);
        for backoff in [100, 200] {
            let first = hand.commit(error);
            if error == ErrorCode::RequestTimedOut {
                hand.found();
            }
            hand.wait(ms(backoff - 1));
            assert!(hand.asked().is_empty(), "{error:?}: {:?}", hand.asked());
            hand.durations.read_on += 1;
            hand.wait(ms(1));
            assert_eq!(hand.asked(), ["OffsetCommit"], "{error:?}");
            assert_eq!(first.offset(0).0, 7, "the same request");
        }
        assert_eq!(hand.commit(error).offset(0).0, 7);
        assert!(hand.asked().contains(&"LeaveGroup"), "{error:?}: {:?}", hand.asked());
    }
}

#[test]
fn what_is_given_up_later_does_not_take_the_place_of_an_earlier_commit() {
    let mut hand = stable(&[0, 1]);
    hand.wait(ms(3_006));
    hand.heartbeat(ErrorCode::RebalanceInProgress);
    hand.joined("m", 2);
    hand.synced(&[0]);
    assert_eq!((hand.seen(), hand.asked()), (vec![revoked(&[1], 2)], vec!["OffsetCommit"]));
    hand.committed(ErrorCode::NotCoordinator);
    hand.act(Consumer::close);
    assert_eq!(hand.seen(), [revoked(&[0], 2)]);
    hand.wait(ms(600));
    hand.found();
    assert_eq!(hand.asked(), ["OffsetCommit", "OffsetCommit"]);
    let first = hand.commit(ErrorCode::CoordinatorLoadInProgress);
    let second = hand.commit(ErrorCode::None);
    assert_eq!(hand.asked(), Vec::<&str>::new(), "the good answer is to the other one");
    hand.wait(ms(100));
    assert_eq!(hand.commit(ErrorCode::None), first);
    let committed = [first, second].map(|offsets| offsets.partitions().to_vec());
    assert_eq!(committed, [partitions(&[1]), partitions(&[0])]);
    assert_eq!(hand.asked(), ["LeaveGroup"]);
}
