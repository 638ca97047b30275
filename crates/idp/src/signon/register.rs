//! A new account, into the environment's default population; nobody chooses another.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use protocol::id::PopulationId;
use protocol::names::{EmailAddress, is_username};
use protocol::params::FormParams;
use protocol::secret::Password;
use ui::{FormState, Layout, RuleView};
use web::Floor;

use super::{FLOOR, HostedPage, require_same, rules};
use crate::Idp;
use crate::access::allowed::find_population;
use crate::accounts::Refusal;
use crate::accounts::registration::{
    NewAccount, NewPassword, Registered, RegistrationRefusal, Verification, register_oneself,
};
use crate::interaction::Step;
use crate::interaction::policy::OffersRegistration;
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

async fn show(hosted: &HostedPage, form: FormState) -> Result<Response, PageFailure> {
    let policy = rules::default_policy(hosted).await?;
    let page = Page {
        layout: hosted.layout("register-title", "register-lead", &form),
        action: hosted.path("register"),
        back: hosted.path(""),
        rules: rules::of_a_first_password(rules::views(hosted, &policy)),
        rules_url: hosted.path("rules"),
        form: form.clone(),
    };
    Ok(hosted.show(page, &form))
}

/// Whether people may register themselves here, and which population they join, if the sign-on
/// policy says.
fn offered(idp: &Idp, hosted: &HostedPage) -> Result<Option<PopulationId>, PageFailure> {
    match &hosted.interaction.request.policy.registration {
        OffersRegistration::Here { population } if idp.settings().registration => {
            Ok(population.map(PopulationId::from_uuid))
        }
        _ => Err(PageError::NotFound.into()),
    }
}

/// Shows the form, where people may register themselves.
pub(crate) async fn get(
    State(idp): State<Idp>,
    hosted: HostedPage,
) -> Result<Response, PageFailure> {
    offered(&idp, &hosted)?;
    match hosted.interaction.step {
        Step::SignOn => show(&hosted, FormState::new(&FIELDS).with_focus("username")).await,
        _ => Ok(hosted.go_on()),
    }
}

/// Makes the account and goes on to the proof of the mail address.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let idp = hosted.idp.clone();
    let population = offered(&idp, &hosted)?;
    if !matches!(hosted.interaction.step, Step::SignOn) {
        return Ok(hosted.go_on());
    }
    idp.limits()
        .registrations
        .take(hosted.by.origin.address, hosted.now)?;
    let password = Password::new(params.text("password"));
    let (mut form, address) = filled_in(&hosted, &params);
    let Some(address) = address else {
        form.keep_new_passwords(PASSWORDS, &password);
        return show(&hosted, form).await;
    };

    // The one that the policy names may be deleted.
    let population = match population {
        Some(population) => find_population(&idp, hosted.environment.id, population).await?,
        None => None,
    };
    let population = match population {
        Some(population) => population,
        None => rules::default_population(&hosted).await?.id,
    };
    let account = NewAccount {
        verification: Verification::Required,
        password: Some(NewPassword {
            value: password.clone(),
            force_change: false,
        }),
        ..NewAccount::new(params.text("username").trim(), address.as_str(), population)
    };
    let floor = Floor::of(FLOOR);
    match register_oneself(&idp, hosted.environment.id, account, &hosted.by).await {
        Ok(registered) => {
            let turn = hosted.turn();
            let next = match &registered {
                Registered::Made(user) => turn.after_password(user, None).await?,
                Registered::HasAccount => turn.to_nobodys_verification(&address).await?,
            };
            floor.reached().await;
            return Ok(hosted.lead_to(&next));
        }
        Err(refusal) => explain(&hosted, &mut form, refusal)?,
    }
    form.keep_new_passwords(PASSWORDS, &password);
    show(&hosted, form).await
}

/// The form as somebody filled it in, and the address where nothing is wrong with the fields.
fn filled_in(hosted: &HostedPage, params: &FormParams) -> (FormState, Option<EmailAddress>) {
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
            form.set_error(field, hosted.text(text));
        }
    }
    let address = EmailAddress::parse(email);
    if !email.is_empty() && address.is_err() {
        form.set_error("email", hosted.text("register-email-invalid"));
    }
    if !username.is_empty() && !is_username(username) {
        form.set_error("username", hosted.text("register-username-invalid"));
    }
    require_same(hosted, params, "password", &mut form);
    let address = address.ok().filter(|_| !form.has_errors());
    (form, address)
}

/// Says at the field that it concerns why there is no account.
fn explain(
    hosted: &HostedPage,
    form: &mut FormState,
    refusal: RegistrationRefusal,
) -> Result<(), PageFailure> {
    let (field, text) = match refusal {
        RegistrationRefusal::UsernameIsForeignAddress => ("username", "register-username-foreign"),
        RegistrationRefusal::InvalidEmail(_) => ("email", "register-email-invalid"),
        RegistrationRefusal::InvalidUsername => ("username", "register-username-invalid"),
        RegistrationRefusal::UsernameTaken => ("username", "register-username-taken"),
        RegistrationRefusal::Refused(Refusal::Policy(evaluation)) => {
            form.set_error("password", rules::broken(hosted, &evaluation));
            return Ok(());
        }
        RegistrationRefusal::Refused(refusal) => return Err(refusal.into()),
        refusal @ (RegistrationRefusal::UnknownPopulation | RegistrationRefusal::ValueTaken(_)) => {
            return Err(PageFailure::internal(refusal));
        }
    };
    form.set_error(field, hosted.text(text));
    Ok(())
}
