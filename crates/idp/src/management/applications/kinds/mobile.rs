//! What belongs to an application for mobile devices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LONGEST_KEY_SET, LONGEST_TEXT, within};
use crate::api::checks;
use crate::requests::failures::api::ApiFailure;

/// What belongs to an application for mobile devices.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::management::applications) struct Mobile {
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
    pub(in crate::management::applications) const IDENTIFIERS: [&'static str; 4] = [
        "bundleId",
        "packageName",
        "huaweiAppId",
        "huaweiPackageName",
    ];

    /// With PingOne's defaults, which every native application shows.
    #[must_use]
    pub(in crate::management::applications) fn filled(mut self) -> Self {
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

    pub(super) fn check(&self) -> Result<(), ApiFailure> {
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
