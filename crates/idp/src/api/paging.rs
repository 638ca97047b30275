//! Pages of a collection: `limit`, and cursors that only this installation can make (PingOne,
//! "Paging, ordering, and filtering").

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform::keyring::Keyring;
use protocol::pingone::ErrorDetail;
use protocol::scim::{AttributeRules, Filter};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded;

use super::filter;
use super::hal::Page;
use crate::requests::extract::Query;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;

const DEFAULT_LIMIT: u32 = 100;
const MOST_ITEMS: u32 = 1000;

/// Longest cursor that is looked at: a position is two short texts.
const LONGEST_CURSOR: usize = 8 * 1024;

/// Separates the parts of a position; no text of a body holds it.
const SEPARATOR: char = '\0';

/// What a request says about the page that it wants.
#[derive(Debug)]
pub(crate) struct PageRequest {
    limit: u32,
    has_limit: bool,
    cursor: Option<String>,
    filter: Option<String>,
}

/// Rejected with 400 when the query is none, or `limit` is out of range.
impl FromRequestParts<Idp> for PageRequest {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let Query(query) = Query::from_request_parts(parts, idp).await?;
        let limit = query.find("limit");
        let limit_number = match limit {
            None => DEFAULT_LIMIT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MOST_ITEMS).contains(limit))
                .ok_or_else(limit_out_of_range)?,
        };
        Ok(Self {
            limit: limit_number,
            has_limit: limit.is_some(),
            cursor: query.find("cursor").map(str::to_owned),
            filter: query.find("filter").map(str::to_owned),
        })
    }
}

fn limit_out_of_range() -> ApiFailure {
    let message = format!("must be between 1 and {MOST_ITEMS}");
    ApiFailure::malformed(vec![
        ErrorDetail::new("OUT_OF_RANGE", Some("limit"), message)
            .with("rangeMinimumValue", json!(1))
            .with("rangeMaximumValue", json!(MOST_ITEMS)),
    ])
}

/// The cursor of a position.
pub(crate) fn seal(keyring: &Keyring, context: &str, key: &str, id: &str) -> String {
    let position = format!("{key}{SEPARATOR}{id}");
    let tag = keyring.authenticate(context, position.as_bytes());
    format!("{}.{tag}", URL_SAFE_NO_PAD.encode(position))
}

/// The position of a cursor that this installation made in the same context.
pub(crate) fn open(keyring: &Keyring, context: &str, cursor: &str) -> Option<(String, String)> {
    let (position, tag) = cursor.split_once('.')?;
    if cursor.len() > LONGEST_CURSOR {
        return None;
    }
    let position = URL_SAFE_NO_PAD.decode(position).ok()?;
    keyring.verify(context, &position, tag).ok()?;
    let position = String::from_utf8(position).ok()?;
    let (key, id) = position.split_once(SEPARATOR)?;
    Some((key.to_owned(), id.to_owned()))
}

/// The same, asked for in a body.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PageBody {
    limit: Option<u32>,
    cursor: Option<String>,
    filter: Option<String>,
}

impl TryFrom<PageBody> for PageRequest {
    type Error = ApiFailure;

    fn try_from(body: PageBody) -> Result<Self, ApiFailure> {
        let limit = body.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MOST_ITEMS).contains(&limit) {
            return Err(limit_out_of_range());
        }
        Ok(Self {
            limit,
            has_limit: body.limit.is_some(),
            cursor: body.cursor,
            filter: body.filter,
        })
    }
}

impl PageRequest {
    /// The filter, checked against what the collection supports.
    pub(crate) fn filter(&self, rules: &AttributeRules) -> Result<Option<Filter>, ApiFailure> {
        self.filter
            .as_deref()
            .map(|text| filter::parse(text, rules))
            .transpose()
    }

    /// The same, of as many items as a page may have where the request names no limit.
    pub(crate) fn whole_by_default(mut self) -> Self {
        if !self.has_limit {
            self.limit = MOST_ITEMS;
        }
        self
    }

    /// How many items to read: one more than asked for tells whether there is a next page.
    pub(crate) fn read_limit(&self) -> u32 {
        self.limit + 1
    }

    /// The position behind which the page begins: two texts, both empty at the beginning.
    ///
    /// # Errors
    ///
    /// 400 for a cursor that was not made here for this collection (its absolute address without
    /// parameters) and this filter.
    pub(crate) fn position(
        &self,
        idp: &Idp,
        collection: &str,
    ) -> Result<(String, String), ApiFailure> {
        let Some(cursor) = &self.cursor else {
            return Ok(Default::default());
        };
        let refused = || {
            ApiFailure::malformed(vec![ErrorDetail::new(
                "INVALID_PARAMETER",
                Some("cursor"),
                "The cursor is not one that this collection gave out for this filter; \
                 begin without a cursor and follow _links.next.",
            )])
        };
        open(idp.keyring(), &self.context(collection), cursor).ok_or_else(refused)
    }

    /// The page of these items, of which at most one more than wanted was read. `position` gives
    /// the texts behind which the next page begins.
    pub(crate) fn page<S, T>(
        &self,
        idp: &Idp,
        collection: &str,
        key: &'static str,
        mut found: Vec<S>,
        position: impl FnOnce(&S) -> (String, String),
        represent: impl FnMut(S) -> T,
    ) -> Page<T> {
        let wanted = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_next = found.len() > wanted;
        found.truncate(wanted);
        let next = found.last().filter(|_| has_next).map(|last| {
            let (sort_key, id) = position(last);
            self.next(idp, collection, &sort_key, &id)
        });
        let is_all = next.is_none() && self.cursor.is_none();
        let items: Vec<T> = found.into_iter().map(represent).collect();
        let count = is_all.then_some(items.len());
        Page::part(self.this(collection), next, key, items).counting(count)
    }

    fn this(&self, collection: &str) -> String {
        self.address(collection, self.cursor.as_deref())
    }

    fn next(&self, idp: &Idp, collection: &str, sort_key: &str, id: &str) -> String {
        let cursor = seal(idp.keyring(), &self.context(collection), sort_key, id);
        self.address(collection, Some(&cursor))
    }

    fn address(&self, collection: &str, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        if let Some(filter) = &self.filter {
            query.append_pair("filter", filter);
        }
        if self.has_limit || cursor.is_some() {
            query.append_pair("limit", &self.limit.to_string());
        }
        let query = query.finish();
        if query.is_empty() {
            collection.to_owned()
        } else {
            format!("{collection}?{query}")
        }
    }

    /// A cursor is good for its collection, which names the environment, and its filter only.
    fn context(&self, collection: &str) -> String {
        let filter = self.filter.as_deref().unwrap_or_default();
        format!("api cursor\n{collection}\n{filter}")
    }
}
