//! `/users/{id}`: what an operator can do for one user, with the operator's own permissions.

pub(crate) mod actions;
pub(crate) mod create;
pub(crate) mod deletion;
pub(crate) mod edit;
mod open;

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use pingone::{PasswordStatus, User};
use protocol::password_policy::{Context, PasswordPolicy};
use serde_json::Value;
use ui::{FormState, Layout, RuleView};

use self::open::OpenUser;
use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::device;
use crate::pages::person::{Badge, When, Zone, attribute, badges, full_name, is_locked};
use crate::pages::profile::MOBILE;
use crate::paths;
use crate::policies;
use crate::visit::Visit;

const NEW: &str = "password";
const FORCE_CHANGE: &str = "forceChange";

#[derive(Template)]
#[template(path = "user.html")]
struct Page {
    layout: Layout,
    form: FormState,
    rules: Vec<RuleView>,
    to: Addresses,
    profile: Vec<ProfileLine>,
    badges: Vec<Badge>,
    is_own: bool,
    password: String,
    activity_path: String,
    /// Absent where the environment does not tell, and for the operator's own.
    sessions: Option<Vec<Session>>,
}

/// Where the forms and links of the page lead, as far as there is something to be done; all of them
/// come back to the operator's search.
struct Addresses {
    edit: Option<String>,
    delete: Option<String>,
    password: Option<String>,
    unlock: Option<String>,
    enable: Option<String>,
    disable: Option<String>,
    recovery: String,
    verification: Option<String>,
    end_session: String,
    end_sessions: String,
    list: String,
}

/// A line of the profile: what it is, and its value.
struct ProfileLine {
    name: String,
    value: String,
    when: Option<When>,
}

/// A browser in which the user is signed on.
struct Session {
    id: String,
    device: String,
    address: Option<String>,
    seen: When,
}

pub(crate) async fn get(open: OpenUser) -> Result<Response, Failure> {
    let form = FormState::new(&[NEW, FORCE_CHANGE]).with_value(FORCE_CHANGE, "true");
    show(&open, form).await
}

/// Sets a password; by default it has to be changed at the next sign-on.
pub(crate) async fn set_password(open: OpenUser, fields: Fields) -> Result<Response, Failure> {
    open.require_another("error-own-password").await?;
    let (new, is_forced) = (fields.password(NEW), fields.is_ticked(FORCE_CHANGE));
    let ticked = if is_forced { "true" } else { "" };
    let mut form = FormState::new(&[NEW, FORCE_CHANGE]).with_value(FORCE_CHANGE, ticked);
    if new.expose().is_empty() {
        form.set_error(NEW, open.visit.text("change-new-missing"));
        return show(&open, form).await;
    }
    let passwords = open.passwords();
    let set = if is_forced {
        passwords.set_and_force_change(&new).await
    } else {
        passwords.set(&new).await
    };
    let error = match set {
        Ok(_) => {
            let done = if is_forced {
                "flash-password-set-forced"
            } else {
                "flash-password-set"
            };
            return open.done(done).await;
        }
        Err(error) if error.is_policy_violation() => error,
        Err(error) => return Err(open.refused(error).await),
    };
    let (policy, unsatisfied) = (policy(&open).await?, error.unsatisfied_requirements());
    let messages = open.visit.portal().site().messages();
    let (new, unknown) = (new.expose(), Context::UNKNOWN);
    let judged = policies::refused(messages, &policy, new, &unsatisfied, &unknown);
    form.set_error(NEW, ui::broken_rules(messages, &judged));
    show(&open, form).await
}

/// The policy of the user's population.
async fn policy(open: &OpenUser) -> Result<PasswordPolicy, Failure> {
    let population = open.user.population.map(|population| population.id);
    let services = open.visit.services("failure-management-not-configured")?;
    Ok(services.policies.of_population(population).await?)
}

async fn show(open: &OpenUser, form: FormState) -> Result<Response, Failure> {
    let visit = &open.visit;
    let password = match open.passwords().state().await {
        Ok(password) => password,
        Err(error) => return Err(visit.api_failed(error).await),
    };
    let rules = policies::rules(visit.portal().site().messages(), &policy(open).await?);
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let sessions = sessions(open).await?;
    let is_locked = is_locked(&open.user) || password.status == PasswordStatus::PasswordLockedOut;
    let layout = visit.layout_titled(open.username()).await?.with_form(&form);
    let page = Page {
        layout,
        form,
        rules,
        to: addresses(open, is_locked),
        profile: profile(visit, &open.user),
        badges: badges(visit, &open.user),
        is_own: open.is_own(),
        sessions,
        password: visit.text(password_text(&password.status)),
        activity_path: paths::activity_of(&open.username()),
    };
    Ok(visit.page(page).status(status).into_response())
}

fn password_text(status: &PasswordStatus) -> &'static str {
    match status {
        PasswordStatus::External => "password-state-external",
        PasswordStatus::MustChangePassword => "password-state-must-change",
        PasswordStatus::NoPassword => "password-state-none",
        PasswordStatus::Ok => "password-state-ok",
        PasswordStatus::PasswordExpired => "password-state-expired",
        PasswordStatus::PasswordLockedOut => "password-state-locked-out",
        _ => "password-state-other",
    }
}

fn addresses(open: &OpenUser, is_locked: bool) -> Addresses {
    let offered = |is_offered: bool, part: &str| is_offered.then(|| open.path_of(part));
    let (is_other, is_enabled) = (!open.is_own(), open.user.enabled != Some(false));
    Addresses {
        edit: offered(is_other, "/edit"),
        delete: offered(is_other, "/delete"),
        password: offered(is_other, "/password"),
        unlock: offered(is_locked, "/unlock"),
        enable: offered(!is_enabled, "/enabled"),
        disable: offered(is_enabled && is_other, "/enabled"),
        recovery: open.path_of("/recovery-code"),
        verification: offered(open.user.email_verified != Some(true), "/verification-code"),
        end_session: open.path_of("/sessions/end"),
        end_sessions: open.path_of("/sessions/end-all"),
        list: open.search.address(),
    }
}

/// Where the user is signed on, as far as the operator may see it.
async fn sessions(open: &OpenUser) -> Result<Option<Vec<Session>>, Failure> {
    let visit = &open.visit;
    if open.is_own() {
        return Ok(None);
    }
    let sessions = open.operator.management.sessions(open.user.id);
    let all = match sessions.list().all().await {
        Ok(all) => all,
        Err(error) if error.is_forbidden() || error.is_not_found() => return Ok(None),
        Err(error) => return Err(visit.api_failed(error).await),
    };
    let zone = Zone::of(None, visit.signed_on());
    let shown = all.into_iter().map(|one| {
        let last = one.further.get("lastSignOn");
        let address = last.and_then(|last| last.get("remoteIp"));
        Session {
            id: one.id.to_string(),
            device: device::in_words(visit, one.user_agent.as_deref()),
            address: address.and_then(Value::as_str).map(str::to_owned),
            seen: zone.when(one.active_at.unwrap_or(one.created_at)),
        }
    });
    Ok(Some(shown.collect()))
}

fn profile(visit: &Visit, user: &User) -> Vec<ProfileLine> {
    let zone = Zone::of(None, visit.signed_on());
    let text = |id: &str, value: Option<String>| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(ProfileLine {
            name: visit.text(id),
            value,
            when: None,
        })
    };
    let time = |id: &str, at: Option<jiff::Timestamp>| {
        Some(ProfileLine {
            name: visit.text(id),
            value: String::new(),
            when: Some(zone.when(at?)),
        })
    };
    let confirmed = match user.email_verified {
        Some(true) => "claim-value-yes",
        Some(false) | None => "claim-value-no",
    };
    let last = user.last_sign_on.as_ref().map(|last| last.at);
    let profile = [
        text("user-fact-name", Some(full_name(user))),
        text("register-email", user.email.clone()),
        text("claim-email_verified", Some(visit.text(confirmed))),
        text("register-username", user.username.clone()),
        text(
            "label-mobile-phone",
            attribute(user, MOBILE).map(str::to_owned),
        ),
        time("user-fact-created", user.created_at),
        time("user-fact-last-sign-on", last),
        text("user-fact-id", Some(user.id.to_string())),
    ];
    profile.into_iter().flatten().collect()
}
