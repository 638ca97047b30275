//! Resources that are configuration objects: one type says what a document is, and gets its routes,
//! its storage, its filters and its entries in the audit log.

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, Id, UserId};
use protocol::pingone::{ErrorDetail, Reference as WireReference};
use protocol::scim::{AttributeRule, AttributeRules, Operator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{Json, JsonObject, read_members};
use super::hal::{Hal, Reply, Shown};
use super::media_router::{Resource, at};
use super::paging::PageRequest;
use super::resource::unique;
use crate::access::allowed::AllowedEverywhere;
use crate::access::caller::Caller;
use crate::access::coverage::Coverage;
use crate::access::permissions::Allows;
use crate::audit::Subject;
use crate::requests::extract::path_id;
use crate::requests::failures::api::ApiFailure;
use crate::requests::origin::Now;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::configuration::{
    Document, Object, Objects, take_members, take_secrets, to_json,
};
use crate::stores::environments::StoredEnvironment;
use crate::stores::record::{Record, Table};
use crate::stores::users::Users;

/// A resource of the management API whose objects are documents.
pub(crate) trait Configuration: Document {
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

/// What is around an object that is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    pub(crate) environment: &'a StoredEnvironment,
    pub(crate) now: Timestamp,
}

/// What configuration objects hang off.
pub(crate) trait Parent: Send + Sync + 'static {
    /// The member that shows it, if it is not the environment.
    const MEMBER: Option<&'static str>;

    /// The id of the one in the path.
    ///
    /// # Errors
    ///
    /// 404 when there is none.
    fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> impl Future<Output = Result<Uuid, ApiFailure>> + Send;

    /// Refuses somebody who does not hold the roles that are at stake when what hangs off it is
    /// changed.
    ///
    /// # Errors
    ///
    /// 403.
    fn require_power(
        _environment: &StoredEnvironment,
        _caller: &Caller,
        _id: Uuid,
    ) -> impl Future<Output = Result<(), ApiFailure>> + Send {
        async { Ok(()) }
    }
}

/// Nothing but the environment.
#[derive(Debug)]
pub(crate) struct TopLevel;

impl Parent for TopLevel {
    const MEMBER: Option<&'static str> = None;

    async fn find(_: &mut Parts, _: &Idp, environment: EnvironmentId) -> Result<Uuid, ApiFailure> {
        Ok(environment.as_uuid())
    }
}

/// Another configuration object.
#[derive(Debug)]
pub(crate) struct Below<D>(PhantomData<fn() -> D>);

impl<D: Configuration> Parent for Below<D> {
    const MEMBER: Option<&'static str> = Some(D::ITEM);

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        // The compiler cannot follow a future that may hold itself.
        let above: std::pin::Pin<Box<dyn Future<Output = _> + Send>> =
            Box::pin(D::Parent::find(parts, idp, environment));
        let above = above.await?;
        let ItemId(id) = item_id::<D>(parts, idp).await?;
        let objects = Objects::<D>::new(idp.db(), idp.keyring());
        match objects.find(environment, id).await? {
            Some(object) if object.parent == above => Ok(object.id),
            _ => Err(ApiFailure::not_found()),
        }
    }
}

/// Another configuration object, which the path names without what that one hangs off.
#[derive(Debug)]
pub(crate) struct Of<D>(PhantomData<fn() -> D>);

impl<D: Configuration> Parent for Of<D> {
    const MEMBER: Option<&'static str> = Some(D::ITEM);

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        let ItemId(id) = item_id::<D>(parts, idp).await?;
        let objects = Objects::<D>::new(idp.db(), idp.keyring());
        let found = objects.find(environment, id).await?;
        found
            .map(|object| object.id)
            .ok_or_else(ApiFailure::not_found)
    }
}

/// A row of a table of resources.
#[derive(Debug)]
pub(crate) struct BelowRow<R>(PhantomData<fn() -> R>);

impl<R: Record> Parent for BelowRow<R> {
    const MEMBER: Option<&'static str> = Some(<R::Id as Id>::KIND);

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        let name = R::Id::KIND.rsplit(' ').next().unwrap_or_default();
        let id: R::Id = path_id(parts, idp, name).await?;
        let found = Table::<R>::new(idp.db()).find(environment, id).await?;
        found.map(|_| id.into()).ok_or_else(ApiFailure::not_found)
    }
}

/// An application.
#[derive(Debug)]
pub(crate) struct BelowApplication;

impl Parent for BelowApplication {
    const MEMBER: Option<&'static str> = Some("application");

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        let id: ApplicationId = path_id(parts, idp, "application").await?;
        let Ok(Now(now)) = Now::from_request_parts(parts, idp).await;
        let found = idp.applications().find(environment, id, now).await?;
        found
            .map(|_| id.as_uuid())
            .ok_or_else(ApiFailure::not_found)
    }

    async fn require_power(
        environment: &StoredEnvironment,
        caller: &Caller,
        id: Uuid,
    ) -> Result<(), ApiFailure> {
        let (idp, id) = (&caller.idp, ApplicationId::from_uuid(id));
        let found = idp.applications().find(environment.id, id, caller.now);
        let application = found.await?.ok_or_else(ApiFailure::not_found)?;
        caller
            .require_all_roles_through(&application, environment)
            .await
    }
}

/// A user.
#[derive(Debug)]
pub(crate) struct BelowUser;

impl Parent for BelowUser {
    const MEMBER: Option<&'static str> = Some("user");

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        let id: UserId = path_id(parts, idp, "user").await?;
        let found = Users::new(idp.db()).find(environment, id).await?;
        found
            .map(|_| id.as_uuid())
            .ok_or_else(ApiFailure::not_found)
    }

    async fn require_power(
        _environment: &StoredEnvironment,
        caller: &Caller,
        id: Uuid,
    ) -> Result<(), ApiFailure> {
        caller.require_all_roles_of(id).await
    }
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
        Object {
            id,
            environment_id: self.id(),
            parent: self.parent,
            document,
            created_at: self.environment.created_at,
            updated_at: self.environment.created_at,
        }
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

    fn show_at(&self, path: String, id: Uuid, object: &Object<D>) -> Result<Shown, ApiFailure> {
        let mut document = to_json(&object.document)?;
        let manages = self
            .allowed
            .coverage(D::Manage::PERMISSION, &self.environment);
        let is_manager = manages == Coverage::Environment;
        if !(D::SHOWS_SECRETS && is_manager) {
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
        members.insert("createdAt".to_owned(), json!(object.created_at));
        members.insert("updatedAt".to_owned(), json!(object.updated_at));
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
        for reference in document.references() {
            if !reference.holds(self.idp.db(), self.id()).await? {
                let message = "names something that does not exist in the environment";
                return Err(ApiFailure::invalid_value(reference.member, message));
            }
        }
        Ok(Object {
            id: replaced.map_or_else(|| self.idp.random().uuid(), |object| object.id),
            environment_id: self.id(),
            parent: self.parent,
            document,
            created_at: replaced.map_or(self.now, |object| object.created_at),
            updated_at: self.now,
        })
    }

    /// Adds an object to the collection.
    pub(crate) async fn insert(&self, object: &Object<D>) -> Result<(), ApiFailure> {
        self.insert_with(object, Change::new()).await
    }

    async fn insert_with(&self, object: &Object<D>, beside: Change) -> Result<(), ApiFailure> {
        let change = self.objects().insert(object, self.idp.random())?;
        let change = change.and(D::made_below(object, self)?).and(beside);
        self.write(object, change, D::EVENTS.created).await
    }

    /// Puts an object in the place of the one with its id.
    pub(crate) async fn update(&self, object: &Object<D>) -> Result<(), ApiFailure> {
        let change = self.objects().update(object, self.idp.random())?;
        self.write(object, change, D::EVENTS.updated).await
    }

    async fn write(
        &self,
        object: &Object<D>,
        change: Change,
        event: &'static str,
    ) -> Result<(), ApiFailure> {
        let written = self.commit(self.id(), change, event, object).await;
        written.map_err(|error| match error.unmet() {
            // The first statement of an insert counts what is there.
            Some(0) if event == D::EVENTS.created => {
                let message = format!("There are {} already, which is the most.", D::MOST);
                ApiFailure::request_failed(ErrorDetail::new("LIMIT_EXCEEDED", None, message))
            }
            _ => unique(error, D::UNIQUE),
        })
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
    let params = RawPathParams::from_request_parts(parts, idp).await;
    let params = params.map_err(|_| ApiFailure::not_found())?;
    let text = params.iter().find(|(name, _)| *name == D::ITEM);
    text.and_then(|(_, text)| Uuid::try_parse(text).ok())
        .map(ItemId)
        .ok_or_else(ApiFailure::not_found)
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

/// The operators that filters of configuration objects know.
const OPERATORS: &[Operator] = &[
    Operator::Eq,
    Operator::Ne,
    Operator::Sw,
    Operator::Ew,
    Operator::Co,
];

fn rules<D: Configuration>() -> AttributeRules {
    let members = D::FILTERS.iter().copied().chain(["id"]);
    AttributeRules::new(members.map(|name| AttributeRule::any(name, OPERATORS)))
}

async fn list<D: Configuration>(
    reading: Reading<D>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let filter = page.filter(&rules::<D>())?;
    let url = reading.url(&reading.path);
    let (created, id) = page.position(&reading.idp, &url)?;
    let mut found = Vec::new();
    let stored = reading.objects().list(reading.id(), reading.parent).await?;
    let mut objects: Vec<_> = reading.built_in().chain(stored).collect();
    objects.sort_by_cached_key(position);
    for object in objects {
        if position(&object) <= (created.clone(), id.clone()) {
            continue;
        }
        let shown = reading.present(&object).await?;
        let passes = match &filter {
            Some(filter) => {
                let members = Value::Object(shown.item().clone());
                filter.holds(&mut |comparison| comparison.matches(&members))
            }
            None => true,
        };
        if passes {
            found.push((position(&object), shown));
        }
    }
    let behind = |last: &((String, String), Shown)| last.0.clone();
    let page = page.page(&reading.idp, &url, D::KEY, found, behind, |(_, shown)| {
        shown
    });
    Reply::ok(&page)
}

/// Where an object stands in its collection.
fn position<D>(object: &Object<D>) -> (String, String) {
    let created: Timestamp = object.created_at;
    (
        format!("{:020}", created.as_microsecond()),
        object.id.to_string(),
    )
}

async fn create<D: Configuration>(
    managing: Managing<D>,
    Json(document): Json<D>,
) -> Result<Reply, ApiFailure> {
    managing.create(document, |_| Change::new()).await
}

async fn read<D: Configuration>(item: Item<D, D::Read>) -> Result<Reply, ApiFailure> {
    Reply::ok(&item.collection.present(&item.object).await?)
}

async fn replace<D: Configuration>(
    item: Item<D, D::Manage>,
    JsonObject(mut members): JsonObject,
) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = item;
    collection.check_change(&object)?;
    keep_secrets(&mut members, &object)?;
    keep_default(&mut members, &object);
    let made = collection
        .made(read_members(&members)?, Some(&object))
        .await?;
    collection.update(&made).await?;
    Reply::ok(&collection.present(&made).await?)
}

/// Changes the members that are sent; `null` clears one.
async fn update<D: Configuration>(
    item: Item<D, D::Manage>,
    JsonObject(sent): JsonObject,
) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = item;
    collection.check_change(&object)?;
    let Value::Object(mut members) = to_json(&object.document)? else {
        return Err(ApiFailure::not_found());
    };
    for (name, value) in sent {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    keep_default(&mut members, &object);
    let made = collection
        .made(read_members(&members)?, Some(&object))
        .await?;
    collection.update(&made).await?;
    Reply::ok(&collection.present(&made).await?)
}

/// Deletes an object, unless it is the default or referred to.
pub(crate) async fn delete<D: Configuration>(
    item: Item<D, D::Manage>,
) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = item;
    collection.check_change(&object)?;
    D::check_delete(&object)?;
    D::check_delete_now(&collection, &object).await?;
    let change = Objects::delete(&object).and(D::endings(&object));
    let deleted = collection.commit(collection.id(), change, D::EVENTS.deleted, &object);
    match deleted.await {
        Ok(()) => Ok(Reply::no_content()),
        Err(error) if error.unmet().is_some() => {
            let message = if object.document.is_default() {
                D::DEFAULT_STAYS
            } else if D::KEEPS_LAST && collection.is_last().await? {
                D::LAST_STAYS
            } else {
                "Something refers to it; change that first."
            };
            Err(ApiFailure::constraint(None, message))
        }
        Err(error) => Err(error.into()),
    }
}

/// A replacement that does not send a secret, which is never shown, keeps it.
fn keep_secrets<D: Document>(
    members: &mut Map<String, Value>,
    object: &Object<D>,
) -> Result<(), ApiFailure> {
    let mut stored = to_json(&object.document)?;
    let mut sent = Value::Object(std::mem::take(members));
    for (pointer, secret) in take_secrets::<D>(&mut stored) {
        if sent.pointer(&pointer).is_some() {
            continue;
        }
        if let Some((parent, name)) = pointer.rsplit_once('/')
            && let Some(Value::Object(parent)) = sent.pointer_mut(parent)
        {
            parent.insert(name.to_owned(), secret);
        }
    }
    if let Value::Object(sent) = sent {
        *members = sent;
    }
    Ok(())
}

/// The default is moved by setting it elsewhere.
fn keep_default<D: Document>(members: &mut Map<String, Value>, object: &Object<D>) {
    if D::HAS_DEFAULT && object.document.is_default() {
        members.insert("default".to_owned(), Value::Bool(true));
    }
}

/// Begins the routes of a path of a kind, behind that of its collection.
pub(crate) fn at_path<D: Configuration>(behind: &str) -> Resource {
    at(format!("/environments/{{environment}}/{}{behind}", D::PATH)).kept(D::KEPT)
}

/// The routes of a collection and its objects.
pub(crate) fn collection<D: Configuration>() -> Vec<Resource> {
    let item = format!("/{{{}}}", D::ITEM);
    vec![
        at_path::<D>("").get(list::<D>).post(create::<D>),
        at_path::<D>(&item)
            .get(read::<D>)
            .put(replace::<D>)
            .delete(delete::<D>),
    ]
}

/// The routes of a collection whose objects every environment begins with, and that stay as they are.
pub(crate) fn given<D: Configuration>() -> Vec<Resource> {
    let item = format!("/{{{}}}", D::ITEM);
    vec![
        at_path::<D>("").get(list::<D>),
        at_path::<D>(&item).get(read::<D>),
    ]
}

/// The routes of a collection whose objects come about by other means, and are not changed.
pub(crate) fn made_elsewhere<D: Configuration>() -> Vec<Resource> {
    let item = format!("/{{{}}}", D::ITEM);
    vec![
        at_path::<D>("").get(list::<D>),
        at_path::<D>(&item).get(read::<D>).delete(delete::<D>),
    ]
}

/// The route of a collection that is read; what makes its objects is added to it.
pub(crate) fn list_route<D: Configuration>() -> Resource {
    at_path::<D>("").get(list::<D>)
}

/// The route of an object that is read and deleted, and never changed.
pub(crate) fn item_route<D: Configuration>() -> Resource {
    at_path::<D>(&format!("/{{{}}}", D::ITEM))
        .get(read::<D>)
        .delete(delete::<D>)
}

/// The routes of a collection whose objects stay as they were made.
pub(crate) fn unchanging_collection<D: Configuration>() -> Vec<Resource> {
    vec![
        at_path::<D>("").get(list::<D>).post(create::<D>),
        item_route::<D>(),
    ]
}

/// The routes of a collection whose objects are changed in part as well.
pub(crate) fn patchable_collection<D: Configuration>() -> Vec<Resource> {
    let item = format!("/{{{}}}", D::ITEM);
    vec![
        at_path::<D>("").get(list::<D>).post(create::<D>),
        at_path::<D>(&item)
            .get(read::<D>)
            .put(replace::<D>)
            .patch(update::<D>)
            .delete(delete::<D>),
    ]
}

/// Whether an object is the default.
#[derive(Debug, Deserialize, Serialize)]
struct IsDefault {
    default: bool,
}

fn show_default<D: Configuration, P>(
    collection: &Collection<D, P>,
    object: &Object<D>,
) -> Result<Reply, ApiFailure> {
    let path = format!("{}/{}/default", collection.path, object.id);
    let default = object.document.is_default();
    let urls = collection.idp.urls();
    Reply::ok(&Hal::in_environment(
        urls,
        collection.id(),
        path,
        IsDefault { default },
    ))
}

async fn read_default<D: Configuration>(item: Item<D, D::Read>) -> Result<Reply, ApiFailure> {
    show_default(&item.collection, &item.object)
}

async fn set_default<D: Configuration>(
    item: Item<D, D::Manage>,
    Json(IsDefault { default }): Json<IsDefault>,
) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = item;
    if !default && object.document.is_default() {
        let message = "Make another one the default instead.";
        return Err(ApiFailure::invalid_value("default", message));
    }
    let mut document = to_json(&object.document)?;
    if let Value::Object(members) = &mut document {
        members.insert("default".to_owned(), Value::Bool(default));
    }
    let document = serde_json::from_value(document).map_err(ApiFailure::internal)?;
    let made = collection.made(document, Some(&object)).await?;
    collection.update(&made).await?;
    show_default(&collection, &made)
}

/// The route by which one is made the default.
pub(crate) fn default_route<D: Configuration>() -> Resource {
    at_path::<D>(&format!("/{{{}}}/default", D::ITEM))
        .get(read_default::<D>)
        .put(set_default::<D>)
}

/// The one object of a kind that has one at most with a parent, and that says what holds when
/// nothing was set.
struct Only<D, P> {
    collection: Collection<D, P>,
    found: Option<Object<D>>,
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
    only: Only<D, D::Manage>,
    JsonObject(sent): JsonObject,
) -> Result<Reply, ApiFailure> {
    let stored = match &only.found {
        Some(object) => to_json(&object.document)?,
        None => to_json(&D::default())?,
    };
    let Value::Object(mut members) = stored else {
        return Err(ApiFailure::not_found());
    };
    for (name, value) in sent {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    set_only(&only, &members).await
}

async fn set_only<D: Configuration>(
    only: &Only<D, D::Manage>,
    members: &Map<String, Value>,
) -> Result<Reply, ApiFailure> {
    let document = read_members(members)?;
    let collection = &only.collection;
    let made = collection.made(document, only.found.as_ref()).await?;
    if only.found.is_some() {
        collection.update(&made).await?;
    } else {
        collection.insert(&made).await?;
    }
    only.show(&made).await
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
            .patch(update_only::<D>)
            .delete(reset_to_default::<D>),
    ]
}

/// The routes of a kind that has one object at most with a parent, and none until it is set.
pub(crate) fn settings_once_set<D: Configuration>() -> Vec<Resource> {
    vec![
        at_path::<D>("")
            .get(read_set::<D>)
            .put(replace_only::<D>)
            .delete(reset_only::<D>),
    ]
}

/// What else is shown about an object.
pub(crate) type View<D> = fn(&Object<D>) -> Result<Map<String, Value>, ApiFailure>;

/// A route below an object, which shows something else about it.
pub(crate) fn view<D: Configuration>(name: &str, view: View<D>) -> Resource {
    at_path::<D>(&format!("/{{{}}}/{name}", D::ITEM)).get({
        let name = name.to_owned();
        move |item: Item<D, D::Read>| async move {
            let Item { collection, object } = item;
            let path = format!("{}/{}/{name}", collection.path, object.id);
            let shown =
                Hal::in_environment(collection.idp.urls(), collection.id(), path, view(&object)?);
            Reply::ok(&shown)
        }
    })
}
