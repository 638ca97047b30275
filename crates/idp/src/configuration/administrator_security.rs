//! `/environments/{environment}/adminConfig`: how administrators sign on (PingOne, "Administrator
//! security").

use std::collections::BTreeSet;

use protocol::pingone::{Open, ProductType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identity_providers::IdentityProvider;
use crate::access::permissions::may;
use crate::api::configuration::{Around, Configuration, Managing, TopLevel};
use crate::api::hal::Shown;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::record::{Events, events};

/// How administrators sign on.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdministratorSecurity {
    allowed_methods: Option<AllowedMethods>,
    authentication_method: AuthenticationMethod,
    mfa_status: MfaStatus,
    provider: Option<ProviderReference>,
    recovery: bool,
}

/// The second factors. Each is a text that is JSON itself: `{"enabled":true}`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
struct AllowedMethods {
    email: String,
    fido2: String,
    totp: String,
}

/// Where they prove who they are.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum AuthenticationMethod {
    External,
    Hybrid,
    PingOne,
}

/// Whether a second factor is asked for.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum MfaStatus {
    Enforce,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
struct ProviderReference {
    id: Uuid,
}

const ENABLED: &str = r#"{"enabled":true}"#;

impl AllowedMethods {
    fn all() -> Self {
        Self {
            email: ENABLED.to_owned(),
            fido2: ENABLED.to_owned(),
            totp: ENABLED.to_owned(),
        }
    }
}

impl Default for AdministratorSecurity {
    fn default() -> Self {
        Self {
            allowed_methods: Some(AllowedMethods::all()),
            authentication_method: AuthenticationMethod::PingOne,
            mfa_status: MfaStatus::Enforce,
            provider: None,
            recovery: true,
        }
    }
}

impl Document for AdministratorSecurity {
    const EVENTS: Events = events!("ADMIN_CONFIG");

    fn name(&self) -> &'static str {
        "Administrator security"
    }

    /// Clients delete a provider before they name another.
    fn mentions(&self) -> Vec<Reference> {
        let provider = self.provider.iter();
        provider
            .map(|provider| Reference::to_object::<IdentityProvider>("provider.id", provider.id))
            .collect()
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        let provider = self.provider.take();
        self.provider = provider.filter(|provider| !gone.contains(&provider.id));
    }
}

impl Configuration for AdministratorSecurity {
    const PATH: &'static str = "adminConfig";
    const ITEM: &'static str = "settings";
    const KEPT: Option<&'static str> = Some("Administrators sign on as everybody does.");
    type Parent = TopLevel;
    type Read = may::ReadAdministratorSecurity;
    type Manage = may::ManageAdministratorSecurity;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let methods = self.allowed_methods.get_or_insert_with(AllowedMethods::all);
        let each = [
            ("allowedMethods.EMAIL", &methods.email),
            ("allowedMethods.FIDO2", &methods.fido2),
            ("allowedMethods.TOTP", &methods.totp),
        ];
        for (member, method) in each {
            #[derive(Deserialize, JsonSchema)]
            #[expect(dead_code, reason = "only whether it is there counts")]
            struct Method {
                enabled: bool,
            }
            if method.len() > 100 || serde_json::from_str::<Method>(method).is_err() {
                let message = r#"must be {"enabled":true} or {"enabled":false}, as a text"#;
                return Err(ApiFailure::invalid_value(member, message));
            }
        }
        let is_elsewhere = self.authentication_method != AuthenticationMethod::PingOne;
        match (is_elsewhere, &self.provider) {
            (true, None) => Err(ApiFailure::required_value("provider")),
            (false, Some(_)) => Err(ApiFailure::invalid_value(
                "provider",
                "is for the authentication methods EXTERNAL and HYBRID",
            )),
            (false, None) | (true, Some(_)) => Ok(()),
        }
    }

    fn show_in(around: Around<'_>, _: &Object<Self>, shown: Shown) -> Shown {
        let products = &around.environment.details.products.bill.products;
        let has = |kind: ProductType| {
            let is = |product: &protocol::pingone::Product| matches!(&product.product_type, Open::Known(known) if *known == kind);
            products.iter().any(is)
        };
        shown
            .member("isPingIDInBOM", has(ProductType::PingId))
            // Passkeys need no product of their own.
            .member("hasFido2Capabilities", true)
    }
}
