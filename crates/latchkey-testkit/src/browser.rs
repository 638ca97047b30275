//! Signing on as a browser would, by PingOne's flow API instead of the pages.

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::Error;

/// Somebody's browser: cookies, and a sign-on under way.
#[derive(Debug)]
pub struct Browser {
    http: Client,
    issuer: String,
    flow: Option<Url>,
}

/// Where a sign-on stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Flow {
    /// Such as `COMPLETED`, or `VERIFICATION_CODE_REQUIRED`.
    pub status: String,
    /// Where the browser goes when it is completed.
    pub resume_url: Url,
}

impl Browser {
    pub(crate) fn new(http: Client, issuer: &str) -> Self {
        Self {
            http,
            issuer: issuer.to_owned(),
            flow: None,
        }
    }

    /// Follows a link of the application to the sign-on page.
    ///
    /// # Errors
    ///
    /// [`Error`] when it leads elsewhere.
    pub async fn open(&mut self, address: &str) -> Result<(), Error> {
        let address =
            Url::parse(address).map_err(Error::during(format!("`{address}` is no URL")))?;
        let page = self.location(address).await?;
        let flow = page.query_pairs().find(|(name, _)| name == "flowId");
        let Some((_, flow)) = flow else {
            return Err(Error::new(format!("no sign-on page, but {page}")));
        };
        let environment = self.issuer.trim_end_matches("/as");
        let flow = Url::parse(&format!("{environment}/flows/{flow}"));
        self.flow = Some(flow.map_err(Error::during("a flow has no address"))?);
        Ok(())
    }

    /// Takes a step of the sign-on, such as `usernamePassword.check` or `user.verify`.
    ///
    /// # Errors
    ///
    /// [`Error`] with the environment's answer, when it refuses, and when nothing was opened.
    pub async fn act(&self, action: &str, body: &Value) -> Result<Flow, Error> {
        let Some(flow) = &self.flow else {
            return Err(Error::new("open an address first"));
        };
        let failed = || Error::during(format!("{action} was not answered"));
        let media_type = format!("application/vnd.pingidentity.{action}+json");
        let request = self.http.post(flow.clone()).json(body);
        let answer = request.header(CONTENT_TYPE, media_type).send().await;
        let answer = answer.map_err(failed())?;
        if !answer.status().is_success() {
            return Err(told(action, answer).await);
        }
        answer.json().await.map_err(failed())
    }

    /// Gives a name and a password.
    ///
    /// # Errors
    ///
    /// As [`act`](Self::act).
    pub async fn sign_on(&self, username: &str, password: &str) -> Result<Flow, Error> {
        let body = json!({"username": username, "password": password});
        self.act("usernamePassword.check", &body).await
    }

    /// Where a sign-on that is completed leads: the application's redirect URI, with its answer.
    ///
    /// # Errors
    ///
    /// [`Error`] with the status, where it is another one.
    pub async fn return_to_application(&self, flow: &Flow) -> Result<Url, Error> {
        if flow.status != "COMPLETED" {
            return Err(Error::new(format!("the flow is {}", flow.status)));
        }
        self.location(flow.resume_url.clone()).await
    }

    async fn location(&self, address: Url) -> Result<Url, Error> {
        let path = address.path().to_owned();
        let answer = self.http.get(address.clone()).send().await;
        let answer = answer.map_err(Error::during(format!("{path} did not answer")))?;
        let location = answer.headers().get(LOCATION).cloned();
        let Some(location) = location.filter(|_| answer.status().is_redirection()) else {
            return Err(told(&path, answer).await);
        };
        let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
        let no_url = format!("{path} leads to `{location}`");
        address.join(&location).map_err(Error::during(no_url))
    }
}

async fn told(what: &str, answer: Response) -> Error {
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    Error::new(format!("{what} was answered with {status}: {text}"))
}
