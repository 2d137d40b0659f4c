//! Every defect, as published and repaired.

use member::slots::{Defect, SlotState};
use member::{ClientConfig, OffsetReset, Repairs};
use protocol::TopicName;

use super::rig::{Rig, ms, secs, settings};

fn only(defect: Defect) -> [Repairs; 2] {
    [Repairs::NONE, Repairs::NONE.and(defect)]
}

/// Cuts off a member until its session is gone, and some more.
fn lose_session(rig: &mut Rig, number: usize) {
    rig.cut(number, true);
    rig.wait(secs(25));
    rig.cut(number, false);
    rig.wait(secs(60));
}

/// Z1.
#[test]
fn a_lost_session_takes_the_plan_along() {
    let [published, repaired] = only(Defect::PlanForgotten);
    let mut rig = Rig::running(4, 2, published);
    lose_session(&mut rig, 0);
    let free = (0..2).filter(|slot| !rig.is_taken(*slot)).count();
    assert_eq!((rig.states()[0], free), (SlotState::New, 1));
    rig.wait(secs(600));
    assert_eq!(rig.states()[0], SlotState::New, "for ever");
    // Whoever writes a greater version heals it.
    rig.start(settings(3, 2, published));
    rig.wait(secs(10));
    assert_eq!(rig.states()[0], SlotState::Consuming);

    let mut rig = Rig::running(4, 2, repaired.and(Defect::PlanKept));
    lose_session(&mut rig, 0);
    assert_eq!((rig.states()[0], rig.is_taken(0) && rig.is_taken(1)), (SlotState::Consuming, true));
}

/// Z2.
#[test]
fn a_plan_kept_on_the_way_back_is_never_newer() {
    let repaired = only(Defect::PlanForgotten)[1];
    let mut rig = Rig::running(4, 2, repaired);
    lose_session(&mut rig, 0);
    assert_eq!((rig.states()[0], rig.reads(0)), (SlotState::Joined, vec![]));
    assert!(rig.processes[0].member.is_spinning() && rig.is_taken(0) && rig.is_taken(1));
    let mut rig = Rig::running(4, 2, repaired.and(Defect::PlanKept));
    lose_session(&mut rig, 0);
    assert_eq!(rig.states()[0], SlotState::Consuming);
}

/// Z3: 16 partitions become 24.
#[test]
fn who_sees_a_topic_grow_does_not_read_by_the_plan_that_it_writes() {
    let grown = |repairs| {
        let mut rig = Rig::new(16);
        for _ in 0..2 {
            rig.start(settings(2, 1, repairs));
            rig.wait(secs(12));
        }
        rig.counts.insert(TopicName::new("t"), 24);
        rig.wait(secs(60));
        let mut read: Vec<i32> = rig.reads(0).into_iter().chain(rig.reads(1)).collect();
        read.sort_unstable();
        read
    };
    let [published, repaired] = only(Defect::PlanChangedInPlace);
    assert_eq!(grown(published), (0..8).chain(12..24).collect::<Vec<_>>());
    assert_eq!(grown(repaired), (0..24).collect::<Vec<_>>());
}

/// Z4.
#[test]
fn a_slot_that_the_plan_no_longer_has_is_kept() {
    let [published, repaired] = only(Defect::SurplusSlotKept);
    for (repairs, keeps) in [(published, true), (repaired, false)] {
        let mut rig = Rig::running(4, 2, repairs);
        let surplus = rig.slots().iter().position(|slot| *slot == Some(1)).unwrap();
        rig.start(settings(1, 2, repairs));
        rig.wait(secs(20));
        assert_eq!(rig.is_taken(1), keeps);
        assert_eq!(rig.processes[surplus].member.is_spinning(), keeps);
        assert!(rig.reads(surplus).is_empty());
    }
}

/// Z5: a cut of 25 s, with a spare.
#[test]
fn a_member_that_is_cut_off_reads_on_beside_its_successor() {
    let [published, repaired] = only(Defect::SuspensionIgnored);
    for (repairs, twice) in [(published, true), (repaired, false)] {
        let mut rig = Rig::running(2, 1, repairs);
        let spare = rig.start(settings(1, 1, repairs));
        rig.cut(0, true);
        let mut both = 0;
        for _ in 0..300 {
            rig.wait(ms(100));
            if rig.now.as_millis() % 25_000 < 100 {
                rig.cut(0, false);
            }
            both += u64::from(!rig.reads(0).is_empty() && !rig.reads(spare).is_empty());
        }
        assert_eq!(both > 50, twice, "{both} tenths of a second");
        assert_eq!(both > 0, twice);
    }
}

/// Z6: two releases start at the same moment; both write version 2.
#[test]
fn of_two_writers_the_last_one_wins_and_versions_repeat() {
    let [published, repaired] = only(Defect::WritesUnconditional);
    for (repairs, version) in [(published, 2), (repaired, 3)] {
        let mut rig = Rig::running(4, 1, repairs);
        rig.start(settings(2, 2, repairs));
        rig.start(settings(3, 3, repairs));
        rig.wait(secs(12));
        let text = rig.ensemble.data("/static_assignment/g/assignment").unwrap();
        let plan = member::slots::Plan::parse(&text).unwrap();
        assert_eq!((plan.version, plan.config_version, plan.max_members), (version, 3, 3));
    }
}

/// Z7.
#[test]
fn a_joiner_may_come_between_the_free_slot_and_the_last_commit() {
    let [published, repaired] = only(Defect::SlotFreedBeforeCommit);
    for (repairs, behind) in [(published, true), (repaired, false)] {
        let mut rig = Rig::running(2, 1, repairs);
        rig.wait(ms(2_500));
        rig.term(0);
        rig.wait_for(|rig| !rig.is_taken(0));
        let at_free = rig.committed.clone();
        rig.wait_for(|rig| rig.processes[0].member.is_ended());
        assert_eq!(at_free != rig.committed, behind);
    }
}

/// Z8.
#[test]
fn while_no_broker_answers_the_loop_is_deaf() {
    let [published, repaired] = only(Defect::MetadataUntimed);
    let mut rig = Rig::running(2, 1, published);
    rig.broker_is_up = false;
    rig.wait(secs(75));
    assert!(rig.is_taken(0) && rig.reads(0).is_empty());
    rig.term(0);
    rig.wait(secs(12));
    assert!(rig.is_taken(0) && !rig.processes[0].member.is_ended());

    let mut rig = Rig::running(2, 1, repaired);
    rig.broker_is_up = false;
    let freed = rig.wait_for(|rig| !rig.is_taken(0));
    assert!(freed <= secs(46), "{freed}");
}

/// Z9.
#[test]
fn a_process_that_fails_says_so_in_its_exit_status() {
    let [published, repaired] = only(Defect::FailureExitsZero);
    for (repairs, status) in [(published, 0), (repaired, 1)] {
        let mut rig = Rig::new(2);
        rig.ensemble.go_down(&mut Vec::new());
        rig.start(settings(1, 1, repairs));
        rig.wait(secs(16));
        let member = &rig.processes[0].member;
        assert_eq!((member.is_ended(), member.exit_status()), (true, status));
    }
}

/// Z10.
#[test]
fn where_reading_begins_without_an_offset() {
    assert_eq!(ClientConfig::default().offset_reset, OffsetReset::Latest);
    let [published, repaired] = only(Defect::NewPartitionsSkipped);
    for (repairs, reset) in [(published, OffsetReset::Latest), (repaired, OffsetReset::Earliest)] {
        let mut rig = Rig::new(2);
        rig.start(settings(1, 1, repairs));
        assert_eq!(rig.processes[0].member.config().offset_reset, reset);
    }
}

/// A stop that comes while a slot is being taken is overwritten: the process has to be killed.
#[test]
fn a_stop_during_a_join_is_forgotten() {
    let mut rig = Rig::running(2, 1, Repairs::NONE);
    let late = rig.start(settings(2, 2, Repairs::NONE));
    rig.wait_for(|rig| rig.is_taken(1));
    assert_eq!(rig.states()[late], SlotState::New);
    rig.term(late);
    rig.wait(secs(30));
    assert_eq!(rig.states()[late], SlotState::Consuming);
    assert!(rig.processes[late].member.is_closing() && !rig.processes[late].member.is_ended());
}

/// The connection is lost while a slot is being taken: the session may end up with two.
#[test]
fn a_slot_whose_taking_was_not_answered_is_held_and_not_read() {
    let mut rig = Rig::running(4, 1, Repairs::NONE);
    let late = rig.start(settings(3, 2, Repairs::NONE));
    rig.wait_for(|rig| rig.is_taken(1));
    rig.cut(late, true);
    rig.wait(secs(7));
    rig.cut(late, false);
    rig.wait(secs(4));
    assert!(rig.is_taken(1) && rig.is_taken(2));
    assert_eq!(rig.slots()[late], Some(2));
}
