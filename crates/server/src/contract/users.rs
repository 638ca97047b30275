//! Users, beyond what holds of every kind.

use pingone::Method;
use serde_json::json;

use super::compare::{is, is_absent, set, text};
use super::samples::{make_population, make_user, user_in};
use super::stop::{Stop, ensure};
use super::trial::{Trial, link};
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row!("users: a new one is enabled, may sign on, and has no password" => begins),
    row!("users: PATCH changes what it names, keeps the rest, and null clears" => patch),
    row!("users: PUT leaves alone what has an address of its own, and clears what it omits" => put),
    row!("users: `enabled` is switched at its own address" => enabled),
    row!("users: one moves to another population" => moves),
    row!("users: `mfaEnabled` is switched at its own address" => mfa_enabled),
    row!("users: an account is locked and unlocked" => lock),
    row!("users: an import keeps password, state and identity" => import),
    row!("users: a mail address that is none is refused" => mail_address),
    row!("users: links lead to the parts of a user" => links),
];

async fn begins(trial: &Trial) -> Result<(), Stop> {
    let user = trial.get(&make_user(trial).await?).await?;
    is(&user, "/enabled", true)?;
    is(&user, "/account/status", "OK")?;
    is(&user, "/account/canAuthenticate", true)?;
    is(&user, "/lifecycle/status", "ACCOUNT_OK")?;
    is(&user, "/identityProvider/type", "PING_ONE")?;
    is(&user, "/verifyStatus", "NOT_INITIATED")?;
    is_absent(&user, "/password")
}

async fn patch(trial: &Trial) -> Result<(), Stop> {
    let at = make_user(trial).await?;
    let patch = async |body| {
        trial
            .ask(Method::PATCH, &at)
            .json(&body)
            .answered(200)
            .await
    };
    let whole = json!({"title": "Countess", "nickname": "ada", "name": {"given": "Ada"}});
    is(&patch(whole).await?, "/name/given", "Ada")?;
    let changed = patch(json!({"title": "Doctor", "nickname": null})).await?;
    let read = trial.get(&at).await?;
    for user in [&changed, &read] {
        is(user, "/title", "Doctor")?;
        is(user, "/name/given", "Ada")?;
        is(user, "/username", trial.name())?;
        is_absent(user, "/nickname")?;
    }
    is_absent(&patch(json!({"name": null})).await?, "/name")
}

async fn put(trial: &Trial) -> Result<(), Stop> {
    let population = make_population(trial).await?;
    let mut body = user_in(&population, trial.name());
    set(&mut body, "title", json!("Countess"));
    let user = trial.make("users", &body).await?;
    let other = json!({
        "username": trial.name(), "email": "other@example.com", "enabled": false,
        "mfaEnabled": true, "lifecycle": {"status": "VERIFICATION_REQUIRED"},
    });
    let answer = trial.put(&user.at, &other).await?;
    let read = trial.get(&user.at).await?;
    for user in [&answer, &read] {
        is(user, "/email", "other@example.com")?;
        is(user, "/enabled", true)?;
        is(user, "/mfaEnabled", false)?;
        is(user, "/lifecycle/status", "ACCOUNT_OK")?;
        is(user, "/population/id", population.as_str())?;
        is_absent(user, "/title")?;
    }
    Ok(())
}

async fn enabled(trial: &Trial) -> Result<(), Stop> {
    let at = make_user(trial).await?;
    let part = format!("{at}/enabled");
    is(&trial.get(&part).await?, "/enabled", true)?;
    is(
        &trial.put(&part, &json!({"enabled": false})).await?,
        "/enabled",
        false,
    )?;
    is(&trial.get(&part).await?, "/enabled", false)?;
    is(&trial.get(&at).await?, "/enabled", false)
}

async fn moves(trial: &Trial) -> Result<(), Stop> {
    let at = make_user(trial).await?;
    let name = format!("{} another", trial.name());
    let other = trial.make("populations", &json!({"name": name})).await?.id;
    let part = format!("{at}/population");
    let moved = trial.put(&part, &json!({"id": other})).await?;
    is(&moved, "/id", other.as_str())?;
    is(&trial.get(&part).await?, "/id", other.as_str())?;
    is(&trial.get(&at).await?, "/population/id", other.as_str())
}

async fn mfa_enabled(trial: &Trial) -> Result<(), Stop> {
    let at = make_user(trial).await?;
    let part = format!("{at}/mfaEnabled");
    is(
        &trial.put(&part, &json!({"mfaEnabled": true})).await?,
        "/mfaEnabled",
        true,
    )?;
    is(&trial.get(&part).await?, "/mfaEnabled", true)?;
    is(&trial.get(&at).await?, "/mfaEnabled", true)
}

async fn lock(trial: &Trial) -> Result<(), Stop> {
    let at = make_user(trial).await?;
    let act = async |action| {
        let ask = trial.ask(Method::POST, &at).media_type(action);
        ask.answered(200).await
    };
    let locked = act("account.lock+json").await?;
    for user in [&locked, &trial.get(&at).await?] {
        is(user, "/account/status", "LOCKED")?;
        is(user, "/account/canAuthenticate", false)?;
    }
    let unlocked = act("account.unlock+json").await?;
    for user in [&unlocked, &trial.get(&at).await?] {
        is(user, "/account/status", "OK")?;
        is(user, "/account/canAuthenticate", true)?;
    }
    Ok(())
}

async fn import(trial: &Trial) -> Result<(), Stop> {
    let population = make_population(trial).await?;
    let mut body = user_in(&population, trial.name());
    set(
        &mut body,
        "password",
        json!({"value": "Windy-Meadow-97", "forceChange": true}),
    );
    set(&mut body, "enabled", json!(false));
    set(&mut body, "mfaEnabled", json!(true));
    let mut ask = trial.create("users", &body).media_type("user.import+json");
    let user = ask.answered(201).await?;
    is(&user, "/enabled", false)?;
    is(&user, "/mfaEnabled", true)?;
    is_absent(&user, "/password")?;
    let at = format!("users/{}", text(&user, "/id")?);
    let password = trial.get(&format!("{at}/password")).await?;
    is(&password, "/status", "MUST_CHANGE_PASSWORD")?;
    set(
        &mut body,
        "username",
        json!(format!("{}-weak", trial.name())),
    );
    set(&mut body, "password", json!({"value": "a"}));
    ask = trial.create("users", &body).media_type("user.import+json");
    ask.refused_for("INVALID_DATA", "INVALID_VALUE", "password")
        .await?;
    Ok(())
}

async fn mail_address(trial: &Trial) -> Result<(), Stop> {
    let population = make_population(trial).await?;
    let mut body = user_in(&population, trial.name());
    set(&mut body, "email", json!("nonsense"));
    let ask = trial.create("users", &body);
    ask.refused_for("INVALID_DATA", "INVALID_VALUE", "email")
        .await?;
    Ok(())
}

async fn links(trial: &Trial) -> Result<(), Stop> {
    let at = make_user(trial).await?;
    let user = trial.get(&at).await?;
    for relation in [
        "self",
        "environment",
        "population",
        "password",
        "roleAssignments",
    ] {
        let path = link(&user, relation)?;
        trial.ask_at(Method::GET, path).answered(200).await?;
    }
    for relation in [
        "password.set",
        "password.reset",
        "password.check",
        "password.recover",
    ] {
        let path = link(&user, relation)?;
        ensure(path.ends_with(&format!("{at}/password")), || {
            format!("`_links.{relation}` should lead to the password and leads to {path}")
        })?;
    }
    Ok(())
}
