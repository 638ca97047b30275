//! `/account/delete`: people delete their account: with a fresh sign-on, after two weeks, and until
//! then it can be called off.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use protocol::id::UserId;
use ui::{Flash, FormState, Layout};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::own::Own;
use crate::paths;
use crate::visit::Visit;

const CONFIRM: &str = "confirm";

#[derive(Template)]
#[template(path = "deletion.html")]
struct Page {
    layout: Layout,
    form: FormState,
}

/// Whoever may delete their account: not operators, who would leave an installation without one. The
/// environment is asked whether they still may sign on: a session here tells only that they could.
async fn owner(visit: &Visit) -> Result<UserId, Failure> {
    let own = Own::open_freshly(visit).await?;
    own.load(visit).await?;
    let services = visit.services("failure-management-not-configured")?;
    if services.operators.holds_role(&own.id.to_string()).await? {
        return Err(Failure::new(StatusCode::FORBIDDEN).detail("failure-operator-deletion"));
    }
    Ok(own.id)
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    owner(&visit).await?;
    show(&visit, FormState::new(&[CONFIRM])).await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let id = owner(&visit).await?;
    if !fields.is_ticked(CONFIRM) {
        let mut form = FormState::new(&[CONFIRM]);
        form.set_error(CONFIRM, visit.text("error-deletion-unconfirmed"));
        return show(&visit, form).await;
    }
    let deletions = visit.portal().deletions();
    deletions.insert(id, visit.portal().now()).await?;
    // The start page says when it will be.
    Ok(Redirect::to(paths::HOME).into_response())
}

/// Calls a deletion off. Being signed on is enough: nothing is lost by it.
pub(crate) async fn keep(visit: Visit) -> Result<Response, Failure> {
    let own = Own::open(&visit).await?;
    own.load(&visit).await?;
    let flash = if visit.portal().deletions().call_off(own.id).await? {
        Flash::success(visit.text("flash-deletion-called-off"))
    } else {
        Flash::info(visit.text("flash-deletion-none"))
    };
    visit.leave(flash).await?;
    Ok(Redirect::to(paths::HOME).into_response())
}

async fn show(visit: &Visit, form: FormState) -> Result<Response, Failure> {
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let layout = visit.layout("deletion-title").await?;
    let layout = layout
        .with_lead(visit.text("deletion-lead"))
        .with_form(&form);
    Ok(visit
        .page(Page { layout, form })
        .status(status)
        .into_response())
}
