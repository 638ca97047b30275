//! `/password/change`: users change their own password, with their own access token.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use pingone::management;
use protocol::id::UserId;
use protocol::password_policy::{Context, CurrentPassword, History, PasswordPolicy, ProfileData};
use protocol::secret::Password;
use ui::{Flash, FormState, Layout, RuleView};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::paths;
use crate::policies;
use crate::visit::{Visit, user_id};

/// The fields, in the order of the page.
const CURRENT: &str = "currentPassword";
const NEW: &str = "password";
const CONFIRM: &str = "confirmPassword";

#[derive(Template)]
#[template(path = "password_change.html")]
struct Page {
    layout: Layout,
    form: FormState,
    rules: Vec<RuleView>,
    /// For password managers: whose password it is.
    username: String,
}

struct Form {
    current: Password,
    new: Password,
    confirm: Password,
}

impl Form {
    fn read(fields: &Fields) -> Self {
        Self {
            current: fields.password(CURRENT),
            new: fields.password(NEW),
            confirm: fields.password(CONFIRM),
        }
    }

    /// What can be said without asking PingOne.
    fn check(&self, visit: &Visit, state: &mut FormState) {
        if self.current.expose().is_empty() {
            state.set_error(CURRENT, visit.text("change-current-missing"));
        }
        if self.new.expose().is_empty() {
            state.set_error(NEW, visit.text("change-new-missing"));
        } else if self.new.expose() != self.confirm.expose() {
            state.set_error(CONFIRM, visit.text("change-confirm-differs"));
        } else if self.new.expose() == self.current.expose() {
            state.set_error(NEW, visit.text("error-password-unchanged"));
        }
    }
}

/// The user, their view of PingOne, and the policy that holds for them.
pub(crate) struct Owner {
    management: management::Client,
    user: UserId,
    pub(crate) policy: PasswordPolicy,
}

impl Owner {
    pub(crate) async fn load(visit: &Visit) -> Result<Self, Failure> {
        let signed_on = visit.user()?;
        let services = visit.services("failure-management-not-configured")?;
        let user = user_id(signed_on)?;
        let access_token = visit.access_token(signed_on).await?;
        let management = services.management.with_access_token(access_token);
        let policy = match services.policies.of_user(&management, user).await {
            Ok(Some(policy)) => policy,
            // What PingOne may leave out; the rules are then PingOne's to tell.
            Ok(None) => PasswordPolicy::new("none"),
            Err(error) if error.is_forbidden() => {
                return Err(Failure::new(StatusCode::FORBIDDEN)
                    .detail("failure-password-scopes")
                    .caused_by(error));
            }
            Err(error) => return Err(visit.api_failed(error).await),
        };
        Ok(Self {
            management,
            user,
            policy,
        })
    }
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    let owner = Owner::load(&visit).await?;
    let rules = policies::rules(visit.portal().site().messages(), &owner.policy);
    show(
        &visit,
        FormState::new(&[CURRENT, NEW, CONFIRM]).with_focus(CURRENT),
        rules,
    )
    .await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let owner = Owner::load(&visit).await?;
    let form = Form::read(&fields);
    let mut state = FormState::new(&[CURRENT, NEW, CONFIRM]);
    form.check(&visit, &mut state);
    let messages = visit.portal().site().messages();
    let values = profile(&visit);
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let context = Context {
        profile: ProfileData::Values(&values),
        current_password: CurrentPassword::Given(form.current.expose()),
        history: History::Unknown,
    };
    let mut rules = policies::judged(messages, &owner.policy, form.new.expose(), &context);
    if !state.has_errors() {
        let changed = owner
            .management
            .passwords(owner.user)
            .reset(&form.current, &form.new)
            .await;
        match changed {
            Ok(_) => {
                // The provider may end the session with the password.
                let changed = Flash::success(visit.text("flash-password-changed"));
                visit.leave_for_sign_on(changed).await?;
                return Ok(Redirect::to(paths::HOME).into_response());
            }
            Err(error) => {
                let unsatisfied = error.unsatisfied_requirements();
                if error.is_policy_violation() {
                    let new = form.new.expose();
                    rules = policies::refused(messages, &owner.policy, new, &unsatisfied, &context);
                }
                if let Err(error) = explain(&visit, &mut state, &rules, error) {
                    return Err(visit.api_failed(error).await);
                }
            }
        }
    }
    if !state.keep_new_passwords([NEW, CONFIRM], &form.new) {
        rules = policies::rules(messages, &owner.policy);
    }
    show(&visit, state, rules).await
}

/// Each refusal with its own message, at its field. What is none of the user's making is a page.
fn explain(
    visit: &Visit,
    state: &mut FormState,
    rules: &[RuleView],
    error: pingone::Error,
) -> Result<(), pingone::Error> {
    let messages = visit.portal().site().messages();
    if error.is_policy_violation() {
        state.set_error(NEW, ui::broken_rules(messages, rules));
    } else if error.is_password_locked_out() {
        state.add_error(locked(visit, error.seconds_until_unlock()));
    } else if error.is_wrong_current_password() {
        let text = match error.failures_remaining() {
            Some(count) => {
                messages.format("error-current-password-wrong-count", &[("count", count)])
            }
            None => messages.text("change-current-wrong"),
        };
        state.set_error(CURRENT, text);
    } else if error.is_password_too_young() {
        state.add_error(messages.text("error-password-too-young"));
    } else if error.has_no_password() {
        state.add_error(messages.text("error-no-password"));
    } else {
        return Err(error);
    }
    Ok(())
}

/// How long a lockout still lasts, in minutes, rounded up.
pub(crate) fn locked(visit: &Visit, seconds: Option<u64>) -> String {
    let messages = visit.portal().site().messages();
    match seconds {
        Some(seconds) => messages.format(
            "error-password-locked-minutes",
            &[("minutes", seconds.div_ceil(60).max(1))],
        ),
        None => messages.text("error-password-locked"),
    }
}

/// What is known about the user, for the rule against passwords made of it.
pub(crate) fn profile(visit: &Visit) -> Vec<String> {
    let names = [
        "name",
        "given_name",
        "middle_name",
        "family_name",
        "nickname",
        "preferred_username",
        "email",
        "phone_number",
    ];
    let Some(user) = visit.signed_on() else {
        return Vec::new();
    };
    names
        .into_iter()
        .filter_map(|name| user.claim(name))
        .map(str::to_owned)
        .collect()
}

async fn show(visit: &Visit, form: FormState, rules: Vec<RuleView>) -> Result<Response, Failure> {
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let layout = visit.layout("password-change-title").await?;
    let layout = layout
        .with_lead(visit.text("password-change-lead"))
        .with_form(&form);
    let username = visit
        .signed_on()
        .and_then(|user| user.claim("preferred_username"));
    let username = username.unwrap_or_default().to_owned();
    Ok(visit
        .page(Page {
            layout,
            form,
            rules,
            username,
        })
        .status(status)
        .into_response())
}
