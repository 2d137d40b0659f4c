//! Many plans, several threads: outcomes come back in the order of the plans, whatever the thread count.
//!
//! Contract: the only place of the simulator with threads; runs share nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use timeline::Outcome;

use crate::plan::Plan;
use crate::world::{RunError, run};

/// Runs all `plans` on at most `threads` threads (at least one). `finished` is told after each run how many are done.
pub fn run_all(plans: &[Plan], threads: usize, finished: impl FnMut(usize)) -> Vec<Result<Outcome, RunError>> {
    run_all_by(plans, threads, |_, plan| run(plan), finished)
}

/// The same with another way to run the plan at a place: for who wants to be told more than the outcome.
pub fn run_all_by<T: Send>(
    plans: &[Plan],
    threads: usize,
    run: impl Fn(usize, &Plan) -> Result<T, RunError> + Sync,
    mut finished: impl FnMut(usize),
) -> Vec<Result<T, RunError>> {
    let run = &run;
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut outcomes: Vec<Option<Result<T, RunError>>> = plans.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, plans.len().max(1)) {
            let sender = sender.clone();
            let next = &next;
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(plan) = plans.get(place) else { break };
                    if sender.send((place, run(place, plan))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (count, (place, outcome)) in receiver.iter().enumerate() {
            outcomes[place] = Some(outcome);
            finished(count + 1);
        }
    });
    outcomes.into_iter().map(|outcome| outcome.expect("every plan was run")).collect()
}
