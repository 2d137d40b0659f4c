//! The start of a process, and the look at the topics every thirty seconds: count, and change the plan if need be.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::message::MetadataResponse;
use protocol::zookeeper::{ZooKeeperError, ZooKeeperRequest, ZooKeeperResponse};
use protocol::{SimDuration, TopicName};

use super::plan::{self, Plan};
use super::settings::Defect;
use super::state::{Doing, Look, SlotState, Wanted};
use super::{KafkaAsk, SlotMember, ZooKeeperAsk};
use crate::action::{Action, Destination, Disconnection};
use crate::surroundings::Context;

/// How long a process waits for its first connection (kazoo's `start`).
const START_TIMEOUT: SimDuration = SimDuration::from_secs(15);
/// How long a repaired member waits for partition counts.
const METADATA_TIMEOUT: SimDuration = SimDuration::from_secs(10);

impl SlotMember {
    pub(super) fn begin(&mut self, cx: &mut Context<'_>) {
        self.doing = Doing::Connecting { until: cx.now + START_TIMEOUT };
        self.session.open(cx);
    }

    /// Makes sure that a node exists.
    pub(super) fn ensure(&mut self, wanted: Wanted, cx: &mut Context<'_>) {
        let path = self.path_of(wanted).clone();
        self.doing = Doing::Ensuring { wanted, missing: Vec::new() };
        if !self.session.ask(ZooKeeperRequest::Exists { path }, ZooKeeperAsk::Ensure, cx) {
            self.on_ensure(None, cx);
        }
    }

    fn path_of(&self, wanted: Wanted) -> &Arc<str> {
        match wanted {
            Wanted::Plan => &self.watch.plan_path,
            Wanted::Members => &self.watch.members_path,
        }
    }

    pub(super) fn on_ensure(&mut self, answer: Option<&ZooKeeperResponse>, cx: &mut Context<'_>) {
        let Doing::Ensuring { wanted, missing } = &self.doing else { return };
        let (wanted, mut missing) = (*wanted, missing.clone());
        match answer {
            None => return self.ensure_failed(wanted, cx),
            Some(ZooKeeperResponse::Failed(ZooKeeperError::NoNode)) => {
                let path = self.path_of(wanted);
                missing =
                    path.char_indices().skip(1).filter(|(_, c)| *c == '/').map(|(at, _)| path[..at].into()).collect();
                missing.push(path.clone());
            }
            // Made by this member or by another one.
            Some(_) => {}
        }
        if missing.is_empty() {
            return match wanted {
                Wanted::Plan => {
                    self.doing = Doing::ReadingPlan;
                    self.read_plan(cx);
                }
                Wanted::Members => self.try_slot(0, cx),
            };
        }
        let path = missing.remove(0);
        self.doing = Doing::Ensuring { wanted, missing };
        let request = ZooKeeperRequest::Create { path, data: "".into(), ephemeral: false };
        if !self.session.ask(request, ZooKeeperAsk::Ensure, cx) {
            self.ensure_failed(wanted, cx);
        }
    }

    fn ensure_failed(&mut self, wanted: Wanted, cx: &mut Context<'_>) {
        match wanted {
            // A process that starts waits for its connection again.
            Wanted::Plan => self.doing = Doing::Connecting { until: cx.now + START_TIMEOUT },
            Wanted::Members => self.pause(None, cx),
        }
    }

    /// The plan was read; whoever waits for it goes on.
    pub(super) fn plan_is_read(&mut self, cx: &mut Context<'_>) {
        match &self.doing {
            Doing::ReadingPlan => self.begin_count(Look::Start, cx),
            Doing::Writing { look, counted, .. } if self.settings.repaired.has(Defect::WritesUnconditional) => {
                let (look, counted) = (*look, counted.clone());
                self.update(look, counted, cx);
            }
            _ => {}
        }
    }

    pub(super) fn begin_count(&mut self, look: Look, cx: &mut Context<'_>) {
        self.last_check = cx.now;
        self.doing = Doing::Counting { look, counted: BTreeMap::new(), next: 0 };
        self.count_next(cx);
    }

    /// Asks for the partitions of the next topic, one request each.
    pub(super) fn count_next(&mut self, cx: &mut Context<'_>) {
        let Doing::Counting { look, counted, next } = &self.doing else { return };
        let Some(topic) = self.membership.identity.topics.get(*next) else {
            let (look, counted) = (*look, counted.clone());
            return self.update(look, counted, cx);
        };
        let request = self.membership.metadata_of(Arc::from([topic.clone()]));
        let is_timed = self.settings.repaired.has(Defect::MetadataUntimed);
        let timeout = if is_timed { METADATA_TIMEOUT } else { SimDuration::MAX };
        self.pending.send(cx, Destination::Bootstrap, request, KafkaAsk::Metadata, timeout);
    }

    pub(super) fn on_counts(&mut self, answer: &MetadataResponse, cx: &mut Context<'_>) {
        let Doing::Counting { counted, next, .. } = &mut self.doing else { return };
        let has_some = answer.topics.iter().filter(|topic| topic.partitions > 0);
        counted.extend(has_some.map(|topic| (TopicName::as_str(&topic.name).to_string(), topic.partitions)));
        *next += 1;
        self.count_next(cx);
    }

    /// A request to Kafka has waited too long.
    pub(super) fn time_out(&mut self, to: Destination, cx: &mut Context<'_>) {
        let untimed = |ask| ask == KafkaAsk::Metadata;
        let counts = self.pending.any(untimed) && self.settings.repaired.has(Defect::MetadataUntimed);
        cx.out.push(Action::Disconnect { to, why: Disconnection::RequestTimedOut });
        if counts && to == Destination::Bootstrap {
            self.pending.forget(untimed);
            self.fail(cx);
        }
        self.on_disconnect(to, cx);
    }

    /// Changes the plan if there is a reason.
    fn update(&mut self, look: Look, counted: BTreeMap<alloc::string::String, i32>, cx: &mut Context<'_>) {
        let wanted = plan::Wanted {
            group: self.membership.identity.group.as_str(),
            slots: self.settings.max_group_size,
            config_version: self.settings.config_version,
            topics: &counted,
        };
        // As published, the plan in use counts, though a newer one may have been seen.
        let in_use = self.in_use.clone().filter(|_| !self.settings.repaired.has(Defect::WritesUnconditional));
        let before = in_use.or_else(|| self.watch.plan.clone());
        let has_none = before.is_none() && look == Look::Check;
        let changed = Plan::changed(before.as_deref(), wanted).filter(|_| !has_none);
        let Some(plan) = changed.map(Arc::new) else { return self.looked(look) };
        if let Some(before) = before
            && !self.settings.repaired.has(Defect::PlanChangedInPlace)
        {
            // It is one object: whoever has it has the new one, and will never see it as newer.
            for known in [&mut self.in_use, &mut self.watch.plan] {
                if known.as_ref().is_some_and(|known| known.version == before.version) {
                    *known = Some(plan.clone());
                }
            }
        }
        self.doing = Doing::Writing { look, plan, counted };
        self.write(cx);
    }

    fn write(&mut self, cx: &mut Context<'_>) {
        let Doing::Writing { plan, .. } = &self.doing else { return };
        let version = self.settings.repaired.has(Defect::WritesUnconditional).then_some(self.watch.node_version);
        let (path, data) = (self.watch.plan_path.clone(), plan.to_text().into());
        // Without a connection it is written when there is one again.
        self.session.ask(ZooKeeperRequest::Set { path, data, version }, ZooKeeperAsk::WritePlan, cx);
    }

    /// The connection is back: an interrupted write is made again.
    pub(super) fn write_again(&mut self, cx: &mut Context<'_>) {
        self.write(cx);
    }

    pub(super) fn on_written(&mut self, answer: Option<&ZooKeeperResponse>, cx: &mut Context<'_>) {
        let Doing::Writing { look, .. } = &self.doing else { return };
        let look = *look;
        match answer {
            Some(ZooKeeperResponse::Failed(ZooKeeperError::BadVersion)) => self.read_plan(cx),
            Some(ZooKeeperResponse::Failed(_)) => self.fail(cx),
            Some(_) => self.looked(look),
            None => {}
        }
    }

    /// The look at the topics is over.
    fn looked(&mut self, look: Look) {
        if look == Look::Start && self.state != SlotState::Stopping {
            self.state = SlotState::New;
        }
        self.doing = Doing::Turning;
    }
}
