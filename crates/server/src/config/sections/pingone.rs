//! `[portal.pingone]`: the management API that the portal uses.

use protocol::id::EnvironmentId;
use url::Url;

use crate::config::reader::Reader;
use crate::config::sections::addresses::base;
use crate::config::sections::{A_UUID, NO_UUID};
use crate::config::settings::PingOne;

pub(super) fn pingone(reader: &mut Reader<'_>) -> PingOne {
    let region = reader.read("portal.pingone.region", "\"EU\"", |text| {
        region_domain(text).ok_or("is none of \"NA\", \"CA\", \"EU\", \"AU\", \"AP\", \"SG\"")
    });
    let mut auth_url = reader.read(
        "portal.pingone.auth_url",
        "\"https://auth.pingone.eu/\"",
        base,
    );
    let mut api_url = reader.read(
        "portal.pingone.api_url",
        "\"https://api.pingone.eu/v1/\"",
        base,
    );
    match (region, auth_url.is_some(), api_url.is_some()) {
        (Some(domain), false, false) => {
            auth_url = Url::parse(&format!("https://auth.pingone.{domain}/")).ok();
            api_url = Url::parse(&format!("https://api.pingone.{domain}/v1/")).ok();
        }
        (Some(_), ..) => {
            let what = "is given beside auth_url or api_url; leave one of them away";
            reader.problem("portal.pingone.region", what, "region alone");
        }
        (None, true, false) => {
            let what = "is missing beside portal.pingone.auth_url";
            reader.problem(
                "portal.pingone.api_url",
                what,
                "\"https://api.pingone.eu/v1/\"",
            );
        }
        (None, false, true) => {
            let what = "is missing beside portal.pingone.api_url";
            reader.problem(
                "portal.pingone.auth_url",
                what,
                "\"https://auth.pingone.eu/\"",
            );
        }
        (None, ..) => {}
    }
    PingOne {
        auth_url,
        api_url,
        environment_id: reader.read("portal.pingone.environment_id", A_UUID, |text| {
            EnvironmentId::parse(text).map_err(|_| NO_UUID)
        }),
        worker_client_id: reader.text("portal.pingone.worker_client_id", A_UUID),
        worker_client_secret: reader.secret("portal.pingone.worker_client_secret"),
        ca_file: reader.file(
            "portal.pingone.ca_file",
            "\"/etc/latchkey/provider-ca.pem\"",
        ),
        back_channel_url: reader.read(
            "portal.pingone.back_channel_url",
            "\"https://idp:9443/\"",
            base,
        ),
    }
}

/// The end of PingOne's host names in a region
/// ([regions](https://apidocs.pingidentity.com/pingone/platform/v1/api/#working-with-pingone-apis)).
fn region_domain(region: &str) -> Option<&'static str> {
    Some(match region.to_ascii_uppercase().as_str() {
        "NA" => "com",
        "CA" => "ca",
        "EU" => "eu",
        "AU" => "com.au",
        "AP" => "asia",
        "SG" => "sg",
        _ => return None,
    })
}
