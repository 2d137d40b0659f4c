//! Times in recordings: milliseconds, as whole or decimal numbers.
//!
//! Contract: read to the nearest nanosecond, written so that they read back the same. JSON's decimal numbers pass
//! through `f64` here and nowhere else; a double holds nanoseconds exactly for the first 52 days of a run.

use std::fmt;

use protocol::{SimDuration, SimTime};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

const NANOS_PER_MILLI: u64 = 1_000_000;

fn write<S: Serializer>(nanos: u64, serializer: S) -> Result<S::Ok, S::Error> {
    if nanos.is_multiple_of(NANOS_PER_MILLI) {
        serializer.serialize_u64(nanos / NANOS_PER_MILLI)
    } else {
        serializer.serialize_f64(nanos as f64 / NANOS_PER_MILLI as f64)
    }
}

/// Nanoseconds, read from milliseconds.
struct Nanos(u64);

impl<'de> Deserialize<'de> for Nanos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Millis).map(Nanos)
    }
}

struct Millis;

impl Visitor<'_> for Millis {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time in milliseconds, zero or more")
    }

    fn visit_u64<E: Error>(self, millis: u64) -> Result<u64, E> {
        Ok(millis.saturating_mul(NANOS_PER_MILLI))
    }

    fn visit_i64<E: Error>(self, millis: i64) -> Result<u64, E> {
        u64::try_from(millis)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(millis), &self))
            .map(|millis| millis.saturating_mul(NANOS_PER_MILLI))
    }

    fn visit_f64<E: Error>(self, millis: f64) -> Result<u64, E> {
        if millis >= 0.0 {
            Ok((millis * NANOS_PER_MILLI as f64).round() as u64)
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Float(millis), &self))
        }
    }
}

/// A moment.
pub(super) mod time {
    use super::*;

    pub(in crate::recording) fn serialize<S: Serializer>(time: &SimTime, serializer: S) -> Result<S::Ok, S::Error> {
        write(time.as_nanos(), serializer)
    }

    pub(in crate::recording) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SimTime, D::Error> {
        Nanos::deserialize(deserializer).map(|nanos| SimTime::from_nanos(nanos.0))
    }
}

/// A length.
pub(super) mod duration {
    use super::*;

    pub(in crate::recording) fn serialize<S: Serializer>(
        length: &SimDuration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        write(length.as_nanos(), serializer)
    }

    pub(in crate::recording) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SimDuration, D::Error> {
        Nanos::deserialize(deserializer).map(|nanos| SimDuration::from_nanos(nanos.0))
    }
}

/// A moment that may not be said.
pub(super) fn maybe_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SimTime>, D::Error> {
    Ok(Option::<Nanos>::deserialize(deserializer)?.map(|nanos| SimTime::from_nanos(nanos.0)))
}

/// A length that may not be said.
pub(super) fn maybe_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SimDuration>, D::Error> {
    Ok(Option::<Nanos>::deserialize(deserializer)?.map(|nanos| SimDuration::from_nanos(nanos.0)))
}
