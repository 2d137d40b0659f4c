//! The scenarios that come with the command.
//!
//! They are in the binary, so that an installed command can show and copy them; a test sees to it that none is missing.

/// A scenario that comes with the command.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its name: that of its file, without `.yaml`.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(Shipped { name: $name, text: include_str!(concat!("../../../scenarios/", $name, ".yaml")) }),*]
    };
}

/// All of them, by name.
pub const SHIPPED: &[Shipped] = shipped![
    "assignors-side-by-side",
    "batches-too-long",
    "broker-failover",
    "catch-up",
    "commit-policies",
    "consumer-protocol-quick-deploy",
    "cooperative-member-in-eager-group",
    "coordinator-moves",
    "crash-loop",
    "default-list-to-cooperative",
    "eager-to-cooperative",
    "franz-go-commits",
    "franz-go-defaults",
    "franz-go-revokes-at-any-time",
    "hot-key",
    "identity-mistakes",
    "idle-members",
    "join-storm",
    "keyed-and-unkeyed",
    "kill-one-of-three",
    "kubernetes-rollout",
    "migrate-to-consumer-protocol",
    "more-members-than-partitions",
    "network-cut",
    "never-polls-again",
    "one-of-three-returns",
    "partitions-added",
    "pattern-new-topic",
    "rebalance-longer-than-timeout",
    "restart-all-at-once",
    "rolling-restart-session-too-short",
    "rolling-restart",
    "same-instance-twice",
    "scale-in",
    "scale-out",
    "slow-member",
    "slow-revoke",
    "static-group-as-published",
    "static-group-in-production",
    "static-group-killed-with-defaults-of-4.3",
    "static-group-killed",
    "static-group-loses-zookeeper",
    "static-group-needs-a-scheduler",
    "static-group-on-a-rig",
    "static-group-rolling",
    "static-group-scaled",
    "static-group-treated-equally",
    "static-group-with-defaults-of-4.3",
    "static-member-exits",
    "third-consumer-joins",
    "timer-grid",
    "transactional-handover",
];

/// The files for `rehearsal assign`, by name.
pub const ASSIGNMENTS: &[Shipped] =
    shipped!["assign/one-of-four-leaves", "assign/racks", "assign/topic-grows", "assign/two-consumers-three-topics"];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().chain(ASSIGNMENTS).find(|shipped| shipped.name == name)
}
