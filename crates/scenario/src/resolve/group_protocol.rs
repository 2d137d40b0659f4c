//! What a consumer refuses, or leaves to others, under one of the two rebalance protocols.
//!
//! Source: `ConsumerConfig.checkUnsupportedConfigsPostProcess`; librdkafka's `rd_kafka_conf_finalize`; franz-go's
//! `should848`. Under the consumer protocol sessions, heartbeats and assignors are the coordinator's business.

use assignor::ClientAssignorKind;
use member::{ClientConfig, ClientFamily, GroupProtocol};

use crate::diagnostic::Report;
use crate::fields::Fields;
use crate::kafka::{Config, Setting};
use crate::source::Position;

/// What is read of a consumer's configs.
pub(super) type Settings = [(&'static Config<ClientConfig>, Setting, Position)];

/// The protocol that is written, or the default.
pub(super) fn of(settings: &Settings) -> GroupProtocol {
    let is_consumer = |(config, value, _): &(&'static Config<ClientConfig>, Setting, Position)| {
        config.name == "group.protocol" && *value == Setting::Text("consumer".to_owned())
    };
    if settings.iter().any(is_consumer) { GroupProtocol::Consumer } else { GroupProtocol::Classic }
}

/// Whether this config means anything to this client under this protocol.
pub(super) fn has(name: &str, client: ClientFamily, protocol: GroupProtocol) -> bool {
    match (protocol, name) {
        (GroupProtocol::Classic, "group.remote.assignor") => false,
        (GroupProtocol::Consumer, "session.timeout.ms" | "heartbeat.interval.ms") => false,
        // franz-go asks for the coordinator's assignor that is like its own first one.
        (GroupProtocol::Consumer, "partition.assignment.strategy") => client == ClientFamily::FranzGo,
        (GroupProtocol::Consumer, "group.remote.assignor") => client != ClientFamily::FranzGo,
        _ => true,
    }
}

/// Says what becomes of a config that means nothing under this protocol.
pub(super) fn refuse(name: &str, at: Position, client: ClientFamily, protocol: GroupProtocol, report: &Report) {
    let word = if protocol == GroupProtocol::Classic { "classic" } else { "consumer" };
    let profile = client.profile();
    let instead = match name {
        "session.timeout.ms" => "under this protocol it is the broker's: `group.consumer.session.timeout.ms`",
        "heartbeat.interval.ms" => "under this protocol it is the broker's: `group.consumer.heartbeat.interval.ms`",
        "partition.assignment.strategy" => "under this protocol the coordinator assigns: `group.remote.assignor`",
        _ if client == ClientFamily::FranzGo => "it asks for `uniform` or `range` after its own first assignor",
        _ => "it is for `group.protocol: consumer`",
    };
    if client == ClientFamily::FranzGo {
        let warning = report.warning(at, format!("{} has no `{name}` with `group.protocol: {word}`", profile.name));
        warning.label("this changes nothing").help(instead).file();
    } else {
        let error = report.error(at, format!("`{name}` cannot be set with `group.protocol: {word}`"));
        error.label(format!("{} refuses to start", profile.name)).help(instead).file();
    }
}

/// franz-go speaks the consumer protocol only if its first assignor has a counterpart at the coordinator.
pub(super) fn check(config: &ClientConfig, client: ClientFamily, at: Option<Position>, kind: &Fields<'_>) {
    let counterpart = matches!(
        config.assignors.first(),
        Some(ClientAssignorKind::CooperativeSticky | ClientAssignorKind::Sticky | ClientAssignorKind::Range)
    );
    if client == ClientFamily::FranzGo && config.group_protocol == GroupProtocol::Consumer && !counterpart {
        let error = kind.report().error(at.unwrap_or(kind.node.at), "franz-go would speak the classic protocol here");
        let help = "it speaks the consumer protocol if its first assignor is cooperative-sticky, sticky or range";
        error.label("the coordinator has no assignor like this one").help(help).file();
    }
}
