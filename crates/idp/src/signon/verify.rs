//! The proof of a mail address.

use askama::Template;
use axum::response::Response;
use protocol::id::UserId;
use protocol::secret::VerificationCode;
use ui::{Flash, FormState, Layout};
use web::Floor;

use super::{FLOOR, Flashes, HostedPage};
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
    hosted: &HostedPage,
    user: Option<UserId>,
    email: &str,
    form: FormState,
    flashes: Flashes,
) -> Result<Response, PageFailure> {
    let user = match user {
        Some(user) => Some(hosted.user(user).await?),
        None => None,
    };
    let email = user.as_ref().map_or(email, |user| user.email.as_str());
    let lead = hosted.texts().format(
        "verify-lead",
        &[
            ("email", email),
            ("application", hosted.application.settings.name.as_str()),
        ],
    );
    let page = Page {
        layout: hosted
            .layout("verify-title", "verify-title", &form)
            .with_lead(lead)
            .with_flashes(flashes),
        action: hosted.path("verify"),
        send_again: hosted.path("verify/send"),
        restart: hosted.path("restart"),
        form: form.clone(),
    };
    Ok(hosted.show(page, &form))
}

/// Proves the mail address and goes on.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::VerificationCode { user, email, .. } = hosted.interaction.step.clone() else {
        return Ok(hosted.go_on());
    };
    hosted.turn().take_sign_on_try()?;
    let typed = params.text("verificationCode");
    let mut form = FormState::new(&["verificationCode"]).with_value("verificationCode", typed);
    if typed.trim().is_empty() {
        form.set_error("verificationCode", hosted.text("verify-code-missing"));
        return show(&hosted, user, &email, form, Vec::new()).await;
    }
    let floor = Floor::of(FLOOR);
    let code = VerificationCode::from_typed(typed);
    match hosted.turn().verify(user, &code).await {
        Ok(next) => Ok(hosted.lead_to(&next)),
        Err(InteractionError::Refused(Refusal::CodeInvalid | Refusal::CodeExhausted)) => {
            form.set_error("verificationCode", hosted.text("verify-code-wrong"));
            let answer = show(&hosted, user, &email, form, Vec::new()).await;
            floor.reached().await;
            answer
        }
        Err(error) => Err(error.into()),
    }
}

/// Sends another code, or reminds the owner of the address of the account that there is.
pub(crate) async fn send_again(hosted: HostedPage) -> Result<Response, PageFailure> {
    let Step::VerificationCode { user, email, .. } = hosted.interaction.step.clone() else {
        return Ok(hosted.go_on());
    };
    let idp = hosted.idp.clone();
    idp.limits()
        .recoveries
        .take(hosted.by.origin.address, hosted.now)?;
    let floor = Floor::of(FLOOR);
    // The page says that there may have been too many.
    let turn = hosted.turn();
    turn.send_verification_code(user, &email).await?;
    let said = vec![Flash::success(hosted.text("verify-sent-again"))];
    let answer = show(&hosted, user, &email, form(), said).await;
    floor.reached().await;
    answer
}
