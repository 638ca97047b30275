//! The way back from the pages, `GET /{environment}/as/resume?flowId=…`: turns a completed
//! interaction into the authorization response, once, and only in the browser that signed on.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::id::FlowId;
use protocol::params::FormParams;

use crate::Idp;
use crate::audit::By;
use crate::interaction::browser::Browser;
use crate::interaction::respond::respond;
use crate::interaction::response;
use crate::interaction::{Interaction, Step};
use crate::requests::extract::Environment;
use crate::requests::failures::page::{PageError, PageFailure};

/// Sends the browser to the application, or back to the page when something is left to do.
pub(crate) async fn get(
    State(idp): State<Idp>,
    Environment(environment): Environment,
    by: By,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageFailure> {
    let now = by.now;
    let params = FormParams::parse(query.unwrap_or_default().as_bytes())?;
    let id = params.find("flowId").and_then(|id| FlowId::parse(id).ok());
    let id = id.ok_or(PageError::FlowGone)?;
    let found = Interaction::find(&idp, environment.id, id, now).await?;
    let interaction = found.ok_or(PageError::FlowGone)?;
    let Step::Completed { user, session } = interaction.step else {
        let page = idp.urls().signon(environment.id, interaction.query());
        return Ok(response::redirect(&page));
    };
    // The cookie binds interaction and browser: whoever learns the address gets nothing.
    let browser = Browser::find(&idp, environment.id, &headers, now).await?;
    let browser = browser
        .filter(|browser| browser.session.id == session && browser.user.id == user)
        .ok_or(PageError::WrongBrowser)?;
    respond(
        &idp,
        &environment,
        &interaction.request,
        &browser,
        interaction.finish(),
        by.origin.request,
        now,
    )
    .await
}
