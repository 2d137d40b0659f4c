//! Tables as CSV (RFC 4180), one file a table, with the variant in the first column.
//!
//! Contract: names whole, quoted where they must be. A text that a spreadsheet would take for a formula is preceded by
//! an apostrophe, as OWASP advises. Times are milliseconds with all their decimals.

use csv::{Terminator, WriterBuilder};
use protocol::SimDuration;
use timeline::{MEASURES, Outcome, Unit, Value};

use crate::comparison::Comparison;
use crate::flow;

/// A table.
pub(super) struct Table {
    /// The name of its file.
    pub(super) file: &'static str,
    /// What its columns are called, after `variant`.
    columns: &'static [&'static str],
    /// The rows of a variant.
    rows: fn(&Outcome, &mut Rows),
}

/// All tables.
pub(super) const TABLES: &[Table] = &[
    Table { file: "figures.csv", columns: &["measure", "title", "unit", "value"], rows: figures },
    Table { file: "generations.csv", columns: &["at_ms", "generation", "members", "reason"], rows: generations },
    Table {
        file: "records.csv",
        columns: &[
            "from_ms",
            "to_ms",
            "produced",
            "consumed",
            "consumed_again",
            "waiting",
            "waiting_oldest_ms",
            "latency_mean_ms",
            "latency_min_ms",
            "latency_max_ms",
        ],
        rows: records,
    },
    Table {
        file: "partitions.csv",
        columns: &["partition", "produced", "consumed", "consumed_again", "skipped", "waiting", "latency_max_ms"],
        rows: partitions,
    },
    Table {
        file: "members.csv",
        columns: &["member", "consumed", "consumed_again", "to_blame_for", "busy_ms"],
        rows: members,
    },
];

/// Rows under way.
pub(super) struct Rows(Vec<Vec<String>>);

impl Rows {
    fn push(&mut self, cells: impl Into<Vec<String>>) {
        self.0.push(cells.into());
    }
}

impl Table {
    /// The table; none if it has no rows.
    pub(super) fn write(&self, comparison: &Comparison) -> Option<String> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        let mut written = false;
        let head = std::iter::once("variant").chain(self.columns.iter().copied());
        writer.write_record(head).expect("memory takes everything");
        for outcome in &comparison.variants {
            let mut rows = Rows(Vec::new());
            (self.rows)(outcome, &mut rows);
            let name = text(&outcome.name);
            for row in rows.0 {
                written = true;
                let cells = std::iter::once(name.as_str()).chain(row.iter().map(String::as_str));
                writer.write_record(cells).expect("rows are as long as their head, and memory takes everything");
            }
        }
        let bytes = writer.into_inner().expect("memory takes everything");
        written.then(|| String::from_utf8(bytes).expect("texts are UTF-8"))
    }
}

/// A text from outside, which no spreadsheet takes for a formula.
fn text(text: &str) -> String {
    match text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// Milliseconds, with as many decimals as it takes.
fn millis(length: SimDuration) -> String {
    let (whole, rest) = (length.as_nanos() / 1_000_000, length.as_nanos() % 1_000_000);
    match rest {
        0 => whole.to_string(),
        rest => format!("{whole}.{rest:06}").trim_end_matches('0').to_owned(),
    }
}

fn figures(outcome: &Outcome, rows: &mut Rows) {
    for measure in MEASURES {
        let unit = match measure.unit {
            Unit::Count(things) => things,
            Unit::Duration => "milliseconds",
            Unit::PartitionTime => "milliseconds of partitions",
            Unit::Share => "percent",
            Unit::Word => "word",
        };
        let value = match outcome.value(measure.id) {
            Value::Unknown => continue,
            Value::Count(count) => count.to_string(),
            Value::Share(hundredths) => format!("{}.{:02}", hundredths / 100, hundredths % 100),
            Value::Duration(length) | Value::PartitionTime(length) => millis(*length),
            Value::Text(word) => text(word),
        };
        rows.push([measure.id.to_owned(), text(measure.title), unit.to_owned(), value]);
    }
}

fn generations(outcome: &Outcome, rows: &mut Rows) {
    for record in &outcome.generations {
        rows.push([
            millis(SimDuration::from_nanos(record.at.as_nanos())),
            record.generation.0.to_string(),
            record.members.map(|members| members.to_string()).unwrap_or_default(),
            text(record.reason.as_deref().unwrap_or_default()),
        ]);
    }
}

fn records(outcome: &Outcome, rows: &mut Rows) {
    let length = outcome.records.as_ref().map_or(SimDuration::ZERO, |records| records.bucket);
    for (from, bucket) in flow::buckets(outcome) {
        rows.push([
            millis(from),
            millis(from + length),
            bucket.produced.to_string(),
            bucket.consumed.to_string(),
            bucket.twice.to_string(),
            bucket.waiting.to_string(),
            millis(bucket.waiting_oldest),
            millis(bucket.latency_mean),
            millis(bucket.latency_min),
            millis(bucket.latency_max),
        ]);
    }
}

fn partitions(outcome: &Outcome, rows: &mut Rows) {
    for partition in outcome.records.iter().flat_map(|records| &records.partitions) {
        rows.push([
            text(&partition.partition),
            partition.produced.to_string(),
            partition.consumed.to_string(),
            partition.twice.to_string(),
            partition.skipped.to_string(),
            partition.waiting.to_string(),
            millis(partition.latency_max),
        ]);
    }
}

fn members(outcome: &Outcome, rows: &mut Rows) {
    let members = outcome.records.iter().flat_map(|records| &records.members);
    for (name, member) in outcome.cast.members.iter().zip(members) {
        rows.push([
            text(name),
            member.consumed.to_string(),
            member.twice.to_string(),
            member.to_blame_for.to_string(),
            millis(member.busy),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_reckon_is_text() {
        for formula in ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", " =1", "\n=1"] {
            assert_eq!(text(formula), format!("'{formula}"));
        }
        assert_eq!(text("orders-1"), "orders-1");
    }

    #[test]
    fn milliseconds_have_as_many_decimals_as_it_takes() {
        let shown = [0, 1, 1_500_000, 12_000_000].map(|nanos| millis(SimDuration::from_nanos(nanos)));
        assert_eq!(shown, ["0", "0.000001", "1.5", "12"]);
    }
}
