//! Answers promised from inside a handler: to JoinGroup and SyncGroup.
//!
//! Kafka hands such a request a future that several may complete: the group when its phase ends, the runtime when the
//! request's own event fails. The first answer counts, later ones are void. Each of those that may still answer holds
//! the promise; when the last lets go unanswered, nobody ever will answer.

use protocol::RequestToken;
use protocol::message::Response;

use crate::action::{Action, Actions, respond};
use crate::arena::{Arena, Key};

/// A promised answer.
#[derive(Debug)]
pub(crate) struct Reply {
    token: RequestToken,
    answered: bool,
    holders: u32,
}

/// Names a promised answer as long as somebody holds it.
pub(crate) type ReplyKey = Key<Reply>;

/// All promised answers.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    replies: Arena<Reply>,
}

impl Replies {
    /// Promises an answer to `token`; the caller holds it.
    #[inline(always)]
    pub(crate) fn promise(&mut self, token: RequestToken) -> ReplyKey {
        self.replies.insert(Reply { token, answered: false, holders: 1 })
    }

    /// One more may answer.
    pub(crate) fn hold(&mut self, key: ReplyKey) {
        self.replies.get_mut(key).expect("only a holder can share a promise").holders += 1;
    }

    /// One of the holders lets go.
    #[inline(always)]
    pub(crate) fn release(&mut self, key: ReplyKey, out: &mut Actions) {
        let reply = self.replies.get_mut(key).expect("only a holder can let go");
        reply.holders -= 1;
        if reply.holders == 0 {
            if !reply.answered {
                out.push(Action::Abandon { token: reply.token });
            }
            self.replies.remove(key);
        }
    }

    /// Answers, unless that has been done.
    pub(crate) fn answer(&mut self, key: ReplyKey, response: Response, out: &mut Actions) {
        let reply = self.replies.get_mut(key).expect("only a holder can answer");
        if !reply.answered {
            reply.answered = true;
            respond(reply.token, response, out);
        }
    }

    /// Answers, unless that has been done, and lets go.
    #[inline(always)]
    pub(crate) fn keep(&mut self, key: ReplyKey, response: Response, out: &mut Actions) {
        let reply = self.replies.get_mut(key).expect("only a holder can answer");
        if !reply.answered {
            reply.answered = true;
            respond(reply.token, response, out);
        }
        reply.holders -= 1;
        if reply.holders == 0 {
            self.replies.remove(key);
        }
    }

    /// Number of promises that somebody holds.
    pub(crate) fn len(&self) -> usize {
        self.replies.len()
    }
}
