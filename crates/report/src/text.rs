//! Text that is fit to be shown, and numbers as people write them.
//!
//! Contract: names come from anywhere and may hold anything. What is shown has no control characters (no escape
//! sequences), nothing that is invisible or turns the direction of what follows, and a bounded length; words stay as
//! they are.

use protocol::{SimDuration, SimTime};
use timeline::Value;

/// A name or a line, on one line: at most `most` characters, the last one an ellipsis if there were more.
pub(crate) fn line(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    let mut space = false;
    for character in text.chars() {
        if character.is_whitespace() || character.is_control() {
            space = length > 0;
        } else if !is_invisible(character) {
            if length + usize::from(space) >= most {
                shown.pop();
                shown.push('…');
                break;
            }
            if std::mem::take(&mut space) {
                shown.push(' ');
                length += 1;
            }
            shown.push(character);
            length += 1;
        }
    }
    shown
}

/// What something is called; something without a name is called that.
pub(crate) fn name(text: &str, most: usize) -> String {
    let shown = line(text, most);
    if shown.is_empty() { "(no name)".to_owned() } else { shown }
}

/// A text of several lines, each as [`line()`], at most `most` characters in all; empty lines part paragraphs.
pub(crate) fn paragraphs(text: &str, most: usize) -> Vec<String> {
    let mut left = most;
    let mut paragraphs = vec![String::new()];
    for text in text.lines() {
        let shown = line(text, left);
        left = left.saturating_sub(shown.chars().count());
        match paragraphs.last_mut() {
            Some(last) if last.is_empty() => *last = shown,
            Some(last) if !shown.is_empty() => *last = format!("{last} {shown}"),
            _ => paragraphs.push(String::new()),
        }
        if left == 0 {
            break;
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// Characters that show nothing or change how others are shown: joiners and marks of direction, private use, line
/// separators of Unicode, tags.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{10ffff}')
}

/// Breaks a text between words so that lines have at most `width` characters; longer words are cut.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let width = width.max(1);
    let mut wrapped = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 {
            let fits = column + 1 + length <= width;
            wrapped.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        for character in word.chars() {
            if column == width {
                wrapped.push('\n');
                column = 0;
            }
            wrapped.push(character);
            column += 1;
        }
    }
    wrapped
}

/// A number with its thousands apart: `1,234,567`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A number of things: `1 rebalance`, `2 rebalances`.
pub(crate) fn things(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", count(number), if number == 1 { singular } else { plural })
}

/// A length, to three or four digits: `350 us`, `12 ms`, `3.25 s`, `41.9 s`, `2 min 05 s`, `1 h 02 min`.
pub(crate) fn duration(length: SimDuration) -> String {
    const TEN_SECONDS: u64 = 10_000;
    const TWO_MINUTES: u64 = 120_000;
    const TWO_HOURS: u64 = 7_200;
    let nanos = length.as_nanos();
    let (micros, millis) = (rounded(nanos, 1_000), rounded(nanos, 1_000_000));
    let (hundredths, tenths, seconds) =
        (rounded(nanos, 10_000_000), rounded(nanos, 100_000_000), rounded(nanos, 1_000_000_000));
    match millis {
        _ if nanos == 0 => "0 s".to_owned(),
        _ if micros == 0 => "< 1 us".to_owned(),
        _ if micros < 1_000 => format!("{micros} us"),
        ..1_000 => format!("{millis} ms"),
        _ if hundredths * 10 < TEN_SECONDS => format!("{}.{:02} s", hundredths / 100, hundredths % 100),
        _ if tenths * 100 < TWO_MINUTES => format!("{}.{} s", tenths / 10, tenths % 10),
        _ if seconds < TWO_HOURS => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", count(seconds / 3_600), seconds / 60 % 60),
    }
}

/// A moment of a run: `1:13`, `1:02:05`.
pub(crate) fn clock(at: SimTime) -> String {
    let seconds = at.as_nanos() / 1_000_000_000;
    match seconds {
        ..3_600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60),
    }
}

/// A file's name as a link to it from beside it.
pub(crate) fn link(name: &str) -> String {
    let mut link = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            link.push(char::from(byte));
        } else {
            link += &format!("%{byte:02X}");
        }
    }
    link
}

fn rounded(nanos: u64, unit: u64) -> u64 {
    nanos / unit + u64::from(nanos % unit >= unit / 2)
}

/// A value, as it stands in tables.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Unknown => "–".to_owned(),
        Value::Count(number) => count(*number),
        Value::Duration(length) => duration(*length),
        Value::Share(hundredths) => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
        Value::PartitionTime(length) => {
            let tenths = rounded(length.as_nanos(), 100_000_000);
            format!("{}.{} s", count(tenths / 10), tenths % 10)
        }
        Value::Text(word) => name(word, 40),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_three_or_four_digits_and_round_into_the_next_unit() {
        let shown = |micros| duration(SimDuration::from_micros(micros));
        assert_eq!(shown(0), "0 s");
        assert_eq!(shown(350), "350 us");
        assert_eq!(duration(SimDuration::from_nanos(999_600)), "1 ms");
        assert_eq!(shown(12_499), "12 ms");
        assert_eq!(shown(999_600), "1.00 s");
        assert_eq!(shown(3_254_999), "3.25 s");
        assert_eq!(shown(9_996_000), "10.0 s");
        assert_eq!(shown(41_949_000), "41.9 s");
        assert_eq!(shown(119_960_000), "2 min 00 s");
        assert_eq!(shown(3_600_000_000 * 48 + 119_000_000), "48 h 01 min");
        assert_eq!(duration(SimDuration::MAX), "5,124,095 h 34 min");
        assert_eq!(duration(SimDuration::from_nanos(1)), "< 1 us");
    }

    #[test]
    fn moments_are_minutes_and_seconds_and_hours_where_there_are_any() {
        let shown = [0, 73, 3_599, 3_725].map(|seconds| clock(SimTime::from_secs(seconds)));
        assert_eq!(shown, ["0:00", "1:13", "59:59", "1:02:05"]);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn what_is_shown_has_neither_control_nor_invisible_characters() {
        assert_eq!(line(" a\n\tb\u{1b}[31mc\u{7}", 99), "a b [31mc");
        assert_eq!(line("abc\u{202e}def\u{200b}\u{feff}\u{e0041}", 99), "abcdef");
        assert_eq!(line("日本 é ü 👍", 99), "日本 é ü 👍");
        assert_eq!(name("\u{200f}\n", 99), "(no name)");
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis_within_the_bound() {
        assert_eq!(line("abcdef", 6), "abcdef");
        assert_eq!(line("abcdefg", 6), "abcde…");
        assert_eq!(line("abcde fg", 6), "abcd…");
        assert_eq!(line(&"x".repeat(10_000), 40).chars().count(), 40);
        let long = "a b\n\n".repeat(10_000);
        assert!(paragraphs(&long, 100).iter().map(|p| p.chars().count()).sum::<usize>() <= 100);
    }

    #[test]
    fn paragraphs_are_parted_by_empty_lines() {
        assert_eq!(paragraphs("one\ntwo\n\n \nthree\n", 99), ["one two", "three"]);
        assert!(paragraphs("\n\n", 99).is_empty());
    }

    #[test]
    fn lines_break_between_words_and_words_only_where_they_must() {
        assert_eq!(wrap("a bc def ghij", 4), "a bc\ndef\nghij");
        assert_eq!(wrap("abcdefgh i", 3), "abc\ndef\ngh\ni");
        assert_eq!(wrap("", 10), "");
    }

    #[test]
    fn links_hold_letters_digits_and_percent_signs() {
        assert_eq!(link("a b/é\"<.yaml"), "a%20b%2F%C3%A9%22%3C.yaml");
    }
}
