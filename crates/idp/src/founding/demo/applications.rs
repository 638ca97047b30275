//! What the applications of the demo are like; the worker is the portal's.

use protocol::oauth::TokenEndpointAuthMethod;
use protocol::pingone::{ApplicationType, GrantTypeName, NewApplication, ResponseTypeName};

use crate::founding::portal_applications::PortalAddresses;

/// What the application is called that shows the implicit grant.
pub(super) const IMPLICIT: &str = "Implicit Demo";
/// What it was called before.
pub(super) const FORMER_IMPLICIT: &str = "Latchkey Implicit Demo";

/// The portal's application, by which samples and tests get tokens, too: by all grants but the
/// implicit one, unless the portal is configured for that.
pub(super) fn web_application(portal: &PortalAddresses) -> NewApplication {
    let mut application = portal.web_application();
    for grant_type in [
        GrantTypeName::AuthorizationCode,
        GrantTypeName::ClientCredentials,
        GrantTypeName::RefreshToken,
    ] {
        if !application.grant_types.contains(&grant_type) {
            application.grant_types.push(grant_type);
        }
    }
    if !application.response_types.contains(&ResponseTypeName::Code) {
        application.response_types.push(ResponseTypeName::Code);
    }
    application
}

/// A second application, at the same address, that shows the implicit grant.
pub(super) fn implicit_application(portal: &PortalAddresses) -> NewApplication {
    let mut application = portal.web_application();
    IMPLICIT.clone_into(&mut application.name);
    application.description =
        Some("Shows the implicit grant; new applications use codes".to_owned());
    application.application_type = ApplicationType::SinglePageApp;
    application.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    application.grant_types = vec![GrantTypeName::Implicit];
    application.response_types = vec![ResponseTypeName::Token, ResponseTypeName::IdToken];
    application
}
