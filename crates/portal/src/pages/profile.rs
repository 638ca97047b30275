//! `/profile`: people change what is theirs of their profile, with their own access token.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use pingone::{Name, Patch, User, UserPatch};
use serde_json::{Value, json};
use ui::{Choice, Flash, FormState, Layout};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::own::{self, Own};
use crate::pages::person::{attribute, zone_names};
use crate::paths;
use crate::visit::Visit;

const GIVEN: &str = "givenName";
const FAMILY: &str = "familyName";
const NICKNAME: &str = "nickname";
pub(crate) const MOBILE: &str = "mobilePhone";
const ZONE: &str = "timezone";

/// All fields, in the order of the page.
const FIELDS: [&str; 5] = [GIVEN, FAMILY, NICKNAME, MOBILE, ZONE];

/// The longest telephone number that PingOne takes.
const LONGEST_NUMBER: usize = 32;

#[derive(Template)]
#[template(path = "profile.html")]
struct Page {
    layout: Layout,
    form: FormState,
    zones: Vec<Choice>,
}

fn state_of(user: &User) -> FormState {
    let name = user.name.clone().unwrap_or_default();
    let text = |name: &str| attribute(user, name).unwrap_or_default();
    FormState::new(&FIELDS)
        .with_value(GIVEN, name.given.unwrap_or_default())
        .with_value(FAMILY, name.family.unwrap_or_default())
        .with_value(NICKNAME, text(NICKNAME))
        .with_value(MOBILE, text(MOBILE))
        .with_value(ZONE, text(ZONE))
}

fn typed(fields: &Fields) -> FormState {
    FIELDS
        .into_iter()
        .fold(FormState::new(&FIELDS), |state, name| {
            state.with_value(name, fields.line(name))
        })
}

/// What can be said of what was changed without asking PingOne; the texts of errors, by field. What
/// stood there before is not for this form to judge.
fn problems(state: &FormState, before: &FormState) -> Vec<(&'static str, &'static str)> {
    let mut problems = Vec::new();
    let is_changed = |name: &str| {
        let value = state.value(name);
        !value.is_empty() && value != before.value(name)
    };
    if is_changed(MOBILE) && !is_telephone_number(state.value(MOBILE)) {
        problems.push((MOBILE, "error-phone-invalid"));
    }
    if is_changed(ZONE) && !zone_names().contains(&state.value(ZONE)) {
        problems.push((ZONE, "error-zone-unknown"));
    }
    problems
}

/// Whether PingOne takes a text for a telephone number.
pub(crate) fn is_telephone_number(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "+-. ()".contains(c))
        && text.len() <= LONGEST_NUMBER
}

/// Changes the name where another one was typed; what is empty is removed, the other parts stay.
pub(crate) fn change_name(
    user: &User,
    given: Option<String>,
    family: Option<String>,
    patch: &mut UserPatch,
) {
    let before = user.name.clone().unwrap_or_default();
    let mut name = before.clone();
    (name.given, name.family) = (given, family);
    if name == before {
        return;
    }
    // How the whole name is written was made of what it was.
    name.formatted = None;
    if name == Name::default() {
        patch.name = Patch::Clear;
    } else {
        // A part that a change does not name stays as it is; only `null` removes it.
        let parts = json!({"given": name.given, "family": name.family, "formatted": null});
        patch.attributes.insert("name".to_owned(), parts);
    }
}

/// What is to be changed: what is empty now is removed, what the form does not show stays.
fn patch(user: &User, form: &FormState) -> UserPatch {
    let some = |name: &str| Some(form.value(name).to_owned()).filter(|text| !text.is_empty());
    let mut patch = UserPatch::default();
    change_name(user, some(GIVEN), some(FAMILY), &mut patch);
    for attribute in [NICKNAME, MOBILE, ZONE] {
        if some(attribute).as_deref() != self::attribute(user, attribute) {
            let value = some(attribute).map_or(Value::Null, Value::String);
            patch.attributes.insert(attribute.to_owned(), value);
        }
    }
    patch
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    let own = Own::open(&visit).await?;
    let user = own.load(&visit).await?;
    show(&visit, &user, state_of(&user).with_focus(GIVEN)).await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let own = Own::open(&visit).await?;
    let user = own.load(&visit).await?;
    let mut form = typed(&fields);
    for (field, text_id) in problems(&form, &state_of(&user)) {
        form.set_error(field, visit.text(text_id));
    }
    if form.has_errors() {
        return show(&visit, &user, form).await;
    }
    let patch = patch(&user, &form);
    match own.management.users().update(own.id, &patch).await {
        Ok(_) => {
            let flash = Flash::success(visit.text("flash-profile-saved"));
            visit.leave(flash).await?;
            Ok(Redirect::to(paths::USER_INFO).into_response())
        }
        Err(error) => {
            explain(&visit, &mut form, &error);
            if form.has_errors() {
                show(&visit, &user, form).await
            } else {
                Err(own::failed(&visit, error).await)
            }
        }
    }
}

/// Each refusal at its field.
fn explain(visit: &Visit, form: &mut FormState, error: &pingone::Error) {
    let messages = visit.portal().site().messages();
    let targets = [
        ("name.given", GIVEN),
        ("name.family", FAMILY),
        (NICKNAME, NICKNAME),
        (MOBILE, MOBILE),
        (ZONE, ZONE),
    ];
    for (target, field) in targets {
        if let Some(problem) = error.problem_with(target) {
            form.set_error(
                field,
                messages.format("error-pingone", &[("message", problem)]),
            );
        }
    }
}

/// The zones to choose from; the present one is among them, whatever it is.
fn zones(visit: &Visit, user: &User) -> Vec<Choice> {
    let mut names = zone_names();
    if let Some(present) = attribute(user, ZONE)
        && let Err(place) = names.binary_search(&present)
    {
        names.insert(place, present);
    }
    let nobody = Choice::new("", visit.text("profile-zone-of-browser"));
    let named = names
        .into_iter()
        .map(|name| Choice::new(name, name.replace('_', " ")));
    std::iter::once(nobody).chain(named).collect()
}

async fn show(visit: &Visit, user: &User, form: FormState) -> Result<Response, Failure> {
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let layout = visit.layout("profile-title").await?;
    let page = Page {
        layout: layout
            .with_lead(visit.text("profile-lead"))
            .with_form(&form),
        form,
        zones: zones(visit, user),
    };
    Ok(visit.page(page).status(status).into_response())
}

#[cfg(test)]
mod tests {
    use protocol::SystemRandom;
    use protocol::id::{EnvironmentId, UserId};

    use super::*;

    fn ada() -> User {
        let mut user = User::new(
            UserId::random(&SystemRandom),
            EnvironmentId::random(&SystemRandom),
        );
        user.name = Some(
            Name::new()
                .given("Ada")
                .family("King")
                .honorific_prefix("Lady"),
        );
        user.attributes
            .insert(MOBILE.to_owned(), Value::from("+44 20 1234"));
        user
    }

    #[test]
    fn a_form_that_was_not_touched_changes_nothing() {
        let form = state_of(&ada());
        let sent = serde_json::to_value(patch(&ada(), &form)).unwrap();
        assert_eq!(sent, serde_json::json!({}));
    }

    #[test]
    fn what_is_empty_is_removed_and_what_the_form_does_not_show_stays() {
        let form = typed(&Fields::parse(
            "givenName=Ada&familyName=Lovelace&mobilePhone=",
        ));
        let sent = serde_json::to_value(patch(&ada(), &form)).unwrap();
        let expected = serde_json::json!({
            "name": { "given": "Ada", "family": "Lovelace", "formatted": null },
            "mobilePhone": null,
        });
        assert_eq!(sent, expected);
    }

    #[test]
    fn only_what_was_changed_is_judged() {
        let mut user = ada();
        for (name, value) in [(MOBILE, "ext. 7"), (ZONE, "Atlantis/Harbour")] {
            user.attributes.insert(name.to_owned(), Value::from(value));
        }
        let before = state_of(&user);
        assert_eq!(problems(&before, &before), []);
        let changed = typed(&Fields::parse("mobilePhone=ext.+8&timezone=London"));
        let expected = [
            (MOBILE, "error-phone-invalid"),
            (ZONE, "error-zone-unknown"),
        ];
        assert_eq!(problems(&changed, &before), expected);
    }

    #[test]
    fn a_name_is_cleared_when_nothing_of_it_is_left() {
        let mut user = ada();
        user.name = Some(Name::new().given("Ada").formatted("Ada"));
        let form = typed(&Fields::parse("mobilePhone=%2B44%2020%201234"));
        let sent = serde_json::to_value(patch(&user, &form)).unwrap();
        assert_eq!(sent, serde_json::json!({ "name": null }));
    }
}
