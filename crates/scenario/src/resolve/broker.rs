//! `broker:`: its version and Kafka's own configs.

use coordinator::{BrokerVersion, GroupConfig};
use simulation::plan::BrokerPlan;

use crate::explain::Origin;
use crate::fields::Fields;
use crate::kafka::{BROKER, Status};
use crate::source::Position;

/// The broker, and where its configs were written.
pub(super) struct Broker {
    pub(super) plan: BrokerPlan,
    written: Vec<(&'static str, Position)>,
}

impl Broker {
    /// Where a config was written, if it was.
    pub(super) fn written(&self, name: &str) -> Option<Position> {
        self.written.iter().find(|(written, _)| *written == name).map(|(_, at)| *at)
    }
}

/// The broker of a scenario.
pub(super) fn read(fields: &Fields<'_>) -> Broker {
    let mut group = GroupConfig::default();
    let mut written = Vec::new();
    let Some(broker) = fields.object_or_default("broker") else {
        return Broker { plan: BrokerPlan { version: BrokerVersion::default(), group }, written };
    };
    let version = broker.word("version").and_then(|version| BrokerVersion::by_name(version.value)).unwrap_or_default();
    let settings = broker.kafka(BROKER);
    for config in BROKER {
        let Status::Modelled(set) = config.status else { continue };
        let path = broker.path_of(config.name);
        match settings.iter().find(|(other, _, _)| other.name == config.name) {
            Some((_, value, at)) => {
                set(&mut group, value);
                written.push((config.name, *at));
                broker.context.explain(path, value.to_string(), Origin::Written(*at));
            }
            None => broker.context.explain(path, config.default, Origin::Kafka),
        }
    }
    check(&broker, &group, &written);
    Broker { plan: BrokerPlan { version, group }, written }
}

/// What a broker would refuse, or should have.
fn check(broker: &Fields<'_>, group: &GroupConfig, written: &[(&'static str, Position)]) {
    if group.min_session_timeout_ms > group.max_session_timeout_ms
        && let Some((_, at)) = written.iter().find(|(name, _)| name.ends_with(".session.timeout.ms"))
    {
        let warning = broker.report().warning(*at, "no session timeout lies between the broker's bounds");
        let bounds = format!("from {} to {} ms", group.min_session_timeout_ms, group.max_session_timeout_ms);
        warning.label(bounds).help("every member will be refused with INVALID_SESSION_TIMEOUT").file();
    }
}
