//! `/register`: a new user, with the password, in one call.
//!
//! Whoever registers does not learn whether an address is known: one that has an account is answered
//! as for success, makes no second account, and its owner gets a mail.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use pingone::{Name, NewUser};
use protocol::names::EmailAddress;
use protocol::password_policy::{Context, CurrentPassword, History, PasswordPolicy, ProfileData};
use protocol::secret::Password;
use ui::{
    Choice, FormState, Layout, Registration, RegistrationFields, RuleView, Verdict, WrongName,
};
use web::Floor;

use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::registered::NewlyRegistered;
use crate::paths;
use crate::policies;
use crate::populations::Chosen;
use crate::recovery::Recovery;
use crate::state::Services;
use crate::visit::Visit;

const POPULATION: &str = "population";
const NEW: &str = "password";
const CONFIRM: &str = "confirmPassword";

/// All fields, in the order of the page.
const FIELDS: [&str; 7] = [
    Registration::EMAIL,
    Registration::GIVEN_NAME,
    Registration::FAMILY_NAME,
    Registration::USERNAME,
    POPULATION,
    NEW,
    CONFIRM,
];

#[derive(Template)]
#[template(path = "register.html")]
struct Page {
    layout: Layout,
    form: FormState,
    asks: RegistrationFields,
    /// What is sent to the address; empty where nothing is.
    email_hint: String,
    rules: Vec<RuleView>,
    choices: Vec<Choice>,
    can_sign_on: bool,
}

struct Form {
    who: Registration,
    picked: String,
    new: Password,
    confirm: Password,
}

impl Form {
    fn read(asks: RegistrationFields, fields: &Fields) -> Self {
        Self {
            who: Registration::read(asks, |name| fields.line(name)),
            picked: fields.line(POPULATION),
            new: fields.password(NEW),
            confirm: fields.password(CONFIRM),
        }
    }

    /// What was typed, except passwords: whether they stay is known when all is judged.
    fn state(&self) -> FormState {
        let state = FormState::new(&FIELDS).with_value(POPULATION, self.picked.clone());
        self.who.shown(state)
    }

    /// What can be said without asking PingOne.
    fn check(&self, visit: &Visit, state: &mut FormState) {
        self.who.check(visit.portal().site().messages(), state);
        if self.new.expose().is_empty() {
            state.set_error(NEW, visit.text("register-password-missing"));
        } else if self.new.expose() != self.confirm.expose() {
            state.set_error(CONFIRM, visit.text("change-confirm-differs"));
        }
    }

    fn user(&self, visit: &Visit, chosen: Chosen) -> NewUser {
        let email = address(&self.who);
        let username = if self.who.has_address_as_name() {
            email.clone()
        } else {
            self.who.username().to_owned()
        };
        let mut user = NewUser::new(username, email).password(self.new.clone());
        if let Chosen::Population(Some(population)) = chosen {
            user = user.population(population);
        }
        if let Some(name) = name(&self.who) {
            user = user.name(name);
        }
        if visit.settings().registration.verify_email {
            user.verification_required()
        } else {
            user
        }
    }
}

/// The address in the form in which addresses are kept.
pub(crate) fn address(who: &Registration) -> String {
    let address = EmailAddress::parse(who.email());
    address.map_or_else(|_| who.email().to_owned(), |address| address.to_string())
}

/// The person's name, if any part of it was typed.
pub(crate) fn name(who: &Registration) -> Option<Name> {
    let mut name = Name::new();
    name.given = who.given_name().map(str::to_owned);
    name.family = who.family_name().map(str::to_owned);
    (name != Name::default()).then_some(name)
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    require_enabled(&visit)?;
    let policy = policy(&visit, "").await?;
    let rules = policies::rules(visit.portal().site().messages(), &policy);
    show(
        &visit,
        FormState::new(&FIELDS).with_focus(Registration::EMAIL),
        rules,
    )
    .await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    require_enabled(&visit)?;
    let services = visit.services("failure-registration-not-configured")?;
    let asks = visit.settings().registration.fields;
    let form = Form::read(asks, &fields);
    let mut state = form.state();
    form.check(&visit, &mut state);
    let chosen = choose_population(&visit, services, &form, &mut state).await?;
    let messages = visit.portal().site().messages();
    let policy = policy(&visit, &form.picked).await?;
    let values = form.who.values();
    let context = Context {
        profile: ProfileData::Values(&values),
        current_password: CurrentPassword::Unknown,
        history: History::Clear,
    };
    let mut rules = policies::judged(messages, &policy, form.new.expose(), &context);
    // Before anybody is looked up, so that a known address is judged as an unknown one is.
    if rules
        .iter()
        .any(|rule| rule.verdict == Verdict::Unsatisfied)
    {
        state.set_error(NEW, ui::broken_rules(messages, &rules));
    }
    let floor = Floor::of(visit.settings().limits.recovery_floor);
    if !state.has_errors() {
        let done = create_or_remind(&visit, services, &form, chosen, &mut state).await?;
        let recovery = match done {
            Ok(recovery) => Some(recovery),
            Err(error) => {
                let unsatisfied = error.unsatisfied_requirements();
                if error.is_policy_violation() {
                    let new = form.new.expose();
                    rules = policies::refused(messages, &policy, new, &unsatisfied, &context);
                }
                explain(&visit, &form.who, &mut state, &rules, &error);
                if !state.has_errors() {
                    return Err(error.into());
                }
                None
            }
        };
        floor.reached().await;
        if let Some(recovery) = recovery.filter(|_| !state.has_errors()) {
            return registered(&visit, &form.who, &recovery).await;
        }
    }
    if !state.keep_new_passwords([NEW, CONFIRM], &form.new) {
        rules = policies::rules(messages, &policy);
    }
    show(&visit, state, rules).await
}

/// The population that the account belongs to, by what was picked or by the address.
async fn choose_population(
    visit: &Visit,
    services: &Services,
    form: &Form,
    state: &mut FormState,
) -> Result<Chosen, Failure> {
    let populations = &services.populations;
    let chosen = populations.choose(&form.picked, form.who.email()).await?;
    match chosen {
        Chosen::Population(_) => {}
        Chosen::NotOffered => {
            state.set_error(POPULATION, visit.text("error-population-not-offered"));
        }
        Chosen::NoneForDomain => {
            state.set_error(Registration::EMAIL, visit.text("error-email-domain"));
        }
    }
    Ok(chosen)
}

/// Makes the account; where somebody has proven the address, they are mailed instead, and nothing of
/// the answer tells so. Gives the recovery that the mail's code belongs to, which is nobody's for a new
/// account; or what PingOne refuses.
async fn create_or_remind(
    visit: &Visit,
    services: &Services,
    form: &Form,
    chosen: Chosen,
    state: &mut FormState,
) -> Result<Result<Recovery, pingone::Error>, Failure> {
    // Before it is known who is meant, so that a full house looks the same for everybody.
    let place = services.recoveries.place()?;
    let users = services.management.users();
    let (email, who) = (form.who.email(), &form.who);
    let owners = users.find_for_recovery(email).await?;
    if owners.is_empty() {
        return Ok(match users.create(&form.user(visit, chosen)).await {
            Ok(_) => Ok(Recovery::of(email, &[])),
            // Somebody was quicker with the same address, and has the mail.
            Err(error) if error.is_taken("username") && who.has_address_as_name() => {
                Ok(Recovery::of(email, &[]))
            }
            Err(error) => Err(error),
        });
    }
    check_for_nobody(visit, who, state).await?;
    let recovery = Recovery::of(email, &owners);
    if !state.has_errors() {
        services.recoveries.remind(&recovery, place);
    }
    Ok(Ok(recovery))
}

/// Judges what PingOne would judge, for a registration that makes no account because its address has
/// one: whoever registers must not learn that from a name that is taken all the same.
async fn check_for_nobody(
    visit: &Visit,
    who: &Registration,
    state: &mut FormState,
) -> Result<(), Failure> {
    let services = visit.services("failure-registration-not-configured")?;
    // The address itself as a username is the address once more.
    if !who.has_address_as_name() {
        let users = services.management.users();
        let named = users.find_by_username_or_email(who.username()).await?;
        if named.is_some() {
            let text = visit.text("register-username-taken");
            state.set_error(Registration::USERNAME, text);
        }
    }
    Ok(())
}

/// Leads to the page that says how to go on. A code that the mail brings to somebody who has an account
/// already is good for a new password.
async fn registered(
    visit: &Visit,
    who: &Registration,
    recovery: &Recovery,
) -> Result<Response, Failure> {
    let session = visit.session();
    recovery.save(session).await.map_err(Failure::session)?;
    let newly = NewlyRegistered::new(address(who), who.username());
    newly.save(session).await.map_err(Failure::session)?;
    Ok(Redirect::to(paths::REGISTERED).into_response())
}

/// Each refusal at its field. What is none of the visitor's making has none.
pub(crate) fn explain(
    visit: &Visit,
    who: &Registration,
    state: &mut FormState,
    rules: &[RuleView],
    error: &pingone::Error,
) {
    let messages = visit.portal().site().messages();
    if error.is_policy_violation() {
        state.set_error(NEW, ui::broken_rules(messages, rules));
    }
    if error.is_taken("username") {
        who.refuse_name(WrongName::Taken, messages, state);
    }
    let fields = [
        ("username", who.username_field()),
        ("email", Registration::EMAIL),
        ("name.given", Registration::GIVEN_NAME),
        ("name.family", Registration::FAMILY_NAME),
        ("password", NEW),
    ];
    for (target, field) in fields {
        if let Some(problem) = error.problem_with(target) {
            state.set_error(
                field,
                messages.format("error-pingone", &[("message", problem)]),
            );
        }
    }
}

fn require_enabled(visit: &Visit) -> Result<(), Failure> {
    if visit.settings().registration.enabled {
        return Ok(());
    }
    Err(Failure::not_configured("failure-registration-disabled"))
}

/// The policy for this pick; before anything is picked, that of the first choice.
async fn policy(visit: &Visit, picked: &str) -> Result<PasswordPolicy, Failure> {
    let services = visit.services("failure-registration-not-configured")?;
    let picked = if picked.is_empty() { "1" } else { picked };
    let chosen = services.populations.choose(picked, "").await?;
    let population = match chosen {
        Chosen::Population(population) => population,
        Chosen::NotOffered | Chosen::NoneForDomain => None,
    };
    Ok(services.policies.of_population(population).await?)
}

async fn show(
    visit: &Visit,
    form: FormState,
    mut rules: Vec<RuleView>,
) -> Result<Response, Failure> {
    // A new user has no earlier password to compare with.
    rules.retain(|rule| !["history", "notSimilarToCurrent"].contains(&rule.id.as_str()));
    let services = visit.services("failure-registration-not-configured")?;
    let choices = services.populations.choices().await?;
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let layout = visit.layout("register-title").await?;
    let settings = &visit.settings().registration;
    let page = Page {
        layout: layout.with_form(&form),
        form,
        asks: settings.fields,
        email_hint: if settings.verify_email {
            visit.text("register-email-hint")
        } else {
            String::new()
        },
        rules,
        choices,
        can_sign_on: visit.portal().sign_on().is_some() && visit.signed_on().is_none(),
    };
    Ok(visit.page(page).status(status).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_typed_comes_back_and_passwords_only_when_all_is_judged() {
        let fields = Fields::parse(
            "username=ada&email=ada%40example.com&givenName=Ada&familyName=Lovelace\
             &population=1&password=Sunny-Harbour-42&confirmPassword=Sunny-Harbour-42",
        );
        let state = Form::read(RegistrationFields::default(), &fields).state();
        let values: Vec<_> = FIELDS.iter().map(|name| state.value(name)).collect();
        assert_eq!(
            values,
            ["ada@example.com", "Ada", "Lovelace", "ada", "1", "", ""]
        );
    }
}
