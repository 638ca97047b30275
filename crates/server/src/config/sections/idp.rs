//! `[idp]`: the embedded environment and its mail server.

use crate::config::reader::Reader;
use crate::config::sections::addresses::{hosts, listen, origin};
use crate::config::sections::{LIMITS, size, small};
use crate::config::settings::{Argon2, Idp, Limits, Smtp, SmtpEncryption};

pub(super) fn idp(reader: &mut Reader<'_>) -> Idp {
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
    let ca_file = reader.file("idp.smtp.ca_file", "\"/etc/latchkey/mail-ca.pem\"");
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
        ca_file,
        username,
        password,
        from,
    })
}

fn is_loopback_name(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
