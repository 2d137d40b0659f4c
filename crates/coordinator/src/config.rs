//! The broker's settings that a group coordinator obeys, under Kafka's names, with Kafka's defaults and bounds.
//!
//! Source: `GroupCoordinatorConfig`, 4.3.0. None of these can be changed while a broker runs. Left out: settings that
//! only say how the work is spread over threads or buffers (`group.coordinator.threads`, `offsets.load.buffer.size`,
//! the append linger, which is taken to be adaptive as by default), and bounds that only say which values are allowed.

use protocol::SimDuration;

use crate::consumer::ConsumerAssignors;

/// How long a member that has joined for the first time is kept while its JoinGroup waits: a constant in Kafka
/// (`CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS`), 5 minutes.
pub const NEW_MEMBER_JOIN_TIMEOUT: SimDuration = SimDuration::from_millis(300_000);

/// Which ways a group that has members may change its protocol (`ConsumerGroupMigrationPolicy`). One without members
/// always may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MigrationPolicy {
    /// Both.
    #[default]
    Bidirectional,
    /// From the classic to the consumer protocol.
    Upgrade,
    /// From the consumer to the classic protocol.
    Downgrade,
    /// None.
    Disabled,
}

impl MigrationPolicy {
    /// The policy with Kafka's name `name`, in any case.
    pub fn by_name(name: &str) -> Option<Self> {
        let all = [
            ("bidirectional", Self::Bidirectional),
            ("upgrade", Self::Upgrade),
            ("downgrade", Self::Downgrade),
            ("disabled", Self::Disabled),
        ];
        all.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, policy)| policy)
    }
}

/// Settings of one coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// `group.initial.rebalance.delay.ms`: how long a group that was empty waits for more members (KIP-134), ms.
    pub initial_rebalance_delay_ms: i32,
    /// `group.min.session.timeout.ms`: the shortest session timeout a member may ask for, ms.
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`: the longest session timeout a member may ask for, ms.
    pub max_session_timeout_ms: i32,
    /// `group.max.size`: the largest number of members.
    pub max_size: i32,
    /// `group.consumer.session.timeout.ms`: how long a member of a consumer group may be silent, ms.
    pub consumer_session_timeout_ms: i32,
    /// `group.consumer.heartbeat.interval.ms`: how often it is told to send a heartbeat, ms.
    pub consumer_heartbeat_interval_ms: i32,
    /// `group.consumer.assignment.interval.ms`: least time between two target assignments of a group (KIP-1263), ms.
    pub consumer_assignment_interval_ms: i32,
    /// `group.consumer.max.size`: the largest number of members of a consumer group.
    pub consumer_max_size: i32,
    /// `group.consumer.assignors`: the coordinator's assignors, the default one first.
    pub consumer_assignors: ConsumerAssignors,
    /// `group.consumer.migration.policy`: which ways a group that has members may change its protocol.
    pub consumer_migration_policy: MigrationPolicy,
    /// `group.consumer.regex.refresh.interval.ms`, internal to Kafka: after so long the topics of regular expressions
    /// are looked up again although no topic was created, ms.
    pub consumer_regex_refresh_interval_ms: i32,
    /// `offsets.commit.timeout.ms`: how long an answer waits for its record to be committed, ms.
    pub commit_timeout_ms: i32,
    /// `offsets.retention.minutes`: how long offsets of a group without members are kept, minutes.
    pub retention_minutes: i32,
    /// `offsets.retention.check.interval.ms`: time between two looks for expired offsets, ms.
    pub retention_check_interval_ms: i64,
    /// `offset.metadata.max.bytes`: the longest text that may go with an offset; Kafka compares UTF-16 units.
    pub metadata_max_bytes: i32,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self {
            initial_rebalance_delay_ms: 3_000,
            min_session_timeout_ms: 6_000,
            max_session_timeout_ms: 1_800_000,
            max_size: i32::MAX,
            consumer_session_timeout_ms: 45_000,
            consumer_heartbeat_interval_ms: 5_000,
            consumer_assignment_interval_ms: 1_000,
            consumer_max_size: i32::MAX,
            consumer_assignors: ConsumerAssignors::UniformAndRange,
            consumer_migration_policy: MigrationPolicy::Bidirectional,
            consumer_regex_refresh_interval_ms: 600_000,
            commit_timeout_ms: 5_000,
            retention_minutes: 7 * 24 * 60,
            retention_check_interval_ms: 600_000,
            metadata_max_bytes: 4_096,
        }
    }
}

/// One setting: its Kafka name, its bounds, and how to read and write it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Kafka's name of it.
    pub name: &'static str,
    /// The least value Kafka accepts.
    pub min: i64,
    /// The greatest value Kafka accepts.
    pub max: i64,
    /// Its value in a configuration.
    pub get: fn(&GroupConfig) -> i64,
    write: fn(&mut GroupConfig, i64),
}

const INT_MIN: i64 = i32::MIN as i64;
const INT_MAX: i64 = i32::MAX as i64;

macro_rules! setting {
    ($name:literal, $min:expr, $max:expr, $field:ident: $type:ty) => {
        Setting {
            name: $name,
            min: $min,
            max: $max,
            get: |config| i64::from(config.$field),
            write: |config, value| config.$field = <$type>::try_from(value).expect("a value within its bounds fits"),
        }
    };
}

/// Every setting of [`GroupConfig`].
pub const SETTINGS: &[Setting] = &[
    setting!("group.initial.rebalance.delay.ms", INT_MIN, INT_MAX, initial_rebalance_delay_ms: i32),
    setting!("group.min.session.timeout.ms", INT_MIN, INT_MAX, min_session_timeout_ms: i32),
    setting!("group.max.session.timeout.ms", INT_MIN, INT_MAX, max_session_timeout_ms: i32),
    setting!("group.max.size", 1, INT_MAX, max_size: i32),
    setting!("group.consumer.session.timeout.ms", 1, INT_MAX, consumer_session_timeout_ms: i32),
    setting!("group.consumer.heartbeat.interval.ms", 1, INT_MAX, consumer_heartbeat_interval_ms: i32),
    setting!("group.consumer.assignment.interval.ms", 0, INT_MAX, consumer_assignment_interval_ms: i32),
    setting!("group.consumer.max.size", 1, INT_MAX, consumer_max_size: i32),
    setting!("group.consumer.regex.refresh.interval.ms", 10_000, INT_MAX, consumer_regex_refresh_interval_ms: i32),
    setting!("offsets.commit.timeout.ms", 1, INT_MAX, commit_timeout_ms: i32),
    setting!("offsets.retention.minutes", 1, INT_MAX, retention_minutes: i32),
    setting!("offsets.retention.check.interval.ms", 1, i64::MAX, retention_check_interval_ms: i64),
    setting!("offset.metadata.max.bytes", INT_MIN, INT_MAX, metadata_max_bytes: i32),
];

/// Why a setting was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No setting of a coordinator has this name.
    #[error("the group coordinator has no such setting")]
    UnknownName,
    /// The value is outside the setting's bounds.
    #[error("{name} must lie between {min} and {max}")]
    OutOfBounds {
        /// The setting.
        name: &'static str,
        /// Its least value.
        min: i64,
        /// Its greatest value.
        max: i64,
    },
}

impl GroupConfig {
    /// Gives the setting with Kafka's name `name` the value `value`.
    ///
    /// # Errors
    /// There is no such setting, or the value is outside its bounds; then nothing has changed.
    pub fn set(&mut self, name: &str, value: i64) -> Result<(), ConfigError> {
        let setting = SETTINGS.iter().find(|setting| setting.name == name).ok_or(ConfigError::UnknownName)?;
        if value < setting.min || value > setting.max {
            return Err(ConfigError::OutOfBounds { name: setting.name, min: setting.min, max: setting.max });
        }
        (setting.write)(self, value);
        Ok(())
    }

    /// How long an answer waits for its record to be committed.
    pub(crate) fn commit_timeout(&self) -> SimDuration {
        SimDuration::from_config_millis(i64::from(self.commit_timeout_ms))
    }

    /// How long a member of a consumer group may be silent.
    pub(crate) fn consumer_session_timeout(&self) -> SimDuration {
        SimDuration::from_config_millis(i64::from(self.consumer_session_timeout_ms))
    }

    /// Time between two looks for expired offsets.
    pub(crate) fn retention_check_interval(&self) -> SimDuration {
        SimDuration::from_config_millis(self.retention_check_interval_ms)
    }

    /// How long offsets are kept, ms.
    pub(crate) fn retention_ms(&self) -> i64 {
        i64::from(self.retention_minutes) * 60_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_can_be_read_back_under_its_kafka_name() {
        for setting in SETTINGS {
            let mut config = GroupConfig::default();
            let value = setting.min.max(7);
            config.set(setting.name, value).unwrap();
            assert_eq!((setting.get)(&config), value, "{}", setting.name);
        }
    }

    #[test]
    fn bounds_are_kafkas_and_a_refused_value_changes_nothing() {
        let mut config = GroupConfig::default();
        let bounds = ConfigError::OutOfBounds { name: "group.max.size", min: 1, max: INT_MAX };
        assert_eq!(config.set("group.max.size", 0), Err(bounds));
        assert_eq!(config.set("group.size", 1), Err(ConfigError::UnknownName));
        assert_eq!(config, GroupConfig::default());
    }
}
