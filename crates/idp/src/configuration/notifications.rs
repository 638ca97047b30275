//! How an environment tells people things: settings, the ways that messages take, limits, and
//! templates with their contents (PingOne, "Notifications").

mod contents;
mod email_delivery;
pub(crate) mod phone_delivery;
pub(crate) mod policies;
pub(crate) mod settings;
mod templates;
mod variants;

use std::collections::BTreeMap;

use self::phone_delivery::PhoneDelivery;
use self::policies::NotificationPolicy;
use self::settings::NotificationsSettings;
use crate::api::checks;
use crate::api::configuration::{collection, settings, settings_once_set};
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::stores::email_delivery::{
    AuthenticationMethod, EmailDelivery, ProviderAuthentication, Sender,
};

/// The routes of all of them.
pub(super) fn routes() -> Vec<Resource> {
    [
        collection::<NotificationPolicy>(),
        settings::<NotificationsSettings>(),
        settings_once_set::<EmailDelivery>(),
        collection::<PhoneDelivery>(),
        templates::routes(),
        variants::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Sender {
    /// Checks it as the value of a member.
    fn check(&self, member: &str) -> Result<(), ApiFailure> {
        let name = format!("{member}.name");
        checks::at_most(&name, self.name.as_deref(), 256)?;
        let is_line = |text: &str| !text.chars().any(char::is_control);
        if !self.name.as_deref().is_none_or(is_line) {
            return Err(ApiFailure::invalid_value(&name, "must be one line"));
        }
        match &self.address {
            Some(address) => checks::email(&format!("{member}.address"), address),
            None => Ok(()),
        }
    }
}

/// A code of a country (ISO 3166-1 alpha-2).
fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Checks a list of countries as the value of a member.
fn check_countries(member: &str, countries: &[String]) -> Result<(), ApiFailure> {
    checks::no_more_than(member, countries, 250)?;
    if countries.iter().all(|code| is_country(code)) {
        return Ok(());
    }
    let message = "must hold country codes of two capital letters (ISO 3166-1)";
    Err(ApiFailure::invalid_value(member, message))
}

impl ProviderAuthentication {
    /// Asks for what the method needs, and drops the secrets of the other, which are kept when a
    /// replacement does not send them.
    fn check(&mut self) -> Result<(), ApiFailure> {
        match self.method {
            AuthenticationMethod::Basic => self.auth_token = None,
            AuthenticationMethod::Bearer => self.password = None,
        }
        let members = [
            ("username", &self.username, AuthenticationMethod::Basic),
            ("password", &self.password, AuthenticationMethod::Basic),
            ("authToken", &self.auth_token, AuthenticationMethod::Bearer),
        ];
        for (name, value, method) in members {
            let member = format!("authentication.{name}");
            checks::at_most(&member, value.as_deref(), 2048)?;
            if method == self.method && value.as_deref().is_none_or(str::is_empty) {
                return Err(ApiFailure::required_value(&member));
            }
        }
        Ok(())
    }
}

/// Checks a request that hands a message over.
fn check_request(url: &str, headers: Option<&BTreeMap<String, String>>) -> Result<(), ApiFailure> {
    checks::url("requests.url", url, &["https", "http"])?;
    match headers {
        Some(headers) => checks::headers("requests.headers", headers),
        None => Ok(()),
    }
}
