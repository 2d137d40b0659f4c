//! Names and numbers, each in a type of its own, so that no two of them can be mixed up.
//!
//! Names that a scenario gives (groups, topics, racks, and those of members: instances, clients, hosts) are the same in
//! all of its runs, and are in every message: they are kept for good ([`Kept`]), so that a clone touches no counter and
//! equal ones are recognised by their address. Ids of members, of which every run makes new ones, share their text
//! ([`Arc`]). Ordering is by bytes.

use alloc::string::String;
use alloc::sync::Arc;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

use crate::java;
use crate::kept::Kept;
use crate::text::Text;

/// How a name keeps its text.
trait Storage: Deref<Target = str> {
    /// Whether both read the same.
    fn is(&self, other: &Self) -> bool;

    /// Java's hash code of it.
    fn java_hash(&self) -> i32 {
        java::string_hash(self)
    }
}

impl Storage for Kept {
    fn is(&self, other: &Self) -> bool {
        self == other
    }
}

impl Storage for Arc<str> {
    fn is(&self, other: &Self) -> bool {
        Self::ptr_eq(self, other) || **self == **other
    }
}

impl Storage for Text {
    fn is(&self, other: &Self) -> bool {
        core::ptr::eq::<str>(&**self, &**other) || self == other
    }
}

/// The text of a name that is looked up in Java's tables all the time: its hash code is kept with it.
#[derive(Clone)]
struct Hashed<T> {
    text: T,
    java_hash: i32,
}

impl<T: Deref<Target = str>> Deref for Hashed<T> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

impl<T: for<'a> From<&'a str>> From<&str> for Hashed<T> {
    fn from(text: &str) -> Self {
        Self { java_hash: java::string_hash(text), text: text.into() }
    }
}

impl<T: Storage> Storage for Hashed<T> {
    fn is(&self, other: &Self) -> bool {
        self.text.is(&other.text)
    }

    fn java_hash(&self) -> i32 {
        self.java_hash
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        name!($(#[$doc])* $type(Kept));
    };
    ($(#[$doc:meta])* $type:ident($text:ty)) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $type($text);

        impl $type {
            /// The name with this text.
            pub fn new(text: &str) -> Self {
                Self(text.into())
            }
            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// Whether the text is empty, which several requests give a meaning of its own.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.0.is(&other.0)
            }
        }

        impl Eq for $type {}

        impl Hash for $type {
            fn hash<H: Hasher>(&self, state: &mut H) {
                (*self.0).hash(state);
            }
        }

        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $type {
            fn cmp(&self, other: &Self) -> Ordering {
                if self == other { Ordering::Equal } else { (*self.0).cmp(&*other.0) }
            }
        }

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $type {
            fn from(text: String) -> Self {
                Self::new(&text)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl crate::java::JavaHash for $type {
            fn java_hash(&self) -> i32 {
                self.0.java_hash()
            }
        }
    };
}

name!(
    /// A consumer group's id (`group.id`).
    GroupId(Hashed<Kept>)
);
name!(
    /// The id that the coordinator gave a member: `<client.id or instance id>-<uuid>`; empty before it has one.
    MemberId(Hashed<Arc<str>>)
);
name!(
    /// A static member's own name (`group.instance.id`, KIP-345).
    InstanceId
);
name!(
    /// What a client calls itself (`client.id`).
    ClientId
);
name!(
    /// Where a client connects from, as the broker shows it (`/127.0.0.1`).
    ClientHost
);
name!(
    /// A topic's name.
    TopicName
);
name!(
    /// The name of an assignor that members offer (`range`, `cooperative-sticky`), called a protocol in JoinGroup.
    ProtocolName(Text)
);
name!(
    /// The name of an assignor that the coordinator runs (`uniform`, `range`).
    AssignorName
);
name!(
    /// What kind of group it is: `consumer` for consumers, `connect` for Connect workers.
    ProtocolType(Text)
);
name!(
    /// The rack a client or a replica stands in (`client.rack`, `broker.rack`).
    RackId
);

impl Default for MemberId {
    fn default() -> Self {
        Self::new("")
    }
}

impl ProtocolType {
    /// The protocol type of consumers.
    pub const CONSUMER: Self = Self(Text::Known("consumer"));
}

impl ProtocolName {
    /// The name of an assignor that comes with a client.
    pub const fn known(name: &'static str) -> Self {
        Self(Text::Known(name))
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $type:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $type(pub $inner);

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number!(
    /// A classic group's generation; the first usable one is 1, −1 says "none".
    Generation(i32)
);
number!(
    /// The epoch of a member of a consumer group (KIP-848): which target assignment it has reached.
    MemberEpoch(i32)
);
number!(
    /// A partition's number within its topic, from 0.
    PartitionIndex(i32)
);
number!(
    /// A position in a partition, in records.
    Offset(i64)
);
number!(
    /// A broker's node id.
    BrokerId(i32)
);
number!(
    /// A transactional producer's id.
    ProducerId(i64)
);
number!(
    /// Ties an answer to its request: the asker's choice, given back untouched (Kafka's correlation id and connection
    /// in one).
    RequestToken(u64)
);

impl Generation {
    /// No generation: a member that is in none, a commit by nobody in the group.
    pub const NONE: Self = Self(-1);

    /// The generation after this one; Java's `int` wraps and so does this.
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl MemberEpoch {
    /// Nobody's epoch: an offset request by nobody in the group.
    pub const NONE: Self = Self(-1);
    /// Sent by who joins.
    pub const JOIN: Self = Self(0);
    /// Sent by who leaves for good.
    pub const LEAVE: Self = Self(-1);
    /// Sent by a static member that leaves for a while; and its epoch in the group until it is back.
    pub const LEAVE_STATIC: Self = Self(-2);
}

/// A topic's id (`org.apache.kafka.common.Uuid`), ordered as Kafka does: two signed halves, the high one first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TopicId {
    /// The most significant 64 bits.
    pub high: i64,
    /// The least significant 64 bits.
    pub low: i64,
}

impl TopicId {
    /// The id written in Kafka's way: 22 characters of URL-safe base64 without padding.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| BASE64.iter().position(|&known| known == byte);
        if text.len() != 22 {
            return None;
        }
        let mut bits = 0u128;
        for (index, byte) in text.bytes().enumerate() {
            let six = digit(byte)? as u128;
            // The last digit carries two bits; the rest of it is padding.
            bits = if index < 21 { bits << 6 | six } else { bits << 2 | six >> 4 };
        }
        Some(Self { high: ((bits >> 64) as u64).cast_signed(), low: (bits as u64).cast_signed() })
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Kafka's way to write an id: URL-safe base64 without padding.
impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from(self.high.cast_unsigned()) << 64 | u128::from(self.low.cast_unsigned());
        let digits = (0..22).map(|index| {
            let six = if index < 21 { bits >> (122 - 6 * index) } else { bits << 4 };
            char::from(BASE64[(six & 63) as usize])
        });
        f.pad(&digits.collect::<String>())
    }
}

impl fmt::Debug for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `org.apache.kafka.common.Uuid.hashCode`.
impl crate::java::JavaHash for TopicId {
    fn java_hash(&self) -> i32 {
        let mixed = self.high ^ self.low;
        ((mixed >> 32) ^ mixed) as i32
    }
}

/// One partition of one topic; ordered by topic name, then number; printed as Kafka does: `topic-3`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicName,
    /// The partition's number.
    pub partition: PartitionIndex,
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    pub fn new(topic: TopicName, partition: i32) -> Self {
        Self { topic, partition: PartitionIndex(partition) }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

impl fmt::Debug for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `org.apache.kafka.common.TopicPartition.hashCode`.
impl crate::java::JavaHash for TopicPartition {
    fn java_hash(&self) -> i32 {
        31i32
            .wrapping_mul(31i32.wrapping_add(self.partition.0))
            .wrapping_add(crate::java::string_hash(self.topic.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::java::JavaHash;
    use alloc::format;

    #[test]
    fn topic_ids_are_read_and_written_as_kafka_does() {
        for text in ["t05tyYBqTuuayaNiheXGcw", "CPaUWKH7QFG_o71WxO-9nw", "AAAAAAAAAAAAAAAAAAAAAQ"] {
            assert_eq!(TopicId::parse(text).map(|id| format!("{id}")).as_deref(), Some(text));
        }
        assert_eq!(TopicId::parse("AAAAAAAAAAAAAAAAAAAAAQ"), Some(TopicId { high: 0, low: 1 }));
        assert_eq!(TopicId::parse("too short"), None);
        assert_eq!(TopicId { high: 1 << 32, low: 2 }.java_hash(), 3);
    }
}
