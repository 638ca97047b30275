//! The operations on collections whose objects name another object, and are called by its id: what a
//! client adds is `{"id": …}`, and what it removes is that id.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use protocol::pingone::Reference as WireReference;
use uuid::Uuid;

use super::items::at_path;
use super::{Collection, Configuration, ItemId, Managing, Reading};
use crate::access::permissions::Allows;
use crate::api::body::Json;
use crate::api::hal::{Page, Reply, Shown};
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::{Object, Objects};

/// A kind whose objects name another one.
pub(crate) trait Names: Configuration {
    /// What names that one.
    fn naming(id: Uuid) -> Self;

    /// The id of that one.
    fn named(&self) -> Uuid;
}

impl<D: Names, P> Collection<D, P> {
    async fn show_named(&self, object: &Object<D>) -> Result<Shown, ApiFailure> {
        let id = object.document.named();
        let shown = self.show_at(format!("{}/{id}", self.path), id, object)?;
        D::derive(&self.allowed, object, shown).await
    }
}

async fn list<D: Names>(reading: Reading<D>) -> Result<Reply, ApiFailure> {
    let mut items = Vec::new();
    for object in reading.objects().list(reading.id(), reading.parent).await? {
        items.push(reading.show_named(&object).await?);
    }
    Reply::ok(&Page::whole(reading.url(&reading.path), D::KEY, items))
}

async fn add<D: Names>(
    managing: Managing<D>,
    Json(body): Json<WireReference<Uuid>>,
) -> Result<Reply, ApiFailure> {
    let object = managing.made(D::naming(body.id), None).await?;
    managing.insert(&object).await?;
    Reply::created(&managing.show_named(&object).await?)
}

/// The object of a collection that names what the path says.
struct Named<D, P> {
    collection: Collection<D, P>,
    object: Object<D>,
}

/// Rejected as [`Collection`] is, and with 404 where no object names that one.
impl<D: Names, P: Allows> FromRequestParts<Idp> for Named<D, P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let collection = Collection::<D, P>::from_request_parts(parts, idp).await?;
        let params = RawPathParams::from_request_parts(parts, idp).await;
        let params = params.map_err(|_| ApiFailure::not_found())?;
        let text = params.iter().find(|(name, _)| *name == D::ITEM);
        let id = text.and_then(|(_, text)| Uuid::try_parse(text).ok());
        let stored = collection.objects();
        let stored = stored.list(collection.id(), collection.parent).await?;
        let object = stored
            .into_iter()
            .find(|object| Some(object.document.named()) == id)
            .ok_or_else(ApiFailure::not_found)?;
        Ok(Self { collection, object })
    }
}

async fn read<D: Names>(on: Named<D, D::Read>) -> Result<Reply, ApiFailure> {
    Reply::ok(&on.collection.show_named(&on.object).await?)
}

async fn remove<D: Names>(on: Named<D, D::Manage>) -> Result<Reply, ApiFailure> {
    let Named { collection, object } = on;
    let change = Objects::delete(&object);
    let removed = collection.commit(collection.id(), change, D::EVENTS.deleted, &object);
    match removed.await {
        Ok(()) => Ok(Reply::no_content()),
        Err(error) => {
            if error.unmet().is_some() {
                // It may be gone meanwhile.
                collection.load(ItemId(object.id)).await?;
            }
            Err(error.into())
        }
    }
}

/// The routes of a collection whose objects name another one.
pub(crate) fn named_collection<D: Names>() -> Vec<Resource> {
    vec![
        at_path::<D>("")
            .get(list::<D>)
            .answering_many::<WireReference<Uuid>>(D::KEY)
            .post(add::<D>)
            .taking::<WireReference<Uuid>>()
            .answering::<WireReference<Uuid>>(),
        at_path::<D>(&format!("/{{{}}}", D::ITEM))
            .get(read::<D>)
            .answering::<WireReference<Uuid>>()
            .delete(remove::<D>),
    ]
}
