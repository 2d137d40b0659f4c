//! Every assignor, with what it claims: help, documents and the tests of laws walk this list.

use crate::client::ClientAssignorKind;
use crate::server::ServerAssignorKind;

/// Who runs an assignor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The consumer that leads a classic group.
    Client(ClientAssignorKind),
    /// The group coordinator.
    Coordinator(ServerAssignorKind),
}

/// How far apart members may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Balance {
    /// Of every topic by itself, subscribers get numbers of partitions that differ by one at most. Their sums may
    /// differ by as many as there are topics.
    EachTopic,
    /// If all subscribe to the same topics, members differ by one at most. With unequal subscriptions nothing is
    /// promised.
    EqualSubscriptions,
    /// As [`Balance::EqualSubscriptions`]; with unequal subscriptions no single partition could go to another
    /// subscriber who has two fewer.
    NoMoveLevels,
}

impl Balance {
    /// In words, for help and documents.
    pub const fn words(self) -> &'static str {
        match self {
            Self::EachTopic => "within one partition of each topic",
            Self::EqualSubscriptions => "within one partition if subscriptions are equal",
            Self::NoMoveLevels => "within one partition if subscriptions are equal, else no single move levels",
        }
    }
}

/// One assignor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignor {
    /// Kafka's name for it.
    pub name: &'static str,
    /// Who runs it.
    pub side: Side,
    /// What it does, in one line.
    pub description: &'static str,
    /// How far apart members may end, partitions withheld for a round included.
    pub balance: Balance,
    /// Whether members keep what they have as far as balance allows: nothing moves in a group that did not change,
    /// and where subscriptions are equal nobody who stays loses anything to a departure.
    pub sticky: bool,
    /// Whether several members may have the same partition.
    pub shares: bool,
    /// Whether a partition that changes hands is left out for a round.
    pub withholds: bool,
    /// What it costs: N members, T topics, P partitions.
    pub cost: &'static str,
}

/// Every assignor, the client's before the coordinator's.
pub const ASSIGNORS: &[Assignor] = &[
    Assignor {
        name: ClientAssignorKind::Range.name(),
        side: Side::Client(ClientAssignorKind::Range),
        description: "topic by topic a run of neighbouring partitions for each member; within racks where they matter",
        balance: Balance::EachTopic,
        sticky: false,
        shares: false,
        withholds: false,
        cost: "N log N + subscriptions + P",
    },
    Assignor {
        name: ClientAssignorKind::RoundRobin.name(),
        side: Side::Client(ClientAssignorKind::RoundRobin),
        description: "all partitions of all topics dealt to the members in turn",
        balance: Balance::EqualSubscriptions,
        sticky: false,
        shares: false,
        withholds: false,
        cost: "N log N + subscriptions + P",
    },
    Assignor {
        name: ClientAssignorKind::Sticky.name(),
        side: Side::Client(ClientAssignorKind::Sticky),
        description: "members keep what they had, as told in user data; the rest is levelled; everything stops meanwhile",
        balance: Balance::NoMoveLevels,
        sticky: true,
        shares: false,
        withholds: false,
        cost: "N log N + subscriptions + P; unequal subscriptions: P per pass, and a row of N bits per move",
    },
    Assignor {
        name: ClientAssignorKind::CooperativeSticky.name(),
        side: Side::Client(ClientAssignorKind::CooperativeSticky),
        description: "as sticky, but what changes hands is withheld for a round, so that the rest goes on meanwhile",
        balance: Balance::NoMoveLevels,
        sticky: true,
        shares: false,
        withholds: true,
        cost: "N log N + subscriptions + P; unequal subscriptions: P per pass, and a row of N bits per move",
    },
    Assignor {
        name: ServerAssignorKind::Uniform.name(),
        side: Side::Coordinator(ServerAssignorKind::Uniform),
        description: "members keep what they had up to their quota; the rest goes in one piece to those with room",
        balance: Balance::EqualSubscriptions,
        sticky: true,
        shares: false,
        withholds: false,
        cost: "subscriptions + P; unequal subscriptions: up to 16 rounds of sorting each topic's subscribers",
    },
    Assignor {
        name: ServerAssignorKind::Range.name(),
        side: Side::Coordinator(ServerAssignorKind::Range),
        description: "topic by topic a run of neighbouring partitions for each member",
        balance: Balance::EachTopic,
        sticky: false,
        shares: false,
        withholds: false,
        cost: "N log N + subscriptions + P",
    },
    Assignor {
        name: ServerAssignorKind::Simple.name(),
        side: Side::Coordinator(ServerAssignorKind::Simple),
        description: "share groups: every partition for as many members as make everybody busy",
        balance: Balance::EqualSubscriptions,
        sticky: true,
        shares: true,
        withholds: false,
        cost: "subscriptions + members per partition times P",
    },
];

impl Assignor {
    /// The assignor of a classic group's members by its name.
    pub fn of_client(name: &str) -> Option<&'static Self> {
        ASSIGNORS.iter().find(|assignor| matches!(assignor.side, Side::Client(_)) && assignor.name == name)
    }

    /// The coordinator's assignor by its name.
    pub fn of_coordinator(name: &str) -> Option<&'static Self> {
        ASSIGNORS.iter().find(|assignor| matches!(assignor.side, Side::Coordinator(_)) && assignor.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_every_kind_once_and_finds_it_by_name() {
        let clients = ClientAssignorKind::ALL.map(Side::Client);
        let servers = ServerAssignorKind::ALL.map(Side::Coordinator);
        assert!(ASSIGNORS.iter().map(|assignor| assignor.side).eq(clients.into_iter().chain(servers)));
        for assignor in ASSIGNORS {
            let found = match assignor.side {
                Side::Client(_) => Assignor::of_client(assignor.name),
                Side::Coordinator(_) => Assignor::of_coordinator(assignor.name),
            };
            assert_eq!(found, Some(assignor));
        }
        assert_eq!(Assignor::of_client("uniform"), None);
    }

    #[test]
    fn the_first_page_names_every_assignor_as_the_list_does() {
        let page = include_str!("lib.rs");
        for assignor in ASSIGNORS {
            assert!(page.contains(&alloc::format!("| `{}` ", assignor.name)), "{}", assignor.name);
            assert!(page.contains(assignor.cost), "{}", assignor.name);
        }
    }
}
