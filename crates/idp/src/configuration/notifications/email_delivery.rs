//! `/environments/{environment}/notificationsSettings/emailDeliverySettings`: the way that mails
//! take (PingOne, "Notifications settings (SMTP)").

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Object;
use crate::stores::email_delivery::{EmailDelivery, EmailProtocol, EmailProvider};

/// The port of SMTP over TLS (RFC 8314).
const SMTPS: u16 = 465;

impl Configuration for EmailDelivery {
    const PATH: &'static str = "notificationsSettings/emailDeliverySettings";
    const ITEM: &'static str = "settings";
    const KEPT: Option<&'static str> =
        Some("A mail server works; no mail goes to a provider by HTTP.");
    type Parent = TopLevel;
    type Read = may::ReadNotifications;
    type Manage = may::ManageNotifications;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        for (name, sender) in [("from", &self.from), ("replyTo", &self.reply_to)] {
            if let Some(sender) = sender {
                sender.check(name)?;
            }
        }
        if self.protocol == Some(EmailProtocol::Http) {
            return self.check_service();
        }
        let has_other = self.requests.is_some() || self.authentication.is_some();
        if has_other || self.name.is_some() || self.provider.is_some() {
            let message = "must be HTTP for a provider of one's own";
            return Err(ApiFailure::invalid_value("protocol", message));
        }
        self.check_server()?;
        match replaced {
            Some(replaced) => self.check_password(&replaced.document),
            None => Ok(()),
        }
    }
}

impl EmailDelivery {
    fn check_server(&mut self) -> Result<(), ApiFailure> {
        let host = self.host.as_deref().unwrap_or_default();
        if host.is_empty() {
            return Err(ApiFailure::required_value("host"));
        }
        // RFC 1035 section 2.3.4, without the dot at the end.
        if url::Host::parse(host).is_err() {
            let message = "must be the name or address of a host";
            return Err(ApiFailure::invalid_value("host", message));
        }
        if self.port == Some(0) {
            return Err(ApiFailure::invalid_value("port", "must be from 1 to 65535"));
        }
        checks::at_most("username", self.username.as_deref(), 256)?;
        checks::at_most("password", self.password.as_deref(), 1024)?;
        if self
            .from
            .as_ref()
            .is_some_and(|from| from.address.is_none())
        {
            return Err(ApiFailure::required_value("from.address"));
        }
        self.port = self.port.or(Some(SMTPS));
        self.protocol = Some(EmailProtocol::Smtps);
        Ok(())
    }

    /// A password that was kept as it was not sent is told to nobody else than before: whoever sets
    /// another server or name has to know it.
    fn check_password(&self, replaced: &Self) -> Result<(), ApiFailure> {
        let is_elsewhere = self.host != replaced.host
            || self.port != replaced.port
            || self.username != replaced.username;
        if is_elsewhere && self.password.is_some() && self.password == replaced.password {
            return Err(ApiFailure::required_value("password"));
        }
        Ok(())
    }

    fn check_service(&mut self) -> Result<(), ApiFailure> {
        // It may be that of a mail server which was set before, kept as it was not sent.
        self.password = None;
        for (name, is_set) in [
            ("host", self.host.is_some()),
            ("port", self.port.is_some()),
            ("username", self.username.is_some()),
        ] {
            if is_set {
                let message = "belongs to a mail server, not to a provider of one's own";
                return Err(ApiFailure::invalid_value(name, message));
            }
        }
        let name = self.name.as_deref();
        self.name = Some(checks::name(name.unwrap_or_default())?);
        self.provider = Some(EmailProvider::Custom);
        let authentication = self.authentication.as_mut();
        authentication
            .ok_or_else(|| ApiFailure::required_value("authentication"))?
            .check()?;
        let requests = self.requests.as_deref().unwrap_or_default();
        if requests.is_empty() {
            return Err(ApiFailure::required_value("requests"));
        }
        checks::no_more_than("requests", requests, 5)?;
        for request in requests {
            super::check_request(&request.url, request.headers.as_ref())?;
        }
        Ok(())
    }
}
