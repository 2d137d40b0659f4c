//! Asking every assignor the same question: who gets what, at first and after a change.
//!
//! | module | what lives there |
//! |---|---|
//! | `client` | asks the assignors that the leader of a classic group runs, round by round |
//! | `broker` | asks those that the coordinator runs |
//!
//! Contract: a function of the question. Members are asked as they would be in life: what they were given comes back
//! as what they own, in the form that each assignor reads. Left out: assignors of share groups, which give a partition
//! to several members.

mod broker;
mod client;

use std::collections::{BTreeMap, BTreeSet};

use assignor::{ASSIGNORS, AssignError, Assignor, Balance, Side};
use protocol::{MemberId, RackId, TopicName, TopicPartition};
use report::{Assigned, AssignedAnswer, AssignedStep, Moves, Sharing};
use scenario::assignment::{Assignment, Group};

/// What members own, by member; those who have never been given anything are not there.
type Owned = BTreeMap<MemberId, Vec<TopicPartition>>;

/// What comes out of one step.
struct Outcome {
    owned: Owned,
    rebalances: Option<u32>,
}

/// Every assignor whose answer says who reads what.
pub(crate) fn assignors() -> impl Iterator<Item = &'static Assignor> {
    ASSIGNORS.iter().filter(|assignor| !assignor.shares)
}

/// What an assignor is called where those of both sides stand together.
pub(crate) fn title(assignor: &Assignor) -> String {
    match assignor.side {
        Side::Client(_) => assignor.name.to_owned(),
        Side::Coordinator(_) => format!("{} (broker)", assignor.name),
    }
}

/// Asks these assignors.
pub(crate) fn ask(question: &Assignment, assignors: &[&'static Assignor]) -> Assigned {
    let groups: Vec<&Group> = std::iter::once(&question.first).chain(&question.then).collect();
    let mut steps: Vec<AssignedStep> =
        groups.iter().zip(["At first", "After the change"]).map(|(group, title)| step(group, title)).collect();
    for assignor in assignors {
        let mut owned = owned_at_first(&question.first);
        let mut failed = None;
        for (group, step) in groups.iter().zip(&mut steps) {
            let sharing = match &failed {
                Some(failure) => Err(String::clone(failure)),
                None => match answer(assignor, group, &owned) {
                    Ok(outcome) => {
                        let sharing = sharing(assignor, group, &owned, &outcome);
                        owned = outcome.owned;
                        Ok(sharing)
                    }
                    Err(error) => Err(failed.insert(error.to_string()).clone()),
                },
            };
            let all_read_the_same = group.members.windows(2).all(|pair| pair[0].topics == pair[1].topics);
            let adds_up_odds = assignor.balance == Balance::EachTopic && all_read_the_same;
            step.answers.push(AssignedAnswer { assignor: title(assignor), adds_up_odds, sharing });
        }
    }
    Assigned { question: question.question.clone().unwrap_or_default(), steps }
}

/// A step that nobody has answered yet.
fn step(group: &Group, title: &str) -> AssignedStep {
    AssignedStep {
        title: title.to_owned(),
        members: group.members.iter().map(|member| member.id.as_str().to_owned()).collect(),
        topics: group.topics.len() as u64,
        partitions: group.topics.iter().map(|topic| u64::from(topic.partitions.unsigned_abs())).sum(),
        answers: Vec::new(),
    }
}

/// What is owned before the first answer: nothing by nobody, unless something is said of it.
fn owned_at_first(group: &Group) -> Owned {
    if group.members.iter().all(|member| member.owns.is_empty()) {
        return Owned::new();
    }
    group.members.iter().map(|member| (member.id.clone(), member.owns.clone())).collect()
}

fn answer(assignor: &Assignor, group: &Group, owned: &Owned) -> Result<Outcome, AssignError> {
    match assignor.side {
        Side::Client(kind) => client::ask(kind, group, owned),
        Side::Coordinator(kind) => broker::ask(kind, group, owned),
    }
}

/// Who gets what, and what it takes to get there.
fn sharing(assignor: &Assignor, group: &Group, before: &Owned, outcome: &Outcome) -> Sharing {
    let shares = group.members.iter().map(|member| {
        let mut share: BTreeMap<String, Vec<i32>> = BTreeMap::new();
        for partition in outcome.owned.get(&member.id).into_iter().flatten() {
            share.entry(partition.topic.as_str().to_owned()).or_default().push(partition.partition.0);
        }
        share.values_mut().for_each(|partitions| partitions.sort_unstable());
        share.into_iter().collect()
    });
    let moves = (!before.is_empty()).then(|| moves(assignor, group, before, &outcome.owned));
    let from_afar = from_afar(group, &outcome.owned);
    Sharing { shares: shares.collect(), rebalances: outcome.rebalances, from_afar, moves }
}

/// How many partitions go to members without a replica in their rack.
fn from_afar(group: &Group, owned: &Owned) -> Option<u64> {
    let racks: BTreeMap<&TopicName, &[Vec<RackId>]> =
        group.topics.iter().map(|topic| (&topic.name, topic.racks.as_slice())).collect();
    let mut from_afar = None;
    for member in &group.members {
        let Some(rack) = &member.rack else { continue };
        for partition in owned.get(&member.id).into_iter().flatten() {
            let number = usize::try_from(partition.partition.0).unwrap_or(usize::MAX);
            let Some(near) = racks.get(&partition.topic).and_then(|racks| racks.get(number)) else { continue };
            *from_afar.get_or_insert(0) += u64::from(!near.contains(rack));
        }
    }
    from_afar
}

/// What changes hands from one to the other.
fn moves(assignor: &Assignor, group: &Group, before: &Owned, after: &Owned) -> Moves {
    let owners: BTreeMap<&TopicPartition, &MemberId> =
        before.iter().flat_map(|(member, owned)| owned.iter().map(move |partition| (partition, member))).collect();
    let staying: BTreeSet<&MemberId> = group.members.iter().map(|member| &member.id).collect();
    let mut moves = Moves::default();
    for (member, owned) in after {
        for former in owned.iter().filter_map(|partition| owners.get(partition)).filter(|former| **former != member) {
            moves.moved += 1;
            moves.from_those_who_stay += u64::from(staying.contains(*former));
        }
    }
    let is_eager = matches!(assignor.side, Side::Client(_)) && !assignor.withholds;
    moves.stopped = match is_eager {
        true => owners.values().filter(|owner| staying.contains(**owner)).count() as u64,
        false => moves.from_those_who_stay,
    };
    moves
}
