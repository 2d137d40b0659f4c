//! What waits, what is read again, what is never read: known where records could be followed one by one.

use protocol::SimDuration;

use super::{Better, Measure, Prominence, Unit, Value};
use crate::Measures;
use crate::event::Handover;
use crate::records::{OutOfService, Sums};

/// A figure of the sums; unknown if records could not be followed.
fn sum(measures: &Measures, value: impl Fn(&Sums) -> Value) -> Value {
    measures.records.as_ref().map_or(Value::Unknown, |records| value(&records.sums))
}

fn twice_after(measures: &Measures, why: Handover) -> Value {
    let of = |sums: &Sums| sums.twice_after.iter().find(|(kind, _)| *kind == why).map_or(0, |(_, records)| *records);
    sum(measures, |sums| Value::Count(of(sums)))
}

/// Half of the records.
pub(super) const LATENCY_MEDIAN: Measure = Measure {
    id: "latency-median",
    title: "Median record latency",
    unit: Unit::Duration,
    explanation: "Half of all records after the first disturbance were no older than this when they were consumed.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| sum(measures, |sums| Value::Duration(sums.latency_p50)),
};

/// All but one in a hundred.
pub(super) const LATENCY_P99: Measure = Measure {
    id: "latency-p99",
    title: "p99 record latency",
    unit: Unit::Duration,
    explanation: "99 of 100 records after the first disturbance were no older than this when they were consumed.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| sum(measures, |sums| Value::Duration(sums.latency_p99)),
};

/// The longest queue.
pub(super) const LAG_MAX: Measure = Measure {
    id: "lag-max",
    title: "Most records waiting",
    unit: Unit::Count("records"),
    explanation: "The largest lag of the group, over all its partitions, after the first disturbance.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| sum(measures, |sums| Value::Count(sums.waiting_max)),
};

/// What is left.
pub(super) const LAG_END: Measure = Measure {
    id: "lag-end",
    title: "Records waiting at the end",
    unit: Unit::Count("records"),
    explanation: "The lag of the group, over all its partitions, when the run ends.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| sum(measures, |sums| Value::Count(sums.waiting)),
};

/// How long it takes until all is as before.
pub(super) const CATCH_UP: Measure = Measure {
    id: "catch-up",
    title: "Longest time to catch up",
    unit: Unit::Duration,
    explanation: "The longest time from when a partition was no longer read until all that waited in it was consumed.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| sum(measures, |sums| Value::Duration(sums.catch_up_longest)),
};

/// Duplicates.
pub(super) const TWICE: Measure = Measure {
    id: "read-twice",
    title: "Records consumed again",
    unit: Unit::Count("records"),
    explanation: "How many records were consumed that had been consumed before, in the whole run.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| sum(measures, |sums| Value::Count(sums.twice)),
};

/// Who is to blame.
pub(super) const TWICE_REVOKED: Measure = Measure {
    id: "rewound-after-revocation",
    title: "… given up without a commit",
    unit: Unit::Count("records"),
    explanation: "How many records were to be consumed again because a member gave a partition up later than it committed.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| twice_after(measures, Handover::Revoked),
};

/// The same.
pub(super) const TWICE_KILLED: Measure = Measure {
    id: "rewound-after-kill",
    title: "… killed before a commit",
    unit: Unit::Count("records"),
    explanation: "How many records were to be consumed again because a member was killed or failed before it committed.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| twice_after(measures, Handover::Killed),
};

/// The same.
pub(super) const TWICE_EXPELLED: Measure = Measure {
    id: "rewound-after-expulsion",
    title: "… expelled before a commit",
    unit: Unit::Count("records"),
    explanation: "How many records were to be consumed again because the group went on without a member that lived.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| twice_after(measures, Handover::Expelled),
};

/// Transactions.
pub(super) const ABORTED: Measure = Measure {
    id: "transactions-aborted",
    title: "Transactions aborted",
    unit: Unit::Count("transactions"),
    explanation: "How many transactions were aborted because partitions were taken away or the member died.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| sum(measures, |sums| Value::Count(sums.aborted)),
};

/// Losses.
pub(super) const SKIPPED: Measure = Measure {
    id: "skipped",
    title: "Records skipped",
    unit: Unit::Count("records"),
    explanation: "How many records nobody will consume, because reading began after them without a committed offset.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| sum(measures, |sums| Value::Count(sums.skipped)),
};

/// What brokers that went have done; unknown if none went.
fn out_of_service(measures: &Measures, value: impl Fn(&OutOfService) -> Value) -> Value {
    let sums = measures.records.as_ref().and_then(|records| records.sums.out_of_service.as_ref());
    sums.map_or(Value::Unknown, value)
}

/// Leaders.
pub(super) const OUT_OF_SERVICE: Measure = Measure {
    id: "partitions-out-of-service",
    title: "Partitions out of service",
    unit: Unit::Count("partitions"),
    explanation: "How many partitions could not be appended to or read on because a broker had gone, each time counted.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| out_of_service(measures, |sums| Value::Count(sums.partitions)),
};

/// Leaders.
pub(super) const OUT_OF_SERVICE_LONGEST: Measure = Measure {
    id: "out-of-service-longest",
    title: "Longest time out of service",
    unit: Unit::Duration,
    explanation: "The longest time that a partition could not be appended to or read on because a broker had gone.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| out_of_service(measures, |sums| Value::Duration(sums.longest)),
};

/// Losses of brokers.
pub(super) const LOST_WITH_LEADER: Measure = Measure {
    id: "lost-with-leader",
    title: "Records lost with a leader",
    unit: Unit::Count("records"),
    explanation: "How many records were lost because a broker was killed that had them alone, and their producer did not wait (acks).",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| out_of_service(measures, |sums| Value::Count(sums.unreplicated)),
};

/// Losses of producers.
pub(super) const EXPIRED: Measure = Measure {
    id: "expired-in-producer",
    title: "Records given up by producers",
    unit: Unit::Count("records"),
    explanation: "How many records waited for a leader for longer than delivery.timeout.ms, so that their producer gave them up.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| out_of_service(measures, |sums| Value::Count(sums.expired)),
};

/// Work.
pub(super) const BUSIEST: Measure = Measure {
    id: "busy-most",
    title: "Busiest member, % of its time",
    unit: Unit::Count("percent"),
    explanation: "How much of the time after the first disturbance the busiest member worked on records.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| busy(measures, |busy| busy.iter().copied().max()),
};

/// Work.
pub(super) const BUSY_MEAN: Measure = Measure {
    id: "busy-mean",
    title: "Mean member, % of its time busy",
    unit: Unit::Count("percent"),
    explanation: "How much of the time after the first disturbance members worked on records, on average.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| busy(measures, |busy| busy.iter().sum::<u64>().checked_div(busy.len() as u64)),
};

/// A figure of the busy shares of all members, in percent.
fn busy(measures: &Measures, of: impl Fn(&[u64]) -> Option<u64>) -> Value {
    let Some(records) = &measures.records else { return Value::Unknown };
    let measured = measures.measured.max(SimDuration::from_nanos(1)).as_nanos();
    let percent = |busy: SimDuration| {
        let percent = u128::from(busy.as_nanos()) * 100 / u128::from(measured);
        u64::try_from(percent).unwrap_or(u64::MAX)
    };
    let shares: Vec<u64> = records.members.iter().map(|member| percent(member.busy)).collect();
    of(&shares).map_or(Value::Unknown, Value::Count)
}

/// Nothing to do.
pub(super) const IDLE: Measure = Measure {
    id: "members-idle",
    title: "Members without a partition",
    unit: Unit::Count("members"),
    explanation: "Members of the group that hold no partition at the end.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| {
        let idle = |members: u64| Value::Count(members.saturating_sub(measures.owners));
        measures.last_seen.as_ref().map_or(Value::Unknown, |seen| idle(seen.members))
    },
};
