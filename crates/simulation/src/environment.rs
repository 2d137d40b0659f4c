//! How long things take that nobody configures: network, broker, client threads.
//!
//! Contract: every duration is a named distribution in nanoseconds with a source; a scenario names a preset of
//! [`ENVIRONMENTS`] or spells out its own. Left out: what an application does (its callbacks, its processing, its
//! start-up), which is a member's own plan.

use std::num::NonZeroU32;
use std::sync::LazyLock;

use engine::{Distribution, Quantiles, Stream};
use protocol::{SimDuration, SimTime};

/// The durations of one environment, all in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// One message one way between a client and a broker, kernel and network threads included.
    pub one_way: Distribution,
    /// What a broker works on one request before the coordinator sees it, queueing included.
    pub request_handling: Distribution,
    /// From an append to a log with the usual number of replicas until the high watermark passes it: one replica is a
    /// write to the page cache, several are one fetch round of the followers.
    pub log_append: Distribution,
    /// How many replicas partitions usually have here.
    pub replicas: u16,
    /// From the arrival of a write at ZooKeeper until a quorum has it on disk.
    pub zookeeper_write: Distribution,
    /// Setting up one connection, beyond its round trips: sockets, threads, versions compared.
    pub connection: Distribution,
    /// From an answer at the client's socket until the thread that waits for it acts on it.
    pub client_wake_up: Distribution,
    /// How much later a Java application acts on an answer that it does not block for: the loop of `poll` comes back to
    /// it, and hands records over first if there are any. So it is with the commit before a rebalance.
    pub poll_turn: Distribution,
    /// The leader's assignor and the building of its plan, logging included.
    pub assignor: Distribution,
    /// How much later than `heartbeat.interval.ms` a member's heartbeats leave; drawn once a generation. franz-go's are
    /// late only where processors are shared, each by another length.
    pub heartbeat_slip: Distribution,
    /// Ending fetch sessions and closing sockets when a consumer is closed.
    pub close_connections: Distribution,
    /// From the creation of a consumer object until its application polls (class loading, thread start).
    pub client_start: Distribution,
    /// From an administrator's request (more partitions, say) until clients can see what came of it.
    pub admin_call: Distribution,
    /// What the first consumers of all wait for in addition if they need a runtime (a virtual machine): it starts as
    /// well. Drawn once a run, for all that start in the [`COLD_PHASE`] together.
    pub cold_start: Distribution,
    /// What a request that is neither a heartbeat nor a commit takes in addition during the [`COLD_PHASE`]: every path
    /// is taken for the first time. Where a runtime starts as well, that counts for requests to the coordinator alone:
    /// `cold_start` has what comes before. Timers of the coordinator, too: in recordings a first rebalance without
    /// delay takes 0 to 76 ms (median 14) until its generation is complete. Answers, too, where processors are shared
    /// and a runtime starts as well.
    pub cold_request: Distribution,
    /// How many processors the brokers and all clients share; none: each has as many as it has work for. The work below
    /// waits for its turn where they are shared, and takes no time where they are not.
    pub processors: Option<NonZeroU32>,
    /// What a processor works at a request, or at a new connection, on the broker's side.
    pub request_work: Distribution,
    /// What a processor works at an answer on the client's side, callbacks and the next request included.
    pub answer_work: Distribution,
    /// What a processor works at the start of a consumer.
    pub start_work: Distribution,
    /// What processors work at a record: written, fetched and handed over, counted when it is written. It keeps others
    /// waiting; that records wait for it themselves is left out.
    pub record_work: Distribution,
    /// What a processor works in addition at each beat of a Java member under the classic protocol. Its heartbeat
    /// thread and its application's take turns at one client, and from the moment a beat is due until it has left, the
    /// application's polls without waiting: `ClassicKafkaConsumer.pollForFetches` waits until the next beat is due.
    pub beat_work: Distribution,
    /// What a processor works in addition at each of these at first, as code is run for the first times; the more work
    /// has been done, the less. Drawn once a run: recorded starts differ more from run to run than between members.
    pub cold_work: Distribution,
}

/// How long brokers and clients that were started for the occasion are cold: in recordings of groups whose broker
/// starts with them, a JoinGroup that follows another takes 19 ms in the first seconds and 2 ms later (medians, Java;
/// 27 and 3 with librdkafka, 17 and 3 with franz-go).
pub const COLD_PHASE: SimDuration = SimDuration::from_secs(3);

/// Whether everything is cold at `now`.
pub(crate) fn is_cold(now: SimTime) -> bool {
    now < SimTime::ZERO + COLD_PHASE
}

/// How long a record of a partition with so many replicas takes from the append until readers can see it.
///
/// Several where there are usually several, or one where there is usually one: what an append takes here. One where
/// there are usually several: nothing, as a write to the page cache is part of handling the request. Several where
/// there is usually one: the append, and the followers' fetch, which is answered, appended (too short to count) and
/// followed by the next one, which tells the leader (`Partition.maybeIncrementLeaderHW`).
pub(crate) fn until_visible(environment: &Environment, replicas: u16, stream: &mut Stream) -> SimDuration {
    let mut part = |length: &Distribution| SimDuration::from_nanos(length.sample(stream));
    match (environment.replicas > 1, replicas > 1) {
        (true, true) | (false, false) => part(&environment.log_append),
        (true, false) => SimDuration::ZERO,
        (false, true) => {
            let parts = [&environment.log_append, &environment.one_way, &environment.one_way];
            let on_the_way: SimDuration = parts.into_iter().map(&mut part).sum();
            on_the_way + part(&environment.request_handling)
        }
    }
}

/// The same on average.
pub(crate) fn mean_until_visible(environment: &Environment, replicas: u16) -> SimDuration {
    let fetch = environment.one_way.mean() * 2 + environment.request_handling.mean();
    SimDuration::from_nanos(match (environment.replicas > 1, replicas > 1) {
        (true, true) | (false, false) => environment.log_append.mean(),
        (true, false) => 0,
        (false, true) => environment.log_append.mean() + fetch,
    })
}

/// A named environment.
pub struct Preset {
    /// Its name in a scenario.
    pub name: &'static str,
    /// What it stands for and where its figures come from.
    pub source: &'static str,
    /// Its tables are made once, and shared by whoever takes them.
    made: LazyLock<Environment>,
}

impl Preset {
    /// Its durations.
    pub fn environment(&self) -> Environment {
        self.made.clone()
    }
}

/// The environments that a scenario can name; the first is the default.
pub static ENVIRONMENTS: [Preset; 3] = [
    Preset {
        name: "datacenter",
        source: "brokers and clients in one zone: round trips of about half a millisecond, three replicas",
        made: LazyLock::new(datacenter),
    },
    Preset {
        name: "cross-zone",
        source: "brokers and clients spread over zones of one region: round trips of one to two milliseconds, three replicas",
        made: LazyLock::new(cross_zone),
    },
    Preset {
        name: "loopback",
        source: "one broker and all clients on one machine of two cores, as in recordings of real groups: the network is \
                 free, every thread waits for a core; one replica",
        made: LazyLock::new(loopback),
    },
];

/// The preset with this name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    ENVIRONMENTS.iter().find(|preset| preset.name == name)
}

impl Default for Environment {
    fn default() -> Self {
        ENVIRONMENTS[0].environment()
    }
}

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;

/// A skewed distribution by least, median and 99th percentile, in nanoseconds.
fn skewed(least: u64, median: u64, p99: u64) -> Distribution {
    Distribution::Quantiles(Quantiles::skewed(least, median, p99).expect("presets are in ascending order"))
}

fn datacenter() -> Environment {
    Environment {
        one_way: skewed(100 * MICRO, 250 * MICRO, 2 * MILLI),
        request_handling: skewed(50 * MICRO, 200 * MICRO, 3 * MILLI),
        log_append: skewed(MILLI, 3 * MILLI, 20 * MILLI),
        replicas: 3,
        zookeeper_write: skewed(2 * MILLI, 4 * MILLI, 25 * MILLI),
        connection: Distribution::Fixed(0),
        client_wake_up: skewed(20 * MICRO, 100 * MICRO, 2 * MILLI),
        poll_turn: Distribution::Fixed(0),
        assignor: skewed(MILLI, 4 * MILLI, 30 * MILLI),
        heartbeat_slip: skewed(MILLI, 5 * MILLI, 40 * MILLI),
        close_connections: skewed(2 * MILLI, 10 * MILLI, 100 * MILLI),
        client_start: skewed(30 * MILLI, 80 * MILLI, 300 * MILLI),
        admin_call: skewed(20 * MILLI, 50 * MILLI, 300 * MILLI),
        // Brokers have been up for long; processes bring their own start-up time.
        cold_start: Distribution::Fixed(0),
        cold_request: Distribution::Fixed(0),
        // Every broker and every client has a machine of its own.
        processors: None,
        request_work: Distribution::Fixed(0),
        answer_work: Distribution::Fixed(0),
        start_work: Distribution::Fixed(0),
        record_work: Distribution::Fixed(0),
        beat_work: Distribution::Fixed(0),
        cold_work: Distribution::Fixed(0),
    }
}

fn cross_zone() -> Environment {
    Environment {
        one_way: skewed(300 * MICRO, 700 * MICRO, 4 * MILLI),
        log_append: skewed(2 * MILLI, 5 * MILLI, 30 * MILLI),
        zookeeper_write: skewed(3 * MILLI, 6 * MILLI, 35 * MILLI),
        ..datacenter()
    }
}

/// Read off recordings on a machine of two cores. A hundred Java members rejoin and have their callbacks called within
/// 42 ms of the new generation, ten within 15 (medians): that is `request-work` and `answer-work`, for which everybody
/// waits; how long a message takes beside that is what is left of the 2 ms from one JoinGroup to the next. Three
/// members that start together have their first generation after 63 ms (franz-go; librdkafka 111, Java 133), ten after
/// 109 (126, 152) and all in one generation after 157: that is `cold-work`. Records that a hundred Java members read in
/// bursts of a thousand are 33 to 46 ms old on average, those that ten read in bursts of forty 5: 36 and 1.5 more than
/// on free cores, half of what two cores need for a burst: that is `record-work`. (Thirty members of a real group that
/// read 6,000 records a second took 0.75 s of processor time a second.) `beat-work` was measured at real groups of a
/// hundred, from what other intervals between beats changed: a beat took 0.9 ms of processor time in one and 2.4 ms in
/// another; here is the lower one, less what a request and its answer take.
fn loopback() -> Environment {
    Environment {
        one_way: skewed(50 * MICRO, 150 * MICRO, MILLI),
        request_handling: skewed(50 * MICRO, 300 * MICRO, 4 * MILLI),
        log_append: skewed(400 * MICRO, 2 * MILLI, 12 * MILLI),
        replicas: 1,
        zookeeper_write: skewed(500 * MICRO, 2 * MILLI, 20 * MILLI),
        connection: skewed(MILLI, 3 * MILLI, 20 * MILLI),
        client_wake_up: skewed(50 * MICRO, 300 * MICRO, 6 * MILLI),
        poll_turn: skewed(200 * MICRO, 5 * MILLI, 20 * MILLI),
        assignor: skewed(2 * MILLI, 5 * MILLI, 40 * MILLI),
        heartbeat_slip: skewed(MILLI, 3 * MILLI, 20 * MILLI),
        close_connections: skewed(4 * MILLI, 15 * MILLI, 100 * MILLI),
        client_start: skewed(3 * MILLI, 7 * MILLI, 40 * MILLI),
        admin_call: skewed(50 * MILLI, 80 * MILLI, 175 * MILLI),
        cold_start: skewed(10 * MILLI, 40 * MILLI, 200 * MILLI),
        cold_request: skewed(MILLI, 5 * MILLI, 30 * MILLI),
        processors: NonZeroU32::new(2),
        request_work: Distribution::Fixed(100 * MICRO),
        answer_work: Distribution::Fixed(300 * MICRO),
        start_work: Distribution::Fixed(5 * MILLI),
        record_work: Distribution::Fixed(130 * MICRO),
        beat_work: Distribution::Fixed(500 * MICRO),
        cold_work: skewed(MILLI, 2_200 * MICRO, 10 * MILLI),
    }
}
