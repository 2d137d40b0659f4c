//! `broker:`: its version and Kafka's own configs.

use coordinator::consumer::ConsumerAssignors;
use coordinator::{BrokerVersion, GroupConfig};
use protocol::SimDuration;
use simulation::plan::BrokerPlan;

use crate::explain::Origin;
use crate::fields::Fields;
use crate::kafka::{BROKER, Config, GROUP, Setting, Status, find};
use crate::source::Position;

/// The broker, and what was written of its configs.
pub(super) struct Broker {
    pub(super) plan: BrokerPlan,
    settings: Vec<Written>,
    /// The names of those that were written and could not be read.
    unread: Vec<String>,
}

/// A config, its value, and where it stands.
type Written = (&'static Config<GroupConfig>, Setting, Position);

impl Broker {
    /// Where a config was written, if it was.
    pub(super) fn written(&self, name: &str) -> Option<Position> {
        self.settings.iter().find(|(config, _, _)| config.name == name).map(|(_, _, at)| *at)
    }

    /// The value of a number, written or by default; nothing if it could not be read.
    fn number(&self, name: &str) -> Option<i64> {
        (!contains(&self.unread, name)).then(|| number(&self.settings, name))
    }

    /// The group's own configs take the place of the broker's, within the broker's bounds (`GroupConfig.validate`).
    pub(super) fn overrule(&mut self, group: &Fields<'_>) {
        let settings = group.kafka(GROUP);
        for config in GROUP {
            let Status::Modelled(set) = config.status else { continue };
            let path = group.path_of(config.name);
            let of_broker = format!("group.{}", config.name);
            let Some((_, value, at)) = settings.iter().find(|(other, _, _)| other.name == config.name) else {
                let value = number(&self.settings, &of_broker);
                group.context.explain(path, format!("{value}, as `{of_broker}`"), Origin::Kafka);
                continue;
            };
            set(&mut self.plan.group, value);
            group.context.explain(path, value.to_string(), Origin::Written(*at));
            let bounds = ["min", "max"].map(|bound| config.name.replacen('.', &format!(".{bound}."), 1));
            let [least, most] = bounds.each_ref().map(|name| self.number(&format!("group.{name}")));
            if let (Setting::Number(number), Some(least), Some(most)) = (value, least, most)
                && !(least..=most).contains(number)
            {
                let error = group.report().error(*at, format!("the broker refuses this `{}`", config.name));
                let help = format!("`group.{}` and `group.{}` under `broker:` are the bounds", bounds[0], bounds[1]);
                error.label(format!("{number} is not between {least} and {most}")).help(help).file();
            }
        }
        let (session, heartbeat) =
            (self.plan.group.consumer_session_timeout_ms, self.plan.group.consumer_heartbeat_interval_ms);
        let of_group = unread(group, &settings);
        // What the group says itself takes the place of what could not be read of the broker.
        let is_known = |name: &str| {
            let is_written = settings.iter().any(|(config, _, _)| config.name == name);
            is_written || !(contains(&of_group, name) || contains(&self.unread, &format!("group.{name}")))
        };
        if let Some((_, _, at)) = settings.first()
            && heartbeat >= session
            && is_known("consumer.session.timeout.ms")
            && is_known("consumer.heartbeat.interval.ms")
        {
            let error = group.report().error(*at, "a group's heartbeat interval must be below its session timeout");
            error.label(format!("{heartbeat} ms against {session} ms")).help("the broker refuses it").file();
        }
    }
}

/// The names of those that were written and could not be read.
fn unread(fields: &Fields<'_>, settings: &[Written]) -> Vec<String> {
    let is_read = |name: &str| settings.iter().any(|(config, _, _)| config.name == name);
    let config = |name: &str| find(BROKER, name).or_else(|| find(GROUP, name));
    let written = fields.node.entries().iter().filter(|entry| !entry.value.is_null() && !is_read(&entry.key));
    let modelled = written.filter(|entry| config(&entry.key).is_some_and(|c| matches!(c.status, Status::Modelled(_))));
    modelled.map(|entry| entry.key.clone()).collect()
}

/// Whether this name is one of them.
fn contains(names: &[String], name: &str) -> bool {
    names.iter().any(|other| other == name)
}

/// The value of a number, written or by default.
fn number(settings: &[Written], name: &str) -> i64 {
    match settings.iter().find(|(config, _, _)| config.name == name) {
        Some((_, Setting::Number(number), _)) => *number,
        _ => {
            BROKER.iter().find(|config| config.name == name).and_then(|config| config.default.parse().ok()).unwrap_or(0)
        }
    }
}

/// The broker of a scenario.
pub(super) fn read(fields: &Fields<'_>) -> Broker {
    let mut group = GroupConfig::default();
    let Some(broker) = fields.object_or_default("broker") else {
        let plan = BrokerPlan { count: u16::MAX, ..BrokerPlan::new(BrokerVersion::default(), group) };
        return Broker { plan, settings: Vec::new(), unread: Vec::new() };
    };
    let version = broker.word("version").and_then(|version| BrokerVersion::by_name(version.value)).unwrap_or_default();
    let settings = broker.kafka(BROKER);
    for config in BROKER {
        let Status::Modelled(set) = config.status else { continue };
        let path = broker.path_of(config.name);
        match settings.iter().find(|(other, _, _)| other.name == config.name) {
            Some((_, value, at)) => {
                set(&mut group, value);
                broker.context.explain(path, value.to_string(), Origin::Written(*at));
            }
            None => broker.context.explain(path, config.default, Origin::Kafka),
        }
    }
    let unread = unread(&broker, &settings);
    check(&broker, &settings, &unread);
    consumer_groups(&broker, &settings, &unread);
    let mut plan = BrokerPlan::new(version, group);
    // Beside a number that could not be read, no other is too large.
    plan.count = broker.count("cluster-size").and_then(|count| u16::try_from(count).ok()).unwrap_or(u16::MAX);
    let millis = |name: &str| broker.count(name).map(SimDuration::from_millis);
    plan.session_timeout = millis("broker.session.timeout.ms").unwrap_or(plan.session_timeout);
    plan.heartbeat_interval = millis("broker.heartbeat.interval.ms").unwrap_or(plan.heartbeat_interval);
    Broker { plan, settings, unread }
}

/// What a broker would refuse, or should have.
fn check(broker: &Fields<'_>, settings: &[Written], unread: &[String]) {
    let names = ["group.min.session.timeout.ms", "group.max.session.timeout.ms"];
    let [least, most] = names.map(|name| number(settings, name));
    if least > most
        && let Some((_, _, at)) = settings.iter().find(|(config, _, _)| names.contains(&config.name))
        && !names.iter().any(|name| contains(unread, name))
    {
        let warning = broker.report().warning(*at, "no session timeout lies between the broker's bounds");
        let bounds = format!("from {least} to {most} ms");
        warning.label(bounds).help("every member will be refused with INVALID_SESSION_TIMEOUT").file();
    }
}

/// What a broker that starts checks of the configs for consumer groups (`GroupCoordinatorConfig`).
fn consumer_groups(broker: &Fields<'_>, settings: &[Written], unread: &[String]) {
    let written = |name: &str| settings.iter().find(|(config, _, _)| config.name == name);
    let value = |name: &str| number(settings, name);
    for what in ["session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"] {
        let names =
            ["group.consumer.", "group.consumer.min.", "group.consumer.max."].map(|start| format!("{start}{what}"));
        if names.iter().any(|name| unread.contains(name)) {
            continue;
        }
        let [itself, least, most] = names.each_ref().map(|name| value(name));
        let place = names.iter().find_map(|name| written(name)).map(|(_, _, at)| *at);
        if let (Some(at), false) = (place, (least..=most).contains(&itself)) {
            let error = broker.report().error(at, format!("a broker with this `{}` does not start", names[0]));
            let label = format!("{itself} is not between {least} and {most}");
            error.label(label).help(format!("`{}` and `{}` are the bounds", names[1], names[2])).file();
        }
    }
    let (session, heartbeat) = ("group.consumer.session.timeout.ms", "group.consumer.heartbeat.interval.ms");
    if let Some((_, _, at)) = written(heartbeat).or_else(|| written(session))
        && value(heartbeat) >= value(session)
        && ![session, heartbeat].iter().any(|name| contains(unread, name))
    {
        let error = broker.report().error(*at, format!("`{heartbeat}` must be below `{session}`"));
        error
            .label(format!("{} ms against {} ms", value(heartbeat), value(session)))
            .help("the broker does not start")
            .file();
    }
    if let Some((_, Setting::List(list), at)) = written("group.consumer.assignors")
        && ConsumerAssignors::parse(&list.join(",")).is_none()
    {
        let error = broker.report().error(*at, "these are no assignors of a coordinator");
        error.label("expected `uniform`, `range`, or both in either order, each once").file();
    }
}
