//! What whoever watches the environment asks it: how busy its parts are, and what they came to.

use db::StoreError;
use jiff::Timestamp;
use web::{JobCounts, LookupCounts};

use crate::hasher::HashingNumbers;
use crate::state::Idp;
use crate::stores::mails::Mails;

/// How busy the environment is, and what it did since it was started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Numbers {
    /// Tasks under way that no answer waits for.
    pub background_tasks: usize,
    /// What is kept in memory, by what it is: how often it was asked for, and there.
    pub caches: [(&'static str, LookupCounts); 12],
    /// What became of mails and webhooks: by the outbox, and by how a try to deliver ended.
    pub deliveries: [(&'static str, [(&'static str, u64); 3]); 2],
    /// Computing password hashes.
    pub hashing: HashingNumbers,
    /// What is done again and again beside requests, by name.
    pub jobs: [(&'static str, JobCounts); 4],
    /// Tries to sign on, by how they ended.
    pub sign_ons: [(&'static str, u64); 6],
}

/// What waits in an outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outbox {
    /// Which one.
    pub name: &'static str,
    /// How many wait to be sent.
    pub waiting: u64,
    /// Since when the oldest does.
    pub since: Option<Timestamp>,
}

impl Idp {
    /// How busy it is, and what it did since it was started. Costs next to nothing.
    pub fn numbers(&self) -> Numbers {
        let jobs = self.jobs();
        Numbers {
            background_tasks: self.background().under_way(),
            caches: self.lookups(),
            deliveries: [
                ("mails", self.mail().deliveries().counts()),
                ("webhooks", self.webhooks().deliveries().counts()),
            ],
            hashing: self.hasher().numbers(),
            jobs: [
                ("housekeeping", jobs.housekeeping.counts()),
                ("key_rotation", jobs.key_rotation.counts()),
                ("mails", jobs.mails.counts()),
                ("webhooks", jobs.webhooks.counts()),
            ],
            sign_ons: self.sign_ons().counts(),
        }
    }

    /// What waits in the outboxes, by the database.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn outboxes(&self) -> Result<[Outbox; 2], StoreError> {
        let (mails, mails_since) = Mails::new(self.db()).waiting().await?;
        let (events, events_since) = self.subscriptions().waiting().await?;
        Ok([
            Outbox {
                name: "mails",
                waiting: mails,
                since: mails_since,
            },
            Outbox {
                name: "webhooks",
                waiting: events,
                since: events_since,
            },
        ])
    }
}
