//! Reads each section of the configuration into its settings.

mod addresses;
mod database;
mod edge;
mod idp;
mod pingone;
mod portal;
mod sign_on;

use std::ops::RangeInclusive;

use ui::BrandSettings;

use crate::config::reader::Reader;
use crate::config::settings::{Log, LogFormat, Mode, Server, Settings};

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
        database: database::database(reader),
        keyring_file: reader.path("keyring_file", "\"/etc/latchkey/keyring.json\""),
        brand: brand(reader),
        portal: portal::portal(reader),
        idp: idp::idp(reader),
        tls: edge::tls(reader),
        proxy: edge::proxy(reader),
        server: Server {
            request_timeout_seconds: unsigned(
                reader.integer("server.request_timeout_seconds", 1..=600),
            ),
            max_connections: size(reader.integer("server.max_connections", 1..=1_000_000)),
        },
        log: log(reader),
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

fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn size(value: i64) -> usize {
    usize::try_from(value).unwrap_or_default()
}
