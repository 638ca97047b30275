//! Reads each section of the configuration into its settings.

use std::ops::RangeInclusive;

use protocol::id::{EnvironmentId, PopulationId};
use protocol::jose::Algorithm;
use protocol::oauth::{Issuer, ResponseMode, ResponseType, Scopes, TokenEndpointAuthMethod};
use secrecy::ExposeSecret as _;
use ui::BrandSettings;
use url::Url;

use crate::config::reader::Reader;
use crate::config::settings::{
    Argon2, Database, GrantType, Idp, Limits, Log, LogFormat, Mode, PingOne, PopulationChoice,
    Portal, PortalLimits, Proxy, Registration, Server, Settings, SignOn, Smtp, SmtpEncryption, Tls,
};
use crate::edge::proxies::{ForwardedBy, Network};
use crate::listen::ListenAddress;

const DAY: i64 = 86_400;
const LIMITS: RangeInclusive<i64> = 1..=1_000_000;
const NO_UUID: &str = "is no id (a UUID)";
const A_UUID: &str = "\"7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11\"";

/// Reads everything. With problems in the reader the value is only good for going on.
pub(super) fn settings(reader: &mut Reader<'_>) -> Settings {
    Settings {
        mode: reader.choice(
            "mode",
            Mode::Development,
            &[
                ("development", Mode::Development),
                ("production", Mode::Production),
            ],
        ),
        data_dir: reader.path("data_dir", "\"/var/lib/latchkey\""),
        database: database(reader),
        keyring_file: reader.path("keyring_file", "\"/etc/latchkey/keyring.json\""),
        brand: brand(reader),
        portal: portal(reader),
        idp: idp(reader),
        tls: tls(reader),
        proxy: proxy(reader),
        server: Server {
            request_timeout_seconds: unsigned(
                reader.integer("server.request_timeout_seconds", 1..=600),
            ),
            max_connections: size(reader.integer("server.max_connections", 1..=1_000_000)),
        },
        log: log(reader),
    }
}

fn database(reader: &mut Reader<'_>) -> Database {
    let url = reader.secret("database");
    let ca_file = reader.file("database_ca_file", "\"/etc/latchkey/postgres-ca.pem\"");
    let max_connections = small(reader.integer("database_max_connections", 1..=1000));
    let Some(url) = url else {
        return Database::Sqlite;
    };
    match url.expose_secret() {
        "sqlite" => Database::Sqlite,
        text if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
            Database::Postgres {
                url,
                ca_file,
                max_connections,
            }
        }
        _ => {
            // Not shown: the address may hold a password.
            let what = "is neither \"sqlite\" nor an address that begins with postgres://";
            reader.problem(
                "database",
                what,
                "\"postgres://latchkey@localhost/latchkey\"",
            );
            Database::Sqlite
        }
    }
}

fn portal(reader: &mut Reader<'_>) -> Portal {
    let listen = listen(reader, "portal.listen", 8080);
    let public_url = origin(reader, "portal.public_url", "\"https://www.example.com/\"");
    let extra_hosts = hosts(reader, "portal.extra_hosts");
    let session_idle_seconds = reader.integer("portal.session_idle_seconds", 60..=30 * DAY);
    let session_absolute_seconds =
        reader.integer("portal.session_absolute_seconds", 60..=365 * DAY);
    if session_absolute_seconds < session_idle_seconds {
        let what = "is shorter than portal.session_idle_seconds, which would never count";
        reader.problem(
            "portal.session_absolute_seconds",
            what,
            &session_idle_seconds.to_string(),
        );
    }
    Portal {
        listen,
        public_url,
        extra_hosts,
        session_idle_seconds,
        session_absolute_seconds,
        sign_on: sign_on(reader),
        pingone: pingone(reader),
        registration: registration(reader),
        limits: PortalLimits {
            sign_on: small(reader.integer("portal.limits.sign_on_per_minute", LIMITS)),
            registration: small(reader.integer("portal.limits.registration_per_minute", LIMITS)),
            recovery: small(reader.integer("portal.limits.recovery_per_minute", LIMITS)),
        },
        operator_roles: reader.list("portal.operator.roles", "[\"Identity Data Admin\"]", word),
    }
}

fn sign_on(reader: &mut Reader<'_>) -> SignOn {
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
        let what = "is missing; an application with a secret is configured. Set it, or set \
                    portal.sign_on.token_endpoint_auth_method to \"none\"";
        reader.problem("portal.sign_on.client_secret", what, "client_secret_file");
    }
    if client_id.is_some() != issuer.is_some() {
        let (missing, present) = match client_id {
            Some(_) => ("portal.sign_on.issuer", "portal.sign_on.client_id"),
            None => ("portal.sign_on.client_id", "portal.sign_on.issuer"),
        };
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

fn pingone(reader: &mut Reader<'_>) -> PingOne {
    let region = reader.read("portal.pingone.region", "\"EU\"", |text| {
        region_domain(text).ok_or("is none of \"NA\", \"CA\", \"EU\", \"AU\", \"AP\", \"SG\"")
    });
    let mut auth_url = reader.read(
        "portal.pingone.auth_url",
        "\"https://auth.pingone.eu/\"",
        base,
    );
    let mut api_url = reader.read(
        "portal.pingone.api_url",
        "\"https://api.pingone.eu/v1/\"",
        base,
    );
    match (region, auth_url.is_some(), api_url.is_some()) {
        (Some(domain), false, false) => {
            auth_url = Url::parse(&format!("https://auth.pingone.{domain}/")).ok();
            api_url = Url::parse(&format!("https://api.pingone.{domain}/v1/")).ok();
        }
        (Some(_), ..) => {
            let what = "is given beside auth_url or api_url; leave one of them away";
            reader.problem("portal.pingone.region", what, "region alone");
        }
        (None, true, false) => {
            let what = "is missing beside portal.pingone.auth_url";
            reader.problem(
                "portal.pingone.api_url",
                what,
                "\"https://api.pingone.eu/v1/\"",
            );
        }
        (None, false, true) => {
            let what = "is missing beside portal.pingone.api_url";
            reader.problem(
                "portal.pingone.auth_url",
                what,
                "\"https://auth.pingone.eu/\"",
            );
        }
        (None, ..) => {}
    }
    PingOne {
        auth_url,
        api_url,
        environment_id: reader.read("portal.pingone.environment_id", A_UUID, |text| {
            EnvironmentId::parse(text).map_err(|_| NO_UUID)
        }),
        worker_client_id: reader.text("portal.pingone.worker_client_id", A_UUID),
        worker_client_secret: reader.secret("portal.pingone.worker_client_secret"),
        ca_file: reader.file(
            "portal.pingone.ca_file",
            "\"/etc/latchkey/provider-ca.pem\"",
        ),
        back_channel_url: reader.read(
            "portal.pingone.back_channel_url",
            "\"https://idp:9443/\"",
            base,
        ),
    }
}

/// The end of PingOne's host names in a region
/// ([regions](https://apidocs.pingidentity.com/pingone/platform/v1/api/#working-with-pingone-apis)).
fn region_domain(region: &str) -> Option<&'static str> {
    Some(match region.to_ascii_uppercase().as_str() {
        "NA" => "com",
        "CA" => "ca",
        "EU" => "eu",
        "AU" => "com.au",
        "AP" => "asia",
        "SG" => "sg",
        _ => return None,
    })
}

fn registration(reader: &mut Reader<'_>) -> Registration {
    #[derive(Clone, Copy)]
    enum How {
        Fixed,
        Choose,
        EmailDomain,
    }
    let enabled = reader.boolean("portal.registration.enabled");
    let verify_email = reader.boolean("portal.registration.verify_email");
    let ask_given_name = reader.boolean("portal.registration.ask_given_name");
    let ask_family_name = reader.boolean("portal.registration.ask_family_name");
    let how = reader.choice(
        "portal.registration.population",
        How::Fixed,
        &[
            ("fixed", How::Fixed),
            ("choose", How::Choose),
            ("email-domain", How::EmailDomain),
        ],
    );
    let key = "portal.registration.populations";
    let example = format!("[{A_UUID}]");
    let mut populations = reader.list(key, &example, |text| {
        PopulationId::parse(text).map_err(|_| NO_UUID)
    });
    let population = match how {
        How::Fixed => {
            if populations.len() > 1 {
                let what = "names several, but portal.registration.population is \"fixed\"; name \
                            one, or set it to \"choose\"";
                reader.problem(key, what, &example);
            }
            PopulationChoice::Fixed(populations.pop())
        }
        How::Choose => {
            if populations.is_empty() {
                let what = "is empty, but portal.registration.population is \"choose\"";
                reader.problem(key, what, &example);
            }
            PopulationChoice::Choose(populations)
        }
        How::EmailDomain => PopulationChoice::EmailDomain,
    };
    Registration {
        enabled,
        verify_email,
        ask_given_name,
        ask_family_name,
        population,
    }
}

/// The brand's own parser judges, and reads the logo.
fn brand(reader: &mut Reader<'_>) -> BrandSettings {
    let colour = "\"#2f5fd0\"";
    let settings = BrandSettings {
        name: reader.text("brand.name", "\"Example\""),
        accent: reader.text("brand.accent", colour),
        accent_text: reader.text("brand.accent_text", "\"#ffffff\""),
        accent_dark: reader.text("brand.accent_dark", "\"#8fb0ff\""),
        accent_dark_text: reader.text("brand.accent_dark_text", "\"#10141c\""),
        radius: reader
            .optional_integer("brand.radius", 0..=24, 8)
            .and_then(|radius| u8::try_from(radius).ok()),
        font: reader.text("brand.font", "\"Georgia, serif\""),
        logo: reader.path("brand.logo", "\"/etc/latchkey/logo.svg\""),
    };
    if let Err(invalid) = ui::Brand::parse(&settings) {
        let key = format!("brand.{}", invalid.key());
        let example = if invalid.key().starts_with("accent") {
            colour
        } else {
            "leaving it out"
        };
        reader.problem(&key, invalid.to_string(), example);
    }
    settings
}

fn idp(reader: &mut Reader<'_>) -> Idp {
    Idp {
        listen: listen(reader, "idp.listen", 9443),
        public_url: origin(reader, "idp.public_url", "\"https://auth.example.com/\""),
        extra_hosts: hosts(reader, "idp.extra_hosts"),
        demo: reader.boolean("idp.demo"),
        registration: reader.boolean("idp.registration"),
        argon2: Argon2 {
            memory_kib: small(reader.integer("idp.argon2.memory_kib", 8..=4_194_304)),
            iterations: small(reader.integer("idp.argon2.iterations", 1..=100)),
            parallelism: small(reader.integer("idp.argon2.parallelism", 1..=64)),
            permits: size(reader.integer("idp.argon2.permits", 0..=1024)),
        },
        smtp: smtp(reader),
        limits: Limits {
            sign_ons_per_minute: small(reader.integer("idp.limits.sign_ons_per_minute", LIMITS)),
            registrations_per_hour: small(
                reader.integer("idp.limits.registrations_per_hour", LIMITS),
            ),
            recoveries_per_hour: small(reader.integer("idp.limits.recoveries_per_hour", LIMITS)),
        },
    }
}

fn smtp(reader: &mut Reader<'_>) -> Option<Smtp> {
    let host = reader.text("idp.smtp.host", "\"smtp.example.com\"");
    let port = u16::try_from(reader.integer("idp.smtp.port", 1..=65_535)).unwrap_or(587);
    let encryption = reader.choice(
        "idp.smtp.encryption",
        SmtpEncryption::StartTls,
        &[
            ("starttls", SmtpEncryption::StartTls),
            ("tls", SmtpEncryption::Tls),
            ("none", SmtpEncryption::None),
        ],
    );
    let username = reader.text("idp.smtp.username", "\"latchkey\"");
    let password = reader.secret("idp.smtp.password");
    let from = reader.text("idp.smtp.from", "\"Example <no-reply@example.com>\"");
    let host = host?;
    if encryption == SmtpEncryption::None && !is_loopback_name(&host) {
        let what = "is \"none\", which is for a mail server on this machine only";
        reader.problem("idp.smtp.encryption", what, "\"starttls\"");
    }
    if username.is_some() != password.is_some() {
        let key = if username.is_some() {
            "idp.smtp.password"
        } else {
            "idp.smtp.username"
        };
        reader.problem(
            key,
            "is missing: a mail account has a name and a password",
            "both or none",
        );
    }
    let Some(from) = from else {
        let what = "is missing beside idp.smtp.host: mails need a sender";
        reader.problem("idp.smtp.from", what, "\"Example <no-reply@example.com>\"");
        return None;
    };
    Some(Smtp {
        host,
        port,
        encryption,
        username,
        password,
        from,
    })
}

fn tls(reader: &mut Reader<'_>) -> Tls {
    #[derive(Clone, Copy, PartialEq)]
    enum How {
        Local,
        Files,
        Off,
    }
    let how = reader.choice(
        "tls.mode",
        How::Local,
        &[
            ("local", How::Local),
            ("files", How::Files),
            ("off", How::Off),
        ],
    );
    let example = "\"/etc/latchkey/tls/fullchain.pem\"";
    let certificate = reader.path("tls.certificate_file", example);
    let key_example = "\"/etc/latchkey/tls/privkey.pem\"";
    let key = reader.path("tls.key_file", key_example);
    match (how, certificate, key) {
        (How::Files, Some(certificate), Some(key)) => {
            reader.opens("tls.certificate_file", &certificate, example);
            reader.opens("tls.key_file", &key, key_example);
            Tls::Files { certificate, key }
        }
        (How::Files, certificate, key) => {
            let what = "is missing, but tls.mode is \"files\"";
            if certificate.is_none() {
                reader.problem("tls.certificate_file", what, example);
            }
            if key.is_none() {
                reader.problem("tls.key_file", what, key_example);
            }
            Tls::Local
        }
        (how, certificate, key) => {
            if certificate.is_some() || key.is_some() {
                let what = "does not use tls.certificate_file and tls.key_file, which are set";
                reader.problem("tls.mode", what, "\"files\"");
            }
            if how == How::Off {
                Tls::Off
            } else {
                Tls::Local
            }
        }
    }
}

fn proxy(reader: &mut Reader<'_>) -> Proxy {
    Proxy {
        trusted: reader.list(
            "proxy.trusted",
            "[\"10.0.0.0/8\", \"127.0.0.1\"]",
            Network::parse,
        ),
        header: reader.choice(
            "proxy.header",
            ForwardedBy::XForwardedFor,
            &[
                ("x-forwarded-for", ForwardedBy::XForwardedFor),
                ("forwarded", ForwardedBy::Forwarded),
            ],
        ),
    }
}

fn log(reader: &mut Reader<'_>) -> Log {
    Log {
        format: reader.choice(
            "log.format",
            LogFormat::Text,
            &[("text", LogFormat::Text), ("json", LogFormat::Json)],
        ),
        filter: reader
            .need("log.filter", "\"info\"", log_filter)
            .unwrap_or_default(),
    }
}

fn listen(reader: &mut Reader<'_>, key: &str, port: u16) -> ListenAddress {
    let example = format!("\"localhost:{port}\"");
    reader
        .need(key, &example, ListenAddress::parse)
        .unwrap_or(ListenAddress::localhost(port))
}

fn hosts(reader: &mut Reader<'_>, key: &str) -> Vec<String> {
    reader.list(key, "[\"portal.internal\", \"portal:8080\"]", |text| {
        let plain = !text.contains(['/', '@', '?', '#', ' ']);
        let parses = || Url::parse(&format!("https://{text}")).is_ok_and(|url| url.has_host());
        if plain && parses() {
            Ok(text.to_ascii_lowercase())
        } else {
            Err("is no host name")
        }
    })
}

fn origin(reader: &mut Reader<'_>, key: &str, example: &str) -> Option<Url> {
    reader.read(key, example, |text| {
        let url = base(text)?;
        if url.path() == "/" {
            Ok(url)
        } else {
            Err("has a path; both ports need a host name of their own")
        }
    })
}

fn web_address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is no web address")?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err("is no address that begins with https:// or http://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password");
    }
    if url.fragment().is_some() {
        return Err("has a fragment (#…)");
    }
    Ok(url)
}

/// A web address that paths are appended to.
fn base(text: &str) -> Result<Url, &'static str> {
    let mut url = web_address(text)?;
    if url.query().is_some() {
        return Err("has a query (?…)");
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// Development serves plain HTTP on loopback, so an issuer may be there too.
fn issuer(text: &str) -> Result<Issuer, String> {
    Issuer::parse(text).map_err(|error| error.to_string())
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

fn one_of<'a>(words: &'a [&'a str]) -> impl Fn(&str) -> Result<String, String> + 'a {
    move |text| {
        if words.contains(&text) {
            Ok(text.to_owned())
        } else {
            Err(format!("is none of \"{}\"", words.join("\", \"")))
        }
    }
}

fn word(text: &str) -> Result<String, &'static str> {
    if text.is_empty() {
        Err("is empty")
    } else {
        Ok(text.to_owned())
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::builder()
        .parse(text)
        .map(|_| text.to_owned())
        .map_err(|error| format!("is no log filter: {error}"))
}

fn is_loopback_name(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn size(value: i64) -> usize {
    usize::try_from(value).unwrap_or_default()
}
