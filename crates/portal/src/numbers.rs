//! What whoever watches the portal asks it: how busy it is, and what its parts came to.

use web::{JobCounts, LookupCounts};

use crate::state::Portal;

/// How busy the portal is, and what it did since it was started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Numbers {
    /// Tasks under way that no answer waits for.
    pub background_tasks: usize,
    /// What is kept in memory, by what it is: how often it was asked for, and there. Nothing without
    /// the management API.
    pub caches: Vec<(&'static str, LookupCounts)>,
    /// What is done from time to time, by name.
    pub jobs: [(&'static str, JobCounts); 2],
}

impl Portal {
    /// What the configuration lacks for people to sign on, in words for everybody.
    pub fn missing(&self) -> Option<&'static str> {
        match (self.sign_on(), self.services()) {
            (None, _) => Some("no OpenID provider is configured, so nobody signs on"),
            (Some(_), None) => Some(
                "no worker is configured, so there is no registration, recovery or administration",
            ),
            (Some(_), Some(_)) => None,
        }
    }

    /// How busy it is, and what it did since it was started. Costs next to nothing.
    pub fn numbers(&self) -> Numbers {
        let jobs = self.jobs();
        let caches = self.services().map(|services| {
            vec![
                ("operators", services.operators.lookups()),
                ("password_policies", services.policies.lookups()),
                ("populations", services.populations.lookups()),
            ]
        });
        Numbers {
            background_tasks: self.background().under_way(),
            caches: caches.unwrap_or_default(),
            jobs: [
                ("account_deletion", jobs.account_deletion.counts()),
                ("housekeeping", jobs.housekeeping.counts()),
            ],
        }
    }
}
