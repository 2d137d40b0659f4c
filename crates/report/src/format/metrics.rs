//! Metrics under the names that clients, brokers and exporters give them, as Prometheus text and as JSON.
//!
//! Contract: names, kinds and units are those of the source that is named with each; one that could not be seen is left
//! out, never made up. Label values are escaped as the text format wants it, and made fit to be shown.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use crate::text;

/// Label values are cut to so many characters.
const MOST_LABEL: usize = 200;

/// Whether a metric counts or shows where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows, until its process starts anew.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A metric's name and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricHead {
    /// Its name as exporters write it.
    pub name: &'static str,
    /// Its own name, and where: the JMX bean, the field of the statistics.
    pub source: &'static str,
    /// Which it is.
    pub kind: MetricKind,
    /// What it says, in a few words.
    pub help: &'static str,
}

/// A value of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Which.
    pub head: MetricHead,
    /// Of whom.
    pub labels: Vec<(&'static str, String)>,
    /// How much, in the metric's own unit.
    pub value: f64,
}

/// As Prometheus scrapes them; those of one name stand together, in the order of their first.
pub fn prometheus(metrics: &[Metric]) -> String {
    let mut out = String::new();
    for name in names(metrics) {
        let mut these = metrics.iter().filter(|metric| metric.head.name == name).peekable();
        if let Some(first) = these.peek() {
            let kind = match first.head.kind {
                MetricKind::Counter => "counter",
                MetricKind::Gauge => "gauge",
            };
            let _ = writeln!(out, "# HELP {name} {} ({})", first.head.help, first.head.source);
            let _ = writeln!(out, "# TYPE {name} {kind}");
        }
        for metric in these {
            let labels: Vec<String> =
                metric.labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
            let _ = writeln!(out, "{name}{{{}}} {}", labels.join(","), metric.value);
        }
    }
    out
}

/// The same for scripts.
pub fn metrics_json(metrics: &[Metric]) -> Json {
    let values = |name: &str| {
        let these = metrics.iter().filter(|metric| metric.head.name == name);
        let value = |metric: &Metric| {
            let labels: Map<String, Json> =
                metric.labels.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
            json!({ "labels": labels, "value": metric.value })
        };
        these.map(value).collect::<Vec<Json>>()
    };
    let one = |name: &'static str| {
        let head = metrics.iter().find(|metric| metric.head.name == name).map(|metric| metric.head);
        json!({ "name": name, "source": head.map(|head| head.source), "values": values(name) })
    };
    Json::Array(names(metrics).into_iter().map(one).collect())
}

fn names(metrics: &[Metric]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for metric in metrics {
        if !names.contains(&metric.head.name) {
            names.push(metric.head.name);
        }
    }
    names
}

fn escaped(value: &str) -> String {
    text::line(value, MOST_LABEL).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_name_stand_together_and_labels_are_escaped() {
        let head = |name| MetricHead { name, source: "somewhere", kind: MetricKind::Gauge, help: "Something." };
        let metric =
            |name, label: &str, value| Metric { head: head(name), labels: vec![("id", label.to_owned())], value };
        let text = prometheus(&[metric("a", "x\"\\\n\u{202e}y", 1.0), metric("b", "z", 0.5), metric("a", "w", 2.0)]);
        let expected = "# HELP a Something. (somewhere)\n# TYPE a gauge\na{id=\"x\\\"\\\\ y\"} 1\na{id=\"w\"} 2\n\
                        # HELP b Something. (somewhere)\n# TYPE b gauge\nb{id=\"z\"} 0.5\n";
        assert_eq!(text, expected);
    }
}
