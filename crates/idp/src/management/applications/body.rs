//! What a body says of an application: read into the types of its kind, and checked.

use std::borrow::Cow;

use protocol::oauth::{RedirectUri, TokenEndpointAuthMethod};
use protocol::pingone::{
    AccessControl, ApplicationProtocol, ApplicationType, CorsSettings, ErrorDetail, GrantTypeName,
    NewApplication, ResponseTypeName,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::kinds::{
    Members, Mobile, OfAll, OfLink, OfOpenIdConnect, OfSaml, OfSystem, OfWsFed, secure_address,
    web_address,
};
use crate::access::allowed::Allowed;
use crate::access::wildcards;
use crate::api::body::read_members;
use crate::api::checks;
use crate::requests::failures::api::ApiFailure;
use crate::stores::applications::{StoredApplication, is_of_the_system};
use crate::stores::groups::Groups;

/// More addresses than this are refused.
const MOST_URIS: usize = 100;

const LONGEST_URI: usize = 2048;

/// Longer descriptions are refused.
const LONGEST_DESCRIPTION: usize = 4096;

/// More groups of `accessControl` than this are refused.
const MOST_GROUPS: usize = 100;

/// What applications of OpenID Connect alone have, of what something here acts on.
const OBEYED: &[&str] = &[
    "additionalRefreshTokenReplayProtectionEnabled",
    "allowWildcardInRedirectUris",
    "assignActorRoles",
    "clientId",
    "clientSecret",
    "grantTypes",
    "initiateLoginUri",
    "parRequirement",
    "pkceEnforcement",
    "postLogoutRedirectUris",
    "redirectUris",
    "refreshTokenDuration",
    "refreshTokenRollingDuration",
    "refreshTokenRollingGracePeriodDuration",
    "requireSignedRequestObject",
    "responseTypes",
    "tokenEndpointAuthMethod",
];

/// A body, as the document of the API tells it: the members of all kinds of applications.
pub(in crate::management) struct ApplicationBody;

impl JsonSchema for ApplicationBody {
    fn schema_name() -> Cow<'static, str> {
        "ApplicationBody".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut all = NewApplication::json_schema(generator);
        let kinds = [
            OfAll::json_schema(generator),
            OfLink::json_schema(generator),
            OfOpenIdConnect::json_schema(generator),
            OfSaml::json_schema(generator),
            OfSystem::json_schema(generator),
            OfWsFed::json_schema(generator),
        ];
        let Some(Value::Object(members)) = all.get_mut("properties") else {
            return all;
        };
        let properties = kinds.iter().filter_map(|kind| kind.get("properties"));
        for (name, schema) in properties.filter_map(Value::as_object).flatten() {
            match members.get_mut(name) {
                None => {
                    members.insert(name.clone(), schema.clone());
                }
                // Two kinds have a member of this name, each its own.
                Some(other) if other != schema => {
                    *other = json!({"anyOf": [other.take(), schema]});
                }
                Some(_) => {}
            }
        }
        all
    }
}

/// What a body says.
pub(super) struct Understood {
    /// What something here acts on.
    pub(super) settings: NewApplication,
    /// What is kept and returned.
    pub(super) also: Map<String, Value>,
}

/// What kind of application it is.
#[derive(Deserialize, JsonSchema)]
struct Kind {
    #[serde(default = "openid_connect")]
    protocol: ApplicationProtocol,
    #[serde(rename = "type")]
    application_type: ApplicationType,
}

fn openid_connect() -> ApplicationProtocol {
    ApplicationProtocol::OpenidConnect
}

/// What applications of all protocols have, of what something here acts on.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Common {
    name: String,
    description: Option<String>,
    #[serde(default)]
    enabled: bool,
    access_control: Option<AccessControl>,
    cors_settings: Option<CorsSettings>,
    home_page_url: Option<String>,
}

/// Reads a body and checks it; `replaced` is the application that it takes the place of.
///
/// # Errors
///
/// 400 with the name of the member that is wrong, unknown to this kind of application or immutable.
pub(super) async fn understand<P>(
    allowed: &Allowed<P>,
    members: &Map<String, Value>,
    replaced: Option<&StoredApplication>,
) -> Result<Understood, ApiFailure> {
    let Kind {
        protocol,
        application_type,
    } = read_members(members)?;
    check_kind(protocol, application_type, replaced)?;
    let mut of_all = read_members::<OfAll>(members)?.without_empty_icon();
    if is_of_the_system(application_type) {
        // What is shown of those is the installation's own picture, which clients send back.
        of_all = of_all.without_icon();
    }
    let mut understood = match (protocol, replaced) {
        _ if is_of_the_system(application_type) => of_the_system(members, replaced)?,
        (ApplicationProtocol::OpenidConnect, _) => of_openid_connect(members, replaced)?,
        (ApplicationProtocol::Saml, _) => {
            fits(members, &[OfSaml::NAMES, &["corsSettings", "homePageUrl"]])?;
            kept::<OfSaml>(members, common(members, protocol, application_type)?)?
        }
        (ApplicationProtocol::WsFed, _) => {
            fits(members, &[OfWsFed::NAMES, &["corsSettings"]])?;
            kept::<OfWsFed>(members, common(members, protocol, application_type)?)?
        }
        (ApplicationProtocol::ExternalLink, _) => {
            fits(members, &[OfLink::NAMES, &["homePageUrl"]])?;
            let settings = common(members, protocol, application_type)?;
            if settings.home_page_url.is_none() {
                return Err(ApiFailure::required_value("homePageUrl"));
            }
            kept::<OfLink>(members, settings)?
        }
    };
    of_all.check()?;
    understood.also.extend(written(&of_all)?);
    let settings = &mut understood.settings;
    settings.name = checks::name(&settings.name)?;
    // Clients send back an absent description as an empty one.
    settings.description = settings.description.take().filter(|text| !text.is_empty());
    let description = settings.description.as_deref();
    checks::at_most("description", description, LONGEST_DESCRIPTION)?;
    web_address("homePageUrl", settings.home_page_url.as_deref())?;
    check_access(allowed, settings).await?;
    checks::cors("corsSettings.origins", settings.cors_settings.as_ref())?;
    Ok(understood)
}

/// Which types a protocol has; kinds never change, and the system's own are made by it alone.
fn check_kind(
    protocol: ApplicationProtocol,
    application_type: ApplicationType,
    replaced: Option<&StoredApplication>,
) -> Result<(), ApiFailure> {
    use ApplicationProtocol::{ExternalLink, OpenidConnect, Saml, WsFed};
    use ApplicationType::{CustomApp, PortalLinkApp, WebApp};
    if let Some(stored) = replaced {
        if application_type != stored.settings.application_type {
            let message = "The type of an application is immutable.";
            return Err(ApiFailure::invalid_value("type", message));
        }
        if protocol != stored.settings.protocol {
            let message = "The protocol of an application is immutable.";
            return Err(ApiFailure::invalid_value("protocol", message));
        }
    } else if is_of_the_system(application_type) {
        let message = "is a type of the service's own applications, which every environment has";
        return Err(ApiFailure::invalid_value("type", message));
    }
    let fits = match protocol {
        ExternalLink => application_type == PortalLinkApp,
        OpenidConnect => application_type != PortalLinkApp,
        Saml => matches!(application_type, CustomApp | WebApp),
        WsFed => application_type == WebApp,
    };
    if fits {
        return Ok(());
    }
    let target = if protocol == OpenidConnect {
        "type"
    } else {
        "protocol"
    };
    let message = format!("{application_type} is no type of applications of {protocol}");
    Err(ApiFailure::invalid_value(target, message))
}

/// Refuses members that applications of another kind have, instead of losing them.
fn fits(members: &Map<String, Value>, own: &[&[&str]]) -> Result<(), ApiFailure> {
    let known = [
        OBEYED,
        OfLink::NAMES,
        OfOpenIdConnect::NAMES,
        OfSaml::NAMES,
        OfSystem::NAMES,
        OfWsFed::NAMES,
        &["corsSettings", "homePageUrl", "template"],
    ];
    let is_own = |name: &str| own.iter().any(|names| names.contains(&name));
    let foreign =
        known.iter().copied().flatten().filter(|name| {
            !is_own(name) && members.get(**name).is_some_and(|value| !value.is_null())
        });
    let message = "does not belong to applications of this kind";
    let mut details: Vec<ErrorDetail> = foreign
        .map(|name| ErrorDetail::new("INVALID_VALUE", Some(name), message))
        .collect();
    details.dedup_by(|one, other| one.target == other.target);
    if details.is_empty() {
        Ok(())
    } else {
        Err(ApiFailure::invalid_data(details))
    }
}

/// The settings of an application that nobody signs on to by OpenID Connect.
fn common(
    members: &Map<String, Value>,
    protocol: ApplicationProtocol,
    application_type: ApplicationType,
) -> Result<NewApplication, ApiFailure> {
    let common: Common = read_members(members)?;
    let method = TokenEndpointAuthMethod::None;
    let mut settings = NewApplication::new(common.name, application_type, method);
    settings.protocol = protocol;
    settings.description = common.description;
    settings.enabled = common.enabled;
    settings.access_control = common.access_control;
    settings.cors_settings = common.cors_settings;
    settings.home_page_url = common.home_page_url;
    Ok(settings)
}

fn kept<M: Members>(
    members: &Map<String, Value>,
    settings: NewApplication,
) -> Result<Understood, ApiFailure> {
    let own: M = read_members(members)?;
    own.check()?;
    Ok(Understood {
        settings,
        also: written(&own)?,
    })
}

/// Members as they are kept: those that are absent are left out.
fn written<M: Members>(own: &M) -> Result<Map<String, Value>, ApiFailure> {
    let mut value = serde_json::to_value(own).map_err(ApiFailure::internal)?;
    drop_nulls(&mut value);
    match value {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

fn drop_nulls(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, member| !member.is_null());
        members.values_mut().for_each(drop_nulls);
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(drop_nulls);
    }
}

/// Of the service's own applications, a few members can be changed.
fn of_the_system(
    members: &Map<String, Value>,
    replaced: Option<&StoredApplication>,
) -> Result<Understood, ApiFailure> {
    let Some(stored) = replaced else {
        return Err(ApiFailure::not_found());
    };
    let stored = &stored.settings;
    if stored.application_type == ApplicationType::PingOneAdminConsole {
        let message = "The console of administrators cannot be changed.";
        return Err(ApiFailure::constraint(None, message));
    }
    let of_clients = ["pkceEnforcement", "tokenEndpointAuthMethod"];
    fits(members, &[OfSystem::NAMES, &of_clients])?;
    for (name, value) in [
        (
            "pkceEnforcement",
            serde_json::json!(stored.pkce_enforcement),
        ),
        (
            "tokenEndpointAuthMethod",
            serde_json::json!(stored.token_endpoint_auth_method),
        ),
        ("name", serde_json::json!(stored.name)),
    ] {
        if members
            .get(name)
            .is_some_and(|sent| !sent.is_null() && *sent != value)
        {
            let message = "belongs to the service and cannot be changed";
            return Err(ApiFailure::invalid_value(name, message));
        }
    }
    let mut settings = common(members, stored.protocol, stored.application_type)?;
    settings.pkce_enforcement = stored.pkce_enforcement;
    settings.token_endpoint_auth_method = stored.token_endpoint_auth_method;
    kept::<OfSystem>(members, settings)
}

fn of_openid_connect(
    members: &Map<String, Value>,
    replaced: Option<&StoredApplication>,
) -> Result<Understood, ApiFailure> {
    fits(
        members,
        &[
            OBEYED,
            OfOpenIdConnect::NAMES,
            &["corsSettings", "homePageUrl"],
        ],
    )?;
    if let Some(sent) = members
        .get("assignActorRoles")
        .filter(|sent| !sent.is_null())
        && !is_false(sent)
    {
        let message = "is not supported with this value; assign the roles one by one";
        return Err(ApiFailure::invalid_value("assignActorRoles", message));
    }
    if members
        .get("clientSecret")
        .is_some_and(|sent| !sent.is_null())
    {
        let message = "is given by the service";
        return Err(ApiFailure::invalid_value("clientSecret", message));
    }
    let settings: NewApplication = read_members(members)?;
    let mut own: OfOpenIdConnect = read_members(members)?;
    let settings = valid(settings)?;
    own.check()?;
    let application_type = settings.application_type;
    if application_type == ApplicationType::NativeApp {
        own.mobile = Some(own.mobile.unwrap_or_default().filled());
    } else {
        let message = format!("does not belong to applications of the type {application_type}");
        for (name, is_sent) in [
            ("kerberos", own.kerberos.is_some()),
            ("mobile", own.mobile.is_some()),
        ] {
            if is_sent {
                return Err(ApiFailure::invalid_value(name, message));
            }
        }
    }
    if application_type != ApplicationType::Worker
        && own.tags.as_ref().is_some_and(|tags| !tags.is_empty())
    {
        let message = format!("does not belong to applications of the type {application_type}");
        return Err(ApiFailure::invalid_value("tags", message));
    }
    if settings.require_signed_request_object == Some(true)
        && own.support_unsigned_request_object == Some(true)
    {
        let message = "cannot be true while requireSignedRequestObject is";
        return Err(ApiFailure::invalid_value(
            "supportUnsignedRequestObject",
            message,
        ));
    }
    let mut also = written(&own)?;
    if let Some(sent) = members
        .get("assignActorRoles")
        .filter(|sent| !sent.is_null())
    {
        also.insert("assignActorRoles".to_owned(), Value::Bool(!is_false(sent)));
    }
    if let Some(stored) = replaced {
        identifiers_stay(&stored.also, &also)?;
    }
    Ok(Understood { settings, also })
}

fn is_false(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::String(text) => text.eq_ignore_ascii_case("false"),
        _ => false,
    }
}

/// What a mobile application is known by at other services is set once (PingOne, "Mobile object").
fn identifiers_stay(
    stored: &Map<String, Value>,
    sent: &Map<String, Value>,
) -> Result<(), ApiFailure> {
    for name in Mobile::IDENTIFIERS {
        let of = |members: &Map<String, Value>| members.get("mobile")?.get(name).cloned();
        if let (Some(before), Some(after)) = (of(stored), of(sent))
            && before != after
        {
            let message = "is immutable once it is set";
            return Err(ApiFailure::invalid_value(
                &format!("mobile.{name}"),
                message,
            ));
        }
    }
    Ok(())
}

/// Refuses groups that are not there.
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
                let message = "The group does not exist.";
                return Err(ApiFailure::invalid_value(target, message));
            }
        }
    }
    Ok(())
}

/// Refuses addresses of another form, and too many.
fn check_uris(settings: &NewApplication, mut refuse: impl FnMut(&str, String)) {
    let may_be_wild = settings.allow_wildcard_in_redirect_uris == Some(true);
    for (target, uris, may_be_wild) in [
        ("redirectUris", &settings.redirect_uris, may_be_wild),
        (
            "postLogoutRedirectUris",
            &settings.post_logout_redirect_uris,
            false,
        ),
    ] {
        if uris.len() > MOST_URIS {
            refuse(target, format!("must hold at most {MOST_URIS} URIs"));
        }
        for uri in uris {
            let is_wild = uri.contains('*');
            if is_wild && !may_be_wild {
                refuse(target, NO_WILDCARDS.to_owned());
            } else if uri.len() > LONGEST_URI {
                let message = format!("must hold URIs of at most {LONGEST_URI} characters");
                refuse(target, message);
            } else {
                match RedirectUri::parse(uri) {
                    Ok(uri) if is_wild => {
                        if let Err(problem) = wildcards::check(&uri) {
                            refuse(target, problem.to_owned());
                        }
                    }
                    Ok(_) => {}
                    Err(invalid) => refuse(target, invalid.to_string()),
                }
            }
        }
    }
}

/// PingOne's words, which its clients look for.
const NO_WILDCARDS: &str = "Wildcards are not allowed in redirect URIs.";

/// Checks what is acted on of an application of OpenID Connect.
fn valid(mut settings: NewApplication) -> Result<NewApplication, ApiFailure> {
    let mut details = Vec::new();
    let mut refuse = |target: &str, message: String| {
        details.push(ErrorDetail::new("INVALID_VALUE", Some(target), message));
    };
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
    if uses(GrantTypeName::ClientCredentials) && !settings.token_endpoint_auth_method.is_proof() {
        let message = "must not be NONE for the grant type CLIENT_CREDENTIALS";
        refuse("tokenEndpointAuthMethod", message.to_owned());
    }
    check_uris(&settings, &mut refuse);
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
    if !details.is_empty() {
        let is_wild = details.iter().any(|detail| detail.message == NO_WILDCARDS);
        let failure = ApiFailure::invalid_data(details);
        return Err(if is_wild {
            failure.saying(NO_WILDCARDS)
        } else {
            failure
        });
    }
    secure_address("initiateLoginUri", settings.initiate_login_uri.as_deref())?;
    Ok(settings)
}
