//! What a handler may use besides the group it changes.

use alloc::boxed::Box;
use alloc::vec::Vec;
use protocol::message::Response;
use protocol::{ErrorCode, Generation, GroupId, MemberId, SimTime};

use crate::action::{Action, Actions};
use crate::classic::{AfterClassicAppend, JoinPhase, JoinTimers};
use crate::config::GroupConfig;
use crate::consumer::{AfterConsumerAppend, ConsumerEvent, LooseTimers, MemberTimer, RegexJobs};
use crate::groups::GroupKey;
use crate::observation::GroupEvent;
use crate::record::Record;
use crate::replies::{Replies, ReplyKey};
use crate::timers::{TimerKey, Timers};
use crate::topics::Topics;
use crate::version::Behaviour;

/// Whom a timer belongs to, and so what happens when it runs out.
#[derive(Debug)]
pub(crate) enum TimerOwner {
    /// A member, or who has only been given an id: silent too long, or too slow to join.
    Session {
        /// Its group.
        group: GroupKey,
        /// Its id.
        member: MemberId,
    },
    /// A group in its join phase, or one that has its id since.
    Join {
        /// The group.
        group: GroupId,
        /// Which kind of phase.
        phase: JoinPhase,
    },
    /// A group whose members shall ask for their assignments.
    Sync {
        /// The group.
        group: GroupKey,
        /// The generation they do it in.
        generation: Generation,
    },
    /// A member of a consumer group, or who was one.
    Member {
        /// Its group.
        group: GroupId,
        /// Its id.
        member: MemberId,
        /// What it has to do in time.
        what: MemberTimer,
    },
    /// Time to look for expired offsets.
    Retention,
}

/// Names an armed timer of a coordinator.
pub(crate) type CoordinatorTimer = TimerKey;

/// The surroundings of one event.
pub(crate) struct Context<'a> {
    /// The time.
    pub(crate) now: SimTime,
    /// The broker's settings.
    pub(crate) config: &'a GroupConfig,
    /// What the broker's version does differently.
    pub(crate) behaviour: &'static Behaviour,
    /// Whether somebody keeps the records.
    pub(crate) keeps_log: bool,
    /// The coordinator's timers.
    pub(crate) timers: &'a mut Timers<TimerOwner>,
    /// The timers of ids that are no members of consumer groups.
    pub(crate) loose: &'a mut LooseTimers,
    /// The timers of join phases.
    pub(crate) joins: &'a mut JoinTimers,
    /// The topics known.
    pub(crate) topics: &'a Topics,
    /// Lookups of regular expressions.
    pub(crate) jobs: &'a mut RegexJobs,
    /// The answers promised to parked requests.
    pub(crate) replies: &'a mut Replies,
    /// Where actions go.
    pub(crate) out: &'a mut Actions,
}

impl Context<'_> {
    /// Tells that something happened to a group.
    pub(crate) fn observe(&mut self, group: &GroupId, event: GroupEvent) {
        self.out.push(Action::Observe { group: group.clone(), event: Box::new(event) });
    }

    /// Tells that something happened to a consumer group.
    pub(crate) fn observe_consumer(&mut self, group: &GroupId, event: ConsumerEvent) {
        self.observe(group, GroupEvent::Consumer(event));
    }

    /// Answers a promise, unless that has been done; the holder still holds it.
    pub(crate) fn answer(&mut self, reply: ReplyKey, response: Response) {
        self.replies.answer(reply, response, self.out);
    }

    /// Answers a promise, unless that has been done, and lets go of it.
    pub(crate) fn keep(&mut self, reply: ReplyKey, response: Response) {
        self.replies.keep(reply, response, self.out);
    }

    /// Lets go of a promise.
    pub(crate) fn release(&mut self, reply: ReplyKey) {
        self.replies.release(reply, self.out);
    }

    /// Cancels a timer if it is armed.
    pub(crate) fn cancel(&mut self, timer: Option<CoordinatorTimer>) {
        if let Some(timer) = timer {
            self.timers.cancel(timer);
        }
    }

    /// The time as Kafka's records carry it, ms.
    pub(crate) fn now_ms(&self) -> i64 {
        i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX)
    }
}

/// What a handler wants written and answered.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Records to write, in one batch.
    pub(crate) records: Vec<Record>,
    /// Whether the records still have to be applied to the coordinator's own state.
    pub(crate) replay: bool,
    /// What happens once they are committed, or turn out not to be. Rare, and large.
    pub(crate) after: Option<Box<AfterAppend>>,
    /// The answer of a request whose answer waits for the log.
    pub(crate) response: Option<Response>,
}

impl Outcome {
    /// Nothing to write, this to answer.
    pub(crate) fn answer(response: Response) -> Self {
        Self { response: Some(response), ..Self::default() }
    }
}

/// What happens once records are committed, or turn out not to be: per protocol.
#[derive(Debug)]
pub(crate) enum AfterAppend {
    /// In a classic group.
    Classic(AfterClassicAppend),
    /// In a consumer group.
    Consumer(AfterConsumerAppend),
}

/// A handler gives up in the middle: Kafka throws an exception, which is answered at once and never waits for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) ErrorCode);
