//! Every recorded case gives the recorded answer.

use std::collections::BTreeMap;

use assignor::server::ServerAssignorKind;
use assignor::{AssignError, ClientAssignor, ClientAssignorKind};
use protocol::TopicId;

use crate::cases::{self, Case, Names, Partitions, Record};

/// What is compared: who gets what; on the client's side in which order members are, on the coordinator's which
/// records are written, topics and partitions in order.
struct Answer {
    assignment: BTreeMap<String, Partitions>,
    order: Vec<String>,
    records: BTreeMap<String, Record>,
}

fn client_answer(case: &Case, kind: ClientAssignorKind) -> Result<Answer, AssignError> {
    let names = Names::of(case);
    let answer = ClientAssignor::new(kind).assign(&case.joined(&names), &case.topics_with_racks(&names))?;
    let members = answer.members.iter().map(|(id, assignment)| {
        let pairs = assignment.iter().map(|p| (p.topic.as_str().to_owned(), p.partition.0));
        (id.as_str().to_owned(), pairs.collect())
    });
    let order = answer.members.iter().map(|(id, _)| id.as_str().to_owned()).collect();
    Ok(Answer { assignment: members.collect(), order, records: BTreeMap::new() })
}

fn server_answer(case: &Case, kind: ServerAssignorKind) -> Result<Answer, AssignError> {
    let image = case.image();
    let names: BTreeMap<TopicId, String> = case.topic_ids().into_iter().map(|(name, id)| (id, name)).collect();
    let specs = case.specs(&image);
    let answer = kind.assign(&specs, &image)?;
    let mut assignment = BTreeMap::new();
    let mut records = BTreeMap::new();
    for (id, target) in &answer {
        let topics = target.iter().map(|(topic, numbers)| (names[&topic].clone(), numbers.to_vec()));
        let record: Record = topics.collect();
        let pairs =
            record.iter().flat_map(|(topic, numbers)| numbers.iter().map(move |&number| (topic.clone(), number)));
        let mut pairs: Partitions = pairs.collect();
        pairs.sort();
        assignment.insert(id.as_str().to_owned(), pairs);
        if specs.iter().any(|spec| spec.id == *id && !spec.target.is_same_record(target)) {
            records.insert(id.as_str().to_owned(), record);
        }
    }
    Ok(Answer { assignment, order: Vec::new(), records })
}

/// The exception that an error stands for.
fn failure(error: &AssignError) -> &'static str {
    match error {
        AssignError::IllegalState => "IllegalStateException",
        AssignError::NullPointer => "NullPointerException",
        AssignError::NoSuchElement => "NoSuchElementException",
        AssignError::IndexOutOfBounds => "ArrayIndexOutOfBoundsException",
        AssignError::PartitionsLeft => "PartitionAssignorException",
        AssignError::EndlessLoop => "endless",
        AssignError::UnreadableSubscription { .. } | AssignError::TooManyPartitions { .. } => "none of Kafka's",
    }
}

fn check(file: &str, answer: impl Fn(&Case) -> Result<Answer, AssignError>) {
    let cases = cases::read(file);
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in &cases {
        let agrees = match (answer(case), case.failure()) {
            (Ok(answer), None) => {
                answer.assignment == case.assignment()
                    && case.order().is_none_or(|order| answer.order == order)
                    && case.records().is_none_or(|records| answer.records == records)
            }
            (Err(error), Some(expected)) => failure(&error) == expected,
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
