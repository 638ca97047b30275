//! Checks of values that members of many resources share.

use crate::requests::failures::api::ApiFailure;

const LONGEST_NAME: usize = 256;

/// The name of a resource.
///
/// # Errors
///
/// `REQUIRED_VALUE` when it is blank, `INVALID_VALUE` when it is too long or has control characters.
pub(crate) fn name(name: &str) -> Result<String, ApiFailure> {
    if name.trim().is_empty() {
        return Err(ApiFailure::required_value("name"));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let message = "must have at most 256 characters and no control characters";
        return Err(ApiFailure::invalid_value("name", message));
    }
    Ok(name.to_owned())
}

/// That a text has no more than so many characters.
///
/// # Errors
///
/// `INVALID_VALUE` with the member's name.
pub(crate) fn at_most(target: &str, text: Option<&str>, longest: usize) -> Result<(), ApiFailure> {
    if text.is_none_or(|text| text.chars().count() <= longest) {
        return Ok(());
    }
    let message = format!("must have at most {longest} characters");
    Err(ApiFailure::invalid_value(target, message))
}
