//! An operator and the user they look at: found, and what became of what was done to them.

use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use pingone::User;
use pingone::management::Passwords;
use protocol::id::UserId;
use ui::Flash;

use crate::failure::Failure;
use crate::pages::users::search::Search;
use crate::paths;
use crate::state::Portal;
use crate::visit::{Operator, Visit};

/// An operator and the user they look at.
pub(crate) struct OpenUser {
    pub(crate) visit: Visit,
    pub(crate) operator: Operator,
    pub(crate) user: User,
    /// What the operator was looking for.
    pub(crate) search: Search,
}

impl FromRequestParts<Portal> for OpenUser {
    type Rejection = Failure;

    /// The user of a page, with the search that its address carries along.
    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        let visit = Visit::from_request_parts(parts, portal).await?;
        let operator = visit.operator().await?;
        let search = Search::carried_by(parts.uri.query());
        let unknown = || Failure::new(StatusCode::NOT_FOUND);
        let id = Path::<String>::from_request_parts(parts, portal).await;
        let id = id.map_err(|error| unknown().caused_by(error))?;
        let id = UserId::parse(&id).map_err(|_| unknown())?;
        match operator.management.users().load(id).await {
            Ok(user) => Ok(Self {
                visit,
                operator,
                user,
                search,
            }),
            Err(error) if error.is_not_found() => Err(unknown().detail("failure-user-unknown")),
            Err(error) => Err(visit.api_failed(error).await),
        }
    }
}

impl OpenUser {
    /// Whether this is the operator's own account.
    pub(crate) fn is_own(&self) -> bool {
        self.operator.subject == self.user.id.to_string()
    }

    /// Refuses what nobody does to their own account here, in these words.
    pub(crate) async fn require_another(&self, text_id: &str) -> Result<(), Failure> {
        if self.is_own() {
            return Err(self.refused_in_words(self.visit.text(text_id)).await);
        }
        Ok(())
    }

    pub(crate) fn passwords(&self) -> Passwords<'_> {
        self.operator.management.passwords(self.user.id)
    }

    /// The user's page, with the way back to the search.
    pub(crate) fn path(&self) -> String {
        self.path_of("")
    }

    /// The address of one of the user's pages or actions, such as `/edit`.
    pub(crate) fn path_of(&self, part: &str) -> String {
        format!("{}{part}{}", paths::user(self.user.id), self.search.back())
    }

    pub(crate) fn username(&self) -> String {
        self.user
            .username
            .clone()
            .unwrap_or_else(|| self.user.id.to_string())
    }

    /// Back to the user, with a message that names them.
    pub(crate) async fn done(&self, text_id: &str) -> Result<Response, Failure> {
        self.done_leading_to(text_id, &self.path()).await
    }

    /// The same, leading to another page.
    pub(crate) async fn done_leading_to(
        &self,
        text_id: &str,
        path: &str,
    ) -> Result<Response, Failure> {
        let messages = self.visit.portal().site().messages();
        let text = messages.format(text_id, &[("username", self.username())]);
        self.visit.leave(Flash::success(text)).await?;
        Ok(Redirect::to(path).into_response())
    }

    /// Back to the user with PingOne's refusal, which may be something to mend; or a page.
    pub(crate) async fn refused(&self, error: pingone::Error) -> Failure {
        let text_id = if error.is_account_not_usable() {
            "error-account-not-usable"
        } else if error.has_no_password() {
            "error-user-has-no-password"
        } else if error.is_password_locked_out() {
            "error-user-locked-out"
        } else if error.is_rate_limited() {
            "error-too-many-mails"
        } else if let Some(problem) = error.problem_with("enabled") {
            let messages = self.visit.portal().site().messages();
            let text = messages.format("error-pingone", &[("message", problem)]);
            return self.refused_in_words(text).await;
        } else {
            return self.visit.api_failed(error).await;
        };
        self.refused_in_words(self.visit.text(text_id)).await
    }

    async fn refused_in_words(&self, text: String) -> Failure {
        match self.visit.leave(Flash::danger(text)).await {
            Ok(()) => Failure::Told(self.path()),
            Err(failure) => failure,
        }
    }
}
