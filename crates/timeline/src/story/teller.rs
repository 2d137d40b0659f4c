//! Writes the story of a run down while it happens.

use protocol::{SimTime, TopicPartition};

use super::holdings::Holdings;
use super::rebalances::{Rebalances, Trigger};
use super::{MAX_SPANS, MemberStory, Outage, Phase, Protocol, Span, Story};
use crate::broker_log::{self, BrokerLine};
use crate::event::Event;
use crate::members::MAX_MEMBERS;
use crate::{Cast, MemberIndex, Observer, Step};

/// A member as the story knows it.
#[derive(Debug, Default)]
pub(super) struct Seat {
    pub(super) name: String,
    pub(super) phase: Phase,
    since: SimTime,
    /// Whether phases are told; else they follow from callbacks.
    is_told: bool,
    spans: Vec<Span>,
    /// What it did since when, from the beginning of the rebalance under way.
    pub(super) trail: Vec<(SimTime, Phase)>,
    /// When its process ended last, or stopped polling.
    pub(super) gone: Option<SimTime>,
}

impl Seat {
    pub(super) fn begin_trail(&mut self, at: SimTime) {
        self.trail.clear();
        self.trail.push((at, self.phase));
    }

    pub(super) fn end_trail(&mut self) {
        self.trail.clear();
    }
}

/// An observer that keeps the [`Story`].
///
/// ```
/// use protocol::{Generation, SimTime, TopicName, TopicPartition};
/// use timeline::story::{Phase, Teller};
/// use timeline::{Cast, Event, MemberIndex, Observer};
///
/// let orders = TopicName::new("orders");
/// let end = SimTime::from_secs(60);
/// let cast = Cast { members: vec!["c0".into()], topics: vec![(orders.clone(), 1)], end, ..Cast::default() };
/// let mut teller = Teller::new(&cast);
/// let (member, partitions) = (MemberIndex(0), &[TopicPartition::new(orders, 0)][..]);
/// teller.observe(SimTime::from_secs(1), Event::Started { member });
/// teller.observe(SimTime::from_secs(5), Event::Assigned { member, partitions, generation: Generation(1), total: 1 });
///
/// let story = teller.finish();
/// let phases: Vec<Phase> = story.members[0].spans.iter().map(|span| span.phase).collect();
/// assert_eq!(phases, [Phase::Down, Phase::Starting, Phase::Consuming]);
/// assert_eq!(story.partitions[0].gaps(end).collect::<Vec<_>>(), [(SimTime::ZERO, SimTime::from_secs(5))]);
/// ```
#[derive(Debug)]
pub struct Teller {
    from: SimTime,
    end: SimTime,
    seats: Vec<Seat>,
    spans: usize,
    holdings: Holdings,
    rebalances: Rebalances,
    outages: Vec<Outage>,
    cut: bool,
}

impl Teller {
    /// Nothing has happened yet.
    pub fn new(cast: &Cast) -> Self {
        let seat = |name: &String| Seat { name: name.clone(), ..Seat::default() };
        Self {
            from: cast.from,
            end: cast.end,
            seats: cast.members.iter().map(seat).collect(),
            spans: 0,
            holdings: Holdings::new(&cast.topics),
            rebalances: Rebalances::default(),
            outages: Vec::new(),
            cut: false,
        }
    }

    /// The run is over, at [`Cast::end`].
    pub fn finish(mut self) -> Story {
        for place in 0..self.seats.len() {
            self.end_span(place, self.end);
        }
        let cut = self.cut | self.rebalances.cut;
        let rebalances = self.rebalances.finish(self.end, &mut self.seats);
        let (partitions, is_cut) = self.holdings.finish(self.end);
        let member = |seat: Seat| MemberStory { name: seat.name, spans: seat.spans };
        let members = self.seats.into_iter().map(member).collect();
        let (from, end, outages) = (self.from, self.end, self.outages);
        Story { from, end, members, partitions, rebalances, outages, cut: cut | is_cut }
    }

    fn seat(&mut self, member: MemberIndex) -> Option<&mut Seat> {
        let place = member.0 as usize;
        if place >= self.seats.len() {
            if place >= MAX_MEMBERS {
                self.cut = true;
                return None;
            }
            self.seats.resize_with(place + 1, Seat::default);
        }
        self.seats.get_mut(place)
    }

    /// What the member did until now is a span.
    fn end_span(&mut self, place: usize, at: SimTime) {
        let seat = &mut self.seats[place];
        let from = std::mem::replace(&mut seat.since, at);
        if from >= at {
            return;
        }
        match seat.spans.last_mut() {
            Some(last) if last.phase == seat.phase && last.to == from => last.to = at,
            _ if self.spans < MAX_SPANS => {
                self.spans += 1;
                seat.spans.push(Span { from, to: at, phase: seat.phase });
            }
            _ => self.cut = true,
        }
    }

    fn enter(&mut self, at: SimTime, member: MemberIndex, phase: Phase) {
        let Some(seat) = self.seat(member) else { return };
        let left = seat.phase;
        if left == phase {
            return;
        }
        self.end_span(member.0 as usize, at);
        let seat = &mut self.seats[member.0 as usize];
        seat.phase = phase;
        if !seat.trail.is_empty() {
            seat.trail.push((at, phase));
        }
        self.rebalances.entered(at, member, left, &mut self.seats);
    }

    /// What follows from a callback, where nobody tells phases.
    fn infer(&mut self, at: SimTime, member: MemberIndex, phase: Phase) {
        if self.seat(member).is_some_and(|seat| !seat.is_told) {
            self.enter(at, member, phase);
        }
    }

    fn gone(&mut self, at: SimTime, member: MemberIndex) {
        self.holdings.release_all(member, at);
        self.stops_polling(at, member);
    }

    fn stops_polling(&mut self, at: SimTime, member: MemberIndex) {
        if let Some(seat) = self.seat(member) {
            seat.gone = Some(at);
        }
    }

    fn released(&mut self, at: SimTime, member: MemberIndex, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.holdings.release(partition, member, at);
        }
        if self.holdings.count(member) == 0
            && self.seat(member).is_some_and(|seat| matches!(seat.phase, Phase::Consuming | Phase::Idle))
        {
            self.infer(at, member, Phase::Joining);
        }
    }

    fn on_broker_log(&mut self, at: SimTime, line: &str) {
        let (rebalances, seats) = (&mut self.rebalances, &mut self.seats);
        match broker_log::parse(line) {
            Some(BrokerLine::Preparing { reason, .. }) => rebalances.begin(at, Protocol::Classic, reason, seats),
            Some(BrokerLine::EpochBumped { .. }) => rebalances.begin(at, Protocol::Consumer, "", seats),
            Some(BrokerLine::Stabilized { generation, members }) => {
                rebalances.decided(at, generation, Some(members), seats);
            }
            Some(BrokerLine::TargetComputed { epoch }) => rebalances.decided(at, epoch, None, seats),
            None => {}
        }
    }

    /// What only who follows is told.
    fn on_step(&mut self, at: SimTime, step: Step<'_>) {
        match step {
            Step::Entered { member, phase } => {
                if let Some(seat) = self.seat(member) {
                    seat.is_told = true;
                }
                self.enter(at, member, phase);
            }
            Step::Triggered { cause, member, words } => {
                self.rebalances.triggered(Trigger::new(at, cause, member, words));
            }
            Step::JoinReceived { member } => self.rebalances.joined(at, member),
            Step::Completed | Step::Logged { .. } => {}
            Step::Overdue { member } => self.rebalances.overdue(member),
            Step::Reconciled { member, epoch } => self.rebalances.reached(at, member, epoch),
            Step::Converged => self.rebalances.converged(at),
            Step::Emptied => self.rebalances.emptied(),
            Step::Resumed { partition, waiting, .. } => {
                if let Some(place) = self.holdings.resumed(partition) {
                    self.rebalances.delayed(place, waiting);
                }
            }
        }
    }
}

impl Observer for Teller {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        match event {
            Event::Started { member } => self.infer(at, member, Phase::Starting),
            Event::Closing { member } => self.infer(at, member, Phase::Leaving),
            Event::Closed { member } => {
                self.gone(at, member);
                self.infer(at, member, Phase::Down);
            }
            Event::Killed { member } => {
                self.gone(at, member);
                self.infer(at, member, Phase::Down);
            }
            Event::Hung { member } => {
                self.holdings.suspend(member, at);
                self.stops_polling(at, member);
                self.infer(at, member, Phase::Hung);
            }
            Event::CutOff { member } => {
                self.holdings.suspend(member, at);
                self.stops_polling(at, member);
                self.infer(at, member, Phase::CutOff);
            }
            Event::ReadsOn { member, since } => {
                self.holdings.read_on(member, since);
                self.infer(at, member, Phase::Consuming);
            }
            Event::HangOver { member } => self.infer(at, member, Phase::Joining),
            Event::CutOver { member } if self.seat(member).is_some_and(|seat| seat.phase == Phase::CutOff) => {
                self.infer(at, member, Phase::Joining);
            }
            Event::Assigned { member, partitions, generation, total } => {
                for partition in partitions {
                    if let Some(gap) = self.holdings.take(partition, member, at) {
                        let blamed = self.rebalances.blame(at, gap, generation);
                        self.holdings.blame(gap.place, blamed);
                    }
                }
                self.rebalances.assigned(at, member, generation);
                self.infer(at, member, if total == 0 { Phase::Idle } else { Phase::Consuming });
            }
            Event::Revoked { member, partitions, .. } | Event::Lost { member, partitions, .. } => {
                self.released(at, member, partitions);
            }
            Event::Rebalancing { reason, .. } => {
                self.rebalances.begin(at, Protocol::Classic, reason, &mut self.seats);
            }
            Event::GroupEpoch { .. } => self.rebalances.begin(at, Protocol::Consumer, "", &mut self.seats),
            Event::Generation { generation, members } => {
                self.rebalances.decided(at, generation, Some(members), &mut self.seats);
            }
            Event::PartitionsAdded { topic, count } => self.holdings.grow(topic, count, at),
            Event::BrokerLog { line } => self.on_broker_log(at, line),
            Event::BrokerGone(gone) => self.outages.push(Outage { at, gone }),
            Event::Step(step) => self.on_step(at, step),
            _ => {}
        }
    }

    fn follows(&self) -> bool {
        true
    }
}
