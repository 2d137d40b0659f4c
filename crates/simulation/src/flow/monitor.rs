//! What a monitor sees of the records: what consumers report of themselves, drawn in bars by the records' own time.
//!
//! Source: Confluent's monitoring interceptors 5.2 (`publishMs`, 15 s): a consumer gathers what it consumed and reports
//! it at fixed times since it was made, and once more when it is closed. What a process has gathered when it is killed
//! is gone, and looks as if nobody had read it. A record that is read and reported twice counts twice.
//!
//! Contract: only what the chart shows; what really happened is told apart from it ([`super::told`]).

use protocol::SimTime;
use records::{LogIndex, PartitionLog};
use timeline::{AgeLine, Event, Observer};

use crate::plan::MonitorPlan;
use crate::process::{Life, Slot};
use crate::world::{self, World};

/// A bar of the chart.
#[derive(Clone, Copy, Default, Debug)]
struct Bar {
    reported: u64,
    latency_sum: u128,
    latency_max: u64,
}

/// The monitor.
pub(crate) struct Monitor {
    plan: MonitorPlan,
    bars: Vec<Bar>,
    /// What each process has consumed and not reported.
    gathered: Vec<Vec<Gathered>>,
}

/// Consecutive records of a partition that a process has consumed, the first of them with this offset.
struct Gathered {
    partition: LogIndex,
    first: u64,
    line: AgeLine,
}

impl Gathered {
    /// The latency of one of them, in nanoseconds.
    fn latency_of(&self, offset: u64) -> u64 {
        let AgeLine { records, oldest, newest } = self.line;
        let (first, last) = (i128::from(oldest.as_nanos()), i128::from(newest.as_nanos()));
        let steps = i128::from(records.saturating_sub(1)).max(1);
        let way = (last - first) * i128::from(offset - self.first) / steps;
        u64::try_from(first + way).unwrap_or(0)
    }
}

impl Monitor {
    pub(crate) fn new(plan: MonitorPlan) -> Self {
        Self { plan, bars: Vec::new(), gathered: Vec::new() }
    }

    /// A process has consumed this.
    pub(super) fn gather(&mut self, slot: Slot, partition: LogIndex, mut first: u64, lines: &[AgeLine]) {
        if self.gathered.len() <= slot.index() {
            self.gathered.resize_with(slot.index() + 1, Vec::new);
        }
        self.gathered[slot.index()].extend(lines.iter().map(|line| {
            let from = first;
            first += line.records;
            Gathered { partition, first: from, line: *line }
        }));
    }

    fn take(&mut self, slot: Slot) -> Vec<Gathered> {
        self.gathered.get_mut(slot.index()).map(std::mem::take).unwrap_or_default()
    }

    /// Which bar a moment belongs to.
    fn place(&self, at: SimTime) -> usize {
        usize::try_from(at.as_nanos() / self.plan.bar.as_nanos().max(1)).expect("bars are counted by what fits a run")
    }

    fn begin_of(&self, place: usize) -> SimTime {
        SimTime::ZERO + self.plan.bar * place as u64
    }

    /// Draws a report, cut where bars end; latencies lie on a straight line.
    fn draw(&mut self, report: &[Gathered], logs: &[PartitionLog]) {
        for gathered in report {
            let log = &logs[gathered.partition.index()];
            let (mut from, end) = (gathered.first, gathered.first + gathered.line.records);
            while from < end {
                let place = self.place(log.time_of(from));
                let next = self.begin_of(place + 1).as_nanos() - 1;
                let to = log.count(SimTime::from_nanos(next)).clamp(from + 1, end);
                let (first, last) = (gathered.latency_of(from), gathered.latency_of(to - 1));
                if self.bars.len() <= place {
                    self.bars.resize(place + 1, Bar::default());
                }
                let bar = &mut self.bars[place];
                bar.reported += to - from;
                bar.latency_sum += u128::from(to - from) * (u128::from(first) + u128::from(last)) / 2;
                bar.latency_max = bar.latency_max.max(first).max(last);
                from = to;
            }
        }
    }
}

impl<O: Observer> World<'_, O> {
    /// A consumer has been made: its reports leave at fixed times from now on.
    pub(crate) fn begin_reports(&mut self, slot: Slot, life: Life) {
        if let Some(plan) = self.plan.monitor.filter(|_| self.flows.is_some()) {
            let at = self.now() + plan.report_every;
            self.schedule(at, world::Event::MonitorReport { slot, life });
        }
    }

    /// A report leaves.
    pub(crate) fn monitor_report(&mut self, slot: Slot, life: Life) {
        if self.processes[slot.index()].is_alive(life) {
            self.report(slot, self.now());
            self.begin_reports(slot, life);
        }
    }

    /// A process reports what it has gathered until `at`.
    pub(crate) fn report(&mut self, slot: Slot, at: SimTime) {
        self.advance_and_tell(slot, at);
        let Some(flows) = &mut self.flows else { return };
        let Some(monitor) = &mut flows.monitor else { return };
        let report = monitor.take(slot);
        monitor.draw(&report, &flows.logs);
    }

    /// What a process has gathered is gone with it.
    pub(crate) fn forget_gathered(&mut self, slot: Slot) {
        if let Some(monitor) = self.flows.as_mut().and_then(|flows| flows.monitor.as_mut()) {
            monitor.take(slot);
        }
    }

    /// The chart, as it is when everybody alive has reported.
    pub(crate) fn show_chart(&mut self) {
        let end = self.plan.end;
        if self.flows.as_ref().is_none_or(|flows| flows.monitor.is_none()) {
            return;
        }
        for slot in self.slots() {
            self.report(slot, end);
        }
        let Some(flows) = &self.flows else { return };
        let Some(monitor) = &flows.monitor else { return };
        let written = |at: SimTime| -> u64 {
            let before = SimTime::from_nanos(at.as_nanos().saturating_sub(1));
            if at == SimTime::ZERO { 0 } else { flows.logs.iter().map(|log| log.count(before)).sum() }
        };
        let bars = monitor.place(end).max(monitor.bars.len().saturating_sub(1));
        for place in 0..=bars {
            let (from, to) = (monitor.begin_of(place), monitor.begin_of(place + 1).min(end));
            let drawn = monitor.bars.get(place).copied().unwrap_or_default();
            let event = Event::Charted {
                bar: from,
                expected: written(to).saturating_sub(written(from)),
                reported: drawn.reported,
                latency_sum: protocol::SimDuration::from_nanos(u64::try_from(drawn.latency_sum).unwrap_or(u64::MAX)),
                latency_max: protocol::SimDuration::from_nanos(drawn.latency_max),
            };
            self.observer.observe(end, event);
        }
    }
}
