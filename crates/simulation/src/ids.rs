//! Member ids drawn from the run's seed: the coordinator's are `<prefix>-<uuid>`, version 4, as
//! `java.util.UUID.randomUUID` prints them; clients' own (KIP-848) are a UUID in 22 letters, as
//! Kafka's `Uuid` prints it.

use coordinator::MemberIds;
use engine::{Rng, Stream};
use protocol::MemberId;

/// Draws member ids.
pub(crate) struct DrawnIds(pub(crate) Stream);

impl MemberIds for DrawnIds {
    fn member_id(&mut self, prefix: &str) -> MemberId {
        let high = self.0.next_u64() & !0xF000 | 0x4000;
        let low = self.0.next_u64() & !(0b11 << 62) | 1 << 63;
        MemberId::from(format!(
            "{prefix}-{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        ))
    }
}

/// The letters of base64 for URLs, RFC 4648.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The id that a client makes for itself, `Uuid.randomUuid().toString()`.
pub(crate) fn client_made(stream: &mut Stream) -> MemberId {
    let high = stream.next_u64() & !0xF000 | 0x4000;
    let low = stream.next_u64() & !(0b11 << 62) | 1 << 63;
    let bits = u128::from(high) << 64 | u128::from(low);
    // 22 letters of six bits are four bits more than a UUID has.
    let letter = |place: u32| {
        let shift = 128 - 6 * (place + 1).min(21);
        let six = if place < 21 { bits >> shift & 0x3F } else { bits << 4 & 0x3F };
        char::from(LETTERS[usize::try_from(six).expect("six bits")])
    };
    let id: String = (0..22).map(letter).collect();
    MemberId::new(&id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::Streams;

    #[test]
    fn ids_of_clients_are_uuids_in_22_letters() {
        let mut stream = Streams::new(1).stream("ids");
        let ids: Vec<MemberId> = (0..100).map(|_| client_made(&mut stream)).collect();
        for id in &ids {
            assert!(id.as_str().len() == 22 && id.as_str().bytes().all(|letter| LETTERS.contains(&letter)), "{id}");
            assert!("AQgw".contains(&id.as_str()[21..]), "the last letter carries two bits: {id}");
        }
        assert!(ids.iter().collect::<std::collections::BTreeSet<_>>().len() == 100);
    }
}
