//! Groups whose partitions are to be shared out: from the tree to plain data.
//!
//! Contract: as for plans, everything that is wrong is said, and nothing comes out of a file with a mistake.

use std::collections::{BTreeMap, BTreeSet};

use engine::Streams;
use protocol::{InstanceId, MemberId, RackId, SimTime, TopicName, TopicPartition};

use super::selector::{self, Pool};
use super::{LEGAL_NAME, is_legal_name, maps, member, placeholder};
use crate::assignment::{Group, Member, Topic};
use crate::diagnostic::{Report, shortened};
use crate::fields::{Context, Fields, count};
use crate::kafka::CONSUMER;
use crate::language::{ASSIGNED_MEMBERS, ASSIGNED_TOPIC, ASSIGNMENT, MAX_MEMBERS, MAX_PARTITIONS};
use crate::source::Position;
use crate::tree::{Entry, Node, Value};
use crate::word::did_you_mean;

/// Most subscriptions, topics times members.
const MAX_SUBSCRIPTIONS: usize = 5_000_000;

/// What a file says.
pub(crate) struct Resolved {
    pub(crate) question: Option<String>,
    pub(crate) first: Group,
    pub(crate) then: Option<Group>,
}

/// Reads a file.
pub(crate) fn read(root: &Node, report: &Report) -> Option<Resolved> {
    let context = Context::new(report);
    let fields = Fields::open(&ASSIGNMENT, root, "", &context)?;
    let question = fields.text("question").map(|text| text.value.trim().to_owned());
    let topics = topics(&fields, &Topics { incomplete: report.is_partial(), ..Topics::default() });
    if let Some(entry) =
        fields.node.get("topics").filter(|entry| matches!(&entry.value.value, Value::Map(map) if map.is_empty()))
    {
        let error = report.error(entry.value.at, "there are no topics under `topics`");
        error.help("for example `topics: {orders: 12}`").file();
    }
    let change = if fields.has("change") { fields.object("change") } else { None };
    let changed = change.as_ref().map(|change| (change, self::topics(change, &topics)));
    let all = changed.as_ref().map_or(&topics, |(_, topics)| topics);
    let mut caster = Caster {
        all,
        now: &topics,
        report,
        names: BTreeSet::new(),
        uncounted: Vec::new(),
        incomplete: !fields.has("members") || report.is_partial(),
        owners: BTreeMap::new(),
        subscriptions: 0,
    };
    let members = fields.entry("members").map(|entry| caster.members(&fields, "members", entry)).unwrap_or_default();
    let then = changed
        .as_ref()
        .map(|(change, topics)| Group { topics: topics.list.clone(), members: caster.after(change, &members) });
    if let (Some(group), Some(entry)) = (&then, fields.node.get("change"))
        && group.members.is_empty()
        && caster.is_whole()
    {
        report.error(entry.at, "nobody is left after this `change`").file();
    }
    (!report.has_errors()).then_some(Resolved { question, first: Group { topics: topics.list, members }, then })
}

/// The topics of a file.
#[derive(Clone, Default)]
struct Topics {
    /// In the order in which they are written.
    list: Vec<Topic>,
    /// Those of which nothing but the name could be read.
    unread: Vec<String>,
    /// Whether not even the names could be read, so that a missing one may be one of those.
    incomplete: bool,
}

impl Topics {
    fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|topic| topic.name.as_str()).chain(self.unread.iter().map(String::as_str))
    }

    /// Says so if there is no topic of this name.
    fn look_up(&self, name: &str, at: Position, report: &Report) {
        if !self.incomplete && !self.names().any(|known| known == name) {
            let error = report.error(at, format!("there is no topic `{}`", shortened(name)));
            error.label("not under `topics:`").maybe_help(did_you_mean(name, self.names())).file();
        }
    }
}

/// The topics under `topics`, laid over those that there are.
fn topics(fields: &Fields<'_>, before: &Topics) -> Topics {
    let mut topics = before.clone();
    let Some((entry, entries)) = super::topics::entries(fields) else {
        // Who says nothing of topics in a `change` leaves them as they are.
        topics.incomplete |= fields.has("topics") || before.list.is_empty();
        return topics;
    };
    let report = fields.report();
    for entry in entries {
        let Some(topic) = topic(entry, fields) else {
            topics.unread.push(entry.key.clone());
            continue;
        };
        match topics.list.iter_mut().find(|known| known.name == topic.name) {
            Some(known) if topic.partitions <= known.partitions => {
                let message = format!("`{}` has {} partitions already", shortened(&entry.key), known.partitions);
                let error =
                    report.error(entry.value.at, message).label(format!("expected more than {}", known.partitions));
                error.help("the number is how many partitions the topic has afterwards; Kafka takes none away").file();
            }
            Some(known) => *known = topic,
            None => topics.list.push(topic),
        }
    }
    let total: u64 = topics.list.iter().map(|topic| u64::from(topic.partitions.unsigned_abs())).sum();
    if total > MAX_PARTITIONS {
        let error = report.error(entry.at, format!("these topics have {total} partitions together"));
        error.label(format!("{MAX_PARTITIONS} are allowed")).file();
    }
    topics
}

fn topic(entry: &Entry, fields: &Fields<'_>) -> Option<Topic> {
    let report = fields.report();
    let legal = is_legal_name(&entry.key);
    if !legal {
        report.error(entry.at, format!("Kafka allows no topic `{}`", shortened(&entry.key))).label(LEGAL_NAME).file();
    }
    let (partitions, racks) = match &entry.value.value {
        Value::Map(_) => {
            let topic = Fields::open(&ASSIGNED_TOPIC, &entry.value, fields.path_of("topics"), fields.context)?;
            let (partitions, racks) = (topic.count("partitions"), topic.texts("racks").unwrap_or_default());
            (partitions?, racks)
        }
        _ => {
            let what = format!("the number of partitions of `{}`", shortened(&entry.key));
            (count(&what, (1, MAX_PARTITIONS), &entry.value, report)?, Vec::new())
        }
    };
    let partitions = usize::try_from(partitions).expect("MAX_PARTITIONS fits");
    if let Some((_, at)) = racks.get(partitions) {
        let error = report.error(*at, format!("`{}` has only {partitions} partitions", shortened(&entry.key)));
        error.label("racks of a partition that is not there").file();
    }
    let racks: Vec<Vec<RackId>> = racks.iter().map(|(text, _)| words(text).map(RackId::new).collect()).collect();
    let racks = if racks.is_empty() { racks } else { racks.iter().cycle().take(partitions).cloned().collect() };
    let partitions = i32::try_from(partitions).expect("MAX_PARTITIONS fits");
    legal.then(|| Topic { name: TopicName::new(&entry.key), partitions, racks })
}

/// Words with commas or spaces between.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty())
}

/// Makes members.
struct Caster<'a> {
    /// Every topic that there ever is.
    all: &'a Topics,
    /// The topics there are at first.
    now: &'a Topics,
    report: &'a Report,
    names: BTreeSet<String>,
    /// The patterns of the names of kinds of which nobody can say how many members they have.
    uncounted: Vec<String>,
    /// Whether there are members of which not even the names could be read.
    incomplete: bool,
    /// Who owns what.
    owners: BTreeMap<TopicPartition, String>,
    /// Subscriptions so far, each topic counted.
    subscriptions: usize,
}

impl Caster<'_> {
    /// The members under a key.
    fn members(&mut self, fields: &Fields<'_>, key: &str, entry: &Entry) -> Vec<Member> {
        let kinds = maps(&entry.value);
        if kinds.is_empty() {
            let error = self.report.error(entry.value.at, format!("there are no members under `{key}`"));
            error.help(format!("for example `{key}: {{count: 3}}`")).file();
            self.incomplete = true;
        }
        let mut members = Vec::new();
        for (index, node) in kinds.iter().enumerate() {
            let path = if kinds.len() == 1 { fields.path_of(key) } else { format!("{}[{index}]", fields.path_of(key)) };
            let kind = Fields::open(&ASSIGNED_MEMBERS, node, path, fields.context);
            self.incomplete |= kind.and_then(|kind| self.kind(&kind, &mut members)).is_none();
        }
        members
    }

    /// Whether everybody is known.
    fn is_whole(&self) -> bool {
        !self.incomplete && self.uncounted.is_empty()
    }

    /// The members of one kind; nothing if not even their names can be said.
    fn kind(&mut self, kind: &Fields<'_>, members: &mut Vec<Member>) -> Option<()> {
        let (count, pattern) = (kind.count("count"), kind.text("name"));
        let topics = self.subscribed(kind);
        let owns = self.owned(kind);
        let configs = configs(kind);
        let pattern = pattern.filter(|pattern| member::check_pattern(pattern, kind).is_some())?;
        let Some(count) = count.and_then(|count| usize::try_from(count).ok()) else {
            self.uncounted.push(pattern.value);
            return Some(());
        };
        let pattern = member::numbered(pattern.value, count);
        self.subscriptions = self.subscriptions.saturating_add(topics.len().max(1).saturating_mul(count));
        if members.len() + count > MAX_MEMBERS as usize || self.subscriptions > MAX_SUBSCRIPTIONS {
            let error = self.report.error(kind.node.at, "these are too many members and subscriptions");
            error.label(format!("{MAX_MEMBERS} members and {MAX_SUBSCRIPTIONS} subscriptions are allowed")).file();
            return None;
        }
        let mut is_said = false;
        for n in 0..count {
            let name = placeholder::fill(&pattern, &placeholder::Values { n, name: None });
            if !self.names.insert(name.clone()) {
                if !std::mem::replace(&mut is_said, true) {
                    let message = format!("two members are called `{}`", shortened(&name));
                    let error = self.report.error(kind.node.at, message).label("names are unique");
                    error.help("give each kind of members a `name:` of its own").file();
                }
                continue;
            }
            self.claim(&name, &owns);
            let fill = |text: &String| placeholder::fill(text, &placeholder::Values { n, name: Some(&name) });
            members.push(Member {
                instance: configs.instance.as_ref().map(fill).map(InstanceId::from),
                rack: configs.rack.as_ref().map(fill).map(RackId::from),
                topics: topics.clone(),
                owns: owns.iter().map(|(partition, _)| partition.clone()).collect(),
                id: MemberId::from(name),
            });
        }
        Some(())
    }

    /// The topics that are subscribed to, sorted.
    fn subscribed(&self, kind: &Fields<'_>) -> Vec<TopicName> {
        let mut names: Vec<TopicName> = match kind.texts("subscribe") {
            None => self.all.list.iter().map(|topic| topic.name.clone()).collect(),
            Some(written) => {
                written.iter().for_each(|(name, at)| self.all.look_up(name, *at, self.report));
                written.iter().map(|(name, _)| TopicName::new(name)).collect()
            }
        };
        names.sort();
        names.dedup();
        names
    }

    /// What is owned, sorted, and where it is written.
    fn owned(&self, kind: &Fields<'_>) -> Vec<(TopicPartition, Position)> {
        let Some(entry) = kind.entry("owns") else { return Vec::new() };
        let Value::Map(entries) = &entry.value.value else {
            let message = format!("`owns` is a map of topics, and this is {}", entry.value.kind());
            self.report.error(entry.value.at, message).help("for example `owns: {orders: [0, 4-7]}`").file();
            return Vec::new();
        };
        let mut owned = BTreeMap::new();
        for entry in entries {
            let Some(topic) = self.now.list.iter().find(|topic| topic.name.as_str() == entry.key) else {
                self.now.look_up(&entry.key, entry.at, self.report);
                continue;
            };
            for element in entry.value.elements() {
                for number in self.numbers(topic, element) {
                    owned.entry(TopicPartition::new(topic.name.clone(), number)).or_insert(element.at);
                }
            }
        }
        owned.into_iter().collect()
    }

    /// The partitions that `0`, `4-7` or `0, 4-7` names.
    fn numbers(&self, topic: &Topic, element: &Node) -> Vec<i32> {
        let mut numbers = Vec::new();
        let Some(text) = element.text() else {
            let message = format!("`owns` takes numbers of partitions, and this is {}", element.kind());
            self.report.error(element.at, message).label("expected `0`, or `4-7`").file();
            return numbers;
        };
        for word in words(text) {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            match (first.parse::<i32>(), last.parse::<i32>()) {
                (Ok(first), Ok(last)) if first <= last && last < topic.partitions => numbers.extend(first..=last),
                (Ok(first), Ok(last)) if first <= last => {
                    let message = format!("`{}` has no partition {last}", topic.name);
                    let label = format!("its partitions are 0 to {}", topic.partitions - 1);
                    self.report.error(element.at, message).label(label).file();
                }
                _ => {
                    let message = format!("`{}` is no number of a partition", shortened(word));
                    self.report.error(element.at, message).label("expected `0`, or `4-7`").file();
                }
            }
        }
        numbers
    }

    /// Notes what a member owns; nothing has two owners.
    fn claim(&mut self, name: &str, owns: &[(TopicPartition, Position)]) {
        for (partition, at) in owns {
            if let Some(other) = self.owners.insert(partition.clone(), name.to_owned()) {
                let message = format!("`{}` partition {} has two owners", partition.topic, partition.partition.0);
                self.report.error(*at, message).label(format!("it belongs to `{other}` and to `{name}`")).file();
                return;
            }
        }
    }

    /// The members after a change.
    fn after(&mut self, change: &Fields<'_>, before: &[Member]) -> Vec<Member> {
        let mut left: Vec<Member> = before.to_vec();
        if let Some(entry) = change.entry("remove") {
            let names: Vec<&str> = before.iter().map(|member| member.id.as_str()).collect();
            let mut rng = Streams::new(0).stream("choice of members");
            let mut gone = vec![false; before.len()];
            for selector in selector::read("`remove`", &entry.value, self.report) {
                let may_be = |pattern: &String| selector.may_match(pattern);
                // Members that could not be read may be those that are meant.
                if !self.is_whole() && (self.incomplete || selector.counts() || self.uncounted.iter().any(may_be)) {
                    continue;
                }
                let candidates = (0..before.len()).collect();
                let pool = Pool { names: &names, candidates, running: None, at: SimTime::ZERO };
                selector.choose(&pool, &mut rng, self.report).into_iter().for_each(|place| gone[place] = true);
            }
            let mut places = gone.iter();
            left.retain(|_| places.next().is_none_or(|gone| !gone));
        }
        if let Some(entry) = change.entry("add") {
            left.extend(self.members(change, "add", entry));
        }
        left
    }
}

/// Of Kafka's configs, those that an assignor sees.
struct Configs {
    instance: Option<String>,
    rack: Option<String>,
}

/// Reads Kafka's configs.
fn configs(kind: &Fields<'_>) -> Configs {
    let mut configs = Configs { instance: None, rack: None };
    for (config, value, at) in kind.kafka(CONSUMER) {
        let place = match config.name {
            "group.instance.id" => &mut configs.instance,
            "client.rack" => &mut configs.rack,
            name => {
                let warning = kind.report().warning(at, format!("`{name}` changes nothing in an assignment"));
                let help = "an assignor sees `client.rack`, `group.instance.id`, subscriptions and what is owned";
                warning.label("assignors do not see it").help(help).file();
                continue;
            }
        };
        let text = value.to_string();
        placeholder::check(&text, at, &["n", "name"], kind.report());
        if config.name == "group.instance.id" && !is_legal_name(&text.replace(['{', '}'], "")) {
            let error = kind.report().error(at, format!("Kafka refuses `group.instance.id: {}`", shortened(&text)));
            error.label(LEGAL_NAME).file();
        }
        *place = Some(text);
    }
    configs
}
