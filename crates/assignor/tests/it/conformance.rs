//! Every recorded case gives the recorded answer.

use std::collections::BTreeMap;

use assignor::server::ServerAssignorKind;
use assignor::{AssignError, ClientAssignor, ClientAssignorKind};
use protocol::TopicId;

use crate::cases::{self, Case, Names, Partitions};

fn client_answer(case: &Case, kind: ClientAssignorKind) -> Result<BTreeMap<String, Partitions>, AssignError> {
    let names = Names::of(case);
    let answer = ClientAssignor::new(kind).assign(&case.joined(&names), &case.topics_with_racks(&names))?;
    let members = answer.members.iter().map(|(id, assignment)| {
        let pairs = assignment.partitions.iter().map(|p| (p.topic.as_str().to_owned(), p.partition.0));
        (id.as_str().to_owned(), pairs.collect())
    });
    Ok(members.collect())
}

/// The error that stands for a recorded exception.
fn failure(error: &AssignError) -> &'static str {
    match error {
        AssignError::IllegalState => "IllegalStateException",
        AssignError::NullPointer => "NullPointerException",
        AssignError::NoSuchElement => "NoSuchElementException",
        AssignError::EndlessLoop => "endless",
        _ => "none of Kafka's",
    }
}

fn check(file: &str, answer: impl Fn(&Case) -> Result<BTreeMap<String, Partitions>, AssignError>) {
    let cases = cases::read(file);
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in &cases {
        let answer = answer(case);
        let agrees = match (&answer, case.failure()) {
            (Ok(answer), None) => *answer == case.assignment(),
            (Err(error), Some(expected)) => failure(error) == expected,
            _ => false,
        };
        if !agrees {
            wrong.push(case.id().to_owned());
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ: {:?}", wrong.len(), cases.len(), &wrong[..wrong.len().min(20)]);
}

#[test]
fn range_answers_as_recorded_list_order_included() {
    check("range", |case| client_answer(case, ClientAssignorKind::Range));
}

#[test]
fn round_robin_answers_as_recorded_list_order_included() {
    check("roundrobin", |case| client_answer(case, ClientAssignorKind::RoundRobin));
}

#[test]
fn sticky_answers_as_recorded_list_order_included() {
    check("sticky", |case| client_answer(case, ClientAssignorKind::Sticky));
}

#[test]
fn cooperative_sticky_answers_as_recorded_list_order_included() {
    check("cooperative-sticky", |case| client_answer(case, ClientAssignorKind::CooperativeSticky));
}

fn server_answer(case: &Case, kind: ServerAssignorKind) -> Result<BTreeMap<String, Partitions>, AssignError> {
    let image = case.image();
    let names: BTreeMap<TopicId, &str> = image.iter().map(|(name, topic)| (topic.id, name.as_str())).collect();
    let answer = kind.assign(&case.specs(&image), &image)?;
    let members = answer.iter().map(|(id, target)| {
        let pairs = target.iter().flat_map(|(topic, numbers)| numbers.iter().map(move |&number| (topic, number)));
        let mut pairs: Partitions = pairs.map(|(topic, number)| (names[&topic].to_owned(), number)).collect();
        pairs.sort();
        (id.as_str().to_owned(), pairs)
    });
    Ok(members.collect())
}

#[test]
fn uniform_answers_as_recorded() {
    check("uniform", |case| server_answer(case, ServerAssignorKind::Uniform));
}

#[test]
fn range_of_the_coordinator_answers_as_recorded() {
    check("server-range", |case| server_answer(case, ServerAssignorKind::Range));
}

#[test]
fn simple_answers_as_recorded() {
    check("simple", |case| server_answer(case, ServerAssignorKind::Simple));
}
