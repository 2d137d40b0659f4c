//! The bytes that the sticky assignors put into subscriptions.
//!
//! `sticky`: array of {topic, array of partitions}, then the generation; `cooperative-sticky`: the generation alone.
//! Big-endian, 16-bit lengths of strings, 32-bit lengths of arrays. Older senders leave the generation out.

use alloc::vec::Vec;

use protocol::java::JavaHashMap;
use protocol::{Generation, TopicName, TopicPartition, UserData};

/// `CooperativeStickyAssignor.subscriptionUserData`.
pub(crate) fn encode_generation(generation: Generation) -> UserData {
    UserData::Four(generation.0.to_be_bytes())
}

/// The generation in a cooperative member's user data; unreadable bytes count as none.
pub(super) fn decode_generation(bytes: &[u8]) -> Generation {
    Reader(bytes).number().map_or(Generation::NONE, Generation)
}

/// `StickyAssignor.serializeTopicPartitionAssignment`: topics in the order of the `HashMap` that groups them.
pub(crate) fn encode_assignment(partitions: &[TopicPartition], generation: Generation) -> UserData {
    let mut topics: JavaHashMap<TopicName, Vec<i32>> = JavaHashMap::new();
    for run in partitions.chunk_by(|a, b| a.topic == b.topic) {
        let mut numbers = run.iter().map(|partition| partition.partition.0);
        // Java computes once a partition, and a second call for a topic that is there may double the table.
        topics.compute_if_absent(run[0].topic.clone(), Vec::new).extend(numbers.next());
        if numbers.len() > 0 {
            topics.compute_if_absent(run[0].topic.clone(), Vec::new).extend(numbers);
        }
    }
    let mut bytes = Vec::with_capacity(8 + topics.len() * 32 + partitions.len() * 4);
    bytes.extend(length(topics.len()).to_be_bytes());
    for (topic, numbers) in topics.iter() {
        let text = topic.as_str().as_bytes();
        // Kafka's names have at most 249 bytes.
        let text = &text[..text.len().min(i16::MAX as usize)];
        bytes.extend((text.len() as i16).to_be_bytes());
        bytes.extend(text);
        bytes.extend(length(numbers.len()).to_be_bytes());
        numbers.iter().for_each(|number| bytes.extend(number.to_be_bytes()));
    }
    bytes.extend(generation.0.to_be_bytes());
    bytes.into()
}

fn length(items: usize) -> i32 {
    i32::try_from(items).expect("fewer than 2^31 items")
}

/// What a sticky member's user data say (`StickyAssignor.memberData`).
pub(super) struct Previous<'b> {
    /// The generation, none if there are no data, no generation in them, or no reading them.
    pub(super) generation: Generation,
    topics: i32,
    rest: Reader<'b>,
}

impl<'b> Previous<'b> {
    /// Reads user data.
    pub(super) fn read(bytes: Option<&'b [u8]>) -> Self {
        let nothing = Self { generation: Generation::NONE, topics: 0, rest: Reader(&[]) };
        let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else { return nothing };
        let mut reader = Reader(bytes);
        let Some(topics) = reader.array_length() else { return nothing };
        let start = Reader(reader.0);
        for _ in 0..topics {
            let Some(()) = reader.topic().map(|_| ()) else { return nothing };
        }
        let generation = reader.number().map_or(Generation::NONE, Generation);
        Self { generation, topics, rest: start }
    }

    /// Topics and their partitions, in the order of the bytes.
    pub(super) fn topics(self) -> impl Iterator<Item = (&'b [u8], impl Iterator<Item = i32> + 'b)> {
        let mut rest = self.rest;
        (0..self.topics).map_while(move |_| rest.topic()).map(|(name, numbers)| {
            let (numbers, _) = numbers.as_chunks::<4>();
            (name, numbers.iter().map(|&number| i32::from_be_bytes(number)))
        })
    }
}

/// The bytes not yet read.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<i32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(i32::from_be_bytes(*number))
    }

    /// `ArrayOf.read`: an element has at least one byte.
    fn array_length(&mut self) -> Option<i32> {
        self.number().filter(|&length| usize::try_from(length).is_ok_and(|length| length <= self.0.len()))
    }

    /// A topic's name and the bytes of its partitions.
    fn topic(&mut self) -> Option<(&'b [u8], &'b [u8])> {
        let (length, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        let name = self.take(usize::try_from(i16::from_be_bytes(*length)).ok()?)?;
        let numbers = usize::try_from(self.array_length()?).ok()?;
        Some((name, self.take(numbers.checked_mul(4)?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    type Topic = (Vec<u8>, Vec<i32>);

    fn read(bytes: &[u8]) -> (i32, Vec<Topic>) {
        let previous = Previous::read(Some(bytes));
        let generation = previous.generation.0;
        (generation, previous.topics().map(|(name, numbers)| (name.to_vec(), numbers.collect())).collect())
    }

    fn partitions(list: &[(&str, i32)]) -> Vec<TopicPartition> {
        list.iter().map(|&(topic, number)| TopicPartition::new(topic.into(), number)).collect()
    }

    #[test]
    fn what_is_written_is_read_again_with_topics_in_the_order_of_a_java_table() {
        let list = partitions(&[("zz", 3), ("events", 1), ("zz", 0)]);
        let bytes = encode_assignment(&list, Generation(7));
        // "zz".hashCode() & 15 is 0 after spreading, that of "events" comes later.
        assert_eq!(read(&bytes), (7, vec![(b"zz".to_vec(), vec![3, 0]), (b"events".to_vec(), vec![1])]));
        assert_eq!(bytes.len(), 4 + (2 + 2 + 4 + 8) + (2 + 6 + 4 + 4) + 4);
    }

    #[test]
    fn data_without_a_generation_still_say_what_was_owned() {
        let bytes = encode_assignment(&partitions(&[("a", 1)]), Generation(7));
        assert_eq!(read(&bytes[..bytes.len() - 4]), (-1, vec![(b"a".to_vec(), vec![1])]));
        assert_eq!(read(&bytes[..bytes.len() - 1]), (-1, vec![(b"a".to_vec(), vec![1])]));
    }

    #[test]
    fn unreadable_data_own_nothing() {
        let bytes = encode_assignment(&partitions(&[("a", 1)]), Generation(7));
        assert_eq!(read(&bytes[..bytes.len() - 5]), (-1, vec![]));
        for hostile in [&[0xFF; 12][..], &[0x7F, 0xFF, 0xFF, 0xFF, 0, 0], &[0, 0, 0, 1, 0xFF, 0xFF, 0, 0], &[]] {
            assert_eq!(read(hostile), (-1, vec![]));
        }
        assert_eq!(decode_generation(&[0, 0]), Generation::NONE);
        assert_eq!(decode_generation(&[0, 0, 1, 0]), Generation(256));
    }
}
