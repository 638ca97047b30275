//! `[portal.sign_on]`: the OpenID Provider and how the portal signs people on there.

use portal::{GrantType, ProviderSettings, SignOnSettings};
use protocol::id::EnvironmentId;
use protocol::jose::Algorithm;
use protocol::oauth::{Issuer, ResponseMode, ResponseType, Scopes, TokenEndpointAuthMethod};
use protocol::secret::ClientSecret;
use secrecy::ExposeSecret as _;
use url::Url;

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::sections::addresses::{is_pingone, web_address};
use crate::config::sections::{DAY, one_of, word};

const ISSUER: Key = Key::unset(
    "portal.sign_on.issuer",
    "\"https://auth.pingone.eu/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/as\"",
    "The OpenID Provider and the application registered there. `latchkey up` fills these in for \
     its own demo environment; with PingOne the issuer is \
     https://auth.pingone.eu/ENVIRONMENT_ID/as.",
);
const CLIENT_ID: Key = Key::also(
    "portal.sign_on.client_id",
    "\"2a1f8f44-7f0a-4c5e-8f4e-1f9f5d0c7b21\"",
);
const CLIENT_SECRET: Key = Key::also("portal.sign_on.client_secret", "\"…\"");
const AUTH_METHOD: Key = Key::text(
    "portal.sign_on.token_endpoint_auth_method",
    "client_secret_basic",
    "\"client_secret_basic\", \"client_secret_post\" or \"none\".",
);
const SCOPES: Key = Key::list(
    "portal.sign_on.scopes",
    &[
        "openid",
        "profile",
        "email",
        "address",
        "phone",
        "p1:read:user",
        "p1:update:user",
        "p1:verify:user",
        "p1:read:sessions",
        "p1:delete:sessions",
        "p1:read:userPassword",
        "p1:reset:userPassword",
    ],
    "What is asked for; without openid nobody is signed on. Those that begin with p1: let people look \
     after their own account; each page says which it needs.",
);

pub(super) fn sign_on(reader: &mut Reader<'_>) -> SignOnSettings {
    reader.section("portal.sign_on", "");
    let issuer = reader.read(ISSUER, issuer);
    let client_id = reader.text(CLIENT_ID);
    let client_secret = reader.secret(CLIENT_SECRET);
    let redirect_path = reader.need(
        Key::text(
            "portal.sign_on.redirect_path",
            "/callback",
            "The path of the portal that the provider sends people back to.",
        ),
        path,
    );
    let grant_type = grant_type(reader);
    let response_type = reader.need(
        Key::text(
            "portal.sign_on.response_type",
            "token id_token",
            "For the implicit grant: \"token id_token\", \"id_token\" or \"token\".",
        ),
        response_type,
    );
    let response_mode = reader.read(
        Key::text(
            "portal.sign_on.response_mode",
            "",
            "\"query\", \"fragment\" or \"form_post\". Empty: what the grant type asks for.",
        )
        .example("\"form_post\""),
        |text| {
            ResponseMode::parse(text)
                .map_err(|_| "is none of \"query\", \"fragment\", \"form_post\"")
        },
    );
    let token_endpoint_auth_method = auth_method(reader, grant_type);
    let has_secret = client_secret.is_some();
    let provider = issuer.zip(client_id).map(|(issuer, client_id)| {
        let secret = client_secret.map(|secret| ClientSecret::new(secret.expose_secret()));
        ProviderSettings {
            issuer,
            client_id,
            client_secret: secret
                .filter(|_| token_endpoint_auth_method != TokenEndpointAuthMethod::None),
        }
    });
    belong_together(reader, has_secret, token_endpoint_auth_method);
    let defaults = SignOnSettings::default();
    SignOnSettings {
        provider,
        token_endpoint_auth_method,
        redirect_path: redirect_path.unwrap_or(defaults.redirect_path),
        grant_type,
        response_type: response_type.unwrap_or(defaults.response_type),
        response_mode,
        scopes: scopes(reader),
        ..conditions(reader)
    }
}

/// What is asked of the provider beside the scopes, and where people end.
fn conditions(reader: &mut Reader<'_>) -> SignOnSettings {
    SignOnSettings {
        prompt: reader.read(
            Key::text("portal.sign_on.prompt", "", "\"login\", \"none\" or empty.")
                .example("\"login\""),
            one_of(&["login", "none", "consent", "select_account"]),
        ),
        max_age_seconds: reader.optional_integer(
            Key::unset(
                "portal.sign_on.max_age",
                "3600",
                "Seconds after which the provider asks for the password again.",
            ),
            0..=365 * DAY,
        ),
        acr_values: reader.list(
            Key::list(
                "portal.sign_on.acr_values",
                &[],
                "Sign-on policies, in the order of preference.",
            )
            .example("[\"Single_Factor\"]"),
            word,
        ),
        algorithms: reader.list(
            Key::list(
                "portal.sign_on.algorithms",
                &["RS256"],
                "Signature algorithms accepted for ID tokens.",
            ),
            algorithm,
        ),
        post_sign_off_url: reader.read(
            Key::text(
                "portal.sign_on.post_sign_off_url",
                "",
                "Where the provider sends people after signing off. Empty: the portal's own \
                 address.",
            )
            .example("\"https://www.example.com/\""),
            web_address,
        ),
        ..SignOnSettings::default()
    }
}

fn grant_type(reader: &mut Reader<'_>) -> GrantType {
    reader.choice(
        Key::text(
            "portal.sign_on.grant_type",
            "authorization_code",
            "\"authorization_code\", \"implicit\" or \"client_credentials\".",
        ),
        GrantType::AuthorizationCode,
        &[
            ("authorization_code", GrantType::AuthorizationCode),
            ("implicit", GrantType::Implicit),
            ("client_credentials", GrantType::ClientCredentials),
        ],
    )
}

fn auth_method(reader: &mut Reader<'_>, grant_type: GrantType) -> TokenEndpointAuthMethod {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None};
    let method = reader.choice(
        AUTH_METHOD,
        ClientSecretBasic,
        &[
            ("client_secret_basic", ClientSecretBasic),
            ("client_secret_post", ClientSecretPost),
            ("none", None),
        ],
    );
    if grant_type == GrantType::ClientCredentials && method == None {
        let what = "cannot be \"none\" with the grant type client_credentials: the secret is all \
                    there is to tell the application by";
        reader.problem(AUTH_METHOD.path, what, &AUTH_METHOD.right_value());
    }
    method
}

/// Issuer and application make sense together only, and the application has a secret or says that it
/// has none.
fn belong_together(reader: &mut Reader<'_>, has_secret: bool, method: TokenEndpointAuthMethod) {
    let (has_issuer, has_client) = (
        reader.is_given(ISSUER.path),
        reader.is_given(CLIENT_ID.path),
    );
    let one_of_two = match (has_issuer, has_client) {
        (false, true) => Some((ISSUER, CLIENT_ID)),
        (true, false) => Some((CLIENT_ID, ISSUER)),
        _ => None,
    };
    if let Some((missing, present)) = one_of_two {
        let what = format!("is missing beside {}", present.path);
        reader.problem(missing.path, what, "the provider's value");
    }
    let secret_file = format!("{}_file", CLIENT_SECRET.path);
    if has_client
        && !has_secret
        && !reader.is_given(&secret_file)
        && method != TokenEndpointAuthMethod::None
    {
        let what = "is missing beside portal.sign_on.client_id; give it, or the file that holds it as \
                    client_secret_file, or set portal.sign_on.token_endpoint_auth_method to \
                    \"none\"";
        let example = "client_secret_file = \"/run/secrets/portal\"";
        reader.problem(CLIENT_SECRET.path, what, example);
    }
}

/// Each scope by itself first, so that the message names it.
fn scopes(reader: &mut Reader<'_>) -> Scopes {
    let scopes = reader.list(SCOPES, |text| match text {
        text if text.contains(' ') => Err("is several; write each between its own quotation marks"),
        text => Scopes::parse(text)
            .map(|_| text.to_owned())
            .map_err(|_| "is no scope"),
    });
    Scopes::parse(&scopes.join(" ")).unwrap_or_else(|error| {
        let example = "[\"openid\", \"profile\"]";
        reader.problem(SCOPES.path, error.to_string(), example);
        Scopes::default()
    })
}

/// Development serves plain HTTP on loopback, so an issuer may be there too.
///
/// Other providers' issuers may end in a slash and in anything else; PingOne's, and our own, end in
/// `/as`.
fn issuer(text: &str) -> Result<Issuer, String> {
    let issuer =
        Issuer::parse(text).map_err(|error| format!("is no issuer: {}", error.problem()))?;
    let url = Url::parse(issuer.as_str()).map_err(|_| "is no issuer".to_owned())?;
    let path: Vec<&str> = url.path().trim_start_matches('/').split('/').collect();
    let is_pingone = is_pingone(&url);
    let what = match path[..] {
        [.., ".well-known", _] | [.., ".well-known"] => {
            "is the address of the discovery document; leave out what begins with /.well-known"
        }
        [.., "as", ""] => "ends in a slash; PingOne's issuers end in /as",
        [.., id] if is_id(id) => "is an environment's address; its issuer has /as behind it",
        [.., id, ""] if is_id(id) => "is an environment's address; its issuer ends in /as",
        [id, "as"] if is_pingone && !is_id(id) => {
            "names no environment: what stands before /as is no id"
        }
        [_, "as"] => return Ok(issuer),
        _ if is_pingone => "is no issuer of PingOne, which end in /ENVIRONMENT_ID/as",
        _ => return Ok(issuer),
    };
    Err(what.to_owned())
}

fn is_id(text: &str) -> bool {
    EnvironmentId::parse(text).is_ok()
}

fn path(text: &str) -> Result<String, &'static str> {
    let parsed = Url::parse("https://localhost")
        .and_then(|origin| origin.join(text))
        .map_err(|_| "is no path")?;
    if !text.starts_with('/') || text.starts_with("//") {
        return Err("does not begin with one slash");
    }
    if parsed.path() == text && text.len() > 1 {
        Ok(text.to_owned())
    } else {
        Err("is no plain path")
    }
}

/// What the implicit grant may ask for.
fn response_type(text: &str) -> Result<ResponseType, &'static str> {
    ResponseType::parse(text)
        .ok()
        .filter(|asked| !asked.code)
        .ok_or("is none of \"token id_token\", \"id_token\", \"token\"")
}

fn algorithm(text: &str) -> Result<Algorithm, &'static str> {
    match text {
        "none" => Err("would accept tokens that nobody signed"),
        name => name.parse().map_err(|_| "is no signature algorithm of JWS"),
    }
}
