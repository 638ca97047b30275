//! Why a check ends before its end.

/// What ends a check.
#[derive(Debug)]
pub(super) enum Stop {
    /// The promise is broken: what was expected, what came.
    Broken(String),
    /// It cannot be looked at here.
    Skipped(String),
}

/// A promise that is broken.
pub(super) fn broken<T>(reason: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Broken(reason.into()))
}

/// Breaks the check unless something holds.
pub(super) fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Result<(), Stop> {
    if holds { Ok(()) } else { broken(reason()) }
}
