//! The proof of a mail address.

use askama::Template;
use axum::response::Response;
use protocol::id::UserId;
use protocol::secret::VerificationCode;
use ui::{Flash, FormState, Layout};

use super::{Flashes, Visit};
use crate::accounts::{Refusal, verification};
use crate::interaction::Step;
use crate::web::extract::PageForm;
use crate::web::failures::page::PageFailure;

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
    user: UserId,
    form: FormState,
    flashes: Flashes,
) -> Result<Response, PageFailure> {
    let user = visit.user(user).await?;
    let lead = visit.idp.site().messages().format(
        "verify-lead",
        &[
            ("email", user.email.as_str()),
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
    let Step::VerificationCode { user, .. } = visit.interaction.step else {
        return Ok(visit.go_on());
    };
    let idp = visit.idp.clone();
    visit.turn().take_sign_on_try()?;
    let typed = params.text("verificationCode");
    let mut form = FormState::new(&["verificationCode"]).with_value("verificationCode", typed);
    if typed.trim().is_empty() {
        form.set_error("verificationCode", visit.text("verify-code-missing"));
        return show(&visit, user, form, Vec::new()).await;
    }
    let account = visit.user(user).await?;
    let code = VerificationCode::from_typed(typed);
    let verified = verification::verify(&idp, &account, &code, &visit.by.acting_as(&account)).await;
    match verified {
        Ok(account) => {
            let next = visit.turn().complete(&account).await?;
            Ok(visit.lead_to(&next))
        }
        Err(Refusal::CodeInvalid | Refusal::CodeExhausted) => {
            form.set_error("verificationCode", visit.text("verify-code-wrong"));
            show(&visit, user, form, Vec::new()).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Sends another code.
pub(crate) async fn send_again(visit: Visit) -> Result<Response, PageFailure> {
    let Step::VerificationCode { user, .. } = visit.interaction.step else {
        return Ok(visit.go_on());
    };
    visit
        .idp
        .limits()
        .recoveries
        .take(visit.by.origin.address, visit.now)?;
    let account = visit.user(user).await?;
    verification::send_code(&visit.idp, &account, &visit.by.acting_as(&account)).await?;
    let said = vec![Flash::success(visit.text("verify-sent-again"))];
    show(&visit, user, form(), said).await
}
