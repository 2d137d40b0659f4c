//! Names, marks and differences, as the page shows them.

use minijinja::{HtmlEscape, Value};

use super::MOST_NAME;
use crate::happening::Happening;
use crate::text;

/// Stand around a name in a sentence until it is escaped: no text that was made fit to be shown has these characters.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// A name in a sentence.
pub(super) fn mark(name: &str) -> String {
    format!("{OPEN}{}{CLOSE}", text::name(name, MOST_NAME))
}

/// A sentence with marked names, as HTML.
pub(super) fn shown(sentence: &str) -> Value {
    let escaped = HtmlEscape(sentence).to_string();
    Value::from_safe_string(escaped.replace(OPEN, "<strong>").replace(CLOSE, "</strong>"))
}

/// How much more the second amount is than the first, which is the better one: `15 ×`, `+26 %`; nothing if they do not
/// differ by a percent, or the better one is nothing at all.
pub(crate) fn difference(good: u64, amount: u64) -> String {
    let (good, amount) = (u128::from(good), u128::from(amount));
    if good == 0 {
        return String::new();
    }
    match amount * 100 / good {
        ..99 => format!("−{} %", 100 - amount * 100 / good),
        99..=100 => String::new(),
        percent @ 101..200 => format!("+{} %", percent - 100),
        percent @ 200..1_000 => format!("{}.{} ×", percent / 100, percent / 10 % 10),
        percent => format!("{} ×", text::count(u64::try_from(percent / 100).unwrap_or(u64::MAX))),
    }
}

/// What a happening cost: partition time, and for how long nothing was read at all.
pub(super) fn cost(happening: &Happening) -> String {
    let unread = text::value(&timeline::Value::PartitionTime(happening.unread));
    let still = match happening.still.is_zero() {
        true => String::new(),
        false => format!("; the whole group stood still for {}", text::duration(happening.still)),
    };
    let longest = text::duration(happening.longest);
    format!("{unread} of partition time unread, no partition for more than {longest}{still}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_said_in_percent_up_to_twice_as_much() {
        let shown = [(100, 100), (100, 126), (100, 200), (100, 1_512), (0, 7), (100, 40), (1, u64::MAX)];
        assert_eq!(
            shown.map(|(good, amount)| difference(good, amount)),
            ["", "+26 %", "2.0 ×", "15 ×", "", "−60 %", "18,446,744,073,709,551,615 ×"]
        );
    }

    #[test]
    fn nothing_in_a_marked_name_is_markup() {
        let sentence = format!("{} & more", mark("<b>\u{e000}x"));
        assert_eq!(shown(&sentence).to_string(), "<strong>&lt;b&gt;x</strong> &amp; more");
    }
}
