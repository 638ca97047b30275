//! What handlers take out of a request: the environment of the path, and a form, each read once
//! into a type.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use db::StoreError;
use protocol::id::{EnvironmentId, Id};
use protocol::params::FormParams;
use protocol::pingone::ErrorDetail;
use web::form::{self, FormBody};

use super::absent::Absent;
use super::origin::Now;
use crate::Idp;
use crate::requests::failures::api::ApiFailure;
use crate::requests::failures::oauth::OAuthFailure;
use crate::requests::failures::page::{PageError, PageFailure};
use crate::stores::environments::StoredEnvironment;

/// The environment that the path begins with; it exists and is in use.
#[derive(Clone, Debug)]
pub(crate) struct Environment(pub(crate) Arc<StoredEnvironment>);

impl Environment {
    pub(crate) fn id(&self) -> EnvironmentId {
        self.0.id
    }
}

/// An address that leads nowhere; how it is told depends on whether a browser asks.
#[derive(Clone, Debug)]
pub(crate) enum NoSuchAddress {
    /// The database did not answer.
    Failed(StoreError),
    /// There is no such path.
    NoPath,
    /// PingOne has the path, and this environment does not.
    NotProvided(Absent),
    /// There is no such environment.
    UnknownEnvironment,
    /// The path has no such method.
    WrongMethod,
}

impl NoSuchAddress {
    /// The refusal in PingOne's JSON.
    pub(super) fn into_api_failure(self) -> ApiFailure {
        match self {
            Self::Failed(error) => error.into(),
            Self::NoPath | Self::UnknownEnvironment => ApiFailure::not_found(),
            Self::NotProvided(absent) => ApiFailure::not_found_saying(absent.to_string()),
            Self::WrongMethod => ApiFailure::method_not_allowed(),
        }
    }

    /// The refusal as a page.
    pub(super) fn into_page_failure(self) -> PageFailure {
        match self {
            Self::Failed(error) => error.into(),
            Self::NoPath => PageError::NotFound.into(),
            Self::NotProvided(_) => PageError::NotProvided.into(),
            Self::UnknownEnvironment => PageError::EnvironmentUnknown.into(),
            Self::WrongMethod => PageError::MethodNotAllowed.into(),
        }
    }
}

impl IntoResponse for NoSuchAddress {
    /// Hands the failure to the layer that knows the request's id.
    fn into_response(self) -> Response {
        let mut response = StatusCode::NOT_FOUND.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl FromRequestParts<Idp> for Environment {
    type Rejection = NoSuchAddress;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, NoSuchAddress> {
        let params = RawPathParams::from_request_parts(parts, idp).await;
        let params = params.map_err(|_| NoSuchAddress::UnknownEnvironment)?;
        let text = params.iter().find(|(name, _)| *name == "environment");
        let (_, text) = text.ok_or(NoSuchAddress::UnknownEnvironment)?;
        let id = EnvironmentId::parse(text).map_err(|_| NoSuchAddress::UnknownEnvironment)?;
        let Ok(Now(now)) = Now::from_request_parts(parts, idp).await;
        let found = idp
            .environments()
            .find(id, now)
            .await
            .map_err(NoSuchAddress::Failed)?;
        let in_use = found.filter(|environment| environment.is_in_use());
        in_use.map(Self).ok_or(NoSuchAddress::UnknownEnvironment)
    }
}

/// An id of the path that begins with an environment, for what is looked up inside it. In routes it
/// is called by the last word of what it is an id of: `{assignment}` for a role assignment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathId<I>(pub(crate) I);

/// Rejected with 404: what is no id names nothing.
impl<I: Id> FromRequestParts<Idp> for PathId<I> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let name = I::KIND.rsplit(' ').next().unwrap_or_default();
        path_id(parts, idp, name).await.map(Self)
    }
}

/// The id in the path that is called `name` in the route.
///
/// # Errors
///
/// 404 when there is none: what is no id names nothing.
pub(crate) async fn path_id<I: FromStr>(
    parts: &mut Parts,
    idp: &Idp,
    name: &str,
) -> Result<I, ApiFailure> {
    let params = RawPathParams::from_request_parts(parts, idp).await;
    let params = params.map_err(|_| ApiFailure::not_found())?;
    let text = params.iter().find(|(param, _)| *param == name);
    text.and_then(|(_, text)| text.parse().ok())
        .ok_or_else(ApiFailure::not_found)
}

/// The parameters of the query of a request to the management API.
#[derive(Debug)]
pub(crate) struct Query(pub(crate) FormParams);

impl Query {
    /// Whether a parameter that lists names, such as `expand` or `include`, lists this one.
    pub(crate) fn lists(&self, parameter: &str, name: &str) -> bool {
        let names = self.0.find(parameter).unwrap_or_default();
        names.split(',').any(|listed| listed.trim() == name)
    }
}

/// Rejected with 400 when a parameter is repeated or not UTF-8.
impl FromRequestParts<Idp> for Query {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, _: &Idp) -> Result<Self, ApiFailure> {
        let query = parts.uri.query().unwrap_or_default();
        let query = FormParams::parse(query.as_bytes()).map_err(|invalid| {
            let detail = ErrorDetail::new("INVALID_PARAMETER", None, invalid.to_string());
            ApiFailure::malformed(vec![detail])
        });
        query.map(Self)
    }
}

/// The form that was posted to an OAuth endpoint.
#[derive(Debug)]
pub(crate) struct OAuthForm(pub(crate) FormParams);

impl FromRequest<Idp> for OAuthForm {
    type Rejection = OAuthFailure;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, OAuthFailure> {
        Ok(Self(form::params(request, idp).await?))
    }
}

/// The form that was posted from a page.
#[derive(Debug)]
pub(crate) struct PageForm(pub(crate) FormParams);

impl FromRequest<Idp> for PageForm {
    type Rejection = PageFailure;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, PageFailure> {
        Ok(Self(form::params(request, idp).await?))
    }
}

/// The parameters of the query and, for a POST, of the form, as one set.
#[derive(Debug)]
pub(crate) struct QueryAndForm(pub(crate) FormParams);

impl FromRequest<Idp> for QueryAndForm {
    type Rejection = PageFailure;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, PageFailure> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let body = FormBody::read(request, idp).await?;
        // PingOne's browser SDK posts an empty body of any type with everything in the query.
        if !body.bytes.is_empty() && !body.is_form {
            return Err(PageError::UnsupportedMediaType.into());
        }
        Ok(Self(FormParams::parse_both(&query, &body.bytes)?))
    }
}
