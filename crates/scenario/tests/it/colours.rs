//! Mistakes in colours.

use scenario::Coloured;

/// The text without escape sequences.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |shown, part| shown + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn colours_say_nothing_that_the_words_do_not_say() {
    let text = "topics: {orders: 6, orders: 7}\nmembers: {count: 3, heartbeat.interval.ms: 20000}\nevnets: []\n";
    let mistakes = scenario::load_text("test", text, None).expect_err("a text with mistakes");
    let coloured = Coloured(&mistakes).to_string();
    assert!(coloured.contains("\u{1b}[1;31merror\u{1b}[0m"), "{coloured}");
    assert!(coloured.contains("\u{1b}[1;33mwarning\u{1b}[0m"), "{coloured}");
    assert_eq!(plain(&coloured), mistakes.to_string());
    assert!(!mistakes.to_string().contains('\u{1b}'));
}

#[test]
fn escape_sequences_of_the_users_own_do_not_get_through() {
    let mistakes = scenario::load_text("test", "\"\u{1b}[31mred\": 1\n", None).expect_err("a text with mistakes");
    assert!(!mistakes.to_string().contains('\u{1b}'));
}
