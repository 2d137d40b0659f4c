//! Recordings: what a group did, as JSON Lines in a file.
//!
//! The first line, the [`Head`], says what was to happen ([`Scenario`]) and which client was recorded. Every other line
//! is one event: `t` milliseconds since the start, `m` who, `e` what, and fields of its own.
//!
//! | `e` | `m` | fields | is |
//! |---|---|---|---|
//! | `start`, `closing`, `closed`, `killed`, `hang`, `hang_over` | member | | [`Event::Started`] … [`Event::HangOver`] |
//! | `cut_off`, `cut_over` | member | | [`Event::CutOff`], [`Event::CutOver`]; only the simulator says it |
//! | `error` | member | `what` | [`Event::Failed`] |
//! | `assigned`, `revoked`, `lost` | member | `p` partitions as `topic-number`, `gen`, `total` | [`Event::Assigned`] … |
//! | `c` | member | `b` start of the 100 ms bucket, `n` records, `sum` and `max` of their latency in ms | [`Event::ConsumedEarlier`] |
//! | `p` | lab | `s` second, `n` records | [`Event::Produced`] |
//! | `log` | broker | `what` | [`Event::BrokerLog`] |
//! | `rebalancing` | broker | `gen`, `what` | [`Event::Rebalancing`]; only the simulator says it apart from the log |
//! | `generation` | broker | `gen`, `members` | [`Event::Generation`]; only the simulator says it apart from the log |
//! | `group_epoch` | broker | `gen` | [`Event::GroupEpoch`]; only the simulator says it apart from the log |
//! | `partitions` | lab | `topic`, `count` | [`Event::PartitionsAdded`] |
//! | `describe` | lab | `state`, `members` | [`Event::Described`] |
//! | `end` | lab | `produced` records in all | a last [`Event::Produced`], if some were not told before |
//! | `epoch`, `stop`, `warn`, `revoke_done` | | | known, and nothing to us |
//!
//! Contract: one pass in bounded memory; whatever stands in a file, the answer is events, counted [`Warning`]s or a
//! [`RecordingError`] that names the line. Left out on purpose: files (readers and writers are given), and the
//! assignment in `describe` lines, which members' own callbacks say better.
//!
//! [`Event`]: crate::Event
//! [`Event::Started`]: crate::Event::Started
//! [`Event::HangOver`]: crate::Event::HangOver
//! [`Event::CutOff`]: crate::Event::CutOff
//! [`Event::CutOver`]: crate::Event::CutOver
//! [`Event::Failed`]: crate::Event::Failed
//! [`Event::Assigned`]: crate::Event::Assigned
//! [`Event::ConsumedEarlier`]: crate::Event::ConsumedEarlier
//! [`Event::Produced`]: crate::Event::Produced
//! [`Event::BrokerLog`]: crate::Event::BrokerLog
//! [`Event::Rebalancing`]: crate::Event::Rebalancing
//! [`Event::Generation`]: crate::Event::Generation
//! [`Event::GroupEpoch`]: crate::Event::GroupEpoch
//! [`Event::PartitionsAdded`]: crate::Event::PartitionsAdded
//! [`Event::Described`]: crate::Event::Described

mod error;
mod line;
mod millis;
mod read;
mod scenario;
mod write;

pub use error::{RecordingError, Warning, WarningKind};
pub use read::{MAX_LINE, Recording, Summary};
pub use scenario::{Action, ConfigValue, Head, Members, Producer, Scenario, TimedAction, Topic};
pub use write::RecordingWriter;
