//! A plan: everything a run needs, with every default spelled out.
//!
//! Contract: plain data. What a person wrote (YAML) is resolved to this before anything runs; two equal plans with
//! equal seeds give equal outcomes. Left out on purpose: where a value came from (the scenario reader keeps that).

use std::sync::Arc;

use coordinator::{BrokerVersion, GroupConfig};
use engine::Distribution;
use member::{ClientConfig, GroupMembershipOperation, SlotSettings};
pub use member::{ClientFamily, GroupProtocol};
use protocol::{BrokerId, GroupId, SimDuration, SimTime, TopicName};
use timeline::MemberIndex;
pub use zookeeper::EnsembleConfig;

use crate::environment::Environment;
pub use crate::producer::{Acks, KeysPlan, ProducerPlan};
pub use records::Rate;

/// One run: a cast, a world and what shall happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What the run is called (the variant's name in a comparison).
    pub name: String,
    /// From which all random streams derive.
    pub seed: u64,
    /// When the run ends.
    pub end: SimTime,
    /// Since when measures count: the first disturbance. Everything before is start-up.
    pub measure_from: SimTime,
    /// How long things take that nobody configures.
    pub environment: Environment,
    /// The broker that coordinates the group.
    pub broker: BrokerPlan,
    /// The ensemble of members that take slots.
    pub zookeeper: EnsembleConfig,
    /// Topics at the start.
    pub topics: Vec<TopicPlan>,
    /// The group's id.
    pub group: GroupId,
    /// The members; a [`MemberIndex`] is a place here.
    pub members: Vec<MemberPlan>,
    /// What a monitor gathers of the records; none if nobody monitors the group.
    pub monitor: Option<MonitorPlan>,
    /// Who writes records; if nobody does, no records flow and none are counted.
    pub producers: Vec<ProducerPlan>,
    /// What happens, ordered by time; equal times in this order.
    pub events: Vec<PlannedEvent>,
    /// Whether the heartbeats and commits of quiet members are sent one by one, though they change nothing: slower,
    /// same events. To check the simulator with.
    pub sends_routine: bool,
}

impl Plan {
    /// Every member, as it is at first and as it is after each change.
    pub fn members_ever(&self) -> impl Iterator<Item = &MemberPlan> {
        let changed = self.events.iter().filter_map(|event| match &event.action {
            PlannedAction::Change { to, .. } => Some(&**to),
            _ => None,
        });
        self.members.iter().chain(changed)
    }
}

/// The broker's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerPlan {
    /// Which release it is.
    pub version: BrokerVersion,
    /// Its group settings.
    pub group: GroupConfig,
    /// How many brokers there are, numbered from 1; all are like this one. The group's coordinator is on the first.
    pub count: u16,
    /// After how long a silence a broker is given up (`broker.session.timeout.ms`).
    pub session_timeout: SimDuration,
    /// How often a broker is heard of (`broker.heartbeat.interval.ms`).
    pub heartbeat_interval: SimDuration,
}

impl BrokerPlan {
    /// Three brokers of this release, with Kafka's own defaults.
    pub fn new(version: BrokerVersion, group: GroupConfig) -> Self {
        let (session_timeout, heartbeat_interval) = (SimDuration::from_secs(9), SimDuration::from_secs(2));
        Self { version, group, count: 3, session_timeout, heartbeat_interval }
    }
}

/// A monitor that draws from what consumers report of themselves, as interceptors of Confluent's Control Center do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonitorPlan {
    /// How long after each other a consumer's reports leave (`confluent.monitoring.interceptor.publishMs`).
    pub report_every: SimDuration,
    /// How much time a bar of its chart is for: records count in the bar of their own timestamp.
    pub bar: SimDuration,
}

/// A topic at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPlan {
    /// Its name.
    pub name: TopicName,
    /// How many partitions it has; none: it comes later, by [`PlannedAction::AddPartitions`].
    pub partitions: i32,
    /// How many replicas each has, the leader included (`replication.factor`).
    pub replicas: u16,
}

/// One member: the process behind one name, across its restarts.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberPlan {
    /// Its name; also its `client.id`.
    pub name: String,
    /// Which client library it uses.
    pub client: ClientFamily,
    /// Its consumer's configuration.
    pub config: ClientConfig,
    /// How it takes a slot in ZooKeeper; none for a member of a group of Kafka's. Its client is librdkafka then.
    pub slots: Option<SlotSettings>,
    /// Topics it subscribes to, sorted by name.
    pub topics: Vec<TopicName>,
    /// The regular expression that it subscribes by, if it does: to those of its topics that there are at the time.
    pub pattern: Option<Arc<str>>,
    /// What its application does.
    pub application: ApplicationPlan,
}

/// How a member's application behaves. Distributions are in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationPlan {
    /// Time from the start of the process to its first `poll`.
    pub start_up: Distribution,
    /// And what all processes that start at the same moment need alike, because they share a machine; drawn once for
    /// each such moment.
    pub start_up_together: Distribution,
    /// What becomes of a SIGTERM.
    pub on_sigterm: OnSigterm,
    /// Who starts it again when it ends without having been told to; none: nobody.
    pub restarted: Option<RestartPolicy>,
    /// Time in `onPartitionsRevoked`, per call that revokes something.
    pub revoke_callback: Distribution,
    /// Time in `onPartitionsAssigned`, per call that adds something.
    pub assign_callback: Distribution,
    /// Time to process what one `poll` returned, whatever it was; zero: nothing is done for a batch as such.
    pub batch_processing: Distribution,
    /// Time to process a record. Its mean is what counts: a member works off records one after the other.
    pub record_processing: Distribution,
    /// What it commits by itself, besides what its consumer does.
    pub commits: ManualCommit,
}

impl ApplicationPlan {
    /// An application that polls as soon as its process has started, and is done at once with whatever it is given.
    pub const IDLE: Self = Self {
        start_up: Distribution::Fixed(0),
        start_up_together: Distribution::Fixed(0),
        on_sigterm: OnSigterm::Close,
        restarted: None,
        revoke_callback: Distribution::Fixed(0),
        assign_callback: Distribution::Fixed(0),
        batch_processing: Distribution::Fixed(0),
        record_processing: Distribution::Fixed(0),
        commits: ManualCommit::None,
    };
}

/// How an application commits by itself what it has processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ManualCommit {
    /// Not at all.
    #[default]
    None,
    /// After every batch; it waits for the answer (`commitSync`).
    Sync,
    /// After every batch; it does not wait (`commitAsync`).
    Async,
    /// With what it produces from the records, in transactions that follow each other.
    Transactions {
        /// From the beginning of one to its end.
        length: SimDuration,
    },
}

/// What becomes of a SIGTERM that is sent to a process, or to the wrapper around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnSigterm {
    /// A shutdown hook closes the consumer, then the process ends.
    Close,
    /// The process ends at once: it has no hook.
    Exit,
    /// Nothing: a wrapper does not pass it on, and the process works until it is killed.
    Nothing,
}

/// A scheduler outside that replaces processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Whether also processes are replaced that end with exit status 0.
    pub always: bool,
    /// How long after its end a process is started again.
    pub delay: SimDuration,
}

/// Something that shall happen at a given time.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedEvent {
    /// When.
    pub at: SimTime,
    /// What.
    pub action: PlannedAction,
}

/// What can be made to happen.
#[derive(Clone, Debug, PartialEq)]
pub enum PlannedAction {
    /// A process starts.
    Start {
        /// Whose.
        member: MemberIndex,
    },
    /// A process ends, one way or another.
    Stop {
        /// Whose.
        member: MemberIndex,
        /// How.
        stop: Stop,
    },
    /// The application stops polling for this long; heartbeats go on.
    Hang {
        /// Whose.
        member: MemberIndex,
        /// For how long.
        length: SimDuration,
    },
    /// A process ends and starts again `down` after the stop began.
    Restart {
        /// Whose.
        member: MemberIndex,
        /// How it ends.
        stop: Stop,
        /// Time from the beginning of the stop to the next start.
        down: SimDuration,
        /// Least time from the end of the old process to the start of the new one.
        start_after: SimDuration,
    },
    /// Members are restarted in order, several at a time.
    RollingRestart(RollingRestart),
    /// New processes take the place of old ones, under names of their own.
    Rollout(Rollout),
    /// From its next start on a member is this one: other configs, topics or application. Its name stays.
    Change {
        /// Who.
        member: MemberIndex,
        /// What it is from then on.
        to: Box<MemberPlan>,
    },
    /// Another broker becomes the group's coordinator.
    MoveCoordinator {
        /// How long it reads its partition before it answers.
        load: SimDuration,
    },
    /// A broker goes: it is shut down, having handed over what it led (`controlled.shutdown.enable`), or killed.
    StopBroker {
        /// Which one.
        broker: BrokerId,
        /// Whether it is shut down.
        is_clean: bool,
    },
    /// A broker comes back.
    StartBroker {
        /// Which one.
        broker: BrokerId,
    },
    /// The topic grows to `count` partitions; if it had none, it is created.
    AddPartitions {
        /// Which topic.
        topic: TopicName,
        /// How many partitions it has from then on.
        count: i32,
    },
    /// Nobody answers in ZooKeeper for this long.
    ZooKeeperOutage {
        /// For how long.
        length: SimDuration,
    },
    /// ZooKeeper's processes stand still: connections are kept, nothing is answered.
    ZooKeeperPause {
        /// For how long.
        length: SimDuration,
    },
    /// A member's connection to ZooKeeper is reset, and others are refused for a while.
    ZooKeeperReset {
        /// Which one.
        member: MemberIndex,
        /// For how long.
        length: SimDuration,
    },
    /// A member's process and ZooKeeper do not hear each other for this long.
    ZooKeeperCut {
        /// Whose.
        member: MemberIndex,
        /// For how long.
        length: SimDuration,
    },
    /// A member and the brokers do not hear each other for this long: all that they send is lost, and nobody is told.
    NetworkCut {
        /// Whose.
        member: MemberIndex,
        /// For how long.
        length: SimDuration,
    },
    /// What a member and the brokers send each other takes longer.
    NetworkSlow {
        /// Whose.
        member: MemberIndex,
        /// For how long.
        length: SimDuration,
        /// By how much, each way: nanoseconds, drawn for each message. Fetches take the mean.
        delay: Distribution,
    },
    /// An administrator describes the group; recorded in the time line.
    Describe,
}

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The consumer is closed (`KafkaConsumer.close`), then the process ends; killed if that takes longer than `grace`.
    Close {
        /// How long it may take.
        grace: SimDuration,
        /// What becomes of its membership.
        membership: GroupMembershipOperation,
    },
    /// It is sent SIGTERM, of which its application makes what it makes ([`OnSigterm`]); killed after `grace`.
    Signal {
        /// How long it may take.
        grace: SimDuration,
    },
    /// The process is gone at once.
    Kill,
}

/// A rolling update by replacement, as a Kubernetes Deployment makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// Who goes, in this order.
    pub old: Vec<MemberIndex>,
    /// Who comes, in this order; as many.
    pub new: Vec<MemberIndex>,
    /// `maxSurge`: how many more than those there may be, not counting who is being stopped.
    pub max_surge: usize,
    /// `maxUnavailable`: how many fewer than those may be ready. Not both are zero.
    pub max_unavailable: usize,
    /// When a new process counts as ready.
    pub ready: Readiness,
    /// How the old ones end.
    pub stop: Stop,
}

/// When a new process counts as ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// This long after its start, whatever it does.
    After(SimDuration),
    /// When it has an assignment.
    Assigned,
}

/// A rolling restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollingRestart {
    /// Who, in this order.
    pub members: Vec<MemberIndex>,
    /// How many at the same time; at least 1.
    pub at_once: usize,
    /// How each one ends.
    pub stop: Stop,
    /// Time from the beginning of the stop to the start of the new process (which then needs its start-up time), but
    /// never before the old process has ended.
    pub down: SimDuration,
    /// Least time from the end of the old process to the start of the new one.
    pub start_after: SimDuration,
    /// When the next ones follow.
    pub pace: Pace,
}

/// When the next step of a rolling restart follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// This long after the previous step began.
    Every(SimDuration),
    /// This long after all processes of the previous step have started again.
    AfterStart(SimDuration),
    /// This long after all members of the previous step have an assignment again.
    WhenReady {
        /// And this long after that.
        then: SimDuration,
    },
}
