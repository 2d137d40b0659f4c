//! Events of brokers: which one goes or comes, and whether it can.

use protocol::{BrokerId, SimTime};
use simulation::plan::PlannedAction;

use super::events::Planner;
use super::happening::{Happening, What};
use crate::fields::Fields;
use crate::tree::Entry;

/// Reads an event of a broker.
pub(super) fn read(event: &Fields<'_>, entry: &Entry) -> Option<What> {
    let number = |fields: &Fields<'_>, key: &str| fields.count(key).and_then(|broker| u16::try_from(broker).ok());
    if entry.key == "restart-broker" {
        let restart = event.object("restart-broker")?;
        let (broker, how, down) = (number(&restart, "broker"), restart.word("stop"), restart.duration("down"));
        let is_clean = how.is_some_and(|how| how.value == "close");
        return Some(What::StopBroker { broker: broker?, is_clean, down: Some(down.unwrap_or_default()) });
    }
    let broker = number(event, &entry.key)?;
    Some(match entry.key.as_str() {
        "start-broker" => What::StartBroker { broker },
        key => What::StopBroker { broker, is_clean: key == "stop-broker", down: None },
    })
}

impl Planner<'_> {
    /// A broker goes or comes.
    pub(super) fn broker(&mut self, at: SimTime, happening: &Happening) {
        let number = match &happening.what {
            What::StopBroker { broker, .. } | What::StartBroker { broker } => *broker,
            _ => return,
        };
        let place = usize::from(number.saturating_sub(1));
        let Some(down_until) = self.brokers.get(place).copied() else {
            let error = self.fields.report().error(happening.position, format!("there is no broker {number}"));
            let label = format!("there are {}", self.brokers.len());
            error.label(label).help("`cluster-size` under `broker:` says how many there are, numbered from 1").file();
            return;
        };
        if self.is_unsure(at) {
            return;
        }
        let broker = BrokerId(i32::from(number));
        match &happening.what {
            What::StopBroker { is_clean, down, .. } => {
                if at < down_until {
                    let error =
                        self.fields.report().error(happening.position, format!("broker {number} is down already"));
                    error.label(format!("at {at}")).help("`start-broker` starts it again").file();
                    return;
                }
                let back = down.map_or(SimTime::NEVER, |down| at + down);
                self.brokers[place] = back;
                let over = if back == SimTime::NEVER { at } else { back };
                self.push(at, over, PlannedAction::StopBroker { broker, is_clean: *is_clean });
                if back < SimTime::NEVER {
                    self.push(back, back, PlannedAction::StartBroker { broker });
                }
            }
            _ => {
                if at >= down_until {
                    let error = self.fields.report().error(happening.position, format!("broker {number} is up"));
                    error.label(format!("at {at}")).help("brokers are up unless an event stopped them").file();
                    return;
                }
                self.brokers[place] = SimTime::ZERO;
                self.push(at, at, PlannedAction::StartBroker { broker });
            }
        }
    }
}
