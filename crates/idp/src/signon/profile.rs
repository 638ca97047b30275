//! What the profile lacks and the sign-on policy asks for.

use askama::Template;
use axum::response::Response;
use protocol::params::FormParams;
use protocol::pingone::ErrorDetail;
use serde_json::Value;
use ui::{Choice, FormState, Layout};
use uuid::Uuid;

use super::HostedPage;
use crate::api::user_attributes::{self, Lacking};
use crate::interaction::demands::ProfileDemand;
use crate::interaction::error::InteractionError;
use crate::interaction::profile::ProfileRefusal;
use crate::interaction::{Known, Step};
use crate::requests::extract::PageForm;
use crate::requests::failures::page::PageFailure;
use crate::stores::user_schemas::UserSchema;

#[derive(Template)]
#[template(path = "profile.html")]
struct Page {
    layout: Layout,
    form: FormState,
    action: String,
    asked_for: Vec<Asked>,
}

/// An attribute that the page asks for.
struct Asked {
    path: String,
    label: String,
    is_required: bool,
    /// The token of the HTML standard that says what a browser may fill in.
    autocomplete: &'static str,
    /// The values to choose from, where they are given.
    choices: Vec<Choice>,
}

/// The attributes for which browsers know values.
const AUTOCOMPLETE: [(&str, &str); 13] = [
    ("address.countryCode", "country"),
    ("address.locality", "address-level2"),
    ("address.postalCode", "postal-code"),
    ("address.region", "address-level1"),
    ("address.streetAddress", "street-address"),
    ("mobilePhone", "tel"),
    ("name.family", "family-name"),
    ("name.given", "given-name"),
    ("name.honorificPrefix", "honorific-prefix"),
    ("name.honorificSuffix", "honorific-suffix"),
    ("name.middle", "additional-name"),
    ("nickname", "nickname"),
    ("title", "organization-title"),
];

pub(super) async fn show(
    hosted: &HostedPage,
    known: &Known,
    action: Uuid,
) -> Result<Response, PageFailure> {
    let user = hosted.user(known.user).await?;
    let demand = hosted.turn().profile_demand(&user, action).await?;
    let form = form(&demand, None);
    show_demand(hosted, &demand, form).await
}

/// The form, as somebody filled it in.
fn form(demand: &ProfileDemand, params: Option<&FormParams>) -> FormState {
    let paths = || demand.lacking.iter().map(|one| one.path.clone());
    let mut form = FormState::with_fields(paths());
    if let Some(params) = params {
        for path in paths() {
            let typed = params.text(&path).trim().to_owned();
            form = form.with_value(path, typed);
        }
    }
    match demand.lacking.first() {
        Some(first) => form.with_focus(first.path.clone()),
        None => form,
    }
}

async fn show_demand(
    hosted: &HostedPage,
    demand: &ProfileDemand,
    form: FormState,
) -> Result<Response, PageFailure> {
    let schemas = hosted.idp.user_schemas();
    let schema = schemas.of(hosted.environment.id, hosted.now).await?;
    let layout = hosted.layout("profile-title", "profile-lead", &form);
    let asked = demand.lacking.iter().map(|one| asked(hosted, one, &schema));
    let page = Page {
        layout: match &demand.prompt {
            Some(prompt) => layout.with_lead(prompt.as_str()),
            None => layout,
        },
        action: hosted.path("profile"),
        asked_for: asked.collect(),
        form: form.clone(),
    };
    Ok(hosted.show(page, &form))
}

fn asked(hosted: &HostedPage, lacking: &Lacking, schema: &UserSchema) -> Asked {
    let Lacking { path, is_required } = lacking;
    let attribute = schema.find(path).map(|one| &one.attribute);
    let values = attribute.and_then(|one| one.enumerated_values.as_ref());
    let open = values
        .into_iter()
        .flatten()
        .filter(|one| one.archived != Some(true));
    let mut choices: Vec<_> = open
        .map(|one| Choice::new(one.value.as_str(), one.value.as_str()))
        .collect();
    if !choices.is_empty() {
        choices.insert(0, Choice::new("", hosted.text("profile-choose")));
    }
    let mut tokens = AUTOCOMPLETE.iter();
    let token = tokens.find(|(known, _)| known == path);
    Asked {
        path: path.clone(),
        label: label(hosted, path, schema),
        is_required: *is_required,
        autocomplete: token.map_or("off", |(_, token)| token),
        choices,
    }
}

/// What an attribute is called: in our words where it is PingOne's, in the operator's otherwise.
fn label(hosted: &HostedPage, path: &str, schema: &UserSchema) -> String {
    let texts = hosted.texts();
    let known = format!("profile-attribute-{}", path.replace('.', "-"));
    if texts.contains(&known) {
        return texts.text(&known);
    }
    let attribute = schema.find(path).map(|one| &one.attribute);
    let own = attribute.and_then(|one| one.display_name.clone());
    own.unwrap_or_else(|| path.to_owned())
}

/// Fills the profile in and goes on.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::ProfileData { known, action } = hosted.interaction.step.clone() else {
        return Ok(hosted.go_on());
    };
    let user = hosted.user(known.user).await?;
    let demand = hosted.turn().profile_demand(&user, action).await?;
    let mut form = form(&demand, Some(&params));
    let schemas = hosted.idp.user_schemas();
    let schema = schemas.of(hosted.environment.id, hosted.now).await?;
    // What is left empty is not given.
    let given: Vec<(String, Value)> = demand
        .lacking
        .iter()
        .map(|one| (one.path.clone(), params.text(&one.path).trim()))
        .filter(|(_, typed)| !typed.is_empty())
        .map(|(path, typed)| {
            let value = user_attributes::typed(&path, typed, &schema);
            (path, value)
        })
        .collect();
    let turn = hosted.turn();
    let filled = turn.fill_in(&known, &user, action, &demand.lacking, &given);
    match filled.await {
        Ok(next) => return Ok(hosted.lead_to(&next)),
        Err(InteractionError::Profile(ProfileRefusal::Values(details))) => {
            for detail in details {
                let path = detail.target.clone().unwrap_or_default();
                let text = explain(&hosted, &detail, &label(&hosted, &path, &schema));
                form.set_error(path, text);
            }
        }
        Err(InteractionError::Profile(ProfileRefusal::Taken(name))) => {
            form.set_error(name, hosted.text("profile-taken"));
        }
        Err(error) => return Err(error.into()),
    }
    show_demand(&hosted, &demand, form).await
}

/// What is wrong with a value, as people read it.
fn explain(hosted: &HostedPage, detail: &ErrorDetail, label: &str) -> String {
    let texts = hosted.texts();
    if detail.code == "REQUIRED_VALUE" {
        return texts.format("profile-missing", &[("label", label)]);
    }
    match detail.message.strip_prefix("must ") {
        Some(must) => texts.format("profile-wrong", &[("label", label), ("must", must)]),
        // An operator's own words.
        None => detail.message.clone(),
    }
}
