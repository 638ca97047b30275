//! `/password/forgot`: begins the recovery of a password.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use ui::{Flash, FormState, Layout};
use web::Floor;

use crate::failure::Failure;
use crate::fields::Fields;
use crate::paths;
use crate::visit::Visit;

const USERNAME: &str = "username";

#[derive(Template)]
#[template(path = "password_forgot.html")]
struct Page {
    layout: Layout,
    form: FormState,
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    visit.services("failure-recovery-not-configured")?;
    show(&visit, FormState::new(&[USERNAME]).with_focus(USERNAME)).await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let services = visit.services("failure-recovery-not-configured")?;
    let floor = Floor::of(visit.settings().limits.recovery_floor);
    let username = fields.line(USERNAME);
    if username.is_empty() {
        let mut form = FormState::new(&[USERNAME]);
        form.set_error(USERNAME, visit.text("signon-username-missing"));
        return show(&visit, form).await;
    }
    let begun = services.recoveries.begin(username).await;
    floor.reached().await;
    begun?
        .save(visit.session())
        .await
        .map_err(Failure::session)?;
    visit
        .leave(Flash::info(visit.text("flash-recovery-begun")))
        .await?;
    Ok(Redirect::to(paths::RECOVER).into_response())
}

async fn show(visit: &Visit, form: FormState) -> Result<Response, Failure> {
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let layout = visit.layout("forgot-title").await?;
    let layout = layout.with_lead(visit.text("forgot-lead")).with_form(&form);
    Ok(visit
        .page(Page { layout, form })
        .status(status)
        .into_response())
}
