//! Committed offsets: what groups have read, plainly or as part of a transaction (`OffsetMetadataManager`).
//!
//! | module | what lives there |
//! |---|---|
//! | `store` | the offsets of all groups; open transactions |
//! | `held` | the offset of one partition, as it is and as of the committed offset |
//! | `by_partition` | values by partition, found by its number |
//! | `commit` | OffsetCommit, TxnOffsetCommit |
//! | `fetch` | OffsetFetch |
//! | `delete` | OffsetDelete, deletion of groups and topics |
//! | `expire` | the regular look for what is too old |
//!
//! Left out on purpose: topic ids (a topic that is deleted and created again under its name is told apart by
//! [`Coordinator::topics_deleted`](crate::Coordinator::topics_deleted) alone), leader epochs, and the retention time
//! that OffsetCommit carried before version 5.

mod by_partition;
mod commit;
mod delete;
mod expire;
mod fetch;
mod held;
#[cfg(test)]
mod offsets_test;
mod store;

pub(crate) use commit::{commit, commit_in_transaction};
pub(crate) use delete::{delete_group, delete_offsets, delete_topics};
pub(crate) use expire::expire;
pub(crate) use fetch::fetch;
pub(crate) use store::Offsets;
