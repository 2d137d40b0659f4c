//! `events:`, read: what happens, to whom, when; names not yet looked up.

use engine::{Stream, Streams};
use member::GroupMembershipOperation;
use protocol::{SimDuration, SimTime};
use simulation::plan::{Pace, Rate, Stop};

use super::maps;
use super::outage;
use super::redeploy::{Redeploy, Way};
use super::selector::{self, Selector};
use crate::diagnostic::shortened;
use crate::fields::{Fields, count, rate};
use crate::language::{EVENT, MAX_MEMBERS, MAX_PARTITIONS};
use crate::merge::without;
use crate::source::Position;
use crate::tree::{Entry, Node, Value};

/// An entry of `events:`.
pub(super) struct Happening {
    /// When, the first time.
    pub(super) at: SimTime,
    /// Time from one time to the next.
    pub(super) every: SimDuration,
    /// How often in all.
    pub(super) times: u64,
    /// Where the key that says what happens stands.
    pub(super) position: Position,
    /// What happens.
    pub(super) what: What,
}

/// What happens.
pub(super) enum What {
    Start {
        who: Vec<Selector>,
    },
    Stop {
        who: Vec<Selector>,
        stop: Stop,
    },
    Hang {
        who: Vec<Selector>,
        length: SimDuration,
    },
    Restart {
        who: Vec<Selector>,
        stop: Stop,
        down: SimDuration,
        change: Option<Change>,
    },
    Rolling {
        who: Vec<Selector>,
        at_once: usize,
        descending: bool,
        stop: Stop,
        down: SimDuration,
        pace: Pace,
        change: Option<Change>,
    },
    Scale {
        kind: Option<(String, Position)>,
        to: usize,
        every: SimDuration,
        grace: SimDuration,
    },
    Redeploy(Redeploy),
    ZooKeeperOutage {
        length: SimDuration,
    },
    ZooKeeperPause {
        length: SimDuration,
    },
    ZooKeeperCut {
        who: Vec<Selector>,
        length: SimDuration,
        is_reset: bool,
    },
    CrashLoop {
        who: Vec<Selector>,
        times: u64,
        alive: SimDuration,
        down: SimDuration,
        down_max: SimDuration,
    },
    Change {
        who: Vec<Selector>,
        change: Change,
    },
    AddPartitions {
        topics: Vec<(String, Position, i32)>,
    },
    MoveCoordinator {
        load: SimDuration,
    },
    /// It goes, and comes back after a while, if anything is said of that.
    StopBroker {
        broker: u16,
        is_clean: bool,
        down: Option<SimDuration>,
    },
    StartBroker {
        broker: u16,
    },
    AddTopic {
        topics: Vec<(String, Position, i32)>,
    },
    Rate {
        producers: Vec<(String, Position, RateChange)>,
    },
    Describe,
}

/// What becomes of a producer's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RateChange {
    /// This one, whatever it would have been.
    To(Rate),
    /// What it would have been.
    Back,
}

/// What is different from the next start on.
pub(super) struct Change {
    /// What is laid over what a member had.
    pub(super) over: Node,
    /// Where it is, as a path of keys.
    pub(super) path: String,
}

/// Reads them all.
pub(super) fn read(fields: &Fields<'_>, seed: u64) -> Vec<Happening> {
    let Some(entry) = fields.entry("events") else { return Vec::new() };
    let mut happenings = Vec::new();
    for (index, node) in maps(&entry.value).iter().enumerate() {
        if let Some(event) = Fields::open(&EVENT, node, format!("events[{index}]"), fields.context) {
            let mut rng = Streams::new(seed).indexed("time of an event", index as u64);
            happenings.extend(happening(&event, &mut rng));
        }
    }
    happenings
}

fn happening(event: &Fields<'_>, rng: &mut Stream) -> Option<Happening> {
    let at = event.drawn("at").map(|drawn| SimDuration::from_nanos(drawn.sample(rng)));
    let (every, times) = match event.object("repeat") {
        Some(repeat) => (repeat.duration("every"), repeat.count("times")),
        None => (Some(SimDuration::ZERO), Some(1)),
    };
    let entry = event.node.entries().iter().find(|entry| EVENT.one_of.contains(&entry.key.as_str()))?;
    let what = what(event, entry)?;
    Some(Happening { at: SimTime::ZERO + at?, every: every?, times: times?, position: entry.at, what })
}

fn what(event: &Fields<'_>, entry: &Entry) -> Option<What> {
    if entry.value.is_null() && !["describe", "move-coordinator"].contains(&&*entry.key) {
        let example = EVENT.key(&entry.key).map_or("", |key| key.doc);
        event.report().error(entry.at, format!("`{}` says nothing about whom or what", entry.key)).help(example).file();
        return None;
    }
    let is_map = matches!(entry.value.value, Value::Map(_));
    match entry.key.as_str() {
        "start" => Some(What::Start { who: who(&entry.key, entry, event)? }),
        "kill" => Some(What::Stop { who: who(&entry.key, entry, event)?, stop: Stop::Kill }),
        "stop" if is_map => {
            let stop = event.object("stop")?;
            let (who, grace, membership) = (members(&stop), stop.duration("grace"), membership(&stop));
            Some(What::Stop { who: who?, stop: Stop::Close { grace: grace?, membership: membership? } })
        }
        "stop" => {
            let stop = Stop::Close { grace: default_grace(), membership: GroupMembershipOperation::Default };
            Some(What::Stop { who: who(&entry.key, entry, event)?, stop })
        }
        "hang" => {
            let hang = event.object("hang")?;
            let (who, length) = (members(&hang), hang.duration("for"));
            Some(What::Hang { who: who?, length: length? })
        }
        "restart" => {
            let restart = event.object("restart")?;
            let (who, stop, down) = (members(&restart), stop(&restart), restart.duration("down"));
            let change = restart.object("change").map(|change| changed(&change));
            Some(What::Restart { who: who?, stop: stop?, down: down?, change })
        }
        "rolling-restart" => rolling(&event.object("rolling-restart")?, entry.at),
        "redeploy" => redeploy(&event.object("redeploy")?, entry.at),
        "zookeeper-outage" => Some(What::ZooKeeperOutage { length: event.duration("zookeeper-outage")? }),
        "zookeeper-pause" => Some(What::ZooKeeperPause { length: event.duration("zookeeper-pause")? }),
        "zookeeper-cut" => {
            let cut = event.object("zookeeper-cut")?;
            let (who, length, how) = (members(&cut), cut.duration("for"), cut.word("how"));
            Some(What::ZooKeeperCut { who: who?, length: length?, is_reset: how?.value == "reset" })
        }
        "scale" => scale(event, entry, is_map),
        "crash-loop" => {
            let crash = event.object("crash-loop")?;
            let who = members(&crash);
            let (times, alive) = (crash.count("times"), crash.duration("alive"));
            let (down, down_max) = (crash.duration("down"), crash.duration("down-max"));
            Some(What::CrashLoop { who: who?, times: times?, alive: alive?, down: down?, down_max: down_max? })
        }
        "move-coordinator" => {
            let load = event.object_or_default("move-coordinator")?.duration("load")?;
            Some(What::MoveCoordinator { load })
        }
        "kill-broker" | "stop-broker" | "start-broker" | "restart-broker" => outage::read(event, entry),
        "change" => {
            let change = event.object("change")?;
            Some(What::Change { who: members(&change)?, change: changed(&change) })
        }
        "add-partitions" => Some(What::AddPartitions { topics: counted("add-partitions", entry, event)? }),
        "add-topic" => Some(What::AddTopic { topics: counted("add-topic", entry, event)? }),
        "rate" => rates(entry, event),
        "describe" => {
            if !entry.value.is_null() {
                event.report().error(entry.value.at, "`describe` says it all").label("nothing belongs here").file();
            }
            event.explain("describe", "", Some(entry.at));
            Some(What::Describe)
        }
        // Parts of the language that are not simulated yet have been reported.
        _ => None,
    }
}

/// Who is named by the value of a key.
fn who(what: &str, entry: &Entry, fields: &Fields<'_>) -> Option<Vec<Selector>> {
    // `kill: {members: x}` is said often enough.
    let named = entry
        .value
        .get("members")
        .filter(|_| entry.value.entries().len() == 1)
        .map_or(&entry.value, |inner| &inner.value);
    let selectors = selector::read(&format!("`{what}`"), named, fields.report());
    fields.explain(what, names(&selectors), Some(named.at));
    (!selectors.is_empty()).then_some(selectors)
}

/// `members:` of an event.
fn members(fields: &Fields<'_>) -> Option<Vec<Selector>> {
    let entry = fields.entry("members")?;
    let selectors = selector::read("`members`", &entry.value, fields.report());
    fields.explain("members", names(&selectors), Some(entry.value.at));
    (!selectors.is_empty()).then_some(selectors)
}

/// Who is named, as it is written.
fn names(selectors: &[Selector]) -> String {
    selectors.iter().map(Selector::written).collect::<Vec<_>>().join(", ")
}

/// What members get instead of what they had; read when it is known what that was.
fn changed(fields: &Fields<'_>) -> Change {
    let over = without(fields.node, &["members"]);
    if over.entries().is_empty() {
        let error = fields.report().error(fields.node.at, "this `change` changes nothing");
        error.label("a config is missing").help("for example `session.timeout.ms: 60000`").file();
    }
    Change { over, path: fields.path.clone() }
}

/// `stop:` and `grace:` of a restart.
fn stop(fields: &Fields<'_>) -> Option<Stop> {
    let kind = fields.word("stop")?;
    if kind.value == "kill" {
        if let Some(entry) = fields.node.get("grace") {
            let warning = fields.report().warning(entry.at, "a process that is killed has no grace");
            warning.label("changes nothing beside `stop: kill`").file();
        }
        return Some(Stop::Kill);
    }
    let (grace, membership) = (fields.duration("grace")?, membership(fields)?);
    Some(if kind.value == "sigterm" { Stop::Signal { grace } } else { Stop::Close { grace, membership } })
}

/// What becomes of the membership of who is closed.
fn membership(fields: &Fields<'_>) -> Option<GroupMembershipOperation> {
    Some(match fields.word("group-membership")?.value {
        "leave-group" => GroupMembershipOperation::LeaveGroup,
        "remain-in-group" => GroupMembershipOperation::RemainInGroup,
        _ => GroupMembershipOperation::Default,
    })
}

/// The grace of a stop that says nothing about it.
fn default_grace() -> SimDuration {
    let key = crate::language::STOP.key("grace").expect("`stop` has a grace");
    match key.default {
        crate::schema::Default::Value(text) => {
            crate::unit::duration(text).expect("the table's defaults are well-formed")
        }
        _ => unreachable!("`grace` has a default"),
    }
}

fn rolling(rolling: &Fields<'_>, at: Position) -> Option<What> {
    let who = if rolling.has("members") {
        members(rolling)
    } else {
        rolling.explain("members", "all", None);
        Some(selector::everybody(at))
    };
    let at_once = rolling.count("at-once").and_then(|number| usize::try_from(number).ok());
    let order = rolling.word("order");
    let (stop, down) = (stop(rolling), rolling.duration("down"));
    let every = rolling.duration("every").map(Pace::Every);
    let pace = every.or_else(|| rolling.duration("when-ready").map(|then| Pace::WhenReady { then }));
    let change = rolling.object("change").map(|change| changed(&change));
    let descending = order?.value == "descending";
    Some(What::Rolling { who: who?, at_once: at_once?, descending, stop: stop?, down: down?, pace: pace?, change })
}

fn redeploy(redeploy: &Fields<'_>, at: Position) -> Option<What> {
    let way = Way::by_name(redeploy.word("by")?.value);
    let who = if redeploy.has("members") {
        members(redeploy)
    } else {
        redeploy.explain("members", "all", None);
        Some(selector::everybody(at))
    };
    let or = |key: &str, default: SimDuration| {
        redeploy.duration(key).or_else(|| {
            (!redeploy.has(key)).then(|| {
                redeploy.explain(key, default.to_string(), None);
                default
            })
        })
    };
    let (grace, start_after) = (or("grace", way.grace()), or("start-after", way.start_after()));
    let number = |key: &str| redeploy.count(key).and_then(|number| usize::try_from(number).ok());
    let (max_surge, max_unavailable) = (number("max-surge"), number("max-unavailable"));
    let ready_after = redeploy.duration("ready-after");
    for (key, ways) in [
        ("max-surge", &[Way::Deployment][..]),
        ("max-unavailable", &[Way::Deployment]),
        ("ready-after", &[Way::Deployment, Way::StatefulSet]),
    ] {
        if let Some(entry) = redeploy.node.get(key).filter(|_| !ways.contains(&way)) {
            let warning = redeploy.report().warning(entry.at, format!("`{key}` changes nothing here"));
            warning.label("Kubernetes' alone").file();
        }
    }
    let change = redeploy.object("change").map(|change| changed(&change));
    let (who, grace, start_after) = (who?, grace?, start_after?);
    let read = Redeploy { way, who, grace, start_after, max_surge, max_unavailable, ready_after, change };
    Some(What::Redeploy(read))
}

fn scale(event: &Fields<'_>, entry: &Entry, is_map: bool) -> Option<What> {
    if !is_map {
        let to = count("`scale`", (0, MAX_MEMBERS), &entry.value, event.report())?;
        event.explain("scale", to.to_string(), Some(entry.value.at));
        let to = usize::try_from(to).expect("MAX_MEMBERS fits");
        return Some(What::Scale { kind: None, to, every: SimDuration::ZERO, grace: default_grace() });
    }
    let scale = event.object("scale")?;
    let to = scale.count("to").and_then(|number| usize::try_from(number).ok());
    let kind = scale.text("members").and_then(|text| Some((text.value, text.at?)));
    let (every, grace) = (scale.duration("every"), scale.duration("grace"));
    Some(What::Scale { kind, to: to?, every: every?, grace: grace? })
}

/// Topics, each with a number of partitions.
fn counted(key: &str, entry: &Entry, event: &Fields<'_>) -> Option<Vec<(String, Position, i32)>> {
    let report = event.report();
    let Value::Map(entries) = &entry.value.value else {
        let error =
            report.error(entry.value.at, format!("`{key}` is a map of topics, and this is {}", entry.value.kind()));
        error
            .label("expected `{orders: 24}`")
            .help("the number is how many partitions the topic has afterwards")
            .file();
        return None;
    };
    let mut topics = Vec::new();
    for topic in entries {
        let what = format!("the number of partitions of `{}`", shortened(&topic.key));
        if let Some(number) = count(&what, (1, MAX_PARTITIONS), &topic.value, report) {
            event.explain(key, format!("{}: {number}", topic.key), Some(topic.at));
            topics.push((topic.key.clone(), topic.at, i32::try_from(number).expect("MAX_PARTITIONS fits")));
        }
    }
    Some(topics)
}

fn rates(entry: &Entry, event: &Fields<'_>) -> Option<What> {
    let report = event.report();
    let Value::Map(entries) = &entry.value.value else {
        let error =
            report.error(entry.value.at, format!("`rate` is a map of producers, and this is {}", entry.value.kind()));
        error.label("expected `{producer: 500/s}`").file();
        return None;
    };
    let mut producers = Vec::new();
    for producer in entries {
        let change = match producer.value.text().map(str::trim) {
            Some("stop") => Some(RateChange::To(Rate::ZERO)),
            Some("start") => Some(RateChange::Back),
            _ => {
                let what = format!("the rate of `{}`", shortened(&producer.key));
                rate(&what, &producer.value, report).map(|micros| RateChange::To(Rate::from_micros(micros)))
            }
        };
        if let Some(change) = change {
            let value = format!("{}: {}", producer.key, producer.value.text().unwrap_or_default());
            event.explain("rate", value, Some(producer.at));
            producers.push((producer.key.clone(), producer.at, change));
        }
    }
    Some(What::Rate { producers })
}
