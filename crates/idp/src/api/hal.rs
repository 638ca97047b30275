//! HAL: links, one resource, one page of a collection, and the answer around them (PingOne, "API
//! responses").

use std::collections::BTreeMap;
use std::fmt;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use protocol::pingone::{Link, Links, Reference};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use uuid::Uuid;
use web::forbid_storing;

use crate::requests::failures::api::ApiFailure;
use crate::stores::record::Columns;
use crate::urls::Urls;

/// A resource with its links.
#[derive(Debug, Serialize)]
pub(crate) struct Hal<T> {
    #[serde(rename = "_links")]
    links: Links,
    #[serde(flatten)]
    item: T,
    /// Members that were sent and say what holds anyway.
    #[serde(flatten)]
    also: Map<String, Value>,
    /// Whole numbers beyond what a [`Value`] holds.
    #[serde(flatten)]
    numbers: BTreeMap<String, Box<RawValue>>,
}

impl<T> Hal<T> {
    /// A resource whose own address is `this`.
    pub(crate) fn new(this: impl Into<String>, item: T) -> Self {
        let links = Links::from([("self".to_owned(), Link::new(this))]);
        Self {
            links,
            item,
            also: Map::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Something of an environment, at a path below it.
    pub(crate) fn in_environment(
        urls: &Urls,
        environment: EnvironmentId,
        path: impl fmt::Display,
        item: T,
    ) -> Self {
        let address = urls.api(format_args!("environments/{environment}"));
        Self::new(urls.environment_api(environment, path), item).link("environment", address)
    }

    /// Adds members that the item's type has no place for.
    #[must_use]
    pub(crate) fn also(mut self, members: &Map<String, Value>) -> Self {
        self.also.extend(members.clone());
        self
    }

    /// Adds a link.
    #[must_use]
    pub(crate) fn link(mut self, relation: &str, address: impl Into<String>) -> Self {
        self.links.insert(relation.to_owned(), Link::new(address));
        self
    }

    /// The same links around another form of the resource.
    #[must_use]
    pub(crate) fn showing<U>(self, item: U) -> Hal<U> {
        let Self {
            links,
            also,
            numbers,
            ..
        } = self;
        Hal {
            links,
            item,
            also,
            numbers,
        }
    }

    /// The resource itself.
    pub(crate) fn item(&self) -> &T {
        &self.item
    }

    /// Its own address.
    pub(crate) fn address(&self) -> Option<&str> {
        self.links.get("self").map(|link| link.href.as_str())
    }
}

/// A resource whose members are not a type of their own.
pub(crate) type Shown = Hal<Map<String, Value>>;

impl Shown {
    /// Adds a member that is shown and not kept.
    #[must_use]
    pub(crate) fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.item.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a link to a collection that hangs off it, which is called as the collection's path ends.
    #[must_use]
    pub(crate) fn linking_below(self, collection: &str) -> Self {
        let address = self.address().map(|this| format!("{this}/{collection}"));
        match address {
            Some(address) => self.link(collection, address),
            None => self,
        }
    }

    /// Leaves out a member that is kept and not shown.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.item.remove(name);
        self
    }

    /// Adds a whole number of any length, given in decimal.
    #[must_use]
    pub(crate) fn number(mut self, name: &str, decimal: &str) -> Self {
        if let Ok(number) = RawValue::from_string(decimal.to_owned()) {
            self.numbers.insert(name.to_owned(), number);
        }
        self
    }
}

/// What every resource of an environment shows, around what is its own.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InEnvironment<T> {
    id: Uuid,
    environment: Reference<EnvironmentId>,
    #[serde(flatten)]
    own: T,
    #[serde(with = "protocol::pingone::date::Date")]
    created_at: Timestamp,
    #[serde(with = "protocol::pingone::date::Date")]
    updated_at: Timestamp,
}

impl<T> Hal<InEnvironment<T>> {
    /// A record in the collection at a path below its environment, with its own members.
    pub(crate) fn of_record<R: Columns>(
        urls: &Urls,
        collection: impl fmt::Display,
        record: &R,
        own: T,
    ) -> Self {
        let (id, environment) = (record.id(), record.environment_id());
        let item = InEnvironment {
            id: id.into(),
            environment: Reference::new(environment),
            own,
            created_at: record.created_at(),
            updated_at: record.updated_at(),
        };
        Self::in_environment(urls, environment, format_args!("{collection}/{id}"), item)
    }
}

/// A page of a collection. `_embedded` always has its key: clients index it unseen.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    #[serde(rename = "_links")]
    links: Links,
    #[serde(rename = "_embedded")]
    embedded: BTreeMap<&'static str, Vec<T>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    size: usize,
}

impl<T> Page<T> {
    /// A collection that is always given whole.
    pub(crate) fn whole(this: impl Into<String>, key: &'static str, items: Vec<T>) -> Self {
        let count = items.len();
        Self {
            count: Some(count),
            ..Self::part(this, None, key, items)
        }
    }

    /// A part of a collection, with the address of the next one. How many there are altogether is
    /// told where this part is all.
    pub(crate) fn part(
        this: impl Into<String>,
        next: Option<String>,
        key: &'static str,
        items: Vec<T>,
    ) -> Self {
        let mut links = Links::from([("self".to_owned(), Link::new(this))]);
        links.extend(next.map(|next| ("next".to_owned(), Link::new(next))));
        let size = items.len();
        Self {
            links,
            embedded: BTreeMap::from([(key, items)]),
            count: None,
            size,
        }
    }

    /// Tells how many there are altogether.
    #[must_use]
    pub(crate) fn counting(mut self, count: Option<usize>) -> Self {
        self.count = count;
        self
    }
}

/// An answer that is no refusal.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    body: Option<Vec<u8>>,
    location: Option<String>,
}

impl Reply {
    /// 200 with a body.
    pub(crate) fn ok<T: Serialize>(body: &T) -> Result<Self, ApiFailure> {
        Self::with(StatusCode::OK, body)
    }

    /// 201 with the new resource and its address.
    pub(crate) fn created<T: Serialize>(body: &Hal<T>) -> Result<Self, ApiFailure> {
        Self::with_address(StatusCode::CREATED, body)
    }

    /// A success with the new resource and its address.
    pub(crate) fn with_address<T: Serialize>(
        status: StatusCode,
        body: &Hal<T>,
    ) -> Result<Self, ApiFailure> {
        let reply = Self::with(status, body)?;
        Ok(Self {
            location: body.address().map(str::to_owned),
            ..reply
        })
    }

    /// 204.
    pub(crate) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: None,
            location: None,
        }
    }

    fn with<T: Serialize>(status: StatusCode, body: &T) -> Result<Self, ApiFailure> {
        let body = serde_json::to_vec(body).map_err(ApiFailure::internal)?;
        Ok(Self {
            status,
            body: Some(body),
            location: None,
        })
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let has_body = self.body.is_some();
        let mut response = Response::new(self.body.map_or_else(Body::empty, Body::from));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        forbid_storing(headers);
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(Ok(location)) = self.location.map(HeaderValue::try_from) {
            headers.insert(LOCATION, location);
        }
        response
    }
}
