//! `/environments/{environment}/applications`: OpenID Connect applications (PingOne,
//! "Applications").

use protocol::id::ApplicationId;
use protocol::oauth::{RedirectUri, TokenEndpointAuthMethod};
use protocol::pingone::{
    Application, ApplicationType, ErrorDetail, GrantTypeName, NewApplication, ResponseTypeName,
};
use protocol::secret::ClientSecret;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::unique;
use crate::access::allowed::{Allowed, AllowedEverywhere, OnApplication, may};
use crate::api::body::Json;
use crate::api::checks;
use crate::api::hal::{Hal, Page, Reply};
use crate::audit::Subject;
use crate::stores::applications::{Applications, StoredApplication};
use crate::web::failures::api::ApiFailure;

/// More addresses than this are refused.
const MOST_URIS: usize = 100;

const LONGEST_URI: usize = 2048;

/// An application with what PingOne shows of every one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApplicationBody {
    #[serde(flatten)]
    application: Application,
    client_id: ApplicationId,
    hidden_from_app_portal: bool,
    par_requirement: &'static str,
    par_timeout: u32,
    #[serde(flatten)]
    of_worker: Option<WorkerMembers>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkerMembers {
    access_control: Value,
    assign_actor_roles: bool,
}

fn representation<P>(
    allowed: &Allowed<P>,
    application: &StoredApplication,
) -> Hal<ApplicationBody> {
    let is_worker = application.settings.application_type == ApplicationType::Worker;
    let body = ApplicationBody {
        application: application.to_wire(),
        client_id: application.id,
        hidden_from_app_portal: false,
        par_requirement: "OPTIONAL",
        par_timeout: 60,
        of_worker: is_worker.then(|| WorkerMembers {
            access_control: json!({ "role": { "type": "ADMIN_USERS_ONLY" } }),
            assign_actor_roles: false,
        }),
    };
    let url = allowed.url(format_args!("applications/{}", application.id));
    let hal = Hal::new(url.as_str(), body)
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
    Json(settings): Json<NewApplication>,
) -> Result<Reply, ApiFailure> {
    let idp = &allowed.idp;
    let application = StoredApplication {
        id: ApplicationId::random(idp.random()),
        environment_id: allowed.id(),
        settings: valid(settings)?,
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
    Json(settings): Json<NewApplication>,
) -> Result<Reply, ApiFailure> {
    let stored = &on.application;
    if settings.application_type != stored.settings.application_type {
        return Err(ApiFailure::invalid_value(
            "type",
            "The type of an application is immutable.",
        ));
    }
    let application = StoredApplication {
        settings: valid(settings)?,
        updated_at: on.now,
        ..(**stored).clone()
    };
    on.require_all_roles_through(&application, &on.environment)
        .await?;
    let mut change = Applications::update(&application)?;
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
    let change = Applications::delete(on.id(), on.application.id);
    on.commit(
        on.id(),
        change,
        "APPLICATION.DELETED",
        subject(&on.application),
    )
    .await?;
    Ok(Reply::no_content())
}

fn valid(mut settings: NewApplication) -> Result<NewApplication, ApiFailure> {
    settings.name = checks::name(&settings.name)?;
    let mut details = Vec::new();
    let mut refuse = |target: &str, message: String| {
        details.push(ErrorDetail::new("INVALID_VALUE", Some(target), message));
    };
    if settings.protocol != "OPENID_CONNECT" {
        refuse("protocol", "must be OPENID_CONNECT".to_owned());
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
            settings.refresh_token_rolling_grace_period_duration,
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
