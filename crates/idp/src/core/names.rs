//! Bringing the keys of stored names up to the present rule of comparison, once per rule and
//! installation.

use db::StoreError;

use super::Core;
use crate::stores::name_keys::{Keyed, NameKeys, OTHERS, USERS};

/// Brings all keys up to date, unless a start before this one has done so. Several nodes may do it
/// at once, and one that is interrupted does it again.
pub(crate) async fn bring_up_to_date(core: &Core) -> Result<(), StoreError> {
    let refolded = refold(core).await;
    refolded.map_err(StoreError::during("bring the keys of names up to date"))
}

async fn refold(core: &Core) -> Result<(), StoreError> {
    let keys = NameKeys::new(core.db());
    if keys.is_noted().await? {
        return Ok(());
    }
    for keyed in &OTHERS {
        let mut after = String::new();
        while let Some(last) = refold_batch(core, keyed, &after).await? {
            after = last;
        }
    }
    let mut after = String::new();
    while let Some(last) = refold_batch(core, &USERS, &after).await? {
        for change in keys.outdated_attributes(&after, &last).await? {
            change.commit_unrecorded(core).await?;
        }
        after = last;
    }
    NameKeys::note().commit_unrecorded(core).await
}

/// Gives the id of the last row of the batch behind `after`; `None` when there is none.
async fn refold_batch(
    core: &Core,
    keyed: &Keyed,
    after: &str,
) -> Result<Option<String>, StoreError> {
    let Some(page) = NameKeys::new(core.db()).outdated(keyed, after).await? else {
        return Ok(None);
    };
    for (id, change) in page.outdated {
        match change.commit_unrecorded(core).await {
            Ok(()) => {}
            // Which of both is meant is for people to say.
            Err(error) if error.is_unique_violation() => tracing::warn!(
                table = keyed.table,
                row.id = %id,
                "by the present comparison another row has the same name; this one is not found by \
                 its name before it is given another"
            ),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(page.last))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use db::testing::TestDb;
    use db::{Batch, Db, Statement};
    use platform::FrozenClock;
    use platform::keyring::Keyring;
    use protocol::SystemRandom;
    use protocol::id::EnvironmentId;
    use url::Url;

    use crate::stores::name_keys::BATCH_ROWS;
    use crate::stores::users::Users;
    use crate::{Idp, Parts, Settings};

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
        let reader = db.reader();
        let users = Users::new(&reader);
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
