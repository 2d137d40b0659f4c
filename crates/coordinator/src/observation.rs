//! What happens to groups, as data.
//!
//! [`LogLine`] prints an event the way the broker's log does (`GroupMetadataManager`, `ClassicGroup`), so that
//! simulated runs can be searched with the words people know. Where Kafka logs nothing, neither does the line.

use alloc::vec::Vec;
use protocol::{ErrorCode, Generation, GroupId, InstanceId, MemberId, Text, TopicPartition};

use crate::classic::ClassicGroupState;
use crate::consumer::ConsumerEvent;

/// Something that happened to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupEvent {
    /// Something that only happens to consumer groups.
    Consumer(ConsumerEvent),
    /// The group was created.
    Created,
    /// The group was removed: by an administrator, or because it was empty and nothing of it was left.
    Deleted,
    /// Committed offsets were too old.
    OffsetsExpired {
        /// Whose, in order.
        partitions: Vec<TopicPartition>,
    },
    /// The group was read from the log.
    Loaded {
        /// Its generation.
        generation: Generation,
        /// Number of its members.
        members: usize,
    },
    /// The coordinator gave the group away.
    Unloaded {
        /// Its generation.
        generation: Generation,
    },
    /// A dynamic newcomer was given an id and asked to join again with it (KIP-394).
    MemberIdRequired {
        /// The new id.
        member: MemberId,
        /// The group's state.
        state: ClassicGroupState,
    },
    /// A member entered the group.
    MemberAdded {
        /// Its id.
        member: MemberId,
        /// Its instance id, if static.
        instance: Option<InstanceId>,
        /// Whether it had been given its id before.
        was_pending: bool,
        /// The group's state before.
        state: ClassicGroupState,
    },
    /// A static member returned under a new id (KIP-345).
    MemberReplaced {
        /// Its instance id.
        instance: InstanceId,
        /// Its former id, which is fenced from now on.
        old: MemberId,
        /// Its new id.
        new: MemberId,
        /// The group's state.
        state: ClassicGroupState,
    },
    /// A static member's return changed nothing for the others: no rebalance.
    ReplacedWithoutRebalance {
        /// Its new id.
        member: MemberId,
    },
    /// The return of a static member could not be written; it has its former id again.
    ReplacementReverted {
        /// Its instance id.
        instance: InstanceId,
        /// Its former id, valid again.
        old: MemberId,
        /// The id that is void.
        new: MemberId,
        /// Why.
        error: ErrorCode,
    },
    /// A request under a former id of a static member was refused.
    MemberFenced {
        /// The instance id.
        instance: InstanceId,
        /// The id of the request.
        member: MemberId,
        /// The id that holds.
        existing: MemberId,
        /// The kind of request, as the log names it.
        operation: &'static str,
    },
    /// A member left of its own will, or was removed by an administrator.
    MemberLeft {
        /// Its id.
        member: MemberId,
        /// Whether it only had an id and had not joined.
        was_pending: bool,
        /// The reason given.
        reason: Option<Text>,
    },
    /// A member was silent for its whole session timeout and is removed.
    MemberExpired {
        /// Its id.
        member: MemberId,
    },
    /// Who was given an id did not join with it in time.
    PendingMemberExpired {
        /// The id.
        member: MemberId,
    },
    /// A member was turned away because the group is full (`group.max.size`).
    MemberRefused {
        /// Its id; empty for a newcomer.
        member: MemberId,
    },
    /// Dynamic members did not rejoin in time and are removed.
    MembersDidNotJoin {
        /// Their ids.
        members: Vec<MemberId>,
    },
    /// Members did not ask for their assignment in time and are removed.
    MembersDidNotSync {
        /// Their ids.
        members: Vec<MemberId>,
    },
    /// The leader did not rejoin; another member leads.
    LeaderReplaced {
        /// The former leader.
        old: MemberId,
        /// Its instance id, if static.
        old_instance: Option<InstanceId>,
        /// The new one.
        new: MemberId,
    },
    /// Nobody rejoined: the rebalance waits for another round.
    NobodyJoined,
    /// A rebalance begins.
    PreparingRebalance {
        /// The generation that ends.
        old_generation: Generation,
        /// Why.
        reason: RebalanceReason,
    },
    /// The join phase is over: a new generation begins.
    Stabilized {
        /// The generation.
        generation: Generation,
        /// Number of its members.
        members: usize,
        /// Its leader.
        leader: MemberId,
    },
    /// The join phase is over and nobody is left.
    Emptied {
        /// The generation.
        generation: Generation,
    },
    /// The leader brought the assignment.
    AssignmentReceived {
        /// The leader.
        leader: MemberId,
        /// The generation.
        generation: Generation,
        /// Number of members.
        members: usize,
        /// How many of them are static.
        static_members: usize,
    },
    /// The assignment is durable and everybody is told: the rebalance is complete. (Kafka counts it and logs nothing.)
    Completed {
        /// The generation.
        generation: Generation,
    },
}

/// Why a rebalance began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RebalanceReason {
    /// A member entered.
    NewMember {
        /// Its id.
        member: MemberId,
        /// Its instance id, if static.
        instance: Option<InstanceId>,
        /// The reason the client gave.
        client: Option<Text>,
    },
    /// A member rejoined with other metadata.
    MetadataChanged {
        /// Its id.
        member: MemberId,
        /// The group's state then.
        state: ClassicGroupState,
        /// The reason the client gave.
        client: Option<Text>,
    },
    /// The leader rejoined.
    LeaderRejoined {
        /// Its id.
        leader: MemberId,
        /// The group's state then.
        state: ClassicGroupState,
        /// The reason the client gave.
        client: Option<Text>,
    },
    /// A static member returned while assignments were awaited.
    StaticMemberReturned {
        /// Its new id.
        member: MemberId,
        /// Its instance id.
        instance: InstanceId,
        /// The reason the client gave.
        client: Option<Text>,
    },
    /// A static member returned with other protocols, and the vote changes.
    VoteChanges {
        /// Its new id.
        member: MemberId,
        /// Its instance id.
        instance: InstanceId,
        /// The reason the client gave.
        client: Option<Text>,
    },
    /// Members left.
    MembersLeft {
        /// Their ids as the request named them.
        members: Vec<MemberId>,
    },
    /// A member's session expired.
    MemberExpired {
        /// Its id.
        member: MemberId,
    },
    /// Members did not ask for their assignment in time.
    MembersDidNotSync {
        /// Their ids.
        members: Vec<MemberId>,
    },
    /// The leader's assignment could not be written.
    AssignmentNotStored {
        /// The leader.
        leader: MemberId,
        /// The error.
        error: ErrorCode,
    },
    /// The group was a consumer group, and a member left it.
    DowngradedByLeaving {
        /// The group.
        group: GroupId,
    },
    /// The group was a consumer group, and its members had not got what they were to have.
    DowngradedStale {
        /// The group.
        group: GroupId,
    },
    /// The group was read from the log and is larger than allowed.
    OverCapacity {
        /// Number of members.
        size: usize,
        /// `group.max.size`.
        capacity: i32,
    },
}

/// An event of a group as a line of the broker's log.
#[derive(Clone, Copy, Debug)]
pub struct LogLine<'a> {
    /// The group.
    pub group: &'a GroupId,
    /// What happened.
    pub event: &'a GroupEvent,
}
