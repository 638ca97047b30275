//! Declares the keys of each section and reads them into its settings.

mod addresses;
mod control;
mod database;
mod explain;
mod idp;
mod metrics;
mod network;
mod pingone;
mod portal;
mod sign_on;
mod telemetry;

use std::ops::RangeInclusive;

use ui::{Brand, BrandSettings, Mode};

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::settings::{Log, LogFormat, Server, Settings};
use crate::front::Network;

const DAY: i64 = 86_400;
const LIMITS: RangeInclusive<i64> = 1..=1_000_000;
const REHEARSED: RangeInclusive<i64> = 0..=1_000_000;
const NO_UUID: &str = "is no id (a UUID)";

/// Reads everything. With problems in the reader the value is only good for going on.
pub(super) fn settings(reader: &mut Reader<'_>) -> Settings {
    let mode = reader.choice(
        Key::text(
            "mode",
            "development",
            "\"development\": demo data, mailbox, errors with their causes. \"production\": none \
             of that; the program refuses to start until everything that customers need is set, \
             and lists it.",
        ),
        Mode::Development,
        &[
            ("development", Mode::Development),
            ("production", Mode::Production),
        ],
    );
    let data_dir = reader.path(
        Key::text(
            "data_dir",
            "",
            "Where the database, the keys and the local certificate authority are kept. Empty: \
             the platform's place for data (on Linux ~/.local/share/latchkey).",
        )
        .example("\"/var/lib/latchkey\""),
    );
    let database = database::database(reader);
    let migrate_at_start = reader.boolean(Key::switch(
        "database_migrate_at_start",
        true,
        "Whether a server in production changes the tables when it is newer than the database. \
         false: it does not start before `latchkey migrate` did.",
    ));
    let keyring_file = reader.path(
        Key::text(
            "keyring_file",
            "",
            "The keys that seal what is stored and authenticate cookies and cursors. Empty: \
             keyring.json in the data directory, made at the first start. Several nodes on one \
             database share one file.",
        )
        .example("\"/etc/latchkey/keyring.json\""),
    );
    let (brand_settings, brand) = brand(reader);
    let mut settings = Settings {
        mode,
        data_dir,
        database,
        migrate_at_start,
        keyring_file,
        portal: portal::portal(reader, mode, brand),
        idp: idp::idp(reader, mode, brand_settings),
        tls: network::tls(reader),
        proxy: network::proxy(reader),
        server: server(reader),
        explain_keep: explain::keep(reader, mode),
        control: control::control(reader),
        metrics: metrics::metrics(reader),
        telemetry: telemetry::telemetry(reader),
        log: log(reader),
    };
    // People are asked the same wherever they register.
    settings.idp.settings.registration_fields = settings.portal.settings.registration.fields;
    // Which scheme an address begins with is known only now.
    settings.portal.settings.public_url = settings.portal_url();
    settings.idp.settings.public_url = settings.idp_url();
    settings
}

/// The brand's own parser judges, and reads the logo.
fn brand(reader: &mut Reader<'_>) -> (BrandSettings, Brand) {
    reader.section("brand", "Looks of the pages and mails of both servers.");
    let settings = BrandSettings {
        name: reader.text(Key::text(
            "brand.name",
            "Latchkey",
            "The name that people read on every page and in every mail; the portal is called so where \
             they sign on to it.",
        )),
        logo: reader.path(Key::unset(
            "brand.logo",
            "\"/etc/latchkey/logo.svg\"",
            "SVG or PNG files: the logo, another one for the dark theme, and the icon of the browser's \
             tab (ICO as well). Without a logo the name is shown with its first letter.",
        )),
        logo_dark: reader.path(Key::also("brand.logo_dark", "\"/etc/latchkey/logo-dark.svg\"")),
        favicon: reader.path(Key::also("brand.favicon", "\"/etc/latchkey/favicon.ico\"")),
        mail_logo: reader.path(Key::unset(
            "brand.mail_logo",
            "\"/etc/latchkey/logo-mail.png\"",
            "A PNG file for mails, readable on light and dark ground: mail programs show no SVG. \
             Without it mails show a logo that is PNG.",
        )),
        wordmark: reader.boolean(Key::switch(
            "brand.wordmark",
            false,
            "Whether the logo says the name, so that it is not written beside it.",
        )),
        footer: reader.text(Key::unset(
            "brand.footer",
            "\"Example Ltd, 1 Harbour Street, Portsmouth\"",
            "One line at the foot of pages and mails, and links beside it; help may be a mailbox \
             (mailto:).",
        )),
        terms_url: reader.text(Key::also("brand.terms_url", "\"https://www.example.com/terms\"")),
        privacy_url: reader.text(Key::also("brand.privacy_url", "\"https://www.example.com/privacy\"")),
        support_url: reader.text(Key::also("brand.support_url", "\"mailto:help@example.com\"")),
        accent: reader.text(Key::unset(
            "brand.accent",
            "\"#2f5fd0\"",
            "Colour of buttons and links, and of the text on buttons; then the same in the dark \
             theme.",
        )),
        accent_text: reader.text(Key::also("brand.accent_text", "\"#ffffff\"")),
        accent_dark: reader.text(Key::also("brand.accent_dark", "\"#8fb0ff\"")),
        accent_dark_text: reader.text(Key::also("brand.accent_dark_text", "\"#10141c\"")),
        radius: reader
            .optional_integer(
                Key::unset("brand.radius", "8", "Corner radius in pixels, 0 to 24."),
                0..=24,
            )
            .and_then(|radius| u8::try_from(radius).ok()),
        font: reader.text(Key::unset(
            "brand.font",
            "\"Georgia, serif\"",
            "A font that people's devices have.",
        )),
    };
    let brand = Brand::parse(&settings).unwrap_or_else(|invalid| {
        for problem in invalid.problems() {
            let key = format!("brand.{}", problem.key());
            let example = match problem.key() {
                key if key.starts_with("accent") => "\"#2f5fd0\"",
                key if key.ends_with("_url") => "\"https://www.example.com/help\"",
                _ => "leaving it out",
            };
            reader.problem(&key, problem.what(), example);
        }
        Brand::default()
    });
    (settings, brand)
}

fn server(reader: &mut Reader<'_>) -> Server {
    reader.section("server", "");
    Server {
        development_networks: reader.list(
            Key::list(
                "server.development_networks",
                &[],
                "Networks that development mode is opened to beside this machine, such as a \
                 container's or a team's (--allow-network). Whoever comes from there sees the \
                 mailbox, the demo's passwords and the causes of errors; nobody else gets in.",
            )
            .example("[\"172.16.0.0/12\"]"),
            Network::parse,
        ),
        request_timeout_seconds: reader.integer(
            Key::number(
                "server.request_timeout_seconds",
                30,
                "A request that takes longer is ended.",
            ),
            1..=600,
        ),
        max_connections: reader.integer(
            Key::number(
                "server.max_connections",
                4096,
                "Connections to each server at the same time; those beyond are closed.",
            ),
            1..=1_000_000,
        ),
    }
}

fn log(reader: &mut Reader<'_>) -> Log {
    reader.section("log", "");
    Log {
        format: reader.choice(
            Key::text("log.format", "text", "\"text\" or \"json\"."),
            LogFormat::Text,
            &[("text", LogFormat::Text), ("json", LogFormat::Json)],
        ),
        filter: reader
            .need(
                Key::text(
                    "log.filter",
                    "info",
                    "As in \"info\" or \"info,latchkey::access=warn\".",
                ),
                log_filter,
            )
            .unwrap_or_default(),
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::builder()
        .parse(text)
        .map(|_| text.to_owned())
        .map_err(|error| format!("is no log filter: {error}"))
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
