//! `[tls]` and `[proxy]`: what stands between both ports and the network.

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::settings::{Proxy, Tls};
use crate::front::proxies::{ForwardedBy, Network};

const CERTIFICATE: Key = Key::also(
    "tls.certificate_file",
    "\"/etc/latchkey/tls/fullchain.pem\"",
);
const KEY: Key = Key::also("tls.key_file", "\"/etc/latchkey/tls/privkey.pem\"");

pub(super) fn tls(reader: &mut Reader<'_>) -> Tls {
    #[derive(Clone, Copy, PartialEq)]
    enum How {
        Local,
        Files,
        Off,
    }
    reader.section("tls", "");
    let how = reader.choice(
        Key::text(
            "tls.mode",
            "local",
            "\"local\": certificates from an authority of our own, for development (see `latchkey \
             trust`). \"files\": the two files below, read again when they change. \"off\": plain \
             HTTP, on loopback or behind a declared proxy only.",
        ),
        How::Local,
        &[
            ("local", How::Local),
            ("files", How::Files),
            ("off", How::Off),
        ],
    );
    let certificate = reader.path(CERTIFICATE);
    let key = reader.path(KEY);
    match (how, certificate, key) {
        (How::Files, Some(certificate), Some(key)) => Tls::Files { certificate, key },
        (How::Files, certificate, key) => {
            let what = "is missing, but tls.mode is \"files\"";
            if certificate.is_none() {
                reader.problem(CERTIFICATE.path, what, &CERTIFICATE.right_value());
            }
            if key.is_none() {
                reader.problem(KEY.path, what, &KEY.right_value());
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

pub(super) fn proxy(reader: &mut Reader<'_>) -> Proxy {
    reader.section("proxy", "");
    Proxy {
        trusted: reader.list(
            Key::list(
                "proxy.trusted",
                &[],
                "Addresses or networks of reverse proxies; only these are believed about where a \
                 request came from.",
            )
            .example("[\"10.0.0.0/8\", \"127.0.0.1\"]"),
            Network::parse,
        ),
        header: reader.choice(
            Key::text(
                "proxy.header",
                "x-forwarded-for",
                "The one header that the proxies set: \"x-forwarded-for\" or \"forwarded\".",
            ),
            ForwardedBy::XForwardedFor,
            &[
                ("x-forwarded-for", ForwardedBy::XForwardedFor),
                ("forwarded", ForwardedBy::Forwarded),
            ],
        ),
    }
}
