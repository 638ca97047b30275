//! The `refresh_token` grant: [RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6), with
//! rotation ([RFC 9700 §4.14.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2)).
//!
//! Each use replaces the token. A request that is repeated within the grace period gets the same
//! successor, so that a lost answer signs nobody off; later use of a superseded token means that
//! two parties hold it, and revokes the grant.

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use platform::clock::is_expired;
use protocol::oauth::Scopes;
use protocol::params::FormParams;
use protocol::pingone::GrantTypeName;
use protocol::secret::{RefreshToken, RefreshTokenDigest};
use protocol::trail::{Check, Fingerprinted};

use super::issue::{self, Exchanged, TokenAnswer};
use super::scopes;
use crate::Idp;
use crate::access::client::Client;
use crate::access::control;
use crate::requests::failures::oauth::OAuthFailure;
use crate::stores::change::Change;
use crate::stores::grants::{Grant, Grants};
use crate::stores::refresh_tokens::{RefreshTokens, StoredRefreshToken};
use crate::stores::resources::GrantedScopes;
use crate::stores::users::Users;

/// A refresh token is 43 characters; what is much longer is none.
const LONGEST_TOKEN: usize = 256;

/// The first refresh token of a grant, if the application gets one, and what keeps it: its
/// requirement is not met when the grant has been revoked.
///
/// An application that is granted `offline_access` gets one when it asks for that scope, another
/// one always (PingOne, "Refresh tokens").
pub(crate) async fn begin(
    idp: &Idp,
    client: &Client,
    grant: &Grant,
    allowed: &Scopes,
    now: Timestamp,
) -> Result<Option<(RefreshToken, Change)>, OAuthFailure> {
    let settings = &client.application.settings;
    if !settings.grant_types.contains(&GrantTypeName::RefreshToken) {
        return Ok(None);
    }
    let granted = client.granted_scopes(idp, now).await?;
    if knows_offline_access(&granted) && !allowed.contains("offline_access") {
        return Ok(None);
    }
    let chain_expires_at = after(now, settings.refresh_token_rolling_duration);
    let token = RefreshToken::random(idp.random());
    let stored = StoredRefreshToken {
        grant_id: grant.id,
        application_id: client.application.id,
        scopes: allowed.clone(),
        issued_at: now,
        expires_at: after(now, settings.refresh_token_duration).min(chain_expires_at),
        chain_expires_at,
        superseded: None,
    };
    let kept = RefreshTokens::insert(&token.digest(), &stored);
    Ok(Some((token, kept)))
}

fn knows_offline_access(granted: &GrantedScopes) -> bool {
    granted
        .resources
        .iter()
        .any(|resource| resource.scopes.contains("offline_access"))
}

static TOKEN: Check = Check::new(
    "The refresh token was issued to this application, is not expired, and its grant is not revoked",
    "RFC 6749, 6 and 10.4",
    "Store the refresh token of each answer in the place of the one before; sign on again when it is \
     refused",
);
static USER: Check = Check::new(
    "The user may still sign on to this application",
    "RFC 6749, 5.2 (invalid_grant)",
    "Enable or unlock the user, or let the application's access control let them in",
);
static SCOPE: Check = Check::new(
    "`scope` asks for nothing beyond what was granted",
    "RFC 6749, 6",
    "Leave `scope` out of refreshes, or sign on again with more scopes",
);
static ROTATION: Check = Check::new(
    "The refresh token was not replaced by a newer one",
    "RFC 9700, 4.14.2",
    "Let one caller refresh while the others wait, and store the new token before it is used: two \
     parties that hold one token look like a theft",
);

/// Exchanges a refresh token for new tokens.
pub(crate) async fn rotate(
    idp: &Idp,
    client: &Client,
    params: &FormParams,
    now: Timestamp,
) -> Result<TokenAnswer, OAuthFailure> {
    client.require(GrantTypeName::RefreshToken)?;
    let presented = params.require("refresh_token")?;
    let print = Fingerprinted(Some(presented));
    if presented.len() > LONGEST_TOKEN {
        return TOKEN.judged(print, Err(gone()));
    }
    let digest = RefreshToken::new(presented).digest();
    let stored = TOKEN.judged(print, find(idp, client, &digest).await)?;
    let grant = Grants::new(idp.db())
        .find(stored.grant_id)
        .await?
        .filter(|g| g.is_good(now));
    let Some(grant) = grant else {
        return TOKEN.judged(print, Err(gone()));
    };
    let user = Users::new(idp.db())
        .find(client.environment.id, grant.user_id)
        .await?;
    let user = user
        .filter(|user| user.can_authenticate(now))
        .ok_or_else(|| OAuthFailure::invalid_grant("the user is disabled, locked or deleted"));
    let user = USER.judged(grant.user_id.to_string().as_str(), user)?;
    if !control::lets_in(idp, &client.application, &user, now).await? {
        let failure = OAuthFailure::invalid_grant(
            "the user is none of those who may sign on to this application",
        );
        return USER.judged(grant.user_id.to_string().as_str(), Err(failure));
    }

    let granted = client.granted_scopes(idp, now).await?;
    let still = scopes::still_granted(&stored.scopes, &granted);
    let allowed = SCOPE.judged(params.find("scope"), narrowed(&still, params))?;
    let target = scopes::target(idp, &allowed, &granted)
        .map_err(|refusal| OAuthFailure::invalid_scope(refusal.to_string()))?;

    let successor = successor(idp, client, &digest, &stored, now).await;
    let refresh_token = ROTATION.judged(print, successor)?;
    let exchanged = Exchanged {
        grant: &grant,
        user: &user,
        scopes: &allowed,
        target: &target,
    };
    Ok(issue::answer(idp, client, exchanged, Some(refresh_token), now).await?)
}

async fn find(
    idp: &Idp,
    client: &Client,
    digest: &RefreshTokenDigest,
) -> Result<StoredRefreshToken, OAuthFailure> {
    let stored = RefreshTokens::new(idp.db()).find(digest).await?;
    // In the wrong application's hands a token is unknown, and stays good for its owner.
    stored
        .filter(|stored| stored.application_id == client.application.id)
        .ok_or_else(gone)
}

/// A refresh may ask for less than the token is good for, never for more.
fn narrowed(scopes: &Scopes, params: &FormParams) -> Result<Scopes, OAuthFailure> {
    let Some(text) = params.find("scope") else {
        return Ok(scopes.clone());
    };
    let requested =
        Scopes::parse(text).map_err(|invalid| OAuthFailure::invalid_scope(invalid.to_string()))?;
    if requested.is_subset_of(scopes) {
        Ok(requested)
    } else {
        Err(OAuthFailure::invalid_scope(
            "the scope goes beyond what the refresh token is for",
        ))
    }
}

/// The token that replaces the presented one: a new one, or within the grace period the one that
/// another request has made already.
async fn successor(
    idp: &Idp,
    client: &Client,
    digest: &RefreshTokenDigest,
    stored: &StoredRefreshToken,
    now: Timestamp,
) -> Result<RefreshToken, OAuthFailure> {
    if is_expired(stored.expires_at, now) {
        return Err(gone());
    }
    if stored.superseded.is_some() {
        return repeated(idp, client, digest, stored, now).await;
    }
    let settings = &client.application.settings;
    let successor = RefreshToken::random(idp.random());
    let next = StoredRefreshToken {
        issued_at: now,
        expires_at: after(now, settings.refresh_token_duration).min(stored.chain_expires_at),
        superseded: None,
        ..stored.clone()
    };
    let context = sealing_context(digest);
    let sealed = idp
        .keyring()
        .seal(&context, successor.expose().as_bytes(), idp.random());
    let rotated = RefreshTokens::rotate(digest, &sealed, &successor.digest(), &next);
    match rotated.commit_unrecorded(idp).await {
        Ok(()) => Ok(successor),
        // Another request was faster, or the grant has been revoked.
        Err(error) if error.unmet().is_some() => {
            let stored = find(idp, client, digest).await?;
            if stored.superseded.is_none() {
                return Err(gone());
            }
            repeated(idp, client, digest, &stored, now).await
        }
        Err(error) => Err(StoreError::during("rotate a refresh token")(error).into()),
    }
}

/// What a superseded token gets.
async fn repeated(
    idp: &Idp,
    client: &Client,
    digest: &RefreshTokenDigest,
    stored: &StoredRefreshToken,
    now: Timestamp,
) -> Result<RefreshToken, OAuthFailure> {
    let Some((superseded_at, sealed)) = &stored.superseded else {
        return Err(gone());
    };
    let settings = &client.application.settings;
    let grace = settings
        .refresh_token_rolling_grace_period_duration
        .unwrap_or_default();
    if !is_expired(after(*superseded_at, grace), now) {
        let opened = idp.keyring().open(&sealing_context(digest), sealed);
        let successor = opened.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        return successor.map(RefreshToken::new).ok_or_else(gone);
    }
    if settings.additional_refresh_token_replay_protection_enabled {
        Grants::revoke(stored.grant_id, now)
            .commit_unrecorded(idp)
            .await?;
        tracing::warn!(grant = %stored.grant_id, application = %client.application.id, "a superseded refresh token was used; its grant is revoked");
        return Err(OAuthFailure::invalid_grant(
            "this refresh token was used before, so every token of its grant has been revoked",
        ));
    }
    Err(OAuthFailure::invalid_grant(
        "this refresh token was used before",
    ))
}

fn after(instant: Timestamp, seconds: i64) -> Timestamp {
    instant
        .saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}

fn sealing_context(digest: &RefreshTokenDigest) -> String {
    format!("refresh_tokens.sealed_successor:{}", digest.as_str())
}

fn gone() -> OAuthFailure {
    OAuthFailure::invalid_grant(
        "the refresh token is unknown, expired or revoked; send the user to the authorization endpoint",
    )
}
