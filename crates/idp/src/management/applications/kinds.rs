//! The members of applications that nothing here acts on, by the kind of application that has them
//! (PingOne, "Application operations"). They are checked, kept and returned.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::api::checks;
use crate::requests::failures::api::ApiFailure;

const LONGEST_URI: usize = 2048;

/// Longer texts of names and identifiers are refused.
const LONGEST_TEXT: usize = 1024;

/// A key set is some kilobytes.
const LONGEST_KEY_SET: usize = 65_536;

/// More addresses, certificates, gateways or virtual servers than this are refused.
const MOST: usize = 100;

/// PingOne's bound of durations in seconds.
const LONGEST_SECONDS: i64 = 2_147_483_647;

/// What one of these kinds is read into.
pub(super) trait Members: Serialize + for<'de> Deserialize<'de> {
    /// The members' names.
    const NAMES: &'static [&'static str];

    /// Checks what the types alone do not say.
    ///
    /// # Errors
    ///
    /// 400 with the name of the first member that is wrong.
    fn check(&self) -> Result<(), ApiFailure>;
}

/// What applications of all kinds have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfAll {
    hidden_from_app_portal: Option<bool>,
    icon: Option<Icon>,
    login_page_url: Option<String>,
}

/// An image of the environment. Of none, the texts are empty.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Icon {
    id: String,
    href: String,
}

impl OfAll {
    /// Takes an icon that names no image for none.
    pub(super) fn without_empty_icon(mut self) -> Self {
        self.icon = self.icon.filter(|icon| !icon.id.is_empty());
        self
    }
}

impl Members for OfAll {
    const NAMES: &'static [&'static str] = &["hiddenFromAppPortal", "icon", "loginPageUrl"];

    fn check(&self) -> Result<(), ApiFailure> {
        if let Some(icon) = &self.icon {
            if Uuid::try_parse(&icon.id).is_err() {
                return Err(ApiFailure::invalid_value("icon.id", "must be a UUID"));
            }
            web_address("icon.href", Some(&icon.href))?;
        }
        secure_address("loginPageUrl", self.login_page_url.as_deref())
    }
}

/// That something is named by its id.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Named {
    id: Uuid,
}

/// What OpenID Connect applications have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfOpenIdConnect {
    device_custom_verification_uri: Option<String>,
    device_path_id: Option<String>,
    device_polling_interval: Option<i64>,
    device_timeout: Option<i64>,
    idp_signoff: Option<bool>,
    include_x5t: Option<bool>,
    jwks: Option<String>,
    jwks_url: Option<String>,
    pub(super) kerberos: Option<Kerberos>,
    pub(super) mobile: Option<Mobile>,
    op_session_check_enabled: Option<bool>,
    par_timeout: Option<i64>,
    refresh_token_type: Option<RefreshTokenType>,
    request_scopes_for_multiple_resources_enabled: Option<bool>,
    signing: Option<Signing>,
    pub(super) support_unsigned_request_object: Option<bool>,
    pub(super) tags: Option<Vec<Tag>>,
    target_link_uri: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RefreshTokenType {
    JsonWebToken,
    OpaqueToken,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Tag {
    PingFedConnectionIntegration,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Signing {
    key_rotation_policy: Named,
}

/// The key that signs certificates for devices.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Kerberos {
    key: Named,
}

impl Members for OfOpenIdConnect {
    const NAMES: &'static [&'static str] = &[
        "deviceCustomVerificationUri",
        "devicePathId",
        "devicePollingInterval",
        "deviceTimeout",
        "idpSignoff",
        "includeX5t",
        "jwks",
        "jwksUrl",
        "kerberos",
        "mobile",
        "opSessionCheckEnabled",
        "parTimeout",
        "refreshTokenType",
        "requestScopesForMultipleResourcesEnabled",
        "signing",
        "supportUnsignedRequestObject",
        "tags",
        "targetLinkUri",
    ];

    fn check(&self) -> Result<(), ApiFailure> {
        absolute_address(
            "deviceCustomVerificationUri",
            self.device_custom_verification_uri.as_deref(),
        )?;
        if let Some(path) = &self.device_path_id {
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if !(1..=50).contains(&path.len()) || !path.chars().all(is_word) {
                let message = "must be 1 to 50 letters, digits, hyphens and underscores";
                return Err(ApiFailure::invalid_value("devicePathId", message));
            }
        }
        within("devicePollingInterval", self.device_polling_interval, 1, 60)?;
        within("deviceTimeout", self.device_timeout, 1, 3600)?;
        within("parTimeout", self.par_timeout, 1, 600)?;
        absolute_address("targetLinkUri", self.target_link_uri.as_deref())?;
        if let Some(address) = &self.jwks_url {
            if self.jwks.is_some() {
                let message = "cannot be set beside jwks";
                return Err(ApiFailure::invalid_value("jwksUrl", message));
            }
            let is_secure = Url::parse(address).is_ok_and(|url| url.scheme() == "https");
            if !is_secure || address.len() > LONGEST_URI {
                return Err(ApiFailure::invalid_value("jwksUrl", "must be an https URL"));
            }
        }
        if let Some(jwks) = &self.jwks {
            is_key_set(jwks)?;
        }
        match &self.mobile {
            Some(mobile) => mobile.check(),
            None => Ok(()),
        }
    }
}

/// That a text is a JSON Web Key Set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
fn is_key_set(text: &str) -> Result<(), ApiFailure> {
    #[derive(Deserialize, JsonSchema)]
    struct KeySet {
        keys: Vec<serde_json::Map<String, serde_json::Value>>,
    }
    checks::at_most("jwks", Some(text), LONGEST_KEY_SET)?;
    match serde_json::from_str::<KeySet>(text) {
        Ok(set) if set.keys.len() <= MOST => Ok(()),
        Ok(_) | Err(_) => {
            let message = "must be the text of a JSON Web Key Set";
            Err(ApiFailure::invalid_value("jwks", message))
        }
    }
}

/// What belongs to an application for mobile devices.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mobile {
    bundle_id: Option<String>,
    package_name: Option<String>,
    huawei_app_id: Option<String>,
    huawei_package_name: Option<String>,
    passcode_grace_period: Option<i64>,
    passcode_refresh_duration: Option<PasscodeRefresh>,
    integrity_detection: Option<IntegrityDetection>,
    push: Option<Push>,
    uri_prefix: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PasscodeRefresh {
    duration: i64,
    time_unit: Seconds,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Seconds {
    Seconds,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct IntegrityDetection {
    #[serde(default)]
    mode: Mode,
    excluded_platforms: Option<Vec<Platform>>,
    cache_duration: Option<CacheDuration>,
    google_play: Option<GooglePlay>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Mode {
    #[default]
    Disabled,
    Enabled,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Platform {
    Google,
    Ios,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct CacheDuration {
    amount: i64,
    #[serde(default)]
    units: Units,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Units {
    Hours,
    #[default]
    Minutes,
}

/// How Google's verdicts are read. Nothing here asks Google, so what is secret of it is checked and
/// not kept.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GooglePlay {
    verification_type: VerificationType,
    #[serde(skip_serializing)]
    decryption_key: Option<String>,
    #[serde(skip_serializing)]
    verification_key: Option<String>,
    #[serde(skip_serializing)]
    service_account_credentials: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum VerificationType {
    Google,
    Internal,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Push {
    number_matching: Option<NumberMatching>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct NumberMatching {
    enabled: Option<bool>,
    #[serde(rename = "type")]
    matching_type: Option<MatchingType>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum MatchingType {
    EnterManually,
    SelectNumber,
}

impl Mobile {
    /// What it is known by at other services, which is unique in an environment.
    pub(super) const IDENTIFIERS: [&'static str; 4] = [
        "bundleId",
        "packageName",
        "huaweiAppId",
        "huaweiPackageName",
    ];

    /// With PingOne's defaults, which every native application shows.
    #[must_use]
    pub(super) fn filled(mut self) -> Self {
        self.passcode_grace_period.get_or_insert(5);
        self.passcode_refresh_duration
            .get_or_insert(PasscodeRefresh {
                duration: 30,
                time_unit: Seconds::Seconds,
            });
        self.integrity_detection.get_or_insert(IntegrityDetection {
            mode: Mode::Disabled,
            excluded_platforms: None,
            cache_duration: None,
            google_play: None,
        });
        self
    }

    fn check(&self) -> Result<(), ApiFailure> {
        for (target, text) in [
            ("mobile.bundleId", &self.bundle_id),
            ("mobile.packageName", &self.package_name),
            ("mobile.huaweiAppId", &self.huawei_app_id),
            ("mobile.huaweiPackageName", &self.huawei_package_name),
            ("mobile.uriPrefix", &self.uri_prefix),
        ] {
            checks::at_most(target, text.as_deref(), LONGEST_TEXT)?;
        }
        within(
            "mobile.passcodeGracePeriod",
            self.passcode_grace_period,
            1,
            10,
        )?;
        let refresh = self.passcode_refresh_duration.as_ref();
        let seconds = refresh.map(|refresh| refresh.duration);
        within("mobile.passcodeRefreshDuration.duration", seconds, 30, 60)?;
        match &self.integrity_detection {
            Some(detection) => detection.check(),
            None => Ok(()),
        }
    }
}

impl IntegrityDetection {
    fn check(&self) -> Result<(), ApiFailure> {
        let excluded = self.excluded_platforms.as_deref().unwrap_or_default();
        if excluded.len() > 1 {
            return Err(ApiFailure::invalid_value(
                "mobile.integrityDetection.excludedPlatforms",
                "must name one platform at most; switch the detection off instead",
            ));
        }
        if let Some(cache) = &self.cache_duration {
            let most = match cache.units {
                Units::Hours => 48,
                Units::Minutes => 48 * 60,
            };
            let target = "mobile.integrityDetection.cacheDuration.amount";
            within(target, Some(cache.amount), 1, most)?;
        }
        if self.mode == Mode::Enabled {
            if self.cache_duration.is_none() {
                let target = "mobile.integrityDetection.cacheDuration";
                return Err(ApiFailure::required_value(target));
            }
            if self.google_play.is_none() && !excluded.contains(&Platform::Google) {
                let target = "mobile.integrityDetection.googlePlay";
                return Err(ApiFailure::required_value(target));
            }
        }
        let Some(google) = &self.google_play else {
            return Ok(());
        };
        let below = |name: &str| format!("mobile.integrityDetection.googlePlay.{name}");
        let secrets = [
            ("decryptionKey", &google.decryption_key),
            ("verificationKey", &google.verification_key),
            (
                "serviceAccountCredentials",
                &google.service_account_credentials,
            ),
        ];
        for (name, secret) in secrets {
            checks::at_most(&below(name), secret.as_deref(), LONGEST_KEY_SET)?;
        }
        Ok(())
    }
}

/// What the system's own applications have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfSystem {
    #[serde(default)]
    apply_default_theme: bool,
    enable_default_theme_footer: Option<bool>,
}

impl Members for OfSystem {
    const NAMES: &'static [&'static str] = &["applyDefaultTheme", "enableDefaultThemeFooter"];

    fn check(&self) -> Result<(), ApiFailure> {
        Ok(())
    }
}

/// What links have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfLink {
    external_id: Option<String>,
}

impl Members for OfLink {
    const NAMES: &'static [&'static str] = &["externalId"];

    fn check(&self) -> Result<(), ApiFailure> {
        checks::at_most("externalId", self.external_id.as_deref(), LONGEST_TEXT)
    }
}

/// What SAML applications have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfSaml {
    acs_urls: Vec<String>,
    assertion_duration: i64,
    #[serde(default = "yes")]
    assertion_signed: bool,
    default_target_url: Option<String>,
    enable_always_accept_acs_url_in_signed_authn_request: Option<bool>,
    enable_requested_authn_context: Option<bool>,
    idp_signing: Option<SamlSigning>,
    name_id_format: Option<String>,
    #[serde(default)]
    response_signed: bool,
    session_not_on_or_after_duration: Option<i64>,
    slo_binding: Option<SloBinding>,
    slo_endpoint: Option<String>,
    slo_response_endpoint: Option<String>,
    slo_window: Option<i64>,
    sp_encryption: Option<SpEncryption>,
    sp_entity_id: String,
    sp_verification: Option<SpVerification>,
    virtual_server_id_settings: Option<VirtualServerIdSettings>,
}

fn yes() -> bool {
    true
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct SamlSigning {
    key: Named,
    algorithm: Option<SignatureAlgorithm>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum SignatureAlgorithm {
    #[serde(rename = "SHA256withRSA")]
    Sha256WithRsa,
    #[serde(rename = "SHA384withRSA")]
    Sha384WithRsa,
    #[serde(rename = "SHA512withRSA")]
    Sha512WithRsa,
    #[serde(rename = "SHA256withECDSA")]
    Sha256WithEcdsa,
    #[serde(rename = "SHA384withECDSA")]
    Sha384WithEcdsa,
    #[serde(rename = "SHA512withECDSA")]
    Sha512WithEcdsa,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum SloBinding {
    HttpPost,
    HttpRedirect,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct SpEncryption {
    algorithm: EncryptionAlgorithm,
    certificate: Named,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum EncryptionAlgorithm {
    #[serde(rename = "AES_128")]
    Aes128,
    #[serde(rename = "AES_256")]
    Aes256,
    #[serde(rename = "TRIPLEDES")]
    TripleDes,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SpVerification {
    authn_request_signed: Option<bool>,
    certificates: Vec<Named>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct VirtualServerIdSettings {
    enabled: Option<bool>,
    virtual_server_ids: Option<Vec<VirtualServerId>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct VirtualServerId {
    vs_id: String,
    #[serde(default)]
    default: bool,
}

impl Members for OfSaml {
    const NAMES: &'static [&'static str] = &[
        "acsUrls",
        "assertionDuration",
        "assertionSigned",
        "defaultTargetUrl",
        "enableAlwaysAcceptAcsUrlInSignedAuthnRequest",
        "enableRequestedAuthnContext",
        "idpSigning",
        "nameIdFormat",
        "responseSigned",
        "sessionNotOnOrAfterDuration",
        "sloBinding",
        "sloEndpoint",
        "sloResponseEndpoint",
        "sloWindow",
        "spEncryption",
        "spEntityId",
        "spVerification",
        "virtualServerIdSettings",
    ];

    fn check(&self) -> Result<(), ApiFailure> {
        if !(1..=MOST).contains(&self.acs_urls.len()) {
            let message = format!("must hold 1 to {MOST} URLs");
            return Err(ApiFailure::invalid_value("acsUrls", message));
        }
        for address in &self.acs_urls {
            web_address("acsUrls", Some(address))?;
        }
        let seconds = Some(self.assertion_duration);
        within("assertionDuration", seconds, 1, LONGEST_SECONDS)?;
        let session = self.session_not_on_or_after_duration;
        within("sessionNotOnOrAfterDuration", session, 1, LONGEST_SECONDS)?;
        within("sloWindow", self.slo_window, 0, 24)?;
        absolute_address("defaultTargetUrl", self.default_target_url.as_deref())?;
        absolute_address("sloEndpoint", self.slo_endpoint.as_deref())?;
        let response = self.slo_response_endpoint.as_deref();
        absolute_address("sloResponseEndpoint", response)?;
        checks::at_most("nameIdFormat", self.name_id_format.as_deref(), LONGEST_TEXT)?;
        if self.sp_entity_id.is_empty() {
            return Err(ApiFailure::required_value("spEntityId"));
        }
        checks::at_most("spEntityId", Some(&self.sp_entity_id), LONGEST_TEXT)?;
        if let Some(verification) = &self.sp_verification
            && verification.certificates.len() > MOST
        {
            let message = format!("must name at most {MOST} certificates");
            let target = "spVerification.certificates";
            return Err(ApiFailure::invalid_value(target, message));
        }
        match &self.virtual_server_id_settings {
            Some(settings) => settings.check(),
            None => Ok(()),
        }
    }
}

impl VirtualServerIdSettings {
    fn check(&self) -> Result<(), ApiFailure> {
        let target = "virtualServerIdSettings.virtualServerIds";
        let ids = self.virtual_server_ids.as_deref().unwrap_or_default();
        if ids.len() > MOST {
            let message = format!("must hold at most {MOST}");
            return Err(ApiFailure::invalid_value(target, message));
        }
        for id in ids {
            checks::at_most(target, Some(&id.vs_id), LONGEST_TEXT)?;
        }
        if ids.iter().filter(|id| id.default).count() > 1 {
            let message = "only one can be the default";
            return Err(ApiFailure::invalid_value(target, message));
        }
        Ok(())
    }
}

/// What WS-Federation applications have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfWsFed {
    assertion_duration: Option<i64>,
    #[serde(default = "microsoft_online")]
    audience_restriction: String,
    domain_name: String,
    idp_signing: WsFedSigning,
    kerberos: Option<Gateways>,
    reply_url: String,
    slo_endpoint: Option<String>,
    subject_name_identifier_format: Option<SubjectFormat>,
    ws_trust_version: Option<WsTrustVersion>,
}

/// PingOne's default of `audienceRestriction`.
fn microsoft_online() -> String {
    "urn:federation:MicrosoftOnline".to_owned()
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct WsFedSigning {
    algorithm: SignatureAlgorithm,
    key: Named,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Gateways {
    gateways: Option<Vec<Gateway>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
struct Gateway {
    id: Uuid,
    #[serde(rename = "type")]
    gateway_type: GatewayType,
    user_type: UserType,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum GatewayType {
    Ldap,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct UserType {
    id: Option<Uuid>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum SubjectFormat {
    #[serde(rename = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")]
    EmailAddress,
    #[serde(rename = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified")]
    Unspecified,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum WsTrustVersion {
    #[serde(rename = "1.2")]
    V1_2,
    #[serde(rename = "1.3")]
    V1_3,
}

impl Members for OfWsFed {
    const NAMES: &'static [&'static str] = &[
        "assertionDuration",
        "audienceRestriction",
        "domainName",
        "idpSigning",
        "kerberos",
        "replyUrl",
        "sloEndpoint",
        "subjectNameIdentifierFormat",
        "wsTrustVersion",
    ];

    fn check(&self) -> Result<(), ApiFailure> {
        within("assertionDuration", self.assertion_duration, 300, 3_932_100)?;
        let audience = Some(self.audience_restriction.as_str());
        checks::at_most("audienceRestriction", audience, LONGEST_TEXT)?;
        if self.domain_name.is_empty() {
            return Err(ApiFailure::required_value("domainName"));
        }
        checks::at_most("domainName", Some(&self.domain_name), 255)?;
        web_address("replyUrl", Some(&self.reply_url))?;
        web_address("sloEndpoint", self.slo_endpoint.as_deref())?;
        let kerberos = self.kerberos.as_ref();
        let gateways = kerberos.and_then(|kerberos| kerberos.gateways.as_deref());
        if gateways.is_some_and(|gateways| gateways.len() > MOST) {
            let message = format!("must hold at most {MOST}");
            return Err(ApiFailure::invalid_value("kerberos.gateways", message));
        }
        Ok(())
    }
}

fn within(target: &str, number: Option<i64>, least: i64, most: i64) -> Result<(), ApiFailure> {
    if number.is_none_or(|number| (least..=most).contains(&number)) {
        return Ok(());
    }
    let message = format!("must be between {least} and {most}");
    Err(ApiFailure::invalid_value(target, message))
}

/// An address of any scheme.
fn absolute_address(target: &str, text: Option<&str>) -> Result<(), ApiFailure> {
    address(target, text, "must be an absolute URI", |_| true)
}

/// An address of a page.
pub(super) fn web_address(target: &str, text: Option<&str>) -> Result<(), ApiFailure> {
    address(target, text, "must be a URL", |url| {
        matches!(url.scheme(), "http" | "https")
    })
}

/// An address of a page that others cannot listen to.
pub(super) fn secure_address(target: &str, text: Option<&str>) -> Result<(), ApiFailure> {
    let message = "must be an https URL; plain http is for localhost and 127.0.0.1 only";
    address(target, text, message, |url| {
        matches!(
            (url.scheme(), url.host_str()),
            ("https", _) | ("http", Some("localhost" | "127.0.0.1" | "[::1]"))
        )
    })
}

fn address(
    target: &str,
    text: Option<&str>,
    message: &str,
    is_of_kind: impl Fn(&Url) -> bool,
) -> Result<(), ApiFailure> {
    match text {
        Some(text) if text.len() > LONGEST_URI => {
            let message = format!("must have at most {LONGEST_URI} characters");
            Err(ApiFailure::invalid_value(target, message))
        }
        Some(text) if !Url::parse(text).is_ok_and(|url| is_of_kind(&url)) => {
            Err(ApiFailure::invalid_value(target, message))
        }
        Some(_) | None => Ok(()),
    }
}
