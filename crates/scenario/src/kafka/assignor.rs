//! `partition.assignment.strategy`: names of assignors, and Kafka's classes of the same meaning.

use assignor::{ClientAssignorKind, RebalanceProtocol};

/// The classes that people paste from their configurations.
const CLASSES: [(&str, ClientAssignorKind); 4] = [
    ("org.apache.kafka.clients.consumer.RangeAssignor", ClientAssignorKind::Range),
    ("org.apache.kafka.clients.consumer.RoundRobinAssignor", ClientAssignorKind::RoundRobin),
    ("org.apache.kafka.clients.consumer.StickyAssignor", ClientAssignorKind::Sticky),
    ("org.apache.kafka.clients.consumer.CooperativeStickyAssignor", ClientAssignorKind::CooperativeSticky),
];

/// The assignor of this name or class.
pub(crate) fn assignor(written: &str) -> Option<ClientAssignorKind> {
    let by_class = || CLASSES.iter().find(|(class, _)| *class == written).map(|(_, kind)| *kind);
    ClientAssignorKind::by_name(written).or_else(by_class)
}

/// Whether the assignor can rebalance cooperatively.
pub(crate) fn is_cooperative(kind: ClientAssignorKind) -> bool {
    kind.protocols().contains(&RebalanceProtocol::Cooperative)
}
