//! How long assignors take, on the questions that Kafka's own classes were timed with.
//!
//! `cargo bench -p benches --bench assignors` measures every row with criterion; with `-- --table` it prints the tables
//! of `benches/README.md`: the least and the median time of each row beside Kafka's, and time and memory of a group of
//! 10,000 members and 1,000,000 partitions. A digest of each answer is printed beside its time. With `-- --growth` it
//! prints how times grow with members, topics and partitions.
//!
//! Building a question is not timed, nor is freeing an answer, as Kafka's figures leave the garbage collector out.

mod questions;

use std::hint::black_box;
#[expect(clippy::disallowed_types, reason = "a benchmark measures real time")]
use std::time::Instant;

use criterion::{Criterion, SamplingMode};
use questions::{Question, ROWS, Row};

/// What can be asked for instead of criterion's measurements.
const MODES: [&str; 3] = ["--table", "--growth", "--memory"];

fn main() {
    let mut arguments = std::env::args().skip(1).skip_while(|argument| !MODES.contains(&&**argument));
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--table"), _) => print_table(),
        (Some("--growth"), _) => print_growth(),
        (Some("--memory"), Some(name)) => print_memory(&name),
        _ => {
            let mut criterion = Criterion::default().configure_from_args();
            bench(&mut criterion);
            criterion.final_summary();
        }
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

/// Times in milliseconds of repeated runs, ascending. An answer is kept until the next one is there, as a group keeps
/// its assignment.
fn times(question: &Question) -> Vec<f64> {
    const RUNS_MIN: usize = 15;
    const SECONDS: f64 = 1.0;
    let mut times = Vec::new();
    let mut spent = 0.0;
    let mut kept = black_box(question.ask());
    while times.len() < RUNS_MIN || (spent < SECONDS && times.len() < 2_000) {
        #[expect(clippy::disallowed_types, reason = "a benchmark measures real time")]
        let start = Instant::now();
        let answer = black_box(question.ask());
        let seconds = start.elapsed().as_secs_f64();
        drop(std::mem::replace(&mut kept, answer));
        times.push(seconds * 1e3);
        spent += seconds;
    }
    times.sort_by(f64::total_cmp);
    times
}

fn print_table() {
    println!(
        "| subscriptions | members | topics | partitions | question | assignor | Kafka ms | least ms | median ms | \
         Kafka / least | Kafka / median | outcome |"
    );
    println!("|---|---:|---:|---:|---|---|---:|---:|---:|---:|---:|---|");
    let mut ratios = [Vec::new(), Vec::new()];
    for row in ROWS {
        let question = row.question();
        let times = times(&question);
        let (least, median) = (times[0], times[times.len() / 2]);
        let faster = [row.kafka_ms / least, row.kafka_ms / median];
        ratios.iter_mut().zip(faster).for_each(|(ratios, faster)| ratios.push(faster));
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {least:.4} | {median:.4} | {:.1} | {:.1} | `{:016x}` |",
            row.shape.name(),
            thousands(row.members),
            thousands(row.topics),
            thousands(row.topics * row.partitions_each),
            row.event.name(),
            row.assignor,
            row.kafka_ms,
            faster[0],
            faster[1],
            question.digest(),
        );
    }
    for (ratios, of) in ratios.iter().zip(["least", "median"]) {
        let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
        let worst = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        println!(
            "\nBy the {of} time: {mean:.1} times faster in the geometric mean, {worst:.1} times in the worst row."
        );
    }
    println!("\n| question | assignor | least ms | median ms | memory at its peak, MB | outcome |");
    println!("|---|---|---:|---:|---:|---|");
    for row in questions::LARGE {
        print_large(row);
    }
}

/// How much longer it takes with twice as many members, topics (of as many partitions in all) and partitions.
fn print_growth() {
    println!("| subscriptions | question | assignor | ms | members × 2 | topics × 2 | partitions × 2 |");
    println!("|---|---|---|---:|---:|---:|---:|");
    for row in questions::GROWTH {
        let least = |members: usize, topics: usize, each: usize| {
            let (members, topics) = (row.members * members, row.topics * topics);
            times(&Row { members, topics, partitions_each: each, ..*row }.question())[0]
        };
        let each = row.partitions_each;
        let base = least(1, 1, each);
        let more = [least(2, 1, each), least(1, 2, each / 2), least(1, 1, each * 2)].map(|time| time / base);
        println!(
            "| {} | {} | {} | {base:.3} | {:.1} | {:.1} | {:.1} |",
            row.shape.name(),
            row.event.name(),
            row.assignor,
            more[0],
            more[1],
            more[2],
        );
    }
}

fn print_large(row: &Row) {
    // A process of its own: the allocator of this one keeps what earlier rows gave back.
    let memory = std::env::current_exe()
        .and_then(|own| std::process::Command::new(own).args(["--memory", &row.name()]).output())
        .map_or_else(|_| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let question = row.question();
    let times = times(&question);
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

/// Prints how much more memory the process has at the peak of one run than before it, answer included, in MB.
fn print_memory(name: &str) {
    let Some(row) = questions::LARGE.iter().find(|row| row.name() == name) else { return };
    let question = row.question();
    let filled = fill_holes();
    let before = resident("VmRSS:");
    // Lets the kernel forget the peak so far.
    let forgot = std::fs::write("/proc/self/clear_refs", "5");
    let answer = question.ask();
    let peak = resident("VmHWM:");
    match (before, peak, forgot) {
        (Some(before), Some(peak), Ok(())) => println!("{}", peak.saturating_sub(before) / 1024),
        _ => println!("unknown"),
    }
    drop((answer, filled));
}

/// Takes what the allocator keeps from building the question, so that the run has to ask the kernel for all it needs.
fn fill_holes() -> Vec<Vec<u8>> {
    let mut filled = Vec::new();
    for size in [1 << 20, 1 << 17, 1 << 14, 4_096, 2_048, 1_024, 512, 256, 128, 64, 32, 16] {
        loop {
            let before = resident("VmRSS:").unwrap_or(0);
            let pieces = ((1 << 19) / size).max(1);
            filled.extend((0..pieces).map(|_| vec![1; size]));
            let grown = resident("VmRSS:").unwrap_or(u64::MAX).saturating_sub(before) * 1024;
            if grown * 2 >= (pieces * size) as u64 {
                break;
            }
        }
    }
    filled
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
