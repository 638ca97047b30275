//! A new account, into the environment's default population; nobody chooses another.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use protocol::names::{EmailAddress, is_username};
use protocol::secret::Password;
use ui::{FormState, Layout, RuleView};
use web::Floor;

use super::{FLOOR, Visit, require_same, rules};
use crate::Idp;
use crate::accounts::Refusal;
use crate::accounts::registration::{
    NewAccount, NewPassword, Registered, RegistrationRefusal, Verification, register_oneself,
};
use crate::interaction::Step;
use crate::requests::extract::PageForm;
use crate::requests::failures::page::{PageError, PageFailure};

const FIELDS: [&str; 4] = ["username", "email", "password", "confirmPassword"];

/// Those that stay while another field has to be corrected.
const PASSWORDS: [&str; 2] = ["password", "confirmPassword"];

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

async fn show(visit: &Visit, form: FormState) -> Result<Response, PageFailure> {
    let policy = rules::default_policy(visit).await?;
    let page = Page {
        layout: visit.layout("register-title", "register-lead", &form),
        action: visit.path("register"),
        back: visit.path(""),
        rules: rules::of_a_first_password(rules::views(visit, &policy)),
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
        Step::SignOn => show(&visit, FormState::new(&FIELDS).with_focus("username")).await,
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
        .take(visit.by.origin.address, visit.now)?;
    let (username, email) = (params.text("username").trim(), params.text("email").trim());
    let password = Password::new(params.text("password"));
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
    let address = EmailAddress::parse(email);
    if !email.is_empty() && address.is_err() {
        form.set_error("email", visit.text("register-email-invalid"));
    }
    if !username.is_empty() && !is_username(username) {
        form.set_error("username", visit.text("register-username-invalid"));
    }
    require_same(&visit, &params, "password", &mut form);
    let (Ok(address), false) = (address, form.has_errors()) else {
        form.keep_new_passwords(PASSWORDS, &password);
        return show(&visit, form).await;
    };

    let population = rules::default_population(&visit).await?.id;
    let account = NewAccount {
        verification: Verification::Required,
        password: Some(NewPassword {
            value: password.clone(),
            force_change: false,
        }),
        ..NewAccount::new(username, address.as_str(), population)
    };
    let floor = Floor::of(FLOOR);
    let registered = register_oneself(&idp, visit.environment.id, account, &visit.by).await;
    match registered {
        Ok(registered) => {
            let turn = visit.turn();
            let next = match &registered {
                Registered::Made(user) => turn.after_password(user, None).await?,
                Registered::HasAccount => turn.to_nobodys_verification(&address).await?,
            };
            floor.reached().await;
            return Ok(visit.lead_to(&next));
        }
        Err(RegistrationRefusal::UsernameIsForeignAddress) => {
            form.set_error("username", visit.text("register-username-foreign"));
        }
        Err(RegistrationRefusal::InvalidEmail(_)) => {
            form.set_error("email", visit.text("register-email-invalid"));
        }
        Err(RegistrationRefusal::InvalidUsername) => {
            form.set_error("username", visit.text("register-username-invalid"));
        }
        Err(RegistrationRefusal::UsernameTaken) => {
            form.set_error("username", visit.text("register-username-taken"));
        }
        Err(RegistrationRefusal::Refused(Refusal::Policy(evaluation))) => {
            form.set_error("password", rules::broken(&visit, &evaluation));
        }
        Err(RegistrationRefusal::Refused(refusal)) => return Err(refusal.into()),
        Err(refusal @ RegistrationRefusal::UnknownPopulation) => {
            return Err(PageFailure::internal(refusal));
        }
    }
    form.keep_new_passwords(PASSWORDS, &password);
    show(&visit, form).await
}
