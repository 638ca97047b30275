//! The routes of the control API, in a table that the document is made from as well.

mod document;
mod extract;

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, on};
use axum::{Json, Router};
use http::{Method, StatusCode};
use idp::Message;
use jiff::{SignedDuration, Timestamp};
use platform::{Clock as _, OutOfRange};
use protocol::id::{EnvironmentId, MailId};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use tower_http::csrf::CsrfLayer;

use self::extract::{Body, Query};
use super::failure::Failure;
use super::faults::{MethodName, NewFault, StandingFault};
use super::pattern::Pattern;
use super::requests::{Received, Wanted};
use super::stage::{OnStage, Rewound};
use super::{Control, ServerName};

pub use document::document;

/// Longer bodies are refused.
const LONGEST_BODY: usize = 64 * 1024;

/// How often the mailbox is looked into for somebody who waits.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The longest time that a mail is waited for.
const LONGEST_WAIT: u32 = 60;

/// A shape of a body, a query or an answer.
type Shape = fn(&mut SchemaGenerator) -> Schema;

/// One operation: what the document says of it, and what answers it.
struct Operation {
    method: Method,
    path: &'static str,
    name: &'static str,
    what: &'static str,
    query: Option<Shape>,
    body: Option<Shape>,
    answer: (StatusCode, Option<Shape>),
    refusals: &'static [(StatusCode, &'static str)],
    handler: MethodRouter<Control>,
}

fn shape<T: JsonSchema>() -> Shape {
    |generator| generator.subschema_for::<T>()
}

impl Operation {
    fn new<H, T>(method: Method, path: &'static str, name: &'static str, handler: H) -> Self
    where
        H: axum::handler::Handler<T, Control>,
        T: 'static,
    {
        let filter = method.clone().try_into();
        Self {
            handler: filter.map_or_else(|_| MethodRouter::new(), |filter| on(filter, handler)),
            method,
            path,
            name,
            what: "",
            query: None,
            body: None,
            answer: (StatusCode::NO_CONTENT, None),
            refusals: &[],
        }
    }

    fn says(mut self, what: &'static str) -> Self {
        self.what = what;
        self
    }

    fn asking<T: JsonSchema>(mut self) -> Self {
        self.query = Some(shape::<T>());
        self
    }

    fn taking<T: JsonSchema>(mut self) -> Self {
        self.body = Some(shape::<T>());
        self
    }

    fn answering<T: JsonSchema>(mut self, status: StatusCode) -> Self {
        self.answer = (status, Some(shape::<T>()));
        self
    }

    fn refusing(mut self, refusals: &'static [(StatusCode, &'static str)]) -> Self {
        self.refusals = refusals;
        self
    }
}

const NO_SUCH: &[(StatusCode, &str)] = &[(StatusCode::NOT_FOUND, "There is none of this id.")];

/// All operations.
fn operations() -> Vec<Operation> {
    use StatusCode as S;
    vec![
        Operation::new(Method::POST, "/reset", "reset", reset)
            .says(
                "Lets everything begin again, as it was right after the start: data, sessions, \
                 lockouts, codes, mails, limits and what is pending; and the clock, the faults, the \
                 requests, and the randomness of a seed. Tokens and keys from the start stay good.",
            )
            .refusing(&[(
                S::CONFLICT,
                "The database is PostgreSQL, of which no image is kept.",
            )]),
        Operation::new(Method::GET, "/clock", "readClock", read_clock)
            .says("Tells what both servers take for the time.")
            .answering::<ClockState>(S::OK),
        Operation::new(Method::POST, "/clock/freeze", "freezeClock", freeze)
            .says("Stops the clock.")
            .answering::<ClockState>(S::OK),
        Operation::new(Method::POST, "/clock/thaw", "thawClock", thaw)
            .says("Lets the clock go on from what it shows.")
            .answering::<ClockState>(S::OK),
        Operation::new(Method::POST, "/clock/set", "setClock", set)
            .says("Sets the clock, which then stands still or goes on as before.")
            .taking::<SetClock>()
            .answering::<ClockState>(S::OK),
        Operation::new(Method::POST, "/clock/advance", "advanceClock", advance)
            .says("Moves the clock, which then stands still or goes on as before.")
            .taking::<AdvanceClock>()
            .answering::<ClockState>(S::OK),
        Operation::new(Method::GET, "/faults", "listFaults", list_faults)
            .says("Lists the faults that stand, oldest first.")
            .answering::<Vec<StandingFault>>(S::OK),
        Operation::new(Method::POST, "/faults", "addFault", add_fault)
            .says(
                "Adds a fault. Of several that concern a request the oldest happens to it. 100 may \
                 stand at a time.",
            )
            .taking::<NewFault>()
            .answering::<StandingFault>(S::CREATED)
            .refusing(&[(S::CONFLICT, "100 faults stand already.")]),
        Operation::new(Method::DELETE, "/faults", "deleteFaults", delete_faults)
            .says("Takes all faults back."),
        Operation::new(Method::DELETE, "/faults/{id}", "deleteFault", delete_fault)
            .says("Takes one fault back.")
            .refusing(NO_SUCH),
        Operation::new(Method::POST, "/keys/change", "changeKeys", change_keys)
            .says(
                "Lets a new key sign from now on, which no JWKS announced. What was signed before \
                 stays good.",
            )
            .taking::<ChangeKeys>()
            .answering::<ChangedKeys>(S::OK)
            .refusing(&[
                (S::NOT_FOUND, "There is no such environment."),
                (
                    S::CONFLICT,
                    "The key was changed at this very instant, at which the clock stands still.",
                ),
            ]),
        Operation::new(Method::GET, "/mails", "listMails", list_mails)
            .says("Lists the newest mails, newest first: 200 at most.")
            .asking::<MailsOf>()
            .answering::<Vec<Message>>(S::OK),
        Operation::new(Method::GET, "/mails/wait", "waitForMail", wait_for_mail)
            .says("Answers with the newest mail as soon as there is one, else with 404.")
            .asking::<Awaited>()
            .answering::<Message>(S::OK)
            .refusing(&[(
                S::NOT_FOUND,
                "None came in time, or there is none of the id in `after`.",
            )]),
        Operation::new(Method::DELETE, "/mails", "deleteMails", delete_mails)
            .says("Deletes all mails, or those to one address.")
            .asking::<MailsOf>(),
        Operation::new(Method::DELETE, "/mails/{id}", "deleteMail", delete_mail)
            .says("Deletes a mail.")
            .refusing(NO_SUCH),
        Operation::new(Method::GET, "/requests", "listRequests", list_requests)
            .says(
                "Lists the last thousand requests that came to the two servers, oldest first. Only \
                 what is known to hold no secret is shown.",
            )
            .asking::<RequestsOf>()
            .answering::<Vec<Received>>(S::OK),
        Operation::new(Method::DELETE, "/requests", "deleteRequests", delete_requests)
            .says("Forgets the requests so far."),
    ]
}

impl Control {
    /// The control API itself.
    pub fn router(&self) -> Router {
        let mut router = Router::new().route(
            "/openapi.json",
            axum::routing::get(async || Json(document())),
        );
        for operation in operations() {
            router = router.route(operation.path, operation.handler);
        }
        router
            .fallback(async || {
                Failure::not_found("the control API has no such path; /openapi.json lists them")
            })
            .method_not_allowed_fallback(async || {
                let message = "this path has no such method; /openapi.json lists them";
                Failure::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "METHOD_NOT_ALLOWED",
                    message,
                )
            })
            .layer(DefaultBodyLimit::max(LONGEST_BODY))
            .layer(CsrfLayer::new().with_rejection_response(
                |_| -> http::Response<axum::body::Body> {
                    let message = "a page of another site may not control this system";
                    Failure::new(StatusCode::FORBIDDEN, "FORBIDDEN", message).into_response()
                },
            ))
            .with_state(self.clone())
    }

    fn idp(&self) -> Result<OnStage, Failure> {
        self.stage().and_then(|stage| stage.idp()).ok_or_else(|| {
            Failure::conflict("the embedded environment does not run in this process")
        })
    }

    /// Lets a new key sign in one environment or in all.
    pub(super) async fn change_keys(
        &self,
        environment: Option<EnvironmentId>,
    ) -> Result<Vec<EnvironmentId>, Failure> {
        let idp = self.idp()?;
        Ok(idp.change_signing_keys(environment).await?)
    }

    fn clock_state(&self) -> ClockState {
        let clock = &self.0.clock;
        ClockState {
            now: clock.now(),
            frozen: clock.is_frozen(),
        }
    }
}

async fn reset(State(control): State<Control>) -> Result<StatusCode, Failure> {
    let stage = control.stage();
    let stage = stage.ok_or_else(|| Failure::conflict("the servers are still starting"))?;
    match stage.rewind(|| control.begin_again()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error @ Rewound::Impossible(_)) => Err(Failure::conflict(error.to_string())),
        Err(error) => Err(Failure::broken(&error)),
    }
}

/// The time by which both servers go.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Clock")]
struct ClockState {
    /// What they take for the time.
    now: Timestamp,
    /// Whether it stands still.
    frozen: bool,
}

/// What the clock is set to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetClock {
    /// A time from 2000-01-01 to 2200-01-01 (UTC).
    now: Timestamp,
}

/// How far the clock is moved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AdvanceClock {
    /// Forward, or back when it is negative.
    seconds: i64,
}

impl From<OutOfRange> for Failure {
    fn from(error: OutOfRange) -> Self {
        Self::invalid(error.to_string())
    }
}

async fn read_clock(State(control): State<Control>) -> Json<ClockState> {
    Json(control.clock_state())
}

async fn freeze(State(control): State<Control>) -> Json<ClockState> {
    control.0.clock.freeze();
    Json(control.clock_state())
}

async fn thaw(State(control): State<Control>) -> Json<ClockState> {
    control.0.clock.thaw();
    Json(control.clock_state())
}

async fn set(
    State(control): State<Control>,
    Body(set): Body<SetClock>,
) -> Result<Json<ClockState>, Failure> {
    control.0.clock.set(set.now)?;
    Ok(Json(control.clock_state()))
}

async fn advance(
    State(control): State<Control>,
    Body(by): Body<AdvanceClock>,
) -> Result<Json<ClockState>, Failure> {
    control
        .0
        .clock
        .advance(SignedDuration::from_secs(by.seconds))?;
    Ok(Json(control.clock_state()))
}

async fn list_faults(State(control): State<Control>) -> Json<Vec<StandingFault>> {
    Json(control.0.faults.all())
}

async fn add_fault(
    State(control): State<Control>,
    Body(fault): Body<NewFault>,
) -> Result<Response, Failure> {
    let fault = control.0.faults.add(fault)?;
    Ok((StatusCode::CREATED, Json(fault)).into_response())
}

async fn delete_faults(State(control): State<Control>) -> StatusCode {
    control.0.faults.clear();
    StatusCode::NO_CONTENT
}

async fn delete_fault(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    if id.parse().is_ok_and(|id| control.0.faults.remove(id)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::not_found(
            "no fault of this number stands; it may have happened already",
        ))
    }
}

/// Whose keys are changed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeKeys {
    /// One environment; all of them when it is left out.
    #[serde(default)]
    #[schemars(with = "Option<uuid::Uuid>")]
    environment: Option<EnvironmentId>,
}

/// Whose keys were changed.
#[derive(Debug, Serialize, JsonSchema)]
struct ChangedKeys {
    #[schemars(with = "Vec<uuid::Uuid>")]
    environments: Vec<EnvironmentId>,
}

async fn change_keys(
    State(control): State<Control>,
    Body(of): Body<ChangeKeys>,
) -> Result<Json<ChangedKeys>, Failure> {
    let environments = control.change_keys(of.environment).await?;
    Ok(Json(ChangedKeys { environments }))
}

/// Which mails.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MailsOf {
    /// Those to this address.
    #[serde(default)]
    to: Option<String>,
}

/// Which mail is waited for, and how long.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Awaited {
    /// One to this address.
    #[serde(default)]
    to: Option<String>,
    /// One that came after this one.
    #[serde(default)]
    #[schemars(with = "Option<uuid::Uuid>")]
    after: Option<MailId>,
    /// How long to wait.
    #[serde(default = "ten")]
    #[schemars(range(min = 0, max = LONGEST_WAIT), extend("default" = 10))]
    seconds: u32,
}

const fn ten() -> u32 {
    10
}

async fn list_mails(
    State(control): State<Control>,
    Query(of): Query<MailsOf>,
) -> Result<Json<Vec<Message>>, Failure> {
    Ok(Json(control.idp()?.mails(of.to.as_deref()).await?))
}

async fn wait_for_mail(
    State(control): State<Control>,
    Query(awaited): Query<Awaited>,
) -> Result<Json<Message>, Failure> {
    if awaited.seconds > LONGEST_WAIT {
        let what = format!("seconds is {}, and {LONGEST_WAIT} at most", awaited.seconds);
        return Err(Failure::invalid(what));
    }
    let after = match awaited.after {
        Some(id) => Some(control.idp()?.find_mail(id).await?.ok_or_else(|| {
            Failure::not_found("after: there is no mail of this id; it may have been deleted")
        })?),
        None => None,
    };
    let (to, after) = (awaited.to.as_deref(), after.as_ref());
    // What is there is found even by those who do not wait.
    if let Some(mail) = newest(&control, to, after).await? {
        return Ok(Json(mail));
    }
    let look = async {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if let Some(mail) = newest(&control, to, after).await? {
                return Ok(Json(mail));
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(awaited.seconds.into()), look);
    waited.await.unwrap_or_else(|_| {
        let whose = to.map_or_else(String::new, |to| format!(" to {to}"));
        let what = format!("no mail{whose} came within {} seconds", awaited.seconds);
        Err(Failure::new(StatusCode::NOT_FOUND, "NO_MAIL", what))
    })
}

/// The newest mail to an address, or to all, that came after another one. Two that were written at once
/// may be of one instant: each came after the other.
async fn newest(
    control: &Control,
    to: Option<&str>,
    after: Option<&Message>,
) -> Result<Option<Message>, Failure> {
    // Whatever plays now: a mail from before a reset is nobody's any more.
    let mut mails = control.idp()?.mails(to).await?.into_iter();
    Ok(mails.find(|mail| {
        after.is_none_or(|after| mail.created_at() >= after.created_at() && mail.id() != after.id())
    }))
}

async fn delete_mails(
    State(control): State<Control>,
    Query(of): Query<MailsOf>,
) -> Result<StatusCode, Failure> {
    control.idp()?.delete_mails(of.to.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_mail(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let deleted = match MailId::parse(&id) {
        Ok(id) => control.idp()?.delete_mail(id).await?,
        Err(_) => false,
    };
    if deleted {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::not_found("there is no mail of this id"))
    }
}

/// Which requests.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RequestsOf {
    /// Those that came after this one.
    #[serde(default)]
    after: Option<u64>,
    /// Those to this server.
    #[serde(default)]
    server: Option<ServerName>,
    /// Those of this method, such as `POST`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    method: Option<MethodName>,
    /// Those to such a path.
    #[serde(default)]
    path: Option<Pattern>,
}

async fn list_requests(
    State(control): State<Control>,
    Query(of): Query<RequestsOf>,
) -> Json<Vec<Received>> {
    let wanted = Wanted {
        after: of.after,
        server: of.server,
        method: of.method.map(|MethodName(method)| method),
        path: of.path,
    };
    Json(control.0.requests.find(&wanted))
}

async fn delete_requests(State(control): State<Control>) -> StatusCode {
    control.0.requests.clear();
    StatusCode::NO_CONTENT
}
