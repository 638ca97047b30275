//! The pages that signing on and off needs, in the portal's design.

use askama::Template;
use async_trait::async_trait;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use pingone::auth::EndSessionForm;
use pingone_axum::{GrantType, PageRequest, Pages, SignOnFailure, SignedOff};
use platform::net::RequestId;
use protocol::oauth::OAuthErrorCode;
use ui::{Flash, Html, Layout, NavItem, Side, Site};

use crate::failure::{Failure, Fault};
use crate::paths;
use crate::settings::Settings;
use crate::visit::{self, FLASHES_FOR_SIGN_ON, Offers, account};

/// Shows them.
#[derive(Debug)]
pub(crate) struct SignOnPages {
    site: Site,
    /// The navigation of somebody who is not signed on.
    nav: Vec<NavItem>,
}

#[derive(Template)]
#[template(path = "sign_off.html")]
struct AskPage {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "form-post.html")]
struct EndSessionPage {
    layout: Layout,
    action: String,
    fields: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "fragment.html")]
struct FragmentPage {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "sign_on_refused.html")]
struct RefusedPage {
    layout: Layout,
    error: String,
    description: Option<String>,
    explanation: Option<String>,
}

impl SignOnPages {
    pub(crate) fn new(site: Site, settings: &Settings) -> Self {
        let offers = Offers {
            pages_of_users: false,
            management: settings.management.is_some(),
            pages_of_operators: false,
            registration: settings.registration.enabled,
            sign_on: true,
        };
        Self {
            nav: offers.nav(&site, ""),
            site,
        }
    }

    fn layout(&self, title_id: &str) -> Layout {
        let title = self.site.messages().text(title_id);
        Layout::new(&self.site, Side::Portal, title)
    }

    async fn leave(&self, flash: Flash, request: PageRequest<'_>) {
        if let Err(error) = visit::leave(request.session, flash).await {
            tracing::warn!(%error, "a message for the next page was lost");
        }
    }

    /// The provider's own refusal: what it says is shown as text from outside.
    fn refused(
        &self,
        status: StatusCode,
        error: &OAuthErrorCode,
        description: Option<String>,
        request: PageRequest<'_>,
    ) -> Response {
        let lead = self.site.messages().text(match error {
            OAuthErrorCode::AccessDenied => "sign-on-refused-denied",
            OAuthErrorCode::LoginRequired
            | OAuthErrorCode::InteractionRequired
            | OAuthErrorCode::ConsentRequired => "sign-on-refused-interaction",
            OAuthErrorCode::TemporarilyUnavailable | OAuthErrorCode::ServerError => {
                "sign-on-refused-unavailable"
            }
            _ => "sign-on-refused-other",
        });
        let id = request.parts.extensions.get::<RequestId>();
        let explanation = id.and_then(|id| self.site.explanation(&id.to_string()));
        let page = RefusedPage {
            explanation,
            layout: self
                .layout("sign-on-refused-title")
                .with_lead(lead)
                .with_nav(self.nav.clone()),
            error: error.to_string(),
            description,
        };
        Html::new(page).status(status).into_response()
    }
}

#[async_trait]
impl Pages for SignOnPages {
    async fn ask_sign_off(&self, request: PageRequest<'_>) -> Response {
        let user = match request.sign_on.find(request.session).await {
            Ok(Some(user)) => user,
            Ok(None) => return Redirect::to(paths::HOME).into_response(),
            Err(error) => return Failure::session(error).into_response(),
        };
        let question = self.site.messages().text("sign-off-question");
        let layout = self.layout("sign-off-title").with_lead(question);
        let page = AskPage {
            layout: layout.with_account(Some(account(&user))),
        };
        let targets = request.sign_on.form_targets();
        targets
            .iter()
            .fold(Html::new(page), Html::form_target)
            .into_response()
    }

    async fn failed(&self, failure: SignOnFailure, request: PageRequest<'_>) -> Response {
        if let SignOnFailure::Refused { error, description } = failure {
            let status = SignOnFailure::Refused {
                error: error.clone(),
                description: None,
            }
            .status();
            tracing::info!(%error, "the OpenID provider refused a sign-on");
            return self.refused(status, &error, description, request);
        }
        let status = failure.status();
        let (detail, fault) = match &failure {
            SignOnFailure::Expired => ("failure-sign-on-expired", Some(Fault::Visitor)),
            SignOnFailure::UnknownState => ("failure-sign-on-unknown-state", Some(Fault::Visitor)),
            SignOnFailure::Malformed(_) => ("failure-sign-on-malformed", Some(Fault::Visitor)),
            // Somebody may have tried to slip in an answer of another provider.
            SignOnFailure::Forged(_) => ("failure-sign-on-not-proven", Some(Fault::Provider)),
            SignOnFailure::NoIdentity => ("failure-sign-on-no-identity", Some(Fault::Provider)),
            SignOnFailure::Provider(error) if error.is_untrusted() => {
                ("failure-sign-on-not-proven", Some(Fault::Provider))
            }
            SignOnFailure::Provider(_) => ("failure-sign-on-provider", Some(Fault::Provider)),
            _ => ("failure-sign-on-provider", None),
        };
        let wait = match &failure {
            SignOnFailure::Provider(error) => error.retry_after(),
            _ => None,
        };
        let page = Failure::new(status)
            .detail(detail)
            .action("failure-sign-on-again", paths::SIGN_ON)
            .retry_after(wait)
            .caused_by(failure);
        match fault {
            Some(fault) => page.fault(fault),
            None => page,
        }
        .into_response()
    }

    async fn end_session(&self, form: EndSessionForm, _request: PageRequest<'_>) -> Response {
        let lead = self.site.messages().text("sign-off-at-provider");
        let page = EndSessionPage {
            layout: self.layout("sign-off-title").with_lead(lead),
            action: form.action().to_string(),
            fields: form
                .fields()
                .map(|(name, value)| (name, value.to_owned()))
                .collect(),
        };
        Html::new(page).form_target(form.action()).into_response()
    }

    async fn fragment(&self, _request: PageRequest<'_>) -> Response {
        let lead = self.site.messages().text("fragment-lead");
        let layout = self.layout("fragment-title").with_lead(lead);
        Html::new(FragmentPage { layout }).into_response()
    }

    async fn signed_on(&self, request: PageRequest<'_>) {
        // What somebody signed on for says it better.
        let waiting = request.session.get_value(FLASHES_FOR_SIGN_ON).await;
        if waiting.is_ok_and(|waiting| waiting.is_some()) {
            return;
        }
        let id = match request.sign_on.grant_type() {
            GrantType::ClientCredentials => "flash-application-signed-on",
            GrantType::AuthorizationCode | GrantType::Implicit => "flash-signed-on",
        };
        self.leave(Flash::success(self.site.messages().text(id)), request)
            .await;
    }

    async fn signed_off(&self, outcome: SignedOff, request: PageRequest<'_>) {
        let texts = self.site.messages();
        let flash = match outcome {
            SignedOff::Everywhere => Flash::success(texts.text("flash-signed-off")),
            SignedOff::HereOnly => Flash::info(texts.text("flash-signed-off-here")),
        };
        self.leave(flash, request).await;
    }
}
