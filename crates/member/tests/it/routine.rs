//! Leaving out the routine of a quiet member must not be noticed.

use member::{ClientConfig, ClientFamily, Consumer, GroupProtocol, Routine as _};
use protocol::ErrorCode;

use crate::consumer_protocol;
use crate::hand::{Durations, Hand, cooperative, eager, ms};

/// Everything a member would do in the next ten seconds, by the time of each request.
fn future(hand: &mut Hand) -> Vec<(u64, &'static str)> {
    let mut sent = Vec::new();
    for _ in 0..10_000 {
        hand.wait(ms(1));
        for name in hand.asked() {
            sent.push((hand.now.as_millis(), name));
            match name {
                "Heartbeat" => hand.heartbeat(ErrorCode::None),
                "ConsumerGroupHeartbeat" => drop(hand.beat(2, None)),
                "OffsetCommit" => hand.committed(ErrorCode::None),
                other => panic!("{other} is no routine"),
            }
        }
    }
    sent
}

fn slow() -> Durations {
    Durations { slip: ms(7), lateness: ms(3), round_trip: ms(11), ..Durations::default() }
}

/// Every client, under every protocol.
const KINDS: [(ClientFamily, GroupProtocol); 6] = [
    (ClientFamily::Java, GroupProtocol::Classic),
    (ClientFamily::Java, GroupProtocol::Consumer),
    (ClientFamily::Librdkafka, GroupProtocol::Classic),
    (ClientFamily::Librdkafka, GroupProtocol::Consumer),
    (ClientFamily::FranzGo, GroupProtocol::Classic),
    (ClientFamily::FranzGo, GroupProtocol::Consumer),
];

/// Members that have settled, cooperative ones too.
fn settled((family, protocol): (ClientFamily, GroupProtocol), auto_commit: bool) -> Hand {
    if protocol == GroupProtocol::Consumer {
        return consumer_protocol::settled(family, slow(), auto_commit, &[0]);
    }
    let config = if family == ClientFamily::FranzGo { cooperative() } else { eager() };
    let mut hand = Hand::stable_of(family, slow(), ClientConfig { auto_commit, ..config }, &[0]);
    while !hand.member.is_quiet() {
        hand.wait(ms(1));
        if hand.asked() == ["Heartbeat"] {
            hand.heartbeat(ErrorCode::None);
        }
    }
    hand
}

#[test]
fn a_held_member_goes_on_exactly_as_one_that_sent_everything() {
    for family in KINDS {
        a_held_one_goes_on(family);
    }
}

fn a_held_one_goes_on(family: (ClientFamily, GroupProtocol)) {
    for length in [1, 2_999, 3_000, 3_001, 4_999, 5_000, 5_001, 123_456] {
        for auto_commit in [true, false] {
            let mut held = settled(family, auto_commit);
            let mut real = settled(family, auto_commit);
            held.member.hold();
            held.wait(ms(length));
            assert!(held.asked().is_empty());
            for _ in 0..length {
                real.wait(ms(1));
                while let Some(&name) = real.asked().first() {
                    match name {
                        "Heartbeat" => real.heartbeat(ErrorCode::None),
                        "ConsumerGroupHeartbeat" => drop(real.beat(2, None)),
                        _ => real.committed(ErrorCode::None),
                    }
                }
            }
            // What leaves at this very moment has left in reality and is due for the member that is released now.
            held.member.release(held.now, held.now);
            held.wait(ms(0));
            while let Some(&name) = held.asked().first() {
                match name {
                    "Heartbeat" => held.heartbeat(ErrorCode::None),
                    "ConsumerGroupHeartbeat" => drop(held.beat(2, None)),
                    _ => held.committed(ErrorCode::None),
                }
            }
            assert_eq!(held.member.heartbeats().sent, real.member.heartbeats().sent, "{family:?}, {length} ms");
            assert_eq!(held.member.commits().sent, real.member.commits().sent, "{family:?}, {length} ms");
            assert_eq!(future(&mut held), future(&mut real), "{family:?}, {length} ms");
        }
    }
}

#[test]
fn waking_a_member_when_nothing_is_due_changes_nothing() {
    for family in KINDS {
        let mut woken = settled(family, true);
        let mut left_alone = settled(family, true);
        for _ in 0..2_000 {
            woken.wait(ms(1));
            woken.act(member::Consumer::on_deadline);
        }
        left_alone.wait(ms(2_000));
        assert_eq!(future(&mut woken), future(&mut left_alone), "{family:?}");
    }
}

#[test]
fn a_held_member_that_looks_at_its_topics_sends_nothing_else() {
    for family in KINDS {
        let mut hand = settled(family, true);
        let beats = hand.member.heartbeats().sent;
        hand.member.hold();
        hand.wait(ms(60_000));
        hand.act(Consumer::topics_changed);
        while hand.asked().is_empty() {
            hand.wait(ms(1_000));
        }
        assert_eq!((hand.asked(), hand.member.heartbeats().sent), (vec!["Metadata"], beats), "{family:?}");
    }
}
