//! `/password/rules`: judges a password while it is typed, for the script of the same page. It says
//! nothing that the policy does not say, and keeps nothing.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use protocol::password_policy::{Context, CurrentPassword, History, ProfileData};
use ui::Verdicts;

use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::password_change::{self, Owner};
use crate::policies;
use crate::populations::Chosen;
use crate::visit::Visit;

/// Judges `password` by the policy of the signed-on user, or else by that for new users.
pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let password = fields.password("password");
    let current = fields.password("currentPassword");
    let mut values: Vec<String> = ["username", "email", "givenName", "familyName"]
        .into_iter()
        .map(|name| fields.line(name))
        .filter(|value| !value.is_empty())
        .collect();
    let policy = if visit.signed_on().is_some() {
        values.extend(password_change::profile(&visit));
        Owner::load(&visit).await?.policy
    } else {
        let services = visit.services("failure-management-not-configured")?;
        let (picked, email) = (fields.line("population"), fields.line("email"));
        let chosen = services.populations.choose(&picked, &email).await?;
        let population = match chosen {
            Chosen::Population(population) => population,
            Chosen::NotOffered | Chosen::NoneForDomain => None,
        };
        services.policies.of_population(population).await?
    };
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let context = Context {
        profile: if values.is_empty() {
            ProfileData::Unknown
        } else {
            ProfileData::Values(&values)
        },
        current_password: match current.expose() {
            "" => CurrentPassword::Unknown,
            current => CurrentPassword::Given(current),
        },
        history: History::Unknown,
    };
    let messages = visit.portal().site().messages();
    let rules = policies::judged(messages, &policy, password.expose(), &context);
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((StatusCode::OK, headers, Json(Verdicts::of(&rules))).into_response())
}
