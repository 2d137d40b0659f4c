//! From events to measures, in one pass.
//!
//! Contract: an observer that keeps no event; what it keeps grows with members, partitions and generations, not with
//! time. The same rules for simulated and for recorded groups:
//!
//! - A partition is read from the end of `onPartitionsAssigned` until `onPartitionsRevoked` or `onPartitionsLost`
//!   begins, or its member closes, is killed or stops polling. A hung member must be given it again.
//! - A pause is the time between two owners, from [`Cast::from`] on; a partition that nobody ever read was born unread,
//!   one that is unread at the end pauses until [`Cast::end`].
//! - A partition that is assigned while somebody else still holds it is owned twice; the new owner counts from then on.
//! - A partition has moved when its new owner is not its last one.

use protocol::{Generation, SimDuration, SimTime, TopicPartition};

use crate::broker_log::{self, BrokerLine};
use crate::descriptions::{Description, Descriptions};
use crate::durations::Durations;
use crate::event::{CONSUMED_BUCKET, Event, MemberIndex};
use crate::generations::{GenerationRecord, Generations};
use crate::members::{MAX_MEMBERS, Members};
use crate::ownership::{Ownership, Taken};
use crate::records::{Records, RecordsMeasurer, Throughput};
use crate::{Cast, Observer};

/// Texts that are kept are cut to this many bytes.
const MAX_TEXT: usize = 300;

/// The most bars of a chart that are kept.
const MAX_BARS: usize = 100_000;

/// A bar of a monitor's chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bar {
    /// When it begins.
    pub from: SimTime,
    /// Records written in its time.
    pub expected: u64,
    /// Records of its time that were reported as consumed, again and again included.
    pub reported: u64,
    /// Sum of the latencies of those.
    pub latency_sum: SimDuration,
    /// The longest of them.
    pub latency_max: SimDuration,
}

/// Takes the measures of a run while it happens.
#[derive(Debug)]
pub struct Measurer {
    from: SimTime,
    end: SimTime,
    ownership: Ownership,
    generations: Generations,
    group_epochs: u64,
    members: Members,
    consumption: Consumption,
    records: RecordsMeasurer,
    chart: Vec<Bar>,
    described: Descriptions,
    last_seen: Option<Seen>,
    failures: u64,
    ignored: u64,
}

/// Records read and written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Consumption {
    /// Records that members consumed in the whole run.
    pub consumed: u64,
    /// Records that producers wrote in the whole run.
    pub produced: u64,
    /// Records consumed in buckets that began at [`Cast::from`] or later.
    pub consumed_after: u64,
    /// Sum of the latencies of those.
    pub latency_sum: SimDuration,
    /// The longest latency of those.
    pub latency_max: SimDuration,
}

/// The group as an administrator saw it, in short.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Its state (at most 300 bytes).
    pub state: String,
    /// How many members it had.
    pub members: u64,
}

impl Seen {
    fn new(state: &str, members: usize) -> Self {
        Self { state: state[..state.floor_char_boundary(MAX_TEXT)].to_owned(), members: members as u64 }
    }
}

/// A finished measurer: the figures that [`crate::MEASURES`] are taken from.
#[derive(Clone, Debug)]
pub struct Measures {
    /// Since when measures count: [`Cast::from`].
    pub from: SimTime,
    /// Every single pause of every partition.
    pub pauses: Durations,
    /// Time without an owner, one value a partition that should be read.
    pub unowned: Durations,
    /// Partitions that should be read.
    pub partitions: u64,
    /// Time during which all of those were without an owner.
    pub standstill: SimDuration,
    /// Partitions that should be read and have no owner at the end.
    pub unowned_at_end: u64,
    /// Assignments of a partition to another member than its last one.
    pub moved: u64,
    /// Assignments of a partition that another member still held.
    pub double_owned: u64,
    /// Members that had to stop reading partitions though nothing was done to them.
    pub affected: u64,
    /// How many times that happened to any member.
    pub interruptions: u64,
    /// Members that were closed, killed or hung, or failed.
    pub disturbed: u64,
    /// Those of them that were started again.
    pub restarted: u64,
    /// Generations from the first disturbance on.
    pub rebalances: u64,
    /// Generations before it.
    pub rebalances_start_up: u64,
    /// Consumer protocol: epochs of the group from the first disturbance on.
    pub group_epochs: u64,
    /// The generations themselves, in order; see [`crate::generations`] for how many at most.
    pub generations: Vec<GenerationRecord>,
    /// Records read and written.
    pub consumption: Consumption,
    /// How many records were read when.
    pub throughput: Throughput,
    /// Lag, latency and repeats, if they could be seen.
    pub records: Option<Records>,
    /// Members that held something at the end.
    pub owners: u64,
    /// How long was measured: from the first disturbance to the end.
    pub measured: SimDuration,
    /// What a monitor's chart shows of them; no bars without a monitor.
    pub chart: Vec<Bar>,
    /// What an administrator saw, each time.
    pub described: Vec<Description>,
    /// The group at the end of the run; in a recording, as it was described last. None if nobody could tell.
    pub last_seen: Option<Seen>,
    /// Consumers that threw an error out of `poll`.
    pub failures: u64,
    /// What exceeded a bound (members, partitions) and is in no figure; zero in every sane run.
    pub ignored: u64,
}

impl Measurer {
    /// Nothing has happened yet. All partitions of the cast's topics are expected to be read.
    pub fn new(cast: &Cast) -> Self {
        Self {
            from: cast.from,
            end: cast.end,
            ownership: Ownership::new(&cast.topics, cast.from, cast.end),
            generations: Generations::new(cast.from),
            group_epochs: 0,
            members: Members::default(),
            consumption: Consumption::default(),
            records: RecordsMeasurer::new(cast.members.len(), cast.from, cast.end),
            chart: Vec::new(),
            described: Descriptions::default(),
            last_seen: None,
            failures: 0,
            ignored: 0,
        }
    }

    /// The run is over, at [`Cast::end`].
    pub fn finish(self) -> Measures {
        let measured = self.end.since(self.from);
        let Self {
            from,
            ownership,
            mut generations,
            group_epochs,
            members,
            consumption,
            chart,
            records,
            described,
            last_seen,
            failures,
            ignored,
            ..
        } = self;
        let totals = ownership.finish();
        generations.start_up.append(&mut generations.later);
        Measures {
            from,
            pauses: totals.pauses,
            unowned: totals.per_partition,
            partitions: totals.partitions,
            standstill: totals.standstill,
            unowned_at_end: totals.unowned_at_end,
            moved: totals.moved,
            double_owned: totals.double_owned,
            affected: members.affected(),
            interruptions: members.interruptions(),
            disturbed: members.disturbed(),
            restarted: members.restarted(),
            rebalances: generations.later_total,
            rebalances_start_up: generations.start_up_total,
            group_epochs,
            generations: generations.start_up,
            consumption,
            throughput: records.throughput(),
            records: records.finish(),
            owners: totals.owners,
            measured,
            chart,
            described: described.finish(),
            last_seen,
            failures,
            ignored: ignored + totals.ignored,
        }
    }

    fn assigned(&mut self, at: SimTime, member: MemberIndex, partitions: &[TopicPartition]) {
        for partition in partitions {
            if let Taken::From(loser) = self.ownership.take(partition, member, at)
                && at >= self.from
            {
                self.members.interrupt(loser);
            }
        }
        self.members.settle(member);
    }

    fn released(&mut self, at: SimTime, member: MemberIndex, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.ownership.release(partition, member, at);
        }
        if at >= self.from && !partitions.is_empty() {
            self.members.interrupt(member);
        }
    }

    fn consumed(&mut self, bucket: SimTime, records: u64, latency_sum: SimDuration, latency_max: SimDuration) {
        let sums = &mut self.consumption;
        sums.consumed = sums.consumed.saturating_add(records);
        if bucket >= self.from {
            sums.consumed_after = sums.consumed_after.saturating_add(records);
            sums.latency_sum += latency_sum;
            sums.latency_max = sums.latency_max.max(latency_max);
        }
    }

    fn charted(&mut self, bar: Bar) {
        if self.chart.len() < MAX_BARS {
            self.chart.push(bar);
        } else {
            self.ignored += 1;
        }
    }

    fn epoch_bumped(&mut self, at: SimTime, epoch: Generation) {
        self.generations.bumped(epoch);
        self.group_epochs += u64::from(at >= self.from);
    }

    fn broker_log(&mut self, at: SimTime, line: &str) {
        match broker_log::parse(line) {
            Some(BrokerLine::Stabilized { generation, members }) => {
                self.generations.sighted(at, generation, Some(members));
            }
            Some(BrokerLine::TargetComputed { epoch }) => self.generations.sighted(at, epoch, None),
            Some(BrokerLine::EpochBumped { epoch }) => self.epoch_bumped(at, epoch),
            Some(BrokerLine::Preparing { old, reason }) => self.generations.preparing(old, reason),
            None => {}
        }
    }
}

impl Observer for Measurer {
    fn consumption_bucket(&self) -> Option<SimDuration> {
        Some(self.records.bucket())
    }

    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        self.records.observe(at, &event);
        if let Event::Delivered { member, .. } = event {
            // There are more of these than of all others together.
            self.ignored += u64::from(member.0 as usize >= MAX_MEMBERS);
            return;
        }
        if event.member().is_some_and(|member| member.0 as usize >= MAX_MEMBERS) {
            self.ignored += 1;
            return;
        }
        self.note(at, event);
    }
}

impl Measurer {
    /// What is not about records.
    fn note(&mut self, at: SimTime, event: Event<'_>) {
        match event {
            Event::Assigned { member, partitions, .. } => self.assigned(at, member, partitions),
            Event::Revoked { member, partitions, .. } | Event::Lost { member, partitions, .. } => {
                self.released(at, member, partitions);
            }
            Event::Closing { member } => self.members.disturb(member, at >= self.from),
            Event::Closed { member } | Event::Killed { member } => {
                self.ownership.release_all(member, at);
                self.members.disturb(member, at >= self.from);
            }
            Event::Hung { member } | Event::CutOff { member } => {
                self.ownership.suspend(member, at);
                self.members.disturb(member, at >= self.from);
            }
            Event::ReadsOn { member, since } => {
                self.ownership.read_on(member, since);
                self.members.settle(member);
            }
            Event::Failed { member, .. } => {
                self.failures += 1;
                self.members.disturb(member, at >= self.from);
            }
            Event::Rebalancing { generation, reason } => self.generations.preparing(generation, reason),
            Event::Generation { generation, members } => self.generations.sighted(at, generation, Some(members)),
            Event::GroupEpoch { epoch } => self.epoch_bumped(at, epoch),
            Event::PartitionsAdded { topic, count } => self.ownership.grow(topic, count, at),
            Event::Described { state, members } => {
                let seen = Seen::new(state, members);
                self.described.begin(at, &seen.state, seen.members);
                self.last_seen = Some(seen);
            }
            Event::Ended { seen } => self.last_seen = seen.map(|(state, members)| Seen::new(state, members)),
            Event::Shown { id, partitions } => {
                self.described.show(&id[..id.floor_char_boundary(MAX_TEXT)], partitions);
            }
            Event::BrokerLog { line } => self.broker_log(at, line),
            Event::Consumed { records, latency_sum, latency_max, .. } => {
                let bucket = SimTime::from_nanos(at.as_nanos() - at.as_nanos() % CONSUMED_BUCKET.as_nanos());
                self.consumed(bucket, records, latency_sum, latency_max);
            }
            Event::ConsumedEarlier { bucket, records, latency_sum, latency_max, .. } => {
                self.consumed(bucket, records, latency_sum, latency_max);
            }
            Event::Produced { records } => {
                self.consumption.produced = self.consumption.produced.saturating_add(records);
            }
            Event::Charted { bar, expected, reported, latency_sum, latency_max } => {
                self.charted(Bar { from: bar, expected, reported, latency_sum, latency_max });
            }
            Event::Started { member } => self.members.start(member),
            // What is about records has been seen to.
            Event::HangOver { .. }
            | Event::CutOver { .. }
            | Event::Delivered { .. }
            | Event::Backlog { .. }
            | Event::Rewound { .. }
            | Event::Skipped { .. }
            | Event::BrokerGone(_)
            | Event::NeverWritten { .. }
            | Event::TransactionAborted { .. }
            | Event::CaughtUp { .. }
            | Event::Settled { .. }
            | Event::Step(_) => {}
        }
    }
}
