//! Writing a recording: events in, lines out.
//!
//! Contract: what is written reads back as the same events, except that [`Event::Consumed`] is added up over 100 ms
//! and comes back as [`Event::ConsumedEarlier`], and that what only a simulator sees is left out. Nothing depends on
//! the clock or the machine: equal runs give equal bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use protocol::{SimDuration, SimTime};

use super::line::{Fields, Kind, Name, Partitions, Written};
use super::scenario::Head;
use crate::event::CONSUMED_BUCKET;
use crate::{Cast, Event, MemberIndex, Observer};

const SECOND: u64 = 1_000;

/// Writes down what happens, in many small pieces. To pack it, give it a `flate2::write::GzEncoder` behind a
/// [`BufWriter`](io::BufWriter).
pub struct RecordingWriter<W: Write> {
    out: W,
    names: Vec<String>,
    end: SimTime,
    latest: SimTime,
    buckets: BTreeMap<MemberIndex, Bucket>,
    produced: u64,
    error: Option<io::Error>,
}

/// What a member consumed in the bucket that is not over yet.
#[derive(Clone, Copy, Default)]
struct Bucket {
    start: SimTime,
    records: u64,
    latency_sum: SimDuration,
    latency_max: SimDuration,
}

impl<W: Write> RecordingWriter<W> {
    /// Writes the head; members are called what `cast` calls them.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W, head: &Head, cast: &Cast) -> io::Result<Self> {
        serde_json::to_writer(&mut out, head)?;
        out.write_all(b"\n")?;
        Ok(Self {
            out,
            names: cast.members.clone(),
            end: cast.end,
            latest: SimTime::ZERO,
            buckets: BTreeMap::new(),
            produced: 0,
            error: None,
        })
    }

    /// Writes the last line, at the end of the run, and gives the writer back.
    ///
    /// # Errors
    /// The first that `out` gave, now or while events were written.
    pub fn finish(mut self) -> io::Result<W> {
        self.latest = self.latest.max(self.end);
        for (member, bucket) in std::mem::take(&mut self.buckets) {
            self.bucket(member, bucket);
        }
        let produced = self.produced;
        self.line(Whose::Lab, Kind::End, Fields::End { produced });
        match self.error {
            Some(error) => Err(error),
            None => {
                self.out.flush()?;
                Ok(self.out)
            }
        }
    }

    fn line(&mut self, whose: Whose, e: Kind, fields: Fields<'_>) {
        if self.error.is_some() {
            return;
        }
        let name: Box<dyn fmt::Display>;
        let m = match whose {
            Whose::Broker => Name::Broker,
            Whose::Lab => Name::Lab,
            Whose::Member(member) => match self.names.get(member.0 as usize) {
                Some(name) => Name::Member(name),
                None => {
                    name = Box::new(member);
                    Name::Member(&*name)
                }
            },
        };
        let line = Written { t: self.latest, m, e, fields };
        let written = serde_json::to_writer(&mut self.out, &line).map_err(io::Error::from);
        if let Err(error) = written.and_then(|()| self.out.write_all(b"\n")) {
            self.error = Some(error);
        }
    }

    /// A line that says no more than what happened to whom.
    fn bare(&mut self, member: MemberIndex, kind: Kind) {
        self.line(Whose::Member(member), kind, Fields::None {});
    }

    fn bucket(&mut self, member: MemberIndex, bucket: Bucket) {
        let Bucket { start, records, latency_sum, latency_max } = bucket;
        if records > 0 {
            self.line(
                Whose::Member(member),
                Kind::Consumed,
                Fields::Consumed { b: start, n: records, sum: latency_sum, max: latency_max },
            );
        }
    }

    fn consumed(&mut self, member: MemberIndex, records: u64, latency_sum: SimDuration, latency_max: SimDuration) {
        let nanos = self.latest.as_nanos();
        let start = SimTime::from_nanos(nanos - nanos % CONSUMED_BUCKET.as_nanos());
        let mut bucket = self.buckets.get(&member).copied().unwrap_or_default();
        if bucket.start != start {
            self.bucket(member, bucket);
            bucket = Bucket { start, ..Bucket::default() };
        }
        bucket.records = bucket.records.saturating_add(records);
        bucket.latency_sum += latency_sum;
        bucket.latency_max = bucket.latency_max.max(latency_max);
        self.buckets.insert(member, bucket);
    }
}

/// Whose event a line is.
#[derive(Clone, Copy)]
enum Whose {
    Broker,
    Lab,
    Member(MemberIndex),
}

impl<W: Write> Observer for RecordingWriter<W> {
    fn consumption_bucket(&self) -> Option<SimDuration> {
        Some(CONSUMED_BUCKET)
    }

    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        self.latest = at;
        let whose = |member| Whose::Member(member);
        match event {
            Event::Started { member } => self.bare(member, Kind::Start),
            Event::Closing { member } => self.bare(member, Kind::Closing),
            Event::Closed { member } => self.bare(member, Kind::Closed),
            Event::Killed { member } => self.bare(member, Kind::Killed),
            Event::Hung { member } => self.bare(member, Kind::Hang),
            Event::HangOver { member } => self.bare(member, Kind::HangOver),
            Event::CutOff { member } => self.bare(member, Kind::CutOff),
            Event::CutOver { member } => self.bare(member, Kind::CutOver),
            Event::Failed { member, error } => self.line(whose(member), Kind::Error, Fields::What { what: error }),
            Event::Assigned { member, partitions, generation, total } => {
                let p = Partitions(partitions);
                self.line(whose(member), Kind::Assigned, Fields::Partitions { p, generation, total: Some(total) });
            }
            Event::Revoked { member, partitions, generation } => {
                let p = Partitions(partitions);
                self.line(whose(member), Kind::Revoked, Fields::Partitions { p, generation, total: None });
            }
            Event::Lost { member, partitions, generation } => {
                let p = Partitions(partitions);
                self.line(whose(member), Kind::Lost, Fields::Partitions { p, generation, total: None });
            }
            Event::Rebalancing { generation, reason } => {
                self.line(Whose::Broker, Kind::Rebalancing, Fields::Rebalancing { generation, what: reason });
            }
            Event::Generation { generation, members } => {
                self.line(Whose::Broker, Kind::Generation, Fields::Generation { generation, members });
            }
            Event::GroupEpoch { epoch } => self.line(Whose::Broker, Kind::GroupEpoch, Fields::GroupEpoch { epoch }),
            Event::PartitionsAdded { topic, count } => {
                self.line(Whose::Lab, Kind::Partitions, Fields::Topic { topic: topic.as_str(), count });
            }
            Event::Described { state, members } | Event::Ended { seen: Some((state, members)) } => {
                self.line(Whose::Lab, Kind::Describe, Fields::Described { state, members });
            }
            Event::BrokerLog { line } => self.line(Whose::Broker, Kind::Log, Fields::What { what: line }),
            Event::Consumed { member, records, latency_sum, latency_max } => {
                self.consumed(member, records, latency_sum, latency_max);
            }
            Event::ConsumedEarlier { member, bucket, records, latency_sum, latency_max } => {
                let fields = Fields::Consumed { b: bucket, n: records, sum: latency_sum, max: latency_max };
                self.line(whose(member), Kind::Consumed, fields);
            }
            Event::Produced { records } => {
                self.produced = self.produced.saturating_add(records);
                let s = (at.as_millis() / SECOND).saturating_sub(1);
                self.line(Whose::Lab, Kind::Produced, Fields::Produced { s, n: records });
            }
            // What others see of it; members' own callbacks, and what they consume, say it better.
            Event::Charted { .. } | Event::Shown { .. } | Event::ReadsOn { .. } | Event::Ended { seen: None } => {}
            // No recorder could see these.
            Event::Delivered { .. }
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
