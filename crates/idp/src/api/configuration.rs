//! Resources that are configuration objects: one type says what a document is, and gets its routes,
//! its storage, its filters and its entries in the audit log.

mod items;
mod named;
mod of_user;
mod only;
mod parent;

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use protocol::pingone::date;
use protocol::pingone::{ErrorDetail, Reference as WireReference};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::checks;
use super::hal::{Hal, Reply, Shown};
use super::media_router::KeptMembers;
use super::resource::unique;
use crate::access::allowed::AllowedEverywhere;
use crate::access::caller::Caller;
use crate::access::coverage::{self, Coverage};
use crate::access::permissions::Allows;
use crate::audit::Subject;
use crate::requests::extract::path_id;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::configuration::{
    Document, Object, Objects, ROOM, take_members, take_secrets, to_json,
};
use crate::stores::environments::StoredEnvironment;

pub(crate) use self::items::{
    at_path, below_item, collection, default_route, delete, given, item_route, list_route,
    made_elsewhere, patchable_collection, read, replace, replaceable_route, unchanging_collection,
    view,
};
pub(crate) use self::named::{Names, named_collection};
pub(crate) use self::of_user::{OfUser, UsersOwn};
pub(crate) use self::only::{Only, settings, settings_once_set, settings_route};
pub(crate) use self::parent::{
    Below, BelowApplication, BelowRow, BelowUser, Of, Parent, PathObject, TopLevel,
};

/// A resource of the management API whose objects are documents.
pub(crate) trait Configuration: Document + JsonSchema {
    /// The path of its collection below the environment, such as
    /// `agreements/{agreement}/languages`. Of a kind with one object at most, its path.
    const PATH: &'static str;
    /// What routes call one, such as `language`.
    const ITEM: &'static str;
    /// Under which key a page embeds them.
    const KEY: &'static str = Self::PATH;
    /// The member that must be unique.
    const UNIQUE: &'static str = "name";
    /// What is not provided, where a kind is stored, checked and returned, and nothing more.
    const KEPT: Option<&'static str> = None;
    /// The members that are stored, checked and returned, and nothing more, where the rest works.
    const KEPT_MEMBERS: KeptMembers = &[];
    /// What is said to whoever deletes the default.
    const DEFAULT_STAYS: &'static str = "It is the default; make another one the default first.";
    /// What is said to whoever deletes the last one, where it stays.
    const LAST_STAYS: &'static str = "It is the last one, and cannot be deleted.";
    /// The members that filters know, beside `id`; those of objects and lists behind dots.
    const FILTERS: &'static [&'static str] = &["name"];
    /// What a POST is answered with.
    const CREATED: StatusCode = StatusCode::CREATED;

    /// Whether whoever may change it is shown its secrets: PingOne does, where clients compare them
    /// with what they sent.
    const SHOWS_SECRETS: bool = false;

    /// The members that are kept and shown in another form, as JSON pointers.
    const SHOWN_OTHERWISE: &'static [&'static str] = &[];

    /// Whether the answer to resetting a kind with one object shows what holds from then on.
    const RESET_SHOWS: bool = false;

    /// What it hangs off.
    type Parent: Parent;
    /// Who reads it.
    type Read: Allows;
    /// Who creates, changes and deletes it.
    type Manage: Allows;

    /// Checks what the type alone does not say, and fills in what was left out. That what it refers
    /// to is there is checked for all.
    ///
    /// `replaced` is the object that it takes the place of.
    fn check(
        &mut self,
        _managing: &Managing<Self>,
        _replaced: Option<&Object<Self>>,
    ) -> impl Future<Output = Result<(), ApiFailure>> + Send {
        async { Ok(()) }
    }

    /// What a new one comes with.
    fn made_below(
        _object: &Object<Self>,
        _managing: &Managing<Self>,
    ) -> Result<Change, ApiFailure> {
        Ok(Change::new())
    }

    /// The objects that every collection has below a parent, which nobody changes and which are
    /// not stored.
    fn built_in(_parent: Uuid) -> Vec<(Uuid, Self)> {
        Vec::new()
    }

    /// Refuses to delete it.
    fn check_delete(_object: &Object<Self>) -> Result<(), ApiFailure> {
        Ok(())
    }

    /// What ends with it, beside what hangs off it.
    fn endings(_object: &Object<Self>) -> Change {
        Change::new()
    }

    /// Refuses to delete it where other objects or the time forbid it.
    fn check_delete_now(
        _managing: &Managing<Self>,
        _object: &Object<Self>,
    ) -> impl Future<Output = Result<(), ApiFailure>> + Send {
        async { Ok(()) }
    }

    /// The refusal where there is none with an id.
    fn missing(_environment: EnvironmentId, _id: Uuid) -> ApiFailure {
        ApiFailure::not_found()
    }

    /// Adds what is shown and not kept: members and links.
    fn show(_object: &Object<Self>, shown: Shown) -> Shown {
        shown
    }

    /// Adds what is shown, where that depends on what is around the object.
    fn show_in(_: Around<'_>, object: &Object<Self>, shown: Shown) -> Shown {
        Self::show(object, shown)
    }

    /// Adds what is shown and has to be looked up.
    fn derive(
        _caller: &Caller,
        _object: &Object<Self>,
        shown: Shown,
    ) -> impl Future<Output = Result<Shown, ApiFailure>> + Send {
        async { Ok(shown) }
    }
}

/// How often a change is tried while others change the same object, so that nobody's is lost.
pub(crate) const MOST_TRIES: u32 = 5;

/// What is around an object that is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    pub(crate) environment: &'a StoredEnvironment,
    pub(crate) now: Timestamp,
}

/// Somebody who may do `P` to the objects of a collection.
pub(crate) struct Collection<D, P> {
    allowed: AllowedEverywhere<P>,
    /// What the objects hang off.
    pub(crate) parent: Uuid,
    /// The collection's path below the environment.
    path: String,
    kind: PhantomData<fn() -> D>,
}

/// Somebody who may read the objects of a collection.
pub(crate) type Reading<D> = Collection<D, <D as Configuration>::Read>;

/// Somebody who may change the objects of a collection.
pub(crate) type Managing<D> = Collection<D, <D as Configuration>::Manage>;

impl<D, P> Deref for Collection<D, P> {
    type Target = AllowedEverywhere<P>;

    fn deref(&self) -> &AllowedEverywhere<P> {
        &self.allowed
    }
}

/// Rejected as [`AllowedEverywhere`] is, and with 404 without what the path names.
impl<D: Configuration, P: Allows> FromRequestParts<Idp> for Collection<D, P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let allowed = AllowedEverywhere::<P>::from_request_parts(parts, idp).await?;
        let parent = D::Parent::find(parts, idp, allowed.id()).await?;
        if P::PROTECTS_TARGET {
            D::Parent::require_power(&allowed.environment, &allowed, parent).await?;
        }
        let params = RawPathParams::from_request_parts(parts, idp).await;
        let params = params.map_err(|_| ApiFailure::not_found())?;
        let path = params
            .iter()
            .fold(D::PATH.to_owned(), |path, (name, value)| {
                path.replace(&format!("{{{name}}}"), value)
            });
        // A path may leave out what the objects hang off.
        let above = format!("{{{}}}", D::Parent::MEMBER.unwrap_or_default());
        let path = path.replace(&above, &parent.to_string());
        Ok(Self {
            allowed,
            parent,
            path,
            kind: PhantomData,
        })
    }
}

impl<D: Configuration, P> Collection<D, P> {
    /// The collection's path below the environment.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The objects of all collections of the kind.
    pub(crate) fn objects(&self) -> Objects<'_, D> {
        Objects::new(self.idp.db(), self.idp.keyring())
    }

    async fn load(&self, ItemId(id): ItemId) -> Result<Object<D>, ApiFailure> {
        match self.objects().find(self.id(), id).await? {
            Some(object) if object.parent == self.parent => Ok(object),
            Some(_) => Err(D::missing(self.id(), id)),
            None => self
                .built_in()
                .find(|object| object.id == id)
                .ok_or_else(|| D::missing(self.id(), id)),
        }
    }

    /// The objects that are there without being stored.
    fn built_in(&self) -> impl Iterator<Item = Object<D>> {
        let objects = D::built_in(self.parent).into_iter();
        objects.map(|(id, document)| self.unstored(id, document))
    }

    /// An object as old as the environment, which holds until another takes its place.
    fn unstored(&self, id: Uuid, document: D) -> Object<D> {
        Object::new(
            id,
            self.id(),
            self.parent,
            document,
            self.environment.created_at,
        )
    }

    /// Whether there is one of them at most.
    async fn is_last(&self) -> Result<bool, ApiFailure> {
        let all = self.objects().list(self.id(), self.parent).await?;
        Ok(all.len() <= 1)
    }

    /// An object of the collection as it is shown, with what has to be looked up.
    async fn present(&self, object: &Object<D>) -> Result<Shown, ApiFailure> {
        D::derive(&self.allowed, object, self.show(object)?).await
    }

    /// An object of the collection as it is shown, without what has to be looked up.
    pub(crate) fn show(&self, object: &Object<D>) -> Result<Shown, ApiFailure> {
        let path = format!("{}/{}", self.path, object.id);
        self.show_at(path, object.id, object)
    }

    pub(crate) fn show_at(
        &self,
        path: String,
        id: Uuid,
        object: &Object<D>,
    ) -> Result<Shown, ApiFailure> {
        let mut document = to_json(&object.document)?;
        let manages = self
            .allowed
            .coverage(D::Manage::PERMISSION, &self.environment);
        let is_manager = manages == Coverage::Environment;
        let program = self.allowed.program();
        let shows_secrets = D::SHOWS_SECRETS || program.is_some_and(|one| one.is_shown_secrets);
        if !(shows_secrets && is_manager) {
            take_secrets::<D>(&mut document);
        }
        // What is shown and yet sealed, such as a header that authenticates, is not for those who
        // only read.
        if !is_manager {
            take_members(&mut document, D::SEALED);
        }
        let Value::Object(own) = document else {
            let cause = format!("a {} is no JSON object", D::EVENTS.kind);
            return Err(ApiFailure::internal(std::io::Error::other(cause)));
        };
        let mut members = Map::new();
        members.insert("id".to_owned(), json!(id));
        let environment = WireReference::new(object.environment_id);
        members.insert("environment".to_owned(), json!(environment));
        if let Some(parent) = D::Parent::MEMBER {
            members.insert(parent.to_owned(), json!({"id": object.parent}));
        }
        members.extend(own);
        members.insert(
            "createdAt".to_owned(),
            json!(date::written(object.created_at)),
        );
        members.insert(
            "updatedAt".to_owned(),
            json!(date::written(object.updated_at)),
        );
        let urls = self.idp.urls();
        let shown = Hal::in_environment(urls, object.environment_id, path, members);
        let around = Around {
            environment: &self.environment,
            now: self.now,
        };
        Ok(D::show_in(around, object, shown))
    }
}

impl<D: Configuration> Managing<D> {
    /// Whether whoever asks holds everything that any role gives in the organization.
    pub(crate) fn holds_every_role(&self) -> bool {
        let organization = self.environment.organization_id;
        coverage::includes_everything(self.assignments(), organization)
    }

    /// Whether an object is stored, and can be changed.
    fn check_change(&self, object: &Object<D>) -> Result<(), ApiFailure> {
        if self.built_in().any(|built_in| built_in.id == object.id) {
            let message = "It comes with the environment and stays as it is.";
            return Err(ApiFailure::constraint(None, message));
        }
        Ok(())
    }

    /// Makes an object, and commits what belongs to it together with it.
    pub(crate) async fn create(
        &self,
        document: D,
        beside: impl FnOnce(&Object<D>) -> Change,
    ) -> Result<Reply, ApiFailure> {
        let object = self.made(document, None).await?;
        self.insert_with(&object, beside(&object)).await?;
        Reply::with_address(D::CREATED, &self.present(&object).await?)
    }

    /// The object that a body makes, checked.
    pub(crate) async fn made(
        &self,
        mut document: D,
        replaced: Option<&Object<D>>,
    ) -> Result<Object<D>, ApiFailure> {
        document.check(self, replaced).await?;
        for named in [document.references(), document.mentions()] {
            checks::references(&self.idp, self.id(), &named).await?;
        }
        if let Some(replaced) = replaced {
            return Ok(replaced.with(document, self.now));
        }
        let id = self.new_id();
        Ok(Object::new(id, self.id(), self.parent, document, self.now))
    }

    /// Adds an object to the collection.
    pub(crate) async fn insert(&self, object: &Object<D>) -> Result<(), ApiFailure> {
        self.insert_with(object, Change::new()).await
    }

    async fn insert_with(&self, object: &Object<D>, beside: Change) -> Result<(), ApiFailure> {
        let change = self.objects().insert(object, self.idp.random())?;
        let change = change.and(D::made_below(object, self)?).and(beside);
        let written = self.commit(self.id(), change, D::EVENTS.created, object);
        written.await.map_err(|error| match error.unmet() {
            Some(ROOM) => self.no_room(),
            _ => unique(error, D::UNIQUE),
        })
    }

    /// Adds the one object of a parent; whether there was none yet.
    async fn insert_only(&self, object: &Object<D>) -> Result<bool, ApiFailure> {
        let insert = self.objects().insert_within(1, object, self.idp.random())?;
        let change = insert.and(D::made_below(object, self)?);
        let written = self.commit(self.id(), change, D::EVENTS.created, object);
        match written.await {
            Ok(()) => Ok(true),
            Err(error) if error.unmet() == Some(ROOM) || error.is_unique_violation() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a stored object as `change` makes another document of what is stored. Where somebody
    /// else is faster, that is read and changed again, so that nobody's change is lost.
    ///
    /// # Errors
    ///
    /// What `change` refuses, what [`made`](Self::made) refuses, 404 where the object is deleted
    /// meanwhile, and 409 where others are faster time and again.
    pub(crate) async fn change(
        &self,
        mut stored: Object<D>,
        change: impl Fn(&Object<D>) -> Result<D, ApiFailure> + Send,
    ) -> Result<Object<D>, ApiFailure> {
        for _ in 0..MOST_TRIES {
            let made = self.made(change(&stored)?, Some(&stored)).await?;
            if self.update_unchanged(&made).await? {
                return Ok(made.written());
            }
            stored = self.load(ItemId(stored.id)).await?;
        }
        Err(ApiFailure::conflict())
    }

    /// Puts an object in the place of the one with its id; whether that was still as it was read.
    async fn update_unchanged(&self, object: &Object<D>) -> Result<bool, ApiFailure> {
        let change = self.objects().update_unchanged(object, self.idp.random())?;
        let written = self.commit(self.id(), change, D::EVENTS.updated, object);
        match written.await {
            Ok(()) => Ok(true),
            Err(error) if error.unmet() == Some(0) => Ok(false),
            Err(error) => Err(unique(error, D::UNIQUE)),
        }
    }

    /// Refuses one more where there are as many as there may be.
    #[expect(clippy::unused_self, reason = "says of which kind there are too many")]
    pub(crate) fn no_room(&self) -> ApiFailure {
        let message = format!("There are {} already, which is the most.", D::MOST);
        ApiFailure::request_failed(ErrorDetail::new("LIMIT_EXCEEDED", None, message))
    }
}

impl<D: Document> From<&Object<D>> for Subject {
    fn from(object: &Object<D>) -> Self {
        Self::of(D::EVENTS.kind, object.id, object.document.name())
    }
}

/// The id of an object in the path.
#[derive(Clone, Copy, Debug)]
struct ItemId(Uuid);

async fn item_id<D: Configuration>(parts: &mut Parts, idp: &Idp) -> Result<ItemId, ApiFailure> {
    path_id(parts, idp, D::ITEM).await.map(ItemId)
}

/// The object that the path names, of a collection.
pub(crate) struct Item<D, P> {
    pub(crate) collection: Collection<D, P>,
    pub(crate) object: Object<D>,
}

/// Rejected as [`Collection`] is, and with 404 without such an object.
impl<D: Configuration, P: Allows> FromRequestParts<Idp> for Item<D, P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let collection = Collection::from_request_parts(parts, idp).await?;
        let id = item_id::<D>(parts, idp).await?;
        let object = collection.load(id).await?;
        Ok(Self { collection, object })
    }
}
