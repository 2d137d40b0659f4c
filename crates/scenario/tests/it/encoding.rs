//! Bytes that are no text: where they stand.

use scenario::Files;

/// One file of these bytes.
struct One<'a>(&'a [u8]);

impl Files for One<'_> {
    fn read(&self, _path: &str, _limit: usize) -> Result<Vec<u8>, String> {
        Ok(self.0.to_vec())
    }
}

#[test]
fn the_place_of_a_byte_that_is_no_text_does_not_depend_on_how_lines_end() {
    for bad in [&b"\0"[..], b"\xff"] {
        for line_break in ["\n", "\r\n", "\r"] {
            for mark in ["", "\u{feff}"] {
                let before = ["topics: {a: 1}", "members: {count: 3}", "seed: "].join(line_break);
                let bytes = [mark.as_bytes(), before.as_bytes(), bad, line_break.as_bytes(), b"zoo: 1"].concat();
                let mistakes = scenario::load("a.yaml", &One(&bytes), None).expect_err("no text").to_string();
                assert!(mistakes.contains("a.yaml:3:7\n"), "{bad:?} {line_break:?}: {mistakes}");
                let quoted = mistakes.lines().find(|line| line.starts_with("3 | ")).unwrap_or_default();
                assert!(quoted.starts_with("3 | seed:") && !quoted.contains("zoo"), "{mistakes}");
            }
        }
        let first = [&b"\xef\xbb\xbfab"[..], bad].concat();
        let mistakes = scenario::load("a.yaml", &One(&first), None).expect_err("no text").to_string();
        assert!(mistakes.contains("a.yaml:1:3\n"), "a byte order mark takes no column: {mistakes}");
    }
}
