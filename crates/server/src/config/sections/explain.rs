//! `[explain]`: what was checked while people signed on.

use ui::Mode;

use crate::config::key::Key;
use crate::config::reader::Reader;

/// Sign-ons that are kept in development.
const IN_DEVELOPMENT: usize = 50;

/// As many as anybody looks through. With what is kept beside them there are twice as many, each of
/// which may take 128 KiB.
const MOST: i64 = 1_000;

/// How many sign-ons are kept.
pub(super) fn keep(reader: &mut Reader<'_>, mode: Mode) -> usize {
    reader.section(
        "explain",
        "What was checked while people signed on: docs/explain.md.",
    );
    let keep = reader.optional_integer(
        Key::unset(
            "explain.keep",
            "50",
            "How many sign-ons that have an end can be explained at /explain, by everybody who \
             may see development pages, in production by operators and the id of a request. They \
             are kept in memory, without secrets, with half as many that are under way and half \
             as many requests that failed alone, each in at most 128 KiB. Unset: 50 in \
             development, and none in production, which 0 says as well.",
        ),
        0..=MOST,
    );
    match keep {
        Some(keep) => usize::try_from(keep).unwrap_or_default(),
        None if mode == Mode::Development => IN_DEVELOPMENT,
        None => 0,
    }
}
