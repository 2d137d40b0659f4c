//! How many records of each age, in little memory: an HDR histogram of microseconds.
//!
//! Contract: counts are exact; ages are kept to one part in a hundred (two significant digits) and whole microseconds.
//! Order statistics are reckoned in integers.

use hdrhistogram::Histogram;
use protocol::SimDuration;

/// Significant digits of an age.
const DIGITS: u8 = 2;

/// Ages of records.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new(DIGITS).expect("two digits are allowed"))
    }
}

impl Latencies {
    /// `records` whose ages lie on a straight line from `one` to `other`, both included.
    pub fn add(&mut self, records: u64, one: SimDuration, other: SimDuration) {
        let micros = |length: SimDuration| length.as_nanos() / 1_000;
        let (least, most) = (micros(one.min(other)), micros(one.max(other)));
        let (mut age, mut done) = (least, 0);
        while done < records {
            let last = self.0.highest_equivalent(age).min(most);
            // The k-th is (most - least) × k / (records - 1) older than the youngest.
            let up_to = match most - least {
                0 => records,
                span => {
                    let below = u128::from(last - least) * u128::from(records - 1) / u128::from(span) + 1;
                    u64::try_from(below).unwrap_or(records).min(records)
                }
            };
            if up_to > done {
                self.0.record_n(age, up_to - done).expect("the histogram grows with its values");
                done = up_to;
            }
            // The next record's class: where few records lie far apart, classes between them are passed over.
            let next = u128::from(most - least) * u128::from(done) / u128::from((records - 1).max(1));
            age = (least + u64::try_from(next).unwrap_or(0)).max(last + 1);
        }
    }

    /// Takes over the ages of others, and leaves those empty.
    pub(super) fn absorb(&mut self, others: &mut Self) {
        self.0.add(&others.0).expect("the histogram grows with its values");
        others.0.reset();
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.0.reset();
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The age that `percent` of 100 records do not exceed, to the histogram's resolution; zero if there are none.
    pub fn percentile(&self, percent: u64) -> SimDuration {
        let rank = (u128::from(self.count()) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        for class in self.0.iter_recorded() {
            seen += u128::from(class.count_since_last_iteration());
            if seen >= rank {
                return SimDuration::from_micros(self.0.highest_equivalent(class.value_iterated_to()));
            }
        }
        SimDuration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nearest rank among single records, each as old as the straight line says.
    fn slow(lines: &[(u64, u64, u64)], percent: u64) -> u64 {
        let mut ages: Vec<u64> = Vec::new();
        for (records, one, other) in lines {
            let (least, most) = (one.min(other), one.max(other));
            ages.extend((0..*records).map(|k| least + (most - least) * k / (records - 1).max(1)));
        }
        ages.sort_unstable();
        ages[(ages.len() as u64 * percent).div_ceil(100).max(1) as usize - 1]
    }

    #[test]
    fn lines_of_records_are_as_many_single_records_to_one_part_in_a_hundred() {
        let lines = [(1, 5, 5), (1_000, 3_000_000, 12), (7, 40, 90_000), (50_000, 2_000, 2_000), (2, 1, 9_000_000)];
        let mut latencies = Latencies::default();
        let micros = SimDuration::from_micros;
        lines.iter().for_each(|(records, one, other)| latencies.add(*records, micros(*one), micros(*other)));
        assert_eq!(latencies.count(), 51_010);
        for percent in [0, 1, 50, 98, 99, 100] {
            let (exact, kept) = (slow(&lines, percent), latencies.percentile(percent).as_nanos() / 1_000);
            assert!(kept >= exact && kept - exact <= exact / 100 + 1, "p{percent}: {kept} for {exact}");
        }
    }

    #[test]
    fn of_nothing_nothing_is_known() {
        assert_eq!(Latencies::default().percentile(99), SimDuration::ZERO);
        let mut latencies = Latencies::default();
        latencies.add(0, SimDuration::ZERO, SimDuration::from_secs(1));
        assert_eq!(latencies.count(), 0);
    }
}
