//! `/environments/{environment}/resources/{resource}/applicationResources`: what of a resource its
//! applications protect; and `/environments/{environment}/applicationResources/{id}/permissions`:
//! what may be done to it (PingOne, "Application resources", "Application resource permissions").

use protocol::pingone::ResourceType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::resource_parts::resource_above;
use crate::access::caller::Caller;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{BelowRow, Configuration, Managing, Of};
use crate::api::hal::Shown;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Objects};
use crate::stores::record::{Events, events};
use crate::stores::resources::StoredResource;

/// What an application protects.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplicationResource {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
}

impl Document for ApplicationResource {
    const EVENTS: Events = events!("APPLICATION_RESOURCE");

    fn name(&self) -> &str {
        &self.name
    }
}

impl Configuration for ApplicationResource {
    const PATH: &'static str = "resources/{resource}/applicationResources";
    const ITEM: &'static str = "applicationResource";
    const KEY: &'static str = "applicationResources";
    const KEPT: Option<&'static str> = Some("No token carries the permissions.");
    type Parent = BelowRow<StoredResource>;
    type Read = may::ReadResources;
    type Manage = may::ManageResources;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        let found = resource_above(managing).await?;
        if found.details.resource_type == ResourceType::Custom {
            Ok(())
        } else {
            let message = "Only custom resources have application resources.";
            Err(ApiFailure::constraint(None, message))
        }
    }

    fn show(object: &Object<Self>, shown: Shown) -> Shown {
        let parent = json!({"type": "PING_ONE_RESOURCE", "id": object.parent});
        shown.member("parent", parent)
    }
}

/// What may be done to it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplicationResourcePermission {
    pub(crate) action: String,
    pub(crate) description: Option<String>,
}

impl Document for ApplicationResourcePermission {
    const EVENTS: Events = events!("APPLICATION_RESOURCE_PERMISSION");

    fn name(&self) -> &str {
        &self.action
    }
}

impl Configuration for ApplicationResourcePermission {
    const PATH: &'static str = "applicationResources/{applicationResource}/permissions";
    const ITEM: &'static str = "permission";
    const KEY: &'static str = "permissions";
    const UNIQUE: &'static str = "action";
    const KEPT: Option<&'static str> = ApplicationResource::KEPT;
    const FILTERS: &'static [&'static str] = &["action"];
    type Parent = Of<ApplicationResource>;
    type Read = may::ReadResources;
    type Manage = may::ManageResources;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let is_action = !self.action.is_empty()
            && self.action.len() <= 256
            && (self.action.chars()).all(|c| c.is_alphanumeric() || "-_.:".contains(c));
        if !is_action {
            let message = "must be 1 to 256 letters, digits, dots, colons, hyphens and underscores";
            return Err(ApiFailure::invalid_value("action", message));
        }
        checks::at_most("description", self.description.as_deref(), 1024)
    }

    /// Clients tell it from other permissions by its key.
    async fn derive(
        caller: &Caller,
        object: &Object<Self>,
        shown: Shown,
    ) -> Result<Shown, ApiFailure> {
        let resources = Objects::<ApplicationResource>::new(caller.idp.db(), caller.idp.keyring());
        let above = resources.find(object.environment_id, object.parent).await?;
        let name = above.map(|above| above.document.name).unwrap_or_default();
        let action = &object.document.action;
        Ok(shown
            .member("key", format!("{name}:{action}"))
            .member("resource", json!({"id": object.parent, "name": name})))
    }
}
