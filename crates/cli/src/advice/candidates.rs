//! What could be changed about a variant, given what stands out in its story.
//!
//! Contract: a candidate follows from the plan and the story; whether it helps is found out by running it. What it
//! costs besides, and no run of this scenario may show, is said in words that follow from the settings alone.

use assignor::ClientAssignorKind;
use coordinator::BrokerVersion;
use protocol::{SimDuration, SimTime};
use simulation::Plan;
use simulation::plan::{GroupProtocol, MemberPlan, Pace, PlannedAction, PlannedEvent, RollingRestart};
use timeline::story::{Cause, Part, Pattern, Story};

/// Values that people write for timeouts, in seconds.
const ROUND: [u64; 12] = [10, 15, 30, 45, 60, 90, 120, 180, 300, 600, 1_200, 1_800];
/// What a session is shortened to where kills are found late: the default before Kafka 3.0.
const SHORT_SESSION: SimDuration = SimDuration::from_secs(10);
/// What the longest poll interval is shortened to where a member that does not poll holds up the others.
const SHORT_POLL_INTERVAL: SimDuration = SimDuration::from_secs(60);
/// What heartbeats are hastened to where most time goes into noticing.
const FAST_HEARTBEATS: SimDuration = SimDuration::from_secs(1);
/// `group.initial.rebalance.delay.ms` of a broker that was left alone.
const INITIAL_DELAY_MS: i32 = 3_000;

/// Something to change.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// What, in a few words.
    pub(super) what: String,
    /// How.
    pub(super) way: Way,
    /// What it costs besides.
    pub(super) costs: Vec<String>,
}

/// How to change it.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// By laying this over the scenario.
    Overlay(String),
    /// By running this instead.
    Edit(Box<Plan>),
}

/// What is known of a variant.
struct Known<'a> {
    plan: &'a Plan,
    story: &'a Story,
    patterns: &'a [Pattern],
    is_classic: bool,
    is_static: bool,
    is_eager: bool,
    session: SimDuration,
}

/// All that is worth a try.
pub(super) fn candidates(plan: &Plan, story: &Story, patterns: &[Pattern]) -> Vec<Candidate> {
    let Some(first) = plan.members.first() else { return Vec::new() };
    if plan.members.iter().any(|member| member.slots.is_some()) {
        return Vec::new();
    }
    let all = |test: fn(&MemberPlan) -> bool| plan.members.iter().all(test);
    let is_classic = all(|member| member.config.group_protocol == GroupProtocol::Classic);
    let session = plan.members.iter().map(|member| member.config.session_timeout).max();
    let is_cooperative = |member: &MemberPlan| {
        member.config.assignors.iter().all(|assignor| *assignor == ClientAssignorKind::CooperativeSticky)
    };
    let known = Known {
        plan,
        story,
        patterns,
        is_classic,
        is_static: all(|member| member.config.is_static()),
        is_eager: is_classic && !all(is_cooperative),
        session: session.unwrap_or(first.config.session_timeout),
    };
    let tries: [fn(&Known<'_>) -> Option<Candidate>; 10] = [
        static_members,
        longer_session,
        cooperative,
        consumer_protocol,
        static_consumer_protocol,
        shorter_session,
        longer_poll_interval,
        shorter_poll_interval,
        faster_heartbeats,
        initial_delay,
    ];
    tries.iter().filter_map(|attempt| attempt(&known)).chain(one_at_a_time(&known)).collect()
}

impl Known<'_> {
    /// How long members were away that came back, if any did.
    fn absence(&self) -> Option<SimDuration> {
        self.patterns.iter().find_map(|pattern| match pattern {
            Pattern::CameBack { longest, .. } => Some(*longest),
            _ => None,
        })
    }

    fn rebalances(&self) -> usize {
        self.story.rebalances.iter().filter(|one| one.began >= self.story.from).count()
    }

    fn has(&self, cause: Cause) -> bool {
        self.story.rebalances.iter().any(|one| one.began >= self.story.from && one.cause == cause)
    }

    /// Whether new processes come under new names: a name of one's own is of no use then.
    fn renames(&self) -> bool {
        self.plan.events.iter().any(|event| matches!(event.action, PlannedAction::Rollout(_)))
    }

    fn poll_interval(&self) -> SimDuration {
        let intervals = self.plan.members.iter().map(|member| member.config.max_poll_interval);
        intervals.max().unwrap_or_default()
    }
}

/// A timeout that leaves a fifth to spare, as people write it.
fn round(length: SimDuration) -> SimDuration {
    let least = length + length / 5;
    let round = ROUND.iter().map(|seconds| SimDuration::from_secs(*seconds)).find(|round| *round >= least);
    round.unwrap_or(SimDuration::from_secs(ROUND[ROUND.len() - 1]))
}

fn seconds(length: SimDuration) -> String {
    format!("{} s", length.as_millis() / 1_000)
}

fn members(settings: &[(&str, String)]) -> Way {
    let lines: String = settings.iter().map(|(key, value)| format!("  {key}: {value}\n")).collect();
    Way::Overlay(format!("members:\n{lines}"))
}

const OWN_NAME: (&str, &str) = ("group.instance.id", "\"{name}\"");

fn own_name() -> (&'static str, String) {
    (OWN_NAME.0, OWN_NAME.1.to_owned())
}

fn longer_detection(before: SimDuration, after: SimDuration) -> Vec<String> {
    let words = format!(
        "A member that is killed and does not come back is missed only after {} instead of {}.",
        seconds(after),
        seconds(before)
    );
    if after > before { vec![words] } else { Vec::new() }
}

const STABLE_NAMES: &str = "Each member needs a name of its own that stays the same across restarts, and no two alike.";

fn static_members(known: &Known<'_>) -> Option<Candidate> {
    let absence = known.absence().filter(|_| known.is_classic && !known.is_static && !known.renames())?;
    let session = round(absence).max(known.session);
    let mut costs = vec![STABLE_NAMES.to_owned()];
    costs.extend(longer_detection(known.session, session));
    Some(Candidate {
        what: format!("static members (group.instance.id) with session.timeout.ms {}", session.as_millis()),
        way: members(&[own_name(), ("session.timeout.ms", session.as_millis().to_string())]),
        costs,
    })
}

fn longer_session(known: &Known<'_>) -> Option<Candidate> {
    let absence = known.absence().filter(|_| known.is_classic && known.is_static && known.has(Cause::Expired))?;
    let session = Some(round(absence)).filter(|session| *session > known.session)?;
    Some(Candidate {
        what: format!("session.timeout.ms {}, longer than a restart takes", session.as_millis()),
        way: members(&[("session.timeout.ms", session.as_millis().to_string())]),
        costs: longer_detection(known.session, session),
    })
}

fn cooperative(known: &Known<'_>) -> Option<Candidate> {
    (known.is_eager && known.rebalances() > 0).then(|| Candidate {
        what: "the cooperative-sticky assignor".to_owned(),
        way: members(&[("partition.assignment.strategy", "cooperative-sticky".to_owned())]),
        costs: vec![
            "The change itself takes two rolling restarts with Java's consumer, and a full stop with librdkafka."
                .to_owned(),
        ],
    })
}

/// What members are told of the consumer protocol. The broker sets its timers; `null` takes a setting back.
fn modern() -> Vec<(&'static str, String)> {
    let null = || "null".to_owned();
    vec![
        ("group.protocol", "consumer".to_owned()),
        ("session.timeout.ms", null()),
        ("heartbeat.interval.ms", null()),
        ("partition.assignment.strategy", null()),
    ]
}

const BROKERS_TIMERS: &str = "The broker sets session timeouts and heartbeats then (group.consumer.*), not the client.";

fn consumer_protocol(known: &Known<'_>) -> Option<Candidate> {
    let may = known.is_classic && known.plan.broker.version >= BrokerVersion::V4_0 && known.rebalances() > 0;
    may.then(|| Candidate {
        what: "the consumer protocol (group.protocol consumer)".to_owned(),
        way: members(&modern()),
        costs: vec![BROKERS_TIMERS.to_owned()],
    })
}

fn static_consumer_protocol(known: &Known<'_>) -> Option<Candidate> {
    let may = known.plan.broker.version >= BrokerVersion::V4_0 && !known.is_static && !known.renames();
    known.absence().filter(|_| may)?;
    let (what, mut settings, mut costs) = if known.is_classic {
        ("the consumer protocol with static members", modern(), vec![BROKERS_TIMERS.to_owned()])
    } else {
        ("static members (group.instance.id)", Vec::new(), Vec::new())
    };
    settings.push(own_name());
    costs.push(STABLE_NAMES.to_owned());
    Some(Candidate { what: what.to_owned(), way: members(&settings), costs })
}

fn shorter_session(known: &Known<'_>) -> Option<Candidate> {
    let late = known.patterns.iter().any(|pattern| matches!(pattern, Pattern::FoundLate { .. }));
    let may = late && known.is_classic && known.has(Cause::Expired) && known.session > SHORT_SESSION;
    may.then(|| Candidate {
        what: format!("session.timeout.ms {}", SHORT_SESSION.as_millis()),
        way: members(&[
            ("session.timeout.ms", SHORT_SESSION.as_millis().to_string()),
            ("heartbeat.interval.ms", "3000".to_owned()),
        ]),
        costs: vec![format!(
            "A member that is silent for {} is given up, by a long collection of garbage for example (before: {}).",
            seconds(SHORT_SESSION),
            seconds(known.session)
        )],
    })
}

fn longer_poll_interval(known: &Known<'_>) -> Option<Candidate> {
    let away = known.patterns.iter().find_map(|pattern| match pattern {
        Pattern::PollLoop { away: longest, .. } | Pattern::Removed { longest, .. } => Some(*longest),
        _ => None,
    })?;
    let (before, after) = (known.poll_interval(), round(away.max(known.poll_interval())));
    (after > before).then(|| Candidate {
        what: format!("max.poll.interval.ms {}", after.as_millis()),
        way: members(&[("max.poll.interval.ms", after.as_millis().to_string())]),
        costs: vec![format!(
            "A member that hangs keeps its partitions, or holds up a rebalance, for up to {} instead of {}.",
            seconds(after),
            seconds(before)
        )],
    })
}

fn shorter_poll_interval(known: &Known<'_>) -> Option<Candidate> {
    let held_up = |one: &&timeline::story::Rebalance| {
        one.split.part(Part::Drain) > SHORT_POLL_INTERVAL || one.split.part(Part::Join) > SHORT_POLL_INTERVAL
    };
    let before = known.poll_interval();
    let late = known.has(Cause::PollTimeout) || known.has(Cause::Overdue);
    let may = before > SHORT_POLL_INTERVAL && (late || known.story.rebalances.iter().any(|one| held_up(&one)));
    may.then(|| Candidate {
        what: format!("max.poll.interval.ms {}", SHORT_POLL_INTERVAL.as_millis()),
        way: members(&[("max.poll.interval.ms", SHORT_POLL_INTERVAL.as_millis().to_string())]),
        costs: vec![format!(
            "A batch, or a callback, that takes longer than {} makes its member leave (before: {}).",
            seconds(SHORT_POLL_INTERVAL),
            seconds(before)
        )],
    })
}

fn faster_heartbeats(known: &Known<'_>) -> Option<Candidate> {
    let is_slow = known.patterns.iter().any(|pattern| matches!(pattern, Pattern::MostlyIn { part: Part::Notice, .. }));
    let beats = known.plan.members.iter().map(|member| member.config.heartbeat_interval).max()?;
    (is_slow && known.is_classic && beats > FAST_HEARTBEATS).then(|| Candidate {
        what: format!("heartbeat.interval.ms {}", FAST_HEARTBEATS.as_millis()),
        way: members(&[("heartbeat.interval.ms", FAST_HEARTBEATS.as_millis().to_string())]),
        costs: vec![format!("{} times as many heartbeats.", beats.as_nanos().div_ceil(FAST_HEARTBEATS.as_nanos()))],
    })
}

fn initial_delay(known: &Known<'_>) -> Option<Candidate> {
    let is_empty_often =
        known.has(Cause::Joined) && known.plan.broker.group.initial_rebalance_delay_ms < INITIAL_DELAY_MS;
    (is_empty_often && known.is_classic).then(|| Candidate {
        what: format!("group.initial.rebalance.delay.ms {INITIAL_DELAY_MS} at the broker"),
        way: Way::Overlay(format!("broker:\n  group.initial.rebalance.delay.ms: {INITIAL_DELAY_MS}\n")),
        costs: vec![format!("A group that was empty waits {} ms for more members before it begins.", INITIAL_DELAY_MS)],
    })
}

/// Restarts of several members at the same time, made one after the other. The run goes on longer for it.
fn one_at_a_time(known: &Known<'_>) -> Option<Candidate> {
    let mut plan = known.plan.clone();
    let together =
        |event: &PlannedEvent, at: SimTime| event.at == at && matches!(event.action, PlannedAction::Restart { .. });
    let restarts = known.plan.events.iter().filter(|event| matches!(event.action, PlannedAction::Restart { .. }));
    let at = restarts
        .clone()
        .map(|event| event.at)
        .find(|at| restarts.clone().filter(|event| event.at == *at).count() > 1)?;
    let mut all = Vec::new();
    for event in known.plan.events.iter().filter(|event| together(event, at)) {
        if let PlannedAction::Restart { member, stop, down, start_after } = &event.action {
            all.push((*member, *stop, *down, *start_after));
        }
    }
    let (_, stop, down, start_after) = *all.first()?;
    let members: Vec<_> = all.iter().map(|(member, ..)| *member).collect();
    let longer = (down + SimDuration::from_secs(60)) * members.len() as u64;
    let place = plan.events.iter().position(|event| together(event, at))?;
    plan.events.retain(|event| !together(event, at));
    for event in &mut plan.events[place..] {
        event.at += longer;
    }
    let pace = Pace::WhenReady { then: SimDuration::ZERO };
    let rolling = RollingRestart { members, at_once: 1, stop, down, start_after, pace };
    plan.events.insert(place, PlannedEvent { at, action: PlannedAction::RollingRestart(rolling) });
    plan.end += longer;
    Some(Candidate {
        what: format!("restart the {} members one after the other, each when the one before it is ready", all.len()),
        way: Way::Edit(Box::new(plan)),
        costs: vec!["The restart as a whole takes longer.".to_owned()],
    })
}
