//! Asking the assignors that consumers bring along.

use std::sync::Arc;

use assignor::topics::Topic;
use assignor::{AssignError, ClientAssignor, ClientAssignorKind, RebalanceProtocol, Topics};
use protocol::message::JoinedMember;
use protocol::{Generation, MetadataBytes, Subscription};
use scenario::assignment::{Group, Member};

use super::{Outcome, Owned};

/// Most rebalances in a row. Two are enough; more would be a group that never comes to rest.
const MAX_ROUNDS: u32 = 10;

/// The answer once nobody has to give anything up any more: a cooperative member that has rejoins.
pub(super) fn ask(kind: ClientAssignorKind, group: &Group, owned: &Owned) -> Result<Outcome, AssignError> {
    let topics: Topics = group.topics.iter().map(|topic| (topic.name.clone(), known(topic))).collect();
    let is_cooperative = kind.protocols().contains(&RebalanceProtocol::Cooperative);
    let mut owned = owned.clone();
    let mut rounds = 0;
    loop {
        rounds += 1;
        let generation = Generation(i32::try_from(rounds).expect("few rounds"));
        let members: Vec<JoinedMember> =
            group.members.iter().map(|member| joined(kind, is_cooperative, member, &owned, generation)).collect();
        let answer = ClientAssignor::new(kind).assign(&members, &topics)?;
        let given: Owned =
            answer.members.into_iter().map(|(member, assignment)| (member, assignment.to_vec())).collect();
        let gives_up = group.members.iter().any(|member| {
            let now: std::collections::BTreeSet<_> = given.get(&member.id).into_iter().flatten().collect();
            owned.get(&member.id).into_iter().flatten().any(|partition| !now.contains(partition))
        });
        owned = given;
        if !is_cooperative || !gives_up || rounds == MAX_ROUNDS {
            return Ok(Outcome { owned, rebalances: Some(rounds) });
        }
    }
}

/// A topic as the leader's metadata know it.
fn known(topic: &scenario::assignment::Topic) -> Topic {
    let racks = (!topic.racks.is_empty()).then(|| Arc::from(topic.racks.as_slice()));
    Topic { partitions: topic.partitions, racks }
}

/// A member as it joins.
fn joined(
    kind: ClientAssignorKind,
    is_cooperative: bool,
    member: &Member,
    owned: &Owned,
    generation: Generation,
) -> JoinedMember {
    let mut own = ClientAssignor::new(kind);
    let mut subscription =
        Subscription { topics: member.topics.clone().into(), rack: member.rack.clone(), ..Subscription::default() };
    if let Some(partitions) = owned.get(&member.id) {
        own.on_assignment(partitions, generation);
        // An eager member has given up everything before it joins.
        if is_cooperative {
            let mut sorted = partitions.clone();
            sorted.sort();
            subscription.owned = sorted.into();
            subscription.generation = generation;
        }
    }
    subscription.user_data = own.user_data();
    JoinedMember {
        member_id: member.id.clone(),
        instance_id: member.instance.clone(),
        metadata: MetadataBytes::Subscription(Arc::new(subscription)),
    }
}
