//! What is done beside requests: mails and webhooks are sent, keys take each other's place, what is
//! over is deleted, memory is given back.

use std::future::Future;
use std::time::Duration;

use db::StoreError;
use jiff::{SignedDuration, Timestamp};

use crate::configuration::keys::policies;
use crate::mail::outbox;
use crate::state::Idp;
use crate::stores::expired::{Expired, Kept};

/// How often jobs look for what is over.
const HOUSEKEEPING: Duration = Duration::from_secs(10);

/// How often a deletion is repeated while there is more: as much as a busy installation makes in the
/// meantime, and more.
const MOST_PURGES: u32 = 100;

/// Mails are kept a week after they were written.
const MAIL_RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a webhook was not told for two weeks is not told any more.
const WEBHOOK_RETENTION: SignedDuration = SignedDuration::from_hours(14 * 24);

impl Idp {
    /// Does what has to be done beside requests, until `stop` completes: sends mails and webhooks,
    /// rotates keys, deletes what expired, gives memory back. Before it returns, it waits for what
    /// answers did not wait for; a mail that was written meanwhile lies in the outbox until the next
    /// start.
    pub async fn run_jobs(&self, stop: impl Future<Output = ()> + Send) {
        let stopped = tokio::sync::watch::Sender::new(false);
        let wait = |mut receiver: tokio::sync::watch::Receiver<bool>| async move {
            // An error means that the sender is gone, which is a stop as well.
            let _stopped = receiver.wait_for(|stopped| *stopped).await;
        };
        // Each is large; together they would be too large for a caller's stack frame.
        let outbox = Box::pin(outbox::run(
            self,
            self.mail(),
            (&self.jobs().mails, self.clock()),
            wait(stopped.subscribe()),
        ));
        let webhooks = Box::pin(self.webhooks().run(
            self,
            (&self.jobs().webhooks, self.clock()),
            wait(stopped.subscribe()),
        ));
        let rotation = Box::pin(policies::rotate_in_time(self, wait(stopped.subscribe())));
        let housekeeping = self.keep_house(wait(stopped.subscribe()));
        let stopping = async {
            stop.await;
            stopped.send_replace(true);
        };
        tokio::join!(outbox, webhooks, rotation, housekeeping, stopping);
        self.background().finished().await;
    }

    async fn keep_house(&self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(HOUSEKEEPING) => {}
            }
            self.hasher().release_idle_memory();
            let purged = self.purge(self.now()).await;
            self.jobs().housekeeping.ran(purged.is_ok(), self.now());
            if let Err(error) = purged {
                let cause = ui::chain_of_causes(&error).join(": ");
                tracing::warn!(
                    cause,
                    "what expired could not be deleted; it is tried again"
                );
            }
        }
    }

    async fn purge(&self, now: Timestamp) -> Result<(), StoreError> {
        let kept = Kept {
            now,
            activities_since: now - self.settings().lifetimes.activities,
            mails_since: now - MAIL_RETENTION,
            webhooks_since: now - WEBHOOK_RETENTION,
        };
        for expired in Expired::everywhere(kept) {
            for _ in 0..MOST_PURGES {
                if !expired.delete_some().commit_unrecorded(self).await? {
                    break;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use db::{Batch, Db, Statement};
    use platform::FrozenClock;
    use platform::keyring::Keyring;
    use protocol::SystemRandom;
    use url::Url;

    use super::*;
    use crate::stores::expired::PURGE_ROWS;
    use crate::{Parts, Settings};

    /// Anybody can begin sign-ons, faster than one statement deletes them.
    #[tokio::test]
    async fn more_than_one_statement_deletes_is_purged_all_the_same() {
        let now: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let db = Db::sqlite_in_memory().unwrap();
        let parts = Parts {
            db: db.clone(),
            clock: Arc::new(FrozenClock::new(now)),
            random: Arc::new(SystemRandom),
            keyring: Arc::new(Keyring::random(&SystemRandom)),
        };
        let settings = Settings::new(Url::parse("https://localhost:9443/").unwrap());
        let idp = Idp::start(settings, parts).await.unwrap();
        let (environment, application) = (idp.random().uuid(), idp.random().uuid());
        let owners = Batch::new()
            .add(
                Statement::new(
                    "INSERT INTO environments (id, organization_id, name, name_key, document, \
                     created_at, updated_at) VALUES ($1, $1, 'A', 'a', '{}', 0, 0)",
                )
                .bind(environment),
            )
            .add(
                Statement::new(
                    "INSERT INTO applications (id, environment_id, name_key, document, created_at, \
                     updated_at) VALUES ($1, $2, 'a', '{}', 0, 0)",
                )
                .bind(application)
                .bind(environment),
            );
        db.batch(owners).await.unwrap();
        let flow = |expires_at: Timestamp| {
            Statement::new(
                "INSERT INTO flows (id, environment_id, application_id, status, document, version, \
                 created_at, expires_at) VALUES ($1, $2, $3, 'X', '{}', 0, 0, $4)",
            )
            .bind(idp.random().uuid())
            .bind(environment)
            .bind(application)
            .bind(expires_at)
        };
        let expired = (0..=3 * PURGE_ROWS).map(|_| flow(now));
        let batch = expired.fold(Batch::new(), Batch::add);
        let later = now + SignedDuration::from_secs(1);
        db.batch(batch.add(flow(later))).await.unwrap();
        idp.purge(now).await.unwrap();
        let count = Statement::new("SELECT COUNT(*) AS number FROM flows");
        let row = db.read_optional(count).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>("number").unwrap(), 1);
    }
}
