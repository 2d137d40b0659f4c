//! Plays a sequence on a virtual clock, as it was recorded.
//!
//! Within one millisecond: commits in the order of their appends, then steps in the order of the file, then timers. An
//! append commits `append_delay_ms` later; without a delay, inside the append.

use std::collections::{BTreeMap, VecDeque};

use coordinator::{
    Action, Actions, BrokerVersion, ClassicGroupView, ConsumerGroupView, Coordinator, MetadataImage, Record, Status,
};
use protocol::{GroupId, MemberId, Offset, RequestToken, SimTime};
use serde_json::{Map, Value, json};

use super::case::{Case, Step, What};
use super::topics::Labels;
use super::{consumer, render};

/// What our coordinator did with a sequence, in the form of the recording.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// Answers in the order in which they left.
    pub answers: Vec<Value>,
    /// Numbers of requests without an answer, in the order of the requests.
    pub unanswered: Vec<u64>,
    /// Changes of state in memory.
    pub states: Vec<Value>,
    /// Where our coordinator asked for an id that Kafka did not make, or for another member.
    pub surprises: Vec<String>,
}

/// The groups whose states are recorded.
const WATCHED: [&str; 2] = ["g", "h"];

/// Plays the case.
pub fn play(case: &Case) -> Played {
    let mut player = Player::new(case);
    let mut steps = case.steps.iter().peekable();
    loop {
        let candidates = [
            player.next_commit(),
            player.next_lookup(),
            steps.peek().map(|step| step.t),
            player.coordinator.next_deadline().map(ceil),
        ];
        let Some(t) = candidates.into_iter().flatten().min().filter(|t| *t <= case.end) else { break };
        player.now = t;
        player.commit_due();
        player.resolve_due();
        while let Some(step) = steps.next_if(|step| step.t == t) {
            player.step(step);
        }
        player.coordinator.on_deadline(SimTime::from_millis(t), &mut player.actions);
        player.act();
        player.note_states();
    }
    player.done(case)
}

fn ceil(time: SimTime) -> u64 {
    time.as_nanos().div_ceil(1_000_000)
}

/// What was last seen of a watched group.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    None,
    Unloaded,
    Classic(Box<ClassicGroupView>),
    Consumer(Box<ConsumerGroupView>),
}

impl Seen {
    fn fields(&self, labels: &Labels) -> Map<String, Value> {
        match self {
            Self::None => [("state".to_owned(), json!("none"))].into_iter().collect(),
            Self::Unloaded => [("state".to_owned(), json!("unloaded"))].into_iter().collect(),
            Self::Classic(view) => render::view(view),
            Self::Consumer(view) => consumer::view(view, labels),
        }
    }
}

struct Player<'a> {
    topics: &'a Labels,
    /// The topics that exist.
    image: MetadataImage,
    coordinator: Coordinator,
    now: u64,
    actions: Actions,
    played: Played,
    /// Ids that Kafka made and we have not.
    ids: VecDeque<MemberId>,
    /// Names of requests by number, to render answers.
    offsets_asked: BTreeMap<u64, What>,
    log: Vec<(Offset, Record)>,
    /// Where it ends.
    end: Offset,
    append_delay_ms: u64,
    stalled: bool,
    regex_delay_ms: u64,
    /// When which lookup of whose regular expressions will end.
    lookups: VecDeque<(u64, GroupId, u64)>,
    /// When the log will be committed up to where.
    commits: VecDeque<(u64, i64)>,
    high_watermark: i64,
    seen: Vec<Seen>,
}

impl<'a> Player<'a> {
    fn new(case: &'a Case) -> Self {
        let mut actions = Actions::new();
        let mut coordinator = Coordinator::started(case.config, BrokerVersion::default(), SimTime::ZERO, &mut actions);
        coordinator.set_commits_on_append(case.append_delay_ms == 0);
        coordinator.topics_changed(case.image.clone(), SimTime::ZERO, &mut actions);
        Self {
            topics: &case.topics,
            image: case.image.clone(),
            regex_delay_ms: case.regex_delay_ms,
            lookups: VecDeque::new(),
            coordinator,
            now: 0,
            actions,
            played: Played::default(),
            ids: case.member_ids.iter().cloned().collect(),
            offsets_asked: BTreeMap::new(),
            log: Vec::new(),
            end: Offset(0),
            append_delay_ms: case.append_delay_ms,
            stalled: false,
            commits: VecDeque::new(),
            high_watermark: 0,
            seen: vec![Seen::None; WATCHED.len()],
        }
    }

    fn time(&self) -> SimTime {
        SimTime::from_millis(self.now)
    }

    fn next_commit(&self) -> Option<u64> {
        self.commits.front().map(|(t, _)| *t)
    }

    fn commit_due(&mut self) {
        while let Some((_, end)) = self.commits.pop_front_if(|(t, _)| *t <= self.now) {
            self.commit(end);
        }
    }

    fn next_lookup(&self) -> Option<u64> {
        self.lookups.front().map(|(t, ..)| *t)
    }

    fn resolve_due(&mut self) {
        while let Some((_, group, job)) = self.lookups.pop_front_if(|(t, ..)| *t <= self.now) {
            self.coordinator.regexes_resolved(&group, job, self.time(), &mut self.actions);
            self.act();
        }
    }

    fn commit(&mut self, end: i64) {
        self.high_watermark = self.high_watermark.max(end);
        self.coordinator.committed(Offset(end), self.time(), &mut self.actions);
        self.act();
    }

    fn step(&mut self, step: &Step) {
        let now = self.time();
        match &step.what {
            What::Request(n, request) => {
                self.offsets_asked.insert(*n, step.what.clone());
                let (ids, surprises) = (&mut self.ids, &mut self.played.surprises);
                let mut next_id = |prefix: &str| {
                    let id = ids.pop_front().unwrap_or_else(|| {
                        surprises.push(format!("request {n}: Kafka made no id here"));
                        MemberId::from(format!("{prefix}-extra-{n}"))
                    });
                    if !prefix.is_empty() && id.as_str().rsplitn(6, '-').nth(5) != Some(prefix) {
                        surprises.push(format!("request {n}: Kafka made {id} next, not one for {prefix}"));
                    }
                    id
                };
                self.coordinator.handle(request.clone(), RequestToken(*n), now, &mut next_id, &mut self.actions);
            }
            What::Topics(image) => {
                self.image = image.clone();
                self.coordinator.topics_changed(image.clone(), now, &mut self.actions);
            }
            What::Unload => self.coordinator.unload(now, &mut self.actions),
            What::Load => self.coordinator.load(),
            What::Loaded => {
                let records = self.log.iter().map(|(at, record)| (*at, record));
                let high_watermark = Offset(self.high_watermark);
                self.coordinator.loaded(records, self.end, high_watermark, now, &mut self.actions);
            }
            What::Stall => {
                self.stalled = true;
                self.commits.clear();
                self.coordinator.set_commits_on_append(false);
            }
            What::Resume => {
                self.stalled = false;
                self.coordinator.set_commits_on_append(self.append_delay_ms == 0);
                self.commit(self.end.0);
            }
        }
        self.act();
    }

    /// Carries out what the coordinator wants.
    fn act(&mut self) {
        for action in std::mem::take(&mut self.actions) {
            match action {
                Action::Respond { token: RequestToken(n), response } => {
                    let asked = self.offsets_asked.get(&n);
                    self.played.answers.push(render::answer(self.now, n, asked, &response, (self.topics, &self.image)));
                }
                Action::Append { records, end: Offset(end) } => {
                    assert_eq!(records[0].0, self.end, "appends follow one another");
                    self.log.extend(records);
                    self.end = Offset(end);
                    if self.stalled {
                        continue;
                    }
                    if self.append_delay_ms == 0 {
                        self.high_watermark = end;
                    } else {
                        self.commits.push_back((self.now + self.append_delay_ms, end));
                    }
                }
                Action::ResolveRegexes { group, job } => {
                    self.lookups.push_back((self.now + self.regex_delay_ms, group, job));
                }
                Action::Abandon { .. } | Action::Observe { .. } => {}
            }
        }
        self.coordinator.check();
    }

    /// Notes what has changed in the watched groups since the last millisecond.
    fn note_states(&mut self) {
        for (group, before) in WATCHED.iter().zip(&mut self.seen) {
            let id = GroupId::new(group);
            let found = self.coordinator.classic_group(&id).map(|view| Seen::Classic(Box::new(view)));
            let found =
                found.or_else(|| self.coordinator.consumer_group(&id).map(|view| Seen::Consumer(Box::new(view))));
            let after = match found {
                _ if self.coordinator.status() != Status::Active && *before != Seen::None => Seen::Unloaded,
                Some(seen) => seen,
                None => Seen::None,
            };
            if after != *before {
                self.played.states.extend(change(self.now, group, before, &after, self.topics));
                *before = after;
            }
        }
    }

    fn done(mut self, case: &Case) -> Played {
        let answered: Vec<u64> = self.played.answers.iter().filter_map(|answer| answer["n"].as_u64()).collect();
        let asked = case.steps.iter().filter_map(|step| match step.what {
            What::Request(n, _) => Some(n),
            _ => None,
        });
        self.played.unanswered = asked.filter(|n| !answered.contains(n)).collect();
        self.played
    }
}

/// The fields that changed; all of them if there was no group before, or one of the other protocol. Nothing if all that
/// changed is what the recording does not have.
fn change(now: u64, group: &str, before: &Seen, after: &Seen, labels: &Labels) -> Option<Value> {
    let mut fields = Map::new();
    fields.insert("t".into(), json!(now));
    if group != "g" {
        fields.insert("group".into(), json!(group));
    }
    let new = after.fields(labels);
    let changed = match (before, after) {
        (Seen::Classic(_), Seen::Classic(_)) => {
            let old = before.fields(labels);
            new.into_iter().filter(|(name, value)| old.get(name) != Some(value)).collect()
        }
        (Seen::Consumer(_), Seen::Consumer(_)) => consumer::changed(&before.fields(labels), new),
        _ => new,
    };
    if changed.is_empty() {
        return None;
    }
    fields.extend(changed);
    Some(Value::Object(fields))
}
