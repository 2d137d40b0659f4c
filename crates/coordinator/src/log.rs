//! The coordinator's end of its offsets partition: what is written, what is committed, and who waits for that
//! (`CoordinatorRuntime.CoordinatorContext`, `DeferredEventQueue`).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use protocol::message::{
    ConsumerGroupHeartbeatResponse, DeleteGroupsResponse, HeartbeatResponse, JoinGroupResponse, LeaveGroupResponse,
    OffsetCommitResponse, OffsetDeleteResponse, OffsetFetchResponse, Response, SyncGroupResponse,
    TxnOffsetCommitResponse, WriteTxnMarkersResponse,
};
use protocol::{ErrorCode, GroupId, MemberId, Offset, RequestToken};

use crate::consumer::MemberTimer;
use crate::context::AfterAppend;
use crate::record::Record;
use crate::replies::ReplyKey;

/// An event whose records, or whose predecessors' records, are not committed yet. Each stands in the coordinator's
/// [line of timers](crate::timers::Timers::line_up), in the order in which they wait for the log.
#[derive(Debug)]
pub(crate) struct WriteEvent {
    pub(crate) asked: Asked,
    pub(crate) after: Option<Box<AfterAppend>>,
    pub(crate) response: Option<Response>,
}

/// What an event was caused by, and so who is told when it succeeds or fails.
#[derive(Debug)]
pub(crate) enum Asked {
    /// A JoinGroup; its answer goes through the promise, held here. Only a failure of the event is answered by the
    /// event.
    Join(ReplyKey),
    /// A SyncGroup, likewise.
    Sync(ReplyKey),
    /// A request that is answered when the event succeeds.
    Request {
        /// The request.
        token: RequestToken,
        /// Which it is.
        api: ParkedApi,
    },
    /// The first half of a DeleteGroups (Kafka looks for share groups); the second follows when it succeeds.
    DeleteGroups {
        /// The request, and the group. In a box: all others need less room, and are far more.
        asked: Box<(RequestToken, GroupId)>,
    },
    /// The regular look for expired offsets.
    RetentionTick,
    /// A timer of a member of a consumer group, which is armed again if its event fails.
    MemberTimer {
        /// Whose, and what for. In a box, as above.
        timer: Box<(GroupId, MemberId, MemberTimer)>,
    },
    /// Another timer, or a change of topics: nobody waits.
    Nobody,
}

/// The requests whose answers wait for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParkedApi {
    Heartbeat,
    LeaveGroup,
    OffsetCommit,
    TxnOffsetCommit,
    WriteTxnMarkers,
    OffsetFetch,
    OffsetDelete,
    DeleteGroups,
    ConsumerGroupHeartbeat,
}

/// What clients are told instead of an error of the log (`handleOperationException`, and its twin for group records).
pub(crate) fn client_error(error: ErrorCode) -> ErrorCode {
    match error {
        ErrorCode::RequestTimedOut | ErrorCode::UnknownTopicOrPartition => ErrorCode::CoordinatorNotAvailable,
        other => other,
    }
}

impl ParkedApi {
    /// The answer that says this error.
    pub(crate) fn failure(self, error: ErrorCode) -> Response {
        let told = client_error(error);
        match self {
            // While the coordinator loads it does not know better.
            Self::Heartbeat if error == ErrorCode::CoordinatorLoadInProgress => {
                Response::from(HeartbeatResponse { error: ErrorCode::None })
            }
            Self::Heartbeat => Response::from(HeartbeatResponse { error: told }),
            Self::LeaveGroup => Response::from(LeaveGroupResponse { error: told, members: Vec::new() }),
            Self::OffsetCommit => Response::from(OffsetCommitResponse::all(told)),
            Self::TxnOffsetCommit => Response::from(TxnOffsetCommitResponse::all(told)),
            Self::WriteTxnMarkers => Response::from(WriteTxnMarkersResponse { error }),
            // Consumers before 3.9 do not retry on COORDINATOR_NOT_AVAILABLE here.
            Self::OffsetFetch => {
                let error = if error == ErrorCode::RequestTimedOut { ErrorCode::NotCoordinator } else { told };
                Response::from(OffsetFetchResponse::refusal(error))
            }
            Self::OffsetDelete => Response::from(OffsetDeleteResponse { error: told, partitions: Vec::new() }),
            Self::DeleteGroups => Response::from(DeleteGroupsResponse { error: told }),
            Self::ConsumerGroupHeartbeat => Response::from(ConsumerGroupHeartbeatResponse::refusal(told)),
        }
    }
}

/// The answer to a JoinGroup whose event failed.
pub(crate) fn failed_join(error: ErrorCode) -> Response {
    Response::from(JoinGroupResponse::refusal(client_error(error), MemberId::default()))
}

/// The answer to a SyncGroup whose event failed; `loading` is what this version says while it loads.
pub(crate) fn failed_sync(error: ErrorCode, loading: ErrorCode) -> Response {
    let error = if error == ErrorCode::CoordinatorLoadInProgress { loading } else { client_error(error) };
    Response::from(SyncGroupResponse::refusal(error))
}

/// Something to do after the present event: Kafka's event queue.
#[derive(Debug)]
pub(crate) enum Queued {
    /// Write the open batch, if it still is this one.
    Flush(u64),
    /// The log is committed up to here.
    HighWatermark(i64),
    /// The second half of a DeleteGroups.
    DeleteGroups {
        /// The request.
        token: RequestToken,
        /// The group.
        group: GroupId,
    },
}

/// Where an event stands that waits for the open batch: its end is not known before it is written.
pub(crate) const UNWRITTEN: i64 = i64::MAX;

/// Where the log stands and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Everything before this offset is written.
    pub(crate) written: i64,
    /// Offset of the next record, those of the open batch included.
    pub(crate) next_offset: i64,
    /// Everything before this offset is committed.
    pub(crate) committed: i64,
    /// Whether records are about to be written together.
    pub(crate) is_batch_open: bool,
    /// Those records with their offsets, if somebody keeps them.
    pub(crate) records: Vec<(Offset, Record)>,
    /// Running number of the open batch, or the last one.
    pub(crate) batch_number: u64,
    /// Events in the order of the offsets that they wait for, which is the order in which they came; those of the open
    /// batch wait for [`UNWRITTEN`].
    pub(crate) waiting: VecDeque<(i64, WriteEvent)>,
    pub(crate) queue: VecDeque<Queued>,
}

impl Log {
    /// Whether an event without records has nothing to wait for.
    pub(crate) fn is_settled(&self) -> bool {
        !self.is_batch_open && self.committed >= self.written
    }

    /// The open batch is written.
    pub(crate) fn close_batch(&mut self) -> Vec<(Offset, Record)> {
        self.is_batch_open = false;
        self.written = self.next_offset;
        for (end, _) in self.waiting.iter_mut().rev().take_while(|(end, _)| *end == UNWRITTEN) {
            *end = self.written;
        }
        core::mem::take(&mut self.records)
    }
}
