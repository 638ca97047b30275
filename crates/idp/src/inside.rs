//! The management API from inside the process, by the program itself: for bringing a seed up and for
//! writing an environment out.
//!
//! A call goes through the router that answers everybody else, so it is checked as theirs are and
//! refused in the same words. What is different: nobody has to sign on, ids and secrets of new
//! objects may be given, and secrets are shown where that is asked for.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, Request, StatusCode};
use db::StoreError;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, OrganizationId, UserId};
use protocol::oauth::Issuer;
use protocol::pingone::Region;
use serde_json::Value;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::access::inside::Program;
pub use crate::access::inside::{Given, GivenPassword};
use crate::audit::{Activity, By, Subject};
pub use crate::core::ids::GivenIds;
pub use crate::hasher::InvalidHash;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::configuration::Objects;
use crate::stores::environments::Environments;
use crate::stores::images;
use crate::stores::languages::Translations;
use crate::stores::passwords::Passwords;

/// Longer answers are not read: no page of any collection comes near.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// The management API, called by the program itself.
#[derive(Clone, Debug)]
pub struct Inside {
    idp: Idp,
    router: Router,
    organization: OrganizationId,
    is_shown_secrets: bool,
}

/// A call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call<'a> {
    /// How.
    pub method: Method,
    /// The path with its query, such as `/v1/environments`.
    pub path: &'a str,
    /// What the body is.
    pub media_type: &'a str,
    /// The body.
    pub body: Bytes,
    /// What a new object is given.
    pub given: Given,
}

impl<'a> Call<'a> {
    /// A call without a body.
    pub fn new(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            media_type: "application/json",
            body: Bytes::new(),
            given: Given::default(),
        }
    }

    /// With a body of JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self {
            body: body.to_string().into(),
            ..self
        }
    }
}

/// An answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// How it went.
    pub status: StatusCode,
    /// What it says; null where it says nothing.
    pub body: Value,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The path, or the media type, cannot stand in a request.
    #[error("`{path}` cannot be asked for")]
    NoRequest {
        /// The path.
        path: String,
        /// Why.
        source: http::Error,
    },
    /// The answer is longer than any should be, or no JSON.
    #[error("the answer of {path} cannot be read")]
    Unreadable {
        /// The path.
        path: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What is kept of a user's password.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeptPassword {
    /// The hash as a PHC string. Not to be logged.
    pub hash: String,
    /// Whether another one is demanded at the next sign-on.
    pub must_change: bool,
    /// When it was set.
    pub set_at: Timestamp,
}

impl Idp {
    /// The issuer of an environment.
    pub fn issuer(&self, environment: EnvironmentId) -> Issuer {
        self.urls().issuer(environment)
    }

    /// The management API from inside, in the organization of this installation's environments; where
    /// there are none, in `first`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn inside(&self, first: OrganizationId) -> Result<Inside, StoreError> {
        let known = self.environments().page("", 1, |all| all).await?;
        let organization = known.first().map_or(first, |one| one.organization_id);
        Ok(Inside {
            idp: self.clone(),
            router: self.router(),
            organization,
            is_shown_secrets: false,
        })
    }
}

impl Inside {
    /// The same, being shown secrets: those of identity providers, mail servers and the like.
    #[must_use]
    pub fn with_secrets(self) -> Self {
        Self {
            is_shown_secrets: true,
            ..self
        }
    }

    /// Where the authentication API is, with a slash at the end.
    pub fn auth_url(&self) -> String {
        self.idp.urls().asset("/")
    }

    /// The organization in which everything stands.
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Carries a call out.
    ///
    /// # Errors
    ///
    /// [`CallError`] when there is no answer; a refusal is one.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, CallError> {
        let path = call.path;
        let request = Request::builder().method(call.method).uri(path);
        let media_type = HeaderValue::try_from(call.media_type).map_err(Into::into);
        let request = media_type.and_then(|media_type| {
            let program = Program::new(self.organization, call.given, self.is_shown_secrets);
            let request = request.extension(program);
            request
                .header(CONTENT_TYPE, media_type)
                .body(Body::from(call.body))
        });
        let request = request.map_err(|source| CallError::NoRequest {
            path: path.to_owned(),
            source,
        })?;
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = response.status();
        let unreadable = |source| CallError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let body = to_bytes(response.into_body(), LONGEST_ANSWER).await;
        let body = body.map_err(|error| unreadable(Box::new(error)))?;
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).map_err(|error| unreadable(Box::new(error)))?
        };
        Ok(Answer { status, body })
    }

    /// The environments of this installation, each with its name, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn environments(
        &self,
        most: u32,
    ) -> Result<Vec<(EnvironmentId, String)>, StoreError> {
        let mut all = self.idp.environments().page("", most, |all| all).await?;
        all.sort_by_key(|one| (one.created_at, one.id));
        Ok(all.into_iter().map(|one| (one.id, one.name)).collect())
    }

    /// Deletes an environment with all that is in it, whatever its type and whoever administers it;
    /// whether there was one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn remove(&self, environment: EnvironmentId) -> Result<bool, StoreError> {
        let by = By::the_program(self.idp.now());
        let known = self.idp.environments().find(environment, by.now).await?;
        let Some(known) = known else {
            return Ok(false);
        };
        let subject = Subject::of("ENVIRONMENT", environment, known.name.as_str());
        let deleted = Activity::new("ENVIRONMENT.DELETED", subject);
        let change: Change = Environments::delete(environment);
        change.commit(&self.idp, environment, &deleted, &by).await?;
        Ok(true)
    }

    /// What is kept of a user's password; `None` without one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn password(&self, user: Uuid) -> Result<Option<KeptPassword>, StoreError> {
        let kept = Passwords::new(self.idp.db())
            .load(UserId::from_uuid(user))
            .await?;
        Ok(kept
            .hash
            .zip(kept.changed_at)
            .map(|(hash, set_at)| KeptPassword {
                hash: hash.as_str().to_owned(),
                must_change: kept.must_change,
                set_at,
            }))
    }

    /// Whether operators sign on to an application, and their tokens carry their roles.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn is_for_operators(
        &self,
        environment: EnvironmentId,
        application: Uuid,
    ) -> Result<bool, StoreError> {
        let id = ApplicationId::from_uuid(application);
        let applications = self.idp.applications();
        let found = applications.find(environment, id, self.idp.now()).await?;
        Ok(found.is_some_and(|found| found.is_for_operators))
    }

    /// The texts of a language that were set, by their keys.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn translations(
        &self,
        environment: EnvironmentId,
        locale: &str,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let objects = Objects::<Translations>::new(self.idp.db(), self.idp.keyring());
        let all = objects.list(environment, environment.as_uuid()).await?;
        let mut documents = all.into_iter().map(|object| object.document);
        let found = documents.find(|document| document.locale == locale);
        Ok(found.map(|document| document.texts).unwrap_or_default())
    }

    /// The region that every environment of the installation is in.
    pub fn region(&self) -> Region {
        self.idp.settings().region
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.idp.now()
    }

    /// The contents of an image of an environment.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn image(
        &self,
        environment: EnvironmentId,
        image: Uuid,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        images::find(self.idp.db(), environment, image).await
    }
}
