//! `[portal]`: address, sessions, registration, limits, operators.

use protocol::id::PopulationId;

use crate::config::reader::Reader;
use crate::config::sections::addresses::{hosts, listen, origin};
use crate::config::sections::pingone::pingone;
use crate::config::sections::sign_on::sign_on;
use crate::config::sections::{A_UUID, DAY, LIMITS, NO_UUID, small, word};
use crate::config::settings::{PopulationChoice, Portal, PortalLimits, Registration};

pub(super) fn portal(reader: &mut Reader<'_>) -> Portal {
    let listen = listen(reader, "portal.listen", 8080);
    let public_url = origin(reader, "portal.public_url", "\"https://www.example.com/\"");
    let extra_hosts = hosts(reader, "portal.extra_hosts");
    let session_idle_seconds = reader.integer("portal.session_idle_seconds", 60..=30 * DAY);
    let session_absolute_seconds =
        reader.integer("portal.session_absolute_seconds", 60..=365 * DAY);
    if session_absolute_seconds < session_idle_seconds {
        let what = "is shorter than portal.session_idle_seconds, which would never count";
        reader.problem(
            "portal.session_absolute_seconds",
            what,
            &session_idle_seconds.to_string(),
        );
    }
    Portal {
        listen,
        public_url,
        extra_hosts,
        session_idle_seconds,
        session_absolute_seconds,
        sign_on: sign_on(reader),
        pingone: pingone(reader),
        registration: registration(reader),
        limits: PortalLimits {
            sign_on: small(reader.integer("portal.limits.sign_on_per_minute", LIMITS)),
            registration: small(reader.integer("portal.limits.registration_per_minute", LIMITS)),
            recovery: small(reader.integer("portal.limits.recovery_per_minute", LIMITS)),
        },
        operator_roles: reader.list("portal.operator.roles", "[\"Identity Data Admin\"]", word),
    }
}

fn registration(reader: &mut Reader<'_>) -> Registration {
    #[derive(Clone, Copy)]
    enum How {
        Fixed,
        Choose,
        EmailDomain,
    }
    let enabled = reader.boolean("portal.registration.enabled");
    let verify_email = reader.boolean("portal.registration.verify_email");
    let ask_given_name = reader.boolean("portal.registration.ask_given_name");
    let ask_family_name = reader.boolean("portal.registration.ask_family_name");
    let how = reader.choice(
        "portal.registration.population",
        How::Fixed,
        &[
            ("fixed", How::Fixed),
            ("choose", How::Choose),
            ("email-domain", How::EmailDomain),
        ],
    );
    let key = "portal.registration.populations";
    let example = format!("[{A_UUID}]");
    let mut populations = reader.list(key, &example, |text| {
        PopulationId::parse(text).map_err(|_| NO_UUID)
    });
    let population = match how {
        How::Fixed => {
            if populations.len() > 1 {
                let what = "names several, but portal.registration.population is \"fixed\"; name \
                            one, or set it to \"choose\"";
                reader.problem(key, what, &example);
            }
            PopulationChoice::Fixed(populations.pop())
        }
        How::Choose => {
            if populations.is_empty() {
                let what = "is empty, but portal.registration.population is \"choose\"";
                reader.problem(key, what, &example);
            }
            PopulationChoice::Choose(populations)
        }
        How::EmailDomain => PopulationChoice::EmailDomain,
    };
    Registration {
        enabled,
        verify_email,
        ask_given_name,
        ask_family_name,
        population,
    }
}
