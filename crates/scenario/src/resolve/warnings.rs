//! What is allowed and will not do what was meant; and what the client refuses although every value alone is allowed.

use member::{ClientFamily, GroupProtocol};
use protocol::SimDuration;
use simulation::plan::ManualCommit;

use super::broker::Broker;
use super::member::Cast;
use super::profile::{Pattern, Profile};
use crate::fields::Fields;
use crate::kafka::is_cooperative;
use crate::source::Position;

/// Looks at members and broker together. `changed` is what members change to.
pub(super) fn members(cast: &Cast, changed: &[Profile], broker: &Broker, fields: &Fields<'_>) {
    for profile in cast.profiles.iter().filter(|profile| profile.members > 0) {
        runs_eager(profile, fields);
    }
    for profile in cast.profiles.iter().chain(changed).filter(|profile| profile.members > 0) {
        heartbeat(profile, fields);
        session(profile, broker, fields);
        shared_instance(profile, fields);
        own_list(profile, fields);
        commits(profile, fields);
        remote_assignor(profile, broker, fields);
        unknown_to_the_client(profile, fields);
        pattern(profile, fields);
    }
    group_size(cast, broker, fields);
    assignors(cast, fields);
}

/// Kafka's own client refuses to start with a heartbeat that is not below the session (`Heartbeat`); others start, and
/// lose their sessions.
fn heartbeat(profile: &Profile, fields: &Fields<'_>) {
    let (heartbeat, session) = (profile.config.heartbeat_interval, profile.config.session_timeout);
    let Some(at) = profile.written("heartbeat.interval.ms").or_else(|| profile.written("session.timeout.ms")) else {
        return;
    };
    if !profile.has_read(&["heartbeat.interval.ms", "session.timeout.ms"]) {
        return;
    }
    if heartbeat >= session && profile.client != ClientFamily::Java {
        let warning = fields.report().warning(at, "`heartbeat.interval.ms` is not below `session.timeout.ms`");
        let values = format!("{} ms against {} ms", heartbeat.as_millis(), session.as_millis());
        warning.label(values).help("every session ends before its next heartbeat, and the group never settles").file();
    } else if heartbeat >= session {
        let error = fields.report().error(at, "`heartbeat.interval.ms` must be below `session.timeout.ms`");
        let values = format!("{} ms against {} ms", heartbeat.as_millis(), session.as_millis());
        error.label(values).help("Kafka's consumer refuses to start: IllegalArgumentException").file();
    } else if heartbeat * 3 > session {
        let warning =
            fields.report().warning(at, "`heartbeat.interval.ms` is more than a third of `session.timeout.ms`");
        let values = format!("{} ms against {} ms", heartbeat.as_millis(), session.as_millis());
        warning.label(values).help("one or two late heartbeats are enough to lose the session").file();
    }
}

/// Whoever commits by himself does not let the consumer do it as well.
fn commits(profile: &Profile, fields: &Fields<'_>) {
    let is_read = profile.has_read(&["enable.auto.commit"]);
    if profile.application.commits == ManualCommit::None || !profile.config.auto_commit || !is_read {
        return;
    }
    // Where that was asked for, which may be a variant.
    let asked = || Some(profile.node.get("application")?.value.get("commit")?.at);
    let at = profile.written("enable.auto.commit").or_else(asked);
    let at = at.or_else(|| fields.node.get("members").map(|entry| entry.at)).unwrap_or(fields.node.at);
    let error = fields.report().error(at, "these members commit by themselves, and their consumers commit as well");
    error.label("`enable.auto.commit` is true").help("write `enable.auto.commit: false` beside `application:`").file();
}

/// Configs of Kafka's own consumer that another client has no counterpart of.
fn unknown_to_the_client(profile: &Profile, fields: &Fields<'_>) {
    let client = profile.client.profile();
    for name in client.ignores {
        if let Some(at) = profile.written(name) {
            let warning = fields.report().warning(at, format!("{} has no `{name}`", client.name));
            warning.label("this changes nothing").file();
        }
    }
}

/// Patterns are a matter of the client; only one client's are simulated.
fn pattern(profile: &Profile, fields: &Fields<'_>) {
    let Some(Pattern { at, .. }) = profile.pattern else { return };
    if profile.client != ClientFamily::Java {
        let error = fields.report().error(at, "patterns of this client are not simulated");
        error.label("those of Kafka's own consumer are").help("subscribe to topics by name").file();
    }
}

/// The coordinator refuses sessions outside its bounds.
fn session(profile: &Profile, broker: &Broker, fields: &Fields<'_>) {
    let group = &broker.plan.group;
    let millis = |value: i32| SimDuration::from_config_millis(i64::from(value));
    let (least, most) = (millis(group.min_session_timeout_ms), millis(group.max_session_timeout_ms));
    let session = profile.config.session_timeout;
    let (bound, name) = if session < least {
        (group.min_session_timeout_ms, "group.min.session.timeout.ms")
    } else if session > most {
        (group.max_session_timeout_ms, "group.max.session.timeout.ms")
    } else {
        return;
    };
    let Some(at) = profile.written("session.timeout.ms").or_else(|| broker.written(name)) else { return };
    let warning =
        fields.report().warning(at, "the broker refuses this `session.timeout.ms` with INVALID_SESSION_TIMEOUT");
    let side = if session < least { "shorter" } else { "longer" };
    warning
        .label(format!("{side} than `{name}`, {bound}"))
        .help("the consumer's `poll` throws, and the member never joins")
        .file();
}

/// Several members with one instance id fence each other.
fn shared_instance(profile: &Profile, fields: &Fields<'_>) {
    if let (Some(id), Some(at)) = (&profile.config.instance_id, profile.written("group.instance.id"))
        && profile.members > 1
        && !id.as_str().contains('{')
    {
        let warning =
            fields.report().warning(at, format!("{} members share the `group.instance.id` `{id}`", profile.members));
        let label = match profile.config.group_protocol {
            GroupProtocol::Classic => "the last to join fences the others",
            GroupProtocol::Consumer => "the first to join keeps it, the others are refused",
        };
        warning.label(label).help("write \"{name}\" to give each one its own").file();
    }
}

/// A list that is refused (librdkafka: all assignors of a list must have the same protocol type).
fn own_list(profile: &Profile, fields: &Fields<'_>) {
    let Some(at) = profile.written("partition.assignment.strategy") else { return };
    if is_mixed(profile) && profile.client == ClientFamily::Librdkafka {
        let error = fields.report().error(at, "librdkafka refuses a list that mixes eager and cooperative assignors");
        error.label("eager and cooperative").help("such a group changes over by stopping all of it").file();
    }
}

/// A list that looks cooperative and is not. Members that change to one are on their way (KIP-429), and meant to be.
fn runs_eager(profile: &Profile, fields: &Fields<'_>) {
    let Some(at) = profile.written("partition.assignment.strategy") else { return };
    let cooperative_first = profile.config.assignors.first().is_some_and(|first| is_cooperative(*first));
    if is_mixed(profile) && cooperative_first && profile.client == ClientFamily::Java {
        let warning = fields.report().warning(at, "this list runs eager");
        let help = "a consumer rebalances cooperatively only if every assignor of its list can; leave out the others once all members \
                    have the cooperative one";
        warning.label("cooperative first, but not alone").help(help).file();
    }
}

/// Whether a list has eager and cooperative assignors.
fn is_mixed(profile: &Profile) -> bool {
    let list = &profile.config.assignors;
    list.iter().copied().any(is_cooperative) && !list.iter().copied().all(is_cooperative)
}

/// A member that wishes for an assignor which the coordinator does not have is refused.
fn remote_assignor(profile: &Profile, broker: &Broker, fields: &Fields<'_>) {
    let (Some(name), Some(at)) = (&profile.config.remote_assignor, profile.written("group.remote.assignor")) else {
        return;
    };
    let assignors = broker.plan.group.consumer_assignors;
    if assignors.by_name(name).is_none() {
        let warning = fields.report().warning(at, "the broker refuses these members with UNSUPPORTED_ASSIGNOR");
        let known = crate::word::either(assignors.kinds().iter().map(|kind| kind.name()));
        warning
            .label(format!("its `group.consumer.assignors` are {known}"))
            .help("the consumer's `poll` throws")
            .file();
    }
}

/// More members than the broker takes.
fn group_size(cast: &Cast, broker: &Broker, fields: &Fields<'_>) {
    let most = usize::try_from(broker.plan.group.max_size).unwrap_or(usize::MAX);
    if let Some(at) = broker.written("group.max.size")
        && cast.members.len() > most
    {
        let warning = fields.report().warning(at, format!("the group has {} members", cast.members.len()));
        warning.label("fewer than that").help("the broker turns the rest away with GROUP_MAX_SIZE_REACHED").file();
    }
}

/// Members of one group must have an assignor in common, and must agree on how they rebalance.
fn assignors(cast: &Cast, fields: &Fields<'_>) {
    let is_classic = |profile: &&Profile| profile.config.group_protocol == GroupProtocol::Classic;
    let profiles: Vec<&Profile> =
        cast.profiles.iter().filter(|profile| profile.members > 0).filter(is_classic).collect();
    if !profiles.iter().all(|profile| profile.has_read(&["partition.assignment.strategy", "group.protocol"])) {
        return;
    }
    let [first, rest @ ..] = profiles.as_slice() else { return };
    let place = |profile: &&Profile| profile.written("partition.assignment.strategy");
    let Some(at) = profiles.iter().rev().find_map(place) else { return };
    let in_all = |kind| rest.iter().all(|profile| profile.config.assignors.contains(kind));
    if !first.config.assignors.iter().any(in_all) {
        let warning = fields.report().warning(at, "these members have no assignor in common");
        warning
            .label("differs from the others")
            .help("the broker refuses the later ones with INCONSISTENT_GROUP_PROTOCOL")
            .file();
        return;
    }
    let cooperative = |profile: &Profile| profile.config.assignors.iter().copied().all(is_cooperative);
    if profiles.iter().any(|profile| cooperative(profile)) && profiles.iter().any(|profile| !cooperative(profile)) {
        mixed(at, fields);
    }
}

fn mixed(at: Position, fields: &Fields<'_>) {
    let warning = fields.report().warning(at, "eager and cooperative members in one group");
    let help = "the assignor is common, but eager members give everything up before they join and cooperative ones keep it: a partition \
                can have two owners; KIP-429 moves a group in two rolling bounces";
    warning.label("differs from the others").help(help).file();
}
