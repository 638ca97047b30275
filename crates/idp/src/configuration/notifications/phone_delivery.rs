//! `/environments/{environment}/notificationsSettings/phoneDeliverySettings`: who delivers messages
//! to telephones (PingOne, "Phone delivery settings").

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check_countries;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::email_delivery::{ProviderAuthentication, RequestMethod};
use crate::stores::record::{Events, events};

/// One who delivers messages to telephones.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhoneDelivery {
    provider: Provider,
    /// The account at Twilio.
    sid: Option<String>,
    /// Of Twilio and Syniverse.
    auth_token: Option<String>,
    /// Of anybody else.
    name: Option<String>,
    authentication: Option<ProviderAuthentication>,
    requests: Option<Vec<PhoneRequest>>,
    numbers: Option<Vec<Number>>,
}

/// Who delivers.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum Provider {
    #[serde(rename = "CUSTOM_PROVIDER")]
    Custom,
    #[serde(rename = "CUSTOM_SYNIVERSE")]
    Syniverse,
    #[serde(rename = "CUSTOM_TWILIO")]
    Twilio,
}

/// A way to a telephone.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum PhoneMethod {
    Sms,
    Voice,
}

/// The request that hands a message over.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PhoneRequest {
    delivery_method: PhoneMethod,
    method: RequestMethod,
    url: String,
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    #[serde(default)]
    phone_number_format: NumberFormat,
    before_tag: Option<String>,
    after_tag: Option<String>,
}

/// How a number is written.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum NumberFormat {
    #[default]
    Full,
    NumberOnly,
}

/// A number that messages come from.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
struct Number {
    number: String,
    r#type: NumberType,
    selected: Option<bool>,
    available: Option<bool>,
    capabilities: Option<Vec<PhoneMethod>>,
    supported_countries: Option<Vec<String>>,
}

/// What a number is.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum NumberType {
    PhoneNumber,
    ShortCode,
    TollFree,
}

impl Document for PhoneDelivery {
    const EVENTS: Events = events!("PHONE_DELIVERY_SETTINGS");
    const MOST: u32 = 100;
    const SECRETS: &'static [&'static str] = &[
        "/authToken",
        "/authentication/password",
        "/authentication/authToken",
    ];
    /// A request's headers may authenticate it.
    const SEALED: &'static [&'static str] = &["/requests"];

    fn name(&self) -> &str {
        match self.provider {
            Provider::Custom => self.name.as_deref().unwrap_or_default(),
            Provider::Syniverse => "Syniverse",
            Provider::Twilio => "Twilio",
        }
    }

    fn unique(&self) -> Option<String> {
        None
    }
}

impl Configuration for PhoneDelivery {
    const PATH: &'static str = "notificationsSettings/phoneDeliverySettings";
    const ITEM: &'static str = "phone";
    const KEY: &'static str = "phoneDeliverySettings";
    const FILTERS: &'static [&'static str] = &["name", "provider"];
    const KEPT: Option<&'static str> = Some("No message goes to a telephone.");
    type Parent = TopLevel;
    type Read = may::ReadNotifications;
    type Manage = may::ManageNotifications;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let is_custom = self.provider == Provider::Custom;
        let is_twilio = self.provider == Provider::Twilio;
        for (name, is_set, belongs, must_be) in [
            ("sid", self.sid.is_some(), !is_custom, is_twilio),
            (
                "authToken",
                self.auth_token.is_some(),
                !is_custom,
                !is_custom,
            ),
            ("name", self.name.is_some(), is_custom, is_custom),
            (
                "authentication",
                self.authentication.is_some(),
                is_custom,
                is_custom,
            ),
            ("requests", self.requests.is_some(), is_custom, is_custom),
        ] {
            if must_be && !is_set {
                return Err(ApiFailure::required_value(name));
            }
            if is_set && !belongs {
                let message = "does not belong to this provider";
                return Err(ApiFailure::invalid_value(name, message));
            }
        }
        checks::at_most("sid", self.sid.as_deref(), 256)?;
        checks::at_most("authToken", self.auth_token.as_deref(), 2048)?;
        if let Some(name) = &self.name {
            self.name = Some(checks::name(name)?);
        }
        if let Some(authentication) = &mut self.authentication {
            authentication.check()?;
        }
        let numbers = self.numbers.as_deref().unwrap_or_default();
        checks::no_more_than("numbers", numbers, 100)?;
        for number in numbers {
            checks::at_most("numbers.number", Some(&number.number), 32)?;
            let countries = number.supported_countries.as_deref().unwrap_or_default();
            check_countries("numbers.supportedCountries", countries)?;
        }
        let requests = self.requests.as_deref().unwrap_or_default();
        checks::no_more_than("requests", requests, 10)?;
        for request in requests {
            super::check_request(&request.url, request.headers.as_ref())?;
            checks::at_most("requests.beforeTag", request.before_tag.as_deref(), 1024)?;
            checks::at_most("requests.afterTag", request.after_tag.as_deref(), 1024)?;
        }
        Ok(())
    }
}
