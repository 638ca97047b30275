//! The provider as seen by its clients: discovery document and keys
//! ([OpenID Connect Discovery §4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig)).

use std::sync::Arc;

use http::{HeaderValue, Method, header};
use protocol::jose::{IdTokenError, JwkSet, TokenError, VerificationKeys, VerifiedIdToken};
use protocol::oauth::{Issuer, ProviderMetadata};
use url::Url;

use crate::cache::Cache;
use crate::endpoints::Reroute;
use crate::transport::{Answer, Call};
use crate::{Error, Transport};

pub(super) struct Provider {
    issuer: Issuer,
    transport: Transport,
    reroute: Reroute,
    metadata: Cache<ProviderMetadata>,
    keys: Cache<VerificationKeys>,
}

impl Provider {
    pub(super) fn new(issuer: Issuer, transport: Transport, reroute: Reroute) -> Self {
        Self {
            issuer,
            transport,
            reroute,
            metadata: Cache::new(),
            keys: Cache::new(),
        }
    }

    pub(super) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    pub(super) async fn send(&self, call: &Call) -> Result<Answer, Error> {
        self.transport.send(call, &self.reroute).await
    }

    pub(super) async fn metadata(&self) -> Result<Arc<ProviderMetadata>, Error> {
        let now = self.transport.now();
        self.metadata
            .load(now, || Box::pin(self.fetch_metadata()))
            .await
    }

    /// Verifies an ID token with the keys that are known; when its key is not among them, once
    /// more with the keys as they are now, because providers replace them.
    pub(super) async fn with_keys(
        &self,
        verify: impl Fn(&VerificationKeys) -> Result<VerifiedIdToken, IdTokenError>,
    ) -> Result<VerifiedIdToken, Error> {
        let now = self.transport.now();
        let keys = self.keys.load(now, || Box::pin(self.fetch_keys())).await?;
        match verify(&keys) {
            Err(IdTokenError::Token(TokenError::UnknownKey { .. })) => {
                let keys = self
                    .keys
                    .reload(now, || Box::pin(self.fetch_keys()))
                    .await?;
                Ok(verify(&keys)?)
            }
            result => Ok(result?),
        }
    }

    async fn fetch_metadata(&self) -> Result<ProviderMetadata, Error> {
        let base = self.issuer.as_str().trim_end_matches('/');
        let address = format!("{base}/.well-known/openid-configuration");
        let url = Url::parse(&address)
            .map_err(|_| Error::set_up(format!("`{address}` is no address")))?;
        let metadata: ProviderMetadata = self.get(url).await?.json()?;
        if metadata.issuer != self.issuer {
            return Err(Error::untrusted(format!(
                "the discovery document of `{}` names the issuer `{}`; both must be the same, \
                 character by character: correct the configured issuer",
                self.issuer, metadata.issuer
            )));
        }
        // The browser is sent there: an address that runs as a script must never get through.
        let sends_browser_to = [
            Some(&metadata.authorization_endpoint),
            metadata.end_session_endpoint.as_ref(),
        ];
        if !sends_browser_to
            .into_iter()
            .flatten()
            .all(|url| matches!(url.scheme(), "https" | "http"))
        {
            return Err(Error::untrusted(
                "the discovery document sends browsers to an address that is neither https nor http",
            ));
        }
        Ok(metadata)
    }

    async fn fetch_keys(&self) -> Result<VerificationKeys, Error> {
        let metadata = self.metadata().await?;
        let answer = self.get(metadata.jwks_uri.clone()).await?;
        let set =
            JwkSet::parse(&answer.body).map_err(|error| Error::unexpected(error.to_string()))?;
        let keys = VerificationKeys::from_set(&set);
        if keys.is_empty() {
            return Err(Error::unexpected(
                "the provider's key set holds no key that can verify",
            ));
        }
        Ok(keys)
    }

    async fn get(&self, url: Url) -> Result<Answer, Error> {
        let mut call = Call::new(Method::GET, url);
        call.headers
            .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        self.send(&call).await
    }
}
