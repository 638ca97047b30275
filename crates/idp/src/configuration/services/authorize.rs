//! PingOne Authorize: API servers with their operations, application roles, decision endpoints
//! (PingOne, "PingOne Authorize").

use axum::extract::RawPathParams;
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use protocol::pingone::Reference as To;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{Kept, NewId, bounded, kept};
use crate::access::allowed::AllowedEverywhere;
use crate::access::caller::Caller;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{
    Below, BelowUser, Configuration, Item, Managing, Names, Only, TopLevel, collection,
    named_collection, settings_route,
};
use crate::api::hal::{Hal, Page, Reply, Shown};
use crate::api::media_router::{Resource, at};
use crate::configuration::application_resources::{
    ApplicationResource, ApplicationResourcePermission,
};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Objects, Reference};
use crate::stores::fold;
use crate::stores::groups::StoredGroup;
use crate::stores::record::{Events, events};
use crate::stores::resources::{StoredResource, StoredScope};

const NO_DECISIONS: &str = "No API gateway asks for decisions, and none is made.";
const NOT_IN_TOKENS: &str = "No token carries the roles or their permissions.";

/// An API whose requests are decided on.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiServer {
    name: String,
    base_urls: Vec<String>,
    authorization_server: AuthorizationServer,
    access_control: Option<ServerAccessControl>,
    directory: Option<Directory>,
    policy: Option<To<Uuid>>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct AuthorizationServer {
    resource: Option<To<Uuid>>,
    r#type: Directories,
}

/// Whose tokens or users they are.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Directories {
    External,
    PingoneSso,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Directory {
    r#type: Directories,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct ServerAccessControl {
    custom: Option<Switch>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Switch {
    enabled: Option<bool>,
}

impl Kept for ApiServer {
    fn label(&self) -> &str {
        &self.name
    }

    fn refers_to(&self) -> Vec<Reference> {
        let resource = self.authorization_server.resource;
        let refer = |to: To<Uuid>| {
            Reference::to_row::<StoredResource>("authorizationServer.resource.id", to.id)
        };
        resource.map(refer).into_iter().collect()
    }

    fn complete(
        &mut self,
        replaced: Option<&Self>,
        new_id: &mut NewId<'_>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        if self.base_urls.is_empty() {
            return Err(ApiFailure::required_value("baseUrls"));
        }
        for url in &self.base_urls {
            checks::url("baseUrls", url, &["https", "http"])?;
        }
        let server = &self.authorization_server;
        if server.r#type == Directories::PingoneSso && server.resource.is_none() {
            return Err(ApiFailure::required_value("authorizationServer.resource"));
        }
        // The root of its policies comes with it.
        let policy = replaced.and_then(|replaced| replaced.policy);
        self.policy = Some(policy.unwrap_or_else(|| To::new(new_id())));
        let own = Directory {
            r#type: Directories::PingoneSso,
        };
        self.directory.get_or_insert(own);
        Ok(())
    }

    fn present(_: &Object<Self>, shown: Shown) -> Shown {
        shown
            .linking_below("deployment")
            .linking_below("operations")
    }
}

kept!(
    ApiServer, "API_SERVER" at "apiServers", "apiServer" in "apiServers", unique "name",
    TopLevel, ReadAuthorize, ManageAuthorize, NO_DECISIONS
);

/// What can be asked of an API.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApiOperation {
    name: String,
    paths: Vec<ApiPath>,
    methods: Option<Vec<Method>>,
    access_control: Option<AccessControl>,
    policy: Option<To<Uuid>>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct ApiPath {
    pattern: String,
    r#type: PathType,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum PathType {
    Exact,
    Parameter,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Method {
    Delete,
    Get,
    Options,
    Patch,
    Post,
    Put,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct AccessControl {
    group: Option<InGroups>,
    permission: Option<To<Uuid>>,
    scope: Option<WithScopes>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct InGroups {
    groups: Vec<To<Uuid>>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WithScopes {
    match_type: Option<Match>,
    scopes: Vec<To<Uuid>>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Match {
    All,
    Any,
}

impl Kept for ApiOperation {
    fn label(&self) -> &str {
        &self.name
    }

    fn refers_to(&self) -> Vec<Reference> {
        let Some(control) = &self.access_control else {
            return Vec::new();
        };
        let groups = control
            .group
            .iter()
            .flat_map(|one| &one.groups)
            .map(|to| Reference::to_row::<StoredGroup>("accessControl.group.groups", to.id));
        let scopes = control
            .scope
            .iter()
            .flat_map(|one| &one.scopes)
            .map(|to| Reference::to_row::<StoredScope>("accessControl.scope.scopes", to.id));
        let permission = control.permission.map(|to| {
            let member = "accessControl.permission.id";
            Reference::to_object::<ApplicationResourcePermission>(member, to.id)
        });
        groups.chain(scopes).chain(permission).collect()
    }

    fn complete(
        &mut self,
        replaced: Option<&Self>,
        new_id: &mut NewId<'_>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        if self.paths.is_empty() {
            return Err(ApiFailure::required_value("paths"));
        }
        if !self.paths.iter().all(|path| path.pattern.starts_with('/')) {
            return Err(ApiFailure::invalid_value(
                "paths",
                "must begin with a slash",
            ));
        }
        let policy = replaced.and_then(|replaced| replaced.policy);
        self.policy = Some(policy.unwrap_or_else(|| To::new(new_id())));
        Ok(())
    }
}

kept!(
    ApiOperation, "API_SERVER_OPERATION" at "apiServers/{apiServer}/operations",
    "operation" in "operations", unique "name",
    Below<ApiServer>, ReadAuthorize, ManageAuthorize, NO_DECISIONS
);

/// That the configuration of an API was handed to those who enforce it.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Deployment {
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    deployed_at: Option<Timestamp>,
}

impl Kept for Deployment {
    const IS_UNIQUE: bool = false;

    fn label(&self) -> &'static str {
        "Deployment"
    }

    fn present(object: &Object<Self>, shown: Shown) -> Shown {
        let code = match object.document.deployed_at {
            Some(_) => "DEPLOYMENT_SUCCESSFUL",
            None => "DEPLOYMENT_UNINITIALIZED",
        };
        shown.member("status", json!({ "code": code }))
    }
}

kept!(
    Deployment, "API_SERVER_DEPLOYMENT" at "apiServers/{apiServer}/deployment",
    "deployment" in "deployment", unique "id",
    Below<ApiServer>, ReadAuthorize, ManageAuthorize, NO_DECISIONS
);

const DEPLOY: &str = "application/vnd.pingidentity.apiserver.deploy+json";

async fn deploy(only: Only<Deployment, may::ManageAuthorize>) -> Result<Reply, ApiFailure> {
    let deployed_at = Some(only.collection.now);
    only.change(|_| Ok(Deployment { deployed_at })).await
}

/// What users may be in the applications of the environment.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ApplicationRole {
    name: String,
    description: Option<String>,
}

impl Kept for ApplicationRole {
    fn label(&self) -> &str {
        &self.name
    }

    fn complete(&mut self, _: Option<&Self>, _: &mut NewId<'_>) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        checks::at_most("description", self.description.as_deref(), 1024)
    }

    fn present(_: &Object<Self>, shown: Shown) -> Shown {
        shown
            .linking_below("assignments")
            .linking_below("permissions")
    }
}

kept!(
    ApplicationRole, "APPLICATION_ROLE" at "applicationRoles", "applicationRole" in "applicationRoles",
    unique "name", TopLevel, ReadAuthorize, ManageAuthorize, NOT_IN_TOKENS,
    takes along "USER_APPLICATION_ROLE"
);

/// What a role lets its users do.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct RolePermission {
    permission: Uuid,
}

impl Kept for RolePermission {
    const IS_UNIQUE: bool = false;

    fn label(&self) -> &'static str {
        "Permission of an application role"
    }

    fn refers_to(&self) -> Vec<Reference> {
        let reference =
            Reference::to_object::<ApplicationResourcePermission>("id", self.permission);
        vec![reference]
    }
}

impl Document for RolePermission {
    const EVENTS: Events = events!("APPLICATION_ROLE_PERMISSION");

    fn name(&self) -> &str {
        self.label()
    }

    fn unique(&self) -> Option<String> {
        Some(self.permission.to_string())
    }

    fn references(&self) -> Vec<Reference> {
        self.refers_to()
    }
}

impl Configuration for RolePermission {
    const PATH: &'static str = "applicationRoles/{applicationRole}/permissions";
    const ITEM: &'static str = "permission";
    const KEY: &'static str = "permissions";
    const UNIQUE: &'static str = "id";
    const KEPT: Option<&'static str> = Some(NOT_IN_TOKENS);
    type Parent = Below<ApplicationRole>;
    type Read = may::ReadAuthorize;
    type Manage = may::ManageAuthorize;

    async fn derive(
        caller: &Caller,
        object: &Object<Self>,
        shown: Shown,
    ) -> Result<Shown, ApiFailure> {
        let (db, keyring) = (caller.idp.db(), caller.idp.keyring());
        let permissions = Objects::<ApplicationResourcePermission>::new(db, keyring);
        let environment = object.environment_id;
        let found = permissions
            .find(environment, object.document.permission)
            .await?;
        let Some(permission) = found else {
            return Ok(shown);
        };
        let resources = Objects::<ApplicationResource>::new(db, keyring);
        let resource = resources.find(environment, permission.parent).await?;
        let name = resource
            .map(|resource| resource.document.name)
            .unwrap_or_default();
        let action = permission.document.action;
        let shown = shown
            .without("permission")
            .member("key", format!("{name}:{action}"))
            .member("action", action)
            .member("resource", json!({ "id": permission.parent, "name": name }));
        Ok(described(shown, permission.document.description))
    }
}

impl Names for RolePermission {
    fn naming(permission: Uuid) -> Self {
        Self { permission }
    }

    fn named(&self) -> Uuid {
        self.permission
    }
}

/// Shows the description of what is named, where it has one.
fn described(shown: Shown, description: Option<String>) -> Shown {
    match description {
        Some(description) => shown.member("description", description),
        None => shown,
    }
}

/// A role that a user has.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct UserApplicationRole {
    role: Uuid,
}

impl Document for UserApplicationRole {
    const EVENTS: Events = events!("USER_APPLICATION_ROLE");

    fn name(&self) -> &'static str {
        "Application role of a user"
    }

    fn unique(&self) -> Option<String> {
        Some(self.role.to_string())
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::to_object::<ApplicationRole>("id", self.role)]
    }
}

impl Configuration for UserApplicationRole {
    const PATH: &'static str = "users/{user}/applicationRoles";
    const ITEM: &'static str = "applicationRole";
    const KEY: &'static str = "roles";
    const UNIQUE: &'static str = "id";
    const KEPT: Option<&'static str> = Some(NOT_IN_TOKENS);
    type Parent = BelowUser;
    type Read = may::ReadUsers;
    type Manage = may::ManageUsers;

    async fn derive(
        caller: &Caller,
        object: &Object<Self>,
        shown: Shown,
    ) -> Result<Shown, ApiFailure> {
        let roles = Objects::<ApplicationRole>::new(caller.idp.db(), caller.idp.keyring());
        let role = roles
            .find(object.environment_id, object.document.role)
            .await?;
        let shown = shown.without("role");
        let Some(role) = role.map(|role| role.document) else {
            return Ok(shown);
        };
        Ok(described(shown.member("name", role.name), role.description))
    }
}

impl Names for UserApplicationRole {
    fn naming(role: Uuid) -> Self {
        Self { role }
    }

    fn named(&self) -> Uuid {
        self.role
    }
}

/// That a user has a role.
#[derive(Serialize, JsonSchema)]
struct RoleAssignment {
    id: Uuid,
    user: To<Uuid>,
    role: To<Uuid>,
    environment: To<EnvironmentId>,
}

/// The users who have a role.
async fn assignments(item: Item<ApplicationRole, may::ReadAuthorize>) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = item;
    let urls = collection.idp.urls();
    let having = Objects::<UserApplicationRole>::new(collection.idp.db(), collection.idp.keyring());
    let having = having.referring(collection.id(), object.id).await?;
    let shown = having.into_iter().map(|one| {
        let path = format!("users/{}/applicationRoles/{}", one.parent, object.id);
        let item = RoleAssignment {
            id: one.id,
            user: To::new(one.parent),
            role: To::new(object.id),
            environment: To::new(collection.id()),
        };
        Hal::in_environment(urls, collection.id(), path, item)
    });
    let url = collection.url(format_args!(
        "{}/{}/assignments",
        collection.path(),
        object.id
    ));
    Reply::ok(&Page::whole(url, "assignments", shown.collect()))
}

/// Where decisions are asked for.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DecisionEndpoint {
    name: String,
    description: String,
    record_recent_requests: bool,
    alternate_id: Option<String>,
    authorization_version: Option<Version>,
    policy_id: Option<Uuid>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Version {
    id: Option<String>,
}

impl Kept for DecisionEndpoint {
    fn label(&self) -> &str {
        &self.name
    }

    fn complete(&mut self, _: Option<&Self>, _: &mut NewId<'_>) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        checks::at_most("description", Some(&self.description), 1024)
    }

    fn present(object: &Object<Self>, shown: Shown) -> Shown {
        shown.member("owned", false).member(
            "recentDecisionsEnabled",
            object.document.record_recent_requests,
        )
    }
}

kept!(
    DecisionEndpoint, "DECISION_ENDPOINT" at "decisionEndpoints", "decisionEndpoint" in
    "decisionEndpoints", unique "name", TopLevel, ReadAuthorize, ManageAuthorize, NO_DECISIONS
);

/// An application resource, as it is shown without the resource that it is of.
#[derive(Serialize, JsonSchema)]
struct ShownResource {
    id: Uuid,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    parent: ResourceParent,
}

/// The resource that an application resource is of.
#[derive(Serialize, JsonSchema)]
struct ResourceParent {
    #[serde(rename = "type")]
    kind: ParentKind,
    id: Uuid,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ParentKind {
    PingOneResource,
}

fn show_resource<P>(
    allowed: &AllowedEverywhere<P>,
    resource: &Object<ApplicationResource>,
) -> Hal<ShownResource> {
    let path = format!("applicationResources/{}", resource.id);
    let shown = ShownResource {
        id: resource.id,
        name: resource.document.name.clone(),
        description: resource.document.description.clone(),
        parent: ResourceParent {
            kind: ParentKind::PingOneResource,
            id: resource.parent,
        },
    };
    let permissions = allowed.url(format_args!("{path}/permissions"));
    Hal::in_environment(allowed.idp.urls(), allowed.id(), path, shown)
        .link("permissions", permissions)
}

/// What the applications of all resources protect.
async fn application_resources(
    allowed: AllowedEverywhere<may::ReadAuthorize>,
) -> Result<Reply, ApiFailure> {
    let objects = Objects::<ApplicationResource>::new(allowed.idp.db(), allowed.idp.keyring());
    let found = objects.every(allowed.id()).await?;
    let items = found
        .iter()
        .map(|one| show_resource(&allowed, one))
        .collect();
    let url = allowed.url("applicationResources");
    Reply::ok(&Page::whole(url, "applicationResources", items))
}

async fn application_resource(
    allowed: AllowedEverywhere<may::ReadAuthorize>,
    params: RawPathParams,
) -> Result<Reply, ApiFailure> {
    let text = params
        .iter()
        .find(|(name, _)| *name == ApplicationResource::ITEM);
    let id = text.and_then(|(_, text)| Uuid::try_parse(text).ok());
    let id = id.ok_or_else(ApiFailure::not_found)?;
    let objects = Objects::<ApplicationResource>::new(allowed.idp.db(), allowed.idp.keyring());
    let found = objects.find(allowed.id(), id).await?;
    let found = found.ok_or_else(ApiFailure::not_found)?;
    Reply::ok(&show_resource(&allowed, &found))
}

/// API servers, roles and decision endpoints.
pub(super) fn routes() -> Vec<Resource> {
    const ROLE: &str = "/environments/{environment}/applicationRoles/{applicationRole}";
    const RESOURCES: &str = "/environments/{environment}/applicationResources";
    let mut routes = vec![
        settings_route::<Deployment>().post_as(DEPLOY, deploy),
        at(format!("{ROLE}/assignments"))
            .kept(Some(NOT_IN_TOKENS))
            .get(assignments)
            .answering_many::<RoleAssignment>("assignments"),
        at(RESOURCES)
            .kept(ApplicationResource::KEPT)
            .get(application_resources)
            .answering_many::<ShownResource>("applicationResources"),
        at(format!("{RESOURCES}/{{applicationResource}}"))
            .kept(ApplicationResource::KEPT)
            .showing::<ShownResource>()
            .get(application_resource),
    ];
    routes.extend(collection::<ApiServer>());
    routes.extend(collection::<ApiOperation>());
    routes.extend(collection::<ApplicationRole>());
    routes.extend(named_collection::<RolePermission>());
    routes.extend(named_collection::<UserApplicationRole>());
    routes.extend(collection::<DecisionEndpoint>());
    routes
}
