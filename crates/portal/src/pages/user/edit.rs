//! `/users/{id}/edit`: an operator corrects a user's name, addresses and username.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use pingone::{Patch, User, UserPatch};
use protocol::names::{EmailAddress, is_person_name, is_username};
use serde_json::Value;
use ui::{FormState, Layout, Registration};

use super::open::OpenUser;
use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::person::attribute;
use crate::pages::profile::{MOBILE, change_name, is_telephone_number};
use crate::visit::Visit;

const EMAIL: &str = Registration::EMAIL;
const GIVEN: &str = Registration::GIVEN_NAME;
const FAMILY: &str = Registration::FAMILY_NAME;
const USERNAME: &str = Registration::USERNAME;

/// All fields, in the order of the page.
const FIELDS: [&str; 5] = [EMAIL, GIVEN, FAMILY, USERNAME, MOBILE];

/// What an operator is told who would change the own account here.
const OWN: &str = "error-own-profile";

#[derive(Template)]
#[template(path = "user_edit.html")]
struct Page {
    layout: Layout,
    form: FormState,
    action: String,
    back: String,
}

fn state_of(user: &User) -> FormState {
    let name = user.name.clone().unwrap_or_default();
    FormState::new(&FIELDS)
        .with_value(EMAIL, user.email.clone().unwrap_or_default())
        .with_value(GIVEN, name.given.unwrap_or_default())
        .with_value(FAMILY, name.family.unwrap_or_default())
        .with_value(USERNAME, user.username.clone().unwrap_or_default())
        .with_value(MOBILE, attribute(user, MOBILE).unwrap_or_default())
}

fn typed(fields: &Fields) -> FormState {
    let names = FIELDS.into_iter();
    names.fold(FormState::new(&FIELDS), |state, name| {
        state.with_value(name, fields.line(name))
    })
}

/// What can be said of what was changed without asking PingOne; the texts of errors, by field. What
/// stood there before is not for this form to judge.
fn problems(form: &FormState, before: &FormState) -> Vec<(&'static str, &'static str)> {
    let wrong = |name: &str, text: &str| match name {
        EMAIL if text.is_empty() => Some("register-email-missing"),
        EMAIL if EmailAddress::parse(text).is_err() => Some("register-email-invalid"),
        USERNAME if text.is_empty() => Some("register-username-missing"),
        USERNAME if !is_username(text) => Some("register-username-invalid"),
        GIVEN | FAMILY if !is_person_name(text) => Some("register-name-invalid"),
        MOBILE if !text.is_empty() && !is_telephone_number(text) => Some("error-phone-invalid"),
        _ => None,
    };
    let changed = FIELDS
        .into_iter()
        .filter(|name| form.value(name) != before.value(name));
    changed
        .filter_map(|name| Some((name, wrong(name, form.value(name))?)))
        .collect()
}

/// What is to be changed: what is empty now is removed, what the form does not show stays.
fn patch(user: &User, form: &FormState) -> UserPatch {
    let some = |name: &str| Some(form.value(name).to_owned()).filter(|text| !text.is_empty());
    let changed = |name: &str, before: Option<&String>| match some(name) {
        Some(text) if before != Some(&text) => Patch::Set(text),
        _ => Patch::Keep,
    };
    let mut patch = UserPatch::default();
    patch.email = changed(EMAIL, user.email.as_ref());
    patch.username = changed(USERNAME, user.username.as_ref());
    change_name(user, some(GIVEN), some(FAMILY), &mut patch);
    if some(MOBILE).as_deref() != attribute(user, MOBILE) {
        let value = some(MOBILE).map_or(Value::Null, Value::String);
        patch.attributes.insert(MOBILE.to_owned(), value);
    }
    patch
}

pub(crate) async fn get(open: OpenUser) -> Result<Response, Failure> {
    open.require_another(OWN).await?;
    let form = state_of(&open.user).with_focus(EMAIL);
    show(&open, form).await
}

pub(crate) async fn post(open: OpenUser, fields: Fields) -> Result<Response, Failure> {
    open.require_another(OWN).await?;
    let mut form = typed(&fields);
    for (field, text_id) in problems(&form, &state_of(&open.user)) {
        form.set_error(field, open.visit.text(text_id));
    }
    if form.has_errors() {
        return show(&open, form).await;
    }
    let patch = patch(&open.user, &form);
    let users = open.operator.management.users();
    let error = match users.update(open.user.id, &patch).await {
        Ok(user) => {
            let open = OpenUser { user, ..open };
            return open.done("flash-user-saved").await;
        }
        Err(error) => error,
    };
    explain(&open.visit, &mut form, &error);
    if form.has_errors() {
        show(&open, form).await
    } else {
        Err(open.visit.api_failed(error).await)
    }
}

/// Each refusal at its field.
fn explain(visit: &Visit, form: &mut FormState, error: &pingone::Error) {
    let messages = visit.portal().site().messages();
    if error.is_taken("username") {
        form.set_error(USERNAME, messages.text("register-username-taken"));
    }
    let targets = [
        ("email", EMAIL),
        ("name.given", GIVEN),
        ("name.family", FAMILY),
        ("username", USERNAME),
        (MOBILE, MOBILE),
    ];
    for (target, field) in targets {
        if let Some(problem) = error.problem_with(target) {
            let text = messages.format("error-pingone", &[("message", problem)]);
            form.set_error(field, text);
        }
    }
}

async fn show(open: &OpenUser, form: FormState) -> Result<Response, Failure> {
    let visit = &open.visit;
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let messages = visit.portal().site().messages();
    let title = messages.format("user-edit-title", &[("username", open.username())]);
    let page = Page {
        layout: visit.layout_titled(title).await?.with_form(&form),
        form,
        action: open.path_of("/edit"),
        back: open.path(),
    };
    Ok(visit.page(page).status(status).into_response())
}

#[cfg(test)]
mod tests {
    use pingone::Name;
    use protocol::SystemRandom;
    use protocol::id::{EnvironmentId, UserId};

    use super::*;

    fn ada() -> User {
        let (id, environment) = (
            UserId::random(&SystemRandom),
            EnvironmentId::random(&SystemRandom),
        );
        let mut user = User::new(id, environment);
        user.username = Some("ada".to_owned());
        user.email = Some("ada@example.com".to_owned());
        user.name = Some(Name::new().given("Ada").family("King"));
        user
    }

    #[test]
    fn only_what_was_changed_is_judged_and_sent() {
        let before = state_of(&ada());
        assert_eq!(problems(&before, &before), []);
        let sent = serde_json::to_value(patch(&ada(), &before)).unwrap();
        assert_eq!(sent, serde_json::json!({}));
        let form = typed(&Fields::parse(
            "email=ada%40new.example&givenName=Ada&familyName=King&username=ada&mobilePhone=%2B44+1",
        ));
        assert_eq!(problems(&form, &before), []);
        let sent = serde_json::to_value(patch(&ada(), &form)).unwrap();
        let expected = serde_json::json!({"email": "ada@new.example", "mobilePhone": "+44 1"});
        assert_eq!(sent, expected);
    }

    #[test]
    fn nobody_loses_username_or_address() {
        let form = typed(&Fields::parse("familyName=%3Cb%3E&mobilePhone=none"));
        let expected = [
            (EMAIL, "register-email-missing"),
            (FAMILY, "register-name-invalid"),
            (USERNAME, "register-username-missing"),
            (MOBILE, "error-phone-invalid"),
        ];
        assert_eq!(problems(&form, &state_of(&ada())), expected);
    }
}
