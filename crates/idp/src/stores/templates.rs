//! What messages are for, and what they say in an environment (PingOne, "Notifications templates").

use db::StoreError;
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::configuration::{Document, Objects};
use super::email_delivery::Sender;
use super::fold;
use super::record::{Events, events};

/// A way that a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum DeliveryMethod {
    Email,
    Push,
    #[serde(rename = "SMS")]
    Sms,
    Voice,
}

impl DeliveryMethod {
    /// It as it is shown.
    pub(crate) fn to_wire(self) -> protocol::pingone::DeliveryMethod {
        match self {
            Self::Email => protocol::pingone::DeliveryMethod::Email,
            Self::Push => protocol::pingone::DeliveryMethod::Push,
            Self::Sms => protocol::pingone::DeliveryMethod::Sms,
            Self::Voice => protocol::pingone::DeliveryMethod::Voice,
        }
    }
}

/// A message that PingOne sends.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) name: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) methods: &'static [DeliveryMethod],
    /// What stands for something in a content, and whether every content must have it that is not
    /// pushed: a push carries no code.
    pub(crate) variables: &'static [(&'static str, bool)],
    /// The title of a mail or push.
    pub(crate) subject: &'static str,
    /// The text of a message; in a mail it is a paragraph.
    pub(crate) text: &'static str,
}

const MAIL: &[DeliveryMethod] = &[DeliveryMethod::Email];
const MAIL_AND_SMS: &[DeliveryMethod] = &[DeliveryMethod::Email, DeliveryMethod::Sms];
const NO_PUSH: &[DeliveryMethod] = &[
    DeliveryMethod::Email,
    DeliveryMethod::Sms,
    DeliveryMethod::Voice,
];
const ALL: &[DeliveryMethod] = &[
    DeliveryMethod::Email,
    DeliveryMethod::Push,
    DeliveryMethod::Sms,
    DeliveryMethod::Voice,
];

/// All templates. What comes later stands at the end: their ids are their places.
pub(crate) const TEMPLATES: &[Template] = &[
    Template {
        name: "credential_issued",
        display_name: "Credential Issued",
        description: "Tells a user that a verifiable credential was issued.",
        methods: MAIL_AND_SMS,
        variables: &[("credentialTypeTitle", false)],
        subject: "A credential was issued to you",
        text: "A new credential, ${credentialTypeTitle}, is in your wallet.",
    },
    Template {
        name: "credential_revoked",
        display_name: "Credential Revoked",
        description: "Tells a user that a verifiable credential was revoked.",
        methods: MAIL_AND_SMS,
        variables: &[("credentialTypeTitle", false)],
        subject: "A credential was revoked",
        text: "Your credential ${credentialTypeTitle} was revoked.",
    },
    Template {
        name: "credential_updated",
        display_name: "Credential Updated",
        description: "Tells a user that a verifiable credential was updated.",
        methods: MAIL_AND_SMS,
        variables: &[("credentialTypeTitle", false)],
        subject: "A credential was updated",
        text: "Your credential ${credentialTypeTitle} was updated.",
    },
    Template {
        name: "credential_verification",
        display_name: "Credential Verification",
        description: "Asks a user to present a verifiable credential.",
        methods: ALL,
        variables: &[("appOpenUrl", false)],
        subject: "Please present your credential",
        text: "Open your wallet to present the credential that was asked for: ${appOpenUrl}",
    },
    Template {
        name: "device_pairing",
        display_name: "Device Pairing",
        description: "Sends the passcode by which a user pairs a device.",
        methods: NO_PUSH,
        variables: &[("otp", true)],
        subject: "Pair your device",
        text: "Your passcode for pairing the device is ${otp}",
    },
    Template {
        name: "digital_wallet_pairing",
        display_name: "Digital Wallet Pairing",
        description: "Asks a user to pair a digital wallet.",
        methods: MAIL_AND_SMS,
        variables: &[("appOpenUrl", false)],
        subject: "Pair your digital wallet",
        text: "Open this address to pair your digital wallet: ${appOpenUrl}",
    },
    Template {
        name: "email_verification_admin",
        display_name: "Email Verification (Administrator)",
        description: "Sends the code by which an administrator proves a mail address.",
        methods: MAIL,
        variables: &[("code", true)],
        subject: "Verify your email address",
        text: "Your verification code is ${code}",
    },
    Template {
        name: "email_verification_user",
        display_name: "Email Verification (User)",
        description: "Sends the code by which a user proves a mail address.",
        methods: MAIL,
        variables: &[("code", true)],
        subject: "Verify your email address",
        text: "Your verification code is ${code}",
    },
    Template {
        name: "email_phone_verification",
        display_name: "Email and Phone Verification",
        description: "Sends the passcode by which a mail address or telephone is proven.",
        methods: NO_PUSH,
        variables: &[("otp", true)],
        subject: "Verify your details",
        text: "Your passcode is ${otp}",
    },
    Template {
        name: "general",
        display_name: "General",
        description: "Tells a user something that the caller makes up.",
        methods: ALL,
        variables: &[],
        subject: "A message for you",
        text: "There is news about your account.",
    },
    Template {
        name: "id_verification",
        display_name: "ID Verification",
        description: "Asks a user to prove who they are.",
        methods: MAIL_AND_SMS,
        variables: &[("verificationUrl", false)],
        subject: "Verify your identity",
        text: "Open this address to verify your identity: ${verificationUrl}",
    },
    Template {
        name: "new_device_paired",
        display_name: "New Device Paired",
        description: "Tells a user that a device was paired with their account.",
        methods: MAIL,
        variables: &[("device.type", false)],
        subject: "A device was paired with your account",
        text: "A new device was paired with your account. If it was not you, tell your administrator.",
    },
    Template {
        name: "recovery_code_template",
        display_name: "Recovery Code",
        description: "Sends the code by which a user recovers a password.",
        methods: MAIL,
        variables: &[
            ("code", true),
            ("code.value", false),
            ("user.username", false),
        ],
        subject: "Reset your password",
        text: "Your recovery code is ${code.value}",
    },
    Template {
        name: "strong_authentication",
        display_name: "Strong Authentication",
        description: "Sends the passcode, or asks for the approval, by which a user signs on.",
        methods: ALL,
        variables: &[("otp", true)],
        subject: "Confirm that it is you",
        text: "Your passcode is ${otp}",
    },
    Template {
        name: "transaction",
        display_name: "Transaction",
        description: "Sends the passcode, or asks for the approval, of a transaction.",
        methods: ALL,
        variables: &[("otp", true)],
        subject: "Confirm the transaction",
        text: "Your passcode for the transaction is ${otp}",
    },
    Template {
        name: "verification_code_template",
        display_name: "Verification Code",
        description: "Sends the code by which a user proves the mail address of a new account.",
        methods: MAIL,
        variables: &[
            ("code", true),
            ("code.value", false),
            ("user.username", false),
        ],
        subject: "Verify your account",
        text: "Your verification code is ${code.value}",
    },
];

/// What the ids of templates begin with.
const IDS: u128 = 0x7465_6d70_6c61_4174_8500_0000_0000_0000;

impl Template {
    /// The template that a name or a parent's id means.
    pub(crate) fn by_id(id: Uuid) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.id() == id)
    }

    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.name == name)
    }

    /// What its contents hang off: the same in every environment.
    pub(crate) fn id(&self) -> Uuid {
        let mut known = (1_u128..).zip(TEMPLATES);
        let place = known.find(|(_, template)| template.name == self.name);
        Uuid::from_u128(IDS | place.map_or(0, |(place, _)| place << 8))
    }

    /// The id of what it says by one of its ways while nothing else is set.
    pub(crate) fn content_id(&self, method: DeliveryMethod) -> Uuid {
        Uuid::from_u128(self.id().as_u128() | (method as u128 + 1))
    }

    /// The variables that a content must have.
    pub(crate) fn required(&self, method: DeliveryMethod) -> impl Iterator<Item = &'static str> {
        let variables = self.variables.iter();
        let required = variables.filter(move |(_, must)| *must && method != DeliveryMethod::Push);
        required.map(|(name, _)| *name)
    }
}

/// What a message says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplateContent {
    pub(crate) delivery_method: DeliveryMethod,
    pub(crate) locale: String,
    pub(crate) variant: Option<String>,
    /// Whether it is what every environment begins with.
    #[serde(default)]
    pub(crate) default: bool,
    /// Of a mail.
    pub(crate) subject: Option<String>,
    /// Of a mail or push.
    pub(crate) body: Option<String>,
    pub(crate) from: Option<Sender>,
    pub(crate) reply_to: Option<Sender>,
    pub(crate) charset: Option<String>,
    pub(crate) email_content_type: Option<String>,
    /// Of a push.
    pub(crate) title: Option<String>,
    pub(crate) push_category: Option<PushCategory>,
    /// Of what goes to a telephone.
    pub(crate) content: Option<String>,
    pub(crate) sender: Option<String>,
    pub(crate) voice: Option<String>,
}

/// How a push can be answered.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum PushCategory {
    ApproveAndOpenApp,
    BannerButtons,
    WithoutBannerButtons,
}

/// The language of what every environment begins with.
pub(crate) const LOCALE: &str = "en";

impl Document for TemplateContent {
    const EVENTS: Events = events!("TEMPLATE_CONTENT");

    fn name(&self) -> &str {
        &self.locale
    }

    fn unique(&self) -> Option<String> {
        let Self {
            delivery_method,
            locale,
            variant,
            ..
        } = self;
        let variant = variant.as_deref().unwrap_or_default();
        Some(fold(&format!("{delivery_method:?} {locale} {variant}")))
    }
}

impl TemplateContent {
    /// What the mails of a template say in an environment that has words of its own for them, in
    /// each language. A variant is for callers who ask for it, and nobody here does.
    pub(crate) async fn of_mails(
        objects: Objects<'_, Self>,
        environment: EnvironmentId,
        template: &str,
    ) -> Result<Vec<Self>, StoreError> {
        let Some(template) = Template::by_name(template) else {
            return Ok(Vec::new());
        };
        let found = objects.list(environment, template.id()).await?.into_iter();
        let contents = found.map(|object| object.document);
        Ok(contents
            .filter(|content| content.delivery_method == DeliveryMethod::Email)
            .filter(|content| content.variant.is_none())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_template_says_what_its_contents_must_and_has_an_id_of_its_own() {
        let mut ids = HashSet::new();
        for template in TEMPLATES {
            assert!(ids.insert(template.id()), "{}", template.name);
            assert_eq!(Template::by_id(template.id()).unwrap().name, template.name);
            for method in template.methods {
                assert!(ids.insert(template.content_id(*method)));
                for variable in template.required(*method) {
                    let text = template.text;
                    assert!(
                        text.contains(&format!("${{{variable}")),
                        "{}",
                        template.name
                    );
                }
            }
        }
    }
}
