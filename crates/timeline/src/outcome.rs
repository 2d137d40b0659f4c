//! What one run leaves behind.
//!
//! Contract: plain data, equal for equal runs, and small whatever the run was: measures, bounded lists of generations,
//! partitions, members and stretches of time, no events. Left out: how the run was made (the plan has that) and what
//! to think of it (reports do that).

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use crate::descriptions::Description;
use crate::digest::Fnv;
use crate::generations::GenerationRecord;
use crate::measure::{MEASURES, Value};
use crate::records::Throughput;
use crate::{Cast, Measures, Records};

/// The outcome of one run.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// What the run is called among those it is compared with.
    pub name: String,
    /// The seed from which all its random streams derive.
    pub seed: u64,
    /// Who and what it was about.
    pub cast: Cast,
    /// Every measure, by id.
    pub values: BTreeMap<String, Value>,
    /// The generations, in order; [`crate::generations::MAX_LISTED`] of the start-up and as many after it.
    pub generations: Vec<GenerationRecord>,
    /// How many generations there were in all.
    pub generations_total: u64,
    /// The group as an administrator saw it, each time one looked; none if nobody asked who has what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub descriptions: Vec<Description>,
    /// What became of records over time, by partition and by member; none if no records flowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Records>,
    /// How many records were consumed when; of recordings as well.
    #[serde(skip)]
    pub throughput: Throughput,
    /// What is known to have happened at least once, and how often: a scenario can ask for it, so that it cannot pass
    /// by missing its point.
    pub marks: BTreeMap<String, u64>,
}

impl Outcome {
    /// The outcome of the run `name` with these measures; no marks.
    pub fn new(name: &str, seed: u64, cast: Cast, measures: &Measures) -> Self {
        let was_asked = measures.described.iter().any(|seen| !seen.owners.is_empty());
        let values = MEASURES.iter().map(|measure| (measure.id.to_owned(), (measure.value)(measures))).collect();
        Self {
            name: name.to_owned(),
            seed,
            cast,
            values,
            generations: measures.generations.clone(),
            generations_total: measures.rebalances_start_up + measures.rebalances,
            descriptions: if was_asked { measures.described.clone() } else { Vec::new() },
            throughput: measures.throughput.clone(),
            records: measures.records.clone(),
            marks: BTreeMap::new(),
        }
    }

    /// The measure with this id; [`Value::Unknown`] if it was not taken.
    pub fn value(&self, id: &str) -> &Value {
        self.values.get(id).unwrap_or(&Value::Unknown)
    }

    /// One number for the whole outcome: two outcomes with different digests differ. It is the FNV-1a hash of its JSON
    /// form, the same on every platform; it changes when measures are added.
    pub fn digest(&self) -> u64 {
        let mut hash = Fnv::default();
        serde_json::to_writer(&mut hash, self).expect("an outcome has only text keys, and a hash takes every byte");
        hash.value()
    }
}

impl io::Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
