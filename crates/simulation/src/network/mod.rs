//! Faults of the network between members and brokers: it loses everything for a while, or is slow.
//!
//! Contract: when they happen is planned, so it is known when a message leaves when it will arrive ([`tcp`]): faults
//! cost what happens in them, not their length. A member's name is what they happen to, whichever process has it.
//! Brokers hear each other, and producers and administrators hear them.
//!
//! | module | what lives there |
//! |---|---|
//! | [`tcp`] | when what is lost gets through after all |
//! | [`dialling`] | how long clients wait for a connection |
//! | [`effects`] | what becomes of fetches and connections, and what is said of it |
//!
//! Left out: connections that are reset (the other end's kernel answers; only what is lost in silence is simulated),
//! packets that are lost now and then, bandwidth, connections that are closed for being idle.

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
use dialling::Dialling;
use tcp::Cut;

/// TCP's handshake and ApiVersions.
const MESSAGES_OF_SET_UP: u64 = 4;

/// A time in which everything takes longer.
struct Slowness<'p> {
    from: SimTime,
    until: SimTime,
    delay: &'p Distribution,
}

impl Slowness<'_> {
    fn is_at(&self, at: SimTime) -> bool {
        self.from <= at && at < self.until
    }
}

/// Attempts at one connection in a row that came to nothing.
#[derive(Clone, Copy, Default)]
struct Failures {
    count: u32,
    /// When the last one was given up.
    last: SimTime,
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
    slow: BTreeMap<MemberIndex, Vec<Slowness<'p>>>,
    draws: Stream,
    failures: BTreeMap<(Slot, Destination), Failures>,
    /// Since when clients that do so by themselves set up again what they have lost.
    dialling_since: BTreeMap<(Slot, Destination), SimTime>,
    /// When the last message arrives that a fault has held up.
    held_up: BTreeMap<Slot, SimTime>,
    /// When processes that were cut off are given records again.
    fetching_again: BTreeMap<Slot, SimTime>,
}

impl<'p> Network<'p> {
    /// The faults of a plan, if it has any.
    pub(crate) fn new(plan: &'p Plan, streams: &Streams) -> Option<Self> {
        let (mut cuts, mut slow) = (BTreeMap::<_, Vec<Cut>>::new(), BTreeMap::<_, Vec<Slowness<'p>>>::new());
        for event in &plan.events {
            let from = event.at;
            // Nobody sees what gets through after the end.
            let until = |length: SimDuration| (from + length).min(plan.end);
            match &event.action {
                PlannedAction::NetworkCut { member, length } => {
                    cuts.entry(*member).or_default().push(Cut { from, until: until(*length) });
                }
                PlannedAction::NetworkSlow { member, length, delay } => {
                    slow.entry(*member).or_default().push(Slowness { from, until: until(*length), delay });
                }
                _ => {}
            }
        }
        if cuts.is_empty() && slow.is_empty() {
            return None;
        }
        cuts.values_mut().for_each(joined);
        Some(Self {
            cuts,
            slow,
            draws: streams.stream("faults of the network"),
            failures: BTreeMap::new(),
            dialling_since: BTreeMap::new(),
            held_up: BTreeMap::new(),
            fetching_again: BTreeMap::new(),
        })
    }

    fn cuts_of(&self, member: MemberIndex) -> &[Cut] {
        self.cuts.get(&member).map_or(&[], Vec::as_slice)
    }

    fn slow_now(&self, member: MemberIndex, at: SimTime) -> impl Iterator<Item = &'p Distribution> {
        let all = self.slow.get(&member).into_iter().flatten();
        all.filter(move |it| it.is_at(at)).map(|it| it.delay)
    }

    /// Whether everything takes longer at any time.
    pub(crate) fn is_ever_slow(&self, member: MemberIndex) -> bool {
        self.slow.contains_key(&member)
    }

    /// By how much a fetch takes longer each way, on average.
    pub(crate) fn mean_delay(&self, member: MemberIndex, at: SimTime) -> SimDuration {
        self.slow_now(member, at).map(|delay| SimDuration::from_nanos(delay.mean())).sum()
    }

    /// Whether this process has been cut off and is given no records yet.
    pub(crate) fn is_cut_off(&self, slot: Slot) -> bool {
        self.fetching_again.contains_key(&slot)
    }

    /// A process has ended.
    pub(crate) fn forget(&mut self, slot: Slot) {
        self.fetching_again.remove(&slot);
        self.held_up.remove(&slot);
        self.begins_anew(slot);
    }

    /// Whether a fault makes this process's messages late: now, still, or within `lead`.
    pub(crate) fn is_disturbed(&self, slot: Slot, member: MemberIndex, at: SimTime, lead: SimDuration) -> bool {
        let is_near = |from: SimTime, until: SimTime| from <= at + lead && at < until;
        self.cuts_of(member).iter().any(|cut| is_near(cut.from, cut.until))
            || self.slow.get(&member).into_iter().flatten().any(|it| is_near(it.from, it.until))
            || self.held_up.get(&slot).is_some_and(|until| *until > at)
    }

    /// When faults begin, and whom they happen to.
    pub(crate) fn beginnings(&self) -> impl Iterator<Item = (MemberIndex, SimTime)> {
        let cuts = self.cuts.iter().flat_map(|(member, cuts)| cuts.iter().map(|cut| (*member, cut.from)));
        cuts.chain(self.slow.iter().flat_map(|(member, slow)| slow.iter().map(|it| (*member, it.from))))
    }

    /// A process turns to the brokers that it knew at first, and forgets what it had begun.
    pub(crate) fn begins_anew(&mut self, slot: Slot) {
        self.failures.retain(|(of, _), _| *of != slot);
        self.dialling_since.retain(|(of, _), _| *of != slot);
    }

    /// A process has no connection there any more.
    pub(crate) fn lost(&mut self, slot: Slot, client: ClientFamily, to: Destination, at: SimTime) {
        if Dialling::of(client).by_itself {
            self.dialling_since.insert((slot, to), at);
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
        for slowness in self.slow.get(&member).into_iter().flatten().filter(|it| it.is_at(sent)) {
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
        let mut failures = self.failures.get(&(slot, to)).copied().unwrap_or_default();
        let since = self.dialling_since.remove(&(slot, to)).unwrap_or(begin);
        loop {
            let from = since.max(failures.last + Dialling::of(client).backoff_after(failures.count, &mut self.draws));
            match self.attempt((member, client), from, set_up, failures.count) {
                Dialled::Ready(ready) => {
                    if ready > begin + set_up {
                        self.hold_up(slot, ready);
                    }
                    self.failures.remove(&(slot, to));
                    return Dialled::Ready(ready.max(begin));
                }
                Dialled::GivenUp(last) => {
                    failures = Failures { count: failures.count + 1, last };
                    // Earlier ones came to nothing before anybody wanted to send.
                    if last >= begin {
                        self.failures.insert((slot, to), failures);
                        return Dialled::GivenUp(last);
                    }
                }
            }
        }
    }

    /// What becomes of an attempt at a connection, after so many in a row that came to nothing.
    fn attempt(
        &mut self,
        (member, client): (MemberIndex, ClientFamily),
        begin: SimTime,
        set_up: SimDuration,
        failures: u32,
    ) -> Dialled {
        let delay = self.mean_delay(member, begin) * MESSAGES_OF_SET_UP;
        let ready = tcp::connection_ready(self.cuts_of(member), begin, set_up + delay);
        let over = begin + Dialling::of(client).timeout_after(failures, &mut self.draws);
        if ready <= over { Dialled::Ready(ready) } else { Dialled::GivenUp(over) }
    }

    /// The same again and again until one is established; when it is.
    fn attempts(&mut self, of: (MemberIndex, ClientFamily), mut begin: SimTime, set_up: SimDuration) -> SimTime {
        let mut failures = 0;
        loop {
            match self.attempt(of, begin, set_up, failures) {
                Dialled::Ready(ready) => return ready,
                Dialled::GivenUp(at) => {
                    failures += 1;
                    begin = at + Dialling::of(of.1).backoff_after(failures, &mut self.draws);
                }
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
