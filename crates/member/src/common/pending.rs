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
    /// Usually there is one at most: it stands where the member does.
    first: Option<Entry<P>>,
    more: Vec<Entry<P>>,
}

impl<P> Default for Pending<P> {
    fn default() -> Self {
        Self { last_token: 0, first: None, more: Vec::new() }
    }
}

impl<P: Copy> Pending<P> {
    /// Sends `request` on the connection `to`; its answer counts for `timeout`.
    #[inline(always)]
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
        self.add(Entry { token, to, purpose, deadline: cx.now + timeout });
        cx.act(|| Action::Send { to, token, request });
    }

    fn add(&mut self, entry: Entry<P>) {
        match &self.first {
            None => self.first = Some(entry),
            Some(_) => self.more.push(entry),
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Entry<P>> {
        self.first.iter().chain(&self.more)
    }

    /// Takes out those that `wanted` names.
    fn take_out(&mut self, wanted: impl Fn(&Entry<P>) -> bool) -> Vec<Entry<P>> {
        let all = self.first.take().into_iter().chain(core::mem::take(&mut self.more));
        let (taken, kept): (Vec<_>, Vec<_>) = all.partition(wanted);
        kept.into_iter().for_each(|entry| self.add(entry));
        taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Whether all requests under way are for purposes that `wanted` names.
    pub(crate) fn all(&self, wanted: impl Fn(P) -> bool) -> bool {
        self.entries().all(|entry| wanted(entry.purpose))
    }

    /// Whether a request for such a purpose is under way.
    pub(crate) fn any(&self, wanted: impl Fn(P) -> bool) -> bool {
        self.entries().any(|entry| wanted(entry.purpose))
    }

    /// When the first of them has waited too long.
    pub(crate) fn next_deadline(&self) -> SimTime {
        let first = self.first.as_ref().map_or(SimTime::NEVER, |entry| entry.deadline);
        self.more.iter().fold(first, |first, entry| first.min(entry.deadline))
    }

    /// Takes out the request with this token; none if it is no longer waited for.
    pub(crate) fn take(&mut self, token: RequestToken) -> Option<P> {
        if self.first.as_ref()?.token == token {
            let next = if self.more.is_empty() { None } else { Some(self.more.remove(0)) };
            return core::mem::replace(&mut self.first, next).map(|entry| entry.purpose);
        }
        let place = self.more.iter().position(|entry| entry.token == token)?;
        Some(self.more.remove(place).purpose)
    }

    /// Forgets all requests for purposes that `unwanted` names.
    pub(crate) fn forget(&mut self, unwanted: impl Fn(P) -> bool) {
        self.take_out(|entry| unwanted(entry.purpose));
    }

    /// Takes out everything under way on one connection.
    pub(crate) fn take_all(&mut self, to: Destination) -> Vec<P> {
        self.take_out(|entry| entry.to == to).into_iter().map(|entry| entry.purpose).collect()
    }

    /// The connection of a request whose time is up.
    pub(crate) fn overdue(&self, now: SimTime) -> Option<Destination> {
        self.entries().find(|entry| entry.deadline <= now).map(|entry| entry.to)
    }
}
