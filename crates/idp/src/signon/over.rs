//! What becomes of a page whose sign-on is over: the person goes on, and reads no dead end.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use protocol::id::{ApplicationId, FlowId};
use protocol::params::FormParams;

use super::see_other;
use crate::Idp;
use crate::interaction::way_on::WayOn;
use crate::requests::extract::Environment;
use crate::requests::failures::page::PageFailure;
use crate::requests::speech;

/// Leads on from pages whose interaction is gone, and from those of another browser: by a redirect
/// where the application has named an address for it, and by a link otherwise.
pub(crate) async fn lead_on(
    State(idp): State<Idp>,
    Environment(environment): Environment,
    request: Request,
    next: Next,
) -> Response {
    let query = request
        .uri()
        .query()
        .unwrap_or_default()
        .as_bytes()
        .to_owned();
    let headers = request.headers().clone();
    let mut response = next.run(request).await;
    let Some(failure) = response.extensions().get::<PageFailure>() else {
        return response;
    };
    let is_over = failure.is_over();
    if !is_over && !failure.is_of_another_browser() {
        return response;
    }
    let Some((application, is_of_a_flow)) = named(&query) else {
        return response;
    };
    let now = idp.now();
    match WayOn::find(&idp, environment.id, application, &headers, now).await {
        Ok(Some(way_on)) if is_over && is_of_a_flow && way_on.is_meant_for_it => {
            see_other(way_on.url.as_str())
        }
        Ok(Some(way_on)) => {
            let name = way_on.application.as_str();
            let site = match speech::site(&idp, environment.id, &[], &headers, now).await {
                Ok(site) => site,
                Err(error) => return PageFailure::from(error).into_response(),
            };
            let text = site
                .messages()
                .format("page-way-on", &[("application", name)]);
            if let Some(failure) = response.extensions_mut().get_mut::<PageFailure>() {
                failure.lead_to(text, way_on.url.into());
            }
            response
        }
        Ok(None) => response,
        Err(error) => PageFailure::from(error).into_response(),
    }
}

/// The application that an address names, and whether the address is one of an interaction: nobody
/// is sent on by a link that never was a page of ours.
fn named(query: &[u8]) -> Option<(ApplicationId, bool)> {
    let params = FormParams::parse(query).ok()?;
    let application = ApplicationId::parse(params.find("client_id")?).ok()?;
    let flow = params.find("flowId").map(FlowId::parse);
    Some((application, matches!(flow, Some(Ok(_)))))
}
