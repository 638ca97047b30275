//! The service's own applications, which clients find in every environment (PingOne, "System
//! applications"). They are kept as objects: the portal of applications and the pages of
//! self-service are not provided.

use protocol::oauth::TokenEndpointAuthMethod;
use protocol::pingone::{ApplicationType, NewApplication};
use serde_json::{Map, Value};

use super::Seed;
use crate::stores::applications::{Applications, StoredApplication};
use crate::stores::change::Change;

/// The type, the name and what it would be for.
type Made = (ApplicationType, &'static str, &'static str);

const OF_ALL: [Made; 2] = [
    (
        ApplicationType::PingOnePortal,
        "PingOne Application Portal",
        "Shows users the applications that they may sign on to.",
    ),
    (
        ApplicationType::PingOneSelfService,
        "PingOne Self-Service - MyAccount",
        "Lets users see to their own accounts.",
    ),
];

/// Adds those that an environment lacks.
pub(super) fn seed(seed: &Seed<'_>) -> Result<Change, db::StoreError> {
    OF_ALL.iter().try_fold(Change::new(), |change, made| {
        Ok(change.and(Applications::insert_if_unnamed(&application(seed, made))?))
    })
}

fn application(seed: &Seed<'_>, made: &Made) -> StoredApplication {
    let (application_type, name, description) = *made;
    let method = TokenEndpointAuthMethod::None;
    let mut settings = NewApplication::new(name, application_type, method);
    settings.description = Some(description.to_owned());
    let theme = ("applyDefaultTheme".to_owned(), Value::Bool(false));
    StoredApplication {
        id: seed.ids.below("applications", name).id(),
        environment_id: seed.environment,
        settings,
        also: Map::from_iter([theme]),
        is_for_operators: false,
        created_at: seed.now,
        updated_at: seed.now,
    }
}
