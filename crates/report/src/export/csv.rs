//! Tables as CSV (RFC 4180), one file a table, with the variant in the first column.
//!
//! Contract: names whole, quoted where they must be. A text that a spreadsheet would take for a formula is preceded by
//! an apostrophe, as OWASP advises. Times are milliseconds with all their decimals.

use csv::{Terminator, Writer, WriterBuilder};
use protocol::{SimDuration, SimTime};
use timeline::story::Part;
use timeline::{MEASURES, MemberIndex, Outcome, Story, Unit, Value};

use crate::comparison::Comparison;
use crate::flow;

/// A table.
pub(super) struct Table {
    /// The name of its file.
    pub(super) file: &'static str,
    /// What its columns are called, after `variant`.
    columns: &'static [&'static str],
    /// The rows of a variant.
    rows: fn(&Outcome, Option<&Story>, &mut Rows),
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
            "latency_p50_ms",
            "latency_p99_ms",
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
    Table {
        file: "rebalances.csv",
        columns: &[
            "number",
            "generation",
            "began_ms",
            "decided_ms",
            "ended_ms",
            "cause",
            "culprit",
            "unnoticed_ms",
            "waited_for",
            "ready_last",
            "notice_ms",
            "drain_ms",
            "revoke_ms",
            "join_ms",
            "sync_ms",
            "assign_ms",
            "resume_ms",
            "pauses",
            "unread_partition_ms",
            "longest_pause_ms",
            "records_delayed",
            "reason",
        ],
        rows: rebalances,
    },
    Table { file: "phases.csv", columns: &["member", "from_ms", "to_ms", "phase"], rows: phases },
    Table { file: "ownership.csv", columns: &["partition", "from_ms", "to_ms", "member"], rows: ownership },
    Table { file: "pauses.csv", columns: &["longer_than_ms", "pauses"], rows: pauses },
];

/// A table under way.
pub(super) struct Rows {
    writer: Writer<Vec<u8>>,
    variant: String,
    written: bool,
}

impl Rows {
    #[expect(clippy::needless_pass_by_value, reason = "rows are made where they are pushed")]
    fn push<const N: usize>(&mut self, cells: [String; N]) {
        self.written = true;
        let cells = std::iter::once(self.variant.as_str()).chain(cells.iter().map(String::as_str));
        self.writer.write_record(cells).expect("rows are as long as their head, and memory takes everything");
    }
}

impl Table {
    /// The table; none if it has no rows.
    pub(super) fn write(&self, comparison: &Comparison) -> Option<String> {
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        let mut rows = Rows { writer, variant: String::new(), written: false };
        let head = std::iter::once("variant").chain(self.columns.iter().copied());
        rows.writer.write_record(head).expect("memory takes everything");
        for (place, outcome) in comparison.variants.iter().enumerate() {
            rows.variant = text(&outcome.name);
            (self.rows)(outcome, comparison.stories.get(place), &mut rows);
        }
        let bytes = rows.writer.into_inner().expect("memory takes everything");
        rows.written.then(|| String::from_utf8(bytes).expect("texts are UTF-8"))
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
    let (mut text, rest) = ((length.as_nanos() / 1_000_000).to_string(), length.as_nanos() % 1_000_000);
    // Half a million spans have two of these each: digits by hand take a third of the time of `format!`.
    let (mut left, mut unit) = (rest, 100_000);
    if rest > 0 {
        text.push('.');
    }
    while left > 0 {
        text.push(char::from(b'0' + (left / unit) as u8));
        (left, unit) = (left % unit, unit / 10);
    }
    text
}

fn figures(outcome: &Outcome, _: Option<&Story>, rows: &mut Rows) {
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

fn generations(outcome: &Outcome, _: Option<&Story>, rows: &mut Rows) {
    for record in &outcome.generations {
        rows.push([
            millis(SimDuration::from_nanos(record.at.as_nanos())),
            record.generation.0.to_string(),
            record.members.map(|members| members.to_string()).unwrap_or_default(),
            text(record.reason.as_deref().unwrap_or_default()),
        ]);
    }
}

fn records(outcome: &Outcome, _: Option<&Story>, rows: &mut Rows) {
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
            millis(bucket.latency_p50),
            millis(bucket.latency_p99),
            millis(bucket.latency_max),
        ]);
    }
}

fn partitions(outcome: &Outcome, _: Option<&Story>, rows: &mut Rows) {
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

fn members(outcome: &Outcome, _: Option<&Story>, rows: &mut Rows) {
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

/// A moment.
fn moment(at: SimTime) -> String {
    millis(at.since(SimTime::ZERO))
}

fn rebalances(_: &Outcome, story: Option<&Story>, rows: &mut Rows) {
    let Some(story) = story else { return };
    let name = |who: Option<MemberIndex>| who.map(|who| text(story.name(who))).unwrap_or_default();
    for it in &story.rebalances {
        let [notice, drain, revoke, join, sync, assign, resume] = Part::ALL.map(|part| millis(it.split.part(part)));
        rows.push([
            it.number.to_string(),
            it.generation.map(|generation| generation.0.to_string()).unwrap_or_default(),
            moment(it.began),
            moment(it.decided),
            moment(it.ended),
            it.cause.words().to_owned(),
            name(it.culprit),
            millis(it.unnoticed),
            name(it.waited_for),
            name(it.last),
            notice,
            drain,
            revoke,
            join,
            sync,
            assign,
            resume,
            it.pauses.to_string(),
            millis(it.unread),
            millis(it.longest),
            it.records_delayed.to_string(),
            text(&it.trigger),
        ]);
    }
}

fn phases(_: &Outcome, story: Option<&Story>, rows: &mut Rows) {
    for member in story.iter().flat_map(|story| &story.members) {
        let name = text(&member.name);
        for span in &member.spans {
            rows.push([name.clone(), moment(span.from), moment(span.to), span.phase.name().to_owned()]);
        }
    }
}

fn ownership(_: &Outcome, story: Option<&Story>, rows: &mut Rows) {
    let Some(story) = story else { return };
    for partition in &story.partitions {
        let name = text(&partition.partition.to_string());
        for span in &partition.spans {
            rows.push([name.clone(), moment(span.from), moment(span.to), text(story.name(span.member))]);
        }
    }
}

fn pauses(_: &Outcome, story: Option<&Story>, rows: &mut Rows) {
    for (longer_than, count) in story.iter().flat_map(|story| crate::pauses::distribution(story)) {
        rows.push([millis(longer_than), count.to_string()]);
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
