//! What a configuration may say, and how it is told what is wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use jiff::SignedDuration;
use latchkey::Servers;
use latchkey::config::settings::{Database, Tls};
use latchkey::config::{Loaded, Sources};
use portal::PopulationChoice;
use protocol::id::PopulationId;
use protocol::oauth::Scopes;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

fn inline(text: &str) -> Sources {
    Sources {
        inline: Some(text.to_owned()),
        ..Sources::default()
    }
}

fn problems(text: &str) -> Vec<String> {
    Loaded::read(&inline(text))
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// One problem, which names the key and contains the text.
fn check(text: &str, key: &str, expected: &str) {
    let problems = problems(text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].starts_with(&format!("{key}: ")), "{problems:?}");
    assert!(problems[0].contains(expected), "{problems:?}");
}

#[test]
fn all_problems_are_told_at_once_with_line_and_example() {
    let problems = problems(
        "mode = \"test\"\n[portal]\nlisten = \"localhost\"\nsession_idle_seconds = \"long\"\n\
         [tls]\nmode = \"files\"\n[idp]\ndemo = 1\n",
    );
    let text = problems.join("\n");
    assert_eq!(problems.len(), 6, "{text}");
    assert!(
        text.contains("mode: `test` is none of \"development\", \"production\""),
        "{text}"
    );
    assert!(
        text.contains("portal.listen: `localhost` is not in the form host:port"),
        "{text}"
    );
    assert!(
        text.contains("for example \"localhost:8080\" ((given) line 3)"),
        "{text}"
    );
    assert!(
        text.contains("portal.session_idle_seconds: is not a whole number"),
        "{text}"
    );
    assert!(
        text.contains("idp.demo: is neither true nor false"),
        "{text}"
    );
    assert!(text.contains("tls.certificate_file: is missing"), "{text}");
    assert!(text.contains("tls.key_file: is missing"), "{text}");
}

#[test]
fn an_unknown_key_is_refused_with_a_suggestion() {
    check(
        "[portal]\nlisen = \"localhost:1\"",
        "portal.lisen",
        "did you mean `portal.listen`?",
    );
    check(
        "[portal.sign_on]\nclientid = \"x\"",
        "portal.sign_on.clientid",
        "did you mean `portal.sign_on.client_id`?",
    );
    check("zzz = 1", "zzz", "config show --default");
    check("portal = 1", "portal", "there is no such key");
}

#[test]
fn an_unknown_variable_is_refused_with_the_variable_that_was_meant() {
    let sources = Sources {
        environment: vec![("LATCHKEY_PORTAL__LISEN".into(), "localhost:1".into())],
        ..Sources::default()
    };
    let problems = Loaded::read(&sources).problems();
    assert_eq!(problems.len(), 1);
    let text = problems[0].to_string();
    assert!(
        text.contains("did you mean `LATCHKEY_PORTAL__LISTEN`?"),
        "{text}"
    );
}

#[test]
fn a_variable_overrides_the_file_and_is_read_as_its_key_wants() {
    let mut sources = inline(
        "[portal]\nsession_idle_seconds = 60\n[portal.sign_on]\nissuer = \
         \"https://id.example.com\"\nclient_id = \"me\"\nclient_secret_file = \"/nowhere\"",
    );
    sources.environment = vec![
        ("LATCHKEY_PORTAL__SESSION_IDLE_SECONDS".into(), "120".into()),
        (
            "LATCHKEY_PORTAL__SIGN_ON__SCOPES".into(),
            "openid, email".into(),
        ),
        (
            "LATCHKEY_PORTAL__SIGN_ON__CLIENT_SECRET_FILE".into(),
            "".into(),
        ),
        (
            "LATCHKEY_PORTAL__SIGN_ON__CLIENT_SECRET".into(),
            "00123".into(),
        ),
        ("LATCHKEY_IDP__DEMO".into(), "false".into()),
    ];
    let settings = Loaded::read(&sources).settings().unwrap();
    let portal = settings.portal.settings;
    assert_eq!(portal.session.idle, SignedDuration::from_secs(120));
    assert_eq!(
        portal.sign_on.scopes,
        Scopes::parse("email openid").unwrap()
    );
    let provider = portal.sign_on.provider.unwrap();
    assert_eq!(provider.client_secret.unwrap().expose(), "00123");
    assert!(!settings.idp.demo);
}

#[test]
fn a_secret_comes_from_its_key_or_from_a_file_but_not_from_both() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("database");
    fs::write(&file, "postgres://u:hunter2@localhost/d\n").unwrap();
    let file = file.display();
    let settings = Loaded::read(&inline(&format!("database_file = \"{file}\"")))
        .settings()
        .unwrap();
    assert!(matches!(settings.database, Database::Postgres { .. }));
    assert!(!format!("{settings:?}").contains("hunter2"));

    let both = format!(
        "[portal.pingone]\nregion = \"EU\"\nworker_client_id = \"me\"\nenvironment_id = \
         \"7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a12\"\nworker_client_secret = \
         \"x\"\nworker_client_secret_file = \"{file}\""
    );
    check(&both, "portal.pingone.worker_client_secret", "given twice");
    let absent = "[idp.smtp]\npassword_file = \"/nowhere/at/all\"";
    check(absent, "idp.smtp.password_file", "could not be read");
}

#[test]
fn what_is_shown_hides_secrets_and_names_origins() {
    let mut sources = inline(
        "database = \"postgres://u:hunter2@localhost/d\"\n[portal.sign_on]\nissuer = \
         \"https://id.example.com\"\nclient_id = \"me\"\nclient_secret = \"hunter3\"",
    );
    sources.environment = vec![("LATCHKEY_IDP__SMTP__PASSWORD".into(), "hunter4".into())];
    let shown = Loaded::read(&sources).show();
    assert!(!shown.contains("hunter"), "{shown}");
    assert!(
        shown.contains("client_secret = \"********\"  # (given) line 5"),
        "{shown}"
    );
    assert!(
        shown.contains("password = \"********\"  # LATCHKEY_IDP__SMTP__PASSWORD"),
        "{shown}"
    );
    assert!(shown.contains("\n[portal.sign_on]\n"), "{shown}");
    toml::from_str::<toml::Table>(&shown).unwrap();
}

#[test]
fn a_problem_never_shows_a_secret() {
    let text = problems("database = \"mysql://u:hunter2@localhost/d\"").join("\n");
    assert!(text.contains("database: is neither"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_region_stands_for_both_addresses() {
    let worker = "[portal.pingone]\nregion = \"AU\"\nworker_client_id = \"me\"\n\
                  worker_client_secret = \"x\"\nenvironment_id = \
                  \"7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a12\"";
    let settings = Loaded::read(&inline(worker)).settings().unwrap();
    let management = settings.portal.settings.management.unwrap();
    assert_eq!(management.auth_url.as_str(), "https://auth.pingone.com.au/");
    assert_eq!(
        management.api_url.as_str(),
        "https://api.pingone.com.au/v1/"
    );
    check(
        "[portal.pingone]\nregion = \"EU\"\nauth_url = \"https://a.example/\"\napi_url = \
         \"https://b.example/\"",
        "portal.pingone.region",
        "beside auth_url or api_url",
    );
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    check(
        "[portal]\nsession_absolute_seconds = 600",
        "portal.session_absolute_seconds",
        "shorter than",
    );
    check(
        "[portal.registration]\npopulation = \"choose\"",
        "portal.registration.populations",
        "is empty",
    );
    check(
        "[portal.sign_on]\ngrant_type = \"client_credentials\"\ntoken_endpoint_auth_method = \
         \"none\"",
        "portal.sign_on.token_endpoint_auth_method",
        "cannot be \"none\"",
    );
    check(
        "[portal.sign_on]\nissuer = \"https://a.example\"",
        "portal.sign_on.client_id",
        "missing",
    );
    check(
        "[portal.sign_on]\nalgorithms = [\"none\"]",
        "portal.sign_on.algorithms",
        "nobody signed",
    );
    check(
        "[portal.sign_on]\nredirect_path = \"//evil\"",
        "portal.sign_on.redirect_path",
        "slash",
    );
    check(
        "[idp.smtp]\nhost = \"smtp.example.com\"",
        "idp.smtp.from",
        "sender",
    );
    check("[brand]\naccent = \"red\"", "brand.accent", "accent");
    check(
        "[tls]\ncertificate_file = \"x\"",
        "tls.mode",
        "does not use",
    );
    check(
        "[proxy]\ntrusted = [\"10.0.0.0/99\"]",
        "proxy.trusted",
        "10.0.0.0/99",
    );
    check(
        "[log]\nfilter = \"latchkey=loud\"",
        "log.filter",
        "log filter",
    );
}

#[test]
fn populations_are_ids() {
    let id = "7E5E1B7C-3C5A-4E0B-9A52-2F0F0F3F7A11";
    let text = format!("[portal.registration]\npopulation = \"choose\"\npopulations = [\"{id}\"]");
    let settings = Loaded::read(&inline(&text)).settings().unwrap();
    let expected = PopulationChoice::Choose(vec![PopulationId::parse(id).unwrap()]);
    assert_eq!(settings.portal.settings.registration.population, expected);
    check(
        "[portal.registration]\npopulations = [\"x\"]",
        "portal.registration.populations",
        "UUID",
    );
}

#[test]
fn production_lists_everything_that_has_to_be_set() {
    let text = problems("mode = \"production\"").join("\n");
    for key in [
        "idp.demo",
        "idp.smtp.host",
        "portal.sign_on.issuer",
        "tls.mode",
        "portal.public_url",
        "idp.public_url",
    ] {
        assert!(
            text.contains(&format!("{key}: ")),
            "{key} is not in\n{text}"
        );
    }
}

/// What a portal in production needs to sign people on, in PingOne.
const PROVIDER: &str = "\
[portal.sign_on]
issuer = \"https://auth.pingone.eu/0f2c9c5e-6a8e-4d53-9c3a-1a5ad27f4d10/as\"
client_id = \"b1a9e2a4-5f0f-4f6e-8a46-6f4a3d8a5a01\"
client_secret = \"x7~wQ2.m9L0\"
";

/// Both servers in production; the TLS section is still missing.
fn production() -> String {
    format!(
        "mode = \"production\"\ndata_dir = \"/nowhere\"\n[portal]\npublic_url = \
         \"https://www.example.com\"\nlisten = \"0.0.0.0:8443\"\n{PROVIDER}[idp]\ndemo = \
         false\npublic_url = \"https://id.example.com\"\n[idp.smtp]\nhost = \
         \"smtp.example.com\"\nfrom = \"a@example.com\"\n"
    )
}

/// A certificate and a key as PEM.
struct Pair {
    certificate: String,
    key: String,
}

fn pair(names: &[&str], change: fn(&mut CertificateParams)) -> Pair {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut parameters = CertificateParams::new(names).unwrap();
    change(&mut parameters);
    let key = KeyPair::generate().unwrap();
    Pair {
        certificate: parameters.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

/// The TLS section with these files, and where they are.
fn tls(certificate: &str, key: &str) -> (tempfile::TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    let (chain, private) = (place.path().join("c.pem"), place.path().join("k.pem"));
    fs::write(&chain, certificate).unwrap();
    fs::write(&private, key).unwrap();
    let section = format!(
        "[tls]\nmode = \"files\"\ncertificate_file = \"{}\"\nkey_file = \"{}\"\n",
        chain.display(),
        private.display()
    );
    (place, section)
}

const NAMES: [&str; 2] = ["www.example.com", "id.example.com"];

#[test]
fn production_with_everything_set_has_no_problem() {
    let good = pair(&NAMES, |_| {});
    let (_place, section) = tls(&good.certificate, &good.key);
    let loaded = Loaded::read(&inline(&format!("{}{section}", production())));
    assert_eq!(loaded.problems(), []);
    let settings = loaded.settings().unwrap();
    assert!(matches!(settings.tls, Tls::Files { .. }));
    assert_eq!(
        settings.portal.settings.public_url.as_str(),
        "https://www.example.com/"
    );
}

#[test]
fn certificate_files_that_clients_would_refuse_are_named_with_the_remedy() {
    let good = pair(&NAMES, |_| {});
    let other = pair(&NAMES, |_| {});
    let expired = pair(&NAMES, |parameters| {
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let one_name = pair(&["www.example.com"], |_| {});
    let authority = pair(&NAMES, |parameters| {
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    });
    let (file, key) = ("tls.certificate_file", "tls.key_file");
    let cases = [
        (
            &expired.certificate,
            &expired.key,
            file,
            "expired on 2021-01-01",
        ),
        (
            &one_name.certificate,
            &one_name.key,
            file,
            "refuse it for id.example.com",
        ),
        (
            &good.certificate,
            &other.key,
            key,
            "is the key of another certificate",
        ),
        (
            &authority.certificate,
            &authority.key,
            file,
            "its own authority",
        ),
        (&String::new(), &good.key, file, "holds no certificate"),
        (
            &good.certificate,
            &String::new(),
            key,
            "no unencrypted private key",
        ),
    ];
    for (certificate, private, key, expected) in cases {
        let (_place, section) = tls(certificate, private);
        check(&format!("{}{section}", production()), key, expected);
    }
    let absent = "[tls]\nmode = \"files\"\ncertificate_file = \"/nowhere.pem\"\nkey_file = \
                  \"/nowhere.key\"\n";
    let said = problems(&format!("{}{absent}", production()));
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].starts_with("tls.certificate_file: `/nowhere.pem` could not be"));
}

#[test]
fn a_production_in_which_nobody_can_sign_on_is_refused_with_the_remedy() {
    let section = |text: &str| {
        let all = production().replace(PROVIDER, text);
        format!("{all}[tls]\nmode = \"off\"\n[proxy]\ntrusted = [\"10.0.0.0/8\"]\n")
    };
    check(&section(""), "portal.sign_on.issuer", "nobody can sign on");
    let with = |from: &str, to: &str| {
        let changed = PROVIDER.replace(from, to);
        assert_ne!(changed, PROVIDER);
        section(&changed)
    };
    let issuer = "portal.sign_on.issuer";
    let environment = "0f2c9c5e-6a8e-4d53-9c3a-1a5ad27f4d10";
    for (from, to, key, expected) in [
        (
            "https://auth.pingone.eu",
            "http://login.example",
            issuer,
            "use https",
        ),
        ("10/as\"", "10\"", issuer, "has /as behind it"),
        ("10/as\"", "10/\"", issuer, "ends in /as"),
        ("10/as\"", "10/as/\"", issuer, "ends in a slash"),
        (
            "10/as\"",
            "10/as/.well-known/openid-configuration\"",
            issuer,
            "leave out what begins with /.well-known",
        ),
        (environment, "ENVIRONMENT_ID", issuer, "is no id"),
        (
            environment,
            "7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11",
            issuer,
            "placeholder",
        ),
        (
            "b1a9e2a4-5f0f-4f6e-8a46-6f4a3d8a5a01",
            "2a1f8f44-7f0a-4c5e-8f4e-1f9f5d0c7b21",
            "portal.sign_on.client_id",
            "placeholder",
        ),
        (
            "b1a9e2a4-5f0f-4f6e-8a46-6f4a3d8a5a01",
            "<client id>",
            "portal.sign_on.client_id",
            "placeholder",
        ),
        (
            "x7~wQ2.m9L0",
            "…",
            "portal.sign_on.client_secret",
            "placeholder",
        ),
    ] {
        check(&with(from, to), key, expected);
    }
    let worker = |lines: &str| {
        section(&format!(
            "{PROVIDER}[portal.pingone]\nworker_client_id = \"w\"\nworker_client_secret = \"s3~c\"\n\
             {lines}\n"
        ))
    };
    let ours = format!("environment_id = \"{environment}\"");
    assert_eq!(
        problems(&worker(&format!("region = \"EU\"\n{ours}"))),
        Vec::<String>::new()
    );
    check(
        &worker(&format!("region = \"NA\"\n{ours}")),
        "portal.pingone.region",
        "auth.pingone.com",
    );
    check(
        &worker("region = \"EU\"\nenvironment_id = \"1f2c9c5e-6a8e-4d53-9c3a-1a5ad27f4d10\""),
        "portal.pingone.environment_id",
        "another environment",
    );
    check(&worker(&ours), "portal.pingone.region", "is missing");
    check(
        &worker("region = \"EU\""),
        "portal.pingone.environment_id",
        "is missing",
    );
}

#[test]
fn files_of_authorities_hold_certificates() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("ca.pem");
    let good = pair(&NAMES, |_| {}).certificate;
    for key in [
        "database_ca_file",
        "portal.pingone.ca_file",
        "idp.smtp.ca_file",
    ] {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        let heading = match section {
            "" => String::new(),
            section => format!("[{section}]\n"),
        };
        let text = format!("{heading}{name} = \"{}\"\n", file.display());
        for content in ["", "-----BEGIN NONSENSE-----", &good.replace("MII", "M!!")] {
            fs::write(&file, content).unwrap();
            check(&text, key, "certificate");
        }
        fs::write(&file, &good).unwrap();
        assert_eq!(problems(&text), Vec::<String>::new());
    }
}

#[test]
fn what_makes_production_easy_to_break_into_is_refused_in_words() {
    let base = production();
    let with = |lines: &str| {
        format!("{base}{lines}\n[tls]\nmode = \"off\"\n")
            .replace("listen = \"0.0.0.0:8443\"", "listen = \"localhost:8443\"")
    };
    for (memory, passes) in [(8, 1), (19_456, 1), (7_168, 4)] {
        check(
            &with(&format!(
                "[idp.argon2]\nmemory_kib = {memory}\niterations = {passes}"
            )),
            "idp.argon2.memory_kib",
            "cheap to guess",
        );
    }
    for network in ["0.0.0.0/0", "::/0", "128.0.0.0/1", "2000::/3"] {
        check(
            &with(&format!("[proxy]\ntrusted = [\"{network}\"]")),
            "proxy.trusted",
            "more than your proxies",
        );
    }
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().display().to_string();
    let text = with("").replace("/nowhere", &directory);
    for (mode, expected) in [
        (0o777, "chmod 700"),
        (0o755, "mode 755"),
        (0o770, "mode 770"),
    ] {
        fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
        check(&text, "data_dir", expected);
    }
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o750)).unwrap();
    assert_eq!(problems(&text), Vec::<String>::new());
}

#[test]
fn everything_that_is_wrong_with_the_brand_is_told_at_once() {
    let said = problems("[brand]\naccent = \"red\"\nfont = \"a;b\"\nlogo = \"/nowhere.svg\"\n");
    let keys: Vec<_> = said
        .iter()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(keys, ["brand.accent", "brand.font", "brand.logo"]);
}

#[test]
fn a_portal_alone_in_production_needs_nothing_of_the_environment() {
    let portal = format!(
        "mode = \"production\"\n[portal]\npublic_url = \
         \"https://accounts.example.com\"\n{PROVIDER}[tls]\nmode = \"off\"\n"
    );
    let loaded = Loaded::read(&inline(&portal));
    assert_eq!(loaded.problems_for(Servers::Portal), []);
    let missing = loaded.problems_for(Servers::Environment);
    let missing: Vec<_> = missing.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(missing, ["idp.demo", "idp.smtp.host", "idp.public_url"]);
}

#[test]
fn plain_http_is_for_loopback_and_declared_proxies() {
    let public = format!("{}[tls]\nmode = \"off\"\n", production());
    check(&public, "portal.listen", "plain HTTP");
    let behind = format!("{public}[proxy]\ntrusted = [\"10.0.0.0/8\"]\n");
    assert_eq!(problems(&behind), Vec::<String>::new());
    assert_eq!(problems("[tls]\nmode = \"off\""), Vec::<String>::new());
}

#[test]
fn development_stays_on_this_machine() {
    check(
        "[idp]\nlisten = \"0.0.0.0:9443\"",
        "idp.listen",
        "can be reached by others",
    );
}

#[test]
fn development_is_opened_to_named_networks_by_one_setting() {
    let opened = |networks: &str| {
        format!(
            "[portal]\nlisten = \"0.0.0.0:8080\"\n[idp]\nlisten = \"0.0.0.0:9443\"\n\
             [server]\ndevelopment_networks = {networks}\n"
        )
    };
    let closed = problems(&opened("[]"));
    for (key, problem) in ["portal.listen", "idp.listen"].iter().zip(&closed) {
        assert!(problem.starts_with(&format!("{key}: ")), "{problem}");
        for named in ["--allow-network", "server.development_networks"] {
            assert!(problem.contains(named), "{problem}");
        }
    }
    assert_eq!(closed.len(), 2, "{closed:?}");
    assert_eq!(
        problems(&opened("[\"172.16.0.0/12\"]")),
        Vec::<String>::new()
    );
    let key = "server.development_networks";
    check(&opened("[\"0.0.0.0/0\"]"), key, "more than a team");
    check(
        "[server]\ndevelopment_networks = [\"here\"]",
        key,
        "is neither an address nor",
    );
    let public = format!(
        "{}[server]\ndevelopment_networks = [\"10.0.0.0/8\"]\n[tls]\nmode = \"off\"\n\
         [proxy]\ntrusted = [\"10.0.0.0/8\"]\n",
        production()
    );
    check(&public, key, "production has nothing");
}

#[test]
fn an_unknown_section_is_told_from_an_unknown_key() {
    check(
        "[portl]\ncolour = 1\n",
        "portl.colour",
        "there is no section `portl`; did you mean `portal`?",
    );
    check(
        "[portal]\ncolour = 1\n",
        "portal.colour",
        "there is no such key; `latchkey config show --default` lists them all",
    );
}

#[test]
fn a_wrong_issuer_is_told_once() {
    check(
        "[portal.sign_on]\nissuer = \"x\"\nclient_id = \"a\"\nclient_secret = \"b\"\n",
        "portal.sign_on.issuer",
        "`x` is no issuer: it is no absolute URI",
    );
}
