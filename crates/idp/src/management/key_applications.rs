//! `/environments/{environment}/keys/{key}/applications` and the same of certificates: which
//! applications name a key (PingOne, "Certificate management").

use protocol::pingone::NamingApplication;
use serde_json::Value;
use uuid::Uuid;

use crate::access::permissions::{Allows, may};
use crate::api::configuration::{Configuration, Item};
use crate::api::hal::{Hal, Page, Reply};
use crate::configuration::keys::Key;
use crate::configuration::keys::certificates::Certificate;
use crate::requests::failures::api::ApiFailure;
use crate::stores::applications::StoredApplication;

/// The members of an application that name a key or a certificate.
const NAMING: [&str; 3] = [
    "/idpSigning/key/id",
    "/signing/key/id",
    "/tlsClientAuthKeyPair/id",
];

/// The members that name several.
const NAMING_SEVERAL: [&str; 2] = ["/spEncryption/certificates", "/spVerification/certificates"];

/// Whether an application names a key.
fn names(application: &StoredApplication, id: Uuid) -> bool {
    let members = Value::Object(application.also.clone());
    let id = id.to_string();
    let is_named = |value: &Value| value.as_str() == Some(id.as_str());
    let one = NAMING.iter().filter_map(|at| members.pointer(at));
    let several = NAMING_SEVERAL.iter().filter_map(|at| members.pointer(at));
    let several = several.filter_map(Value::as_array).flatten();
    one.chain(several.filter_map(|one| one.get("id")))
        .any(is_named)
}

async fn list<D: Configuration, P: Allows>(item: Item<D, P>) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = item;
    let environment = collection.id();
    let all = collection.idp.applications().list(environment).await?;
    let naming = all
        .iter()
        .filter(|application| names(application, object.id));
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
