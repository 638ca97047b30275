//! Where a person goes on whose sign-on is over: finished already, left open for too long, or begun
//! in another browser.
//!
//! Nothing of a finished or expired interaction is kept. Its pages' addresses name the application,
//! whose own addresses an administrator has registered.

use axum::http::HeaderMap;
use db::StoreError;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId};
use url::Url;

use super::browser::Browser;
use crate::Idp;
use crate::stores::applications::StoredApplication;

/// A way on, as a link or a redirect.
#[derive(Clone, Debug)]
pub(crate) struct WayOn {
    /// What the application is called.
    pub(crate) application: String,
    pub(crate) url: Url,
    /// Whether the application names this address for the purpose, and by https, so that the browser
    /// can be sent there; otherwise it is offered as a link.
    pub(crate) is_meant_for_it: bool,
}

impl WayOn {
    /// The way on to an application of the environment; none when it is unknown, disabled, or has no
    /// address on the web.
    ///
    /// Who is signed on goes to the application's home page. Everybody else begins a new sign-on,
    /// which the application must do by itself, because state and nonce are its own (OpenID Connect
    /// Core §4).
    pub(crate) async fn find(
        idp: &Idp,
        environment: EnvironmentId,
        application: ApplicationId,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let found = idp
            .applications()
            .find(environment, application, now)
            .await?;
        let Some(application) = found.filter(|application| application.settings.enabled) else {
            return Ok(None);
        };
        let is_signed_on = Browser::find(idp, environment, headers, now)
            .await?
            .is_some();
        let home = home(&application);
        let begin = begin(&application).map(|mut url| {
            let issuer = idp.urls().issuer(environment);
            url.query_pairs_mut().append_pair("iss", issuer.as_str());
            url
        });
        let meant = if is_signed_on {
            home.or(begin)
        } else {
            begin.or(home)
        };
        let is_meant_for_it = meant.as_ref().is_some_and(|url| url.scheme() == "https");
        let url = meant.or_else(|| front_of_redirect_uri(&application));
        Ok(url.map(|url| Self {
            application: application.settings.name.clone(),
            url,
            is_meant_for_it,
        }))
    }
}

/// The addresses that an application names for the purpose.
pub(crate) fn addresses(application: &StoredApplication) -> impl Iterator<Item = Url> {
    home(application).into_iter().chain(begin(application))
}

fn home(application: &StoredApplication) -> Option<Url> {
    on_the_web(application.settings.home_page_url.as_deref()?)
}

fn begin(application: &StoredApplication) -> Option<Url> {
    on_the_web(application.settings.initiate_login_uri.as_deref()?)
}

/// The front page of the site that authorization responses go to.
fn front_of_redirect_uri(application: &StoredApplication) -> Option<Url> {
    let mut uris = application.settings.redirect_uris.iter();
    let mut url = uris.find_map(|uri| on_the_web(uri).filter(|_| !uri.contains('*')))?;
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

fn on_the_web(uri: &str) -> Option<Url> {
    let url = Url::parse(uri).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}
