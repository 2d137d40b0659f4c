//! The brokers of a cluster, seen from a group: connections, metadata, and the coordinator that one of them hosts.
//!
//! | module | what lives there |
//! |---|---|
//! | [`connection`] | one request at a time per connection, as Kafka's socket server does |
//! | `topics` | topics, their ids and partition counts |
//! | [`action`] | [`BrokerAction`]: what its driver must carry out |
//!
//! Contract: a state machine like the coordinator inside it. Requests come in with the connection they arrived on and
//! leave as answers on the same connection; appends leave as [`BrokerAction::Append`] and come back as
//! [`Broker::committed`]. Transport, latency and disks are the driver's. Left out on purpose: partition data (nobody
//! reads records from this broker yet).

#![no_std]

extern crate alloc;

pub mod action;
pub mod connection;
mod topics;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::iter;

use coordinator::{Action, Actions, BrokerVersion, Coordinator, GroupConfig, MemberIds, Record};
use protocol::message::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, DescribeGroupsRequest, DescribeGroupsResponse,
    FindCoordinatorResponse, MetadataResponse, OffsetsToCommit, Request, Response,
};
use protocol::{BrokerId, ErrorCode, GroupId, Offset, RequestToken, SimTime, TopicName};

pub use action::BrokerAction;
pub use connection::ConnectionId;
use connection::{Connections, Served};
use topics::Topics;

/// The token of requests that come from inside the broker.
const ADMINISTRATOR: RequestToken = RequestToken(u64::MAX);
/// The version of DescribeGroups that the tools of 4.3 send.
const DESCRIBE_GROUPS_VERSION: i16 = 6;

/// The brokers.
pub struct Broker {
    /// The one that hosts the coordinator, or did.
    id: BrokerId,
    /// Whether it is gone, and no other has taken its place.
    is_gone: bool,
    coordinator: Coordinator,
    /// The coordinator of every other broker: it has no groups and says so.
    elsewhere: Coordinator,
    /// The coordinator's log, if it is to be loaded again, and how far it is committed.
    log: Vec<(Offset, Record)>,
    committed: Offset,
    topics: Topics,
    connections: Connections,
    /// Scratch space for the coordinator's actions, empty between calls.
    actions: Actions,
}

impl Broker {
    /// Brokers that have just started, with these topics; the coordinator is on the one with this id, is loaded and
    /// knows no groups. Its log is not kept unless [`Self::keep_log`] is called.
    pub fn new(
        id: BrokerId,
        version: BrokerVersion,
        config: GroupConfig,
        topics: impl IntoIterator<Item = (TopicName, i32)>,
        now: SimTime,
    ) -> Self {
        let mut actions = Actions::new();
        let mut coordinator = Coordinator::started(config, version, now, &mut actions);
        coordinator.set_keeps_log(false);
        let mut known = Topics::default();
        topics.into_iter().for_each(|(name, partitions)| known.set(name, partitions));
        coordinator.topics_changed(known.image().clone(), now, &mut actions);
        actions.clear();
        Self {
            id,
            is_gone: false,
            coordinator,
            elsewhere: Coordinator::new(config, version),
            log: Vec::new(),
            committed: Offset(0),
            topics: known,
            connections: Connections::default(),
            actions,
        }
    }

    /// The coordinator will move: its log is kept from now on. To be called before anything is appended.
    pub fn keep_log(&mut self) {
        self.coordinator.set_keeps_log(true);
    }

    /// The broker that hosts the coordinator is gone. Who waited for an answer loses the connection, as does who asks
    /// it from now on; both are told NOT_COORDINATOR, of which clients make the same. Who looks for the coordinator is
    /// told COORDINATOR_NOT_AVAILABLE until [`Self::move_coordinator`].
    pub fn lose_coordinator(&mut self, now: SimTime, ids: &mut dyn MemberIds, out: &mut Vec<BrokerAction>) {
        self.is_gone = true;
        self.coordinator.unload(now, &mut self.actions);
        self.carry_out(now, ids, out);
    }

    /// Whether there is no coordinator.
    pub fn has_no_coordinator(&self) -> bool {
        self.is_gone
    }

    /// Another broker leads the coordinator's partition and begins to read it. Whatever waited is refused with
    /// NOT_COORDINATOR, as is what still comes to the former one; the new one answers COORDINATOR_LOAD_IN_PROGRESS
    /// until [`Self::loaded`]. Records that are not committed are lost: nobody has been told of them.
    pub fn move_coordinator(
        &mut self,
        to: BrokerId,
        now: SimTime,
        ids: &mut dyn MemberIds,
        out: &mut Vec<BrokerAction>,
    ) {
        (self.id, self.is_gone) = (to, false);
        self.coordinator.unload(now, &mut self.actions);
        self.carry_out(now, ids, out);
        self.log.retain(|(offset, _)| *offset < self.committed);
        self.coordinator.load();
    }

    /// The new coordinator has read its partition.
    pub fn loaded(&mut self, now: SimTime, ids: &mut dyn MemberIds, out: &mut Vec<BrokerAction>) {
        let records = self.log.iter().map(|(offset, record)| (*offset, record));
        self.coordinator.loaded(records, self.committed, self.committed, now, &mut self.actions);
        self.carry_out(now, ids, out);
    }

    /// The id of the broker that hosts the coordinator.
    pub fn id(&self) -> BrokerId {
        self.id
    }

    /// The coordinator it hosts, to look at.
    pub fn coordinator(&self) -> &Coordinator {
        &self.coordinator
    }

    /// The coordinator it hosts.
    pub fn coordinator_mut(&mut self) -> &mut Coordinator {
        &mut self.coordinator
    }

    /// How many partitions each topic has.
    pub fn topics(&self) -> &BTreeMap<TopicName, i32> {
        self.topics.counts()
    }

    /// Sets a topic's number of partitions; a new name is a new topic. The coordinator knows at once; nothing leaves it
    /// for that.
    pub fn set_partitions(&mut self, topic: TopicName, partitions: i32, now: SimTime) {
        self.topics.set(topic, partitions);
        self.coordinator.topics_changed(self.topics.image().clone(), now, &mut self.actions);
    }

    /// The group as an administrator sees it; none if the answer has to wait (it never does for a loaded coordinator).
    pub fn describe(
        &mut self,
        group: &GroupId,
        now: SimTime,
        ids: &mut dyn MemberIds,
    ) -> Option<DescribeGroupsResponse> {
        let request = DescribeGroupsRequest { version: DESCRIBE_GROUPS_VERSION, group: group.clone() };
        match self.ask(Request::from(request), now, ids)? {
            Response::DescribeGroups(answer) => Some(*answer),
            _ => None,
        }
    }

    /// Asks the coordinator as an administrator does, over no connection. None if it does not answer at once.
    pub fn ask(&mut self, request: Request, now: SimTime, ids: &mut dyn MemberIds) -> Option<Response> {
        let mut actions = Actions::new();
        self.coordinator.handle(request, ADMINISTRATOR, now, ids, &mut actions);
        actions.into_iter().find_map(|action| match action {
            Action::Respond { response, .. } => Some(response),
            _ => None,
        })
    }

    /// The same of a group of the consumer protocol.
    pub fn describe_consumer(
        &mut self,
        group: &GroupId,
        now: SimTime,
        ids: &mut dyn MemberIds,
    ) -> Option<ConsumerGroupDescribeResponse> {
        let request = ConsumerGroupDescribeRequest { group: group.clone() };
        match self.ask(Request::from(request), now, ids)? {
            Response::ConsumerGroupDescribe(answer) => Some(*answer),
            _ => None,
        }
    }

    /// A client connects: to a broker as to the coordinator, or to any.
    pub fn connect(&mut self, to: Option<BrokerId>) -> ConnectionId {
        self.connections.open(to)
    }

    /// A client's connection ends. What it asked and is still parked stays parked: the coordinator does not notice.
    pub fn disconnect(&mut self, connection: ConnectionId) {
        self.connections.close(connection);
    }

    /// A request has arrived. It waits if an earlier one of the same connection has no answer yet.
    pub fn handle(
        &mut self,
        connection: ConnectionId,
        token: RequestToken,
        request: Request,
        now: SimTime,
        ids: &mut dyn MemberIds,
        out: &mut Vec<BrokerAction>,
    ) {
        if let Some(request) = self.connections.admit(connection, token, request) {
            self.serve(connection, request, now, ids, out);
        }
    }

    /// The high watermark of the coordinator's log has passed `through`, exclusive.
    pub fn committed(&mut self, through: Offset, now: SimTime, ids: &mut dyn MemberIds, out: &mut Vec<BrokerAction>) {
        self.committed = self.committed.max(through);
        self.coordinator.committed(through, now, &mut self.actions);
        self.carry_out(now, ids, out);
    }

    /// The driver promises that a commit of these offsets was accepted at `at`, without having sent it: the coordinator
    /// knows it ([`Coordinator::offsets_committed`]), and so will whoever reads its log.
    pub fn offsets_committed(&mut self, group: &GroupId, offsets: &OffsetsToCommit, at: SimTime) {
        self.log.extend(self.coordinator.offsets_committed(group, offsets, at));
    }

    /// When the broker wants to be woken next.
    pub fn next_deadline(&self) -> SimTime {
        self.coordinator.next_deadline().unwrap_or(SimTime::NEVER)
    }

    /// Does what is due; nothing if nothing is.
    pub fn on_deadline(&mut self, now: SimTime, ids: &mut dyn MemberIds, out: &mut Vec<BrokerAction>) {
        self.coordinator.on_deadline(now, &mut self.actions);
        self.carry_out(now, ids, out);
    }

    fn serve(
        &mut self,
        connection: ConnectionId,
        request: Request,
        now: SimTime,
        ids: &mut dyn MemberIds,
        out: &mut Vec<BrokerAction>,
    ) {
        let response = match request {
            Request::FindCoordinator(_) => {
                let error = if self.is_gone { ErrorCode::CoordinatorNotAvailable } else { ErrorCode::None };
                Response::from(FindCoordinatorResponse { error, coordinator: self.id })
            }
            Request::Metadata(request) => {
                Response::from(MetadataResponse { topics: self.topics.asked(&request).collect() })
            }
            request => {
                let (inner, to) = self.connections.begin(connection);
                let is_here = to.is_none_or(|to| to == self.id) && !self.is_gone;
                let coordinator = if is_here { &mut self.coordinator } else { &mut self.elsewhere };
                coordinator.handle(request, inner, now, ids, &mut self.actions);
                return self.carry_out(now, ids, out);
            }
        };
        let served = self.connections.served(connection);
        self.answer(served, response, now, ids, out);
    }

    /// Hands on what the coordinator wants. Each action is made where it stays: nothing is moved that was written just
    /// before.
    fn carry_out(&mut self, now: SimTime, ids: &mut dyn MemberIds, out: &mut Vec<BrokerAction>) {
        if self.actions.is_empty() {
            return;
        }
        let mut actions = core::mem::take(&mut self.actions);
        let mut lookups = Vec::new();
        for action in actions.drain(..) {
            match action {
                Action::Respond { token, response } => {
                    if let Some(served) = self.connections.finish(token) {
                        self.answer(served, response, now, ids, out);
                    }
                }
                // The connection stays busy until its client gives up.
                Action::Abandon { .. } => {}
                Action::Append { records, end } => {
                    self.log.extend(records);
                    out.extend(iter::once_with(|| BrokerAction::Append { through: end }));
                }
                Action::ResolveRegexes { group, job } => lookups.push((group, job)),
                Action::Observe { group, event } => {
                    out.extend(iter::once_with(|| BrokerAction::Observe { group, event }));
                }
            }
        }
        // Whatever these have led to has been carried out meanwhile.
        self.actions = actions;
        // That takes a real broker microseconds, and ends after what was decided when it began.
        for (group, job) in lookups {
            self.coordinator.regexes_resolved(&group, job, now, &mut self.actions);
            self.carry_out(now, ids, out);
        }
    }

    /// Sends an answer and takes up the connection's next request, if one waits.
    #[inline]
    fn answer(
        &mut self,
        Served { connection, token, next }: Served,
        response: Response,
        now: SimTime,
        ids: &mut dyn MemberIds,
        out: &mut Vec<BrokerAction>,
    ) {
        out.extend(iter::once_with(|| BrokerAction::Respond { connection, token, response }));
        if let Some(request) = next {
            self.serve(connection, request, now, ids, out);
        }
    }
}
