//! What a monitor shows of the records: never to be mistaken for what happened to them.
//!
//! Records count in the bar of the time at which they were written. What a process had consumed and not reported when
//! it was killed is missing, as if it had not been consumed; what is read twice counts twice.

use protocol::SimDuration;

use super::{Better, Measure, Prominence, Unit, Value};
use crate::{Bar, Measures};

/// A whole, in hundredths of a percent.
const WHOLE: u128 = 10_000;

/// All bars together.
pub(super) const SHARE: Measure = Measure {
    id: "monitored-share",
    title: "As monitored: consumed",
    unit: Unit::Share,
    explanation: "Records that consumers reported as consumed, of all that were written; what a killed process had not reported is missing although it was read.",
    better: Better::Neither,
    prominence: Prominence::Headline,
    value: |measures| {
        let bars = || measures.chart.iter();
        share(bars().map(|bar| bar.reported).sum(), bars().map(|bar| bar.expected).sum())
    },
};

/// The worst bar.
pub(super) const WORST_SHARE: Measure = Measure {
    id: "monitored-share-worst",
    title: "As monitored: worst bar",
    unit: Unit::Share,
    explanation: "The same in the bar of the chart where it is least.",
    better: Better::Neither,
    prominence: Prominence::Headline,
    value: |measures| {
        let worst = measures.chart.iter().filter(|bar| bar.expected > 0);
        let worst = worst.min_by_key(|bar| u128::from(bar.reported) * WHOLE / u128::from(bar.expected));
        worst.map_or(Value::Unknown, |bar| share(bar.reported, bar.expected))
    },
};

/// The oldest record.
pub(super) const LATENCY_MAX: Measure = Measure {
    id: "monitored-latency-max",
    title: "As monitored: longest latency",
    unit: Unit::Duration,
    explanation: "The longest latency of a record that was reported and was written after the first disturbance or in the bar before.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| slowest(measures).map_or(Value::Unknown, |bar| Value::Duration(bar.latency_max)),
};

/// The mean of the slowest bar.
pub(super) const LATENCY_MEAN: Measure = Measure {
    id: "monitored-latency-mean",
    title: "As monitored: mean of slowest bar",
    unit: Unit::Duration,
    explanation: "Latency averaged over the records that were reported, in the bar of the chart that has the oldest record.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| slowest(measures).map_or(Value::Unknown, |bar| Value::Duration(mean(bar))),
};

fn share(part: u64, whole: u64) -> Value {
    let share = (u128::from(part) * WHOLE).checked_div(u128::from(whole));
    share.map_or(Value::Unknown, |share| Value::Share(u64::try_from(share).unwrap_or(u64::MAX)))
}

fn mean(bar: &Bar) -> SimDuration {
    bar.latency_sum / bar.reported.max(1)
}

/// The bar with the oldest record, start-up left out: bars that end before the first disturbance.
fn slowest(measures: &Measures) -> Option<&Bar> {
    let last_begun = measures.chart.iter().rposition(|bar| bar.from <= measures.from).unwrap_or(0);
    let measured = measures.chart.get(last_begun..)?.iter().filter(|bar| bar.reported > 0);
    measured.max_by_key(|bar| (bar.latency_max, bar.latency_sum))
}

#[cfg(test)]
mod tests {
    use protocol::SimTime;

    use super::*;
    use crate::{Cast, Event, Measurer, Observer};

    #[test]
    fn a_chart_shows_what_was_reported_and_not_what_was_read() {
        let secs = SimTime::from_secs;
        let cast = Cast { from: secs(120), end: secs(180), ..Cast::default() };
        let mut measurer = Measurer::new(&cast);
        for (bar, expected, reported, oldest) in [(0, 370, 370, 30), (60, 450, 425, 1), (120, 450, 400, 17)] {
            let (latency_sum, latency_max) = (SimDuration::from_secs(reported * 2), SimDuration::from_secs(oldest));
            let event = Event::Charted { bar: secs(bar), expected, reported, latency_sum, latency_max };
            measurer.observe(secs(180), event);
        }
        let measures = measurer.finish();
        let values: Vec<Value> =
            [SHARE, WORST_SHARE, LATENCY_MAX, LATENCY_MEAN].iter().map(|measure| (measure.value)(&measures)).collect();
        let seconds = |seconds| Value::Duration(SimDuration::from_secs(seconds));
        assert_eq!(values, [Value::Share(9_409), Value::Share(8_888), seconds(17), seconds(2)]);
        assert_eq!(measures.consumption.consumed, 0);
    }
}
