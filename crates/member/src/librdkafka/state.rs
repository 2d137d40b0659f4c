//! How far a member has come in its group: the library's join states.

use alloc::boxed::Box;

use protocol::message::JoinGroupResponse;
use protocol::{Partitions, SimTime};

/// A member's join state (`rkcg_join_state`).
///
/// | state | entered by | heartbeats | left by |
/// |---|---|---|---|
/// | `Init` | start; whenever it is to join (again) | no | JoinGroup sent, at most once a second |
/// | `WaitMetadata` | this member leads: JoinGroup answered | no | Metadata answered, SyncGroup sent |
/// | `WaitJoin` | JoinGroup sent | no | JoinGroup answered |
/// | `WaitSync` | SyncGroup sent | no | SyncGroup answered |
/// | `WaitAssignCall`, `WaitUnassignCall` | the application's callback is wanted | yes | the application calls `assign` or `unassign` |
/// | `WaitUnassign` | the application has given partitions up | no | their fetchers have stopped, their offsets are committed |
/// | `Steady` | the application has taken its assignment over | yes | a rebalance |
#[derive(Clone, Debug)]
pub(super) enum JoinState {
    /// To join.
    Init,
    /// The leader waits for partition counts; JoinGroup's answer says for whom the plan is.
    WaitMetadata(Box<JoinGroupResponse>),
    /// JoinGroup is under way.
    WaitJoin,
    /// SyncGroup is under way.
    WaitSync,
    /// The application is to take partitions over.
    WaitAssignCall(Call),
    /// The application is to give partitions up.
    WaitUnassignCall(Call),
    /// The application has given partitions up; `incremental`: some of them.
    WaitUnassign { incremental: bool },
    /// Nothing to do.
    Steady,
}

impl JoinState {
    /// Whether the application's callback is waited for (`RD_KAFKA_CGRP_WAIT_ASSIGN_CALL`).
    pub(super) fn waits_for_call(&self) -> bool {
        matches!(self, Self::WaitAssignCall(_) | Self::WaitUnassignCall(_))
    }

    /// Whether the member heartbeats.
    pub(super) fn has_heartbeats(&self) -> bool {
        matches!(self, Self::Steady) || self.waits_for_call()
    }

    /// The callback that is waited for.
    pub(super) fn call(&self) -> Option<&Call> {
        match self {
            Self::WaitAssignCall(call) | Self::WaitUnassignCall(call) => Some(call),
            _ => None,
        }
    }

    pub(super) fn call_mut(&mut self) -> Option<&mut Call> {
        match self {
            Self::WaitAssignCall(call) | Self::WaitUnassignCall(call) => Some(call),
            _ => None,
        }
    }
}

/// A call of the application's rebalance callback.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// What it is about, sorted.
    pub(super) partitions: Partitions,
    /// Whether it is about everything the member has (`assign`) or a part of it (`incremental_assign`).
    pub(super) incremental: bool,
    /// How far it is.
    pub(super) stage: CallStage,
}

/// How far a callback is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CallStage {
    /// Queued: it is called when the application polls, but not before it has seen it.
    Queued { seen: SimTime },
    /// It runs; then the application calls `assign` or `unassign`, and the main thread has heard of it.
    Running { until: SimTime },
}
