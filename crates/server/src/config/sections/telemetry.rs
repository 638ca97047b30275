//! `[telemetry]`: traces and logs for an OpenTelemetry collector.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::sections::addresses::base;
use crate::config::sections::one_of;
use crate::config::settings::Telemetry;
use crate::front::Network;
use crate::telemetry::TelemetrySettings;

const ENDPOINT: Key = Key::unset(
    "telemetry.otlp_endpoint",
    "\"http://localhost:4318/\"",
    "Where an OpenTelemetry collector takes OTLP over HTTP (protobuf); v1/traces and v1/logs stand \
     below it. Without it nothing is sent.",
);
const HEADERS: Key = Key::unset(
    "telemetry.otlp_headers",
    "\"authorization=Bearer …\"",
    "What it wants to see in each request: name=value, several with commas between, special \
     characters as %20.",
);
const TRACES: &str = "traces";
const LOGS: &str = "logs";

pub(super) fn telemetry(reader: &mut Reader<'_>) -> Telemetry {
    reader.section(
        "telemetry",
        "Traces and logs for an OpenTelemetry collector: docs/telemetry.md.",
    );
    let endpoint = reader.read(ENDPOINT, base);
    let headers = headers(reader, endpoint.as_ref());
    let ca_pem = reader.authorities(Key::unset(
        "telemetry.ca_file",
        "\"/etc/latchkey/collector-ca.pem\"",
        "Certificate authorities (PEM) that the collector's certificate is checked with, instead of \
         the system's.",
    ));
    let signals = reader.list(
        Key::list(
            "telemetry.signals",
            &[TRACES, LOGS],
            "What is sent: \"traces\", \"logs\" (what log.filter lets through) or both.",
        ),
        one_of(&[TRACES, LOGS]),
    );
    let service_name = reader.need(
        Key::text(
            "telemetry.service_name",
            "latchkey",
            "What the program is called there.",
        ),
        |text| Ok::<_, String>(text.to_owned()),
    );
    let sampled_per_thousand = reader.integer(
        Key::number(
            "telemetry.sampled_per_thousand",
            1000,
            "How many traces of a thousand are sent. A trace that was begun elsewhere is sent when it \
             is there.",
        ),
        0..=1000,
    );
    let followed = reader.list(
        Key::list(
            "telemetry.followed_networks",
            &[],
            "Whose traces are gone on with (header traceparent), beside this machine's and those of \
             proxies (proxy.trusted): the nodes of a portal that is served elsewhere.",
        )
        .example("[\"10.1.2.0/24\"]"),
        Network::parse,
    );
    let otlp = endpoint.map(|endpoint| TelemetrySettings {
        endpoint,
        headers,
        ca_pem,
        traces: signals.iter().any(|signal| signal == TRACES),
        logs: signals.iter().any(|signal| signal == LOGS),
        service_name: service_name.unwrap_or_default(),
        sampled_per_thousand,
    });
    Telemetry { otlp, followed }
}

/// In the form of `OTEL_EXPORTER_OTLP_HEADERS`
/// ([OTLP exporters](https://opentelemetry.io/docs/specs/otel/protocol/exporter/)).
fn headers(reader: &mut Reader<'_>, endpoint: Option<&Url>) -> HeaderMap {
    let Some(text) = reader.secret(HEADERS) else {
        return HeaderMap::new();
    };
    if endpoint.is_some_and(|url| url.scheme() == "http" && !is_here(url)) {
        let what = "would travel in the clear: telemetry.otlp_endpoint begins with http:// and is \
                    on another machine";
        reader.problem(HEADERS.path, what, "https:// in telemetry.otlp_endpoint");
    }
    parse(&text).unwrap_or_else(|what| {
        reader.problem(HEADERS.path, what, &HEADERS.right_value());
        HeaderMap::new()
    })
}

/// What is wrong is said without the text, which is a secret.
fn parse(text: &SecretString) -> Result<HeaderMap, &'static str> {
    let mut headers = HeaderMap::new();
    for pair in text.expose_secret().split(',') {
        let (name, value) = pair.split_once('=').ok_or("is not name=value")?;
        let name = HeaderName::from_bytes(name.trim().as_bytes());
        let name = name.map_err(|_| "names something that cannot be a header")?;
        let value = percent_decode_str(value.trim()).decode_utf8();
        let value = value
            .ok()
            .and_then(|value| HeaderValue::try_from(&*value).ok());
        let mut value = value.ok_or("holds a value that cannot stand in a header")?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_opentelemetry_s_own_variable_has_them() {
        let text = SecretString::from("authorization=Bearer%20hush=, x-scope = one");
        let headers = parse(&text).unwrap();
        assert_eq!(headers["authorization"], "Bearer hush=");
        assert_eq!(headers["x-scope"], "one");
        assert!(!format!("{headers:?}").contains("hush"), "{headers:?}");
        for wrong in ["hush", "a b=hush", "a=%0ahush", "a=1,", "a=%ff"] {
            let what = parse(&SecretString::from(wrong)).unwrap_err();
            assert!(!what.contains("hush"), "{what}");
        }
    }
}
