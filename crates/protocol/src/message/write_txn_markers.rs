//! WriteTxnMarkers (API key 27), for one producer and the offsets partition of one coordinator.

use crate::error::ErrorCode;
use crate::id::ProducerId;

/// The transaction coordinator ends a producer's transaction here; the client asked for it with EndTxn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteTxnMarkersRequest {
    /// The producer.
    pub producer_id: ProducerId,
    /// Whether its offsets take effect; otherwise they are dropped.
    pub commit: bool,
}

/// Whether the marker is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteTxnMarkersResponse {
    /// The code.
    pub error: ErrorCode,
}
