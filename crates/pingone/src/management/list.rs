//! Collections: one page, or all of it as a stream
//! (PingOne, "Paging, ordering, and filtering collections").

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use futures_util::stream::{self, Stream, TryStreamExt as _};
use http::Method;
use protocol::pingone::Collection;
use protocol::scim::Filter;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Client, Request};
use crate::Error;

/// [`List::all`] gives up beyond so many items: who has more wants the stream.
const MOST_ITEMS: usize = 10_000;

/// The longest cursor that is taken.
const LONGEST_CURSOR: usize = 4096;

/// A collection that is about to be read.
///
/// ```no_run
/// # use pingone::{Error, management, scim};
/// # async fn example(pingone: management::Client) -> Result<(), Error> {
/// use futures_util::TryStreamExt as _;
///
/// let filter = scim::sw("username", "a").or(scim::sw("email", "a"));
/// let mut users = std::pin::pin!(pingone.users().list().filter(&filter).stream());
/// while let Some(user) = users.try_next().await? {
///     println!("{}", user.id);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `page`, `stream` or `all`"]
pub struct List<'a, T> {
    client: &'a Client,
    path: String,
    filter: Option<String>,
    limit: Option<u32>,
    from: Option<Cursor>,
    is_posted: bool,
    item: PhantomData<fn() -> T>,
}

/// One page of a collection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many there are altogether, where PingOne tells.
    pub count: Option<u64>,
    /// Where the next page begins; absent on the last one. A page may be short, even empty, and
    /// not be the last.
    pub next: Option<Cursor>,
}

/// Where a page begins, as PingOne names it. It carries filter and page size with it.
///
/// ```
/// use pingone::management::Cursor;
///
/// let cursor = Cursor::parse("cursor=RkI6&limit=2")?;
/// assert_eq!(cursor.as_str(), "cursor=RkI6&limit=2");
/// assert!(Cursor::parse("a b").is_err());
/// # Ok::<(), pingone::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Takes a cursor back that was given away as text.
    ///
    /// Whoever holds the text can change filter and page size. Seal it before it goes to somebody
    /// who may not choose those.
    ///
    /// # Errors
    ///
    /// An [`Error`] of the kind [`SetUp`](crate::ErrorKind::SetUp) when no cursor looks like that.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let is_plain = |c: char| c.is_ascii_graphic() && c != '#';
        if text.is_empty() || text.len() > LONGEST_CURSOR || !text.chars().all(is_plain) {
            return Err(Error::set_up(
                "the text that should say where a page begins is none that PingOne gave".to_owned(),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The cursor as text, to give it away and take it back.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the cursor out of a page's `next` link.
    ///
    /// The link is PingOne's and followed as it stands, but only within the same collection: the
    /// access token goes along.
    ///
    /// Where pages are asked for by POST, the cursor alone is taken: filter and limit go along in the
    /// body.
    fn from_link(link: &str, api: &Url, path: &str, is_posted: bool) -> Result<Self, Error> {
        let refuse = || Error::unexpected("its next page is in another place than the collection");
        let url = Url::parse(link).map_err(|_| refuse())?;
        let expected = api.join(path).map_err(|_| refuse())?;
        if url.origin() != expected.origin() || url.path() != expected.path() {
            return Err(refuse());
        }
        let cursor = if is_posted {
            let mut pairs = url.query_pairs();
            let (_, cursor) = pairs
                .find(|(name, _)| name == "cursor")
                .ok_or_else(refuse)?;
            Self::parse(&cursor)
        } else {
            Self::parse(url.query().unwrap_or_default())
        };
        cursor.map_err(|_| refuse())
    }
}

impl<'a, T: DeserializeOwned> List<'a, T> {
    pub(super) fn new(client: &'a Client, path: String) -> Self {
        Self {
            client,
            path,
            filter: None,
            limit: None,
            from: None,
            is_posted: false,
            item: PhantomData,
        }
    }

    /// Asks by POST, with filter and limit in the body.
    pub(super) fn by_post(mut self) -> Self {
        self.is_posted = true;
        self
    }

    /// Keeps only what matches. Which attributes and operators a collection knows is told in
    /// PingOne's documentation; an unknown one is refused.
    pub fn filter(mut self, filter: &Filter) -> Self {
        self.filter = Some(filter.to_string());
        self
    }

    /// How many items a page has at most.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Begins at the page that an earlier one named as next. Filter and limit are then those of
    /// the earlier page.
    pub fn from(mut self, cursor: Cursor) -> Self {
        self.from = Some(cursor);
        self
    }

    fn request(&self) -> Request<'a> {
        let (filter, limit) = (self.filter.as_deref(), self.limit);
        let cursor = self.from.as_ref().map(Cursor::as_str);
        if self.is_posted {
            let body = PageBody {
                cursor,
                filter,
                limit,
            };
            let request = self.client.send(Method::POST, self.path.clone());
            return request.json(&body);
        }
        let mut request = self.client.send(Method::GET, self.path.clone());
        if let Some(cursor) = cursor {
            return request.whole_query(cursor);
        }
        if let Some(filter) = filter {
            request = request.query("filter", filter);
        }
        if let Some(limit) = limit {
            request = request.query("limit", &limit.to_string());
        }
        request
    }

    /// Reads one page.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call is refused, as with a filter that PingOne does not know, or fails.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let first = pingone.users().list().limit(50).page().await?;
    /// if let Some(cursor) = first.next {
    ///     let second = pingone.users().list().from(cursor).page().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn page(self) -> Result<Page<T>, Error> {
        let page: Collection<T> = self.request().fetch().await?;
        let Self {
            client,
            path,
            from,
            is_posted,
            ..
        } = self;
        let api = client.shared.endpoints.api();
        let next = page
            .next
            .map(|link| Cursor::from_link(&link, api, &path, is_posted))
            .transpose()?;
        if next.is_some() && next == from {
            return Err(Error::unexpected("its next page is itself"));
        }
        Ok(Page {
            items: page.items,
            count: page.count,
            next,
        })
    }

    /// Reads all pages, each when it is needed. The stream ends after an error.
    pub fn stream(self) -> impl Stream<Item = Result<T, Error>> + 'a
    where
        T: 'a,
    {
        let rest = self.clone();
        let start = Reading {
            ready: VecDeque::new(),
            next: Some(self),
        };
        stream::try_unfold(start, move |mut reading| {
            let rest = rest.clone();
            async move {
                loop {
                    if let Some(item) = reading.ready.pop_front() {
                        return Ok(Some((item, reading)));
                    }
                    let Some(list) = reading.next.take() else {
                        return Ok(None);
                    };
                    let page = list.page().await?;
                    reading.ready = page.items.into();
                    reading.next = page.next.map(|cursor| rest.clone().from(cursor));
                }
            }
        })
    }

    /// Reads all pages into memory.
    ///
    /// # Errors
    ///
    /// As [`page`](Self::page), and when there are more than 10,000 items.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let populations = pingone.populations().list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn all(self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut stream = std::pin::pin!(self.stream());
        while let Some(item) = stream.try_next().await? {
            if items.len() == MOST_ITEMS {
                return Err(Error::set_up(format!(
                    "there are more than {MOST_ITEMS} items; read them as a stream"
                )));
            }
            items.push(item);
        }
        Ok(items)
    }
}

/// What a page is asked for with in a body.
#[derive(Serialize)]
struct PageBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
}

struct Reading<'a, T> {
    ready: VecDeque<T>,
    next: Option<List<'a, T>>,
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client,
            path: self.path.clone(),
            filter: self.filter.clone(),
            from: self.from.clone(),
            ..*self
        }
    }
}

impl<T> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("path", &self.path)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_link_is_followed_within_its_collection_only() {
        let api = Url::parse("https://api.pingone.eu/").unwrap();
        let check = |link: &str| Cursor::from_link(link, &api, "v1/environments/e/users", false);
        let good = "https://api.pingone.eu/v1/environments/e/users?cursor=RkI6&limit=2";
        assert_eq!(check(good).unwrap().as_str(), "cursor=RkI6&limit=2");
        for link in [
            "https://evil.example/v1/environments/e/users?cursor=a",
            "http://api.pingone.eu/v1/environments/e/users?cursor=a",
            "https://api.pingone.eu/v1/environments/f/users?cursor=a",
            "https://api.pingone.eu/v1/environments/e/users",
            "/v1/environments/e/users?cursor=a",
        ] {
            assert!(check(link).is_err(), "{link}");
        }
    }

    #[test]
    fn a_cursor_that_comes_back_is_looked_at() {
        assert!(Cursor::parse("cursor=RkI6&limit=2").is_ok());
        for text in ["", "a b", "a#b", "a\r\nb", "ä", &"a".repeat(5000)] {
            assert!(Cursor::parse(text).is_err(), "{text}");
        }
    }
}
