//! The operations on a kind that has one object at most with a parent, and their routes.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::Value;

use super::items::{at_path, keep_secrets, merge};
use super::{Collection, Configuration, MOST_TRIES};
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
    JsonObject(sent): JsonObject,
) -> Result<Reply, ApiFailure> {
    let replaced = |stored: Option<&Object<D>>| {
        let mut members = sent.clone();
        if let Some(stored) = stored {
            keep_secrets(&mut members, stored)?;
        }
        read_members(&members)
    };
    only.change(replaced).await
}

async fn update_only<D: Configuration + Default>(
    only: Only<D, D::Manage>,
    JsonObject(sent): JsonObject,
) -> Result<Reply, ApiFailure> {
    let merged = |stored: Option<&Object<D>>| {
        let stored = match stored {
            Some(stored) => to_json(&stored.document)?,
            None => to_json(&D::default())?,
        };
        let Value::Object(mut members) = stored else {
            return Err(ApiFailure::not_found());
        };
        merge(&mut members, sent.clone());
        read_members(&members)
    };
    only.change(merged).await
}

impl<D: Configuration> Only<D, D::Manage> {
    async fn find(&self) -> Result<Option<Object<D>>, ApiFailure> {
        let Collection { parent, .. } = self.collection;
        let objects = self.collection.objects();
        Ok(objects.find_only(self.collection.id(), parent).await?)
    }

    /// Puts what `change` makes of what there is, or of nothing, in its place, and shows it. Where
    /// somebody else is faster, that is read and changed again, so that nobody's change is lost.
    ///
    /// # Errors
    ///
    /// What `change` and [`made`](Collection::made) refuse, and 409 where others are faster time
    /// and again.
    pub(crate) async fn change(
        mut self,
        change: impl Fn(Option<&Object<D>>) -> Result<D, ApiFailure> + Send,
    ) -> Result<Reply, ApiFailure> {
        for _ in 0..MOST_TRIES {
            let found = self.found.as_ref();
            let made = self.collection.made(change(found)?, found).await?;
            let is_written = if found.is_some() {
                self.collection.update_unchanged(&made).await?
            } else {
                self.collection.insert_only(&made).await?
            };
            if is_written {
                return self.show(&made).await;
            }
            self.found = self.find().await?;
        }
        Err(ApiFailure::conflict())
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
        let deleted = collection.commit(collection.id(), change, D::EVENTS.deleted, object);
        match deleted.await {
            Ok(()) => {}
            // Somebody else was faster.
            Err(error) if error.unmet().is_some() && only.find().await?.is_none() => {}
            Err(error) => return Err(error.into()),
        }
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
