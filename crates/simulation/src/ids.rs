//! Member ids drawn from the run's seed: `<prefix>-<uuid>`, version 4, as `java.util.UUID.randomUUID` prints them.

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
