//! What one of each kind is made of, and what has to be there before.

use serde_json::{Value, json};

use super::compare::{id_of, items};
use super::stop::{Stop, broken};
use super::trial::Trial;

/// One object to be made.
pub(super) struct Sample {
    /// Where, below the environment.
    pub(super) collection: String,
    pub(super) body: Value,
    /// The members that are different in what replaces it.
    pub(super) change: Value,
    /// Members that are never shown again, or differ from answer to answer.
    pub(super) hidden: &'static [&'static str],
}

impl Sample {
    pub(super) fn new(collection: impl Into<String>, body: Value, change: Value) -> Self {
        Self {
            collection: collection.into(),
            body,
            change,
            hidden: &[],
        }
    }

    pub(super) fn hiding(mut self, hidden: &'static [&'static str]) -> Self {
        self.hidden = hidden;
        self
    }
}

/// A web application that signs users on.
pub(super) fn application(name: &str) -> Value {
    json!({
        "name": name, "enabled": true, "type": "WEB_APP", "protocol": "OPENID_CONNECT",
        "grantTypes": ["AUTHORIZATION_CODE"], "responseTypes": ["CODE"],
        "redirectUris": ["https://shop.example.com/callback"],
        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC", "pkceEnforcement": "S256_REQUIRED",
    })
}

pub(super) fn identity_provider(name: &str) -> Value {
    json!({
        "type": "GOOGLE", "name": name, "enabled": false,
        "clientId": "an-id", "clientSecret": "a-secret",
    })
}

pub(super) fn agreement(name: &str) -> Value {
    json!({"name": name, "enabled": false, "description": "for a check"})
}

pub(super) fn device_authentication_policy(name: &str) -> Value {
    let failure = json!({"count": 3, "coolDown": {"duration": 2, "timeUnit": "MINUTES"}});
    let otp = json!({"failure": failure});
    let sent = json!({
        "enabled": true,
        "otp": {
            "lifeTime": {"duration": 30, "timeUnit": "MINUTES"}, "failure": failure,
            "otpLength": 8,
        },
    });
    json!({
        "name": name, "default": false, "sms": sent, "voice": sent, "email": sent,
        "mobile": {"enabled": false, "otp": otp}, "totp": {"enabled": true, "otp": otp},
    })
}

/// Makes a population.
pub(super) async fn make_population(trial: &Trial) -> Result<String, Stop> {
    let made = trial
        .make("populations", &json!({"name": trial.name()}))
        .await?;
    Ok(made.id)
}

/// Makes a user in a population of its own, and gives the path.
pub(super) async fn make_user(trial: &Trial) -> Result<String, Stop> {
    let population = make_population(trial).await?;
    Ok(trial
        .make("users", &user_in(&population, trial.name()))
        .await?
        .at)
}

/// A user to be made.
pub(super) fn user_in(population: &str, name: &str) -> Value {
    json!({
        "username": name, "email": format!("{name}@example.com"),
        "population": {"id": population},
    })
}

/// Makes an application, and gives the path.
pub(super) async fn make_application(trial: &Trial) -> Result<String, Stop> {
    Ok(trial
        .make("applications", &application(trial.name()))
        .await?
        .at)
}

pub(super) async fn make_resource(trial: &Trial) -> Result<String, Stop> {
    let name = trial.name();
    let body = json!({"name": name, "audience": name});
    Ok(trial.make("resources", &body).await?.at)
}

/// Makes a group whose name ends in `word`.
pub(super) async fn make_group(trial: &Trial, word: &str) -> Result<String, Stop> {
    let body = json!({"name": format!("{} {word}", trial.name())});
    Ok(trial.make("groups", &body).await?.id)
}

pub(super) async fn user(trial: &Trial) -> Result<Sample, Stop> {
    let population = make_population(trial).await?;
    let mut body = user_in(&population, trial.name());
    let more = json!({
        "name": {"given": "Ada", "family": "Lovelace"}, "nickname": "ada", "title": "Countess",
        "locale": "en-GB", "preferredLanguage": "en", "timezone": "Europe/London",
        "primaryPhone": "+44.1632960000", "externalId": trial.name(), "type": "check",
        "address": {
            "streetAddress": "1 Harbour Street", "locality": "London", "postalCode": "N1",
            "countryCode": "GB",
        },
    });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let change = json!({"title": "Doctor", "name": {"given": "Ada", "family": "King"}});
    Ok(Sample::new("users", body, change))
}

pub(super) async fn membership(trial: &Trial) -> Result<Sample, Stop> {
    let group = make_group(trial, "outer").await?;
    let user = make_user(trial).await?;
    let body = json!({"id": group});
    Ok(Sample::new(
        format!("{user}/memberOfGroups"),
        body,
        json!({}),
    ))
}

pub(super) async fn nesting(trial: &Trial) -> Result<Sample, Stop> {
    let outer = make_group(trial, "outer").await?;
    let inner = make_group(trial, "inner").await?;
    let at = format!("groups/{inner}/memberOfGroups");
    Ok(Sample::new(at, json!({"id": outer}), json!({})))
}

pub(super) async fn schema_attribute(trial: &Trial) -> Result<Sample, Stop> {
    let schemas = trial.get("schemas").await?;
    let users = items(&schemas, "schemas")?
        .iter()
        .find(|schema| schema["name"] == "User");
    let Some(id) = users.and_then(|schema| schema["id"].as_str()) else {
        return broken("GET schemas should hold the schema `User`");
    };
    let body = json!({
        "name": trial.name().replace('-', ""), "type": "STRING", "enabled": true,
        "description": "for a check",
    });
    let at = format!("schemas/{id}/attributes");
    Ok(Sample::new(at, body, json!({"description": "changed"})))
}

pub(super) async fn grant(trial: &Trial) -> Result<Sample, Stop> {
    let resource = make_resource(trial).await?;
    let scopes = format!("{resource}/scopes");
    let steer = trial.make(&scopes, &json!({"name": "steer"})).await?.id;
    let sail = trial.make(&scopes, &json!({"name": "sail"})).await?.id;
    let at = make_application(trial).await?;
    let id = resource.trim_start_matches("resources/");
    let body = json!({"resource": {"id": id}, "scopes": [{"id": steer}]});
    let change = json!({"scopes": [{"id": sail}]});
    Ok(Sample::new(format!("{at}/grants"), body, change))
}

pub(super) async fn sign_on_policy(trial: &Trial) -> Result<(String, String), Stop> {
    let policy = trial
        .make("signOnPolicies", &json!({"name": trial.name()}))
        .await?;
    let action = json!({"type": "LOGIN", "priority": 1, "recovery": {"enabled": true}});
    trial
        .make(&format!("{}/actions", policy.at), &action)
        .await?;
    Ok((policy.at, policy.id))
}

pub(super) async fn sign_on_policy_action(trial: &Trial) -> Result<Sample, Stop> {
    // A second one, since the last one of a policy cannot be deleted.
    let (at, _) = sign_on_policy(trial).await?;
    let body = json!({
        "type": "LOGIN", "priority": 2, "recovery": {"enabled": true},
        "registration": {"enabled": false},
    });
    let change = json!({"priority": 3, "recovery": {"enabled": false}});
    Ok(Sample::new(format!("{at}/actions"), body, change))
}

pub(super) async fn sign_on_policy_assignment(trial: &Trial) -> Result<Sample, Stop> {
    let (_, id) = sign_on_policy(trial).await?;
    let at = make_application(trial).await?;
    let body = json!({"priority": 1, "signOnPolicy": {"id": id}});
    let change = json!({"priority": 2});
    Ok(Sample::new(
        format!("{at}/signOnPolicyAssignments"),
        body,
        change,
    ))
}

/// One of PingOne's own roles, by its name.
pub(super) async fn predefined_role(trial: &Trial, name: &str) -> Result<Value, Stop> {
    let roles = trial.ask_at(pingone::Method::GET, "v1/roles".to_owned());
    let roles = roles.answered(200).await?;
    let mut roles = items(&roles, "roles")?.iter();
    match roles.find(|role| role["name"] == name) {
        Some(role) => Ok(role.clone()),
        None => broken(format!("GET roles should hold the role `{name}`")),
    }
}

/// A role over a population of its own, which gives next to nothing.
pub(super) async fn role_assignment(trial: &Trial, holder: &str) -> Result<Sample, Stop> {
    let role = predefined_role(trial, "Identity Data Read Only").await?;
    let name = format!("{} scope", trial.name());
    let population = trial.make("populations", &json!({"name": name})).await?.id;
    let body = json!({
        "role": {"id": id_of(&role)}, "scope": {"id": population, "type": "POPULATION"},
    });
    Ok(Sample::new(
        format!("{holder}/roleAssignments"),
        body,
        json!({}),
    ))
}

pub(super) async fn role(trial: &Trial) -> Result<Sample, Stop> {
    let reader = predefined_role(trial, "Identity Data Read Only").await?;
    let admin = predefined_role(trial, "Environment Admin").await?;
    let Some(permission) = reader.pointer("/permissions/0/id") else {
        return broken("the role `Identity Data Read Only` should have `permissions`");
    };
    let body = json!({
        "name": trial.name(), "description": "for a check", "applicableTo": ["ENVIRONMENT"],
        "permissions": [{"id": permission}], "canBeAssignedBy": [{"id": id_of(&admin)}],
    });
    Ok(Sample::new(
        "roles",
        body,
        json!({"description": "changed"}),
    ))
}
