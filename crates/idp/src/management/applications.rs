//! `/environments/{environment}/applications`: OpenID Connect applications (PingOne,
//! "Applications").

use protocol::id::ApplicationId;
use protocol::oauth::{RedirectUri, TokenEndpointAuthMethod};
use protocol::pingone::{
    Application, ApplicationType, ErrorDetail, GrantTypeName, NewApplication, ResponseTypeName,
};
use protocol::secret::ClientSecret;
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::unique;
use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::last_administrator::{self, Loss, acts};
use crate::access::on_application::OnApplication;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::hal::{Hal, Page, Reply};
use crate::api::members::Understood;
use crate::audit::Subject;
use crate::requests::failures::api::ApiFailure;
use crate::stores::applications::{Applications, StoredApplication};
use crate::stores::change::Change;
use crate::stores::groups::Groups;

/// More addresses than this are refused.
const MOST_URIS: usize = 100;

const LONGEST_URI: usize = 2048;

/// More groups of `accessControl` than this are refused.
const MOST_GROUPS: usize = 100;

/// An application with its id as it calls itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApplicationBody {
    #[serde(flatten)]
    application: Application,
    client_id: ApplicationId,
}

/// What PingOne shows of every application: that nothing of it is on.
fn shown_of_all(application: &StoredApplication) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("hiddenFromAppPortal".to_owned(), false.into());
    members.insert("parRequirement".to_owned(), "OPTIONAL".into());
    members.insert("parTimeout".to_owned(), 60.into());
    if application.settings.application_type == ApplicationType::Worker {
        members.insert("assignActorRoles".to_owned(), false.into());
    }
    members.extend(application.also.clone());
    members
}

fn representation<P>(
    allowed: &Allowed<P>,
    application: &StoredApplication,
) -> Hal<ApplicationBody> {
    let body = ApplicationBody {
        application: application.to_wire(),
        client_id: application.id,
    };
    let url = allowed.url(format_args!("applications/{}", application.id));
    let hal = Hal::new(url.as_str(), body)
        .also(&shown_of_all(application))
        .link(
            "environment",
            allowed
                .idp
                .urls()
                .api(format_args!("environments/{}", allowed.id())),
        )
        .link("grants", format!("{url}/grants"))
        .link("roleAssignments", format!("{url}/roleAssignments"));
    if has_secret(&application.settings) {
        hal.link("secret", format!("{url}/secret"))
    } else {
        hal
    }
}

/// Whether an application of these settings proves who it is by a secret.
pub(super) fn has_secret(settings: &NewApplication) -> bool {
    settings.token_endpoint_auth_method != TokenEndpointAuthMethod::None
}

/// How applications appear in the audit log.
pub(super) fn subject(application: &StoredApplication) -> Subject {
    Subject::of(
        "APPLICATION",
        application.id,
        application.settings.name.as_str(),
    )
}

pub(super) async fn list(
    allowed: AllowedEverywhere<may::ReadApplications>,
) -> Result<Reply, ApiFailure> {
    let applications = allowed.idp.applications().list(allowed.id()).await?;
    let applications = applications
        .iter()
        .map(|one| representation(&allowed, one))
        .collect();
    Reply::ok(&Page::whole(
        allowed.url("applications"),
        "applications",
        applications,
    ))
}

pub(super) async fn read(on: OnApplication<may::ReadApplications>) -> Result<Reply, ApiFailure> {
    Reply::ok(&representation(&on, &on.application))
}

/// Makes an application, with a secret where it needs one.
pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManageApplications>,
    Understood { body, also }: Understood<NewApplication>,
) -> Result<Reply, ApiFailure> {
    let idp = &allowed.idp;
    let id = ApplicationId::random(idp.random());
    let application = StoredApplication {
        id,
        environment_id: allowed.id(),
        settings: valid(&allowed, body).await?,
        also: without_client_id(id, also)?,
        is_for_operators: false,
        created_at: allowed.now,
        updated_at: allowed.now,
    };
    allowed
        .require_all_roles_through(&application, &allowed.environment)
        .await?;
    let mut change = Applications::insert(&application)?;
    if has_secret(&application.settings) {
        let secret = ClientSecret::random(idp.random());
        change = change.and(idp.application_secrets().rotate(
            application.id,
            &secret,
            None,
            idp.random(),
            allowed.now,
        ));
    }
    let written = allowed
        .commit(
            allowed.id(),
            change,
            "APPLICATION.CREATED",
            subject(&application),
        )
        .await;
    written.map_err(|error| unique(error, "name"))?;
    Reply::created(&representation(&allowed, &application))
}

pub(super) async fn replace(
    on: OnApplication<may::ManageApplications>,
    Understood { body, also }: Understood<NewApplication>,
) -> Result<Reply, ApiFailure> {
    let stored = &on.application;
    if body.application_type != stored.settings.application_type {
        return Err(ApiFailure::invalid_value(
            "type",
            "The type of an application is immutable.",
        ));
    }
    let application = StoredApplication {
        settings: valid(&on, body).await?,
        also: without_client_id(stored.id, also)?,
        updated_at: on.now,
        ..(**stored).clone()
    };
    on.require_all_roles_through(&application, &on.environment)
        .await?;
    let others = if acts(stored) && !acts(&application) {
        require_somebody_else(&on, Some("enabled"), "disable").await?
    } else {
        Change::new()
    };
    let mut change = Applications::update(&application)?.and(others);
    let known = on
        .idp
        .application_secrets()
        .find(application.id, on.now)
        .await?;
    if has_secret(&application.settings) && known.is_none() {
        let secret = ClientSecret::random(on.idp.random());
        change = change.and(on.idp.application_secrets().rotate(
            application.id,
            &secret,
            None,
            on.idp.random(),
            on.now,
        ));
    }
    let written = on
        .commit(
            on.id(),
            change,
            "APPLICATION.UPDATED",
            subject(&application),
        )
        .await;
    written.map_err(|error| unique(error, "name"))?;
    Reply::ok(&representation(&on, &application))
}

pub(super) async fn delete(
    on: OnApplication<may::ManageApplications>,
) -> Result<Reply, ApiFailure> {
    let others = require_somebody_else(&on, None, "delete").await?;
    let change = Applications::delete(on.id(), on.application.id).and(others);
    on.commit(
        on.id(),
        change,
        "APPLICATION.DELETED",
        subject(&on.application),
    )
    .await?;
    Ok(Reply::no_content())
}

/// No worker shuts itself out, nor anybody the last administrator. What comes back belongs into the
/// change that does it.
async fn require_somebody_else<P>(
    on: &OnApplication<P>,
    target: Option<&str>,
    what: &str,
) -> Result<Change, ApiFailure> {
    if on.application() == Some(on.application.id) {
        let message = format!("An application cannot {what} itself; another administrator can.");
        return Err(ApiFailure::constraint(target, message));
    }
    let loss = Loss::Holder(on.application.id.as_uuid());
    last_administrator::require_another(&on.idp, loss, target, on.now).await
}

/// An application's `clientId` is its id; clients send back what they read.
fn without_client_id(
    id: ApplicationId,
    mut also: Map<String, Value>,
) -> Result<Map<String, Value>, ApiFailure> {
    match also.remove("clientId") {
        Some(sent) if sent != json!(id) => {
            let message = "is given by the service, as the id of the application";
            Err(ApiFailure::invalid_value("clientId", message))
        }
        Some(_) | None => Ok(also),
    }
}

/// Refuses groups that are not there, and origins that no browser sends.
async fn check_access<P>(
    allowed: &Allowed<P>,
    settings: &NewApplication,
) -> Result<(), ApiFailure> {
    let control = settings.access_control.as_ref();
    if let Some(access) = control.and_then(|control| control.group.as_ref()) {
        let target = "accessControl.group.groups";
        if !(1..=MOST_GROUPS).contains(&access.groups.len()) {
            let message = format!("must hold 1 to {MOST_GROUPS} groups");
            return Err(ApiFailure::invalid_value(target, message));
        }
        let groups = Groups::new(allowed.idp.db());
        for group in &access.groups {
            if groups.find(allowed.id(), group.id).await?.is_none() {
                return Err(ApiFailure::invalid_value(
                    target,
                    "The group does not exist.",
                ));
            }
        }
    }
    checks::cors("corsSettings.origins", settings.cors_settings.as_ref())
}

/// Refuses addresses of another form, and too many.
fn check_uris(settings: &NewApplication, mut refuse: impl FnMut(&str, String)) {
    for (target, uris) in [
        ("redirectUris", &settings.redirect_uris),
        (
            "postLogoutRedirectUris",
            &settings.post_logout_redirect_uris,
        ),
    ] {
        if uris.len() > MOST_URIS {
            refuse(target, format!("must hold at most {MOST_URIS} URIs"));
        }
        for uri in uris {
            if uri.contains('*') {
                refuse(
                    target,
                    "Wildcards are not allowed in redirect URIs.".to_owned(),
                );
            } else if uri.len() > LONGEST_URI {
                refuse(
                    target,
                    format!("must hold URIs of at most {LONGEST_URI} characters"),
                );
            } else if let Err(invalid) = RedirectUri::parse(uri) {
                refuse(target, invalid.to_string());
            }
        }
    }
}

async fn valid<P>(
    allowed: &Allowed<P>,
    mut settings: NewApplication,
) -> Result<NewApplication, ApiFailure> {
    check_access(allowed, &settings).await?;
    settings.name = checks::name(&settings.name)?;
    let mut details = Vec::new();
    let mut refuse = |target: &str, message: String| {
        details.push(ErrorDetail::new("INVALID_VALUE", Some(target), message));
    };
    if settings.protocol != "OPENID_CONNECT" {
        return Err(ApiFailure::not_one_of("protocol", &["OPENID_CONNECT"]));
    }
    if settings.application_type == ApplicationType::Worker && settings.grant_types.is_empty() {
        settings.grant_types = vec![GrantTypeName::ClientCredentials];
    }
    if settings.grant_types.is_empty() {
        return Err(ApiFailure::required_value("grantTypes"));
    }
    let uses = |grant_type| settings.grant_types.contains(&grant_type);
    let answers = |response_type| settings.response_types.contains(&response_type);
    if uses(GrantTypeName::AuthorizationCode) && !answers(ResponseTypeName::Code) {
        refuse(
            "responseTypes",
            "must contain CODE for the grant type AUTHORIZATION_CODE".into(),
        );
    }
    let has_tokens = answers(ResponseTypeName::Token) || answers(ResponseTypeName::IdToken);
    if uses(GrantTypeName::Implicit) && !has_tokens {
        refuse(
            "responseTypes",
            "must contain TOKEN or ID_TOKEN for the grant type IMPLICIT".into(),
        );
    }
    if uses(GrantTypeName::ClientCredentials) && !has_secret(&settings) {
        let message = "must not be NONE for the grant type CLIENT_CREDENTIALS";
        refuse("tokenEndpointAuthMethod", message.to_owned());
    }
    check_uris(&settings, &mut refuse);
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    if let Some(home) = &settings.home_page_url
        && !Url::parse(home).is_ok_and(|url| is_web(&url))
    {
        refuse("homePageUrl", "must be a URL".to_owned());
    }
    if let Some(begin) = &settings.initiate_login_uri
        && !Url::parse(begin).is_ok_and(|url| url.scheme() == "https")
    {
        refuse("initiateLoginUri", "must be an https URL".to_owned());
    }
    for (target, seconds, least, most) in [
        (
            "refreshTokenDuration",
            settings.refresh_token_duration,
            60,
            2_147_483_647,
        ),
        (
            "refreshTokenRollingDuration",
            settings.refresh_token_rolling_duration,
            60,
            2_147_483_647,
        ),
        (
            "refreshTokenRollingGracePeriodDuration",
            settings
                .refresh_token_rolling_grace_period_duration
                .unwrap_or_default(),
            0,
            86_400,
        ),
    ] {
        if !(least..=most).contains(&seconds) {
            refuse(target, format!("must be between {least} and {most}"));
        }
    }
    if details.is_empty() {
        Ok(settings)
    } else {
        Err(ApiFailure::invalid_data(details))
    }
}
