//! Where the tokens of signed-on users are kept: on the server, apart from the session.
//!
//! A session is saved as a whole, and of two requests the later one wins. A refreshed token must
//! not be lost that way, so tokens have a store of their own, which replaces by compare-and-swap.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pingone::auth::{NumericDate, Scopes, Tokens};
use protocol::Random;
use protocol::secret::{AccessToken, IdToken, RefreshToken};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An access token is renewed when it has less than this left, so that it does not expire on its
/// way.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// Names the tokens of one signed-on session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokensId(Uuid);

impl TokensId {
    /// A new id.
    pub fn random(random: &dyn Random) -> Self {
        Self(random.uuid())
    }
}

impl fmt::Display for TokensId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

/// The tokens of one signed-on session.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TokenSet {
    /// The access token, unless only an ID token was asked for.
    pub access_token: Option<AccessToken>,
    /// When the access token expires, where the provider said so.
    pub expires_at: Option<Timestamp>,
    /// The refresh token, where there is one.
    pub refresh_token: Option<RefreshToken>,
    /// The newest ID token: the hint for signing off.
    pub id_token: Option<IdToken>,
    /// What was granted.
    pub scopes: Scopes,
    /// What the first ID token said; a later one has to be about the same user and sign-on.
    pub(crate) first: FirstIdToken,
    /// Until when somebody is refreshing them; nobody else tries before that.
    pub(crate) refreshing_until: Option<Timestamp>,
}

/// What a refreshed ID token is compared with
/// ([OpenID Connect Core §12.2](https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse)).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct FirstIdToken {
    pub(crate) subject: String,
    pub(crate) auth_time: Option<NumericDate>,
    pub(crate) nonce: Option<String>,
}

/// A [`TokenSet`] as text, to be sealed.
#[derive(Serialize, Deserialize)]
struct Exposed {
    access_token: Option<String>,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    expires_at: Option<Timestamp>,
    refresh_token: Option<String>,
    id_token: Option<String>,
    scopes: Scopes,
    first: FirstIdToken,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    refreshing_until: Option<Timestamp>,
}

/// Stored bytes that are no token set.
#[derive(Debug, thiserror::Error)]
#[error("stored tokens cannot be read")]
pub struct UnreadableTokens(#[source] serde_json::Error);

impl TokenSet {
    /// The tokens of a sign-on.
    pub(crate) fn begin(tokens: Tokens) -> Self {
        let first = tokens.identity.as_ref().map(|identity| {
            let claims = identity.claims.claims();
            FirstIdToken {
                subject: claims.sub.clone(),
                auth_time: claims.auth_time,
                nonce: claims.nonce.clone(),
            }
        });
        Self {
            first: first.unwrap_or_default(),
            ..Self::default()
        }
        .renewed(tokens)
    }

    /// These tokens after a refresh; what it did not bring stays.
    pub(crate) fn renewed(&self, tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            expires_at: tokens.expires_at,
            refresh_token: tokens.refresh_token,
            id_token: tokens
                .identity
                .map(|identity| identity.id_token)
                .or_else(|| self.id_token.clone()),
            scopes: tokens.scopes,
            first: self.first.clone(),
            refreshing_until: None,
        }
    }

    /// Whether the access token still serves for a request that is sent at `now`.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.expires_at
            .is_none_or(|end| now.checked_add(LEEWAY).is_ok_and(|soon| soon < end))
    }

    /// The tokens as bytes: for a store that seals them, and for nothing else.
    pub fn expose(&self) -> Vec<u8> {
        let exposed = Exposed {
            access_token: self
                .access_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
            expires_at: self.expires_at,
            refresh_token: self
                .refresh_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
            id_token: self
                .id_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
            scopes: self.scopes.clone(),
            first: self.first.clone(),
            refreshing_until: self.refreshing_until,
        };
        // Texts and instants are always JSON.
        serde_json::to_vec(&exposed).unwrap_or_default()
    }

    /// Reads what [`expose`](Self::expose) wrote.
    ///
    /// # Errors
    ///
    /// [`UnreadableTokens`] for anything else.
    pub fn from_exposed(bytes: &[u8]) -> Result<Self, UnreadableTokens> {
        let exposed: Exposed = serde_json::from_slice(bytes).map_err(UnreadableTokens)?;
        Ok(Self {
            access_token: exposed.access_token.map(AccessToken::new),
            expires_at: exposed.expires_at,
            refresh_token: exposed.refresh_token.map(RefreshToken::new),
            id_token: exposed.id_token.map(IdToken::new),
            scopes: exposed.scopes,
            first: exposed.first,
            refreshing_until: exposed.refreshing_until,
        })
    }
}

/// Tokens with the number of the version that they are.
#[derive(Clone, Debug)]
pub struct Versioned {
    /// The tokens.
    pub tokens: TokenSet,
    /// Counts up with each replacement.
    pub version: i64,
}

/// A store of tokens did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the store of tokens did not {action}")]
pub struct TokenStoreError {
    action: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl TokenStoreError {
    /// An error of the database behind the store; `action` completes "the store did not …".
    pub fn new(
        action: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            action,
            source: source.into(),
        }
    }
}

/// Keeps tokens, sealed at rest. What it acknowledges is durable.
///
/// ```
/// use std::sync::Mutex;
///
/// use pingone_axum::{TokenSet, TokenStore, TokenStoreError, TokensId, Versioned};
///
/// /// Keeps the tokens of the one person who uses this program.
/// #[derive(Debug, Default)]
/// struct Single(Mutex<Option<(TokensId, Versioned)>>);
///
/// #[async_trait::async_trait]
/// impl TokenStore for Single {
///     async fn insert(
///         &self,
///         id: TokensId,
///         tokens: &TokenSet,
///         _expires_at: jiff::Timestamp,
///     ) -> Result<(), TokenStoreError> {
///         let first = Versioned { tokens: tokens.clone(), version: 1 };
///         *self.0.lock().unwrap() = Some((id, first));
///         Ok(())
///     }
///
///     async fn find(&self, id: TokensId) -> Result<Option<Versioned>, TokenStoreError> {
///         let kept = self.0.lock().unwrap();
///         Ok(kept.as_ref().filter(|(of, _)| *of == id).map(|(_, kept)| kept.clone()))
///     }
///
///     async fn replace(
///         &self,
///         id: TokensId,
///         version: i64,
///         tokens: &TokenSet,
///     ) -> Result<bool, TokenStoreError> {
///         match &mut *self.0.lock().unwrap() {
///             Some((of, kept)) if *of == id && kept.version == version => {
///                 *kept = Versioned { tokens: tokens.clone(), version: version + 1 };
///                 Ok(true)
///             }
///             _ => Ok(false),
///         }
///     }
///
///     async fn delete(&self, id: TokensId) -> Result<(), TokenStoreError> {
///         let mut kept = self.0.lock().unwrap();
///         if kept.as_ref().is_some_and(|(of, _)| *of == id) {
///             *kept = None;
///         }
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// Keeps the tokens of a new session until `expires_at` at the latest.
    ///
    /// # Errors
    ///
    /// [`TokenStoreError`] when the store does not answer.
    async fn insert(
        &self,
        id: TokensId,
        tokens: &TokenSet,
        expires_at: Timestamp,
    ) -> Result<(), TokenStoreError>;

    /// The tokens of a session, unless they were deleted.
    ///
    /// # Errors
    ///
    /// [`TokenStoreError`] when the store does not answer.
    async fn find(&self, id: TokensId) -> Result<Option<Versioned>, TokenStoreError>;

    /// Replaces tokens that are still at `version`; they are then at the next one. Of several that
    /// try to replace one version, one gets `true`.
    ///
    /// # Errors
    ///
    /// [`TokenStoreError`] when the store does not answer.
    async fn replace(
        &self,
        id: TokensId,
        version: i64,
        tokens: &TokenSet,
    ) -> Result<bool, TokenStoreError>;

    /// Deletes the tokens of a session.
    ///
    /// # Errors
    ///
    /// [`TokenStoreError`] when the store does not answer.
    async fn delete(&self, id: TokensId) -> Result<(), TokenStoreError>;
}

/// Keeps tokens in memory: for examples, tests and programs that may forget them.
///
/// A restart signs everybody off, and other processes know nothing of it. It holds 10,000 sessions;
/// one more costs the one that would have ended first.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<HashMap<TokensId, InMemory>>);

/// So many sessions fit into a [`MemoryTokenStore`].
const MOST_IN_MEMORY: usize = 10_000;

#[derive(Debug)]
struct InMemory {
    kept: Versioned,
    expires_at: Timestamp,
}

impl MemoryTokenStore {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<TokensId, InMemory>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn insert(
        &self,
        id: TokensId,
        tokens: &TokenSet,
        expires_at: Timestamp,
    ) -> Result<(), TokenStoreError> {
        self.with(|all| {
            if all.len() >= MOST_IN_MEMORY {
                let first = all.iter().min_by_key(|(_, one)| one.expires_at);
                if let Some(first) = first.map(|(id, _)| *id) {
                    all.remove(&first);
                }
            }
            let kept = Versioned {
                tokens: tokens.clone(),
                version: 1,
            };
            all.insert(id, InMemory { kept, expires_at })
        });
        Ok(())
    }

    async fn find(&self, id: TokensId) -> Result<Option<Versioned>, TokenStoreError> {
        Ok(self.with(|all| all.get(&id).map(|one| one.kept.clone())))
    }

    async fn replace(
        &self,
        id: TokensId,
        version: i64,
        tokens: &TokenSet,
    ) -> Result<bool, TokenStoreError> {
        Ok(self.with(|all| match all.get_mut(&id) {
            Some(InMemory { kept, .. }) if kept.version == version => {
                *kept = Versioned {
                    tokens: tokens.clone(),
                    version: version + 1,
                };
                true
            }
            _ => false,
        }))
    }

    async fn delete(&self, id: TokensId) -> Result<(), TokenStoreError> {
        self.with(|all| all.remove(&id));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use protocol::SeededRandom;

    use super::*;

    fn tokens(expires_at: Option<Timestamp>) -> TokenSet {
        TokenSet {
            access_token: Some(AccessToken::new("hush")),
            expires_at,
            ..TokenSet::default()
        }
    }

    #[test]
    fn a_token_is_renewed_before_it_expires() {
        let now = Timestamp::UNIX_EPOCH;
        let tokens = tokens(Some(now + SignedDuration::from_secs(60)));
        assert!(tokens.is_fresh(now + SignedDuration::from_secs(29)));
        assert!(!tokens.is_fresh(now + SignedDuration::from_secs(30)));
    }

    #[test]
    fn tokens_survive_the_store_and_do_not_show_in_debug() {
        let tokens = tokens(Some(Timestamp::UNIX_EPOCH));
        let read = TokenSet::from_exposed(&tokens.expose()).unwrap();
        assert_eq!(read.access_token.unwrap().expose(), "hush");
        assert_eq!(read.expires_at, tokens.expires_at);
        assert!(!format!("{tokens:?}").contains("hush"));
        assert!(TokenSet::from_exposed(b"{}").is_err());
    }

    #[tokio::test]
    async fn memory_is_bounded_and_gives_up_what_would_end_first() {
        let (store, random) = (MemoryTokenStore::default(), SeededRandom::new(2));
        let end = |n: usize| {
            Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::try_from(n).unwrap() + 1)
        };
        let ids: Vec<TokensId> = (0..=MOST_IN_MEMORY)
            .map(|_| TokensId::random(&random))
            .collect();
        for (n, id) in ids.iter().enumerate() {
            store.insert(*id, &tokens(None), end(n)).await.unwrap();
        }
        assert_eq!(store.with(|all| all.len()), MOST_IN_MEMORY);
        assert!(store.find(ids[0]).await.unwrap().is_none());
        assert!(store.find(ids[1]).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_version_is_replaced_once() {
        let store = MemoryTokenStore::default();
        let id = TokensId::random(&SeededRandom::new(1));
        let tokens = tokens(None);
        store
            .insert(id, &tokens, Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        assert!(store.replace(id, 1, &tokens).await.unwrap());
        assert!(!store.replace(id, 1, &tokens).await.unwrap());
        assert_eq!(store.find(id).await.unwrap().unwrap().version, 2);
        store.delete(id).await.unwrap();
        assert!(!store.replace(id, 2, &tokens).await.unwrap());
    }
}
