//! The worker's access token: fetched on first use, shared, renewed in time.

use std::sync::{PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use protocol::id::EnvironmentId;
use protocol::oauth::TokenResponse;
use protocol::secret::AccessToken;
use url::Url;

use crate::endpoints::Reroute;
use crate::single_flight::SingleFlight;
use crate::token_request::form_call;
use crate::{Credentials, Endpoints, Error, Transport};

/// A token is renewed so long before it expires that calls on their way do not meet the end.
const RENEWED_AHEAD: SignedDuration = SignedDuration::from_secs(60);

/// PingOne's lifetime of a worker's token, for an answer that does not tell (RFC 6749 §5.1).
const USUAL_LIFETIME_SECONDS: i64 = 3600;

pub(super) struct WorkerToken {
    endpoint: Url,
    reroute: Reroute,
    credentials: Credentials,
    current: RwLock<Option<Issued>>,
    renewal: SingleFlight<AccessToken>,
}

#[derive(Clone)]
struct Issued {
    token: AccessToken,
    renew_at: Timestamp,
    expires_at: Timestamp,
}

impl Issued {
    fn is_due(&self, now: Timestamp) -> bool {
        self.renew_at <= now
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

impl WorkerToken {
    pub(super) fn new(
        endpoints: &Endpoints,
        environment: EnvironmentId,
        credentials: Credentials,
    ) -> Self {
        let issuer = endpoints.issuer(environment);
        let endpoint = Url::parse(&format!("{issuer}/token"))
            .expect("an issuer with another segment is an address");
        Self {
            endpoint,
            reroute: endpoints.reroute(),
            credentials,
            current: RwLock::new(None),
            renewal: SingleFlight::new(),
        }
    }

    /// A token that is good for a while, fetched by one however many ask.
    ///
    /// A failure to renew does no harm while the present token is still good.
    pub(super) async fn token(&self, transport: &Transport) -> Result<AccessToken, Error> {
        let now = transport.now();
        let current = self.current();
        if let Some(issued) = &current
            && !issued.is_due(now)
        {
            return Ok(issued.token.clone());
        }
        match (self.renewal.run(self.fetch(transport)).await, current) {
            (Err(error), Some(issued)) if !issued.is_over(now) => {
                tracing::warn!(%error, "the worker's token could not be renewed; it is still good");
                Ok(issued.token)
            }
            (result, _) => result,
        }
    }

    /// Gives up a token that was refused, unless it has been replaced already.
    pub(super) fn forget(&self, refused: &AccessToken) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|issued| issued.token.expose() == refused.expose());
    }

    fn current(&self) -> Option<Issued> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn fetch(&self, transport: &Transport) -> Result<AccessToken, Error> {
        let now = transport.now();
        // Another caller may have brought one between the look and the turn.
        if let Some(issued) = self.current().filter(|issued| !issued.is_due(now)) {
            return Ok(issued.token);
        }
        let fields = [("grant_type", "client_credentials")];
        let call = form_call(&self.endpoint, &self.credentials, &fields)?;
        let response: TokenResponse = transport.send(&call, &self.reroute).await?.json()?;
        let seconds = response
            .expires_in
            .unwrap_or(USUAL_LIFETIME_SECONDS)
            .clamp(0, 86_400);
        let lifetime = SignedDuration::from_secs(seconds);
        let issued = Issued {
            token: response.access_token.clone(),
            renew_at: now + (lifetime - RENEWED_AHEAD).max(lifetime / 2),
            expires_at: now + lifetime,
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(issued);
        Ok(response.access_token)
    }
}
