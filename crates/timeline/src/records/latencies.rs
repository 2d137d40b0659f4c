//! How many records of each age, in little memory: an HDR histogram of microseconds.
//!
//! Contract: counts are exact; ages are kept to one part in a hundred (two significant digits) and whole microseconds.
//! Order statistics are reckoned in integers.
//!
//! Records come in lines: so many, their ages evenly spread between two. A line covers hundreds of the histogram's
//! classes, so it is not entered class by class: where it begins and ends is noted ([`Lines`]), and all lines are
//! entered together when somebody wants to know.

use hdrhistogram::Histogram;
use protocol::SimDuration;

/// Significant digits of an age.
const DIGITS: u8 = 2;
/// Classes of one microsecond each, with two digits; above them each doubling of the age has half as many.
const FINE: usize = 256;
const PER_DOUBLING: usize = FINE / 2;
/// Records are counted in parts of 2^−40, so that what a line brings to a class need not be whole.
const PARTS: u32 = 40;
/// Up to so many records are entered one by one.
const FEW: u64 = 8;

/// The class of an age, as the histogram has them.
fn class_of(age: u64) -> usize {
    let shift = shift_of(age);
    shift as usize * PER_DOUBLING + (age >> shift) as usize
}

/// By how many doublings the class of this age is wider than a microsecond.
fn shift_of(age: u64) -> u32 {
    (age | 1).ilog2().saturating_sub(PER_DOUBLING.ilog2())
}

/// The first age of a class, and how many there are in it.
fn ages_of(class: usize) -> (u64, u64) {
    match class.checked_sub(FINE) {
        None => (class as u64, 1),
        Some(above) => {
            let shift = above / PER_DOUBLING + 1;
            (((PER_DOUBLING + above % PER_DOUBLING) as u64) << shift, 1 << shift)
        }
    }
}

/// What lines bring to a class.
#[derive(Clone, Copy, Debug, Default)]
struct Brought {
    /// Parts of records in it.
    here: i128,
    /// Parts of records in each microsecond of it and of all classes after it.
    dense_from_here: i128,
}

/// Lines that are not in the histogram yet.
#[derive(Clone, Debug, Default)]
struct Lines {
    by_class: Vec<Brought>,
    records: u64,
}

impl Lines {
    fn add(&mut self, records: u64, least: u64, most: u64) {
        self.records += records;
        let (first, last) = (class_of(least), class_of(most));
        if self.by_class.len() <= last {
            self.by_class.resize(last + 1, Brought::default());
        }
        if first == last {
            self.by_class[first].here += i128::from(records) << PARTS;
            return;
        }
        if records <= FEW {
            // Microseconds leave room for a product with so few.
            let (span, steps) = (most - least, (records - 1).max(1));
            for record in 0..records {
                self.by_class[class_of(least + span * record / steps)].here += 1 << PARTS;
            }
            return;
        }
        // The last age of the first class, and the last one before the last class: microseconds after the youngest.
        let in_first = (least | ((1 << shift_of(least)) - 1)) - least;
        let before_last = (most >> shift_of(most) << shift_of(most)) - 1 - least;
        // The youngest is where the line begins; the others are spread over the microseconds after it.
        let (dense, of_first, of_last) = spread(records - 1, most - least, in_first, before_last);
        self.by_class[first].here += (1 << PARTS) + of_first;
        self.by_class[first + 1].dense_from_here += dense;
        let in_last = &mut self.by_class[last];
        in_last.dense_from_here -= dense;
        in_last.here += of_last;
    }

    /// Enters all of them, to the nearest record.
    fn enter(&mut self, histogram: &mut Histogram<u64>) {
        const HALF: i128 = 1 << (PARTS - 1);
        if self.records == 0 {
            return;
        }
        let (mut dense, mut sum, mut entered) = (0, HALF, 0);
        for (class, brought) in self.by_class.iter().enumerate() {
            dense += brought.dense_from_here;
            sum += brought.here + dense * i128::from(ages_of(class).1);
            let up_to = u64::try_from(sum >> PARTS).unwrap_or(0);
            if up_to > entered {
                histogram.record_n(ages_of(class).0, up_to - entered).expect("the histogram grows with its values");
                entered = up_to;
            }
        }
        self.clear();
    }

    fn clear(&mut self) {
        if self.records > 0 {
            self.by_class.fill(Brought::default());
            self.records = 0;
        }
    }
}

/// So many records are spread over so many microseconds: how many parts of them each microsecond has, how many the
/// `first` ones have, and how many are left behind the `most` first ones.
fn spread(records: u64, micros: u64, first: u64, most: u64) -> (i128, i128, i128) {
    match records.checked_mul(1 << PARTS) {
        // That is quicker, and nearly always enough. Neither `first` nor `most` is more than `micros`, so no product is
        // more than `rest`.
        Some(rest) => {
            let dense = rest / micros;
            (i128::from(dense), i128::from(dense * first), i128::from(rest - dense * most))
        }
        None => {
            let rest = i128::from(records) << PARTS;
            let dense = rest / i128::from(micros);
            (dense, dense * i128::from(first), rest - dense * i128::from(most))
        }
    }
}

/// Ages of records.
#[derive(Clone, Debug)]
pub struct Latencies {
    histogram: Histogram<u64>,
    lines: Lines,
}

impl Default for Latencies {
    fn default() -> Self {
        let histogram = Histogram::new(DIGITS).expect("two digits are allowed");
        Self { histogram, lines: Lines::default() }
    }
}

impl Latencies {
    /// `records` whose ages lie on a straight line from `one` to `other`, both included.
    pub fn add(&mut self, records: u64, one: SimDuration, other: SimDuration) {
        let micros = |length: SimDuration| length.as_nanos() / 1_000;
        if records > 0 {
            self.lines.add(records, micros(one.min(other)), micros(one.max(other)));
        }
    }

    /// Takes over the ages of others, and leaves those empty.
    pub(super) fn absorb(&mut self, others: &mut Self) {
        others.lines.enter(&mut others.histogram);
        self.histogram.add(&others.histogram).expect("the histogram grows with its values");
        others.histogram.reset();
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.histogram.reset();
        self.lines.clear();
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.histogram.len() + self.lines.records
    }

    /// The ages that so many percent of all records do not exceed, to the histogram's resolution, of `percents` that
    /// rise; zero if there are no records.
    pub fn percentiles<const N: usize>(&mut self, percents: [u64; N]) -> [SimDuration; N] {
        self.lines.enter(&mut self.histogram);
        let rank = |percent: u64| (u128::from(self.count()) * u128::from(percent)).div_ceil(100).max(1);
        let (mut ages, mut found, mut seen) = ([SimDuration::ZERO; N], 0, 0);
        for class in self.histogram.iter_recorded() {
            seen += u128::from(class.count_since_last_iteration());
            while found < N && seen >= rank(percents[found]) {
                ages[found] = SimDuration::from_micros(self.histogram.highest_equivalent(class.value_iterated_to()));
                found += 1;
            }
            if found == N {
                break;
            }
        }
        ages
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
        let percents = [0, 1, 50, 98, 99, 100];
        for (percent, kept) in percents.into_iter().zip(latencies.percentiles(percents)) {
            let (exact, kept) = (slow(&lines, percent), kept.as_nanos() / 1_000);
            assert!(kept >= exact && kept - exact <= exact / 100 + 1, "p{percent}: {kept} for {exact}");
        }
    }

    #[test]
    fn classes_are_those_of_the_histogram() {
        let histogram = Histogram::<u64>::new(DIGITS).unwrap();
        for age in
            (0..5_000).chain((13..50).flat_map(|doubling| [(1 << doubling) - 1, 1 << doubling, 3 << (doubling - 1)]))
        {
            let (first, many) = ages_of(class_of(age));
            assert_eq!((first, many), (histogram.lowest_equivalent(age), histogram.equivalent_range(age)), "{age}");
        }
    }

    #[test]
    fn of_nothing_nothing_is_known() {
        assert_eq!(Latencies::default().percentiles([50, 99]), [SimDuration::ZERO; 2]);
        let mut latencies = Latencies::default();
        latencies.add(0, SimDuration::ZERO, SimDuration::from_secs(1));
        assert_eq!(latencies.count(), 0);
    }
}
