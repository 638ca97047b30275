//! The proof of a mail address.

use askama::Template;
use axum::response::Response;
use protocol::id::UserId;
use protocol::secret::VerificationCode;
use ui::{Flash, FormState, Layout};
use web::Floor;

use super::{FLOOR, Flashes, Visit};
use crate::accounts::Refusal;
use crate::interaction::Step;
use crate::interaction::error::InteractionError;
use crate::requests::extract::PageForm;
use crate::requests::failures::page::PageFailure;

#[derive(Template)]
#[template(path = "verify.html")]
struct Page {
    layout: Layout,
    form: FormState,
    action: String,
    send_again: String,
    restart: String,
}

pub(super) fn form() -> FormState {
    FormState::new(&["verificationCode"]).with_focus("verificationCode")
}

pub(super) async fn show(
    visit: &Visit,
    user: Option<UserId>,
    email: &str,
    form: FormState,
    flashes: Flashes,
) -> Result<Response, PageFailure> {
    let user = match user {
        Some(user) => Some(visit.user(user).await?),
        None => None,
    };
    let email = user.as_ref().map_or(email, |user| user.email.as_str());
    let lead = visit.texts().format(
        "verify-lead",
        &[
            ("email", email),
            ("application", visit.application.settings.name.as_str()),
        ],
    );
    let page = Page {
        layout: visit
            .layout("verify-title", "verify-title", &form)
            .with_lead(lead)
            .with_flashes(flashes),
        action: visit.path("verify"),
        send_again: visit.path("verify/send"),
        restart: visit.path("restart"),
        form: form.clone(),
    };
    Ok(visit.show(page, &form))
}

/// Proves the mail address and goes on.
pub(crate) async fn post(
    visit: Visit,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::VerificationCode { user, email, .. } = visit.interaction.step.clone() else {
        return Ok(visit.go_on());
    };
    visit.turn().take_sign_on_try()?;
    let typed = params.text("verificationCode");
    let mut form = FormState::new(&["verificationCode"]).with_value("verificationCode", typed);
    if typed.trim().is_empty() {
        form.set_error("verificationCode", visit.text("verify-code-missing"));
        return show(&visit, user, &email, form, Vec::new()).await;
    }
    let floor = Floor::of(FLOOR);
    let code = VerificationCode::from_typed(typed);
    match visit.turn().verify(user, &code).await {
        Ok(next) => Ok(visit.lead_to(&next)),
        Err(InteractionError::Refused(Refusal::CodeInvalid | Refusal::CodeExhausted)) => {
            form.set_error("verificationCode", visit.text("verify-code-wrong"));
            let answer = show(&visit, user, &email, form, Vec::new()).await;
            floor.reached().await;
            answer
        }
        Err(error) => Err(error.into()),
    }
}

/// Sends another code, or reminds the owner of the address of the account that there is.
pub(crate) async fn send_again(visit: Visit) -> Result<Response, PageFailure> {
    let Step::VerificationCode { user, email, .. } = visit.interaction.step.clone() else {
        return Ok(visit.go_on());
    };
    let idp = visit.idp.clone();
    idp.limits()
        .recoveries
        .take(visit.by.origin.address, visit.now)?;
    let floor = Floor::of(FLOOR);
    // The page says that there may have been too many.
    let turn = visit.turn();
    turn.send_verification_code(user, &email).await?;
    let said = vec![Flash::success(visit.text("verify-sent-again"))];
    let answer = show(&visit, user, &email, form(), said).await;
    floor.reached().await;
    answer
}
