//! Requests under way: what each was for, and until when its answer counts.

use alloc::vec::Vec;

use protocol::message::Request;
use protocol::{RequestToken, SimDuration, SimTime};

use crate::action::{Action, Destination};
use crate::surroundings::Context;

#[derive(Clone, Debug)]
struct Entry<P> {
    token: RequestToken,
    to: Destination,
    purpose: P,
    deadline: SimTime,
}

/// The requests under way, oldest first, each with the client's own note of what it was for.
#[derive(Clone, Debug)]
pub(crate) struct Pending<P> {
    last_token: u64,
    entries: Vec<Entry<P>>,
}

impl<P> Default for Pending<P> {
    fn default() -> Self {
        Self { last_token: 0, entries: Vec::new() }
    }
}

impl<P: Copy> Pending<P> {
    /// Sends `request` on the connection `to`; its answer counts for `timeout`.
    pub(crate) fn send(
        &mut self,
        cx: &mut Context<'_>,
        to: Destination,
        request: Request,
        purpose: P,
        timeout: SimDuration,
    ) {
        self.last_token += 1;
        let token = RequestToken(self.last_token);
        self.entries.push(Entry { token, to, purpose, deadline: cx.now + timeout });
        cx.out.push(Action::Send { to, token, request });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether all requests under way are for purposes that `wanted` names.
    pub(crate) fn all(&self, wanted: impl Fn(P) -> bool) -> bool {
        self.entries.iter().all(|entry| wanted(entry.purpose))
    }

    /// Whether a request for such a purpose is under way.
    pub(crate) fn any(&self, wanted: impl Fn(P) -> bool) -> bool {
        self.entries.iter().any(|entry| wanted(entry.purpose))
    }

    /// When the first of them has waited too long.
    pub(crate) fn next_deadline(&self) -> SimTime {
        self.entries.iter().map(|entry| entry.deadline).min().unwrap_or(SimTime::NEVER)
    }

    /// Takes out the request with this token; none if it is no longer waited for.
    pub(crate) fn take(&mut self, token: RequestToken) -> Option<P> {
        let place = self.entries.iter().position(|entry| entry.token == token)?;
        Some(self.entries.remove(place).purpose)
    }

    /// Forgets all requests for purposes that `unwanted` names.
    pub(crate) fn forget(&mut self, unwanted: impl Fn(P) -> bool) {
        self.entries.retain(|entry| !unwanted(entry.purpose));
    }

    /// Takes out everything under way on one connection.
    pub(crate) fn take_all(&mut self, to: Destination) -> Vec<P> {
        let (lost, kept): (Vec<_>, Vec<_>) =
            core::mem::take(&mut self.entries).into_iter().partition(|entry| entry.to == to);
        self.entries = kept;
        lost.into_iter().map(|entry| entry.purpose).collect()
    }

    /// The connection of a request whose time is up.
    pub(crate) fn overdue(&self, now: SimTime) -> Option<Destination> {
        self.entries.iter().find(|entry| entry.deadline <= now).map(|entry| entry.to)
    }
}
