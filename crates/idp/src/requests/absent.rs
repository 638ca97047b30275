//! What PingOne has below an environment and this program does not: told apart from an id that
//! nothing has, so that nobody looks for a mistake of their own.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use protocol::id::EnvironmentId;

/// Parts of PingOne that are absent: the name of each, and its paths below an environment. A part of a
/// path in braces stands for any id.
type Parts = &'static [(&'static str, &'static [&'static str])];

/// What the authentication API is without (PingOne, below `auth.pingone.com/{environment}`).
const AUTHENTICATION: Parts = &[
    (
        "Backchannel authentication (CIBA)",
        &["as/cibaAuthorization"],
    ),
    (
        "The device authorization grant",
        &["as/device_authorization", "device"],
    ),
    ("PingOne DaVinci", &["davinci"]),
    ("Pushing of authorization requests", &["as/par"]),
    ("SAML 2.0", &["saml20"]),
    ("Session management by an iframe", &["as/checksession"]),
];

/// What the management API is without, below `/v1/environments/{environment}`.
const MANAGEMENT: Parts = &[
    (
        "PingOne Authorize's policy editor",
        &[
            "authorizationAttributes",
            "authorizationConditions",
            "authorizationPolicies",
            "authorizationProcessors",
            "authorizationRules",
            "authorizationServices",
            "authorizationStatements",
            "authorizationVersions",
        ],
    ),
    ("Presenting of credentials", &["presentationSessions"]),
    (
        "PingOne DaVinci",
        &[
            "capabilities/davinci",
            "connectorInstances",
            "connectors",
            "davinciApplications",
            "flows",
            "flowVersions",
            "variables",
        ],
    ),
    ("PingOne Protect's evaluation", &["riskEvaluations"]),
    (
        "Trying a propagation store's connection",
        &["propagation/stores/connection"],
    ),
    ("The integration catalogue", &["integrations/{id}"]),
    ("Logs of mobile devices", &["users/{id}/devices/{id}/logs"]),
    (
        "Signing and encrypting of data",
        &["decryptions", "encryptions", "signings", "verifications"],
    ),
];

/// The paths that were asked for, each of which is logged once. The tables bound it.
static SAID: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The parts of PingOne that the authentication API is without, each with a path below an environment.
pub fn absent_from_authentication() -> impl Iterator<Item = (&'static str, &'static str)> {
    each(AUTHENTICATION)
}

/// The parts of PingOne that the management API is without, each with a path below
/// `/v1/environments/{environment}`.
pub fn absent_from_management() -> impl Iterator<Item = (&'static str, &'static str)> {
    each(MANAGEMENT)
}

fn each(parts: Parts) -> impl Iterator<Item = (&'static str, &'static str)> {
    let each = |(part, paths): &'static (&'static str, &'static [&'static str])| {
        paths.iter().map(move |path| (*part, *path))
    };
    parts.iter().flat_map(each)
}

/// A part of PingOne that somebody asked for, and the path by which it is known. It is told as a
/// sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Absent {
    part: &'static str,
    path: &'static str,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, path } = self;
        write!(
            f,
            "{part} is not provided by this environment, and so there is no '{path}'."
        )
    }
}

/// What a path that no resource of the management API has belongs to, if PingOne has it.
pub(crate) fn asked_of_management(path: &str) -> Option<Absent> {
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let mut parts = path.trim_matches('/').split('/');
    let is_of_environment = parts.next() == Some("environments") && parts.next().is_some();
    let asked: Vec<&str> = parts.filter(|_| is_of_environment).collect();
    find(MANAGEMENT, &asked).inspect(warn_once)
}

/// What a path that nothing has beside the management API belongs to, if PingOne has it. A custom
/// domain leaves the environment's id out.
pub(crate) fn asked_of_authentication(path: &str) -> Option<Absent> {
    let mut asked: Vec<&str> = path.trim_matches('/').split('/').collect();
    if asked
        .first()
        .is_some_and(|first| EnvironmentId::parse(first).is_ok())
    {
        asked.remove(0);
    }
    find(AUTHENTICATION, &asked).inspect(warn_once)
}

/// Tells it to whoever runs the program, once.
fn warn_once(&Absent { part, path }: &Absent) {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.insert(path) {
        tracing::warn!(
            part,
            path,
            "somebody asks for what this program does not provide"
        );
    }
}

/// The longest path of a table that another one lies at or below.
fn find(parts: Parts, asked: &[&str]) -> Option<Absent> {
    let lies_below = |path: &str| {
        let wanted: Vec<&str> = path.split('/').collect();
        wanted.len() <= asked.len()
            && wanted
                .iter()
                .zip(asked)
                .all(|(wanted, asked)| wanted.starts_with('{') || wanted == asked)
    };
    each(parts)
        .filter(|(_, path)| lies_below(path))
        .max_by_key(|(_, path)| path.len())
        .map(|(part, path)| Absent { part, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_an_absent_path_is_absent_and_the_rest_is_not() {
        let of = |path: &str| {
            let found = asked_of_management(&format!("/v1/environments/e1/{path}"));
            found.map(|absent| absent.path)
        };
        assert_eq!(of("riskEvaluations/1"), Some("riskEvaluations"));
        assert_eq!(of("integrations/1/versions"), Some("integrations/{id}"));
        for other in ["users/1", "risks", "", "flow", "users", "as/par"] {
            assert_eq!(of(other), None, "{other}");
        }
        let organization = "/v1/organizations/o1/riskEvaluations";
        assert_eq!(asked_of_management(organization), None);
    }

    #[test]
    fn the_authentication_api_is_asked_with_an_environment_or_by_a_domain_of_its_own() {
        let of = |path: &str| asked_of_authentication(path).map(|absent| absent.path);
        let environment = "/7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
        for (path, known) in [
            ("/as/par", "as/par"),
            ("/saml20/idp/sso", "saml20"),
            ("/davinci/policy/1/start", "davinci"),
        ] {
            assert_eq!(of(path), Some(known));
            assert_eq!(of(&format!("{environment}{path}")), Some(known));
        }
        for other in [
            "/as",
            "/as/pars",
            "/par",
            "/x/as/par",
            "/",
            "/riskEvaluations",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
