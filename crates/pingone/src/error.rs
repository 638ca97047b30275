//! The one error of this crate: opaque, with questions to ask it.

mod password;
mod text;

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use protocol::jose::IdTokenError;
use protocol::oauth::{OAuthError, OAuthErrorCode};
use protocol::pingone::{ApiError, ErrorDetail};
use protocol::trail::Reason;

use self::text::certificate_refusal;
use crate::retry::Failure;

/// A call that did not succeed.
///
/// What happened in general is [`kind`](Self::kind); questions such as
/// [`is_not_found`](Self::is_not_found) or [`is_taken`](Self::is_taken) ask for one thing, and
/// [`api`](Self::api) shows all that PingOne said. The text names the call, the reason, and the id
/// that PingOne's support asks for; it holds no secret, no query and no body, so it can be logged.
///
/// ```
/// # fn advice(error: &pingone::Error) -> String {
/// if error.is_taken("username") {
///     "choose another name".to_owned()
/// } else if error.is_unavailable() {
///     "try again in a moment".to_owned()
/// } else {
///     format!("that failed: {error}")
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

/// Whether the other side could not answer, or would not: that is what was to be checked.
impl Reason for Error {}

struct Inner {
    /// Method and path, ids replaced by dots.
    call: Option<String>,
    problem: Problem,
    answer: AnswerFacts,
}

/// What the head of an answer tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct AnswerFacts {
    pub(crate) status: Option<StatusCode>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

pub(crate) enum Problem {
    Api(ApiError),
    Connect {
        origin: String,
        source: reqwest::Error,
    },
    Denied(OAuthError),
    IdToken(IdTokenError),
    Lost(reqwest::Error),
    OAuth(OAuthError),
    SetUp(String),
    Status,
    TimedOut {
        after: Duration,
    },
    Unexpected(String),
    Untrusted(String),
}

/// What happened in general.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 403: the caller may not do that. For a worker, and for a user beyond the own account, roles
    /// decide, not scopes.
    Forbidden,
    /// 404: there is no such thing.
    NotFound,
    /// 429: too many requests.
    RateLimited,
    /// The service understood and said no, for a reason that can be asked for. On a callback: the
    /// authorization server sent an error instead of a code.
    Refused,
    /// The call was never made, because a setting or an argument is wrong.
    SetUp,
    /// 401: the credentials or the access token are not accepted.
    Unauthorized,
    /// No connection, no answer in time, or a failure on the other side (5xx).
    Unavailable,
    /// An answer that is not what the specification promises.
    UnexpectedAnswer,
    /// An answer that does not prove what it must: another issuer, a wrong signature, a foreign
    /// `state`.
    Untrusted,
}

impl Error {
    /// What happened in general.
    pub fn kind(&self) -> ErrorKind {
        match &self.inner.problem {
            Problem::SetUp(_) => return ErrorKind::SetUp,
            Problem::Unexpected(_) => return ErrorKind::UnexpectedAnswer,
            Problem::IdToken(_) | Problem::Untrusted(_) => return ErrorKind::Untrusted,
            Problem::Connect { .. } | Problem::Lost(_) | Problem::TimedOut { .. } => {
                return ErrorKind::Unavailable;
            }
            Problem::Denied(error) => {
                return match error.error {
                    OAuthErrorCode::ServerError | OAuthErrorCode::TemporarilyUnavailable => {
                        ErrorKind::Unavailable
                    }
                    _ => ErrorKind::Refused,
                };
            }
            Problem::Api(_) | Problem::OAuth(_) | Problem::Status => {}
        }
        match self.inner.answer.status {
            Some(StatusCode::UNAUTHORIZED) => ErrorKind::Unauthorized,
            Some(StatusCode::FORBIDDEN) => ErrorKind::Forbidden,
            Some(StatusCode::NOT_FOUND) => ErrorKind::NotFound,
            Some(StatusCode::TOO_MANY_REQUESTS) => ErrorKind::RateLimited,
            Some(StatusCode::REQUEST_TIMEOUT) => ErrorKind::Unavailable,
            Some(status) if status.is_server_error() => ErrorKind::Unavailable,
            Some(status) if status.is_client_error() => ErrorKind::Refused,
            _ => ErrorKind::UnexpectedAnswer,
        }
    }

    /// The answer's status, when there was an answer.
    pub fn status(&self) -> Option<StatusCode> {
        self.inner.answer.status
    }

    /// All that PingOne said, when the answer was one of its errors.
    pub fn api(&self) -> Option<&ApiError> {
        match &self.inner.problem {
            Problem::Api(api) => Some(api),
            _ => None,
        }
    }

    /// What the authorization server said, at an endpoint or on the callback.
    pub fn oauth(&self) -> Option<&OAuthError> {
        match &self.inner.problem {
            Problem::Denied(error) | Problem::OAuth(error) => Some(error),
            _ => None,
        }
    }

    /// Which check an ID token failed.
    pub fn id_token(&self) -> Option<&IdTokenError> {
        match &self.inner.problem {
            Problem::IdToken(error) => Some(error),
            _ => None,
        }
    }

    /// The id to quote to PingOne's support.
    pub fn correlation_id(&self) -> Option<&str> {
        let from_body = self
            .api()
            .map(|api| api.id.as_str())
            .filter(|id| !id.is_empty());
        from_body.or(self.inner.answer.correlation_id.as_deref())
    }

    /// How long the service wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.answer.retry_after
    }

    /// Whether there is no such thing (404).
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether there were too many requests (429).
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Whether it may work later without anybody changing anything: no connection, no answer in
    /// time, or a failure on the other side.
    pub fn is_unavailable(&self) -> bool {
        self.kind() == ErrorKind::Unavailable
    }

    /// Whether there is no connection because the other side's certificate is not accepted; the
    /// error's text says why.
    pub fn is_certificate_refused(&self) -> bool {
        match &self.inner.problem {
            Problem::Connect { source, .. } => certificate_refusal(source).is_some(),
            _ => false,
        }
    }

    /// Whether no answer came in time. What was asked may have been carried out all the same.
    pub fn is_timeout(&self) -> bool {
        matches!(self.inner.problem, Problem::TimedOut { .. })
    }

    /// Whether the credentials or the access token were not accepted (401).
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// Whether the caller lacks the role or scope for this (403).
    pub fn is_forbidden(&self) -> bool {
        self.kind() == ErrorKind::Forbidden
    }

    /// Whether an answer did not prove what it must.
    pub fn is_untrusted(&self) -> bool {
        self.kind() == ErrorKind::Untrusted
    }

    /// Whether a code or refresh token is wrong, used, expired or revoked (`invalid_grant`): the
    /// user has to sign on again.
    pub fn is_invalid_grant(&self) -> bool {
        self.is_oauth(&OAuthErrorCode::InvalidGrant)
    }

    /// Whether the authorization server said `code`.
    pub fn is_oauth(&self, code: &OAuthErrorCode) -> bool {
        self.oauth().is_some_and(|error| error.error == *code)
    }

    /// Whether PingOne refused because the value of `field` must be unique and is not.
    pub fn is_taken(&self, field: &str) -> bool {
        self.details_of(field)
            .any(|detail| detail.code == "UNIQUENESS_VIOLATION")
    }

    /// What is wrong with `field`, such as `email`, in PingOne's words.
    pub fn problem_with(&self, field: &str) -> Option<&str> {
        self.details_of(field)
            .map(|detail| detail.message.as_str())
            .next()
    }

    /// The fields that PingOne finds fault with, each with the reason in PingOne's words.
    pub fn field_problems(&self) -> impl Iterator<Item = (&str, &str)> {
        self.details().iter().filter_map(|detail| {
            detail
                .target
                .as_deref()
                .map(|target| (target, detail.message.as_str()))
        })
    }

    fn details(&self) -> &[ErrorDetail] {
        self.api().map_or(&[], |api| api.details.as_slice())
    }

    fn details_of(&self, field: &str) -> impl Iterator<Item = &ErrorDetail> {
        self.details()
            .iter()
            .filter(move |detail| detail.target.as_deref() == Some(field))
    }

    fn has_detail(&self, code: &str) -> bool {
        self.details().iter().any(|detail| detail.code == code)
    }

    /// How the attempt failed, for the decision on another one.
    pub(crate) fn failure(&self) -> Option<Failure> {
        match (&self.inner.problem, self.inner.answer.status) {
            (Problem::Connect { source, .. }, _) if certificate_refusal(source).is_some() => None,
            (Problem::Connect { .. }, _) => Some(Failure::NotConnected),
            (Problem::Lost(_), _) => Some(Failure::ConnectionLost),
            (Problem::Api(_) | Problem::OAuth(_) | Problem::Status, Some(status)) => {
                Some(Failure::Status(status))
            }
            _ => None,
        }
    }
}

impl Error {
    pub(crate) fn new(call: &str, problem: Problem) -> Self {
        Self::answered(call, problem, AnswerFacts::default())
    }

    pub(crate) fn answered(call: &str, problem: Problem, answer: AnswerFacts) -> Self {
        Self {
            inner: Arc::new(Inner {
                call: Some(call.to_owned()),
                problem,
                answer,
            }),
        }
    }

    fn without_call(problem: Problem) -> Self {
        Self {
            inner: Arc::new(Inner {
                call: None,
                problem,
                answer: AnswerFacts::default(),
            }),
        }
    }

    pub(crate) fn set_up(text: String) -> Self {
        Self::without_call(Problem::SetUp(text))
    }

    pub(crate) fn untrusted(text: impl Into<String>) -> Self {
        Self::without_call(Problem::Untrusted(text.into()))
    }

    pub(crate) fn unexpected(text: impl Into<String>) -> Self {
        Self::without_call(Problem::Unexpected(text.into()))
    }

    /// The error that came to the callback instead of a code.
    pub(crate) fn denied(error: OAuthError) -> Self {
        let correlation_id = error
            .error_description
            .as_deref()
            .and_then(correlation_id_in)
            .map(str::to_owned);
        Self {
            inner: Arc::new(Inner {
                call: None,
                problem: Problem::Denied(error),
                answer: AnswerFacts {
                    correlation_id,
                    ..AnswerFacts::default()
                },
            }),
        }
    }

    /// The error for an answer outside of 2xx.
    ///
    /// Which of PingOne's two families it belongs to is told by its members, not by the endpoint:
    /// an OAuth error has `error`, an error of the API has `code`.
    pub(crate) fn refused(call: &str, body: &[u8], mut answer: AnswerFacts) -> Self {
        if let Ok(error) = serde_json::from_slice::<OAuthError>(body) {
            if answer.correlation_id.is_none() {
                let description = error.error_description.as_deref();
                answer.correlation_id = description.and_then(correlation_id_in).map(str::to_owned);
            }
            return Self::answered(call, Problem::OAuth(error), answer);
        }
        match serde_json::from_slice::<ApiError>(body) {
            Ok(error) => Self::answered(call, Problem::Api(error), answer),
            Err(_) => Self::answered(call, Problem::Status, answer),
        }
    }
}

impl From<IdTokenError> for Error {
    fn from(error: IdTokenError) -> Self {
        Self::without_call(Problem::IdToken(error))
    }
}

/// PingOne's OAuth errors carry the id at the end of the description: `(Correlation ID: …)`.
fn correlation_id_in(description: &str) -> Option<&str> {
    let (_, rest) = description.rsplit_once("(Correlation ID: ")?;
    let (id, _) = rest.split_once(')')?;
    let is_plain = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (is_plain && !id.is_empty() && id.len() <= 64).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Error {
        let answer = AnswerFacts {
            status: Some(StatusCode::from_u16(status).unwrap()),
            ..AnswerFacts::default()
        };
        Error::refused("POST v1/environments/…/users", body.as_bytes(), answer)
    }

    #[test]
    fn a_taken_name_is_named_with_pingones_id() {
        let error = refused(
            400,
            r#"{"id":"8ab2","code":"INVALID_DATA","message":"The request could not be completed.",
            "details":[{"code":"UNIQUENESS_VIOLATION","target":"username",
            "message":"is unique but a non-unique value is provided"}]}"#,
        );
        assert!(error.is_taken("username") && !error.is_taken("email"));
        assert_eq!(error.kind(), ErrorKind::Refused);
        insta::assert_snapshot!(error, @"POST v1/environments/…/users: PingOne refused it (400 INVALID_DATA): The request could not be completed.; username: is unique but a non-unique value is provided [PingOne error id 8ab2]");
    }

    #[test]
    fn the_two_families_are_told_apart_by_their_members() {
        let oauth = refused(
            401,
            r#"{"error":"invalid_client","error_description":"Request denied: Unsupported authentication method (Correlation ID: 4c8e6f5e-0d1b)"}"#,
        );
        assert!(oauth.is_oauth(&OAuthErrorCode::InvalidClient) && oauth.api().is_none());
        assert_eq!(oauth.correlation_id(), Some("4c8e6f5e-0d1b"));
        assert!(oauth.is_unauthorized());

        let api = refused(
            404,
            r#"{"id":"1","code":"NOT_FOUND","message":"Nothing here."}"#,
        );
        assert!(api.is_not_found() && api.oauth().is_none());
    }

    #[test]
    fn a_403_says_that_roles_decide() {
        let error = refused(
            403,
            r#"{"id":"1","code":"ACCESS_FAILED","message":"You do not have access.","details":
            [{"code":"INSUFFICIENT_PERMISSIONS","message":"The actor is not authorized."}]}"#,
        );
        assert!(error.is_forbidden());
        assert!(
            error
                .to_string()
                .contains("roles of the worker application decide this, not")
        );
    }

    #[test]
    fn an_answer_without_a_known_body_keeps_its_status() {
        for (status, body, kind) in [
            (502, "<html>Bad gateway</html>", ErrorKind::Unavailable),
            (429, "", ErrorKind::RateLimited),
            (400, "[]", ErrorKind::Refused),
            (302, "", ErrorKind::UnexpectedAnswer),
            (401, r#"{"message":"no"}"#, ErrorKind::Unauthorized),
        ] {
            let error = refused(status, body);
            assert_eq!(error.kind(), kind, "{status}");
            assert!(!error.to_string().contains("html"), "{error}");
        }
    }

    #[test]
    fn a_correlation_id_is_taken_only_in_its_own_form() {
        assert_eq!(correlation_id_in("No. (Correlation ID: 1-a)"), Some("1-a"));
        for text in [
            "",
            "(Correlation ID: )",
            "(Correlation ID: <b>)",
            "(Correlation ID: 1",
        ] {
            assert_eq!(correlation_id_in(text), None, "{text}");
        }
    }

    #[test]
    fn an_error_can_be_shared_between_threads() {
        fn is_shared<T: Send + Sync + 'static>() {}
        is_shared::<Error>();
    }
}
