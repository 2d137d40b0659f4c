//! Fixtures shared by the benchmarks.

use assignor::ClientAssignorKind;
use coordinator::{BrokerVersion, GroupConfig};
use engine::Distribution;
use member::{ClientConfig, ClientFamily, GroupMembershipOperation};
use protocol::{GroupId, InstanceId, SimDuration, SimTime, TopicName};
use simulation::plan::{
    ApplicationPlan, BrokerPlan, ManualCommit, MemberPlan, Pace, Plan, PlannedAction, PlannedEvent, RollingRestart,
    Stop, TopicPlan,
};
use simulation::{Environment, plan};
use timeline::MemberIndex;

/// What is measured allocates as the command does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A group that is restarted member by member.
pub struct Restart {
    /// How many members.
    pub members: u32,
    /// How many partitions, of one topic.
    pub partitions: i32,
    /// The assignor.
    pub assignor: ClientAssignorKind,
    /// Whether members are static.
    pub is_static: bool,
    /// Seconds between two restarts; 0: one second after the one before is ready.
    pub gap_seconds: u64,
}

/// The plan of such a restart: every process is closed, and back five seconds later.
pub fn rolling_restart(restart: &Restart) -> Plan {
    let everybody = || (0..restart.members).map(MemberIndex);
    let start = |member| PlannedEvent { at: SimTime::ZERO, action: PlannedAction::Start { member } };
    let pace = match restart.gap_seconds {
        0 => Pace::WhenReady { then: SimDuration::from_secs(1) },
        gap => Pace::Every(SimDuration::from_secs(gap)),
    };
    let rolling = RollingRestart {
        members: everybody().collect(),
        at_once: 1,
        stop: Stop::Close { grace: SimDuration::from_secs(30), membership: GroupMembershipOperation::Default },
        down: SimDuration::from_secs(5),
        start_after: SimDuration::ZERO,
        pace,
    };
    let begin = SimTime::from_secs(60);
    let deploy = plan::PlannedEvent { at: begin, action: PlannedAction::RollingRestart(rolling) };
    let step = if restart.gap_seconds == 0 { 15 } else { restart.gap_seconds };
    Plan {
        name: "rolling restart".to_owned(),
        seed: 1,
        end: begin + SimDuration::from_secs(u64::from(restart.members) * step + 120),
        measure_from: begin,
        environment: Environment::default(),
        broker: BrokerPlan::new(BrokerVersion::default(), GroupConfig::default()),
        zookeeper: simulation::plan::EnsembleConfig::default(),
        topics: vec![TopicPlan { name: TopicName::new("orders"), partitions: restart.partitions, replicas: 3 }],
        group: GroupId::new("group"),
        members: everybody().map(|member| self::member(restart, member)).collect(),
        events: everybody().map(start).chain([deploy]).collect(),
        monitor: None,
        producers: Vec::new(),
        sends_routine: false,
    }
}

fn member(restart: &Restart, member: MemberIndex) -> MemberPlan {
    let name = format!("member-{}", member.0);
    let no_time = Distribution::Fixed(0);
    MemberPlan {
        client: ClientFamily::Java,
        config: ClientConfig {
            instance_id: restart.is_static.then(|| InstanceId::new(&name)),
            assignors: vec![restart.assignor],
            ..ClientConfig::default()
        },
        name,
        slots: None,
        pattern: None,
        topics: vec![TopicName::new("orders")],
        application: ApplicationPlan {
            start_up: Distribution::Fixed(1_000_000_000),
            start_up_together: Distribution::Fixed(0),
            on_sigterm: simulation::plan::OnSigterm::Close,
            restarted: None,
            revoke_callback: no_time.clone(),
            assign_callback: no_time.clone(),
            batch_processing: no_time.clone(),
            record_processing: no_time,
            commits: ManualCommit::None,
        },
    }
}
