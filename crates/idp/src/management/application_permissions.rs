//! `/environments/{environment}/resources/{resource}/applicationPermissions`: what may be done to
//! everything that a resource's applications protect (PingOne, "Application permissions").

use protocol::id::ResourceId;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::access::allowed::AllowedEverywhere;
use crate::access::permissions::may;
use crate::api::hal::{Hal, Page, Reply};
use crate::configuration::application_resources::{
    ApplicationResource, ApplicationResourcePermission,
};
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Objects;
use crate::stores::resources::StoredResource;

/// What may be done to something that applications protect.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Permission {
    id: Uuid,
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    resource: Protected,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Protected {
    id: Uuid,
    name: String,
}

pub(super) async fn list(
    allowed: AllowedEverywhere<may::ReadResources>,
    PathId(id): PathId<ResourceId>,
) -> Result<Reply, ApiFailure> {
    let resource: StoredResource = allowed.load(id).await?;
    let (db, keyring) = (allowed.idp.db(), allowed.idp.keyring());
    let protected = Objects::<ApplicationResource>::new(db, keyring);
    let permissions = Objects::<ApplicationResourcePermission>::new(db, keyring);
    let mut items = Vec::new();
    for above in protected.list(allowed.id(), resource.id.as_uuid()).await? {
        for permission in permissions.list(allowed.id(), above.id).await? {
            let shown = Permission {
                id: permission.id,
                action: permission.document.action,
                description: permission.document.description,
                resource: Protected {
                    id: above.id,
                    name: above.document.name.clone(),
                },
            };
            let path = format_args!(
                "applicationResources/{}/permissions/{}",
                above.id, permission.id
            );
            items.push(Hal::in_environment(
                allowed.idp.urls(),
                allowed.id(),
                path,
                shown,
            ));
        }
    }
    let path = allowed.url(format_args!("resources/{id}/applicationPermissions"));
    Reply::ok(&Page::whole(path, "permissions", items))
}
