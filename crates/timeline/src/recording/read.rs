//! Reading a recording: lines in, events out.
//!
//! Contract: one pass; memory grows with the longest line and with the number of different names, not with the file.
//! Times that go backwards are raised to the latest one, so that observers never see them fall.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use protocol::{Generation, SimDuration, SimTime, TopicName, TopicPartition};

use super::error::{RecordingError, Warning, WarningKind, excerpt, problem};
use super::line::{Kind, KindOnly, Line, Text};
use super::scenario::Head;
use crate::{CONSUMED_BUCKET, Cast, Event, MAX_MEMBERS, MAX_PARTITIONS, MemberIndex, Observer};

/// The longest line that is read, in bytes: an assignment of more than a million partitions.
pub const MAX_LINE: usize = 32 << 20;

/// How many unknown kinds of events are told apart in warnings.
const MAX_KINDS: usize = 20;

/// The first bytes of every gzip archive (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A recording whose head has been read.
pub struct Recording<'r> {
    lines: Lines<'r>,
    head: Head,
    cast: Cast,
}

/// What was seen on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The cast of the head, and the members that occurred in events only.
    pub cast: Cast,
    /// Lines read, the head and empty ones included.
    pub lines: u64,
    /// What was odd.
    pub warnings: Vec<Warning>,
}

impl<'r> Recording<'r> {
    /// Reads the head. Packed (gzip) recordings are recognised by their first bytes.
    ///
    /// # Errors
    /// Whatever [`RecordingError`] says about the first line.
    pub fn open(reader: impl Read + 'r) -> Result<Self, RecordingError> {
        let mut reader = BufReader::with_capacity(1 << 16, reader);
        let start = reader.fill_buf().map_err(|source| RecordingError::Read { line: 1, source })?;
        let packed = start.starts_with(&GZIP_MAGIC);
        let reader: Box<dyn BufRead + 'r> =
            if packed { Box::new(BufReader::new(MultiGzDecoder::new(reader))) } else { Box::new(reader) };
        let mut lines = Lines { reader, buffer: Vec::new(), number: 0 };
        let Some(line) = lines.next()? else { return Err(RecordingError::Empty) };
        let head: Head = serde_json::from_str(&line).map_err(|error| RecordingError::Head {
            column: error.column(),
            problem: problem(&error),
            excerpt: excerpt(&line, error.column()),
        })?;
        drop(line);
        let cast = head.cast()?;
        Ok(Self { lines, head, cast })
    }

    /// The first line.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Who and what it is about, as far as the head says.
    pub fn cast(&self) -> &Cast {
        &self.cast
    }

    /// Tells the observer everything, in order.
    ///
    /// # Errors
    /// [`RecordingError`], with the line; the observer has been told everything before that line.
    pub fn replay(mut self, observer: &mut impl Observer) -> Result<Summary, RecordingError> {
        let mut names = Names::new(self.cast);
        let mut warnings = Warnings::default();
        let mut replay = Replay::default();
        while let Some(text) = self.lines.next()? {
            if text.trim_ascii().is_empty() {
                continue;
            }
            let number = text.number;
            match serde_json::from_str::<Line<'_>>(&text) {
                Ok(line) => replay.event(number, &line, &mut names, &mut warnings, observer)?,
                Err(error) => match serde_json::from_str::<KindOnly<'_>>(&text) {
                    Ok(kind) if Kind::named(&kind.e).is_none() => warnings.unknown_event(&kind.e, number),
                    _ if error.is_eof() && text.last => {
                        return Err(RecordingError::CutOff { line: number, excerpt: excerpt(&text, text.len()) });
                    }
                    _ => {
                        return Err(RecordingError::Event {
                            line: number,
                            column: error.column(),
                            problem: problem(&error),
                            excerpt: excerpt(&text, error.column()),
                        });
                    }
                },
            }
        }
        if !replay.ended {
            warnings.count(WarningKind::NoEnd, self.lines.number);
        }
        Ok(Summary { cast: names.cast, lines: self.lines.number, warnings: warnings.into_list() })
    }
}

/// What must be remembered from line to line.
#[derive(Default)]
struct Replay {
    latest: SimTime,
    produced: u64,
    ended: bool,
    partitions: Vec<TopicPartition>,
    woken: Woken,
}

impl Replay {
    fn event(
        &mut self,
        number: u64,
        line: &Line<'_>,
        names: &mut Names,
        warnings: &mut Warnings,
        observer: &mut impl Observer,
    ) -> Result<(), RecordingError> {
        if line.t < self.latest {
            warnings.count(WarningKind::TimeBackwards, number);
        }
        self.latest = self.latest.max(line.t);
        let missing = |field| RecordingError::MissingField { line: number, field };
        let mut member = || names.member(&line.m, number, warnings);
        let event = match line.e {
            Kind::Start => Event::Started { member: member()? },
            Kind::Closing => Event::Closing { member: member()? },
            Kind::Closed => Event::Closed { member: member()? },
            Kind::Killed => Event::Killed { member: member()? },
            Kind::Hang => Event::Hung { member: member()? },
            Kind::CutOff => Event::CutOff { member: member()? },
            Kind::HangOver => Event::HangOver { member: self.woken.wake(member()?, self.latest) },
            Kind::CutOver => Event::CutOver { member: self.woken.wake(member()?, self.latest) },
            Kind::Error => Event::Failed { member: member()?, error: text(&line.what) },
            Kind::Assigned | Kind::Revoked | Kind::Lost => {
                let member = member()?;
                let listed = line.p.as_ref().ok_or_else(|| missing("p"))?;
                names.partitions(listed, number, &mut self.partitions)?;
                moved(line, member, &self.partitions)
            }
            Kind::Consumed => Event::ConsumedEarlier {
                member: member()?,
                bucket: line.b.ok_or_else(|| missing("b"))?,
                records: line.n.ok_or_else(|| missing("n"))?,
                latency_sum: line.sum.unwrap_or(SimDuration::ZERO),
                latency_max: line.max.unwrap_or(SimDuration::ZERO),
            },
            Kind::Produced => {
                let records = line.n.ok_or_else(|| missing("n"))?;
                self.produced = self.produced.saturating_add(records);
                Event::Produced { records }
            }
            Kind::End => {
                self.ended = true;
                let untold = line.produced.unwrap_or(0).saturating_sub(self.produced);
                if untold == 0 {
                    return Ok(());
                }
                Event::Produced { records: untold }
            }
            Kind::Log => Event::BrokerLog { line: &line.what.as_ref().ok_or_else(|| missing("what"))?.0 },
            Kind::Rebalancing => Event::Rebalancing { generation: generation(line), reason: text(&line.what) },
            Kind::Generation => Event::Generation {
                generation: Generation(line.generation.ok_or_else(|| missing("gen"))?),
                members: line.members.unwrap_or(0) as usize,
            },
            Kind::GroupEpoch => Event::GroupEpoch { epoch: Generation(line.generation.ok_or_else(|| missing("gen"))?) },
            Kind::Partitions => {
                let topic = &line.topic.as_ref().ok_or_else(|| missing("topic"))?.0;
                let topic = names.topic(topic);
                let count = line.count.ok_or_else(|| missing("count"))?;
                if usize::try_from(count).is_ok_and(|count| count > MAX_PARTITIONS) {
                    let partitions = i64::from(count);
                    return Err(RecordingError::TooManyPartitions { line: number, partitions, most: MAX_PARTITIONS });
                }
                observer.observe(self.latest, Event::PartitionsAdded { topic: &topic, count });
                return Ok(());
            }
            Kind::Describe => {
                Event::Described { state: text(&line.state), members: line.members.unwrap_or(0) as usize }
            }
            Kind::Epoch | Kind::Stop | Kind::Warn | Kind::RevokeDone => return Ok(()),
        };
        self.woken.look_at(self.latest, &event, observer);
        observer.observe(self.latest, event);
        Ok(())
    }
}

/// Members that have hung and have shown no sign of reading since, and when they polled again.
///
/// Nobody writes down that such a member reads on. What it consumes in a bucket that ends later says it.
#[derive(Default)]
struct Woken(BTreeMap<MemberIndex, SimTime>);

impl Woken {
    /// A member polls again, or is heard again, since then.
    fn wake(&mut self, member: MemberIndex, since: SimTime) -> MemberIndex {
        self.0.insert(member, since);
        member
    }

    fn look_at(&mut self, at: SimTime, event: &Event<'_>, observer: &mut impl Observer) {
        match *event {
            _ if self.0.is_empty() => {}
            Event::ConsumedEarlier { member, bucket, records: 1.., .. } => {
                if let Some(&since) = self.0.get(&member)
                    && bucket + CONSUMED_BUCKET > since
                {
                    self.0.remove(&member);
                    observer.observe(at, Event::ReadsOn { member, since });
                }
            }
            Event::Lost { member, .. }
            | Event::Hung { member }
            | Event::CutOff { member }
            | Event::Closed { member }
            | Event::Killed { member } => {
                self.0.remove(&member);
            }
            _ => {}
        }
    }
}

fn moved<'a>(line: &Line<'_>, member: MemberIndex, partitions: &'a [TopicPartition]) -> Event<'a> {
    let generation = generation(line);
    match line.e {
        Kind::Assigned => {
            let total = line.total.map_or(partitions.len(), |total| total as usize);
            Event::Assigned { member, partitions, generation, total }
        }
        Kind::Revoked => Event::Revoked { member, partitions, generation },
        _ => Event::Lost { member, partitions, generation },
    }
}

fn generation(line: &Line<'_>) -> Generation {
    line.generation.map_or(Generation::NONE, Generation)
}

fn text<'a>(text: &'a Option<Text<'_>>) -> &'a str {
    text.as_ref().map_or("", |text| &text.0)
}

/// Names and what stands for them.
struct Names {
    cast: Cast,
    members: BTreeMap<String, MemberIndex>,
    topics: BTreeMap<String, TopicName>,
    recent_topic: Option<TopicName>,
}

impl Names {
    fn new(cast: Cast) -> Self {
        let place = |(place, name): (usize, &String)| (name.clone(), MemberIndex(place as u32));
        let members = cast.members.iter().enumerate().map(place).collect();
        let topics = cast.topics.iter().map(|(name, _)| (name.as_str().to_owned(), name.clone())).collect();
        Self { cast, members, topics, recent_topic: None }
    }

    fn member(&mut self, name: &str, line: u64, warnings: &mut Warnings) -> Result<MemberIndex, RecordingError> {
        if let Some(&member) = self.members.get(name) {
            return Ok(member);
        }
        if self.cast.members.len() >= MAX_MEMBERS {
            return Err(RecordingError::TooManyMembers { line, most: MAX_MEMBERS });
        }
        warnings.count(WarningKind::UnknownMember, line);
        let member = MemberIndex(self.cast.members.len() as u32);
        self.cast.members.push(name.to_owned());
        self.members.insert(name.to_owned(), member);
        Ok(member)
    }

    fn topic(&mut self, name: &str) -> TopicName {
        if let Some(recent) = &self.recent_topic
            && recent.as_str() == name
        {
            return recent.clone();
        }
        let topic = match self.topics.get(name) {
            Some(topic) => topic.clone(),
            None => self.topics.entry(name.to_owned()).or_insert_with(|| TopicName::new(name)).clone(),
        };
        self.recent_topic = Some(topic.clone());
        topic
    }

    fn partitions(
        &mut self,
        listed: &[Text<'_>],
        line: u64,
        partitions: &mut Vec<TopicPartition>,
    ) -> Result<(), RecordingError> {
        partitions.clear();
        for Text(text) in listed {
            let parts = text.rsplit_once('-').and_then(|(topic, number)| Some((topic, partition_number(number)?)));
            let (topic, number) = parts.ok_or_else(|| RecordingError::Partition { line, text: excerpt(text, 0) })?;
            partitions.push(TopicPartition::new(self.topic(topic), number));
        }
        Ok(())
    }
}

/// Odd things, counted by kind.
#[derive(Default)]
struct Warnings(BTreeMap<WarningKind, Warning>);

impl Warnings {
    fn count(&mut self, kind: WarningKind, line: u64) {
        let first = Warning { kind: kind.clone(), count: 0, first_line: line };
        self.0.entry(kind).or_insert(first).count += 1;
    }

    fn unknown_event(&mut self, kind: &str, line: u64) {
        let kind = WarningKind::UnknownEvent(kind[..kind.floor_char_boundary(100)].to_owned());
        let more = self.0.len() >= MAX_KINDS && !self.0.contains_key(&kind);
        self.count(if more { WarningKind::MoreUnknownEvents } else { kind }, line);
    }

    fn into_list(self) -> Vec<Warning> {
        let mut list: Vec<Warning> = self.0.into_values().collect();
        list.sort_by_key(|warning| warning.first_line);
        list
    }
}

/// Lines of bounded length.
struct Lines<'r> {
    reader: Box<dyn BufRead + 'r>,
    buffer: Vec<u8>,
    number: u64,
}

/// One line, without its end.
struct NumberedLine<'a> {
    text: Cow<'a, str>,
    number: u64,
    /// Whether the file ends here, without the end of a line.
    last: bool,
}

impl std::ops::Deref for NumberedLine<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<NumberedLine<'_>>, RecordingError> {
        let line = self.number + 1;
        self.buffer.clear();
        let mut bounded = (&mut self.reader).take(MAX_LINE as u64 + 1);
        let read = bounded.read_until(b'\n', &mut self.buffer);
        let read = read.map_err(|source| RecordingError::Read { line, source })?;
        if read == 0 {
            return Ok(None);
        }
        if read > MAX_LINE {
            return Err(RecordingError::LineTooLong { line, most: MAX_LINE });
        }
        self.number = line;
        let last = self.buffer.last() != Some(&b'\n');
        Ok(Some(NumberedLine { text: String::from_utf8_lossy(self.buffer.trim_ascii_end()), number: line, last }))
    }
}

/// Digits only: no sign, no space.
fn partition_number(text: &str) -> Option<i32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
