//! Forms that were posted: `application/x-www-form-urlencoded`, read once and strictly.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use protocol::params::{FormParams, InvalidParams};
use protocol::trail;

/// Why a body is no form that can be read.
#[derive(Debug, thiserror::Error)]
pub enum FormRejection {
    /// The body has another content type (415).
    #[error("the content type is not application/x-www-form-urlencoded")]
    NotAForm,
    /// The body is larger than the route allows (413).
    #[error("the body is larger than this address accepts")]
    TooLarge,
    /// The body broke off, so that nobody waits for the answer (400).
    #[error("the body could not be read")]
    BrokenOff,
    /// A parameter is repeated, is no UTF-8, or the like (400).
    #[error("the form cannot be understood")]
    Invalid(#[source] InvalidParams),
}

impl FormRejection {
    /// The status that says so.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenOff | Self::Invalid(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The body of a request that may be a form.
#[derive(Debug)]
pub struct FormBody {
    /// Whether the content type says that it is one.
    pub is_form: bool,
    /// The body.
    pub bytes: Bytes,
}

impl FormBody {
    /// Reads the body.
    ///
    /// # Errors
    ///
    /// When it is larger than the route allows, or broke off.
    pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Self, FormRejection> {
        let is_form = is_form(request.headers());
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => FormRejection::TooLarge,
                    _ => FormRejection::BrokenOff,
                })?;
        if is_form {
            trail::form(&bytes);
        }
        Ok(Self { is_form, bytes })
    }

    /// The parameters of the form.
    ///
    /// # Errors
    ///
    /// When it is no form, or one that cannot be understood.
    pub fn params(&self) -> Result<FormParams, FormRejection> {
        if !self.is_form {
            return Err(FormRejection::NotAForm);
        }
        FormParams::parse(&self.bytes).map_err(FormRejection::Invalid)
    }
}

/// The parameters of the form that a request posted.
///
/// # Errors
///
/// Each [`FormRejection`]; a body of another type is refused before it is read.
pub async fn params<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<FormParams, FormRejection> {
    if !is_form(request.headers()) {
        return Err(FormRejection::NotAForm);
    }
    FormBody::read(request, state).await?.params()
}

/// Whether the content type is a form's. A suffix such as `; charset=UTF-8` is what Python and
/// Java clients send.
fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::DefaultBodyLimit;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    fn posted(content_type: &str, body: &'static str) -> Request {
        http::Request::post("/")
            .header(CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .unwrap()
    }

    async fn status(content_type: &str, body: &'static str) -> StatusCode {
        let handler = |request: Request| async move {
            match params(request, &()).await {
                Ok(_) => StatusCode::OK,
                Err(rejection) => rejection.status(),
            }
        };
        let router = Router::new()
            .route("/", post(handler))
            .layer(DefaultBodyLimit::max(16));
        let response = router.oneshot(posted(content_type, body)).await.unwrap();
        response.status()
    }

    #[tokio::test]
    async fn each_rejection_has_its_status() {
        const FORM: &str = "application/x-www-form-urlencoded";
        assert_eq!(status(FORM, "a=1").await, 200);
        assert_eq!(
            status("Application/X-WWW-Form-URLEncoded ; charset=UTF-8", "a=1").await,
            200
        );
        assert_eq!(status("application/json", "{}").await, 415);
        assert_eq!(status(FORM, "a=1&a=2").await, 400);
        assert_eq!(status(FORM, "a=12345678901234567890").await, 413);
    }

    #[tokio::test]
    async fn a_body_of_another_type_can_still_be_looked_at() {
        let request = posted("text/plain", "");
        let body = FormBody::read(request, &()).await.unwrap();
        assert!(!body.is_form && body.bytes.is_empty());
        assert!(matches!(body.params(), Err(FormRejection::NotAForm)));
    }
}
