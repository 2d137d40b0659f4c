//! Which event leads where from which state, as data: the whole table, one cell per situation and event.
//!
//! A test walks it cell by cell against the machine. The table is of 4.3.0; what other versions do differently is in
//! [`version`](crate::version).

use crate::classic::state::ClassicGroupState;
pub use crate::leads::Leads;

/// Where a group stands, as finely as it matters for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// Empty.
    Empty,
    /// PreparingRebalance out of Empty: the initial delay runs, everybody's JoinGroup is parked.
    InitialDelay,
    /// PreparingRebalance otherwise: some have joined, some have not.
    Joining,
    /// CompletingRebalance: nobody has synced.
    Syncing,
    /// Stable.
    Stable,
}

/// What can happen to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A dynamic newcomer's first JoinGroup.
    NewcomerAsksForId,
    /// A static newcomer's JoinGroup, or a dynamic one's second.
    NewMemberJoins,
    /// JoinGroup of the leader, with the same metadata.
    LeaderRejoins,
    /// JoinGroup of a follower, with the same metadata.
    FollowerRejoinsUnchanged,
    /// JoinGroup of a follower, with other metadata.
    FollowerRejoinsChanged,
    /// JoinGroup of the last member that was missing.
    LastMemberRejoins,
    /// JoinGroup of a static member without its id; the vote stays the same.
    StaticMemberReturns,
    /// JoinGroup of a static member without its id; the vote changes.
    StaticMemberReturnsWithAnotherVote,
    /// SyncGroup of a follower.
    FollowerSyncs,
    /// The leader's assignment, brought while a rebalance was being completed, is committed.
    AssignmentCommitted,
    /// That assignment is not committed in time.
    AssignmentNotCommitted,
    /// Heartbeat of a member.
    Heartbeat,
    /// LeaveGroup of one member of several.
    MemberLeaves,
    /// LeaveGroup of all members.
    EverybodyLeaves,
    /// LeaveGroup of who only has an id.
    PendingMemberLeaves,
    /// A member's timer runs out whose silence is not excused.
    MemberExpires,
    /// The timer of who only has an id runs out.
    PendingMemberExpires,
    /// The initial delay is over, nobody having come since its last round.
    InitialDelayEnds,
    /// A round of the initial delay is over in which somebody came.
    InitialDelayExtends,
    /// The join phase's time is up, and somebody has joined.
    JoinPhaseTimesOut,
    /// The join phase's time is up, and nobody has joined of the static members that are left.
    JoinPhaseTimesOutUnused,
    /// Time is up for who owes a SyncGroup.
    SyncPhaseTimesOut,
    /// OffsetCommit of a member, or of nobody if there are none.
    OffsetCommit,
    /// DeleteGroups.
    Deletion,
    /// The regular look for expired offsets; the group has none.
    RetentionTick,
    /// The coordinator gives its partition away.
    Unload,
}

use ClassicGroupState::{CompletingRebalance, Empty, PreparingRebalance};
use Leads::{Away, Impossible, Nowhere, To};

const NO_MEMBERS: Leads<ClassicGroupState> = Impossible("there are no members");
const NOT_STATIC: Leads<ClassicGroupState> = Impossible("a static member that joins has no id to lose");
const NO_RECORD: Leads<ClassicGroupState> = Impossible("no assignment can be on its way to the log");
const NO_TIMER: Leads<ClassicGroupState> = Impossible("its timer is not armed in this state");
const ALL_JOINED: Leads<ClassicGroupState> = Impossible("nobody is missing");

/// The situations, in the order of the columns of [`TRANSITIONS`].
pub const SITUATIONS: [Situation; 5] =
    [Situation::Empty, Situation::InitialDelay, Situation::Joining, Situation::Syncing, Situation::Stable];

/// The table: per event, where it leads from each of [`SITUATIONS`].
#[rustfmt::skip]
pub const TRANSITIONS: &[(Event, [Leads<ClassicGroupState>; 5])] = &[
    // event                                     Empty                    InitialDelay             Joining
    //      Syncing                  Stable
    (Event::NewcomerAsksForId,                  [Nowhere,                 Nowhere,                 Nowhere,                 Nowhere,                 Nowhere]),
    (Event::NewMemberJoins,                     [To(PreparingRebalance),  Nowhere,                 Nowhere,                 To(PreparingRebalance),  To(PreparingRebalance)]),
    (Event::LeaderRejoins,                      [NO_MEMBERS,              Nowhere,                 Nowhere,                 Nowhere,                 To(PreparingRebalance)]),
    (Event::FollowerRejoinsUnchanged,           [NO_MEMBERS,              Nowhere,                 Nowhere,                 Nowhere,                 Nowhere]),
    (Event::FollowerRejoinsChanged,             [NO_MEMBERS,              Nowhere,                 Nowhere,                 To(PreparingRebalance),  To(PreparingRebalance)]),
    (Event::LastMemberRejoins,                  [NO_MEMBERS,              ALL_JOINED,              To(CompletingRebalance), ALL_JOINED,              ALL_JOINED]),
    (Event::StaticMemberReturns,                [NOT_STATIC,              Nowhere,                 Nowhere,                 To(PreparingRebalance),  Nowhere]),
    (Event::StaticMemberReturnsWithAnotherVote, [NOT_STATIC,              Nowhere,                 Nowhere,                 To(PreparingRebalance),  To(PreparingRebalance)]),
    (Event::FollowerSyncs,                      [NO_MEMBERS,              Nowhere,                 Nowhere,                 Nowhere,                 Nowhere]),
    (Event::AssignmentCommitted,                [NO_RECORD,               NO_RECORD,               Nowhere,                 To(ClassicGroupState::Stable), Nowhere]),
    (Event::AssignmentNotCommitted,             [NO_RECORD,               NO_RECORD,               Nowhere,                 To(PreparingRebalance),  Nowhere]),
    (Event::Heartbeat,                          [NO_MEMBERS,              Nowhere,                 Nowhere,                 Nowhere,                 Nowhere]),
    (Event::MemberLeaves,                       [NO_MEMBERS,              Nowhere,                 Nowhere,                 To(PreparingRebalance),  To(PreparingRebalance)]),
    (Event::EverybodyLeaves,                    [NO_MEMBERS,              Nowhere,                 To(Empty),               To(Empty),               To(Empty)]),
    (Event::PendingMemberLeaves,                [Nowhere,                 Nowhere,                 Nowhere,                 To(PreparingRebalance),  To(PreparingRebalance)]),
    (Event::MemberExpires,                      [NO_MEMBERS,              To(CompletingRebalance), Nowhere,                 To(PreparingRebalance),  To(PreparingRebalance)]),
    (Event::PendingMemberExpires,               [Nowhere,                 To(CompletingRebalance), Nowhere,                 Nowhere,                 Nowhere]),
    (Event::InitialDelayEnds,                   [NO_TIMER,                To(CompletingRebalance), NO_TIMER,                NO_TIMER,                NO_TIMER]),
    (Event::InitialDelayExtends,                [NO_TIMER,                Nowhere,                 NO_TIMER,                NO_TIMER,                NO_TIMER]),
    (Event::JoinPhaseTimesOut,                  [NO_TIMER,                NO_TIMER,                To(CompletingRebalance), NO_TIMER,                NO_TIMER]),
    (Event::JoinPhaseTimesOutUnused,            [NO_TIMER,                NO_TIMER,                Nowhere,                 NO_TIMER,                NO_TIMER]),
    (Event::SyncPhaseTimesOut,                  [NO_TIMER,                NO_TIMER,                NO_TIMER,                To(PreparingRebalance),  To(PreparingRebalance)]),
    (Event::OffsetCommit,                       [Nowhere,                 Nowhere,                 Nowhere,                 Nowhere,                 Nowhere]),
    (Event::Deletion,                           [Away,                    Nowhere,                 Nowhere,                 Nowhere,                 Nowhere]),
    (Event::RetentionTick,                      [Away,                    Nowhere,                 Nowhere,                 Nowhere,                 Nowhere]),
    (Event::Unload,                             [Away,                    Away,                    Away,                    Away,                    Away]),
];

impl Situation {
    /// The state that it belongs to.
    pub const fn state(self) -> ClassicGroupState {
        match self {
            Self::Empty => Empty,
            Self::InitialDelay | Self::Joining => PreparingRebalance,
            Self::Syncing => CompletingRebalance,
            Self::Stable => ClassicGroupState::Stable,
        }
    }
}
