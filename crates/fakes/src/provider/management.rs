//! The part of the management API that our programs use: users, roles, populations, policies.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use http::{HeaderMap, StatusCode};
use protocol::SystemRandom;
use protocol::id::{EnvironmentId, PasswordPolicyId, PopulationId, RoleId};
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::media_type;
use protocol::scim::Filter;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::access::{Asked, ByOthers, ByThemselves, allowed, find};
use super::answer::{api_error, json_answer};
use super::openid::Bearer;
use super::passwords::judge;
use super::world::Person;
use super::{ENVIRONMENT, OPERATOR_ROLE, Provider};

pub(super) fn routes() -> Router<Provider> {
    let environment = format!("/v1/environments/{ENVIRONMENT}");
    let users = format!("{environment}/users");
    Router::new()
        .route("/v1/roles", get(roles))
        .route(&users, get(list_users).post(create_user))
        .route(
            &format!("{users}/{{id}}"),
            get(load_user)
                .post(act_on_user)
                .patch(change_user)
                .delete(delete_user),
        )
        .route(&format!("{users}/{{id}}/enabled"), put(set_enabled))
        .route(&format!("{users}/{{id}}/roleAssignments"), get(assignments))
        .route(&format!("{users}/{{id}}/sessions"), get(list_sessions))
        .route(&format!("{users}/{{id}}/memberOfGroups"), get(none))
        .route(&format!("{users}/{{id}}/devices"), get(none))
        .route(&format!("{users}/{{id}}/agreementConsents"), get(none))
        .route(&format!("{users}/{{id}}/linkedAccounts"), get(none))
        .route(
            &format!("{users}/{{id}}/sessions/{{session}}"),
            get(load_session).delete(end_session),
        )
        .route(&format!("{environment}/activities"), get(activities))
        .route(&format!("{environment}/populations"), get(populations))
        .route(
            &format!("{environment}/populations/{{id}}"),
            get(population),
        )
        .route(&format!("{environment}/passwordPolicies"), get(policies))
}

async fn roles() -> Response {
    let role = json!({"id": OPERATOR_ROLE, "name": "Identity Data Admin"});
    json_answer(200, &json!({"_embedded": {"roles": [role]}}))
}

async fn assignments(
    State(provider): State<Provider>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    assert_eq!(
        provider.bearer(&headers),
        Some(Bearer::Worker),
        "asked with the worker's token"
    );
    let world = provider.world();
    let is_operator = world
        .people
        .iter()
        .any(|p| p.id.to_string() == id && p.is_operator);
    let assignment = json!({
        "id": PasswordPolicyId::random(&SystemRandom),
        "environment": {"id": ENVIRONMENT},
        "role": {"id": RoleId::parse(OPERATOR_ROLE).unwrap()},
        "scope": {"id": ENVIRONMENT, "type": "ENVIRONMENT"},
    });
    let all = if is_operator {
        vec![assignment]
    } else {
        Vec::new()
    };
    json_answer(200, &json!({"_embedded": {"roleAssignments": all}}))
}

fn shown(person: &Person) -> Value {
    json!({
        "id": person.id,
        "environment": {"id": ENVIRONMENT},
        "population": person.population.map(|id| json!({"id": id})),
        "username": person.username,
        "email": person.email,
        "emailVerified": person.email_verified.then_some(true),
        "enabled": person.enabled,
        "name": {"given": person.given, "family": person.family},
        "account": {"canAuthenticate": !person.is_locked,
                    "status": if person.is_locked { "LOCKED" } else { "OK" }},
        "createdAt": "2026-01-05T10:00:00Z",
    })
}

async fn list_users(
    State(provider): State<Provider>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = allowed(&provider, &headers, None) {
        return *refusal;
    }
    let filter = query.get("filter").cloned().unwrap_or_default();
    let world = provider.world();
    let filter_of_users = (!filter.is_empty()).then(|| Filter::parse(&filter).unwrap());
    let matches = |person: &&Person| {
        let shown = shown(person);
        filter_of_users
            .as_ref()
            .is_none_or(|filter| filter.holds(&mut |comparison| comparison.matches(&shown)))
    };
    let all: Vec<Value> = world.people.iter().filter(matches).map(shown).collect();
    let limit = query
        .get("limit")
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_usize);
    let from = query
        .get("cursor")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0_usize);
    let page: Vec<&Value> = all.iter().skip(from).take(limit).collect();
    let mut links = json!({});
    if from + limit < all.len() {
        let filter: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        links["next"] = json!({"href": format!(
            "{}v1/environments/{ENVIRONMENT}/users?cursor={}&limit={limit}&filter={filter}",
            provider.base, from + limit
        )});
    }
    json_answer(
        200,
        &json!({"_links": links, "_embedded": {"users": page}, "count": all.len()}),
    )
}

async fn create_user(
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Err(refusal) = allowed(&provider, &headers, None) {
        return *refusal;
    }
    let content_type = headers["content-type"].to_str().unwrap();
    assert!(
        media_type::is(content_type, media_type::USER_IMPORT),
        "in one call: {content_type}"
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (username, email) = (text(&body["username"]), text(&body["email"]));
    let taken = {
        let world = provider.world();
        let name = username.to_lowercase();
        let is_name = world
            .people
            .iter()
            .any(|person| person.username.to_lowercase() == name);
        [(is_name, "username")]
    };
    let details: Vec<Value> = taken
        .iter()
        .filter(|(is_taken, _)| *is_taken)
        .map(|(_, target)| {
            json!({"code": "UNIQUENESS_VIOLATION", "target": target,
                   "message": "is unique but a non-unique value is provided"})
        })
        .collect();
    if !details.is_empty() {
        return api_error(400, "INVALID_DATA", &Value::Array(details));
    }
    if let Err(refusal) = judge(&text(&body["password"]["value"]), "password") {
        return *refusal;
    }
    let id = provider.add(&username, &email);
    provider.change(&username, |person| {
        person.password = text(&body["password"]["value"]);
        person.given = body["name"]["given"].as_str().map(str::to_owned);
        person.family = body["name"]["family"].as_str().map(str::to_owned);
        person.population = body["population"]["id"]
            .as_str()
            .map(|id| PopulationId::parse(id).unwrap());
        person.needs_verification = body["lifecycle"]["status"] == "VERIFICATION_REQUIRED";
        person.must_change = body["password"]["forceChange"] == true;
    });
    let person = provider
        .world()
        .people
        .iter()
        .find(|person| person.id == id)
        .cloned()
        .unwrap();
    json_answer(201, &shown(&person))
}

async fn load_user(ByThemselves(asked): ByThemselves) -> Response {
    match find(&asked.provider, &asked.id) {
        Some(person) => json_answer(200, &shown(&person)),
        None => api_error(404, "NOT_FOUND", &json!([])),
    }
}

async fn delete_user(ByOthers(asked): ByOthers) -> Response {
    let mut world = asked.provider.world();
    let before = world.people.len();
    world
        .people
        .retain(|person| person.id.to_string() != asked.id);
    if world.answers_to_writes_are_lost {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if world.people.len() == before {
        return api_error(404, "NOT_FOUND", &json!([]));
    }
    StatusCode::NO_CONTENT.into_response()
}

/// Changes names and address; another address is not proven.
async fn change_user(ByThemselves(asked): ByThemselves, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap();
    asked.change(|person| {
        if let Some(email) = body["email"].as_str() {
            email.clone_into(&mut person.email);
            person.email_verified = false;
        }
        if let Some(name) = body.get("name") {
            person.given = name["given"].as_str().map(str::to_owned);
            person.family = name["family"].as_str().map(str::to_owned);
        }
        if let Some(username) = body["username"].as_str() {
            username.clone_into(&mut person.username);
        }
    });
    if asked.provider.world().answers_to_writes_are_lost {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    json_answer(200, &shown(&asked.person()))
}

/// Any code proves the address.
async fn act_on_user(
    State(provider): State<Provider>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let content_type = headers["content-type"].to_str().unwrap();
    let is_code = media_type::is(content_type, media_type::USER_SEND_VERIFICATION_CODE);
    let is_proof = media_type::is(content_type, media_type::USER_VERIFY);
    let is_own = (is_code || is_proof).then_some(&*id);
    if let Err(refusal) = allowed(&provider, &headers, is_own) {
        return *refusal;
    }
    let person = find(&provider, &id).unwrap();
    if is_proof {
        provider.change(&person.username, |person| person.email_verified = true);
        return json_answer(200, &shown(&find(&provider, &id).unwrap()));
    }
    if is_code {
        return if provider.world().mails_are_used_up {
            api_error(429, "REQUEST_LIMITED", &json!([]))
        } else {
            provider.change(&person.username, |person| person.needs_verification = true);
            json_answer(200, &shown(&person))
        };
    }
    assert!(media_type::is(content_type, media_type::ACCOUNT_UNLOCK));
    provider.change(&person.username, |person| person.is_locked = false);
    json_answer(200, &shown(&find(&provider, &id).unwrap()))
}

/// The sessions of a user.
fn sessions_of(asked: &Asked) -> Vec<Value> {
    let world = asked.provider.world();
    let theirs = world
        .sessions
        .iter()
        .filter(|(user, _)| user.to_string() == asked.id);
    theirs
        .map(|(_, id)| json!({"id": id, "createdAt": "2026-01-05T10:00:00Z"}))
        .collect()
}

/// What nobody has.
async fn none(ByOthers(_): ByOthers) -> Response {
    json_answer(200, &json!({"_embedded": {}}))
}

async fn list_sessions(ByThemselves(asked): ByThemselves) -> Response {
    let sessions = sessions_of(&asked);
    json_answer(200, &json!({"_embedded": {"sessions": sessions}}))
}

async fn load_session(
    ByThemselves(asked): ByThemselves,
    Path((_, session)): Path<(String, String)>,
) -> Response {
    let sessions = sessions_of(&asked);
    match sessions.iter().find(|one| one["id"] == session) {
        Some(found) => json_answer(200, found),
        None => api_error(404, "NOT_FOUND", &json!([])),
    }
}

async fn end_session(
    ByThemselves(asked): ByThemselves,
    Path((_, session)): Path<(String, String)>,
) -> Response {
    if !sessions_of(&asked).iter().any(|one| one["id"] == session) {
        return api_error(404, "NOT_FOUND", &json!([]));
    }
    let mut world = asked.provider.world();
    world.sessions.retain(|(_, one)| one.to_string() != session);
    StatusCode::NO_CONTENT.into_response()
}

async fn activities(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    assert_eq!(
        provider.bearer(&headers),
        Some(Bearer::Worker),
        "the audit log is read by the worker"
    );
    match &provider.world().activities {
        Ok(activities) => json_answer(200, &json!({"_embedded": {"activities": activities}})),
        Err(status) => api_error(*status, "REQUEST_FAILED", &json!([])),
    }
}

async fn set_enabled(ByOthers(asked): ByOthers, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap();
    asked.change(|person| person.enabled = body["enabled"] == true);
    json_answer(200, &body)
}

fn shown_population((id, name, description): &(PopulationId, String, String)) -> Value {
    json!({"id": id, "environment": {"id": EnvironmentId::parse(ENVIRONMENT).unwrap()},
        "name": name, "description": description,
        "createdAt": "2026-01-05T10:00:00Z", "updatedAt": "2026-01-05T10:00:00Z"})
}

async fn populations(State(provider): State<Provider>) -> Response {
    let all: Vec<Value> = provider
        .world()
        .populations
        .iter()
        .map(shown_population)
        .collect();
    json_answer(200, &json!({"_embedded": {"populations": all}}))
}

async fn population(State(provider): State<Provider>, Path(id): Path<String>) -> Response {
    let world = provider.world();
    let found = world
        .populations
        .iter()
        .find(|population| population.0.to_string() == id);
    json_answer(200, &shown_population(found.unwrap()))
}

async fn policies() -> Response {
    let mut policy = serde_json::to_value(PasswordPolicy::standard()).unwrap();
    policy["default"] = true.into();
    policy["id"] = json!(PasswordPolicyId::random(&SystemRandom));
    json_answer(200, &json!({"_embedded": {"passwordPolicies": [policy]}}))
}
