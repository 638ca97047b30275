//! Renewing access tokens: once, however many requests wait for it.
//!
//! Inside a process requests take turns; between processes the first one claims the tokens by
//! compare-and-swap, for a limited time, and the others read what it got. That spares a provider
//! that rotates refresh tokens the sight of two uses of one token, which it would take for a theft.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pingone::auth::OriginalIdToken;
use protocol::secret::RefreshToken;

use crate::tokens::{TokenSet, TokensId, Versioned};
use crate::{AccessTokenError, SignOn};

/// How long one process may take; it covers the time-outs of the outgoing call.
const CLAIM: SignedDuration = SignedDuration::from_secs(30);

/// Another process cannot wake this one, so the store is looked at again after pauses that double
/// from the first to the longest, for a little longer than a claim holds.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(35);

/// What one look at the stored tokens led to.
enum Step {
    Done(TokenSet),
    Wait,
}

impl SignOn {
    /// Tokens whose access token still serves, renewed if needed.
    pub(crate) async fn fresh_tokens(&self, id: TokensId) -> Result<TokenSet, AccessTokenError> {
        let found = self
            .tokens()
            .find(id)
            .await?
            .ok_or(AccessTokenError::Ended)?;
        if found.tokens.is_fresh(self.now()) {
            return Ok(found.tokens);
        }
        // A task of its own: the visitor may leave, and a refresh token that was used up must not
        // be lost with the answer.
        let permits = Arc::clone(&self.refreshes().permits);
        let Ok(permit) = permits.acquire_owned().await else {
            tracing::debug!("no refresh is begun any more: the program ends");
            return Err(AccessTokenError::Ending);
        };
        let sign_on = self.clone();
        let task = tokio::spawn(async move {
            let _permit = permit;
            let _turn = sign_on.refreshes().turns.take(id).await;
            sign_on.renew(id).await
        });
        match task.await {
            Ok(renewed) => renewed,
            Err(error) => {
                tracing::error!(%error, "a refresh did not come to its end");
                Err(AccessTokenError::Ended)
            }
        }
    }

    async fn renew(&self, id: TokensId) -> Result<TokenSet, AccessTokenError> {
        let mut pause = FIRST_PAUSE;
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
            match self.try_to_renew(id).await? {
                Step::Done(tokens) => return Ok(tokens),
                Step::Wait => tokio::time::sleep(pause).await,
            }
            waited += pause;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(AccessTokenError::Ended)
    }

    async fn try_to_renew(&self, id: TokensId) -> Result<Step, AccessTokenError> {
        let now = self.now();
        let Versioned {
            mut tokens,
            version,
        } = self
            .tokens()
            .find(id)
            .await?
            .ok_or(AccessTokenError::Ended)?;
        if tokens.is_fresh(now) {
            return Ok(Step::Done(tokens));
        }
        let Some(refresh_token) = tokens.refresh_token.clone() else {
            self.tokens().delete(id).await?;
            return Err(AccessTokenError::Ended);
        };
        if tokens.refreshing_until.is_some_and(|until| now < until) {
            return Ok(Step::Wait);
        }
        tokens.refreshing_until = now.checked_add(CLAIM).ok();
        if !self.tokens().replace(id, version, &tokens).await? {
            return Ok(Step::Wait);
        }
        self.refresh_claimed(id, version + 1, tokens, &refresh_token, now)
            .await
    }

    /// Asks the provider, as the one who may.
    async fn refresh_claimed(
        &self,
        id: TokensId,
        version: i64,
        mut tokens: TokenSet,
        refresh_token: &RefreshToken,
        now: Timestamp,
    ) -> Result<Step, AccessTokenError> {
        let first = OriginalIdToken {
            subject: &tokens.first.subject,
            auth_time: tokens.first.auth_time,
            nonce: tokens.first.nonce.as_deref(),
        };
        match self
            .client()
            .refresh(refresh_token, &tokens.scopes, first)
            .await
        {
            Ok(response) => {
                let renewed = tokens.renewed(response);
                if self.tokens().replace(id, version, &renewed).await? {
                    return Ok(Step::Done(renewed));
                }
                if self.tokens().find(id).await?.is_none() {
                    // Signed off in the meantime: the new tokens must not outlive that.
                    self.revoke(&renewed).await;
                }
                Ok(Step::Wait)
            }
            Err(error) if error.is_invalid_grant() => match self.tokens().find(id).await? {
                Some(now_kept) if now_kept.version != version => Ok(Step::Wait),
                _ => {
                    self.tokens().delete(id).await?;
                    Err(AccessTokenError::Ended)
                }
            },
            Err(error) => {
                tokens.refreshing_until = None;
                self.tokens().replace(id, version, &tokens).await?;
                if tokens.expires_at.is_some_and(|end| now < end) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "an access token was not renewed in time; it is used to its end"
                    );
                    return Ok(Step::Done(tokens));
                }
                Err(AccessTokenError::Provider(error))
            }
        }
    }
}
