//! `/environments/{environment}/users/{user}/agreementConsents`: what a user agreed to (PingOne, "User
//! agreement consents").

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use protocol::id::{EnvironmentId, UserId};
use protocol::pingone::media_type;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Agreement;
use super::languages::AgreementLanguage;
use super::revisions::Revision;
use crate::access::caller::Caller;
use crate::access::on_user::OnUser;
use crate::access::permissions::may;
use crate::api::body::OptionalJson;
use crate::api::configuration::PathObject;
use crate::api::hal::{Hal, Page, Reply};
use crate::api::media_router::{Resource, at};
use crate::core::Core;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Object, Objects};
use crate::stores::consents::{self, Counts, StoredConsent};

/// How many users agreed to an agreement.
pub(super) async fn count(
    caller: &Caller,
    agreement: &Object<Agreement>,
) -> Result<Counts, ApiFailure> {
    Ok(consents::count(caller.idp.db(), agreement.id, caller.now).await?)
}

/// What something is named by.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
struct Named {
    id: Uuid,
}

/// That somebody agrees.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Accept {
    language: Named,
    revision: Named,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    consented_at: Option<Timestamp>,
}

/// What a user said, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Consent {
    agreement: Named,
    user: Named,
    environment: Named,
    language: Named,
    revision: Named,
    status: Status,
    #[serde(with = "protocol::pingone::date::Date")]
    consented_at: Timestamp,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "protocol::pingone::date::OptionalDate"
    )]
    expires_at: Option<Timestamp>,
}

/// Whether what a user agreed to counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Accepted,
    Expired,
    Revoked,
}

/// Whether what a user agreed to still counts: it ends with its time, and where everybody must agree
/// to a later text.
pub(super) async fn status(
    core: &Core,
    environment: EnvironmentId,
    consent: &StoredConsent,
    now: Timestamp,
) -> Result<Status, StoreError> {
    if consent.is_revoked {
        return Ok(Status::Revoked);
    }
    let revisions = Objects::<Revision>::new(core.db(), core.keyring());
    let revisions = revisions.list(environment, consent.language_id).await?;
    let agreed = revisions
        .iter()
        .find(|revision| revision.id == consent.revision_id);
    let is_superseded = revisions.iter().any(|revision| {
        let later = &revision.document;
        later.require_reconsent
            && later.effective_at <= now
            && agreed.is_none_or(|agreed| later.effective_at > agreed.document.effective_at)
    });
    let is_over = consent.expires_at.is_some_and(|expires| expires <= now);
    Ok(if is_over || is_superseded {
        Status::Expired
    } else {
        Status::Accepted
    })
}

/// That a user agreed to a text at an instant.
pub(super) fn given(
    user: UserId,
    agreement: &Object<Agreement>,
    language_id: Uuid,
    revision_id: Uuid,
    consented_at: Timestamp,
) -> StoredConsent {
    let days = agreement.document.reconsent_days();
    let expires_at = days.and_then(|days| {
        let period = SignedDuration::from_hours(24 * i64::from(days));
        consented_at.saturating_add(period).ok()
    });
    StoredConsent {
        user_id: user,
        agreement_id: agreement.id,
        language_id,
        revision_id,
        is_revoked: false,
        consented_at,
        expires_at,
    }
}

async fn shown<P>(on: &OnUser<P>, consent: StoredConsent) -> Result<Hal<Consent>, ApiFailure> {
    let environment = on.environment.id;
    let status = status(&on.idp, environment, &consent, on.now).await?;
    let path = format!(
        "users/{}/agreementConsents/{}",
        on.user.id, consent.agreement_id
    );
    let user = Named {
        id: on.user.id.as_uuid(),
    };
    let named = |id| Named { id };
    let agreement = on.idp.urls().environment_api(
        environment,
        format_args!("agreements/{}", consent.agreement_id),
    );
    let shown = Consent {
        agreement: named(consent.agreement_id),
        user,
        environment: named(environment.as_uuid()),
        language: named(consent.language_id),
        revision: named(consent.revision_id),
        status,
        consented_at: consent.consented_at,
        expires_at: consent.expires_at,
    };
    Ok(Hal::in_environment(on.idp.urls(), environment, path, shown)
        .link("user", on.url())
        .link("agreement", agreement))
}

async fn list(on: OnUser<may::ReadConsents>) -> Result<Reply, ApiFailure> {
    let mut items = Vec::new();
    for consent in consents::of_user(on.idp.db(), on.user.id).await? {
        items.push(shown(&on, consent).await?);
    }
    let url = format!("{}/agreementConsents", on.url());
    Reply::ok(&Page::whole(url, "agreementConsents", items))
}

async fn read(
    on: OnUser<may::ReadConsents>,
    PathObject(agreement): PathObject<Agreement>,
) -> Result<Reply, ApiFailure> {
    let consent = find(&on, &agreement).await?;
    Reply::ok(&shown(&on, consent).await?)
}

async fn find<P>(
    on: &OnUser<P>,
    agreement: &Object<Agreement>,
) -> Result<StoredConsent, ApiFailure> {
    let all = consents::of_user(on.idp.db(), on.user.id).await?;
    all.into_iter()
        .find(|consent| consent.agreement_id == agreement.id)
        .ok_or_else(ApiFailure::not_found)
}

/// What somebody agrees to who does not say to what: the text that is in force in the first language
/// of the agreement that has one.
async fn in_force<P>(on: &OnUser<P>, agreement: &Object<Agreement>) -> Result<Accept, ApiFailure> {
    let (db, keyring) = (on.idp.db(), on.idp.keyring());
    let environment = on.environment.id;
    let languages = Objects::<AgreementLanguage>::new(db, keyring);
    let revisions = Objects::<Revision>::new(db, keyring);
    for language in languages.list(environment, agreement.id).await? {
        let revisions = revisions.list(environment, language.id).await?;
        if let Some(revision) = super::revisions::current(&revisions, on.now) {
            return Ok(Accept {
                language: Named { id: language.id },
                revision: Named { id: revision.id },
                consented_at: None,
            });
        }
    }
    Err(ApiFailure::constraint(
        None,
        "No text of the agreement is in force.",
    ))
}

async fn accept(
    on: OnUser<may::ManageConsents>,
    PathObject(agreement): PathObject<Agreement>,
    OptionalJson(accept): OptionalJson<Accept>,
) -> Result<Reply, ApiFailure> {
    let (db, keyring) = (on.idp.db(), on.idp.keyring());
    let environment = on.environment.id;
    let accept = match accept {
        Some(accept) => accept,
        None => in_force(&on, &agreement).await?,
    };
    let language = Objects::<AgreementLanguage>::new(db, keyring);
    let language = language.find(environment, accept.language.id).await?;
    if language.is_none_or(|language| language.parent != agreement.id) {
        let message = "is no language of the agreement";
        return Err(ApiFailure::invalid_value("language.id", message));
    }
    let revision = Objects::<Revision>::new(db, keyring);
    let revision = revision.find(environment, accept.revision.id).await?;
    let is_there = revision.is_some_and(|revision| {
        revision.parent == accept.language.id && revision.document.effective_at <= on.now
    });
    if !is_there {
        let message = "is no revision of the language that is in force";
        return Err(ApiFailure::invalid_value("revision.id", message));
    }
    let consented_at = accept.consented_at.unwrap_or(on.now);
    if consented_at > on.now {
        let message = "must not be in the future";
        return Err(ApiFailure::invalid_value("consentedAt", message));
    }
    let Accept {
        language, revision, ..
    } = accept;
    let consent = given(
        on.user.id,
        &agreement,
        language.id,
        revision.id,
        consented_at,
    );
    let (change, event) = (consents::set(&consent), "AGREEMENT_CONSENT.ACCEPTED");
    on.commit(environment, change, event, &on.user).await?;
    Reply::ok(&shown(&on, consent).await?)
}

async fn revoke(
    on: OnUser<may::ManageConsents>,
    PathObject(agreement): PathObject<Agreement>,
) -> Result<Reply, ApiFailure> {
    let consent = StoredConsent {
        is_revoked: true,
        ..find(&on, &agreement).await?
    };
    let (change, event) = (consents::set(&consent), "AGREEMENT_CONSENT.REVOKED");
    on.commit(on.environment.id, change, event, &on.user)
        .await?;
    Reply::ok(&shown(&on, consent).await?)
}

/// The routes of what users agreed to.
pub(crate) fn routes() -> Vec<Resource> {
    let path = "/environments/{environment}/users/{user}/agreementConsents";
    vec![
        at(path)
            .get(list)
            .answering_many::<Consent>("agreementConsents"),
        at(format!("{path}/{{agreement}}"))
            .showing::<Consent>()
            .get(read)
            .post_as(media_type::CONSENT_ACCEPT, accept)
            .taking::<Accept>()
            .post_as(media_type::CONSENT_REVOKE, revoke),
    ]
}
