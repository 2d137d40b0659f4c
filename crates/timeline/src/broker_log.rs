//! The few lines of a broker's log that say something about generations.
//!
//! Contract: recognises what Kafka's group coordinator prints (`GroupMetadataManager`, 4.x) by its fixed words and
//! gives back the numbers; everything else is none of our business. Whose log it is, and that it is about our group, is
//! the reader's care.

use protocol::Generation;

/// What a line of the log says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BrokerLine<'a> {
    /// Classic: all members have joined, or the time for that is over.
    Stabilized { generation: Generation, members: usize },
    /// Consumer protocol: a target assignment was computed.
    TargetComputed { epoch: Generation },
    /// Consumer protocol: the group has a new epoch.
    EpochBumped { epoch: Generation },
    /// Classic: the group enters PreparingRebalance.
    Preparing { old: Generation, reason: &'a str },
}

/// What `line` says, if it is one of those.
pub(crate) fn parse(line: &str) -> Option<BrokerLine<'_>> {
    stabilized(line).or_else(|| target_computed(line)).or_else(|| epoch_bumped(line)).or_else(|| preparing(line))
}

/// `Stabilized group <id> generation <n> with <n> members`; the id is whatever stands between the words.
fn stabilized(line: &str) -> Option<BrokerLine<'_>> {
    let (_, rest) = line.split_once("Stabilized group ")?;
    let (_, numbers) = rest.rsplit_once(" generation ")?;
    let (generation, rest) = leading_number(numbers)?;
    let (members, rest) = leading_number(rest.strip_prefix(" with ")?)?;
    rest.starts_with(" members").then_some(())?;
    Some(BrokerLine::Stabilized { generation: Generation(i32::try_from(generation).ok()?), members: members as usize })
}

/// `Computed a new target assignment for epoch <n>`.
fn target_computed(line: &str) -> Option<BrokerLine<'_>> {
    let (_, rest) = line.split_once("Computed a new target assignment for epoch ")?;
    let (epoch, _) = leading_number(rest)?;
    Some(BrokerLine::TargetComputed { epoch: Generation(i32::try_from(epoch).ok()?) })
}

/// `Bumped group epoch to <n> with metadata hash <n>`.
fn epoch_bumped(line: &str) -> Option<BrokerLine<'_>> {
    let (_, rest) = line.split_once("Bumped group epoch to ")?;
    let (epoch, _) = leading_number(rest)?;
    Some(BrokerLine::EpochBumped { epoch: Generation(i32::try_from(epoch).ok()?) })
}

/// `Preparing to rebalance group <id> in state <state> with old generation <n> (reason: <why>).`
fn preparing(line: &str) -> Option<BrokerLine<'_>> {
    let (_, rest) = line.split_once("Preparing to rebalance group ")?;
    let (_, rest) = rest.split_once(" with old generation ")?;
    let (old, rest) = leading_number(rest)?;
    let reason = rest.strip_prefix(" (reason: ")?;
    let reason = reason.trim_end_matches('.');
    let reason = reason.strip_suffix(')').unwrap_or(reason);
    Some(BrokerLine::Preparing { old: Generation(i32::try_from(old).ok()?), reason: reason.trim_end_matches('.') })
}

fn leading_number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_lines_about_generations_are_recognised() {
        let stabilized = "[GroupCoordinator id=1] Stabilized group g generation 12 with 3 members.";
        assert_eq!(parse(stabilized), Some(BrokerLine::Stabilized { generation: Generation(12), members: 3 }));
        let computed = "[GroupId g] Computed a new target assignment for epoch 7 with 'uniform' assignor in 1ms.";
        assert_eq!(parse(computed), Some(BrokerLine::TargetComputed { epoch: Generation(7) }));
        let bumped = "[GroupId g] Bumped group epoch to 8 with metadata hash -3.";
        assert_eq!(parse(bumped), Some(BrokerLine::EpochBumped { epoch: Generation(8) }));
        let preparing = "[id=1] Preparing to rebalance group g in state PreparingRebalance with old generation 2 \
                         (reason: explicit `LeaveGroup` request for (c1) members.).";
        let reason = "explicit `LeaveGroup` request for (c1) members";
        assert_eq!(parse(preparing), Some(BrokerLine::Preparing { old: Generation(2), reason }));
    }

    #[test]
    fn a_group_called_like_the_words_around_it_is_no_obstacle() {
        let line = "Stabilized group Stabilized group generation 9 generation 4 with 2 members.";
        assert_eq!(parse(line), Some(BrokerLine::Stabilized { generation: Generation(4), members: 2 }));
    }

    #[test]
    fn everything_else_says_nothing() {
        for line in [
            "",
            "Stabilized group g generation x with 3 members",
            "Stabilized group g generation 99999999999 with 3 members",
            "Computed a new target assignment for epoch ",
            "Preparing to rebalance group g in state Empty with old generation 2",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
