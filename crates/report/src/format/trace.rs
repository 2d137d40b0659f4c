//! A story as Chrome trace JSON, which Perfetto and `chrome://tracing` open.
//!
//! | process | threads | slices |
//! |---|---|---|
//! | 1, the coordinator | rebalances; generations | each rebalance; each generation |
//! | 2, members | a member each | what it does; nothing while it is down |
//! | 3, partitions | a partition each | who reads it; `unread` while nobody does |
//!
//! Two counters: members that have what they are to have, and partitions that nobody reads. Arrows lead from what a
//! member does to the rebalance that it causes, and from a rebalance to the partitions that stop because of it.
//! Contract: times in microseconds, sorted; slices of one thread never overlap; both ends of an arrow lie in slices.

use protocol::SimTime;
use serde_json::{Value as Json, json};
use timeline::story::{Phase, Rebalance, Story};

use crate::story::maybe_member;
use crate::text;

const COORDINATOR: u32 = 1;
const MEMBERS: u32 = 2;
const PARTITIONS: u32 = 3;
const REBALANCES: usize = 1;
const GENERATIONS: usize = 2;
/// Names are cut to so many characters.
const MOST_NAME: usize = 80;

/// Events so far; those with a time are sorted at the end.
struct Trace {
    names: Vec<Json>,
    events: Vec<(SimTime, Json)>,
    arrows: u64,
}

/// The story as JSON; ends with a line break.
pub fn trace_json(title: &str, story: &Story) -> String {
    let mut trace = Trace { names: Vec::new(), events: Vec::new(), arrows: 0 };
    for (process, name) in [(COORDINATOR, "coordinator"), (MEMBERS, "members"), (PARTITIONS, "partitions")] {
        trace.names.push(json!({
            "name": "process_name", "ph": "M", "pid": process, "tid": 0, "ts": 0, "args": { "name": name },
        }));
    }
    coordinator(&mut trace, story);
    members(&mut trace, story);
    partitions(&mut trace, story);
    counters(&mut trace, story);
    trace.events.sort_by_key(|(at, _)| *at);
    let events: Vec<Json> = trace.names.into_iter().chain(trace.events.into_iter().map(|(_, event)| event)).collect();
    let document = json!({
        "displayTimeUnit": "ms",
        "otherData": { "title": text::line(title, MOST_NAME) },
        "traceEvents": events,
    });
    format!("{document}\n")
}

fn micros(at: SimTime) -> f64 {
    at.as_nanos() as f64 / 1_000.0
}

impl Trace {
    fn thread(&mut self, process: u32, thread: usize, name: &str) {
        let name = text::name(name, MOST_NAME);
        self.names.push(json!({
            "name": "thread_name", "ph": "M", "pid": process, "tid": thread, "ts": 0, "args": { "name": name },
        }));
    }

    fn slice(&mut self, at: (u32, usize), name: &str, (from, to): (SimTime, SimTime), args: &Json) {
        let event = json!({
            "name": name, "ph": "X", "pid": at.0, "tid": at.1, "ts": micros(from),
            "dur": micros(to) - micros(from), "args": args,
        });
        self.events.push((from, event));
    }

    /// An arrow from one slice to another, at a moment of each; it never points back.
    fn arrow(&mut self, name: &str, from: (u32, usize, SimTime), to: (u32, usize, SimTime)) {
        self.arrows += 1;
        let end = |phase: &str, (process, thread, at): (u32, usize, SimTime)| {
            json!({
                "name": name, "cat": "cause", "ph": phase, "bp": "e", "id": self.arrows,
                "pid": process, "tid": thread, "ts": micros(at),
            })
        };
        let (start, finish) = (end("s", from), end("f", to));
        self.events.push((from.2, start));
        self.events.push((to.2.max(from.2), finish));
    }

    fn counter(&mut self, name: &str, at: SimTime, value: u64) {
        let event = json!({
            "name": name, "ph": "C", "pid": COORDINATOR, "tid": 0, "ts": micros(at), "args": { "count": value },
        });
        self.events.push((at, event));
    }
}

fn coordinator(trace: &mut Trace, story: &Story) {
    trace.thread(COORDINATOR, REBALANCES, "rebalances");
    trace.thread(COORDINATOR, GENERATIONS, "generations");
    let decided: Vec<&Rebalance> = story.rebalances.iter().filter(|one| one.generation.is_some()).collect();
    for one in &story.rebalances {
        if one.length().is_zero() {
            continue;
        }
        let args = json!({
            "cause": one.cause.words(),
            "trigger": text::line(&one.trigger, MOST_NAME),
            "culprit": maybe_member(story, one.culprit),
            "waited for": maybe_member(story, one.waited_for),
            "last": maybe_member(story, one.last),
            "records delayed": one.records_delayed,
        });
        let name = format!("#{} {}", one.number, one.cause.words());
        trace.slice((COORDINATOR, REBALANCES), &name, (one.began, one.ended), &args);
        if let Some(culprit) = one.culprit
            && phase_at(story, culprit.0 as usize, one.began).is_some_and(|phase| phase != Phase::Down)
        {
            let from = (MEMBERS, culprit.0 as usize + 1, one.began);
            trace.arrow("causes", from, (COORDINATOR, REBALANCES, one.began));
        }
    }
    for (place, one) in decided.iter().enumerate() {
        let until = decided.get(place + 1).map_or(story.end, |next| next.decided);
        if let (Some(generation), true) = (one.generation, until > one.decided) {
            let args = json!({ "members": one.members });
            let name = format!("generation {generation}");
            trace.slice((COORDINATOR, GENERATIONS), &name, (one.decided, until), &args);
        }
    }
}

fn phase_at(story: &Story, member: usize, at: SimTime) -> Option<Phase> {
    let spans = &story.members.get(member)?.spans;
    spans.get(spans.partition_point(|span| span.to <= at)).map(|span| span.phase)
}

fn members(trace: &mut Trace, story: &Story) {
    for (place, member) in story.members.iter().enumerate() {
        trace.thread(MEMBERS, place + 1, &member.name);
        for span in member.spans.iter().filter(|span| span.phase != Phase::Down) {
            trace.slice((MEMBERS, place + 1), span.phase.name(), (span.from, span.to), &json!({}));
        }
    }
}

fn partitions(trace: &mut Trace, story: &Story) {
    for (place, partition) in story.partitions.iter().enumerate() {
        let thread = (PARTITIONS, place + 1);
        trace.thread(thread.0, thread.1, &partition.partition.to_string());
        for span in &partition.spans {
            let owner = maybe_member(story, Some(span.member));
            trace.slice(thread, &owner, (span.from, span.to), &json!({}));
        }
        for (from, to) in partition.gaps(story.end) {
            trace.slice(thread, "unread", (from, to), &json!({}));
            let Some(blamed) = blamed(story, from, to) else { continue };
            let stops = from.max(blamed.began);
            trace.arrow("stops", (COORDINATOR, REBALANCES, blamed.began), (thread.0, thread.1, stops));
        }
    }
}

/// The rebalance that a gap ended in, if it was not over before the gap began.
fn blamed(story: &Story, from: SimTime, to: SimTime) -> Option<&Rebalance> {
    let next = story.rebalances.partition_point(|one| one.began < to);
    story.rebalances[..next].last().filter(|one| from < one.ended && !one.length().is_zero())
}

/// How many members are settled, and how many partitions are unread.
fn counters(trace: &mut Trace, story: &Story) {
    let settled = story.members.iter().flat_map(|member| &member.spans).filter(|span| span.phase.is_settled());
    count(trace, "settled members", &settled.map(|span| (span.from, span.to)).collect::<Vec<_>>());
    let unread = story.partitions.iter().flat_map(|partition| partition.gaps(story.end));
    count(trace, "unread partitions", &unread.collect::<Vec<_>>());
}

fn count(trace: &mut Trace, name: &str, times: &[(SimTime, SimTime)]) {
    let ups = times.iter().map(|(from, _)| (*from, 1_i64));
    let downs = times.iter().map(|(_, to)| (*to, -1_i64));
    let mut changes: Vec<(SimTime, i64)> = ups.chain(downs).collect();
    changes.sort_unstable();
    let mut now = 0_i64;
    for (place, (at, change)) in changes.iter().enumerate() {
        now += change;
        if changes.get(place + 1).is_none_or(|(next, _)| next > at) {
            trace.counter(name, *at, now.unsigned_abs());
        }
    }
}
