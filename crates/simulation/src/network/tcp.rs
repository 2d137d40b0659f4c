//! What TCP makes of a network that loses everything for a while: when what was lost gets through after all.
//!
//! Contract: functions of the cuts, which are known when the run begins. Nothing is simulated while a segment is sent
//! again and again: it is known when it will get through.
//!
//! Source: RFC 6298 (what is not acknowledged is sent again after the retransmission timeout, which doubles each time)
//! and RFC 8985 (before that, the last segment is sent again as a probe) with Linux's numbers (6.18), as recorded
//! between Kafka's clients and a broker. A lone segment, as requests are, was sent again after 0.21, 0.43, 0.87, 1.77,
//! 3.5, 7.1, 14.2, 28.3 and 57 s; a fetched answer, which is several, after 0.01, 0.22, 0.65, 1.48, 3.15, 6.5, 13.2,
//! 26.5 and 53.8 s; the first segment of a connection after 1, 2, 3, 4, 5, 7, 11 and 19 s. Nothing that is sent
//! meanwhile makes that faster. Left out: that a connection is given up after 15 times (`tcp_retries2`, some 15
//! minutes), by when every client has.

use protocol::{SimDuration, SimTime};

/// The probe of a lone segment (`tcp_schedule_loss_probe`: as long as an acknowledgement may be delayed, and the round
/// trip) …
const PROBE_ALONE: SimDuration = SimDuration::from_millis(210);
/// … and the retransmission timeout after it: 200 ms more than the round trip (`TCP_RTO_MIN`), in which delayed
/// acknowledgements count.
const TIMEOUT_ALONE: SimDuration = SimDuration::from_millis(220);
/// The same for several segments.
const PROBE: SimDuration = SimDuration::from_millis(8);
const TIMEOUT: SimDuration = SimDuration::from_millis(209);
/// How long to wait for an answer to a SYN (`TCP_TIMEOUT_INIT`) …
const SYN: SimDuration = SimDuration::from_secs(1);
/// … so often, before the wait doubles (`tcp_syn_linear_timeouts`, since Linux 6.5).
const SYNS_ALIKE: u32 = 4;
/// No wait is longer (`TCP_RTO_MAX`).
const LONGEST: SimDuration = SimDuration::from_secs(120);

/// A time in which nothing gets through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cut {
    pub(crate) from: SimTime,
    pub(crate) until: SimTime,
}

/// The waits before something is sent again, one after the other.
#[derive(Clone, Copy)]
struct Waits {
    /// The first one, if it is another.
    probe: Option<SimDuration>,
    /// The next one …
    next: SimDuration,
    /// … and how many after it are like it.
    alike: u32,
}

impl Waits {
    /// Of a request, and of an answer to any but a fetch.
    const ALONE: Self = Self { probe: Some(PROBE_ALONE), next: TIMEOUT_ALONE, alike: 0 };
    /// Of fetched records.
    const SEVERAL: Self = Self { probe: Some(PROBE), next: TIMEOUT, alike: 0 };
    /// Of the first segment of a connection.
    const SYN: Self = Self { probe: None, next: SYN, alike: SYNS_ALIKE };

    /// When something that was sent at `sent` is sent for the first time at `until` or later.
    fn first_from(&mut self, mut sent: SimTime, until: SimTime) -> SimTime {
        while sent < until {
            if self.next == LONGEST {
                let times = until.since(sent).as_nanos().div_ceil(LONGEST.as_nanos());
                return sent + LONGEST * times;
            }
            sent += self.take();
        }
        sent
    }

    fn take(&mut self) -> SimDuration {
        if let Some(probe) = self.probe.take() {
            return probe;
        }
        let wait = self.next;
        match self.alike {
            0 => self.next = (wait * 2).min(LONGEST),
            _ => self.alike -= 1,
        }
        wait
    }
}

/// When something that is first sent at `sent` and takes `latency` is there.
fn arrival(cuts: &[Cut], mut sent: SimTime, latency: SimDuration, mut waits: Waits) -> SimTime {
    // Cuts are in order, and what is sent again is sent later.
    for cut in &cuts[over_by(cuts, sent)..] {
        if sent + latency <= cut.from {
            break;
        }
        if sent < cut.until {
            sent = waits.first_from(sent, cut.until);
        }
    }
    sent + latency
}

/// How many cuts are over by then.
pub(super) fn over_by(cuts: &[Cut], at: SimTime) -> usize {
    cuts.partition_point(|cut| cut.until <= at)
}

/// When a message arrives that is sent at `sent`, takes `latency` and follows another of its connection, which arrives
/// at `before`. Nothing overtakes, and what is sent while an earlier segment is sent again and again waits for that.
pub(crate) fn message_arrival(cuts: &[Cut], sent: SimTime, latency: SimDuration, before: SimTime) -> SimTime {
    let waits_for_other = before > sent + latency && over_by(cuts, sent) < over_by(cuts, before);
    if waits_for_other { before } else { arrival(cuts, sent, latency, Waits::ALONE).max(before) }
}

/// When fetched records arrive that are sent at `sent` and take `latency`.
pub(crate) fn fetched_arrival(cuts: &[Cut], sent: SimTime, latency: SimDuration) -> SimTime {
    arrival(cuts, sent, latency, Waits::SEVERAL)
}

/// When a connection is established whose first SYN is sent at `begin`, if setting it up takes `set_up`.
pub(crate) fn connection_ready(cuts: &[Cut], begin: SimTime, set_up: SimDuration) -> SimTime {
    arrival(cuts, begin, set_up, Waits::SYN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> SimTime {
        SimTime::from_millis(millis)
    }

    const MILLISECOND: SimDuration = SimDuration::from_millis(1);

    fn cuts(stretches: &[(u64, u64)]) -> Vec<Cut> {
        stretches.iter().map(|&(from, until)| Cut { from: at(from), until: at(until) }).collect()
    }

    #[test]
    fn what_is_lost_gets_through_with_the_first_retransmission_after_the_cut() {
        let cut = cuts(&[(10_000, 20_000)]);
        // 0.21, 0.43, 0.87, 1.75, 3.51, 7.03, 14.07 s after it was sent first.
        for (sent, arrives) in [
            (9_998, 9_999),
            (10_000, 24_071),
            (15_000, 22_031),
            (19_000, 20_751),
            (19_900, 20_111),
            (19_999, 20_210),
            (20_000, 20_001),
        ] {
            assert_eq!(message_arrival(&cut, at(sent), MILLISECOND, SimTime::ZERO), at(arrives), "sent at {sent}");
        }
        let slow = SimDuration::from_millis(10);
        assert_eq!(message_arrival(&cut, at(9_995), slow, SimTime::ZERO), at(24_075), "it was under way");
    }

    #[test]
    fn a_later_message_waits_for_one_that_is_sent_again_and_not_for_itself() {
        let cut = cuts(&[(10_000, 20_000)]);
        assert_eq!(message_arrival(&cut, at(15_000), MILLISECOND, at(24_071)), at(24_071));
        assert_eq!(message_arrival(&cut, at(21_000), MILLISECOND, at(24_071)), at(24_071));
        assert_eq!(message_arrival(&cut, at(25_000), MILLISECOND, at(24_071)), at(25_001));
        assert_eq!(message_arrival(&cut, at(15_000), MILLISECOND, at(9_000)), at(22_031), "that one has arrived");
    }

    #[test]
    fn a_long_cut_costs_no_more_than_a_short_one() {
        let year = 365 * 86_400_000;
        let cut = cuts(&[(10_000, year)]);
        let arrival = message_arrival(&cut, at(10_000), MILLISECOND, SimTime::ZERO);
        assert!(at(year) < arrival && arrival < at(year) + LONGEST + MILLISECOND);
    }

    #[test]
    fn a_network_that_flaps_may_lose_what_is_sent_again() {
        let cut = cuts(&[(10_000, 10_100), (10_205, 11_000)]);
        assert_eq!(message_arrival(&cut, at(10_000), MILLISECOND, SimTime::ZERO), at(11_751));
    }

    #[test]
    fn fetched_records_are_sent_again_a_little_sooner() {
        let cut = cuts(&[(10_000, 20_000)]);
        assert_eq!(fetched_arrival(&cut, at(10_000), MILLISECOND), at(23_176));
    }

    #[test]
    fn a_connection_is_tried_every_second_then_more_rarely() {
        for (until, ready) in [(10_001, 11_010), (13_500, 14_010), (15_500, 17_010), (17_500, 21_010)] {
            let cut = cuts(&[(10_000, until)]);
            let set_up = SimDuration::from_millis(10);
            assert_eq!(connection_ready(&cut, at(10_000), set_up), at(ready), "cut until {until}");
        }
    }
}
