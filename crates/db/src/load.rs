//! How busy the way to a database is, for whoever watches it.

/// How busy the way to a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// `postgresql` or `sqlite`.
    pub engine: &'static str,
    /// Connections that may be open: the pool's largest size. For SQLite, those for reads that touch
    /// many rows; the others are never waited for long.
    pub most_connections: usize,
    /// Of these, the ones that work at present.
    pub in_use: usize,
    /// Calls that wait for a connection; for SQLite, writes that wait for a commit.
    pub waiting: usize,
}
