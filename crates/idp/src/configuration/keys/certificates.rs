//! `/environments/{environment}/certificates`: certificates of others.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::certified::{Certified, PEM, PKCS7, Usage, as_encoded, export, refused};
use crate::access::permissions::may;
use crate::api::configuration::{
    Around, Configuration, Item, Managing, TopLevel, delete, list_route,
};
use crate::api::hal::{Reply, Shown};
use crate::api::media_router::{Resource, at};
use crate::api::shapes::Stored;
use crate::api::upload::Upload;
use crate::keys::pairs;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::record::{Events, events};

/// A certificate of somebody else.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Certificate(Certified);

impl Document for Certificate {
    const EVENTS: Events = events!("CERTIFICATE");
    const MOST: u32 = 200;
    const SECRETS: &'static [&'static str] = &["/material"];

    fn name(&self) -> &str {
        &self.0.name
    }

    /// Names come out of certificates.
    fn unique(&self) -> Option<String> {
        None
    }
}

impl Configuration for Certificate {
    const PATH: &'static str = "certificates";
    const ITEM: &'static str = "certificate";
    const SHOWN_OTHERWISE: &'static [&'static str] = &["/serial"];
    const KEPT: Option<&'static str> = Some("Nothing is checked with it.");
    const FILTERS: &'static [&'static str] = &["name", "usageType"];
    type Parent = TopLevel;
    type Read = may::ReadCertificates;
    type Manage = may::ManageCertificates;

    fn missing(environment: EnvironmentId, id: Uuid) -> ApiFailure {
        ApiFailure::not_found_saying(format!(
            "Certificate not found for id: {id} and environmentId: {environment}"
        ))
    }

    fn show_in(around: Around<'_>, object: &Object<Self>, shown: Shown) -> Shown {
        object.document.0.show(around, shown)
    }
}

/// Takes a certificate from a file.
async fn import(managing: Managing<Certificate>, upload: Upload) -> Result<Response, ApiFailure> {
    let usage = Usage::read(&upload)?;
    let chain = pairs::certificates(upload.file()?).map_err(refused("file"))?;
    let certificate = Certified::read(&chain, None, usage, as_encoded).map_err(refused("file"))?;
    let object = managing.made(Certificate(certificate), None).await?;
    managing.insert(&object).await?;
    let made = Reply::created(&managing.show(&object)?)?;
    Ok((StatusCode::ACCEPTED, made).into_response())
}

/// Shows a certificate, or hands it out.
async fn read(
    item: Item<Certificate, may::ReadCertificates>,
    headers: HeaderMap,
) -> Result<Response, ApiFailure> {
    match export(&item.object.document.0.material, &headers)? {
        Some(file) => Ok(file),
        None => Ok(Reply::ok(&item.collection.show(&item.object)?)?.into_response()),
    }
}

pub(super) fn routes() -> Vec<Resource> {
    vec![
        list_route::<Certificate>()
            .post_multipart(import)
            .with_status(&[202]),
        at("/environments/{environment}/certificates/{certificate}")
            .showing::<Stored<Certificate>>()
            .get(read)
            .also_as(&[PEM, PKCS7])
            .delete(delete::<Certificate>)
            .kept(Certificate::KEPT),
    ]
}
