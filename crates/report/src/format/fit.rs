//! How well simulations fit recordings: a row for each recorded scenario, a column for each measure that counts.
//!
//! Contract: `real ~ simulated`, where several values are a span; what does not fit is marked with `!` and said in
//! words below.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use protocol::SimDuration;
use serde_json::{Value, json};
use timeline::Unit;
use timeline::fit::{Judgement, RULES, Span};

/// One recorded scenario and what came of simulating it.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Its name.
    pub name: String,
    /// How many real repeats there are.
    pub repeats: usize,
    /// How many seeds were simulated; none if it cannot be simulated yet.
    pub seeds: usize,
    /// Why it was not simulated, if it was not.
    pub skipped: Option<String>,
    /// Measure by measure.
    pub judgements: Vec<Judgement>,
}

impl Fitted {
    /// Whether every measure fits.
    pub fn fits(&self) -> bool {
        self.skipped.is_none() && self.judgements.iter().all(Judgement::fits)
    }
}

/// The table for a terminal.
pub fn fit_terminal(fitted: &[Fitted], width: u16) -> String {
    let line = LineStyle::none().fill('─').junction('─');
    let mut table = Table::new();
    table.load_style(TableStyle::new().top_border(line).header_separator(line).bottom_border(line));
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(heads());
    for one in fitted {
        table.add_row(row(one));
    }
    format!("{table}\n\n{}", verdict(fitted))
}

/// The table in Markdown.
pub fn fit_markdown(fitted: &[Fitted]) -> String {
    let mut text = format!("| {} |\n|{}\n", heads().join(" | "), "---|".repeat(heads().len()));
    for one in fitted {
        let cells: Vec<String> = row(one).iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text + "\n" + &verdict(fitted)
}

/// Everything as JSON; durations in nanoseconds.
pub fn fit_json(fitted: &[Fitted]) -> String {
    let span = |span: Span| json!({"least": span.least, "median": span.median, "most": span.most});
    let rows: Vec<Value> = fitted
        .iter()
        .map(|one| {
            let measures: Vec<Value> = one
                .judgements
                .iter()
                .map(|judged| {
                    json!({
                        "measure": judged.rule.measure,
                        "real": span(judged.real),
                        "simulated": judged.simulated.map(span),
                        "meets": judged.meets,
                        "spread_is_bounded": judged.is_tame,
                        "apart": judged.apart,
                    })
                })
                .collect();
            json!({
                "name": one.name,
                "repeats": one.repeats,
                "seeds": one.seeds,
                "fits": one.fits(),
                "skipped": one.skipped,
                "measures": measures,
            })
        })
        .collect();
    format!("{:#}\n", json!({"schema": 1, "recordings": rows}))
}

fn heads() -> Vec<String> {
    let mut heads = vec!["recording (real ~ simulated)".to_owned()];
    heads.extend(RULES.iter().map(|rule| rule.measure.to_owned()));
    heads
}

fn row(one: &Fitted) -> Vec<String> {
    let mut cells = vec![one.name.clone()];
    if let Some(reason) = &one.skipped {
        cells.push(format!("not simulated: {reason}"));
        cells.resize(RULES.len() + 1, String::new());
        return cells;
    }
    for rule in RULES {
        let judged = one.judgements.iter().find(|judged| judged.rule == rule);
        cells.push(judged.map_or_else(|| "-".to_owned(), cell));
    }
    cells
}

fn cell(judged: &Judgement) -> String {
    let simulated = judged.simulated.map_or_else(|| "not measured".to_owned(), |span| shown(span, judged.unit));
    let mark = if judged.fits() { "" } else { " !" };
    format!("{} ~ {simulated}{mark}", shown(judged.real, judged.unit))
}

fn shown(span: Span, unit: Unit) -> String {
    if span.least == span.most {
        return amount(span.least, unit);
    }
    format!("{}…{}", amount(span.least, unit), amount(span.most, unit))
}

fn amount(value: u64, unit: Unit) -> String {
    match unit {
        Unit::Duration | Unit::PartitionTime => SimDuration::from_nanos(value).to_string(),
        Unit::Share => format!("{value} %"),
        _ => value.to_string(),
    }
}

/// What does not fit, and the sum.
fn verdict(fitted: &[Fitted]) -> String {
    let mut text = String::new();
    for one in fitted.iter().filter(|one| one.skipped.is_none()) {
        for judged in one.judgements.iter().filter(|judged| !judged.fits()) {
            let measure = judged.rule.measure;
            let _ = match (judged.simulated, judged.meets) {
                (None, _) => writeln!(text, "{}: {measure} is not simulated", one.name),
                (Some(_), false) => {
                    writeln!(text, "{}: {measure} is {} apart", one.name, amount(judged.apart, judged.unit))
                }
                (Some(_), true) => writeln!(text, "{}: {measure} spreads further over seeds than life does", one.name),
            };
        }
    }
    let simulated = fitted.iter().filter(|one| one.skipped.is_none()).count();
    let good = fitted.iter().filter(|one| one.fits()).count();
    let skipped = fitted.len() - simulated;
    let _ = write!(text, "{good} of {simulated} recorded scenarios fit");
    if skipped > 0 {
        let _ = write!(text, "; {skipped} more cannot be simulated yet");
    }
    text + ".\n"
}
