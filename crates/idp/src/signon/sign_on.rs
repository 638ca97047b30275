//! Name and password.

use askama::Template;
use axum::response::Response;
use protocol::secret::Password;
use ui::{FormState, Layout};
use uuid::Uuid;

use super::external::Way;
use super::{HostedPage, external, given};
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
    /// Whether the name is asked for, and whether the password is.
    asks_for: (bool, bool),
    /// The name that was given before.
    username: Option<String>,
    restart: String,
    forgot: Option<String>,
    register: Option<String>,
    /// To identity providers elsewhere.
    ways: Vec<Way>,
}

/// The empty form; a login hint is filled in.
pub(super) fn form(hosted: &HostedPage) -> FormState {
    let form = FormState::new(&["username", "password"]);
    if matches!(hosted.interaction.step, Step::Password { .. }) {
        return form.with_focus("password");
    }
    if hosted.interaction.request.policy.asks_for_name_first {
        let hint = hosted.interaction.request.login_hint.as_deref();
        return form
            .with_value("username", hint.unwrap_or_default())
            .with_focus("username");
    }
    match &hosted.interaction.request.login_hint {
        Some(hint) => form
            .with_value("username", hint.as_str())
            .with_focus("password"),
        None => form.with_focus("username"),
    }
}

pub(super) fn show(hosted: &HostedPage, form: &FormState) -> Response {
    let policy = &hosted.interaction.request.policy;
    let register = match &policy.registration {
        OffersRegistration::Elsewhere(address) => Some(address.clone()),
        OffersRegistration::Here { .. } if hosted.idp.settings().registration => {
            Some(hosted.path("register"))
        }
        OffersRegistration::Here { .. } | OffersRegistration::Nowhere => None,
    };
    let page = Page {
        layout: hosted
            .layout("signon-title", "signon-lead", form)
            .with_flashes(external::flashes(hosted)),
        action: hosted.path(""),
        asks_for: asks_for(hosted),
        username: match &hosted.interaction.step {
            Step::Password { username } => Some(username.clone()),
            _ => None,
        },
        restart: hosted.path("restart"),
        forgot: policy.offers_recovery.then(|| hosted.path("forgot")),
        register,
        ways: external::ways(hosted),
        form: form.clone(),
    };
    hosted.show(page, form)
}

/// Whether the page asks for the name, and whether it does for the password.
fn asks_for(hosted: &HostedPage) -> (bool, bool) {
    match hosted.interaction.step {
        Step::Password { .. } => (false, true),
        _ if hosted.interaction.request.policy.asks_for_name_first => (true, false),
        _ => (true, true),
    }
}

/// Checks name and password, and goes on to what the account demands next.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let given = match &hosted.interaction.step {
        Step::SignOn => given::name(&params),
        Step::Password { username } => username.clone(),
        _ => return Ok(hosted.go_on()),
    };
    let username = given.as_str();
    let asks_for = asks_for(&hosted);
    let password = params.text("password");
    let mut form = FormState::new(&["username", "password"]).with_value("username", username);
    if username.is_empty() {
        form.set_error("username", hosted.text("signon-username-missing"));
    }
    if asks_for.1 && password.is_empty() {
        form.set_error("password", hosted.text("signon-password-missing"));
    }
    if form.has_errors() {
        return Ok(show(&hosted, &form));
    }
    if !asks_for.1 {
        // Whether there is such a user is told to nobody.
        let username = username.to_owned();
        let choices = &hosted.interaction.request.policy.external;
        let provider = choices.discover(&username);
        let can_be_asked = |id: &Uuid| hosted.partners.iter().any(|partner| partner.id == *id);
        if let Some(provider) = provider.filter(can_be_asked) {
            let step = Step::External {
                provider,
                hint: Some(username),
                known: None,
            };
            return hosted.move_to(step).await;
        }
        return hosted.move_to(Step::Password { username }).await;
    }

    match hosted
        .turn()
        .sign_on(username, &Password::new(password))
        .await
    {
        Ok(next) => Ok(hosted.lead_to(&next)),
        Err(InteractionError::Refused(refusal)) => {
            form.add_error(given::explain(&hosted, refusal)?);
            Ok(show(&hosted, &form))
        }
        Err(error) => Err(error.into()),
    }
}
