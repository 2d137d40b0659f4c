//! `events:`, read: what happens, to whom, when; names not yet looked up.

use engine::{Distribution, Stream, Streams};
use member::GroupMembershipOperation;
use protocol::{SimDuration, SimTime};
use simulation::plan::{Pace, PlannedAction, Rate, Stop};
use timeline::MemberIndex;

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
    /// Whether all of it could be read. If not, something else stands in for what could not, and only the names in it
    /// mean anything.
    pub(super) is_whole: bool,
}

/// All entries of `events:`.
#[derive(Default)]
pub(super) struct Happenings {
    /// Those of which anything could be read.
    pub(super) list: Vec<Happening>,
    /// From when on there are more, of which nothing could be read but perhaps their time.
    pub(super) lost_from: Option<SimTime>,
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
    /// Something is wrong with members for a while.
    Fault {
        who: Vec<Selector>,
        length: SimDuration,
        fault: Fault,
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

/// What is wrong.
pub(super) enum Fault {
    Hang,
    ZooKeeperCut {
        is_reset: bool,
    },
    /// Cut, or slow if there is a delay.
    Network {
        delay: Option<Distribution>,
    },
}

impl Fault {
    /// The same as it happens to one of them.
    pub(super) fn of(&self, member: MemberIndex, length: SimDuration) -> PlannedAction {
        match self {
            Self::Hang => PlannedAction::Hang { member, length },
            Self::ZooKeeperCut { is_reset: true } => PlannedAction::ZooKeeperReset { member, length },
            Self::ZooKeeperCut { is_reset: false } => PlannedAction::ZooKeeperCut { member, length },
            Self::Network { delay: None } => PlannedAction::NetworkCut { member, length },
            Self::Network { delay: Some(delay) } => PlannedAction::NetworkSlow { member, length, delay: delay.clone() },
        }
    }
}

impl What {
    /// Whether only the run knows when it is over.
    pub(super) fn is_endless(&self) -> bool {
        match self {
            Self::Rolling { pace, .. } => !matches!(pace, Pace::Every(_)),
            Self::Redeploy(redeploy) => matches!(redeploy.way, Way::Deployment | Way::StatefulSet),
            _ => false,
        }
    }
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
pub(super) fn read(fields: &Fields<'_>, seed: u64) -> Happenings {
    let mut happenings = Happenings::default();
    let Some(entry) = fields.entry("events") else { return happenings };
    for (index, node) in maps(&entry.value).iter().enumerate() {
        let errors = fields.report().filed();
        let event = Fields::open(&EVENT, node, format!("events[{index}]"), fields.context);
        let mut rng = Streams::new(seed).indexed("time of an event", index as u64);
        match event.map_or(Err(SimTime::ZERO), |event| happening(&event, &mut rng)) {
            Ok(read) => {
                let is_whole = fields.report().filed() == errors;
                happenings.list.push(Happening { is_whole, ..read });
            }
            Err(at) => happenings.lost_from = Some(happenings.lost_from.map_or(at, |from| from.min(at))),
        }
    }
    happenings
}

/// An event, or nothing but its time.
fn happening(event: &Fields<'_>, rng: &mut Stream) -> Result<Happening, SimTime> {
    let at = event.drawn("at").map(|drawn| SimDuration::from_nanos(drawn.sample(rng)));
    let at = SimTime::ZERO + at.unwrap_or_default();
    let (every, times) = match event.object("repeat") {
        Some(repeat) => (repeat.duration("every"), repeat.count("times")),
        None => (Some(SimDuration::ZERO), Some(1)),
    };
    let entry = event.node.entries().iter().find(|entry| EVENT.one_of.contains(&entry.key.as_str())).ok_or(at)?;
    let what = what(event, entry).ok_or(at)?;
    Ok(Happening {
        at,
        every: every.unwrap_or_default(),
        times: times.unwrap_or(1),
        position: entry.at,
        what,
        is_whole: true,
    })
}

fn what(event: &Fields<'_>, entry: &Entry) -> Option<What> {
    if entry.value.is_null() && !["describe", "move-coordinator"].contains(&&*entry.key) {
        let example = EVENT.key(&entry.key).map_or("", |key| key.doc);
        event.report().error(entry.at, format!("`{}` says nothing about whom or what", entry.key)).help(example).file();
        return None;
    }
    let is_map = matches!(entry.value.value, Value::Map(_));
    let length = |fields: &Fields<'_>, key: &str| fields.duration(key).unwrap_or_default();
    match entry.key.as_str() {
        "start" => Some(What::Start { who: who(&entry.key, entry, event) }),
        "kill" => Some(What::Stop { who: who(&entry.key, entry, event), stop: Stop::Kill }),
        "stop" if is_map => {
            let stop = event.object("stop")?;
            let (who, grace, membership) = (members(&stop), length(&stop, "grace"), membership(&stop));
            Some(What::Stop { who, stop: Stop::Close { grace, membership } })
        }
        "stop" => {
            let stop = Stop::Close { grace: default_grace(), membership: GroupMembershipOperation::Default };
            Some(What::Stop { who: who(&entry.key, entry, event), stop })
        }
        "hang" => {
            let hang = event.object("hang")?;
            Some(What::Fault { who: members(&hang), length: length(&hang, "for"), fault: Fault::Hang })
        }
        "restart" => {
            let restart = event.object("restart")?;
            let (who, stop, down) = (members(&restart), stop(&restart), length(&restart, "down"));
            let change = restart.object("change").map(|change| changed(&change));
            Some(What::Restart { who, stop, down, change })
        }
        "rolling-restart" => Some(rolling(&event.object("rolling-restart")?, entry.at)),
        "redeploy" => Some(redeploy(&event.object("redeploy")?, entry.at)),
        "zookeeper-outage" => Some(What::ZooKeeperOutage { length: length(event, "zookeeper-outage") }),
        "zookeeper-pause" => Some(What::ZooKeeperPause { length: length(event, "zookeeper-pause") }),
        "zookeeper-cut" => zookeeper_cut(event),
        "network" => network(event),
        "scale" => Some(scale(event, entry, is_map)),
        "crash-loop" => {
            let crash = event.object("crash-loop")?;
            let (who, times) = (members(&crash), crash.count("times").unwrap_or(1));
            let [alive, down, down_max] = ["alive", "down", "down-max"].map(|key| length(&crash, key));
            Some(What::CrashLoop { who, times, alive, down, down_max })
        }
        "move-coordinator" => {
            let load = length(&event.object_or_default("move-coordinator")?, "load");
            Some(What::MoveCoordinator { load })
        }
        "kill-broker" | "stop-broker" | "start-broker" | "restart-broker" => outage::read(event, entry),
        "change" => {
            let change = event.object("change")?;
            Some(What::Change { who: members(&change), change: changed(&change) })
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

fn zookeeper_cut(event: &Fields<'_>) -> Option<What> {
    let cut = event.object("zookeeper-cut")?;
    let (who, length, how) = (members(&cut), cut.duration("for").unwrap_or_default(), cut.word("how"));
    let fault = Fault::ZooKeeperCut { is_reset: how.is_some_and(|how| how.value == "reset") };
    Some(What::Fault { who, length, fault })
}

fn network(event: &Fields<'_>) -> Option<What> {
    let network = event.object("network")?;
    let (who, length) = (members(&network), network.duration("for").unwrap_or_default());
    // What cannot be read has been reported.
    let delay = network.has("delay").then(|| network.drawn("delay").unwrap_or(Distribution::Fixed(0)));
    Some(What::Fault { who, length, fault: Fault::Network { delay } })
}

/// Who is named by the value of a key.
fn who(what: &str, entry: &Entry, fields: &Fields<'_>) -> Vec<Selector> {
    // `kill: {members: x}` is said often enough.
    let named = entry
        .value
        .get("members")
        .filter(|_| entry.value.entries().len() == 1)
        .map_or(&entry.value, |inner| &inner.value);
    let selectors = selector::read(&format!("`{what}`"), named, fields.report());
    fields.explain(what, names(&selectors), Some(named.at));
    selectors
}

/// `members:` of an event.
fn members(fields: &Fields<'_>) -> Vec<Selector> {
    let Some(entry) = fields.entry("members") else { return Vec::new() };
    let selectors = selector::read("`members`", &entry.value, fields.report());
    fields.explain("members", names(&selectors), Some(entry.value.at));
    selectors
}

/// `members:` of an event that is for everybody if nobody is named.
fn members_or_all(fields: &Fields<'_>, at: Position) -> Vec<Selector> {
    if fields.has("members") {
        return members(fields);
    }
    fields.explain("members", "all", None);
    selector::everybody(at)
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
fn stop(fields: &Fields<'_>) -> Stop {
    let kind = fields.word("stop").map_or("close", |kind| kind.value);
    if kind == "kill" {
        if let Some(entry) = fields.node.get("grace") {
            let warning = fields.report().warning(entry.at, "a process that is killed has no grace");
            warning.label("changes nothing beside `stop: kill`").file();
        }
        return Stop::Kill;
    }
    let (grace, membership) = (fields.duration("grace").unwrap_or_default(), membership(fields));
    if kind == "sigterm" { Stop::Signal { grace } } else { Stop::Close { grace, membership } }
}

/// What becomes of the membership of who is closed.
fn membership(fields: &Fields<'_>) -> GroupMembershipOperation {
    match fields.word("group-membership").map(|word| word.value) {
        Some("leave-group") => GroupMembershipOperation::LeaveGroup,
        Some("remain-in-group") => GroupMembershipOperation::RemainInGroup,
        _ => GroupMembershipOperation::Default,
    }
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

fn rolling(rolling: &Fields<'_>, at: Position) -> What {
    let who = members_or_all(rolling, at);
    let at_once = rolling.count("at-once").and_then(|number| usize::try_from(number).ok()).unwrap_or(1);
    let descending = rolling.word("order").is_some_and(|order| order.value == "descending");
    let (stop, down) = (stop(rolling), rolling.duration("down").unwrap_or_default());
    let every = rolling.duration("every").map(Pace::Every);
    let pace = every.or_else(|| rolling.duration("when-ready").map(|then| Pace::WhenReady { then }));
    let pace = pace.unwrap_or(Pace::Every(SimDuration::ZERO));
    let change = rolling.object("change").map(|change| changed(&change));
    What::Rolling { who, at_once, descending, stop, down, pace, change }
}

fn redeploy(redeploy: &Fields<'_>, at: Position) -> What {
    let known = redeploy.word("by").map(|by| Way::by_name(by.value));
    let way = known.unwrap_or(Way::Sigkill);
    let who = members_or_all(redeploy, at);
    let or = |key: &str, default: SimDuration| {
        redeploy.duration(key).unwrap_or_else(|| {
            if !redeploy.has(key) {
                redeploy.explain(key, default.to_string(), None);
            }
            default
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
        if let Some(entry) = redeploy.node.get(key).filter(|_| known.is_some() && !ways.contains(&way)) {
            let warning = redeploy.report().warning(entry.at, format!("`{key}` changes nothing here"));
            warning.label("Kubernetes' alone").file();
        }
    }
    let change = redeploy.object("change").map(|change| changed(&change));
    What::Redeploy(Redeploy { way, who, grace, start_after, max_surge, max_unavailable, ready_after, change })
}

fn scale(event: &Fields<'_>, entry: &Entry, is_map: bool) -> What {
    let number = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
    let scale = if is_map { event.object("scale") } else { None };
    let Some(scale) = scale else {
        let to = number(count("`scale`", (0, MAX_MEMBERS), &entry.value, event.report()));
        event.explain("scale", to.to_string(), Some(entry.value.at));
        return What::Scale { kind: None, to, every: SimDuration::ZERO, grace: default_grace() };
    };
    let to = number(scale.count("to"));
    let kind = scale.text("members").and_then(|text| Some((text.value, text.at?)));
    let (every, grace) = (scale.duration("every").unwrap_or_default(), scale.duration("grace").unwrap_or_default());
    What::Scale { kind, to, every, grace }
}

/// Topics, each with a number of partitions; 1 stands in for one that could not be read, so that its topic is known.
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
        let number = count(&what, (1, MAX_PARTITIONS), &topic.value, report).unwrap_or(1);
        event.explain(key, format!("{}: {number}", topic.key), Some(topic.at));
        topics.push((topic.key.clone(), topic.at, i32::try_from(number).expect("MAX_PARTITIONS fits")));
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
            Some("stop") => RateChange::To(Rate::ZERO),
            Some("start") => RateChange::Back,
            _ => {
                let what = format!("the rate of `{}`", shortened(&producer.key));
                let micros = rate(&what, &producer.value, report).unwrap_or_default();
                RateChange::To(Rate::from_micros(micros))
            }
        };
        let value = format!("{}: {}", producer.key, producer.value.text().unwrap_or_default());
        event.explain("rate", value, Some(producer.at));
        producers.push((producer.key.clone(), producer.at, change));
    }
    Some(What::Rate { producers })
}
