//! The control API: what a test tells the environment to do, and what it hears from it.

use jiff::Timestamp;
use reqwest::{Client, Method};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use crate::Error;

/// What goes wrong with requests, and with which: the next one, unless it says otherwise.
#[derive(Clone, Debug, Serialize)]
#[must_use]
pub struct Fault {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    times: u32,
    #[serde(rename = "fault")]
    kind: Map<String, Value>,
}

impl Fault {
    fn of(kind: &str) -> Self {
        let kind = [("kind".to_owned(), kind.into())];
        Self {
            method: None,
            path: None,
            times: 1,
            kind: kind.into_iter().collect(),
        }
    }

    /// Answers with 429, or 500 to 599, and carries nothing out.
    pub fn status(status: u16) -> Self {
        Self::of("status").with("status", status)
    }

    /// Waits so long, a minute at most, and then carries it out.
    pub fn latency(milliseconds: u32) -> Self {
        Self::of("latency").with("milliseconds", milliseconds)
    }

    /// Ends the connection and carries nothing out.
    pub fn drop_connection() -> Self {
        Self::of("drop")
    }

    /// Carries it out and ends the connection without the answer.
    pub fn drop_answer() -> Self {
        Self::of("dropAnswer")
    }

    /// Answers a read of the management API as before, as a node would that is behind.
    pub fn stale() -> Self {
        Self::of("stale")
    }

    /// Signs with another key from then on.
    pub fn change_keys() -> Self {
        Self::of("changeKeys")
    }

    /// Says `Retry-After` with the status.
    pub fn retry_after_seconds(self, seconds: u16) -> Self {
        self.with("retryAfterSeconds", seconds)
    }

    /// Happens to requests of this path alone, in which `{name}` stands for one part and `{*name}`,
    /// at the end, for all that follows.
    pub fn at(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Happens to requests of this method alone.
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Happens so many times.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.kind.insert(member.to_owned(), value.into());
        self
    }
}

/// A request that came in, without its secrets.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Received {
    /// When it came, by the environment's clock.
    pub at: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// The parameters of the query that are known to hold no secret.
    pub query: Map<String, Value>,
    /// The status of the answer; none while there is none, and where the connection ended first.
    pub status: Option<u16>,
}

/// The control API of one environment.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) http: Client,
    pub(crate) url: Url,
}

impl Control {
    /// Asks for something that is answered with a document.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<T, Error> {
        let text = self.send(method, path, query, body).await?;
        let unlike = format!("/{path} of the control API answered something else");
        serde_json::from_str(&text).map_err(Error::during(unlike))
    }

    /// Asks for something; the text of the answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<String, Error> {
        let failed = || Error::during(format!("/{path} of the control API did not answer"));
        let mut url = self.url.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.request(method, url);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.map_err(failed())?;
        let status = answer.status();
        let text = answer.text().await.map_err(failed())?;
        if status.is_success() {
            return Ok(text);
        }
        let told: Value = serde_json::from_str(&text).unwrap_or_default();
        let told = told.get("message").and_then(Value::as_str);
        Err(Error::new(format!(
            "/{path} of the control API refused ({status}): {}",
            told.unwrap_or(&text)
        )))
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<(), Error> {
        self.send(Method::POST, path, &[], Some(body))
            .await
            .map(drop)
    }

    pub(crate) async fn fail(&self, fault: &Fault) -> Result<(), Error> {
        self.post("faults", json!(fault)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_what_the_control_api_takes() {
        let busy = Fault::status(429).retry_after_seconds(3);
        let fault = busy.at("/v1/{*rest}").method("GET").times(2);
        let expected = json!({
            "method": "GET", "path": "/v1/{*rest}", "times": 2,
            "fault": {"kind": "status", "status": 429, "retryAfterSeconds": 3},
        });
        assert_eq!(json!(fault), expected);
        let plain = json!({"times": 1, "fault": {"kind": "drop"}});
        assert_eq!(json!(Fault::drop_connection()), plain);
    }
}
