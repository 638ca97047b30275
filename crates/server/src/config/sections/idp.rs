//! `[idp]`: the embedded environment and its mail server.

use idp::{HashingSettings, Limits, SmtpSecurity, SmtpSettings};
use ui::{BrandSettings, Mode};

use crate::audit_log::SyslogAddress;
use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::sections::addresses::{host, plain_base, port};
use crate::config::sections::{LIMITS, REHEARSED};
use crate::config::settings::Idp;
use crate::listen::ListenAddress;

const PORT: u16 = 9443;

pub(super) fn idp(reader: &mut Reader<'_>, mode: Mode, brand: BrandSettings) -> Idp {
    reader.section("idp", "");
    let port = port(
        reader,
        PORT,
        [
            Key::text(
                "idp.listen",
                "localhost:9443",
                "Where the embedded environment listens, and the address that clients know. \
                 Issuers begin with it: {public_url}{environment id}/as",
            ),
            Key::text("idp.public_url", "", "").example("\"https://auth.example.com/\""),
            Key::list("idp.extra_hosts", &[], "").example("[\"idp.internal\", \"idp:9443\"]"),
        ],
    );
    let api_public_url = reader.read(
        Key::text(
            "idp.api_public_url",
            "",
            "Where clients reach the management API, if not at the same address; its links begin \
             with it.",
        )
        .example("\"https://api.example.com/\""),
        plain_base,
    );
    let uploads_public_url = reader.read(
        Key::text(
            "idp.uploads_public_url",
            "",
            "Where clients reach uploaded images, if not at the same address.",
        )
        .example("\"https://uploads.example.com/\""),
        plain_base,
    );
    let custom_domains = reader.list(
        Key::list(
            "idp.custom_domains",
            &[],
            "Names that environments may prove as custom domains: the environment's endpoints \
             answer there without its id in their paths.",
        )
        .example("[\"login.example.com\"]"),
        host,
    );
    let mut settings = idp::Settings::new(ListenAddress::localhost(PORT).url("https"));
    settings.api_public_url = api_public_url;
    settings.uploads_public_url = uploads_public_url;
    settings.custom_domains = custom_domains;
    settings.mode = mode;
    settings.brand = brand;
    let demo = reader.boolean(Key::switch(
        "idp.demo",
        true,
        "Development only: an environment with people whose passwords are known. Elsewhere \
         `latchkey environment create NAME` makes the first one.",
    ));
    settings.registration = reader.boolean(Key::switch(
        "idp.registration",
        true,
        "Whether the hosted sign-on page lets people make accounts for themselves, in the default \
         population.",
    ));
    let audit_file = reader.path(Key::unset(
        "idp.audit_file",
        "\"/var/log/latchkey/audit.jsonl\"",
        "A file to which entries of the audit log are written as well, one JSON object a line.",
    ));
    let audit_syslog = reader.read(
        Key::unset(
            "idp.audit_syslog",
            "\"unix:/dev/log\"",
            "A syslog daemon to which they are sent as well (RFC 5424): a socket of this machine, \
             \"udp://host:514\" or \"tcp://host:601\".",
        ),
        SyslogAddress::parse,
    );
    settings.hashing = hashing(reader);
    settings.smtp = smtp(reader);
    settings.mailbox = mode == Mode::Development && settings.smtp.is_none();
    settings.limits = limits(reader);
    Idp {
        port,
        demo,
        audit_file,
        audit_syslog,
        settings,
    }
}

fn hashing(reader: &mut Reader<'_>) -> HashingSettings {
    reader.section("idp.argon2", "");
    let default = HashingSettings::default();
    HashingSettings {
        memory_kib: reader.integer(
            Key::number(
                "idp.argon2.memory_kib",
                19_456,
                "Cost of one password hash: memory, passes, lanes.",
            ),
            8..=4_194_304,
        ),
        iterations: reader.integer(Key::number("idp.argon2.iterations", 2, ""), 1..=100),
        parallelism: reader.integer(Key::number("idp.argon2.parallelism", 1, ""), 1..=64),
        permits: match reader.integer(
            Key::number(
                "idp.argon2.permits",
                0,
                "Hashes computed at the same time; 0: one for each core. Others wait in a bounded \
                 queue.",
            ),
            0..=1024,
        ) {
            0 => default.permits,
            permits => permits,
        },
        ..default
    }
}

const SMTP_ENCRYPTION: Key = Key::text(
    "idp.smtp.encryption",
    "starttls",
    "\"starttls\", \"tls\" (from the first byte) or \"none\" (loopback only).",
);
const SMTP_FROM: Key = Key::unset(
    "idp.smtp.from",
    "\"Example <no-reply@example.com>\"",
    "The sender of mails; needed with a host.",
);

fn smtp(reader: &mut Reader<'_>) -> Option<SmtpSettings> {
    reader.section("idp.smtp", "");
    let host = reader.text(Key::unset(
        "idp.smtp.host",
        "\"smtp.example.com\"",
        "Mail server. Without a host, mail goes to the mailbox page, in development only.",
    ));
    let port = reader.integer(Key::number("idp.smtp.port", 587, ""), 1..=65_535);
    let security = reader.choice(
        SMTP_ENCRYPTION,
        SmtpSecurity::StartTls,
        &[
            ("starttls", SmtpSecurity::StartTls),
            ("tls", SmtpSecurity::Tls),
            ("none", SmtpSecurity::None),
        ],
    );
    let ca_pem = reader.authorities(Key::unset(
        "idp.smtp.ca_file",
        "\"/etc/latchkey/mail-ca.pem\"",
        "Certificate authorities (PEM) that the mail server's certificate is checked with, beside \
         the system's.",
    ));
    let username = reader.text(Key::unset(
        "idp.smtp.username",
        "\"latchkey\"",
        "The account there, if it asks for one.",
    ));
    let password = reader.secret(Key::also("idp.smtp.password", "\"…\""));
    let from = reader.text(SMTP_FROM);
    let host = host?;
    if security == SmtpSecurity::None && !is_loopback_name(&host) {
        let what = "is \"none\", which is for a mail server on this machine only";
        reader.problem(SMTP_ENCRYPTION.path, what, &SMTP_ENCRYPTION.right_value());
    }
    if username.is_some() != password.is_some() {
        let path = if username.is_some() {
            "idp.smtp.password"
        } else {
            "idp.smtp.username"
        };
        let what = "is missing: a mail account has a name and a password";
        reader.problem(path, what, "both or none");
    }
    let Some(from) = from else {
        let what = "is missing beside idp.smtp.host: mails need a sender";
        reader.problem(SMTP_FROM.path, what, &SMTP_FROM.right_value());
        return None;
    };
    Some(SmtpSettings {
        host,
        port,
        security,
        ca_pem,
        credentials: username.zip(password),
        from,
    })
}

fn limits(reader: &mut Reader<'_>) -> Limits {
    reader.section("idp.limits", "");
    Limits {
        authorizations_per_minute: reader.integer(
            Key::number(
                "idp.limits.authorizations_per_minute",
                300,
                "Attempts of one address (an IPv6 network of 64 bits counts as one).",
            ),
            LIMITS,
        ),
        sign_ons_per_minute: reader.integer(
            Key::number("idp.limits.sign_ons_per_minute", 60, ""),
            LIMITS,
        ),
        judged_passwords_per_minute: reader.integer(
            Key::number(
                "idp.limits.judged_passwords_per_minute",
                600,
                "Passwords judged by the policy's rules while somebody types.",
            ),
            LIMITS,
        ),
        registrations_per_hour: reader.integer(
            Key::number("idp.limits.registrations_per_hour", 60, ""),
            LIMITS,
        ),
        recoveries_per_hour: reader.integer(
            Key::number("idp.limits.recoveries_per_hour", 60, ""),
            LIMITS,
        ),
        api_requests_per_second: reader.integer(
            Key::number(
                "idp.limits.api_requests_per_second",
                0,
                "Requests of the management API below one environment, to rehearse that PingOne \
                 answers 429; the addresses of its rateLimitIpConfigs are spared. 0 for no limit.",
            ),
            REHEARSED,
        ),
        authentication_requests_per_second: reader.integer(
            Key::number(
                "idp.limits.authentication_requests_per_second",
                0,
                "The same of one address at the OpenID provider and the flow API.",
            ),
            REHEARSED,
        ),
    }
}

fn is_loopback_name(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
