//! Whether an offset commit or fetch comes from somebody who may do it (`validateOffsetCommit`, `validateOffsetFetch`).

use protocol::{ErrorCode, Generation, MemberEpoch, MemberId, TopicId};

use crate::classic::Committer;
use crate::consumer::group::ConsumerGroup;
use crate::consumer::partitions::AssignedPartitions;
use crate::context::Refusal;

/// From this version of OffsetCommit on, members of the consumer protocol may use it.
const VERSION_WITH_MEMBER_EPOCH: i16 = 9;

/// Which partitions somebody may commit.
#[derive(Debug)]
pub(crate) enum MayCommit {
    /// All.
    All,
    /// Those that the member had at that epoch already and has still (KIP-1251).
    Since {
        /// What it may use.
        assigned: AssignedPartitions,
        /// What it has to give up.
        revoking: AssignedPartitions,
        /// The epoch.
        epoch: i32,
        /// What it is told otherwise.
        error: ErrorCode,
    },
}

impl MayCommit {
    /// Checks one partition; if there is no such topic, its id is zero.
    pub(crate) fn check(&self, topic: TopicId, partition: i32) -> Result<(), Refusal> {
        let Self::Since { assigned, revoking, epoch, error } = self else { return Ok(()) };
        let found = assigned.get(topic, partition).or_else(|| revoking.get(topic, partition));
        if found.is_some_and(|assigned| *epoch >= assigned.epoch) { Ok(()) } else { Err(Refusal(*error)) }
    }
}

impl ConsumerGroup {
    /// Checks a commit as a whole; what may be committed has to be asked of each partition. Unlike in a classic group
    /// it keeps no session.
    pub(crate) fn validate_commit(&self, by: Committer<'_>, keeps_old_epochs: bool) -> Result<MayCommit, Refusal> {
        let by_nobody = by.is_transactional
            && by.generation == Generation::NONE
            && by.member_id.is_empty()
            && by.instance_id.is_none();
        if by.generation < Generation(0) && self.is_empty() || by_nobody {
            return Ok(MayCommit::All);
        }
        let member = self.member(by.member_id).ok_or(Refusal(ErrorCode::UnknownMemberId))?;
        let is_classic = member.uses_classic_protocol();
        if !by.is_transactional && !is_classic && by.version < VERSION_WITH_MEMBER_EPOCH {
            return Err(Refusal(ErrorCode::UnsupportedVersion));
        }
        let is_stale = is_classic || by.is_transactional;
        let error = if is_stale { ErrorCode::IllegalGeneration } else { ErrorCode::StaleMemberEpoch };
        let epoch = by.generation.0;
        if epoch == member.epoch() {
            Ok(MayCommit::All)
        } else if epoch > member.epoch() || !keeps_old_epochs {
            Err(Refusal(error))
        } else {
            let (assigned, revoking) = (member.current.assigned.clone(), member.current.revoking.clone());
            Ok(MayCommit::Since { assigned, revoking, epoch, error })
        }
    }

    /// Checks a fetch, against the members as they are (`live`) or as of the committed offset.
    pub(crate) fn validate_fetch(&self, id: Option<&MemberId>, epoch: MemberEpoch, live: bool) -> Result<(), Refusal> {
        let by_nobody = id.is_none() && epoch.0 < 0;
        if by_nobody {
            return Ok(());
        }
        let find = |id| if live { self.member(id) } else { self.history.member(id) };
        let member = id.and_then(find).ok_or(Refusal(ErrorCode::UnknownMemberId))?;
        let is_classic = member.uses_classic_protocol();
        let error = if is_classic { ErrorCode::IllegalGeneration } else { ErrorCode::StaleMemberEpoch };
        if member.epoch() == epoch.0 { Ok(()) } else { Err(Refusal(error)) }
    }
}
