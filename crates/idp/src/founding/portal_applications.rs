//! The two applications that a portal works with: the web application through which people sign on,
//! and the worker that administers the environment for it.

use protocol::id::RoleId;
use protocol::oauth::TokenEndpointAuthMethod;
use protocol::pingone::{ApplicationType, GrantTypeName, NewApplication, ResponseTypeName};
use url::Url;

use crate::access::roles::ids;

/// What the web application is called where no brand is configured; its id in the demo follows from it.
pub(crate) const UNBRANDED: &str = "Latchkey";

/// What the web application was called before it was called as its brand is.
pub(crate) const FORMER_NAMES: [&str; 2] = ["Latchkey Portal", UNBRANDED];

/// What the worker is called by which programs administer an installation.
const ADMINISTRATION_WORKER: &str = "Administration";

/// What the worker is called: operators read it where it is told who did something.
pub(crate) const WORKER: &str = "Portal Worker";

/// What it was called before.
pub(crate) const FORMER_WORKER: &str = "Latchkey Worker";

/// What the portal's worker needs: to register and recover users, and to see who is an operator.
pub(crate) const WORKERS_ROLES: [RoleId; 1] = [ids::IDENTITY_DATA_ADMIN];

/// What it takes, for an organization, to do everything in it: make environments, and applications
/// through which administrators work.
pub(crate) const EVERYTHING: [RoleId; 4] = [
    ids::ORGANIZATION_ADMIN,
    ids::ENVIRONMENT_ADMIN,
    ids::IDENTITY_DATA_ADMIN,
    ids::CLIENT_APPLICATION_DEVELOPER,
];

/// What it takes to administer an environment.
pub(crate) const ADMINISTRATION: [RoleId; 3] = [
    ids::ENVIRONMENT_ADMIN,
    ids::IDENTITY_DATA_ADMIN,
    ids::CLIENT_APPLICATION_DEVELOPER,
];

/// What the portal is like, for whom the web application is set up.
#[derive(Clone, Debug)]
pub struct PortalAddresses {
    /// What the web application is called: people read it where they sign on to it.
    pub name: String,
    /// Where browsers reach the portal, with a slash at the end.
    pub portal_url: Url,
    /// Where authorization responses go, such as `/callback`.
    pub redirect_path: String,
    /// Where the browser goes after sign-off; `None` for the portal.
    pub post_sign_off_url: Option<Url>,
    /// How the portal proves who it is.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// The grants by which the portal gets its tokens.
    pub grant_types: Vec<GrantTypeName>,
    /// What the portal asks the authorization endpoint for.
    pub response_types: Vec<ResponseTypeName>,
}

impl PortalAddresses {
    /// A portal named "Portal" at this address with the usual paths, `client_secret_basic` and the authorization
    /// code flow.
    pub fn new(portal_url: Url) -> Self {
        Self {
            name: "Portal".to_owned(),
            portal_url,
            redirect_path: "/callback".to_owned(),
            post_sign_off_url: None,
            token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
            grant_types: vec![
                GrantTypeName::AuthorizationCode,
                GrantTypeName::RefreshToken,
            ],
            response_types: vec![ResponseTypeName::Code],
        }
    }

    /// The web application: what the portal as configured gets its tokens by, and nothing more.
    pub fn web_application(&self) -> NewApplication {
        let base = self.portal_url.as_str().trim_end_matches('/');
        let redirect_path = self.redirect_path.trim_start_matches('/');
        let signed_off = self.post_sign_off_url.as_ref().unwrap_or(&self.portal_url);
        let mut application = NewApplication::new(
            &self.name,
            ApplicationType::WebApp,
            self.token_endpoint_auth_method,
        );
        application.description = Some("The customer portal".to_owned());
        application.grant_types.clone_from(&self.grant_types);
        application.response_types.clone_from(&self.response_types);
        application.redirect_uris = vec![format!("{base}/{redirect_path}")];
        application.post_logout_redirect_uris = vec![signed_off.as_str().to_owned()];
        application.home_page_url = Some(self.portal_url.as_str().to_owned());
        application.initiate_login_uri =
            (self.portal_url.scheme() == "https").then(|| format!("{base}/login"));
        application
    }
}

/// The worker by which programs administer the environment, the command line among them.
pub(crate) fn administration_worker() -> NewApplication {
    let mut application = worker();
    ADMINISTRATION_WORKER.clone_into(&mut application.name);
    application.description = Some("Administers the environment for programs".to_owned());
    application
}

/// The portal's worker.
pub(crate) fn worker() -> NewApplication {
    let mut application = NewApplication::new(
        WORKER,
        ApplicationType::Worker,
        TokenEndpointAuthMethod::ClientSecretBasic,
    );
    application.description = Some("Looks after users for the portal".to_owned());
    application.grant_types = vec![GrantTypeName::ClientCredentials];
    application
}

/// PingOne's console of administrators, which clients find in the environment of the administrators
/// and which is not provided.
pub(crate) fn administration_console() -> NewApplication {
    NewApplication::new(
        "PingOne Admin Console",
        ApplicationType::PingOneAdminConsole,
        TokenEndpointAuthMethod::None,
    )
}
