//! Resources, their scopes, and applications' grants of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::{Reader, Statement, StoreError, Value};
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, ResourceGrantId, ResourceId, ScopeId};
use protocol::oauth::Scopes;
use protocol::pingone::{
    ApplicationPermissionsSettings, CorsSettings, IntrospectionAuthMethod, Reference, Resource,
    ResourceGrant, ResourceScope, ResourceType,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::LookupCounts;

use super::change::Change;
use super::fold;
use super::record::{Columns as _, Events, Record, Table, columns, events};
use crate::caches::{Recent, Touched};

columns! {
    /// A resource as the database keeps it.
    #[derive(Clone, Debug)]
    pub(crate) struct StoredResource in "resources" by ResourceId {
        details: ResourceDetails = json "document",
    }
}

impl Record for StoredResource {
    const EVENTS: Events = events!("RESOURCE");
    const IS_CACHED: bool = true;
    const TAKES_ALONG: Option<&'static str> =
        Some("SELECT id FROM resource_scopes WHERE resource_id = $1");

    fn name(&self) -> &str {
        &self.details.name
    }

    fn keys(&self) -> Vec<(&'static str, Value)> {
        vec![("name_key", fold(&self.details.name).into())]
    }
}

/// What can be set of a resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ResourceDetails {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) resource_type: ResourceType,
    /// Of a custom resource only; otherwise it follows from the installation's address.
    pub(crate) audience: Option<String>,
    pub(crate) access_token_seconds: Option<i64>,
    /// How it proves who it is when it introspects; by Basic where nothing was said.
    #[serde(default)]
    pub(crate) introspection: Option<IntrospectionAuthMethod>,
    #[serde(default)]
    pub(crate) application_permissions: ApplicationPermissionsSettings,
    #[serde(default)]
    pub(crate) cors_settings: Option<CorsSettings>,
}

columns! {
    /// A scope as the database keeps it.
    #[derive(Clone, Debug)]
    pub(crate) struct StoredScope in "resource_scopes" by ScopeId {
        resource_id: ResourceId,
        name: String,
        description: Option<String>,
        opens: Opened = json "also",
    }
}

/// What a scope opens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Opened {
    /// Attributes of users; all where nothing was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema_attributes: Option<Vec<String>>,
    /// Attributes of the resource `openid`, as claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mapped_claims: Option<Vec<Uuid>>,
}

impl Record for StoredScope {
    const EVENTS: Events = events!("SCOPE");
    const IS_CACHED: bool = true;
    const ORDER: &'static str = "name";

    fn name(&self) -> &str {
        &self.name
    }
}

/// An application's grant as the database keeps it.
#[derive(Clone, Debug)]
pub(crate) struct StoredResourceGrant {
    pub(crate) id: ResourceGrantId,
    pub(crate) environment_id: EnvironmentId,
    pub(crate) application_id: ApplicationId,
    pub(crate) resource_id: ResourceId,
    pub(crate) scopes: Vec<ScopeId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// Which scopes an application may ask for, by resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct GrantedScopes {
    pub(crate) resources: Vec<GrantedResource>,
}

/// The scopes of one resource that an application may ask for.
#[derive(Clone, Debug)]
pub(crate) struct GrantedResource {
    pub(crate) id: ResourceId,
    pub(crate) resource_type: ResourceType,
    /// The `aud` of access tokens for it.
    pub(crate) audience: String,
    /// How long access tokens for it live; `None` leaves it to the installation.
    pub(crate) access_token_seconds: Option<i64>,
    pub(crate) scopes: Scopes,
    /// Those scopes that open some attributes of users alone, with the attributes' paths.
    narrowed: BTreeMap<String, Vec<String>>,
    /// Those scopes that stand for attributes of the resource `openid` as claims, with their ids.
    mapped: BTreeMap<String, Vec<Uuid>>,
}

impl GrantedResource {
    /// Whether one of these scopes stands for an attribute of the resource.
    pub(crate) fn maps(&self, scopes: &Scopes, attribute: Uuid) -> bool {
        let mut mapped = self.mapped.iter();
        mapped.any(|(scope, ids)| scopes.contains(scope) && ids.contains(&attribute))
    }

    /// Whether none of its scopes stands for attributes by their ids.
    pub(crate) fn maps_nothing(&self) -> bool {
        self.mapped.is_empty()
    }
}

/// The attributes of users that a scope opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opens<'a> {
    /// It is not granted.
    Nothing,
    Everything,
    /// Those at these paths.
    Attributes(&'a [String]),
}

impl GrantedScopes {
    /// The resource of OpenID Connect's scopes.
    pub(crate) fn openid(&self) -> Option<&GrantedResource> {
        let mut resources = self.resources.iter();
        resources.find(|one| one.resource_type == ResourceType::OpenidConnect)
    }

    /// Which attributes of users a scope of the PingOne API opens.
    pub(crate) fn opens(&self, scope: &str) -> Opens<'_> {
        let mut resources = self.resources.iter();
        let granted = resources.find(|resource| {
            resource.resource_type == ResourceType::PingoneApi && resource.scopes.contains(scope)
        });
        match granted.map(|resource| resource.narrowed.get(scope)) {
            None => Opens::Nothing,
            Some(None) => Opens::Everything,
            Some(Some(paths)) => Opens::Attributes(paths),
        }
    }
}

impl StoredResource {
    /// The `aud` of access tokens for it; `of_pingone_api` is this installation's own.
    pub(crate) fn audience(&self, of_pingone_api: &str) -> String {
        match (self.details.resource_type, &self.details.audience) {
            (ResourceType::Custom, Some(audience)) => audience.clone(),
            (ResourceType::Custom, None) => self.details.name.clone(),
            (ResourceType::OpenidConnect | ResourceType::PingoneApi, _) => {
                of_pingone_api.to_owned()
            }
        }
    }

    /// How it proves who it is when it introspects.
    pub(crate) fn introspection(&self) -> IntrospectionAuthMethod {
        let said = self.details.introspection;
        said.unwrap_or(IntrospectionAuthMethod::ClientSecretBasic)
    }

    /// The resource as PingOne shows it, without links, with what this installation adds where it
    /// says nothing: the audience of the PingOne API, and the seconds that access tokens live.
    pub(crate) fn to_wire(&self, of_pingone_api: &str, token_seconds: i64) -> Resource {
        let mut resource = Resource::new(
            self.id,
            self.environment_id,
            self.details.name.clone(),
            self.details.resource_type,
            [self.created_at, self.updated_at],
        );
        let details = &self.details;
        resource.description = match details.resource_type {
            ResourceType::Custom => details.description.clone(),
            ResourceType::OpenidConnect => Some("OpenID Connect".to_owned()),
            ResourceType::PingoneApi => Some("The PingOne API".to_owned()),
        };
        if details.resource_type != ResourceType::OpenidConnect {
            resource.audience = Some(self.audience(of_pingone_api));
            resource.access_token_validity_seconds =
                Some(details.access_token_seconds.unwrap_or(token_seconds));
        }
        if details.resource_type == ResourceType::Custom {
            resource.introspect_endpoint_auth_method = Some(self.introspection().into());
            resource.application_permissions_settings = Some(details.application_permissions);
            resource.cors_settings.clone_from(&details.cors_settings);
        }
        resource
    }
}

impl StoredScope {
    /// The scope as PingOne shows it, without links.
    pub(crate) fn to_wire(&self) -> ResourceScope {
        let mut scope = ResourceScope::new(
            self.id,
            self.environment_id,
            self.resource_id,
            self.name.clone(),
            [self.created_at, self.updated_at],
        );
        scope.description.clone_from(&self.description);
        scope
            .schema_attributes
            .clone_from(&self.opens.schema_attributes);
        scope.mapped_claims.clone_from(&self.opens.mapped_claims);
        scope
    }
}

impl StoredResourceGrant {
    /// The grant as PingOne shows it, without links.
    pub(crate) fn to_wire(&self) -> ResourceGrant {
        ResourceGrant::new(
            self.id,
            self.environment_id,
            self.application_id,
            self.resource_id,
            self.scopes.iter().copied().map(Reference::new).collect(),
            [self.created_at, self.updated_at],
        )
    }
}

/// A grant without scopes gives one row too.
const LIST_GRANTS: &str = "\
SELECT resource_grants.id AS id, environment_id, application_id, resource_id, created_at,
       updated_at, scope_id
  FROM resource_grants
  LEFT JOIN resource_grant_scopes ON resource_grant_scopes.resource_grant_id = resource_grants.id
 WHERE application_id = $1
 ORDER BY resource_grants.created_at, resource_grants.id, scope_id";

const INSERT_GRANT: &str = "\
INSERT INTO resource_grants (id, environment_id, application_id, resource_id, created_at,
                             updated_at)
VALUES ($1, $2, $3, $4, $5, $5)";

const UPDATE_GRANT: &str = "\
UPDATE resource_grants SET updated_at = $3 WHERE id = $1 AND application_id = $2";

const CLEAR_GRANT: &str = "DELETE FROM resource_grant_scopes WHERE resource_grant_id = $1";

/// A scope of another resource adds no row.
const INSERT_GRANT_SCOPE: &str = "\
INSERT INTO resource_grant_scopes (resource_grant_id, scope_id)
SELECT $1, resource_scopes.id FROM resource_scopes WHERE id = $2 AND resource_id = $3";

const DELETE_GRANT: &str = "DELETE FROM resource_grants WHERE id = $1 AND application_id = $2";

const GRANTED: &str = "\
SELECT resources.id AS id, resources.environment_id AS environment_id,
       resources.document AS document, resources.created_at AS created_at,
       resources.updated_at AS updated_at, resource_scopes.name AS scope, resource_scopes.also AS also
  FROM resource_grants
  JOIN resources ON resources.id = resource_grants.resource_id
  JOIN resource_grant_scopes ON resource_grant_scopes.resource_grant_id = resource_grants.id
  JOIN resource_scopes ON resource_scopes.id = resource_grant_scopes.scope_id
 WHERE resource_grants.application_id = $1
 ORDER BY resources.id";

/// The PingOne API has neither attributes nor a secret.
const WITHOUT: &str = "\
SELECT id, environment_id, document, created_at, updated_at FROM resources
 WHERE document NOT LIKE '%\"resource_type\":\"PINGONE_API\"%'
   AND NOT EXISTS (SELECT 1 FROM configuration_objects
                    WHERE parent_id = resources.id AND kind = $1)
 LIMIT 100";

/// What applications may ask for.
#[derive(Debug)]
pub(crate) struct Granted {
    db: Reader,
    /// The `aud` of access tokens for the PingOne API of this installation.
    of_pingone_api: String,
    recent: Recent<Arc<GrantedScopes>>,
}

impl Granted {
    pub(crate) fn new(db: Reader, of_pingone_api: String) -> Self {
        Self {
            db,
            of_pingone_api,
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

    /// The scopes that an application may ask for; cached.
    pub(crate) async fn find(
        &self,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<Arc<GrantedScopes>, StoreError> {
        let read = async {
            let rows = self
                .db
                .read(Statement::new(GRANTED).bind(application.as_uuid()))
                .await;
            let rows = rows.map_err(StoreError::during("look granted scopes up"))?;
            let mut granted: Vec<(GrantedResource, Vec<String>)> = Vec::new();
            for row in &rows {
                let resource = StoredResource::from_row(row)?;
                let scope: String = row.get("scope")?;
                let also: Option<String> = row.get("also")?;
                let opens = also.map(|also| serde_json::from_str::<Opened>(&also));
                let opens = opens.transpose().map_err(|_| {
                    StoreError::inconsistent("what a scope opens is not of its kind")
                })?;
                if granted
                    .last()
                    .is_none_or(|(last, _)| last.id != resource.id)
                {
                    let granted_resource = GrantedResource {
                        id: resource.id,
                        resource_type: resource.details.resource_type,
                        audience: resource.audience(&self.of_pingone_api),
                        access_token_seconds: resource.details.access_token_seconds,
                        scopes: Scopes::default(),
                        narrowed: BTreeMap::new(),
                        mapped: BTreeMap::new(),
                    };
                    granted.push((granted_resource, Vec::new()));
                }
                let Some((resource, scopes)) = granted.last_mut() else {
                    continue;
                };
                let opens = opens.unwrap_or_default();
                if let Some(ids) = opens.mapped_claims.filter(|ids| !ids.is_empty()) {
                    resource.mapped.insert(scope.clone(), ids);
                }
                let paths = opens.schema_attributes;
                if let Some(paths) = paths.filter(|paths| *paths != ["*"]) {
                    resource.narrowed.insert(scope.clone(), paths);
                }
                scopes.push(scope);
            }
            let resources = granted
                .into_iter()
                .map(|(resource, scopes)| GrantedResource {
                    scopes: scopes.iter().map(String::as_str).collect(),
                    ..resource
                })
                .collect();
            Ok(Some(Arc::new(GrantedScopes { resources })))
        };
        let found = self.recent.find(application.as_uuid(), now, read).await?;
        Ok(found.unwrap_or_default())
    }
}

/// The resources of all environments, and what applications were granted of them.
pub(crate) type Resources<'a> = Table<'a, StoredResource>;

/// The scopes of all resources.
pub(crate) type ResourceScopes<'a> = Table<'a, StoredScope>;

impl ResourceScopes<'_> {
    /// All scopes of a resource, by name.
    pub(crate) async fn of_resource(
        &self,
        resource: &StoredResource,
    ) -> Result<Vec<StoredScope>, StoreError> {
        let of = |select: Statement| {
            let select = select.push(" AND resource_id = ");
            select.push_bind(resource.id.as_uuid())
        };
        self.list(resource.environment_id, of).await
    }
}

impl Resources<'_> {
    /// Some resources with no object of a kind below them that every one of their type has.
    pub(crate) async fn without(&self, kind: &str) -> Result<Vec<StoredResource>, StoreError> {
        let rows = self.db().read(Statement::new(WITHOUT).bind(kind)).await;
        let rows = rows.map_err(StoreError::during("look for unfinished resources"))?;
        rows.iter().map(StoredResource::from_row).collect()
    }

    /// What an application was granted, oldest first.
    pub(crate) async fn list_grants(
        &self,
        application: ApplicationId,
    ) -> Result<Vec<StoredResourceGrant>, StoreError> {
        let rows = self
            .db()
            .read(Statement::new(LIST_GRANTS).bind(application.as_uuid()))
            .await;
        let rows = rows.map_err(StoreError::during("list grants"))?;
        let mut grants: Vec<StoredResourceGrant> = Vec::new();
        for row in &rows {
            let id = row.parse("id", ResourceGrantId::parse)?;
            let scope = row.parse_optional("scope_id", ScopeId::parse)?;
            match grants.last_mut() {
                Some(last) if last.id == id => last.scopes.extend(scope),
                _ => grants.push(StoredResourceGrant {
                    id,
                    environment_id: row.parse("environment_id", EnvironmentId::parse)?,
                    application_id: row.parse("application_id", ApplicationId::parse)?,
                    resource_id: row.parse("resource_id", ResourceId::parse)?,
                    scopes: scope.into_iter().collect(),
                    created_at: row.get("created_at")?,
                    updated_at: row.get("updated_at")?,
                }),
            }
        }
        Ok(grants)
    }

    /// Grants scopes of one resource to an application. A scope of another resource does not meet
    /// the requirement.
    pub(crate) fn insert_grant(grant: &StoredResourceGrant) -> Change {
        let insert = Statement::new(INSERT_GRANT)
            .bind(grant.id.as_uuid())
            .bind(grant.environment_id.as_uuid())
            .bind(grant.application_id.as_uuid())
            .bind(grant.resource_id.as_uuid())
            .bind(grant.created_at);
        Self::with_scopes(Change::new().add(insert), grant)
    }

    /// Replaces the scopes of a grant.
    pub(crate) fn update_grant(grant: &StoredResourceGrant) -> Change {
        let update = Statement::new(UPDATE_GRANT)
            .bind(grant.id.as_uuid())
            .bind(grant.application_id.as_uuid())
            .bind(grant.updated_at);
        let clear = Statement::new(CLEAR_GRANT).bind(grant.id.as_uuid());
        Self::with_scopes(Change::new().require_one(update).add(clear), grant)
    }

    fn with_scopes(change: Change, grant: &StoredResourceGrant) -> Change {
        let scopes = grant.scopes.iter().map(|scope| {
            Statement::new(INSERT_GRANT_SCOPE)
                .bind(grant.id.as_uuid())
                .bind(scope.as_uuid())
                .bind(grant.resource_id.as_uuid())
        });
        scopes
            .fold(change, Change::require_one)
            .touching(grant.application_id)
    }

    /// Takes a grant away.
    pub(crate) fn delete_grant(application: ApplicationId, id: ResourceGrantId) -> Change {
        let delete = Statement::new(DELETE_GRANT)
            .bind(id.as_uuid())
            .bind(application.as_uuid());
        Change::new().require_one(delete).touching(application)
    }
}
