//! A new account, into the environment's default population; nobody chooses another.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use protocol::names::EmailAddress;
use protocol::password_policy::{
    Context, CurrentPassword, History, PasswordPolicy, ProfileData, evaluate,
};
use protocol::secret::Password;
use serde_json::{Map, Value};
use ui::{FormState, Layout, Registration, RegistrationFields, RuleView, WrongName};
use web::Floor;

use super::{FLOOR, HostedPage, require_same, rules};
use crate::Idp;
use crate::accounts::Refusal;
use crate::accounts::registration::{
    NewAccount, NewPassword, Registered, RegistrationRefusal, Verification, register_oneself,
};
use crate::api::user_attributes;
use crate::interaction::Step;
use crate::interaction::policy::OffersRegistration;
use crate::requests::extract::PageForm;
use crate::requests::failures::page::{PageError, PageFailure};

const FIELDS: [&str; 6] = [
    Registration::EMAIL,
    Registration::GIVEN_NAME,
    Registration::FAMILY_NAME,
    Registration::USERNAME,
    "password",
    "confirmPassword",
];

/// Those that stay while another field has to be corrected.
const PASSWORDS: [&str; 2] = ["password", "confirmPassword"];

#[derive(Template)]
#[template(path = "register.html")]
struct Page {
    layout: Layout,
    form: FormState,
    asks: RegistrationFields,
    action: String,
    back: String,
    rules: Vec<RuleView>,
    rules_url: String,
}

fn show(hosted: &HostedPage, policy: &PasswordPolicy, form: &FormState) -> Response {
    let page = Page {
        layout: hosted.layout("register-title", "register-lead", form),
        asks: hosted.idp.settings().registration_fields,
        action: hosted.path("register"),
        back: hosted.path(""),
        rules: rules::of_a_first_password(rules::views(hosted, policy)),
        rules_url: hosted.path("rules"),
        form: form.clone(),
    };
    hosted.show(page, form)
}

/// Whether people may register themselves here, if the sign-on policy says.
fn is_offered(idp: &Idp, hosted: &HostedPage) -> Result<(), PageFailure> {
    match &hosted.interaction.request.policy.registration {
        OffersRegistration::Here { .. } if idp.settings().registration => Ok(()),
        _ => Err(PageError::NotFound.into()),
    }
}

/// Shows the form, where people may register themselves.
pub(crate) async fn get(
    State(idp): State<Idp>,
    hosted: HostedPage,
) -> Result<Response, PageFailure> {
    is_offered(&idp, &hosted)?;
    if !matches!(hosted.interaction.step, Step::SignOn) {
        return Ok(hosted.go_on());
    }
    let (_, policy) = rules::of_newcomers(&hosted).await?;
    let form = FormState::new(&FIELDS).with_focus(Registration::EMAIL);
    Ok(show(&hosted, &policy, &form))
}

/// Makes the account and goes on to the proof of the mail address.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let idp = hosted.idp.clone();
    is_offered(&idp, &hosted)?;
    if !matches!(hosted.interaction.step, Step::SignOn) {
        return Ok(hosted.go_on());
    }
    idp.limits()
        .registrations
        .take(hosted.by.origin.address, hosted.now)?;
    let (population, policy) = rules::of_newcomers(&hosted).await?;
    let password = Password::new(params.text("password"));
    let who = Registration::read(idp.settings().registration_fields, |name| {
        params.text(name).to_owned()
    });
    let mut form = who.shown(FormState::new(&FIELDS));
    who.check(hosted.texts(), &mut form);
    let attributes = with_name(&hosted, &who, Map::new(), &mut form).await?;
    // Before anybody is looked up, so that a known address is judged as an unknown one is.
    judge(&hosted, &policy, &password, &who, &mut form);
    require_same(&hosted, &params, "password", &mut form);
    let address = EmailAddress::parse(who.email()).ok();
    let Some(address) = address.filter(|_| !form.has_errors()) else {
        form.keep_new_passwords(PASSWORDS, &password);
        return Ok(show(&hosted, &policy, &form));
    };

    let username = if who.has_address_as_name() {
        address.as_str()
    } else {
        who.username()
    };
    let account = NewAccount {
        verification: Verification::Required,
        password: Some(NewPassword {
            value: password.clone(),
            force_change: false,
        }),
        attributes,
        ..NewAccount::new(username, address.as_str(), population)
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
        Err(refusal) => explain(&hosted, &who, &mut form, refusal)?,
    }
    form.keep_new_passwords(PASSWORDS, &password);
    Ok(show(&hosted, &policy, &form))
}

/// Says at its field what is wrong with the password.
fn judge(
    hosted: &HostedPage,
    policy: &PasswordPolicy,
    password: &Password,
    who: &Registration,
    form: &mut FormState,
) {
    if password.expose().is_empty() {
        form.set_error("password", hosted.text("register-password-missing"));
        return;
    }
    let values = who.values();
    let context = Context {
        profile: ProfileData::Values(&values),
        current_password: CurrentPassword::Unknown,
        history: History::Clear,
    };
    let judged = evaluate(policy, password.expose(), &context);
    if !judged.is_acceptable() {
        form.set_error("password", rules::broken(hosted, &judged));
    }
}

/// The attributes of a person with the name that was typed, as far as users have one here; what
/// breaks a rule is said at its field.
pub(super) async fn with_name(
    hosted: &HostedPage,
    who: &Registration,
    attributes: Map<String, Value>,
    form: &mut FormState,
) -> Result<Map<String, Value>, PageFailure> {
    let schemas = hosted.idp.user_schemas();
    let schema = schemas.of(hosted.environment.id, hosted.now).await?;
    let mut named = attributes;
    for (field, member, value) in [
        (Registration::GIVEN_NAME, "given", who.given_name()),
        (Registration::FAMILY_NAME, "family", who.family_name()),
    ] {
        let value = value.map_or(Value::Null, Value::from);
        let value = Value::Object(Map::from_iter([(member.to_owned(), value)]));
        let body = Map::from_iter([("name".to_owned(), value)]);
        match user_attributes::merge(named.clone(), &body, &schema) {
            Ok(merged) => named = merged,
            Err(_) => form.set_error(field, hosted.text("register-name-invalid")),
        }
    }
    Ok(named)
}

/// Says at the field that it concerns why there is no account.
fn explain(
    hosted: &HostedPage,
    who: &Registration,
    form: &mut FormState,
    refusal: RegistrationRefusal,
) -> Result<(), PageFailure> {
    match refusal {
        RegistrationRefusal::Refused(Refusal::Policy(evaluation)) => {
            form.set_error("password", rules::broken(hosted, &evaluation));
            Ok(())
        }
        refusal => explain_names(hosted, who, form, refusal),
    }
}

/// The same for what is wrong with names.
pub(super) fn explain_names(
    hosted: &HostedPage,
    who: &Registration,
    form: &mut FormState,
    refusal: RegistrationRefusal,
) -> Result<(), PageFailure> {
    let wrong = match refusal {
        RegistrationRefusal::InvalidEmail(_) => {
            form.set_error(Registration::EMAIL, hosted.text("register-email-invalid"));
            return Ok(());
        }
        RegistrationRefusal::InvalidUsername => WrongName::Invalid,
        RegistrationRefusal::UsernameIsForeignAddress => WrongName::Foreign,
        RegistrationRefusal::UsernameTaken => WrongName::Taken,
        RegistrationRefusal::Refused(refusal) => return Err(refusal.into()),
        refusal @ (RegistrationRefusal::UnknownPopulation | RegistrationRefusal::ValueTaken(_)) => {
            return Err(PageFailure::internal(refusal));
        }
    };
    who.refuse_name(wrong, hosted.texts(), form);
    Ok(())
}
