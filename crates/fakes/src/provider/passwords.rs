//! The password endpoints of a user, with PingOne's refusals.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use protocol::password_policy::{Context, PasswordPolicy, evaluate};
use protocol::pingone::media_type;
use serde_json::{Value, json};

use super::access::{ByOthers, ByThemselves};
use super::answer::{api_error, json_answer};
use super::world::Person;
use super::{ENVIRONMENT, Provider};

pub(super) fn routes() -> Router<Provider> {
    Router::new().route(
        &format!("/v1/environments/{ENVIRONMENT}/users/{{id}}/password"),
        get(password_state).put(put_password).post(post_password),
    )
}

/// PingOne's answer to a password that breaks the policy.
pub(super) fn judge(password: &str, target: &str) -> Result<(), Box<Response>> {
    let evaluation = evaluate(&PasswordPolicy::standard(), password, &Context::UNKNOWN);
    if evaluation.is_acceptable() {
        return Ok(());
    }
    let detail = json!([{"code": "INVALID_VALUE", "target": target,
        "message": "New password did not satisfy password policy requirements",
        "innerError": evaluation.to_inner_error()}]);
    Err(Box::new(api_error(400, "INVALID_DATA", &detail)))
}

fn state(person: &Person) -> Value {
    json!({
        "environment": {"id": ENVIRONMENT},
        "user": {"id": person.id},
        "lastChangedAt": person.password_set_at,
        "status": if person.must_change { "MUST_CHANGE_PASSWORD" } else { "OK" },
        "_embedded": {"passwordPolicy": PasswordPolicy::standard()},
    })
}

async fn password_state(ByThemselves(asked): ByThemselves) -> Response {
    json_answer(200, &state(&asked.person()))
}

async fn put_password(
    ByThemselves(asked): ByThemselves,
    headers: HeaderMap,
    body: String,
) -> Response {
    let content_type = headers["content-type"].to_str().unwrap().to_owned();
    let body: Value = serde_json::from_str(&body).unwrap();
    let person = asked.person();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    if media_type::is(&content_type, media_type::PASSWORD_SET) {
        if let Err(refusal) = judge(&text("value"), "value") {
            return *refusal;
        }
        asked.change(|person| {
            person.password = text("value");
            person.must_change = body["forceChange"] == true;
        });
        return json_answer(200, &state(&asked.person()));
    }
    assert!(media_type::is(&content_type, media_type::PASSWORD_RESET));
    if person.failures >= 5 {
        let detail = json!([{"code": "PASSWORD_LOCKED_OUT", "message": "locked",
            "innerError": {"secondsUntilUnlock": 840}}]);
        return api_error(400, "REQUEST_FAILED", &detail);
    }
    if text("currentPassword") != person.password {
        asked.change(|person| person.failures += 1);
        let detail = json!([{"code": "INVALID_VALUE", "target": "currentPassword",
            "message": "The provided password did not match provisioned password",
            "innerError": {"failuresRemaining": 4 - person.failures}}]);
        return api_error(400, "INVALID_DATA", &detail);
    }
    if asked.provider.world().changed_too_young {
        let detail = json!([{"code": "PASSWORD_TOO_YOUNG", "message": "too young"}]);
        return api_error(400, "REQUEST_FAILED", &detail);
    }
    if let Err(refusal) = judge(&text("newPassword"), "newPassword") {
        return *refusal;
    }
    if person.history.contains(&text("newPassword")) {
        let detail = json!([{"code": "INVALID_VALUE", "target": "newPassword",
            "message": "New password did not satisfy password policy requirements",
            "innerError": {"unsatisfiedRequirements": ["history"], "history": "used before"}}]);
        return api_error(400, "INVALID_DATA", &detail);
    }
    asked.change(|person| {
        person.history.push(person.password.clone());
        person.password = text("newPassword");
        person.failures = 0;
    });
    json_answer(200, &state(&person))
}

async fn post_password(ByOthers(asked): ByOthers, headers: HeaderMap, body: String) -> Response {
    let content_type = headers["content-type"].to_str().unwrap().to_owned();
    let person = asked.person();
    if media_type::is(&content_type, media_type::PASSWORD_UNLOCK) {
        asked.change(|person| person.failures = 0);
        return json_answer(200, &state(&person));
    }
    if media_type::is(&content_type, media_type::PASSWORD_SEND_RECOVERY_CODE) {
        if !person.enabled {
            let detail = json!([{"code": "ACCOUNT_NOT_USABLE", "message": "disabled"}]);
            return api_error(400, "REQUEST_FAILED", &detail);
        }
        let is_stuck = asked.provider.world().codes_are_stuck;
        if is_stuck {
            std::future::pending::<()>().await;
        }
        let code = asked
            .provider
            .world()
            .fresh("code")
            .to_uppercase()
            .chars()
            .rev()
            .take(8)
            .collect();
        asked.change(|person| person.code = Some((code, 0)));
        return json_answer(200, &state(&person));
    }
    assert!(media_type::is(&content_type, media_type::PASSWORD_RECOVER));
    let body: Value = serde_json::from_str(&body).unwrap();
    let is_right = person
        .code
        .as_ref()
        .is_some_and(|(code, tries)| *tries < 5 && body["recoveryCode"] == **code);
    if !is_right {
        asked.change(|person| {
            if let Some((_, tries)) = &mut person.code {
                *tries += 1;
            }
        });
        let detail = json!([{"code": "INVALID_VALUE", "target": "recoveryCode",
            "message": "The provided password recovery code was invalid or expired"}]);
        return api_error(400, "INVALID_DATA", &detail);
    }
    let new = body["newPassword"].as_str().unwrap().to_owned();
    if let Err(refusal) = judge(&new, "newPassword") {
        return *refusal;
    }
    asked.change(|person| {
        person.password = new;
        person.code = None;
    });
    json_answer(200, &state(&person))
}
