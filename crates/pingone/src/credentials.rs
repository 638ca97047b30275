//! How an application proves who it is:
//! [RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::oauth::TokenEndpointAuthMethod;
use protocol::secret::ClientSecret;
use url::form_urlencoded::Serializer;

use crate::Error;

/// RFC 3986's unreserved characters stay: some servers do not decode what comes with `Basic`, and
/// PingOne's secrets hold nothing else.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An application's `client_id`, and how it proves who it is at the token endpoint.
///
/// ```
/// use pingone::{ClientAuthentication, ClientSecret, Credentials};
///
/// let secret = ClientSecret::new("from a file that only the application reads");
/// let credentials = Credentials::new("app", ClientAuthentication::ClientSecretBasic(secret));
/// assert!(!format!("{credentials:?}").contains("file"), "a secret does not show");
/// ```
#[derive(Clone, Debug)]
pub struct Credentials {
    client_id: String,
    authentication: ClientAuthentication,
}

/// How an application proves who it is at the token endpoint.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// With its secret in the `Authorization` header (`client_secret_basic`).
    ClientSecretBasic(ClientSecret),
    /// With its secret in the form (`client_secret_post`).
    ClientSecretPost(ClientSecret),
    /// Not at all: it is a public client (`none`).
    None,
}

impl Credentials {
    /// Credentials with one kind of client authentication.
    pub fn new(client_id: impl Into<String>, authentication: ClientAuthentication) -> Self {
        Self {
            client_id: client_id.into(),
            authentication,
        }
    }

    /// Credentials with the method that a configuration names.
    ///
    /// # Errors
    ///
    /// An [`Error`] of the kind [`SetUp`](crate::ErrorKind::SetUp) when the method needs a secret
    /// and there is none.
    ///
    /// ```
    /// use pingone::auth::TokenEndpointAuthMethod;
    /// use pingone::Credentials;
    ///
    /// let method = TokenEndpointAuthMethod::ClientSecretPost;
    /// assert!(Credentials::from_method("app", method, None).is_err(), "it needs a secret");
    /// ```
    pub fn from_method(
        client_id: impl Into<String>,
        method: TokenEndpointAuthMethod,
        secret: Option<ClientSecret>,
    ) -> Result<Self, Error> {
        let authentication = match (method, secret) {
            (TokenEndpointAuthMethod::None, _) => ClientAuthentication::None,
            (TokenEndpointAuthMethod::ClientSecretBasic, Some(secret)) => {
                ClientAuthentication::ClientSecretBasic(secret)
            }
            (TokenEndpointAuthMethod::ClientSecretPost, Some(secret)) => {
                ClientAuthentication::ClientSecretPost(secret)
            }
            (
                method @ (TokenEndpointAuthMethod::ClientSecretJwt
                | TokenEndpointAuthMethod::PrivateKeyJwt),
                _,
            ) => {
                return Err(Error::set_up(format!(
                    "the token endpoint authentication method {} is not supported",
                    method.as_str()
                )));
            }
            (method, None) => {
                return Err(Error::set_up(format!(
                    "the token endpoint authentication method {} needs a client secret, and none \
                     is given",
                    method.as_str()
                )));
            }
        };
        Ok(Self::new(client_id, authentication))
    }

    /// The application's `client_id`.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Adds what proves the application's identity to a form or its headers.
    pub(crate) fn prove(
        &self,
        form: &mut Serializer<'_, String>,
        headers: &mut HeaderMap,
    ) -> Result<(), Error> {
        match &self.authentication {
            ClientAuthentication::None => {
                form.append_pair("client_id", &self.client_id);
            }
            ClientAuthentication::ClientSecretPost(secret) => {
                form.append_pair("client_id", &self.client_id);
                form.append_pair("client_secret", secret.expose());
            }
            ClientAuthentication::ClientSecretBasic(secret) => {
                headers.insert(header::AUTHORIZATION, self.basic(secret)?);
            }
        }
        Ok(())
    }

    fn basic(&self, secret: &ClientSecret) -> Result<HeaderValue, Error> {
        let pair = format!(
            "{}:{}",
            utf8_percent_encode(&self.client_id, ESCAPED),
            utf8_percent_encode(secret.expose(), ESCAPED)
        );
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
            .map_err(|_| Error::set_up("the client secret is too long for a header".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(authentication: ClientAuthentication) -> (String, Option<String>) {
        let mut form = Serializer::new(String::new());
        let mut headers = HeaderMap::new();
        Credentials::new("my app", authentication)
            .prove(&mut form, &mut headers)
            .unwrap();
        let header = headers.get(header::AUTHORIZATION).map(|value| {
            let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
            String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
        });
        (form.finish(), header)
    }

    #[test]
    fn each_method_puts_the_secret_where_it_belongs() {
        let secret = ClientSecret::new("a-b~c:d/é");
        assert_eq!(
            proof(ClientAuthentication::None),
            ("client_id=my+app".to_owned(), None)
        );
        assert_eq!(
            proof(ClientAuthentication::ClientSecretPost(secret.clone())),
            (
                "client_id=my+app&client_secret=a-b%7Ec%3Ad%2F%C3%A9".to_owned(),
                None
            )
        );
        assert_eq!(
            proof(ClientAuthentication::ClientSecretBasic(secret)),
            (
                String::new(),
                Some("my%20app:a-b~c%3Ad%2F%C3%A9".to_owned())
            )
        );
    }

    #[test]
    fn a_method_without_its_secret_is_refused() {
        let error = Credentials::from_method("x", TokenEndpointAuthMethod::ClientSecretPost, None);
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("client_secret_post needs a client secret")
        );
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let secret = ClientAuthentication::ClientSecretBasic(ClientSecret::new("hush"));
        assert!(!format!("{:?}", Credentials::new("x", secret)).contains("hush"));
    }
}
