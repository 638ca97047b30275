//! A new account, into the environment's default population; nobody chooses another.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use protocol::password_policy::Evaluation;
use protocol::secret::Password;
use ui::{FormState, Layout, RuleView};

use super::{Visit, after_password, require_same, rules};
use crate::Idp;
use crate::accounts::Refusal;
use crate::accounts::registration::{
    NewAccount, NewPassword, RegistrationRefusal, Verification, is_email, is_username, register,
};
use crate::audit::Actor;
use crate::interaction::Step;
use crate::web::extract::PageForm;
use crate::web::failures::page::{PageError, PageFailure};

const FIELDS: [&str; 4] = ["username", "email", "password", "confirmPassword"];

#[derive(Template)]
#[template(path = "register.html")]
struct Page {
    layout: Layout,
    form: FormState,
    action: String,
    back: String,
    rules: Vec<RuleView>,
    rules_url: String,
}

async fn show(
    visit: &Visit,
    form: FormState,
    judged: Option<&Evaluation>,
) -> Result<Response, PageFailure> {
    let policy = rules::default_policy(visit).await?;
    let page = Page {
        layout: visit.layout("register-title", "register-lead", &form),
        action: visit.path("register"),
        back: visit.path(""),
        rules: rules::of_a_first_password(rules::views(visit, &policy, judged)),
        rules_url: visit.path("rules"),
        form: form.clone(),
    };
    Ok(visit.show(page, &form))
}

/// Shows the form, where people may register themselves.
pub(crate) async fn get(State(idp): State<Idp>, visit: Visit) -> Result<Response, PageFailure> {
    if !idp.settings().registration {
        return Err(PageError::NotFound.into());
    }
    match visit.interaction.step {
        Step::SignOn => show(&visit, FormState::new(&FIELDS).with_focus("username"), None).await,
        _ => Ok(visit.go_on()),
    }
}

/// Makes the account and goes on to the proof of the mail address.
pub(crate) async fn post(
    visit: Visit,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let idp = visit.idp.clone();
    if !idp.settings().registration {
        return Err(PageError::NotFound.into());
    }
    if !matches!(visit.interaction.step, Step::SignOn) {
        return Ok(visit.go_on());
    }
    idp.limits()
        .registrations
        .take(visit.origin.address, visit.now)?;
    let (username, email) = (params.text("username").trim(), params.text("email").trim());
    let mut form = FormState::new(&FIELDS)
        .with_value("username", username)
        .with_value("email", email);
    for (field, value, text) in [
        ("username", username, "register-username-missing"),
        ("email", email, "register-email-missing"),
        (
            "password",
            params.text("password"),
            "register-password-missing",
        ),
    ] {
        if value.is_empty() {
            form.set_error(field, visit.text(text));
        }
    }
    if !email.is_empty() && !is_email(email) {
        form.set_error("email", visit.text("register-email-invalid"));
    }
    if !username.is_empty() && !is_username(username) {
        form.set_error("username", visit.text("register-username-invalid"));
    }
    require_same(&visit, &params, "password", &mut form);
    if form.has_errors() {
        return show(&visit, form, None).await;
    }

    let population = rules::default_population(&visit).await?.id;
    let account = NewAccount {
        verification: Verification::Required,
        password: Some(NewPassword {
            value: Password::new(params.text("password")),
            force_change: false,
        }),
        ..NewAccount::new(username, email, population)
    };
    let (environment, now) = (visit.environment.id, visit.now);
    let made = register(
        &idp,
        environment,
        account,
        Actor::Nobody,
        &visit.origin,
        now,
    )
    .await;
    let mut judged = None;
    match made {
        Ok(user) => return after_password(visit, &user, None).await,
        Err(RegistrationRefusal::InvalidEmail) => {
            form.set_error("email", visit.text("register-email-invalid"));
        }
        Err(RegistrationRefusal::InvalidUsername) => {
            form.set_error("username", visit.text("register-username-invalid"));
        }
        Err(RegistrationRefusal::UsernameTaken) => {
            form.set_error("username", visit.text("register-username-taken"));
        }
        Err(RegistrationRefusal::Refused(Refusal::Policy(evaluation))) => {
            form.set_error("password", visit.text("change-policy"));
            judged = Some(evaluation);
        }
        Err(RegistrationRefusal::Refused(refusal)) => return Err(refusal.into()),
        Err(refusal @ RegistrationRefusal::UnknownPopulation) => {
            return Err(PageFailure::internal(refusal));
        }
    }
    show(&visit, form, judged.as_deref()).await
}
