//! The application for itself: the grant `client_credentials`.

use jiff::Timestamp;
use pingone::auth::{Client, Scopes};
use protocol::secret::AccessToken;
use tokio::sync::Mutex;

use crate::AccessTokenError;
use crate::tokens::TokenSet;

/// The application's own token. The lock is held while a new one is fetched, so that many who wait
/// cause one request.
#[derive(Debug, Default)]
pub(crate) struct Application(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    tokens: TokenSet,
    signed_on_at: Timestamp,
}

impl Application {
    pub(crate) async fn token(
        &self,
        client: &Client,
        scopes: &Scopes,
        now: Timestamp,
    ) -> Result<AccessToken, AccessTokenError> {
        let mut kept = self.0.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.tokens.is_fresh(now)) {
            return kept
                .tokens
                .access_token
                .clone()
                .ok_or(AccessTokenError::NotGranted);
        }
        let tokens = client
            .client_credentials(scopes)
            .await
            .map_err(AccessTokenError::Provider)?;
        let tokens = TokenSet::begin(tokens);
        let access_token = tokens.access_token.clone();
        *kept = Some(Kept {
            tokens,
            signed_on_at: now,
        });
        access_token.ok_or(AccessTokenError::NotGranted)
    }

    pub(crate) async fn signed_on_at(&self) -> Option<Timestamp> {
        self.0.lock().await.as_ref().map(|kept| kept.signed_on_at)
    }
}
