//! `[portal.sign_on]`: the OpenID Provider and what it is asked for.

use protocol::jose::Algorithm;
use protocol::oauth::{Issuer, ResponseMode, ResponseType, Scopes, TokenEndpointAuthMethod};
use url::Url;

use crate::config::reader::Reader;
use crate::config::sections::addresses::web_address;
use crate::config::sections::{A_UUID, DAY, one_of, word};
use crate::config::settings::{GrantType, SignOn};

pub(super) fn sign_on(reader: &mut Reader<'_>) -> SignOn {
    let grant_type = reader.choice(
        "portal.sign_on.grant_type",
        GrantType::AuthorizationCode,
        &[
            ("authorization_code", GrantType::AuthorizationCode),
            ("implicit", GrantType::Implicit),
            ("client_credentials", GrantType::ClientCredentials),
        ],
    );
    let token_endpoint_auth_method = reader.choice(
        "portal.sign_on.token_endpoint_auth_method",
        TokenEndpointAuthMethod::ClientSecretBasic,
        &[
            (
                "client_secret_basic",
                TokenEndpointAuthMethod::ClientSecretBasic,
            ),
            (
                "client_secret_post",
                TokenEndpointAuthMethod::ClientSecretPost,
            ),
            ("none", TokenEndpointAuthMethod::None),
        ],
    );
    if grant_type == GrantType::ClientCredentials
        && token_endpoint_auth_method == TokenEndpointAuthMethod::None
    {
        let what = "cannot be \"none\" with the grant type client_credentials: the secret is all \
                    there is to tell the application by";
        let key = "portal.sign_on.token_endpoint_auth_method";
        reader.problem(key, what, "\"client_secret_basic\"");
    }
    let issuer = reader.read(
        "portal.sign_on.issuer",
        "\"https://auth.pingone.eu/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/as\"",
        issuer,
    );
    let client_id = reader.text("portal.sign_on.client_id", A_UUID);
    let client_secret = reader.secret("portal.sign_on.client_secret");
    if client_id.is_some()
        && client_secret.is_none()
        && token_endpoint_auth_method != TokenEndpointAuthMethod::None
    {
        let what = "is missing beside portal.sign_on.client_id; give it, or the file that holds it as \
                    client_secret_file, or set portal.sign_on.token_endpoint_auth_method to \
                    \"none\"";
        let example = "client_secret_file = \"/run/secrets/portal\"";
        reader.problem("portal.sign_on.client_secret", what, example);
    }
    let (issuer_key, client_key) = ("portal.sign_on.issuer", "portal.sign_on.client_id");
    let one_of_two = match (reader.is_given(issuer_key), reader.is_given(client_key)) {
        (false, true) => Some((issuer_key, client_key)),
        (true, false) => Some((client_key, issuer_key)),
        _ => None,
    };
    if let Some((missing, present)) = one_of_two {
        reader.problem(
            missing,
            format!("is missing beside {present}"),
            "the provider's value",
        );
    }
    SignOn {
        issuer,
        client_id,
        client_secret,
        redirect_path: reader
            .need("portal.sign_on.redirect_path", "\"/callback\"", path)
            .unwrap_or_default(),
        grant_type,
        response_type: reader
            .need(
                "portal.sign_on.response_type",
                "\"token id_token\"",
                response_type,
            )
            .unwrap_or(ResponseType::CODE),
        response_mode: reader.read("portal.sign_on.response_mode", "\"form_post\"", |text| {
            ResponseMode::parse(text)
                .map_err(|_| "is none of \"query\", \"fragment\", \"form_post\"")
        }),
        token_endpoint_auth_method,
        scopes: scopes(reader),
        prompt: reader.read(
            "portal.sign_on.prompt",
            "\"login\"",
            one_of(&["login", "none", "consent", "select_account"]),
        ),
        max_age_seconds: reader.optional_integer("portal.sign_on.max_age", 0..=365 * DAY, 3600),
        acr_values: reader.list("portal.sign_on.acr_values", "[\"Single_Factor\"]", word),
        algorithms: reader.list("portal.sign_on.algorithms", "[\"RS256\"]", algorithm),
        post_sign_off_url: reader.read(
            "portal.sign_on.post_sign_off_url",
            "\"https://www.example.com/\"",
            web_address,
        ),
    }
}

/// Each scope by itself first, so that the message names it.
fn scopes(reader: &mut Reader<'_>) -> Scopes {
    let example = "[\"openid\", \"profile\"]";
    let scopes = reader.list("portal.sign_on.scopes", example, |text| match text {
        text if text.contains(' ') => Err("is several; write each between its own quotation marks"),
        text => Scopes::parse(text)
            .map(|_| text.to_owned())
            .map_err(|_| "is no scope"),
    });
    Scopes::parse(&scopes.join(" ")).unwrap_or_else(|error| {
        reader.problem("portal.sign_on.scopes", error.to_string(), example);
        Scopes::default()
    })
}

/// Development serves plain HTTP on loopback, so an issuer may be there too.
fn issuer(text: &str) -> Result<Issuer, String> {
    Issuer::parse(text).map_err(|error| format!("is no issuer: {}", error.problem()))
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
