//! `/users/new`: an operator makes an account for somebody.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use pingone::{NewUser, User};
use protocol::id::PopulationId;
use protocol::password_policy::{Context, PasswordPolicy};
use protocol::secret::Password;
use ui::{Choice, Flash, FormState, Layout, Registration, RegistrationFields, RuleView};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::register::{self, address, name};
use crate::pages::users::search::Search;
use crate::paths;
use crate::policies;
use crate::visit::{Operator, Visit};

const POPULATION: &str = "population";
const NEW: &str = "password";
const FORCE_CHANGE: &str = "forceChange";
const VERIFY: &str = "verify";

/// All fields, in the order of the page.
const FIELDS: [&str; 8] = [
    Registration::EMAIL,
    Registration::GIVEN_NAME,
    Registration::FAMILY_NAME,
    Registration::USERNAME,
    POPULATION,
    NEW,
    FORCE_CHANGE,
    VERIFY,
];

#[derive(Template)]
#[template(path = "user_new.html")]
struct Page {
    layout: Layout,
    form: FormState,
    asks: RegistrationFields,
    populations: Vec<Choice>,
    rules: Vec<RuleView>,
    action: String,
    back: String,
}

struct Form {
    who: Registration,
    population: String,
    password: Password,
    is_change_forced: bool,
    is_verified_by_mail: bool,
}

impl Form {
    fn read(fields: &Fields) -> Self {
        Self {
            who: Registration::read(RegistrationFields::default(), |name| fields.line(name)),
            population: fields.line(POPULATION),
            password: fields.password(NEW),
            is_change_forced: fields.is_ticked(FORCE_CHANGE),
            is_verified_by_mail: fields.is_ticked(VERIFY),
        }
    }

    fn state(&self) -> FormState {
        let ticked = |is_ticked: bool| if is_ticked { "true" } else { "" };
        let state = FormState::new(&FIELDS)
            .with_value(POPULATION, self.population.clone())
            .with_value(FORCE_CHANGE, ticked(self.is_change_forced))
            .with_value(VERIFY, ticked(self.is_verified_by_mail));
        self.who.shown(state)
    }

    fn user(&self) -> NewUser {
        let email = address(&self.who);
        let username = if self.who.has_address_as_name() {
            email.clone()
        } else {
            self.who.username().to_owned()
        };
        let mut user = NewUser::new(username, email).password(self.password.clone());
        if self.is_change_forced {
            user = user.force_password_change();
        }
        if self.is_verified_by_mail {
            user = user.verification_required();
        }
        if let Ok(population) = PopulationId::parse(&self.population) {
            user = user.population(population);
        }
        match name(&self.who) {
            Some(name) => user.name(name),
            None => user,
        }
    }
}

pub(crate) async fn get(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let operator = visit.operator().await?;
    let form = FormState::new(&FIELDS)
        .with_value(FORCE_CHANGE, "true")
        .with_value(VERIFY, "true")
        .with_focus(Registration::EMAIL);
    show(
        &visit,
        &operator,
        form,
        &Search::carried_by(query.as_deref()),
    )
    .await
}

pub(crate) async fn post(
    visit: Visit,
    RawQuery(query): RawQuery,
    fields: Fields,
) -> Result<Response, Failure> {
    let operator = visit.operator().await?;
    let search = Search::carried_by(query.as_deref());
    let form = Form::read(&fields);
    let mut state = form.state();
    let messages = visit.portal().site().messages();
    form.who.check(messages, &mut state);
    if form.password.expose().is_empty() {
        state.set_error(NEW, visit.text("register-password-missing"));
    }
    if state.has_errors() {
        return show(&visit, &operator, state, &search).await;
    }
    let error = match operator.management.users().create(&form.user()).await {
        Ok(user) => return created(&visit, &user, &search).await,
        Err(error) => error,
    };
    let policy = policy(&visit, &form.population).await?;
    let unsatisfied = error.unsatisfied_requirements();
    let password = form.password.expose();
    let rules = policies::refused(messages, &policy, password, &unsatisfied, &Context::UNKNOWN);
    register::explain(&visit, &form.who, &mut state, &rules, &error);
    if state.has_errors() {
        show(&visit, &operator, state, &search).await
    } else {
        Err(visit.api_failed(error).await)
    }
}

async fn created(visit: &Visit, user: &User, search: &Search) -> Result<Response, Failure> {
    let messages = visit.portal().site().messages();
    let username = user.username.clone().unwrap_or_else(|| user.id.to_string());
    let text = messages.format("flash-user-created", &[("username", username)]);
    visit.leave(Flash::success(text)).await?;
    let path = format!("{}{}", paths::user(user.id), search.back());
    Ok(Redirect::to(&path).into_response())
}

/// The policy of the population that was chosen.
async fn policy(visit: &Visit, population: &str) -> Result<PasswordPolicy, Failure> {
    let services = visit.services("failure-management-not-configured")?;
    let population = PopulationId::parse(population).ok();
    Ok(services.policies.of_population(population).await?)
}

/// The populations that the operator may see, the default one first and the others by name.
async fn populations(visit: &Visit, operator: &Operator) -> Result<Vec<Choice>, Failure> {
    let mut all = match operator.management.populations().list().all().await {
        Ok(all) => all,
        Err(error) if error.is_forbidden() => Vec::new(),
        Err(error) => return Err(visit.api_failed(error).await),
    };
    all.sort_by_key(|population| (!population.default, population.name.clone()));
    let choices = all.into_iter();
    Ok(choices
        .map(|population| Choice::new(population.id.to_string(), population.name))
        .collect())
}

async fn show(
    visit: &Visit,
    operator: &Operator,
    form: FormState,
    search: &Search,
) -> Result<Response, Failure> {
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let populations = populations(visit, operator).await?;
    let policy = policy(visit, form.value(POPULATION)).await?;
    let mut rules = policies::rules(visit.portal().site().messages(), &policy);
    // A new user has no earlier password to compare with.
    rules.retain(|rule| !["history", "notSimilarToCurrent"].contains(&rule.id.as_str()));
    let page = Page {
        layout: visit.layout("user-new-title").await?.with_form(&form),
        form,
        asks: RegistrationFields::default(),
        populations,
        rules,
        action: format!("{}{}", paths::USER_NEW, search.back()),
        back: search.address(),
    };
    Ok(visit.page(page).status(status).into_response())
}
