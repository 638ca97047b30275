//! The web application: whether what is registered is what the portal sends.

use std::collections::BTreeSet;

use pingone::auth::{AuthorizationRequest, OriginalIdToken, Prompt, RedirectUri};
use pingone::{
    Application, ApplicationId, GrantTypeName, NewResourceGrant, RefreshToken, ResourceScope,
};
use portal::GrantType;
use protocol::oauth::{OAuthErrorCode, ResponseType, TokenEndpointAuthMethod};
use protocol::pingone::{PkceEnforcement, ResponseTypeName};
use serde_json::{Value, json};
use url::Url;

use super::examination::{Examination, allowed, unanswered};
use super::wire::Reply;
use super::{Change, Finding, Seen, Stop};

/// A text member, as PingOne spells it.
fn text<'a>(application: &'a Application, member: &str) -> &'a str {
    let value = application.members.get(member).and_then(Value::as_str);
    value.unwrap_or_default()
}

/// A member that is a list of texts.
fn texts<'a>(application: &'a Application, member: &str) -> Vec<&'a str> {
    let items = application.members.get(member).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A list with one more.
fn with(items: &[&str], one: &str) -> Value {
    json!([items, &[one]].concat())
}

/// Giving the application a member.
fn set(application: &Application, member: &'static str, value: impl Into<Value>) -> Change {
    Change::Member {
        path: format!("applications/{}", application.id),
        member,
        value: value.into(),
    }
}

pub(super) async fn exists(examination: &mut Examination) -> Seen {
    let worker = examination.worker()?;
    let provider = examination.provider()?;
    let id = provider.client_id();
    let remedy = "copy the Client ID of the web application from the console to \
                  portal.sign_on.client_id";
    let Ok(application) = ApplicationId::parse(id) else {
        return Finding::new(format!("{id} is no id of PingOne's"), remedy).failure();
    };
    let found = worker.management.applications().load(application).await;
    if found.as_ref().is_err_and(pingone::Error::is_not_found) {
        let found = format!("the environment has no application {id}");
        return Finding::new(found, remedy).failure();
    }
    let application = allowed(found, "applications")?;
    let name = application.name.clone();
    examination.application = Some(application);
    Ok(name)
}

pub(super) async fn enabled(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    if application.enabled {
        return Ok("yes".to_owned());
    }
    Finding::new(
        "it is disabled: nobody can sign on",
        "enable the application",
    )
    .change(set(application, "enabled", true))
    .failure()
}

pub(super) async fn kind(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    let found = format!(
        "{} by {}",
        application.application_type, application.protocol
    );
    let finding = || {
        Finding::new(
            found.clone(),
            "a type cannot be changed: add an application of the type OIDC Web App, and put its \
             Client ID and Client Secret into portal.sign_on",
        )
        .expected("WEB_APP by OPENID_CONNECT")
    };
    let for_people = ["CUSTOM_APP", "NATIVE_APP", "SINGLE_PAGE_APP"];
    match (
        application.protocol.as_str(),
        application.application_type.as_str(),
    ) {
        ("OPENID_CONNECT", "WEB_APP") => Ok(found),
        ("OPENID_CONNECT", kind) if for_people.contains(&kind) => finding().warning(),
        _ => finding().failure(),
    }
}

pub(super) async fn grant_types(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    let sign_on = &examination.subject.portal.sign_on;
    let (grant, responses) = match sign_on.grant_type {
        GrantType::AuthorizationCode => (
            GrantTypeName::AuthorizationCode,
            vec![ResponseTypeName::Code],
        ),
        GrantType::Implicit => {
            let asked = sign_on.response_type;
            let token = asked.token.then_some(ResponseTypeName::Token);
            let id_token = asked.id_token.then_some(ResponseTypeName::IdToken);
            let both = token.into_iter().chain(id_token).collect();
            (GrantTypeName::Implicit, both)
        }
        GrantType::ClientCredentials => (GrantTypeName::ClientCredentials, Vec::new()),
    };
    let grants = texts(application, "grantTypes");
    let registered = texts(application, "responseTypes");
    let lacking: Vec<&str> = responses
        .iter()
        .map(|response| response.as_str())
        .filter(|response| !registered.contains(response))
        .collect();
    let has_grant = grants.contains(&grant.as_str());
    if has_grant && lacking.is_empty() {
        return Ok([grants.join(", "), registered.join(", ")].join("; "));
    }
    let mut finding = Finding::new(
        format!(
            "grants {}; responses {}",
            shown(&grants),
            shown(&registered)
        ),
        "tick the grant type, and the response type below it",
    )
    .expected([&[grant.as_str()], &lacking[..]].concat().join(", "));
    if !has_grant {
        finding = finding.change(set(
            application,
            "grantTypes",
            with(&grants, grant.as_str()),
        ));
    }
    if !lacking.is_empty() {
        let all = json!([registered, lacking].concat());
        finding = finding.change(set(application, "responseTypes", all));
    }
    finding.failure()
}

fn shown(items: &[&str]) -> String {
    if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    }
}

pub(super) async fn redirect_uri(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    let sent = examination.subject.redirect_uri();
    registered(application, "redirectUris", &sent)
}

pub(super) async fn sign_off_uri(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    let sent = examination.subject.sign_off_uri();
    registered(application, "postLogoutRedirectUris", sent)
}

/// Whether an address is in a list, to the character.
fn registered(application: &Application, member: &'static str, sent: &str) -> Seen {
    let listed = texts(application, member);
    if listed.contains(&sent) {
        return Ok(sent.to_owned());
    }
    let nearest = listed
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(a, sent).total_cmp(&strsim::jaro_winkler(b, sent)));
    let found = match nearest {
        Some(nearest) => format!(
            "not registered; the nearest of {} is {nearest}",
            listed.len()
        ),
        None => "none is registered".to_owned(),
    };
    let has_wildcards = application.members.get("allowWildcardInRedirectUris");
    let has_wildcards = has_wildcards.and_then(Value::as_bool).unwrap_or(false);
    let finding = Finding::new(
        found,
        "register the address to the character, its scheme, port and last slash too; or correct \
         portal.public_url, where it begins with another",
    )
    .expected(sent)
    .change(set(application, member, with(&listed, sent)));
    if member == "redirectUris" && has_wildcards && listed.iter().any(|one| one.contains('*')) {
        // Whether a wildcard covers it is seen by `sign-on`.
        return finding.warning();
    }
    finding.failure()
}

pub(super) async fn pkce(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    let demanded = text(application, "pkceEnforcement");
    let wanted = PkceEnforcement::S256Required.as_str();
    if examination.subject.portal.sign_on.grant_type != GrantType::AuthorizationCode {
        return Ok("the grant has no PKCE".to_owned());
    }
    if demanded == wanted {
        return Ok(demanded.to_owned());
    }
    if !examination.subject.is_production() {
        return Ok(format!("{demanded}; the portal sends S256 in any case"));
    }
    Finding::new(
        demanded,
        "demand PKCE, which the portal sends in any case (RFC 9700 §2.1.1)",
    )
    .expected(wanted)
    .change(set(application, "pkceEnforcement", wanted))
    .warning()
}

pub(super) async fn requests(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    let signed = application.members.get("requireSignedRequestObject");
    let mut demands = Vec::new();
    let mut changes = Vec::new();
    if text(application, "parRequirement") == "REQUIRED" {
        demands.push("pushed (PAR)");
        changes.push(set(application, "parRequirement", "OPTIONAL"));
    }
    if signed.and_then(Value::as_bool) == Some(true) {
        demands.push("signed objects");
        changes.push(set(application, "requireSignedRequestObject", false));
    }
    if demands.is_empty() {
        return Ok("neither pushed nor signed".to_owned());
    }
    let found = format!("requests have to be {}", demands.join(" and "));
    let mut finding = Finding::new(
        found,
        "demand neither: the portal sends them by the browser",
    );
    finding.changes = changes;
    finding.failure()
}

pub(super) async fn token_authentication(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    let used = examination
        .subject
        .portal
        .sign_on
        .token_endpoint_auth_method;
    let demanded = text(application, "tokenEndpointAuthMethod");
    if demanded.eq_ignore_ascii_case(used.as_str()) {
        return Ok(demanded.to_owned());
    }
    let demanded = demanded.to_ascii_lowercase();
    let key = "portal.sign_on.token_endpoint_auth_method";
    let mut finding = Finding::new(
        format!(
            "the application demands {demanded}, the portal uses {}",
            used.as_str()
        ),
        "set the same in both places; client_secret_basic is the usual one",
    )
    .expected("the same");
    if ["client_secret_basic", "client_secret_post"].contains(&demanded.as_str()) {
        let value = format!("\"{demanded}\"");
        finding = finding.change(Change::Setting { key, value });
    } else {
        let value = used.as_str().to_ascii_uppercase();
        finding = finding.change(set(application, "tokenEndpointAuthMethod", value));
    }
    finding.failure()
}

pub(super) async fn access(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    let control = application
        .members
        .get("accessControl")
        .filter(|value| !value.is_null());
    let Some(control) = control else {
        return Ok("everybody".to_owned());
    };
    let open = set(application, "accessControl", Value::Null);
    if control.get("role").is_some_and(|role| !role.is_null()) {
        let finding = Finding::new(
            "administrators alone may sign on",
            "switch Admin Only Access off, so that customers come in",
        );
        return finding.change(open).failure();
    }
    let groups = control.pointer("/group/groups").and_then(Value::as_array);
    match groups.map_or(0, Vec::len) {
        0 => Ok("everybody".to_owned()),
        count => Finding::new(
            format!("members of {count} groups alone may sign on; who registers is in none"),
            "take the groups away, unless that is meant",
        )
        .change(open)
        .warning(),
    }
}

pub(super) async fn scopes(examination: &mut Examination) -> Seen {
    let application = examination.application()?;
    let worker = examination.worker()?;
    let asked = &examination.subject.portal.sign_on.scopes;
    let grants = allowed(
        worker.management.grants(application.id).list().all().await,
        "grants",
    )?;
    let resources = allowed(
        worker.management.resources().list().all().await,
        "resources",
    )?;
    // The scope that makes it OpenID Connect needs no grant.
    let mut lacking: BTreeSet<&str> = asked.iter().filter(|scope| *scope != "openid").collect();
    let mut changes = Vec::new();
    let mut ungranted = Vec::new();
    for resource in &resources {
        let scopes = worker.management.scopes(resource.id).list().all().await;
        let scopes = allowed(scopes, "scopes")?;
        let grant = grants.iter().find(|grant| grant.resource.id == resource.id);
        let held: Vec<_> = grant.into_iter().flat_map(|grant| &grant.scopes).collect();
        let wanted: Vec<&ResourceScope> = scopes
            .iter()
            .filter(|scope| lacking.contains(scope.name.as_str()))
            .collect();
        let (_, missing): (Vec<&ResourceScope>, Vec<&ResourceScope>) = wanted
            .iter()
            .partition(|scope| held.iter().any(|held| held.id == scope.id));
        for scope in &wanted {
            lacking.remove(scope.name.as_str());
        }
        if missing.is_empty() {
            continue;
        }
        ungranted.extend(missing.iter().map(|scope| scope.name.clone()));
        let all = held
            .iter()
            .map(|held| held.id)
            .chain(missing.iter().map(|scope| scope.id));
        let path = format!("applications/{}/grants", application.id);
        changes.push(if let Some(grant) = grant {
            Change::Member {
                path: format!("{path}/{}", grant.id),
                member: "scopes",
                value: all.map(|id| json!({"id": id})).collect(),
            }
        } else {
            let body = NewResourceGrant::new(resource.id, all);
            let body = serde_json::to_value(body).unwrap_or_default();
            Change::Create { path, body }
        });
    }
    if !lacking.is_empty() {
        let unknown: Vec<&str> = lacking.into_iter().collect();
        let known: Vec<&str> = asked.iter().filter(|one| !unknown.contains(one)).collect();
        let value = toml::Value::from(known).to_string();
        let key = "portal.sign_on.scopes";
        return Finding::new(
            format!("no resource has the scope {}", unknown.join(", ")),
            "take it out of portal.sign_on.scopes, or add it to a resource",
        )
        .change(Change::Setting { key, value })
        .failure();
    }
    if ungranted.is_empty() {
        let all: Vec<&str> = asked.iter().collect();
        return Ok(all.join(" "));
    }
    let found = format!("not granted: {}", ungranted.join(" "));
    let mut finding = Finding::new(found, "allow the application these scopes");
    finding.changes = changes;
    finding.failure()
}

pub(super) async fn sign_on_policies(examination: &mut Examination) -> Seen {
    let asked = &examination.subject.portal.sign_on.acr_values;
    if asked.is_empty() {
        return Ok("none in particular is asked for".to_owned());
    }
    let application = examination.application()?;
    let management = examination.worker()?.management;
    let policies = management.sign_on_policies().list().all().await;
    let policies = allowed(policies, "sign-on policies")?;
    let assigned = management.sign_on_policy_assignments(application.id);
    let assigned = allowed(assigned.list().all().await, "sign-on policies")?;
    let assigned: Vec<&str> = policies
        .iter()
        .filter(|policy| {
            let mut by = assigned.iter();
            by.any(|one| one.settings.sign_on_policy.id == policy.id)
        })
        .map(|policy| policy.settings.name.as_str())
        .collect();
    let (there, lacking): (Vec<&str>, Vec<&str>) = asked
        .iter()
        .map(String::as_str)
        .partition(|name| assigned.contains(name));
    if lacking.is_empty() {
        return Ok(there.join(", "));
    }
    let value = toml::Value::from(there).to_string();
    let key = "portal.sign_on.acr_values";
    Finding::new(
        format!("{} is not assigned to the application", lacking.join(", ")),
        "assign the policy to the application, or take it out of portal.sign_on.acr_values",
    )
    .expected(format!("some of: {}", shown(&assigned)))
    .change(Change::Setting { key, value })
    .failure()
}

pub(super) async fn client_secret(examination: &mut Examination) -> Seen {
    let client = examination.provider()?;
    let method = examination
        .subject
        .portal
        .sign_on
        .token_endpoint_auth_method;
    if method == TokenEndpointAuthMethod::None {
        return Ok("a public client has none".to_owned());
    }
    // No such token was ever issued: whoever is told so was believed to be the application.
    let never_issued = RefreshToken::new("latchkey-doctor-asks-who-is-believed");
    let scopes = &examination.subject.portal.sign_on.scopes;
    let first = OriginalIdToken {
        subject: "",
        auth_time: None,
        nonce: None,
    };
    let Err(error) = client.refresh(&never_issued, scopes, first).await else {
        return Ok("accepted".to_owned());
    };
    if error.is_oauth(&OAuthErrorCode::InvalidClient) || error.is_unauthorized() {
        return Finding::new(
            "the token endpoint does not accept client_id and client_secret",
            "copy the Client Secret from the console to portal.sign_on.client_secret, or to the \
             file that client_secret_file names; the application has to be enabled, too",
        )
        .failure();
    }
    if error.oauth().is_some() {
        return Ok("accepted".to_owned());
    }
    Err(unanswered(&error))
}

pub(super) async fn sign_on(examination: &mut Examination) -> Seen {
    let client = examination.provider()?;
    let sign_on = &examination.subject.portal.sign_on;
    let response_type = match sign_on.grant_type {
        GrantType::AuthorizationCode => ResponseType::CODE,
        GrantType::Implicit => sign_on.response_type,
        GrantType::ClientCredentials => {
            let reason = "the grant client_credentials signs nobody on";
            return Err(Stop::NotLookedAt(reason.to_owned()));
        }
    };
    let sent = examination.subject.redirect_uri();
    let redirect_uri = RedirectUri::parse(&sent)
        .map_err(|_| Stop::NotLookedAt(format!("{sent} is no redirect URI")))?;
    // Without a session, the answer to a request that is in order is that somebody has to sign on.
    let mut request = AuthorizationRequest::new(redirect_uri)
        .response_type(response_type)
        .scopes(sign_on.scopes.clone())
        .prompts([Prompt::None]);
    if !sign_on.acr_values.is_empty() {
        request = request.acr_values(sign_on.acr_values.join(" "));
    }
    let authorization = client.authorize(&request).await;
    let authorization = authorization.map_err(|error| unanswered(&error))?;
    let reply = examination.wire.get(&authorization.url).await;
    let reply = reply.map_err(|error| {
        let remedy = "try again; the provider did not answer";
        Stop::Failure(Box::new(Finding::new(error.to_string(), remedy)))
    })?;
    let refused = |found: String| {
        let remedy = "look at what the answer names; the failed checks above say more";
        Finding::new(found, remedy).failure()
    };
    match returned(&reply, &sent) {
        None => refused(format!(
            "status {}, and the browser is not sent back: redirect URI or application are not \
             accepted",
            reply.status.as_u16()
        )),
        Some((error, _)) if ASKS_SOMEBODY.contains(&error.as_str()) => Ok("accepted".to_owned()),
        Some((error, description)) => refused(format!("{error}: {description}")),
    }
}

/// What a request that is in order is answered with when nobody is there to sign on.
const ASKS_SOMEBODY: [&str; 4] = [
    "login_required",
    "interaction_required",
    "consent_required",
    "account_selection_required",
];

/// Error and description that the browser is sent back with, in the query or in the fragment.
fn returned(reply: &Reply, redirect_uri: &str) -> Option<(String, String)> {
    let location: &Url = reply.location.as_ref()?;
    if !location.as_str().starts_with(redirect_uri) {
        return None;
    }
    let parameters = location.query().or(location.fragment())?;
    let find = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(parameters.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    Some((
        find("error")?,
        find("error_description").unwrap_or_default(),
    ))
}
