//! Which of the two servers a process runs.

/// The servers of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Servers {
    /// The portal and the embedded environment.
    Both,
    /// The portal alone.
    Portal,
    /// The embedded environment alone.
    Environment,
}

impl Servers {
    /// Whether the portal is among them.
    pub const fn has_portal(self) -> bool {
        !matches!(self, Self::Environment)
    }

    /// Whether the embedded environment is among them.
    pub const fn has_environment(self) -> bool {
        !matches!(self, Self::Portal)
    }
}
