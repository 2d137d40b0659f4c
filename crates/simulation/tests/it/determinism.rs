//! Same plan, same seed: same outcome, whatever else the machine does.

use assignor::ClientAssignorKind;
use simulation::plan::{Pace, Stop};
use simulation::{run, run_all};

use crate::plans::{CLOSE, group, rolling};
use protocol::SimDuration;

#[test]
fn outcomes_are_those_of_the_plan_on_one_thread_and_on_many() {
    let every = Pace::Every(SimDuration::from_secs(10));
    let mut plans = Vec::new();
    for assignor in [ClientAssignorKind::Range, ClientAssignorKind::CooperativeSticky] {
        for stop in [CLOSE, Stop::Kill] {
            for seed in 1..=3 {
                let mut plan = rolling(group(8, 24, assignor, false), stop, every);
                plan.seed = seed;
                plans.push(plan);
            }
        }
    }
    let one: Vec<_> = run_all(&plans, 1, |_| {}).into_iter().map(Result::unwrap).collect();
    let many: Vec<_> = run_all(&plans, 4, |_| {}).into_iter().map(Result::unwrap).collect();
    assert_eq!(one, many);
    for (plan, outcome) in plans.iter().zip(&one) {
        assert_eq!(run(plan).unwrap().digest(), outcome.digest());
    }
    assert_ne!(one[0].digest(), one[1].digest(), "another seed is another run");
}
