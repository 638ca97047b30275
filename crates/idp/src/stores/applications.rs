//! Applications, and what is unique among those of an environment besides their names.

use std::collections::BTreeSet;
use std::sync::Arc;

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId};
use protocol::pingone::{
    AccessControl, Application, ApplicationProtocol, ApplicationType, GrantTypeName,
    NewApplication, RoleAccess,
};
use serde_json::{Map, Value};
use uuid::Uuid;
use web::LookupCounts;

use super::application_attributes::AttributeMapping;
use super::change::Change;
use super::configuration::{Document as _, Reference, Target, take_members, there};
use super::fold;
use super::record::{json, read_json};
use crate::caches::{Recent, Touched};

/// Whether applications of a type are the service's own: it makes them, and they stay.
pub(crate) fn is_of_the_system(application_type: ApplicationType) -> bool {
    matches!(
        application_type,
        ApplicationType::PingOneAdminConsole
            | ApplicationType::PingOnePortal
            | ApplicationType::PingOneSelfService
    )
}

/// The attribute that tells an application who a user is, which it always has; `None` where no
/// attributes are mapped.
pub(crate) fn core_mapping(settings: &NewApplication) -> Option<&'static str> {
    let application_type = settings.application_type;
    match settings.protocol {
        ApplicationProtocol::OpenidConnect => (application_type != ApplicationType::Worker
            && !is_of_the_system(application_type))
        .then_some("sub"),
        ApplicationProtocol::Saml => Some("saml_subject"),
        ApplicationProtocol::ExternalLink | ApplicationProtocol::WsFed => None,
    }
}

/// The kept members that are unique in an environment, as JSON pointers and by their names.
const UNIQUE: [(&str, &str); 6] = [
    ("/devicePathId", "devicePathId"),
    ("/mobile/bundleId", "mobile.bundleId"),
    ("/mobile/huaweiAppId", "mobile.huaweiAppId"),
    ("/mobile/huaweiPackageName", "mobile.huaweiPackageName"),
    ("/mobile/packageName", "mobile.packageName"),
    ("/spEntityId", "spEntityId"),
];

/// A kept member that names something: it must be there when that is written, and may be deleted
/// later.
struct Mention {
    /// The member, as refusals name it.
    member: &'static str,
    /// What is left out once that is gone, as a JSON pointer; of a list, the item.
    at: &'static str,
    /// Where the id stands in it.
    id: &'static str,
    kind: &'static str,
}

const MENTIONS: [Mention; 7] = [
    Mention {
        member: "icon.id",
        at: "/icon",
        id: "/id",
        kind: "IMAGE",
    },
    Mention {
        member: "idpSigning.key.id",
        at: "/idpSigning",
        id: "/key/id",
        kind: "KEY",
    },
    Mention {
        member: "kerberos.gateways.id",
        at: "/kerberos/gateways",
        id: "/id",
        kind: "GATEWAY",
    },
    Mention {
        member: "kerberos.key.id",
        at: "/kerberos",
        id: "/key/id",
        kind: "KEY",
    },
    Mention {
        member: "signing.keyRotationPolicy.id",
        at: "/signing",
        id: "/keyRotationPolicy/id",
        kind: "KRP",
    },
    Mention {
        member: "spEncryption.certificate.id",
        at: "/spEncryption",
        id: "/certificate/id",
        kind: "CERTIFICATE",
    },
    Mention {
        member: "spVerification.certificates.id",
        at: "/spVerification/certificates",
        id: "/id",
        kind: "CERTIFICATE",
    },
];

impl Mention {
    /// The id in what names something.
    fn named(&self, value: &Value) -> Option<Uuid> {
        Uuid::try_parse(value.pointer(self.id)?.as_str()?).ok()
    }

    /// What it names in these members.
    fn references(&self, members: &Map<String, Value>) -> impl Iterator<Item = Reference> {
        let at = self.at.trim_start_matches('/');
        let (first, rest) = at.find('/').map_or((at, ""), |slash| at.split_at(slash));
        let found = members.get(first).and_then(|value| value.pointer(rest));
        let all = match found {
            Some(Value::Array(items)) => items.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        let ids: Vec<_> = all.iter().filter_map(|value| self.named(value)).collect();
        ids.into_iter().map(|id| Reference {
            member: self.member,
            target: Target::Kind(self.kind),
            id,
        })
    }

    /// Leaves out what names something that is gone.
    fn forget(&self, members: &mut Value, gone: &BTreeSet<Uuid>) {
        let is_gone = |value: &Value| self.named(value).is_some_and(|id| gone.contains(&id));
        match members.pointer_mut(self.at) {
            Some(Value::Array(items)) => items.retain(|item| !is_gone(item)),
            Some(value) if is_gone(value) => {
                take_members(members, &[self.at]);
            }
            Some(_) | None => {}
        }
    }
}

/// Applications that were read, without what they mention and is gone.
///
/// # Errors
///
/// [`StoreError`].
pub(crate) async fn without_what_is_gone(
    db: &Reader,
    mut applications: Vec<StoredApplication>,
) -> Result<Vec<StoredApplication>, StoreError> {
    let mentions: Vec<_> = applications
        .iter()
        .flat_map(StoredApplication::mentions)
        .collect();
    if mentions.is_empty() {
        return Ok(applications);
    }
    let there = there(db, &mentions).await?;
    for application in &mut applications {
        let environment = application.environment_id;
        let mentions = application.mentions().into_iter().map(|mention| mention.id);
        let gone: BTreeSet<_> = mentions
            .filter(|id| !there.contains(&(environment, *id)))
            .collect();
        if !gone.is_empty() {
            application.forget(&gone);
        }
    }
    Ok(applications)
}

/// An application as the database keeps it.
#[derive(Clone, Debug)]
pub(crate) struct StoredApplication {
    pub(crate) id: ApplicationId,
    pub(crate) environment_id: EnvironmentId,
    pub(crate) settings: NewApplication,
    /// Members that are kept and returned, and that nothing here acts on.
    pub(crate) also: Map<String, Value>,
    /// Whether operators work through it: users' tokens carry the users' roles, though it is no
    /// worker. Only founding an environment says so; no request can.
    pub(crate) is_for_operators: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl StoredApplication {
    /// Whether a user's token that was issued to it carries the user's roles.
    ///
    /// Any application may learn who an administrator is, and must not administer with what it got
    /// for that: workers administer, as at PingOne, and the portal does.
    pub(crate) fn carries_roles_of_users(&self) -> bool {
        self.is_for_operators || self.settings.application_type == ApplicationType::Worker
    }

    /// Whether users sign on to it.
    pub(crate) fn signs_users_on(&self) -> bool {
        self.settings.grant_types.iter().any(|grant_type| {
            matches!(
                grant_type,
                GrantTypeName::AuthorizationCode | GrantTypeName::Implicit
            )
        })
    }

    /// Who may sign on to it: to a worker, only users who hold a role.
    pub(crate) fn access_control(&self) -> AccessControl {
        let mut control = self.settings.access_control.clone().unwrap_or_default();
        if self.settings.application_type == ApplicationType::Worker {
            control.role = Some(RoleAccess::ADMIN_USERS_ONLY);
        }
        control
    }

    /// The application as PingOne shows it, without links.
    pub(crate) fn to_wire(&self) -> Application {
        let mut settings = self.settings.clone();
        settings.access_control = Some(self.access_control()).filter(|control| !control.is_open());
        Application::new(
            self.id,
            self.environment_id,
            settings,
            [self.created_at, self.updated_at],
        )
    }

    /// Where it stands among those of its environment.
    pub(crate) fn position(&self) -> String {
        fold(&self.settings.name)
    }

    /// What the kept members name: it must be there when they are written, and may be deleted later.
    pub(crate) fn mentions(&self) -> Vec<Reference> {
        MENTIONS
            .iter()
            .flat_map(|mention| mention.references(&self.also))
            .collect()
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        let mut members = Value::Object(std::mem::take(&mut self.also));
        for mention in &MENTIONS {
            mention.forget(&mut members, gone);
        }
        if let Value::Object(members) = members {
            self.also = members;
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.parse("id", ApplicationId::parse)?,
            environment_id: row.parse("environment_id", EnvironmentId::parse)?,
            settings: row.parse("document", |text| serde_json::from_str(text))?,
            also: read_json(row, "also")?,
            is_for_operators: row.get("is_for_operators")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }

    /// The members that no other application of the environment may have, with their values.
    fn unique_members(&self) -> impl Iterator<Item = (&'static str, String)> {
        let also = Value::Object(self.also.clone());
        UNIQUE.into_iter().filter_map(move |(pointer, name)| {
            let value = also.pointer(pointer)?.as_str()?;
            Some((name, value.to_owned()))
        })
    }

    fn document(&self) -> Result<String, StoreError> {
        serde_json::to_string(&self.settings)
            .map_err(|_| StoreError::inconsistent("an application cannot be written as JSON"))
    }
}

const FIND: &str = "\
SELECT id, environment_id, document, also, is_for_operators, created_at, updated_at FROM applications WHERE id = $1";

const FIND_BY_NAME: &str = "\
SELECT id, environment_id, document, also, is_for_operators, created_at, updated_at
  FROM applications WHERE environment_id = $1 AND name_key = $2";

const PAGE: &str = "\
SELECT id, environment_id, document, also, is_for_operators, created_at, updated_at
  FROM applications WHERE environment_id = $1 AND name_key > $2 ORDER BY name_key LIMIT $3";

const INSERT: &str = "\
INSERT INTO applications (id, environment_id, name_key, document, also, is_for_operators, created_at,
                          updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";

const INSERT_IF_UNNAMED: &str = "\
INSERT INTO applications (id, environment_id, name_key, document, also, is_for_operators, created_at,
                          updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
    ON CONFLICT DO NOTHING";

const UPDATE: &str = "\
UPDATE applications SET name_key = $3, document = $4, also = $5, is_for_operators = $6, updated_at = $7
 WHERE id = $1 AND environment_id = $2";

const REQUIRE_UNCHANGED: &str = "\
UPDATE applications SET updated_at = updated_at WHERE id = $1 AND updated_at = $2";

const DELETE: &str = "DELETE FROM applications WHERE id = $1 AND environment_id = $2";

const INSERT_MAPPING: &str = "\
INSERT INTO configuration_objects
       (id, environment_id, kind, parent_id, name_key, is_default, document, created_at, updated_at)
VALUES ($1, $2, $3, $1, $4, FALSE, $5, $6, $6)";

/// The document is written without blanks, and quotation marks in it are escaped.
const INSERT_MAPPINGS: &str = "\
INSERT INTO configuration_objects
       (id, environment_id, kind, parent_id, name_key, is_default, document, created_at, updated_at)
SELECT id, environment_id, CAST($2 AS TEXT), id, CAST($3 AS TEXT), FALSE, CAST($4 AS TEXT),
       CAST($5 AS BIGINT), CAST($5 AS BIGINT)
  FROM applications
 WHERE environment_id = $1
   AND document NOT LIKE '%\"type\":\"WORKER\"%'
   AND document NOT LIKE '%\"type\":\"PING_ONE_%'
    ON CONFLICT DO NOTHING";

const DROP_KEYS: &str = "DELETE FROM application_keys WHERE application_id = $1";

const INSERT_KEY: &str = "\
INSERT INTO application_keys (environment_id, member, value, application_id)
VALUES ($1, $2, $3, $4)";

const FIND_KEY: &str = "\
SELECT application_id FROM application_keys
 WHERE environment_id = $1 AND member = $2 AND value = $3 AND application_id <> $4";

/// The applications of all environments.
#[derive(Debug)]
pub(crate) struct Applications {
    db: Reader,
    recent: Recent<Arc<StoredApplication>>,
}

impl Applications {
    pub(crate) fn new(db: Reader) -> Self {
        Self {
            db,
            recent: Recent::default(),
        }
    }

    /// How often the cache was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.recent.lookups()
    }

    /// Forgets what a write may have changed.
    pub(crate) fn forget(&self, touched: &Touched) {
        self.recent.forget(touched);
    }

    /// An application, if it is one of the environment's; cached.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<Option<Arc<StoredApplication>>, StoreError> {
        let found = self.find_anywhere(id, now).await?;
        Ok(found.filter(|application| application.environment_id == environment))
    }

    /// The environment that an application is in; cached.
    pub(crate) async fn find_home(
        &self,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<Option<EnvironmentId>, StoreError> {
        let found = self.find_anywhere(id, now).await?;
        Ok(found.map(|application| application.environment_id))
    }

    async fn find_anywhere(
        &self,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<Option<Arc<StoredApplication>>, StoreError> {
        let read = self.read_one(Statement::new(FIND).bind(id.as_uuid()));
        self.recent.find(id.as_uuid(), now, read).await
    }

    /// The application with this name, whatever its case.
    pub(crate) async fn find_by_name(
        &self,
        environment: EnvironmentId,
        name: &str,
    ) -> Result<Option<Arc<StoredApplication>>, StoreError> {
        let find = Statement::new(FIND_BY_NAME)
            .bind(environment.as_uuid())
            .bind(fold(name));
        self.read_one(find).await
    }

    async fn read_one(
        &self,
        statement: Statement,
    ) -> Result<Option<Arc<StoredApplication>>, StoreError> {
        let row = self.db.read_optional(statement).await;
        let row = row.map_err(StoreError::during("look an application up"))?;
        row.as_ref()
            .map(StoredApplication::from_row)
            .transpose()
            .map(|found| found.map(Arc::new))
    }

    /// At most `limit` applications of an environment behind a [position](StoredApplication::position),
    /// by name.
    pub(crate) async fn page(
        &self,
        environment: EnvironmentId,
        after: &str,
        limit: u32,
    ) -> Result<Vec<StoredApplication>, StoreError> {
        let page = Statement::new(PAGE).bind(environment.as_uuid());
        let rows = self.db.read(page.bind(after).bind(limit)).await;
        let rows = rows.map_err(StoreError::during("list applications"))?;
        rows.iter().map(StoredApplication::from_row).collect()
    }

    /// All applications of an environment, by name.
    pub(crate) async fn list(
        &self,
        environment: EnvironmentId,
    ) -> Result<Vec<StoredApplication>, StoreError> {
        self.page(environment, "", u32::MAX).await
    }

    /// Adds an application.
    pub(crate) fn insert(application: &StoredApplication) -> Result<Change, StoreError> {
        let mut change = Change::new().add(Self::inserted(INSERT, application)?);
        if let Some(name) = core_mapping(&application.settings) {
            change = change.add(Self::core_mapped(application, name)?);
        }
        Ok(Self::keys(change, application).touching(application.id))
    }

    /// Adds an application unless the environment has one of this name.
    pub(crate) fn insert_if_unnamed(application: &StoredApplication) -> Result<Change, StoreError> {
        let insert = Self::inserted(INSERT_IF_UNNAMED, application)?;
        Ok(Change::of(insert).touching(application.id))
    }

    /// The mapping of the users' identifier, which has the application's id.
    fn core_mapped(application: &StoredApplication, name: &str) -> Result<Statement, StoreError> {
        Ok(Statement::new(INSERT_MAPPING)
            .bind(application.id.as_uuid())
            .bind(application.environment_id.as_uuid())
            .bind(AttributeMapping::EVENTS.kind)
            .bind(name)
            .bind(json(&AttributeMapping::core(name))?)
            .bind(application.created_at))
    }

    /// Gives the applications of an environment of an earlier version the mapping of the users'
    /// identifier; they are all of OpenID Connect.
    pub(crate) fn map_subjects(
        environment: EnvironmentId,
        now: Timestamp,
    ) -> Result<Change, StoreError> {
        let insert = Statement::new(INSERT_MAPPINGS)
            .bind(environment.as_uuid())
            .bind(AttributeMapping::EVENTS.kind)
            .bind("sub")
            .bind(json(&AttributeMapping::core("sub"))?)
            .bind(now);
        Ok(Change::of(insert))
    }

    fn inserted(
        sql: &'static str,
        application: &StoredApplication,
    ) -> Result<Statement, StoreError> {
        Ok(Statement::new(sql)
            .bind(application.id.as_uuid())
            .bind(application.environment_id.as_uuid())
            .bind(fold(&application.settings.name))
            .bind(application.document()?)
            .bind(json(&application.also)?)
            .bind(application.is_for_operators)
            .bind(application.created_at))
    }

    /// Replaces an application's settings.
    pub(crate) fn update(application: &StoredApplication) -> Result<Change, StoreError> {
        let update = Statement::new(UPDATE)
            .bind(application.id.as_uuid())
            .bind(application.environment_id.as_uuid())
            .bind(fold(&application.settings.name))
            .bind(application.document()?)
            .bind(json(&application.also)?)
            .bind(application.is_for_operators)
            .bind(application.updated_at);
        let drop = Statement::new(DROP_KEYS).bind(application.id.as_uuid());
        let change = Change::new().require_one(update).add(drop);
        Ok(Self::keys(change, application).touching(application.id))
    }

    fn keys(change: Change, application: &StoredApplication) -> Change {
        change.add_all(application.unique_members().map(|(member, value)| {
            Statement::new(INSERT_KEY)
                .bind(application.environment_id.as_uuid())
                .bind(member)
                .bind(value)
                .bind(application.id.as_uuid())
        }))
    }

    /// The member of an application that another one of the environment has as well.
    pub(crate) async fn taken(
        &self,
        application: &StoredApplication,
    ) -> Result<Option<&'static str>, StoreError> {
        for (member, value) in application.unique_members() {
            let find = Statement::new(FIND_KEY)
                .bind(application.environment_id.as_uuid())
                .bind(member)
                .bind(value)
                .bind(application.id.as_uuid());
            let row = self.db.read_optional(find).await;
            if row
                .map_err(StoreError::during("look for another application"))?
                .is_some()
            {
                return Ok(Some(member));
            }
        }
        Ok(None)
    }

    /// Requires that nobody changed an application since it was read.
    pub(crate) fn require_unchanged(application: &StoredApplication) -> Change {
        Change::of_one(
            Statement::new(REQUIRE_UNCHANGED)
                .bind(application.id.as_uuid())
                .bind(application.updated_at),
        )
    }

    /// Deletes an application with its secrets, grants and role assignments.
    pub(crate) fn delete(environment: EnvironmentId, id: ApplicationId) -> Change {
        let delete = Statement::new(DELETE)
            .bind(id.as_uuid())
            .bind(environment.as_uuid());
        super::role_assignments::RoleAssignments::delete_all(id.as_uuid())
            .and(super::role_assignments::RoleAssignments::delete_within(
                id.as_uuid(),
            ))
            .require_one(super::dependents::require_unreferenced(
                environment,
                id.as_uuid(),
                None,
            ))
            .add_all(super::dependents::drop_below(id.as_uuid()))
            .require_one(delete)
    }
}
