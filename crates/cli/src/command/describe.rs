//! `rehearsal describe FILE --at TIME`: the group as `kafka-consumer-groups.sh` would describe it then.

use anyhow::Result;
use coordinator::BrokerVersion;
use report::{DescribedGroup, DescribedOne, DescribedTable, describe};
use simulation::look::{Look, look};

use crate::arguments::Describe;
use crate::disk::Disk;
use crate::{Exit, console, runs};

/// Runs every chosen variant up to the moment and prints what the tool would.
pub(super) fn run(arguments: &Describe) -> Result<Exit> {
    let Some(comparison) = runs::load(&arguments.of.file, &Disk, arguments.of.seed, &arguments.of.variant)? else {
        return Ok(Exit::BadInput);
    };
    let at = arguments.at.0;
    runs::check_moment(&comparison, at)?;
    let table = if arguments.members {
        DescribedTable::Members
    } else if arguments.state {
        DescribedTable::State
    } else {
        DescribedTable::Offsets
    };
    let several = comparison.variants.len() > 1;
    for variant in &comparison.variants {
        let (look, ()) = look(&variant.plan, at, ())?;
        let is_old = look.version < BrokerVersion::V4_0;
        let described = describe(&group(look), table, arguments.verbose, is_old);
        if several {
            console::say(&format!("\n# {}\n", variant.plan.name))?;
        }
        console::complain(&described.err);
        console::say(&described.out)?;
    }
    Ok(Exit::Good)
}

fn group(look: Look) -> DescribedGroup {
    let mut group = DescribedGroup {
        group: look.group.to_string(),
        coordinator: look.coordinator.0,
        is_unreachable: !look.is_there,
        committed: look.committed,
        ends: look.ends,
        ..DescribedGroup::default()
    };
    if let Some(consumer) = look.consumer {
        group.state = consumer.state.to_owned();
        group.assignor = consumer.assignor_name.map_or_else(String::new, |name| name.to_string());
        group.epochs = Some((consumer.group_epoch, consumer.assignment_epoch));
        let members = consumer.members.into_iter();
        group.members = members
            .map(|member| DescribedOne {
                id: member.member_id.to_string(),
                instance: member.instance_id.map_or_else(String::new, |id| id.to_string()),
                host: member.client_host.to_string(),
                client: member.client_id.to_string(),
                epoch: Some(member.member_epoch.0),
                assignment: member.assignment,
                target: Some(member.target_assignment),
                is_upgraded: Some(!member.is_classic),
            })
            .collect();
    } else if let Some(classic) = look.classic {
        group.state = classic.state.to_owned();
        group.assignor = classic.protocol_name.map_or_else(String::new, |name| name.to_string());
        let members = classic.members.into_iter();
        group.members = members
            .map(|member| DescribedOne {
                id: member.member_id.to_string(),
                instance: member.instance_id.map_or_else(String::new, |id| id.to_string()),
                host: member.client_host.to_string(),
                client: member.client_id.to_string(),
                assignment: member.assignment.partitions().to_vec(),
                ..DescribedOne::default()
            })
            .collect();
    }
    group
}
