//! `slots:`, `zookeeper:` and `monitor:`.

use member::slots::{DEFECTS, KnownDefect};
use member::{Repairs, SlotSettings};
use protocol::SimDuration;
use simulation::plan::{EnsembleConfig, MonitorPlan};

use crate::diagnostic::shortened;
use crate::fields::Fields;
use crate::language::MAX_MEMBERS;
use crate::unit;
use crate::word::{did_you_mean, either};

/// How members of one kind take slots; none if they do not. Nothing if that could not be read.
pub(super) fn read(kind: &Fields<'_>) -> Option<Option<SlotSettings>> {
    if !kind.has("slots") {
        return Some(None);
    }
    if let Some(entry) = kind.node.get("client").filter(|entry| entry.value.text() != Some("librdkafka")) {
        let error = kind.report().error(entry.value.at, "members with `slots` are librdkafka's");
        error.label("expected `librdkafka`, or nothing").file();
    }
    let slots = kind.object("slots")?;
    let size = match slots.count("max.group.size") {
        None if slots.has("max.group.size") => None,
        Some(size) => Some(size),
        None => {
            let count = kind.node.get("count").and_then(|entry| entry.value.text());
            // A count that is none, or too many, is reported where members are made.
            let count =
                count.and_then(|text| unit::count(text).ok()).filter(|count| *count <= MAX_MEMBERS).unwrap_or(1);
            slots.explain("max.group.size", count.to_string(), None);
            Some(count)
        }
    };
    let (version, poll, messages) = (slots.count("config.version"), poll_time(&slots), slots.count("max.messages"));
    let (session, repaired) = (slots.duration("session-timeout"), repaired(&slots));
    Some(Some(SlotSettings {
        max_group_size: u32::try_from(size?).expect("MAX_MEMBERS fits"),
        config_version: i64::try_from(version?).expect("the table's bound fits"),
        max_poll_time: poll?,
        max_messages: messages?,
        session_timeout: session?,
        repaired: repaired?,
    }))
}

/// How long a turn polls at least: time has to pass from turn to turn.
fn poll_time(slots: &Fields<'_>) -> Option<SimDuration> {
    const SHORTEST: SimDuration = SimDuration::from_millis(1);
    let poll = slots.duration("max.poll.time")?;
    if poll < SHORTEST {
        let at = slots.node.get("max.poll.time").map_or(slots.node.at, |entry| entry.value.at);
        slots.report().error(at, "`max.poll.time` is 1ms or more").label("too short").file();
        return None;
    }
    Some(poll)
}

/// What is repaired.
fn repaired(slots: &Fields<'_>) -> Option<Repairs> {
    let Some(written) = slots.texts("repaired") else {
        if slots.has("repaired") {
            return None;
        }
        slots.explain("repaired", "nothing", None);
        return Some(Repairs::NONE);
    };
    let (mut repairs, mut good) = (Repairs::NONE, true);
    for (word, at) in &written {
        match KnownDefect::by_name(word) {
            Some(known) => repairs = repairs.and(known.defect),
            None if word == "all" => repairs = Repairs::ALL,
            None => {
                good = false;
                let known = || DEFECTS.iter().map(|known| known.name).chain(["all"]);
                let error = slots.report().error(*at, format!("there is no defect `{}`", shortened(word)));
                error.label(format!("expected {}", either(known()))).maybe_help(did_you_mean(word, known())).file();
            }
        }
    }
    let texts: Vec<&str> = written.iter().map(|(word, _)| word.as_str()).collect();
    slots.explain("repaired", texts.join(", "), written.first().map(|(_, at)| *at));
    good.then_some(repairs)
}

/// The ensemble.
pub(super) fn ensemble(fields: &Fields<'_>) -> Option<EnsembleConfig> {
    let ensemble = EnsembleConfig::default();
    if !fields.has("zookeeper") {
        return Some(ensemble);
    }
    let zookeeper = fields.object("zookeeper")?;
    let tick_time = zookeeper.duration("tickTime")?;
    if tick_time.is_zero() {
        let at = zookeeper.node.get("tickTime").map_or(zookeeper.node.at, |entry| entry.value.at);
        fields.report().error(at, "`tickTime` is longer than no time at all").file();
        return None;
    }
    Some(EnsembleConfig { tick_time, ..ensemble })
}

/// The monitor, if there is one. Nothing if it could not be read.
pub(super) fn monitor(fields: &Fields<'_>) -> Option<Option<MonitorPlan>> {
    if !fields.has("monitor") {
        return Some(None);
    }
    let monitor = fields.object("monitor")?;
    // A bar of a millisecond already is more than any chart shows.
    const SHORTEST: SimDuration = SimDuration::from_millis(100);
    let long_enough = |key: &str| {
        let length = monitor.duration(key)?;
        if length >= SHORTEST {
            return Some(length);
        }
        let at = monitor.node.get(key).map_or(monitor.node.at, |entry| entry.value.at);
        fields.report().error(at, format!("`{key}` is 100ms or more")).label("too short").file();
        None
    };
    let (report_every, bar) = (long_enough("report-every"), long_enough("bar"));
    Some(Some(MonitorPlan { report_every: report_every?, bar: bar? }))
}
