//! The group as an administrator saw it: who had what, at each look.
//!
//! Contract: one table a variant, a row a partition and a column a look; none for groups of more than [`MOST_ROWS`]
//! partitions, of which JSON tells. A member stands there as the coordinator has it, dead or alive. Numbers and plain
//! text; formats escape.

use timeline::{Description, Outcome};

use crate::comparison::Comparison;
use crate::text;

/// Most partitions of a group that is shown to people.
const MOST_ROWS: usize = 12;
/// Ids of members are cut to so many characters, which tells members of one group apart.
const MOST_ID: usize = 17;
/// Names of partitions are cut to so many characters.
const MOST_PARTITION: usize = 24;
/// Stands where nobody has a partition.
const NOBODY: &str = "–";

/// A table of looks.
pub(crate) struct Looks {
    /// When each look was.
    pub(crate) head: Vec<String>,
    /// What each row is about, and what every look says of it.
    pub(crate) rows: Vec<(String, Vec<String>)>,
}

/// The variants that were looked at, each with its table.
pub(crate) fn looks(comparison: &Comparison) -> impl Iterator<Item = (&Outcome, Looks)> {
    let seen = comparison.variants.iter().filter(|outcome| !outcome.descriptions.is_empty());
    seen.filter_map(|outcome| Some((outcome, table(&outcome.descriptions)?)))
}

fn table(looks: &[Description]) -> Option<Looks> {
    let each = |cell: &dyn Fn(&Description) -> String| looks.iter().map(cell).collect::<Vec<String>>();
    let mut rows = vec![
        ("state".to_owned(), each(&|look| text::name(&look.state, MOST_ID))),
        ("members".to_owned(), each(&|look| text::count(look.members))),
    ];
    let mut partitions: Vec<&str> = Vec::new();
    for (partition, _) in looks.iter().flat_map(|look| &look.owners) {
        if !partitions.contains(&partition.as_str()) {
            partitions.push(partition);
        }
    }
    if partitions.len() > MOST_ROWS {
        return None;
    }
    for partition in &partitions {
        let owner = |look: &Description| {
            let owners = look.owners.iter().filter(|(owned, _)| owned == partition);
            let ids: Vec<String> = owners.map(|(_, id)| text::name(id, MOST_ID)).collect();
            if ids.is_empty() { NOBODY.to_owned() } else { ids.join(", ") }
        };
        rows.push((text::name(partition, MOST_PARTITION), each(&owner)));
    }
    let head = each(&|look| text::duration(look.at.since(protocol::SimTime::ZERO)));
    Some(Looks { head, rows })
}
