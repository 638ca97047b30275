//! Authenticators that the FIDO Alliance does not know (PingOne, "FIDO device metadata").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Kept, bounded, kept};
use crate::access::permissions::may;
use crate::api::configuration::{Configuration, Managing, TopLevel, collection};
use crate::api::hal::Shown;
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::fold;
use crate::stores::record::{Events, events};

const NO_KEYS: &str = "No passkey or security key can be used to sign on.";

/// An authenticator, as its maker describes it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FidoDevice {
    description: String,
    aaguid: Option<Uuid>,
    aaid: Option<String>,
    icon: Option<String>,
}

impl Kept for FidoDevice {
    const IS_UNIQUE: bool = false;

    fn label(&self) -> &str {
        &self.description
    }
}

kept!(
    FidoDevice, "FIDO_DEVICE_METADATA" at "fidoDevicesMetadata", "fidoDevice" in
    "fidoDevicesMetadata", unique "description", TopLevel, ReadMfa, ManageMfa, NO_KEYS
);

/// Authenticators.
pub(super) fn routes() -> Vec<Resource> {
    collection::<FidoDevice>()
}
