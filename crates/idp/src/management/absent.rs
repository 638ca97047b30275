//! What PingOne has below an environment and this program does not: told apart from an id that
//! nothing has, so that nobody looks for a mistake of their own.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use axum::http::Uri;

use crate::requests::failures::api::ApiFailure;

/// A part of PingOne that is absent: its name, and the paths of its resources below an environment.
/// A part of a path in braces stands for any id.
const ABSENT: &[(&str, &[&str])] = &[
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

/// The paths that were asked for, each of which is logged once. The table bounds it.
static SAID: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The parts of PingOne that are absent, each with a path below `/v1/environments/{environment}`.
pub fn absent() -> impl Iterator<Item = (&'static str, &'static str)> {
    let each = |(part, paths): &'static (&'static str, &'static [&'static str])| {
        paths.iter().map(move |path| (*part, *path))
    };
    ABSENT.iter().flat_map(each)
}

/// Answers for a path, below `/v1`, that no resource has.
pub(super) async fn answer(uri: Uri) -> ApiFailure {
    let Some((part, path)) = find(uri.path()) else {
        return ApiFailure::not_found();
    };
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.insert(path) {
        tracing::warn!(
            part,
            path,
            "somebody asks for what this program does not provide"
        );
    }
    ApiFailure::not_found_saying(format!(
        "{part} is not provided by this environment, and so there is no '{path}'."
    ))
}

/// What a path belongs to: the longest one of the table that it lies at or below.
fn find(path: &str) -> Option<(&'static str, &'static str)> {
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let mut parts = path.trim_matches('/').split('/');
    let is_of_environment = parts.next() == Some("environments") && parts.next().is_some();
    let asked: Vec<&str> = parts.filter(|_| is_of_environment).collect();
    let lies_below = |path: &str| {
        let wanted: Vec<&str> = path.split('/').collect();
        wanted.len() <= asked.len()
            && wanted
                .iter()
                .zip(&asked)
                .all(|(wanted, asked)| wanted.starts_with('{') || wanted == asked)
    };
    absent()
        .filter(|(_, path)| lies_below(path))
        .max_by_key(|(_, path)| path.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_an_absent_path_is_absent_and_the_rest_is_not() {
        let of = |path: &str| find(&format!("/v1/environments/e1/{path}")).map(|(_, path)| path);
        assert_eq!(of("riskEvaluations/1"), Some("riskEvaluations"));
        assert_eq!(of("integrations/1/versions"), Some("integrations/{id}"));
        for other in ["users/1", "risks", "", "flow", "users"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(find("/v1/organizations/o1/riskEvaluations"), None);
    }
}
