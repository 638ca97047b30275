//! Tokens in the database, sealed, replaced by compare-and-swap.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use db::{Db, Statement};
use jiff::Timestamp;
use pingone_axum::{TokenSet, TokenStore, TokenStoreError, TokensId, Versioned};
use platform::keyring::Keyring;
use protocol::Random;

/// Keeps the tokens of signed-on users.
pub(crate) struct Tokens {
    db: Db,
    random: Arc<dyn Random>,
    keyring: Arc<Keyring>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

const INSERT: &str = "\
INSERT INTO portal_tokens (id, tokens, version, expires_at) VALUES ($1, $2, 1, $3)";

const FIND: &str = "SELECT tokens, version FROM portal_tokens WHERE id = $1";

const REPLACE: &str = "\
UPDATE portal_tokens SET tokens = $3, version = version + 1 WHERE id = $1 AND version = $2";

const DELETE: &str = "DELETE FROM portal_tokens WHERE id = $1";

impl Tokens {
    pub(crate) fn new(db: Db, random: Arc<dyn Random>, keyring: Arc<Keyring>) -> Self {
        Self {
            db,
            random,
            keyring,
        }
    }

    fn seal(&self, id: TokensId, tokens: &TokenSet) -> String {
        self.keyring
            .seal(&context(id), &tokens.expose(), &*self.random)
    }
}

#[async_trait]
impl TokenStore for Tokens {
    async fn insert(
        &self,
        id: TokensId,
        tokens: &TokenSet,
        expires_at: Timestamp,
    ) -> Result<(), TokenStoreError> {
        let insert = Statement::new(INSERT)
            .bind(id.to_string())
            .bind(self.seal(id, tokens))
            .bind(expires_at);
        self.db
            .write(insert)
            .await
            .map_err(|error| TokenStoreError::new("keep tokens", error))?;
        Ok(())
    }

    async fn find(&self, id: TokensId) -> Result<Option<Versioned>, TokenStoreError> {
        let failed = |error| TokenStoreError::new("find tokens", error);
        let find = Statement::new(FIND).bind(id.to_string());
        let Some(row) = self.db.read_optional(find).await.map_err(failed)? else {
            return Ok(None);
        };
        let sealed: String = row.get("tokens").map_err(failed)?;
        let version = row.get("version").map_err(failed)?;
        // Sealed with a key that is gone: as good as no tokens, so the user signs on again.
        let Ok(bytes) = self.keyring.open(&context(id), &sealed) else {
            return Ok(None);
        };
        let tokens = TokenSet::from_exposed(&bytes)
            .map_err(|error| TokenStoreError::new("read tokens", error))?;
        Ok(Some(Versioned { tokens, version }))
    }

    async fn replace(
        &self,
        id: TokensId,
        version: i64,
        tokens: &TokenSet,
    ) -> Result<bool, TokenStoreError> {
        let replace = Statement::new(REPLACE)
            .bind(id.to_string())
            .bind(version)
            .bind(self.seal(id, tokens));
        let written = self.db.write(replace).await;
        let written = written.map_err(|error| TokenStoreError::new("replace tokens", error))?;
        Ok(written.rows_affected == 1)
    }

    async fn delete(&self, id: TokensId) -> Result<(), TokenStoreError> {
        let delete = Statement::new(DELETE).bind(id.to_string());
        self.db
            .write(delete)
            .await
            .map_err(|error| TokenStoreError::new("delete tokens", error))?;
        Ok(())
    }
}

fn context(id: TokensId) -> String {
    format!("portal_tokens.tokens:{id}")
}

#[cfg(test)]
mod tests {
    use protocol::SeededRandom;
    use protocol::secret::{AccessToken, RefreshToken};

    use super::*;
    use crate::store::{MIGRATIONS, SET};

    fn tokens() -> TokenSet {
        let mut tokens = TokenSet::default();
        tokens.access_token = Some(AccessToken::new("hush"));
        tokens.refresh_token = Some(RefreshToken::new("quiet"));
        tokens
    }

    async fn store() -> Tokens {
        let db = Db::sqlite_in_memory().unwrap();
        db.migrate(SET, MIGRATIONS).await.unwrap();
        let random = Arc::new(SeededRandom::new(1));
        let keyring = Arc::new(Keyring::random(&*random));
        Tokens::new(db, random, keyring)
    }

    #[tokio::test]
    async fn of_many_that_replace_one_version_one_succeeds() {
        let store = Arc::new(store().await);
        let id = TokensId::random(&SeededRandom::new(2));
        store
            .insert(id, &tokens(), Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        let tries: Vec<_> = (0..20)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.replace(id, 1, &tokens()).await.unwrap() })
            })
            .collect();
        let mut winners = 0;
        for one in tries {
            winners += usize::from(one.await.unwrap());
        }
        assert_eq!(winners, 1);
        assert_eq!(store.find(id).await.unwrap().unwrap().version, 2);
    }

    #[tokio::test]
    async fn tokens_do_not_stand_in_the_table_and_cannot_be_moved_to_another_row() {
        let store = store().await;
        let (id, other) = (
            TokensId::random(&SeededRandom::new(2)),
            TokensId::random(&SeededRandom::new(3)),
        );
        store
            .insert(id, &tokens(), Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        let rows = store
            .db
            .read("SELECT tokens FROM portal_tokens".into())
            .await
            .unwrap();
        let sealed: String = rows[0].get("tokens").unwrap();
        assert!(!sealed.contains("hush") && !sealed.contains("quiet"));

        let insert = Statement::new(INSERT)
            .bind(other.to_string())
            .bind(sealed)
            .bind(1_i64);
        store.db.write(insert).await.unwrap();
        assert!(store.find(other).await.unwrap().is_none());
        let kept = store.find(id).await.unwrap().unwrap().tokens;
        assert_eq!(kept.access_token.unwrap().expose(), "hush");
    }
}
