//! The operations on a collection and its objects, and their routes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Collection, Configuration, Item, ItemId, Managing, Reading};
use crate::api::body::{Json, JsonObject, read_members};
use crate::api::filter::{passes, rules_of_members};
use crate::api::hal::{Hal, Reply, Shown};
use crate::api::media_router::{Resource, at};
use crate::api::paging::PageRequest;
use crate::api::shapes::{Part, Stored};
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Objects, take_secrets, to_json};

async fn list<D: Configuration>(
    reading: Reading<D>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let filter = page.filter(&rules_of_members(D::FILTERS))?;
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
        // No filter knows what has to be looked up: that is done for the page alone.
        let shown = reading.show(&object)?;
        if passes(filter.as_ref(), shown.item()) {
            let shown = D::derive(&reading.allowed, &object, shown).await?;
            found.push((position(&object), shown));
        }
        if found.len() == page.read_limit() as usize {
            break;
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
    let created = object.created_at;
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

/// Shows an object.
pub(crate) async fn read<D: Configuration>(item: Item<D, D::Read>) -> Result<Reply, ApiFailure> {
    Reply::ok(&item.collection.present(&item.object).await?)
}

/// Replaces an object as a whole.
pub(crate) async fn replace<D: Configuration>(
    item: Item<D, D::Manage>,
    JsonObject(sent): JsonObject,
) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = item;
    collection.check_change(&object)?;
    let replaced = |stored: &Object<D>| {
        let mut members = sent.clone();
        keep_secrets(&mut members, stored)?;
        keep_default(&mut members, stored);
        read_members(&members)
    };
    let made = collection.change(object, replaced).await?;
    Reply::ok(&collection.present(&made).await?)
}

/// Changes the members that are sent; `null` clears one.
async fn update<D: Configuration>(
    item: Item<D, D::Manage>,
    JsonObject(sent): JsonObject,
) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = item;
    collection.check_change(&object)?;
    let merged = |stored: &Object<D>| {
        let Value::Object(mut members) = to_json(&stored.document)? else {
            return Err(ApiFailure::not_found());
        };
        merge(&mut members, sent.clone());
        keep_default(&mut members, stored);
        read_members(&members)
    };
    let made = collection.change(object, merged).await?;
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
            // It may be gone meanwhile, or be another's default no more.
            let object = collection.load(ItemId(object.id)).await?;
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

/// Puts the members that are sent in the place of those that are there; `null` clears one.
pub(super) fn merge(members: &mut Map<String, Value>, sent: Map<String, Value>) {
    for (name, value) in sent {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
}

/// A replacement that does not send a secret, which is never shown, keeps it.
pub(super) fn keep_secrets<D: Document>(
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
    // What is no boolean, nor the text of one, is refused by the member's name.
    let is_another_kind = match members.get("default") {
        None | Some(Value::Null | Value::Bool(_)) => false,
        Some(Value::String(text)) => text.to_ascii_lowercase().parse::<bool>().is_err(),
        Some(_) => true,
    };
    if is_another_kind {
        return;
    }
    if D::HAS_DEFAULT && object.document.is_default() {
        members.insert("default".to_owned(), Value::Bool(true));
    }
}

/// Begins the routes of a path of a kind, behind that of its collection.
pub(crate) fn at_path<D: Configuration>(behind: &str) -> Resource {
    at(format!("/environments/{{environment}}/{}{behind}", D::PATH))
        .kept(D::KEPT)
        .keeping(D::KEPT_MEMBERS)
        .showing::<Stored<D>>()
}

/// Begins the routes of a path below the objects of a kind, whose operations say what they answer.
pub(crate) fn below_item<D: Configuration>(behind: &str) -> Resource {
    let item = D::ITEM;
    at(format!(
        "/environments/{{environment}}/{}/{{{item}}}/{behind}",
        D::PATH
    ))
    .kept(D::KEPT)
}

/// The routes of a collection and its objects.
pub(crate) fn collection<D: Configuration>() -> Vec<Resource> {
    vec![
        list_route::<D>().post(create::<D>).taking::<D>(),
        replaceable_route::<D>(),
    ]
}

/// The routes of a collection whose objects every environment begins with, and that stay as they are.
pub(crate) fn given<D: Configuration>() -> Vec<Resource> {
    let item = format!("/{{{}}}", D::ITEM);
    vec![list_route::<D>(), at_path::<D>(&item).get(read::<D>)]
}

/// The routes of a collection whose objects come about by other means, and are not changed.
pub(crate) fn made_elsewhere<D: Configuration>() -> Vec<Resource> {
    vec![list_route::<D>(), item_route::<D>()]
}

/// The route of a collection that is read; what makes its objects is added to it.
pub(crate) fn list_route<D: Configuration>() -> Resource {
    at_path::<D>("")
        .get(list::<D>)
        .answering_many::<Stored<D>>(D::KEY)
        .paged()
}

/// The route of an object that is read and deleted, and never changed.
pub(crate) fn item_route<D: Configuration>() -> Resource {
    at_path::<D>(&format!("/{{{}}}", D::ITEM))
        .get(read::<D>)
        .delete(delete::<D>)
}

/// The route of an object that is read, replaced and deleted.
pub(crate) fn replaceable_route<D: Configuration>() -> Resource {
    item_route::<D>().put(replace::<D>).taking::<D>()
}

/// The routes of a collection whose objects stay as they were made.
pub(crate) fn unchanging_collection<D: Configuration>() -> Vec<Resource> {
    vec![
        list_route::<D>().post(create::<D>).taking::<D>(),
        item_route::<D>(),
    ]
}

/// The routes of a collection whose objects are changed in part as well.
pub(crate) fn patchable_collection<D: Configuration>() -> Vec<Resource> {
    vec![
        list_route::<D>().post(create::<D>).taking::<D>(),
        replaceable_route::<D>()
            .patch(update::<D>)
            .taking::<Part<D>>(),
    ]
}

/// Whether an object is the default.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
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
    let set = |stored: &Object<D>| {
        if !default && stored.document.is_default() {
            let message = "Make another one the default instead.";
            return Err(ApiFailure::invalid_value("default", message));
        }
        let mut document = to_json(&stored.document)?;
        if let Value::Object(members) = &mut document {
            members.insert("default".to_owned(), Value::Bool(default));
        }
        serde_json::from_value(document).map_err(ApiFailure::internal)
    };
    let made = collection.change(object, set).await?;
    show_default(&collection, &made)
}

/// The route by which one is made the default.
pub(crate) fn default_route<D: Configuration>() -> Resource {
    below_item::<D>("default")
        .get(read_default::<D>)
        .put(set_default::<D>)
        .taking::<IsDefault>()
        .showing::<IsDefault>()
}

/// What else is shown about an object.
pub(crate) type View<D, T> = fn(&Object<D>) -> T;

/// A route below an object, which shows something else about it.
pub(crate) fn view<D: Configuration, T: Serialize + JsonSchema + 'static>(
    name: &str,
    view: View<D, T>,
) -> Resource {
    below_item::<D>(name)
        .get({
            let name = name.to_owned();
            move |item: Item<D, D::Read>| async move {
                let Item { collection, object } = item;
                let path = format!("{}/{}/{name}", collection.path, object.id);
                let shown = Hal::in_environment(
                    collection.idp.urls(),
                    collection.id(),
                    path,
                    view(&object),
                );
                Reply::ok(&shown)
            }
        })
        .showing::<T>()
}
