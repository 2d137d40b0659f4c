//! Rebalances while they happen: from the trigger to the last member that is ready.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Generation, SimDuration, SimTime};

use super::holdings::Gap;
use super::split::{before_the_generation, before_the_revocation, until_ready};
use super::teller::Seat;
use super::{Cause, MAX_REBALANCES, Part, Phase, Protocol, Rebalance};
use crate::MemberIndex;

/// Words are cut to this many bytes.
const MAX_WORDS: usize = 300;

/// Why the next rebalance begins.
#[derive(Clone, Debug)]
pub(super) struct Trigger {
    pub(super) at: SimTime,
    pub(super) cause: Cause,
    pub(super) member: Option<MemberIndex>,
    pub(super) words: String,
}

impl Trigger {
    pub(super) fn new(at: SimTime, cause: Cause, member: Option<MemberIndex>, words: &str) -> Self {
        Self { at, cause, member, words: words[..words.floor_char_boundary(MAX_WORDS)].to_owned() }
    }
}

/// The rebalance under way.
#[derive(Debug)]
struct Open {
    place: usize,
    is_decided: bool,
    joined: BTreeSet<MemberIndex>,
    last_join: Option<(SimTime, MemberIndex)>,
    overdue: Option<MemberIndex>,
    /// Classic: who has joined and is not ready yet.
    waiting: BTreeSet<MemberIndex>,
    /// Consumer protocol: who is at the epoch.
    reached: BTreeSet<MemberIndex>,
    /// And has been told of its assignment, but is not ready yet.
    told: BTreeSet<MemberIndex>,
    /// When everybody had what it was to have, as far as the coordinator knew: the last of them may not know yet.
    converged: Option<SimTime>,
    last_revoked: Option<(SimTime, MemberIndex)>,
    last_ready: Option<(SimTime, MemberIndex)>,
}

impl Open {
    /// When it was over, if it is.
    fn over(&self) -> Option<SimTime> {
        let (converged, ready) = (self.converged?, self.last_ready.map(|(ready, _)| ready));
        self.told.is_empty().then(|| ready.map_or(converged, |ready| ready.max(converged)))
    }
}

/// All rebalances so far.
#[derive(Debug, Default)]
pub(super) struct Rebalances {
    list: Vec<Rebalance>,
    by_generation: BTreeMap<Generation, usize>,
    open: Option<Open>,
    trigger: Option<Trigger>,
    /// The newest JoinGroup: it may be what begins a rebalance.
    newest_join: Option<(SimTime, MemberIndex)>,
    /// Who was in the generation before.
    before: BTreeSet<MemberIndex>,
    pub(super) cut: bool,
}

impl Rebalances {
    /// Why the rebalance begins that is told of at the same moment.
    pub(super) fn triggered(&mut self, trigger: Trigger) {
        if !matches!(trigger.cause, Cause::Joined | Cause::HandedOn | Cause::TopicsChanged | Cause::Rejoined)
            && let Some(member) = trigger.member
        {
            self.before.remove(&member);
        }
        self.trigger = Some(trigger);
    }

    /// A rebalance begins, or a reason more for the one that is being prepared.
    pub(super) fn begin(&mut self, at: SimTime, protocol: Protocol, words: &str, seats: &mut [Seat]) {
        let told = self.trigger.take().filter(|trigger| trigger.at == at);
        if let Some(open) = &self.open
            && !open.is_decided
            && self.list[open.place].protocol == protocol
        {
            self.list[open.place].more_triggers += 1;
            return;
        }
        self.close(at, seats);
        if self.list.len() >= MAX_REBALANCES {
            self.cut = true;
            return;
        }
        let Trigger { cause, member, words, .. } =
            told.unwrap_or_else(|| Trigger::new(at, Cause::of(words), who(words, seats), words));
        let gone = member.and_then(|member| seats.get(member.0 as usize)).and_then(|seat| seat.gone);
        let unnoticed = gone.filter(|_| cause.is_found_late()).map_or(SimDuration::ZERO, |gone| at.since(gone));
        let root = self.list.last().map(|last| last.follows.unwrap_or(last.number));
        let place = self.list.len();
        self.list.push(Rebalance {
            number: place as u64 + 1,
            protocol,
            began: at,
            decided: at,
            ended: at,
            cause,
            trigger: words,
            culprit: member,
            unnoticed,
            follows: root.filter(|_| cause == Cause::HandedOn),
            ..Rebalance::default()
        });
        for seat in seats {
            seat.begin_trail(at);
        }
        let joined = self.newest_join.filter(|(joined, _)| *joined == at);
        self.open = Some(Open {
            place,
            is_decided: false,
            joined: joined.iter().map(|(_, member)| *member).collect(),
            last_join: joined,
            overdue: None,
            waiting: BTreeSet::new(),
            reached: BTreeSet::new(),
            told: BTreeSet::new(),
            converged: None,
            last_revoked: None,
            last_ready: None,
        });
    }

    /// The coordinator has a member's JoinGroup.
    pub(super) fn joined(&mut self, at: SimTime, member: MemberIndex) {
        self.newest_join = Some((at, member));
        if let Some(open) = self.open.as_mut().filter(|open| !open.is_decided) {
            open.joined.insert(member);
            open.last_join = Some((at, member));
        }
    }

    /// The coordinator waits for this member no longer.
    pub(super) fn overdue(&mut self, member: MemberIndex) {
        self.before.remove(&member);
        if let Some(open) = self.open.as_mut().filter(|open| !open.is_decided) {
            open.overdue.get_or_insert(member);
            self.list[open.place].removed += 1;
        }
    }

    /// A generation, or a target assignment, came to be.
    pub(super) fn decided(&mut self, at: SimTime, generation: Generation, members: Option<usize>, seats: &mut [Seat]) {
        if self.open.as_ref().is_none_or(|open| open.is_decided) {
            if self.by_generation.get(&generation).is_some_and(|place| self.list[*place].decided == at) {
                return;
            }
            let protocol = self.open.as_ref().map_or(Protocol::Classic, |open| self.list[open.place].protocol);
            self.begin(at, protocol, "", seats);
        }
        let Some(open) = &mut self.open else { return };
        let rebalance = &mut self.list[open.place];
        open.is_decided = true;
        rebalance.decided = at;
        rebalance.generation = Some(generation);
        rebalance.members = members.unwrap_or(open.joined.len()) as u64;
        self.by_generation.insert(generation, open.place);
        if rebalance.protocol == Protocol::Classic {
            let came_last = open.last_join.filter(|(joined, _)| *joined == at).map(|(_, member)| member);
            let missing = self.before.iter().find(|member| !open.joined.contains(member)).copied();
            rebalance.waited_for = open.overdue.or(came_last).or(missing);
            let is_there = |member: &&MemberIndex| !phase(seats, **member).is_gone();
            open.waiting = open.joined.iter().filter(is_there).copied().collect();
            self.before.clone_from(&open.joined);
        }
    }

    /// Nobody is left: there was no rebalance after all.
    pub(super) fn emptied(&mut self) {
        self.before.clear();
        if let Some(open) = self.open.take_if(|open| !open.is_decided) {
            self.list.truncate(open.place);
        }
    }

    /// A member is at this epoch.
    pub(super) fn reached(&mut self, at: SimTime, member: MemberIndex, epoch: Generation) {
        let Some(open) = self.open.as_mut().filter(|open| open.is_decided) else { return };
        let rebalance = &self.list[open.place];
        let is_its_epoch = rebalance.generation.is_some_and(|target| epoch >= target);
        if is_its_epoch && open.converged.is_none_or(|converged| converged == at) {
            open.reached.insert(member);
            open.last_ready = Some((at, member));
        }
    }

    /// Every member has what it is to have, as far as the coordinator knows.
    pub(super) fn converged(&mut self, at: SimTime) {
        if let Some(open) = self.open.as_mut().filter(|open| open.is_decided) {
            open.converged.get_or_insert(at);
        }
    }

    /// A member is in another phase.
    pub(super) fn entered(&mut self, at: SimTime, member: MemberIndex, left: Phase, seats: &mut [Seat]) {
        let Some(open) = self.open.as_mut().filter(|open| open.is_decided) else { return };
        if left == Phase::Revoking {
            open.last_revoked = Some((at, member));
        }
        let phase = phase(seats, member);
        let is_ready = phase.is_settled() && (open.waiting.contains(&member) || open.told.contains(&member));
        if is_ready {
            open.last_ready = Some((at, member));
        }
        if phase.is_settled() || phase.is_gone() {
            open.waiting.remove(&member);
            // Whatever happens to it now is another story.
            if (open.told.remove(&member) && open.converged.is_some()) || phase.is_gone() {
                open.reached.remove(&member);
            }
            self.close_if_over(at, seats);
        }
    }

    /// A member was given something in this generation.
    pub(super) fn assigned(&mut self, at: SimTime, member: MemberIndex, generation: Generation) {
        let Some(open) = self.open.as_mut().filter(|open| open.is_decided) else { return };
        let rebalance = &self.list[open.place];
        let is_its = match rebalance.protocol {
            Protocol::Classic => rebalance.generation == Some(generation),
            Protocol::Consumer => open.reached.contains(&member) && open.told.insert(member),
        };
        if is_its {
            open.last_ready = Some((at, member));
        }
    }

    /// A gap has ended with an assignment of this generation: the rebalance it belongs to.
    pub(super) fn blame(&mut self, at: SimTime, gap: Gap, generation: Generation) -> Option<usize> {
        let place = *self.by_generation.get(&generation)?;
        let open = self.open.as_ref().filter(|open| open.place == place);
        let rebalance = &mut self.list[place];
        let ended = match open {
            Some(open) => open.over(),
            None => Some(rebalance.ended),
        };
        if ended.is_some_and(|ended| gap.since >= ended) {
            return None;
        }
        let pause = at.since(gap.since);
        rebalance.pauses += 1;
        rebalance.unread += pause;
        rebalance.longest = rebalance.longest.max(pause);
        Some(place)
    }

    /// So many records waited where reading goes on.
    pub(super) fn delayed(&mut self, place: usize, records: u64) {
        self.list[place].records_delayed += records;
    }

    /// The run is over.
    pub(super) fn finish(mut self, end: SimTime, seats: &mut [Seat]) -> Vec<Rebalance> {
        self.close(end, seats);
        self.list
    }

    /// A classic rebalance is over when nobody is waited for. One of the consumer protocol stays open until the next
    /// one begins: when the coordinator is done, its last answer is still on the way.
    fn close_if_over(&mut self, at: SimTime, seats: &mut [Seat]) {
        let Some(open) = &self.open else { return };
        let is_classic = self.list[open.place].protocol == Protocol::Classic;
        if is_classic && !open.joined.is_empty() && open.waiting.is_empty() {
            self.end(at, false, seats);
        }
    }

    /// It ends, unfinished if it is not over: with the last thing that was seen of it, if nobody is on the way.
    fn close(&mut self, at: SimTime, seats: &mut [Seat]) {
        let Some(open) = &self.open else { return };
        let rebalance = &self.list[open.place];
        let mut members = open.waiting.iter().chain(&open.told);
        let on_the_way = members.any(|member| {
            let phase = phase(seats, *member);
            !phase.is_settled() && !phase.is_gone()
        });
        let seen = open.last_ready.map_or(rebalance.decided, |(seen, _)| seen.max(rebalance.decided));
        let is_over = match rebalance.protocol {
            Protocol::Classic => open.is_decided && open.waiting.is_empty(),
            Protocol::Consumer => open.converged.is_some(),
        };
        let ended = if !open.is_decided || on_the_way { at } else { seen.max(open.converged.unwrap_or(seen)) };
        self.end(ended, !is_over || on_the_way, seats);
    }

    fn end(&mut self, at: SimTime, interrupted: bool, seats: &mut [Seat]) {
        let Some(open) = self.open.take() else { return };
        let rebalance = &mut self.list[open.place];
        rebalance.ended = at;
        rebalance.interrupted = interrupted;
        if !open.is_decided {
            rebalance.decided = at;
            let missing = self.before.iter().find(|member| !open.joined.contains(member)).copied();
            rebalance.waited_for = open.overdue.or(missing);
        }
        let trail = |member: Option<MemberIndex>| -> &[(SimTime, Phase)] {
            member.and_then(|member| seats.get(member.0 as usize)).map_or(&[], |seat| &seat.trail)
        };
        let still = open.waiting.iter().find(|member| !phase(seats, **member).is_settled()).copied();
        rebalance.last = still.or(open.last_ready.map(|(_, member)| member));
        let (began, decided) = (rebalance.began, rebalance.decided);
        let mut split = rebalance.split;
        let given_up = match rebalance.protocol {
            Protocol::Classic if rebalance.waited_for.is_some() => {
                split.add_trail(trail(rebalance.waited_for), (began, decided), before_the_generation);
                decided
            }
            Protocol::Classic => {
                split.add(Part::Join, decided.since(began));
                decided
            }
            Protocol::Consumer => {
                rebalance.waited_for = open.last_revoked.map(|(_, member)| member);
                split.add(Part::Join, decided.since(began));
                let given_up = open.last_revoked.map_or(decided, |(given_up, _)| given_up.clamp(decided, at));
                if given_up > decided {
                    split.add_trail(trail(rebalance.waited_for), (decided, given_up), before_the_revocation);
                }
                given_up
            }
        };
        split.add_trail(trail(rebalance.last), (given_up, at), until_ready);
        rebalance.split = split;
        for seat in seats {
            seat.end_trail();
        }
    }
}

fn phase(seats: &[Seat], member: MemberIndex) -> Phase {
    seats.get(member.0 as usize).map_or(Phase::Down, |seat| seat.phase)
}

/// The member whose id stands in these words: its name and a uuid behind it.
fn who(words: &str, seats: &[Seat]) -> Option<MemberIndex> {
    const UUID: usize = 36;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let names = |name: &str| {
        words.match_indices(name).any(|(place, _)| {
            let rest = &words.as_bytes()[place + name.len()..];
            let begins = place == 0 || !is_name(words.as_bytes()[place - 1]);
            begins
                && rest.first() == Some(&b'-')
                && rest.len() > UUID
                && rest[1..=UUID].iter().all(|byte| is_name(*byte))
        })
    };
    let place = seats.iter().position(|seat| !seat.name.is_empty() && names(&seat.name))?;
    u32::try_from(place).ok().map(MemberIndex)
}
