//! Whatever a coordinator answers and whenever applications poll, hang or close: no panic, no step that repeats for
//! ever, and a close comes to an end.

use member::{ClientConfig, ClientFamily, Consumer};
use protocol::message::{JoinGroupResponse, OffsetFetchResponse, Response, SyncGroupResponse};
use protocol::{ErrorCode, MemberId};

use crate::hand::{Durations, Hand, cooperative, eager, ms};

const ERRORS: [ErrorCode; 12] = [
    ErrorCode::FencedMemberEpoch,
    ErrorCode::StaleMemberEpoch,
    ErrorCode::RebalanceInProgress,
    ErrorCode::UnknownMemberId,
    ErrorCode::IllegalGeneration,
    ErrorCode::NotCoordinator,
    ErrorCode::CoordinatorNotAvailable,
    ErrorCode::CoordinatorLoadInProgress,
    ErrorCode::MemberIdRequired,
    ErrorCode::GroupMaxSizeReached,
    ErrorCode::RequestTimedOut,
    ErrorCode::FencedInstanceId,
];

/// A small generator: the same numbers for the same seed, everywhere (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Mostly none; a fenced instance rarely, because it is the end.
    fn error(&mut self) -> ErrorCode {
        match self.roll(4) {
            0 => ERRORS[usize::try_from(self.roll(ERRORS.len() as u64 - 1 + self.0 % 2)).expect("small")],
            _ => ErrorCode::None,
        }
    }
}

fn answer(hand: &mut Hand, dice: &mut Dice, generation: &mut i32) {
    let Some(&name) = hand.asked().first() else { return };
    let error = dice.error();
    match name {
        "Metadata" => hand.answer_metadata(1 + i32::try_from(dice.roll(9)).expect("small")),
        "FindCoordinator" => hand.found(),
        "JoinGroup" if error.is_none() => {
            *generation += 1;
            let leader = if dice.roll(2) == 0 { "m" } else { "other" };
            let joined = hand.join_answer("m", leader, *generation);
            hand.answer(name, Response::from(joined));
        }
        "JoinGroup" => {
            hand.answer(name, Response::from(JoinGroupResponse::refusal(error, MemberId::new("m"))));
        }
        "SyncGroup" if error.is_none() => {
            let numbers: Vec<i32> = (0..4).filter(|_| dice.roll(2) == 0).collect();
            hand.synced(&numbers);
        }
        "SyncGroup" => {
            hand.answer(name, Response::from(SyncGroupResponse::refusal(error)));
        }
        "Heartbeat" => hand.heartbeat(error),
        "OffsetCommit" => hand.committed(error),
        "OffsetFetch" => {
            hand.answer(name, Response::from(OffsetFetchResponse::refusal(error)));
        }
        "ConsumerGroupHeartbeat" if error.is_none() => {
            *generation += i32::try_from(dice.roll(2)).expect("small");
            let numbers: Vec<i32> = (0..6).filter(|_| dice.roll(2) == 0).collect();
            hand.beat(*generation, (dice.roll(2) == 0).then_some(&numbers[..]));
        }
        "ConsumerGroupHeartbeat" => drop(hand.refuse_beat(error)),
        _ => hand.left(),
    }
}

fn live(family: ClientFamily, config: ClientConfig, seed: u64) {
    let dice = &mut Dice(seed);
    let mut hand = Hand::of(family, config);
    hand.durations = Durations {
        revoke: ms(dice.roll(2) * 700),
        assign: ms(dice.roll(2) * 300),
        lateness: ms(1),
        wake_up: ms(dice.roll(3)),
        pass: ms(1 + dice.roll(99)),
        round_trip: ms(dice.roll(9)),
        ..Durations::default()
    };
    let mut generation = 0;
    hand.create();
    for _ in 0..150 {
        match dice.roll(12) {
            0..=5 => answer(&mut hand, dice, &mut generation),
            6..=8 => hand.wait(ms(dice.roll(1_500))),
            9 => hand.act(Consumer::poll),
            10 if dice.roll(6) == 0 => hand.act(Consumer::away),
            11 if dice.roll(4) == 0 => hand.act(Consumer::topics_changed),
            _ => {}
        }
    }
    hand.act(Consumer::poll);
    hand.act(Consumer::close);
    for _ in 0..200 {
        if hand.member.is_ended() {
            return;
        }
        answer(&mut hand, &mut Dice(3), &mut generation);
        hand.wait(ms(1_000));
    }
    panic!("{family:?}, seed {seed}: still closing, asks for {:?}", hand.asked());
}

#[test]
fn any_client_survives_any_coordinator_and_any_application() {
    for family in [ClientFamily::Java, ClientFamily::Librdkafka, ClientFamily::FranzGo] {
        for seed in 0..400 {
            for config in [eager(), cooperative(), crate::consumer_protocol::config()] {
                live(family, ClientConfig { max_poll_interval: ms(8_000), ..config.clone() }, seed);
                live(family, ClientConfig { instance_id: Some("i".into()), ..config }, seed);
            }
        }
    }
}
