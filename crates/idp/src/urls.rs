//! Every absolute address that the environment gives out. They come from the configuration alone:
//! a request's `Host` never reaches a link or a mail.

use std::fmt::Display;

use protocol::id::{ApplicationId, EnvironmentId, FlowId};
use protocol::oauth::Issuer;
use url::Url;

use crate::settings::Settings;

/// What the address of a hosted page says behind its path: which interaction, and the application
/// that a person goes on to when there is no such interaction any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InteractionQuery {
    pub(crate) flow: FlowId,
    pub(crate) application: ApplicationId,
}

impl Display for InteractionQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "flowId={}&client_id={}", self.flow, self.application)
    }
}

/// Makes addresses below the public addresses: one for sign-on and tokens, one for the management
/// API, one for uploaded images, which may all be the same.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    /// Of sign-on and tokens, without the slash at the end.
    base: String,
    /// Of the management API, without the slash at the end.
    api_base: String,
    /// Of uploaded images, without the slash at the end.
    uploads_base: String,
    is_secure: bool,
    origin: String,
    /// The names of all of them.
    names: Vec<String>,
}

impl Urls {
    /// From the public addresses of the settings.
    pub(crate) fn new(settings: &Settings) -> Self {
        let base = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        let public_url = &settings.public_url;
        let or_public = |url: &Option<Url>| base(url.as_ref().unwrap_or(public_url));
        Self {
            base: base(public_url),
            api_base: or_public(&settings.api_public_url),
            uploads_base: or_public(&settings.uploads_public_url),
            is_secure: public_url.scheme() == "https",
            origin: public_url.origin().ascii_serialization(),
            names: [
                Some(public_url),
                settings.api_public_url.as_ref(),
                settings.uploads_public_url.as_ref(),
            ]
            .into_iter()
            .flatten()
            .filter_map(|url| url.host_str().map(str::to_owned))
            .collect(),
        }
    }

    /// Whether a name is that of a public address.
    pub(crate) fn is_own_name(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Whether browsers reach it over TLS, so that cookies can be `Secure`.
    pub(crate) fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The audience of access tokens for the management API and the user's own data: PingOne's is
    /// its API host without `/v1`.
    pub(crate) fn audience(&self) -> &str {
        &self.api_base
    }

    /// The issuer of an environment.
    pub(crate) fn issuer(&self, environment: EnvironmentId) -> Issuer {
        Issuer::parse(&format!("{}/{environment}/as", self.base))
            .expect("a public address with a path is an issuer")
    }

    /// The environment whose issuer this is; `None` for anybody else's.
    pub(crate) fn environment_of(&self, issuer: &str) -> Option<EnvironmentId> {
        let path = issuer.strip_prefix(self.base.as_str())?;
        EnvironmentId::parse(path.strip_prefix('/')?.strip_suffix("/as")?).ok()
    }

    /// An endpoint of an environment's issuer, such as `token`.
    pub(crate) fn endpoint(&self, environment: EnvironmentId, name: &str) -> String {
        format!("{}/{environment}/as/{name}", self.base)
    }

    /// The address of something of an environment that is not below its issuer.
    pub(crate) fn authentication(&self, environment: EnvironmentId, path: impl Display) -> String {
        format!("{}/{environment}/{path}", self.base)
    }

    /// The path of an environment, which its cookies are for; with what a proxy puts in front.
    pub(crate) fn path(&self, environment: EnvironmentId) -> String {
        let prefix = self.base.strip_prefix(&self.origin).unwrap_or_default();
        format!("{prefix}/{environment}")
    }

    /// The hosted page of a sign-on interaction.
    pub(crate) fn signon(
        &self,
        environment: EnvironmentId,
        interaction: InteractionQuery,
    ) -> String {
        format!("{}/{environment}/signon/?{interaction}", self.base)
    }

    /// An interaction, for programs that show pages of their own.
    pub(crate) fn flow(&self, environment: EnvironmentId, id: FlowId) -> String {
        format!("{}/{environment}/flows/{id}", self.base)
    }

    /// Where an identity provider of a type sends browsers back to.
    pub(crate) fn provider_callback(&self, environment: EnvironmentId, of: &str) -> String {
        format!("{}/{environment}/rp/callback/{of}", self.base)
    }

    /// What leads a sign-on interaction to an identity provider.
    pub(crate) fn to_provider(
        &self,
        environment: EnvironmentId,
        provider: impl Display,
        interaction: InteractionQuery,
    ) -> String {
        let base = &self.base;
        format!("{base}/{environment}/rp/authenticate?providerId={provider}&{interaction}")
    }

    /// An address of the management API, without a slash in front: `environments/…`.
    pub(crate) fn api(&self, path: impl Display) -> String {
        format!("{}/v1/{path}", self.api_base)
    }

    /// An address of the management API inside an environment.
    pub(crate) fn environment_api(&self, environment: EnvironmentId, path: impl Display) -> String {
        format!("{}/v1/environments/{environment}/{path}", self.api_base)
    }

    /// A file of the pages, by its path: `/assets/logo.svg`.
    pub(crate) fn asset(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// An uploaded image of an environment.
    pub(crate) fn image(&self, environment: EnvironmentId, name: impl Display) -> String {
        let base = &self.uploads_base;
        format!("{base}/environments/{environment}/images/{name}")
    }

    /// The path of an uploaded image of an environment, with what a proxy puts in front. Pages show
    /// it from there: their own origin has it, whatever address clients are told.
    pub(crate) fn image_path(&self, environment: EnvironmentId, name: impl Display) -> String {
        let base = &self.base;
        self.local(&format!("{base}/environments/{environment}/images/{name}"))
    }

    /// The path of the style sheet of a theme of an environment.
    pub(crate) fn theme_path(&self, environment: EnvironmentId, name: impl Display) -> String {
        let base = &self.base;
        self.local(&format!("{base}/environments/{environment}/themes/{name}"))
    }

    /// An address without what is the same for all.
    fn local(&self, address: &str) -> String {
        let path = address.strip_prefix(&self.origin).unwrap_or(address);
        path.to_owned()
    }

    /// The development mailbox.
    pub(crate) fn mailbox(&self) -> String {
        format!("{}/mailbox", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_pingones_form() {
        let urls = Urls::new(&Settings::new(
            Url::parse("https://localhost:9443/").unwrap(),
        ));
        let environment = EnvironmentId::parse("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1").unwrap();
        assert_eq!(
            urls.issuer(environment).as_str(),
            "https://localhost:9443/7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1/as"
        );
        assert_eq!(urls.api("roles"), "https://localhost:9443/v1/roles");
        assert_eq!(urls.audience(), "https://localhost:9443");
    }

    #[test]
    fn the_management_api_and_uploads_may_have_addresses_of_their_own() {
        let url = |address: &str| Url::parse(address).unwrap();
        let mut settings = Settings::new(url("https://auth.example/"));
        settings.api_public_url = Some(url("https://api.example/"));
        settings.uploads_public_url = Some(url("https://uploads.example/"));
        let urls = Urls::new(&settings);
        let environment = EnvironmentId::parse("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1").unwrap();
        assert!(
            urls.issuer(environment)
                .as_str()
                .starts_with("https://auth.example/")
        );
        assert_eq!(urls.api("roles"), "https://api.example/v1/roles");
        assert_eq!(urls.audience(), "https://api.example");
        let path = format!("/environments/{environment}/images/a.png");
        let image = urls.image(environment, "a.png");
        assert_eq!(image, format!("https://uploads.example{path}"));
        assert_eq!(urls.image_path(environment, "a.png"), path);
    }
}
