//! A session: from an assignment to the next join.
//!
//! Source: `groupConsumer.setupAssignedAndHeartbeat`, `assignRevokeSession`, `groupConsumer.revoke`. Heartbeats begin
//! at once and go on beside everything else. In order: what a cooperative member has lost is revoked, the assigned
//! callback is called (always, also with nothing), offsets are fetched. The end, once there is a reason for it, waits
//! for the assigned callback, cancels the offsets, and calls the revoked callback (a cooperative member's with
//! nothing). Every revoked callback ends with a commit of everything read that is waited for, as the default one
//! does.

use alloc::vec::Vec;

use protocol::message::{OffsetFetchResponse, OffsetsToCommit};
use protocol::{ErrorCode, Partitions, SimDuration, SimTime, TopicPartition};

use super::attempts::{Attempts, RETRY_TIMEOUT};
use super::pending::Purpose;
use super::{FranzGoMember, Stage};
use crate::action::{Action, Observation};
use crate::common::partitions::{difference, offsets_of, union};
use crate::phase::Phase;
use crate::surroundings::{Context, Step};

/// How long a broker may keep an offset that a transaction hides before it is asked for again.
const OFFSET_RETRY: SimDuration = SimDuration::from_millis(1_000);

/// A callback of the application, run by the client; then the positions in it are committed.
#[derive(Clone, Debug)]
pub(super) enum Callback {
    /// It runs; what has been read until now is to be committed after it.
    Running { until: SimTime, commits: Vec<TopicPartition> },
    /// The commit of these is under way, or the same is sent again then; never, if there is nothing more to send.
    Committing { offsets: OffsetsToCommit, attempts: Attempts, retry_at: SimTime },
}

impl Callback {
    /// When it goes on by itself; its commit waits for the coordinator, which may be known.
    pub(super) fn next_deadline(&self, has_coordinator: bool) -> SimTime {
        match self {
            Self::Running { until, .. } => *until,
            Self::Committing { retry_at: SimTime::NEVER, .. } => SimTime::NEVER,
            Self::Committing { retry_at, .. } if has_coordinator => *retry_at,
            Self::Committing { attempts, .. } => attempts.give_up(RETRY_TIMEOUT),
        }
    }
}

/// How far the assigned callback is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AssignStep {
    Waiting,
    Running { until: SimTime },
    Done,
}

/// How far the end of a session is.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// The assigned callback has not returned.
    WaitsForAssign,
    /// The revoked callback is called.
    Revoking(Callback),
}

/// Why a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cause {
    /// To join again, as members do.
    Rebalance,
    /// The client is being closed.
    Leaving,
    /// The membership is void.
    Failed(ErrorCode),
}

/// What goes on between two joins.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// What has been added, for the assigned callback.
    added: Partitions,
    /// Everything assigned.
    assigned: Partitions,
    prerevoke: Option<Callback>,
    assign: AssignStep,
    /// When OffsetFetch may be sent again.
    retry_at: SimTime,
    /// Why the session is over, with the latest reason; none as long as it goes on.
    pub(super) cause: Option<Cause>,
    end: Option<End>,
}

impl Session {
    /// Whether what was lost is still being given up.
    pub(super) fn is_giving_up(&self) -> bool {
        self.prerevoke.is_some()
    }

    /// Whether it is settled and nothing ends it.
    pub(super) fn is_quiet(&self) -> bool {
        self.prerevoke.is_none() && self.assign == AssignStep::Done && self.cause.is_none()
    }

    /// What the member is doing for its group, offsets aside.
    pub(super) fn phase(&self) -> Phase {
        match &self.end {
            _ if self.prerevoke.is_some() => Phase::Revoking,
            Some(End::Revoking(_)) => Phase::Revoking,
            _ if self.assign != AssignStep::Done => Phase::Assigning,
            Some(End::WaitsForAssign) => Phase::Draining,
            None if self.cause.is_some() => Phase::Draining,
            None => Phase::Settled,
        }
    }

    /// Whether its end is not begun with the revoked callback but comes at once, with the last one.
    pub(super) fn is_broken(&self) -> bool {
        self.end.is_none() && self.cause.is_some()
    }

    /// It is to end as sessions do: with the revoked callback, in another join.
    pub(super) fn end_with_revoke(&mut self) {
        self.cause = Some(Cause::Rebalance);
        if self.end.is_none() {
            self.end = Some(End::WaitsForAssign);
        }
    }

    /// The callback that commits.
    pub(super) fn committing(&mut self) -> Option<&mut Callback> {
        let end = if let Some(End::Revoking(callback)) = &mut self.end { Some(callback) } else { None };
        self.prerevoke.as_mut().or(end)
    }

    pub(super) fn next_deadline(&self, has_coordinator: bool) -> SimTime {
        let callback = |callback: &Callback| callback.next_deadline(has_coordinator);
        let prerevoke = self.prerevoke.as_ref().map_or(SimTime::NEVER, callback);
        let assign = if let AssignStep::Running { until } = self.assign { until } else { SimTime::NEVER };
        let end = if let Some(End::Revoking(end)) = &self.end { callback(end) } else { SimTime::NEVER };
        let retry = if self.retry_at == SimTime::ZERO { SimTime::NEVER } else { self.retry_at };
        prerevoke.min(assign).min(end).min(retry)
    }
}

impl FranzGoMember {
    /// The assignment is here.
    pub(super) fn begin_session(&mut self, assigned: Partitions, cx: &mut Context<'_>) {
        let lost = if self.is_eager() { Vec::new() } else { difference(&self.last_assigned, &assigned) };
        let added = if self.is_eager() { assigned.to_vec() } else { difference(&assigned, &self.last_assigned) };
        self.last_assigned = assigned.clone();
        self.rejoin_owed = false;
        self.without_position = union(&difference(&self.without_position, &lost), &added);
        let is_giving_up = !lost.is_empty();
        let prerevoke = (!lost.is_empty()).then(|| self.begin_revoke(lost.into(), cx));
        self.stage = Stage::Session(Session {
            added: added.into(),
            assigned,
            prerevoke,
            assign: AssignStep::Waiting,
            retry_at: SimTime::ZERO,
            cause: None,
            end: None,
        });
        self.begin_heartbeats(is_giving_up, cx);
        if core::mem::take(&mut self.commit_owed) {
            self.commit_by_interval(cx);
        }
    }

    /// Takes partitions away from the application: fetching stops, the callback is called.
    pub(super) fn begin_revoke(&mut self, partitions: Partitions, cx: &mut Context<'_>) -> Callback {
        let commits = if self.config.auto_commit { self.read() } else { Vec::new() };
        let mut until = cx.now;
        if !partitions.is_empty() {
            until = cx.after(Step::RevokeCallback { partitions: partitions.len() });
            self.owned = difference(&self.owned, &partitions).into();
            self.without_position = difference(&self.without_position, &partitions);
            let generation = self.membership.generation;
            cx.out.push(Action::Observe(Observation::Revoked { partitions, generation }));
        }
        Callback::Running { until, commits }
    }

    /// Goes on with a callback; none when it is over.
    pub(super) fn advance_callback(&mut self, callback: Callback, cx: &mut Context<'_>) -> Option<Callback> {
        match callback {
            Callback::Running { until, commits } if until <= cx.now => {
                if commits.is_empty() {
                    return None;
                }
                let offsets = cx.surroundings.positions(&commits.into());
                let attempts = Attempts::since(cx.now);
                self.find_coordinator(cx);
                self.go_on_committing(offsets, attempts, cx.now, cx)
            }
            Callback::Committing { offsets, attempts, retry_at } => {
                self.go_on_committing(offsets, attempts, retry_at, cx)
            }
            waiting @ Callback::Running { .. } => Some(waiting),
        }
    }

    /// Goes on with the session; tells whether it got anywhere.
    pub(super) fn advance_session(&mut self, mut session: Session, cx: &mut Context<'_>) -> bool {
        self.look_for_an_end(&mut session);
        if let Some(callback) = session.prerevoke.take() {
            session.prerevoke = self.advance_callback(callback, cx);
            if session.prerevoke.is_none() {
                // What was given up can be handed on only in another rebalance, or once the coordinator knows.
                if self.next_gen.is_some() {
                    self.heartbeat.next = cx.now;
                } else {
                    self.rejoin_owed = true;
                    self.rejoin = Some("after revoking what we lost from a rebalance");
                }
                self.stage = Stage::Session(session);
                return true;
            }
        }
        match session.assign {
            AssignStep::Waiting if session.prerevoke.is_none() => {
                session.assign = self.begin_assign(&session, cx);
                self.stage = Stage::Session(session);
                return true;
            }
            AssignStep::Running { until } if until <= cx.now => session.assign = AssignStep::Done,
            _ => {}
        }
        let assigned = session.assign == AssignStep::Done;
        if assigned && session.is_broken() {
            let cause = session.cause.unwrap_or(Cause::Rebalance);
            return self.end_session(cause, cx);
        }
        match session.end.take() {
            Some(End::WaitsForAssign) if assigned => {
                self.pending.forget(|purpose| purpose == Purpose::OffsetFetch);
                let all = if self.is_eager() { self.owned.clone() } else { Partitions::default() };
                session.end = Some(End::Revoking(self.begin_revoke(all, cx)));
                self.stage = Stage::Session(session);
                return true;
            }
            Some(End::Revoking(callback)) => match self.advance_callback(callback, cx) {
                Some(callback) => session.end = Some(End::Revoking(callback)),
                None => {
                    let cause = session.cause.unwrap_or(Cause::Rebalance);
                    return self.end_session(cause, cx);
                }
            },
            end => session.end = end,
        }
        if session.retry_at <= cx.now {
            session.retry_at = SimTime::ZERO;
        }
        let wants_offsets = assigned && session.cause.is_none() && session.retry_at == SimTime::ZERO;
        self.stage = Stage::Session(session);
        if wants_offsets {
            self.fetch_offsets(cx);
        }
        false
    }

    /// What the heartbeat loop looks at between two beats: is the session to end?
    fn look_for_an_end(&mut self, session: &mut Session) {
        if self.closing && !self.leaving_seen {
            self.leaving_seen = true;
            session.cause = Some(Cause::Leaving);
        }
        let is_beating = self.is_pending(Purpose::Heartbeat) || self.heartbeat.attempts.is_under_way();
        let listens = !self.closing && !is_beating && !session.is_broken();
        if listens && self.rejoin.is_some() {
            self.join_reason = self.rejoin.take().unwrap_or_default();
            session.end_with_revoke();
        }
    }

    fn begin_assign(&mut self, session: &Session, cx: &mut Context<'_>) -> AssignStep {
        self.owned = session.assigned.clone();
        let partitions = session.added.clone();
        let until = if partitions.is_empty() {
            cx.now
        } else {
            cx.after(Step::AssignCallback { partitions: partitions.len() })
        };
        cx.out.push(Action::Observe(Observation::Assigned {
            partitions,
            generation: self.membership.generation,
            total: session.assigned.len(),
        }));
        AssignStep::Running { until }
    }

    fn end_session(&mut self, cause: Cause, cx: &mut Context<'_>) -> bool {
        self.stop_heartbeats();
        self.pending.forget(|purpose| matches!(purpose, Purpose::Heartbeat | Purpose::OffsetFetch));
        // Whoever leaves or has failed still holds everything: the last callback tells of it.
        if self.is_eager() && cause == Cause::Rebalance {
            self.last_assigned = Partitions::default();
            self.owned = Partitions::default();
            self.without_position.clear();
        }
        match cause {
            Cause::Rebalance if self.next_gen.is_some() => self.begin_next_session(cx),
            Cause::Rebalance => {
                self.failures = 0;
                self.stage = Stage::ToJoin;
            }
            Cause::Leaving => self.begin_last_callback(true, cx),
            Cause::Failed(error) => self.membership_failed(error, cx),
        }
        true
    }

    /// What is being read, sorted.
    pub(super) fn read(&self) -> Vec<TopicPartition> {
        difference(&self.owned, &self.without_position)
    }

    fn fetch_offsets(&mut self, cx: &mut Context<'_>) {
        if self.without_position.is_empty() || self.is_pending(Purpose::OffsetFetch) {
            return;
        }
        if self.coordinator.node().is_none() {
            self.find_coordinator(cx);
            return;
        }
        let request = if self.next_gen.is_some() {
            self.membership.offset_fetch_as_member(&self.without_position)
        } else {
            self.membership.offset_fetch(self.without_position.as_slice().into())
        };
        self.send_to_coordinator(cx, request, Purpose::OffsetFetch);
    }

    pub(super) fn on_offset_fetch(&mut self, answer: OffsetFetchResponse, cx: &mut Context<'_>) {
        let unstable = answer.has_errors();
        match answer.error {
            ErrorCode::None if !unstable => {
                let partitions = core::mem::take(&mut self.without_position);
                let offsets = offsets_of(&partitions, answer);
                cx.out.push(Action::Observe(Observation::Fetching { partitions: partitions.into(), offsets }));
                self.refresh_metadata_soon(cx);
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                self.retry_discovery(cx);
                self.retry_offset_fetch(cx);
            }
            _ => self.retry_offset_fetch(cx),
        }
    }

    pub(super) fn retry_offset_fetch(&mut self, cx: &mut Context<'_>) {
        if let Stage::Session(session) = &mut self.stage {
            session.retry_at = cx.now + OFFSET_RETRY;
        }
    }
}
