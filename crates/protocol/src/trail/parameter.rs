//! Parameters of a query or a form: which names are known, and what may be shown of their values.

use url::form_urlencoded;

use super::Shown;

/// What stands in the place of a name that is not known.
const ANOTHER: &str = "(another)";

/// So many parameters of a request are kept.
const MOST_PARAMETERS: usize = 32;

/// A parameter of a query or a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, if it is known; `(another)` if not. A body that is no form, or a secret with an `&`
    /// in it, is read as names that somebody made up.
    pub name: &'static str,
    /// What may be shown of its value.
    pub value: Shown,
}

/// How the value of a parameter is shown.
#[derive(Clone, Copy)]
enum How {
    /// A web address, without what its query and its fragment hold.
    Address,
    /// Not at all.
    Hidden,
    /// As it is.
    Plain,
    /// A random value, by its fingerprint.
    Random,
}

/// The names that are known, sorted: parameters of OAuth 2.0, OpenID Connect and their extensions
/// (PAR, PKCE, JAR, token exchange, logout), of PingOne, and the fields of our own forms.
const KNOWN: &[(&str, How)] = &[
    ("access_token", How::Hidden),
    ("acr_values", How::Plain),
    ("action", How::Hidden),
    ("actor_token", How::Hidden),
    ("actor_token_type", How::Hidden),
    ("agree", How::Hidden),
    ("assertion", How::Hidden),
    ("audience", How::Hidden),
    ("authorization_details", How::Hidden),
    ("back", How::Hidden),
    ("claims", How::Hidden),
    ("claims_locales", How::Hidden),
    ("client_assertion", How::Hidden),
    ("client_assertion_type", How::Hidden),
    ("client_id", How::Plain),
    ("client_secret", How::Hidden),
    ("code", How::Random),
    ("code_challenge", How::Random),
    ("code_challenge_method", How::Plain),
    ("code_verifier", How::Random),
    ("confirm", How::Hidden),
    ("confirmPassword", How::Hidden),
    ("currentPassword", How::Hidden),
    ("cursor", How::Hidden),
    ("days", How::Hidden),
    ("device", How::Hidden),
    ("device_code", How::Hidden),
    ("display", How::Plain),
    ("dpop_jkt", How::Hidden),
    ("email", How::Hidden),
    ("enabled", How::Hidden),
    ("error", How::Plain),
    ("error_description", How::Plain),
    ("error_uri", How::Hidden),
    ("expires_in", How::Plain),
    ("familyName", How::Hidden),
    ("filter", How::Hidden),
    ("flowId", How::Random),
    ("forceChange", How::Hidden),
    ("fresh", How::Plain),
    ("givenName", How::Hidden),
    ("grant_type", How::Plain),
    ("id_token", How::Hidden),
    ("id_token_hint", How::Hidden),
    ("iss", How::Address),
    ("issuer", How::Hidden),
    ("limit", How::Hidden),
    ("login_hint", How::Hidden),
    ("login_hint_token", How::Hidden),
    ("logout_hint", How::Hidden),
    ("max_age", How::Plain),
    ("mobilePayload", How::Hidden),
    ("mobilePhone", How::Hidden),
    ("newPassword", How::Hidden),
    ("nickname", How::Hidden),
    ("nonce", How::Random),
    ("otp", How::Hidden),
    ("page", How::Hidden),
    ("password", How::Hidden),
    ("place", How::Hidden),
    ("population", How::Hidden),
    ("post_logout_redirect_uri", How::Address),
    ("prompt", How::Plain),
    ("providerId", How::Hidden),
    ("q", How::Hidden),
    ("recoveryCode", How::Hidden),
    ("redirect_uri", How::Address),
    ("refresh_token", How::Random),
    ("registration", How::Hidden),
    ("request", How::Hidden),
    ("request_uri", How::Hidden),
    ("requested_token_type", How::Hidden),
    ("resource", How::Address),
    ("response", How::Hidden),
    ("response_mode", How::Plain),
    ("response_type", How::Plain),
    ("result", How::Hidden),
    ("return_to", How::Address),
    ("revision", How::Hidden),
    ("scope", How::Plain),
    ("session", How::Hidden),
    ("session_state", How::Hidden),
    ("sid", How::Hidden),
    ("state", How::Random),
    ("subject_token", How::Hidden),
    ("subject_token_type", How::Hidden),
    ("target_link_uri", How::Hidden),
    ("timezone", How::Hidden),
    ("to", How::Hidden),
    ("token", How::Hidden),
    ("token_type", How::Plain),
    ("token_type_hint", How::Plain),
    ("ui_locales", How::Plain),
    ("usageType", How::Hidden),
    ("user_code", How::Hidden),
    ("username", How::Hidden),
    ("verificationCode", How::Hidden),
    ("verify", How::Hidden),
];

fn known(name: &str) -> Option<&'static (&'static str, How)> {
    let place = KNOWN.binary_search_by_key(&name, |(known, _)| known);
    place.ok().and_then(|place| KNOWN.get(place))
}

/// The name of a parameter, if it is one that the protocols or our own forms know. Any other is a
/// text that whoever sent it made up, and may hold a secret.
pub fn known_name(name: &str) -> Option<&'static str> {
    known(name).map(|(name, _)| *name)
}

impl Shown {
    /// What may be shown of a parameter with this name.
    pub fn parameter(name: &str, value: &str) -> Self {
        match known(name) {
            None | Some((_, How::Hidden)) => Self::Hidden,
            Some((_, How::Plain)) => Self::text(value),
            Some((_, How::Address)) => Self::address(value),
            Some((_, How::Random)) => Self::fingerprint(value),
        }
    }
}

impl Parameter {
    /// The parameters of a query or a form; the list is cut where it is too long.
    pub fn all(bytes: &[u8]) -> Vec<Self> {
        form_urlencoded::parse(bytes)
            .take(MOST_PARAMETERS)
            .map(|(name, value)| Self {
                value: Shown::parameter(&name, &value),
                name: known_name(&name).unwrap_or(ANOTHER),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(form: &str) -> String {
        let parameters = Parameter::all(form.as_bytes());
        let told: Vec<String> = parameters
            .iter()
            .map(|Parameter { name, value }| format!("{name}={value}"))
            .collect();
        told.join(" ")
    }

    #[test]
    fn the_known_names_are_sorted() {
        assert!(KNOWN.windows(2).all(|two| two[0].0 < two[1].0));
        for (name, _) in KNOWN {
            assert_eq!(known_name(name), Some(*name));
        }
    }

    #[test]
    fn a_name_that_is_not_known_is_not_told() {
        for form in [
            r#"{"client_secret":"S3CRET"}"#,
            r#"{"client_secret":"S3CRET=","scope":"openid"}"#,
            "S3CRET",
            "client_secret=first&S3CRET",
            "client_secret=first&S3CRET=tail",
            "password=a%26b&S3CRET&grant_type=password",
            "Client_Secret_S3CRET=x",
            "<client_secret>S3CRET</client_secret>",
            "--boundary\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\nS3CRET\r\n",
        ] {
            let told = told(form);
            assert!(told.contains(ANOTHER), "{form}: {told}");
            assert!(!told.contains("S3CRET"), "{form}: {told}");
        }
    }

    #[test]
    fn what_is_not_known_to_be_harmless_is_hidden() {
        let form = "username=ada&password=2FederateM0re&client_secret=s3cret&code=abc&otp=123456\
                     &scope=openid+profile&state=xyz&%70assword=again&redirect_uri=https%3A%2F%2F\
                     me%3Apw%40app.example%2Fcb%3Ftoken%3Dabc";
        let text = told(form);
        for secret in [
            "ada",
            "2Federate",
            "s3cret",
            "abc",
            "123456",
            "xyz",
            "again",
            "me:pw",
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert!(text.contains("scope=openid profile"), "{text}");
        assert!(
            text.contains("redirect_uri=https://app.example/cb?…"),
            "{text}"
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let form = "a=b&".repeat(500);
        assert_eq!(Parameter::all(form.as_bytes()).len(), MOST_PARAMETERS);
    }
}
