//! Lengths of time that may be drawn: `5s`, `{uniform: [1s, 3s]}`, `{exponential: 2s}`, `{skewed: [1ms, 4ms, 30ms]}`.

use engine::{Distribution, Quantiles};
use protocol::SimDuration;

use crate::diagnostic::Report;
use crate::fields::duration;
use crate::tree::{Entry, Node, Value};
use crate::word::{did_you_mean, either};

/// The ways to draw.
pub(crate) const WAYS: [(&str, &str); 3] = [
    ("uniform", "every length between two alike: `{uniform: [1s, 3s]}`"),
    ("exponential", "by its mean, as times between independent events: `{exponential: 2s}`"),
    ("skewed", "by least, median and 99th percentile, as most things measured: `{skewed: [1ms, 4ms, 30ms]}`"),
];

/// The distribution under a key; nothing after having said what is wrong with it. `what` is what it is the value of.
pub(crate) fn read(what: &str, node: &Node, report: &Report) -> Option<Distribution> {
    match &node.value {
        Value::Scalar { .. } => duration(what, node, report).map(|length| Distribution::Fixed(length.as_nanos())),
        Value::Map(entries) => match entries.as_slice() {
            [entry] => by_way(what, entry, report),
            _ => {
                let error =
                    report.error(node.at, format!("{what} is drawn in one way, and this names {}", entries.len()));
                error.label(format!("expected one of {}", either(WAYS.map(|(way, _)| way)))).file();
                None
            }
        },
        Value::List(_) | Value::Null => {
            let error = report.error(node.at, format!("{what} is a length of time, and this is {}", node.kind()));
            error.label("expected `5s`, or `{uniform: [1s, 3s]}`").file();
            None
        }
    }
}

fn by_way(what: &str, entry: &Entry, report: &Report) -> Option<Distribution> {
    let values = |count: usize| lengths(what, entry, count, report);
    let drawn = match entry.key.as_str() {
        "uniform" => {
            let [lo, hi] = values(2)?[..] else { return None };
            let drawn = Distribution::Uniform { lo, hi };
            drawn.validate().map(|()| drawn)
        }
        "exponential" => {
            let [mean] = values(1)?[..] else { return None };
            Ok(Distribution::Exponential { mean })
        }
        "skewed" => {
            let [least, median, p99] = values(3)?[..] else { return None };
            Quantiles::skewed(least, median, p99).map(Distribution::Quantiles)
        }
        written => {
            let error = report.error(
                entry.at,
                format!("`{}` is no way to draw a length of time", crate::diagnostic::shortened(written)),
            );
            let ways = WAYS.map(|(way, _)| way);
            error.label(format!("expected {}", either(ways))).maybe_help(did_you_mean(written, ways)).file();
            return None;
        }
    };
    match drawn {
        Ok(drawn) => Some(drawn),
        Err(_) => {
            let error = report.error(entry.value.at, format!("`{}` takes lengths that do not fall", entry.key));
            error.label("the smaller one comes first").file();
            None
        }
    }
}

/// As many lengths of time, in nanoseconds.
fn lengths(what: &str, entry: &Entry, count: usize, report: &Report) -> Option<Vec<u64>> {
    let nodes = entry.value.elements();
    if nodes.len() != count {
        let (_, usage) = WAYS.iter().find(|(way, _)| *way == entry.key)?;
        let message = format!(
            "`{}` takes {count} length{} of time, and this has {}",
            entry.key,
            if count == 1 { "" } else { "s" },
            nodes.len()
        );
        report.error(entry.value.at, message).help(*usage).file();
        return None;
    }
    let read = nodes.iter().map(|node| duration(what, node, report).map(SimDuration::as_nanos));
    // All of them first: the first bad one does not hide the next.
    read.collect::<Vec<_>>().into_iter().collect()
}

/// The distribution, as people write it.
pub(crate) fn show(drawn: &Distribution) -> String {
    let length = |nanos: u64| SimDuration::from_nanos(nanos).to_string();
    match drawn {
        Distribution::Fixed(nanos) => length(*nanos),
        Distribution::Uniform { lo, hi } => format!("uniform from {} to {}", length(*lo), length(*hi)),
        Distribution::Exponential { mean } => format!("exponential, mean {}", length(*mean)),
        Distribution::Quantiles(_) => format!("skewed, mean {}", length(drawn.mean())),
    }
}
