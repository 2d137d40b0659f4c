//! Faults of the network between members and brokers: it loses everything for a while, or is slow.
//!
//! Contract: when they happen is planned, so it is known when a message leaves when it will arrive ([`tcp`]): faults
//! cost what happens in them, not their length. A member's name is what they happen to, whichever process has it.
//! Brokers hear each other, and producers and administrators hear them; the producer with which a member's application
//! commits its transactions is cut off with it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`tcp`] | when what is lost gets through after all |
//! | [`dialling`] | how long clients wait for a connection |
//! | [`effects`] | what becomes of fetches and connections, and what is said of it |
//!
//! Left out: connections that are reset (the other end's kernel answers; only what is lost in silence is simulated),
//! that an application which waits for its commits (`commit: sync`) waits longer where the network is slow, packets
//! that are lost now and then, bandwidth, connections that are closed for being idle.

mod dialling;
mod effects;
mod tcp;

use std::collections::BTreeMap;

use engine::{Distribution, Stream, Streams};
use member::{ClientFamily, Destination};
use protocol::{SimDuration, SimTime};
use timeline::MemberIndex;

use crate::plan::{Plan, PlannedAction};
use crate::process::{Slot, draw};
use crate::transport::SET_UP_MESSAGES;
use dialling::Dialling;
use tcp::Cut;

/// A time in which everything takes longer.
struct Slowness<'p> {
    from: SimTime,
    until: SimTime,
    delay: &'p Distribution,
}

/// All of a member's, in order; where several are at the same time, they add up.
#[derive(Default)]
struct Slownesses<'p> {
    all: Vec<Slowness<'p>>,
    longest: SimDuration,
}

impl<'p> Slownesses<'p> {
    fn add(&mut self, slowness: Slowness<'p>) {
        self.longest = self.longest.max(slowness.until.since(slowness.from));
        self.all.push(slowness);
    }

    /// Those that are between two moments, or at one.
    fn between(&self, from: SimTime, until: SimTime) -> impl Iterator<Item = &Slowness<'p>> {
        let first = self.all.partition_point(|it| it.from + self.longest <= from);
        self.all[first..].iter().take_while(move |it| it.from <= until).filter(move |it| from < it.until)
    }
}

/// What is remembered of attempts at a connection.
#[derive(Clone, Copy, Default)]
struct Attempts {
    /// How many in a row have come to nothing, and when the last one was given up.
    failures: u32,
    last: SimTime,
    /// Since when a client that does so by itself sets up again what it has lost.
    since: Option<SimTime>,
}

/// What becomes of an attempt at a connection.
pub(crate) enum Dialled {
    /// It is established then.
    Ready(SimTime),
    /// It is given up then.
    GivenUp(SimTime),
}

/// The faults of a run.
pub(crate) struct Network<'p> {
    /// Each member's, in order; they do not overlap.
    cuts: BTreeMap<MemberIndex, Vec<Cut>>,
    slow: BTreeMap<MemberIndex, Slownesses<'p>>,
    /// From how long before a fault on everything is sent: it matters to a client when its last beats were answered.
    /// That is the longest session that any member has.
    lead: SimDuration,
    draws: Stream,
    attempts: BTreeMap<Slot, BTreeMap<Destination, Attempts>>,
    /// When the last message arrives that a fault has held up.
    held_up: BTreeMap<Slot, SimTime>,
    /// When processes that were cut off are given records again.
    fetching_again: BTreeMap<Slot, SimTime>,
}

impl<'p> Network<'p> {
    /// The faults of a plan, if it has any.
    pub(crate) fn new(plan: &'p Plan, streams: &Streams) -> Option<Self> {
        let (mut cuts, mut slow) = (BTreeMap::<_, Vec<Cut>>::new(), BTreeMap::<_, Slownesses<'p>>::new());
        for event in &plan.events {
            let from = event.at;
            // Nobody sees what gets through after the end.
            let until = |length: SimDuration| (from + length).min(plan.end);
            match &event.action {
                PlannedAction::NetworkCut { member, length } => {
                    cuts.entry(*member).or_default().push(Cut { from, until: until(*length) });
                }
                PlannedAction::NetworkSlow { member, length, delay } => {
                    slow.entry(*member).or_default().add(Slowness { from, until: until(*length), delay });
                }
                _ => {}
            }
        }
        if cuts.is_empty() && slow.is_empty() {
            return None;
        }
        cuts.values_mut().for_each(joined);
        slow.values_mut().for_each(|slow| slow.all.sort_by_key(|it| it.from));
        Some(Self {
            cuts,
            slow,
            lead: plan.members_ever().map(|member| member.config.session_timeout).max().unwrap_or_default(),
            draws: streams.stream("faults of the network"),
            attempts: BTreeMap::new(),
            held_up: BTreeMap::new(),
            fetching_again: BTreeMap::new(),
        })
    }

    fn cuts_of(&self, member: MemberIndex) -> &[Cut] {
        self.cuts.get(&member).map_or(&[], Vec::as_slice)
    }

    fn slow_between(&self, member: MemberIndex, from: SimTime, until: SimTime) -> impl Iterator<Item = &Slowness<'p>> {
        self.slow.get(&member).into_iter().flat_map(move |slow| slow.between(from, until))
    }

    /// Whether anything is wrong between two moments.
    fn fails_between(&self, member: MemberIndex, from: SimTime, until: SimTime) -> bool {
        let cuts = self.cuts_of(member);
        cuts.get(tcp::over_by(cuts, from)).is_some_and(|cut| cut.from <= until)
            || self.slow_between(member, from, until).next().is_some()
    }

    /// When the cut is over that a moment is in.
    fn cut_until(&self, member: MemberIndex, at: SimTime) -> SimTime {
        let cuts = self.cuts_of(member);
        cuts.get(tcp::over_by(cuts, at)).map_or(at, |cut| cut.until)
    }

    /// Whether everything takes longer at any time.
    pub(crate) fn is_ever_slow(&self, member: MemberIndex) -> bool {
        self.slow.contains_key(&member)
    }

    /// By how much a fetch takes longer each way, on average.
    pub(crate) fn mean_delay(&self, member: MemberIndex, at: SimTime) -> SimDuration {
        self.slow_between(member, at, at).map(|it| SimDuration::from_nanos(it.delay.mean())).sum()
    }

    /// Whether this process has been cut off and is given no records yet.
    pub(crate) fn is_cut_off(&self, slot: Slot) -> bool {
        self.fetching_again.contains_key(&slot)
    }

    /// A process has ended.
    pub(crate) fn forget(&mut self, slot: Slot) {
        self.fetching_again.remove(&slot);
        self.held_up.remove(&slot);
        self.attempts.remove(&slot);
    }

    /// Whether a fault makes this process's messages late: now, still, or soon.
    pub(crate) fn is_disturbed(&self, slot: Slot, member: MemberIndex, at: SimTime) -> bool {
        self.fails_between(member, at, at + self.lead) || self.held_up.get(&slot).is_some_and(|until| *until > at)
    }

    /// When faults are near, and whose.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = (MemberIndex, SimTime)> {
        let cuts = self.cuts.iter().flat_map(|(member, cuts)| cuts.iter().map(|cut| (*member, cut.from)));
        let slow = self.slow.iter().flat_map(|(member, slow)| slow.all.iter().map(|it| (*member, it.from)));
        let before = |from: SimTime| SimTime::ZERO + from.since(SimTime::ZERO + self.lead);
        cuts.chain(slow).map(move |(member, from)| (member, before(from)))
    }

    /// A process turns to the brokers that it knew at first. One that dials by itself forgets what it had begun.
    pub(crate) fn begins_anew(&mut self, slot: Slot, client: ClientFamily) {
        if Dialling::of(client).by_itself {
            self.attempts.remove(&slot);
        }
    }

    /// A process has no connection there any more.
    pub(crate) fn lost(&mut self, slot: Slot, client: ClientFamily, to: Destination, at: SimTime) {
        if Dialling::of(client).by_itself {
            self.attempts.entry(slot).or_default().entry(to).or_default().since = Some(at);
        }
    }

    /// When a message arrives that leaves at `sent`, takes `latency` without a fault, and is behind one that arrives at
    /// `before`.
    pub(crate) fn arrival(
        &mut self,
        (slot, member): (Slot, MemberIndex),
        sent: SimTime,
        latency: SimDuration,
        before: SimTime,
    ) -> SimTime {
        let mut taken = latency;
        for slowness in self.slow.get(&member).into_iter().flat_map(|slow| slow.between(sent, sent)) {
            taken += draw(slowness.delay, &mut self.draws);
        }
        let arrival = tcp::message_arrival(self.cuts_of(member), sent, taken, before);
        if arrival > sent + latency {
            self.hold_up(slot, arrival);
        }
        arrival
    }

    /// What becomes of a connection that a client wants from `begin` on, if setting it up takes `set_up`.
    pub(crate) fn dial(
        &mut self,
        (slot, member, client): (Slot, MemberIndex, ClientFamily),
        to: Destination,
        begin: SimTime,
        set_up: SimDuration,
    ) -> Dialled {
        let mut attempts = self.attempts.get_mut(&slot).and_then(|all| all.remove(&to)).unwrap_or_default();
        // Where nothing was wrong, a connection is set up when it is wanted, as in runs without faults.
        let since = attempts.since.take().filter(|since| self.fails_between(member, *since, begin));
        let dialled = self.dial_until(begin, (member, client), since.unwrap_or(begin), set_up, &mut attempts);
        match dialled {
            // It may have been there before it was wanted.
            Dialled::Ready(ready) => {
                if ready > begin + set_up {
                    self.hold_up(slot, ready);
                }
                return Dialled::Ready(ready.max(begin));
            }
            Dialled::GivenUp(_) => _ = self.attempts.entry(slot).or_default().insert(to, attempts),
        }
        dialled
    }

    /// When a connection that is tried since `from`, again and again, is there.
    fn dial_until_it_is_there(
        &mut self,
        of: (MemberIndex, ClientFamily),
        from: SimTime,
        set_up: SimDuration,
    ) -> SimTime {
        match self.dial_until(SimTime::NEVER, of, from, set_up, &mut Attempts::default()) {
            Dialled::Ready(at) | Dialled::GivenUp(at) => at,
        }
    }

    /// What becomes of a connection that is tried since `from`, again and again: the first attempt that is good, or
    /// that is given up at `wanted` or later.
    fn dial_until(
        &mut self,
        wanted: SimTime,
        (member, client): (MemberIndex, ClientFamily),
        from: SimTime,
        set_up: SimDuration,
        attempts: &mut Attempts,
    ) -> Dialled {
        let dialling = Dialling::of(client);
        loop {
            let from = from.max(attempts.last + dialling.backoff_after(attempts.failures, &mut self.draws));
            let delay = self.mean_delay(member, from) * SET_UP_MESSAGES;
            let ready = tcp::connection_ready(self.cuts_of(member), from, set_up + delay);
            let over = from + dialling.timeout_after(attempts.failures, &mut self.draws);
            if ready <= over {
                return Dialled::Ready(ready);
            }
            (attempts.failures, attempts.last) = (attempts.failures + 1, over);
            if over >= wanted {
                return Dialled::GivenUp(over);
            }
        }
    }

    fn hold_up(&mut self, slot: Slot, until: SimTime) {
        let latest = self.held_up.entry(slot).or_default();
        *latest = until.max(*latest);
    }

    /// From when on a process that was cut off can be given records.
    pub(crate) fn fetches_from(&self, slot: Slot, from: SimTime) -> SimTime {
        self.fetching_again.get(&slot).map_or(from, |again| from.max(*again))
    }
}

/// Cuts that overlap or touch are one.
fn joined(cuts: &mut Vec<Cut>) {
    cuts.sort_by_key(|cut| cut.from);
    cuts.dedup_by(|later, earlier| {
        let touch = later.from <= earlier.until;
        earlier.until = if touch { earlier.until.max(later.until) } else { earlier.until };
        touch
    });
}
