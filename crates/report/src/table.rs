//! The table behind all formats: measures as rows, variants as columns, the best of each row marked.

use timeline::{Better, Value};

use crate::comparison::{Comparison, Detail};

/// Rows and columns, as plain text: formats escape and mark it in their own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// One measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) title: String,
    pub(crate) cells: Vec<Cell>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) best: bool,
}

impl Table {
    pub(crate) fn new(comparison: &Comparison, detail: Detail) -> Self {
        let columns = comparison.variants.iter().map(|outcome| outcome.name.clone()).collect();
        let rows = detail.measures().map(|measure| {
            let values: Vec<&Value> = comparison.variants.iter().map(|outcome| outcome.value(measure.id)).collect();
            let best = best(&values, measure.better);
            let cell =
                |value: &&Value| Cell { text: format!("{value:?}"), best: best.is_some() && value.amount() == best };
            Row { title: measure.title.to_owned(), cells: values.iter().map(cell).collect() }
        });
        Self { columns, rows: rows.collect() }
    }
}

/// The best amount of a row, if some other is worse.
fn best(values: &[&Value], better: Better) -> Option<u64> {
    let amounts = || values.iter().filter_map(|value| value.amount());
    let (least, most) = (amounts().min()?, amounts().max()?);
    match better {
        _ if least == most => None,
        Better::Lower => Some(least),
        Better::Higher => Some(most),
        Better::Neither => None,
    }
}
