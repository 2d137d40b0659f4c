//! What cooperative rebalancing withholds for a round
//! (`CooperativeStickyAssignor.computePartitionsTransferringOwnership`).

use alloc::vec;
use alloc::vec::Vec;

use super::super::claims::{Claims, NOBODY};

/// Takes out of the lists what is new to its owner while another member says it owns it and does not get it again.
pub(super) fn withhold(claims: &Claims, lists: &mut [Vec<u32>], order: &[u32], total: usize) {
    let mut said_by = vec![NOBODY; total];
    let mut given_to = vec![NOBODY; total];
    let mut added_to = vec![NOBODY; total];
    let mut revoked = vec![false; total];
    for &member in order {
        let (said, list) = (claims.said(member), &lists[member as usize]);
        said.iter().for_each(|&partition| said_by[partition as usize] = member);
        for &partition in list {
            given_to[partition as usize] = member;
            if said_by[partition as usize] != member {
                added_to[partition as usize] = member;
            }
        }
        for &partition in said {
            if given_to[partition as usize] != member {
                revoked[partition as usize] = true;
            }
        }
    }
    for (member, list) in (0u32..).zip(lists) {
        list.retain(|&partition| {
            let added = &mut added_to[partition as usize];
            // Java removes one occurrence.
            let withheld = revoked[partition as usize] && *added == member;
            if withheld {
                *added = NOBODY;
            }
            !withheld
        });
    }
}
