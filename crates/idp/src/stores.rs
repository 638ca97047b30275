//! The SQL: one file per table or small group of tables, over [`db::Reader`].
//!
//! A store borrows the database's reading side; those whose answers every request needs own it and
//! keep what they read for a moment. One set of verbs: `find` may be absent, `load` may not, `list`
//! and `page`, `insert`, `update`, `delete`. What changes something returns a
//! [`Change`](change::Change), which its caller commits with an entry in the audit log; what uses
//! something up for one caller alone is a [`Claim`](change::Claim). The time is an argument.

pub(crate) mod activities;
pub(crate) mod application_attributes;
pub(crate) mod application_secrets;
pub(crate) mod applications;
pub(crate) mod authorization_codes;
pub(crate) mod change;
pub(crate) mod codes;
pub(crate) mod configuration;
pub(crate) mod consents;
pub(crate) mod custom_roles;
pub(crate) mod dependents;
pub(crate) mod device_authentications;
pub(crate) mod editions;
pub(crate) mod email_delivery;
pub(crate) mod endings;
pub(crate) mod environments;
pub(crate) mod expired;
pub(crate) mod filter_sql;
pub(crate) mod flows;
pub(crate) mod former_addresses;
pub(crate) mod grants;
pub(crate) mod group_rules;
pub(crate) mod groups;
pub(crate) mod images;
pub(crate) mod key_pairs;
pub(crate) mod languages;
pub(crate) mod licenses;
pub(crate) mod linked_accounts;
pub(crate) mod mails;
pub(crate) mod name_keys;
pub(crate) mod notification_quotas;
pub(crate) mod password_policies;
pub(crate) mod passwords;
pub(crate) mod population_users;
pub(crate) mod populations;
pub(crate) mod profile_prompts;
pub(crate) mod record;
pub(crate) mod refresh_tokens;
pub(crate) mod reports;
pub(crate) mod resource_attributes;
pub(crate) mod resource_secrets;
pub(crate) mod resources;
pub(crate) mod role_assignments;
pub(crate) mod rotation_policies;
pub(crate) mod sealed;
pub(crate) mod sessions;
pub(crate) mod sign_on_conditions;
pub(crate) mod sign_on_policies;
pub(crate) mod signing_keys;
pub(crate) mod subscriptions;
pub(crate) mod templates;
pub(crate) mod themes;
pub(crate) mod user_schemas;
pub(crate) mod user_search;
pub(crate) mod users;

use db::{Migration, Row, StoreError};
use jiff::Timestamp;

/// The name of the environment's set of tables.
pub const TABLES: &str = "idp";

/// What made the tables, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "init",
        sql: include_str!("../migrations/0001_init.sql"),
    },
    Migration {
        version: 2,
        name: "groups",
        sql: include_str!("../migrations/0002_groups.sql"),
    },
    Migration {
        version: 3,
        name: "operators",
        sql: include_str!("../migrations/0003_operators.sql"),
    },
    Migration {
        version: 4,
        name: "also",
        sql: include_str!("../migrations/0004_also.sql"),
    },
    Migration {
        version: 5,
        name: "population_users",
        sql: include_str!("../migrations/0005_population_users.sql"),
    },
    Migration {
        version: 6,
        name: "mail_addresses",
        sql: include_str!("../migrations/0006_mail_addresses.sql"),
    },
    Migration {
        version: 7,
        name: "live_recovery_codes",
        sql: include_str!("../migrations/0007_live_recovery_codes.sql"),
    },
    Migration {
        version: 8,
        name: "name_rules",
        sql: include_str!("../migrations/0008_name_rules.sql"),
    },
    Migration {
        version: 9,
        name: "proven_email",
        sql: include_str!("../migrations/0009_proven_email.sql"),
    },
    Migration {
        version: 10,
        name: "codes_of_grants",
        sql: include_str!("../migrations/0010_codes_of_grants.sql"),
    },
    Migration {
        version: 11,
        name: "browser_tries",
        sql: include_str!("../migrations/0011_browser_tries.sql"),
    },
    Migration {
        version: 12,
        name: "tries_of_applications",
        sql: include_str!("../migrations/0012_tries_of_applications.sql"),
    },
    Migration {
        version: 13,
        name: "configuration",
        sql: include_str!("../migrations/0013_configuration.sql"),
    },
    Migration {
        version: 14,
        name: "applications",
        sql: include_str!("../migrations/0014_applications.sql"),
    },
    Migration {
        version: 15,
        name: "people",
        sql: include_str!("../migrations/0015_people.sql"),
    },
    Migration {
        version: 16,
        name: "images_and_consents",
        sql: include_str!("../migrations/0016_images_and_consents.sql"),
    },
    Migration {
        version: 17,
        name: "webhooks",
        sql: include_str!("../migrations/0017_webhooks.sql"),
    },
    Migration {
        version: 18,
        name: "versions",
        sql: include_str!("../migrations/0018_versions.sql"),
    },
    Migration {
        version: 19,
        name: "linked_identities",
        sql: include_str!("../migrations/0019_linked_identities.sql"),
    },
    Migration {
        version: 20,
        name: "device_authentications",
        sql: include_str!("../migrations/0020_device_authentications.sql"),
    },
    Migration {
        version: 21,
        name: "profile_prompts",
        sql: include_str!("../migrations/0021_profile_prompts.sql"),
    },
    Migration {
        version: 22,
        name: "mail_shares",
        sql: include_str!("../migrations/0022_mail_shares.sql"),
    },
    Migration {
        version: 23,
        name: "second_factor_at",
        sql: include_str!("../migrations/0023_second_factor_at.sql"),
    },
    Migration {
        version: 24,
        name: "groups_in_order",
        sql: include_str!("../migrations/0024_groups_in_order.sql"),
    },
    Migration {
        version: 25,
        name: "groups_of_applications",
        sql: include_str!("../migrations/0025_groups_of_applications.sql"),
    },
    Migration {
        version: 26,
        name: "policies_assigned_once",
        sql: include_str!("../migrations/0026_policies_assigned_once.sql"),
    },
    Migration {
        version: 27,
        name: "activities_by_subject",
        sql: include_str!("../migrations/0027_activities_by_subject.sql"),
    },
    Migration {
        version: 28,
        name: "activities_of_one_subject",
        sql: include_str!("../migrations/0028_activities_of_one_subject.sql"),
    },
    Migration {
        version: 29,
        name: "former_addresses",
        sql: include_str!("../migrations/0029_former_addresses.sql"),
    },
];

/// Brings a name into the form in which names are kept and compared, that of the address where it
/// is one. Two names with one key are one name, so no alias escapes uniqueness or lockout. Who
/// changes it changes the rule that [`name_keys`] notes.
pub(crate) fn fold(text: &str) -> String {
    protocol::names::name_key(text)
}

/// What a count of what waits found: how much, and since when the oldest does.
fn waiting(row: Option<&Row>) -> Result<(u64, Option<Timestamp>), StoreError> {
    let Some(row) = row else {
        return Ok((0, None));
    };
    let waiting: i64 = row.get("waiting")?;
    Ok((waiting.unsigned_abs(), row.get("since")?))
}

#[cfg(test)]
mod tests {
    use db::testing::TestDb;
    use db::{Batch, Statement};
    use protocol::id::ApplicationId;
    use protocol::secret::AuthorizationCode;

    use super::authorization_codes::{AuthorizationCodes, Presented};
    use super::*;

    /// An environment from before there were operators: an application with this name and scope.
    fn application(id: &'static str, name_key: &'static str, scope: &'static str) -> Batch {
        let insert = |sql: &'static str| Statement::new(sql).bind(id);
        Batch::new()
            .add(
                insert(
                    "INSERT INTO environments (id, organization_id, name, name_key, document, \
                     created_at, updated_at) VALUES ($1, $1, $1, $2, '{}', 0, 0)",
                )
                .bind(id),
            )
            .add(
                insert(
                    "INSERT INTO applications (id, environment_id, name_key, document, created_at, \
                     updated_at) VALUES ($1, $1, $2, '{}', 0, 0)",
                )
                .bind(name_key),
            )
            .add(insert(
                "INSERT INTO resources (id, environment_id, name_key, document, created_at, \
                 updated_at) VALUES ($1, $1, 'r', '{}', 0, 0)",
            ))
            .add(
                insert(
                    "INSERT INTO resource_scopes (id, environment_id, resource_id, name, created_at, \
                     updated_at) VALUES ($1, $1, $1, $2, 0, 0)",
                )
                .bind(scope),
            )
            .add(insert(
                "INSERT INTO resource_grants (id, environment_id, application_id, resource_id, \
                 created_at, updated_at) VALUES ($1, $1, $1, $1, 0, 0)",
            ))
            .add(insert(
                "INSERT INTO resource_grant_scopes (resource_grant_id, scope_id) VALUES ($1, $1)",
            ))
    }

    async fn become_for_operators(test: TestDb) {
        let db = &test.db;
        let (before, _) = MIGRATIONS.split_at(2);
        db.migrate("idp", before).await.unwrap();
        for (id, name_key, scope) in [
            ("portal", "latchkey portal", "p1:read:user"),
            ("namesake", "latchkey portal", "openid"),
            ("other", "another portal", "p1:read:user"),
        ] {
            db.batch(application(id, name_key, scope)).await.unwrap();
        }
        db.migrate("idp", MIGRATIONS).await.unwrap();
        let select = Statement::new("SELECT id FROM applications WHERE is_for_operators");
        let rows = db.read(select).await.unwrap();
        let ids: Vec<String> = rows.iter().map(|row| row.get("id").unwrap()).collect();
        assert_eq!(ids, ["portal"]);
    }

    /// Whoever called an application as the portal is called gains nothing by an upgrade.
    #[tokio::test]
    async fn an_upgrade_gives_operators_only_the_portal_with_a_pingone_scope_on_sqlite() {
        become_for_operators(db::testing::sqlite().await).await;
    }

    #[tokio::test]
    async fn an_upgrade_gives_operators_only_the_portal_with_a_pingone_scope_on_postgresql() {
        if let Some(test) = db::testing::postgres().await {
            become_for_operators(test).await;
        }
    }

    async fn is_found_by_its_subject(test: TestDb) {
        let db = &test.db;
        let earlier = MIGRATIONS.partition_point(|migration| migration.version < 27);
        let (before, _) = MIGRATIONS.split_at(earlier);
        db.migrate("idp", before).await.unwrap();
        let insert = "INSERT INTO activities (id, environment_id, recorded_at, action, \
                      correlation_id, document) VALUES ($1, $1, 0, 'a', $1, $2)";
        for (id, document) in [
            (
                "one",
                r#"{"action":{},"resources":[{"id":"A-1","type":"USER"}]}"#,
            ),
            ("none", r#"{"resources":[]}"#),
        ] {
            let entry = Statement::new(insert).bind(id).bind(document);
            db.write(entry).await.unwrap();
        }
        db.migrate("idp", MIGRATIONS).await.unwrap();
        let find = Statement::new("SELECT id FROM activities WHERE subject_id = 'a-1'");
        let rows = db.read(find).await.unwrap();
        let found: Vec<String> = rows.iter().map(|row| row.get("id").unwrap()).collect();
        assert_eq!(found, ["one"]);
    }

    #[tokio::test]
    async fn an_entry_of_the_log_from_before_an_upgrade_is_found_by_its_subject_on_sqlite() {
        is_found_by_its_subject(db::testing::sqlite().await).await;
    }

    #[tokio::test]
    async fn an_entry_of_the_log_from_before_an_upgrade_is_found_by_its_subject_on_postgresql() {
        if let Some(test) = db::testing::postgres().await {
            is_found_by_its_subject(test).await;
        }
    }

    /// A grant with a code from before codes stood in the rows of their grants.
    fn granted(id: &'static str, digest: &str) -> Batch {
        let insert = |sql: &'static str| Statement::new(sql).bind(id);
        application(id, "an application", "openid")
            .add(insert(
                "INSERT INTO populations (id, environment_id, name, name_key, is_default, \
                 created_at, updated_at) VALUES ($1, $1, 'p', 'p', FALSE, 0, 0)",
            ))
            .add(insert(
                "INSERT INTO users (id, environment_id, population_id, username, username_key, \
                 email, email_verified, enabled, verification_required, mfa_enabled, document, \
                 version, created_at, updated_at) \
                 VALUES ($1, $1, $1, 'u', 'u', '', FALSE, TRUE, FALSE, FALSE, '{}', 0, 0, 0)",
            ))
            .add(insert(
                "INSERT INTO grants (id, environment_id, application_id, user_id, session_id, \
                 scopes, acr, amr, authenticated_at, created_at, expires_at) \
                 VALUES ($1, $1, $1, $1, $1, 'openid', 'a', 'pwd', 0, 0, 90000)",
            ))
            .add(
                insert(
                    "INSERT INTO authorization_codes (digest, grant_id, application_id, \
                     redirect_uri, created_at, expires_at) VALUES ($2, $1, $1, 'https://a/', 0, 60000)",
                )
                .bind(digest),
            )
    }

    /// That an application has a policy, from before a policy could be assigned once only.
    fn assigned(id: &'static str, application: &'static str, policy: &'static str) -> Batch {
        let insert = |sql: &'static str| Statement::new(sql).bind(id);
        Batch::new()
            .add(
                insert(
                    "INSERT INTO configuration_objects (id, environment_id, kind, parent_id, \
                     is_default, document, created_at, updated_at) \
                     VALUES ($1, 'env', 'SIGN_ON_POLICY_ASSIGNMENT', $2, FALSE, '{}', 0, 0)",
                )
                .bind(application),
            )
            .add(
                insert(
                    "INSERT INTO object_references (environment_id, from_id, to_id) \
                     VALUES ('env', $1, $2)",
                )
                .bind(policy),
            )
    }

    async fn are_assigned_once(test: TestDb) {
        let db = &test.db;
        let earlier = MIGRATIONS.partition_point(|migration| migration.version < 26);
        let (before, _) = MIGRATIONS.split_at(earlier);
        db.migrate("idp", before).await.unwrap();
        db.batch(application("env", "an application", "openid"))
            .await
            .unwrap();
        for (id, application, policy) in [
            ("a", "shop", "single"),
            ("b", "shop", "single"),
            ("c", "shop", "multi"),
            ("d", "till", "single"),
        ] {
            db.batch(assigned(id, application, policy)).await.unwrap();
        }
        db.migrate("idp", MIGRATIONS).await.unwrap();
        let select = "SELECT id, name_key FROM configuration_objects ORDER BY id";
        let rows = db.read(Statement::new(select)).await.unwrap();
        let keys: Vec<(String, Option<String>)> = rows
            .iter()
            .map(|row| (row.get("id").unwrap(), row.get("name_key").unwrap()))
            .collect();
        let expected = [
            ("a", Some("single")),
            ("b", None),
            ("c", Some("multi")),
            ("d", Some("single")),
        ];
        let expected = expected.map(|(id, key)| (id.to_owned(), key.map(str::to_owned)));
        assert_eq!(keys, expected);
    }

    #[tokio::test]
    async fn policies_that_were_assigned_before_are_assigned_once_on_sqlite() {
        are_assigned_once(db::testing::sqlite().await).await;
    }

    #[tokio::test]
    async fn policies_that_were_assigned_before_are_assigned_once_on_postgresql() {
        if let Some(test) = db::testing::postgres().await {
            are_assigned_once(test).await;
        }
    }

    async fn stay_good(test: TestDb) {
        const ID: &str = "6f1d0b3a-4f0e-4c0f-9a51-0c3d8a1f7b21";
        let db = &test.db;
        let earlier = MIGRATIONS.partition_point(|migration| migration.version < 10);
        let (before, _) = MIGRATIONS.split_at(earlier);
        db.migrate("idp", before).await.unwrap();
        let digest = AuthorizationCode::new("a code").digest();
        db.batch(granted(ID, digest.as_str())).await.unwrap();
        db.migrate("idp", MIGRATIONS).await.unwrap();
        let now = Timestamp::from_second(30).unwrap();
        let application = ApplicationId::parse(ID).unwrap();
        let reader = db.reader();
        let codes = AuthorizationCodes::new(&reader);
        let found = codes.find(&digest, application, now).await.unwrap();
        let Presented::Unused(grant, code) = found else {
            panic!("{found:?}");
        };
        assert_eq!(grant.id.to_string(), ID);
        assert_eq!(code.redirect_uri, "https://a/");
        let use_up = || {
            let change = AuthorizationCodes::use_up(&digest, application, now);
            db.batch(change.into_parts().0)
        };
        use_up().await.unwrap();
        assert_eq!(use_up().await.unwrap_err().unmet(), Some(0));
        let found = codes.find(&digest, application, now).await.unwrap();
        assert!(matches!(found, Presented::Used(id) if id == grant.id));
    }

    #[tokio::test]
    async fn a_code_from_before_an_upgrade_is_redeemed_once_on_sqlite() {
        stay_good(db::testing::sqlite().await).await;
    }

    #[tokio::test]
    async fn a_code_from_before_an_upgrade_is_redeemed_once_on_postgresql() {
        if let Some(test) = db::testing::postgres().await {
            stay_good(test).await;
        }
    }
}
