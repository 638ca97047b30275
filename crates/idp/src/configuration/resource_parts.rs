//! What every resource begins with: its core or predefined attributes, and of a custom one the
//! secret with which it introspects.

use db::StoreError;
use jiff::Timestamp;
use protocol::id::ResourceId;
use protocol::pingone::ResourceType;
use protocol::secret::ClientSecret;
use uuid::Uuid;

use crate::api::configuration::{Configuration, Managing};
use crate::core::Core;
use crate::core::ids::Ids;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Objects};
use crate::stores::resource_attributes::{AttributeKind, PREDEFINED, ResourceAttribute, SUBJECT};
use crate::stores::resource_secrets::ResourceSecrets;
use crate::stores::resources::{Resources, StoredResource};

/// Makes what hangs off a resource from the beginning; of a custom one, with this secret.
///
/// # Errors
///
/// [`StoreError`] when a document cannot be written down.
pub(crate) fn begin(
    core: &Core,
    resource: &StoredResource,
    ids: &Ids<'_>,
    secret: impl FnOnce() -> ClientSecret,
) -> Result<Change, StoreError> {
    let switch = Some(true);
    let (kind, attributes, switch) = match resource.details.resource_type {
        ResourceType::Custom => (AttributeKind::Core, &[SUBJECT][..], None),
        ResourceType::OpenidConnect => (AttributeKind::Predefined, &PREDEFINED[..], switch),
        ResourceType::PingoneApi => return Ok(Change::new()),
    };
    let mut change = Change::new();
    for (name, value) in attributes {
        let attribute = ResourceAttribute {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            kind,
            id_token: switch,
            user_info: switch,
        };
        let id = ids.below("attributes", name).uuid();
        change = change.and(insert(core, resource, id, attribute)?);
    }
    if resource.details.resource_type == ResourceType::Custom {
        let id = ids.below("secrets", "").uuid();
        let secret = ResourceSecrets::new(&secret());
        change = change.and(insert(core, resource, id, secret)?);
    }
    Ok(change)
}

fn insert<D: Document>(
    core: &Core,
    resource: &StoredResource,
    id: Uuid,
    document: D,
) -> Result<Change, StoreError> {
    let object = Object::new(
        id,
        resource.environment_id,
        resource.id.as_uuid(),
        document,
        resource.created_at,
    );
    Objects::new(core.db(), core.keyring()).insert(&object, core.random())
}

/// The resource that the objects of a collection hang off.
pub(super) async fn resource_above<D: Configuration>(
    managing: &Managing<D>,
) -> Result<StoredResource, ApiFailure> {
    let resources = Resources::new(managing.idp.db());
    let id = ResourceId::from_uuid(managing.parent);
    let found = resources.find(managing.id(), id).await?;
    found.ok_or_else(ApiFailure::not_found)
}

/// Gives resources that an earlier version of the program made what they lack.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(super) async fn complete(core: &Core, now: Timestamp) -> Result<(), StoreError> {
    loop {
        let lacking = Resources::new(core.db())
            .without(ResourceAttribute::EVENTS.kind)
            .await?;
        if lacking.is_empty() {
            return Ok(());
        }
        for resource in lacking {
            let resource = StoredResource {
                created_at: now,
                ..resource
            };
            let ids = Ids::of(resource.id);
            let secret = || ClientSecret::random(core.random());
            let made = begin(core, &resource, &ids, secret)?;
            match made.commit_unrecorded(core).await {
                Ok(()) => {}
                // Another node was faster.
                Err(error) if error.is_unique_violation() || error.unmet().is_some() => {}
                Err(error) => return Err(error),
            }
        }
    }
}
