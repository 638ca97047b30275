//! What keeps a configuration from serving: things for development in production, a production in
//! which nobody could sign on, certificates that clients refuse, and plain HTTP or development itself
//! on an address that others can reach.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use ui::Mode;
use url::Url;

use crate::certificate;
use crate::config::problem::Problem;
use crate::config::servers::Servers;
use crate::config::settings::{Settings, Tls};
use crate::data_dir;
use crate::listen::ListenAddress;

/// Cost of a password hash that production accepts at least: memory in KiB, and passes over it
/// ([OWASP](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html)).
const WEAKEST_HASHES: [(u32, u32); 5] = [
    (47_104, 1),
    (19_456, 2),
    (12_288, 3),
    (9_216, 4),
    (7_168, 5),
];

/// Ids that stand as examples in the file of defaults.
const EXAMPLES: [&str; 3] = [
    "7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11",
    "2a1f8f44-7f0a-4c5e-8f4e-1f9f5d0c7b21",
    "5c8f4b0e-52e9-4d27-a1c2-6a0e3a1a9c37",
];

/// Everything that has to be set before these settings may serve, now.
pub(super) fn refusals(settings: &Settings, served: Servers, now: Timestamp) -> Vec<Problem> {
    let mut problems = match settings.mode {
        Mode::Production => production(settings, served),
        Mode::Development => development(settings, served),
    };
    problems.extend(certificates(settings, served, now));
    problems
}

fn production(settings: &Settings, served: Servers) -> Vec<Problem> {
    let mut problems = Vec::new();
    let has_environment = served.has_environment();
    if has_environment && settings.idp.demo {
        problems.push(Problem::missing(
            "idp.demo",
            "production has no demo data: everybody knows those passwords",
            "false",
        ));
    }
    if has_environment && settings.idp.settings.smtp.is_none() {
        problems.push(Problem::missing(
            "idp.smtp.host",
            "production has no mailbox page; name a mail server and a sender (idp.smtp.from)",
            "\"smtp.example.com\"",
        ));
    }
    if has_environment {
        problems.extend(weak_hashes(settings));
    }
    if served.has_portal() {
        problems.extend(provider(settings));
    }
    problems.extend(data_directory(settings));
    problems.extend(controls(settings));
    problems.extend(wide_networks(settings));
    if !settings.server.development_networks.is_empty() {
        problems.push(Problem::missing(
            "server.development_networks",
            "opens what is for development, of which production has nothing; leave it out: \
             production answers everybody, and a firewall decides who that is",
            "[]",
        ));
    }
    if settings.tls == Tls::Local {
        problems.push(Problem::missing(
            "tls.mode",
            "production does not serve certificates of our own making: customers' browsers would \
             warn. Name certificate files, or put a proxy in front (\"off\" and proxy.trusted)",
            "\"files\"",
        ));
    }
    for port in ports(settings, served) {
        match port.public_url {
            None => problems.push(Problem::missing(
                port.url_key,
                "production needs the address that people use",
                port.url_example,
            )),
            Some(url) if url.scheme() != "https" => problems.push(Problem::missing(
                port.url_key,
                "production is reached over https only",
                port.url_example,
            )),
            Some(_) => {}
        }
        problems.extend(plain_http(settings, &port));
    }
    problems
}

/// What tests do to a system must be done by nobody to one that customers use.
fn controls(settings: &Settings) -> impl Iterator<Item = Problem> {
    let control = &settings.control;
    let given = [
        (
            control.listen.is_some(),
            "control.listen",
            "the control API obeys everybody who reaches it: it deletes all data and lets requests \
             fail",
        ),
        (
            control.random_seed.is_some(),
            "control.random_seed",
            "codes, tokens and secrets that follow from a number can be guessed",
        ),
        (
            control.clock.is_some(),
            "control.clock",
            "codes, tokens and lockouts never end by a clock that stands still",
        ),
    ];
    let given = given.into_iter().filter(|(is_given, ..)| *is_given);
    given.map(|(_, key, why)| {
        Problem::missing(
            key,
            format!("is for development only: {why}"),
            "leaving it out",
        )
    })
}

/// A portal without a provider is a portal that nobody signs on to.
fn provider(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let portal = &settings.portal.settings;
    let Some(provider) = &portal.sign_on.provider else {
        problems.push(Problem::missing(
            "portal.sign_on.issuer",
            "is missing: without an OpenID Provider and an application registered there (client_id) \
             nobody can sign on. `latchkey environment create NAME` makes both for an environment \
             of your own",
            "\"https://auth.pingone.eu/ENVIRONMENT_ID/as\"",
        ));
        return problems;
    };
    let issuer = provider.issuer.as_str();
    if !issuer.starts_with("https://") {
        problems.push(Problem::missing(
            "portal.sign_on.issuer",
            format!("`{issuer}` would carry tokens and secrets in the clear; use https"),
            "\"https://auth.pingone.eu/ENVIRONMENT_ID/as\"",
        ));
    }
    let mut values = vec![
        ("portal.sign_on.issuer", issuer),
        ("portal.sign_on.client_id", provider.client_id.as_str()),
    ];
    if let Some(secret) = &provider.client_secret {
        values.push(("portal.sign_on.client_secret", secret.expose()));
    }
    let environment = portal.management.as_ref();
    let environment = environment.map(|management| management.environment.to_string());
    if let (Some(management), Some(environment)) = (&portal.management, &environment) {
        values.push(("portal.pingone.environment_id", environment));
        values.push((
            "portal.pingone.worker_client_id",
            management.worker_client_id.as_str(),
        ));
        values.push((
            "portal.pingone.worker_client_secret",
            management.worker_client_secret.expose(),
        ));
    }
    let placeholders = values.iter().filter(|(_, value)| is_placeholder(value));
    problems.extend(placeholders.map(|(key, _)| {
        Problem::missing(
            key,
            "is a placeholder, not a value of yours",
            "what the provider's administration shows",
        )
    }));
    problems
}

/// Whether a value was copied from an example, or left for somebody to fill in.
fn is_placeholder(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    let holds = |part: &&str| value.contains(*part);
    EXAMPLES.iter().any(holds)
        || [
            "00000000-0000-0000-0000-000000000000",
            "environment_id",
            "…",
            "<",
        ]
        .iter()
        .any(holds)
        || [
            "client_id",
            "client_secret",
            "changeme",
            "change-me",
            "secret",
            "xxx",
        ]
        .contains(&value.as_str())
        || value.starts_with("your-")
        || value.starts_with("your_")
}

fn weak_hashes(settings: &Settings) -> Option<Problem> {
    let hashing = settings.idp.settings.hashing;
    let is_enough = WEAKEST_HASHES
        .iter()
        .any(|(memory, passes)| hashing.memory_kib >= *memory && hashing.iterations >= *passes);
    (!is_enough).then(|| {
        Problem::missing(
            "idp.argon2.memory_kib",
            format!(
                "{} KiB with {} passes make passwords that were stolen cheap to guess; leave both \
                 keys out, or take at least 7168 KiB with 5 passes, 19456 with 2 or 47104 with 1",
                hashing.memory_kib, hashing.iterations
            ),
            "19456",
        )
    })
}

/// Whoever is believed by everybody is believed by nobody.
fn wide_networks(settings: &Settings) -> impl Iterator<Item = Problem> {
    let trusted = settings.proxy.trusted.iter();
    trusted.filter(|network| network.is_too_wide()).map(|network| {
        Problem::missing(
            "proxy.trusted",
            format!(
                "{network} holds more than your proxies: whoever connects from there could say that \
                 a request came from anywhere, and no limit for an address would hold. Name the \
                 proxies' own addresses or networks"
            ),
            "[\"10.0.0.0/8\", \"127.0.0.1\"]",
        )
    })
}

/// The database and the keys are for this user alone.
fn data_directory(settings: &Settings) -> Option<Problem> {
    let path = match &settings.data_dir {
        Some(path) => path.clone(),
        None => data_dir::platform().ok()?,
    };
    let mode = fs::metadata(&path).ok()?.permissions().mode() & 0o777;
    (mode & 0o027 != 0).then(|| {
        let path = path.display();
        Problem::missing(
            "data_dir",
            format!(
                "`{path}` is open to other users of this machine (mode {mode:o}), and the database \
                 and the keys are in it; run chmod 700 {path}"
            ),
            "\"/var/lib/latchkey\"",
        )
    })
}

/// Certificate files that cannot be used, or that clients would refuse under the public names.
fn certificates(settings: &Settings, served: Servers, now: Timestamp) -> Vec<Problem> {
    const CERTIFICATE: (&str, &str) = (
        "tls.certificate_file",
        "\"/etc/latchkey/tls/fullchain.pem\"",
    );
    const KEY: (&str, &str) = ("tls.key_file", "\"/etc/latchkey/tls/privkey.pem\"");
    let Tls::Files { certificate, key } = &settings.tls else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut note = |(name, example): (&str, &str), path: &Path, what: String| {
        let what = format!("`{}` {what}", path.display());
        problems.push(Problem::missing(name, what, example));
    };
    let chain = match fs::read(certificate) {
        Ok(pem) => certificate::chain(&pem)
            .ok_or_else(|| "holds no certificate in PEM form, or a damaged one".to_owned()),
        Err(error) => Err(format!("could not be opened: {error}")),
    };
    let private = match fs::read(key) {
        Ok(pem) => certificate::key(&pem)
            .ok_or_else(|| "holds no unencrypted private key in PEM form".to_owned()),
        Err(error) => Err(format!("could not be opened: {error}")),
    };
    let idp = &settings.idp.settings;
    let names: Vec<String> = ports(settings, served)
        .flat_map(|port| {
            let is_idp = port.url_key == "idp.public_url";
            let further = idp.further_addresses().filter(move |_| is_idp);
            port.public_url.into_iter().chain(further)
        })
        .filter_map(|url| url.host_str().map(str::to_owned))
        .map(|host| host.trim_matches(['[', ']']).to_owned())
        .collect();
    match &chain {
        Ok(chain) => {
            for fault in certificate::faults(chain, &names, now) {
                note(CERTIFICATE, certificate, fault);
            }
        }
        Err(what) => note(CERTIFICATE, certificate, what.clone()),
    }
    match private {
        Ok(private) => {
            let fault = chain
                .ok()
                .and_then(|chain| certificate::key_fault(chain, private));
            if let Some(fault) = fault {
                note(KEY, key, fault);
            }
        }
        Err(what) => note(KEY, key, what),
    }
    problems
}

fn development(settings: &Settings, served: Servers) -> Vec<Problem> {
    let networks = settings.server.development_networks.iter();
    let mut problems: Vec<_> = networks
        .filter(|network| network.is_too_wide())
        .map(|network| {
            Problem::missing(
                "server.development_networks",
                format!(
                    "{network} holds more than a team: half the world could sign on with passwords \
                     that everybody knows; name the network that they really come from"
                ),
                "[\"172.16.0.0/12\"]",
            )
        })
        .collect();
    for port in ports(settings, served) {
        if !port.listen.is_loopback() && !names_who_connects(settings) {
            problems.push(Problem::missing(
                port.listen_key,
                format!(
                    "{} can be reached by others, and development shows them the mailbox, causes \
                     of errors and known passwords; listen on localhost, name the networks that \
                     may come in (--allow-network 172.16.0.0/12, or server.development_networks), \
                     or set mode = \"production\"",
                    port.listen
                ),
                port.listen_example,
            ));
        }
        problems.extend(plain_http(settings, &port));
    }
    problems
}

/// A container has to listen on all its addresses to be reached through a published port; whoever
/// names the only networks that connect has said who that is.
fn names_who_connects(settings: &Settings) -> bool {
    !settings.proxy.trusted.is_empty() || !settings.server.development_networks.is_empty()
}

fn plain_http(settings: &Settings, port: &PortKeys<'_>) -> Option<Problem> {
    let exposed =
        settings.tls == Tls::Off && !port.listen.is_loopback() && settings.proxy.trusted.is_empty();
    exposed.then(|| {
        Problem::missing(
            port.listen_key,
            format!(
                "{} would serve plain HTTP to others; listen on localhost, set tls.mode to \
                 \"files\", or declare the proxy in front with proxy.trusted",
                port.listen
            ),
            port.listen_example,
        )
    })
}

/// A served port, with the keys that name it in messages.
struct PortKeys<'a> {
    listen: ListenAddress,
    listen_key: &'static str,
    listen_example: &'static str,
    public_url: Option<&'a Url>,
    url_key: &'static str,
    url_example: &'static str,
}

fn ports(settings: &Settings, served: Servers) -> impl Iterator<Item = PortKeys<'_>> {
    let portal = served.has_portal().then_some(PortKeys {
        listen: settings.portal.port.listen,
        listen_key: "portal.listen",
        listen_example: "\"localhost:8080\"",
        public_url: settings.portal.port.public_url.as_ref(),
        url_key: "portal.public_url",
        url_example: "\"https://www.example.com/\"",
    });
    let environment = served.has_environment().then_some(PortKeys {
        listen: settings.idp.port.listen,
        listen_key: "idp.listen",
        listen_example: "\"localhost:9443\"",
        public_url: settings.idp.port.public_url.as_ref(),
        url_key: "idp.public_url",
        url_example: "\"https://auth.example.com/\"",
    });
    portal.into_iter().chain(environment)
}
