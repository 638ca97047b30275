//! What to change when an OpenID provider refuses, by the error code that it gives: where the provider is
//! somebody else's, the code is all that is known of the check that failed.

use protocol::oauth::OAuthErrorCode;
use protocol::trail::{Check, Show};

use crate::Error;

/// A check of the provider's, of which its answer is heard.
pub(super) struct Refusals<const CODES: usize> {
    by_code: [(OAuthErrorCode, Check); CODES],
    /// Another code.
    otherwise: Check,
    /// No code: no answer came, or one that is not OAuth's.
    unanswered: Check,
}

impl<const CODES: usize> Refusals<CODES> {
    /// Notes the verdict, and what to change where it is a refusal.
    ///
    /// # Errors
    ///
    /// That of the verdict.
    pub(super) fn judged<T>(
        &'static self,
        input: impl Show,
        verdict: Result<T, Error>,
    ) -> Result<T, Error> {
        let refusal = verdict.as_ref().err().map(Error::oauth);
        let check = match refusal {
            Some(Some(refusal)) => self.of(&refusal.error),
            Some(None) => &self.unanswered,
            None => &self.otherwise,
        };
        check.judged(input, verdict)
    }

    fn of(&'static self, code: &OAuthErrorCode) -> &'static Check {
        let mut known = self.by_code.iter();
        let found = known.find(|(one, _)| one == code);
        found.map_or(&self.otherwise, |(_, check)| check)
    }
}

const fn of_authorization(remedy: &'static str) -> Check {
    let what = "The OpenID provider did not refuse";
    let section = "RFC 6749, 4.1.2.1; OpenID Connect Core 1.0, 3.1.2.6";
    Check::new(what, section, remedy).hearsay()
}

const fn of_tokens(remedy: &'static str) -> Check {
    let what = "The token endpoint gave tokens";
    Check::new(what, "RFC 6749, 5.1 and 5.2", remedy).hearsay()
}

const BROKEN_THERE: &str = "Try again; if it stays so, look at the provider's status, and give its \
                            operators the id of the request";
const DESCRIBED: &str = "Do what the error's description says";
const NO_OBJECTS: &str = "Send the parameters themselves, without a request object";
const SCOPES: &str = "Grant the application the scopes that are asked for, or ask for fewer";
const WITHOUT_QUESTIONS: &str = "Begin the sign-on without `prompt=none`, which forbids the provider to ask \
                                 for what it needs";

/// The provider sends the browser back with an error.
pub(super) static AUTHORIZATION: Refusals<13> = Refusals {
    by_code: [
        (
            OAuthErrorCode::AccessDenied,
            of_authorization(
                "Look whether the person said no, or is not allowed to use the application: its groups, \
                 and the sign-on policy",
            ),
        ),
        (OAuthErrorCode::InvalidScope, of_authorization(SCOPES)),
        (
            OAuthErrorCode::UnauthorizedClient,
            of_authorization(
                "Let the application use this response type and grant type, and enable it",
            ),
        ),
        (
            OAuthErrorCode::UnsupportedResponseType,
            of_authorization("Compare `response_type` with the application's response types"),
        ),
        (
            OAuthErrorCode::InvalidRequest,
            of_authorization(
                "Change the parameter that the description names; look whether the application demands \
                 PKCE, or a request object",
            ),
        ),
        (
            OAuthErrorCode::LoginRequired,
            of_authorization(WITHOUT_QUESTIONS),
        ),
        (
            OAuthErrorCode::ConsentRequired,
            of_authorization(WITHOUT_QUESTIONS),
        ),
        (
            OAuthErrorCode::InteractionRequired,
            of_authorization(WITHOUT_QUESTIONS),
        ),
        (
            OAuthErrorCode::InvalidRequestObject,
            of_authorization(NO_OBJECTS),
        ),
        (
            OAuthErrorCode::RequestNotSupported,
            of_authorization(NO_OBJECTS),
        ),
        (
            OAuthErrorCode::RequestUriNotSupported,
            of_authorization(NO_OBJECTS),
        ),
        (OAuthErrorCode::ServerError, of_authorization(BROKEN_THERE)),
        (
            OAuthErrorCode::TemporarilyUnavailable,
            of_authorization(BROKEN_THERE),
        ),
    ],
    otherwise: of_authorization(DESCRIBED),
    unanswered: of_authorization(DESCRIBED),
};

/// The token endpoint answers with an error, or not at all.
pub(super) static TOKENS: Refusals<7> = Refusals {
    by_code: [
        (
            OAuthErrorCode::InvalidClient,
            of_tokens(
                "Compare the client id, its secret and the way it is sent \
                 (`token_endpoint_auth_method`) with what the application says; a secret may have been \
                 made anew",
            ),
        ),
        (
            OAuthErrorCode::InvalidGrant,
            of_tokens(
                "Begin again: a code is good once and for a short while, with the `redirect_uri` and the \
                 `code_verifier` of its own request, and a refresh token until it is used or revoked",
            ),
        ),
        (
            OAuthErrorCode::UnauthorizedClient,
            of_tokens("Let the application use this grant type, and enable it"),
        ),
        (
            OAuthErrorCode::UnsupportedGrantType,
            of_tokens("Choose a grant type that the provider's discovery document names"),
        ),
        (
            OAuthErrorCode::InvalidScope,
            of_tokens("Grant the application the scopes that are asked for, or ask for fewer"),
        ),
        (OAuthErrorCode::ServerError, of_tokens(BROKEN_THERE)),
        (
            OAuthErrorCode::TemporarilyUnavailable,
            of_tokens(BROKEN_THERE),
        ),
    ],
    otherwise: of_tokens(DESCRIBED),
    unanswered: of_tokens(
        "Look whether the provider is reached and trusted from here, and whether it is the provider \
         that answers",
    ),
};

#[cfg(test)]
mod tests {
    use protocol::oauth::OAuthError;
    use protocol::trail::{Step, Trail};

    use super::*;

    /// What to change, as a listener hears it.
    async fn remedy<const CODES: usize>(
        refusals: &'static Refusals<CODES>,
        code: &str,
    ) -> &'static str {
        let refusal = OAuthError::from(OAuthErrorCode::parse(code));
        let trail = Trail::default();
        let verdict: Result<(), Error> = Err(Error::denied(refusal));
        let verdict = trail
            .scope(async { refusals.judged("a request", verdict) })
            .await;
        assert!(verdict.is_err());
        match trail.take().as_slice() {
            [Step::Checked(checked)] => checked.check.remedy,
            steps => panic!("{steps:?}"),
        }
    }

    #[tokio::test]
    async fn each_refusal_says_what_to_change() {
        for (code, word) in [
            ("invalid_client", "secret"),
            ("invalid_grant", "Begin again"),
            ("unauthorized_client", "grant type"),
            ("unsupported_grant_type", "grant type"),
            ("invalid_scope", "scopes"),
            ("server_error", "status"),
            ("temporarily_unavailable", "status"),
            ("slow_down", "description"),
        ] {
            let said = remedy(&TOKENS, code).await;
            assert!(said.contains(word), "{code}: {said}");
        }
        for (code, word) in [
            ("access_denied", "groups"),
            ("invalid_scope", "scopes"),
            ("unauthorized_client", "response type"),
            ("unsupported_response_type", "response types"),
            ("invalid_request", "PKCE"),
            ("login_required", "`prompt=none`"),
            ("consent_required", "`prompt=none`"),
            ("interaction_required", "`prompt=none`"),
            ("invalid_request_object", "request object"),
            ("request_not_supported", "request object"),
            ("request_uri_not_supported", "request object"),
            ("server_error", "status"),
            ("temporarily_unavailable", "status"),
            ("slow_down", "description"),
        ] {
            let said = remedy(&AUTHORIZATION, code).await;
            assert!(said.contains(word), "{code}: {said}");
        }
    }
}
