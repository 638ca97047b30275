//! Counts what the test runners report.

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

impl Tally {
    /// Adds what a closing line of cargo's test runner says, any other line adds nothing.
    pub(crate) fn see_cargo(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.passed += before(rest, " passed");
            self.failed += before(rest, " failed");
        }
    }

    /// Adds what a closing line of Node's test runner says, any other line adds nothing. What was
    /// skipped has not passed: whatever a test needs is installed before it.
    pub(crate) fn see_node(&mut self, line: &str) {
        let line = line.trim_start_matches(['\u{2139}', '#']).trim_start();
        match line.split_once(' ') {
            Some(("pass", count)) => self.passed += count.trim().parse().unwrap_or(0),
            Some(("fail" | "cancelled" | "skipped" | "todo", count)) => {
                self.failed += count.trim().parse().unwrap_or(0);
            }
            _ => {}
        }
    }
}

/// The number that stands before `word`.
fn before(line: &str, word: &str) -> u32 {
    let Some((head, _)) = line.split_once(word) else {
        return 0;
    };
    head.rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_cargo_are_added_up() {
        let mut tally = Tally::default();
        tally.see_cargo("running 3 tests");
        tally.see_cargo("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured");
        tally.see_cargo("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured");
        assert_eq!(
            tally,
            Tally {
                passed: 13,
                failed: 2
            }
        );
    }

    #[test]
    fn closing_lines_of_node_are_added_up() {
        let mut tally = Tally::default();
        for line in [
            "\u{2139} tests 9",
            "\u{2139} pass 7",
            "\u{2139} fail 1",
            "# cancelled 1",
            "# skipped 2",
            "\u{2139} todo 0",
        ] {
            tally.see_node(line);
        }
        assert_eq!(
            tally,
            Tally {
                passed: 7,
                failed: 4
            }
        );
    }

    #[test]
    fn a_test_that_is_named_like_a_closing_line_adds_nothing() {
        let mut tally = Tally::default();
        tally.see_node("pass on the code");
        tally.see_cargo("test passed ... ok");
        assert_eq!(tally, Tally::default());
    }
}
