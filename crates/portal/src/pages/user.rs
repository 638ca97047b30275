//! `/users/{id}`: what an operator can do for one user, with the operator's own permissions.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use pingone::{PasswordStatus, User};
use protocol::id::UserId;
use protocol::password_policy::{Context, PasswordPolicy};
use ui::{Flash, FormState, Layout, RuleView};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::person::{full_name, in_words, is_locked, state};
use crate::paths;
use crate::policies;
use crate::visit::{Operator, Visit};

const NEW: &str = "password";
const FORCE_CHANGE: &str = "forceChange";
const ENABLED: &str = "enabled";

#[derive(Template)]
#[template(path = "user.html")]
struct Page {
    layout: Layout,
    form: FormState,
    rules: Vec<RuleView>,
    path: String,
    profile: Vec<ProfileLine>,
    badge: &'static str,
    state: String,
    is_enabled: bool,
    is_locked: bool,
    is_own: bool,
    password: String,
}

/// A line of the profile: what it is, and its value.
struct ProfileLine {
    name: String,
    value: String,
    machine: Option<String>,
}

/// An operator and the user they look at.
struct OpenUser {
    operator: Operator,
    user: User,
}

impl OpenUser {
    async fn load(visit: &Visit, id: &str) -> Result<Self, Failure> {
        let operator = visit.operator().await?;
        let id = UserId::parse(id).map_err(|_| Failure::new(StatusCode::NOT_FOUND))?;
        match operator.management.users().load(id).await {
            Ok(user) => Ok(Self { operator, user }),
            Err(error) if error.is_not_found() => {
                Err(Failure::new(StatusCode::NOT_FOUND).detail("failure-user-unknown"))
            }
            Err(error) => Err(visit.api_failed(error).await),
        }
    }

    /// Whether this is the operator's own account.
    fn is_own(&self) -> bool {
        self.operator.subject == self.user.id.to_string()
    }

    fn path(&self) -> String {
        paths::user(self.user.id)
    }

    fn username(&self) -> String {
        self.user
            .username
            .clone()
            .unwrap_or_else(|| self.user.id.to_string())
    }

    /// Back to the user, with a message that names them.
    async fn done(&self, visit: &Visit, text_id: &str) -> Result<Response, Failure> {
        let messages = visit.portal().site().messages();
        let text = messages.format(text_id, &[("username", self.username())]);
        visit.leave(Flash::success(text)).await?;
        Ok(Redirect::to(&self.path()).into_response())
    }

    /// Back to the user with PingOne's refusal, which may be something to mend; or a page.
    async fn refused(&self, visit: &Visit, error: pingone::Error) -> Result<Response, Failure> {
        let text_id = if error.is_account_not_usable() {
            "error-account-not-usable"
        } else if error.has_no_password() {
            "error-user-has-no-password"
        } else if error.is_password_locked_out() {
            "error-user-locked-out"
        } else if error.is_rate_limited() {
            "error-too-many-mails"
        } else if let Some(problem) = error.problem_with("enabled") {
            let messages = visit.portal().site().messages();
            let text = messages.format("error-pingone", &[("message", problem)]);
            return self.refused_in_words(visit, text).await;
        } else {
            return Err(visit.api_failed(error).await);
        };
        self.refused_in_words(visit, visit.text(text_id)).await
    }

    async fn refused_in_words(&self, visit: &Visit, text: String) -> Result<Response, Failure> {
        visit.leave(Flash::danger(text)).await?;
        Ok(Redirect::to(&self.path()).into_response())
    }
}

pub(crate) async fn get(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id).await?;
    let form = FormState::new(&[NEW, FORCE_CHANGE]).with_value(FORCE_CHANGE, "true");
    show(&visit, &open, form, |policy| {
        policies::rules(visit.portal().site().messages(), policy)
    })
    .await
}

/// Sets a password; by default it has to be changed at the next sign-on.
pub(crate) async fn set_password(
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id).await?;
    if open.is_own() {
        let text = visit.text("error-own-password");
        return open.refused_in_words(&visit, text).await;
    }
    let (new, is_forced) = (fields.password(NEW), fields.is_ticked(FORCE_CHANGE));
    let ticked = if is_forced { "true" } else { "" };
    let mut form = FormState::new(&[NEW, FORCE_CHANGE]).with_value(FORCE_CHANGE, ticked);
    let messages = visit.portal().site().messages();
    if new.expose().is_empty() {
        form.set_error(NEW, visit.text("error-new-password-missing"));
        return show(&visit, &open, form, |policy| {
            policies::rules(messages, policy)
        })
        .await;
    }
    let passwords = open.operator.management.passwords(open.user.id);
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
            return open.done(&visit, done).await;
        }
        Err(error) if error.is_policy_violation() => error,
        Err(error) => return open.refused(&visit, error).await,
    };
    let unsatisfied = error.unsatisfied_requirements();
    let judge = |policy: &PasswordPolicy| {
        policies::refused(
            messages,
            policy,
            new.expose(),
            &unsatisfied,
            &Context::UNKNOWN,
        )
    };
    let policy = policy(&visit, &open).await?;
    form.set_error(NEW, ui::broken_rules(messages, &judge(&policy)));
    show(&visit, &open, form, |policy| {
        policies::rules(messages, policy)
    })
    .await
}

/// Lifts both kinds of lock: of the account, and of the password after wrong ones.
pub(crate) async fn unlock(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id).await?;
    let management = &open.operator.management;
    if is_locked(&open.user)
        && let Err(error) = management.users().unlock(open.user.id).await
    {
        return open.refused(&visit, error).await;
    }
    match management.passwords(open.user.id).unlock().await {
        Ok(_) => open.done(&visit, "flash-user-unlocked").await,
        Err(error) if error.has_no_password() => open.done(&visit, "flash-user-unlocked").await,
        Err(error) => open.refused(&visit, error).await,
    }
}

/// Enables or disables, as the form says: pressing a stale page's button twice does no harm.
pub(crate) async fn set_enabled(
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id).await?;
    let (users, enable) = (open.operator.management.users(), fields.is_ticked(ENABLED));
    if open.is_own() && !enable {
        let text = visit.text("error-own-account");
        return open.refused_in_words(&visit, text).await;
    }
    let set = if enable {
        users.enable(open.user.id).await
    } else {
        users.disable(open.user.id).await
    };
    match set {
        Ok(()) if enable => open.done(&visit, "flash-user-enabled").await,
        Ok(()) => open.done(&visit, "flash-user-disabled").await,
        Err(error) => open.refused(&visit, error).await,
    }
}

/// Mails the user a recovery code.
pub(crate) async fn send_recovery_code(
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id).await?;
    match open
        .operator
        .management
        .passwords(open.user.id)
        .send_recovery_code()
        .await
    {
        Ok(_) => open.done(&visit, "flash-code-sent").await,
        Err(error) => open.refused(&visit, error).await,
    }
}

/// The policy of the user's population.
async fn policy(visit: &Visit, open: &OpenUser) -> Result<PasswordPolicy, Failure> {
    let population = open.user.population.map(|population| population.id);
    let services = visit.services("failure-management-not-configured")?;
    Ok(services.policies.of_population(population).await?)
}

async fn show(
    visit: &Visit,
    open: &OpenUser,
    form: FormState,
    judge: impl Fn(&PasswordPolicy) -> Vec<RuleView>,
) -> Result<Response, Failure> {
    let passwords = open.operator.management.passwords(open.user.id);
    let password = match passwords.state().await {
        Ok(password) => password,
        Err(error) => return Err(visit.api_failed(error).await),
    };
    let rules = judge(&policy(visit, open).await?);
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let (state, badge) = state(visit, &open.user);
    let layout = visit.layout_titled(open.username()).await?.with_form(&form);
    let page = Page {
        layout,
        form,
        rules,
        path: open.path(),
        profile: profile(visit, &open.user),
        badge,
        state,
        is_own: open.is_own(),
        is_enabled: open.user.enabled != Some(false),
        is_locked: badge == "warning" || password.status == PasswordStatus::PasswordLockedOut,
        password: visit.text(password_text(&password.status)),
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

fn profile(visit: &Visit, user: &User) -> Vec<ProfileLine> {
    let text = |id: &str, value: Option<String>| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(ProfileLine {
            name: visit.text(id),
            value,
            machine: None,
        })
    };
    let time = |id: &str, at: Option<jiff::Timestamp>| {
        let at = at?;
        Some(ProfileLine {
            name: visit.text(id),
            value: in_words(at),
            machine: Some(at.to_string()),
        })
    };
    let profile = [
        text("user-fact-name", Some(full_name(user))),
        text("user-fact-email", user.email.clone()),
        time("user-fact-created", user.created_at),
        time(
            "user-fact-last-sign-on",
            user.last_sign_on.as_ref().map(|last| last.at),
        ),
        text("user-fact-id", Some(user.id.to_string())),
    ];
    profile.into_iter().flatten().collect()
}
