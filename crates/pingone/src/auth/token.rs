//! Tokens: asked for, received, and only then believed
//! ([RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3),
//! [OpenID Connect Core §3](https://openid.net/specs/openid-connect-core-1_0.html#Authentication)).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use protocol::jose::{
    ExpectedIdToken, HashCheck, MaxAgeCheck, NonceCheck, OriginalIdToken, VerifiedIdToken,
};
use protocol::oauth::{Scopes, TokenResponse};
use protocol::secret::{AccessToken, AuthorizationCode, IdToken, RefreshToken};
use protocol::trail::{self, Check, Made, Shown};

use super::callback::check_type;
use super::refusals::TOKENS;
use super::{AuthorizationResponse, Client, PendingAuthorization};
use crate::Error;
use crate::token_request::form_call;

/// The longest lifetime that an answer may claim: a year. It keeps sums of instants in bounds.
const LONGEST_LIFETIME_SECONDS: i64 = 31_536_000;

static TOKEN_TYPE: Check = Check::new(
    "The access token is of the type Bearer",
    "RFC 6749, 5.1 and 7.1",
    "Let the application have bearer tokens: no other kind is understood here",
);
static ID_TOKEN_CAME: Check = Check::new(
    "An ID token came, as `openid` was asked for",
    "OpenID Connect Core 1.0, 3.1.3.3",
    "Grant the application the scope `openid`",
);

/// Tokens that may be used.
#[derive(Clone)]
#[non_exhaustive]
pub struct Tokens {
    /// The access token; absent when only an ID token was asked for.
    pub access_token: Option<AccessToken>,
    /// When the access token expires, where the provider tells.
    pub expires_at: Option<Timestamp>,
    /// The refresh token, if there is one. After a refresh it is the new one, or the one that was
    /// used when the provider sent no other.
    pub refresh_token: Option<RefreshToken>,
    /// What was granted.
    pub scopes: Scopes,
    /// Who signed on; absent for tokens without a user, and when a refresh brought no ID token.
    pub identity: Option<Identity>,
}

/// Who signed on, proven.
#[derive(Clone)]
#[non_exhaustive]
pub struct Identity {
    /// The ID token as it came, to be sent back as a hint on sign-off.
    pub id_token: IdToken,
    /// What it says. Every check has passed.
    pub claims: VerifiedIdToken,
}

/// Tokens that nobody has looked at yet: [`Client::verify`] does.
#[must_use = "tokens are believed only after `verify`"]
pub struct ReceivedTokens {
    pending: PendingAuthorization,
    received_at: Timestamp,
    front_channel: FrontChannel,
    response: Option<TokenResponse>,
}

/// What came through the browser, its ID token verified.
struct FrontChannel {
    access_token: Option<AccessToken>,
    identity: Option<Identity>,
    expires_in_seconds: Option<i64>,
    scope: Option<String>,
}

impl Client {
    /// Exchanges a callback's code for tokens, and verifies them.
    ///
    /// # Errors
    ///
    /// As [`redeem`](Self::redeem) and [`verify`](Self::verify).
    ///
    /// ```no_run
    /// # use pingone::{Error, auth};
    /// # async fn example(client: auth::Client, response: auth::AuthorizationResponse) -> Result<(), Error> {
    /// let tokens = client.complete(response).await?;
    /// if let Some(identity) = &tokens.identity {
    ///     println!("hello {}", identity.claims.subject());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn complete(&self, response: AuthorizationResponse) -> Result<Tokens, Error> {
        let received = self.redeem(response).await?;
        self.verify(received).await
    }

    /// Sends a callback's code to the token endpoint, once.
    ///
    /// An ID token that came through the browser beside the code is verified first, so that a code
    /// that was slipped in is not sent. Without a code nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_grant`] when the code is no good (any more): begin again.
    /// [`Error::is_untrusted`] for an ID token from the browser.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth};
    /// # async fn example(client: auth::Client, response: auth::AuthorizationResponse) -> Result<(), Error> {
    /// let received = client.redeem(response).await?;
    /// // The code is used up from here on, whatever the tokens are worth.
    /// let tokens = client.verify(received).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn redeem(&self, response: AuthorizationResponse) -> Result<ReceivedTokens, Error> {
        let AuthorizationResponse {
            pending,
            code,
            access_token,
            id_token,
            ..
        } = response;
        let received_at = self.now();
        let identity = match id_token {
            None => None,
            Some(id_token) => {
                let required = |value| match value {
                    Some(value) => HashCheck::Required(value),
                    None => HashCheck::NothingReceived,
                };
                let access_token = required(access_token.as_ref().map(AccessToken::expose));
                let code = required(code.as_ref().map(AuthorizationCode::expose));
                let expected = expected(&pending, access_token, code);
                Some(self.identify(id_token, expected).await?)
            }
        };
        let token_response = match code {
            None => None,
            Some(code) => {
                let mut fields = vec![
                    ("grant_type", "authorization_code"),
                    ("code", code.expose()),
                    ("redirect_uri", pending.redirect_uri.as_str()),
                ];
                fields.extend(
                    pending
                        .code_verifier
                        .as_deref()
                        .map(|text| ("code_verifier", text)),
                );
                Some(self.request_tokens(&fields).await?)
            }
        };
        let front_channel = FrontChannel {
            access_token,
            identity,
            expires_in_seconds: response.expires_in_seconds,
            scope: response.scope,
        };
        Ok(ReceivedTokens {
            pending,
            received_at,
            front_channel,
            response: token_response,
        })
    }

    /// Checks what was received and hands it out
    /// ([OpenID Connect Core §3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation)).
    ///
    /// # Errors
    ///
    /// [`Error::is_untrusted`], with the failed check in [`Error::id_token`];
    /// [`Error::is_unavailable`] when the provider's keys cannot be fetched.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth};
    /// # async fn example(client: auth::Client, received: auth::ReceivedTokens) -> Result<(), Error> {
    /// match client.verify(received).await {
    ///     Err(error) if error.is_untrusted() => println!("{:?}", error.id_token()),
    ///     result => println!("{:?}", result?.expires_at),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify(&self, received: ReceivedTokens) -> Result<Tokens, Error> {
        let ReceivedTokens {
            pending,
            received_at,
            front_channel,
            response,
        } = received;
        let FrontChannel {
            access_token,
            identity,
            expires_in_seconds,
            scope,
        } = front_channel;
        let Some(response) = response else {
            return Ok(Tokens {
                access_token,
                expires_at: expiry(received_at, expires_in_seconds),
                refresh_token: None,
                scopes: granted(scope.as_deref(), &pending.scopes)?,
                identity,
            });
        };
        TOKEN_TYPE.judged(&response.token_type, check_type(&response.token_type))?;
        let is_due = pending.scopes.contains("openid") && identity.is_none();
        let scopes = Made(|| Shown::text(&pending.scopes.to_string()));
        ID_TOKEN_CAME.require(scopes, response.id_token.is_some() || !is_due, || {
            Error::unexpected(
                "the token endpoint sent no ID token, although `openid` was asked for",
            )
        })?;
        let identity = match response.id_token {
            None => identity,
            Some(id_token) => {
                let bound = HashCheck::IfPresent(response.access_token.expose());
                let expected = expected(&pending, bound, HashCheck::NothingReceived);
                let second = self.identify(id_token, expected).await?;
                // Hybrid flow: both ID tokens are about the same user (§3.3.3.6).
                if identity.is_some_and(|first| first.claims.subject() != second.claims.subject()) {
                    return Err(Error::untrusted(
                        "the ID token of the token endpoint is about another user than the one \
                         that came through the browser",
                    ));
                }
                Some(second)
            }
        };
        Ok(Tokens {
            access_token: Some(response.access_token),
            expires_at: expiry(received_at, response.expires_in),
            refresh_token: response.refresh_token,
            scopes: granted(response.scope.as_deref(), &pending.scopes)?,
            identity,
        })
    }

    /// Gets an access token for the application itself (grant `client_credentials`).
    ///
    /// # Errors
    ///
    /// [`Error::is_unauthorized`] when the credentials are wrong; [`Error::oauth`] for any other
    /// refusal.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth};
    /// # async fn example(client: auth::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let tokens = client.client_credentials(&auth::Scopes::parse("orders:read")?).await?;
    /// let access_token = tokens.access_token;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn client_credentials(&self, scopes: &Scopes) -> Result<Tokens, Error> {
        let now = self.now();
        let scope = scopes.to_string();
        let mut fields = vec![("grant_type", "client_credentials")];
        if !scopes.is_empty() {
            fields.push(("scope", &scope));
        }
        let response = self.request_tokens(&fields).await?;
        check_type(&response.token_type)?;
        Ok(Tokens {
            access_token: Some(response.access_token),
            expires_at: expiry(now, response.expires_in),
            refresh_token: None,
            scopes: granted(response.scope.as_deref(), scopes)?,
            identity: None,
        })
    }

    /// Gets new tokens for a refresh token.
    ///
    /// `first` is what the ID token of the sign-on said: a new ID token must be about the same user
    /// and the same sign-on. Two refreshes with one refresh token at the same time end in one
    /// being refused, or worse, in all tokens being revoked: let one caller refresh and the others
    /// wait.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_grant`] when the user has to sign on again; [`Error::is_untrusted`] for
    /// the new ID token.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth};
    /// # async fn example(client: auth::Client, tokens: auth::Tokens, first: auth::VerifiedIdToken) -> Result<(), Error> {
    /// let Some(refresh_token) = &tokens.refresh_token else {
    ///     return Ok(());
    /// };
    /// let first = auth::OriginalIdToken {
    ///     subject: first.subject(),
    ///     auth_time: first.claims().auth_time,
    ///     nonce: first.claims().nonce.as_deref(),
    /// };
    /// match client.refresh(refresh_token, &tokens.scopes, first).await {
    ///     Err(error) if error.is_invalid_grant() => println!("sign on again"),
    ///     result => println!("{:?}", result?.expires_at),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refresh(
        &self,
        refresh_token: &RefreshToken,
        granted_before: &Scopes,
        first: OriginalIdToken<'_>,
    ) -> Result<Tokens, Error> {
        let now = self.now();
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose()),
        ];
        let response = self.request_tokens(&fields).await?;
        check_type(&response.token_type)?;
        let identity = match response.id_token {
            None => None,
            Some(id_token) => {
                let now = self.now();
                let bound = HashCheck::IfPresent(response.access_token.expose());
                let verifier = &self.inner.verifier;
                let verify = |keys: &_| {
                    verifier.verify_refreshed(id_token.expose(), keys, first, bound, now)
                };
                let claims = self.inner.provider.with_keys(verify).await?;
                Some(Identity { id_token, claims })
            }
        };
        Ok(Tokens {
            access_token: Some(response.access_token),
            expires_at: expiry(now, response.expires_in),
            refresh_token: response
                .refresh_token
                .or_else(|| Some(refresh_token.clone())),
            scopes: granted(response.scope.as_deref(), granted_before)?,
            identity,
        })
    }

    async fn request_tokens(&self, fields: &[(&str, &str)]) -> Result<TokenResponse, Error> {
        let metadata = self.metadata().await?;
        let call = form_call(&metadata.token_endpoint, &self.inner.credentials, fields)?;
        let sent = self.inner.provider.send(&call).await;
        let answer = TOKENS.judged(grant_type(fields), sent)?;
        let response: TokenResponse = answer.json()?;
        if let Some(id_token) = &response.id_token {
            trail::token("ID token", id_token.expose());
        }
        Ok(response)
    }

    async fn identify(
        &self,
        id_token: IdToken,
        expected: ExpectedIdToken<'_>,
    ) -> Result<Identity, Error> {
        let now = self.now();
        let verifier = &self.inner.verifier;
        let verify = |keys: &_| verifier.verify(id_token.expose(), keys, expected, now);
        let claims = self.inner.provider.with_keys(verify).await?;
        Ok(Identity { id_token, claims })
    }

    fn now(&self) -> Timestamp {
        self.inner.provider.transport().now()
    }
}

fn grant_type<'a>(fields: &[(&str, &'a str)]) -> Option<&'a str> {
    let found = fields.iter().find(|(name, _)| *name == "grant_type");
    found.map(|(_, value)| *value)
}

fn expected<'a>(
    pending: &'a PendingAuthorization,
    access_token: HashCheck<'a>,
    code: HashCheck<'a>,
) -> ExpectedIdToken<'a> {
    ExpectedIdToken {
        nonce: NonceCheck::Expect(&pending.nonce),
        access_token,
        code,
        max_age: match pending.max_age_seconds {
            Some(seconds) => MaxAgeCheck::AtMost(SignedDuration::from_secs(seconds)),
            None => MaxAgeCheck::NotRequested,
        },
    }
}

/// What was granted: as told, or else what was asked for (§5.1).
fn granted(told: Option<&str>, asked: &Scopes) -> Result<Scopes, Error> {
    match told {
        None => Ok(asked.clone()),
        Some(text) => Scopes::parse(text).map_err(|error| Error::unexpected(error.to_string())),
    }
}

fn expiry(now: Timestamp, lifetime_seconds: Option<i64>) -> Option<Timestamp> {
    let seconds = lifetime_seconds?.clamp(0, LONGEST_LIFETIME_SECONDS);
    now.checked_add(SignedDuration::from_secs(seconds)).ok()
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("expires_at", &self.expires_at)
            .field("has_refresh_token", &self.refresh_token.is_some())
            .field("scopes", &self.scopes.to_string())
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// The user's id, not the personal data beside it.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("subject", &self.claims.subject())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ReceivedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedTokens")
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}
