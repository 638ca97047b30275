//! What handlers take out of a request: the environment of the path, and a form, each read once
//! into a type.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use db::StoreError;
use protocol::id::EnvironmentId;
use protocol::params::FormParams;
use web::form::{self, FormBody};

use crate::Idp;
use crate::stores::environments::StoredEnvironment;
use crate::web::failures::api::ApiFailure;
use crate::web::failures::oauth::OAuthFailure;
use crate::web::failures::page::{PageError, PageFailure};

/// The environment that the path begins with; it exists.
#[derive(Clone, Debug)]
pub(crate) struct Environment(pub(crate) Arc<StoredEnvironment>);

impl Environment {
    pub(crate) fn id(&self) -> EnvironmentId {
        self.0.id
    }
}

/// An address that leads no_such_address; how it is told depends on whether a browser asks.
#[derive(Clone, Debug)]
pub(crate) enum NoSuchAddress {
    /// The database did not answer.
    Failed(StoreError),
    /// There is no such path.
    NoPath,
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
            Self::WrongMethod => ApiFailure::method_not_allowed(),
        }
    }

    /// The refusal as a page.
    pub(super) fn into_page_failure(self) -> PageFailure {
        match self {
            Self::Failed(error) => error.into(),
            Self::NoPath => PageError::NotFound.into(),
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
        let found = idp
            .environments()
            .find(id, idp.now())
            .await
            .map_err(NoSuchAddress::Failed)?;
        found.map(Self).ok_or(NoSuchAddress::UnknownEnvironment)
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
