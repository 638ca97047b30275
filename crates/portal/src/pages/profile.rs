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
const MOBILE: &str = "mobilePhone";
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

/// What can be said without asking PingOne.
fn check(visit: &Visit, state: &mut FormState) {
    let number = state.value(MOBILE);
    let is_number = number.chars().any(|c| c.is_ascii_digit())
        && number
            .chars()
            .all(|c| c.is_ascii_digit() || "+-. ()".contains(c))
        && number.len() <= LONGEST_NUMBER;
    if !number.is_empty() && !is_number {
        state.set_error(MOBILE, visit.text("error-phone-invalid"));
    }
    let zone = state.value(ZONE);
    if !zone.is_empty() && !zone_names().contains(&zone) {
        state.set_error(ZONE, visit.text("error-zone-unknown"));
    }
}

/// What is to be changed: what is empty now is removed, what the form does not show stays.
fn patch(user: &User, form: &FormState) -> UserPatch {
    let some = |name: &str| Some(form.value(name).to_owned()).filter(|text| !text.is_empty());
    let before = user.name.clone().unwrap_or_default();
    let mut name = before.clone();
    (name.given, name.family) = (some(GIVEN), some(FAMILY));
    let mut patch = UserPatch::default();
    if name != before {
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
    show(&visit, state_of(&user).with_focus(GIVEN)).await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let own = Own::open(&visit).await?;
    let user = own.load(&visit).await?;
    let mut form = typed(&fields);
    check(&visit, &mut form);
    if form.has_errors() {
        return show(&visit, form).await;
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
                show(&visit, form).await
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

async fn show(visit: &Visit, form: FormState) -> Result<Response, Failure> {
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let layout = visit.layout("profile-title").await?;
    let nobody = Choice::new("", visit.text("profile-zone-of-browser"));
    let named = zone_names()
        .into_iter()
        .map(|name| Choice::new(name, name.replace('_', " ")));
    let page = Page {
        layout: layout
            .with_lead(visit.text("profile-lead"))
            .with_form(&form),
        form,
        zones: std::iter::once(nobody).chain(named).collect(),
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
    fn a_name_is_cleared_when_nothing_of_it_is_left() {
        let mut user = ada();
        user.name = Some(Name::new().given("Ada").formatted("Ada"));
        let form = typed(&Fields::parse("mobilePhone=%2B44%2020%201234"));
        let sent = serde_json::to_value(patch(&user, &form)).unwrap();
        assert_eq!(sent, serde_json::json!({ "name": null }));
    }
}
