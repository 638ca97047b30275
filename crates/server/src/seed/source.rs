//! Where an environment is read: inside this process, or over the network from PingOne.

use idp::inside::{Call, Inside};
use pingone::management::Client;
use pingone::{Error, Method, StatusCode};
use serde_json::Value;

/// A list has at most so many pages; PingOne's hold a hundred items.
const MOST_PAGES: usize = 10_000;

/// An environment's management API, for reading.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    Inside(&'a Inside),
    Pingone(&'a Client),
}

/// What was read.
pub(super) enum Read {
    Found(Value),
    /// There is none: the service's words.
    Missing(String),
    /// It may not be read: the service's words.
    Refused(String),
}

/// Why reading stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The service did not answer, or not as a service does.
    #[error("reading {path} failed")]
    Failed {
        /// The path.
        path: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An answer that is no list, or a list without an end.
    #[error("the answer of {path} {what}")]
    Unreadable {
        /// The path.
        path: String,
        /// What is wrong.
        what: &'static str,
    },
}

impl Source<'_> {
    /// Reads what stands at a path, which begins behind `/v1/`.
    pub(super) async fn get(&self, path: &str) -> Result<Read, ReadError> {
        self.get_with(path, "").await
    }

    async fn get_with(&self, path: &str, query: &str) -> Result<Read, ReadError> {
        let failed = |source| ReadError::Failed {
            path: path.to_owned(),
            source,
        };
        match self {
            Self::Inside(inside) => {
                let mark = if query.is_empty() { "" } else { "?" };
                let address = format!("/v1/{path}{mark}{query}");
                let call = inside.send(Call::new(Method::GET, &address)).await;
                let answer = call.map_err(|error| failed(Box::new(error)))?;
                if answer.status.is_success() {
                    return Ok(Read::Found(answer.body));
                }
                let words = words(&answer.body);
                if answer.status.is_client_error() {
                    let words = format!("{} {words}", answer.status.as_u16());
                    return Ok(match answer.status {
                        StatusCode::NOT_FOUND => Read::Missing(words),
                        _ => Read::Refused(words),
                    });
                }
                Err(failed(format!("{}: {words}", answer.status).into()))
            }
            Self::Pingone(client) => {
                let mut request = client.send(Method::GET, format!("v1/{path}"));
                for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
                    request = request.query(&name, &value);
                }
                match request.fetch::<Value>().await {
                    Ok(value) => Ok(Read::Found(value)),
                    Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {
                        Ok(Read::Missing(error.to_string()))
                    }
                    Err(error) if is_refusal(&error) => Ok(Read::Refused(error.to_string())),
                    Err(error) => Err(failed(Box::new(error))),
                }
            }
        }
    }

    /// Reads all items of a collection, page by page; the service's words where there is no such
    /// collection, or it may not be read.
    pub(super) async fn list(&self, path: &str) -> Result<Result<Vec<Value>, String>, ReadError> {
        let mut items = Vec::new();
        let mut query = String::new();
        for _ in 0..MOST_PAGES {
            let page = match self.get_with(path, &query).await? {
                Read::Found(page) => page,
                Read::Missing(words) | Read::Refused(words) => return Ok(Err(words)),
            };
            let next = page.pointer("/_links/next/href").and_then(Value::as_str);
            let next = next.and_then(|href| href.split_once('?'));
            let next = next.map(|(_, query)| query.to_owned());
            items.extend(embedded(page).ok_or_else(|| ReadError::Unreadable {
                path: path.to_owned(),
                what: "is no list",
            })?);
            match next {
                Some(next) => query = next,
                None => return Ok(Ok(items)),
            }
        }
        Err(ReadError::Unreadable {
            path: path.to_owned(),
            what: "has no end",
        })
    }
}

/// The items of a page, under whatever key.
fn embedded(page: Value) -> Option<Vec<Value>> {
    match page {
        Value::Array(items) => Some(items),
        Value::Object(mut members) => match members.remove("_embedded") {
            Some(Value::Object(embedded)) => {
                let mut lists = embedded.into_iter();
                lists
                    .find_map(|(_, value)| match value {
                        Value::Array(items) => Some(items),
                        _ => None,
                    })
                    .or(Some(Vec::new()))
            }
            Some(_) => None,
            None => Some(Vec::new()),
        },
        _ => None,
    }
}

/// Whether the service understood and will not show it, now or later.
fn is_refusal(error: &Error) -> bool {
    error.status().is_some_and(|status| {
        status.is_client_error() && !error.is_rate_limited() && !error.is_unauthorized()
    })
}

/// What a refusal says: its message, and what is wrong with which member.
pub(super) fn words(body: &Value) -> String {
    let message = body.get("message").and_then(Value::as_str);
    let mut words = message.unwrap_or("the service gave no reason").to_owned();
    let details = body.get("details").and_then(Value::as_array);
    let mut told = Vec::new();
    for detail in details.into_iter().flatten() {
        let text = |name: &str| detail.get(name).and_then(Value::as_str);
        let Some(message) = text("message") else {
            continue;
        };
        match text("target") {
            Some(target) => told.push(format!("{target}: {message}")),
            None => told.push(message.to_owned()),
        }
    }
    if !told.is_empty() {
        words = told.join("; ");
    }
    words
}
