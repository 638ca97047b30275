//! The authorization endpoint, `GET` and `POST /{environment}/as/authorize`:
//! [RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1), OpenID Connect Core §3.

pub(crate) mod checks;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::oauth::OAuthErrorCode;
use protocol::trail::Hidden;

use self::checks::NotAdmitted;
use crate::Idp;
use crate::audit::By;
use crate::interaction::browser::Browser;
use crate::interaction::demands::Lead;
use crate::interaction::respond::respond;
use crate::interaction::response::{self, ReturnError};
use crate::interaction::still::policy_is_not_provided;
use crate::interaction::{AuthorizationRequest, Interaction, Step, told};
use crate::requests::extract::{Environment, QueryAndForm};
use crate::requests::failures::page::PageFailure;
use crate::stores::change::Change;
use crate::stores::environments::StoredEnvironment;

/// Answers an authorization request: at once where the browser's session suffices, and otherwise
/// with the sign-on page.
pub(crate) async fn answer(
    State(idp): State<Idp>,
    Environment(environment): Environment,
    by: By,
    headers: HeaderMap,
    QueryAndForm(params): QueryAndForm,
) -> Result<Response, PageFailure> {
    let now = by.now;
    match checks::admit(&idp, environment.id, &params, now).await {
        Ok(request) => {
            let limits = idp.limits();
            limits.authorizations.take(by.origin.address, now)?;
            begin(&idp, &environment, request, &headers, &by).await
        }
        Err(NotAdmitted::Page(failure)) => Err(failure),
        Err(NotAdmitted::Return(address, error)) => Ok(response::refuse(
            &idp,
            environment.id,
            &address,
            &error,
            by.origin.request,
        )),
    }
}

async fn begin(
    idp: &Idp,
    environment: &StoredEnvironment,
    request: AuthorizationRequest,
    headers: &HeaderMap,
    by: &By,
) -> Result<Response, PageFailure> {
    let now = by.now;
    let browser = Browser::find(idp, environment.id, headers, now).await?;
    let browser = browser.filter(|browser| request.is_satisfied_by(browser, now));
    let demand = match &browser {
        Some(browser) => request.policy.demand_of_session(idp, browser, by).await?,
        None => request.policy.first_demand(idp, environment.id).await?,
    };
    let known = browser.as_ref().map(Browser::known);
    let step = match (demand.leads(known.as_ref(), &request.policy), &browser) {
        (Lead::Nowhere, _) => {
            let error = policy_is_not_provided();
            told::POLICY.failed(Hidden, &error);
            let (address, id) = (&request.address, by.origin.request);
            return Ok(response::refuse(idp, environment.id, address, &error, id));
        }
        (Lead::End, Some(browser)) => {
            let (ending, id) = (Change::new(), by.origin.request);
            let response = respond(idp, environment, &request, browser, ending, id, now);
            let mut response = response.await?;
            browser.touch(idp, now, &mut response).await?;
            return Ok(response);
        }
        (Lead::Step(step), _) => step,
        (Lead::End | Lead::SecondFactor { .. }, _) => request.policy.first_step(),
    };
    if request.forbids_pages() {
        let error = match step {
            Step::SignOn | Step::External { .. } => ReturnError::new(
                OAuthErrorCode::LoginRequired,
                "the user has to sign on, and prompt=none forbids asking",
            ),
            _ => ReturnError::new(
                OAuthErrorCode::InteractionRequired,
                "the sign-on policy has a question to the user, and prompt=none forbids asking",
            ),
        };
        told::PROMPT_NONE.failed("none", &error);
        let (address, id) = (&request.address, by.origin.request);
        return Ok(response::refuse(idp, environment.id, address, &error, id));
    }
    let before = browser.and_then(|browser| browser.session.identity_provider);
    let interaction = Interaction::begin(idp, environment.id, request, step, before, now).await?;
    Ok(response::redirect(
        &idp.urls().signon(environment.id, interaction.query()),
    ))
}
