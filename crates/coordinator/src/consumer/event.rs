//! What happens to consumer groups, as data and as lines of the broker's log, word for word those of
//! `GroupMetadataManager` 4.3.0.

use core::fmt;
use protocol::{GroupId, InstanceId, MemberId, Text};

use crate::consumer::state::ConsumerGroupState;

/// Which protocol a member speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The classic one.
    Classic,
    /// The consumer protocol.
    Consumer,
}

impl Protocol {
    /// As the broker's log names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Consumer => "consumer",
        }
    }
}

/// Something that happened to a consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerEvent {
    /// A member joined, or joined again.
    Joined {
        /// Its id.
        member: MemberId,
        /// Its instance id, if static.
        instance: Option<InstanceId>,
        /// What it speaks.
        protocol: Protocol,
    },
    /// A static member returned under a new id.
    Replaced {
        /// Its instance id.
        instance: InstanceId,
        /// Its former id.
        old: MemberId,
        /// Its new id.
        new: MemberId,
        /// What it speaks.
        protocol: Protocol,
    },
    /// A static member was refused because another one has its instance id and has not left.
    InstanceNotReleased {
        /// The instance id.
        instance: InstanceId,
        /// Who was refused.
        member: MemberId,
        /// Who has it.
        existing: MemberId,
    },
    /// A request under a former id of a static member was refused.
    InstanceFenced {
        /// The instance id.
        instance: InstanceId,
        /// Who was refused.
        member: MemberId,
        /// Who has it.
        existing: MemberId,
    },
    /// A new epoch of the group begins: the next assignment will be another.
    EpochBumped {
        /// The epoch.
        epoch: i32,
        /// A hash of the topics.
        metadata_hash: i64,
    },
    /// A target assignment was computed.
    AssignmentComputed {
        /// Its epoch.
        epoch: i32,
        /// The assignor's name.
        assignor: &'static str,
        /// For how many members.
        members: usize,
    },
    /// What a member has, or where it stands, has changed. (Kafka logs it only when debugging.)
    Reconciled {
        /// The member.
        member: MemberId,
        /// Its epoch now.
        epoch: i32,
    },
    /// A member left.
    Left {
        /// Its id.
        member: MemberId,
        /// Its instance id, if it named one.
        instance: Option<InstanceId>,
        /// Whether it only left for a while.
        returns: bool,
    },
    /// A member that speaks the classic protocol left, or an administrator removed it.
    ClassicMemberLeft {
        /// Its id as the request named it.
        member: MemberId,
        /// Its instance id, if it was named.
        instance: Option<InstanceId>,
        /// The reason given.
        reason: Option<Text>,
    },
    /// A newcomer that speaks the classic protocol was given an id and asked to join again with it.
    MemberIdRequired {
        /// The id.
        member: MemberId,
    },
    /// The group speaks another protocol from now on.
    Converted {
        /// Which.
        to: Protocol,
        /// Whether it was empty.
        was_empty: bool,
    },
    /// The coordinator gave up on a member.
    Fenced {
        /// Its id.
        member: MemberId,
        /// Why.
        reason: FenceReason,
    },
    /// The group's state has changed. (Kafka logs nothing.)
    StateChanged {
        /// The state before.
        from: ConsumerGroupState,
        /// The state now.
        to: ConsumerGroupState,
    },
    /// The group was read from the log.
    Loaded {
        /// Number of its members.
        members: usize,
    },
    /// The coordinator gave the group away.
    Unloaded {
        /// Its epoch.
        epoch: i32,
    },
}

/// Why the coordinator gave up on a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FenceReason {
    /// It was silent for the session timeout.
    SessionExpired,
    /// It did not give its partitions up in time.
    DidNotRevoke {
        /// The epoch it stayed at.
        epoch: i32,
        /// The time it had, ms.
        timeout_ms: i32,
    },
    /// It speaks the classic protocol and did not join in time.
    DidNotJoin,
    /// It speaks the classic protocol and did not ask for its assignment in time.
    DidNotSync,
}

impl fmt::Display for FenceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SessionExpired => f.write_str("the member session expired"),
            Self::DidNotRevoke { epoch, timeout_ms } => {
                write!(f, "it failed to transition from epoch {epoch} within {timeout_ms}ms")
            }
            Self::DidNotJoin => f.write_str("the classic member failed to join within the rebalance timeout"),
            Self::DidNotSync => f.write_str("the member failed to sync within timeout"),
        }
    }
}

impl ConsumerEvent {
    /// Whether the broker logs anything when this happens.
    pub fn is_logged(&self) -> bool {
        !matches!(self, Self::Reconciled { .. } | Self::StateChanged { .. })
    }

    /// The line, without time and class; nothing if the broker logs nothing.
    pub(crate) fn write_line(&self, group: &GroupId, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loaded { members } => return write!(f, "Loaded consumer group {group} with {members} members."),
            Self::Unloaded { epoch } => {
                return write!(f, "[GroupId={group}] Unloaded group metadata for group epoch {epoch}.");
            }
            Self::Reconciled { .. } | Self::StateChanged { .. } => return Ok(()),
            _ => write!(f, "[GroupId {group}] ")?,
        }
        match self {
            Self::Joined { member, instance: None, protocol } => {
                write!(f, "Member {member} joins the consumer group using the {} protocol.", protocol.name())
            }
            Self::Joined { member, instance: Some(instance), protocol } => write!(
                f,
                "Static member {member} with instance id {instance} joins the consumer group using the {} protocol.",
                protocol.name()
            ),
            Self::Replaced { instance, old, new, protocol } => write!(
                f,
                "Static member with instance id {instance} re-joins the consumer group using the {} protocol. \
                 Created a new member {new} to replace the existing member {old}.",
                protocol.name()
            ),
            Self::InstanceNotReleased { instance, member, existing } => write!(
                f,
                "Static member {member} with instance id {instance} cannot join the group because the instance id is \
                 owned by member {existing}."
            ),
            Self::InstanceFenced { instance, member, existing } => {
                write!(f, "Static member {member} with instance id {instance} is fenced by existing member {existing}.")
            }
            Self::EpochBumped { epoch, metadata_hash } => {
                write!(f, "Bumped group epoch to {epoch} with metadata hash {metadata_hash}.")
            }
            // Computing takes no simulated time.
            Self::AssignmentComputed { epoch, assignor, .. } => {
                write!(f, "Computed a new target assignment for epoch {epoch} with '{assignor}' assignor in 0ms.")
            }
            Self::MemberIdRequired { member } => write!(
                f,
                "Dynamic member with unknown member id joins the consumer group. Created a new member id {member} and \
                 requesting the member to rejoin with this id."
            ),
            Self::Converted { to, was_empty } => {
                let empty = if *was_empty { "empty " } else { "" };
                match to {
                    Protocol::Consumer => write!(f, "Converted the {empty}classic group to a consumer group."),
                    Protocol::Classic => write!(f, "Converted the {empty}consumer group to a classic group."),
                }
            }
            Self::Fenced { member, reason } => write!(f, "Member {member} fenced from the group because {reason}."),
            Self::Left { .. } | Self::ClassicMemberLeft { .. } => self.write_leaving(f),
            Self::Reconciled { .. } | Self::StateChanged { .. } | Self::Loaded { .. } | Self::Unloaded { .. } => Ok(()),
        }
    }

    fn write_leaving(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left { member, instance, returns } => match (instance, returns) {
                (None, _) => write!(f, "Member {member} left the consumer group."),
                (Some(instance), false) => {
                    write!(f, "Static member {member} with instance id {instance} left the consumer group.")
                }
                (Some(instance), true) => {
                    write!(f, "Static member {member} with instance id {instance} temporarily left the consumer group.")
                }
            },
            Self::ClassicMemberLeft { member, instance, reason } => {
                let reason = reason.as_deref().unwrap_or("not provided");
                match instance {
                    None => write!(f, "Dynamic member {member} has left group ")?,
                    Some(instance) => {
                        write!(f, "Static member {member} with instance id {instance} has left group ")?;
                    }
                }
                write!(f, "through explicit `LeaveGroup` request; client reason: {reason}")
            }
            _ => Ok(()),
        }
    }
}
