//! The coordinator of one offsets partition: its contract, and its doors.

use assignor::server::MetadataImage;
use protocol::message::{OffsetsToCommit, Request};
use protocol::{Generation, GroupId, MemberEpoch, MemberId, Offset, RequestToken, SimDuration, SimTime, TopicName};

use crate::action::Actions;
use crate::classic::{ClassicGroupState, ClassicGroupView, JoinTimers};
use crate::config::GroupConfig;
use crate::consumer::{self, ConsumerGroup, ConsumerGroupState, ConsumerGroupView, LooseTimers, RegexJobs};
use crate::context::{Context, CoordinatorTimer, TimerOwner};
use crate::groups::{Group, GroupKey, Groups};
use crate::ids::MemberIds;
use crate::log::{Asked, Log};
use crate::offsets::{self, Offsets};
use crate::record::Record;
use crate::replies::Replies;
use crate::timers::{Due, Timers};
use crate::topics::Topics;
use crate::version::{Behaviour, BrokerVersion};

/// Whether the coordinator has its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does not lead the partition: everything is NOT_COORDINATOR.
    Absent,
    /// It reads the partition: nearly everything is COORDINATOR_LOAD_IN_PROGRESS.
    Loading,
    /// It coordinates.
    Active,
}

/// The group coordinator of one offsets partition, as a state machine without clock, network and disk.
///
/// Its methods come in three families.
/// - *Input*: [`handle`](Self::handle), [`committed`](Self::committed), [`on_deadline`](Self::on_deadline),
///   [`load`](Self::load), [`loaded`](Self::loaded), [`unload`](Self::unload),
///   [`topics_changed`](Self::topics_changed), [`topics_deleted`](Self::topics_deleted),
///   [`regexes_resolved`](Self::regexes_resolved), [`hold_session`](Self::hold_session),
///   [`release_session`](Self::release_session). Each takes effect completely before it returns, and appends what is
///   to be done to `out`, in order. `now` never goes back.
/// - *When to come again*: [`next_deadline`](Self::next_deadline).
/// - *Questions*: the others; they change nothing.
///
/// The driver carries out the actions. An [`Append`](crate::Action::Append) becomes durable when the driver says so:
/// answers that depend on it leave then. Within one instant Kafka takes commits first, then requests in the order of
/// their arrival, then timers.
///
/// Cost: a heartbeat takes constant time, 0.13 µs of a processor among 10,000 members, and arms its session timer in
/// place; a rebalance takes time in proportion to the members. A member takes about 0.6 KB (measured: 675 bytes each
/// of 10,000 static members, their ids included, of which a third is room to grow). The benchmark `coordinator` has
/// the times.
#[derive(Debug)]
pub struct Coordinator {
    pub(crate) config: GroupConfig,
    pub(crate) version: BrokerVersion,
    pub(crate) behaviour: &'static Behaviour,
    pub(crate) status: Status,
    pub(crate) groups: Groups,
    pub(crate) offsets: Offsets,
    pub(crate) timers: Timers<TimerOwner>,
    pub(crate) loose: LooseTimers,
    pub(crate) joins: JoinTimers,
    pub(crate) topics: Topics,
    pub(crate) jobs: RegexJobs,
    pub(crate) replies: Replies,
    pub(crate) log: Log,
    pub(crate) retention: Option<CoordinatorTimer>,
    pub(crate) commits_on_append: bool,
    /// Whether somebody keeps the records, to load them later.
    pub(crate) keeps_log: bool,
}

impl Coordinator {
    /// A coordinator that does not have its partition yet.
    pub fn new(config: GroupConfig, version: BrokerVersion) -> Self {
        Self {
            config,
            version,
            behaviour: version.behaviour(),
            status: Status::Absent,
            groups: Groups::default(),
            offsets: Offsets::default(),
            timers: Timers::default(),
            loose: LooseTimers::new(),
            joins: JoinTimers::new(),
            topics: Topics::default(),
            jobs: RegexJobs::default(),
            replies: Replies::default(),
            log: Log::default(),
            retention: None,
            commits_on_append: false,
            keeps_log: true,
        }
    }

    /// A coordinator of an empty partition, ready at `now`.
    pub fn started(config: GroupConfig, version: BrokerVersion, now: SimTime, out: &mut Actions) -> Self {
        let mut coordinator = Self::new(config, version);
        coordinator.load();
        coordinator.loaded(core::iter::empty(), Offset(0), Offset(0), now, out);
        coordinator
    }

    /// Whether every append is committed by itself at once, as with replication factor 1: then nobody has to say
    /// [`committed`](Self::committed). Off at first.
    pub fn set_commits_on_append(&mut self, on: bool) {
        self.commits_on_append = on;
    }

    /// Whether the records appended are kept, to be loaded one day. On at first. Off: appends say where they end and no
    /// more; in a group of 10,000 that spares 10,000 entries at each return of a static member.
    pub fn set_keeps_log(&mut self, on: bool) {
        self.keeps_log = on;
    }

    /// A request has arrived. Its answer carries `token`; it may be among the actions of this call, of a later one,
    /// or of none. New member ids come from `ids`.
    pub fn handle(
        &mut self,
        request: Request,
        token: RequestToken,
        now: SimTime,
        ids: &mut dyn MemberIds,
        out: &mut Actions,
    ) {
        self.dispatch(request, token, now, ids, out);
        self.drain(now, out);
    }

    /// The high watermark is `end` now: every record before that offset is committed. What is known already changes
    /// nothing.
    pub fn committed(&mut self, end: Offset, now: SimTime, out: &mut Actions) {
        self.advance(end.0, now, out);
        self.drain(now, out);
    }

    /// When to call [`on_deadline`](Self::on_deadline). It may turn out that nothing is due then, as heartbeats move
    /// deadlines without touching this; nothing is ever due earlier.
    pub fn next_deadline(&self) -> Option<SimTime> {
        self.timers.next()
    }

    /// Everything that is due at `now` happens, in the order of the deadlines, equal ones in the order in which they
    /// were set. If nothing is due, nothing happens.
    pub fn on_deadline(&mut self, now: SimTime, out: &mut Actions) {
        while let Some(due) = self.timers.pop_due(now) {
            match due {
                Due::Timer(owner) => self.expire(owner, now, out),
                Due::FirstInLine => self.give_up_write(now, out),
            }
            self.drain(now, out);
        }
    }

    /// The broker leads the partition now and begins to read it.
    pub fn load(&mut self) {
        if self.status == Status::Absent {
            self.status = Status::Loading;
        }
    }

    /// The partition has been read: all its records with their offsets in order, up to `end` (the offset of the next
    /// one), of which those before `high_watermark` are committed. From here on the coordinator answers.
    pub fn loaded<'a>(
        &mut self,
        records: impl IntoIterator<Item = (Offset, &'a Record)>,
        end: Offset,
        high_watermark: Offset,
        now: SimTime,
        out: &mut Actions,
    ) {
        if self.status != Status::Loading {
            return;
        }
        let mut silent = Actions::new();
        for (Offset(offset), record) in records {
            self.replay(record, offset, now, &mut silent);
            let end = offset.saturating_add(record.count());
            self.groups.seal(end);
            self.offsets.seal(end);
            self.groups.advance(high_watermark.0);
            self.offsets.advance(high_watermark.0);
            silent.clear();
        }
        (self.log.written, self.log.next_offset) = (end.0, end.0);
        self.log.committed = high_watermark.0.min(end.0);
        self.status = Status::Active;
        self.topics.taken_over();
        for key in self.groups.keys() {
            let (groups, mut cx) = self.groups_and_context(now, out);
            match groups.get_mut(key) {
                // Kafka drops what it would have to write here.
                Some(Group::Classic(group)) => drop(group.loaded(&mut cx)),
                Some(Group::Consumer(group)) => group.loaded(&mut cx),
                None => {}
            }
        }
        self.arm_retention(now);
    }

    /// The broker gives the partition away: whatever waits is told so, and everything is forgotten. Holds end.
    pub fn unload(&mut self, now: SimTime, out: &mut Actions) {
        if self.status == Status::Active {
            self.fail_waiting(now, out);
            for key in self.groups.keys() {
                let (groups, mut cx) = self.groups_and_context(now, out);
                match groups.get_mut(key) {
                    Some(Group::Classic(group)) => group.unload(&mut cx),
                    Some(Group::Consumer(group)) => group.unload(&mut cx),
                    None => {}
                }
            }
        }
        self.status = Status::Absent;
        self.drain(now, out);
        self.groups = Groups::default();
        self.offsets = Offsets::default();
        self.timers.clear();
        self.loose.clear();
        self.joins.clear();
        self.jobs.open.clear();
        self.retention = None;
        self.log = Log::default();
    }

    /// These are the topics from now on. Consumer groups that read one which is new, gone or different look at it with
    /// the next heartbeat of any member; offsets in topics that are gone are forgotten.
    pub fn topics_changed(&mut self, image: MetadataImage, now: SimTime, out: &mut Actions) {
        let delta = self.topics.replace(image);
        if self.status != Status::Active {
            return;
        }
        for key in self.groups.keys() {
            if let Some(group) = self.groups.consumer_mut(key)
                && delta.touched.iter().any(|topic| group.is_subscribed_to(topic))
            {
                group.request_refresh();
            }
        }
        if !delta.deleted.is_empty() {
            self.topics_deleted(&delta.deleted, now, out);
        }
    }

    /// These topics no longer exist: their offsets are forgotten.
    pub fn topics_deleted(&mut self, topics: &[TopicName], now: SimTime, out: &mut Actions) {
        if self.status == Status::Active {
            let outcome = offsets::delete_topics(&self.offsets, topics);
            self.settle(Asked::Nobody, Ok(outcome), now, out);
            self.drain(now, out);
        }
    }

    /// The lookup that [`Action::ResolveRegexes`](crate::Action::ResolveRegexes) began has ended, just now. One that
    /// the coordinator no longer waits for has no effect.
    pub fn regexes_resolved(&mut self, group: &GroupId, job: u64, now: SimTime, out: &mut Actions) {
        if self.status == Status::Active {
            let (groups, mut cx) = self.groups_and_context(now, out);
            if let Some(outcome) = consumer::resolved(groups, group, job, &mut cx) {
                self.settle(Asked::Nobody, Ok(outcome), now, out);
                self.drain(now, out);
            }
        }
    }

    /// The driver promises that this member's heartbeats keep coming, without sending them: its session timer stands
    /// still until [`release_session`](Self::release_session). Whether there is such a member with a running timer.
    ///
    /// The promise ends with the member (it leaves, is removed, or is replaced under another id) and with the
    /// coordinator's partition. Whatever else sets the timer anew meanwhile is remembered.
    pub fn hold_session(&mut self, group: &GroupId, member: &MemberId) -> bool {
        let session = self.session(group, member);
        if let Some((timer, _)) = session {
            self.timers.hold(timer);
        }
        session.is_some()
    }

    /// The same ([`hold_session`](Self::hold_session)) if this is a member of a classic group that is Stable in this
    /// generation, so that its heartbeats change nothing as long as nothing else happens. Whether it is, with a session
    /// timer or without.
    pub fn hold_if_quiet(&mut self, group: &GroupId, member: &MemberId, generation: Generation) -> bool {
        let found = self.groups.find(group).and_then(|key| self.groups.classic(key));
        let Some(session) = found.and_then(|group| group.quiet_session(member, generation)) else { return false };
        if let Some(timer) = session {
            self.timers.hold(timer);
        }
        true
    }

    /// The promise ends; the member's last heartbeat that was accepted, real or spared, was at `last_contact`. Its
    /// session timer stands where that heartbeat, or something later, has put it; of equal deadlines the one that was
    /// released first comes first. Whether there is such a member.
    pub fn release_session(&mut self, group: &GroupId, member: &MemberId, last_contact: SimTime) -> bool {
        let session = self.session(group, member);
        if let Some((timer, length)) = session {
            self.timers.release(timer, last_contact, length);
        }
        session.is_some()
    }

    /// The driver promises that a commit of these offsets by a held member was accepted, without having sent it. It
    /// is as if its record had been written and committed, but that it takes no place in the log. Gives the record and
    /// its offset for who loads it, if records are kept.
    pub fn offsets_committed(
        &mut self,
        group: &GroupId,
        offsets: &OffsetsToCommit,
        at: SimTime,
    ) -> Option<(Offset, Record)> {
        let commit_timestamp_ms = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        let record_offset = self.log.next_offset - 1;
        self.offsets.put(group, offsets, |_| record_offset, commit_timestamp_ms);
        if self.is_log_committed() {
            // Nothing is on its way with which these would be committed.
            self.offsets.seal(self.log.committed);
            self.offsets.advance(self.log.committed);
        }
        if !self.keeps_log {
            return None;
        }
        let (group, offsets) = (group.clone(), offsets.clone());
        let record = Record::OffsetCommit { group, producer: None, offsets, commit_timestamp_ms };
        // Whoever loads it has it at the end of what is committed.
        Some((Offset(self.log.committed - record.count()), record))
    }

    /// Whether this member's session is held.
    pub fn is_session_held(&self, group: &GroupId, member: &MemberId) -> bool {
        self.session(group, member).is_some_and(|(timer, _)| self.timers.is_held(timer))
    }

    /// Whether a heartbeat of this member in this generation would be answered NONE now. It would be at once if
    /// [`is_log_committed`](Self::is_log_committed); else once it is.
    pub fn accepts_heartbeat(&self, group: &GroupId, member: &MemberId, generation: Generation) -> bool {
        let found = self.groups.find(group).and_then(|key| self.groups.classic(key));
        found.is_some_and(|group| group.accepts_heartbeat(member, generation, self.behaviour))
    }

    /// Whether a ConsumerGroupHeartbeat of this member at this epoch that says nothing new would be answered with
    /// nothing new, now and as long as nothing else happens to the group or its topics.
    pub fn accepts_consumer_heartbeat(
        &self,
        group: &GroupId,
        member: &MemberId,
        epoch: MemberEpoch,
        now: SimTime,
    ) -> bool {
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        self.consumer(group).is_some_and(|group| group.accepts_heartbeat(member, epoch, now_ms))
    }

    /// Whether everything written is committed, so that no answer has to wait for it.
    pub fn is_log_committed(&self) -> bool {
        self.log.is_settled()
    }

    /// The state of a group that exists now.
    pub fn group_state(&self, group: &GroupId) -> Option<ClassicGroupState> {
        self.groups.find(group).and_then(|key| self.groups.classic(key)).map(|group| group.state())
    }

    /// The generation of a group that exists now.
    pub fn group_generation(&self, group: &GroupId) -> Option<Generation> {
        self.groups.find(group).and_then(|key| self.groups.classic(key)).map(|group| group.generation())
    }

    /// A group as it stands, if it exists now.
    pub fn classic_group(&self, group: &GroupId) -> Option<ClassicGroupView> {
        self.groups.find(group).and_then(|key| self.groups.classic(key)).map(|group| group.view())
    }

    /// The state of a consumer group that exists now.
    pub fn consumer_group_state(&self, group: &GroupId) -> Option<ConsumerGroupState> {
        self.consumer(group).map(ConsumerGroup::state)
    }

    /// A consumer group as it stands, if it exists now. Costs as much as there is to look at.
    pub fn consumer_group(&self, group: &GroupId) -> Option<ConsumerGroupView> {
        self.consumer(group).map(ConsumerGroup::view)
    }

    /// Whether the coordinator has its partition.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The version it imitates.
    pub fn version(&self) -> BrokerVersion {
        self.version
    }

    /// Its settings.
    pub fn config(&self) -> &GroupConfig {
        &self.config
    }

    /// The timer that runs while a member is silent, if it is armed, and how long that may be.
    fn session(&self, group: &GroupId, member: &MemberId) -> Option<(CoordinatorTimer, SimDuration)> {
        match self.groups.find(group).and_then(|key| self.groups.get(key))? {
            Group::Classic(group) => group.session(member),
            Group::Consumer(group) => {
                Some((group.members.get(member)?.timers.session()?, self.config.consumer_session_timeout()))
            }
        }
    }

    fn consumer(&self, group: &GroupId) -> Option<&ConsumerGroup> {
        self.groups.find(group).and_then(|key: GroupKey| self.groups.consumer(key))
    }

    pub(crate) fn parts<'a>(
        &'a mut self,
        now: SimTime,
        out: &'a mut Actions,
    ) -> (&'a mut Groups, &'a mut Offsets, Context<'a>) {
        let cx = Context {
            now,
            config: &self.config,
            behaviour: self.behaviour,
            keeps_log: self.keeps_log,
            timers: &mut self.timers,
            loose: &mut self.loose,
            joins: &mut self.joins,
            topics: &self.topics,
            jobs: &mut self.jobs,
            replies: &mut self.replies,
            out,
        };
        (&mut self.groups, &mut self.offsets, cx)
    }
}
