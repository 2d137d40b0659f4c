//! What records cost: runs of one group against the rate of its producer, the number of partitions, and the simulated
//! time in which nothing changes. The outcome's digest is printed beside the time.

use std::hint::black_box;

use assignor::ClientAssignorKind;
use benches::{Restart, rolling_restart};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use engine::Distribution;
use member::OffsetReset;
use protocol::{SimDuration, SimTime, TopicName};
use simulation::Plan;
use simulation::plan::{KeysPlan, ProducerPlan, Rate};

/// Ten members, each restarted once within the first seven minutes, and then nothing until `hours` are over.
fn plan(partitions: i32, per_second: u64, hours: u64) -> Plan {
    let assignor = ClientAssignorKind::CooperativeSticky;
    let restart = Restart { members: 10, partitions, assignor, is_static: false, gap_seconds: 30 };
    with_records(rolling_restart(&restart), per_second, SimTime::from_secs(hours * 3_600))
}

fn with_records(mut plan: Plan, per_second: u64, end: SimTime) -> Plan {
    plan.end = plan.end.max(end);
    for member in &mut plan.members {
        member.config.offset_reset = OffsetReset::Earliest;
    }
    if per_second > 0 {
        plan.producers.push(ProducerPlan {
            name: "producer".to_owned(),
            topics: vec![TopicName::new("orders")],
            rates: vec![(SimTime::from_secs(30), Rate::per_second(per_second))],
            tick: SimDuration::from_millis(5),
            keys: KeysPlan::InTurn { batch: 1 },
            record_bytes: 100,
            acks: simulation::plan::Acks::All,
            delivery_timeout: SimDuration::from_secs(120),
        });
    }
    plan
}

/// The same with applications that spend `record` on a record and `poll` on a poll.
fn at_work(mut plan: Plan, record: SimDuration, poll: SimDuration) -> Plan {
    for member in &mut plan.members {
        member.application.record_processing = Distribution::Fixed(record.as_nanos());
        member.application.batch_processing = Distribution::Fixed(poll.as_nanos());
    }
    plan
}

fn bench(criterion: &mut Criterion, group: &str, cases: &[(String, Plan)]) {
    let mut benchmark = criterion.benchmark_group(group);
    benchmark.sample_size(10);
    for (name, plan) in cases {
        let digest = simulation::run(plan).expect("the plan runs").digest();
        println!("{group}, {name}: outcome {digest:016x}");
        let id = BenchmarkId::from_parameter(name);
        benchmark.bench_function(id, |bencher| bencher.iter(|| simulation::run(black_box(plan))));
    }
    benchmark.finish();
}

fn runs(criterion: &mut Criterion) {
    let rates = [0, 10, 1_000, 100_000, 10_000_000].map(|rate| (format!("{rate} a second"), plan(120, rate, 1)));
    bench(criterion, "records by rate", &rates);
    let partitions = [12, 120, 1_200, 12_000].map(|count| (format!("{count} partitions"), plan(count, 100_000, 1)));
    bench(criterion, "records by partitions", &partitions);
    let hours = [1, 24, 720].map(|hours| (format!("{hours} hours"), plan(120, 100_000, hours)));
    bench(criterion, "records by simulated time", &hours);
    // Half of a member's time, whatever the rate: so many members share it.
    let busy = [10, 1_000, 100_000, 10_000_000].map(|rate| {
        let record = SimDuration::from_nanos(5_000_000_000 / rate);
        (format!("{rate} a second"), at_work(plan(120, rate, 1), record, SimDuration::ZERO))
    });
    bench(criterion, "records by rate, applications at work", &busy);
    let busy = [1, 24, 720].map(|hours| {
        let (record, poll) = (SimDuration::from_micros(50), SimDuration::from_millis(1));
        (format!("{hours} hours"), at_work(plan(120, 100_000, hours), record, poll))
    });
    bench(criterion, "records by simulated time, applications at work", &busy);
    let deploys = [ClientAssignorKind::Range, ClientAssignorKind::CooperativeSticky].map(|assignor| {
        let restart = Restart { members: 120, partitions: 360, assignor, is_static: false, gap_seconds: 30 };
        let plan = rolling_restart(&restart);
        let end = plan.end;
        [
            (format!("{}, without records", assignor.name()), plan.clone()),
            (format!("{}, 36,000 a second", assignor.name()), with_records(plan.clone(), 36_000, end)),
            (
                format!("{}, 36,000 a second, 20 ms a poll", assignor.name()),
                at_work(with_records(plan, 36_000, end), SimDuration::ZERO, SimDuration::from_millis(20)),
            ),
        ]
    });
    bench(criterion, "records in a rolling restart", &deploys.concat());
}

criterion_group!(benches, runs);
criterion_main!(benches);
