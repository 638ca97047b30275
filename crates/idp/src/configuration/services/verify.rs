//! PingOne Verify: how somebody proves who they are by documents, face and voice (PingOne, "PingOne
//! Verify").

use std::collections::BTreeMap;

use protocol::id::UserId;
use protocol::pingone::{Reference as To, VerifyStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Kept, NewId, bounded, kept};
use crate::access::permissions::may;
use crate::api::body::OptionalJson;
use crate::api::checks;
use crate::api::configuration::{
    Below, BelowUser, Configuration, Managing, TopLevel, collection, list_route, replaceable_route,
};
use crate::api::hal::{Reply, Shown};
use crate::api::media_router::Resource;
use crate::configuration::periods::{Period, TimeUnit};
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::fold;
use crate::stores::record::{Events, events};
use crate::stores::users::Users;

const NOT_VERIFIED: &str = "No document, face or voice is looked at.";

/// What has to be proven.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct VerifyPolicy {
    name: String,
    description: Option<String>,
    #[serde(default)]
    default: bool,
    government_id: Option<GovernmentId>,
    facial_comparison: Option<Compared>,
    identity_record_matching: Option<RecordMatching>,
    liveness: Option<Liveness>,
    email: Option<Reached>,
    phone: Option<Reached>,
    transaction: Option<Transaction>,
    voice: Option<Voice>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Need {
    Disabled,
    Optional,
    Required,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    High,
    Low,
    Medium,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GovernmentId {
    verify: Need,
    aadhaar: Option<Aadhaar>,
    fail_expired_id: Option<bool>,
    inspection_type: Option<Inspection>,
    provider: Option<Providers>,
    retry: Option<Retry>,
    verify_aamva: Option<bool>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Aadhaar {
    enabled: Option<bool>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Inspection {
    Automatic,
    Manual,
    StepUp,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Providers {
    auto: Option<AutomaticProvider>,
    manual: Option<ManualProvider>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum AutomaticProvider {
    Mitek,
    Veriff,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ManualProvider {
    Mitek,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Retry {
    attempts: Option<u32>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Compared {
    verify: Need,
    threshold: Level,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct RecordMatching {
    address: Option<Matched>,
    birth_date: Option<Matched>,
    family_name: Option<Matched>,
    given_name: Option<Matched>,
    name: Option<Matched>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Matched {
    field_required: bool,
    threshold: Level,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Liveness {
    verify: Need,
    threshold: Level,
    retry: Option<Retry>,
}

/// A mailbox or a telephone that a password is sent to.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Reached {
    verify: Need,
    create_mfa_device: Option<bool>,
    otp: Option<Otp>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Otp {
    attempts: Attempts,
    deliveries: Deliveries,
    life_time: Period,
    notification: Notification,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Attempts {
    count: u32,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Deliveries {
    count: u32,
    cooldown: Period,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Notification {
    template_name: Option<String>,
    variant_name: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Transaction {
    timeout: Option<Period>,
    data_collection: Option<DataCollection>,
    data_collection_only: Option<bool>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct DataCollection {
    timeout: Period,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Voice {
    verify: Need,
    enrollment: bool,
    comparison: Threshold,
    liveness: Threshold,
    text_dependent: Option<TextDependent>,
    reference_data: Option<ReferenceData>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Threshold {
    threshold: Level,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct TextDependent {
    samples: u32,
    phrase: Phrase,
}

/// A phrase of the environment, or one that comes with PingOne.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Phrase {
    id: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ReferenceData {
    retain_original_recordings: Option<bool>,
    update_on_reenrollment: Option<bool>,
    update_on_verification: Option<bool>,
}

impl Kept for VerifyPolicy {
    const DEFAULT: bool = true;

    fn label(&self) -> &str {
        &self.name
    }

    fn is_the_default(&self) -> bool {
        self.default
    }

    fn refers_to(&self) -> Vec<Reference> {
        let voice = self
            .voice
            .as_ref()
            .and_then(|voice| voice.text_dependent.as_ref());
        let id = voice.and_then(|voice| Uuid::try_parse(&voice.phrase.id).ok());
        let refer = |id| Reference::to_object::<VoicePhrase>("voice.textDependent.phrase.id", id);
        id.map(refer).into_iter().collect()
    }

    fn complete(&mut self, _: Option<&Self>, _: &mut NewId<'_>) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        let units = &[TimeUnit::Seconds, TimeUnit::Minutes];
        for (member, reached) in [("email", &self.email), ("phone", &self.phone)] {
            if let Some(otp) = reached.as_ref().and_then(|one| one.otp.as_ref()) {
                let lifetime = format!("{member}.otp.lifeTime");
                otp.life_time.check(&lifetime, units, 1..=30)?;
                let pause = format!("{member}.otp.deliveries.cooldown");
                otp.deliveries.cooldown.check(&pause, units, 0..=30)?;
            }
        }
        let transaction = self.transaction.iter();
        let own = transaction
            .clone()
            .filter_map(|one| Some(("timeout", one.timeout?)));
        let collected = transaction.filter_map(|one| {
            Some((
                "dataCollection.timeout",
                one.data_collection.as_ref()?.timeout,
            ))
        });
        for (member, period) in own.chain(collected) {
            period.check(&format!("transaction.{member}"), units, 0..=30)?;
        }
        Ok(())
    }
}

kept!(
    VerifyPolicy, "VERIFY_POLICY" at "verifyPolicies", "verifyPolicy" in "verifyPolicies",
    unique "name", TopLevel, ReadVerify, ManageVerify, NOT_VERIFIED
);

/// What is said to be known by the voice.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct VoicePhrase {
    display_name: String,
}

impl Kept for VoicePhrase {
    fn label(&self) -> &str {
        &self.display_name
    }

    fn complete(&mut self, _: Option<&Self>, _: &mut NewId<'_>) -> Result<(), ApiFailure> {
        if self.display_name.trim().is_empty() {
            return Err(ApiFailure::required_value("displayName"));
        }
        checks::at_most("displayName", Some(&self.display_name), 256)
    }

    fn present(_: &Object<Self>, shown: Shown) -> Shown {
        shown.linking_below("contents")
    }
}

kept!(
    VoicePhrase, "VOICE_PHRASE" at "voicePhrases", "voicePhrase" in "voicePhrases",
    unique "displayName", TopLevel, ReadVerify, ManageVerify, NOT_VERIFIED
);

/// A phrase in a language.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct PhraseContent {
    locale: String,
    #[schemars(length(max = 1024))]
    content: String,
}

impl Kept for PhraseContent {
    fn label(&self) -> &str {
        &self.locale
    }

    fn complete(&mut self, _: Option<&Self>, _: &mut NewId<'_>) -> Result<(), ApiFailure> {
        for (member, text) in [("locale", &self.locale), ("content", &self.content)] {
            if text.trim().is_empty() {
                return Err(ApiFailure::required_value(member));
            }
        }
        checks::at_most("content", Some(&self.content), 1024)
    }
}

kept!(
    PhraseContent, "VOICE_PHRASE_CONTENT" at "voicePhrases/{voicePhrase}/contents", "content" in
    "contents", unique "locale", Below<VoicePhrase>, ReadVerify, ManageVerify, NOT_VERIFIED
);

/// That a user is asked to prove who they are.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct VerifyTransaction {
    verify_policy: Option<To<Uuid>>,
    requirements: Option<BTreeMap<String, Requirement>>,
    transaction_status: Option<TransactionStatus>,
    web_verification_code: Option<String>,
}

/// A value that is compared with what is on the document.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Requirement {
    value: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct TransactionStatus {
    status: Progress,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Progress {
    ApprovedManually,
    ApprovedNoRequest,
    Fail,
    #[serde(rename = "IN_PROGRESS")]
    Running,
    Initiated,
    NotRequired,
    Partial,
    Requested,
    Success,
}

impl Kept for VerifyTransaction {
    const IS_UNIQUE: bool = false;

    fn label(&self) -> &'static str {
        "Verify transaction"
    }

    fn refers_to(&self) -> Vec<Reference> {
        let refer = |to: To<Uuid>| Reference::to_object::<VerifyPolicy>("verifyPolicy.id", to.id);
        self.verify_policy.map(refer).into_iter().collect()
    }

    fn complete(
        &mut self,
        replaced: Option<&Self>,
        new_id: &mut NewId<'_>,
    ) -> Result<(), ApiFailure> {
        // The code is the service's to say.
        let requested = TransactionStatus {
            status: Progress::Requested,
        };
        self.transaction_status.get_or_insert(requested);
        let code = replaced.and_then(|replaced| replaced.web_verification_code.clone());
        let made = || new_id().simple().to_string().chars().take(12).collect();
        self.web_verification_code = Some(code.unwrap_or_else(made));
        Ok(())
    }
}

kept!(
    VerifyTransaction, "VERIFY_TRANSACTION" at "users/{user}/verifyTransactions",
    "verifyTransaction" in "verifyTransactions", unique "id",
    BelowUser, ReadUsers, ManageUsers, NOT_VERIFIED
);

/// A request without a body asks for what the environment's default policy says.
async fn ask_to_prove(
    managing: Managing<VerifyTransaction>,
    OptionalJson(transaction): OptionalJson<VerifyTransaction>,
) -> Result<Reply, ApiFailure> {
    let users = Users::new(managing.idp.db());
    let user = UserId::from_uuid(managing.parent);
    let user = users.find(managing.id(), user).await?;
    if user.is_some_and(|user| user.verify_status == Some(VerifyStatus::Disabled)) {
        let message = "The user's verifyStatus is DISABLED; enable it first.";
        return Err(ApiFailure::constraint(Some("verifyStatus"), message));
    }
    let transaction = transaction.unwrap_or_default();
    managing.create(transaction, |_| Change::new()).await
}

/// Policies, phrases and transactions.
pub(super) fn routes() -> Vec<Resource> {
    let mut routes = collection::<VerifyPolicy>();
    routes.extend(collection::<VoicePhrase>());
    routes.extend(collection::<PhraseContent>());
    routes.push(
        list_route::<VerifyTransaction>()
            .post(ask_to_prove)
            .taking::<VerifyTransaction>(),
    );
    routes.push(replaceable_route::<VerifyTransaction>());
    routes
}
