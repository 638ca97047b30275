//! The way back from the pages, `GET /{environment}/as/resume?flowId=…`: turns a completed
//! interaction into the authorization response, once, and only in the browser that signed on.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::id::FlowId;
use protocol::oauth::OAuthErrorCode;
use protocol::params::FormParams;
use protocol::trail::{Fingerprinted, Hidden};

use crate::Idp;
use crate::audit::By;
use crate::interaction::browser::Browser;
use crate::interaction::policy::Demand;
use crate::interaction::respond::{respond, use_up};
use crate::interaction::response::{self, ReturnError};
use crate::interaction::still::Failed;
use crate::interaction::{Interaction, Step, cookies, still, told};
use crate::requests::extract::Environment;
use crate::requests::failures::page::{PageError, PageFailure};
use crate::stores::environments::StoredEnvironment;

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
    let found = found.ok_or(PageFailure::from(PageError::FlowGone));
    let interaction = told::FLOW.judged(Fingerprinted(params.find("flowId")), found)?;
    if let Step::Declined { .. } = interaction.step {
        return decline(&idp, &environment, &interaction, &headers, &by).await;
    }
    let Step::Completed {
        user,
        session,
        given,
    } = interaction.step
    else {
        let page = idp.urls().signon(environment.id, interaction.query());
        return Ok(response::redirect(&page));
    };
    // The cookie binds interaction and browser: whoever learns the address gets nothing.
    let browser = Browser::find(&idp, environment.id, &headers, now).await?;
    let browser = browser
        .filter(|browser| browser.session.id == session && browser.user.id == user)
        .ok_or(PageFailure::from(PageError::WrongBrowser));
    let browser = told::SAME_BROWSER.judged(Hidden, browser)?;
    let met = still::policy_is_met(&idp, &interaction, given, &browser, &by).await;
    let interaction = match met {
        Ok((interaction, Demand::Nothing)) => interaction,
        // More is demanded by now: the person signs on under that policy.
        Ok((interaction, _)) => {
            let page = idp.urls().signon(environment.id, interaction.query());
            let first = interaction.request.policy.first_step();
            let next = interaction.to(first);
            next.try_advance(&idp, now).await?;
            return Ok(response::redirect(&page));
        }
        Err(Failed::Page(failure)) => return Err(failure),
        Err(Failed::Request(error)) => {
            told::POLICY.failed(Hidden, &error);
            return refuse(&idp, &environment, &interaction, &error, &by).await;
        }
    };
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

/// Tells the application that the user declined what it demands.
async fn decline(
    idp: &Idp,
    environment: &StoredEnvironment,
    interaction: &Interaction,
    headers: &HeaderMap,
    by: &By,
) -> Result<Response, PageFailure> {
    let tokens = cookies::session_tokens(headers);
    if !interaction.step.is_open_to(&tokens) {
        return Err(PageError::WrongBrowser.into());
    }
    let error = ReturnError::new(
        OAuthErrorCode::AccessDenied,
        "the user does not agree to what the sign-on policy demands",
    );
    refuse(idp, environment, interaction, &error, by).await
}

/// Tells the application, once, why its request is refused.
async fn refuse(
    idp: &Idp,
    environment: &StoredEnvironment,
    interaction: &Interaction,
    error: &ReturnError,
    by: &By,
) -> Result<Response, PageFailure> {
    let (address, id) = (&interaction.request.address, by.origin.request);
    still::application_still_answers(idp, environment.id, address, by.now).await?;
    use_up(idp, interaction.finish()).await?;
    Ok(response::refuse(idp, environment.id, address, error, id))
}
