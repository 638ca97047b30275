//! `/environments/{environment}/applications` (PingOne, "Applications").

mod body;
mod kinds;

use db::StoreError;
use protocol::id::ApplicationId;
use protocol::pingone::{ApplicationProtocol, ApplicationType, NewApplication};
use protocol::secret::ClientSecret;
use serde_json::{Map, Value, json};

pub(super) use self::body::ApplicationBody;
use self::body::{Understood, understand};
use super::unique;
use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::last_administrator::{self, Loss, acts};
use crate::access::on_application::OnApplication;
use crate::access::permissions::may;
use crate::api::body::JsonObject;
use crate::api::checks;
use crate::api::filter::{passes, rules_of_members};
use crate::api::hal::{Hal, Reply, Shown};
use crate::api::media_router::KeptMembers;
use crate::api::paging::PageRequest;
use crate::audit::Subject;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::applications::{
    Applications, StoredApplication, core_mapping, is_of_the_system, without_what_is_gone,
};
use crate::stores::change::Change;
use crate::stores::dependents::is_referred_to;

/// What is kept of an application, and what is not provided of it.
pub(super) const KEPT: KeptMembers = &[
    (
        &["protocol"],
        "Nobody signs on to applications of SAML and WS_FED.",
    ),
    (
        &["hiddenFromAppPortal", "icon", "tags", "targetLinkUri"],
        "There is no portal that shows applications.",
    ),
    (
        &["loginPageUrl"],
        "People sign on on the environment's own pages.",
    ),
    (
        &[
            "deviceCustomVerificationUri",
            "devicePathId",
            "devicePollingInterval",
            "deviceTimeout",
        ],
        "No device asks for a code.",
    ),
    (
        &["jwks", "jwksUrl", "supportUnsignedRequestObject"],
        "No request object is taken, and no assertion of a client's own key.",
    ),
    (&["parTimeout"], "No request is pushed."),
    (&["kerberos"], "No certificate of a device is asked for."),
    (&["mobile"], "No push notification is sent."),
    (
        &[
            "includeX5t",
            "opSessionCheckEnabled",
            "refreshTokenType",
            "requestScopesForMultipleResourcesEnabled",
        ],
        "Tokens and sessions are as without them.",
    ),
];

/// What of the settings is shown of applications that nobody signs on to by OpenID Connect.
const SHOWN_OF_ALL: [&str; 11] = [
    "accessControl",
    "corsSettings",
    "createdAt",
    "description",
    "enabled",
    "environment",
    "homePageUrl",
    "id",
    "name",
    "protocol",
    "type",
];

/// The members that filters know.
const FILTERS: &[&str] = &["enabled", "name", "protocol", "type"];

/// What is shown of the service's own applications besides.
const SHOWN_OF_SYSTEM: [&str; 2] = ["pkceEnforcement", "tokenEndpointAuthMethod"];

/// What is shown of an application.
fn members(idp: &Idp, application: &StoredApplication) -> Result<Map<String, Value>, ApiFailure> {
    let wire = serde_json::to_value(application.to_wire()).map_err(ApiFailure::internal)?;
    let Value::Object(mut members) = wire else {
        let cause = std::io::Error::other("an application is no JSON object");
        return Err(ApiFailure::internal(cause));
    };
    let settings = &application.settings;
    let is_of_the_system = is_of_the_system(settings.application_type);
    if settings.protocol == ApplicationProtocol::OpenidConnect && !is_of_the_system {
        members.insert("clientId".to_owned(), json!(application.id));
        let defaults = [
            ("parRequirement", json!("OPTIONAL")),
            ("parTimeout", json!(60)),
        ];
        for (name, default) in defaults {
            members.entry(name).or_insert(default);
        }
        if settings.application_type == ApplicationType::Worker {
            members.insert("assignActorRoles".to_owned(), false.into());
        }
    } else {
        members.retain(|name, _| {
            let name = name.as_str();
            SHOWN_OF_ALL.contains(&name)
                || name == "updatedAt"
                || (is_of_the_system && SHOWN_OF_SYSTEM.contains(&name))
        });
    }
    if is_of_the_system {
        // Its own picture is the installation's.
        let logo = idp.urls().asset(idp.site().brand().logo_url());
        let icon = json!({ "id": application.id, "href": logo });
        members.insert("icon".to_owned(), icon);
    }
    members.insert("hiddenFromAppPortal".to_owned(), false.into());
    members.extend(application.also.clone());
    Ok(members)
}

fn representation<P>(
    allowed: &Allowed<P>,
    application: &StoredApplication,
) -> Result<Shown, ApiFailure> {
    let url = allowed.url(format_args!("applications/{}", application.id));
    let environment = format_args!("environments/{}", allowed.id());
    let environment = allowed.idp.urls().api(environment);
    let mut shown = Hal::new(url.as_str(), members(&allowed.idp, application)?)
        .link("environment", environment);
    let settings = &application.settings;
    if settings.protocol == ApplicationProtocol::OpenidConnect
        && !is_of_the_system(settings.application_type)
    {
        shown = shown
            .link("grants", format!("{url}/grants"))
            .link("roleAssignments", format!("{url}/roleAssignments"));
    }
    if core_mapping(settings).is_some() {
        shown = shown
            .link("attributes", format!("{url}/attributes"))
            .link(
                "flowPolicyAssignments",
                format!("{url}/flowPolicyAssignments"),
            )
            .link(
                "signOnPolicyAssignments",
                format!("{url}/signOnPolicyAssignments"),
            );
    }
    Ok(if has_secret(settings) {
        shown.link("secret", format!("{url}/secret"))
    } else {
        shown
    })
}

/// Whether an application of these settings proves who it is by a secret.
pub(super) fn has_secret(settings: &NewApplication) -> bool {
    settings.token_endpoint_auth_method.has_secret()
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
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    // Not every client follows `next` here, and few environments have a thousand.
    let page = page.whole_by_default();
    let filter = page.filter(&rules_of_members(FILTERS))?;
    let (idp, collection) = (&allowed.idp, allowed.url("applications"));
    let (mut after, _) = page.position(idp, &collection)?;
    let wanted = page.read_limit();
    let mut found = Vec::new();
    while found.len() < wanted as usize {
        let read = idp.applications().page(allowed.id(), &after, wanted);
        let read = read.await?;
        let is_end = read.len() < wanted as usize;
        if let Some(last) = read.last() {
            after = last.position();
        }
        for one in without_what_is_gone(idp.db(), read).await? {
            let position = one.position();
            let shown = representation(&allowed, &one)?;
            if passes(filter.as_ref(), shown.item()) {
                found.push((position, shown));
            }
        }
        if is_end {
            break;
        }
    }
    let position = |last: &(String, Shown)| (last.0.clone(), String::new());
    let page = page.page(
        idp,
        &collection,
        "applications",
        found,
        position,
        |(_, shown)| shown,
    );
    Reply::ok(&page)
}

pub(super) async fn read(on: OnApplication<may::ReadApplications>) -> Result<Reply, ApiFailure> {
    let application = vec![StoredApplication::clone(&on.application)];
    let application = without_what_is_gone(on.idp.db(), application).await?;
    let application = application.first().ok_or_else(ApiFailure::not_found)?;
    Reply::ok(&representation(&on, application)?)
}

/// Makes an application, with a secret where it needs one.
pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManageApplications>,
    JsonObject(members): JsonObject,
) -> Result<Reply, ApiFailure> {
    let idp = &allowed.idp;
    let id = ApplicationId::from_uuid(allowed.new_id());
    let Understood { settings, also } = understand(&allowed, &members, None).await?;
    check_client_id(id, &members)?;
    let application = StoredApplication {
        id,
        environment_id: allowed.id(),
        settings,
        also,
        is_for_operators: allowed.given().is_some_and(|given| given.is_for_operators),
        created_at: allowed.now,
        updated_at: allowed.now,
    };
    checks::references(idp, allowed.id(), &application.mentions()).await?;
    allowed
        .require_all_roles_through(&application, &allowed.environment)
        .await?;
    let mut change = Applications::insert(&application)?;
    if has_secret(&application.settings) {
        let secret = allowed.new_secret();
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
    if let Err(error) = written {
        return Err(not_unique(&allowed, &application, error).await);
    }
    Reply::created(&representation(&allowed, &application)?)
}

pub(super) async fn replace(
    on: OnApplication<may::ManageApplications>,
    JsonObject(members): JsonObject,
) -> Result<Reply, ApiFailure> {
    let stored = &on.application;
    let Understood { settings, also } = understand(&on, &members, Some(stored)).await?;
    check_client_id(stored.id, &members)?;
    let application = StoredApplication {
        settings,
        also,
        updated_at: on.now,
        ..(**stored).clone()
    };
    checks::references(&on.idp, on.id(), &application.mentions()).await?;
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
    if let Err(error) = written {
        return Err(not_unique(&on, &application, error).await);
    }
    Reply::ok(&representation(&on, &application)?)
}

pub(super) async fn delete(
    on: OnApplication<may::ManageApplications>,
) -> Result<Reply, ApiFailure> {
    if is_of_the_system(on.application.settings.application_type) {
        let message = "The service's own applications stay; disable it instead.";
        return Err(ApiFailure::constraint(None, message));
    }
    let others = require_somebody_else(&on, None, "delete").await?;
    let change = Applications::delete(on.id(), on.application.id).and(others);
    let (event, id) = ("APPLICATION.DELETED", on.application.id.as_uuid());
    let deleted = on.commit(on.id(), change, event, subject(&on.application));
    match deleted.await {
        Ok(()) => Ok(Reply::no_content()),
        Err(error) if error.unmet().is_some() && is_referred_to(on.idp.db(), id, None).await? => {
            let message = "Something refers to it; change that first.";
            Err(ApiFailure::constraint(None, message))
        }
        Err(error) => Err(error.into()),
    }
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
fn check_client_id(id: ApplicationId, members: &Map<String, Value>) -> Result<(), ApiFailure> {
    match members.get("clientId") {
        Some(sent) if !sent.is_null() && *sent != json!(id) => {
            let message = "is given by the service, as the id of the application";
            Err(ApiFailure::invalid_value("clientId", message))
        }
        Some(_) | None => Ok(()),
    }
}

/// A unique violation as the refusal of the member that another application has as well.
async fn not_unique<P>(
    allowed: &Allowed<P>,
    application: &StoredApplication,
    error: StoreError,
) -> ApiFailure {
    if !error.is_unique_violation() {
        return error.into();
    }
    match allowed.idp.applications().taken(application).await {
        Ok(Some(member)) => ApiFailure::not_unique(member),
        Ok(None) => unique(error, "name"),
        Err(error) => error.into(),
    }
}
