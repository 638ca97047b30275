//! The fields of forms: which members each kind has, and which of them it must have.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::checks;
use crate::configuration::agreements::Agreement;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Reference;

/// Longest text of a field, in characters. Rich text is JSON.
const LONGEST: usize = 20_000;

/// As many options as a field may have.
const MOST_OPTIONS: usize = 500;

/// A field of a form.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    #[serde(rename = "type")]
    kind: Kind,
    position: Position,
    visibility: Option<Visibility>,
    key: Option<String>,
    label: Option<String>,
    label_mode: Option<LabelMode>,
    label_password_verify: Option<String>,
    required: Option<bool>,
    attribute_disabled: Option<bool>,
    other_option_enabled: Option<bool>,
    other_option_key: Option<String>,
    other_option_label: Option<String>,
    other_option_input_label: Option<String>,
    other_option_attribute_disabled: Option<bool>,
    layout: Option<Layout>,
    options: Option<Vec<Choice>>,
    validation: Option<Validation>,
    show_password_requirements: Option<bool>,
    content: Option<String>,
    icon: Option<Icon>,
    styles: Option<Styles>,
    idp_name: Option<String>,
    idp_type: Option<ProviderType>,
    idp_id: Option<String>,
    idp_enabled: Option<bool>,
    icon_src: Option<String>,
    default_country_code: Option<String>,
    country_code_label: Option<String>,
    validate_phone_number: Option<bool>,
    show_extension: Option<bool>,
    extension_label: Option<String>,
    appearance: Option<Appearance>,
    error_message: Option<String>,
    input_type: Option<InputType>,
    title_enabled: Option<bool>,
    agreement: Option<ShownAgreement>,
    size: Option<Size>,
    theme: Option<CaptchaTheme>,
    alignment: Option<Alignment>,
    fallback_text: Option<String>,
    polling_appearance: Option<PollingAppearance>,
    trigger: Option<Trigger>,
    action: Option<Action>,
}

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Kind {
    Agreement,
    Checkbox,
    Combobox,
    DeviceAuthentication,
    DeviceRegistration,
    Divider,
    Dropdown,
    EmptyField,
    ErrorDisplay,
    Fido2,
    FlowButton,
    FlowLink,
    Password,
    PasswordVerify,
    PhoneNumber,
    Polling,
    QrCode,
    Radio,
    #[serde(rename = "RECAPTCHA_V2")]
    RecaptchaV2,
    SingleCheckbox,
    SlateTextblob,
    SocialLoginButton,
    SubmitButton,
    Text,
}

/// Where a field stands.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
struct Position {
    row: u32,
    col: u32,
    /// In percent.
    width: Option<u32>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Visibility {
    #[serde(rename = "type")]
    kind: VisibilityType,
    key: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum VisibilityType {
    AlwaysVisible,
    HideByDefault,
    ShowByDefault,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum LabelMode {
    Default,
    Float,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Layout {
    Horizontal,
    Vertical,
}

/// One of the options of a field: a value, or a kind of device.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Choice {
    label: Option<String>,
    value: Option<String>,
    #[serde(rename = "type")]
    device: Option<Device>,
    title: Option<String>,
    description: Option<String>,
    icon_src: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Device {
    Email,
    Fido2,
    MagicLink,
    Mobile,
    Sms,
    Totp,
    Voice,
    Whatsapp,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Validation {
    #[serde(rename = "type")]
    kind: Option<ValidationType>,
    regex: Option<String>,
    error_message: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ValidationType {
    Custom,
    None,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
struct Icon {
    #[serde(rename = "type")]
    kind: IconType,
    size: IconSize,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum IconType {
    Agreement,
    Alert,
    Call,
    Failure,
    Fingerprint,
    Link,
    Mail,
    MobilePhone,
    None,
    Passkey,
    QrCode,
    Success,
    TextMessage,
    UsbKey,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum IconSize {
    Large,
    Medium,
    Small,
}

/// How a button or a link looks.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Styles {
    alignment: Option<Alignment>,
    background_color: Option<String>,
    border_color: Option<String>,
    text_color: Option<String>,
    enabled: Option<bool>,
    height: Option<u32>,
    width: Option<u32>,
    width_unit: Option<WidthUnit>,
    padding: Option<Padding>,
    display_default_theme_button_background_color: Option<bool>,
    display_default_theme_button_border_color: Option<bool>,
    display_default_theme_button_text_color: Option<bool>,
    display_default_theme_link_color: Option<bool>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Alignment {
    Center,
    Left,
    Right,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum WidthUnit {
    Percent,
    Pixels,
}

/// In pixels.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
struct Padding {
    top: Option<u32>,
    bottom: Option<u32>,
    left: Option<u32>,
    right: Option<u32>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ProviderType {
    Amazon,
    Apple,
    Facebook,
    Github,
    Google,
    Ldap,
    Linkedin,
    LinkedinOidc,
    Microsoft,
    OpenidConnect,
    Paypal,
    Saml,
    Twitter,
    Yahoo,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Appearance {
    Checkbox,
    Switch,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum InputType {
    Boolean,
    ReadOnlyText,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ShownAgreement {
    id: Option<Uuid>,
    use_dynamic_agreement: Option<bool>,
}

/// How large something is; a captcha has two sizes of its own.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Size {
    Compact,
    Large,
    Medium,
    Normal,
    Small,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum CaptchaTheme {
    Dark,
    Light,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum PollingAppearance {
    Dots,
    None,
    Spinner,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Trigger {
    Automatic,
    Button,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Action {
    Authenticate,
    Register,
}

impl Kind {
    /// The members that a field of the kind must have.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Agreement => &["key", "inputType", "titleEnabled"],
            Self::Checkbox | Self::Radio => &["key", "label", "layout", "options"],
            Self::Combobox
            | Self::DeviceAuthentication
            | Self::DeviceRegistration
            | Self::Dropdown => &["key", "label", "options"],
            Self::Divider | Self::EmptyField | Self::ErrorDisplay | Self::SlateTextblob => &[],
            Self::Fido2 => &["key", "trigger", "action", "label"],
            Self::FlowButton
            | Self::FlowLink
            | Self::Password
            | Self::PasswordVerify
            | Self::PhoneNumber => &["key", "label"],
            Self::Polling => &["key", "pollingAppearance", "size"],
            Self::QrCode => &["key", "alignment", "size"],
            Self::RecaptchaV2 => &["size", "theme", "alignment"],
            Self::SingleCheckbox => &["key", "label", "appearance", "inputType"],
            Self::SocialLoginButton => &["key", "label", "idpName", "idpType", "idpId"],
            Self::SubmitButton => &["label"],
            Self::Text => &["key", "label", "validation"],
        }
    }

    /// Whether a person types or chooses something here that an attribute takes.
    fn takes_input(self) -> bool {
        matches!(
            self,
            Self::Checkbox
                | Self::Combobox
                | Self::Dropdown
                | Self::Password
                | Self::PasswordVerify
                | Self::PhoneNumber
                | Self::Radio
                | Self::SingleCheckbox
                | Self::Text
        )
    }
}

impl Field {
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Row and column.
    pub(super) fn position(&self) -> (u32, u32) {
        (self.position.row, self.position.col)
    }

    /// Names no agreement that is gone.
    pub(super) fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        if let Some(agreement) = &mut self.agreement {
            agreement.id = agreement.id.filter(|id| !gone.contains(id));
        }
    }

    /// The identity provider that it leads to.
    pub(super) fn provider(&self) -> Option<Uuid> {
        Uuid::try_parse(self.idp_id.as_deref()?).ok()
    }

    /// What it names.
    pub(super) fn mentions(&self) -> Option<Reference> {
        let agreement = self.agreement.as_ref()?;
        let member = "components.fields.agreement.id";
        Some(Reference::to_object::<Agreement>(member, agreement.id?))
    }

    /// The texts that people read.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let own = [
            &self.label,
            &self.label_password_verify,
            &self.other_option_label,
            &self.other_option_input_label,
            &self.content,
            &self.country_code_label,
            &self.extension_label,
            &self.error_message,
            &self.fallback_text,
        ];
        let validation = self.validation.iter();
        let validation = validation.map(|validation| &validation.error_message);
        let options = self.options.iter().flatten();
        let options =
            options.flat_map(|option| [&option.label, &option.title, &option.description]);
        own.into_iter()
            .chain(validation)
            .chain(options)
            .filter_map(|text| text.as_deref())
    }

    /// Whether a member is there that some kind must have.
    fn has(&self, member: &str) -> bool {
        match member {
            "action" => self.action.is_some(),
            "alignment" => self.alignment.is_some(),
            "appearance" => self.appearance.is_some(),
            "idpId" => self.idp_id.is_some(),
            "idpName" => self.idp_name.is_some(),
            "idpType" => self.idp_type.is_some(),
            "inputType" => self.input_type.is_some(),
            "key" => self.key.as_deref().is_some_and(|key| !key.is_empty()),
            "label" => self.label.is_some(),
            "layout" => self.layout.is_some(),
            "options" => self.options.as_ref().is_some_and(|all| !all.is_empty()),
            "pollingAppearance" => self.polling_appearance.is_some(),
            "size" => self.size.is_some(),
            "theme" => self.theme.is_some(),
            "titleEnabled" => self.title_enabled.is_some(),
            "trigger" => self.trigger.is_some(),
            "validation" => self.validation.is_some(),
            _ => false,
        }
    }

    /// Checks what the type alone does not say, and fills in what was left out.
    pub(super) fn check(&mut self, at: &str) -> Result<(), ApiFailure> {
        let member = |name: &str| format!("{at}.{name}");
        if let Some(missing) = self.kind.required().iter().find(|name| !self.has(name)) {
            return Err(ApiFailure::required_value(&member(missing)));
        }
        let Position { row, col, width } = self.position;
        if row > 200 || col > 3 || width.is_some_and(|width| width > 100) {
            let message = "must be in row 0 to 200 and column 0 to 3, at most 100 percent wide";
            return Err(ApiFailure::invalid_value(&member("position"), message));
        }
        for text in self.texts() {
            checks::at_most(at, Some(text), LONGEST)?;
        }
        for (name, text, longest) in [
            ("key", &self.key, 256),
            ("otherOptionKey", &self.other_option_key, 256),
            ("idpName", &self.idp_name, 256),
            ("idpId", &self.idp_id, 256),
            ("iconSrc", &self.icon_src, 2048),
            ("defaultCountryCode", &self.default_country_code, 8),
        ] {
            checks::at_most(&member(name), text.as_deref(), longest)?;
        }
        if self
            .options
            .as_ref()
            .is_some_and(|options| options.len() > MOST_OPTIONS)
        {
            let message = format!("must have at most {MOST_OPTIONS} options");
            return Err(ApiFailure::invalid_value(&member("options"), message));
        }
        for option in self.options.iter().flatten() {
            for text in [&option.value, &option.icon_src] {
                checks::at_most(&member("options"), text.as_deref(), 2048)?;
            }
        }
        if let Some(validation) = &self.validation {
            let regex = validation.regex.as_deref();
            checks::at_most(&member("validation.regex"), regex, 4096)?;
            if validation.kind == Some(ValidationType::Custom) && regex.is_none() {
                return Err(ApiFailure::required_value(&member("validation.regex")));
            }
        }
        if self.kind.takes_input() {
            self.required.get_or_insert(false);
            self.attribute_disabled.get_or_insert(false);
            self.other_option_enabled.get_or_insert(false);
            self.other_option_attribute_disabled.get_or_insert(false);
        }
        Ok(())
    }
}
