//! What is changed in the tables behind the server's back, where no request does it.

use db::Statement;
use serde_json::Value;

use super::World;

impl World {
    /// Changes the demo application as an administrator would; caches are let to run out.
    pub(crate) async fn change_application(&self, change: impl FnOnce(&mut Value)) {
        self.change_document("applications", &self.demo.client_id.to_string(), change)
            .await;
    }

    pub(crate) async fn change_document(
        &self,
        table: &'static str,
        id: &str,
        change: impl FnOnce(&mut Value),
    ) {
        let read = Statement::new("SELECT document FROM ")
            .push(table)
            .push(" WHERE id = ");
        let row = self
            .db
            .read_optional(read.push_bind(id))
            .await
            .unwrap()
            .unwrap();
        let mut document: Value =
            serde_json::from_str(&row.get::<String>("document").unwrap()).unwrap();
        change(&mut document);
        let write = Statement::new("UPDATE ")
            .push(table)
            .push(" SET document = ")
            .push_bind(document.to_string())
            .push(" WHERE id = ")
            .push_bind(id);
        self.db.write(write).await.unwrap();
        self.advance(6);
    }

    /// A second application, made from the demo's one: another id, the same settings and secret.
    pub(crate) async fn another_application(&self, name: &str) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        let first = self.demo.client_id.to_string();
        for (sql, extra) in [
            (
                "INSERT INTO applications (id, environment_id, name_key, document, created_at, updated_at) \
                 SELECT $1, environment_id, $3, document, created_at, updated_at FROM applications WHERE id = $2",
                Some(name.to_owned()),
            ),
            (
                "INSERT INTO application_secrets (application_id, digest, sealed, created_at) \
                 SELECT $1, digest, sealed, created_at FROM application_secrets WHERE application_id = $2",
                None,
            ),
        ] {
            let mut statement = Statement::new(sql).bind(id.as_str()).bind(first.as_str());
            if let Some(extra) = extra {
                statement = statement.bind(extra);
            }
            self.db.write(statement).await.unwrap();
        }
        let grants = Statement::new(
            "SELECT id, environment_id, resource_id, created_at FROM resource_grants \
             WHERE application_id = $1",
        );
        for row in self.db.read(grants.bind(first.as_str())).await.unwrap() {
            let grant = uuid::Uuid::new_v4().to_string();
            let insert = Statement::new(
                "INSERT INTO resource_grants (id, environment_id, application_id, resource_id, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $5)",
            )
            .bind(grant.as_str())
            .bind(row.get::<String>("environment_id").unwrap())
            .bind(id.as_str())
            .bind(row.get::<String>("resource_id").unwrap())
            .bind(row.get::<i64>("created_at").unwrap());
            self.db.write(insert).await.unwrap();
            let scopes = Statement::new(
                "INSERT INTO resource_grant_scopes (resource_grant_id, scope_id) \
                 SELECT $1, scope_id FROM resource_grant_scopes WHERE resource_grant_id = $2",
            )
            .bind(grant.as_str())
            .bind(row.get::<String>("id").unwrap());
            self.db.write(scopes).await.unwrap();
        }
        id
    }

    /// Runs one statement, as an administrator's tool would.
    pub(crate) async fn sql(&self, statement: Statement) {
        self.db.write(statement).await.unwrap();
    }

    /// Disables or enables the demo user behind the server's back.
    pub(crate) async fn set_enabled(&self, is_enabled: bool) {
        let statement = Statement::new("UPDATE users SET enabled = $1 WHERE username = $2");
        self.sql(statement.bind(is_enabled).bind(self.demo.user.username))
            .await;
    }

    /// Has everybody's password be changed at the next sign-on.
    pub(crate) async fn demand_change(&self) {
        let statement = Statement::new("UPDATE user_passwords SET must_change = $1");
        self.sql(statement.bind(true)).await;
    }
}
