//! `[tls]` and `[proxy]`: what stands between both ports and the network.

use crate::config::reader::Reader;
use crate::config::settings::{Proxy, Tls};
use crate::edge::proxies::{ForwardedBy, Network};

pub(super) fn tls(reader: &mut Reader<'_>) -> Tls {
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

pub(super) fn proxy(reader: &mut Reader<'_>) -> Proxy {
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
