//! `/environments/{environment}/applications/{application}/pushCredentials`: with what notifications
//! are sent to the devices of an application (PingOne, "MFA push credentials").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{BelowApplication, Configuration, Managing};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::record::{Events, events};

/// What a service of notifications asks for. All but the type is secret.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushCredential {
    #[serde(rename = "type")]
    kind: PushService,
    key: Option<String>,
    team_id: Option<String>,
    token: Option<String>,
    google_service_account_credentials: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// Who sends notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum PushService {
    Apns,
    Fcm,
    FcmHttpV1,
    Hms,
}

/// A member of a credential, by its name on the wire.
type Member = (&'static str, fn(&mut PushCredential) -> &mut Option<String>);

const KEY: Member = ("key", |one| &mut one.key);
const TEAM_ID: Member = ("teamId", |one| &mut one.team_id);
const TOKEN: Member = ("token", |one| &mut one.token);
const GOOGLE: Member = ("googleServiceAccountCredentials", |one| {
    &mut one.google_service_account_credentials
});
const CLIENT_ID: Member = ("clientId", |one| &mut one.client_id);
const CLIENT_SECRET: Member = ("clientSecret", |one| &mut one.client_secret);

const ALL: [Member; 6] = [KEY, TEAM_ID, TOKEN, GOOGLE, CLIENT_ID, CLIENT_SECRET];

impl PushService {
    /// What it asks for.
    fn members(self) -> &'static [Member] {
        match self {
            Self::Apns => &[KEY, TEAM_ID, TOKEN],
            Self::Fcm => &[KEY],
            Self::FcmHttpV1 => &[GOOGLE],
            Self::Hms => &[CLIENT_ID, CLIENT_SECRET],
        }
    }
}

impl Document for PushCredential {
    const EVENTS: Events = events!("MFA_PUSH_CREDENTIALS");
    const MOST: u32 = 20;
    const SECRETS: &'static [&'static str] = &[
        "/key",
        "/teamId",
        "/token",
        "/googleServiceAccountCredentials",
        "/clientId",
        "/clientSecret",
    ];

    fn name(&self) -> &'static str {
        "Push credential"
    }

    fn unique(&self) -> Option<String> {
        None
    }
}

impl Configuration for PushCredential {
    const PATH: &'static str = "applications/{application}/pushCredentials";
    const ITEM: &'static str = "pushCredential";
    const KEY: &'static str = "pushCredentials";
    const KEPT: Option<&'static str> = Some("No notification is sent to a device.");
    const FILTERS: &'static [&'static str] = &["type"];
    type Parent = BelowApplication;
    type Read = may::ReadApplications;
    type Manage = may::ManageApplicationPolicies;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let own = self.kind.members();
        for (name, of) in ALL {
            // A replacement keeps what was not sent; nothing of another service's.
            let kept = replaced.filter(|replaced| replaced.document.kind != self.kind);
            if let Some(kept) = kept
                && *of(&mut kept.document.clone()) == *of(self)
            {
                *of(self) = None;
            }
            let belongs = own.iter().any(|(member, _)| *member == name);
            match of(self).as_deref() {
                None | Some("") if belongs => return Err(ApiFailure::required_value(name)),
                Some(_) if !belongs => {
                    let message = "does not belong to a credential of this type";
                    return Err(ApiFailure::invalid_value(name, message));
                }
                text => checks::at_most(name, text, 16 * 1024)?,
            }
        }
        Ok(())
    }
}
