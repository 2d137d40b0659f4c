//! The Java consumer under the consumer protocol: every state against every answer; closing; silence.

use member::consumer_protocol::MembershipState as State;
use member::{Action, ClientConfig, Consumer, Destination, GroupMembershipOperation, Observation, Routine as _};
use protocol::{BrokerId, ErrorCode};

use crate::consumer_protocol::{config, stable};
use crate::hand::{Durations, Hand, ms};

const BEAT: &str = "ConsumerGroupHeartbeat";

fn state(hand: &Hand) -> State {
    match &hand.member {
        Consumer::JavaConsumerProtocol(member) => member.state(),
        other => panic!("another client: {other:?}"),
    }
}

/// A member in this state with a heartbeat under way, whose application is away where that keeps it there.
fn in_state(wanted: State) -> Hand {
    let quick = || stable(ClientConfig { auto_commit: false, max_poll_interval: ms(11_000), ..config() }, &[0, 1]);
    let mut hand = match wanted {
        State::Unsubscribed | State::Leaving => {
            let mut hand = quick();
            hand.act(Consumer::close);
            hand
        }
        State::Joining => {
            let mut hand = Hand::new(config());
            hand.start();
            hand
        }
        State::Reconciling => {
            let mut hand = quick();
            hand.durations.revoke = ms(9_000);
            hand.wait(ms(5_000));
            hand.beat(2, Some(&[0]));
            hand.wait(ms(5_000));
            hand
        }
        State::Acknowledging => {
            // The acknowledgement waits for the answer to a heartbeat that was under way.
            let mut hand = quick();
            hand.durations.revoke = ms(5_500);
            hand.wait(ms(5_000));
            hand.beat(2, Some(&[0]));
            hand.wait(ms(5_600));
            hand
        }
        State::Stable => {
            let mut hand = quick();
            hand.wait(ms(5_000));
            hand
        }
        State::Fenced => {
            let mut hand = quick();
            hand.act(Consumer::away);
            hand.wait(ms(5_000));
            hand.refuse_beat(ErrorCode::FencedMemberEpoch);
            hand
        }
        State::Stale => {
            let mut hand = quick();
            hand.act(Consumer::away);
            hand.wait(ms(5_000));
            hand.beat(2, None);
            hand.wait(ms(5_000));
            hand.wait(ms(5_000));
            hand
        }
        State::Fatal => {
            let mut hand = quick();
            hand.act(Consumer::away);
            hand.wait(ms(5_000));
            hand.refuse_beat(ErrorCode::InvalidRequest);
            hand
        }
    };
    // Leaving lasts until its heartbeat is made, which is at once.
    let expected = if wanted == State::Leaving { State::Unsubscribed } else { wanted };
    assert_eq!(state(&hand), expected);
    hand.seen();
    hand
}

/// Says it.
type Saying = fn(&mut Hand);

/// What can be said to a member.
const ANSWERS: [(&str, Saying); 11] = [
    ("nothing new", |hand| drop(hand.beat(3, None))),
    ("same assignment", |hand| drop(hand.beat(3, Some(&[0, 1])))),
    ("other assignment", |hand| drop(hand.beat(3, Some(&[1])))),
    ("FENCED_MEMBER_EPOCH", |hand| drop(hand.refuse_beat(ErrorCode::FencedMemberEpoch))),
    ("UNKNOWN_MEMBER_ID", |hand| drop(hand.refuse_beat(ErrorCode::UnknownMemberId))),
    ("NOT_COORDINATOR", |hand| drop(hand.refuse_beat(ErrorCode::NotCoordinator))),
    ("COORDINATOR_LOAD_IN_PROGRESS", |hand| drop(hand.refuse_beat(ErrorCode::CoordinatorLoadInProgress))),
    ("UNRELEASED_INSTANCE_ID", |hand| drop(hand.refuse_beat(ErrorCode::UnreleasedInstanceId))),
    ("GROUP_MAX_SIZE_REACHED", |hand| drop(hand.refuse_beat(ErrorCode::GroupMaxSizeReached))),
    ("GROUP_ID_NOT_FOUND", |hand| drop(hand.refuse_beat(ErrorCode::GroupIdNotFound))),
    ("(connection lost)", |hand| {
        hand.act(|member, cx| member.on_disconnect(Destination::Coordinator(BrokerId(1)), cx));
    }),
];

/// What becomes of each state, and what leaves at once. Assignments are the same as, or other than, `[0, 1]`: a member
/// that reconciles or acknowledges `[0]` is given another one by both.
const STATES: &str = "
Joining
  nothing new                  Joining and beats
  same assignment              Reconciling
  other assignment             Reconciling
  FENCED_MEMBER_EPOCH          Joining and beats
  UNKNOWN_MEMBER_ID            Joining and beats
  NOT_COORDINATOR              Joining and looks for the coordinator
  COORDINATOR_LOAD_IN_PROGRESS Joining and beats
  UNRELEASED_INSTANCE_ID       Fatal
  GROUP_MAX_SIZE_REACHED       Fatal
  GROUP_ID_NOT_FOUND           Fatal
  (connection lost)            Joining and looks for the coordinator
Reconciling
  nothing new                  Reconciling
  same assignment              Reconciling
  other assignment             Reconciling
  FENCED_MEMBER_EPOCH          Fenced
  UNKNOWN_MEMBER_ID            Fenced
  NOT_COORDINATOR              Reconciling and looks for the coordinator
  COORDINATOR_LOAD_IN_PROGRESS Reconciling
  UNRELEASED_INSTANCE_ID       Fatal
  GROUP_MAX_SIZE_REACHED       Fatal
  GROUP_ID_NOT_FOUND           Fatal
  (connection lost)            Reconciling and looks for the coordinator
Acknowledging
  nothing new                  Stable and beats
  same assignment              Reconciling
  other assignment             Reconciling
  FENCED_MEMBER_EPOCH          Fenced
  UNKNOWN_MEMBER_ID            Fenced
  NOT_COORDINATOR              Acknowledging and looks for the coordinator
  COORDINATOR_LOAD_IN_PROGRESS Stable and beats
  UNRELEASED_INSTANCE_ID       Fatal
  GROUP_MAX_SIZE_REACHED       Fatal
  GROUP_ID_NOT_FOUND           Fatal
  (connection lost)            Acknowledging and looks for the coordinator
Stable
  nothing new                  Stable
  same assignment              Stable
  other assignment             Reconciling
  FENCED_MEMBER_EPOCH          Fenced
  UNKNOWN_MEMBER_ID            Fenced
  NOT_COORDINATOR              Stable and looks for the coordinator
  COORDINATOR_LOAD_IN_PROGRESS Stable
  UNRELEASED_INSTANCE_ID       Fatal
  GROUP_MAX_SIZE_REACHED       Fatal
  GROUP_ID_NOT_FOUND           Fatal
  (connection lost)            Stable and looks for the coordinator
Unsubscribed
  nothing new                  Unsubscribed
  same assignment              Unsubscribed
  other assignment             Unsubscribed
  FENCED_MEMBER_EPOCH          Unsubscribed
  UNKNOWN_MEMBER_ID            Unsubscribed
  NOT_COORDINATOR              Unsubscribed
  COORDINATOR_LOAD_IN_PROGRESS Unsubscribed
  UNRELEASED_INSTANCE_ID       Fatal
  GROUP_MAX_SIZE_REACHED       Fatal
  GROUP_ID_NOT_FOUND           Unsubscribed
  (connection lost)            Unsubscribed
";

/// Which states stay what they are under an answer, and which do not.
#[test]
fn every_state_against_every_answer() {
    let mut table = String::from("\n");
    for from in [State::Joining, State::Reconciling, State::Acknowledging, State::Stable, State::Unsubscribed] {
        table.push_str(&format!("{from:?}\n"));
        for (name, answer) in ANSWERS {
            let mut hand = in_state(from);
            let sent = hand.member.heartbeats().sent;
            answer(&mut hand);
            let asks = if hand.member.heartbeats().sent > sent { " and beats" } else { "" };
            let looks = if hand.asked().contains(&"FindCoordinator") { " and looks for the coordinator" } else { "" };
            table.push_str(&format!("  {name:<28} {:?}{asks}{looks}\n", state(&hand)));
        }
    }
    assert_eq!(table, STATES, "{table}");
}

#[test]
fn members_outside_the_group_send_nothing_until_their_application_polls() {
    for (from, to) in
        [(State::Fenced, Some(State::Joining)), (State::Stale, Some(State::Joining)), (State::Fatal, None)]
    {
        let mut hand = in_state(from);
        hand.wait(ms(100_000));
        assert_eq!(state(&hand), from);
        assert!(hand.asked().iter().all(|name| *name != BEAT) || from == State::Stale, "{from:?}");
        hand.act(Consumer::poll);
        match to {
            Some(to) => assert_eq!(state(&hand), to),
            None => assert!(hand.member.is_ended()),
        }
    }
}

#[test]
fn an_error_without_repair_is_thrown_from_poll_after_everything_is_lost() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0]);
    hand.wait(ms(5_000));
    hand.refuse_beat(ErrorCode::UnreleasedInstanceId);
    hand.wait(ms(100));
    let seen = hand.seen();
    assert!(matches!(
        seen[..],
        [
            Observation::FetchingStopped { .. },
            Observation::Lost { .. },
            Observation::Failed { error: ErrorCode::UnreleasedInstanceId }
        ]
    ));
    assert!(hand.member.is_ended());
}

#[test]
fn a_failed_heartbeat_is_repeated_after_a_backoff_and_says_everything() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0]);
    hand.wait(ms(5_000));
    for backoff in [100, 200, 400, 800, 1_000, 1_000] {
        hand.refuse_beat(ErrorCode::CoordinatorLoadInProgress);
        hand.wait(ms(backoff - 1));
        assert_eq!(hand.asked(), Vec::<&str>::new());
        hand.wait(ms(1));
        assert_eq!(hand.asked(), [BEAT]);
    }
    let full = hand.beat(2, Some(&[0]));
    assert!(full.subscribed_topic_names.is_some() && full.topic_partitions.is_some());
    assert_eq!(state(&hand), State::Stable, "the same assignment is nothing to reconcile");
}

#[test]
fn who_joins_does_not_wait_for_a_backoff() {
    let mut hand = in_state(State::Joining);
    hand.refuse_beat(ErrorCode::CoordinatorLoadInProgress);
    assert_eq!(hand.asked(), [BEAT]);
}

#[test]
fn a_close_commits_revokes_and_says_goodbye_for_good_or_for_a_while() {
    for (instance_id, epoch) in [(None, -1), (Some("i".into()), -2)] {
        let mut hand = stable(ClientConfig { instance_id, ..config() }, &[0]);
        hand.durations.revoke = ms(6_000);
        hand.act(Consumer::close);
        assert_eq!((hand.asked(), hand.seen()), (vec!["OffsetCommit"], vec![]));
        hand.committed(ErrorCode::None);
        assert!(matches!(hand.seen()[..], [Observation::Revoked { .. }]));
        hand.wait(ms(5_000));
        assert_eq!(hand.beat(2, None).member_epoch.0, 2, "heartbeats go on during the callback");
        hand.wait(ms(1_000));
        assert_eq!(hand.beat(epoch, None).member_epoch.0, epoch);
        assert_eq!(hand.seen(), [Observation::Closed]);
        assert!(hand.member.is_ended());
    }
}

#[test]
fn the_application_says_what_becomes_of_the_membership() {
    use GroupMembershipOperation::{Default, LeaveGroup, RemainInGroup};
    for (instance_id, operation, goodbye) in [
        (None, Default, -1),
        (None, LeaveGroup, -1),
        (None, RemainInGroup, -1),
        (Some("i"), Default, -2),
        (Some("i"), LeaveGroup, -1),
        (Some("i"), RemainInGroup, -2),
    ] {
        let instance_id = instance_id.map(Into::into);
        let mut hand = stable(ClientConfig { instance_id, ..config() }, &[0]);
        hand.act(|member, cx| member.close_with(operation, cx));
        hand.committed(ErrorCode::None);
        assert_eq!(hand.beat(goodbye, None).member_epoch.0, goodbye, "{operation:?}");
        assert!(hand.member.is_ended(), "{operation:?}");
    }
}

#[test]
fn a_member_that_shall_remain_leaves_behind_the_heartbeat_under_way() {
    let mut hand = stable(ClientConfig { auto_commit: false, ..config() }, &[0]);
    hand.wait(ms(5_000));
    hand.act(|member, cx| member.close_with(GroupMembershipOperation::RemainInGroup, cx));
    assert_eq!(hand.asked(), [BEAT]);
    assert_eq!(hand.beat(2, None).member_epoch.0, 2);
    assert_eq!(hand.beat(-1, None).member_epoch.0, -1);
    assert!(hand.member.is_ended());
}

#[test]
fn a_close_does_not_wait_for_a_heartbeat_under_way_nor_for_ever() {
    let mut hand = in_state(State::Joining);
    hand.act(Consumer::close);
    assert_eq!(hand.asked(), [BEAT, BEAT]);
    hand.beat(2, Some(&[0]));
    assert_eq!(hand.seen(), [], "the last one's answer is waited for");
    hand.wait(ms(29_999));
    assert!(!hand.member.is_ended());
    hand.wait(ms(1));
    assert!(hand.member.is_ended());
}

#[test]
fn a_close_without_a_coordinator_ends_at_once() {
    let mut hand = Hand::new(config());
    hand.durations = Durations::default();
    let mut actions = 0;
    hand.act(|member, cx| {
        member.start(cx.now, cx);
        actions = cx.out.iter().filter(|action| matches!(action, Action::Send { .. })).count();
    });
    assert_eq!(actions, 2, "Metadata and FindCoordinator");
    hand.act(Consumer::close);
    assert!(hand.member.is_ended());
}
