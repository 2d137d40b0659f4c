//! Plans to run: small groups under different kinds of trouble; and what is seen of a run.

use assignor::ClientAssignorKind;
use engine::Distribution;
use member::{ClientConfig, ClientFamily, GroupMembershipOperation, GroupProtocol};
use protocol::{GroupId, InstanceId, SimDuration, SimTime, TopicName};
use simulation::plan::{
    ApplicationPlan, BrokerPlan, MemberPlan, Pace, Plan, PlannedAction, PlannedEvent, RollingRestart, Stop, TopicPlan,
};
use timeline::{Event, MemberIndex, Observer, Outcome};

pub(crate) const CLOSE: Stop =
    Stop::Close { grace: SimDuration::from_secs(30), membership: GroupMembershipOperation::Default };

pub(crate) fn seconds(seconds: u64) -> SimTime {
    SimTime::from_secs(seconds)
}

/// `members` members over `partitions` partitions, all started at once, left alone until the end at 5 minutes.
pub(crate) fn group(members: u32, partitions: i32, assignor: ClientAssignorKind, is_static: bool) -> Plan {
    let member = |number: u32| MemberPlan {
        name: format!("m{number}"),
        client: ClientFamily::Java,
        config: ClientConfig {
            instance_id: is_static.then(|| InstanceId::from(format!("m{number}"))),
            assignors: vec![assignor],
            session_timeout: SimDuration::from_secs(10),
            ..ClientConfig::default()
        },
        slots: None,
        topics: vec![TopicName::new("t")],
        pattern: None,
        application: ApplicationPlan {
            start_up: Distribution::Uniform { lo: 500_000_000, hi: 1_500_000_000 },
            ..ApplicationPlan::IDLE
        },
    };
    let start =
        |number| PlannedEvent { at: SimTime::ZERO, action: PlannedAction::Start { member: MemberIndex(number) } };
    Plan {
        members: (0..members).map(member).collect(),
        topics: vec![TopicPlan { name: TopicName::new("t"), partitions, replicas: 3 }],
        events: (0..members).map(start).collect(),
        ..empty()
    }
}

/// The same group of another client, configured alike.
pub(crate) fn of(client: ClientFamily, mut plan: Plan) -> Plan {
    for member in &mut plan.members {
        member.client = client;
    }
    plan
}

/// The same group under the consumer protocol, with the session that its members ask for under the classic one.
pub(crate) fn under_the_consumer_protocol(mut plan: Plan) -> Plan {
    for member in &mut plan.members {
        member.config.group_protocol = GroupProtocol::Consumer;
    }
    plan.broker.group.consumer_session_timeout_ms = 10_000;
    plan
}

/// A plan without members.
fn empty() -> Plan {
    Plan {
        name: "test".to_owned(),
        seed: 7,
        end: seconds(300),
        measure_from: seconds(60),
        environment: simulation::Environment::default(),
        broker: BrokerPlan::new(coordinator::BrokerVersion::default(), coordinator::GroupConfig::default()),
        zookeeper: zookeeper::EnsembleConfig::default(),
        topics: Vec::new(),
        group: GroupId::new("g"),
        members: Vec::new(),
        events: Vec::new(),
        monitor: None,
        producers: Vec::new(),
        sends_routine: false,
    }
}

pub(crate) fn then(mut plan: Plan, at: u64, action: PlannedAction) -> Plan {
    plan.events.push(PlannedEvent { at: seconds(at), action });
    plan
}

pub(crate) fn rolling(plan: Plan, stop: Stop, pace: Pace) -> Plan {
    let members = (0..u32::try_from(plan.members.len()).expect("a small group")).map(MemberIndex).collect();
    let restart = RollingRestart {
        members,
        at_once: 1,
        stop,
        down: SimDuration::from_secs(2),
        start_after: SimDuration::ZERO,
        pace,
    };
    then(plan, 60, PlannedAction::RollingRestart(restart))
}

/// Everything that happens, as text.
#[derive(Default)]
struct Log(Vec<String>);

impl Observer for Log {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        self.0.push(format!("{} {event:?}", at.as_nanos()));
    }
}

/// All events of a run.
pub(crate) fn events(plan: &Plan) -> Vec<String> {
    simulation::run_observed(plan, Log::default()).expect("the plan runs").1.0
}

/// When events of one kind happened.
struct Moments(fn(&Event<'_>) -> bool, Vec<SimTime>);

impl Observer for Moments {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        if (self.0)(&event) {
            self.1.push(at);
        }
    }
}

/// When events of this kind happen in a run.
pub(crate) fn moments(plan: &Plan, of: fn(&Event<'_>) -> bool) -> Vec<SimTime> {
    simulation::run_observed(plan, Moments(of, Vec::new())).expect("the run ends").1.1
}

/// A measure of a run, in its unit.
pub(crate) fn amount(outcome: &Outcome, id: &str) -> u64 {
    outcome.value(id).amount().unwrap_or_else(|| panic!("{id} is not measured"))
}
