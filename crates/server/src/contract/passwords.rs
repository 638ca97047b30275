//! Passwords of users.

use pingone::{ApiError, Method};
use serde_json::{Value, json};

use super::compare::{date, is, is_absent, member, text};
use super::samples::{make_user, user_in};
use super::stop::{Stop, broken, ensure};
use super::trial::Trial;
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row!("passwords: a new user has none, and none is checked" => none),
    row!("passwords: one is set, and its state is OK" => set),
    row!("passwords: the right one is told from a wrong one" => check),
    row!("passwords: every wrong one leaves one try less" => tries),
    row!("passwords: too many wrong ones lock it, and unlocking opens it" => lock_out),
    row!("passwords: one that breaks the policy is refused with all that it breaks" => policy),
    row!("passwords: `bypassPolicy` takes one that breaks the policy" => bypass),
    row!("passwords: one may be set to be changed at once" => set_to_change),
    row!("passwords: a change is demanded of the one that is there" => force_change),
    row!("passwords: one that an administrator resets must be changed" => reset),
    row!("passwords: an empty `setValue` removes it" => remove),
    row!("passwords: the policy in force is the population's own, and is expanded" => expand),
    row!("passwords: another media type is refused with 415" => media_type),
];

const GOOD: &str = "Windy-Meadow-97";

/// A user's password.
struct Password<'t> {
    trial: &'t Trial,
    at: String,
}

impl<'t> Password<'t> {
    async fn none(trial: &'t Trial) -> Result<Self, Stop> {
        let at = format!("{}/password", make_user(trial).await?);
        Ok(Self { trial, at })
    }

    async fn good(trial: &'t Trial) -> Result<Self, Stop> {
        let password = Self::none(trial).await?;
        password
            .put("password.set+json", &json!({"value": GOOD}))
            .await?;
        Ok(password)
    }

    async fn put(&self, action: &str, body: &Value) -> Result<Value, Stop> {
        let ask = self.trial.ask(Method::PUT, &self.at).media_type(action);
        ask.json(body).answered(200).await
    }

    async fn check(&self, text: &str) -> Result<Value, Stop> {
        let ask = self.trial.ask(Method::POST, &self.at);
        let ask = ask.media_type("password.check+json");
        ask.json(&json!({"password": text})).answered(200).await
    }

    /// Has a wrong one checked, and gives how many tries remain.
    async fn fail(&self) -> Result<Option<u64>, Stop> {
        let ask = self.trial.ask(Method::POST, &self.at);
        let ask = ask.media_type("password.check+json");
        let ask = ask.json(&json!({"password": "Not-The-One-11"}));
        let error = ask
            .refused_for("INVALID_DATA", "INVALID_VALUE", "password")
            .await?;
        Ok(inner(&error, "failuresRemaining").and_then(Value::as_u64))
    }

    async fn act(&self, action: &str) -> Result<Value, Stop> {
        let ask = self.trial.ask(Method::POST, &self.at);
        ask.media_type(action).answered(200).await
    }

    async fn has_status(&self, status: &str) -> Result<(), Stop> {
        is(&self.trial.get(&self.at).await?, "/status", status)
    }
}

/// A member of the first detail's `innerError`.
fn inner<'e>(error: &'e ApiError, name: &str) -> Option<&'e Value> {
    error.details.first()?.inner_error.get(name)
}

async fn none(trial: &Trial) -> Result<(), Stop> {
    let password = Password::none(trial).await?;
    let state = trial.get(&password.at).await?;
    is(&state, "/status", "NO_PASSWORD")?;
    is_absent(&state, "/lastChangedAt")?;
    let ask = trial.ask(Method::POST, &password.at);
    let ask = ask
        .media_type("password.check+json")
        .json(&json!({"password": GOOD}));
    let error = ask.refused(400, "REQUEST_FAILED").await?;
    ensure(
        error.details.iter().any(|one| one.code == "NO_PASSWORD"),
        || format!("the check should be refused with a detail NO_PASSWORD: {error}"),
    )
}

async fn set(trial: &Trial) -> Result<(), Stop> {
    let password = Password::none(trial).await?;
    let answer = password
        .put("password.set+json", &json!({"value": GOOD}))
        .await?;
    let state = trial.get(&password.at).await?;
    for state in [&answer, &state] {
        is(state, "/status", "OK")?;
        date(state, "/lastChangedAt")?;
        is(state, "/environment/id", trial.environment())?;
        member(state, "/user/id")?;
        member(state, "/passwordPolicy/id")?;
        is_absent(state, "/value")?;
    }
    Ok(())
}

async fn check(trial: &Trial) -> Result<(), Stop> {
    let password = Password::good(trial).await?;
    is(&password.check(GOOD).await?, "/status", "OK")?;
    password.fail().await?;
    is(&password.check(GOOD).await?, "/status", "OK")
}

async fn tries(trial: &Trial) -> Result<(), Stop> {
    let password = Password::good(trial).await?;
    let (first, second) = (password.fail().await?, password.fail().await?);
    let falls = matches!((first, second), (Some(first), Some(second)) if first == second + 1);
    ensure(falls, || {
        format!("`failuresRemaining` should fall by one and was {first:?}, then {second:?}")
    })?;
    password.check(GOOD).await?;
    let afresh = password.fail().await?;
    ensure(afresh == first, || {
        format!("after the right one `failuresRemaining` should be {first:?} and is {afresh:?}")
    })
}

/// Makes a password under a policy of its own, which allows two wrong ones.
async fn guarded(trial: &Trial) -> Result<(Password<'_>, String), Stop> {
    let policy = json!({
        "name": trial.name(), "excludesCommonlyUsed": false, "excludesProfileData": false,
        "notSimilarToCurrent": false, "lockout": {"failureCount": 2, "durationSeconds": 600},
    });
    let policy = trial.make("passwordPolicies", &policy).await?.id;
    let population = json!({"name": trial.name(), "passwordPolicy": {"id": policy}});
    let population = trial.make("populations", &population).await?.id;
    let user = trial
        .make("users", &user_in(&population, trial.name()))
        .await?;
    let password = Password {
        trial,
        at: format!("{}/password", user.at),
    };
    password
        .put("password.set+json", &json!({"value": GOOD}))
        .await?;
    Ok((password, policy))
}

async fn lock_out(trial: &Trial) -> Result<(), Stop> {
    let (password, _) = guarded(trial).await?;
    password.fail().await?;
    password.fail().await?;
    password.has_status("PASSWORD_LOCKED_OUT").await?;
    is(
        &password.act("password.unlock+json").await?,
        "/status",
        "OK",
    )?;
    is(&password.check(GOOD).await?, "/status", "OK")
}

async fn policy(trial: &Trial) -> Result<(), Stop> {
    let password = Password::none(trial).await?;
    let ask = trial
        .ask(Method::PUT, &password.at)
        .media_type("password.set+json");
    let error = ask
        .json(&json!({"value": "a"}))
        .refused(400, "INVALID_DATA")
        .await?;
    let unsatisfied = inner(&error, "unsatisfiedRequirements").and_then(Value::as_array);
    let Some(unsatisfied) = unsatisfied else {
        return broken(format!(
            "the refusal should have `unsatisfiedRequirements`: {error}"
        ));
    };
    ensure(unsatisfied.contains(&json!("length")), || {
        format!("`unsatisfiedRequirements` should hold `length` and is {unsatisfied:?}")
    })?;
    for rule in unsatisfied.iter().filter_map(Value::as_str) {
        ensure(inner(&error, rule).is_some_and(Value::is_string), || {
            format!("`innerError` should say in words what `{rule}` demands")
        })?;
    }
    password.has_status("NO_PASSWORD").await
}

async fn bypass(trial: &Trial) -> Result<(), Stop> {
    let password = Password::none(trial).await?;
    let body = json!({"value": "a", "bypassPolicy": true});
    is(
        &password.put("password.set+json", &body).await?,
        "/status",
        "OK",
    )?;
    is(&password.check("a").await?, "/status", "OK")
}

async fn set_to_change(trial: &Trial) -> Result<(), Stop> {
    let password = Password::none(trial).await?;
    let body = json!({"value": GOOD, "forceChange": true});
    let answer = password.put("password.set+json", &body).await?;
    is(&answer, "/status", "MUST_CHANGE_PASSWORD")?;
    is(
        &password.check(GOOD).await?,
        "/status",
        "MUST_CHANGE_PASSWORD",
    )
}

async fn force_change(trial: &Trial) -> Result<(), Stop> {
    let password = Password::good(trial).await?;
    let answer = password.act("password.forceChange+json").await?;
    is(&answer, "/status", "MUST_CHANGE_PASSWORD")?;
    password.has_status("MUST_CHANGE_PASSWORD").await?;
    is(
        &password.check(GOOD).await?,
        "/status",
        "MUST_CHANGE_PASSWORD",
    )
}

async fn reset(trial: &Trial) -> Result<(), Stop> {
    let password = Password::good(trial).await?;
    let body = json!({"newPassword": "Quiet-Lantern-73"});
    let answer = password.put("password.reset+json", &body).await?;
    is(&answer, "/status", "MUST_CHANGE_PASSWORD")?;
    is(
        &password.check("Quiet-Lantern-73").await?,
        "/status",
        "MUST_CHANGE_PASSWORD",
    )
}

async fn remove(trial: &Trial) -> Result<(), Stop> {
    let password = Password::good(trial).await?;
    let answer = password.put("password.setValue+json", &json!({})).await?;
    is(&answer, "/status", "NO_PASSWORD")?;
    password.has_status("NO_PASSWORD").await
}

async fn expand(trial: &Trial) -> Result<(), Stop> {
    let (password, policy) = guarded(trial).await?;
    let ask = trial
        .ask(Method::GET, &password.at)
        .query("expand", "passwordPolicy");
    let state = ask.answered(200).await?;
    is(&state, "/passwordPolicy/id", policy.as_str())?;
    is(&state, "/_embedded/passwordPolicy/id", policy.as_str())?;
    is(&state, "/_embedded/passwordPolicy/lockout/failureCount", 2)?;
    text(&state, "/_links/passwordPolicy/href")?;
    Ok(())
}

async fn media_type(trial: &Trial) -> Result<(), Stop> {
    let password = Password::none(trial).await?;
    let ask = trial
        .ask(Method::PUT, &password.at)
        .media_type("password.nonsense+json");
    ask.json(&json!({"value": GOOD}))
        .refused(415, "INVALID_REQUEST")
        .await?;
    password.has_status("NO_PASSWORD").await
}
