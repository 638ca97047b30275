//! The environment as a whole: what every handler and job shares.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use db::{Db, Migration, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use platform::Clock;
use platform::keyring::Keyring;
use protocol::Random;
use protocol::id::EnvironmentId;
use tokio::sync::Notify;
use ui::{Brand, InvalidBrand, Messages, Site};

use crate::accounts::lockout::Strangers;
use crate::caches::Caches;
use crate::hasher::{Hasher, InvalidHashing};
use crate::mail::{self, InvalidSmtp, Smtp};
use crate::oauth::Shared;
use crate::settings::Settings;
use crate::stores::mails::Mails;
use crate::urls::Urls;

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "init",
    sql: include_str!("../migrations/0001_init.sql"),
}];

/// How often jobs look for what is over.
const HOUSEKEEPING: Duration = Duration::from_secs(10);

/// Rows that one statement of a purge deletes at most, so that it holds nobody up …
const PURGE_ROWS: u32 = 500;

/// … and how often it is repeated while there is more: as much as a busy installation makes in the
/// meantime, and more.
const MOST_PURGES: u32 = 100;

/// Mails are kept a week after they were written.
const MAIL_RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What an [`Idp`] works with.
#[derive(Debug)]
pub struct Parts {
    /// Where everything is kept.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids, codes and tokens.
    pub random: Arc<dyn Random>,
    /// Seals what must be readable again.
    pub keyring: Arc<Keyring>,
}

/// The embedded environment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Idp(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    db: Db,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keyring: Arc<Keyring>,
    urls: Urls,
    site: Site,
    hasher: Hasher,
    strangers: Strangers,
    caches: Caches,
    oauth: Shared,
    smtp: Option<Smtp>,
    outbox: Notify,
}

/// Why an [`Idp`] did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database did not answer, or is not what this program expects.
    #[error("the environment's database could not be prepared")]
    Database(#[from] StoreError),
    /// The costs of password hashes do not work.
    #[error("the settings of password hashes do not work")]
    Hashing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The mail server's settings do not work.
    #[error("the settings of the mail server do not work")]
    Mail(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The brand's settings do not work.
    #[error("the settings of the brand do not work")]
    Brand(#[from] InvalidBrand),
}

impl From<InvalidHashing> for StartError {
    fn from(error: InvalidHashing) -> Self {
        Self::Hashing(Box::new(error))
    }
}

impl From<InvalidSmtp> for StartError {
    fn from(error: InvalidSmtp) -> Self {
        Self::Mail(Box::new(error))
    }
}

impl Idp {
    /// Brings the database to this version and prepares everything that requests need.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the database or a setting does not work.
    pub async fn start(settings: Settings, parts: Parts) -> Result<Self, StartError> {
        let Parts {
            db,
            clock,
            random,
            keyring,
        } = parts;
        db.migrate("idp", MIGRATIONS).await?;
        let brand = Arc::new(Brand::parse(&settings.brand)?);
        let messages = Messages::english(&[
            include_str!("../locales/en/idp.ftl"),
            include_str!("../locales/en/mail.ftl"),
        ]);
        let smtp = settings.smtp.as_ref().map(Smtp::new).transpose()?;
        Ok(Self(Arc::new(Inner {
            urls: Urls::new(&settings.public_url),
            site: Site::new(messages, brand, settings.mode),
            hasher: Hasher::new(settings.hashing)?,
            strangers: Strangers::default(),
            caches: Caches::default(),
            oauth: Shared::new(&settings),
            smtp,
            outbox: Notify::new(),
            settings,
            db,
            clock,
            random,
            keyring,
        })))
    }

    /// Does what has to be done beside requests, until `stop` completes: sends mails, deletes what
    /// expired, gives memory back.
    pub async fn run_jobs(&self, stop: impl Future<Output = ()> + Send) {
        let stopped = tokio::sync::watch::Sender::new(false);
        let wait = |mut receiver: tokio::sync::watch::Receiver<bool>| async move {
            // An error means that the sender is gone, which is a stop as well.
            let _stopped = receiver.wait_for(|stopped| *stopped).await;
        };
        let outbox = async {
            if let Some(smtp) = &self.0.smtp {
                mail::run_outbox(self, smtp, wait(stopped.subscribe())).await;
            }
        };
        let housekeeping = self.keep_house(wait(stopped.subscribe()));
        let stopping = async {
            stop.await;
            stopped.send_replace(true);
        };
        tokio::join!(outbox, housekeeping, stopping);
    }

    async fn keep_house(&self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(HOUSEKEEPING) => {}
            }
            self.0.hasher.release_idle_memory();
            if let Err(error) = self.purge(self.now()).await {
                let cause = ui::chain_of_causes(&error).join(": ");
                tracing::warn!(
                    cause,
                    "what expired could not be deleted; it is tried again"
                );
            }
        }
    }

    /// Deletes some of what is over. What is over has no effect even before it is deleted.
    async fn purge(&self, now: Timestamp) -> Result<(), StoreError> {
        const EXPIRED: [&str; 5] = [
            "DELETE FROM flows WHERE id IN \
             (SELECT id FROM flows WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            "DELETE FROM authorization_codes WHERE digest IN \
             (SELECT digest FROM authorization_codes WHERE expires_at <= $1 \
              ORDER BY expires_at LIMIT $2)",
            "DELETE FROM refresh_tokens WHERE digest IN \
             (SELECT digest FROM refresh_tokens WHERE expires_at <= $1 \
              ORDER BY expires_at LIMIT $2)",
            "DELETE FROM grants WHERE id IN \
             (SELECT id FROM grants WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            "DELETE FROM browser_sessions WHERE id IN \
             (SELECT id FROM browser_sessions WHERE expires_at <= $1 \
              ORDER BY expires_at LIMIT $2)",
        ];
        const OLD_ACTIVITIES: &str = "\
            DELETE FROM activities WHERE id IN \
            (SELECT id FROM activities WHERE recorded_at <= $1 ORDER BY recorded_at LIMIT $2)";
        for sql in EXPIRED {
            self.purge_table(sql, now).await?;
        }
        let oldest = now - self.settings().lifetimes.activities;
        self.purge_table(OLD_ACTIVITIES, oldest).await?;
        Mails::new(self.db())
            .purge(now - MAIL_RETENTION, PURGE_ROWS)
            .await?;
        Ok(())
    }

    async fn purge_table(&self, sql: &'static str, until: Timestamp) -> Result<(), StoreError> {
        for _ in 0..MOST_PURGES {
            let delete = Statement::new(sql).bind(until).bind(PURGE_ROWS);
            if self.db().write(delete).await?.rows_affected < u64::from(PURGE_ROWS) {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    /// The present instant: read once per request.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.0.keyring
    }

    pub(crate) fn urls(&self) -> &Urls {
        &self.0.urls
    }

    pub(crate) fn site(&self) -> &Site {
        &self.0.site
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    pub(crate) fn strangers(&self) -> &Strangers {
        &self.0.strangers
    }

    /// What the OpenID provider keeps in memory.
    pub(crate) fn oauth(&self) -> &Shared {
        &self.0.oauth
    }

    /// Whether people may make accounts for themselves on the hosted pages.
    pub(crate) fn allows_registration(&self) -> bool {
        self.settings().registration
    }

    pub(crate) fn caches(&self) -> &Caches {
        &self.0.caches
    }

    /// Tells the outbox's job that a mail waits.
    pub(crate) fn wake_outbox(&self) {
        self.0.outbox.notify_one();
    }

    /// Completes when a mail waits.
    pub(crate) async fn outbox_woken(&self) {
        self.0.outbox.notified().await;
    }

    /// What an environment is called, for pages and mails.
    pub(crate) async fn environment_name(
        &self,
        environment: EnvironmentId,
    ) -> Result<String, StoreError> {
        const NAME: &str = "SELECT name FROM environments WHERE id = $1";
        let row = self
            .db()
            .read_optional(Statement::new(NAME).bind(environment.as_uuid()))
            .await
            .map_err(StoreError::during("read an environment's name"))?;
        match row {
            Some(row) => row.get("name"),
            None => Ok(String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use db::Batch;
    use platform::FrozenClock;
    use protocol::SystemRandom;
    use url::Url;

    use super::*;
    use crate::demo;

    /// Anybody can begin sign-ons, faster than one statement deletes them.
    #[tokio::test]
    async fn more_than_one_statement_deletes_is_purged_all_the_same() {
        let now: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let parts = Parts {
            db: Db::sqlite_in_memory().unwrap(),
            clock: Arc::new(FrozenClock::new(now)),
            random: Arc::new(SystemRandom),
            keyring: Arc::new(Keyring::random(&SystemRandom)),
        };
        let settings = Settings::new(Url::parse("https://localhost:9443/").unwrap());
        let idp = Idp::start(settings, parts).await.unwrap();
        let portal = Url::parse("https://localhost:8080/").unwrap();
        let portal = crate::PortalAddresses::new(portal);
        let demo = demo::ensure(&idp, portal).await.unwrap();
        let flow = |expires_at: Timestamp| {
            Statement::new(
                "INSERT INTO flows (id, environment_id, application_id, status, document, version, \
                 created_at, expires_at) VALUES ($1, $2, $3, 'X', '{}', 0, 0, $4)",
            )
            .bind(idp.random().uuid())
            .bind(demo.environment_id.as_uuid())
            .bind(demo.client_id.as_uuid())
            .bind(expires_at)
        };
        let expired = (0..=3 * PURGE_ROWS).map(|_| flow(now));
        let batch = expired.fold(Batch::new(), Batch::add);
        let later = now + SignedDuration::from_secs(1);
        idp.db().batch(batch.add(flow(later))).await.unwrap();
        idp.purge(now).await.unwrap();
        let count = Statement::new("SELECT COUNT(*) AS number FROM flows");
        let row = idp.db().read_optional(count).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>("number").unwrap(), 1);
    }
}
