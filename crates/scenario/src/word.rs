//! "Did you mean …": the known word nearest to a written one.

/// Words longer than this are nobody's typing mistake.
const MAX_LENGTH: usize = 80;

/// The nearest of `known`, if it is near enough to be what was meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Numbers are not misspelt.
    if written.len() > MAX_LENGTH || !written.contains(char::is_alphabetic) {
        return None;
    }
    let plain = comparable(written);
    // A third of the letters may be wrong, but a short word must nearly be right.
    let allowed = (plain.chars().count() / 3).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    for word in known {
        let distance = strsim::damerau_levenshtein(&plain, &comparable(word));
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, word));
        }
    }
    best.map(|(_, word)| word)
}

/// Letters only, small, so that `sessionTimeoutMs`, `session_timeout_ms` and `session.timeout.ms` are the same word.
fn comparable(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `did you mean …?`, if there is something to mean.
pub(crate) fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(written, known).map(|word| format!("did you mean `{word}`?"))
}

/// `a, b or c`.
pub(crate) fn either<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_in_another_spelling_is_the_same_word() {
        let known = ["session.timeout.ms", "heartbeat.interval.ms"];
        for written in ["sessionTimeoutMs", "session_timeout_ms", "sesion.timeout.ms", "session.timout"] {
            assert_eq!(nearest(written, known), Some("session.timeout.ms"), "{written}");
        }
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"s".repeat(1_000_000), known), None);
    }

    #[test]
    fn lists_of_words_read_as_a_sentence() {
        assert_eq!(either(["a"]), "`a`");
        assert_eq!(either(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
