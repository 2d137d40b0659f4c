//! The table behind all formats: measures as rows, variants as columns, the best of each row marked.

use timeline::{Better, Measure, Value};

use crate::comparison::{Comparison, Detail};
use crate::{flow, text};

/// Rows and columns, as plain text: formats escape and mark it in their own way.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
}

/// One measure.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) measure: &'static Measure,
    pub(crate) cells: Vec<Cell>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// No other value of the row is better, and some are worse, as far as can be seen in this table.
    pub(crate) best: bool,
}

impl Table {
    /// The measures that at least one variant has.
    pub(crate) fn new(comparison: &Comparison, detail: Detail) -> Self {
        let rows = detail.measures().filter_map(|measure| {
            let values: Vec<&Value> = comparison.variants.iter().map(|outcome| outcome.value(measure.id)).collect();
            let observed = values.iter().any(|value| **value != Value::Unknown);
            let may_win = |outcome| !flow::hides_unread(outcome, measure);
            let may_win: Vec<bool> = comparison.variants.iter().map(may_win).collect();
            observed.then(|| Row { measure, cells: cells(&values, &may_win, measure.better) })
        });
        Self { rows: rows.collect() }
    }

    /// Whether any value is marked.
    pub(crate) fn has_marks(&self) -> bool {
        self.rows.iter().any(|row| row.cells.iter().any(|cell| cell.best))
    }
}

fn cells(values: &[&Value], may_win: &[bool], better: Better) -> Vec<Cell> {
    let texts: Vec<String> = values.iter().map(|value| text::value(value)).collect();
    let known = || values.iter().zip(&texts).filter_map(|(value, text)| Some((value.amount()?, text)));
    let places = values.iter().zip(&texts).zip(may_win).filter(|(_, may_win)| **may_win);
    let candidates = places.filter_map(|((value, text), _)| Some((value.amount()?, text)));
    let best = match better {
        Better::Lower => candidates.min_by_key(|(amount, _)| *amount),
        Better::Higher => candidates.max_by_key(|(amount, _)| *amount),
        Better::Neither => None,
    };
    // Values that look the same are marked the same: nobody is best by what cannot be seen.
    let best = best.map(|(_, text)| text).filter(|best| known().any(|(_, text)| text != *best)).cloned();
    let cell = |(text, may_win): (String, &bool)| Cell { best: *may_win && Some(&text) == best.as_ref(), text };
    texts.into_iter().zip(may_win).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use protocol::SimDuration;

    use super::*;

    fn marks(values: &[Value], better: Better) -> Vec<bool> {
        let may_win = vec![true; values.len()];
        cells(&values.iter().collect::<Vec<_>>(), &may_win, better).iter().map(|cell| cell.best).collect()
    }

    #[test]
    fn the_best_is_marked_where_there_is_a_better_and_a_difference() {
        let values = [Value::Count(3), Value::Count(1), Value::Unknown, Value::Count(1)];
        assert_eq!(marks(&values, Better::Lower), [false, true, false, true]);
        assert_eq!(marks(&values, Better::Higher), [true, false, false, false]);
        assert_eq!(marks(&values, Better::Neither), [false; 4]);
        assert_eq!(marks(&values[1..2], Better::Lower), [false], "alone");
        assert_eq!(
            marks(&[Value::Count(2), Value::Count(2), Value::Unknown], Better::Lower),
            [false; 3],
            "no difference"
        );
    }

    #[test]
    fn who_may_not_win_is_not_marked_and_keeps_nobody_from_it() {
        let values = [3, 1, 2].map(Value::Count);
        let values: Vec<&Value> = values.iter().collect();
        let marks = cells(&values, &[true, false, true], Better::Lower).into_iter().map(|cell| cell.best);
        assert_eq!(marks.collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn values_that_look_the_same_are_marked_the_same() {
        let values = [6_201, 6_204, 7_000].map(|millis| Value::Duration(SimDuration::from_millis(millis)));
        assert_eq!(marks(&values, Better::Lower), [true, true, false]);
        assert_eq!(marks(&values[..2], Better::Lower), [false, false]);
    }
}
