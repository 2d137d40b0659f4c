//! Committing positions: by interval, and as the last thing of a revoked callback.
//!
//! Source: `groupConsumer.loopCommit`, `commit`. The interval is a grid from the first join on. A commit that falls
//! due during join and sync leaves right after them. A commit refused because the membership is void makes the member
//! rejoin at once. One that finds no coordinator, or another than the group's, is repeated as all requests are; a
//! callback waits for that. Left out: that those by interval are repeated, too, each before the next.

use protocol::message::OffsetsToCommit;
use protocol::{ErrorCode, SimDuration, SimTime};

use super::attempts::{Attempts, RETRY_TIMEOUT};
use super::pending::Purpose;
use super::session::Callback;
use super::{FranzGoMember, Stage};
use crate::surroundings::Context;

impl FranzGoMember {
    fn send_commit(&mut self, offsets: OffsetsToCommit, interval: bool, cx: &mut Context<'_>) {
        let request = self.membership.offset_commit(offsets);
        self.commits += 1;
        self.send_to_coordinator(cx, request, Purpose::Commit { interval });
    }

    /// Time from commit to commit.
    pub(super) fn commit_period(&self) -> SimDuration {
        self.config.auto_commit_interval
    }

    /// When the interval is over next.
    pub(super) fn next_commit(&self) -> SimTime {
        let committing = self.config.auto_commit && !self.closing && !self.commit_period().is_zero();
        if committing && !matches!(self.stage, Stage::Starting) { self.next_commit } else { SimTime::NEVER }
    }

    /// The interval is over.
    pub(super) fn commit_if_due(&mut self, cx: &mut Context<'_>) {
        if self.next_commit() > cx.now {
            return;
        }
        self.next_commit = self.commit_tick_after(cx.now);
        match self.stage {
            Stage::Session(_) => self.commit_by_interval(cx),
            Stage::ToJoin | Stage::JoinSent | Stage::Planning(_) | Stage::SyncSent => self.commit_owed = true,
            _ => {}
        }
    }

    /// The first end of an interval that is later than `now`.
    pub(super) fn commit_tick_after(&self, now: SimTime) -> SimTime {
        let period = self.commit_period().as_nanos().max(1);
        self.next_commit + self.commit_period() * ((now - self.next_commit).as_nanos() / period + 1)
    }

    /// Commits what has been read, unless the application's own commit is under way.
    pub(super) fn commit_by_interval(&mut self, cx: &mut Context<'_>) {
        let read = self.read();
        let blocked = self.is_pending(Purpose::Commit { interval: false }) || self.coordinator.node().is_none();
        if !read.is_empty() && !blocked {
            let offsets = cx.surroundings.positions(&read.into());
            self.send_commit(offsets, true, cx);
        }
    }

    /// Sends the commit of a callback once the coordinator is known; none when it is answered or has been tried for
    /// long enough.
    pub(super) fn go_on_committing(
        &mut self,
        offsets: OffsetsToCommit,
        attempts: Attempts,
        mut retry_at: SimTime,
        cx: &mut Context<'_>,
    ) -> Option<Callback> {
        let is_known = self.coordinator.node().is_some();
        if !self.is_pending(Purpose::Commit { interval: false }) {
            if retry_at == SimTime::NEVER || (!is_known && attempts.give_up(RETRY_TIMEOUT) <= cx.now) {
                return None;
            }
            if is_known && retry_at <= cx.now {
                self.send_commit(offsets.clone(), false, cx);
                retry_at = SimTime::NEVER;
            }
        }
        Some(Callback::Committing { offsets, attempts, retry_at })
    }

    /// The commit of a callback has come to nothing: it is sent again after a backoff.
    pub(super) fn retry_commit(&mut self, cx: &mut Context<'_>) {
        let mut stage = core::mem::replace(&mut self.stage, Stage::ToJoin);
        let callback = match &mut stage {
            Stage::Session(session) => session.committing(),
            Stage::LastCallback { callback, .. } => Some(callback),
            _ => None,
        };
        if let Some(Callback::Committing { attempts, retry_at, .. }) = callback {
            *retry_at = self.next_attempt(attempts, RETRY_TIMEOUT, cx).unwrap_or(SimTime::NEVER);
        }
        self.stage = stage;
    }

    pub(super) fn on_commit(&mut self, interval: bool, error: ErrorCode, cx: &mut Context<'_>) {
        match error {
            // Under the consumer protocol the next heartbeat finds out.
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration if self.next_gen.is_none() => {
                self.rejoin = Some("offset commit error");
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress => {
                if !interval {
                    self.retry_commit(cx);
                }
                self.coordinator_lost(cx);
            }
            _ => {}
        }
    }
}
