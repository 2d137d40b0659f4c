//! How long clients wait for a connection, and between attempts at one.
//!
//! Contract: numbers of each client library, with their sources; what is random about them is drawn.

use engine::{Rng, Stream};
use member::ClientFamily;
use protocol::SimDuration;

/// How a client sets connections up.
pub(super) struct Dialling {
    /// How long it waits for one at first …
    timeout: SimDuration,
    /// … and at most: doubled after each failure.
    timeout_max: SimDuration,
    /// How long it waits after a failure at first, and at most; doubled as well.
    backoff: SimDuration,
    backoff_max: SimDuration,
    /// By how many percent both vary up and down.
    jitter: u64,
    /// Whether it sets up again what it has lost before it has anything to send.
    pub(super) by_itself: bool,
}

impl Dialling {
    /// `socket.connection.setup.timeout.ms`, `socket.connection.setup.timeout.max.ms`, `reconnect.backoff.ms`,
    /// `reconnect.backoff.max.ms` (`ClusterConnectionStates`, where both are varied by a fifth).
    const JAVA: Self = Self {
        timeout: SimDuration::from_secs(10),
        timeout_max: SimDuration::from_secs(30),
        backoff: SimDuration::from_millis(50),
        backoff_max: SimDuration::from_secs(1),
        jitter: 20,
        by_itself: false,
    };
    /// The same configs, but for the second. Threads of brokers connect by themselves (`rd_kafka_broker_thread_main`),
    /// the coordinator's among them (`rd_kafka_broker_persistent_connection_add`). Left out: that backoffs vary.
    const LIBRDKAFKA: Self = Self {
        timeout: SimDuration::from_secs(30),
        timeout_max: SimDuration::from_secs(30),
        backoff: SimDuration::from_millis(100),
        backoff_max: SimDuration::from_secs(10),
        jitter: 0,
        by_itself: true,
    };
    /// `kgo.Dialer`'s default, in one attempt; its pauses are those of requests (`RetryBackoffFn`).
    const FRANZ_GO: Self = Self {
        timeout: SimDuration::from_secs(10),
        timeout_max: SimDuration::from_secs(10),
        backoff: SimDuration::ZERO,
        backoff_max: SimDuration::ZERO,
        jitter: 0,
        by_itself: false,
    };

    pub(super) const fn of(client: ClientFamily) -> &'static Self {
        match client {
            ClientFamily::Java => &Self::JAVA,
            ClientFamily::Librdkafka => &Self::LIBRDKAFKA,
            ClientFamily::FranzGo => &Self::FRANZ_GO,
        }
    }

    pub(super) fn timeout_after(&self, failures: u32, draws: &mut Stream) -> SimDuration {
        self.varied((self.timeout * (1 << failures.min(8))).min(self.timeout_max), draws)
    }

    pub(super) fn backoff_after(&self, failures: u32, draws: &mut Stream) -> SimDuration {
        match failures {
            0 => SimDuration::ZERO,
            some => self.varied((self.backoff * (1 << (some - 1).min(8))).min(self.backoff_max), draws),
        }
    }

    fn varied(&self, length: SimDuration, draws: &mut Stream) -> SimDuration {
        if self.jitter == 0 {
            return length;
        }
        let percent = 100 - self.jitter + draws.next_u64() % (2 * self.jitter + 1);
        SimDuration::from_nanos(length.as_nanos() / 100 * percent)
    }
}

#[cfg(test)]
mod tests {
    use engine::Streams;

    use super::*;

    /// Recorded of the Java client: 9.8 to 10.6 s, then about twice as long.
    #[test]
    fn java_waits_twice_as_long_for_each_connection_up_to_half_a_minute() {
        let mut draws = Streams::new(7).stream("dialling");
        for (failures, timeout, backoff) in
            [(0, 10_000, 0), (1, 20_000, 50), (2, 30_000, 100), (5, 30_000, 800), (6, 30_000, 1_000)]
        {
            let dialling = Dialling::of(ClientFamily::Java);
            for _ in 0..100 {
                let (least, most) =
                    (SimDuration::from_millis(timeout * 8 / 10), SimDuration::from_millis(timeout * 12 / 10));
                assert!((least..=most).contains(&dialling.timeout_after(failures, &mut draws)), "{failures}");
                let (least, most) =
                    (SimDuration::from_millis(backoff * 8 / 10), SimDuration::from_millis(backoff * 12 / 10));
                assert!((least..=most).contains(&dialling.backoff_after(failures, &mut draws)), "{failures}");
            }
        }
    }
}
