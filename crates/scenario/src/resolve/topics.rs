//! `topics:`.

use protocol::TopicName;
use simulation::plan::TopicPlan;

use super::happening::{Happening, What};
use super::{LEGAL_NAME, is_legal_name};
use crate::diagnostic::shortened;
use crate::fields::{Fields, count};
use crate::language::{MAX_PARTITIONS, TOPIC};
use crate::source::Position;
use crate::tree::{Entry, Value};
use crate::word::did_you_mean;

/// The topics of a scenario.
#[derive(Default)]
pub(super) struct Topics {
    /// In the order in which they are written.
    pub(super) plan: Vec<TopicPlan>,
    /// Those that events create.
    pub(super) later: Vec<TopicName>,
    /// Those of which nothing but the name could be read.
    pub(super) unread: Vec<String>,
    /// How many replicas partitions have of which nobody says it.
    usual: u16,
    /// Whether not even the names could be read, so that a missing one may be one of those.
    pub(super) incomplete: bool,
}

impl Topics {
    /// Takes note of topics that events create.
    pub(super) fn add_later(&mut self, happenings: &[Happening], fields: &Fields<'_>) {
        for happening in happenings {
            let What::AddTopic { topics } = &happening.what else { continue };
            for (name, at, _) in topics {
                if !is_legal_name(name) {
                    let error = fields.report().error(*at, format!("Kafka allows no topic `{}`", shortened(name)));
                    error.label(LEGAL_NAME).file();
                } else if self.plan.iter().any(|topic| topic.name.as_str() == name) || self.unread.contains(name) {
                    let error = fields.report().error(*at, format!("there is a topic `{}` already", shortened(name)));
                    error.label("under `topics:`").help("`add-partitions` makes a topic grow").file();
                } else if !self.later.iter().any(|topic| topic.as_str() == name) {
                    self.later.push(TopicName::new(name));
                }
            }
        }
    }

    /// The names of all topics that there ever are.
    pub(super) fn names(&self) -> impl Iterator<Item = &TopicName> {
        self.plan.iter().map(|topic| &topic.name).chain(&self.later)
    }

    /// All of them for a plan; those that come later have no partitions.
    pub(super) fn into_plan(self) -> Vec<TopicPlan> {
        let replicas = self.usual;
        let later = self.later.into_iter().map(|name| TopicPlan { name, partitions: 0, replicas });
        self.plan.into_iter().chain(later).collect()
    }

    /// The topic of this name, which may come later; says so if there is none.
    pub(super) fn find_ever(&self, name: &str, at: Position, fields: &Fields<'_>) -> Option<TopicName> {
        match self.later.iter().find(|topic| topic.as_str() == name) {
            Some(topic) => Some(topic.clone()),
            None => self.find(name, at, fields).map(|topic| topic.name.clone()),
        }
    }

    /// The topic of this name; says so if there is none.
    fn find(&self, name: &str, at: Position, fields: &Fields<'_>) -> Option<&TopicPlan> {
        let found = self.plan.iter().find(|topic| topic.name.as_str() == name);
        if found.is_none() && !self.incomplete && !self.unread.iter().any(|unread| unread == name) {
            let known = self.names().map(TopicName::as_str).chain(self.unread.iter().map(String::as_str));
            let error = fields.report().error(at, format!("there is no topic `{}`", shortened(name)));
            error.label("not under `topics:`").maybe_help(did_you_mean(name, known)).file();
        }
        found
    }
}

/// `topics:` and what stands under it; nothing if it is missing or no map, which is said.
pub(super) fn entries<'a>(fields: &Fields<'a>) -> Option<(&'a Entry, &'a [Entry])> {
    let entry = fields.entry("topics")?;
    if let Value::Map(entries) = &entry.value.value {
        return Some((entry, entries));
    }
    let wrong = format!("`topics` are a map of names and partitions, and this is {}", entry.value.kind());
    fields.report().error(entry.value.at, wrong).help("for example `topics: {orders: 12}`").file();
    None
}

/// Reads them, on so many brokers, where partitions usually have so many replicas.
pub(super) fn read(fields: &Fields<'_>, brokers: u16, usual: u16) -> Topics {
    let usual = usual.min(brokers).max(1);
    let incomplete = Topics { incomplete: true, usual, ..Topics::default() };
    let Some((entry, entries)) = entries(fields) else { return incomplete };
    let report = fields.report();
    if entries.is_empty() {
        report
            .error(entry.value.at, "there are no topics under `topics`")
            .help("for example `topics: {orders: 12}`")
            .file();
        return incomplete;
    }
    let mut topics = Topics { usual, incomplete: report.is_partial(), ..Topics::default() };
    for entry in entries {
        match topic(entry, fields, (brokers, usual)) {
            Some(topic) => topics.plan.push(topic),
            None => topics.unread.push(entry.key.clone()),
        }
    }
    let total: u64 = topics.plan.iter().map(|topic| u64::from(topic.partitions.unsigned_abs())).sum();
    if total > MAX_PARTITIONS {
        let error = report.error(entry.at, format!("these topics have {total} partitions together"));
        error.label(format!("a scenario may have {MAX_PARTITIONS}")).file();
    }
    topics
}

fn topic(entry: &Entry, fields: &Fields<'_>, (brokers, usual): (u16, u16)) -> Option<TopicPlan> {
    let report = fields.report();
    let legal = is_legal_name(&entry.key);
    if !legal {
        report.error(entry.at, format!("Kafka allows no topic `{}`", shortened(&entry.key))).label(LEGAL_NAME).file();
    }
    let path = format!("topics.{}", entry.key);
    let (partitions, replicas) = match &entry.value.value {
        Value::Map(_) => {
            let topic = Fields::open(&TOPIC, &entry.value, path, fields.context)?;
            let (partitions, replicas) = (topic.count("partitions"), replicas(&topic, brokers, usual));
            (partitions?, replicas?)
        }
        _ => {
            let what = format!("the number of partitions of `{}`", shortened(&entry.key));
            let partitions = count(&what, (1, MAX_PARTITIONS), &entry.value, report)?;
            fields.context.explain(
                path,
                format!("{partitions} partitions"),
                crate::explain::Origin::Written(entry.value.at),
            );
            (partitions, usual)
        }
    };
    let partitions = i32::try_from(partitions).expect("MAX_PARTITIONS fits");
    legal.then(|| TopicPlan { name: TopicName::new(&entry.key), partitions, replicas })
}

/// `replication-factor:`.
fn replicas(topic: &Fields<'_>, brokers: u16, usual: u16) -> Option<u16> {
    const KEY: &str = "replication-factor";
    let Some(entry) = topic.node.get(KEY).filter(|entry| !entry.value.is_null()) else {
        topic.explain(KEY, usual.to_string(), None);
        return Some(usual);
    };
    let replicas = topic.count(KEY).and_then(|replicas| u16::try_from(replicas).ok())?;
    if replicas > brokers {
        let error = topic.report().error(entry.value.at, format!("{replicas} replicas need as many brokers"));
        let brokers = if brokers == 1 { "there is one".to_owned() } else { format!("there are {brokers}") };
        error
            .label(brokers)
            .help("`cluster-size` under `broker:`; Kafka refuses it with INVALID_REPLICATION_FACTOR")
            .file();
        return None;
    }
    Some(replicas)
}
