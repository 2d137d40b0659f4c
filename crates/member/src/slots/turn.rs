//! Turns of the loop.

use alloc::format;

use protocol::zookeeper::ZooKeeperRequest;
use protocol::{SimDuration, SimTime};

use super::settings::Defect;
use super::state::{Doing, Look, SlotState};
use super::{SlotMember, ZooKeeperAsk};
use crate::action::Observation;
use crate::surroundings::{Context, Step};

/// Between two looks at the topics there are more than this.
const CHECK_INTERVAL: SimDuration = SimDuration::from_secs(30);

impl SlotMember {
    /// Makes turns as long as they take no time.
    pub(super) fn run(&mut self, cx: &mut Context<'_>) {
        if self.doing == Doing::Spinning {
            self.doing = Doing::Turning;
        }
        while self.doing == Doing::Turning {
            self.turn(cx);
        }
    }

    fn turn(&mut self, cx: &mut Context<'_>) {
        let ends = matches!(self.state, SlotState::Stopping | SlotState::Left | SlotState::Stopped);
        if cx.now > self.last_check + CHECK_INTERVAL && !ends {
            return self.begin_count(Look::Check, cx);
        }
        self.announce(cx);
        match self.state {
            SlotState::New => self.join(cx),
            SlotState::Joined | SlotState::Assigned | SlotState::Consuming => self.member_turn(cx),
            SlotState::Stopping => self.free_slot(cx),
            SlotState::Left => self.close_consumer(cx),
            SlotState::Stopped => self.doing = Doing::Over,
        }
    }

    /// Says in the slot's node which plan is in use, if it does not say so.
    fn announce(&mut self, cx: &mut Context<'_>) {
        let (Some(slot), Some(plan)) = (self.watch.slot, self.in_use.clone()) else { return };
        if self.announced == Some(plan.version) {
            return;
        }
        let host = self.membership.identity.client_id.as_str();
        let (config, version) = (plan.config_version, plan.version);
        let data = format!(
            r#"{{"hostId":"{host}","memberId":{slot},"assignment":{{"configVersion":{config},"version":{version}}}}}"#
        );
        let request = ZooKeeperRequest::Set { path: self.watch.slot_path(slot), data: data.into(), version: None };
        if self.session.ask(request, ZooKeeperAsk::Announce, cx) {
            self.announced = Some(version);
        }
    }

    fn member_turn(&mut self, cx: &mut Context<'_>) {
        if self.watch.slot.is_none() || self.watch.slot != self.slot {
            return self.fall_back(cx);
        }
        if self.is_cut_off(cx.now) {
            self.leave_off(cx);
            self.doing = Doing::Spinning;
            return;
        }
        if let Some(plan) = self.newer_plan().cloned() {
            match self.slot.and_then(|slot| plan.entry(slot)) {
                Some(partitions) => {
                    self.state = SlotState::Assigned;
                    self.assign(partitions, plan, cx);
                }
                None => self.has_no_entry(cx),
            }
            return;
        }
        match self.state {
            SlotState::Assigned | SlotState::Consuming => {
                self.state = SlotState::Consuming;
                let (time, records) = (self.settings.max_poll_time, self.settings.max_messages);
                self.doing = Doing::Polling { until: cx.after(Step::PollTurn { time, records }) };
            }
            _ => self.doing = Doing::Spinning,
        }
    }

    /// The slot is gone: back to the beginning.
    fn fall_back(&mut self, cx: &mut Context<'_>) {
        self.stop_reading(|partitions, generation| Observation::Lost { partitions, generation }, cx);
        if self.settings.repaired.has(Defect::PlanKept) {
            self.in_use = None;
        }
        self.slot = None;
        self.state = SlotState::New;
    }

    /// The plan does not have this slot.
    fn has_no_entry(&mut self, cx: &mut Context<'_>) {
        self.stop_reading(|partitions, generation| Observation::Lost { partitions, generation }, cx);
        self.state = SlotState::New;
        self.doing = Doing::Spinning;
        if let Some(slot) = self.slot.take().filter(|_| self.settings.repaired.has(Defect::SurplusSlotKept)) {
            let path = self.watch.slot_path(slot);
            self.session.ask(ZooKeeperRequest::Delete { path }, ZooKeeperAsk::Announce, cx);
            self.watch.slot = None;
            self.announced = None;
            self.pause(None, cx);
        }
    }

    /// Whether a repaired member must take its slot for lost.
    pub(super) fn is_cut_off(&self, now: SimTime) -> bool {
        self.settings.repaired.has(Defect::SuspensionIgnored) && self.session.may_be_over_at() <= now
    }

    /// Reads no longer what somebody else may have by now; if the session goes on after all, it is assigned anew.
    fn leave_off(&mut self, cx: &mut Context<'_>) {
        self.commit(cx);
        self.stop_reading(|partitions, generation| Observation::Lost { partitions, generation }, cx);
        self.in_use = None;
        // A stop that was asked for stays asked for.
        if self.state != SlotState::Stopping {
            self.state = SlotState::Joined;
        }
    }

    /// When the loop goes on by itself.
    pub(super) fn loop_deadline(&self) -> SimTime {
        match &self.doing {
            Doing::Connecting { until } | Doing::Pausing { until, .. } => *until,
            Doing::Polling { .. } if self.is_hung => SimTime::NEVER,
            Doing::Polling { until } if self.settings.repaired.has(Defect::SuspensionIgnored) => {
                self.session.may_be_over_at().min(*until)
            }
            Doing::Polling { until } => *until,
            Doing::Spinning => self.last_check + CHECK_INTERVAL + SimDuration::from_nanos(1),
            _ => SimTime::NEVER,
        }
    }

    pub(super) fn on_loop_deadline(&mut self, cx: &mut Context<'_>) {
        if self.loop_deadline() > cx.now {
            return;
        }
        match self.doing {
            Doing::Connecting { .. } => self.not_connected(cx),
            Doing::Pausing { slot: Some(slot), .. } => self.try_slot(slot, cx),
            Doing::Pausing { slot: None, .. } | Doing::Spinning => self.doing = Doing::Turning,
            Doing::Polling { .. } => {
                self.doing = Doing::Turning;
                if self.is_cut_off(cx.now) {
                    self.leave_off(cx);
                }
            }
            _ => {}
        }
    }
}
