//! `/environments/{environment}/subscriptions`: who is told what happens (PingOne, "Subscriptions
//! (webhooks)").

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::api::media_router::KeptMembers;
use crate::outgoing;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Object;
use crate::stores::subscriptions::{
    BodyFormat, Endpoint, LimitType, LineFormat, PayloadOptions, Protocol, Subscription,
};

/// Applications and populations that a filter names at most.
const MOST_NAMED: usize = 10;

impl Configuration for Subscription {
    const PATH: &'static str = "subscriptions";
    const ITEM: &'static str = "subscription";
    const FILTERS: &'static [&'static str] = &["name", "enabled"];
    const KEPT_MEMBERS: KeptMembers = &[(
        &["connectionDetails", "payloadOptions.payloadFormat.tcp"],
        "Nobody is told by `protocol` `TCP_IP`, and nothing waits for it.",
    )];
    type Parent = TopLevel;
    type Read = may::ReadSubscriptions;
    type Manage = may::ManageSubscriptions;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        let accepts_any = managing.idp.settings().mode == ui::Mode::Development;
        match self.protocol {
            Protocol::Https => {
                let endpoint = self.http_endpoint.as_ref();
                let endpoint =
                    endpoint.ok_or_else(|| ApiFailure::required_value("httpEndpoint"))?;
                let schemes: &[&str] = if accepts_any {
                    &["https", "http"]
                } else {
                    &["https"]
                };
                check_endpoint("httpEndpoint", endpoint, schemes, accepts_any)?;
                // PingOne shows it under both names.
                self.connection_details = self.http_endpoint.clone();
            }
            Protocol::TcpIp => {
                if self.http_endpoint.is_some() || self.format.is_some() {
                    let member = if self.format.is_some() {
                        "format"
                    } else {
                        "httpEndpoint"
                    };
                    let message = "belongs to the protocol HTTPS";
                    return Err(ApiFailure::invalid_value(member, message));
                }
                let endpoint = self.connection_details.as_ref();
                let endpoint =
                    endpoint.ok_or_else(|| ApiFailure::required_value("connectionDetails"))?;
                let schemes = &["tcp", "tls", "tcps", "ssl"];
                check_endpoint("connectionDetails", endpoint, schemes, accepts_any)?;
            }
        }
        if self.tls_client_auth_key_pair.is_some() && !self.verify_tls_certificates {
            let message = "must be true where the client has a certificate of its own";
            return Err(ApiFailure::invalid_value("verifyTlsCertificates", message));
        }
        if let Some(options) = &self.payload_options {
            options.check(self.protocol)?;
        }
        self.check_filter()
    }
}

fn check_endpoint(
    member: &str,
    endpoint: &Endpoint,
    schemes: &[&str],
    accepts_any: bool,
) -> Result<(), ApiFailure> {
    let url = format!("{member}.url");
    checks::url(&url, &endpoint.url, schemes)?;
    let is_public = url::Url::parse(&endpoint.url).is_ok_and(|url| outgoing::may_be_public(&url));
    if !(accepts_any || is_public) {
        let message = "must not lead into the installation's own network";
        return Err(ApiFailure::invalid_value(&url, message));
    }
    match &endpoint.headers {
        Some(headers) => checks::headers(&format!("{member}.headers"), headers),
        None => Ok(()),
    }
}

impl Subscription {
    fn check_filter(&self) -> Result<(), ApiFailure> {
        let filter = &self.filter_options;
        let member = "filterOptions.includedActionTypes";
        if filter.included_action_types.is_empty() {
            return Err(ApiFailure::required_value(member));
        }
        checks::no_more_than(member, &filter.included_action_types, 500)?;
        for action in &filter.included_action_types {
            checks::at_most(member, Some(action), 100)?;
        }
        let applications = "filterOptions.includedApplications";
        let populations = "filterOptions.includedPopulations";
        checks::no_more_than(applications, &filter.included_applications, MOST_NAMED)?;
        checks::no_more_than(populations, &filter.included_populations, MOST_NAMED)?;
        checks::no_more_than("filterOptions.includedTags", &filter.included_tags, 1)
    }
}

impl PayloadOptions {
    fn check(&self, protocol: Protocol) -> Result<(), ApiFailure> {
        let format = self.payload_format.as_ref();
        let (https, tcp) = format.map_or((None, None), |format| {
            (format.https.as_ref(), format.tcp.as_ref())
        });
        let limit = self.maximum_payload_limit.as_ref();
        let other = match protocol {
            Protocol::Https if tcp.is_some() => Some("payloadOptions.payloadFormat.tcp"),
            Protocol::TcpIp if limit.is_some() => Some("payloadOptions.maximumPayloadLimit"),
            Protocol::TcpIp if https.is_some() => Some("payloadOptions.payloadFormat.https"),
            Protocol::Https | Protocol::TcpIp => None,
        };
        if let Some(member) = other {
            let message = "belongs to another protocol";
            return Err(ApiFailure::invalid_value(member, message));
        }
        if https.is_some_and(|https| {
            https.pretty_print == Some(true) && https.format != Some(BodyFormat::JsonArray)
        }) {
            let member = "payloadOptions.payloadFormat.https.prettyPrint";
            return Err(ApiFailure::invalid_value(
                member,
                "belongs to the format JSON_ARRAY",
            ));
        }
        if let Some(attributes) = tcp.and_then(|tcp| tcp.additional_attributes.as_ref()) {
            let member = "payloadOptions.payloadFormat.tcp.additionalAttributes";
            if tcp.and_then(|tcp| tcp.format) != Some(LineFormat::RfcLogline) {
                return Err(ApiFailure::invalid_value(member, "belongs to RFC_LOGLINE"));
            }
            let mut texts = attributes.iter().flat_map(|(name, value)| [name, value]);
            if attributes.len() > 20 || texts.any(|text| text.len() > 256) {
                return Err(ApiFailure::invalid_value(
                    member,
                    "must be at most 20 short texts",
                ));
            }
        }
        if let Some(limit) = limit {
            let most = match limit.r#type {
                Some(LimitType::KbPerPayload) => 4096,
                Some(LimitType::EventsPerPayload) | None => 500,
            };
            if limit.size.is_some_and(|size| !(1..=most).contains(&size)) {
                let member = "payloadOptions.maximumPayloadLimit.size";
                let message = format!("must be from 1 to {most}");
                return Err(ApiFailure::invalid_value(member, message));
            }
        }
        Ok(())
    }
}
