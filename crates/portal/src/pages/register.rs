//! `/register`: a new user, with the password, in one call.
//!
//! Whoever registers does not learn whether an address is known: one that has an account is answered
//! as for success, makes no second account, and its owner gets a mail.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use pingone::{Name, NewUser};
use protocol::names::{EmailAddress, is_username, name_key};
use protocol::password_policy::{Context, CurrentPassword, History, PasswordPolicy, ProfileData};
use protocol::secret::Password;
use ui::{Choice, Flash, FormState, Layout, RuleView, Verdict};
use web::Floor;

use crate::failure::Failure;
use crate::fields::Fields;
use crate::paths;
use crate::policies;
use crate::populations::Chosen;
use crate::state::Services;
use crate::visit::Visit;

const USERNAME: &str = "username";
const EMAIL: &str = "email";
const GIVEN: &str = "givenName";
const FAMILY: &str = "familyName";
const POPULATION: &str = "population";
const NEW: &str = "password";
const CONFIRM: &str = "confirmPassword";

/// All fields, in the order of the page.
const FIELDS: [&str; 7] = [USERNAME, EMAIL, GIVEN, FAMILY, POPULATION, NEW, CONFIRM];

#[derive(Template)]
#[template(path = "register.html")]
struct Page {
    layout: Layout,
    form: FormState,
    rules: Vec<RuleView>,
    asks_given_name: bool,
    asks_family_name: bool,
    choices: Vec<Choice>,
    can_sign_on: bool,
}

struct Form {
    username: String,
    email: String,
    given_name: String,
    family_name: String,
    picked: String,
    new: Password,
    confirm: Password,
}

impl Form {
    fn read(fields: &Fields) -> Self {
        Self {
            username: fields.line(USERNAME),
            email: fields.line(EMAIL),
            given_name: fields.line(GIVEN),
            family_name: fields.line(FAMILY),
            picked: fields.line(POPULATION),
            new: fields.password(NEW),
            confirm: fields.password(CONFIRM),
        }
    }

    /// What was typed, except passwords: whether they stay is known when all is judged.
    fn state(&self) -> FormState {
        FormState::new(&FIELDS)
            .with_value(USERNAME, self.username.clone())
            .with_value(EMAIL, self.email.clone())
            .with_value(GIVEN, self.given_name.clone())
            .with_value(FAMILY, self.family_name.clone())
            .with_value(POPULATION, self.picked.clone())
    }

    /// What can be said without asking PingOne.
    fn check(&self, visit: &Visit, state: &mut FormState) {
        if self.username.is_empty() {
            state.set_error(USERNAME, visit.text("error-username-missing"));
        } else if !is_username(&self.username) {
            state.set_error(USERNAME, visit.text("error-username-invalid"));
        } else if EmailAddress::parse(&self.username).is_ok() && !self.has_address_as_name() {
            state.set_error(USERNAME, visit.text("error-username-foreign-address"));
        }
        if self.email.is_empty() {
            state.set_error(EMAIL, visit.text("error-email-missing"));
        } else if EmailAddress::parse(&self.email).is_err() {
            state.set_error(EMAIL, visit.text("error-email-invalid"));
        }
        if self.new.expose().is_empty() {
            state.set_error(NEW, visit.text("error-password-missing"));
        } else if self.new.expose() != self.confirm.expose() {
            state.set_error(CONFIRM, visit.text("error-passwords-differ"));
        }
    }

    fn has_address_as_name(&self) -> bool {
        name_key(&self.username) == name_key(&self.email)
    }

    fn values(&self) -> Vec<&str> {
        let values = [
            &self.username,
            &self.email,
            &self.given_name,
            &self.family_name,
        ];
        values
            .into_iter()
            .map(String::as_str)
            .filter(|value| !value.is_empty())
            .collect()
    }

    fn user(&self, visit: &Visit, chosen: Chosen) -> NewUser {
        let settings = &visit.settings().registration;
        let email = EmailAddress::parse(&self.email);
        let email = email.map_or_else(|_| self.email.clone(), |address| address.to_string());
        let mut user = NewUser::new(self.username.clone(), email).password(self.new.clone());
        if let Chosen::Population(Some(population)) = chosen {
            user = user.population(population);
        }
        let some = |asked: bool, text: &String| (asked && !text.is_empty()).then(|| text.clone());
        let mut name = Name::new();
        name.given = some(settings.ask_given_name, &self.given_name);
        name.family = some(settings.ask_family_name, &self.family_name);
        if name != Name::default() {
            user = user.name(name);
        }
        if settings.verify_email {
            user.verification_required()
        } else {
            user
        }
    }
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    require_enabled(&visit)?;
    let policy = policy(&visit, "").await?;
    let rules = policies::rules(visit.portal().site().messages(), &policy);
    show(&visit, FormState::new(&FIELDS).with_focus(USERNAME), rules).await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    require_enabled(&visit)?;
    let services = visit.services("failure-registration-not-configured")?;
    let form = Form::read(&fields);
    let mut state = form.state();
    form.check(&visit, &mut state);
    let chosen = choose_population(&visit, services, &form, &mut state).await?;
    let messages = visit.portal().site().messages();
    let policy = policy(&visit, &form.picked).await?;
    let values = form.values();
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
        if let Some(error) = create_or_remind(&visit, services, &form, chosen, &mut state).await? {
            let unsatisfied = error.unsatisfied_requirements();
            if error.is_policy_violation() {
                let new = form.new.expose();
                rules = policies::refused(messages, &policy, new, &unsatisfied, &context);
            }
            explain(&visit, &mut state, &rules, error)?;
        }
        floor.reached().await;
        if !state.has_errors() {
            return registered(&visit).await;
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
    let chosen = populations.choose(&form.picked, &form.email).await?;
    match chosen {
        Chosen::Population(_) => {}
        Chosen::NotOffered => {
            state.set_error(POPULATION, visit.text("error-population-not-offered"));
        }
        Chosen::NoneForDomain => state.set_error(EMAIL, visit.text("error-email-domain")),
    }
    Ok(chosen)
}

/// Makes the account; where somebody has proven the address, they are mailed instead, and nothing of
/// the answer tells so. Gives what PingOne refuses.
async fn create_or_remind(
    visit: &Visit,
    services: &Services,
    form: &Form,
    chosen: Chosen,
    state: &mut FormState,
) -> Result<Option<pingone::Error>, Failure> {
    // Before it is known who is meant, so that a full house looks the same for everybody.
    let place = services.recoveries.place()?;
    let users = services.management.users();
    let owners = users.find_for_recovery(&form.email).await?;
    if owners.is_empty() {
        return Ok(users.create(&form.user(visit, chosen)).await.err());
    }
    check_for_nobody(visit, form, state).await?;
    if !state.has_errors() {
        services.recoveries.remind(&owners, place);
    }
    Ok(None)
}

/// Judges what PingOne would judge, for a registration that makes no account because its address has
/// one: whoever registers must not learn that from a name that is taken all the same.
async fn check_for_nobody(
    visit: &Visit,
    form: &Form,
    state: &mut FormState,
) -> Result<(), Failure> {
    let messages = visit.portal().site().messages();
    let services = visit.services("failure-registration-not-configured")?;
    // The address itself as a username is the address once more.
    if !form.has_address_as_name() {
        let users = services.management.users();
        let named = users.find_by_username_or_email(&form.username).await?;
        if named.is_some() {
            state.set_error(USERNAME, messages.text("error-username-taken"));
        }
    }
    Ok(())
}

async fn registered(visit: &Visit) -> Result<Response, Failure> {
    let id = if visit.settings().registration.verify_email {
        "flash-registered-verify"
    } else {
        "flash-registered"
    };
    visit.leave(Flash::success(visit.text(id))).await?;
    Ok(Redirect::to(paths::HOME).into_response())
}

/// Each refusal at its field. What is none of the visitor's making is a page.
fn explain(
    visit: &Visit,
    state: &mut FormState,
    rules: &[RuleView],
    error: pingone::Error,
) -> Result<(), Failure> {
    let messages = visit.portal().site().messages();
    if error.is_policy_violation() {
        state.set_error(NEW, ui::broken_rules(messages, rules));
    }
    if error.is_taken("username") {
        state.set_error(USERNAME, messages.text("error-username-taken"));
    }
    let fields = [
        ("username", USERNAME),
        ("email", EMAIL),
        ("name.given", GIVEN),
        ("name.family", FAMILY),
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
    if state.has_errors() {
        Ok(())
    } else {
        Err(error.into())
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
        layout: layout
            .with_lead(visit.text("register-lead"))
            .with_form(&form),
        form,
        rules,
        asks_given_name: settings.ask_given_name,
        asks_family_name: settings.ask_family_name,
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
        let state = Form::read(&fields).state();
        let values: Vec<_> = FIELDS.iter().map(|name| state.value(name)).collect();
        assert_eq!(
            values,
            ["ada", "ada@example.com", "Ada", "Lovelace", "1", "", ""]
        );
    }
}
