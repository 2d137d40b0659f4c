//! A client's session with ZooKeeper, as kazoo keeps it.
//!
//! ```text
//!            connect           Connected                silence, reset
//!   Pausing ────────► Dialling ────────► Greeting ────► Up ───────────────► Pausing ──► …
//!      ▲                 │ refused, 10 s    │ Expired: LOST, a new session is asked for
//!      └─────────────────┘                  └────────► Dialling
//! ```
//!
//! Source: kazoo 2.6.1 (`protocol/connection.py`, `retry.py`): a ping after a third of the timeout less up to 0.4 s of
//! silence; unanswered for as long, the connection is dropped; before each new attempt a pause of whole seconds drawn
//! from 0 to one and the delay, which doubles from 0.1 s. That the session is over it only ever learns from the
//! ensemble.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use protocol::zookeeper::{SessionId, Xid, ZooKeeperRequest, ZooKeeperResponse};
use protocol::{SimDuration, SimTime};

use crate::action::{Action, ZooKeeperAction};
use crate::surroundings::{Context, Step};

/// How much sooner than a third of the timeout a ping may leave.
const PING_JITTER: SimDuration = SimDuration::from_millis(400);
/// The first delay between attempts, and the longest.
const FIRST_DELAY: SimDuration = SimDuration::from_millis(100);
const LONGEST_DELAY: SimDuration = SimDuration::from_secs(3_600);
const SECOND: SimDuration = SimDuration::from_secs(1);

/// What becomes of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Link {
    /// There is none, and none is wanted.
    None,
    /// The next attempt begins then.
    Pausing { until: SimTime },
    /// TCP is being set up; given up then.
    Dialling { until: SimTime },
    /// The session is asked for.
    Greeting { until: SimTime },
    /// It is in use.
    Up,
}

/// What the rest of a member learns of its session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum SessionEvent<A> {
    /// Connected, with a session that is new or goes on.
    Connected { new: bool },
    /// The connection is gone (SUSPENDED).
    Suspended,
    /// The session is gone (LOST).
    Lost,
    /// An answer; none if the connection was lost first.
    Answer(A, Option<ZooKeeperResponse>),
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Session<A> {
    link: Link,
    id: Option<SessionId>,
    asked: SimDuration,
    granted: SimDuration,
    delay: SimDuration,
    last_xid: u64,
    /// Requests under way, when each left, and what for; none: a ping.
    pending: VecDeque<(Xid, SimTime, Option<A>)>,
    /// When silence has lasted too long.
    silent_at: SimTime,
    /// When the last request left that was answered.
    answered_until: SimTime,
}

impl<A: Clone> Session<A> {
    pub(super) fn new(asked: SimDuration) -> Self {
        Self {
            link: Link::None,
            id: None,
            asked,
            granted: asked,
            delay: FIRST_DELAY,
            last_xid: 0,
            pending: VecDeque::new(),
            silent_at: SimTime::NEVER,
            answered_until: SimTime::ZERO,
        }
    }

    /// Begins to connect.
    pub(super) fn open(&mut self, cx: &mut Context<'_>) {
        self.dial(cx);
    }

    /// No connection any more, and no attempt at one.
    pub(super) fn abandon(&mut self, cx: &mut Context<'_>) {
        if self.link != Link::None {
            self.link = Link::None;
            cx.out.push(Action::ZooKeeper(ZooKeeperAction::Disconnect));
        }
        self.pending.clear();
        self.silent_at = SimTime::NEVER;
    }

    pub(super) fn is_connected(&self) -> bool {
        self.link == Link::Up
    }

    /// When the session may be over for all that the client knows.
    pub(super) fn may_be_over_at(&self) -> SimTime {
        if self.is_connected() { SimTime::NEVER } else { self.answered_until + self.granted }
    }

    /// Sends a request; whether that was possible.
    pub(super) fn ask(&mut self, request: ZooKeeperRequest, what: A, cx: &mut Context<'_>) -> bool {
        let is_up = self.is_connected();
        if is_up {
            self.send(request, Some(what), cx);
            self.heed(cx);
        }
        is_up
    }

    fn send(&mut self, request: ZooKeeperRequest, what: Option<A>, cx: &mut Context<'_>) {
        self.last_xid += 1;
        let xid = Xid(self.last_xid);
        self.pending.push_back((xid, cx.now, what));
        cx.out.push(Action::ZooKeeper(ZooKeeperAction::Send { xid, request }));
    }

    /// There was no silence: it is waited for anew.
    fn heed(&mut self, cx: &mut Context<'_>) {
        let longest = self.granted / 3;
        let step = Step::Between { least: longest.saturating_sub(PING_JITTER), most: longest };
        self.silent_at = cx.after(step);
    }

    fn dial(&mut self, cx: &mut Context<'_>) {
        self.link = Link::Dialling { until: cx.now + self.asked };
        cx.out.push(Action::ZooKeeper(ZooKeeperAction::Connect));
    }

    /// The TCP connection stands.
    pub(super) fn on_open(&mut self, cx: &mut Context<'_>) {
        self.link = Link::Greeting { until: cx.now + self.asked };
        self.pending.clear();
        self.send(ZooKeeperRequest::Connect { session: self.id, timeout: self.asked }, None, cx);
    }

    /// The connection is gone, or did not come to be.
    pub(super) fn on_gone(&mut self, events: &mut Vec<SessionEvent<A>>, cx: &mut Context<'_>) {
        let was_up = self.is_connected();
        let most = SECOND * (self.delay.as_nanos() / SECOND.as_nanos() + 2);
        let drawn = cx.duration(Step::Between { least: SimDuration::ZERO, most });
        let pause = SECOND * (drawn.as_nanos() / SECOND.as_nanos()).min(most.as_nanos() / SECOND.as_nanos() - 1);
        self.delay = (self.delay * 2).min(LONGEST_DELAY);
        self.link = Link::Pausing { until: cx.now + pause };
        self.silent_at = SimTime::NEVER;
        if was_up {
            events.push(SessionEvent::Suspended);
        }
        let lost = core::mem::take(&mut self.pending).into_iter().filter_map(|(_, _, what)| what);
        events.extend(lost.map(|what| SessionEvent::Answer(what, None)));
    }

    /// An answer has arrived.
    pub(super) fn on_response(
        &mut self,
        xid: Xid,
        response: ZooKeeperResponse,
        events: &mut Vec<SessionEvent<A>>,
        cx: &mut Context<'_>,
    ) {
        let Some(place) = self.pending.iter().position(|(pending, ..)| *pending == xid) else { return };
        let Some((_, sent, what)) = self.pending.remove(place) else { return };
        match (self.link, response) {
            (Link::Greeting { .. }, ZooKeeperResponse::Connected { session, timeout }) => {
                let new = self.id.replace(session) != Some(session);
                self.granted = timeout;
                self.delay = FIRST_DELAY;
                self.link = Link::Up;
                self.answered_until = sent;
                events.push(SessionEvent::Connected { new });
                self.heed(cx);
            }
            (Link::Greeting { .. }, _) => {
                self.id = None;
                self.delay = FIRST_DELAY;
                cx.out.push(Action::ZooKeeper(ZooKeeperAction::Disconnect));
                events.push(SessionEvent::Lost);
                self.dial(cx);
            }
            (_, response) => {
                self.answered_until = self.answered_until.max(sent);
                self.heed(cx);
                events.extend(what.map(|what| SessionEvent::Answer(what, Some(response))));
            }
        }
    }

    /// A notice of a watch has arrived.
    pub(super) fn on_notice(&mut self, cx: &mut Context<'_>) {
        self.heed(cx);
    }

    pub(super) fn next_deadline(&self) -> SimTime {
        match self.link {
            Link::None => SimTime::NEVER,
            Link::Pausing { until } | Link::Dialling { until } | Link::Greeting { until } => until,
            Link::Up => self.silent_at,
        }
    }

    /// Does what is due.
    pub(super) fn on_deadline(&mut self, events: &mut Vec<SessionEvent<A>>, cx: &mut Context<'_>) {
        if self.next_deadline() > cx.now {
            return;
        }
        let is_pinging = self.pending.iter().any(|(_, _, what)| what.is_none());
        match self.link {
            Link::None => {}
            Link::Pausing { .. } => self.dial(cx),
            Link::Up if !is_pinging => {
                self.send(ZooKeeperRequest::Ping, None, cx);
                self.heed(cx);
            }
            Link::Dialling { .. } | Link::Greeting { .. } | Link::Up => {
                cx.out.push(Action::ZooKeeper(ZooKeeperAction::Disconnect));
                self.on_gone(events, cx);
            }
        }
    }
}
