//! Applications and resources: secrets, and what does not fit.

use jiff::SignedDuration;
use pingone::Method;
use serde_json::{Value, json};

use super::compare::{date, is, is_absent, items, member, set, text};
use super::samples::{application, make_application};
use super::stop::{Stop, ensure};
use super::trial::Trial;
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row!("applications: the secret is read, and is long" => secret),
    row!("applications: a new secret takes the place of the former" => rotate),
    row!("applications: a former secret stays for as long as it is said to" => keep_former),
    row!("applications: one without a secret has none to read" => no_secret),
    row!("applications: one begins with the mapping of `sub`, which stays" => subject),
    row!("applications: the type stays what it is" => type_stays),
    row!("applications: a wildcard among redirect URIs is refused" => wildcard),
    row!("applications: a code that is unknown is refused with those that are known" => codes),
    row!("applications: a second grant for the same resource is refused" => second_grant),
    row!("resources: the secret is read and renewed" => resource_secret),
    row!("resources: one begins with the attribute `sub`" => resource_subject),
    row!("resources: an audience of PingOne's own is refused" => audience),
    row!("sign-on policies: the last action stays" => last_action),
];

async fn secret_of(trial: &Trial, at: &str) -> Result<Value, Stop> {
    // A real environment may take a moment to have it.
    let at = format!("{at}/secret");
    trial.eventually(async || trial.get(&at).await).await
}

fn is_long(answer: &Value) -> Result<String, Stop> {
    let secret = text(answer, "/secret")?;
    ensure(secret.len() >= 64, || {
        format!("`secret` has {} characters", secret.len())
    })?;
    Ok(secret.to_owned())
}

async fn secret(trial: &Trial) -> Result<(), Stop> {
    let at = make_application(trial).await?;
    let answer = secret_of(trial, &at).await?;
    is_long(&answer)?;
    is(&answer, "/environment/id", trial.environment())?;
    is_absent(&answer, "/previous")?;
    let application = trial.get(&at).await?;
    is_absent(&application, "/clientSecret")?;
    is_absent(&application, "/secret")
}

async fn rotate(trial: &Trial) -> Result<(), Stop> {
    let at = make_application(trial).await?;
    let former = is_long(&secret_of(trial, &at).await?)?;
    let path = format!("{at}/secret");
    let answer = trial
        .ask(Method::POST, &path)
        .json(&json!({}))
        .answered(200)
        .await?;
    let new = is_long(&answer)?;
    ensure(new != former, || "the secret is the former one".to_owned())?;
    is_absent(&answer, "/previous")?;
    let read = text(&trial.get(&path).await?, "/secret")?.to_owned();
    ensure(read == new, || {
        "the secret that is read is not the new one".to_owned()
    })
}

async fn keep_former(trial: &Trial) -> Result<(), Stop> {
    let made = trial
        .make("applications", &application(trial.name()))
        .await?;
    let former = is_long(&secret_of(trial, &made.at).await?)?;
    let path = format!("{}/secret", made.at);
    // By the environment's own clock.
    let until = date(&made.body, "/createdAt")? + SignedDuration::from_hours(1);
    let body = json!({"previous": {"expiresAt": until.to_string()}});
    let answer = trial
        .ask(Method::POST, &path)
        .json(&body)
        .answered(200)
        .await?;
    for answer in [&answer, &trial.get(&path).await?] {
        let kept = text(answer, "/previous/secret")? == former;
        ensure(kept, || {
            "`previous.secret` should be the former secret".to_owned()
        })?;
        let at = date(answer, "/previous/expiresAt")?;
        ensure(at == until, || {
            format!("`previous.expiresAt` should be {until} and is {at}")
        })?;
    }
    trial.delete(&path).await?;
    is_absent(&trial.get(&path).await?, "/previous")
}

async fn no_secret(trial: &Trial) -> Result<(), Stop> {
    let mut body = application(trial.name());
    set(&mut body, "type", json!("SINGLE_PAGE_APP"));
    set(&mut body, "tokenEndpointAuthMethod", json!("NONE"));
    let made = trial.make("applications", &body).await?;
    trial.is_missing(&format!("{}/secret", made.at)).await
}

async fn subject(trial: &Trial) -> Result<(), Stop> {
    let at = make_application(trial).await?;
    let list = trial.get(&format!("{at}/attributes")).await?;
    let first = items(&list, "attributes")?
        .first()
        .cloned()
        .unwrap_or_default();
    is(&first, "/name", "sub")?;
    is(&first, "/value", "${user.id}")?;
    is(&first, "/required", true)?;
    is(&first, "/mappingType", "CORE")?;
    let mapping = format!("{at}/attributes/{}", text(&first, "/id")?);
    let ask = trial.ask(Method::DELETE, &mapping);
    let told = ask.told();
    let is_deleted = ask.succeeding(204).await.is_ok();
    ensure(!is_deleted, || {
        format!("{told} should be refused: the mapping is a core one")
    })?;
    is(&trial.get(&mapping).await?, "/name", "sub")
}

async fn type_stays(trial: &Trial) -> Result<(), Stop> {
    let at = make_application(trial).await?;
    let mut body = application(trial.name());
    set(&mut body, "type", json!("NATIVE_APP"));
    let _ = trial.put(&at, &body).await;
    is(&trial.get(&at).await?, "/type", "WEB_APP")
}

async fn wildcard(trial: &Trial) -> Result<(), Stop> {
    let mut body = application(trial.name());
    set(
        &mut body,
        "redirectUris",
        json!(["https://shop.example.com/*"]),
    );
    let error = trial
        .create("applications", &body)
        .refused(400, "INVALID_DATA")
        .await?;
    let about = error.details.iter().filter_map(|one| one.target.as_deref());
    let is_about = about
        .into_iter()
        .any(|target| target.starts_with("redirectUris"));
    ensure(is_about, || {
        format!("a detail should have the target `redirectUris`: {error}")
    })
}

async fn codes(trial: &Trial) -> Result<(), Stop> {
    let mut body = application(trial.name());
    set(&mut body, "pkceEnforcement", json!("SOMETIMES"));
    let ask = trial.create("applications", &body);
    let error = ask
        .refused_for("INVALID_DATA", "INVALID_VALUE", "pkceEnforcement")
        .await?;
    let inner = error.details.first().map(|detail| &detail.inner_error);
    let allowed = inner
        .and_then(|inner| inner.get("allowedValues"))
        .and_then(Value::as_array);
    let has = |code: &str| allowed.is_some_and(|allowed| allowed.contains(&json!(code)));
    let has_all = ["OPTIONAL", "REQUIRED", "S256_REQUIRED"]
        .into_iter()
        .all(has);
    ensure(has_all, || {
        format!("`allowedValues` should hold the three codes: {error}")
    })
}

async fn second_grant(trial: &Trial) -> Result<(), Stop> {
    let name = trial.name();
    let resource = trial
        .make("resources", &json!({"name": name, "audience": name}))
        .await?;
    let scopes = format!("{}/scopes", resource.at);
    let scope = trial.make(&scopes, &json!({"name": "steer"})).await?.id;
    let at = format!("{}/grants", make_application(trial).await?);
    let body = json!({"resource": {"id": resource.id}, "scopes": [{"id": scope}]});
    trial.make(&at, &body).await?;
    let error = trial
        .create(&at, &body)
        .refused(400, "INVALID_DATA")
        .await?;
    ensure(
        error
            .details
            .iter()
            .any(|one| one.code == "UNIQUENESS_VIOLATION"),
        || format!("a detail should have the code UNIQUENESS_VIOLATION: {error}"),
    )
}

async fn resource_secret(trial: &Trial) -> Result<(), Stop> {
    let name = trial.name();
    let at = trial
        .make("resources", &json!({"name": name, "audience": name}))
        .await?
        .at;
    let former = text(&secret_of(trial, &at).await?, "/secret")?.to_owned();
    let path = format!("{at}/secret");
    let answer = trial
        .ask(Method::POST, &path)
        .json(&json!({}))
        .answered(200)
        .await?;
    let new = text(&answer, "/secret")?.to_owned();
    ensure(new != former, || "the secret is the former one".to_owned())?;
    let read = text(&trial.get(&path).await?, "/secret")?.to_owned();
    ensure(read == new, || {
        "the secret that is read is not the new one".to_owned()
    })
}

async fn resource_subject(trial: &Trial) -> Result<(), Stop> {
    let name = trial.name();
    let made = trial.make("resources", &json!({"name": name})).await?;
    is(&made.body, "/type", "CUSTOM")?;
    is(&made.body, "/audience", name)?;
    is(&made.body, "/accessTokenValiditySeconds", 3600)?;
    let list = trial.get(&format!("{}/attributes", made.at)).await?;
    let first = items(&list, "attributes")?
        .first()
        .cloned()
        .unwrap_or_default();
    is(&first, "/name", "sub")?;
    is(&first, "/value", "${user.id}")?;
    is(&first, "/type", "CORE")
}

async fn audience(trial: &Trial) -> Result<(), Stop> {
    let body = json!({"name": trial.name(), "audience": "https://api.pingone.example"});
    let error = trial
        .create("resources", &body)
        .refused(400, "INVALID_DATA")
        .await?;
    let is_about = error
        .details
        .iter()
        .any(|one| one.target.as_deref() == Some("audience"));
    ensure(is_about, || {
        format!("a detail should have the target `audience`: {error}")
    })
}

async fn last_action(trial: &Trial) -> Result<(), Stop> {
    let policy = trial
        .make("signOnPolicies", &json!({"name": trial.name()}))
        .await?;
    let action = json!({"type": "LOGIN", "priority": 1, "recovery": {"enabled": true}});
    let action = trial
        .make(&format!("{}/actions", policy.at), &action)
        .await?;
    let error = trial
        .ask(Method::DELETE, &action.at)
        .refused(400, "REQUEST_FAILED")
        .await?;
    ensure(
        error
            .details
            .iter()
            .any(|one| one.code == "CONSTRAINT_VIOLATION"),
        || format!("a detail should have the code CONSTRAINT_VIOLATION: {error}"),
    )?;
    member(&trial.get(&action.at).await?, "/id").map(drop)
}
