//! `/profile/email/confirm`: the code that was mailed to an address proves it.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use protocol::secret::VerificationCode;
use ui::{Flash, FormState, Layout};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::email::{is_named, rename};
use crate::pages::own::{self, Own};
use crate::paths;
use crate::visit::Visit;

const CODE: &str = "code";

#[derive(Template)]
#[template(path = "email_confirm.html")]
struct Page {
    layout: Layout,
    form: FormState,
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    Own::open(&visit).await?;
    show(&visit, FormState::new(&[CODE]).with_focus(CODE)).await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let own = Own::open(&visit).await?;
    let typed = fields.line(CODE);
    let mut form = FormState::new(&[CODE]).with_value(CODE, typed.clone());
    if typed.is_empty() {
        form.set_error(CODE, visit.text("recover-code-missing"));
        return show(&visit, form).await;
    }
    let code = VerificationCode::from_typed(&typed);
    match own.management.users().verify(own.id, &code).await {
        Ok(user) => {
            follow(&visit, &own, &user).await?;
            let flash = Flash::success(visit.text("flash-email-confirmed"));
            visit.leave(flash).await?;
            Ok(Redirect::to(paths::USER_INFO).into_response())
        }
        Err(error) if error.is_verification_code_wrong() => {
            form.set_error(CODE, visit.text("recover-code-wrong"));
            show(&visit, form).await
        }
        Err(error) => Err(own::failed(&visit, error).await),
    }
}

pub(crate) async fn resend(visit: Visit) -> Result<Response, Failure> {
    let own = Own::open(&visit).await?;
    if send(&visit, &own).await? {
        let flash = Flash::info(visit.text("flash-email-code-sent"));
        visit.leave(flash).await?;
    }
    Ok(Redirect::to(paths::EMAIL_CONFIRM).into_response())
}

/// Whoever signed on with the address before does so with the one that is proven now. Not sooner: nobody
/// takes a name that is somebody else's address.
async fn follow(visit: &Visit, own: &Own, user: &pingone::User) -> Result<(), Failure> {
    let (portal, present) = (visit.portal(), user.email.as_deref().unwrap_or_default());
    let former = portal.former_addresses();
    let former = former.find(own.id, present, portal.now()).await?;
    if former.is_some_and(|former| is_named(user, &former.address)) {
        rename(visit, own, present).await?;
    }
    Ok(())
}

/// Has a code mailed to the address of the profile; leaves a message and gives `false` where the
/// address had its share of mails.
pub(super) async fn send(visit: &Visit, own: &Own) -> Result<bool, Failure> {
    match own.management.users().send_verification_code(own.id).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_rate_limited() => {
            let flash = Flash::danger(visit.text("error-too-many-mails"));
            visit.leave(flash).await?;
            Ok(false)
        }
        Err(error) => Err(own::failed(visit, error).await),
    }
}

async fn show(visit: &Visit, form: FormState) -> Result<Response, Failure> {
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let layout = visit.layout("verify-title").await?;
    let page = Page {
        layout: layout
            .with_lead(visit.text("email-confirm-lead"))
            .with_form(&form),
        form,
    };
    Ok(visit.page(page).status(status).into_response())
}
