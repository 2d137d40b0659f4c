//! Reading the value of one of Kafka's configs, as Kafka would.

use protocol::SimDuration;

use super::{Config, Kind, Status, Unit};
use crate::diagnostic::{Report, shortened};
use crate::tree::{Entry, Node, Value};
use crate::unit;
use crate::word::did_you_mean;

/// A config's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A number, in the config's unit.
    Number(i64),
    /// A truth.
    Bool(bool),
    /// A text, or one of a few words in lower case.
    Text(String),
    /// A list.
    List(Vec<String>),
}

impl Setting {
    /// The number as a length of time; only for configs in milliseconds.
    pub(super) fn millis(&self) -> SimDuration {
        match self {
            Self::Number(millis) => SimDuration::from_config_millis(*millis),
            _ => unreachable!("the table says that this config counts milliseconds"),
        }
    }

    /// The number, as a Java `int`.
    pub(super) fn int(&self) -> i32 {
        i32::try_from(self.long()).expect("Kafka's bounds were checked")
    }

    /// The number, as a Java `long`.
    pub(super) fn long(&self) -> i64 {
        match self {
            Self::Number(number) => *number,
            _ => unreachable!("the table says that this config is a number"),
        }
    }

    /// The truth.
    pub(super) fn bool(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => unreachable!("the table says that this config is a text"),
        }
    }

    /// The list.
    pub(super) fn list(&self) -> &[String] {
        match self {
            Self::List(list) => list,
            _ => unreachable!("the table says that this config is a list"),
        }
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Text(text) => f.write_str(text),
            Self::List(list) => f.write_str(&list.join(", ")),
        }
    }
}

/// The value under a key that names `config`, or nothing after having said what is wrong with it.
pub(crate) fn read<T>(config: &'static Config<T>, entry: &Entry, report: &Report) -> Option<Setting> {
    let setting = match &config.kind {
        Kind::Number { least, most, unit } => number(config, (*least, *most, *unit), &entry.value, report),
        Kind::Bool => truth(config, &entry.value, report),
        Kind::Text => text(config, &entry.value, report).map(|text| Setting::Text(text.to_owned())),
        Kind::Word(words) => word(config, words, &entry.value, report),
        Kind::List => list(config, &entry.value, report),
    }?;
    match config.status {
        Status::Modelled(_) => Some(setting),
        Status::NoBearing => {
            let warning = report.warning(entry.at, format!("`{}` changes nothing in a simulation", config.name));
            warning.label("Kafka's, but without bearing on groups").file();
            None
        }
        Status::Elsewhere(place) => {
            report.error(entry.at, format!("`{}` is not written here", config.name)).help(place).file();
            None
        }
        Status::NotYet if setting.to_string() == config.default => None,
        Status::NotYet => {
            let message = format!("`{}` is one of Kafka's configs, but it is not simulated yet", config.name);
            let default = match config.default {
                "" => "runs are as if it were not set".to_owned(),
                default => format!("runs are as if it were {default}, its default"),
            };
            report.error(entry.at, message).label(default).help("remove it to run the scenario without it").file();
            None
        }
    }
}

/// A whole number in Kafka's own unit.
fn number<T>(config: &Config<T>, range: (i64, i64, Unit), node: &Node, report: &Report) -> Option<Setting> {
    let (least, most, unit) = range;
    let text = text(config, node, report)?;
    let value = match unit::integer(text) {
        Ok(value) => value,
        Err(refusal) => {
            let message = format!("`{}` cannot be `{}`", config.name, shortened(text));
            let label = match config.unit() {
                "" => refusal,
                unit => format!("expected a number of {unit}"),
            };
            report.error(node.at, message).label(label).maybe_help(converted(text, unit)).file();
            return None;
        }
    };
    match i64::try_from(value) {
        Ok(value) if (least..=most).contains(&value) => Some(Setting::Number(value)),
        _ => {
            let message = format!("Kafka refuses `{}: {}`", config.name, shortened(text));
            let bound = match (value < i128::from(least), least) {
                (true, least) if least > i64::from(i32::MIN) => format!("at least {least}"),
                (true, least) => format!("the least number of its type is {least}"),
                (false, _) if most == i64::from(i32::MAX) || most == i64::MAX => {
                    format!("the greatest number of its type is {most}")
                }
                (false, _) => format!("at most {most}"),
            };
            report.error(node.at, message).label(bound).file();
            None
        }
    }
}

/// `45s`, where Kafka wants 45000: the number to write.
fn converted(text: &str, unit: Unit) -> Option<String> {
    let number = match unit {
        Unit::Millis => unit::duration(text).ok()?.as_millis(),
        Unit::Minutes => unit::duration(text).ok()?.as_millis() / 60_000,
        Unit::Bytes => unit::size(text).ok()?,
        Unit::Things => return None,
    };
    Some(format!("Kafka's configs are written as Kafka wants them: {number}"))
}

fn truth<T>(config: &Config<T>, node: &Node, report: &Report) -> Option<Setting> {
    let text = text(config, node, report)?;
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(Setting::Bool(true)),
        "false" => Some(Setting::Bool(false)),
        _ => {
            let message = format!("`{}` cannot be `{}`", config.name, shortened(text));
            report.error(node.at, message).label("Kafka accepts `true` and `false` only").file();
            None
        }
    }
}

fn word<T>(config: &Config<T>, words: &[&str], node: &Node, report: &Report) -> Option<Setting> {
    let text = text(config, node, report)?;
    let small = text.to_ascii_lowercase();
    if words.contains(&small.as_str()) {
        return Some(Setting::Text(small));
    }
    let message = format!("Kafka refuses `{}: {}`", config.name, shortened(text));
    let expected = format!("expected {}", crate::word::either(words.iter().copied()));
    report.error(node.at, message).label(expected).maybe_help(did_you_mean(text, words.iter().copied())).file();
    None
}

/// A list, or comma-separated words.
fn list<T>(config: &Config<T>, node: &Node, report: &Report) -> Option<Setting> {
    match &node.value {
        Value::List(nodes) => {
            let words: Vec<Option<&str>> = nodes.iter().map(|node| text(config, node, report)).collect();
            let words: Option<Vec<&str>> = words.into_iter().collect();
            Some(Setting::List(words?.into_iter().map(|word| word.trim().to_owned()).collect()))
        }
        _ => {
            let text = text(config, node, report)?;
            Some(Setting::List(
                text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect(),
            ))
        }
    }
}

/// The letters of a single value.
fn text<'a, T>(config: &Config<T>, node: &'a Node, report: &Report) -> Option<&'a str> {
    if let Some(text) = node.text() {
        return Some(text);
    }
    let error = report.error(node.at, format!("`{}` takes a single value, and this is {}", config.name, node.kind()));
    let braces =
        matches!(node.value, Value::Map(_)).then(|| "a text with braces is put in quotes: \"{name}\"".to_owned());
    error.maybe_help(braces).file();
    None
}
