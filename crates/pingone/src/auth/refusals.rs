//! What to change when an OpenID provider refuses, by the error code that it gives: where the provider is
//! somebody else's, the code is all that is known of the check that failed.

use protocol::oauth::OAuthErrorCode;
use protocol::trail::{Check, Show};

use crate::Error;

/// A check of the provider's, of which its answer is heard.
pub(super) struct Refusals<const CODES: usize> {
    by_code: [(OAuthErrorCode, Check); CODES],
    /// Another code, or none: no answer came, or one that is not OAuth's.
    otherwise: Check,
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
        let code = verdict.as_ref().err().and_then(Error::oauth);
        let of_code = code.and_then(|refusal| {
            let mut known = self.by_code.iter();
            known.find(|(code, _)| *code == refusal.error)
        });
        let check = of_code.map_or(&self.otherwise, |(_, check)| check);
        check.judged(input, verdict)
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

const BROKEN_THERE: &str = "Try again; if it stays so, look at the provider's status, and give its operators the id of the request";
const WITHOUT_QUESTIONS: &str = "Begin the sign-on without `prompt=none`, which forbids the provider to ask \
                                 for what it needs";

/// The provider sends the browser back with an error.
pub(super) static AUTHORIZATION: Refusals<10> = Refusals {
    by_code: [
        (
            OAuthErrorCode::AccessDenied,
            of_authorization(
                "Look whether the person said no, or is not allowed to use the application: its groups, \
                 and the sign-on policy",
            ),
        ),
        (
            OAuthErrorCode::InvalidScope,
            of_authorization(
                "Grant the application the scopes that are asked for, or ask for fewer",
            ),
        ),
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
        (OAuthErrorCode::ServerError, of_authorization(BROKEN_THERE)),
        (
            OAuthErrorCode::TemporarilyUnavailable,
            of_authorization(BROKEN_THERE),
        ),
    ],
    otherwise: of_authorization("Do what the error's description says"),
};

/// The token endpoint answers with an error, or not at all.
pub(super) static TOKENS: Refusals<5> = Refusals {
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
    ],
    otherwise: of_tokens(
        "Do what the error's description says; without one, look whether the provider is reached and \
         trusted from here, and whether it is the provider that answers",
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
        let secret = remedy(&TOKENS, "invalid_client").await;
        assert!(secret.contains("secret"), "{secret}");
        let again = remedy(&TOKENS, "invalid_grant").await;
        assert!(again.contains("Begin again"), "{again}");
        let scopes = remedy(&AUTHORIZATION, "invalid_scope").await;
        assert!(scopes.contains("scopes"), "{scopes}");
        for code in ["login_required", "consent_required", "interaction_required"] {
            let asked = remedy(&AUTHORIZATION, code).await;
            assert!(asked.contains("`prompt=none`"), "{code}: {asked}");
        }
        let unknown = remedy(&AUTHORIZATION, "slow_down").await;
        assert!(unknown.contains("description"), "{unknown}");
    }
}
