//! Ending: on SIGTERM, on an error.

use protocol::zookeeper::{ZooKeeperError, ZooKeeperRequest, ZooKeeperResponse};
use protocol::{SimDuration, SimTime};

use super::settings::Defect;
use super::state::{Doing, SlotState};
use super::{SlotMember, ZooKeeperAsk};
use crate::action::{Action, Observation};
use crate::surroundings::{Context, Step};

/// The signal handler looks this often whether the loop has ended.
const LOOK_AGAIN: SimDuration = SimDuration::from_secs(1);

impl SlotMember {
    /// The signal handler asks the loop to end.
    pub(super) fn signal(&mut self, cx: &mut Context<'_>) {
        if self.is_ended || self.signalled.is_some() {
            return;
        }
        self.signalled = Some(cx.now);
        match self.state {
            SlotState::Stopping | SlotState::Left => {}
            SlotState::Stopped => self.plan_exit(cx),
            _ => self.state = SlotState::Stopping,
        }
    }

    /// Something failed in the loop: it ends by itself.
    pub(super) fn fail(&mut self, _: &mut Context<'_>) {
        self.has_failed = true;
        self.state = SlotState::Stopping;
        self.doing = Doing::Turning;
    }

    /// Nobody could be reached: the process ends at once.
    pub(super) fn not_connected(&mut self, cx: &mut Context<'_>) {
        self.has_failed = true;
        self.exit(cx);
    }

    /// A turn of a loop that ends: the slot is freed.
    pub(super) fn free_slot(&mut self, cx: &mut Context<'_>) {
        if self.settings.repaired.has(Defect::SlotFreedBeforeCommit) && self.last_commit(cx) {
            return;
        }
        self.stop_reading(|partitions, generation| Observation::Revoked { partitions, generation }, cx);
        let Some(slot) = self.watch.slot else { return self.slot_is_free() };
        self.doing = Doing::Deleting;
        let path = self.watch.slot_path(slot);
        if !self.session.ask(ZooKeeperRequest::Delete { path }, ZooKeeperAsk::Delete, cx) {
            self.slot_is_free();
        }
    }

    pub(super) fn on_deleted(&mut self, answer: Option<&ZooKeeperResponse>, _: &mut Context<'_>) {
        if self.doing != Doing::Deleting {
            return;
        }
        match answer {
            // Tried again at full speed, for ever.
            Some(ZooKeeperResponse::Failed(ZooKeeperError::NoNode)) => self.doing = Doing::Stuck,
            _ => self.slot_is_free(),
        }
    }

    fn slot_is_free(&mut self) {
        self.watch.slot = None;
        self.slot = None;
        self.state = SlotState::Left;
        self.doing = Doing::Turning;
    }

    /// The consumer is closed, which commits what is not.
    pub(super) fn close_consumer(&mut self, cx: &mut Context<'_>) {
        if !self.last_commit(cx) {
            self.close_session(cx);
        }
    }

    /// Whether a commit is under way that the loop waits for.
    fn last_commit(&mut self, cx: &mut Context<'_>) -> bool {
        let waits = self.commit(cx) || self.offsets.in_flight > 0;
        if waits {
            self.doing = Doing::Committing;
        }
        waits
    }

    /// No commit is under way any more.
    pub(super) fn committed_last(&mut self, _: &mut Context<'_>) {
        if self.doing == Doing::Committing {
            self.doing = Doing::Turning;
        }
    }

    fn close_session(&mut self, cx: &mut Context<'_>) {
        self.doing = Doing::Closing;
        if !self.session.ask(ZooKeeperRequest::Close, ZooKeeperAsk::Close, cx) {
            self.on_closed(cx);
        }
    }

    pub(super) fn on_closed(&mut self, cx: &mut Context<'_>) {
        if self.doing != Doing::Closing {
            return;
        }
        self.session.abandon(cx);
        self.state = SlotState::Stopped;
        self.doing = Doing::Over;
        self.plan_exit(cx);
    }

    /// A process that was told to end does so when its handler looks next; one that fails, at once.
    fn plan_exit(&mut self, cx: &mut Context<'_>) {
        let end = cx.after(Step::CloseConnections);
        self.exit_at = match self.signalled {
            Some(at) => {
                let looks = (cx.now - at).as_nanos().div_ceil(LOOK_AGAIN.as_nanos()).max(1);
                at + LOOK_AGAIN * looks + (end - cx.now)
            }
            None => end,
        };
    }

    pub(super) fn exit(&mut self, cx: &mut Context<'_>) {
        self.session.abandon(cx);
        self.is_ended = true;
        self.exit_at = SimTime::NEVER;
        if self.signalled.is_some() {
            cx.out.push(Action::Observe(Observation::Closed));
        }
    }
}
