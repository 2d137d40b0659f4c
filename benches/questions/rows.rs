//! The rows of the table, with Kafka's times.
//!
//! Kafka 4.3.0 on OpenJDK 17.0.15 with the serial collector, warmed up, logging off, on the same kind of machine (AMD
//! EPYC, 2 cores).

use super::{Event, Row, Shape};

const fn row(shape: Shape, size: (usize, usize, usize), event: Event, assignor: &'static str, kafka_ms: f64) -> Row {
    let (members, topics, partitions_each) = size;
    Row { shape, members, topics, partitions_each, event, assignor, kafka_ms }
}

/// Rows that Kafka was timed with.
pub(crate) const ROWS: &[Row] = &[
    row(Shape::Equal, (100, 1, 1_000), Event::Fresh, "range", 0.29),
    row(Shape::Equal, (100, 1, 1_000), Event::Fresh, "roundrobin", 0.24),
    row(Shape::Equal, (100, 1, 1_000), Event::Fresh, "sticky", 0.14),
    row(Shape::Equal, (100, 1, 1_000), Event::Fresh, "cooperative-sticky", 0.11),
    row(Shape::Equal, (100, 1, 1_000), Event::Fresh, "uniform", 0.06),
    row(Shape::Equal, (100, 1, 1_000), Event::Fresh, "server-range", 0.09),
    row(Shape::Equal, (100, 1, 1_000), Event::Leave, "sticky", 1.69),
    row(Shape::Equal, (100, 1, 1_000), Event::Leave, "cooperative-sticky", 0.6),
    row(Shape::Equal, (100, 1, 1_000), Event::Leave, "uniform", 0.5),
    row(Shape::Equal, (1_000, 10, 1_000), Event::Fresh, "range", 5.06),
    row(Shape::Equal, (1_000, 10, 1_000), Event::Fresh, "roundrobin", 2.08),
    row(Shape::Equal, (1_000, 10, 1_000), Event::Fresh, "sticky", 1.32),
    row(Shape::Equal, (1_000, 10, 1_000), Event::Fresh, "cooperative-sticky", 1.33),
    row(Shape::Equal, (1_000, 10, 1_000), Event::Fresh, "uniform", 0.73),
    row(Shape::Equal, (1_000, 10, 1_000), Event::Fresh, "server-range", 0.63),
    row(Shape::Equal, (1_000, 10, 1_000), Event::Leave, "sticky", 7.27),
    row(Shape::Equal, (1_000, 10, 1_000), Event::Leave, "cooperative-sticky", 8.85),
    row(Shape::Equal, (1_000, 10, 1_000), Event::Leave, "uniform", 3.61),
    row(Shape::Equal, (2_000, 100, 1_000), Event::Fresh, "range", 79.3),
    row(Shape::Equal, (2_000, 100, 1_000), Event::Fresh, "roundrobin", 27.8),
    row(Shape::Equal, (2_000, 100, 1_000), Event::Fresh, "sticky", 9.32),
    row(Shape::Equal, (2_000, 100, 1_000), Event::Fresh, "cooperative-sticky", 11.2),
    row(Shape::Equal, (2_000, 100, 1_000), Event::Fresh, "uniform", 7.17),
    row(Shape::Equal, (2_000, 100, 1_000), Event::Fresh, "server-range", 4.25),
    row(Shape::Equal, (2_000, 100, 1_000), Event::Leave, "sticky", 176.0),
    row(Shape::Equal, (2_000, 100, 1_000), Event::Leave, "cooperative-sticky", 51.3),
    row(Shape::Equal, (2_000, 100, 1_000), Event::Leave, "uniform", 3.93),
    row(Shape::Half, (200, 20, 250), Event::Fresh, "sticky", 628.0),
    row(Shape::Half, (200, 20, 250), Event::Fresh, "cooperative-sticky", 423.0),
    row(Shape::Half, (200, 20, 250), Event::Fresh, "uniform", 2.25),
    row(Shape::Half, (200, 20, 250), Event::Leave, "sticky", 6.04),
    row(Shape::Half, (200, 20, 250), Event::Leave, "cooperative-sticky", 5.04),
    row(Shape::Half, (200, 20, 250), Event::Leave, "uniform", 1.48),
    row(Shape::Half, (200, 20, 250), Event::Join, "sticky", 302.0),
    row(Shape::Half, (200, 20, 250), Event::Join, "cooperative-sticky", 258.0),
    row(Shape::Half, (200, 20, 250), Event::Join, "uniform", 1.36),
    row(Shape::Outlier, (200, 20, 250), Event::Fresh, "sticky", 2.26),
    row(Shape::Outlier, (200, 20, 250), Event::Fresh, "cooperative-sticky", 3.67),
    row(Shape::Outlier, (200, 20, 250), Event::Fresh, "uniform", 1.18),
    row(Shape::Outlier, (200, 20, 250), Event::Leave, "sticky", 5.42),
    row(Shape::Outlier, (200, 20, 250), Event::Leave, "cooperative-sticky", 3.27),
    row(Shape::Outlier, (200, 20, 250), Event::Leave, "uniform", 1.85),
    row(Shape::Split, (200, 20, 250), Event::Join, "sticky", 516.0),
    row(Shape::Split, (200, 20, 250), Event::Join, "cooperative-sticky", 285.0),
    row(Shape::Split, (200, 20, 250), Event::Join, "uniform", 1.89),
];

/// Ten thousand members and a million partitions.
pub(crate) const LARGE: &[Row] = &[
    row(Shape::Equal, (10_000, 100, 10_000), Event::Fresh, "range", 0.0),
    row(Shape::Equal, (10_000, 100, 10_000), Event::Fresh, "roundrobin", 0.0),
    row(Shape::Equal, (10_000, 100, 10_000), Event::Fresh, "sticky", 0.0),
    row(Shape::Equal, (10_000, 100, 10_000), Event::Leave, "sticky", 0.0),
    row(Shape::Equal, (10_000, 100, 10_000), Event::Fresh, "cooperative-sticky", 0.0),
    row(Shape::Equal, (10_000, 100, 10_000), Event::Leave, "cooperative-sticky", 0.0),
    row(Shape::Equal, (10_000, 100, 10_000), Event::Fresh, "uniform", 0.0),
    row(Shape::Equal, (10_000, 100, 10_000), Event::Leave, "uniform", 0.0),
    row(Shape::Equal, (10_000, 100, 10_000), Event::Fresh, "server-range", 0.0),
    row(Shape::Half, (10_000, 100, 10_000), Event::Fresh, "cooperative-sticky", 0.0),
    row(Shape::Half, (10_000, 100, 10_000), Event::Leave, "cooperative-sticky", 0.0),
    row(Shape::Half, (10_000, 100, 10_000), Event::Fresh, "uniform", 0.0),
    row(Shape::Half, (10_000, 100, 10_000), Event::Leave, "uniform", 0.0),
];

/// Rows whose members, topics and partitions are doubled one after the other.
pub(crate) const GROWTH: &[Row] = &[
    row(Shape::Equal, (1_000, 20, 2_000), Event::Fresh, "range", 0.0),
    row(Shape::Equal, (1_000, 20, 2_000), Event::Fresh, "roundrobin", 0.0),
    row(Shape::Equal, (1_000, 20, 2_000), Event::Fresh, "sticky", 0.0),
    row(Shape::Equal, (1_000, 20, 2_000), Event::Leave, "sticky", 0.0),
    row(Shape::Equal, (1_000, 20, 2_000), Event::Fresh, "cooperative-sticky", 0.0),
    row(Shape::Equal, (1_000, 20, 2_000), Event::Leave, "cooperative-sticky", 0.0),
    row(Shape::Equal, (1_000, 20, 2_000), Event::Fresh, "uniform", 0.0),
    row(Shape::Equal, (1_000, 20, 2_000), Event::Leave, "uniform", 0.0),
    row(Shape::Equal, (1_000, 20, 2_000), Event::Fresh, "server-range", 0.0),
    row(Shape::Half, (1_000, 20, 2_000), Event::Fresh, "cooperative-sticky", 0.0),
    row(Shape::Half, (1_000, 20, 2_000), Event::Join, "cooperative-sticky", 0.0),
    row(Shape::Half, (1_000, 20, 2_000), Event::Fresh, "uniform", 0.0),
    row(Shape::Half, (1_000, 20, 2_000), Event::Join, "uniform", 0.0),
];
