//! Leaving out the routine of a quiet member must not be noticed.

use member::ClientConfig;
use protocol::ErrorCode;

use crate::hand::{Hand, eager, ms};

/// Everything a member would do in the next ten seconds, by the time of each request.
fn future(hand: &mut Hand) -> Vec<(u64, &'static str)> {
    let mut sent = Vec::new();
    for _ in 0..10_000 {
        hand.wait(ms(1));
        for name in hand.asked() {
            sent.push((hand.now.as_millis(), name));
            match name {
                "Heartbeat" => hand.heartbeat(ErrorCode::None),
                "OffsetCommit" => hand.committed(ErrorCode::None),
                other => panic!("{other} is no routine"),
            }
        }
    }
    sent
}

#[test]
fn a_held_member_goes_on_exactly_as_one_that_sent_everything() {
    for length in [1, 2_999, 3_000, 3_001, 4_999, 5_000, 5_001, 123_456] {
        for auto_commit in [true, false] {
            let config = || ClientConfig { auto_commit, ..eager() };
            let mut held = Hand::stable(config(), &[0]);
            let mut real = Hand::stable(config(), &[0]);
            held.member.hold();
            held.wait(ms(length));
            assert!(held.asked().is_empty());
            for _ in 0..length {
                real.wait(ms(1));
                while let Some(&name) = real.asked().first() {
                    match name {
                        "Heartbeat" => real.heartbeat(ErrorCode::None),
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
                    _ => held.committed(ErrorCode::None),
                }
            }
            assert_eq!(held.member.heartbeats_sent(), real.member.heartbeats_sent(), "{length} ms");
            assert_eq!(held.member.commits_sent(), real.member.commits_sent(), "{length} ms");
            assert_eq!(future(&mut held), future(&mut real), "{length} ms");
        }
    }
}

#[test]
fn waking_a_member_when_nothing_is_due_changes_nothing() {
    let mut woken = Hand::stable(eager(), &[0]);
    let mut left_alone = Hand::stable(eager(), &[0]);
    for _ in 0..2_000 {
        woken.wait(ms(1));
        woken.act(member::ClassicMember::on_deadline);
    }
    left_alone.wait(ms(2_000));
    assert_eq!(future(&mut woken), future(&mut left_alone));
}
