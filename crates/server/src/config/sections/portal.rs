//! `[portal]`: address, sessions, registration, limits, operators.

use jiff::SignedDuration;
use portal::{LimitSettings, PopulationChoice, RegistrationSettings, SessionSettings};
use protocol::id::PopulationId;
use ui::{Brand, Mode, RegistrationFields, UsernameField};

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::sections::addresses::port;
use crate::config::sections::pingone::pingone;
use crate::config::sections::sign_on::sign_on;
use crate::config::sections::{DAY, LIMITS, NO_UUID, word};
use crate::config::settings::Portal;
use crate::listen::ListenAddress;

const PORT: u16 = 8080;

pub(super) fn portal(reader: &mut Reader<'_>, mode: Mode, brand: Brand) -> Portal {
    reader.section("portal", "");
    let port = port(
        reader,
        PORT,
        [
            Key::text(
                "portal.listen",
                "localhost:8080",
                "Where the portal listens. \"localhost\" means 127.0.0.1 and ::1; port 0 takes a \
                 free one.",
            ),
            Key::text(
                "portal.public_url",
                "",
                "The address that people type. Empty: https://localhost with the port above. \
                 Redirect addresses, cookies and mails follow it.",
            )
            .example("\"https://www.example.com/\""),
            Key::list(
                "portal.extra_hosts",
                &[],
                "Names, beside the public one, under which requests are answered.",
            )
            .example("[\"portal.internal\", \"portal:8080\"]"),
        ],
    );
    let session = session(reader);
    let sign_on = sign_on(reader);
    let (management, outgoing) = pingone(reader, sign_on.provider.as_ref().map(|it| &it.issuer));
    Portal {
        port,
        settings: portal::Settings {
            public_url: ListenAddress::localhost(PORT).url("https"),
            brand,
            mode,
            notice: None,
            session,
            sign_on,
            management,
            outgoing,
            registration: registration(reader),
            limits: limits(reader),
            operator_roles: operator_roles(reader),
            explain: None,
        },
    }
}

fn session(reader: &mut Reader<'_>) -> SessionSettings {
    const IDLE: Key = Key::number(
        "portal.session_idle_seconds",
        900,
        "A portal session ends after this time without a request, and in any case after the second \
         one.",
    );
    const ABSOLUTE: Key = Key::number("portal.session_absolute_seconds", 43_200, "");
    let idle: i64 = reader.integer(IDLE, 60..=30 * DAY);
    let absolute: i64 = reader.integer(ABSOLUTE, 60..=365 * DAY);
    if absolute < idle {
        let what = "is shorter than portal.session_idle_seconds, which would never count";
        reader.problem(ABSOLUTE.path, what, &idle.to_string());
    }
    SessionSettings {
        idle: SignedDuration::from_secs(idle),
        absolute: SignedDuration::from_secs(absolute),
    }
}

fn registration(reader: &mut Reader<'_>) -> RegistrationSettings {
    reader.section("portal.registration", "");
    RegistrationSettings {
        enabled: reader.boolean(Key::switch("portal.registration.enabled", true, "")),
        verify_email: reader.boolean(Key::switch(
            "portal.registration.verify_email",
            true,
            "Mail a code that has to be entered at the first sign-on. Switch it off only where no \
             mail can be sent: without it, nobody proves that an address is theirs.",
        )),
        fields: registration_fields(reader),
        population: population(reader),
    }
}

/// What is asked for on the portal's page, and on the hosted page of the embedded environment.
fn registration_fields(reader: &mut Reader<'_>) -> RegistrationFields {
    RegistrationFields {
        username: reader.choice(
            Key::text(
                "portal.registration.username",
                "optional",
                "What is asked for beside email address and password, here and on the hosted page \
                 of the embedded environment. A username: \"optional\", \"required\" or \
                 \"none\"; whoever has none signs on with the email address.",
            ),
            UsernameField::Optional,
            &[
                ("optional", UsernameField::Optional),
                ("required", UsernameField::Required),
                ("none", UsernameField::None),
            ],
        ),
        given_name: reader.boolean(Key::switch("portal.registration.ask_given_name", true, "")),
        family_name: reader.boolean(Key::switch("portal.registration.ask_family_name", true, "")),
    }
}

fn population(reader: &mut Reader<'_>) -> PopulationChoice {
    #[derive(Clone, Copy)]
    enum How {
        Fixed,
        Choose,
        EmailDomain,
    }
    const POPULATIONS: Key = Key::list("portal.registration.populations", &[], "")
        .example("[\"7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11\"]");
    let how = reader.choice(
        Key::text(
            "portal.registration.population",
            "fixed",
            "\"fixed\": always the population below; empty: the environment's default one. \
             \"choose\": people pick one of the populations below. \"email-domain\": the \
             population whose description names the domain of the email address.",
        ),
        How::Fixed,
        &[
            ("fixed", How::Fixed),
            ("choose", How::Choose),
            ("email-domain", How::EmailDomain),
        ],
    );
    let mut populations = reader.list(POPULATIONS, |text| {
        PopulationId::parse(text).map_err(|_| NO_UUID)
    });
    let contradiction = match how {
        How::Fixed if populations.len() > 1 => Some(
            "names several, but portal.registration.population is \"fixed\"; name one, or set it \
             to \"choose\"",
        ),
        How::Choose if populations.is_empty() => Some(
            "is empty, but portal.registration.population is \"choose\"; name what people pick \
             from",
        ),
        _ => None,
    };
    if let Some(what) = contradiction {
        reader.problem(POPULATIONS.path, what, &POPULATIONS.right_value());
    }
    match how {
        How::Fixed => PopulationChoice::Fixed(populations.pop()),
        How::Choose => PopulationChoice::Choose(populations),
        How::EmailDomain => PopulationChoice::EmailDomain,
    }
}

fn limits(reader: &mut Reader<'_>) -> LimitSettings {
    reader.section("portal.limits", "");
    LimitSettings {
        sign_on_per_minute: reader.integer(
            Key::number(
                "portal.limits.sign_on_per_minute",
                60,
                "Forms sent by one address (an IPv6 network of 64 bits counts as one).",
            ),
            LIMITS,
        ),
        registration_per_minute: reader.integer(
            Key::number("portal.limits.registration_per_minute", 20, ""),
            LIMITS,
        ),
        recovery_per_minute: reader.integer(
            Key::number("portal.limits.recovery_per_minute", 20, ""),
            LIMITS,
        ),
        ..LimitSettings::default()
    }
}

fn operator_roles(reader: &mut Reader<'_>) -> Vec<String> {
    reader.section("portal.operator", "");
    reader.list(
        Key::list(
            "portal.operator.roles",
            &["Identity Data Admin", "Environment Admin"],
            "Whoever holds one of these roles of the environment sees the operator's pages.",
        ),
        word,
    )
}
