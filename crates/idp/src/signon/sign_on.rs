//! Name and password.

use askama::Template;
use axum::response::Response;
use protocol::secret::Password;
use ui::{FormState, Layout};

use super::{Visit, minutes};
use crate::accounts::Refusal;
use crate::interaction::Step;
use crate::interaction::error::InteractionError;
use crate::interaction::policy::OffersRegistration;
use crate::requests::extract::PageForm;
use crate::requests::failures::page::PageFailure;

#[derive(Template)]
#[template(path = "sign_on.html")]
struct Page {
    layout: Layout,
    form: FormState,
    action: String,
    forgot: Option<String>,
    register: Option<String>,
}

/// The empty form; a login hint is filled in.
pub(super) fn form(visit: &Visit) -> FormState {
    let form = FormState::new(&["username", "password"]);
    match &visit.interaction.request.login_hint {
        Some(hint) => form
            .with_value("username", hint.as_str())
            .with_focus("password"),
        None => form.with_focus("username"),
    }
}

pub(super) fn show(visit: &Visit, form: &FormState) -> Response {
    let policy = &visit.interaction.request.policy;
    let register = match &policy.registration {
        OffersRegistration::Elsewhere(address) => Some(address.clone()),
        OffersRegistration::Here { .. } if visit.idp.settings().registration => {
            Some(visit.path("register"))
        }
        OffersRegistration::Here { .. } | OffersRegistration::Nowhere => None,
    };
    let page = Page {
        layout: visit.layout("signon-title", "signon-lead", form),
        action: visit.path(""),
        forgot: policy.offers_recovery.then(|| visit.path("forgot")),
        register,
        form: form.clone(),
    };
    visit.show(page, form)
}

/// Checks name and password, and goes on to what the account demands next.
pub(crate) async fn post(
    visit: Visit,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    if !matches!(visit.interaction.step, Step::SignOn) {
        return Ok(visit.go_on());
    }
    let username = params.text("username").trim();
    let password = params.text("password");
    let mut form = FormState::new(&["username", "password"]).with_value("username", username);
    if username.is_empty() {
        form.set_error("username", visit.text("signon-username-missing"));
    }
    if password.is_empty() {
        form.set_error("password", visit.text("signon-password-missing"));
    }
    if form.has_errors() {
        return Ok(show(&visit, &form));
    }

    match visit
        .turn()
        .sign_on(username, &Password::new(password))
        .await
    {
        Ok(next) => Ok(visit.lead_to(&next)),
        Err(InteractionError::Refused(refusal)) => {
            form.add_error(explain(&visit, refusal)?);
            Ok(show(&visit, &form))
        }
        Err(error) => Err(error.into()),
    }
}

fn explain(visit: &Visit, refusal: Refusal) -> Result<String, PageFailure> {
    match refusal {
        Refusal::AccountNotUsable => Ok(visit.text("signon-not-usable")),
        Refusal::LockedOut {
            seconds_until_unlock,
        } => Ok(visit.idp.site().messages().format(
            "signon-locked",
            &[("minutes", minutes(seconds_until_unlock))],
        )),
        Refusal::Wrong { .. } | Refusal::NoPassword => Ok(visit.text("signon-wrong")),
        refusal => Err(refusal.into()),
    }
}
