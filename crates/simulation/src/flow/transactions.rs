//! Ends of transactions that somebody may refuse: they are sent, and what the coordinator answers decides.
//!
//! A transaction is ended with TxnOffsetCommit to the group's coordinator (`sendOffsetsToTransaction`), then with
//! EndTxn to the transaction's, which writes it down and has markers written (`commitTransaction`; KIP-98, KIP-447).
//! Those that end while nothing happens to the group would be accepted, and are left out. Sent are the last one before
//! partitions are given up, which was over when `poll` was called, so that it reaches the coordinator before whatever
//! `poll` or `close` sends; and the first one after a hang. Whoever is not in the group any more, or in another
//! generation, is refused, and aborts. Until the markers are written others who ask where to read on are told
//! UNSTABLE_OFFSET_COMMIT.
//!
//! Left out: the transaction's coordinator as a process (EndTxn takes the way there, an append, and the markers' way),
//! and AddOffsetsToTxn, which is sent when a transaction begins.

use broker::ConnectionId;
use protocol::message::{OffsetsToCommit, Request, Response, TxnOffsetCommitRequest, WriteTxnMarkersRequest};
use protocol::{ErrorCode, Generation, MemberId, ProducerId, RequestToken, SimDuration};
use timeline::{Event, Observer};

use crate::environment::until_visible;
use crate::process::{Life, Slot, draw};
use crate::transport::{request_latency, response_latency};
use crate::world::{self, World};

/// A producer tries again after `retry.backoff.ms`.
const RETRY_BACKOFF: SimDuration = SimDuration::from_millis(100);
/// After so long the transaction of a producer that is gone is aborted (`transaction.timeout.ms`).
const TRANSACTION_TIMEOUT: SimDuration = SimDuration::from_secs(60);

/// The end of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    slot: Slot,
    life: Life,
    request: TxnOffsetCommitRequest,
    /// How many records it is about.
    records: u64,
    /// Whether it was over before now.
    is_over: bool,
}

/// What a producer, or on its behalf the transaction's coordinator, asks of the group's coordinator.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Offsets(Box<Ending>),
    Markers { producer: ProducerId, commit: bool },
}

impl<O: Observer> World<'_, O> {
    /// The transaction of a process ends with these offsets; whether it had been ended when it was asked for more
    /// records.
    pub(super) fn end_transaction(&mut self, slot: Slot, offsets: OffsetsToCommit, records: u64, is_over: bool) {
        let now = self.now();
        self.remember_membership(slot);
        let reading = self.flows.as_mut().and_then(|flows| flows.reading(slot));
        let membership = reading.and_then(|(reading, _)| reading.membership.clone());
        let (generation, member_id) = membership.unwrap_or((Generation::NONE, MemberId::default()));
        let process = &mut self.processes[slot.index()];
        let request = TxnOffsetCommitRequest {
            producer_id: ProducerId(i64::from(slot.0)),
            group: self.plan.group.clone(),
            generation,
            member_id,
            instance_id: process.plan.config.instance_id.clone(),
            offsets,
        };
        let call = Call::Offsets(Box::new(Ending { slot, life: process.life, request, records, is_over }));
        if is_over {
            self.call_coordinator(call);
        } else {
            let arrives = now + request_latency(&self.plan.environment, &mut process.draws.records);
            self.schedule(arrives, world::Event::ProducerCalls { call });
        }
    }

    /// If a process is a member of its group now, its producer knows as which one.
    pub(crate) fn remember_membership(&mut self, slot: Slot) {
        if self.transactions_of(slot).is_none() {
            return;
        }
        let Some(consumer) = &self.processes[slot.index()].consumer else { return };
        let membership = (consumer.generation(), consumer.member_id().clone());
        if let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot))
            && membership.0 >= Generation(0)
        {
            reading.membership = Some(membership);
        }
    }

    /// Something that a producer asked for reaches the coordinator.
    pub(crate) fn call_coordinator(&mut self, call: Call) {
        let now = self.now();
        let connection = self.broker.connect(Some(self.broker.id()));
        let owner = match &call {
            Call::Offsets(ending) => (ending.slot, ending.life),
            Call::Markers { producer, .. } => (Slot(u32::try_from(producer.0).unwrap_or(0)), Life::default()),
        };
        if self.connection_owners.len() <= connection.index() {
            self.connection_owners.resize(connection.index() + 1, owner);
        }
        self.connection_owners[connection.index()] = owner;
        let request = match &call {
            Call::Offsets(ending) => Request::from(ending.request.clone()),
            Call::Markers { producer, commit } => {
                Request::from(WriteTxnMarkersRequest { producer_id: *producer, commit: *commit })
            }
        };
        self.producer_calls.insert(connection, call);
        self.broker.handle(connection, RequestToken(0), request, now, &mut self.ids, &mut self.broker_actions);
        self.after_broker();
    }

    /// The coordinator has answered a producer, if this connection is one's.
    pub(crate) fn producer_is_answered(&mut self, connection: ConnectionId, response: &Response) -> bool {
        let Some(call) = self.producer_calls.remove(&connection) else { return false };
        let now = self.now();
        self.schedule(now, world::Event::Disconnected { connection });
        let error = match response {
            Response::TxnOffsetCommit(answer) => answer.error,
            Response::WriteTxnMarkers(answer) => answer.error,
            _ => ErrorCode::None,
        };
        let back = match &call {
            Call::Offsets(ending) if !ending.is_over => {
                let draws = &mut self.processes[ending.slot.index()].draws.records;
                response_latency(&self.plan.environment, draws)
            }
            Call::Offsets(_) | Call::Markers { .. } => SimDuration::ZERO,
        };
        self.schedule(now + back, world::Event::ProducerHears { call, error });
        true
    }

    /// A producer acts on an answer.
    pub(crate) fn producer_hears(&mut self, call: Call, error: ErrorCode) {
        let now = self.now();
        let is_to_be_tried_again = matches!(
            error,
            ErrorCode::NotCoordinator
                | ErrorCode::CoordinatorNotAvailable
                | ErrorCode::CoordinatorLoadInProgress
                | ErrorCode::RequestTimedOut
        );
        if is_to_be_tried_again {
            // Who is gone tries nothing again.
            let is_gone =
                |ending: &Ending| !ending.is_over && !self.processes[ending.slot.index()].is_alive(ending.life);
            if matches!(&call, Call::Offsets(ending) if is_gone(ending)) {
                return;
            }
            self.schedule(now + RETRY_BACKOFF, world::Event::ProducerCalls { call });
            return;
        }
        let Call::Offsets(ending) = call else { return };
        let process = &mut self.processes[ending.slot.index()];
        let (producer, is_alive, member) = (ending.request.producer_id, process.is_alive(ending.life), process.member);
        if !error.is_none() {
            if ending.records > 0 {
                self.observe(Event::TransactionAborted { member, records: ending.records });
            }
            return;
        }
        let (after, commit) = match (ending.is_over, is_alive) {
            (true, _) => (SimDuration::ZERO, true),
            (false, true) => {
                let (environment, draws) = (&self.plan.environment, &mut process.draws.records);
                let there = request_latency(environment, draws) + until_visible(environment, 2, draws);
                let markers = draw(&environment.one_way, draws) + draw(&environment.request_handling, draws);
                (there + markers, true)
            }
            (false, false) => (TRANSACTION_TIMEOUT, false),
        };
        let call = Call::Markers { producer, commit };
        self.schedule(now + after, world::Event::ProducerCalls { call });
    }
}
