//! The measurer against a plain model that keeps everything and works with names and maps, on random time lines.
//!
//! The model knows in advance when each partition is born, as a reader of a whole file does; the measurer learns it on
//! the way. Both must come to the same figures.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use protocol::{Generation, SimDuration, SimTime, TopicName, TopicPartition};
use timeline::{Cast, Event, Measurer, MemberIndex, Observer};

/// What can happen in a random time line.
#[derive(Clone, Debug)]
enum Happening {
    Assigned(u32, Vec<(u8, i32)>),
    Revoked(u32, Vec<(u8, i32)>),
    Lost(u32, Vec<(u8, i32)>),
    Closed(u32),
    Killed(u32),
    Hung(u32),
    ReadsOn(u32),
    Grown(u8, i32),
    Generation(i32),
}

/// `a` and `b` are read by the group; `x` is not in the cast.
const TOPICS: [&str; 3] = ["a", "b", "x"];
const AT_START: [(&str, i32); 2] = [("a", 3), ("b", 2)];

fn happening() -> impl Strategy<Value = Happening> {
    let member = 0..4u32;
    let partitions = || prop::collection::vec((0..3u8, 0..6i32), 0..6);
    prop_oneof![
        6 => (member.clone(), partitions()).prop_map(|(m, p)| Happening::Assigned(m, p)),
        3 => (member.clone(), partitions()).prop_map(|(m, p)| Happening::Revoked(m, p)),
        1 => (member.clone(), partitions()).prop_map(|(m, p)| Happening::Lost(m, p)),
        1 => member.clone().prop_map(Happening::Closed),
        1 => member.clone().prop_map(Happening::Killed),
        1 => member.clone().prop_map(Happening::Hung),
        1 => member.prop_map(Happening::ReadsOn),
        1 => (0..3u8, 0..7i32).prop_map(|(t, count)| Happening::Grown(t, count)),
        1 => (0..5i32).prop_map(Happening::Generation),
    ]
}

fn time_line() -> impl Strategy<Value = Vec<(SimTime, Happening)>> {
    prop::collection::vec((0..4u64, happening()), 0..60).prop_map(|steps| {
        let mut now = 0;
        let mut at = |step: u64| {
            now += step;
            SimTime::from_secs(now)
        };
        steps.into_iter().map(|(step, happening)| (at(step), happening)).collect()
    })
}

fn named(partitions: &[(u8, i32)]) -> Vec<TopicPartition> {
    partitions.iter().map(|&(t, p)| TopicPartition::new(TopicName::new(TOPICS[usize::from(t)]), p)).collect()
}

/// The figures that are compared.
#[derive(Debug, PartialEq, Eq, Default)]
struct Figures {
    rebalances: u64,
    rebalances_start_up: u64,
    moved: u64,
    double_owned: u64,
    pauses: u64,
    unowned: SimDuration,
    longest: SimDuration,
    median: SimDuration,
    partitions: u64,
    standstill: SimDuration,
    unowned_at_end: u64,
    unowned_p99: SimDuration,
}

fn measured(cast: &Cast, line: &[(SimTime, Happening)]) -> Figures {
    let mut measurer = Measurer::new(cast);
    let generation = Generation(1);
    for (at, happening) in line {
        match happening {
            Happening::Assigned(m, p) => {
                let (member, partitions) = (MemberIndex(*m), &*named(p));
                measurer.observe(*at, Event::Assigned { member, partitions, generation, total: 0 });
            }
            Happening::Revoked(m, p) => {
                let (member, partitions) = (MemberIndex(*m), &*named(p));
                measurer.observe(*at, Event::Revoked { member, partitions, generation });
            }
            Happening::Lost(m, p) => {
                let (member, partitions) = (MemberIndex(*m), &*named(p));
                measurer.observe(*at, Event::Lost { member, partitions, generation });
            }
            Happening::Closed(m) => measurer.observe(*at, Event::Closed { member: MemberIndex(*m) }),
            Happening::Killed(m) => measurer.observe(*at, Event::Killed { member: MemberIndex(*m) }),
            Happening::Hung(m) => measurer.observe(*at, Event::Hung { member: MemberIndex(*m) }),
            Happening::ReadsOn(m) => {
                measurer.observe(*at, Event::ReadsOn { member: MemberIndex(*m), since: *at });
            }
            Happening::Grown(t, count) => {
                let topic = TopicName::new(TOPICS[usize::from(*t)]);
                measurer.observe(*at, Event::PartitionsAdded { topic: &topic, count: *count });
            }
            Happening::Generation(number) => {
                measurer.observe(*at, Event::Generation { generation: Generation(*number), members: 3 });
            }
        }
    }
    let measures = measurer.finish();
    Figures {
        rebalances: measures.rebalances,
        rebalances_start_up: measures.rebalances_start_up,
        moved: measures.moved,
        double_owned: measures.double_owned,
        pauses: measures.pauses.count(),
        unowned: measures.pauses.total(),
        longest: measures.pauses.longest(),
        median: measures.pauses.median(),
        partitions: measures.partitions,
        standstill: measures.standstill,
        unowned_at_end: measures.unowned_at_end,
        unowned_p99: measures.unowned.percentile(99),
    }
}

/// Everything the model remembers.
#[derive(Default)]
struct Model {
    from: SimTime,
    born: BTreeMap<TopicPartition, SimTime>,
    /// Who holds it; the last one counts as its reader.
    holders: BTreeMap<TopicPartition, Vec<u32>>,
    since: BTreeMap<TopicPartition, SimTime>,
    last_owner: BTreeMap<TopicPartition, u32>,
    suspended: BTreeMap<u32, BTreeMap<TopicPartition, SimTime>>,
    gaps: Vec<(TopicPartition, SimDuration)>,
    figures: Figures,
}

impl Model {
    fn take(&mut self, partition: TopicPartition, member: u32, at: SimTime) {
        if at >= self.from && *self.last_owner.get(&partition).unwrap_or(&member) != member {
            self.figures.moved += 1;
        }
        self.last_owner.insert(partition.clone(), member);
        if let Some(holders) = self.holders.get_mut(&partition) {
            self.figures.double_owned += u64::from(holders.last() != Some(&member));
            holders.retain(|holder| *holder != member);
            holders.push(member);
            return;
        }
        self.close_gap(&partition, at);
        self.holders.insert(partition, [member].into());
    }

    fn close_gap(&mut self, partition: &TopicPartition, at: SimTime) {
        let born = self.born.get(partition).copied().unwrap_or_default();
        let start = self.since.get(partition).copied().unwrap_or(born).max(self.from);
        if at > start {
            self.gaps.push((partition.clone(), at - start));
        }
    }

    fn release(&mut self, partition: &TopicPartition, member: u32, at: SimTime) {
        let reader = self.reader(partition);
        if let Some(holders) = self.holders.get_mut(partition) {
            holders.retain(|holder| *holder != member);
            match holders.last() {
                Some(holder) if reader == Some(member) => _ = self.last_owner.insert(partition.clone(), *holder),
                Some(_) => {}
                None => {
                    self.holders.remove(partition);
                    self.since.insert(partition.clone(), at);
                }
            }
        }
        if reader == Some(member) {
            return;
        }
        if let Some(suspended) = self.suspended.get_mut(&member) {
            suspended.remove(partition);
        }
    }

    fn reader(&self, partition: &TopicPartition) -> Option<u32> {
        self.holders.get(partition)?.last().copied()
    }

    /// What it counted as the reader of.
    fn release_all(&mut self, member: u32, at: SimTime) -> Vec<TopicPartition> {
        self.suspended.remove(&member);
        let all: Vec<_> = self.holders.keys().cloned().collect();
        let read = all.iter().filter(|p| self.reader(p) == Some(member)).cloned().collect();
        all.iter().for_each(|p| self.release(p, member, at));
        read
    }

    fn step(&mut self, at: SimTime, happening: &Happening) {
        match happening {
            Happening::Assigned(m, p) => named(p).into_iter().for_each(|p| self.take(p, *m, at)),
            Happening::Revoked(m, p) | Happening::Lost(m, p) => named(p).iter().for_each(|p| self.release(p, *m, at)),
            Happening::Closed(m) | Happening::Killed(m) => drop(self.release_all(*m, at)),
            Happening::Hung(m) => {
                let mut suspended = self.suspended.remove(m).unwrap_or_default();
                suspended.extend(self.release_all(*m, at).into_iter().map(|partition| (partition, at)));
                self.suspended.insert(*m, suspended);
            }
            Happening::ReadsOn(m) => {
                for (partition, stopped) in self.suspended.remove(m).unwrap_or_default() {
                    let is_untouched =
                        self.last_owner[&partition] == *m && self.since.get(&partition) == Some(&stopped);
                    if is_untouched && !self.holders.contains_key(&partition) {
                        self.close_gap(&partition, at);
                        self.holders.insert(partition, [*m].into());
                    }
                }
            }
            Happening::Grown(..) | Happening::Generation(_) => {}
        }
    }
}

fn modelled(cast: &Cast, line: &[(SimTime, Happening)]) -> Figures {
    let mut model = Model { from: cast.from, ..Model::default() };
    let all = |t: &str, count: i32| (0..count).map(|p| TopicPartition::new(TopicName::new(t), p)).collect::<Vec<_>>();
    for (t, count) in AT_START {
        model.born.extend(all(t, count).into_iter().map(|p| (p, SimTime::ZERO)));
    }
    let (mut generations, mut seen, mut newest) = (Vec::new(), Vec::new(), 0);
    for (at, happening) in line {
        match happening {
            Happening::Grown(t, count) => {
                for partition in all(TOPICS[usize::from(*t)], *count) {
                    model.born.entry(partition).or_insert(*at);
                }
            }
            Happening::Generation(number) => {
                // A group that was deleted begins again with 1.
                if *number == 1 && newest > 1 {
                    seen.clear();
                }
                if !seen.contains(number) {
                    seen.push(*number);
                    generations.push(*at);
                    newest = *number;
                }
            }
            _ => {}
        }
    }
    let expected: BTreeSet<TopicPartition> = model.born.keys().filter(|p| p.topic.as_str() != "x").cloned().collect();
    let mut standstill = SimDuration::ZERO;
    let mut still = |model: &Model, start: SimTime, stop: SimTime| {
        let read = expected.iter().any(|p| model.born[p] <= start && model.holders.contains_key(p));
        if !read {
            standstill += stop.min(cast.end) - start.max(cast.from);
        }
    };
    let mut now = SimTime::ZERO;
    for (at, happening) in line {
        if *at > now {
            still(&model, now, *at);
            now = *at;
        }
        model.step(*at, happening);
    }
    still(&model, now, cast.end.max(now));
    for partition in &expected {
        if !model.holders.contains_key(partition) {
            model.figures.unowned_at_end += 1;
            model.close_gap(partition, cast.end);
        }
    }
    let figures = std::mem::take(&mut model.figures);
    finish(figures, &model, &expected, &generations, standstill)
}

fn finish(
    mut figures: Figures,
    model: &Model,
    expected: &BTreeSet<TopicPartition>,
    generations: &[SimTime],
    standstill: SimDuration,
) -> Figures {
    figures.rebalances = generations.iter().filter(|at| **at >= model.from).count() as u64;
    figures.rebalances_start_up = generations.len() as u64 - figures.rebalances;
    let mut gaps: Vec<SimDuration> = model.gaps.iter().map(|(_, gap)| *gap).collect();
    gaps.sort();
    figures.pauses = gaps.len() as u64;
    figures.unowned = gaps.iter().copied().sum();
    figures.longest = gaps.last().copied().unwrap_or_default();
    if !gaps.is_empty() {
        figures.median = (gaps[(gaps.len() - 1) / 2] + gaps[gaps.len() / 2]) / 2;
    }
    figures.partitions = expected.len() as u64;
    figures.standstill = standstill;
    let mut totals: Vec<SimDuration> = expected
        .iter()
        .map(|p| model.gaps.iter().filter(|(partition, _)| partition == p).map(|(_, gap)| *gap).sum())
        .collect();
    totals.sort();
    figures.unowned_p99 = totals.last().copied().unwrap_or_default(); // fewer than 100 partitions
    figures
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_measurer_agrees_with_a_model_that_keeps_everything(
        line in time_line(),
        from in 0..40u64,
        end in 0..120u64,
    ) {
        let topics = AT_START.iter().map(|(name, count)| (TopicName::new(name), *count)).collect();
        let members = (0..4).map(|m| format!("c{m}")).collect();
        let cast = Cast { members, topics, from: SimTime::from_secs(from), end: SimTime::from_secs(end) };
        prop_assert_eq!(measured(&cast, &line), modelled(&cast, &line));
    }
}
