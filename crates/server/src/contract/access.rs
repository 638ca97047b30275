//! Who may ask, what may be asked, and how errors look.

use pingone::{AccessToken, Method};
use serde_json::{Value, json};
use uuid::Uuid;

use super::compare::{id_of, is, items, member, set, text};
use super::samples::{make_population, make_user, predefined_role, user_in};
use super::stop::{Stop, broken, ensure};
use super::trial::{Trial, link};
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row!("access: a token that is none is refused with 401" => wrong_token),
    row!("access: no token is refused with 401, before anything is looked at" => no_token),
    row!("errors: a body that is no JSON is refused as malformed" => no_json),
    row!("errors: a body that is no object is refused" => no_object),
    row!("errors: several members that are missing are named together or one by one" => details),
    row!("errors: a method that is not offered is refused with 405" => method),
    row!("errors: a path that leads nowhere is not found" => path),
    row!("answers: none is to be kept, and each has an id to quote" => headers),
    row!("answers: members of the wrong kind are refused by name" => kinds),
    row!("environments: the own one is read, and links lead into it" => environment),
    row!("environments: an unknown one is not found" => unknown_environment),
    row!("environments: they are listed, and the own one is among them" => environments),
    row!("populations: one with a user in it stays" => population_in_use),
    row!("populations: users are counted" => users_counted),
    row!("roles: PingOne's own are there, with what they apply to" => roles),
    row!("roles: an assignment to the wrong kind of scope is refused" => wrong_scope),
    row!("roles: an assignment of a role that is none is refused" => wrong_role),
];

/// A call with a token must be refused as PingOne refuses those that prove nothing.
async fn is_unauthorized(trial: &Trial, method: Method, token: &str) -> Result<(), Stop> {
    let stranger = trial.client().with_access_token(AccessToken::new(token));
    let path = format!("populations/{}", Uuid::new_v4());
    let ask = trial.ask(method, &path).by(&stranger);
    let error = ask.refused(401, "ACCESS_FAILED").await?;
    ensure(
        error.details.iter().any(|one| one.code == "INVALID_TOKEN"),
        || format!("a detail should have the code INVALID_TOKEN: {error}"),
    )
}

async fn wrong_token(trial: &Trial) -> Result<(), Stop> {
    for method in [Method::GET, Method::DELETE] {
        is_unauthorized(trial, method, "nonsense").await?;
    }
    is_unauthorized(trial, Method::GET, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.").await
}

async fn no_token(trial: &Trial) -> Result<(), Stop> {
    is_unauthorized(trial, Method::GET, "").await
}

async fn no_json(trial: &Trial) -> Result<(), Stop> {
    for text in ["{\"name\"", "", "nonsense"] {
        let ask = trial.create("populations", &Value::Null).text(text);
        ask.refused(400, "INVALID_REQUEST").await?;
    }
    Ok(())
}

async fn no_object(trial: &Trial) -> Result<(), Stop> {
    for body in [json!([]), json!("name"), json!(7)] {
        let ask = trial.create("populations", &body);
        let told = ask.told();
        if ask.answered(201).await.is_ok() {
            return broken(format!("{told} should refuse {body}"));
        }
        trial
            .create("populations", &body)
            .refused(400, "INVALID_REQUEST")
            .await?;
    }
    Ok(())
}

async fn details(trial: &Trial) -> Result<(), Stop> {
    let error = trial
        .create("users", &json!({}))
        .refused(400, "INVALID_DATA")
        .await?;
    ensure(!error.details.is_empty(), || {
        format!("there should be details: {error}")
    })?;
    for detail in &error.details {
        let is_whole = !detail.code.is_empty() && !detail.message.is_empty();
        let target = detail.target.as_deref().unwrap_or_default();
        ensure(is_whole && detail.code == "REQUIRED_VALUE", || {
            format!("a detail should have the code REQUIRED_VALUE and a message: {error}")
        })?;
        ensure(
            ["username", "email", "population"].contains(&target),
            || format!("a detail is about `{target}`: {error}"),
        )?;
    }
    Ok(())
}

async fn method(trial: &Trial) -> Result<(), Stop> {
    let id = make_population(trial).await?;
    let ask = trial.ask(Method::PATCH, "populations").json(&json!({}));
    ask.refused(405, "METHOD_NOT_ALLOWED").await?;
    is(
        &trial.get(&format!("populations/{id}")).await?,
        "/name",
        trial.name(),
    )
}

async fn path(trial: &Trial) -> Result<(), Stop> {
    trial.is_missing("nonsense").await?;
    trial
        .is_missing(&format!("users/{}/nonsense", Uuid::new_v4()))
        .await
}

async fn headers(trial: &Trial) -> Result<(), Stop> {
    let ask = trial.ask(Method::GET, "populations");
    let told = ask.told();
    let answer = ask.succeeding(200).await?;
    let cached = answer.header("cache-control").unwrap_or_default();
    ensure(
        cached.contains("no-store") || cached.contains("no-cache"),
        || {
            format!(
                "{told} should be answered with `Cache-Control: no-store` and is with `{cached}`"
            )
        },
    )?;
    let id = answer.header("correlation-id").unwrap_or_default();
    ensure(Uuid::parse_str(id).is_ok(), || {
        format!("{told} should be answered with a UUID as Correlation-Id and is with `{id}`")
    })
}

async fn kinds(trial: &Trial) -> Result<(), Stop> {
    let population = make_population(trial).await?;
    for (member, value) in [("username", json!({"a": 1})), ("name", json!(["Ada"]))] {
        let mut body = user_in(&population, trial.name());
        set(&mut body, member, value);
        let error = trial
            .create("users", &body)
            .refused(400, "INVALID_DATA")
            .await?;
        let mut about = error.details.iter().filter_map(|one| one.target.as_deref());
        ensure(about.any(|target| target == member), || {
            format!("a detail should have the target `{member}`: {error}")
        })?;
    }
    Ok(())
}

async fn environment(trial: &Trial) -> Result<(), Stop> {
    let at = format!("v1/environments/{}", trial.environment());
    let environment = trial.ask_at(Method::GET, at.clone()).answered(200).await?;
    is(&environment, "/id", trial.environment())?;
    for name in ["name", "region", "type", "createdAt", "updatedAt"] {
        text(&environment, &format!("/{name}"))?;
    }
    member(&environment, "/organization/id")?;
    let own = link(&environment, "self")?;
    ensure(own == at, || {
        format!("`_links.self` should lead to {at} and leads to {own}")
    })
}

async fn unknown_environment(trial: &Trial) -> Result<(), Stop> {
    let at = format!("v1/environments/{}", Uuid::new_v4());
    trial
        .ask_at(Method::GET, at)
        .refused(404, "NOT_FOUND")
        .await?;
    Ok(())
}

async fn environments(trial: &Trial) -> Result<(), Stop> {
    let list = trial.ask_at(Method::GET, "v1/environments".to_owned());
    let list = list.query("limit", "1000").answered(200).await?;
    let own = items(&list, "environments")?
        .iter()
        .any(|one| one["id"] == trial.environment());
    ensure(own, || {
        "GET environments should hold the own one".to_owned()
    })
}

async fn population_in_use(trial: &Trial) -> Result<(), Stop> {
    let id = make_population(trial).await?;
    trial.make("users", &user_in(&id, trial.name())).await?;
    let at = format!("populations/{id}");
    let ask = trial.ask(Method::DELETE, &at);
    let error = ask.refused(400, "REQUEST_FAILED").await?;
    let mut codes = error.details.iter().map(|one| one.code.as_str());
    ensure(codes.any(|code| code == "CONSTRAINT_VIOLATION"), || {
        format!("a detail should have the code CONSTRAINT_VIOLATION: {error}")
    })?;
    is(&trial.get(&at).await?, "/id", id)
}

async fn users_counted(trial: &Trial) -> Result<(), Stop> {
    let id = make_population(trial).await?;
    let at = format!("populations/{id}");
    is(&trial.get(&at).await?, "/userCount", 0)?;
    trial.make("users", &user_in(&id, trial.name())).await?;
    let counted = async || is(&trial.get(&at).await?, "/userCount", 1);
    trial.eventually(counted).await
}

async fn roles(trial: &Trial) -> Result<(), Stop> {
    for (name, scope) in [
        ("Organization Admin", "ORGANIZATION"),
        ("Environment Admin", "ENVIRONMENT"),
        ("Identity Data Admin", "POPULATION"),
        ("Identity Data Read Only", "POPULATION"),
        ("Client Application Developer", "ENVIRONMENT"),
    ] {
        let role = predefined_role(trial, name).await?;
        let scopes = member(&role, "/applicableTo")?;
        let applies = scopes
            .as_array()
            .is_some_and(|scopes| scopes.contains(&json!(scope)));
        ensure(applies, || {
            format!("`applicableTo` of {name} should hold {scope}")
        })?;
        let id = text(&role, "/id")?;
        let read = trial
            .ask_at(Method::GET, format!("v1/roles/{id}"))
            .answered(200)
            .await?;
        is(&read, "/name", name)?;
        text(&read, "/permissions/0/id")?;
    }
    Ok(())
}

async fn wrong_scope(trial: &Trial) -> Result<(), Stop> {
    let role = predefined_role(trial, "Identity Data Read Only").await?;
    let user = make_user(trial).await?;
    let scope = json!({"id": trial.environment(), "type": "NONSENSE"});
    let body = json!({"role": {"id": id_of(&role)}, "scope": scope});
    let at = format!("{user}/roleAssignments");
    let error = trial
        .create(&at, &body)
        .refused(400, "INVALID_DATA")
        .await?;
    let mut about = error.details.iter().filter_map(|one| one.target.as_deref());
    ensure(about.any(|target| target.starts_with("scope")), || {
        format!("a detail should have the target `scope`: {error}")
    })
}

async fn wrong_role(trial: &Trial) -> Result<(), Stop> {
    let user = make_user(trial).await?;
    let scope = json!({"id": trial.environment(), "type": "ENVIRONMENT"});
    let body = json!({"role": {"id": Uuid::new_v4()}, "scope": scope});
    let at = format!("{user}/roleAssignments");
    let error = trial.create(&at, &body).refused(404, "NOT_FOUND").await?;
    ensure(
        error.message.starts_with("There is no role with id"),
        || format!("the message should begin `There is no role with id`: {error}"),
    )?;
    let list = trial.get(&at).await?;
    ensure(items(&list, "roleAssignments")?.is_empty(), || {
        "there is an assignment".to_owned()
    })
}
