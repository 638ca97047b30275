//! `/environments/{environment}/emailDomains`: from which addresses mails may come (PingOne,
//! "Trusted email domains", "Trusted email addresses").
//!
//! No name server is asked who owns a domain. The names that nobody can own (RFC 2606, RFC 6761)
//! count as proven, so that trusted addresses can be tried out; all others wait.

use protocol::names::EmailAddress;
use protocol::pingone::media_type as media;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::permissions::may;
use crate::api::configuration::{Below, Configuration, Item, Managing, TopLevel, collection, view};
use crate::api::hal::Reply;
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::fold;
use crate::stores::record::{Events, events};

/// The routes of domains and their addresses.
pub(super) fn routes() -> Vec<Resource> {
    let views = [
        view::<EmailDomain, _>("dkim", show_dkim),
        view::<EmailDomain, _>("ownership", show_ownership),
        view::<EmailDomain, _>("spf", show_spf),
    ];
    let domains = collection::<EmailDomain>().into_iter();
    let trusted = collection::<TrustedEmail>().into_iter().enumerate();
    let trusted = trusted.map(|(n, route)| match n {
        0 => route,
        _ => route.post_as(media::TRUSTED_EMAIL_SEND_VERIFICATION_CODE, send_code),
    });
    domains.chain(trusted).chain(views).collect()
}

/// Nothing is mailed: an address of a proven domain counts, and stays as it is.
async fn send_code(
    item: Item<TrustedEmail, may::ManageNotifications>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&item.collection.show(&item.object)?)
}

/// A domain that mails may come from.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EmailDomain {
    domain_name: String,
}

/// Whether somebody proved that a thing is theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Active,
    #[default]
    VerificationRequired,
}

impl Document for EmailDomain {
    const EVENTS: Events = events!("EMAIL_DOMAIN");
    const MOST: u32 = 100;

    fn name(&self) -> &str {
        &self.domain_name
    }
}

impl Configuration for EmailDomain {
    const PATH: &'static str = "emailDomains";
    const ITEM: &'static str = "domain";
    const UNIQUE: &'static str = "domainName";
    const FILTERS: &'static [&'static str] = &["domainName"];
    const KEPT: Option<&'static str> =
        Some("No name server is asked; the names of RFC 2606 alone count as proven.");
    type Parent = TopLevel;
    type Read = may::ReadNotifications;
    type Manage = may::ManageNotifications;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.domain_name = self.domain_name.to_ascii_lowercase();
        let has_dot = self.domain_name.contains('.');
        if has_dot && EmailAddress::parse(&format!("a@{}", self.domain_name)).is_ok() {
            return Ok(());
        }
        Err(ApiFailure::invalid_value(
            "domainName",
            "must be the name of a domain",
        ))
    }
}

/// The names that nobody can own.
const RESERVED: [&str; 7] = [
    "example",
    "example.com",
    "example.net",
    "example.org",
    "invalid",
    "localhost",
    "test",
];

impl EmailDomain {
    fn status(&self) -> Status {
        let is_reserved = RESERVED.iter().any(|reserved| {
            let rest = self.domain_name.strip_suffix(reserved);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        if is_reserved {
            Status::Active
        } else {
            Status::VerificationRequired
        }
    }
}

/// The places that PingOne sends mails from.
const REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

/// What the owner of a domain publishes to prove it: the same for the same domain at any time.
fn token(domain: &Object<EmailDomain>, place: usize, number: usize) -> String {
    format!("{}{place}{number}", domain.id.simple())
}

/// The places, each with what is shown of the one with its number.
fn regions<T>(show: impl Fn(usize, &'static str) -> T) -> Vec<T> {
    let regions = (1..).zip(REGIONS);
    regions.map(|(place, region)| show(place, region)).collect()
}

/// How an entry of a name server is called that a domain's owner publishes.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum RecordType {
    Cname,
    Txt,
}

/// An entry of a name server.
#[derive(Serialize, JsonSchema)]
struct Record {
    key: String,
    value: String,
}

/// The entries by which the mails of a domain are signed.
#[derive(Serialize, JsonSchema)]
struct Dkim {
    #[serde(rename = "type")]
    record_type: RecordType,
    regions: Vec<DkimRegion>,
}

/// Those of mails that come from one place.
#[derive(Serialize, JsonSchema)]
struct DkimRegion {
    name: &'static str,
    status: Status,
    tokens: Vec<Record>,
}

fn show_dkim(domain: &Object<EmailDomain>) -> Dkim {
    let status = domain.document.status();
    let tokens = |place| {
        let tokens = [1, 2, 3].map(|number| {
            let token = token(domain, place, number);
            Record {
                key: format!("{token}._domainkey"),
                value: format!("{token}.dkim.amazonses.com"),
            }
        });
        tokens.into()
    };
    Dkim {
        record_type: RecordType::Cname,
        regions: regions(|place, name| DkimRegion {
            name,
            status,
            tokens: tokens(place),
        }),
    }
}

/// The entries that prove a domain.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Ownership {
    #[serde(rename = "type")]
    record_type: RecordType,
    regions: Vec<OwnershipRegion>,
    environment_dns_record: Proof,
}

/// The one for one place.
#[derive(Serialize, JsonSchema)]
struct OwnershipRegion {
    name: &'static str,
    #[serde(flatten)]
    proof: Proof,
}

/// An entry, and whether it was found.
#[derive(Serialize, JsonSchema)]
struct Proof {
    status: Status,
    key: &'static str,
    value: String,
}

fn show_ownership(domain: &Object<EmailDomain>) -> Ownership {
    let proof = |key, place| Proof {
        status: domain.document.status(),
        key,
        value: token(domain, place, 0),
    };
    Ownership {
        record_type: RecordType::Txt,
        regions: regions(|place, name| OwnershipRegion {
            name,
            proof: proof("_amazonses", place),
        }),
        environment_dns_record: proof("_pingoneemail", 0),
    }
}

/// The entry that says who sends a domain's mails.
#[derive(Serialize, JsonSchema)]
struct Spf {
    #[serde(rename = "type")]
    record_type: RecordType,
    #[serde(flatten)]
    proof: Proof,
}

fn show_spf(domain: &Object<EmailDomain>) -> Spf {
    Spf {
        record_type: RecordType::Txt,
        proof: Proof {
            status: domain.document.status(),
            key: "@",
            value: "v=spf1 include:amazonses.com ~all".to_owned(),
        },
    }
}

/// An address that mails may come from.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrustedEmail {
    pub(crate) email_address: String,
    #[serde(default)]
    status: Status,
}

impl Document for TrustedEmail {
    const EVENTS: Events = events!("TRUSTED_EMAIL");

    fn name(&self) -> &str {
        &self.email_address
    }
}

impl Configuration for TrustedEmail {
    const PATH: &'static str = "emailDomains/{domain}/trustedEmails";
    const ITEM: &'static str = "trusted";
    const KEY: &'static str = "trustedEmails";
    const UNIQUE: &'static str = "emailAddress";
    const FILTERS: &'static [&'static str] = &["emailAddress", "status"];
    const KEPT: Option<&'static str> = Some("No code is mailed to the address.");
    type Parent = Below<EmailDomain>;
    type Read = may::ReadNotifications;
    type Manage = may::ManageNotifications;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let refused = |message| Err(ApiFailure::invalid_value("emailAddress", message));
        self.status = replaced.map_or_else(Status::default, |stored| stored.document.status);
        if EmailAddress::parse(&self.email_address).is_err() {
            return refused("must be a mail address");
        }
        if replaced.is_some_and(|stored| stored.document.name() != self.name()) {
            return refused("cannot be changed; add another one");
        }
        let domains = crate::stores::configuration::Objects::<EmailDomain>::new(
            managing.idp.db(),
            managing.idp.keyring(),
        );
        let domain = domains.find(managing.id(), managing.parent).await?;
        let domain = domain.ok_or_else(ApiFailure::not_found)?.document;
        let (_, own) = self.email_address.rsplit_once('@').unwrap_or_default();
        if fold(own) != fold(&domain.domain_name) {
            return refused("must be an address of the domain");
        }
        if domain.status() != Status::Active {
            return refused("The domain of the given email address is not verified");
        }
        Ok(())
    }
}
