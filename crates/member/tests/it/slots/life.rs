//! A member's life, as published: starting, spares, stops, kills, plans.

use member::slots::{Plan, SlotState};
use member::{Observation, Repairs};
use protocol::{SimDuration, TopicName};

use super::rig::{Rig, ms, secs, settings};

const PUBLISHED: Repairs = Repairs::NONE;

fn plan(rig: &Rig) -> Plan {
    let text = rig.ensemble.data("/static_assignment/g/assignment").expect("there is one");
    Plan::parse(&text).expect("it can be read")
}

#[test]
fn who_writes_the_first_plan_loses_a_second_and_nobody_after() {
    let mut rig = Rig::new(4);
    rig.start(settings(2, 1, PUBLISHED));
    let first = rig.wait_for(|rig| rig.states()[0] == SlotState::Consuming);
    assert!((1_000..1_030).contains(&first.as_millis()), "{first}");
    rig.start(settings(2, 1, PUBLISHED));
    let second = rig.wait_for(|rig| rig.states()[1] == SlotState::Consuming);
    assert!(second.as_millis() < 30, "{second}");
    assert_eq!((rig.slots(), plan(&rig).version), (vec![Some(0), Some(1)], 1));
    // The coordinator is looked up half a second to a second after the start: fetching waits for that.
    let read = rig.wait_for(|rig| rig.reads(1) == [2, 3]);
    assert!((500..1_000).contains(&(read + second).as_millis()), "{read}");
}

#[test]
fn nothing_is_tried_without_slots() {
    let mut rig = Rig::new(4);
    rig.start(settings(0, 1, PUBLISHED));
    rig.wait(secs(10));
    assert_eq!((rig.states(), plan(&rig).member_assignments.len()), (vec![SlotState::New], 0));
}

#[test]
fn a_spare_takes_over_within_a_second_of_a_clean_stop_and_at_expiry_after_a_kill() {
    let mut rig = Rig::running(4, 2, PUBLISHED);
    let spare = rig.start(settings(2, 1, PUBLISHED));
    rig.wait(secs(4));
    assert_eq!(rig.states()[spare], SlotState::New);
    let slot = rig.slots()[0].unwrap();
    rig.term(0);
    rig.wait_for(|rig| !rig.is_taken(slot));
    let taken = rig.wait_for(|rig| rig.slots()[spare] == Some(slot));
    assert!(taken <= secs(1) + ms(10), "{taken}");
    rig.wait(secs(20));

    let other = rig.start(settings(2, 1, PUBLISHED));
    let slot = rig.slots()[1];
    rig.kill(1);
    let taken = rig.wait_for(|rig| rig.slots()[other] == slot);
    assert!((6_600..13_100).contains(&taken.as_millis()), "{taken}");
}

/// The last ping is up to 3.33 s old, the timeout 10 s, and expiry is rounded up to a tick of 2 s.
#[test]
fn a_killed_members_slot_goes_between_six_point_seven_and_twelve_seconds_later() {
    let mut rig = Rig::running(8, 4, PUBLISHED);
    for killed in 0..4 {
        rig.wait(ms(1_300 * (killed + 1)));
        let slot = rig.slots()[killed as usize].unwrap();
        rig.kill(killed as usize);
        let gone = rig.wait_for(|rig| !rig.is_taken(slot));
        assert!((6_660..=12_000).contains(&gone.as_millis()), "{gone}");
    }
}

#[test]
fn a_stop_waits_for_the_turn_and_the_process_ends_at_a_whole_second() {
    for early in [0, 900, 2_100, 4_800] {
        let mut rig = Rig::running(4, 1, PUBLISHED);
        // A turn of 5 s begins now.
        let turns = rig.processes[0].turns;
        rig.wait_for(|rig| rig.processes[0].turns > turns);
        rig.wait(ms(early));
        rig.term(0);
        let read = rig.wait_for(|rig| rig.reads(0).is_empty());
        let ended = read + rig.wait_for(|rig| rig.processes[0].member.is_ended());
        assert!(read <= secs(5) && ended >= secs(1), "{read} {ended}");
        let past = ended.as_millis() % 1_000;
        assert!((50..60).contains(&past), "{ended} is a whole second and the time to close sockets");
        assert!(ended < read + secs(1) + ms(60) || ended < secs(1) + ms(60));
        assert_eq!(rig.processes[0].member.exit_status(), 0);
        let last = rig.processes[0].seen.last().map(|(_, seen)| seen.clone());
        assert_eq!((last, rig.is_taken(0)), (Some(Observation::Closed), false));
    }
}

#[test]
fn a_restarted_member_takes_the_lowest_free_slot_not_its_own() {
    let mut rig = Rig::running(6, 3, PUBLISHED);
    let of = |rig: &Rig, slot| rig.slots().iter().position(|has| *has == Some(slot)).unwrap();
    let (lowest, highest) = (of(&rig, 0), of(&rig, 2));
    rig.term(highest);
    rig.term(lowest);
    let ended = |rig: &Rig, number: usize| rig.processes[number].member.is_ended();
    rig.wait_for(|rig| ended(rig, lowest) && ended(rig, highest));
    let successor_of_highest = rig.start(settings(3, 1, PUBLISHED));
    rig.wait(secs(2));
    assert_eq!(rig.slots()[successor_of_highest], Some(0));
}

#[test]
fn a_new_release_makes_everybody_assign_again_at_the_next_turn() {
    let mut rig = Rig::running(4, 2, PUBLISHED);
    let before = rig.processes[0].seen.len();
    rig.start(settings(2, 2, PUBLISHED));
    rig.wait(secs(6));
    let plan = plan(&rig);
    assert_eq!((plan.version, plan.config_version, plan.max_members), (2, 2, 2));
    let seen: Vec<_> = rig.processes[0].seen[before..].iter().map(|(_, seen)| seen.clone()).collect();
    assert!(
        matches!(
            seen.as_slice(),
            [Observation::Revoked { .. }, Observation::Assigned { .. }, Observation::Fetching { .. }]
        ),
        "{seen:?}"
    );
    rig.start(settings(2, 1, PUBLISHED));
    rig.wait(secs(6));
    assert_eq!(self::plan(&rig).version, 2, "an older release changes nothing");
}

#[test]
fn moved_partitions_are_read_twice_until_the_old_owner_comes_round() {
    let mut rig = Rig::running(4, 1, PUBLISHED);
    let second = rig.start(settings(2, 2, PUBLISHED));
    let both = rig.wait_for(|rig| rig.reads(0) == [0, 1, 2, 3] && rig.reads(second) == [2, 3]);
    let over = rig.wait_for(|rig| rig.reads(0) == [0, 1]);
    assert!(both < secs(2) && over <= secs(5), "{both} {over}");
}

#[test]
fn what_was_read_is_committed_every_five_seconds_and_at_the_end() {
    let mut rig = Rig::running(2, 1, PUBLISHED);
    let before = rig.committed.clone();
    rig.wait(secs(6));
    assert!(rig.committed.values().all(|offset| before.values().all(|earlier| earlier < offset)));
    rig.wait(ms(1_700));
    let began = SimDuration::from_nanos(rig.now.as_nanos() - secs(1).as_nanos());
    rig.poll_time = secs(1);
    rig.term(0);
    rig.wait_for(|rig| rig.processes[0].member.is_ended());
    let last = rig.committed.values().map(|offset| offset.0).max().unwrap();
    assert!(last >= i64::try_from(began.as_millis() / 1_000).unwrap(), "{last} {began}");
}

#[test]
fn a_hung_member_keeps_its_slot_and_hears_of_nothing() {
    let mut rig = Rig::running(4, 2, PUBLISHED);
    rig.act(0, |member, cx| member.away(cx));
    rig.start(settings(2, 2, PUBLISHED));
    rig.wait(secs(120));
    assert!(rig.is_taken(0) && rig.reads(0).is_empty());
    assert_eq!((rig.processes[0].member.generation().0, rig.processes[1].member.generation().0), (1, 2));
    rig.act(0, |member, cx| member.poll(cx));
    rig.wait(secs(1));
    assert_eq!(rig.processes[0].member.generation().0, 2);
}

#[test]
fn a_member_that_cannot_reach_zookeeper_gives_up_after_fifteen_seconds() {
    let mut rig = Rig::new(4);
    let mut out = Vec::new();
    rig.ensemble.go_down(&mut out);
    rig.start(settings(1, 1, PUBLISHED));
    let ended = rig.wait_for(|rig| rig.processes[0].member.is_ended());
    assert_eq!((ended, rig.processes[0].member.is_closing()), (secs(15), false));
}

/// Six members, 45 s: who is back within 10 s of the return keeps its slot, the rest are stuck.
#[test]
fn after_an_outage_of_zookeeper_most_members_stop_for_good() {
    let mut rig = Rig::running(12, 6, PUBLISHED);
    rig.outage(secs(45));
    let reading = |rig: &Rig| (0..6).filter(|number| !rig.reads(*number).is_empty()).count();
    assert!((0..6).all(|number| rig.processes[number].member.state() == SlotState::Consuming));
    rig.wait(secs(100));
    let stuck = rig.states().iter().filter(|state| **state == SlotState::New).count();
    assert!(stuck + reading(&rig) == 6 && stuck > 0, "{:?}", rig.states());
    // A plain restart repairs only that process.
    rig.wait(secs(100));
    let again = rig.start(settings(6, 1, PUBLISHED));
    rig.wait(secs(10));
    assert_eq!(rig.states()[again], SlotState::Consuming);
    assert_eq!(rig.states().iter().filter(|state| **state == SlotState::New).count(), stuck);
}

#[test]
fn topics_are_counted_every_thirty_seconds() {
    let mut rig = Rig::running(4, 2, PUBLISHED);
    rig.counts.insert(TopicName::new("t"), 6);
    let noticed = rig.wait_for(|rig| plan(rig).version == 2);
    assert!(noticed <= secs(36), "{noticed}");
}
