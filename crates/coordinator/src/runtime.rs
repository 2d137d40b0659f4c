//! How an event takes effect: its records are applied and written, and whoever waits is told once they are committed
//! (`CoordinatorRuntime`). Knows nothing of protocols.
//!
//! The rules: one event at a time; records go into the open batch, which is written when the event queue is empty; an
//! event without records still waits for all records before it; an event that waits longer than
//! `offsets.commit.timeout.ms` fails. Left out: batches that are full, and appends that fail at once, which takes a
//! broken disk.

use alloc::boxed::Box;
use core::iter;

use protocol::message::Response;
use protocol::{ErrorCode, Offset, ProducerId, RequestToken, SimTime};

use crate::action::{Action, Actions, respond};
use crate::context::{AfterAppend, Context, Outcome, Refusal, TimerOwner};
use crate::coordinator::{Coordinator, Status};
use crate::groups::Group;
use crate::log::{self, Asked, ParkedApi, Queued, UNWRITTEN, WriteEvent};
use crate::offsets;
use crate::record::Record;
use crate::{classic, classic::ClassicGroup, consumer};

impl Coordinator {
    /// An event's handler is done: its outcome takes effect, or its refusal is answered at once.
    pub(crate) fn settle(&mut self, asked: Asked, result: Result<Outcome, Refusal>, now: SimTime, out: &mut Actions) {
        match result {
            Ok(outcome) => self.write(asked, outcome, now, out),
            Err(Refusal(error)) => self.finish(asked, None, None, Err(error), now, out),
        }
    }

    /// The same for what is an answer and nothing else.
    pub(crate) fn settle_answer(
        &mut self,
        token: RequestToken,
        api: ParkedApi,
        result: Result<Response, Refusal>,
        now: SimTime,
        out: &mut Actions,
    ) {
        match result {
            Ok(response) if self.log.is_settled() || !self.behaviour.waits_for_log => respond(token, response, out),
            Ok(response) => self.park(Asked::Request { token, api }, None, Some(response), now),
            Err(Refusal(error)) => respond(token, api.failure(error), out),
        }
    }

    /// The same for what is one record at most; that of a transactional producer is a batch of its own.
    pub(crate) fn settle_commit(
        &mut self,
        asked: Asked,
        producer: Option<ProducerId>,
        result: Result<(Option<Record>, Response), Refusal>,
        now: SimTime,
        out: &mut Actions,
    ) {
        let (record, response) = match result {
            Ok((Some(record), response)) => (record, response),
            Ok((None, response)) => return self.settle(asked, Ok(Outcome::answer(response)), now, out),
            Err(refusal) => return self.settle(asked, Err(refusal), now, out),
        };
        if producer.is_some() {
            self.flush(out);
        }
        self.open_batch(producer.is_some());
        self.take_in(record, true, now, out);
        self.park(asked, None, Some(response), now);
        if producer.is_some() {
            self.flush(out);
        }
    }

    /// A producer's transaction ends.
    pub(crate) fn end_transaction(
        &mut self,
        token: RequestToken,
        producer: ProducerId,
        commit: bool,
        now: SimTime,
        out: &mut Actions,
    ) {
        let asked = Asked::Request { token, api: ParkedApi::WriteTxnMarkers };
        let record = Record::TransactionMarker { producer, commit };
        let response = ParkedApi::WriteTxnMarkers.failure(ErrorCode::None);
        self.settle_commit(asked, Some(producer), Ok((Some(record), response)), now, out);
    }

    fn write(&mut self, asked: Asked, outcome: Outcome, now: SimTime, out: &mut Actions) {
        let Outcome { records, replay, after, response } = outcome;
        let (asked, response) =
            if self.behaviour.waits_for_log { (asked, response) } else { Self::answer_early(asked, response, out) };
        if records.is_empty() {
            if self.log.is_settled() || !self.behaviour.waits_for_log {
                self.finish(asked, after, response, Ok(()), now, out);
            } else {
                self.park(asked, after, response, now);
            }
            return;
        }
        self.open_batch(false);
        let changed = match records.last() {
            Some(Record::Consumer { group, .. }) if replay => Some(group.clone()),
            _ => None,
        };
        for record in records {
            self.take_in(record, replay, now, out);
        }
        if let Some(group) = changed {
            let (groups, mut cx) = self.groups_and_context(now, out);
            consumer::tell_state(groups, &group, &mut cx);
        }
        self.park(asked, after, response, now);
    }

    /// What comes now goes into one batch, which is written when the event queue is empty, or when whoever opened it
    /// `writes_it` itself.
    fn open_batch(&mut self, writes_it: bool) {
        if self.log.is_batch_open {
            return;
        }
        self.log.is_batch_open = true;
        self.log.batch_number += 1;
        if !writes_it {
            self.log.queue.push_back(Queued::Flush(self.log.batch_number));
        }
    }

    /// Gives a record its offset, and applies it if that is to be done; keeps it if somebody does.
    fn take_in(&mut self, record: Record, replay: bool, now: SimTime, out: &mut Actions) {
        let offset = self.log.next_offset;
        if replay {
            self.replay(&record, offset, now, out);
        }
        self.log.next_offset += record.count();
        if self.keeps_log {
            self.log.records.push((Offset(offset), record));
        }
    }

    /// The coordinator written in Scala did not let these wait for what they wrote.
    fn answer_early(asked: Asked, response: Option<Response>, out: &mut Actions) -> (Asked, Option<Response>) {
        match asked {
            Asked::Request {
                token,
                api: ParkedApi::LeaveGroup | ParkedApi::DeleteGroups | ParkedApi::OffsetDelete,
            } => {
                out.extend(response.map(|response| Action::Respond { token, response }));
                (Asked::Nobody, None)
            }
            asked => (asked, response),
        }
    }

    /// The event waits for what is written by now, or is about to be; not for ever.
    #[inline]
    fn park(&mut self, asked: Asked, after: Option<Box<AfterAppend>>, response: Option<Response>, now: SimTime) {
        self.timers.line_up(now, self.config.commit_timeout());
        let end = if self.log.is_batch_open { UNWRITTEN } else { self.log.written };
        self.log.waiting.extend(iter::once_with(|| (end, WriteEvent { asked, after, response })));
    }

    /// The open batch is written.
    pub(crate) fn flush(&mut self, out: &mut Actions) {
        if !self.log.is_batch_open {
            return;
        }
        let records = self.log.close_batch();
        let end = self.log.written;
        out.extend(iter::once_with(|| Action::Append { records, end: Offset(end) }));
        self.groups.seal(end);
        self.offsets.seal(end);
        if self.commits_on_append {
            self.log.queue.push_front(Queued::HighWatermark(end));
        }
    }

    /// The log is committed up to `end`: whoever waited for that is told, in the order of the log.
    pub(crate) fn advance(&mut self, end: i64, now: SimTime, out: &mut Actions) {
        if self.status != Status::Active || end <= self.log.committed {
            return;
        }
        self.log.committed = end.min(self.log.written);
        self.groups.advance(self.log.committed);
        self.offsets.advance(self.log.committed);
        while let Some((_, event)) = self.log.waiting.pop_front_if(|(at, _)| *at <= self.log.committed) {
            self.timers.leave_line();
            let WriteEvent { asked, after, response } = event;
            self.finish(asked, after, response, Ok(()), now, out);
        }
    }

    /// Every event that waits fails, as the partition is given away.
    pub(crate) fn fail_waiting(&mut self, now: SimTime, out: &mut Actions) {
        self.log.is_batch_open = false;
        self.log.records.clear();
        for (_, WriteEvent { asked, after, response }) in core::mem::take(&mut self.log.waiting) {
            self.timers.leave_line();
            self.finish(asked, after, response, Err(ErrorCode::NotCoordinator), now, out);
        }
    }

    /// The event that has waited longest has waited too long.
    pub(crate) fn give_up_write(&mut self, now: SimTime, out: &mut Actions) {
        let (_, event) = self.log.waiting.pop_front().expect("who stands in line waits");
        let WriteEvent { asked, after, response } = event;
        self.finish(asked, after, response, Err(ErrorCode::RequestTimedOut), now, out);
    }

    /// The end of an event, which waits no longer: first what follows in the group, then the answer.
    fn finish(
        &mut self,
        asked: Asked,
        after: Option<Box<AfterAppend>>,
        response: Option<Response>,
        result: Result<(), ErrorCode>,
        now: SimTime,
        out: &mut Actions,
    ) {
        if let Some(after) = after {
            let (groups, mut cx) = self.groups_and_context(now, out);
            let result = result.map_err(log::client_error);
            match *after {
                AfterAppend::Classic(after) => after.run(result, groups, &mut cx),
                AfterAppend::Consumer(after) => after.run(result, groups, &mut cx),
            }
        }
        match (asked, result) {
            (Asked::Join(reply), result) => {
                if let Err(error) = result {
                    self.replies.answer(reply, log::failed_join(error), out);
                }
                self.replies.release(reply, out);
            }
            (Asked::Sync(reply), result) => {
                if let Err(error) = result {
                    let loading = self.error_of_sync_while_loading();
                    self.replies.answer(reply, log::failed_sync(error, loading), out);
                }
                self.replies.release(reply, out);
            }
            (Asked::Request { token, .. }, Ok(())) => {
                let response = response.expect("a request that is answered when its event succeeds brings its answer");
                respond(token, response, out);
            }
            (Asked::Request { token, api }, Err(error)) => {
                respond(token, api.failure(error), out);
            }
            (Asked::DeleteGroups { asked }, Ok(())) => {
                let (token, group) = *asked;
                self.log.queue.push_back(Queued::DeleteGroups { token, group });
            }
            (Asked::DeleteGroups { asked }, Err(error)) => {
                respond(asked.0, ParkedApi::DeleteGroups.failure(error), out);
            }
            (Asked::RetentionTick, Err(ErrorCode::RequestTimedOut)) => self.arm_retention(now),
            (Asked::MemberTimer { timer }, Err(error)) if !is_of_a_coordinator_that_left(error) => {
                let (group, member, what) = *timer;
                let (groups, mut cx) = self.groups_and_context(now, out);
                consumer::expires_again(groups, &group, &member, what, &mut cx);
            }
            (Asked::RetentionTick | Asked::MemberTimer { .. } | Asked::Nobody, _) => {}
        }
    }

    /// Everything that this event has put into the queue, until that is empty.
    pub(crate) fn drain(&mut self, now: SimTime, out: &mut Actions) {
        while let Some(queued) = self.log.queue.pop_front() {
            match queued {
                Queued::Flush(number) if number == self.log.batch_number => self.flush(out),
                Queued::Flush(_) => {}
                Queued::HighWatermark(end) => self.advance(end, now, out),
                Queued::DeleteGroups { token, group } => {
                    let asked = Asked::Request { token, api: ParkedApi::DeleteGroups };
                    let outcome = match self.status.refusal() {
                        Some(refusal) => Err(refusal),
                        None => Ok(offsets::delete_group(&self.groups, &self.offsets, &group)),
                    };
                    self.settle(asked, outcome, now, out);
                }
            }
        }
    }

    /// A timer has run out.
    pub(crate) fn expire(&mut self, owner: TimerOwner, now: SimTime, out: &mut Actions) {
        let result = match owner {
            TimerOwner::Retention => {
                self.retention = None;
                let (groups, offsets, mut cx) = self.parts(now, out);
                let outcome = offsets::expire(groups, offsets, &mut cx);
                self.arm_retention(now);
                self.settle(Asked::RetentionTick, Ok(outcome), now, out);
                return;
            }
            TimerOwner::Member { group, member, what } => {
                let (groups, mut cx) = self.groups_and_context(now, out);
                let result = consumer::expired(groups, &group, &member, what, &mut cx);
                return self.settle(Asked::MemberTimer { timer: Box::new((group, member, what)) }, result, now, out);
            }
            TimerOwner::Session { group, member } => {
                let (groups, mut cx) = self.groups_and_context(now, out);
                groups.live_classic_mut(group).map(|group| group.session_expired(&member, &mut cx))
            }
            TimerOwner::Join { group, phase } => {
                let (groups, mut cx) = self.groups_and_context(now, out);
                cx.joins.remove(&group);
                let found = groups.find(&group).and_then(|key| groups.classic_mut(key));
                found.map(|group| group.join_timer_expired(phase, &mut cx))
            }
            TimerOwner::Sync { group, generation } => {
                let (groups, mut cx) = self.groups_and_context(now, out);
                groups.live_classic_mut(group).map(|group| group.sync_timer_expired(generation, &mut cx))
            }
        };
        if let Some(result) = result {
            self.settle(Asked::Nobody, result.map(Outcome::from), now, out);
        }
    }

    /// Applies a record at `offset` of the log to the coordinator's state.
    pub(crate) fn replay(&mut self, record: &Record, offset: i64, now: SimTime, out: &mut Actions) {
        match record {
            Record::GroupMetadata { group, value: None } => {
                if let Some(key) = self.groups.remove(group) {
                    let (groups, mut cx) = self.groups_and_context(now, out);
                    if let Some(group) = groups.classic_mut(key) {
                        group.deleted(&mut cx);
                    }
                }
            }
            Record::GroupMetadata { group, value: Some(value) } => {
                self.groups.put(group.clone(), |key| {
                    Group::Classic(Box::new(ClassicGroup::from_record(group.clone(), key, value)))
                });
            }
            Record::Consumer { group, record } => {
                let (groups, mut cx) = self.groups_and_context(now, out);
                consumer::replay(groups, group, record, &mut cx);
            }
            Record::OffsetTombstone { group, partition } => self.offsets.forget(group, partition),
            Record::OffsetCommit { group, producer, offsets, commit_timestamp_ms } => {
                if self.groups.find(group).is_none() {
                    let (groups, mut cx) = self.groups_and_context(now, out);
                    classic::create(groups, group, &mut cx);
                }
                let record_offset = |place: usize| offset + place as i64;
                match producer {
                    None => self.offsets.put(group, offsets, record_offset, *commit_timestamp_ms),
                    Some(producer) => {
                        self.offsets.put_pending(*producer, group, offsets, record_offset, *commit_timestamp_ms);
                    }
                }
            }
            Record::TransactionMarker { producer, commit } => self.offsets.end_transaction(*producer, *commit),
        }
    }

    /// The next look for expired offsets; one that is due already is put off.
    pub(crate) fn arm_retention(&mut self, now: SimTime) {
        let interval = self.config.retention_check_interval();
        match self.retention {
            Some(timer) => self.timers.rearm(timer, now, interval),
            None => self.retention = Some(self.timers.arm(TimerOwner::Retention, now, interval)),
        }
    }

    pub(crate) fn groups_and_context<'a>(
        &'a mut self,
        now: SimTime,
        out: &'a mut Actions,
    ) -> (&'a mut crate::groups::Groups, Context<'a>) {
        let (groups, _, cx) = self.parts(now, out);
        (groups, cx)
    }
}

/// Whether an event failed because the partition is not, or not yet, this coordinator's.
fn is_of_a_coordinator_that_left(error: ErrorCode) -> bool {
    matches!(error, ErrorCode::NotCoordinator | ErrorCode::CoordinatorLoadInProgress)
}
