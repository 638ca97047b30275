//! `/environments/{environment}/signOnPolicies`: how users prove who they are (PingOne, "Sign-on
//! policies"). What one demands stands in its actions.

use url::Url;

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Object;
pub(crate) use crate::stores::sign_on_policies::{SINGLE_FACTOR, SignOnPolicy};

impl Configuration for SignOnPolicy {
    const PATH: &'static str = "signOnPolicies";
    const ITEM: &'static str = "signOnPolicy";
    const DEFAULT_STAYS: &'static str =
        "Unable to delete a default policy; make another one the default first.";
    type Parent = TopLevel;
    type Read = may::ReadSignOnPolicies;
    type Manage = may::ManageSignOnPolicies;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        checks::name(&self.name)?;
        if !is_name(&self.name) {
            let message = "must consist of letters, digits, spaces, underscores, hyphens and full \
                           stops, or be an absolute URI";
            return Err(ApiFailure::invalid_value("name", message));
        }
        checks::at_most("description", self.description.as_deref(), 1024)
    }
}

/// Names go into `acr_values`, which are URIs or plain words.
fn is_name(name: &str) -> bool {
    if name.contains(':') {
        return Url::parse(name).is_ok();
    }
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ' ' | '-'))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_is_a_word_or_a_uri() {
        for good in [
            "Single_Factor",
            "a b.c-d",
            "urn:example:strong",
            "https://a.example/x",
        ] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["käse", "a/b", "a,b", ":", "1:2 3"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
