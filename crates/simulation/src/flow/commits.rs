//! Commits that applications make by themselves: what is committed when somebody stops reading.
//!
//! Contract: a commit after every batch changes nothing until somebody else asks where to read on, so none is sent: the
//! coordinator learns of the last one when its reader gives partitions up, is killed, or begins to hang, and before it
//! goes itself. What an application had in hand then is not committed: for [`ManualCommit::Sync`] what was given to it
//! within one batch and one round trip, for [`ManualCommit::Async`] within one batch (a commit that is on the wire
//! arrives), for [`ManualCommit::Transactions`] what belongs to the transaction that is open. Who revokes between
//! batches has nothing in hand. franz-go revokes at any time: the batch in hand is committed only if the application
//! is closing, or if it waits in `OnPartitionsRevoked` for its batch, which one that takes no time cannot do.
//!
//! Transactions (KIP-447; franz-go's `GroupTransactSession`): offsets are committed with the transaction and fenced by
//! generation. Those that end while nothing happens would be accepted and are left out; the others are sent
//! ([`super::transactions`]), and the coordinator decides. Kafka's own consumer revokes inside `poll`, between batches:
//! the application ends its transaction first and nothing is lost. franz-go revokes behind the application's back, and
//! the session aborts, as does an application whose partitions are lost; a killed one's transaction is aborted by its
//! timeout. Left out: duplicates downstream, of which there are none.

use member::ClientFamily;
use protocol::message::{OffsetToCommit, OffsetsToCommit};
use protocol::{Offset, SimDuration, SimTime};
use records::LogIndex;
use timeline::{Event, Handover, Observer};

use crate::environment::Environment;
use crate::plan::{ManualCommit, MemberPlan};
use crate::process::{Slot, Status};
use crate::transport::{request_latency, response_latency};
use crate::world::World;

use super::Flows;

/// What a commit after every poll adds to it: for a synchronous one its round trip.
pub(super) fn commit_time(member: &MemberPlan, environment: &Environment) -> SimDuration {
    if member.application.commits != ManualCommit::Sync {
        return SimDuration::ZERO;
    }
    let parts = [&environment.one_way, &environment.one_way, &environment.request_handling, &environment.log_append];
    let waits = parts.into_iter().chain([&environment.client_wake_up]).map(|part| SimDuration::from_nanos(part.mean()));
    waits.sum()
}

impl<O: Observer> World<'_, O> {
    /// A process begins to read: its transactions follow each other from here on.
    pub(super) fn plan_transactions(&mut self, slot: Slot) {
        let now = self.now();
        let Some(length) = self.transactions_of(slot) else { return };
        if let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            reading.leave_out_commits(now + length, length);
        }
    }

    /// How long its transactions are, if it has any.
    pub(super) fn transactions_of(&self, slot: Slot) -> Option<SimDuration> {
        match self.processes[slot.index()].plan.application.commits {
            ManualCommit::Transactions { length } => Some(length),
            ManualCommit::None | ManualCommit::Sync | ManualCommit::Async => None,
        }
    }

    /// An application stops reading, for this reason; it has been brought up to date. The coordinator has what it had
    /// committed by itself; a transaction that is open is ended if it can be, and aborted if not.
    pub(super) fn commit_what_is_done(&mut self, slot: Slot, indexes: &[LogIndex], why: Handover) {
        let mut committed = self.committed(slot, indexes, why);
        if self.transactions_of(slot).is_none() {
            self.have_committed(&committed);
            return;
        }
        let is_between = why == Handover::Revoked && self.processes[slot.index()].client != ClientFamily::FranzGo;
        let open: u64 = committed.iter().map(|done| done.position - done.committed).sum();
        self.have_committed(&committed);
        if is_between {
            for done in &mut committed {
                done.committed = done.position;
            }
            let offsets = self.offsets(&committed);
            if !offsets.is_empty() {
                self.end_transaction(slot, offsets, open, true);
            }
        } else {
            let open = open + self.open_when_fenced(slot);
            self.tell_aborted(slot, open);
        }
    }

    /// Partitions are lost to others: the application aborts the transaction that is open, unless it hangs and does not
    /// know.
    pub(super) fn abort_what_is_open(&mut self, slot: Slot, indexes: &[LogIndex]) {
        if self.transactions_of(slot).is_none() {
            return;
        }
        let committed = self.committed(slot, indexes, Handover::Expelled);
        let open: u64 = committed.iter().map(|done| done.position - done.committed).sum();
        let open = open + self.open_when_fenced(slot);
        if self.processes[slot.index()].status != Status::Hung {
            self.tell_aborted(slot, open);
        } else if let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            reading.open_when_fenced = open;
        }
    }

    fn tell_aborted(&mut self, slot: Slot, records: u64) {
        if records > 0 {
            let member = self.processes[slot.index()].member;
            self.observe(Event::TransactionAborted { member, records });
        }
    }

    /// How many records were in the transaction that was open when others took the partitions over; asked once.
    fn open_when_fenced(&mut self, slot: Slot) -> u64 {
        let reading = self.flows.as_mut().and_then(|flows| flows.reading(slot));
        reading.map_or(0, |(reading, _)| std::mem::take(&mut reading.open_when_fenced))
    }

    /// The coordinator is about to go: the next one has what applications had committed by themselves.
    pub(crate) fn commit_before_coordinator_goes(&mut self) {
        for slot in self.slots() {
            let commits = self.processes[slot.index()].plan.application.commits;
            if matches!(commits, ManualCommit::Sync | ManualCommit::Async) {
                self.commit_up_to_now(slot);
            }
        }
    }

    /// The coordinator has what an application had committed by itself until now.
    fn commit_up_to_now(&mut self, slot: Slot) {
        let now = self.now();
        self.look_closely_and_tell(slot, now);
        let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) else { return };
        let indexes: Vec<LogIndex> = reading.reader.positions().map(|(index, _)| index).collect();
        let committed = self.committed(slot, &indexes, Handover::Killed);
        self.have_committed(&committed);
    }

    /// An application hangs, or is cut off: the coordinator has what it had committed by itself. Whether its
    /// transaction will be aborted is not known yet.
    pub(crate) fn commit_before_hang(&mut self, slot: Slot) {
        self.remember_membership(slot);
        self.commit_up_to_now(slot);
        if let (Some(_), Some((reading, _))) =
            (self.transactions_of(slot), self.flows.as_mut().and_then(|flows| flows.reading(slot)))
        {
            reading.send_commits();
        }
    }

    /// An application that hung goes on: the transaction that was open is ended, and others follow.
    pub(crate) fn transactions_go_on(&mut self, slot: Slot) {
        let now = self.now();
        if self.transactions_of(slot).is_none() {
            return;
        }
        let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) else { return };
        let indexes: Vec<LogIndex> = reading.reader.positions().map(|(index, _)| index).collect();
        let mut committed = self.committed(slot, &indexes, Handover::Expelled);
        let open: u64 = committed.iter().map(|done| done.position - done.committed).sum();
        for done in &mut committed {
            done.committed = done.position;
        }
        let (offsets, open) = (self.offsets(&committed), open + self.open_when_fenced(slot));
        if open > 0 {
            self.end_transaction(slot, offsets, open, false);
        }
        self.plan_transactions(slot);
        if let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            reading.stands_at(now);
        }
    }

    /// A process is taken for gone, and others read its partitions: its commits will be refused, and its transaction,
    /// if one is open, with them.
    pub(super) fn fence(&mut self, slot: Slot) {
        let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) else { return };
        if std::mem::replace(&mut reading.is_fenced, true) {
            return;
        }
        let indexes: Vec<LogIndex> = reading.reader.positions().map(|(index, _)| index).collect();
        let open = self.committed(slot, &indexes, Handover::Expelled);
        let records: u64 = open.iter().map(|done| done.position - done.committed).sum();
        if self.transactions_of(slot).is_some()
            && let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot))
        {
            reading.open_when_fenced = records;
        }
    }

    /// What an application had committed by itself of each of these partitions, if it is their reader.
    fn committed(&mut self, slot: Slot, indexes: &[LogIndex], why: Handover) -> Vec<Done> {
        let now = self.now();
        let process = &mut self.processes[slot.index()];
        let plan = process.plan;
        let (environment, draws) = (&self.plan.environment, &mut process.draws.records);
        let late = match plan.application.commits {
            ManualCommit::None => return Vec::new(),
            ManualCommit::Sync => request_latency(environment, draws) + response_latency(environment, draws),
            ManualCommit::Async | ManualCommit::Transactions { .. } => SimDuration::ZERO,
        };
        let Some(flows) = &self.flows else { return Vec::new() };
        let is_between = why == Handover::Revoked && plan.client != ClientFamily::FranzGo;
        let waits = process.status == Status::Closing || plan.application.revoke_callback.mean() > 0;
        let has_nothing = is_between || why == Handover::Revoked && waits;
        let done = |index: &LogIndex| {
            let position = flows.readings.get(slot.index())?.as_ref()?.reader.position(*index)?;
            let committed = match plan.application.commits {
                ManualCommit::Transactions { .. } => flows.last_transaction(slot, *index)?,
                _ if has_nothing => position,
                _ => flows.last_batch(slot, *index, now, late)?,
            };
            let begun = flows.standings[index.index()].position;
            Some(Done { index: *index, committed: committed.clamp(begun.min(position), position), position })
        };
        let own = indexes.iter().filter(|index| flows.standings[index.index()].reader == Some(slot));
        own.filter_map(done).collect()
    }

    /// What a commit of this says.
    fn offsets(&self, done: &[Done]) -> OffsetsToCommit {
        let Some(flows) = &self.flows else { return OffsetsToCommit::default() };
        let offset = |done: &Done| OffsetToCommit {
            partition: flows.names[done.index.index()].clone(),
            offset: Offset(i64::try_from(done.committed).expect("offsets are below 2^63")),
            metadata: None,
        };
        done.iter().map(offset).collect()
    }

    /// The coordinator has these commits.
    fn have_committed(&mut self, done: &[Done]) {
        if done.is_empty() || self.broker.has_no_coordinator() {
            return;
        }
        let (now, offsets) = (self.now(), self.offsets(done));
        self.broker.offsets_committed(&self.plan.group, &offsets, now);
    }
}

/// How far an application had committed a partition that it had read up to a position.
struct Done {
    index: LogIndex,
    committed: u64,
    position: u64,
}

impl Flows {
    /// Where a process stood in a partition when its last transaction ended; where it began, if none has since.
    fn last_transaction(&self, slot: Slot, index: LogIndex) -> Option<u64> {
        let reading = self.readings.get(slot.index())?.as_ref()?;
        Some(reading.stood_last(index).unwrap_or(self.standings[index.index()].position))
    }

    /// Where a process stood in a partition before the poll that its application is busy with; if it is never busy,
    /// before what was given to it within `late`.
    fn last_batch(&self, slot: Slot, index: LogIndex, now: SimTime, late: SimDuration) -> Option<u64> {
        let reader = &self.readings.get(slot.index())?.as_ref()?.reader;
        if reader.takes_polls() {
            return reader.position_before_poll(index);
        }
        Some(self.logs[index.index()].count(now - late - reader.ways().delay()))
    }
}
