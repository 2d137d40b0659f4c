//! Restarts as they happen: `redeploy:`.

use super::{events, people, word};
use crate::schema::{Default, Kafka, Key, Object, Shape, Word};

/// Who restarts the processes.
pub(crate) const WAYS: &[Word] = &[
    word("compose", "`docker compose restart`: all at once; SIGTERM, SIGKILL after 10 s, the same containers start"),
    word(
        "deployment",
        "a Kubernetes Deployment: new pods come, under new names, and old ones go, within maxSurge and maxUnavailable",
    ),
    word("stateful-set", "a Kubernetes StatefulSet: one after the other, the last one first, under the same names"),
    word(
        "systemd",
        "`systemctl restart` everywhere at once: SIGTERM goes to every process of the unit, whatever wraps it",
    ),
    word("sigkill", "SIGKILL to all at once, and whoever supervises them starts them again"),
];

/// `redeploy:`.
pub(crate) static REDEPLOY: Object = Object {
    name: "`redeploy`",
    doc: "Processes are replaced as the tools that run them do it. What becomes of a SIGTERM is said in `application`: `wrapper`, \
          `shutdown-hook`.",
    keys: &[
        Key {
            name: "by",
            shape: Shape::Word(WAYS),
            default: Default::Required("what restarts them? for example `by: compose`"),
            doc: "What restarts them.",
            otherwise: &["with", "how", "kind", "tool", "way"],
        },
        events::members(Default::Value("all")),
        Key {
            name: "grace",
            shape: Shape::Duration,
            default: Default::Depends("compose 10s, Kubernetes 30s, systemd 90s"),
            doc: "How long after SIGTERM comes SIGKILL.",
            otherwise: &["timeout", "terminationGracePeriodSeconds", "TimeoutStopSec"],
        },
        Key {
            name: "start-after",
            shape: Shape::Duration,
            default: Default::Depends("compose 0.5s, Kubernetes and sigkill 1s, systemd 100ms"),
            doc: "Time from the end of the old process to the start of the new one, which then takes its `start-up`.",
            otherwise: &["container-start", "RestartSec", "down"],
        },
        Key {
            name: "max-surge",
            shape: Shape::Count(0, people::MAX_MEMBERS),
            default: Default::Depends("a quarter of them, rounded up"),
            doc: "deployment: how many more than those there may be.",
            otherwise: &["maxSurge", "surge"],
        },
        Key {
            name: "max-unavailable",
            shape: Shape::Count(0, people::MAX_MEMBERS),
            default: Default::Depends("a quarter of them, rounded down"),
            doc: "deployment: how many fewer than those may be ready.",
            otherwise: &["maxUnavailable", "unavailable"],
        },
        Key {
            name: "ready-after",
            shape: Shape::Duration,
            default: Default::Depends("when it has an assignment"),
            doc: "Kubernetes: how long after its start a pod counts as ready, whatever it does.",
            otherwise: &["readiness", "ready", "initialDelaySeconds"],
        },
        events::WITH_CHANGE,
    ],
    kafka: Kafka::No,
    one_of: &[],
};
