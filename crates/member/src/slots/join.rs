//! Taking a slot: the lowest that is free.

use alloc::sync::Arc;

use protocol::SimDuration;
use protocol::zookeeper::{ZooKeeperError, ZooKeeperRequest, ZooKeeperResponse};

use super::state::{Doing, SlotState, Wanted};
use super::{SlotMember, ZooKeeperAsk};
use crate::surroundings::Context;

/// How long it waits when there is no slot, no plan or no connection.
const PAUSE: SimDuration = SimDuration::from_secs(1);
/// What a new slot's node says: the number is not known when the text is made.
const NEWCOMER: &str = r#"{"hostId":null,"memberId":null,"assignment":null}"#;

impl SlotMember {
    /// A turn without a slot.
    pub(super) fn join(&mut self, cx: &mut Context<'_>) {
        if self.watch.plan.is_none() {
            return self.pause(None, cx);
        }
        match self.watch.slot {
            Some(slot) => self.has_joined(slot),
            None => self.ensure(Wanted::Members, cx),
        }
    }

    /// Waits, then tries this slot, or takes a turn.
    pub(super) fn pause(&mut self, slot: Option<u32>, cx: &mut Context<'_>) {
        self.doing = Doing::Pausing { until: cx.now + PAUSE, slot };
    }

    pub(super) fn try_slot(&mut self, slot: u32, cx: &mut Context<'_>) {
        let slots = self.watch.plan.as_ref().map_or(0, |plan| plan.max_members);
        if slot >= slots {
            return self.pause(None, cx);
        }
        self.doing = Doing::Creating { slot };
        let (path, data): (_, Arc<str>) = (self.watch.slot_path(slot), NEWCOMER.into());
        if !self.session.ask(ZooKeeperRequest::Create { path, data, ephemeral: true }, ZooKeeperAsk::Create, cx) {
            self.on_created(None, cx);
        }
    }

    pub(super) fn on_created(&mut self, answer: Option<&ZooKeeperResponse>, cx: &mut Context<'_>) {
        let Doing::Creating { slot } = self.doing else { return };
        match answer {
            Some(ZooKeeperResponse::Created) => {
                self.watch.slot = Some(slot);
                self.has_joined(slot);
            }
            Some(ZooKeeperResponse::Failed(ZooKeeperError::NodeExists)) => self.try_slot(slot + 1, cx),
            Some(_) => self.fail(cx),
            // It may be taken all the same: then this session has two.
            None => self.pause(Some(slot + 1), cx),
        }
    }

    /// Overwrites a stop that was asked for meanwhile, as the published code does.
    fn has_joined(&mut self, slot: u32) {
        self.slot = Some(slot);
        self.state = SlotState::Joined;
        self.doing = Doing::Turning;
    }
}
