//! From what happens to the plan's events: names looked up, repetitions written out, everything in order of time.

use engine::{Stream, Streams};
use member::GroupMembershipOperation;
use protocol::{SimDuration, SimTime, TopicName};
use simulation::plan::{Pace, PlannedAction, PlannedEvent, RollingRestart, Stop};
use timeline::MemberIndex;

use super::changes::Changes;
use super::happening::{Change, Happening, Happenings, What};
use super::member::{Cast, Kind};
use super::presence::Presence;
use super::profile::Profile;
use super::selector::{Pool, Selector};
use super::topics::Topics;
use crate::diagnostic::shortened;
use crate::fields::Fields;
use crate::source::Position;
use crate::word::did_you_mean;

/// Most events of a plan, each member of a rolling restart counted.
const MAX_EVENTS: usize = 1_000_000;
/// Most looks at members while events are planned.
const MAX_CHOICES: u64 = 100_000_000;

/// The plan's events and what follows from them.
#[derive(Default)]
pub(super) struct Planned {
    /// The events, in order of time.
    pub(super) events: Vec<PlannedEvent>,
    /// When the first one of `events:` happens.
    pub(super) first: Option<SimTime>,
    /// When the last one has run its course, as far as that can be said.
    pub(super) last: SimTime,
    /// Where something begins whose end only the run knows.
    pub(super) endless: Option<Position>,
    /// The configurations that members change to.
    pub(super) changed: Vec<Profile>,
}

/// Plans them.
pub(super) fn plan(
    happenings: &Happenings,
    cast: &Cast,
    (topics, brokers): (&Topics, u16),
    seed: u64,
    fields: &Fields<'_>,
) -> Planned {
    let mut planner = Planner {
        fields,
        cast,
        topics,
        names: cast.members.iter().map(|member| member.name.as_str()).collect(),
        presence: Presence::nobody(cast.members.len()),
        changes: Changes::new(cast, topics),
        partitions: topics.plan.iter().map(|topic| (topic.name.clone(), topic.partitions)).collect::<Vec<_>>(),
        brokers: vec![SimTime::ZERO; usize::from(brokers)],
        rng: Streams::new(seed).stream("choice of members"),
        planned: Planned::default(),
        weight: 0,
        full: false,
        unsure_from: unsure_from(happenings, cast),
    };
    if too_much(&happenings.list, cast, fields) {
        return planner.planned;
    }
    for (at, next) in timetable(&happenings.list, cast) {
        match next {
            Next::Start(member) => planner.start(at, member),
            Next::Happening(happening) => planner.happening(at, happening),
        }
    }
    let mut planned = planner.planned;
    planned.changed = planner.changes.into_profiles();
    planned.events.sort_by_key(|event| event.at);
    planned
}

/// From when on nobody can say who and what is running, because something before could not be read.
fn unsure_from(happenings: &Happenings, cast: &Cast) -> Option<SimTime> {
    let starts = cast.starts_unread.then_some(SimTime::ZERO);
    let unread = happenings.list.iter().filter(|happening| !happening.is_whole).map(|happening| happening.at);
    unread.chain(starts).chain(happenings.lost_from).min()
}

/// Whether looking at every member at every event is more than anybody can wait for.
fn too_much(happenings: &[Happening], cast: &Cast, fields: &Fields<'_>) -> bool {
    let turns = happenings.iter().fold(0_u64, |turns, happening| turns.saturating_add(happening.times));
    let much = turns > MAX_EVENTS as u64 || turns.saturating_mul(cast.members.len() as u64) > MAX_CHOICES;
    if much {
        let at = fields.node.get("events").map_or(fields.node.at, |entry| entry.at);
        let error = fields.report().error(at, format!("these are {turns} events for {} members", cast.members.len()));
        error.label("more than a scenario may have, repetitions counted").file();
    }
    much
}

/// What comes next.
#[derive(Clone, Copy)]
enum Next<'a> {
    Start(usize),
    Happening(&'a Happening),
}

/// Everything in order of time: starts before events of the same time, events as they are written.
fn timetable<'a>(happenings: &'a [Happening], cast: &Cast) -> Vec<(SimTime, Next<'a>)> {
    let starts = cast.starts.iter().enumerate().filter_map(|(member, at)| Some(((*at)?, Next::Start(member))));
    let happen = happenings.iter().flat_map(|happening| {
        (0..happening.times).map(move |turn| (happening.at + happening.every * turn, Next::Happening(happening)))
    });
    let mut timetable: Vec<(SimTime, Next<'a>)> = starts.chain(happen).collect();
    timetable.sort_by_key(|(at, _)| *at);
    timetable
}

pub(super) struct Planner<'a> {
    pub(super) fields: &'a Fields<'a>,
    pub(super) cast: &'a Cast,
    topics: &'a Topics,
    names: Vec<&'a str>,
    pub(super) presence: Presence,
    changes: Changes<'a>,
    partitions: Vec<(TopicName, i32)>,
    /// Until when each broker is down.
    pub(super) brokers: Vec<SimTime>,
    rng: Stream,
    pub(super) planned: Planned,
    /// How many events there are, each member of a rolling restart counted.
    weight: usize,
    full: bool,
    /// From when on nobody can say who is running.
    unsure_from: Option<SimTime>,
}

pub(super) fn index(member: usize) -> MemberIndex {
    MemberIndex(u32::try_from(member).expect("MAX_MEMBERS fits"))
}

impl Planner<'_> {
    pub(super) fn push(&mut self, at: SimTime, over: SimTime, action: PlannedAction) {
        self.weight += match &action {
            PlannedAction::Change { to, .. } => 1 + to.topics.len(),
            PlannedAction::RollingRestart(rolling) => rolling.members.len(),
            PlannedAction::Rollout(rollout) => rollout.old.len() + rollout.new.len(),
            _ => 1,
        };
        if self.weight <= MAX_EVENTS {
            self.planned.events.push(PlannedEvent { at, action });
            self.planned.last = self.planned.last.max(over);
        } else if !self.full {
            self.full = true;
            let at = self.fields.node.get("events").map_or(self.fields.node.at, |entry| entry.at);
            self.fields
                .report()
                .error(at, format!("these are more than {MAX_EVENTS} events"))
                .label("repetitions counted")
                .file();
        }
    }

    fn start(&mut self, at: SimTime, member: usize) {
        self.presence.set(member, true);
        self.push(at, at, PlannedAction::Start { member: index(member) });
    }

    /// Whether something before could not be read, so that nobody can say who and what is running.
    pub(super) fn is_unsure(&self, at: SimTime) -> bool {
        self.unsure_from.is_some_and(|from| at >= from)
    }

    /// Says which names there are not in something of which not all could be read.
    fn look_up(&mut self, at: SimTime, happening: &Happening) {
        let (who, change): (&[Selector], Option<&Change>) = match &happening.what {
            What::Start { who } | What::Stop { who, .. } | What::Fault { who, .. } | What::CrashLoop { who, .. } => {
                (who, None)
            }
            What::Restart { who, change, .. } | What::Rolling { who, change, .. } => (who, change.as_ref()),
            What::Redeploy(redeploy) => (&redeploy.who, redeploy.change.as_ref()),
            What::Change { who, change } => (who, Some(change)),
            What::Scale { kind, .. } => {
                self.kind(happening.position, kind.as_ref());
                return;
            }
            What::AddPartitions { topics } => {
                for (name, place, _) in topics {
                    self.topics.find_ever(name, *place, self.fields);
                }
                return;
            }
            What::StopBroker { .. } | What::StartBroker { .. } => return self.broker(at, happening),
            What::ZooKeeperOutage { .. }
            | What::ZooKeeperPause { .. }
            | What::MoveCoordinator { .. }
            | What::AddTopic { .. }
            | What::Rate { .. }
            | What::Describe => return,
        };
        if happening.what.is_endless() {
            self.planned.endless.get_or_insert(happening.position);
        }
        let members = self.chosen(at, who, None);
        self.change(at, &members, change);
    }

    fn happening(&mut self, at: SimTime, happening: &Happening) {
        if !happening.is_whole {
            return self.look_up(at, happening);
        }
        self.planned.first = Some(self.planned.first.map_or(at, |first| first.min(at)));
        match &happening.what {
            What::Start { who } => {
                for member in self.chosen(at, who, Some(false)) {
                    self.start(at, member);
                }
            }
            What::Stop { who, stop } => {
                for member in self.chosen(at, who, Some(true)) {
                    self.stop(at, member, *stop);
                }
            }
            What::Fault { who, length, fault } => {
                for member in self.chosen(at, who, Some(true)) {
                    self.push(at, at + *length, fault.of(index(member), *length));
                }
            }
            What::Restart { who, stop, down, change } => {
                let members = self.chosen(at, who, Some(true));
                self.change(at, &members, change.as_ref());
                let (stop, down, start_after) = (*stop, *down, SimDuration::ZERO);
                for member in members.into_iter().map(index) {
                    self.push(at, at + down, PlannedAction::Restart { member, stop, down, start_after });
                }
            }
            What::Rolling { .. } => self.rolling(at, happening),
            What::Redeploy(_) => self.redeploy(at, happening),
            What::ZooKeeperOutage { length } => {
                self.push(at, at + *length, PlannedAction::ZooKeeperOutage { length: *length });
            }
            What::ZooKeeperPause { length } => {
                self.push(at, at + *length, PlannedAction::ZooKeeperPause { length: *length });
            }
            What::Scale { kind, to, every, grace } => {
                self.scale(at, happening.position, kind.as_ref(), *to, (*every, *grace));
            }
            What::CrashLoop { .. } => self.crash_loop(at, happening),
            What::Change { who, change } => {
                let members = self.chosen(at, who, None);
                self.change(at, &members, Some(change));
            }
            What::AddPartitions { topics } => {
                topics.iter().for_each(|(name, place, count)| self.grow(at, name, *place, *count));
            }
            What::MoveCoordinator { load } => {
                self.push(at, at + *load, PlannedAction::MoveCoordinator { load: *load });
            }
            What::StopBroker { .. } | What::StartBroker { .. } => self.broker(at, happening),
            What::AddTopic { topics } => {
                topics.iter().for_each(|(name, place, count)| self.create(at, name, *place, *count));
            }
            // Producers are planned by themselves: all that they write is known beforehand.
            What::Rate { .. } => self.planned.last = self.planned.last.max(at),
            What::Describe => self.push(at, at, PlannedAction::Describe),
        }
    }

    fn stop(&mut self, at: SimTime, member: usize, stop: Stop) {
        self.presence.set(member, false);
        self.push(at, at, PlannedAction::Stop { member: index(member), stop });
    }

    /// The members that are meant, each once, in the order in which they are named.
    pub(super) fn chosen(&mut self, at: SimTime, who: &[Selector], running: Option<bool>) -> Vec<usize> {
        let running = running.filter(|_| !self.is_unsure(at));
        let mut chosen: Vec<usize> = Vec::new();
        let mut taken = vec![false; self.names.len()];
        for selector in who.iter().filter(|selector| self.cast.can_tell(selector)) {
            let pool = Pool { names: &self.names, candidates: self.presence.those(running), running, at };
            for member in selector.choose(&pool, &mut self.rng, self.fields.report()) {
                if !std::mem::replace(&mut taken[member], true) {
                    chosen.push(member);
                }
            }
        }
        chosen
    }

    /// Members are configured otherwise from their next start on.
    pub(super) fn change(&mut self, at: SimTime, members: &[usize], change: Option<&Change>) {
        let Some(change) = change else { return };
        if members.is_empty() {
            change.judge(self.topics, self.fields);
        }
        for &member in members {
            match self.changes.apply(member, change, self.fields) {
                Some(to) => self.push(at, at, PlannedAction::Change { member: index(member), to: Box::new(to) }),
                None => return,
            }
        }
    }

    fn rolling(&mut self, at: SimTime, happening: &Happening) {
        let What::Rolling { who, at_once, descending, stop, down, pace, change } = &happening.what else { return };
        let mut members = self.chosen(at, who, Some(true));
        if *descending {
            members.reverse();
        }
        self.change(at, &members, change.as_ref());
        let steps = members.len().div_ceil(*at_once).saturating_sub(1) as u64;
        let over = match pace {
            Pace::Every(every) => at + *every * steps + *down,
            Pace::WhenReady { .. } | Pace::AfterStart(_) => {
                self.planned.endless.get_or_insert(happening.position);
                at
            }
        };
        let members = members.into_iter().map(index).collect();
        let (at_once, stop, down, start_after, pace) = (*at_once, *stop, *down, SimDuration::ZERO, *pace);
        let rolling = RollingRestart { members, at_once, stop, down, start_after, pace };
        self.push(at, over, PlannedAction::RollingRestart(rolling));
    }

    /// The kind of members that a `scale` means.
    fn kind(&self, place: Position, kind: Option<&(String, Position)>) -> Option<&Kind> {
        match (kind, self.cast.kinds.as_slice()) {
            _ if self.cast.incomplete => None,
            (Some((pattern, at)), kinds) => {
                let found =
                    kinds.iter().find(|kind| kind.pattern == *pattern || kind.pattern == format!("{pattern}-{{n}}"));
                if found.is_none() && !self.cast.uncounted.contains(pattern) {
                    let uncounted = || self.cast.uncounted.iter();
                    let known = || kinds.iter().map(|kind| &kind.pattern).chain(uncounted()).map(String::as_str);
                    let error = self
                        .fields
                        .report()
                        .error(*at, format!("no members have the name pattern `{}`", shortened(pattern)));
                    let label = format!("expected {}", crate::word::either(known()));
                    error.label(label).maybe_help(did_you_mean(pattern, known())).file();
                }
                found
            }
            (None, [only]) => Some(only),
            // The only one may be one of which nobody can say how many members it has.
            (None, []) => None,
            (None, kinds) => {
                let known = crate::word::either(kinds.iter().map(|kind| kind.pattern.as_str()));
                let error =
                    self.fields.report().error(place, "there are several kinds of members: which one is scaled?");
                error.help(format!("write `scale: {{members: …, to: …}}` with {known}")).file();
                None
            }
        }
    }

    /// New members start, the lowest numbers first; or running ones stop, the highest numbers first.
    fn scale(
        &mut self,
        at: SimTime,
        place: Position,
        kind: Option<&(String, Position)>,
        to: usize,
        pace: (SimDuration, SimDuration),
    ) {
        let (every, grace) = pace;
        let Some(places) = self.kind(place, kind).map(|kind| kind.places.clone()) else { return };
        let running = self.presence.those_in(places.clone(), true);
        let absent = self.presence.those_in(places, false);
        let mut turn = at;
        for member in absent.into_iter().take(to.saturating_sub(running.len())) {
            self.start(turn, member);
            turn += every;
        }
        let mut turn = at;
        for member in running.iter().rev().take(running.len().saturating_sub(to)) {
            self.stop(turn, *member, Stop::Close { grace, membership: GroupMembershipOperation::Default });
            turn += every;
        }
    }

    /// Kills and starts, written out.
    fn crash_loop(&mut self, at: SimTime, happening: &Happening) {
        let What::CrashLoop { who, times, alive, down, down_max } = &happening.what else { return };
        for member in self.chosen(at, who, Some(true)) {
            let (mut turn, mut pause) = (at, (*down).min(*down_max));
            for _ in 0..*times {
                let (stop, start_after) = (Stop::Kill, SimDuration::ZERO);
                let action = PlannedAction::Restart { member: index(member), stop, down: pause, start_after };
                self.push(turn, turn + pause, action);
                if self.full {
                    return;
                }
                turn = turn + pause + *alive;
                pause = (pause * 2).min(*down_max);
            }
        }
    }

    /// A topic comes into being.
    fn create(&mut self, at: SimTime, name: &str, place: Position, count: i32) {
        let topic = TopicName::new(name);
        if self.partitions.iter().any(|(other, _)| *other == topic) {
            // Those under `topics:` have been reported.
            if self.topics.later.contains(&topic) {
                let error = self.fields.report().error(place, format!("`{}` is created twice", shortened(name)));
                error.label(format!("there is such a topic at {at}")).file();
            }
            return;
        }
        self.partitions.push((topic.clone(), count));
        self.push(at, at, PlannedAction::AddPartitions { topic, count });
    }

    /// A topic grows; it cannot shrink.
    fn grow(&mut self, at: SimTime, name: &str, place: Position, count: i32) {
        let Some(topic) = self.topics.find_ever(name, place, self.fields) else { return };
        let Some((_, before)) = self.partitions.iter_mut().find(|(other, _)| *other == topic) else {
            if self.topics.later.contains(&topic) && !self.is_unsure(at) {
                let message = format!("there is no topic `{}` yet at {at}", shortened(name));
                self.fields.report().error(place, message).label("it is created later").file();
            }
            return;
        };
        if count <= *before {
            let error =
                self.fields.report().error(place, format!("`{}` has {before} partitions already", shortened(name)));
            let help =
                "the number is how many partitions the topic has afterwards; Kafka refuses fewer (INVALID_PARTITIONS)";
            error.label(format!("expected more than {before}")).help(help).file();
            return;
        }
        *before = count;
        self.push(at, at, PlannedAction::AddPartitions { topic, count });
    }
}
