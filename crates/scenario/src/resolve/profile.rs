//! What members have in common: configuration, topics, application, start.

use std::sync::Arc;

use engine::Distribution;
use member::{ClientConfig, ClientFamily, SlotSettings};
use protocol::{SimDuration, TopicName};
use simulation::plan::{ApplicationPlan, ManualCommit, MemberPlan, OnSigterm, RestartPolicy};

use super::topics::Topics;
use super::{LEGAL_NAME, group_protocol, is_legal_name, placeholder, slots};
use crate::diagnostic::shortened;
use crate::explain::Origin;
use crate::fields::Fields;
use crate::kafka::{CONSUMER, Config, Setting, Status};
use crate::source::Position;
use crate::tree::{Node, Value};

/// The longest text of a config, in bytes; Kafka's own bound on the one that has any is 249.
const MAX_TEXT: usize = 1_000;

/// What members of one kind, or some of them, have in common.
pub(super) struct Profile {
    /// Which client they use.
    pub(super) client: ClientFamily,
    /// What was written of them.
    pub(super) node: Node,
    /// Their configuration; placeholders are not filled in.
    pub(super) config: ClientConfig,
    /// Texts with placeholders.
    varied: Vec<(&'static Config<ClientConfig>, String)>,
    /// Where configs were written.
    written: Vec<(&'static str, Position)>,
    /// Those that were written and could not be read.
    unread: Vec<&'static str>,
    /// The topics they subscribe to, sorted.
    pub(super) topics: Vec<TopicName>,
    /// The regular expression that these topics match, if they subscribe by one.
    pub(super) pattern: Option<Pattern>,
    /// How they take slots, if they do.
    slots: Option<SlotSettings>,
    /// What their applications do.
    pub(super) application: ApplicationPlan,
    /// When their processes start; nothing if that could not be read.
    pub(super) start: Option<Start>,
    /// How many members have it.
    pub(super) members: usize,
}

/// When processes start.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Start {
    /// Each at a time of its own, drawn from this.
    At(Distribution),
    /// One after the other.
    Every {
        /// When the first one does.
        at: SimDuration,
        /// Time from one to the next.
        every: SimDuration,
    },
    /// Only if an event starts it.
    Never,
}

/// A regular expression that is subscribed by.
pub(super) struct Pattern {
    /// Where it stands.
    pub(super) at: Position,
    /// Its text.
    text: Arc<str>,
}

impl Profile {
    /// Where a config was written, if it was.
    pub(super) fn written(&self, name: &str) -> Option<Position> {
        self.written.iter().find(|(written, _)| *written == name).map(|(_, at)| *at)
    }

    /// Whether none of these configs was written in a way that could not be read, so that their values can be held
    /// against others.
    pub(super) fn has_read(&self, names: &[&str]) -> bool {
        !self.unread.iter().any(|unread| names.contains(unread))
    }

    /// The plan of one member.
    pub(super) fn member(&self, n: usize, name: &str) -> MemberPlan {
        MemberPlan {
            name: name.to_owned(),
            client: self.client,
            config: self.config_of(&placeholder::Values { n, name: Some(name) }),
            slots: self.slots.clone(),
            topics: self.topics.clone(),
            pattern: self.pattern.as_ref().map(|pattern| pattern.text.clone()),
            application: self.application.clone(),
        }
    }

    /// The configuration of one member.
    fn config_of(&self, values: &placeholder::Values<'_>) -> ClientConfig {
        let mut config = self.config.clone();
        for (varied, text) in &self.varied {
            if let Status::Modelled(set) = varied.status {
                set(&mut config, &Setting::Text(placeholder::fill(text, values)));
            }
        }
        config
    }
}

/// Says what is wrong with settings by themselves, while nobody can say what they are laid over.
pub(super) fn judge(over: &Fields<'_>, topics: &Topics) {
    over.word("client");
    subscription(over, topics);
    application(over);
    slots::read(over);
    for (config, value, at) in over.kafka(CONSUMER) {
        accepted(config.name, &value, at, over);
    }
}

/// Reads what one map under `members:` says, without its `overrides`. Whatever is wrong is reported; something else
/// then stands in for it, so that the rest can be judged.
pub(super) fn read(kind: &Fields<'_>, topics: &Topics) -> Profile {
    let slots = slots::read(kind);
    let client = kind.word("client").and_then(|word| ClientFamily::by_name(word.value));
    // Members with slots are librdkafka's.
    let client = if kind.has("slots") { Some(ClientFamily::Librdkafka) } else { client };
    let is_known = client.is_some();
    let client = client.unwrap_or_default();
    let subscribed = subscription(kind, topics);
    let application = application(kind);
    let start = start(kind);
    let mut config = client.profile().config();
    let (mut varied, mut written, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    let settings = kind.kafka(CONSUMER);
    let spoken = group_protocol::of(&settings);
    let is_read = |name: &str| !kind.has_kafka(name) || settings.iter().any(|(config, _, _)| config.name == name);
    let is_spoken = is_known && is_read("group.protocol");
    for known in CONSUMER {
        let Status::Modelled(set) = known.status else { continue };
        let path = kind.path_of(known.name);
        let found = settings.iter().find(|(other, _, _)| other.name == known.name);
        if !group_protocol::has(known.name, client, spoken) {
            if let (Some((_, _, at)), true) = (found, is_spoken) {
                group_protocol::refuse(known.name, *at, client, spoken, kind.report());
            }
            continue;
        }
        let Some((_, value, at)) = found else {
            if !is_read(known.name) {
                unread.push(known.name);
            }
            explain_default(known, client, path, kind);
            continue;
        };
        if accepted(known.name, value, *at, kind) {
            set(&mut config, value);
            if let Setting::Text(text) = value
                && placeholder::is_varied(text)
            {
                varied.push((known, text.clone()));
            }
            written.push((known.name, *at));
        } else {
            unread.push(known.name);
        }
        kind.context.explain(path, value.to_string(), Origin::Written(*at));
    }
    let (subscribed_topics, pattern) = subscribed.unwrap_or_default();
    let strategy = written.iter().find(|(name, _)| *name == "partition.assignment.strategy").map(|(_, at)| *at);
    if is_spoken && !unread.contains(&"partition.assignment.strategy") {
        group_protocol::check(&config, client, strategy, kind);
    }
    if is_known && !unread.contains(&"enable.auto.commit") {
        check_commit_interval(&config, client, &written, kind);
    }
    Profile {
        client,
        node: kind.node.clone(),
        config,
        varied,
        written,
        unread,
        topics: subscribed_topics,
        pattern,
        slots: slots.flatten(),
        // One that could not be read is stood in for.
        application: application.unwrap_or(ApplicationPlan::IDLE),
        start,
        members: 0,
    }
}

/// A config that is not written has the client's own default, if that is another one than Kafka's.
fn explain_default(known: &Config<ClientConfig>, client: ClientFamily, path: String, kind: &Fields<'_>) {
    let (default, origin) = match client.profile().default_of(known.name) {
        Some(default) => (default, Origin::Client(client.profile().name)),
        None => (known.default, Origin::Kafka),
    };
    kind.context.explain(path, if default.is_empty() { "none" } else { default }, origin);
}

/// The topics that are subscribed to, by name or by pattern.
fn subscription(kind: &Fields<'_>, topics: &Topics) -> Option<(Vec<TopicName>, Option<Pattern>)> {
    match kind.node.get("subscribe").is_some_and(|entry| matches!(entry.value.value, Value::Map(_))) {
        true => matched(kind, topics).map(|(topics, at)| (topics, Some(at))),
        false => subscribed(kind, topics).map(|topics| (topics, None)),
    }
}

/// Java's consumer takes 0 and then commits in every poll; here time has to pass from one commit to the next.
fn check_commit_interval(
    config: &ClientConfig,
    client: ClientFamily,
    written: &[(&'static str, Position)],
    kind: &Fields<'_>,
) {
    if client != ClientFamily::Java || !config.auto_commit || !config.auto_commit_interval.is_zero() {
        return;
    }
    let at = written.iter().find(|(name, _)| *name == "auto.commit.interval.ms").map_or(kind.node.at, |(_, at)| *at);
    let error = kind.report().error(at, "`auto.commit.interval.ms: 0`, a commit in every poll, is not simulated");
    error.label("expected 1 or more").file();
}

/// What Kafka's client checks of a value beyond its type.
fn accepted(name: &str, value: &Setting, at: Position, kind: &Fields<'_>) -> bool {
    if let Setting::Text(text) = value {
        placeholder::check(text, at, &["n", "name"], kind.report());
        if text.len() > MAX_TEXT {
            let error = kind.report().error(at, format!("this `{name}` has {} letters", text.len()));
            error.label(format!("a scenario's may have {MAX_TEXT}")).file();
            return false;
        }
    }
    match (name, value) {
        ("group.instance.id", Setting::Text(text)) => {
            let plain = text.replace(['{', '}'], "");
            let legal = is_legal_name(&plain);
            if !legal {
                let error = kind.report().error(at, format!("Kafka refuses `group.instance.id: {}`", shortened(text)));
                error.label(LEGAL_NAME).file();
            }
            legal
        }
        ("partition.assignment.strategy", Setting::List(list)) => assignors_known(list, at, kind),
        _ => true,
    }
}

/// Whether all of these are assignors that exist.
fn assignors_known(list: &[String], at: Position, kind: &Fields<'_>) -> bool {
    let known = || assignor::ClientAssignorKind::ALL.into_iter().map(assignor::ClientAssignorKind::name);
    if list.is_empty() {
        let error = kind.report().error(at, "Kafka refuses an empty `partition.assignment.strategy`");
        error.label(format!("expected {}", crate::word::either(known()))).file();
    }
    let mut good = !list.is_empty();
    for (index, word) in list.iter().enumerate() {
        if crate::kafka::assignor(word).is_none() {
            good = false;
            let error = kind.report().error(at, format!("`{}` is no assignor that is simulated", shortened(word)));
            let label = format!("expected {}", crate::word::either(known()));
            error.label(label).maybe_help(crate::word::did_you_mean(word, known())).file();
        } else if list[..index].contains(word) {
            good = false;
            kind.report()
                .error(at, format!("the assignor `{word}` is there twice"))
                .label("Kafka refuses duplicates")
                .file();
        }
    }
    good
}

/// The topics that are subscribed to, sorted; all of them if nothing is said.
fn subscribed(kind: &Fields<'_>, topics: &Topics) -> Option<Vec<TopicName>> {
    let mut names = match kind.texts("subscribe") {
        None if kind.has("subscribe") => return None,
        None => {
            kind.explain("subscribe", "all topics", None);
            topics.plan.iter().map(|topic| topic.name.clone()).collect()
        }
        Some(written) => {
            let mut names = Vec::new();
            for (name, at) in &written {
                match topics.find_ever(name, *at, kind) {
                    Some(topic) if names.contains(&topic) => {
                        kind.report()
                            .warning(*at, format!("`{name}` is subscribed to twice"))
                            .label("once is enough")
                            .file();
                    }
                    Some(topic) => names.push(topic),
                    None => {}
                }
            }
            let texts: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
            kind.explain("subscribe", texts.join(", "), written.first().map(|(_, at)| *at));
            names
        }
    };
    names.sort();
    Some(names)
}

/// The topics that a pattern matches, sorted, those that come later among them; and where the pattern stands.
fn matched(kind: &Fields<'_>, topics: &Topics) -> Option<(Vec<TopicName>, Pattern)> {
    const MAX_PATTERN: usize = 1 << 16;
    let pattern = kind.object("subscribe")?.text("pattern")?;
    let at = pattern.at.unwrap_or(kind.node.at);
    // The whole name has to match, as for `java.util.regex.Matcher.matches`.
    let whole = format!("^(?:{})$", pattern.value);
    let regex = match regex::RegexBuilder::new(&whole).size_limit(MAX_PATTERN).build() {
        Ok(regex) => regex,
        Err(error) => {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
            let message = format!("`{}` is no regular expression that is understood", shortened(&pattern.value));
            kind.report().error(at, message).label(reason).file();
            return None;
        }
    };
    let mut names: Vec<TopicName> = topics.names().filter(|name| regex.is_match(name.as_str())).cloned().collect();
    names.sort();
    let may_be = topics.incomplete || topics.unread.iter().any(|name| regex.is_match(name));
    if names.is_empty() && !may_be {
        let warning = kind.report().warning(at, "no topic matches this pattern, now or later");
        warning.label("these members will read nothing").file();
    }
    Some((names, Pattern { at, text: pattern.value.into() }))
}

fn application(kind: &Fields<'_>) -> Option<ApplicationPlan> {
    let application = kind.object_or_default("application")?;
    let (start_up, processing) = (application.drawn("start-up"), application.drawn("processing"));
    let commits = commits(&application);
    let (record, together) = (application.drawn("record"), application.drawn("start-up-together"));
    let (on_sigterm, restarted) = (on_sigterm(&application), restart_policy(&application));
    let (revoked, assigned) = (application.drawn("onPartitionsRevoked"), application.drawn("onPartitionsAssigned"));
    Some(ApplicationPlan {
        start_up: start_up?,
        start_up_together: together?,
        on_sigterm: on_sigterm?,
        restarted: restarted?,
        revoke_callback: revoked?,
        assign_callback: assigned?,
        batch_processing: processing?,
        record_processing: record?,
        commits: commits?,
    })
}

/// `commit:` and `transaction:`.
fn commits(application: &Fields<'_>) -> Option<ManualCommit> {
    let (kind, length) = (application.word("commit"), application.duration("transaction"));
    let length = length?;
    Some(match kind?.value {
        "sync" => ManualCommit::Sync,
        "async" => ManualCommit::Async,
        "transaction" => ManualCommit::Transactions { length },
        _ => ManualCommit::None,
    })
}

/// What becomes of a SIGTERM: a wrapper stands before a hook.
fn on_sigterm(application: &Fields<'_>) -> Option<OnSigterm> {
    let (wrapper, hook) = (application.word("wrapper"), application.word("shutdown-hook"));
    Some(match (wrapper?.value, hook?.value) {
        ("swallows-signals", _) => OnSigterm::Nothing,
        (_, "no") => OnSigterm::Exit,
        _ => OnSigterm::Close,
    })
}

/// Who starts processes again, if anybody does. Nothing if that could not be read.
fn restart_policy(application: &Fields<'_>) -> Option<Option<RestartPolicy>> {
    if !application.has("restart-policy") {
        return Some(None);
    }
    let policy = application.object("restart-policy")?;
    let (when, delay) = (policy.word("when"), policy.duration("delay"));
    Some(Some(RestartPolicy { always: when?.value == "always", delay: delay? }))
}

/// `start:`: a time, `{every: …}` or `never`.
fn start(kind: &Fields<'_>) -> Option<Start> {
    let entry = kind.node.get("start");
    if let Some(entry) = entry {
        if entry.value.text().is_some_and(|text| text.trim() == "never") {
            kind.explain("start", "never", Some(entry.value.at));
            return Some(Start::Never);
        }
        if matches!(&entry.value.value, Value::Map(entries) if entries.iter().any(|entry| entry.key == "every" || entry.key == "at"))
        {
            let stagger = kind.object("start")?;
            let (at, every) = (stagger.duration("at"), stagger.duration("every"));
            return Some(Start::Every { at: at?, every: every? });
        }
    }
    kind.drawn("start").map(Start::At)
}
