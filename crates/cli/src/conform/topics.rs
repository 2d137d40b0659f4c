//! The parts of a recorded sequence that only the consumer protocol has: topics with ids, heartbeats, settings that are
//! no numbers.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use coordinator::config::MigrationPolicy;
use coordinator::consumer::ConsumerAssignors;
use coordinator::{GroupConfig, MetadataImage, TopicImage};
use protocol::message::{ConsumerGroupHeartbeatRequest, TopicPartitions};
use protocol::{ClientHost, ClientId, GroupId, InstanceId, MemberEpoch, MemberId, PartitionIndex, TopicId, TopicName};
use serde_json::{Map, Value, json};

use super::case::{array, entries, integer, number, object, text};

/// Topics by their labels: a label is the topic's name, with `#2` behind it for the second topic of that name.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    ids: BTreeMap<String, TopicId>,
    labels: BTreeMap<TopicId, String>,
}

impl Labels {
    /// All topics of a sequence.
    ///
    /// # Errors
    /// A topic has no id.
    pub fn read(value: &Value) -> Result<Self> {
        let mut labels = Self::default();
        for (label, topic) in value.as_object().into_iter().flatten() {
            let id = text(&topic["id"])?;
            let id = TopicId::parse(id).ok_or_else(|| anyhow!("{id} is not the id of a topic"))?;
            labels.ids.insert(label.clone(), id);
            labels.labels.insert(id, label.clone());
        }
        Ok(labels)
    }

    /// The topics that exist at first.
    ///
    /// # Errors
    /// A number of partitions is not one.
    pub fn first_image(&self, value: &Value) -> Result<MetadataImage> {
        let mut image = MetadataImage::new();
        for (label, topic) in value.as_object().into_iter().flatten() {
            if !topic["partitions"].is_null() {
                self.put(&mut image, label, &topic["partitions"])?;
            }
        }
        Ok(image)
    }

    /// Applies an event to the topics.
    ///
    /// # Errors
    /// The event is not as it should be.
    pub fn change(&self, image: &mut MetadataImage, event: &Value) -> Result<()> {
        let deleted: Vec<TopicName> =
            entries(&event["delete"]).map(|label| Ok(name(text(label)?))).collect::<Result<_>>()?;
        *image = image
            .iter()
            .filter(|(name, _)| !deleted.contains(name))
            .map(|(name, topic)| (name.clone(), topic.clone()))
            .collect();
        for (label, partitions) in event["set"].as_object().into_iter().flatten() {
            self.put(image, label, partitions)?;
        }
        Ok(())
    }

    fn put(&self, image: &mut MetadataImage, label: &str, partitions: &Value) -> Result<()> {
        let topic = TopicImage { id: self.id(label), partitions: integer(partitions, 0)?, initialized: None };
        image.insert(name(label), topic);
        Ok(())
    }

    fn id(&self, label: &str) -> TopicId {
        self.ids.get(label).copied().unwrap_or_default()
    }

    /// Partitions by topic, as answers are recorded.
    pub fn partitions(&self, partitions: impl Iterator<Item = (TopicId, i32)>) -> Value {
        let mut by_topic: BTreeMap<String, Vec<i32>> = BTreeMap::new();
        for (topic, partition) in partitions {
            let label = self.labels.get(&topic).cloned().unwrap_or_else(|| topic.to_string());
            by_topic.entry(label).or_default().push(partition);
        }
        let fields = by_topic.into_iter().map(|(label, mut partitions)| {
            partitions.sort_unstable();
            (label, json!(partitions))
        });
        Value::Object(fields.collect::<Map<_, _>>())
    }
}

fn name(label: &str) -> TopicName {
    TopicName::new(label.split('#').next().unwrap_or(label))
}

/// Reads a heartbeat.
///
/// # Errors
/// The step is not a heartbeat.
pub fn heartbeat(
    step: &Value,
    group: GroupId,
    member_id: MemberId,
    instance_id: Option<InstanceId>,
    topics: &Labels,
) -> Result<ConsumerGroupHeartbeatRequest> {
    let names = step["topics"].as_array();
    let names = names.map(|names| names.iter().map(|name| Ok(TopicName::new(text(name)?))).collect::<Result<_>>());
    let owned = step["owned"].as_object().map(|owned| {
        owned
            .iter()
            .map(|(label, numbers)| {
                let numbers = array(numbers)?.iter().map(|number| Ok(PartitionIndex(integer(number, 0)?)));
                Ok(TopicPartitions { topic_id: topics.id(label), partitions: numbers.collect::<Result<_>>()? })
            })
            .collect::<Result<_>>()
    });
    Ok(ConsumerGroupHeartbeatRequest {
        version: integer(&step["v"], 1)?,
        group,
        client_id: ClientId::new(step["client"].as_str().unwrap_or("")),
        client_host: ClientHost::new("/127.0.0.1"),
        member_id,
        member_epoch: MemberEpoch(integer(&step["epoch"], 0)?),
        instance_id,
        rack_id: step["rack"].as_str().map(Into::into),
        rebalance_timeout_ms: integer(&step["rebalance"], -1)?,
        subscribed_topic_names: names.transpose()?,
        subscribed_topic_regex: step["regex"].as_str().map(Into::into),
        server_assignor: step["assignor"].as_str().map(Into::into),
        topic_partitions: owned.transpose()?,
    })
}

/// The settings of a sequence: the broker's, and how long the world takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// The broker's.
    pub config: GroupConfig,
    /// Time from an append to its commit, ms.
    pub append_delay_ms: u64,
    /// Time that a lookup of regular expressions takes, ms.
    pub regex_delay_ms: u64,
}

/// Bounds that a broker checks when it starts; they change nothing afterwards.
const BOUNDS: [&str; 4] = [
    "group.consumer.min.session.timeout.ms",
    "group.consumer.max.session.timeout.ms",
    "group.consumer.min.heartbeat.interval.ms",
    "group.consumer.max.heartbeat.interval.ms",
];

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// A setting is unknown or out of its bounds.
    pub fn read(value: &Value) -> Result<Self> {
        let mut settings = Self::default();
        for (name, value) in object(value)? {
            let number = || number(value).with_context(|| name.clone());
            match name.as_str() {
                "append_delay_ms" => settings.append_delay_ms = number()?,
                "regex_delay_ms" => settings.regex_delay_ms = number()?,
                "group.consumer.assignors" => {
                    let list = text(value)?;
                    let assignors = ConsumerAssignors::parse(list);
                    settings.config.consumer_assignors = assignors.ok_or_else(|| anyhow!("{list}: unknown"))?;
                }
                "group.consumer.migration.policy" => {
                    let name = text(value)?;
                    let policy = MigrationPolicy::by_name(name);
                    settings.config.consumer_migration_policy = policy.ok_or_else(|| anyhow!("{name}: unknown"))?;
                }
                "group.consumer.regex.refresh.interval.ms" => {
                    settings.config.consumer_regex_refresh_interval_ms = integer(value, 0)?;
                }
                name if BOUNDS.contains(&name) => {}
                name => settings.config.set(name, integer(value, 0)?).with_context(|| name.to_owned())?,
            }
        }
        Ok(settings)
    }
}
