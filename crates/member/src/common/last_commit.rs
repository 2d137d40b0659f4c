//! The last commit of a close: sent again and again, until it is accepted or refused for good.

use protocol::SimTime;

use crate::config::ClientConfig;
use crate::surroundings::{Context, Step};

/// Where a close stands with its last commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LastCommit {
    /// When it is to be sent; never, if it is sent, or there is none.
    pub(crate) due: SimTime,
    /// So many have failed.
    failures: u32,
}

impl LastCommit {
    /// To be sent then for the first time; never, if there is nothing to commit.
    pub(crate) fn due(due: SimTime) -> Self {
        Self { due, failures: 0 }
    }

    /// Whether it is still to be sent.
    pub(crate) fn is_to_be_sent(self) -> bool {
        self.due != SimTime::NEVER
    }

    /// It is sent now.
    pub(crate) fn sent(self) -> Self {
        Self { due: SimTime::NEVER, ..self }
    }

    /// What was sent has failed in a way that may pass: it is sent again after a backoff.
    pub(crate) fn failed(self, config: &ClientConfig, cx: &mut Context<'_>) -> Self {
        if self.is_to_be_sent() {
            return self;
        }
        let backoff = config.exponential_backoff(self.failures);
        Self { due: cx.after(Step::Backoff(backoff)), failures: self.failures + 1 }
    }
}
