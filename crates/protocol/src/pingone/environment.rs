//! Environments (PingOne, "Environments").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Link, Reference};
use crate::codes::{Code as _, Open, codes};
use crate::id::{EnvironmentId, LicenseId, OrganizationId};

codes! {
    /// Where an organization lives.
    Region {
        /// Asia-Pacific (Japan).
        AsiaPacific = "AP";
        /// Australia.
        Australia = "AU";
        /// Canada.
        Canada = "CA";
        /// Europe.
        Europe = "EU";
        /// North America.
        NorthAmerica = "NA";
        /// Singapore.
        Singapore = "SG";
    }
}

impl Region {
    /// The last part of its hosts' names.
    pub fn top_level_domain(self) -> &'static str {
        match self {
            Self::AsiaPacific => "asia",
            Self::Australia => "com.au",
            Self::Canada => "ca",
            Self::Europe => "eu",
            Self::NorthAmerica => "com",
            Self::Singapore => "sg",
        }
    }

    /// Reads a code or a top-level domain, in any case.
    ///
    /// ```
    /// use pingone_protocol::pingone::Region;
    ///
    /// assert_eq!(Region::parse("eu"), Some(Region::Europe));
    /// assert_eq!(Region::parse("com"), Some(Region::NorthAmerica));
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|region| {
            text.eq_ignore_ascii_case(region.as_str())
                || text.eq_ignore_ascii_case(region.top_level_domain())
        })
    }
}

codes! {
    /// Whether an environment is for trying out or for customers.
    EnvironmentType {
        /// For customers.
        Production = "PRODUCTION";
        /// For trying out.
        Sandbox = "SANDBOX";
    }
}

codes! {
    /// Whether an environment is in use.
    EnvironmentStatus {
        /// It is.
        Active = "ACTIVE";
        /// It will be deleted; until then it can be restored.
        DeletePending = "DELETE_PENDING";
    }
}

codes! {
    /// What a sandbox is for.
    EnvironmentSubtype {
        /// Development.
        Development = "DEV";
        /// Quality assurance.
        QualityAssurance = "QA";
        /// The last stop before production.
        Staging = "STAGING";
        /// Testing.
        Testing = "TESTING";
        /// User acceptance tests.
        UserAcceptance = "UAT";
    }
}

codes! {
    /// For whom the products of an environment were chosen.
    SolutionType {
        /// Customers, on trial.
        CustomerTrial = "CIAM_TRIAL";
        /// Customers.
        Customer = "CUSTOMER";
        /// Employees.
        Workforce = "WORKFORCE";
        /// Employees, on trial.
        WorkforceTrial = "WF_TRIAL";
    }
}

codes! {
    /// A product that an environment can have.
    ProductType {
        /// `PingAccess`.
        PingAccess = "PING_ACCESS";
        /// `PingAuthorize`.
        PingAuthorize = "PING_AUTHORIZE";
        /// `PingCentral`.
        PingCentral = "PING_CENTRAL";
        /// `PingDataGovernance`.
        PingDataGovernance = "PING_DATA_GOVERNANCE";
        /// `PingDataSync`.
        PingDataSync = "PING_DATA_SYNC";
        /// `PingDirectory`.
        PingDirectory = "PING_DIRECTORY";
        /// `PingFederate`.
        PingFederate = "PING_FEDERATE";
        /// `PingID`.
        PingId = "PING_ID";
        /// `PingID` SDK.
        PingIdSdk = "PING_ID_SDK";
        /// `PingIntelligence`.
        PingIntelligence = "PING_INTELLIGENCE";
        /// PingOne Authorize.
        Authorize = "PING_ONE_AUTHORIZE";
        /// Sign-on and directory.
        Base = "PING_ONE_BASE";
        /// PingOne Credentials.
        Credentials = "PING_ONE_CREDENTIALS";
        /// PingOne `DaVinci`.
        DaVinci = "PING_ONE_DAVINCI";
        /// PingOne for Enterprise.
        ForEnterprise = "PING_ONE_FOR_ENTERPRISE";
        /// PingOne for `SaaS`.
        ForSaas = "PING_ONE_FOR_SAAS";
        /// PingOne Fraud.
        Fraud = "PING_ONE_FRAUD";
        /// `PingID` in PingOne.
        Id = "PING_ONE_ID";
        /// PingOne MFA.
        Mfa = "PING_ONE_MFA";
        /// PingOne Orchestrate.
        Orchestrate = "PING_ONE_ORCHESTRATE";
        /// PingOne Provisioning.
        Provisioning = "PING_ONE_PROVISIONING";
        /// PingOne Risk.
        Risk = "PING_ONE_RISK";
        /// PingOne Verify.
        Verify = "PING_ONE_VERIFY";
    }
}

codes! {
    /// How a product is set up.
    ProductTag {
        /// `DaVinci` without its sample flows.
        DavinciMinimal = "DAVINCI_MINIMAL";
    }
}

/// Which products an environment has (PingOne, "Bill of materials").
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BillOfMaterials {
    /// For whom the products were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solution_type: Option<Open<SolutionType>>,
    /// The products.
    pub products: Vec<Product>,
}

impl BillOfMaterials {
    /// These products.
    pub fn new(products: impl IntoIterator<Item = Product>) -> Self {
        Self {
            solution_type: None,
            products: products.into_iter().collect(),
        }
    }
}

/// A product of an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Product {
    /// Its id; the service makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Which product.
    #[serde(rename = "type")]
    pub product_type: Open<ProductType>,
    /// What it does there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it is administered, if not in PingOne's console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<Link>,
    /// Where it is deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployment>,
    /// How it is set up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Open<ProductTag>>,
    /// Addresses that its administrators want at hand, five at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bookmarks: Vec<Bookmark>,
}

impl Product {
    /// A product without further settings.
    pub fn new(product_type: ProductType) -> Self {
        Self {
            id: None,
            product_type: product_type.into(),
            description: None,
            console: None,
            deployment: None,
            tags: Vec::new(),
            bookmarks: Vec::new(),
        }
    }
}

/// Where a product is deployed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Deployment {
    /// The deployment's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// An address under a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Bookmark {
    /// The name.
    pub name: String,
    /// The address.
    pub href: String,
}

/// An environment: one issuer, one directory of users.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Its organization.
    pub organization: Reference<OrganizationId>,
    /// Its name, unique in the organization.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// For trying out or for customers.
    #[serde(rename = "type")]
    pub environment_type: Open<EnvironmentType>,
    /// What a sandbox is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype: Option<Open<EnvironmentSubtype>>,
    /// Where it lives.
    pub region: Open<Region>,
    /// Whether it is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Open<EnvironmentStatus>>,
    /// The licence by which it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<Reference<LicenseId>>,
    /// The address of a picture that stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its products; lists of environments leave them out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_of_materials: Option<BillOfMaterials>,
    /// When it was marked for deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub soft_deleted_at: Option<Timestamp>,
    /// From when on it can be deleted for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub hard_delete_allowed_at: Option<Timestamp>,
    /// When it was made.
    #[serde(with = "crate::pingone::date::Date")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "crate::pingone::date::Date")]
    pub updated_at: Timestamp,
}

impl Environment {
    /// An environment without a description.
    pub fn new(
        id: EnvironmentId,
        organization: OrganizationId,
        name: impl Into<String>,
        environment_type: EnvironmentType,
        region: Region,
        [created_at, updated_at]: [Timestamp; 2],
    ) -> Self {
        Self {
            id,
            organization: Reference::new(organization),
            name: name.into(),
            description: None,
            environment_type: environment_type.into(),
            subtype: None,
            region: region.into(),
            status: Some(EnvironmentStatus::Active.into()),
            license: None,
            icon: None,
            bill_of_materials: None,
            soft_deleted_at: None,
            hard_delete_allowed_at: None,
            created_at,
            updated_at,
        }
    }
}

/// What an environment is created or replaced with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewEnvironment {
    /// Its name, unique in the organization.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// For trying out or for customers.
    #[serde(rename = "type")]
    pub environment_type: Open<EnvironmentType>,
    /// Where it lives; it cannot be changed later.
    pub region: Open<Region>,
    /// The licence by which it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<Reference<LicenseId>>,
    /// Its products; absent means the service's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_of_materials: Option<BillOfMaterials>,
}

impl NewEnvironment {
    /// An environment for trying out.
    pub fn sandbox(name: impl Into<String>, region: Region) -> Self {
        Self {
            name: name.into(),
            description: None,
            environment_type: EnvironmentType::Sandbox.into(),
            region: region.into(),
            license: None,
            bill_of_materials: None,
        }
    }

    /// Says by which licence it is used; PingOne demands one.
    #[must_use]
    pub fn license(mut self, license: LicenseId) -> Self {
        self.license = Some(Reference::new(license));
        self
    }
}

impl From<Environment> for NewEnvironment {
    /// What an environment is replaced with to stay as it is.
    fn from(environment: Environment) -> Self {
        Self {
            name: environment.name,
            description: environment.description,
            environment_type: environment.environment_type,
            region: environment.region,
            license: environment.license,
            bill_of_materials: environment.bill_of_materials,
        }
    }
}
