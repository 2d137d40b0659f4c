//! How long assignors take, on the questions that Kafka's own classes were timed with.
//!
//! `cargo bench --bench assignors` measures every row with criterion. `cargo bench --bench assignors -- --table`
//! prints the table
//! of `benches/README.md`: the least and the median time of each row beside Kafka's, and time and memory of a group
//! of 10,000 members and 1,000,000 partitions. A digest of each answer is printed beside its time.
//!
//! Building a question is not timed, nor is freeing an answer, as Kafka's figures leave the garbage collector out.

mod questions;

use std::hint::black_box;
#[expect(clippy::disallowed_types, reason = "a benchmark measures real time")]
use std::time::Instant;

use criterion::{Criterion, SamplingMode};
use questions::{Question, ROWS, Row};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--table") {
        print_table();
    } else {
        let mut criterion = Criterion::default().configure_from_args();
        bench(&mut criterion);
        criterion.final_summary();
    }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("assignors");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for row in ROWS {
        let question = row.question();
        println!("{}: outcome {:016x}", row.name(), question.digest());
        group.bench_function(row.name(), |bencher| bencher.iter_with_large_drop(|| black_box(&question).ask()));
    }
    group.finish();
}

/// Times in milliseconds of repeated runs, ascending.
fn times(question: &Question) -> Vec<f64> {
    const RUNS_MIN: usize = 15;
    const SECONDS: f64 = 1.0;
    let mut times = Vec::new();
    let mut spent = 0.0;
    black_box(question.ask());
    while times.len() < RUNS_MIN || (spent < SECONDS && times.len() < 2_000) {
        #[expect(clippy::disallowed_types, reason = "a benchmark measures real time")]
        let start = Instant::now();
        let answer = black_box(question.ask());
        let seconds = start.elapsed().as_secs_f64();
        drop(answer);
        times.push(seconds * 1e3);
        spent += seconds;
    }
    times.sort_by(f64::total_cmp);
    times
}

fn print_table() {
    println!(
        "| subscriptions | members | topics | partitions | question | assignor | Kafka ms | least ms | median ms \
         | times faster | outcome |"
    );
    println!("|---|---:|---:|---:|---|---|---:|---:|---:|---:|---|");
    let (mut logarithms, mut worst) = (0.0, f64::INFINITY);
    for row in ROWS {
        let question = row.question();
        let times = times(&question);
        let median = times[times.len() / 2];
        let faster = row.kafka_ms / median;
        logarithms += faster.ln();
        worst = f64::min(worst, faster);
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {:.4} | {:.4} | {:.1} | `{:016x}` |",
            row.shape.name(),
            thousands(row.members),
            thousands(row.topics),
            thousands(row.topics * row.partitions_each),
            row.event.name(),
            row.assignor,
            row.kafka_ms,
            times[0],
            median,
            faster,
            question.digest(),
        );
    }
    let mean = (logarithms / ROWS.len() as f64).exp();
    println!("\nGeometric mean: {mean:.1} times faster; the least: {worst:.1}.\n");
    println!("| question | assignor | least ms | median ms | more memory while it runs, MB | outcome |");
    println!("|---|---|---:|---:|---:|---|");
    for row in questions::LARGE {
        print_large(row);
    }
}

fn print_large(row: &Row) {
    let question = row.question();
    let before = resident("VmRSS:");
    // Lets the kernel forget the peak so far.
    let forgot = std::fs::write("/proc/self/clear_refs", "5");
    let answer = question.ask();
    let peak = resident("VmHWM:");
    drop(answer);
    let times = times(&question);
    let memory = match (before, peak, forgot) {
        (Some(before), Some(peak), Ok(())) => format!("{}", peak.saturating_sub(before) / 1024),
        _ => "unknown".to_owned(),
    };
    println!(
        "| {} {} | {} | {:.1} | {:.1} | {memory} | `{:016x}` |",
        row.shape.name(),
        row.event.name(),
        row.assignor,
        times[0],
        times[times.len() / 2],
        question.digest(),
    );
}

/// A figure of this process in KB, where the system tells.
fn resident(key: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(key))?.split_whitespace().next()?.parse().ok()
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}
