//! Which event leads where from which state, as data: the whole table, one cell per situation and event.
//!
//! A test walks it cell by cell against the machine. The table is of 4.3.0, for a static and a dynamic member; what other versions do differently is in [`version`](crate::version). A consumer group's state only says how far
//! its epochs are apart; the members' own states are in [`MemberState`](crate::consumer::MemberState).

use crate::consumer::state::ConsumerGroupState;
pub use crate::leads::Leads;

/// Where a group stands, as finely as it matters for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// Empty: everybody has left. (Offsets may be there.)
    Empty,
    /// Assigning: somebody joined within the assignment interval, which is over now.
    Assigning,
    /// Reconciling: a member has been told to give partitions up for the other.
    Revoking,
    /// Reconciling: a static member has left for a while.
    Away,
    /// Stable.
    Stable,
}

/// What can happen to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A new member joins, the last target assignment being older than the interval.
    NewMemberJoins,
    /// A new member joins within the interval.
    NewMemberJoinsEarly,
    /// A new member joins that subscribes to nothing.
    NewMemberJoinsIdle,
    /// Heartbeat of the dynamic member that says nothing new.
    Heartbeat,
    /// Heartbeat of the dynamic member that says that it has given up what it had to.
    Acknowledgement,
    /// The dynamic member subscribes to another topic.
    SubscriptionChanges,
    /// The dynamic member joins again under its id.
    MemberRejoins,
    /// The static member leaves for a while.
    StaticMemberLeavesForAWhile,
    /// A process with the static member's instance id joins.
    StaticMemberReturns,
    /// The dynamic member leaves.
    MemberLeaves,
    /// Everybody leaves.
    EverybodyLeaves,
    /// The dynamic member is silent for the session timeout, the other one is not.
    SessionExpires,
    /// The dynamic member does not give up what it has to.
    RebalanceTimesOut,
    /// The topic grows. Nothing follows until somebody's heartbeat.
    TopicGrows,
    /// A heartbeat of the static member, or of the dynamic one if that is away, after the topic has grown.
    HeartbeatSeesGrowth,
    /// OffsetCommit of the dynamic member, or of nobody if there is none.
    OffsetCommit,
    /// DeleteGroups.
    Deletion,
    /// The regular look for expired offsets; the group has none.
    RetentionTick,
    /// The coordinator gives its partition away.
    Unload,
}

use ConsumerGroupState::{Assigning, Empty, Reconciling, Stable};
use Leads::{Away, Impossible, Nowhere, To};

const NO_MEMBERS: Leads<ConsumerGroupState> = Impossible("there are no members");
const NOTHING_TO_GIVE_UP: Leads<ConsumerGroupState> = Impossible("nobody has been told to give anything up");
const IS_AWAY: Leads<ConsumerGroupState> = Impossible("the static member is away already");

/// The situations, in the order of the columns of [`TRANSITIONS`].
pub const SITUATIONS: [Situation; 5] =
    [Situation::Empty, Situation::Assigning, Situation::Revoking, Situation::Away, Situation::Stable];

/// The table: per event, where it leads from each of [`SITUATIONS`].
#[rustfmt::skip]
pub const TRANSITIONS: &[(Event, [Leads<ConsumerGroupState>; 5])] = &[
    // event                                Empty            Assigning        Revoking             Away             Stable
    (Event::NewMemberJoins,               [To(Stable),      To(Reconciling), Nowhere,             Nowhere,         To(Reconciling)]),
    (Event::NewMemberJoinsEarly,          [To(Assigning),   Nowhere,         To(Assigning),       To(Assigning),   To(Assigning)]),
    (Event::NewMemberJoinsIdle,           [To(Stable),      To(Reconciling), Nowhere,             Nowhere,         Nowhere]),
    (Event::Heartbeat,                    [NO_MEMBERS,      To(Reconciling), Nowhere,             Nowhere,         Nowhere]),
    (Event::Acknowledgement,              [NO_MEMBERS,      To(Reconciling), Nowhere,             Nowhere,         Nowhere]),
    (Event::SubscriptionChanges,          [NO_MEMBERS,      To(Reconciling), Nowhere,             Nowhere,         To(Reconciling)]),
    (Event::MemberRejoins,                [NO_MEMBERS,      To(Reconciling), Nowhere,             Nowhere,         Nowhere]),
    (Event::StaticMemberLeavesForAWhile,  [NO_MEMBERS,      Nowhere,         Nowhere,             IS_AWAY,         To(Reconciling)]),
    (Event::StaticMemberReturns,          [NO_MEMBERS,      Nowhere,         Nowhere,             To(Stable),      Nowhere]),
    (Event::MemberLeaves,                 [NO_MEMBERS,      Nowhere,         To(Assigning),       To(Assigning),   To(Assigning)]),
    (Event::EverybodyLeaves,              [NO_MEMBERS,      To(Empty),       To(Empty),           To(Empty),       To(Empty)]),
    (Event::SessionExpires,               [NO_MEMBERS,      Nowhere,         To(Assigning),       To(Assigning),   To(Assigning)]),
    (Event::RebalanceTimesOut,            [NO_MEMBERS,      NOTHING_TO_GIVE_UP, To(Assigning),    NOTHING_TO_GIVE_UP, NOTHING_TO_GIVE_UP]),
    (Event::TopicGrows,                   [Nowhere,         Nowhere,         Nowhere,             Nowhere,         Nowhere]),
    (Event::HeartbeatSeesGrowth,          [NO_MEMBERS,      To(Reconciling), Nowhere,             Nowhere,         To(Reconciling)]),
    (Event::OffsetCommit,                 [Nowhere,         Nowhere,         Nowhere,             Nowhere,         Nowhere]),
    (Event::Deletion,                     [Away,            Nowhere,         Nowhere,             Nowhere,         Nowhere]),
    (Event::RetentionTick,                [Away,            Nowhere,         Nowhere,             Nowhere,         Nowhere]),
    (Event::Unload,                       [Away,            Away,            Away,                Away,            Away]),
];

impl Situation {
    /// The state that it belongs to.
    pub const fn state(self) -> ConsumerGroupState {
        match self {
            Self::Empty => Empty,
            Self::Assigning => Assigning,
            Self::Revoking | Self::Away => Reconciling,
            Self::Stable => Stable,
        }
    }
}
