//! What the session's threads know: the newest plan that was seen, and which slot was taken.
//!
//! Source: kazoo's `DataWatch`: a read with a one-shot watch, repeated on each notice and after each reconnect; who
//! watches is only told if the node's mzxid differs from the last one. Changes between notice and read merge, so a
//! member sees the latest plan and not each version.

use alloc::format;
use alloc::sync::Arc;

use protocol::GroupId;
use protocol::zookeeper::{WatchEvent, ZooKeeperRequest, ZooKeeperResponse, Zxid};

use super::plan::Plan;
use super::settings::Defect;
use super::state::Doing;
use super::{SlotMember, ZooKeeperAsk};
use crate::surroundings::Context;

/// The parent of all groups.
const ROOT: &str = "/static_assignment";

/// The newest plan, and the session's slot.
#[derive(Clone, Debug)]
pub(super) struct PlanWatch {
    /// Node of the plan; node above the slots.
    pub(super) plan_path: Arc<str>,
    pub(super) members_path: Arc<str>,
    /// The write that was seen last; none before the first.
    seen: Option<Zxid>,
    /// The version of that node.
    pub(super) node_version: i32,
    /// The newest plan; forgotten with the session.
    pub(super) plan: Option<Arc<Plan>>,
    /// The slot that was taken; forgotten with the session.
    pub(super) slot: Option<u32>,
}

impl PlanWatch {
    pub(super) fn new(group: &GroupId) -> Self {
        Self {
            plan_path: format!("{ROOT}/{group}/assignment").into(),
            members_path: format!("{ROOT}/{group}/members").into(),
            seen: None,
            node_version: 0,
            plan: None,
            slot: None,
        }
    }

    pub(super) fn slot_path(&self, slot: u32) -> Arc<str> {
        format!("{}/{slot}", self.members_path).into()
    }
}

impl SlotMember {
    pub(super) fn read_plan(&mut self, cx: &mut Context<'_>) {
        let request = ZooKeeperRequest::Get { path: self.watch.plan_path.clone(), watch: true };
        self.session.ask(request, ZooKeeperAsk::ReadPlan, cx);
    }

    /// The plan has changed: it is read again.
    pub(super) fn on_notice(&mut self, event: &WatchEvent, cx: &mut Context<'_>) {
        if event.path == self.watch.plan_path {
            self.read_plan(cx);
        }
    }

    /// The session is in use, again or anew.
    pub(super) fn on_connected(&mut self, new: bool, cx: &mut Context<'_>) {
        if new && self.settings.repaired.has(Defect::PlanForgotten) {
            self.watch.seen = None;
        }
        if !matches!(self.doing, Doing::Connecting { .. } | Doing::Ensuring { .. }) {
            self.read_plan(cx);
        }
    }

    /// The session is gone, and with it the slot.
    pub(super) fn on_lost(&mut self) {
        self.watch.plan = None;
        self.watch.slot = None;
        self.announced = None;
    }

    pub(super) fn on_plan(&mut self, answer: Option<ZooKeeperResponse>, cx: &mut Context<'_>) {
        // Without an answer the connection is gone, and the plan is read when there is another one.
        let Some(answer) = answer else { return };
        if let ZooKeeperResponse::Data { data, stat } = answer
            && self.watch.seen.replace(stat.mzxid) != Some(stat.mzxid)
        {
            self.watch.plan = Plan::parse(&data).map(Arc::new);
            self.watch.node_version = stat.version;
        }
        self.plan_is_read(cx);
    }

    /// The newest plan, if it is newer than the one in use or none is.
    pub(super) fn newer_plan(&self) -> Option<&Arc<Plan>> {
        let newest = self.watch.plan.as_ref()?;
        self.in_use.as_ref().is_none_or(|in_use| newest.version > in_use.version).then_some(newest)
    }
}
