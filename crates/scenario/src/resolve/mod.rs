//! From a whole scenario to a [`Plan`]: every default spelled out, everything checked against everything.
//!
//! Contract: a plan only comes out if nothing is wrong; whatever is wrong is said, all of it. The order of reading is
//! the order in which parts refer to each other: brokers, topics, members, events.

mod assignment;
mod broker;
mod changes;
mod environment;
mod events;
mod group_protocol;
mod happening;
mod member;
mod outage;
mod placeholder;
mod presence;
mod producer;
mod profile;
mod redeploy;
mod selector;
mod slots;
mod topics;
mod warnings;

pub(crate) use assignment::read as assignment;
use protocol::{GroupId, SimDuration, SimTime};
use simulation::Plan;

use crate::diagnostic::Report;
use crate::explain::{Explained, Origin};
use crate::fields::{Context, Fields};
use crate::schema::SCENARIO;
use crate::tree::{Node, Value};

/// How long a run goes on after the last event and the longest session: [`settle`].
const AFTERWARDS: SimDuration = SimDuration::from_secs(60);

/// A plan and where its values come from.
pub(crate) struct Resolved {
    pub(crate) plan: Plan,
    pub(crate) explained: Vec<Explained>,
}

/// The plan of the variant `name`, which `node` is as a whole. `seed` overrules the scenario's.
pub(crate) fn plan(name: &str, node: &Node, seed: Option<u64>, report: &Report) -> Option<Resolved> {
    let context = Context::new(report);
    let fields = Fields::open(&SCENARIO, node, "", &context)?;
    let written_seed = fields.count("seed");
    if let Some(seed) = seed {
        context.explain("seed".to_owned(), seed.to_string(), Origin::CommandLine);
    }
    let seed = seed.or(written_seed);
    let environment = environment::read(&fields);
    let mut broker = broker::read(&fields);
    let usual = environment.as_ref().map_or(1, |environment| environment.replicas);
    let mut topics = topics::read(&fields, broker.plan.count, usual);
    let group = group(&fields, &mut broker);
    let (zookeeper, monitor) = (slots::ensemble(&fields), slots::monitor(&fields));
    let happenings = happening::read(&fields, seed.unwrap_or_default());
    topics.add_later(&happenings.list, &fields);
    let producers = producer::read(&fields, &topics);
    let drawn_from = seed.unwrap_or_default();
    let cast = member::read(&fields, &topics, &happenings, drawn_from);
    let planned = events::plan(&happenings, &cast, (&topics, broker.plan.count), drawn_from, &fields);
    warnings::members(&cast, &planned.changed, &broker, &fields);
    let last = cast.last_start().max(planned.last);
    let until = fields.duration("until").map(|length| SimTime::ZERO + length);
    let end = match fields.has("until") {
        true => until,
        false => default_end(&fields, last, settle(&cast, &planned, &broker), planned.endless),
    };
    let from = fields.duration("measure-from").map(|length| SimTime::ZERO + length);
    let from = from.or_else(|| (!fields.has("measure-from")).then(|| default_from(&fields, planned.first)));
    let is_whole = happenings.lost_from.is_none() && happenings.list.iter().all(|happening| happening.is_whole);
    check_times(&fields, end, from, planned.first.filter(|_| is_whole));
    producer::hear(&producers, &topics, environment.as_ref(), &fields);
    producer::look_up(&producers, &happenings.list, &fields);
    let producers = end.map(|end| producer::plan(&producers, &happenings.list, end, &fields)).unwrap_or_default();
    if report.has_errors() {
        return None;
    }
    let explained = in_order(context.explained.into_inner());
    let plan = Plan {
        name: name.to_owned(),
        seed: seed?,
        end: end?,
        measure_from: from?,
        environment: environment?,
        broker: broker.plan,
        zookeeper: zookeeper?,
        topics: topics.into_plan(),
        group: group?,
        members: cast.members,
        events: planned.events,
        monitor: monitor?,
        producers,
        sends_routine: false,
    };
    Some(Resolved { plan, explained })
}

/// The lines in the order of the language's table, whatever the order of reading.
fn in_order(mut lines: Vec<Explained>) -> Vec<Explained> {
    let place = |line: &Explained| {
        let head = line.path.split(['.', '[']).next().unwrap_or("");
        SCENARIO.keys.iter().position(|key| key.name == head)
    };
    lines.sort_by_key(place);
    lines
}

/// The group's name; its own configs overrule the broker's.
fn group(fields: &Fields<'_>, broker: &mut broker::Broker) -> Option<GroupId> {
    let is_map = fields.node.get("group").is_some_and(|entry| matches!(entry.value.value, Value::Map(_)));
    let group = if is_map {
        let group = fields.object("group")?;
        broker.overrule(&group);
        group.text("name")?
    } else {
        fields.text("group")?
    };
    if group.value.is_empty()
        && let Some(at) = group.at
    {
        fields.report().error(at, "a group's name is not empty").label("Kafka refuses it with INVALID_GROUP_ID").file();
        return None;
    }
    Some(GroupId::new(&group.value))
}

/// How long after the last event everything has shown its effect: the longest session, and a minute.
fn settle(cast: &member::Cast, planned: &events::Planned, broker: &broker::Broker) -> SimDuration {
    let profiles = cast.profiles.iter().chain(&planned.changed);
    let of_consumer_groups = i64::from(broker.plan.group.consumer_session_timeout_ms);
    let sessions = profiles.map(|profile| match profile.config.group_protocol {
        ::member::GroupProtocol::Classic => profile.config.session_timeout,
        ::member::GroupProtocol::Consumer => SimDuration::from_config_millis(of_consumer_groups),
    });
    AFTERWARDS + sessions.max().unwrap_or(SimDuration::ZERO)
}

/// The end, if nobody wrote one.
fn default_end(
    fields: &Fields<'_>,
    last: SimTime,
    settle: SimDuration,
    endless: Option<crate::source::Position>,
) -> Option<SimTime> {
    if let Some(at) = endless {
        let error = fields.report().error(at, "how long this takes is not known beforehand");
        error.label("so the run needs an end").help("write `until:` at the top, for example `until: 30m`").file();
        return None;
    }
    let end = last + settle;
    fields.explain("until", end.to_string(), None);
    Some(end)
}

/// When measuring begins, if nobody wrote it.
fn default_from(fields: &Fields<'_>, first: Option<SimTime>) -> SimTime {
    let from = first.unwrap_or(SimTime::ZERO);
    fields.explain("measure-from", from.to_string(), None);
    from
}

/// Whether the times of a run fit each other.
fn check_times(fields: &Fields<'_>, end: Option<SimTime>, from: Option<SimTime>, first: Option<SimTime>) {
    let Some(end) = end else { return };
    let entry_of = |name: &str| fields.node.get(name).filter(|entry| entry.value.text().is_some());
    if let Some(entry) = entry_of("until") {
        if end == SimTime::ZERO {
            fields.report().error(entry.value.at, "a run takes longer than no time at all").file();
        } else if first.is_some_and(|first| first >= end) {
            fields
                .report()
                .error(entry.value.at, "the run ends before anything happens")
                .label("before the first event")
                .file();
        }
    }
    // An end that nobody wrote is known only if everything before it is.
    let is_known = fields.has("until") || !fields.report().has_errors();
    if let Some(entry) = entry_of("measure-from")
        && from.is_some_and(|from| from >= end)
        && is_known
    {
        fields
            .report()
            .error(entry.value.at, "measuring begins after the end of the run")
            .label(format!("the run ends at {end}"))
            .file();
    }
}

/// Whether text has only letters that Kafka allows in names of topics and instance ids, and not too many.
fn is_legal_name(text: &str) -> bool {
    const LONGEST: usize = 249;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !text.is_empty() && text != "." && text != ".." && text.len() <= LONGEST && text.chars().all(legal)
}

/// What [`is_legal_name`] demands, for messages.
const LEGAL_NAME: &str = "1 to 249 of a-z, A-Z, 0-9, `.`, `_`, `-`";

/// The node of a list that may be one map alone.
fn maps(node: &Node) -> &[Node] {
    if node.is_null() { &[] } else { node.elements() }
}
