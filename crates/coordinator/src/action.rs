//! What a coordinator asks of whoever drives it, in the order in which it happens.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::iter;
use protocol::message::Response;
use protocol::{GroupId, Offset, RequestToken};

use crate::observation::GroupEvent;
use crate::record::Record;

/// One thing to do or to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this answer.
    Respond {
        /// The request it answers.
        token: RequestToken,
        /// The answer.
        response: Response,
    },
    /// This request will never be answered: another one of the same member took its place, or its member was removed
    /// while it waited for its assignment. Nothing is sent; the client's own timeout ends its wait. (Kafka just
    /// forgets it.)
    Abandon {
        /// The request.
        token: RequestToken,
    },
    /// Write these records to the offsets partition now, in one batch. Say so with
    /// [`Coordinator::committed`](crate::Coordinator::committed) once the high watermark has passed them.
    Append {
        /// The records with their offsets; none of them if [nobody keeps
        /// them](crate::Coordinator::set_keeps_log).
        records: Vec<(Offset, Record)>,
        /// The offset after the last record.
        end: Offset,
    },
    /// Look up which topics the group's regular expressions stand for, which takes some time, and say so with
    /// [`Coordinator::regexes_resolved`](crate::Coordinator::regexes_resolved).
    ResolveRegexes {
        /// The group.
        group: GroupId,
        /// Names the lookup.
        job: u64,
    },
    /// Nothing to do: something happened to a group that a log or a timeline may want.
    Observe {
        /// The group.
        group: GroupId,
        /// What happened. In a box: all other actions need less room, and are far more.
        event: Box<GroupEvent>,
    },
}

/// Where actions are collected.
pub type Actions = Vec<Action>;

/// Adds an answer. It is made where it stays: nothing is moved that was written just before.
#[inline]
pub(crate) fn respond(token: RequestToken, response: Response, out: &mut Actions) {
    out.extend(iter::once_with(|| Action::Respond { token, response }));
}
