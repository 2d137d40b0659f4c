//! Plays a sequence on a virtual clock, as it was recorded.
//!
//! Within one millisecond: commits in the order of their appends, then steps in the order of the file, then timers. An
//! append commits `append_delay_ms` later; without a delay, inside the append.

use std::collections::{BTreeMap, VecDeque};

use coordinator::{Action, Actions, BrokerVersion, ClassicGroupView, Coordinator, Record, Status};
use protocol::{GroupId, MemberId, Offset, RequestToken, SimTime};
use serde_json::{Map, Value, json};

use super::case::{Case, Step, What};
use super::render;

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
        let candidates =
            [player.next_commit(), steps.peek().map(|step| step.t), player.coordinator.next_deadline().map(ceil)];
        let Some(t) = candidates.into_iter().flatten().min().filter(|t| *t <= case.end) else { break };
        player.now = t;
        player.commit_due();
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
    Group(Box<ClassicGroupView>),
}

struct Player {
    coordinator: Coordinator,
    now: u64,
    actions: Actions,
    played: Played,
    /// Ids that Kafka made and we have not.
    ids: VecDeque<MemberId>,
    /// Names of requests by number, to render answers.
    offsets_asked: BTreeMap<u64, What>,
    log: Vec<Record>,
    append_delay_ms: u64,
    stalled: bool,
    /// When the log will be committed up to where.
    commits: VecDeque<(u64, i64)>,
    high_watermark: i64,
    seen: Vec<Seen>,
}

impl Player {
    fn new(case: &Case) -> Self {
        let mut actions = Actions::new();
        let mut coordinator = Coordinator::started(case.config, BrokerVersion::default(), SimTime::ZERO, &mut actions);
        coordinator.set_commits_on_append(case.append_delay_ms == 0);
        Self {
            coordinator,
            now: 0,
            actions,
            played: Played::default(),
            ids: case.member_ids.iter().cloned().collect(),
            offsets_asked: BTreeMap::new(),
            log: Vec::new(),
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
                    if id.as_str().rsplitn(6, '-').nth(5) != Some(prefix) {
                        surprises.push(format!("request {n}: Kafka made {id} next, not one for {prefix}"));
                    }
                    id
                };
                self.coordinator.handle(request.clone(), RequestToken(*n), now, &mut next_id, &mut self.actions);
            }
            What::Unload => self.coordinator.unload(now, &mut self.actions),
            What::Load => self.coordinator.load(),
            What::Loaded => {
                let records = self.log.iter().enumerate().map(|(at, record)| (Offset(at as i64), record));
                let end = Offset(self.log.len() as i64);
                let high_watermark = Offset(self.high_watermark);
                self.coordinator.loaded(records, end, high_watermark, now, &mut self.actions);
            }
            What::Stall => {
                self.stalled = true;
                self.commits.clear();
                self.coordinator.set_commits_on_append(false);
            }
            What::Resume => {
                self.stalled = false;
                self.coordinator.set_commits_on_append(self.append_delay_ms == 0);
                self.commit(self.log.len() as i64);
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
                    self.played.answers.push(render::answer(self.now, n, asked, &response));
                }
                Action::Append { first, records } => {
                    assert_eq!(first, Offset(self.log.len() as i64), "appends follow one another");
                    self.log.extend(records);
                    let end = self.log.len() as i64;
                    if self.stalled {
                        continue;
                    }
                    if self.append_delay_ms == 0 {
                        self.high_watermark = end;
                    } else {
                        self.commits.push_back((self.now + self.append_delay_ms, end));
                    }
                }
                Action::Abandon { .. } | Action::Observe { .. } => {}
            }
        }
        self.coordinator.check();
    }

    /// Notes what has changed in the watched groups since the last millisecond.
    fn note_states(&mut self) {
        for (group, before) in WATCHED.iter().zip(&mut self.seen) {
            let after = match self.coordinator.classic_group(&GroupId::new(group)) {
                _ if self.coordinator.status() != Status::Active && *before != Seen::None => Seen::Unloaded,
                Some(view) => Seen::Group(Box::new(view)),
                None => Seen::None,
            };
            if after != *before {
                self.played.states.push(change(self.now, group, before, &after));
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

/// The fields that changed; all of them if there was no group before.
fn change(now: u64, group: &str, before: &Seen, after: &Seen) -> Value {
    let mut fields = Map::new();
    fields.insert("t".into(), json!(now));
    if group != "g" {
        fields.insert("group".into(), json!(group));
    }
    match (before, after) {
        (_, Seen::None) => fields.extend([("state".to_owned(), json!("none"))]),
        (_, Seen::Unloaded) => fields.extend([("state".to_owned(), json!("unloaded"))]),
        (Seen::Group(before), Seen::Group(after)) => {
            let old = render::view(before);
            fields.extend(render::view(after).into_iter().filter(|(name, value)| old.get(name) != Some(value)));
        }
        (_, Seen::Group(after)) => fields.extend(render::view(after)),
    }
    Value::Object(fields)
}
