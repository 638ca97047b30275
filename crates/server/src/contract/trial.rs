//! One run of a check: the calls it makes, and what it must delete afterwards.

use std::cell::RefCell;
use std::pin::Pin;
use std::time::Duration;

use pingone::management::{Answer, Client};
use pingone::{ApiError, Error, Method, StatusCode};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::compare::{member, text};
use super::stop::{Stop, broken, ensure};

/// The work of a check.
pub(super) type Pending<'t, T> = Pin<Box<dyn Future<Output = Result<T, Stop>> + 't>>;

/// Between two looks at what may come a little later.
const PAUSE: Duration = Duration::from_millis(250);

/// One run of a check.
pub(super) struct Trial {
    client: Client,
    name: String,
    patience: Duration,
    /// Paths of what was made, the oldest first.
    made: RefCell<Vec<String>>,
    /// Paths of collections that were asked to make something and have not said what became of it.
    unanswered: RefCell<Vec<String>>,
}

impl Trial {
    pub(super) fn new(client: Client, patience: Duration) -> Self {
        let random = Uuid::new_v4().simple().to_string();
        let part = random.get(..12).unwrap_or(&random);
        Self {
            client,
            name: format!("contract-{part}"),
            patience,
            made: RefCell::default(),
            unanswered: RefCell::default(),
        }
    }

    /// A name that nothing else has: letters, digits and a hyphen.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn environment(&self) -> String {
        self.client.environment_id().to_string()
    }

    /// A call below the environment.
    pub(super) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        let path = format!("v1/environments/{}/{path}", self.client.environment_id());
        self.ask_at(method, path)
    }

    /// A call anywhere; `path` begins with `v1/`.
    pub(super) fn ask_at(&self, method: Method, path: String) -> Ask<'_> {
        Ask {
            trial: self,
            client: &self.client,
            method,
            path,
            query: Vec::new(),
            media_type: None,
            body: None,
            creates: false,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Stop> {
        self.ask(Method::GET, path).answered(200).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Result<Value, Stop> {
        self.ask(Method::PUT, path).json(body).answered(200).await
    }

    /// A POST that makes something, which is deleted when the check is over.
    pub(super) fn create(&self, path: &str, body: &Value) -> Ask<'_> {
        let mut ask = self.ask(Method::POST, path).json(body);
        ask.creates = true;
        ask
    }

    /// Makes something that the check needs; without the right or the licence for it, the check
    /// is skipped.
    pub(super) async fn make(&self, path: &str, body: &Value) -> Result<Made, Stop> {
        let ask = self.create(path, body);
        let told = ask.told();
        let answer = match ask.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_forbidden() => {
                return Err(Stop::Skipped(format!("{told} is not allowed: {error}")));
            }
            Err(error) => return broken(format!("{told} should make something: {error}")),
        };
        let status = answer.status();
        // PingOne's documentation has 200 for some kinds.
        ensure(matches!(status.as_u16(), 200 | 201), || {
            format!(
                "{told} should be answered with 201 and is with {}",
                status.as_u16()
            )
        })?;
        let body = json(&told, &answer)?;
        let id = text(&body, "/id")
            .map_err(|stop| within(&told, stop))?
            .to_owned();
        Ok(Made {
            at: format!("{path}/{id}"),
            id,
            location: answer.header("location").map(str::to_owned),
            body,
        })
    }

    /// Deletes something, which must be answered with 204 and no body.
    pub(super) async fn delete(&self, path: &str) -> Result<(), Stop> {
        let ask = self.ask(Method::DELETE, path);
        let told = ask.told();
        let answer = ask.succeeding(204).await?;
        ensure(answer.body().is_empty(), || {
            format!("{told} should be answered without a body")
        })
    }

    /// Checks that nothing is there.
    pub(super) async fn is_missing(&self, path: &str) -> Result<(), Stop> {
        self.ask(Method::GET, path)
            .refused(404, "NOT_FOUND")
            .await?;
        Ok(())
    }

    /// Looks again until it holds, or the patience is over.
    pub(super) async fn eventually<T>(
        &self,
        look: impl AsyncFn() -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let mut waited = Duration::ZERO;
        loop {
            match look().await {
                Err(Stop::Broken(_)) if waited < self.patience => {}
                result => return result,
            }
            tokio::time::sleep(PAUSE).await;
            waited += PAUSE;
        }
    }

    /// Deletes what was made, the newest first, and gives the paths of what is left.
    pub(super) async fn clean_up(&self) -> Vec<String> {
        let mut left = self.made.take();
        // What could not go before something else may go afterwards, or with it.
        for _ in 0..2 {
            let mut still = Vec::new();
            while let Some(path) = left.pop() {
                match self.client.send(Method::DELETE, path.as_str()).run().await {
                    Ok(()) => {}
                    Err(error) if error.is_not_found() => {}
                    Err(_) => still.push(path),
                }
            }
            still.reverse();
            left = still;
        }
        left
    }

    /// The collections in which something may be left that nobody knows the id of.
    pub(super) fn uncertain(&self) -> Vec<String> {
        let mut collections = self.unanswered.take();
        collections.sort();
        collections.dedup();
        collections
    }

    fn settle(&self, collection: &str) {
        let mut unanswered = self.unanswered.borrow_mut();
        if let Some(place) = unanswered.iter().position(|one| one == collection) {
            unanswered.swap_remove(place);
        }
    }

    fn remember(&self, path: String) {
        let mut made = self.made.borrow_mut();
        if !made.contains(&path) {
            made.push(path);
        }
    }
}

/// Something that a check made.
pub(super) struct Made {
    pub(super) id: String,
    /// Its path below the environment.
    pub(super) at: String,
    /// The header `Location` of the answer.
    pub(super) location: Option<String>,
    /// The answer.
    pub(super) body: Value,
}

/// A call that is being put together.
pub(super) struct Ask<'t> {
    trial: &'t Trial,
    client: &'t Client,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    media_type: Option<&'t str>,
    body: Option<String>,
    creates: bool,
}

impl<'t> Ask<'t> {
    pub(super) fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    /// Gives a body that may be no JSON.
    pub(super) fn text(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A media type of PingOne's, by what stands after `application/vnd.pingidentity.`.
    pub(super) fn media_type(mut self, media_type: &'t str) -> Self {
        self.media_type = Some(media_type);
        self
    }

    /// Asks in the name of somebody else.
    pub(super) fn by(mut self, client: &'t Client) -> Self {
        self.client = client;
        self
    }

    /// What the report calls it.
    pub(super) fn told(&self) -> String {
        let path = self.path.trim_start_matches("v1/environments/");
        let path = path.split_once('/').map_or(path, |(_, rest)| rest);
        format!("{} {path}", self.method)
    }

    /// Sends it, and notes what it made.
    async fn send(&self) -> Result<Answer, Error> {
        let mut request = self.client.send(self.method.clone(), self.path.as_str());
        for (name, value) in &self.query {
            request = request.query(name, value);
        }
        let media_type = self
            .media_type
            .map(|rest| format!("application/vnd.pingidentity.{rest}"));
        if let Some(media_type) = &media_type {
            request = request.media_type(media_type);
        }
        if let Some(body) = &self.body {
            request = request.bytes(body.as_str());
        }
        if self.method != Method::POST {
            return request.answer().await;
        }
        // Whoever waits for the answer may be stopped before it comes.
        if self.creates {
            self.trial.unanswered.borrow_mut().push(self.path.clone());
        }
        let answer = request.at_most_once().answer().await;
        let is_settled = match &answer {
            Ok(answer) => self.note(answer),
            Err(error) => error.status().is_some_and(|got| got.is_client_error()),
        };
        if self.creates && is_settled {
            self.trial.settle(&self.path);
        }
        answer
    }

    /// Remembers what was made; whether the answer tells what that is.
    fn note(&self, answer: &Answer) -> bool {
        let location = answer.header("location");
        if !self.creates && location.is_none() && answer.status() != StatusCode::CREATED {
            return false;
        }
        let body = answer.json::<Value>().unwrap_or_default();
        let id = body.get("id").and_then(Value::as_str);
        let id = id.or_else(|| location?.rsplit('/').next());
        let id = id.filter(|id| Uuid::parse_str(id).is_ok());
        if let Some(id) = id {
            self.trial.remember(format!("{}/{id}", self.path));
        }
        id.is_some()
    }

    /// Sends it; it must succeed with this status.
    pub(super) async fn succeeding(self, status: u16) -> Result<Answer, Stop> {
        let told = self.told();
        let answer = match self.send().await {
            Ok(answer) => answer,
            Err(error) => {
                return broken(format!("{told} should be answered with {status}: {error}"));
            }
        };
        let got = answer.status().as_u16();
        ensure(got == status, || {
            format!("{told} should be answered with {status} and is with {got}")
        })?;
        Ok(answer)
    }

    /// Sends it; it must succeed with this status and JSON.
    pub(super) async fn answered(self, status: u16) -> Result<Value, Stop> {
        let told = self.told();
        json(&told, &self.succeeding(status).await?)
    }

    /// Sends it; it must be refused with this status and code, in the form of PingOne's errors.
    pub(super) async fn refused(self, status: u16, code: &str) -> Result<ApiError, Stop> {
        let told = self.told();
        let wanted = format!("{told} should be refused with {status} {code}");
        let error = match self.send().await {
            Ok(answer) => {
                let got = answer.status().as_u16();
                return broken(format!("{wanted} and is answered with {got}"));
            }
            Err(error) => error,
        };
        let Some(api) = error.api() else {
            return broken(format!("{wanted} in the form of PingOne's errors: {error}"));
        };
        let has_status = error.status().is_some_and(|got| got.as_u16() == status);
        ensure(has_status && api.code.as_str() == code, || {
            format!("{wanted}: {error}")
        })?;
        ensure(
            Uuid::parse_str(&api.id).is_ok() && !api.message.is_empty(),
            || format!("{wanted}, with an id that is a UUID and a message: {error}"),
        )?;
        Ok(api.clone())
    }

    /// Sends it; a value must be refused, with a detail of this code about this member.
    pub(super) async fn refused_for(
        self,
        code: &str,
        detail: &str,
        target: &str,
    ) -> Result<ApiError, Stop> {
        let told = self.told();
        let api = self.refused(400, code).await?;
        let has_detail = api
            .details
            .iter()
            .any(|one| one.code == detail && one.target.as_deref() == Some(target));
        ensure(has_detail, || {
            format!("{told} should be refused with a detail {detail} of `{target}`: {api}")
        })?;
        Ok(api)
    }
}

/// An answer's body.
fn json(told: &str, answer: &Answer) -> Result<Value, Stop> {
    let media_type = answer.header("content-type").unwrap_or_default();
    ensure(media_type.contains("json"), || {
        format!("{told} should be answered with JSON and is with `{media_type}`")
    })?;
    answer
        .json()
        .or_else(|error| broken(format!("{told} should be answered with JSON: {error}")))
}

/// Names the call in a reason.
pub(super) fn within(told: &str, stop: Stop) -> Stop {
    match stop {
        Stop::Broken(reason) => Stop::Broken(format!("in the answer to {told}: {reason}")),
        skipped @ Stop::Skipped(_) => skipped,
    }
}

/// The path below `/v1/` that a link leads to.
pub(super) fn path_of(link: &str) -> Result<String, Stop> {
    let parsed = Url::parse(link).ok();
    let path = parsed.as_ref().map_or("", Url::path);
    match path.find("/v1/") {
        Some(start) => Ok(path.split_at(start + 1).1.to_owned()),
        None => broken(format!("{link} should be an absolute address of the API")),
    }
}

/// The path of a link of an answer, by its relation.
pub(super) fn link(answer: &Value, relation: &str) -> Result<String, Stop> {
    let link = member(answer, &format!("/_links/{relation}/href"))?;
    path_of(link.as_str().unwrap_or_default())
}
