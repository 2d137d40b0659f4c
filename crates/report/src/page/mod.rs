//! The report page: one HTML document with everything in it, to be opened from disk.
//!
//! | module | what lives there |
//! |---|---|
//! | this one | [`page`]: the document, from its template |
//! | `data` | the numbers behind the charts, as JSON in the page |
//! | `story` | time lines of members and partitions, packed |
//! | `words` | names, marks and differences as people read them |
//!
//! Contract: a pure function of the comparison, the same bytes every time. Nothing is fetched; a policy in the page
//! forbids it. What names hold is text: the template escapes it, and data cannot end the element it stands in. Charts
//! are drawn by Apache ECharts (`assets/echarts`); the page's own scripts (`assets/page`) say what is drawn. Left out:
//! arithmetic in scripts that ends up in words; all that is said comes from here.

mod data;
mod story;
mod words;

use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;
use timeline::story::patterns::patterns;

use crate::advice::{Advice, Improvement};
use crate::comparison::{Comparison, Detail, Setting};
use crate::conclusion::{self, KEY, conclusion};
use crate::flow;
use crate::happening::happenings;
use crate::story::pattern_words;
use crate::table::Table;
use crate::text;

pub(crate) use words::difference;

/// Titles and questions are cut to so many characters, names to the other number.
const MOST_TITLE: usize = 300;
const MOST_NAME: usize = 60;
const MOST_STORY: usize = 4_000;
/// What stands out is cut to this.
const MOST_FINDING: usize = 300;
/// So many costly happenings of each variant stand at the top.
const MOST_COSTLY: usize = 3;
/// So long may a value of a setting be.
const MOST_SETTING: usize = 120;

/// What draws the charts.
const ECHARTS: &str = include_str!("../../assets/echarts/echarts.min.js");
/// How the page looks.
const STYLE: &str = include_str!("../../assets/page/page.css");
/// The template.
const TEMPLATE: &str = include_str!("../../assets/page/page.html");
/// The page's own scripts, in the order in which they run.
const SCRIPTS: [&str; 7] = [
    include_str!("../../assets/page/format.js"),
    include_str!("../../assets/page/theme.js"),
    include_str!("../../assets/page/charts.js"),
    include_str!("../../assets/page/story.js"),
    include_str!("../../assets/page/lanes.js"),
    include_str!("../../assets/page/happenings.js"),
    include_str!("../../assets/page/page.js"),
];

/// A variant in the ranking.
#[derive(Serialize)]
struct Ranked {
    place: usize,
    name: String,
    value: String,
    difference: String,
    best: bool,
    /// Of the longest bar, in percent.
    share: u64,
}

/// A row of the table of figures.
#[derive(Serialize)]
struct Row {
    title: &'static str,
    explanation: &'static str,
    headline: bool,
    cells: Vec<Cell>,
}

/// A figure.
#[derive(Serialize)]
struct Cell {
    text: String,
    best: bool,
    difference: String,
}

/// A setting that is one way in the worst variant and another way in the best.
#[derive(Serialize)]
struct Change {
    name: String,
    from: String,
    to: String,
}

/// A setting in which variants differ.
#[derive(Serialize)]
struct SettingRow {
    name: String,
    values: Vec<String>,
}

/// The comparison as a page; ends with a line break.
pub fn page(comparison: &Comparison) -> String {
    let mut environment = Environment::new();
    environment.add_template("page.html", TEMPLATE).expect("the template is well-formed");
    let template = environment.get_template("page.html").expect("it was added");
    let best = conclusion::best(comparison);
    let mut sentences = conclusion(comparison, &words::mark).into_iter().map(|sentence| words::shown(&sentence));
    let ranked = ranking(comparison, best);
    let question = text::line(&comparison.question, MOST_TITLE);
    let title = text::name(&comparison.title, MOST_TITLE);
    let context = context! {
        heading => if question.is_empty() { title.clone() } else { question },
        title => title,
        story => text::paragraphs(&comparison.story, MOST_STORY),
        seed => comparison.seed,
        command => text::line(&comparison.command, MOST_TITLE),
        lead => sentences.next(),
        sentences => sentences.collect::<Vec<Value>>(),
        variants => names(comparison),
        best => best,
        changes => Serde(changes(comparison, best, ranked.last().map(|one| one.place))),
        ranking => Serde(ranked),
        rows => Serde(rows(comparison)),
        settings => Serde(settings(comparison)),
        costliest => Serde(costliest(comparison)),
        findings => findings(comparison),
        advice => Serde(comparison.advice.iter().map(advised).collect::<Vec<Advised>>()),
        told => comparison.stories.len(),
        packed => Value::from_safe_string(story::packed(comparison)),
        records => flow::any_records(comparison),
        files => text::link(&comparison.files),
        data => Value::from_safe_string(data::block(comparison)),
        style => Value::from_safe_string(STYLE.to_owned()),
        echarts => Value::from_safe_string(ECHARTS.to_owned()),
        scripts => Value::from_safe_string(SCRIPTS.concat()),
    };
    let mut page = template.render(context).expect("the template asks for nothing else");
    page.push('\n');
    page
}

fn names(comparison: &Comparison) -> Vec<String> {
    comparison.variants.iter().map(|outcome| text::name(&outcome.name, MOST_NAME)).collect()
}

/// The variants by how long a partition is unread, the best first; none if that was not measured, or of one alone.
fn ranking(comparison: &Comparison, best: Option<usize>) -> Vec<Ranked> {
    let variants = comparison.variants.iter().enumerate();
    let mut known: Vec<(u64, usize)> =
        variants.filter_map(|(place, outcome)| Some((outcome.value(KEY).amount()?, place))).collect();
    known.sort_unstable();
    let (Some(&(least, _)), Some(&(most, _))) = (known.first(), known.last()) else { return Vec::new() };
    let ranked = known.into_iter().map(|(amount, place)| {
        let outcome = &comparison.variants[place];
        Ranked {
            place,
            name: text::name(&outcome.name, MOST_NAME),
            value: text::value(outcome.value(KEY)),
            difference: words::difference(least, amount),
            best: best == Some(place),
            share: u64::try_from(u128::from(amount) * 100 / u128::from(most.max(1))).unwrap_or(100),
        }
    });
    ranked.collect()
}

fn rows(comparison: &Comparison) -> Vec<Row> {
    let table = Table::new(comparison, Detail::Everything);
    let row = |row: &crate::table::Row| {
        let amounts = comparison.variants.iter().map(|outcome| outcome.value(row.measure.id).amount());
        let good = amounts.clone().zip(&row.cells).find_map(|(amount, cell)| amount.filter(|_| cell.best));
        let cell = |(amount, cell): (Option<u64>, &crate::table::Cell)| Cell {
            text: cell.text.clone(),
            best: cell.best,
            difference: match (good, amount) {
                (Some(good), Some(amount)) if !cell.best => words::difference(good, amount),
                _ => String::new(),
            },
        };
        Row {
            title: row.measure.title,
            explanation: row.measure.explanation,
            headline: row.measure.prominence == timeline::Prominence::Headline,
            cells: amounts.zip(&row.cells).map(cell).collect(),
        }
    };
    table.rows.iter().map(row).collect()
}

/// The stories of a comparison as JSON, as the page has them.
pub(crate) fn story(comparison: &Comparison) -> String {
    story::document(comparison)
}

/// What cost a variant most.
#[derive(Serialize)]
struct Costly {
    variant: usize,
    at: String,
    clock: String,
    title: String,
    detail: String,
    cost: String,
}

/// What stands out in each variant, a sentence each.
fn findings(comparison: &Comparison) -> Vec<Vec<String>> {
    let of = |story: &timeline::Story| {
        let found = patterns(story);
        found.iter().map(|pattern| text::line(&pattern_words(story, pattern), MOST_FINDING)).collect()
    };
    comparison.stories.iter().map(of).collect()
}

/// What would be better than a variant.
#[derive(Serialize)]
struct Advised {
    variant: String,
    tried: String,
    improvements: Vec<Improved>,
}

/// A change that helps.
#[derive(Serialize)]
struct Improved {
    what: String,
    words: String,
    overlay: String,
}

fn advised(advice: &Advice) -> Advised {
    let improved = |it: &Improvement| Improved {
        what: text::line(&it.what, MOST_FINDING),
        words: text::line(&it.sentences().join(" "), MOST_STORY),
        overlay: it.overlay.clone(),
    };
    Advised {
        variant: text::name(&advice.variant, MOST_NAME),
        tried: text::line(&advice.tried.join("; "), MOST_STORY),
        improvements: advice.improvements.iter().map(improved).collect(),
    }
}

/// The [`MOST_COSTLY`] costliest happenings of each variant after the start-up, variant by variant.
fn costliest(comparison: &Comparison) -> Vec<Vec<Costly>> {
    let of = |(variant, story): (usize, &timeline::Story)| {
        let mut list = happenings(story);
        list.retain(|it| !it.is_start_up && !it.unread.is_zero());
        list.sort_by_key(|it| std::cmp::Reverse(it.unread));
        let costly = list.into_iter().take(MOST_COSTLY).map(|it| Costly {
            variant,
            at: format!("{}ms", it.from.as_nanos() / 1_000_000),
            clock: text::clock(it.from),
            cost: words::cost(&it),
            title: it.title,
            detail: it.detail,
        });
        costly.collect()
    };
    comparison.stories.iter().enumerate().map(of).collect()
}

/// A setting's value, fit to be shown.
fn setting(value: &Option<String>) -> String {
    value.as_deref().map_or_else(|| "–".to_owned(), |value| text::line(value, MOST_SETTING))
}

fn settings(comparison: &Comparison) -> Vec<SettingRow> {
    let row = |it: &Setting| SettingRow {
        name: text::name(&it.name, MOST_SETTING),
        values: it.values.iter().map(setting).collect(),
    };
    comparison.settings.iter().map(row).collect()
}

/// What makes the best variant of the worst.
fn changes(comparison: &Comparison, best: Option<usize>, worst: Option<usize>) -> Vec<Change> {
    let (Some(best), Some(worst)) = (best, worst) else { return Vec::new() };
    let changed = comparison.settings.iter().filter_map(|it| {
        let (from, to) = (it.values.get(worst)?, it.values.get(best)?);
        let name = text::name(it.name.strip_prefix("members.").unwrap_or(&it.name), MOST_SETTING);
        // What the scenario does is no advice.
        let is_config = ["members", "broker.", "zookeeper."].iter().any(|part| it.name.starts_with(part));
        (from != to && is_config).then(|| Change { name, from: setting(from), to: setting(to) })
    });
    changed.collect()
}
