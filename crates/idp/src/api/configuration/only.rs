//! The operations on a kind that has one object at most with a parent, and their routes.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Map, Value};

use super::items::{MOST_TRIES, at_path, keep_secrets, merge};
use super::{Collection, Configuration};
use crate::access::permissions::Allows;
use crate::api::body::{JsonObject, read_members};
use crate::api::hal::Reply;
use crate::api::media_router::Resource;
use crate::api::shapes::Part;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::{Object, Objects, to_json};

/// The one object of a kind that has one at most with a parent, and that says what holds when
/// nothing was set.
pub(crate) struct Only<D, P> {
    pub(crate) collection: Collection<D, P>,
    pub(crate) found: Option<Object<D>>,
}

/// Rejected as [`Collection`] is.
impl<D: Configuration, P: Allows> FromRequestParts<Idp> for Only<D, P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let collection = Collection::from_request_parts(parts, idp).await?;
        let objects = collection.objects();
        let found = objects
            .find_only(collection.id(), collection.parent)
            .await?;
        Ok(Self { collection, found })
    }
}

impl<D: Configuration, P> Only<D, P> {
    /// Its id is its parent's, whether or not something was set.
    async fn show(&self, object: &Object<D>) -> Result<Reply, ApiFailure> {
        let Collection { parent, path, .. } = &self.collection;
        let shown = self.collection.show_at(path.clone(), *parent, object)?;
        Reply::ok(&D::derive(&self.collection.allowed, object, shown).await?)
    }
}

async fn read_only<D: Configuration + Default>(
    only: Only<D, D::Read>,
) -> Result<Reply, ApiFailure> {
    let Collection { parent, .. } = only.collection;
    let unset = || only.collection.unstored(parent, D::default());
    let object = only.found.clone().unwrap_or_else(unset);
    only.show(&object).await
}

/// Reads what there is only once it was set.
async fn read_set<D: Configuration>(only: Only<D, D::Read>) -> Result<Reply, ApiFailure> {
    let object = only.found.as_ref().ok_or_else(ApiFailure::not_found)?;
    only.show(object).await
}

async fn replace_only<D: Configuration>(
    only: Only<D, D::Manage>,
    JsonObject(mut members): JsonObject,
) -> Result<Reply, ApiFailure> {
    if let Some(object) = &only.found {
        keep_secrets(&mut members, object)?;
    }
    set_only(&only, &members).await
}

async fn update_only<D: Configuration + Default>(
    mut only: Only<D, D::Manage>,
    JsonObject(sent): JsonObject,
) -> Result<Reply, ApiFailure> {
    for _ in 0..MOST_TRIES {
        let stored = match &only.found {
            Some(object) => to_json(&object.document)?,
            None => to_json(&D::default())?,
        };
        let Value::Object(mut members) = stored else {
            return Err(ApiFailure::not_found());
        };
        merge(&mut members, sent.clone());
        let Some(found) = &only.found else {
            return set_only(&only, &members).await;
        };
        let document = read_members(&members)?;
        let made = only.collection.made(document, Some(found)).await?;
        if only.collection.update_unchanged(&made).await? {
            return only.show(&made).await;
        }
        let Collection { parent, .. } = only.collection;
        let objects = only.collection.objects();
        only.found = objects.find_only(only.collection.id(), parent).await?;
    }
    Err(ApiFailure::conflict())
}

async fn set_only<D: Configuration>(
    only: &Only<D, D::Manage>,
    members: &Map<String, Value>,
) -> Result<Reply, ApiFailure> {
    only.put(read_members(members)?).await
}

impl<D: Configuration> Only<D, D::Manage> {
    /// Puts a document in the place of what there is, or of nothing, and shows it.
    pub(crate) async fn put(&self, document: D) -> Result<Reply, ApiFailure> {
        let made = self.collection.made(document, self.found.as_ref()).await?;
        if self.found.is_some() {
            self.collection.update(&made).await?;
        } else {
            self.collection.insert(&made).await?;
        }
        self.show(&made).await
    }
}

/// Forgets what was set, and shows what holds without it where clients want to know.
async fn reset_to_default<D: Configuration + Default>(
    only: Only<D, D::Manage>,
) -> Result<Reply, ApiFailure> {
    let Collection { parent, .. } = only.collection;
    let unset = only.collection.unstored(parent, D::default());
    let shown = only.show(&unset).await?;
    let reset = reset_only(only).await?;
    Ok(if D::RESET_SHOWS { shown } else { reset })
}

/// Forgets what was set.
async fn reset_only<D: Configuration>(only: Only<D, D::Manage>) -> Result<Reply, ApiFailure> {
    if let Some(object) = &only.found {
        let change = Objects::delete(object);
        let collection = &only.collection;
        collection
            .commit(collection.id(), change, D::EVENTS.deleted, object)
            .await?;
    }
    Ok(Reply::no_content())
}

/// The routes of a kind that has one object at most with a parent. What it must be unique by is
/// the same for all.
pub(crate) fn settings<D: Configuration + Default>() -> Vec<Resource> {
    vec![
        at_path::<D>("")
            .get(read_only::<D>)
            .put(replace_only::<D>)
            .taking::<D>()
            .patch(update_only::<D>)
            .taking::<Part<D>>()
            .delete(reset_to_default::<D>)
            .with_status(if D::RESET_SHOWS { &[200] } else { &[204] }),
    ]
}

/// The route of a kind that has one object at most with a parent, which is read; what changes it is
/// added to it.
pub(crate) fn settings_route<D: Configuration + Default>() -> Resource {
    at_path::<D>("").get(read_only::<D>)
}

/// The routes of a kind that has one object at most with a parent, and none until it is set.
pub(crate) fn settings_once_set<D: Configuration>() -> Vec<Resource> {
    vec![
        at_path::<D>("")
            .get(read_set::<D>)
            .put(replace_only::<D>)
            .taking::<D>()
            .delete(reset_only::<D>),
    ]
}
