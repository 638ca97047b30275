//! Sessions in the database: what `tower-sessions` keeps, digested and sealed.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use db::{Db, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use platform::Clock;
use platform::keyring::Keyring;
use protocol::Random;
use protocol::secret::sha256;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::settings::SessionSettings;

/// A session in use is pushed out when it has lost this part of its idle time: not at every
/// request, which would make each one a write.
const PUSH_OUT_AFTER: i32 = 10;

/// Keeps sessions. Their end is decided here, by the portal's clock; `tower-sessions` itself only
/// makes a cookie that ends with the browser.
#[derive(Clone)]
pub(crate) struct Sessions {
    db: Db,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keyring: Arc<Keyring>,
    settings: SessionSettings,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

const INSERT: &str = "\
INSERT INTO portal_sessions (id_digest, data, idle_until, absolute_until, provider_session)
VALUES ($1, $2, $3, $4, $5)";

/// Not an upsert: a late request must not revive a session that was ended.
const UPDATE: &str = "\
UPDATE portal_sessions SET data = $2, idle_until = $3, provider_session = $4 WHERE id_digest = $1";

const FIND: &str = "\
SELECT data, idle_until FROM portal_sessions
 WHERE id_digest = $1 AND idle_until > $2 AND absolute_until > $2";

const PUSH_OUT: &str = "\
UPDATE portal_sessions SET idle_until = $2 WHERE id_digest = $1 AND idle_until < $2";

const DELETE: &str = "DELETE FROM portal_sessions WHERE id_digest = $1";

const END_BEHIND: &str = "DELETE FROM portal_sessions WHERE provider_session = $1";

impl Sessions {
    pub(crate) fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        keyring: Arc<Keyring>,
        settings: SessionSettings,
    ) -> Self {
        Self {
            db,
            clock,
            random,
            keyring,
            settings,
        }
    }

    /// Ends the sessions here that hang on a session of the provider, in whichever browser.
    pub(crate) async fn end_behind(&self, provider_session: &str) -> Result<()> {
        let end = Statement::new(END_BEHIND).bind(sha256(provider_session));
        let ended = self.db.write(end).await;
        ended.map_err(backend("end the sessions of a browser"))?;
        Ok(())
    }

    fn seal(&self, digest: &str, record: &Record) -> Result<String> {
        let data =
            serde_json::to_vec(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        Ok(self.keyring.seal(&context(digest), &data, &*self.random))
    }

    fn idle_until(&self, now: Timestamp) -> Timestamp {
        after(now, self.settings.idle)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let now = self.clock.now();
        // 128 random bits: a collision would be refused by the primary key, and nobody sees one.
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        record.id = Id(i128::from_be_bytes(bytes));
        let digest = digest(&record.id);
        let insert = Statement::new(INSERT)
            .bind(&digest)
            .bind(self.seal(&digest, record)?)
            .bind(self.idle_until(now))
            .bind(after(now, self.settings.absolute))
            .bind(provider_session(record));
        self.db
            .write(insert)
            .await
            .map_err(backend("begin a session"))?;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let digest = digest(&record.id);
        let update = Statement::new(UPDATE)
            .bind(&digest)
            .bind(self.seal(&digest, record)?)
            .bind(self.idle_until(self.clock.now()))
            .bind(provider_session(record));
        let written = self
            .db
            .write(update)
            .await
            .map_err(backend("save a session"))?;
        if written.rows_affected == 0 {
            return Err(Error::Backend(
                "the session was ended in the meantime".to_owned(),
            ));
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let (now, digest) = (self.clock.now(), digest(id));
        let find = Statement::new(FIND).bind(&digest).bind(now);
        let read = backend("read a session");
        let Some(row) = self.db.read_optional(find).await.map_err(&read)? else {
            return Ok(None);
        };
        let sealed: String = row.get("data").map_err(&read)?;
        let Ok(data) = self.keyring.open(&context(&digest), &sealed) else {
            tracing::warn!("a session was sealed with a key that is gone; it is ended");
            return Ok(None);
        };
        let idle_until: Timestamp = row.get("idle_until").map_err(&read)?;
        let pushed_out = self.idle_until(now);
        if idle_until.duration_until(pushed_out) >= self.settings.idle / PUSH_OUT_AFTER {
            let push_out = Statement::new(PUSH_OUT).bind(&digest).bind(pushed_out);
            self.db
                .write(push_out)
                .await
                .map_err(backend("push out a session"))?;
        }
        let data =
            serde_json::from_slice(&data).map_err(|error| Error::Decode(error.to_string()))?;
        // The date is not used: the row's own two instants decide.
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date: OffsetDateTime::UNIX_EPOCH,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let delete = Statement::new(DELETE).bind(digest(id));
        self.db
            .write(delete)
            .await
            .map_err(backend("end a session"))?;
        Ok(())
    }
}

fn digest(id: &Id) -> String {
    sha256(&id.to_string())
}

fn provider_session(record: &Record) -> Option<String> {
    pingone_axum::provider_session(&record.data).map(sha256)
}

fn context(digest: &str) -> String {
    format!("portal_sessions.data:{digest}")
}

fn after(now: Timestamp, duration: SignedDuration) -> Timestamp {
    now.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

fn backend(action: &'static str) -> impl Fn(StoreError) -> Error {
    move |error| {
        let error = StoreError::during(action)(error);
        Error::Backend(ui::chain_of_causes(&error).join(": "))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use platform::FrozenClock;
    use protocol::SeededRandom;

    use super::*;
    use crate::store::{MIGRATIONS, SET, purge_expired};

    async fn store() -> (Sessions, Arc<FrozenClock>) {
        let db = Db::sqlite_in_memory().unwrap();
        db.migrate(SET, MIGRATIONS).await.unwrap();
        let clock = Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap()));
        let random = Arc::new(SeededRandom::new(1));
        let keyring = Arc::new(Keyring::random(&*random));
        let settings = SessionSettings::default();
        let sessions = Sessions::new(
            db,
            Arc::<FrozenClock>::clone(&clock),
            random,
            keyring,
            settings,
        );
        (sessions, clock)
    }

    async fn session(sessions: &Sessions) -> Record {
        let data = HashMap::from([("who".to_owned(), "ada".into())]);
        let mut record = Record {
            id: Id(1),
            data,
            expiry_date: OffsetDateTime::UNIX_EPOCH,
        };
        sessions.create(&mut record).await.unwrap();
        record
    }

    #[tokio::test]
    async fn a_session_that_is_only_read_is_pushed_out() {
        let (sessions, clock) = store().await;
        let id = session(&sessions).await.id;
        for _ in 0..10 {
            clock.advance(SignedDuration::from_mins(14));
            assert!(sessions.load(&id).await.unwrap().is_some());
        }
        clock.advance(SignedDuration::from_mins(15));
        assert!(sessions.load(&id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_absolute_limit_ends_a_session_in_use() {
        let (sessions, clock) = store().await;
        let id = session(&sessions).await.id;
        for _ in 0..71 {
            clock.advance(SignedDuration::from_mins(10));
            assert!(sessions.load(&id).await.unwrap().is_some());
        }
        clock.advance(SignedDuration::from_mins(10));
        assert!(sessions.load(&id).await.unwrap().is_none());
        assert_eq!(purge_expired(&sessions.db, clock.now()).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_late_request_does_not_revive_an_ended_session() {
        let (sessions, _) = store().await;
        let record = session(&sessions).await;
        sessions.delete(&record.id).await.unwrap();
        assert!(sessions.save(&record).await.is_err());
        assert!(sessions.load(&record.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_database_sees_neither_ids_nor_contents() {
        let (sessions, _) = store().await;
        let id = session(&sessions).await.id;
        let rows = sessions
            .db
            .read("SELECT id_digest, data FROM portal_sessions".into())
            .await;
        let row = rows.unwrap().pop().unwrap();
        assert_ne!(row.get::<String>("id_digest").unwrap(), id.to_string());
        assert!(!row.get::<String>("data").unwrap().contains("ada"));
    }

    #[tokio::test]
    async fn a_session_ends_with_the_one_at_the_provider_and_no_other_does() {
        let (sessions, _) = store().await;
        let mut records = Vec::new();
        for sid in ["one", "other"] {
            let claims = serde_json::json!({ "claims": { "sid": sid } });
            let data = HashMap::from([("signed_on".to_owned(), claims)]);
            let mut record = Record {
                id: Id(1),
                data,
                expiry_date: OffsetDateTime::UNIX_EPOCH,
            };
            sessions.create(&mut record).await.unwrap();
            records.push(record);
        }
        sessions.end_behind("one").await.unwrap();
        assert!(sessions.load(&records[0].id).await.unwrap().is_none());
        assert!(sessions.load(&records[1].id).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_session_of_another_installation_is_none() {
        let (mut sessions, _) = store().await;
        let id = session(&sessions).await.id;
        sessions.keyring = Arc::new(Keyring::random(&SeededRandom::new(9)));
        assert!(sessions.load(&id).await.unwrap().is_none());
    }
}
