//! A request for a page: whose it is, and what every page has around its content.

use askama::Template;
use axum::extract::{FromRequestParts, OriginalUri, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{Method, StatusCode, Uri};
use pingone::management;
use pingone_axum::{AccessTokenError, GrantType, NotSignedOn, ReturnTo, SignOn, SignedOn};
use protocol::id::UserId;
use tower_sessions::Session;
use ui::{Account, Flash, Html, Layout, NavItem, Side, Site};
use url::form_urlencoded;

use crate::failure::{Failure, Frame};
use crate::paths;
use crate::settings::Settings;
use crate::state::{Portal, Services};

const FLASHES: &str = "flashes";
/// Those that stay when somebody signs on: what they read says nothing of whoever was here before.
pub(crate) const FLASHES_FOR_SIGN_ON: &str = "flashes_for_sign_on";
/// More messages than this for one page help nobody.
const MOST_FLASHES: usize = 5;

/// A request for a page.
#[derive(Debug)]
pub(crate) struct Visit {
    portal: Portal,
    session: Session,
    signed_on: Option<SignedOn>,
    not_signed_on: NotSignedOn,
    path: String,
}

/// An operator, and PingOne as they may see it.
#[derive(Debug)]
pub(crate) struct Operator {
    /// The management API with the operator's own access token: what they may do is decided there.
    pub(crate) management: management::Client,
    pub(crate) subject: String,
}

impl FromRequestParts<Portal> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        let session = parts.extensions.get::<Session>().cloned().ok_or_else(|| {
            tracing::error!("the layer of sessions is missing around the pages");
            Failure::new(StatusCode::INTERNAL_SERVER_ERROR)
        })?;
        let signed_on = match portal.sign_on() {
            Some(sign_on) => sign_on.find(&session).await.map_err(Failure::session)?,
            None => None,
        };
        let uri = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(&parts.uri, |uri| &uri.0);
        Ok(Self {
            path: uri.path().to_owned(),
            not_signed_on: not_signed_on(parts, uri),
            portal: portal.clone(),
            session,
            signed_on,
        })
    }
}

impl Visit {
    pub(crate) fn portal(&self) -> &Portal {
        &self.portal
    }

    pub(crate) fn settings(&self) -> &Settings {
        self.portal.settings()
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn text(&self, id: &str) -> String {
        self.portal.site().messages().text(id)
    }

    /// The user who is signed on, if somebody is.
    pub(crate) fn signed_on(&self) -> Option<&SignedOn> {
        self.signed_on.as_ref()
    }

    /// The user who is signed on; everybody else is sent to sign on and back.
    pub(crate) fn user(&self) -> Result<&SignedOn, Failure> {
        let Some(sign_on) = self.portal.sign_on() else {
            return Err(Failure::not_configured("failure-sign-on-not-configured"));
        };
        if sign_on.grant_type() == GrantType::ClientCredentials {
            return Err(Failure::new(StatusCode::FORBIDDEN).detail("failure-no-user"));
        }
        self.signed_on
            .as_ref()
            .ok_or_else(|| Failure::NotSignedOn(self.not_signed_on.clone()))
    }

    /// The user who is signed on and has just shown the provider who they are: for what only its owner
    /// may do with an account. Others are sent to do so, and back.
    pub(crate) fn fresh_user(&self) -> Result<&SignedOn, Failure> {
        let user = self.user()?;
        if user.is_recent() {
            return Ok(user);
        }
        Err(Failure::NotSignedOn(self.not_signed_on.clone().fresh()))
    }

    /// What needs the management API; `detail` says what cannot be done without it.
    pub(crate) fn services(&self, detail: &'static str) -> Result<&Services, Failure> {
        self.portal
            .services()
            .ok_or_else(|| Failure::not_configured(detail))
    }

    /// The operator who is signed on. A user without the role is refused.
    pub(crate) async fn operator(&self) -> Result<Operator, Failure> {
        let user = self.user()?;
        let services = self.services("failure-management-not-configured")?;
        if !services.operators.holds_role(user.subject()).await? {
            return Err(Failure::new(StatusCode::FORBIDDEN).detail("failure-operators-only"));
        }
        let access_token = self.access_token(user).await?;
        Ok(Operator {
            management: services.management.with_access_token(access_token),
            subject: user.subject().to_owned(),
        })
    }

    /// The user's access token, renewed if needed.
    pub(crate) async fn access_token(
        &self,
        user: &SignedOn,
    ) -> Result<pingone::AccessToken, Failure> {
        match user.access_token().await {
            Ok(token) => Ok(token),
            Err(error) => Err(self.access_failed(error).await),
        }
    }

    /// A session that ended at the provider ends here too, with a message, and leads back here.
    pub(crate) async fn access_failed(&self, error: AccessTokenError) -> Failure {
        if !matches!(error, AccessTokenError::Ended) {
            return error.into();
        }
        let flash = Flash::info(self.text("flash-session-ended"));
        match self.leave(flash).await {
            Ok(()) => Failure::NotSignedOn(self.not_signed_on.clone()),
            Err(error) => error,
        }
    }

    /// A call with the user's own access token failed. When PingOne refuses the token itself (401),
    /// it was revoked ahead of its time, or its owner may not sign on any more: the session ends here
    /// too, and leads back here. Whether they still may is told where they sign on.
    pub(crate) async fn api_failed(&self, error: pingone::Error) -> Failure {
        if !error.is_unauthorized() {
            return error.into();
        }
        if let Some(user) = &self.signed_on {
            if !self.portal.may_lead_to_sign_on(user.subject()) {
                return Failure::from(error).detail("failure-token-refused");
            }
            if let Err(error) = user.end().await {
                return Failure::session(error);
            }
        }
        self.access_failed(AccessTokenError::Ended).await
    }

    /// Leaves a message for the next page.
    pub(crate) async fn leave(&self, flash: Flash) -> Result<(), Failure> {
        leave(&self.session, flash).await.map_err(Failure::session)
    }

    /// The same for somebody who is about to sign on: they read it when they are back.
    pub(crate) async fn leave_for_sign_on(&self, flash: Flash) -> Result<(), Failure> {
        let left = leave_at(&self.session, FLASHES_FOR_SIGN_ON, flash).await;
        left.map_err(Failure::session)
    }

    /// The frame of a page; its messages are taken, so that each is shown once.
    pub(crate) async fn layout(&self, title_id: &str) -> Result<Layout, Failure> {
        let title = self.text(title_id);
        self.layout_titled(title).await
    }

    /// As [`layout`](Self::layout), with a title that is no fixed text.
    pub(crate) async fn layout_titled(&self, title: String) -> Result<Layout, Failure> {
        let flashes = take(&self.session).await.map_err(Failure::session)?;
        let is_operator = match (&self.signed_on, self.portal.services()) {
            (Some(user), Some(services)) => services.operators.is_shown(user.subject()).await,
            _ => false,
        };
        Ok(Layout::new(self.portal.site(), Side::Portal, title)
            .with_nav(self.nav(is_operator))
            .with_account(self.signed_on.as_ref().map(account))
            .with_flashes(flashes))
    }

    /// What a page that says what went wrong has around it, too. It asks nobody, who may be what
    /// went wrong: operators find their pages from where they were.
    pub(crate) fn frame(&self) -> Frame {
        let sign_on = self.portal.sign_on();
        Frame {
            nav: self.nav(false),
            account: self.signed_on.as_ref().map(account),
            form_targets: sign_on.map(SignOn::form_targets).unwrap_or_default(),
        }
    }

    fn nav(&self, is_operator: bool) -> Vec<NavItem> {
        let offers = Offers {
            pages_of_users: self.signed_on.is_some(),
            management: self.portal.services().is_some(),
            pages_of_operators: is_operator,
            registration: self.settings().registration.enabled,
            sign_on: self.portal.sign_on().is_some(),
        };
        offers.nav(self.portal.site(), &self.path)
    }

    /// A page as an answer. Its forms may end at the provider: signing off does, and so does any
    /// form that was sent after the session had ended.
    pub(crate) fn page<T: Template>(&self, page: T) -> Html<T> {
        let targets = self.portal.sign_on().map(SignOn::form_targets);
        let html = Html::new(page);
        targets
            .unwrap_or_default()
            .iter()
            .fold(html, Html::form_target)
    }
}

/// Where signing on leads back to: the page itself, or the one whose form was sent.
fn not_signed_on(parts: &Parts, uri: &Uri) -> NotSignedOn {
    let not_signed_on = NotSignedOn::at(parts);
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return not_signed_on;
    }
    let page = ReturnTo::parse(&paths::again(uri.path())).unwrap_or_default();
    not_signed_on.returning_to(page)
}

/// Where somebody signs on as this user: whoever is signed on at the provider in this browser has to
/// show who they are all the same.
pub(crate) fn sign_on_path(username: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("fresh", "true");
    query.append_pair("login_hint", username);
    format!("{}?{}", paths::SIGN_ON, query.finish())
}

/// The signed-on user for the top bar.
pub(crate) fn account(user: &SignedOn) -> Account {
    Account {
        name: user.display_name().to_owned(),
        sign_off_path: paths::SIGN_OFF.to_owned(),
    }
}

/// What the navigation leads to.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says of one kind of pages whether they are there"
)]
pub(crate) struct Offers {
    /// Those of somebody who is signed on.
    pub(crate) pages_of_users: bool,
    /// What needs the management API.
    pub(crate) management: bool,
    pub(crate) pages_of_operators: bool,
    pub(crate) registration: bool,
    pub(crate) sign_on: bool,
}

impl Offers {
    /// The links, for the page at this path.
    pub(crate) fn nav(self, site: &Site, path: &str) -> Vec<NavItem> {
        let users = self.pages_of_users;
        let all = [
            (paths::HOME, "nav-home", true),
            (paths::USER_INFO, "nav-profile", users),
            (paths::SECURITY, "nav-security", users && self.management),
            (paths::DATA, "nav-data", users && self.management),
            (paths::USERS, "nav-users", self.pages_of_operators),
            (paths::ACTIVITY, "nav-activity", self.pages_of_operators),
            (
                paths::REGISTER,
                "signon-register",
                !users && self.management && self.registration,
            ),
            (paths::SIGN_ON, "signon-submit", !users && self.sign_on),
        ];
        all.into_iter()
            .filter(|(_, _, is_offered)| *is_offered)
            .map(|(href, text, _)| NavItem::new(href, site.messages().text(text), path))
            .collect()
    }
}

/// Keeps with an answer that is an error what stands around its page, which is made farther out.
pub(crate) async fn framed(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut visited = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    // Without a session that can be read there is nothing around it.
    if let Ok(visit) = Visit::from_request_parts(&mut visited, &portal).await {
        response.extensions_mut().insert(visit.frame());
    }
    response
}

/// Leaves a message for the next page of this session.
pub(crate) async fn leave(
    session: &Session,
    flash: Flash,
) -> Result<(), tower_sessions::session::Error> {
    leave_at(session, FLASHES, flash).await
}

async fn leave_at(
    session: &Session,
    entry: &str,
    flash: Flash,
) -> Result<(), tower_sessions::session::Error> {
    let mut flashes: Vec<Flash> = session.get(entry).await?.unwrap_or_default();
    flashes.push(flash);
    let surplus = flashes.len().saturating_sub(MOST_FLASHES);
    flashes.drain(..surplus);
    session.insert(entry, flashes).await
}

/// Takes the messages out, so that they are shown once. A session without any is not touched.
pub(crate) async fn take(session: &Session) -> Result<Vec<Flash>, tower_sessions::session::Error> {
    let mut all = Vec::new();
    for entry in [FLASHES_FOR_SIGN_ON, FLASHES] {
        if let Some(flashes) = session.get::<Vec<Flash>>(entry).await? {
            session.remove_value(entry).await?;
            all.extend(flashes);
        }
    }
    Ok(all)
}

/// The user's own id at PingOne, where the subject is one.
pub(crate) fn user_id(user: &SignedOn) -> Result<UserId, Failure> {
    UserId::parse(user.subject())
        .map_err(|error| Failure::not_configured("failure-not-pingone").caused_by(error))
}
