//! `/explain`: what was checked while people signed on. In development everybody sees it who may see
//! what is for development; in production operators, by the id of a request, if it belongs to the
//! environment that the portal uses.

use axum::Extension;
use axum::extract::{FromRequestParts, Path, RawQuery};
use axum::response::{IntoResponse as _, Redirect, Response};
use explain::{Explain, Whose};
use http::StatusCode;
use http::request::Parts;
use platform::net::Insider;
use ui::Mode;

use crate::failure::Failure;
use crate::state::Portal;
use crate::visit::Visit;

/// Proof that somebody may see explanations, and the explanations.
#[derive(Debug)]
pub(crate) struct Permitted {
    visit: Visit,
    explain: Explain,
    whose: Whose,
}

impl FromRequestParts<Portal> for Permitted {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        let off = || Failure::not_configured("failure-explain-off");
        let explain = portal.settings().explain.clone().ok_or_else(off)?;
        let visit = Visit::from_request_parts(parts, portal).await?;
        let whose = match portal.settings().mode {
            Mode::Development => {
                let insider = Extension::<Insider>::from_request_parts(parts, portal).await;
                if !insider.is_ok_and(|Extension(Insider(is_inside))| is_inside) {
                    return Err(Failure::new(StatusCode::NOT_FOUND));
                }
                Whose::Everybodys
            }
            Mode::Production => {
                visit.operator().await?;
                // Other environments have operators of their own.
                let provider = portal.settings().sign_on.provider.as_ref();
                Whose::of_portal_at(provider.map(|provider| provider.issuer.as_url()))
            }
        };
        Ok(Self {
            visit,
            explain,
            whose,
        })
    }
}

/// The list; or, by the id in its field, to one of them.
pub(crate) async fn list(
    Permitted { visit, explain, .. }: Permitted,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    if let Some(path) = explain::asked_for(query.as_deref()) {
        return Ok(Redirect::to(&path).into_response());
    }
    let listed = explain.list();
    let layout = visit.layout_titled(listed.title()).await?;
    Ok(visit.page(listed.page(layout)).into_response())
}

/// One sign-on, as a page or as text.
pub(crate) async fn show(
    Permitted {
        visit,
        explain,
        whose,
    }: Permitted,
    Path(path): Path<String>,
) -> Result<Response, Failure> {
    let (id, is_text) = explain::wanted(&path);
    match explain.find(id, whose) {
        Ok(explained) if is_text => Ok(explained.into_text()),
        Ok(explained) => {
            let layout = visit.layout_titled(explained.title()).await?;
            Ok(visit.page(explained.page(layout)).into_response())
        }
        Err(missing) => {
            let layout = visit.layout_titled(missing.title()).await?;
            let page = visit.page(missing.page(layout));
            Ok(page.status(StatusCode::NOT_FOUND).into_response())
        }
    }
}
