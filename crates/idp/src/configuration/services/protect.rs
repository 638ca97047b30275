//! PingOne Protect: what tells of a risk, and how much of it matters (PingOne, "PingOne Protect").

use jiff::Timestamp;
use protocol::pingone::Reference as To;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use uuid::Uuid;

use super::{Kept, NewId, bounded, kept};
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel, collection};
use crate::api::hal::Shown;
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::fold;
use crate::stores::record::{Events, events};

const NO_RISK: &str = "No risk is evaluated.";

/// Something that tells of a risk. Which members there are beside the first follows from the type.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Predictor {
    name: String,
    compact_name: String,
    r#type: PredictorType,
    description: Option<String>,
    default: Option<PredictorDefault>,
    condition: Option<Scores>,
    domain_white_list: Option<Vec<String>>,
    white_list: Option<Vec<String>>,
    include_repeated_events_without_sdk: Option<bool>,
    compositions: Option<Vec<Composition>>,
    composition: Option<Composition>,
    map: Option<LevelMap>,
    detect: Option<Detect>,
    should_validate_payload_signature: Option<bool>,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    activation_at: Option<Timestamp>,
    rules: Option<Vec<TrafficRule>>,
    days: Option<u32>,
    radius: Option<Radius>,
    prediction_model: Option<PredictionModel>,
    by: Option<Vec<String>>,
    every: Option<Interval>,
    fallback: Option<Fallback>,
    max_delay: Option<Interval>,
    measure: Option<Measure>,
    of: Option<String>,
    sliding_window: Option<Interval>,
    r#use: Option<Use>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum PredictorType {
    AdversaryInTheMiddle,
    AnonymousNetwork,
    Bot,
    Composite,
    Device,
    EmailReputation,
    GeoVelocity,
    IpReputation,
    Map,
    TrafficAnomaly,
    UserLocationAnomaly,
    UserRiskBehavior,
    Velocity,
}

impl PredictorType {
    /// Whether predictors of the type have a member, and cannot do without it.
    fn takes(self, member: &str) -> Option<bool> {
        let (required, optional): (&[&str], &[&str]) = match self {
            Self::AdversaryInTheMiddle => (&[], &["domainWhiteList"]),
            Self::AnonymousNetwork | Self::GeoVelocity | Self::IpReputation => {
                (&[], &["whiteList"])
            }
            Self::Bot => (&[], &["includeRepeatedEventsWithoutSdk"]),
            Self::Composite => (&[], &["composition", "compositions"]),
            Self::Device => (
                &["detect"],
                &["activationAt", "shouldValidatePayloadSignature"],
            ),
            Self::EmailReputation => (&[], &[]),
            Self::Map => (&["map"], &[]),
            Self::TrafficAnomaly => (&["rules"], &[]),
            Self::UserLocationAnomaly => (&["days", "radius"], &[]),
            Self::UserRiskBehavior => (&["predictionModel"], &[]),
            Self::Velocity => (
                &[],
                &[
                    "by",
                    "every",
                    "fallback",
                    "maxDelay",
                    "measure",
                    "of",
                    "slidingWindow",
                    "use",
                ],
            ),
        };
        if required.contains(&member) {
            Some(true)
        } else {
            optional.contains(&member).then_some(false)
        }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct PredictorDefault {
    weight: Option<i32>,
    score: Option<i32>,
    evaluated: Option<bool>,
    result: Option<DefaultResult>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct DefaultResult {
    level: Option<RiskLevel>,
    r#type: Option<ResultType>,
    value: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum RiskLevel {
    High,
    Low,
    Medium,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ResultType {
    Value,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Scores {
    scores: Option<Vec<Score>>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Score {
    name: Option<String>,
    value: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Composition {
    condition: Condition,
    level: RiskLevel,
}

/// When a composition counts.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Condition {
    r#type: Option<ConditionType>,
    and: Option<Vec<Self>>,
    or: Option<Vec<Self>>,
    not: Option<Box<Self>>,
    contains: Option<String>,
    contains_ignore_case: Option<String>,
    not_contains: Option<String>,
    ends_with: Option<String>,
    starts_with: Option<String>,
    equals: Option<Compared>,
    not_equals: Option<Compared>,
    greater: Option<Number>,
    greater_equals: Option<Number>,
    lower: Option<Number>,
    lower_equals: Option<Number>,
    ip: Option<String>,
    ip_range: Option<Vec<String>>,
    list: Option<Vec<String>>,
    value: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ConditionType {
    And,
    GroupsIntersection,
    IpComparison,
    IpRange,
    Not,
    Or,
    StringList,
    ValueComparison,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Compared {
    Flag(bool),
    Number(Number),
    Text(String),
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct LevelMap {
    high: Option<MapItem>,
    medium: Option<MapItem>,
    low: Option<MapItem>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MapItem {
    contains: Option<String>,
    r#type: Option<String>,
    between: Option<Between>,
    ip_range: Option<Vec<String>>,
    list: Option<Vec<String>>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Between {
    min_score: Number,
    max_score: Number,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Detect {
    NewDevice,
    SuspiciousDevice,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct TrafficRule {
    enabled: bool,
    interval: Interval,
    threshold: TrafficThreshold,
    r#type: TrafficRuleType,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TrafficRuleType {
    UniqueUsersPerDevice,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct TrafficThreshold {
    medium: Number,
    high: Number,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Interval {
    unit: Option<IntervalUnit>,
    quantity: Option<u32>,
    min_sample: Option<u32>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum IntervalUnit {
    Day,
    Hour,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Radius {
    distance: u32,
    unit: DistanceUnit,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DistanceUnit {
    Kilometers,
    Miles,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct PredictionModel {
    name: ModelName,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ModelName {
    LoginAnomalyStatistic,
    Points,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Fallback {
    strategy: Option<FallbackStrategy>,
    high: Option<Number>,
    medium: Option<Number>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum FallbackStrategy {
    EnvironmentMax,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Measure {
    DistinctCount,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Use {
    r#type: Option<UseType>,
    high: Option<Number>,
    medium: Option<Number>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum UseType {
    PoissonWithMax,
}

impl Predictor {
    /// The members that depend on the type, and whether they are there.
    fn particular(&self) -> [(&'static str, bool); 21] {
        [
            ("activationAt", self.activation_at.is_some()),
            ("by", self.by.is_some()),
            ("composition", self.composition.is_some()),
            ("compositions", self.compositions.is_some()),
            ("days", self.days.is_some()),
            ("detect", self.detect.is_some()),
            ("domainWhiteList", self.domain_white_list.is_some()),
            ("every", self.every.is_some()),
            ("fallback", self.fallback.is_some()),
            (
                "includeRepeatedEventsWithoutSdk",
                self.include_repeated_events_without_sdk.is_some(),
            ),
            ("map", self.map.is_some()),
            ("maxDelay", self.max_delay.is_some()),
            ("measure", self.measure.is_some()),
            ("of", self.of.is_some()),
            ("predictionModel", self.prediction_model.is_some()),
            ("radius", self.radius.is_some()),
            ("rules", self.rules.is_some()),
            (
                "shouldValidatePayloadSignature",
                self.should_validate_payload_signature.is_some(),
            ),
            ("slidingWindow", self.sliding_window.is_some()),
            ("use", self.r#use.is_some()),
            ("whiteList", self.white_list.is_some()),
        ]
    }
}

impl Kept for Predictor {
    fn label(&self) -> &str {
        &self.compact_name
    }

    fn complete(&mut self, replaced: Option<&Self>, _: &mut NewId<'_>) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        let is_compact = !self.compact_name.is_empty()
            && self.compact_name.len() <= 256
            && self.compact_name.chars().all(char::is_alphanumeric);
        if !is_compact {
            let message = "must be letters and digits";
            return Err(ApiFailure::invalid_value("compactName", message));
        }
        if replaced.is_some_and(|replaced| replaced.compact_name != self.compact_name) {
            return Err(ApiFailure::invalid_value(
                "compactName",
                "cannot be changed",
            ));
        }
        if replaced.is_some_and(|replaced| replaced.r#type != self.r#type) {
            return Err(ApiFailure::invalid_value("type", "cannot be changed"));
        }
        for (member, is_there) in self.particular() {
            match self.r#type.takes(member) {
                Some(true) if !is_there => return Err(ApiFailure::required_value(member)),
                None if is_there => {
                    let message = "does not belong to a predictor of this type";
                    return Err(ApiFailure::invalid_value(member, message));
                }
                _ => {}
            }
        }
        if self.r#type == PredictorType::Composite
            && self.compositions.is_none()
            && self.composition.is_none()
        {
            return Err(ApiFailure::required_value("compositions"));
        }
        Ok(())
    }

    fn present(_: &Object<Self>, shown: Shown) -> Shown {
        shown.member("licensed", true).member("deletable", true)
    }
}

kept!(
    Predictor, "RISK_PREDICTOR" at "riskPredictors", "riskPredictor" in "riskPredictors",
    unique "compactName", TopLevel, ReadRisk, ManageRisk, NO_RISK
);

/// How much risk matters.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PolicySet {
    name: String,
    description: Option<String>,
    #[serde(default)]
    default: bool,
    default_result: Option<DefaultResult>,
    risk_policies: Option<Vec<Policy>>,
    evaluated_predictors: Option<Vec<To<Uuid>>>,
    triggers: Option<Vec<Trigger>>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Policy {
    id: Option<Uuid>,
    name: String,
    description: Option<String>,
    priority: Option<u32>,
    condition: PolicyCondition,
    result: PolicyResult,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PolicyCondition {
    r#type: Option<PolicyConditionType>,
    contains: Option<String>,
    ip_range: Option<Vec<String>>,
    value: Option<String>,
    equals: Option<Compared>,
    aggregated_weights: Option<Vec<Weight>>,
    aggregated_scores: Option<Vec<AggregatedScore>>,
    between: Option<Between>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum PolicyConditionType {
    AggregatedScores,
    AggregatedWeights,
    IpRange,
    ValueComparison,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Weight {
    value: String,
    weight: u32,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct AggregatedScore {
    value: String,
    score: u32,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct PolicyResult {
    level: RiskLevel,
    r#type: Option<ResultType>,
    value: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    r#type: TriggerType,
    policy_set: To<Uuid>,
    #[serde(with = "protocol::pingone::date::Date")]
    expires_at: Timestamp,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TriggerType {
    PolicySetStaging,
}

impl Kept for PolicySet {
    const DEFAULT: bool = true;

    fn label(&self) -> &str {
        &self.name
    }

    fn is_the_default(&self) -> bool {
        self.default
    }

    fn refers_to(&self) -> Vec<Reference> {
        let predictors = self.evaluated_predictors.iter().flatten();
        let refer = |to: &To<Uuid>| Reference::to_object::<Predictor>("evaluatedPredictors", to.id);
        let staged = self.triggers.iter().flatten().map(|trigger| {
            Reference::to_object::<Self>("triggers.policySet.id", trigger.policy_set.id)
        });
        predictors.map(refer).chain(staged).collect()
    }

    fn complete(&mut self, _: Option<&Self>, new_id: &mut NewId<'_>) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        let policies = self.risk_policies.iter_mut().flatten();
        for (priority, policy) in (1..).zip(policies) {
            policy.name = checks::name(&policy.name)?;
            policy.id.get_or_insert_with(&mut *new_id);
            policy.priority.get_or_insert(priority);
        }
        Ok(())
    }
}

kept!(
    PolicySet, "RISK_POLICY_SET" at "riskPolicySets", "riskPolicySet" in "riskPolicySets",
    unique "name", TopLevel, ReadRisk, ManageRisk, NO_RISK
);

/// Predictors and policy sets.
pub(super) fn routes() -> Vec<Resource> {
    let mut routes = collection::<Predictor>();
    routes.extend(collection::<PolicySet>());
    routes
}
