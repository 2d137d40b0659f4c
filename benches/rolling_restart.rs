//! Whole runs: a rolling restart from the first join to the last, for each kind of group. The outcome's digest is
//! printed beside the time, so that a faster run that did something else is seen.

use std::hint::black_box;

use assignor::ClientAssignorKind;
use benches::{Restart, rolling_restart};
use criterion::{Criterion, criterion_group, criterion_main};

fn runs(criterion: &mut Criterion) {
    let mut benchmark = criterion.benchmark_group("rolling restart");
    benchmark.sample_size(10);
    let small = |assignor, is_static| Restart { members: 120, partitions: 360, assignor, is_static, gap_seconds: 30 };
    let cases = [
        ("120 members, dynamic, range", small(ClientAssignorKind::Range, false)),
        ("120 members, dynamic, cooperative-sticky", small(ClientAssignorKind::CooperativeSticky, false)),
        ("120 members, static", small(ClientAssignorKind::Range, true)),
        (
            "10,000 members, static",
            Restart {
                members: 10_000,
                partitions: 30_000,
                assignor: ClientAssignorKind::Range,
                is_static: true,
                gap_seconds: 5,
            },
        ),
    ];
    for (name, restart) in cases {
        let plan = rolling_restart(&restart);
        let digest = simulation::run(&plan).expect("the plan runs").digest();
        println!("{name}: outcome {digest:016x}");
        benchmark.bench_function(name, |bencher| bencher.iter(|| simulation::run(black_box(&plan))));
    }
    benchmark.finish();
}

criterion_group!(benches, runs);
criterion_main!(benches);
