//! `/environments/{environment}/keys/{key}/applications` and the same of certificates: which
//! applications name a key (PingOne, "Certificate management").

use protocol::pingone::NamingApplication;
use uuid::Uuid;

use crate::access::permissions::{Allows, may};
use crate::api::configuration::{Configuration, Item};
use crate::api::hal::{Hal, Page, Reply};
use crate::configuration::keys::Key;
use crate::configuration::keys::certificates::Certificate;
use crate::requests::failures::api::ApiFailure;
use crate::stores::applications::StoredApplication;
use crate::stores::configuration::{Reference, Target};

/// Whether an application names an object of a kind.
fn names<D: Configuration>(application: &StoredApplication, id: Uuid) -> bool {
    let mentions = application.mentions();
    let is_it = |mention: &Reference| {
        mention.id == id && matches!(mention.target, Target::Kind(kind) if kind == D::EVENTS.kind)
    };
    mentions.iter().any(is_it)
}

async fn list<D: Configuration, P: Allows>(item: Item<D, P>) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = item;
    let environment = collection.id();
    let all = collection.idp.applications().list(environment).await?;
    let naming = all
        .iter()
        .filter(|application| names::<D>(application, object.id));
    let items = naming.map(|application| {
        let settings = &application.settings;
        let mut shown = NamingApplication::new(
            application.id,
            environment,
            settings.name.as_str(),
            settings.application_type,
            settings.protocol,
        );
        shown.enabled = settings.enabled;
        let path = format_args!("applications/{}", application.id);
        Hal::in_environment(collection.idp.urls(), environment, path, shown)
    });
    let url = collection.url(format_args!(
        "{}/{}/applications",
        collection.path(),
        object.id
    ));
    Reply::ok(&Page::whole(url, "applications", items.collect()))
}

pub(super) async fn of_key(item: Item<Key, may::ReadCertificates>) -> Result<Reply, ApiFailure> {
    list(item).await
}

pub(super) async fn of_certificate(
    item: Item<Certificate, may::ReadCertificates>,
) -> Result<Reply, ApiFailure> {
    list(item).await
}
