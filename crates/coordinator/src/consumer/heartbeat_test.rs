//! ConsumerGroupHeartbeat, action by action. The recorded sequences have far more; these say what matters at a glance.

use alloc::string::String;

use protocol::message::ConsumerGroupHeartbeatRequest;

use crate::consumer::rig::{as_static, beat, join, owning};
use crate::rig::Rig;
use crate::{BrokerVersion, ConsumerGroupState, GroupConfig};

#[test]
fn the_first_to_join_gets_everything_at_epoch_two_in_one_batch() {
    let mut rig = Rig::consumers();
    let written = "append member a, group 2, target a, assignment 2, current a 2 STABLE";
    assert_eq!(rig.hear(join("a", &["t"])), [written, "#1 beat a 2 [0 1 2 3]"]);
    assert_eq!(rig.hear(beat("a", 2)), ["#2 beat a 2"]);
}

#[test]
fn who_joins_within_the_assignment_interval_waits_for_somebodys_later_heartbeat() {
    let mut rig = Rig::consumers();
    rig.hear(join("a", &["t"]));
    rig.at(999);
    assert_eq!(rig.hear(join("b", &["t"])), ["append member b, group 3, current b 2 STABLE", "#2 beat b 2 []"]);
    assert_eq!(rig.consumer_state(), Some(ConsumerGroupState::Assigning));
    rig.at(1_000);
    let computes = "append target a, target b, assignment 3, current b 3 UNRELEASED_PARTITIONS";
    assert_eq!(rig.hear(beat("b", 2)), [computes, "#3 beat b 3"]);
}

#[test]
fn before_version_4_3_there_is_no_such_interval() {
    let mut rig = Rig::with(GroupConfig::default(), BrokerVersion::V4_1);
    rig.topics(&[("t", 4)]);
    rig.hear(join("a", &["t"]));
    let answers = rig.hear(join("b", &["t"]));
    let why = "and groups start at epoch 0, not 1";
    assert_eq!(answers.last().map(String::as_str), Some("#2 beat b 2 []"), "{why}");
}

#[test]
fn partitions_go_before_they_come() {
    let mut rig = Rig::consumers();
    rig.hear(join("a", &["t"]));
    rig.at(2_000);
    rig.hear(join("b", &["t"]));
    assert_eq!(rig.hear(beat("a", 2)), ["append current a 2 UNREVOKED_PARTITIONS", "#3 beat a 2 [0 1]"]);
    assert_eq!(rig.hear(beat("b", 3)), ["append current b 3 UNRELEASED_PARTITIONS", "#4 beat b 3"]);
    assert_eq!(rig.hear(beat("a", 2)), ["#5 beat a 2"], "it has not said what it owns");
    assert_eq!(rig.hear(owning("a", 2, &[0, 1])), ["append current a 3 STABLE", "#6 beat a 3"]);
    assert_eq!(rig.hear(beat("b", 3)), ["append current b 3 STABLE", "#7 beat b 3 [2 3]"]);
    assert_eq!(rig.consumer_state(), Some(ConsumerGroupState::Stable));
}

#[test]
fn an_answer_that_was_lost_is_given_again_to_who_owns_nothing_else() {
    let mut rig = Rig::consumers();
    rig.two_members();
    assert_eq!(rig.hear(owning("a", 2, &[0])), ["#8 beat a 3"]);
    assert_eq!(rig.hear(owning("a", 2, &[0, 3])), ["#9 beat FENCED_MEMBER_EPOCH"]);
    assert_eq!(rig.hear(beat("a", 2)), ["#10 beat FENCED_MEMBER_EPOCH"]);
    assert_eq!(rig.hear(beat("a", 4)), ["#11 beat FENCED_MEMBER_EPOCH"]);
    assert_eq!(rig.hear(beat("z", 3)), ["#12 beat UNKNOWN_MEMBER_ID"]);
}

#[test]
fn a_silent_member_goes_and_the_next_heartbeat_of_anybody_hands_out_what_it_had() {
    let mut rig = Rig::consumers();
    rig.two_members();
    rig.at(30_000);
    rig.hear(beat("a", 3));
    assert_eq!(rig.at(55_000), ["append current b gone, target b gone, member b gone, group 4"]);
    let takes = "append target a, assignment 4, current a 4 STABLE";
    assert_eq!(rig.hear(beat("a", 3)), [takes, "#9 beat a 4 [0 1 2 3]"]);
}

#[test]
fn who_gives_nothing_up_goes_after_its_rebalance_timeout_however_often_it_is_heard_of() {
    let mut rig = Rig::consumers();
    rig.hear(join("a", &["t"]));
    rig.at(2_000);
    rig.hear(join("b", &["t"]));
    rig.hear(beat("a", 2));
    for second in 1..=6 {
        rig.at(2_000 + second * 4_900);
        rig.hear(beat("a", 2));
    }
    assert_eq!(rig.at(32_000), ["append current a gone, target a gone, member a gone, group 4"]);
    assert_eq!(rig.hear(beat("a", 2)), ["#10 beat UNKNOWN_MEMBER_ID"]);
}

#[test]
fn a_static_member_that_returns_in_time_takes_its_place_and_nobody_notices() {
    let mut rig = Rig::consumers();
    rig.hear(as_static(join("a", &["t"]), "i"));
    let early = rig.hear(as_static(join("a2", &["t"]), "i"));
    assert_eq!(early, ["#2 beat UNRELEASED_INSTANCE_ID"], "a process that was killed cannot return so soon");
    assert_eq!(rig.hear(as_static(beat("a", -2), "i")), ["append current a -2 STABLE", "#3 beat a -2"]);
    assert_eq!(rig.consumer_state(), Some(ConsumerGroupState::Reconciling));
    let replaced = "append current a gone, target a gone, member a gone, member a2, target a2, current a2 0 STABLE, \
                    current a2 2 STABLE";
    assert_eq!(rig.hear(as_static(join("a2", &["t"]), "i")), [replaced, "#4 beat a2 2 [0 1 2 3]"]);
    assert_eq!(rig.hear(as_static(beat("a", 2), "i")), ["#5 beat FENCED_INSTANCE_ID"]);
}

#[test]
fn a_static_member_that_is_away_is_missed_when_its_session_ends_which_began_with_its_last_heartbeat() {
    let mut rig = Rig::consumers();
    rig.hear(as_static(join("a", &["t"]), "i"));
    rig.at(20_000);
    rig.hear(as_static(beat("a", -2), "i"));
    assert!(rig.at(44_999).is_empty());
    assert_eq!(rig.at(45_000).len(), 1);
    assert_eq!(rig.consumer_state(), Some(ConsumerGroupState::Empty));
}

#[test]
fn partitions_that_are_added_are_seen_by_the_next_heartbeat_of_anybody() {
    let mut rig = Rig::consumers();
    rig.two_members();
    assert!(rig.topics(&[("t", 6), ("u", 2)]).is_empty());
    let sees = "append group 4, target a, target b, assignment 4, current a 4 STABLE";
    assert_eq!(rig.hear(beat("a", 3)), [sees, "#8 beat a 4 [0 1 4]"]);
    assert_eq!(rig.hear(beat("b", 3)), ["append current b 4 STABLE", "#9 beat b 4 [2 3 5]"]);
    rig.topics(&[("t", 6), ("u", 7)]);
    assert_eq!(rig.hear(beat("a", 4)), ["#10 beat a 4"], "nobody reads the other topic");
}

#[test]
fn forms_that_make_no_sense_are_refused_before_the_group_is_looked_at() {
    let mut rig = Rig::consumers();
    let wrong = |change: &dyn Fn(&mut ConsumerGroupHeartbeatRequest)| {
        let mut request = join("a", &["t"]);
        change(&mut request);
        request
    };
    let requests = [
        wrong(&|it| it.member_id = "".into()),
        wrong(&|it| it.group = "".into()),
        wrong(&|it| it.rebalance_timeout_ms = -1),
        wrong(&|it| it.topic_partitions = None),
        wrong(&|it| it.subscribed_topic_names = None),
        beat("a", -2),
        beat("a", -3),
    ];
    for request in requests {
        let answers = rig.hear(request);
        assert!(answers[0].ends_with("beat INVALID_REQUEST"), "{answers:?}");
    }
    let unknown = rig.hear(wrong(&|it| it.server_assignor = Some("own".into())));
    assert_eq!(unknown, ["#8 beat UNSUPPORTED_ASSIGNOR"]);
    assert_eq!(rig.hear(beat("a", 1)), ["#9 beat GROUP_ID_NOT_FOUND"]);
}

#[test]
fn a_quiet_member_can_be_held_as_long_as_its_heartbeats_would_change_nothing() {
    let mut rig = Rig::consumers();
    rig.two_members();
    let accepts = |rig: &Rig, epoch: i32| {
        let (epoch, now) = (protocol::MemberEpoch(epoch), protocol::SimTime::from_millis(10_000));
        rig.coordinator.accepts_consumer_heartbeat(&"g".into(), &"a".into(), epoch, now)
    };
    assert!(accepts(&rig, 3) && !accepts(&rig, 2));
    assert!(rig.coordinator.hold_session(&"g".into(), &"a".into()));
    rig.topics(&[("t", 6), ("u", 2)]);
    assert!(!accepts(&rig, 3), "there is something to see");
    rig.at(60_000);
    assert!(rig.coordinator.is_session_held(&"g".into(), &"a".into()), "only the other one has gone");
    rig.coordinator.release_session(&"g".into(), &"a".into(), protocol::SimTime::from_millis(59_000));
    assert!(rig.at(103_999).is_empty());
    assert_eq!(rig.at(104_000).len(), 1);
}

#[test]
fn a_group_comes_out_of_its_log_as_it_went_in() {
    let mut rig = Rig::consumers();
    rig.two_members();
    let before = rig.coordinator.consumer_group(&"g".into());
    rig.unload();
    assert_eq!(rig.hear(beat("a", 3)), ["#8 beat NOT_COORDINATOR"]);
    rig.load();
    assert_eq!(rig.coordinator.consumer_group(&"g".into()), before);
    assert_eq!(rig.hear(beat("a", 3)), ["#9 beat a 3"]);
}
