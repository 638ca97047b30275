//! HAL: links, references and collections (PingOne, "API responses").

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

/// Links by relation.
pub type Links = BTreeMap<String, Link>;

/// An absolute address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Link {
    /// The address.
    pub href: String,
}

impl Link {
    /// A link to `href`.
    pub fn new(href: impl Into<String>) -> Self {
        Self { href: href.into() }
    }
}

/// How a resource names another: `{"id": "…"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(rename = "ReferenceTo{I}")
)]
#[non_exhaustive]
pub struct Reference<I> {
    /// The other's id.
    pub id: I,
}

impl<I> Reference<I> {
    /// A reference to the object with this id.
    pub const fn new(id: I) -> Self {
        Self { id }
    }
}

/// One page of a collection, with the items out of `_embedded`.
///
/// The members' name in `_embedded` differs per collection and is not needed to read it.
///
/// ```
/// use pingone_protocol::pingone::{Collection, Link};
///
/// let text = r#"{"_embedded": {"anything": [{"href": "https://a.example"}]}, "count": 1}"#;
/// let page: Collection<Link> = serde_json::from_str(text)?;
/// assert_eq!((page.items.len(), page.count, page.next), (1, Some(1), None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Collection<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many there are altogether, where the service knows it cheaply.
    pub count: Option<u64>,
    /// Where the next page is: to be followed as it stands.
    pub next: Option<String>,
}

impl<T: fmt::Debug> fmt::Debug for Collection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection")
            .field("items", &self.items)
            .field("count", &self.count)
            .field("has_next", &self.next.is_some())
            .finish()
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default, rename = "_links")]
    links: Links,
    #[serde(default, rename = "_embedded")]
    embedded: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    count: Option<u64>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Collection<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut raw = Raw::deserialize(deserializer)?;
        let items = match raw.embedded.into_values().find(serde_json::Value::is_array) {
            Some(items) => serde_json::from_value(items).map_err(D::Error::custom)?,
            None => Vec::new(),
        };
        let next = raw.links.remove("next").map(|link| link.href);
        Ok(Self {
            items,
            count: raw.count,
            next,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;

    #[test]
    fn a_page_is_read_whatever_its_items_are_called() {
        let text = r#"{"_links":{"next":{"href":"https://api.example/v1/x?cursor=a"}},
            "_embedded":{"users":[{"id":"7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"}]},"count":7,"size":1}"#;
        let page: Collection<Reference<UserId>> = serde_json::from_str(text).unwrap();
        assert_eq!((page.items.len(), page.count), (1, Some(7)));
        assert_eq!(
            page.next.as_deref(),
            Some("https://api.example/v1/x?cursor=a")
        );
    }

    #[test]
    fn an_empty_page_has_no_items() {
        let page: Collection<Reference<UserId>> =
            serde_json::from_str(r#"{"_embedded":{"users":[]},"count":0,"size":0}"#).unwrap();
        assert!(page.items.is_empty() && page.next.is_none());
    }
}
