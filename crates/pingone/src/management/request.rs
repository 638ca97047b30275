//! One call of the management API, whatever it is.

use std::fmt;

use http::{HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::pingone::media_type;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Client;
use crate::Error;
use crate::retry::Idempotency;
use crate::transport::{Answer, Call};

/// Everything but what stands for itself wherever it is (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An id as one segment of a path, whatever it holds. One of dots alone has no such form, and a path
/// with it is refused.
pub(super) fn segment(id: impl fmt::Display) -> String {
    utf8_percent_encode(&id.to_string(), RESERVED).to_string()
}

/// A call that is being put together; [`Client::send`] begins one.
///
/// It is sent again as far as its method allows: GET, PUT and DELETE after failures on the other
/// side, everything when it surely was not carried out.
///
/// ```no_run
/// # use pingone::{Error, management, Method};
/// # async fn example(pingone: management::Client) -> Result<(), Error> {
/// let path = format!("v1/environments/{}/gateways", pingone.environment_id());
/// let body = serde_json::json!({"name": "Harbour", "type": "LDAP"});
/// let made: serde_json::Value =
///     pingone.send(Method::POST, path).json(&body).at_most_once().fetch().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `fetch`, `answer` or `run`"]
pub struct Request<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    query: Option<String>,
    media_type: Option<String>,
    body: Option<Result<Vec<u8>, serde_json::Error>>,
    idempotency: Idempotency,
}

impl<'a> Request<'a> {
    pub(super) fn new(client: &'a Client, method: Method, path: String) -> Self {
        Self {
            client,
            method,
            path,
            query: None,
            media_type: None,
            body: None,
            idempotency: Idempotency::ByMethod,
        }
    }

    /// Adds a parameter to the query.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let query = url::form_urlencoded::Serializer::new(self.query.unwrap_or_default())
            .append_pair(name, value)
            .finish();
        self.query = Some(query);
        self
    }

    /// Replaces the query by one that PingOne itself made.
    pub(super) fn whole_query(mut self, query: &str) -> Self {
        self.query = Some(query.to_owned());
        self
    }

    /// Names the media type of the body, which chooses the action on many of PingOne's addresses;
    /// without it, JSON.
    pub fn media_type(mut self, media_type: &str) -> Self {
        self.media_type = Some(media_type.to_owned());
        self
    }

    /// Gives the body.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.body = Some(serde_json::to_vec(body));
        self
    }

    /// Gives a body that is no JSON; [`media_type`](Self::media_type) says what it is.
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(Ok(body.into()));
        self
    }

    /// Forbids to carry the call out twice although its method would allow that: it is sent again
    /// only when it surely was not carried out.
    pub fn at_most_once(mut self) -> Self {
        self.idempotency = Idempotency::Harmful;
        self
    }

    /// Sends the call and reads the answer.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call is refused or fails, or when the answer is not a `T`.
    pub async fn fetch<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.execute().await?.json()
    }

    /// Sends the call; what is answered does not matter as long as it succeeds.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call is refused or fails.
    pub async fn run(self) -> Result<(), Error> {
        self.execute().await.map(drop)
    }

    /// Sends the call and gives what it was answered with, status and headers included.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, Method};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let path = format!("v1/environments/{}/groups", pingone.environment_id());
    /// let body = serde_json::json!({"name": "Sailors"});
    /// let answer = pingone.send(Method::POST, path).json(&body).answer().await?;
    /// println!("{} {:?}", answer.status(), answer.header("location"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`] when the call is refused or fails.
    pub async fn answer(self) -> Result<Answer, Error> {
        self.execute().await
    }

    async fn execute(self) -> Result<Answer, Error> {
        let client = self.client;
        let call = self.into_call()?;
        client.execute(call).await
    }

    fn into_call(self) -> Result<Call, Error> {
        let base = self.client.shared.endpoints.api();
        let refuse = |problem| Error::set_up(format!("the path `{}` {problem}", self.path));
        if !self.path.starts_with("v1/") {
            return Err(refuse("does not begin with v1/"));
        }
        let mut url = base
            .join(&self.path)
            .map_err(|_| refuse("makes no address"))?;
        // Dots, however they are written, would lead elsewhere, and so would a query.
        let asked = url.path().strip_prefix(base.path());
        if asked != Some(self.path.as_str()) || self.path.split('/').any(str::is_empty) {
            return Err(refuse(
                "holds characters or segments that a path may not hold",
            ));
        }
        url.set_query(self.query.as_deref());

        let mut call = Call::new(self.method, url);
        call.idempotency = self.idempotency;
        call.headers
            .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let has_body = self.body.is_some();
        if let Some(body) = self.body {
            let body = body.map_err(|error| {
                Error::set_up(format!(
                    "the body of {} cannot be JSON: {error}",
                    call.text()
                ))
            })?;
            call.body = body.into();
        }
        let media_type = match self.media_type.as_deref() {
            None if has_body => Some(media_type::JSON),
            other => other,
        };
        if let Some(media_type) = media_type {
            let value = HeaderValue::try_from(media_type)
                .map_err(|_| Error::set_up(format!("`{media_type}` is no media type")))?;
            call.headers.insert(header::CONTENT_TYPE, value);
        }
        Ok(call)
    }
}

/// The path only: the body may hold secrets.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
