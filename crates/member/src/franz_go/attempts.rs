//! One request and its repetitions.
//!
//! Source: `retryable.Request`, the defaults of `RequestRetries` and `RetryTimeoutFn`. Whoever waits for the answer
//! does not see them. A look-up of the coordinator that comes to nothing counts as an attempt of a heartbeat that needs
//! it. Left out: that it counts for other requests as well; here these wait until their time is over.

use protocol::{SimDuration, SimTime};

use super::FranzGoMember;
use crate::surroundings::Context;

/// `RetryTimeoutFn`: how long requests other than a session's are repeated.
pub(super) const RETRY_TIMEOUT: SimDuration = SimDuration::from_secs(30);

/// `RequestRetries`.
const RETRIES: u32 = 20;

/// How often a request has been sent, and since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Attempts {
    /// When it was wanted first; never, if none is under way.
    pub(super) begun: SimTime,
    failed: u32,
}

impl Attempts {
    /// No request is under way.
    pub(super) const NONE: Self = Self { begun: SimTime::NEVER, failed: 0 };

    /// A request is wanted since then.
    pub(super) fn since(begun: SimTime) -> Self {
        Self { begun, failed: 0 }
    }

    /// A request is wanted, unless one is.
    pub(super) fn begin(&mut self, now: SimTime) {
        if !self.is_under_way() {
            *self = Self::since(now);
        }
    }

    /// Whether a request is wanted and not answered for good.
    pub(super) fn is_under_way(self) -> bool {
        self.begun != SimTime::NEVER
    }

    /// Until when it is repeated, if `timeout` is how long that goes on.
    pub(super) fn give_up(self, timeout: SimDuration) -> SimTime {
        if self.is_under_way() { self.begun + timeout } else { SimTime::NEVER }
    }
}

impl FranzGoMember {
    /// An attempt has failed: when the next one is made, if there is to be one.
    pub(super) fn next_attempt(
        &self,
        attempts: &mut Attempts,
        timeout: SimDuration,
        cx: &mut Context<'_>,
    ) -> Option<SimTime> {
        attempts.begin(cx.now);
        attempts.failed += 1;
        let next = self.after_backoff(attempts.failed, cx);
        (attempts.failed <= RETRIES && next <= attempts.give_up(timeout)).then_some(next)
    }
}
