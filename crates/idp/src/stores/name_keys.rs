//! Bringing the keys of stored names up to the present rule of comparison ([`fold`]).
//!
//! A key of the earlier rule (compatibility-composed, lower case) has what the present one needs:
//! folding it gives the key of the name itself, so no document is read.

use db::{Batch, Db, Row, Statement, StoreError};

use super::fold;
use super::users::LONGEST_FILTERABLE;

/// The present rule. Whoever changes what [`fold`] gives names it anew.
const RULE: &str = "unicode-case-folding";

/// Rows that are read at a time.
const BATCH_ROWS: u32 = 500;

const IS_NOTED: &str = "SELECT rule FROM name_rules WHERE rule = $1";

const NOTE: &str = "INSERT INTO name_rules (rule) VALUES ($1) ON CONFLICT (rule) DO NOTHING";

/// A table whose rows have one key each.
struct Keyed {
    table: &'static str,
    page: &'static str,
    update: &'static str,
}

macro_rules! keyed {
    ($table:literal, $column:literal) => {
        Keyed {
            table: $table,
            page: concat!(
                "SELECT id, ",
                $column,
                " AS name_key FROM ",
                $table,
                " WHERE id > $1 ORDER BY id LIMIT $2"
            ),
            update: concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $3 WHERE id = $1 AND ",
                $column,
                " = $2"
            ),
        }
    };
}

const USERS: Keyed = keyed!("users", "username_key");

const OTHERS: [Keyed; 6] = [
    keyed!("environments", "name_key"),
    keyed!("password_policies", "name_key"),
    keyed!("populations", "name_key"),
    keyed!("applications", "name_key"),
    keyed!("resources", "name_key"),
    keyed!("groups", "name_key"),
];

/// The attributes of the users of one batch.
const ATTRIBUTES: &str = "\
SELECT environment_id, name, value_key, user_id FROM user_attributes
 WHERE user_id > $1 AND user_id <= $2";

const INSERT_ATTRIBUTE: &str = "\
INSERT INTO user_attributes (environment_id, name, value_key, user_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (environment_id, name, value_key, user_id) DO NOTHING";

const DELETE_ATTRIBUTE: &str = "\
DELETE FROM user_attributes
 WHERE environment_id = $1 AND name = $2 AND value_key = $3 AND user_id = $4";

/// Brings all keys up to date, unless a start before this one has done so. Several nodes may do it
/// at once, and one that is interrupted does it again.
pub(crate) async fn bring_up_to_date(db: &Db) -> Result<(), StoreError> {
    let during = StoreError::during("bring the keys of names up to date");
    refold(db).await.map_err(during)
}

async fn refold(db: &Db) -> Result<(), StoreError> {
    let noted = Statement::new(IS_NOTED).bind(RULE);
    if db.read_optional(noted).await?.is_some() {
        return Ok(());
    }
    for keyed in OTHERS {
        let mut after = String::new();
        while let Some(last) = refold_batch(db, &keyed, &after).await? {
            after = last;
        }
    }
    let mut after = String::new();
    while let Some(last) = refold_batch(db, &USERS, &after).await? {
        refold_attributes(db, &after, &last).await?;
        after = last;
    }
    db.write(Statement::new(NOTE).bind(RULE)).await?;
    Ok(())
}

/// Gives the id of the last row of the batch behind `after`; `None` when there is none.
async fn refold_batch(db: &Db, keyed: &Keyed, after: &str) -> Result<Option<String>, StoreError> {
    let page = Statement::new(keyed.page).bind(after).bind(BATCH_ROWS);
    let mut last = None;
    for row in db.read(page).await? {
        let (id, old): (String, String) = (row.get("id")?, row.get("name_key")?);
        let new = fold(&old);
        if new != old {
            let update = Statement::new(keyed.update).bind(id.as_str());
            match db.write(update.bind(old).bind(new)).await {
                Ok(_) => {}
                // Which of both is meant is for people to say.
                Err(error) if error.is_unique_violation() => tracing::warn!(
                    table = keyed.table,
                    row.id = %id,
                    "by the present comparison another row has the same name; this one is not \
                     found by its name before it is given another"
                ),
                Err(error) => return Err(error),
            }
        }
        last = Some(id);
    }
    Ok(last)
}

async fn refold_attributes(db: &Db, after: &str, last: &str) -> Result<(), StoreError> {
    let attributes = Statement::new(ATTRIBUTES).bind(after).bind(last);
    for row in db.read(attributes).await? {
        let old: String = row.get("value_key")?;
        let new: String = fold(&old).chars().take(LONGEST_FILTERABLE).collect();
        if new != old {
            // Two values of one user may become one.
            let insert = with_key(&row, INSERT_ATTRIBUTE, new)?;
            let delete = with_key(&row, DELETE_ATTRIBUTE, old)?;
            db.batch(Batch::new().add(insert).add(delete)).await?;
        }
    }
    Ok(())
}

fn with_key(row: &Row, sql: &'static str, key: String) -> Result<Statement, StoreError> {
    Ok(Statement::new(sql)
        .bind(row.get::<String>("environment_id")?)
        .bind(row.get::<String>("name")?)
        .bind(key)
        .bind(row.get::<String>("user_id")?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use db::testing::TestDb;
    use platform::FrozenClock;
    use platform::keyring::Keyring;
    use protocol::SystemRandom;
    use protocol::id::EnvironmentId;
    use url::Url;

    use super::*;
    use crate::state::Idp;
    use crate::stores::users::Users;
    use crate::{Parts, Settings};

    async fn start(db: &Db) -> Idp {
        let parts = Parts {
            db: db.clone(),
            clock: Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap())),
            random: Arc::new(SystemRandom),
            keyring: Arc::new(Keyring::random(&SystemRandom)),
        };
        let settings = Settings::new(Url::parse("https://localhost:9443/").unwrap());
        Idp::start(settings, parts).await.unwrap()
    }

    /// What an earlier program wrote: keys in lower case.
    fn user(environment: EnvironmentId, n: u32, username_key: &str, email_key: &str) -> Batch {
        let id = format!("00000000-0000-4000-8000-{n:012}");
        let environment = environment.as_uuid();
        let attribute = |name: &'static str, key: &str| {
            Statement::new(
                "INSERT INTO user_attributes (environment_id, name, value_key, user_id) \
                 VALUES ($1, $2, $3, $4)",
            )
            .bind(environment)
            .bind(name)
            .bind(key)
            .bind(id.as_str())
        };
        Batch::new()
            .add(
                Statement::new(
                    "INSERT INTO users (id, environment_id, population_id, username, username_key, \
                     email, email_verified, enabled, verification_required, mfa_enabled, document, \
                     version, created_at, updated_at) \
                     VALUES ($2, $1, $1, $3, $3, $4, TRUE, TRUE, FALSE, FALSE, '{}', 0, 0, 0)",
                )
                .bind(environment)
                .bind(id.as_str())
                .bind(username_key)
                .bind(email_key),
            )
            .add(attribute("username", username_key))
            .add(attribute("email", email_key))
            // Two values that are one by the present rule.
            .add(attribute("nickname", "weiß"))
            .add(attribute("nickname", "weiss"))
    }

    async fn names_are_found(test: TestDb) {
        let db = &test.db;
        let environment = EnvironmentId::random(&SystemRandom);
        start(db).await;
        let named = |sql: &'static str| {
            let insert = Statement::new(sql).bind(environment.as_uuid());
            Batch::new().add(insert)
        };
        for batch in [
            named("DELETE FROM name_rules WHERE rule <> $1"),
            named(
                "INSERT INTO environments (id, organization_id, name, name_key, document, \
                 created_at, updated_at) VALUES ($1, $1, 'Große', 'große', '{}', 0, 0)",
            ),
            named(
                "INSERT INTO populations (id, environment_id, name, name_key, is_default, \
                 created_at, updated_at) VALUES ($1, $1, 'A', 'a', TRUE, 0, 0)",
            ),
            user(environment, 1, "strauß", "ada@bücher.example"),
            user(environment, 2, "ada@bücher.example", "x@example.com"),
            user(environment, 3, "weiß", "y@example.com"),
            user(environment, 4, "weiss", "z@example.com"),
        ] {
            db.batch(batch).await.unwrap();
        }
        // More than one batch, the last of which holds one that is changed.
        for n in 10..=BATCH_ROWS + 10 {
            let name = format!("u{n}");
            db.batch(user(environment, n, &name, &name)).await.unwrap();
        }
        db.batch(user(environment, 9_999, "ΐς", "ς@example.com"))
            .await
            .unwrap();
        let users = Users::new(db);
        let find = async |name: &str| {
            let found = users.find_by_username(environment, name).await.unwrap();
            found.map(|user| user.username)
        };
        assert_eq!(find("STRAUSS").await, None, "it has its old key");

        start(db).await;
        assert_eq!(find("STRAUSS").await.unwrap(), "strauß");
        assert_eq!(
            find("ada@BÜCHER.example").await.unwrap(),
            "ada@bücher.example"
        );
        assert_eq!(find("ΐΣ").await.unwrap(), "ΐς");
        assert_eq!(
            find("weiß").await.unwrap(),
            "weiss",
            "who had the name first"
        );
        let by_email = users.find_by_email(environment, "Ada@xn--bcher-kva.example");
        assert_eq!(by_email.await.unwrap().len(), 1);
        let rows = async |sql: &'static str| db.read(Statement::new(sql)).await.unwrap().len();
        let large = "SELECT id FROM environments WHERE name_key = 'grosse'";
        assert_eq!(rows(large).await, 1);
        let kept = "SELECT id FROM users WHERE username_key = 'weiß'";
        assert_eq!(rows(kept).await, 1, "who collides keeps the old key");
        let white = "SELECT value_key FROM user_attributes WHERE name = 'nickname' \
                     AND value_key <> 'weiss'";
        assert_eq!(rows(white).await, 0);

        // It is done once.
        let old = "UPDATE environments SET name_key = 'große'";
        db.write(Statement::new(old)).await.unwrap();
        start(db).await;
        assert_eq!(rows(large).await, 0);
    }

    #[tokio::test]
    async fn names_from_before_full_case_folding_are_found_after_a_start_on_sqlite() {
        names_are_found(db::testing::sqlite().await).await;
    }

    #[tokio::test]
    async fn names_from_before_full_case_folding_are_found_after_a_start_on_postgresql() {
        if let Some(test) = db::testing::postgres().await {
            names_are_found(test).await;
        }
    }
}
