//! What is counted while the environment works, for whoever watches it. Names are a closed set: each
//! becomes a time series.

use web::{Count, Job};

/// What is done again and again beside requests.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    pub(crate) housekeeping: Job,
    pub(crate) key_rotation: Job,
    pub(crate) mails: Job,
    pub(crate) webhooks: Job,
}

/// How a try to sign on ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignOnResult {
    /// The account is disabled or locked; the password was right.
    AccountNotUsable,
    /// Too many passwords were being checked.
    Busy,
    /// Everything that the application demands was given.
    Completed,
    /// The environment itself could not do it.
    Failed,
    /// Too many wrong passwords for this name.
    LockedOut,
    /// No such name, or another password.
    WrongPassword,
}

/// Tries to sign on by how they ended.
#[derive(Debug, Default)]
pub(crate) struct SignOns {
    account_not_usable: Count,
    busy: Count,
    completed: Count,
    failed: Count,
    locked_out: Count,
    wrong_password: Count,
}

impl SignOns {
    /// Counts one.
    pub(crate) fn ended(&self, result: SignOnResult) {
        let count = match result {
            SignOnResult::AccountNotUsable => &self.account_not_usable,
            SignOnResult::Busy => &self.busy,
            SignOnResult::Completed => &self.completed,
            SignOnResult::Failed => &self.failed,
            SignOnResult::LockedOut => &self.locked_out,
            SignOnResult::WrongPassword => &self.wrong_password,
        };
        count.add();
    }

    /// How many there were of each.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 6] {
        [
            ("account_not_usable", &self.account_not_usable),
            ("busy", &self.busy),
            ("completed", &self.completed),
            ("failed", &self.failed),
            ("locked_out", &self.locked_out),
            ("wrong_password", &self.wrong_password),
        ]
        .map(|(name, count)| (name, count.get()))
    }
}
