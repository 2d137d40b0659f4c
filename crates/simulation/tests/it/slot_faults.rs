//! Slots under faults at random: who may read what at the same time as somebody else.
//!
//! The ensemble checks itself in every run with debug assertions: a node has one owner, whose session lives, so that no
//! two members have a slot there. What members believe of their slots is seen in what they read.

use engine::Distribution;
use member::{Repairs, SlotSettings};
use proptest::prelude::*;
use protocol::{SimDuration, SimTime, TopicPartition};
use simulation::plan::{Plan, PlannedAction, PlannedEvent, RestartPolicy, Stop};
use simulation::run_observed;
use std::collections::{BTreeMap, BTreeSet};
use timeline::{Event, MemberIndex, Observer};

use crate::plans::{CLOSE, seconds};
use crate::slots::slots;

const MEMBERS: u32 = 4;
/// One member is a spare.
const SLOTS: u32 = 3;
/// Faults begin then; the first plan and the first assignments are made.
const CALM: u64 = 40_000;
/// A session ends no sooner after the last ping but one: ten seconds less the longest time between pings.
const LEAST: SimDuration = SimDuration::from_millis(6_600);

/// What happens, and how long after what happened before, in milliseconds.
type Fault = (u64, What);

#[derive(Clone, Copy, Debug)]
enum What {
    Outage(u64),
    Pause(u64),
    Cut(u32, u64),
    Reset(u32, u64),
    Kill(u32),
    Restart(u32),
    Hang(u32, u64),
}

impl What {
    /// Whether ZooKeeper and a member do not hear each other for it.
    fn is_silence(self) -> bool {
        matches!(self, Self::Outage(_) | Self::Pause(_) | Self::Cut(..) | Self::Reset(..))
    }

    fn action(self) -> PlannedAction {
        let length = SimDuration::from_millis;
        match self {
            Self::Outage(millis) => PlannedAction::ZooKeeperOutage { length: length(millis) },
            Self::Pause(millis) => PlannedAction::ZooKeeperPause { length: length(millis) },
            Self::Cut(n, millis) => PlannedAction::ZooKeeperCut { member: MemberIndex(n), length: length(millis) },
            Self::Reset(n, millis) => PlannedAction::ZooKeeperReset { member: MemberIndex(n), length: length(millis) },
            Self::Kill(n) => PlannedAction::Stop { member: MemberIndex(n), stop: Stop::Kill },
            Self::Restart(n) => PlannedAction::Restart {
                member: MemberIndex(n),
                stop: CLOSE,
                down: SimDuration::ZERO,
                start_after: length(500),
            },
            Self::Hang(n, millis) => PlannedAction::Hang { member: MemberIndex(n), length: length(millis) },
        }
    }
}

fn faults(of_zookeeper: bool) -> impl Strategy<Value = Vec<Fault>> {
    let (who, length) = (0..MEMBERS, 100..40_000_u64);
    let zookeeper = u32::from(of_zookeeper);
    let what = prop_oneof![
        2 * zookeeper => length.clone().prop_map(What::Outage),
        2 * zookeeper => length.clone().prop_map(What::Pause),
        4 * zookeeper => (who.clone(), length.clone()).prop_map(|(n, millis)| What::Cut(n, millis)),
        2 * zookeeper => (who.clone(), length.clone()).prop_map(|(n, millis)| What::Reset(n, millis)),
        2 => who.clone().prop_map(What::Kill),
        2 => who.clone().prop_map(What::Restart),
        2 => (who, length).prop_map(|(n, millis)| What::Hang(n, millis)),
    ];
    proptest::collection::vec((100..30_000_u64, what), 1..8)
}

/// A group of which a scheduler restarts whoever is killed.
fn plan(faults: &[Fault], repaired: Repairs, seed: u64) -> Plan {
    let mut plan = slots(MEMBERS, 12, repaired);
    for member in &mut plan.members {
        let settings = member.slots.take().expect("all have slots");
        member.slots = Some(SlotSettings { max_group_size: SLOTS, ..settings });
        member.application.start_up = Distribution::Uniform { lo: 500_000_000, hi: 3_000_000_000 };
        member.application.restarted = Some(RestartPolicy { always: true, delay: SimDuration::from_secs(1) });
    }
    let mut at = SimTime::from_millis(CALM);
    for (after, what) in faults {
        at += SimDuration::from_millis(*after);
        plan.events.push(PlannedEvent { at, action: what.action() });
    }
    Plan { seed, end: seconds(600), measure_from: SimTime::from_millis(CALM), ..plan }
}

/// Who reads what, and when that was given to somebody beside somebody else.
#[derive(Default)]
struct Readers {
    now: BTreeMap<TopicPartition, Vec<MemberIndex>>,
    hung: BTreeSet<MemberIndex>,
    shared: Vec<SimTime>,
}

impl Readers {
    fn leaves(&mut self, member: MemberIndex, which: impl Fn(&TopicPartition) -> bool) {
        for (_, readers) in self.now.iter_mut().filter(|(partition, _)| which(partition)) {
            readers.retain(|reader| *reader != member);
        }
    }
}

impl Observer for Readers {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        match event {
            Event::Assigned { member, partitions, .. } if !self.hung.contains(&member) => {
                for partition in partitions {
                    let readers = self.now.entry(partition.clone()).or_default();
                    if readers.iter().any(|reader| *reader != member) {
                        self.shared.push(at);
                    }
                    readers.push(member);
                }
            }
            Event::Revoked { member, partitions, .. } | Event::Lost { member, partitions, .. } => {
                self.leaves(member, |partition| partitions.contains(partition));
            }
            Event::Closed { member } | Event::Killed { member } => {
                self.hung.remove(&member);
                self.leaves(member, |_| true);
            }
            // Who hangs reads nothing, and looks at its slot before it reads again.
            Event::Hung { member } => {
                self.hung.insert(member);
                self.leaves(member, |_| true);
            }
            Event::HangOver { member } => drop(self.hung.remove(&member)),
            _ => {}
        }
    }
}

/// When somebody and ZooKeeper begin not to hear each other.
fn silences(faults: &[Fault]) -> Vec<SimTime> {
    let mut at = SimTime::from_millis(CALM);
    let mut silences = Vec::new();
    for (after, what) in faults {
        at += SimDuration::from_millis(*after);
        silences.extend(what.is_silence().then_some(at));
    }
    silences
}

/// When a partition was given to a second reader.
fn shared(plan: &Plan) -> Vec<SimTime> {
    run_observed(plan, Readers::default()).expect("runs end").1.shared
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Everything repaired, one plan: no partition has two readers, whatever becomes of ZooKeeper and of processes.
    #[test]
    fn repaired_members_never_share_a_partition(faults in faults(true), seed in 0..1_000_u64) {
        let shared = shared(&plan(&faults, Repairs::ALL, seed));
        prop_assert!(shared.is_empty(), "{shared:?}");
    }

    /// As published, and ZooKeeper always within reach: neither.
    #[test]
    fn published_members_share_nothing_while_zookeeper_is_within_reach(faults in faults(false), seed in 0..1_000_u64) {
        let shared = shared(&plan(&faults, Repairs::NONE, seed));
        prop_assert!(shared.is_empty(), "{shared:?}");
    }

    /// As published, when that may begin: a session of ten seconds, of which the last ping may have used up a third,
    /// after one and ZooKeeper began not to hear each other. It ends when that one hears that its session is over and
    /// its turn is over too, which has no bound: pauses between attempts double, whatever they come to. (What the two
    /// know of their slots meanwhile is held by the tests of the member.)
    #[test]
    fn published_members_share_a_partition_only_after_a_session_was_lost(
        faults in faults(true),
        seed in 0..1_000_u64,
    ) {
        let silences = silences(&faults);
        for at in shared(&plan(&faults, Repairs::NONE, seed)) {
            let may_begin = silences.iter().any(|from| *from + LEAST <= at);
            prop_assert!(may_begin, "{at} with silences from {silences:?}");
        }
    }
}
