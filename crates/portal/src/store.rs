//! The portal's own tables: sessions, the tokens of signed-on users, and what people decided about
//! their accounts.

mod deletions;
mod former_addresses;
mod sessions;
mod tokens;

use db::{Db, Migration, Statement, StoreError};
use jiff::Timestamp;

pub(crate) use deletions::Deletions;
pub(crate) use former_addresses::{FormerAddress, FormerAddresses};
pub(crate) use sessions::Sessions;
pub(crate) use tokens::Tokens;

/// Begins the names of the portal's cookies: two installations on one host must not share them.
pub(crate) const COOKIE_PREFIX: &str = "__Host-latchkey-portal-";

/// The name of the portal's set of migrations.
pub const SET: &str = "portal";

/// The portal's tables, step by step.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "sessions",
        sql: include_str!("../migrations/0001_sessions.sql"),
    },
    Migration {
        version: 2,
        name: "accounts",
        sql: include_str!("../migrations/0002_accounts.sql"),
    },
];

/// So many expired rows go at a time, so that nobody waits long behind a purge.
const PURGED_AT_A_TIME: i64 = 1_000;

const PURGE_SESSIONS: &str = "\
DELETE FROM portal_sessions WHERE id_digest IN (
    SELECT id_digest FROM portal_sessions
     WHERE idle_until <= $1 OR absolute_until <= $1 LIMIT $2)";

const PURGE_TOKENS: &str = "\
DELETE FROM portal_tokens WHERE id IN (
    SELECT id FROM portal_tokens WHERE expires_at <= $1 LIMIT $2)";

const PURGE_FORMER_ADDRESSES: &str = "\
DELETE FROM portal_former_addresses WHERE user_id IN (
    SELECT user_id FROM portal_former_addresses WHERE expires_at <= $1 LIMIT $2)";

/// Deletes what has expired; gives how many rows went. Call it again while it gives many.
pub(crate) async fn purge_expired(db: &Db, now: Timestamp) -> Result<u64, StoreError> {
    let mut purged = 0;
    for sql in [PURGE_SESSIONS, PURGE_TOKENS, PURGE_FORMER_ADDRESSES] {
        let statement = Statement::new(sql).bind(now).bind(PURGED_AT_A_TIME);
        let written = db.write(statement).await;
        purged += written
            .map_err(StoreError::during("purge what has expired"))?
            .rows_affected;
    }
    Ok(purged)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use jiff::SignedDuration;
    use pingone_axum::{TokenSet, TokenStore as _, TokensId};
    use platform::keyring::Keyring;
    use platform::{Clock as _, FrozenClock};
    use protocol::SystemRandom;
    use protocol::id::UserId;
    use time::OffsetDateTime;
    use tower_sessions::SessionStore as _;
    use tower_sessions::session::{Id, Record};

    use super::*;
    use crate::settings::SessionSettings;

    /// What both stores promise, whichever engine is behind them.
    async fn contract(db: Db) {
        db.migrate(SET, MIGRATIONS).await.unwrap();
        let clock = Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap()));
        let random = Arc::new(SystemRandom);
        let keyring = Arc::new(Keyring::random(&*random));
        let sessions = Sessions::new(
            db.clone(),
            Arc::<FrozenClock>::clone(&clock),
            Arc::<SystemRandom>::clone(&random),
            Arc::clone(&keyring),
            SessionSettings::default(),
        );
        let data = HashMap::from([("who".to_owned(), "ada".into())]);
        let mut record = Record {
            id: Id(1),
            data,
            expiry_date: OffsetDateTime::UNIX_EPOCH,
        };
        sessions.create(&mut record).await.unwrap();
        record.data.insert("who".to_owned(), "bob".into());
        sessions.save(&record).await.unwrap();
        assert_eq!(
            sessions.load(&record.id).await.unwrap().unwrap().data["who"],
            "bob"
        );
        sessions.delete(&record.id).await.unwrap();
        assert!(
            sessions.save(&record).await.is_err(),
            "an ended session stays ended"
        );

        let tokens = Arc::new(Tokens::new(db.clone(), random, keyring));
        let id = TokensId::random(&SystemRandom);
        let until = clock.now() + SignedDuration::from_hours(1);
        tokens
            .insert(id, &TokenSet::default(), until)
            .await
            .unwrap();
        let tries: Vec<_> = (0..20)
            .map(|_| {
                let tokens = Arc::clone(&tokens);
                tokio::spawn(
                    async move { tokens.replace(id, 1, &TokenSet::default()).await.unwrap() },
                )
            })
            .collect();
        let mut winners = 0;
        for one in tries {
            winners += usize::from(one.await.unwrap());
        }
        assert_eq!(winners, 1, "one of many replaces a version");

        sessions.create(&mut record).await.unwrap();
        assert_eq!(purge_expired(&db, clock.now()).await.unwrap(), 0);
        clock.advance(SignedDuration::from_hours(1));
        assert_eq!(purge_expired(&db, clock.now()).await.unwrap(), 2);
        assert!(tokens.find(id).await.unwrap().is_none());
    }

    /// What is promised about decisions on accounts.
    async fn decisions(db: Db) {
        db.migrate(SET, MIGRATIONS).await.unwrap();
        let clock = FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap());
        let user = UserId::random(&SystemRandom);
        let days = |days: i64| SignedDuration::from_hours(24 * days);

        let random = Arc::new(SystemRandom);
        let keyring = Arc::new(Keyring::random(&*random));
        let addresses = FormerAddresses::new(db.clone(), random, keyring);
        let present = "present@example.com";
        let keep = |address, is_proven| addresses.keep(user, address, is_proven, clock.now());
        let found = async || {
            let found = addresses.find(user, present, clock.now()).await.unwrap();
            found.map(|found| found.address)
        };
        let first = keep("first@example.com", false).await.unwrap().unwrap();
        assert!(keep("unproven@example.com", false).await.unwrap().is_none());
        assert_eq!(found().await.as_deref(), Some("first@example.com"));
        addresses.put_back(user, first).await.unwrap();
        assert_eq!(found().await, None);
        let _ = keep("first@example.com", true).await.unwrap().unwrap();
        let refused = keep("proven@example.com", true).await.unwrap().unwrap();
        assert_eq!(found().await.as_deref(), Some("proven@example.com"));
        addresses.put_back(user, refused).await.unwrap();
        assert_eq!(found().await.as_deref(), Some("first@example.com"));
        let refused = keep("proven@example.com", true).await.unwrap().unwrap();
        let _ = keep(present, true).await.unwrap().unwrap();
        addresses.put_back(user, refused).await.unwrap();
        assert_eq!(found().await, None, "there is nothing to come back to");
        let _ = keep("first@example.com", true).await.unwrap().unwrap();
        let rows = db.read("SELECT address FROM portal_former_addresses".into());
        let kept: String = rows.await.unwrap().pop().unwrap().get("address").unwrap();
        assert!(!kept.contains("first"), "it is sealed");
        clock.advance(days(7));
        assert_eq!(found().await, None);
        assert!(keep("third@example.com", false).await.unwrap().is_some());

        let deletions = Deletions::new(db);
        deletions.insert(user, clock.now()).await.unwrap();
        let due = deletions.find(user).await.unwrap().unwrap();
        clock.advance(days(13));
        deletions.insert(user, clock.now()).await.unwrap();
        assert_eq!(
            deletions.find(user).await.unwrap(),
            Some(due),
            "not put off"
        );
        assert!(deletions.due(clock.now()).await.unwrap().is_empty());
        assert!(
            !deletions.begin(user, clock.now()).await.unwrap(),
            "too early"
        );
        assert!(deletions.call_off(user).await.unwrap());
        assert!(!deletions.call_off(user).await.unwrap());
        deletions.insert(user, clock.now()).await.unwrap();
        clock.advance(days(14));
        assert_eq!(deletions.due(clock.now()).await.unwrap(), [user]);
        assert!(deletions.begin(user, clock.now()).await.unwrap());
        assert!(
            !deletions.begin(user, clock.now()).await.unwrap(),
            "one is at it"
        );
        assert!(!deletions.call_off(user).await.unwrap(), "it is too late");
        clock.advance(SignedDuration::from_hours(1));
        assert_eq!(
            deletions.due(clock.now()).await.unwrap(),
            [user],
            "it broke off"
        );
        deletions.put_off(user, clock.now()).await.unwrap();
        assert!(deletions.due(clock.now()).await.unwrap().is_empty());
        deletions.finish(user).await.unwrap();
        assert_eq!(deletions.find(user).await.unwrap(), None);
    }

    #[tokio::test]
    async fn decisions_on_accounts_are_kept_on_sqlite() {
        let test = db::testing::sqlite().await;
        decisions(test.db.clone()).await;
    }

    #[tokio::test]
    async fn decisions_on_accounts_are_kept_on_postgresql() {
        let Some(test) = db::testing::postgres().await else {
            return;
        };
        decisions(test.db.clone()).await;
    }

    #[tokio::test]
    async fn sessions_and_tokens_are_kept_on_sqlite() {
        let test = db::testing::sqlite().await;
        contract(test.db.clone()).await;
    }

    #[tokio::test]
    async fn sessions_and_tokens_are_kept_on_postgresql() {
        let Some(test) = db::testing::postgres().await else {
            return;
        };
        contract(test.db.clone()).await;
    }
}
